//! What this domain refuses.

use std::time::Duration;

use kernel::{FieldError, KeyRefused, NotAllowed, PortError, Refusal, RefusalKind, SupportRequestId};

/// A refusal of the chat, with a stable code each.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// No such conversation, or not for this caller: the two are not told apart.
    #[error("no such conversation")]
    ConversationNotFound,
    /// No such message in this conversation.
    #[error("no such message")]
    MessageNotFound,
    /// The request of this conversation is closed.
    #[error("the request is closed")]
    Closed,
    /// The request was merged into another.
    #[error("the request was merged into another")]
    Merged(SupportRequestId),
    /// Nobody is live in this conversation.
    #[error("no active session")]
    NoActiveSession,
    /// The `client_message_id` was used for another content.
    #[error("this client_message_id was used for another content")]
    IdempotencyMismatch,
    /// The message was deleted, so there is nothing to edit.
    #[error("the message was deleted")]
    MessageDeleted,
    /// The message is too old to be edited.
    #[error("the message is too old to be edited")]
    EditWindowOver,
    /// No such file, or not for this caller.
    #[error("no such file")]
    AttachmentNotFound,
    /// A message names a file that it cannot take along.
    #[error("a file cannot be used by this message")]
    AttachmentUnusable,
    /// A message has the file, which goes with that only.
    #[error("a message has the file")]
    AttachmentBound,
    /// The file was not checked yet, or was refused.
    #[error("the file is not ready")]
    AttachmentNotReady,
    /// The file has more bytes than this.
    #[error("the file is too large")]
    AttachmentTooLarge {
        /// The most bytes of a file.
        limit: u64,
    },
    /// Files of this kind are not taken.
    #[error("files of this kind are not taken")]
    AttachmentKind,
    /// The scanner found something in it.
    #[error("the scanner refused the file")]
    AttachmentInfected,
    /// The scanner never looks at such a file.
    #[error("the scanner does not look at such a file")]
    AttachmentUnscannable,
    /// The conversation keeps as many files as it may.
    #[error("the conversation keeps as many files as it may")]
    AttachmentQuota,
    /// Not all of the file came in.
    #[error("the upload was cut off")]
    UploadCut,
    /// The `Idempotency-Key` refuses it.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// The server has more to store than it can; the same send may go through later.
    #[error("too much to store at the moment")]
    Overloaded,
    /// The person has sent too much; the same send may go through after this time.
    #[error("too much sent in too short a time")]
    RateLimited(Duration),
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

impl ChatError {
    /// Every code that belongs to this domain; each has a text in every language.
    pub const CODES: [&'static str; 18] = [
        "chat.conversation_not_found",
        "chat.message_not_found",
        "chat.message_deleted",
        "chat.edit_window_over",
        "chat.no_active_session",
        "chat.attachment_not_found",
        "chat.attachment_unusable",
        "chat.attachment_bound",
        "chat.attachment_not_ready",
        "chat.attachment_too_large",
        "chat.attachment_kind",
        "chat.attachment_infected",
        "chat.attachment_unscannable",
        "chat.attachment_quota",
        "closed",
        "merged",
        "idempotency_mismatch",
        "overloaded",
    ];

    /// Whether the same send may go through later.
    pub fn may_retry(&self) -> bool {
        use RefusalKind::{Internal, StorageFull, TooMany, Unavailable};
        matches!(self.kind(), Unavailable | StorageFull | Internal | TooMany(_))
    }
}

impl From<FieldError> for ChatError {
    fn from(field: FieldError) -> Self {
        Self::Invalid(vec![field])
    }
}

impl Refusal for ChatError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::ConversationNotFound | Self::MessageNotFound | Self::AttachmentNotFound => RefusalKind::NotFound,
            Self::AttachmentTooLarge { .. } | Self::AttachmentQuota => RefusalKind::TooLarge,
            Self::AttachmentKind => RefusalKind::UnsupportedType,
            Self::AttachmentBound | Self::AttachmentNotReady => RefusalKind::Conflict,
            Self::UploadCut => RefusalKind::Malformed,
            Self::Key(key) => key.kind(),
            Self::Closed | Self::Merged(_) | Self::MessageDeleted | Self::EditWindowOver | Self::NoActiveSession => {
                RefusalKind::Conflict
            }
            Self::IdempotencyMismatch
            | Self::AttachmentUnusable
            | Self::AttachmentInfected
            | Self::AttachmentUnscannable
            | Self::Invalid(_) => RefusalKind::Invalid,
            Self::Overloaded => RefusalKind::Unavailable,
            Self::RateLimited(wait) => RefusalKind::TooMany(*wait),
            Self::NotAllowed(_) => RefusalKind::Forbidden,
            Self::Port(port) => port.refusal_kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::ConversationNotFound => "chat.conversation_not_found",
            Self::MessageNotFound => "chat.message_not_found",
            Self::MessageDeleted => "chat.message_deleted",
            Self::EditWindowOver => "chat.edit_window_over",
            Self::NoActiveSession => "chat.no_active_session",
            Self::AttachmentNotFound => "chat.attachment_not_found",
            Self::AttachmentUnusable => "chat.attachment_unusable",
            Self::AttachmentBound => "chat.attachment_bound",
            Self::AttachmentNotReady => "chat.attachment_not_ready",
            Self::AttachmentTooLarge { .. } => "chat.attachment_too_large",
            Self::AttachmentKind => "chat.attachment_kind",
            Self::AttachmentInfected => "chat.attachment_infected",
            Self::AttachmentUnscannable => "chat.attachment_unscannable",
            Self::AttachmentQuota => "chat.attachment_quota",
            Self::UploadCut => "malformed",
            Self::Key(key) => key.code(),
            Self::Closed => "closed",
            Self::Merged(_) => "merged",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::Overloaded => "overloaded",
            Self::RateLimited(_) => "rate_limited",
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

    fn arguments(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Merged(into) => vec![("into", into.to_string())],
            Self::AttachmentTooLarge { limit } => vec![("limit_mib", (limit >> 20).to_string())],
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Key(key) => key.retry_after(),
            _ => None,
        }
    }
}
