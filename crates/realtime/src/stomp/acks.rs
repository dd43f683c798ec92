//! What a subscription was told and has not acknowledged yet.

use std::collections::VecDeque;

use chat::Seq;
use kernel::MessageId;

use super::follows::AckMode;

/// The messages of one subscription that wait for their `ACK`.
#[derive(Debug, Default)]
pub(super) struct Acks {
    open: VecDeque<(Seq, MessageId)>,
    told: Seq,
    /// Up to where the client has been said to have received.
    marked: Seq,
}

/// How a message is named in an `ACK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// By its place: in 1.2, and of what is no new message.
    Place(Seq),
    /// By its id.
    Message(MessageId),
}

impl Acks {
    /// The most messages that may wait; a client that acknowledges none of so many does not work.
    pub(super) const MOST: usize = 5_000;

    /// An entry was told.
    pub(super) fn told(&mut self, mode: AckMode, seq: Seq, message: MessageId) {
        self.told = self.told.max(seq);
        if mode != AckMode::Auto {
            self.open.push_back((seq, message));
        }
    }

    /// Whether more wait than may.
    pub(super) fn are_too_many(&self) -> bool {
        self.open.len() > Self::MOST
    }

    /// Whether that message waits.
    pub(super) fn waits_for(&self, which: Which) -> bool {
        self.place_of(which).is_some()
    }

    /// One was acknowledged. The place up to which all has been received, when that has moved. What does not wait, or
    /// not any more, changes nothing.
    pub(super) fn acked(&mut self, mode: AckMode, which: Which) -> Option<Seq> {
        let at = self.place_of(which)?;
        match mode {
            AckMode::Auto => return None,
            AckMode::Client => drop(self.open.drain(..=at)),
            AckMode::ClientIndividual => drop(self.open.remove(at)),
        }
        let before = self.open.front().map(|(seq, _)| Seq::new(seq.get().saturating_sub(1)));
        let received = before.unwrap_or(self.told);
        if self.open.is_empty() {
            self.open = VecDeque::new();
        }
        (received > self.marked).then(|| {
            self.marked = received;
            received
        })
    }

    fn place_of(&self, which: Which) -> Option<usize> {
        self.open.iter().position(|(seq, message)| match which {
            Which::Place(place) => place == *seq,
            Which::Message(id) => id == *message,
        })
    }
}
