//! Where one connection stands in one conversation.

use chat::{Conversation, Seq};
use kernel::Timestamp;

/// A subscription. Entries are told densely: the next one is always `position` + 1.
#[derive(Debug)]
pub(crate) struct Sub {
    /// Tells it from an earlier one to the same conversation.
    pub(crate) generation: u64,
    /// The last place that was queued for the client.
    pub(crate) position: Seq,
    /// The highest place that is known to exist.
    pub(crate) head: Seq,
    pub(crate) phase: Phase,
    /// When a sign of typing was last passed on, until its end is.
    pub(crate) typing: Option<Timestamp>,
}

#[derive(Debug)]
pub(crate) enum Phase {
    /// The chat has not answered yet: nothing is proven, nothing is told.
    Starting {
        /// Of the `subscribe`.
        reference: Option<String>,
    },
    /// Entries are missing and are read from the log.
    Catching(Catching),
    /// Entries are pushed as they come.
    Live,
}

#[derive(Debug, Default)]
pub(crate) struct Catching {
    /// Whether `live` is still to be said.
    pub(crate) announce: bool,
    /// Whether everybody's marks are to be told again.
    pub(crate) marks: bool,
    /// Everybody's marks, to derive how far each message has come.
    pub(crate) view: Option<Box<Conversation>>,
    pub(crate) paging: Paging,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    /// The next page is to be asked for when the client reads.
    #[default]
    Due,
    /// It was asked for.
    Asked,
    /// The next entry is a send of this connection whose outcome the log has not told yet.
    Stalled,
    /// The log could not be read, or had less than was promised: again at the next tick.
    Failed,
}

impl Sub {
    pub(crate) fn starting(generation: u64, reference: Option<String>) -> Self {
        let phase = Phase::Starting { reference };
        Self { generation, position: Seq::START, head: Seq::START, phase, typing: None }
    }

    /// Whether the chat has said that the caller may see the conversation.
    pub(crate) fn is_proven(&self) -> bool {
        !matches!(self.phase, Phase::Starting { .. })
    }

    pub(crate) fn catching(&mut self) -> Option<&mut Catching> {
        match &mut self.phase {
            Phase::Catching(catching) => Some(catching),
            _ => None,
        }
    }

    /// Entries up to `head` exist: what is missing is to be read. Whether a page is now due.
    pub(crate) fn lag(&mut self, head: Seq) -> bool {
        self.head = self.head.max(head);
        match &mut self.phase {
            Phase::Live if self.position < self.head => {
                self.phase = Phase::Catching(Catching::default());
                true
            }
            Phase::Catching(catching) if catching.paging == Paging::Failed => {
                catching.paging = Paging::Due;
                true
            }
            _ => false,
        }
    }

    /// What was queued after `position` was given up: it is read again from there.
    pub(crate) fn rewind(&mut self, position: Seq, announce: bool) {
        self.head = self.head.max(self.position);
        self.position = self.position.min(position);
        match &mut self.phase {
            Phase::Starting { .. } => {}
            Phase::Catching(catching) => {
                catching.announce |= announce;
                if catching.paging != Paging::Asked {
                    catching.paging = Paging::Due;
                }
            }
            Phase::Live => self.phase = Phase::Catching(Catching { announce, ..Catching::default() }),
        }
    }
}
