//! The protocols, and in what they differ for a session.

use std::sync::Arc;

use kernel::ConnectionId;

use crate::{Codec, Frame, ServerFrame, Told, native, socket_io, stomp};

/// The protocol that a connection speaks. Each is a codec over the same session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Protocol {
    /// `guichet.v1`.
    #[default]
    Native,
    /// STOMP 1.0 to 1.2.
    Stomp,
    /// Socket.IO 4 over Engine.IO 4.
    SocketIo,
}

impl Protocol {
    /// The name in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Stomp => "stomp",
            Self::SocketIo => "socketio",
        }
    }

    /// The WebSocket subprotocols, the best one first. A client that offers some, and none of these, is refused.
    pub const fn subprotocols(self) -> &'static [&'static str] {
        match self {
            Self::Native => &[native::PROTOCOL],
            Self::Stomp => &["v12.stomp", "v11.stomp", "v10.stomp"],
            Self::SocketIo => &[],
        }
    }

    /// Whether a connection is shown its own message, behind the ack: its clients show what comes back. The native
    /// protocol's ack stands in the message's place.
    pub const fn shows_own(self) -> bool {
        !matches!(self, Self::Native)
    }

    /// Whether a token of the handshake waits for the client's own word that it begins.
    pub const fn begins_by_itself(self) -> bool {
        matches!(self, Self::SocketIo)
    }

    /// Whether a connection follows all that is its caller's without being asked: its clients expect every message of
    /// their conversations.
    pub const fn follows_own(self) -> bool {
        matches!(self, Self::SocketIo)
    }

    /// Whether somebody waits for the answer to each command: one that is overtaken is answered too.
    pub const fn has_callbacks(self) -> bool {
        matches!(self, Self::SocketIo)
    }

    /// Whether sends behind one that may be retried are refused until it comes again, so that order holds. A client
    /// that does not number its sends could never get out of that.
    pub const fn holds_order(self) -> bool {
        !matches!(self, Self::SocketIo)
    }

    /// Readies a frame to be written to one client.
    pub(crate) fn told(self, frame: &ServerFrame) -> Told {
        match self {
            Self::Native => Told::Text(native::encode(frame)),
            Self::Stomp | Self::SocketIo => Told::Frame(Arc::new(Frame::new(frame.clone()))),
        }
    }

    /// What translates for a connection; nothing for the native protocol.
    pub(crate) fn codec(self, id: ConnectionId) -> Option<Box<dyn Codec>> {
        match self {
            Self::Native => None,
            Self::Stomp => Some(Box::new(stomp::Stomp::new(id))),
            Self::SocketIo => Some(Box::new(socket_io::SocketIo::new(id))),
        }
    }
}
