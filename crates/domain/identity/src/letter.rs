//! Letters: what a person is told outside Guichet, as it waits to be sent.

use std::fmt;

use kernel::{Language, LetterId, OrganizationId, PortError, Secret, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Email, Sealed, Secrets};

/// A letter as stored. Its content is sealed, because most letters hold a link that opens something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its id, by which it is sent once: a mail's `Message-ID` is made of it.
    pub id: LetterId,
    /// The organisation that writes.
    pub organization: OrganizationId,
    /// Whom it goes to.
    pub to: Email,
    /// The language it is written in.
    pub language: Language,
    /// What it says, sealed for this very letter.
    pub content: Sealed,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A letter that waits, in the hands of whoever sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingLetter {
    /// The letter.
    pub letter: Letter,
    /// How often it has been tried, this time included.
    pub attempts: u32,
}

/// A letter that can be read, for whoever delivers it. `Debug` hides what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenLetter {
    /// The letter's id.
    pub id: LetterId,
    /// Whom it goes to.
    pub to: Email,
    /// The language to write in.
    pub language: Language,
    /// The name of the organisation that writes.
    pub organization: String,
    /// What it says.
    pub content: LetterContent,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What a letter says; how, is for whoever delivers it. Tokens are in clear here and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LetterContent {
    /// A guest's way to a request, for somebody who has lost it.
    AccessLink {
        /// How the guest is called.
        name: String,
        /// The request's number.
        number: String,
        /// What it is about.
        subject: String,
        /// The guest's token.
        token: String,
    },
    /// A registration, to be proven by whoever reads this.
    EmailVerification {
        /// The first name given.
        name: String,
        /// Proves that the address was read.
        token: String,
    },
    /// Somebody registered with an address that has an account.
    AlreadyRegistered {
        /// The first name of the account.
        name: String,
    },
    /// Another password can be set.
    PasswordReset {
        /// The first name of the account.
        name: String,
        /// Proves that the address was read.
        token: String,
    },
    /// An account, made as soon as it is taken.
    Invitation {
        /// Who invites.
        inviter: String,
        /// Proves that the address was read.
        token: String,
    },
}

/// What is sealed: a reader of the database learns neither the link nor what the letter is about.
#[derive(Serialize, Deserialize)]
struct Enclosed {
    organization: String,
    #[serde(flatten)]
    content: LetterContent,
}

impl Letter {
    /// Seals what a letter says.
    pub(crate) fn seal(
        id: LetterId,
        organization: &str,
        content: LetterContent,
        secrets: &dyn Secrets,
    ) -> Result<Sealed, PortError> {
        let enclosed = Enclosed { organization: organization.to_owned(), content };
        let text = serde_json::to_string(&enclosed).map_err(PortError::corrupt)?;
        secrets.seal(&purpose(id), &Secret::new(text))
    }

    /// The letter as it can be read.
    ///
    /// # Errors
    /// `Corrupt` when its content was sealed under another key, or for another letter.
    pub fn open(&self, secrets: &dyn Secrets) -> Result<OpenLetter, PortError> {
        let text = secrets.unseal(&purpose(self.id), &self.content)?;
        let Enclosed { organization, content } = serde_json::from_str(text.expose()).map_err(PortError::corrupt)?;
        let Self { id, ref to, language, created_at, .. } = *self;
        Ok(OpenLetter { id, to: to.clone(), language, organization, content, created_at })
    }
}

impl fmt::Debug for OpenLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenLetter").field("id", &self.id).field("kind", &self.content.kind()).finish_non_exhaustive()
    }
}

impl fmt::Debug for LetterContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LetterContent({})", self.kind())
    }
}

impl LetterContent {
    /// What sort of letter it is, for logs and figures.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AccessLink { .. } => "access_link",
            Self::EmailVerification { .. } => "email_verification",
            Self::AlreadyRegistered { .. } => "already_registered",
            Self::PasswordReset { .. } => "password_reset",
            Self::Invitation { .. } => "invitation",
        }
    }
}

/// One purpose a letter, so that nothing sealed can be moved to another letter in the database.
fn purpose(id: LetterId) -> String {
    format!("letter:{id}")
}
