//! Refusals, which a caller may be told, and port errors, which only the log may be told.

use std::{error::Error, fmt, time::Duration};

/// What sort of refusal it is; each edge maps it to its own status once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// Unreadable input (400).
    Malformed,
    /// Not, or no longer, known who asks (401).
    Unauthenticated,
    /// Known, but not allowed (403).
    Forbidden,
    /// Unknown, or another's: existence is not told (404).
    NotFound,
    /// A rule is broken in the present state (409).
    Conflict,
    /// The caller acted on an older version (412).
    Stale,
    /// More than is taken at once (413).
    TooLarge,
    /// Of a kind that is not taken (415).
    UnsupportedType,
    /// Readable, but some fields are wrong (422).
    Invalid,
    /// Too fast (429); try again after the given time.
    TooMany(Duration),
    /// A part is down (503); the same call may go through later.
    Unavailable,
    /// No room to store it (507).
    StorageFull,
    /// A defect of ours (500).
    Internal,
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name on the wire, dotted where nested.
    pub field: &'static str,
    /// A stable code, e.g. `too_long`; its text is found under `field.<code>`.
    pub code: &'static str,
}

impl FieldError {
    /// A wrong field.
    pub const fn new(field: &'static str, code: &'static str) -> Self {
        Self { field, code }
    }
}

/// An error that a caller may be told. Each domain's error enum implements it, and every edge
/// (problem+json, nack) renders it without knowing the domain.
pub trait Refusal: Error + Send + Sync + 'static {
    /// What sort it is.
    fn kind(&self) -> RefusalKind;

    /// A stable code, e.g. `support_request.illegal_transition`, with a text in every language.
    fn code(&self) -> &'static str;

    /// The wrong fields, where [`Self::kind`] is [`RefusalKind::Invalid`].
    fn fields(&self) -> Vec<FieldError> {
        Vec::new()
    }

    /// Values that the code's text names, e.g. `("number", "TICKET-…")`.
    fn arguments(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// When the same call is worth sending again, where neither [`Self::kind`] nor its edge tells.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// A caller who may not do this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not allowed")]
pub struct NotAllowed;

/// What a port could not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortErrorKind {
    /// The part behind the port is down or too slow. Nothing is known to have happened,
    /// unless [`Self::Unknown`].
    Unavailable,
    /// Somebody else changed the same thing first; trying again may help.
    Conflict,
    /// What is stored makes no sense, or the adapter has a defect.
    Corrupt,
    /// The outcome of a commit is not known: it may or may not have happened.
    Unknown,
    /// No room left to store it.
    Full,
}

/// The one error of all ports: opaque, with the cause kept for the log.
#[derive(Debug)]
pub struct PortError {
    kind: PortErrorKind,
    source: Box<dyn Error + Send + Sync>,
}

impl PortError {
    /// Wraps a cause.
    pub fn new(kind: PortErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, source: source.into() }
    }
    /// The part behind the port is down.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(PortErrorKind::Unavailable, source)
    }
    /// What is stored makes no sense.
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(PortErrorKind::Corrupt, source)
    }
    /// What sort it is.
    pub fn kind(&self) -> PortErrorKind {
        self.kind
    }
    /// How a caller is told: never more than that a part is down.
    pub fn refusal_kind(&self) -> RefusalKind {
        match self.kind {
            PortErrorKind::Unavailable | PortErrorKind::Unknown | PortErrorKind::Conflict => RefusalKind::Unavailable,
            PortErrorKind::Full => RefusalKind::StorageFull,
            PortErrorKind::Corrupt => RefusalKind::Internal,
        }
    }
    /// The code a caller is told.
    pub fn refusal_code(&self) -> &'static str {
        match self.kind {
            PortErrorKind::Unavailable => "unavailable",
            PortErrorKind::Conflict => "busy",
            PortErrorKind::Unknown => "unknown",
            PortErrorKind::Full => "storage_full",
            PortErrorKind::Corrupt => "internal",
        }
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            PortErrorKind::Unavailable => "a part is not available",
            PortErrorKind::Conflict => "somebody else changed it first",
            PortErrorKind::Corrupt => "stored data makes no sense",
            PortErrorKind::Unknown => "the outcome is not known",
            PortErrorKind::Full => "no room left to store it",
        })
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}
