//! What stands between a session and a client that does not speak the native protocol.

use std::fmt::Debug;

use bytes::Bytes;
use kernel::Timestamp;

use crate::{Close, Frame, Inbound};

/// A message of the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

/// What a codec makes of what its client wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A command of the session.
    Do(Inbound),
    /// Words of the protocol's own, which need no session; written behind what waits.
    Tell(Bytes),
    /// The end. What waits is still written before it.
    Close(Close),
}

/// What a codec writes for a frame.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Messages of the transport, in order; none when the protocol has no word for the frame.
    pub texts: Vec<Bytes>,
    /// Whether that is the end of the connection: nothing that waits is written after it.
    pub close: Option<Close>,
}

impl Written {
    /// One message.
    pub fn one(text: Bytes) -> Self {
        Self { texts: vec![text], close: None }
    }
}

/// The state of a protocol on one connection: it translates, and decides nothing that the contract speaks of.
///
/// It is fed a message and then asked for its steps one by one, as the session takes them: a message may hold
/// more than may wait at a time.
pub trait Codec: Debug + Send {
    /// A message has come.
    fn feed(&mut self, heard: Heard<'_>, now: Timestamp);

    /// The next step of what was fed.
    fn next(&mut self) -> Option<Step>;

    /// Whether there is a step: [`Self::next`] would give one.
    fn has_next(&self) -> bool;

    /// Writes a frame.
    fn write(&mut self, frame: &Frame, now: Timestamp) -> Written;

    /// All that was said before an [`Inbound::Settle`] is answered; written behind those answers.
    fn settled(&mut self, _now: Timestamp) -> Written {
        Written::default()
    }

    /// The protocol's own ping; without one, the transport's is sent.
    fn ping(&mut self) -> Option<Bytes> {
        None
    }

    /// About a second has gone by: what the protocol has to say by the clock.
    fn tick(&mut self, _now: Timestamp) -> Option<Bytes> {
        None
    }

    /// About a second has gone by: whether the protocol gives the client up.
    fn overdue(&mut self, _now: Timestamp) -> Option<Close> {
        None
    }

    /// The last words before the end.
    fn farewell(&mut self, _close: Close) -> Option<Bytes> {
        None
    }
}
