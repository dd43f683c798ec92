//! What a link in a letter stands for, until somebody follows it.

use std::time::Duration;

use kernel::{AccountTokenId, Language, OrganizationId, Role, Secret, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{Email, Sealed, TokenHash};

/// What following a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountTokenKind {
    /// Makes the account of a registration: whoever follows it has read the letter, and knows its password.
    EmailVerification,
    /// Sets another password; makes the account of a registration that was not confirmed yet.
    PasswordReset,
    /// Makes the account that an administrator offered.
    Invitation,
}

impl AccountTokenKind {
    /// How long a link is good.
    pub fn life(self) -> Duration {
        match self {
            Self::EmailVerification => Duration::from_hours(24),
            Self::PasswordReset => Duration::from_hours(1),
            Self::Invitation => Duration::from_hours(7 * 24),
        }
    }

    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailVerification => "email_verification",
            Self::PasswordReset => "password_reset",
            Self::Invitation => "invitation",
        }
    }
}

impl std::str::FromStr for AccountTokenKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let all = [Self::EmailVerification, Self::PasswordReset, Self::Invitation];
        all.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

/// A text that names no [`AccountTokenKind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of account token")]
pub struct UnknownKind;

/// A link's token as stored: never the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountToken {
    /// Its id.
    pub id: AccountTokenId,
    /// The organisation.
    pub organization: OrganizationId,
    /// What it does.
    pub kind: AccountTokenKind,
    /// Unique over all organisations.
    pub hash: TokenHash,
    /// The address that the letter goes to.
    pub email: Email,
    /// The account whose password it sets; nothing where it makes an account.
    pub user: Option<UserId>,
    /// What the account is made of, sealed: nobody has agreed to it yet.
    pub pending: Option<Sealed>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used, or taken back.
    pub used_at: Option<Timestamp>,
}

impl AccountToken {
    /// Whether following it does something now.
    pub(crate) fn is_good(&self, kind: AccountTokenKind, now: Timestamp) -> bool {
        self.kind == kind && self.used_at.is_none() && self.expires_at > now
    }
}

/// An account to be, as it is sealed into a token.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) role: Role,
    pub(crate) language: Language,
    /// A registration has these; an invitation leaves them to whoever takes it.
    pub(crate) person: Option<PendingPerson>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PendingPerson {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) phone: Option<String>,
    /// Nothing where whoever follows the link chooses it.
    pub(crate) password_hash: Option<String>,
}

/// The text of a link's token, `act_<organisation>_<256 random bits>`: the organisation is named so that nothing has
/// to be looked up over all of them.
pub(crate) struct LinkText {
    pub(crate) organization: OrganizationId,
    pub(crate) text: Secret,
}

impl LinkText {
    const PREFIX: &'static str = "act_";
    /// No longer than what we issue, before anything is hashed.
    const MAX: usize = 128;

    pub(crate) fn new(organization: OrganizationId, random: &Secret) -> Self {
        let text = Secret::new(format!("{}{organization}_{}", Self::PREFIX, random.expose()));
        Self { organization, text }
    }

    pub(crate) fn parse(text: &Secret) -> Option<Self> {
        let (organization, _) = text.expose().strip_prefix(Self::PREFIX)?.split_once('_')?;
        let organization = organization.parse().ok()?;
        (text.expose().len() <= Self::MAX).then(|| Self { organization, text: text.clone() })
    }
}
