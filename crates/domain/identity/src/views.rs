//! Read models: what may be shown, and what is looked up before anybody is known.

use kernel::{Availability, Language, OrganizationId, Role, SessionId, Timestamp, UserId};

use crate::{Capacity, ClientInfo, Email, PasswordHash, Skills, Standing};

/// A user as others may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserView {
    /// The user's id.
    pub id: UserId,
    /// The organisation.
    pub organization: OrganizationId,
    /// E-mail.
    pub email: Email,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Telephone.
    pub phone: Option<String>,
    /// The language to be answered in.
    pub language: Language,
    /// What the user may do.
    pub role: Role,
    /// Whether the user can sign in.
    pub active: bool,
    /// Whether the user wants to be asked; of staff only.
    pub availability: Availability,
    /// How many requests the user takes at a time; of staff only.
    pub capacity: Capacity,
    /// What the user knows about and speaks; of staff only.
    pub skills: Skills,
    /// How often the user has been saved.
    pub version: i64,
    /// When the account was made.
    pub created_at: Timestamp,
}

impl UserView {
    /// What the user said last about being asked.
    pub fn standing(&self) -> Standing {
        let Self { organization, id, availability, version, .. } = *self;
        Standing { organization, user: id, availability, version }
    }
}

/// What a sign-in is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: UserId,
    /// Nothing while no password was set.
    pub password_hash: Option<PasswordHash>,
    /// Whether the user may sign in.
    pub active: bool,
}

/// A live session, as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session's id.
    pub id: SessionId,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_used_at: Timestamp,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    /// Where the sign-in came from.
    pub client: ClientInfo,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Which users a list shows. Empty or absent parts do not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Users of these roles.
    pub roles: Vec<Role>,
    /// Active ones, or deactivated ones.
    pub active: Option<bool>,
    /// A piece of the e-mail, the first or the last name; case does not count, and no character
    /// is a wildcard.
    pub text: Option<String>,
}
