//! Who asks, and what proves that they may.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    GuestId, GuestTokenId, Language, NotAllowed, OrganizationId, ParticipantId, SessionId, SupportRequestId, Timestamp,
    UserId,
};

/// What a user may do; each staff role includes the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Someone who asks for help.
    Customer,
    /// Answers requests: those assigned to them, those of nobody, those they take part in.
    Agent,
    /// Sees and steers all requests.
    Supervisor,
    /// Also changes users and settings.
    Admin,
}

impl Role {
    /// Whether this is a role of the people who answer.
    pub fn is_staff(self) -> bool {
        self >= Self::Agent
    }

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "customer" => Ok(Self::Customer),
            "agent" => Ok(Self::Agent),
            "supervisor" => Ok(Self::Supervisor),
            "admin" => Ok(Self::Admin),
            _ => Err(UnknownRole),
        }
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a role")]
pub struct UnknownRole;

/// A signed-in user, as an access token tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCaller {
    /// The organisation the token is good for.
    pub organization: OrganizationId,
    /// The user.
    pub id: UserId,
    /// The role at the time the token was issued; a change revokes the token.
    pub role: Role,
    /// First and last name, for frames and timelines.
    pub name: String,
    /// The session the token belongs to.
    pub session: SessionId,
    /// The language the user chose.
    pub language: Language,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// A guest, known by an access token that is good for one support request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestCaller {
    /// The organisation.
    pub organization: OrganizationId,
    /// The guest.
    pub id: GuestId,
    /// The one request the token opens.
    pub support_request: SupportRequestId,
    /// The name the guest gave.
    pub name: String,
    /// The token, for revocation.
    pub token: GuestTokenId,
    /// The language the guest wrote in.
    pub language: Language,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// Whoever asks for something, once known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A signed-in user.
    User(UserCaller),
    /// A guest by token.
    Guest(GuestCaller),
}

impl Caller {
    /// The organisation the caller belongs to; nothing crosses it.
    pub fn organization(&self) -> OrganizationId {
        match self {
            Self::User(user) => user.organization,
            Self::Guest(guest) => guest.organization,
        }
    }

    /// The caller as a participant of conversations.
    pub fn participant(&self) -> ParticipantId {
        match self {
            Self::User(user) => user.id.into(),
            Self::Guest(guest) => guest.id.into(),
        }
    }

    /// The name that others see.
    pub fn name(&self) -> &str {
        match self {
            Self::User(user) => &user.name,
            Self::Guest(guest) => &guest.name,
        }
    }

    /// When the token behind this caller ends.
    pub fn expires_at(&self) -> Timestamp {
        match self {
            Self::User(user) => user.expires_at,
            Self::Guest(guest) => guest.expires_at,
        }
    }

    /// The language to answer in when the call names none.
    pub fn language(&self) -> Language {
        match self {
            Self::User(user) => user.language,
            Self::Guest(guest) => guest.language,
        }
    }

    /// The signed-in user, if it is one.
    pub fn user(&self) -> Option<&UserCaller> {
        match self {
            Self::User(user) => Some(user),
            Self::Guest(_) => None,
        }
    }

    /// Whether the caller belongs to the people who answer.
    pub fn is_staff(&self) -> bool {
        self.user().is_some_and(|user| user.role.is_staff())
    }

    /// The caller as staff.
    ///
    /// # Errors
    /// [`NotAllowed`] for customers and guests.
    pub fn agent(&self) -> Result<Agent<'_>, NotAllowed> {
        self.at_least(Role::Agent)
    }

    /// The caller as staff with at least the given role.
    ///
    /// # Errors
    /// [`NotAllowed`] below it.
    pub fn at_least(&self, role: Role) -> Result<Agent<'_>, NotAllowed> {
        match self.user() {
            Some(user) if user.role.is_staff() && user.role >= role => Ok(Agent(user)),
            _ => Err(NotAllowed),
        }
    }
}

/// Proof that a caller is staff: what needs an agent takes this, so that it cannot be forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Agent<'a>(&'a UserCaller);

impl Agent<'_> {
    /// The organisation.
    pub fn organization(&self) -> OrganizationId {
        self.0.organization
    }
    /// The user.
    pub fn id(&self) -> UserId {
        self.0.id
    }
    /// The name others see.
    pub fn name(&self) -> &str {
        &self.0.name
    }
    /// The role; at least [`Role::Agent`].
    pub fn role(&self) -> Role {
        self.0.role
    }
    /// Whether all requests of the organisation are in sight.
    pub fn sees_all(&self) -> bool {
        self.0.role >= Role::Supervisor
    }
}
