//! A frame on its way to one client, and for many.

use std::{
    cell::OnceCell,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;

use crate::{Protocol, ServerFrame, native};

/// A frame that waits to be written to one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A text of the transport already.
    Text(Bytes),
    /// To be written by the codec of the connection.
    Frame(Arc<Frame>),
    /// All that was said before an [`crate::Inbound::Settle`] is answered; the codec knows what that is to its client.
    Settled,
}

impl Told {
    /// About how many bytes it takes.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Frame(frame) => frame.native.len(),
            Self::Settled => 0,
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A frame for codecs: typed, with what they have in common for all its receivers written at most once.
#[derive(Debug)]
pub struct Frame {
    said: ServerFrame,
    native: Bytes,
    written: [OnceLock<Bytes>; 2],
}

impl Frame {
    /// A frame.
    pub fn new(frame: ServerFrame) -> Self {
        let native = native::encode(&frame);
        Self { said: frame, native, written: Default::default() }
    }

    /// What it says.
    pub fn frame(&self) -> &ServerFrame {
        &self.said
    }

    /// As the native protocol writes it.
    pub fn native(&self) -> &Bytes {
        &self.native
    }

    /// What all receivers share that speak a protocol, in up to two ways; written when the first of them needs it.
    pub fn shared(&self, way: Way, write: impl FnOnce(&ServerFrame) -> Bytes) -> Bytes {
        self.written[way as usize].get_or_init(|| write(&self.said)).clone()
    }
}

impl Eq for Frame {}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.native == other.native
    }
}

/// Which of the shared writings of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The body of a STOMP frame.
    Stomp,
    /// The payload of a Socket.IO event.
    SocketIo,
}

/// A frame for many receivers: made at most once for each kind of them, when the first one needs it.
pub struct Shared<F> {
    make: F,
    native: OnceCell<Bytes>,
    typed: OnceCell<Arc<Frame>>,
}

impl<F: Fn() -> ServerFrame> Shared<F> {
    /// Wraps what makes the frame.
    pub fn new(make: F) -> Self {
        Self { make, native: OnceCell::new(), typed: OnceCell::new() }
    }

    /// The frame for a protocol.
    pub fn told(&self, protocol: Protocol) -> Told {
        match protocol {
            Protocol::Native => Told::Text(self.native.get_or_init(|| native::encode(&(self.make)())).clone()),
            Protocol::Stomp | Protocol::SocketIo => {
                Told::Frame(self.typed.get_or_init(|| Arc::new(Frame::new((self.make)()))).clone())
            }
        }
    }
}
