//! Where one connection stands in one conversation.

use std::time::Duration;

use chat::{Conversation, Seq};
use kernel::Timestamp;

use crate::QueuePosition;

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
    /// How often marks were given up: what was asked before the last time does not make that good.
    pub(crate) lost_marks: u64,
    /// The place in the queue that the client was told last.
    pub(crate) place: Option<QueuePosition>,
    typing: Option<Typing>,
    /// The client asked for it.
    pub(crate) joined: bool,
    /// It is followed whether the client asks for it or not.
    pub(crate) own: bool,
    /// The first entry that is to be told, where that is known before the log's end is.
    pub(crate) first: Option<Seq>,
    /// Where it stood before the client asked for it: there it goes on if that fails.
    pub(crate) quiet_at: Option<Seq>,
}

/// The last sign of typing that was passed on.
#[derive(Debug, Clone, Copy)]
struct Typing {
    since: Timestamp,
    goes_on: bool,
}

#[derive(Debug)]
pub(crate) enum Phase {
    /// The chat has not answered yet: nothing is proven, nothing is told.
    Starting {
        /// Of the `subscribe`.
        reference: Option<String>,
        /// Something was committed there that the caller may not see. Nothing is said of it, since nothing
        /// is proven; but an answer from before it does not count.
        lost: bool,
        /// Something was told around it, which the chat's answer may not know yet.
        stale: bool,
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
    /// Whether what is so around the conversation is to be told again.
    pub(crate) notices: bool,
    /// Everybody's marks, to derive how far each message has come.
    pub(crate) view: Option<Box<Conversation>>,
    pub(crate) paging: Paging,
    /// How many pages could not be read, since the last one that could.
    pub(crate) failures: u32,
}

impl Catching {
    /// After so many failures acks do not wait for their places any more.
    const PATIENCE: u32 = 3;

    /// Whether the log has been unreadable for so long that answers no longer wait for it.
    pub(crate) fn is_given_up(&self) -> bool {
        self.failures >= Self::PATIENCE
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    /// The next page is to be asked for when the client reads.
    #[default]
    Due,
    /// All was read, but what is to be said with it does not fit yet: again when the client has read everything.
    Crowded,
    /// It was asked for.
    Asked,
    /// The next entry is a send of this connection whose outcome the log has not told yet.
    Stalled,
    /// The log could not be read, or had less than was promised: again at the next tick.
    Failed,
}

impl Sub {
    pub(crate) fn starting(generation: u64, reference: Option<String>) -> Self {
        let phase = Phase::Starting { reference, lost: false, stale: false };
        Self { phase, joined: true, own: false, ..Self::quiet(generation, Seq::START) }
    }

    /// One that the client did not ask for, and that has caught up to a place.
    pub(crate) fn quiet(generation: u64, position: Seq) -> Self {
        Self {
            generation,
            position,
            head: position,
            phase: Phase::Live,
            lost_marks: 0,
            place: None,
            typing: None,
            joined: false,
            own: true,
            first: None,
            quiet_at: None,
        }
    }

    /// Notes where one that is followed anyhow stood, when the client asks for it: there it goes on if that comes to
    /// nothing. Entries after `untold` were queued, and the client did not get them.
    pub(crate) fn goes_on_from(&mut self, known: &Self, untold: Option<Seq>) {
        self.own = known.own;
        self.quiet_at = known.stands_at(untold);
        (self.first, self.head) = (known.first, known.head);
    }

    /// Up to where the client is told, when what was queued after `untold` does not reach it; nothing when that is not
    /// known yet.
    pub(crate) fn stands_at(&self, untold: Option<Seq>) -> Option<Seq> {
        let told = if self.is_proven() { Some(self.position) } else { self.quiet_at };
        told.map(|told| untold.map_or(told, |untold| told.min(untold)))
    }

    /// An entry is there: whoever does not know yet from where on to tell begins with it at the latest.
    pub(crate) fn hint(&mut self, seq: Seq) {
        if !self.is_proven() {
            self.first = Some(self.first.map_or(seq, |first| first.min(seq)));
        }
    }

    /// Whether the chat has said that the caller may see the conversation.
    pub(crate) fn is_proven(&self) -> bool {
        !matches!(self.phase, Phase::Starting { .. })
    }

    /// The caller types, or has stopped: whether that is passed on. A sign comes at most once in `every`,
    /// however often somebody stops in between; its end follows each sign that was passed on.
    pub(crate) fn types(&mut self, is_typing: bool, now: Timestamp, every: Duration) -> bool {
        let pass = match self.typing {
            Some(last) if is_typing => now.since(last.since) >= every,
            Some(last) => last.goes_on,
            None => is_typing,
        };
        if pass {
            let since = if is_typing { now } else { self.typing.map_or(now, |last| last.since) };
            self.typing = Some(Typing { since, goes_on: is_typing });
        }
        pass
    }

    /// The caller sends a message, which ends the sign of typing at its readers: the next sign is a new one
    /// and comes at once. What goes to the log has a budget, so this lets no flood in.
    pub(crate) fn says(&mut self) {
        self.typing = None;
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

    /// Something happened around the conversation: whether it is told now. Otherwise what the client is told
    /// once it has caught up is read after this.
    pub(crate) fn notices(&mut self) -> bool {
        match &mut self.phase {
            Phase::Live => return true,
            Phase::Starting { stale, .. } => *stale = true,
            Phase::Catching(catching) => catching.notices = true,
        }
        false
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
