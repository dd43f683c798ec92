//! STOMP 1.0 to 1.2, as its specifications say: frames into commands of the session, its frames into words.

mod acks;
mod destination;
mod follows;
mod frame;
mod heart_beat;
mod open;
mod reader;
mod refusal;
mod said;
mod told;
mod transactions;

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use kernel::{ConnectionId, Timestamp};

use self::{
    follows::Follows,
    frame::{Version, Words},
    heart_beat::HeartBeat,
    open::Open,
    reader::Reader,
    refusal::Refused,
    told::Welcome,
    transactions::{Running, Transactions},
};
use crate::{Close, Codec, Frame, Heard, Step, Written};

/// What STOMP knows of a connection and the session does not: the version, ids of subscriptions, receipts that are
/// still owed, transactions, heart-beats.
#[derive(Debug)]
pub(crate) struct Stomp {
    id: ConnectionId,
    phase: Phase,
    version: Version,
    reader: Reader,
    /// Since when a frame has been missing its rest.
    amid: Option<Timestamp>,
    heart_beat: HeartBeat,
    steps: VecDeque<Step>,
    welcome: Option<Box<Welcome>>,
    follows: Follows,
    open: Open,
    transactions: Transactions,
    /// The transaction that is being carried out; nothing else is read meanwhile.
    running: Option<Running>,
    /// How many names were given to what has no name of its own.
    names: u64,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No `CONNECT` yet.
    New,
    /// `CONNECT` has come; what comes after it is taken, and waits.
    Connected,
    /// `DISCONNECT` has come, or something that ends the connection: nothing more is read.
    Leaving,
    /// The last word was said.
    Over,
}

impl Stomp {
    /// The longest time that a frame may miss its rest.
    const REST_WITHIN: Duration = Duration::from_secs(10);

    pub(crate) fn new(id: ConnectionId) -> Self {
        Self {
            id,
            phase: Phase::New,
            version: Version::default(),
            reader: Reader::default(),
            amid: None,
            heart_beat: HeartBeat::default(),
            steps: VecDeque::new(),
            welcome: None,
            follows: Follows::default(),
            open: Open::default(),
            transactions: Transactions::default(),
            running: None,
            names: 0,
        }
    }

    /// Reads on until there is a step, so that whether there is one is known without reading.
    fn read_on(&mut self) {
        while self.steps.is_empty() && matches!(self.phase, Phase::New | Phase::Connected) {
            let frame = match self.running.as_mut().map(Running::next) {
                Some(Some(frame)) => Ok(Some(frame)),
                Some(None) => {
                    self.committed();
                    continue;
                }
                None => self.reader.next(self.version),
            };
            let read = match frame {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    self.amid = None;
                    self.said(frame)
                }
                Err(wrong) => Err(Refused::from(wrong)),
            };
            if let Err(refused) = read {
                self.refuse(&refused);
            }
        }
        if self.steps.is_empty() {
            // Gives the memory back; most connections are idle most of the time.
            self.steps = VecDeque::new();
        }
    }

    /// Says why, and ends the connection, as the specification demands of every error. What the session has said
    /// already is written before it.
    fn refuse(&mut self, refused: &Refused) {
        let words = self.last_words(refused);
        self.phase = Phase::Leaving;
        self.steps.push_back(Step::Tell(words));
        self.steps.push_back(Step::Close(refused.close));
    }

    fn last_words(&mut self, refused: &Refused) -> Bytes {
        self.phase = Phase::Over;
        self.reader.give_up();
        self.transactions = Transactions::default();
        self.running = None;
        refused.words(self.version)
    }

    fn words(&self, command: &str) -> Words {
        Words::new(command, self.version)
    }

    /// A name for what has none.
    fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }
}

impl Codec for Stomp {
    fn feed(&mut self, heard: Heard<'_>, now: Timestamp) {
        self.heart_beat.heard(now);
        if matches!(self.phase, Phase::New | Phase::Connected) {
            self.reader.feed(match heard {
                Heard::Text(text) => text.as_bytes(),
                Heard::Binary(bytes) => bytes,
            });
            self.read_on();
        }
    }

    fn next(&mut self) -> Option<Step> {
        let step = self.steps.pop_front();
        self.read_on();
        step
    }

    fn has_next(&self) -> bool {
        !self.steps.is_empty()
    }

    fn write(&mut self, frame: &Frame, now: Timestamp) -> Written {
        if self.phase == Phase::Over {
            return Written::default();
        }
        let written = self.tell(frame);
        if !written.texts.is_empty() {
            self.heart_beat.told(now);
        }
        written
    }

    fn settled(&mut self, now: Timestamp) -> Written {
        if self.phase == Phase::Over {
            return Written::default();
        }
        self.heart_beat.told(now);
        self.all_settled()
    }

    fn tick(&mut self, now: Timestamp) -> Option<Bytes> {
        self.heart_beat.is_due(now).then(|| {
            self.heart_beat.told(now);
            Bytes::from_static(b"\n")
        })
    }

    fn overdue(&mut self, now: Timestamp) -> Option<Close> {
        if self.heart_beat.is_silent(now) {
            return Some(Close::NoHeartbeat);
        }
        // What is whole and only waits for its turn misses nothing.
        if self.has_next() || !self.reader.is_amid() {
            self.amid = None;
            return None;
        }
        let since = *self.amid.get_or_insert(now);
        (now.since(since) >= Self::REST_WITHIN).then_some(Close::Malformed)
    }

    fn farewell(&mut self, close: Close) -> Option<Bytes> {
        if matches!(self.phase, Phase::Leaving | Phase::Over) {
            return None;
        }
        Refused::of_close(close).map(|refused| self.last_words(&refused))
    }
}

#[cfg(test)]
mod tests;
