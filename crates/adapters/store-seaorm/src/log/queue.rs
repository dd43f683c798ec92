//! One write on its way through the queue, and the caller who waits for its answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use chat::{Append, AppendError, Appended, Revised, Revision};
use kernel::{ConversationId, PortError, PortErrorKind};
use tokio::sync::oneshot;

/// What is to become an entry of the log.
pub(crate) enum Write {
    Append(Box<Append>),
    Revise(Box<Revision>),
}

/// What became of it.
pub(crate) enum Written {
    Appended(Appended),
    Revised(Box<Revised>),
}

impl Write {
    pub(crate) fn conversation(&self) -> ConversationId {
        match self {
            Self::Append(append) => append.conversation,
            Self::Revise(revision) => revision.conversation,
        }
    }

    pub(crate) fn append(&self) -> Option<&Append> {
        match self {
            Self::Append(append) => Some(append),
            Self::Revise(_) => None,
        }
    }

    pub(crate) fn revision(&self) -> Option<&Revision> {
        match self {
            Self::Revise(revision) => Some(revision),
            Self::Append(_) => None,
        }
    }
}

/// A write in the queue. Its caller and the committer settle between them, by one atomic step,
/// whether it may still be stored: a caller who was told that nothing happened can rely on it.
pub(crate) struct Item {
    pub(crate) write: Write,
    /// When the caller gives up; the committer stops trying a little earlier.
    pub(crate) deadline: Instant,
    /// It was sent and not heard of: whether it is stored, only a later run can tell.
    pub(crate) unheard: bool,
    state: Arc<AtomicU8>,
    answer: oneshot::Sender<Result<Written, AppendError>>,
}

/// The caller's side.
pub(crate) struct Waiting {
    deadline: Instant,
    state: Arc<AtomicU8>,
    answer: oneshot::Receiver<Result<Written, AppendError>>,
}

/// Not with the database: not sent yet, or known not to have been stored.
const QUEUED: u8 = 0;
/// Sent: what became of it is for the database to say.
const SENT: u8 = 1;
/// Given up by the caller when it was not with the database; it will never be stored.
const ABANDONED: u8 = 2;

/// How long before the caller's deadline the committer stops trying, so that its answer, which
/// knows more, usually comes first.
pub(crate) const MARGIN: Duration = Duration::from_millis(200);

pub(crate) fn item(write: Write, patience: Duration) -> (Item, Waiting) {
    let (sender, receiver) = oneshot::channel();
    let state = Arc::new(AtomicU8::new(QUEUED));
    let deadline = Instant::now() + patience + MARGIN;
    let waiting = Waiting { deadline, state: Arc::clone(&state), answer: receiver };
    (Item { write, deadline, unheard: false, state, answer: sender }, waiting)
}

impl Item {
    /// The committer is about to send it. `false` when the caller has given up: leave it out.
    pub(crate) fn send(&self) -> bool {
        self.state.compare_exchange(QUEUED, SENT, Ordering::AcqRel, Ordering::Acquire) != Err(ABANDONED)
    }

    /// The database answered that it stored nothing: the caller may give it up again.
    pub(crate) fn not_sent_after_all(&self) {
        if !self.unheard {
            // Nobody else moves it away from SENT.
            self.state.store(QUEUED, Ordering::Release);
        }
    }

    /// Answers the caller, who may have gone.
    pub(crate) fn answer(self, answer: Result<Written, AppendError>) {
        drop(self.answer.send(answer));
    }
}

impl Waiting {
    pub(crate) async fn answer(self) -> Result<Written, AppendError> {
        match tokio::time::timeout_at(self.deadline.into(), self.answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(give_up(&self.state)),
        }
    }
}

fn give_up(state: &AtomicU8) -> AppendError {
    let kind = match state.compare_exchange(QUEUED, ABANDONED, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => PortErrorKind::Unavailable,
        Err(_) => PortErrorKind::Unknown,
    };
    PortError::new(kind, "the log did not answer in time").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_either_given_up_or_sent_never_both() {
        let state = Arc::new(AtomicU8::new(QUEUED));
        assert!(matches!(give_up(&state), AppendError::Port(port) if port.kind() == PortErrorKind::Unavailable));
        assert_eq!(state.load(Ordering::Acquire), ABANDONED);
        state.store(SENT, Ordering::Release);
        assert!(matches!(give_up(&state), AppendError::Port(port) if port.kind() == PortErrorKind::Unknown));
    }
}
