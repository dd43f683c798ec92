//! What this domain refuses.

use kernel::{FieldError, NotAllowed, PortError, Refusal, RefusalKind};

/// A refusal, with a stable code each.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyError {
    /// Nobody of the organisation is known by that id or e-mail.
    #[error("no such person")]
    PersonNotFound,
    /// Without this user nobody could administer the organisation any more.
    #[error("the last administrator has to stay")]
    LastAdmin,
    /// Some fields are wrong.
    #[error("some fields are wrong")]
    Invalid(Vec<FieldError>),
    /// Known, but not allowed.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// A part is down.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl PrivacyError {
    /// Every code that belongs to this domain alone; each has a text in every language.
    pub const CODES: [&'static str; 1] = ["privacy.person_not_found"];
}

impl Refusal for PrivacyError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::PersonNotFound => RefusalKind::NotFound,
            Self::LastAdmin => RefusalKind::Conflict,
            Self::Invalid(_) => RefusalKind::Invalid,
            Self::NotAllowed(_) => RefusalKind::Forbidden,
            Self::Port(port) => port.refusal_kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::PersonNotFound => "privacy.person_not_found",
            // The code that the same refusal has where a user is deactivated.
            Self::LastAdmin => "identity.last_admin",
            Self::Invalid(_) => "invalid",
            Self::NotAllowed(_) => "forbidden",
            Self::Port(port) => port.refusal_code(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            _ => Vec::new(),
        }
    }
}
