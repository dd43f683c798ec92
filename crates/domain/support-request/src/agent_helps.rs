//! What the helps of agents have in common: canned replies, saved views, categories.

use std::time::Duration;

use kernel::{Caller, Claim, FieldError, KeyRefused, NotAllowed, Once, PortError, Refusal, RefusalKind, Role, UserId};

/// A refusal of one of the helps, with a stable code each.
#[derive(Debug, thiserror::Error)]
pub enum AgentHelpError {
    /// The list has no such category.
    #[error("no such category")]
    CategoryNotFound,
    /// The list has a category with this word.
    #[error("the category is on the list already")]
    CategoryTaken,
    /// Requests carry the category.
    #[error("requests carry this category")]
    CategoryInUse,
    /// No such canned reply, or somebody else's own.
    #[error("no such canned reply")]
    CannedReplyNotFound,
    /// Another canned reply has the shortcut: of one's own, or of the shared ones.
    #[error("the shortcut is taken")]
    ShortcutTaken,
    /// No such saved view, or somebody else's own.
    #[error("no such saved view")]
    SavedViewNotFound,
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

impl AgentHelpError {
    /// Every code that belongs to the helps; each has a text in every language.
    pub const CODES: [&'static str; 6] = [
        "category.not_found",
        "category.taken",
        "category.in_use",
        "canned_reply.not_found",
        "canned_reply.shortcut_taken",
        "saved_view.not_found",
    ];

    /// The repeat that a claim tells of; without one the call was carried out by nobody, which no store says.
    pub(crate) fn repeat<T>(claim: Claim) -> Result<Once<T>, Self> {
        match claim.repeat()? {
            Some(repeat) => Ok(Once::Repeat(repeat)),
            None => Err(PortError::corrupt("a new call that was not carried out").into()),
        }
    }
}

impl From<FieldError> for AgentHelpError {
    fn from(field: FieldError) -> Self {
        Self::Invalid(vec![field])
    }
}

impl Refusal for AgentHelpError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::CategoryNotFound | Self::CannedReplyNotFound | Self::SavedViewNotFound => RefusalKind::NotFound,
            Self::CategoryTaken | Self::CategoryInUse | Self::ShortcutTaken => RefusalKind::Conflict,
            Self::Invalid(_) => RefusalKind::Invalid,
            Self::NotAllowed(_) => RefusalKind::Forbidden,
            Self::Key(refused) => refused.kind(),
            Self::Port(port) => port.refusal_kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::CategoryNotFound => "category.not_found",
            Self::CategoryTaken => "category.taken",
            Self::CategoryInUse => "category.in_use",
            Self::CannedReplyNotFound => "canned_reply.not_found",
            Self::ShortcutTaken => "canned_reply.shortcut_taken",
            Self::SavedViewNotFound => "saved_view.not_found",
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

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Key(refused) => refused.retry_after(),
            _ => None,
        }
    }
}

/// What became of something that was to be stored once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Stored {
    /// It is stored.
    Done,
    /// Something else has what only one may have.
    Taken,
    /// The call is not to be carried out; never [`Claim::New`].
    Before(Claim),
}

/// Whether a caller may make or change something of theirs, or, when it is shared, of everybody's.
pub(crate) fn may_change(caller: &Caller, owner: UserId, shared: bool) -> Result<(), NotAllowed> {
    let agent = caller.at_least(if shared { Role::Supervisor } else { Role::Agent })?;
    if shared || owner == agent.id() { Ok(()) } else { Err(NotAllowed) }
}
