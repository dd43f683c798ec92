//! What this domain refuses.

use std::time::Duration;

use kernel::{FieldError, KeyRefused, NotAllowed, PortError, PortErrorKind, Refusal, RefusalKind};

use crate::Status;

/// A refusal of the desk, with a stable code each.
#[derive(Debug, thiserror::Error)]
pub enum SupportRequestError {
    /// No such request, or not for this caller: the two are not told apart.
    #[error("no such support request")]
    NotFound,
    /// Nobody who asks is known by that id.
    #[error("no such customer")]
    CustomerNotFound,
    /// The table of transitions does not have it; nothing changed.
    #[error("{action} is not possible while {}", status.as_str())]
    IllegalTransition {
        /// What was asked for.
        action: &'static str,
        /// Where the request stands.
        status: Status,
    },
    /// The caller acted on an older version.
    #[error("the request has changed since")]
    Stale {
        /// The version of now.
        version: u64,
    },
    /// The appointment has its request already.
    #[error("this appointment has a request already")]
    AppointmentTaken,
    /// No such note of this request, or it was deleted.
    #[error("no such note")]
    NoteNotFound,
    /// Only requests of the same requester are merged.
    #[error("the other request is somebody else's")]
    OtherRequester,
    /// The rating was given too long ago to be changed.
    #[error("the rating was given too long ago to be changed")]
    RatingWindowOver,
    /// Some fields are wrong.
    #[error("some fields are wrong")]
    Invalid(Vec<FieldError>),
    /// Known, but not allowed.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The call's key keeps it from being carried out.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// A part is down.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl SupportRequestError {
    /// Every code that belongs to this domain; each has a text in every language.
    pub const CODES: [&'static str; 8] = [
        "support_request.not_found",
        "support_request.customer_not_found",
        "support_request.illegal_transition",
        "support_request.stale",
        "support_request.appointment_taken",
        "support_request.note_not_found",
        "support_request.other_requester",
        "support_request.rating_window_over",
    ];

    /// Whether somebody else changed the same thing first, so that trying again may help.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Port(port) if port.kind() == PortErrorKind::Conflict)
    }
}

impl From<FieldError> for SupportRequestError {
    fn from(field: FieldError) -> Self {
        Self::Invalid(vec![field])
    }
}

impl Refusal for SupportRequestError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound | Self::NoteNotFound | Self::CustomerNotFound => RefusalKind::NotFound,
            Self::IllegalTransition { .. } | Self::AppointmentTaken | Self::OtherRequester | Self::RatingWindowOver => {
                RefusalKind::Conflict
            }
            Self::Stale { .. } => RefusalKind::Stale,
            Self::Invalid(_) => RefusalKind::Invalid,
            Self::NotAllowed(_) => RefusalKind::Forbidden,
            Self::Key(refused) => refused.kind(),
            Self::Port(port) => port.refusal_kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "support_request.not_found",
            Self::CustomerNotFound => "support_request.customer_not_found",
            Self::IllegalTransition { .. } => "support_request.illegal_transition",
            Self::Stale { .. } => "support_request.stale",
            Self::AppointmentTaken => "support_request.appointment_taken",
            Self::NoteNotFound => "support_request.note_not_found",
            Self::OtherRequester => "support_request.other_requester",
            Self::RatingWindowOver => "support_request.rating_window_over",
            Self::Invalid(_) => "invalid",
            Self::NotAllowed(_) => "forbidden",
            Self::Key(refused) => refused.code(),
            Self::Port(port) => port.refusal_code(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            _ => Vec::new(),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::IllegalTransition { action, status } => {
                vec![("action", (*action).to_owned()), ("status", status.as_str().to_owned())]
            }
            Self::Stale { version } => vec![("version", version.to_string())],
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Key(refused) => refused.retry_after(),
            _ => None,
        }
    }
}
