//! The protocols that a client may speak: each is a way of writing the same things, so that scenarios know one client.

mod native;
mod socketio;
mod stomp;

pub(crate) use native::send;

use anyhow::Result;
use clap::ValueEnum;
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// `guichet.v1`, JSON frames.
    Native,
    /// STOMP 1.2.
    Stomp,
    /// Socket.IO 4, over the WebSocket alone.
    Socketio,
}

impl Protocol {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Stomp => "STOMP",
            Self::Socketio => "Socket.IO",
        }
    }

    /// A client of this protocol with that token.
    pub(crate) fn speak(self, token: &str) -> Box<dyn Dialect> {
        match self {
            Self::Native => Box::new(native::Native),
            Self::Stomp => Box::new(stomp::Stomp::new(token)),
            Self::Socketio => Box::new(socketio::Socketio::new(token)),
        }
    }
}

/// What a server says, as far as it is looked at.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    /// The client may speak; with the history of the places where the protocol tells it.
    Welcome { epoch: String },
    /// A subscription starts; what comes up to this place is shown to whoever came without one.
    Subscribed { last_seq: u64 },
    /// All that was missed has come; with the place where the protocol tells it.
    Live { seq: Option<u64> },
    /// An entry.
    Message { seq: u64, content: Option<String> },
    /// A send is durable.
    Ack { client_message_id: String, seq: u64 },
    /// A send was not done.
    Nack { client_message_id: String, code: String, retry_after_ms: Option<u64>, retry: bool },
    /// The place was refused.
    Reset { reason: String },
    /// Something was refused.
    Error { code: String },
}

/// What a text of the server comes to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Heard {
    pub(crate) frames: Vec<Frame>,
    /// What the protocol wants to be said at once.
    pub(crate) answer: Option<String>,
}

impl Heard {
    fn frame(frame: Frame) -> Self {
        Self { frames: vec![frame], answer: None }
    }

    fn answer(text: impl Into<String>) -> Self {
        Self { frames: Vec::new(), answer: Some(text.into()) }
    }
}

/// A client's side of a protocol.
pub(crate) trait Dialect: Send {
    /// The handshake.
    fn request(&self, address: SocketAddr, token: &str) -> Result<Request>;

    /// What the client says first, if it does.
    fn hello(&self) -> Option<String> {
        None
    }

    /// From where on a client without a place counts; nothing when the server says so.
    fn begins(&self) -> Option<u64> {
        None
    }

    /// Follows a conversation, from that place of that history on or afresh.
    fn subscribe(&mut self, conversation: &str, from: Option<(&str, u64)>) -> String;

    /// Reads a text of the server.
    ///
    /// # Errors
    /// It is none of the protocol.
    fn read(&mut self, text: &str) -> Result<Heard>;
}

fn handshake(address: SocketAddr, path: &str, protocol: Option<&'static str>) -> Result<Request> {
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    if let Some(protocol) = protocol {
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse()?);
    }
    Ok(request)
}
