//! The codec of Socket.IO 4, for existing `socket.io-client`s. Packets of Engine.IO around it are the transport's.

mod call;
mod packet;
mod reading;
#[cfg(test)]
mod samples;
mod shapes;
mod threads;
mod writing;

use std::collections::VecDeque;

use bytes::Bytes;
use chat::{Epoch, Seq};
use kernel::{ConnectionId, ConversationId, ParticipantId, Secret, SupportRequestId, Timestamp};
use serde_json::Value;

use self::{call::Call, threads::Threads};
use crate::{Aside, Close, Codec, Frame, Heard, Step, Written, close::Advice};

/// The namespaces there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Namespace {
    Main,
    Messaging,
}

impl Namespace {
    const ALL: [Self; 2] = [Self::Main, Self::Messaging];

    fn named(name: &str) -> Option<Self> {
        match name {
            "/" => Some(Self::Main),
            "/messaging" => Some(Self::Messaging),
            _ => None,
        }
    }

    /// How packets name it.
    fn prefix(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Messaging => "/messaging,",
        }
    }
}

/// The client's socket in one namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Socket {
    #[default]
    None,
    /// It has asked to connect, and it is being found out who it is.
    Asking,
    /// It is connected.
    Connected {
        /// It goes by the names with hyphens.
        hyphens: bool,
        /// It has asked again, perhaps with a fresh token.
        again: bool,
    },
}

/// A `joinConversation` that has no answer yet.
#[derive(Debug)]
struct Join {
    conversation: ConversationId,
    call: Call,
    /// From when it is known that the conversation is there.
    answer: Option<Answer>,
    reset: Option<String>,
}

/// What is gathered for the answer.
#[derive(Debug)]
struct Answer {
    last_seq: Seq,
    messages: Vec<Value>,
    bytes: usize,
}

/// The state of the protocol on one connection.
#[derive(Debug)]
pub(crate) struct SocketIo {
    id: ConnectionId,
    /// Of the handshake: used when the client's own word names none.
    token: Option<Secret>,
    me: Option<ParticipantId>,
    epoch: Option<Epoch>,
    sockets: [Socket; 2],
    /// How many sockets were connected, to name each.
    connected: u32,
    /// How many messages were sent without a name of the client's.
    unnamed: u64,
    steps: VecDeque<Step>,
    /// So many messages of bytes follow, which are nobody's.
    attachments: usize,
    joins: Vec<Join>,
    threads: Threads,
    /// A request that changed, until its timeline tells what did.
    changed: Option<Box<(SupportRequestId, Value)>>,
}

impl SocketIo {
    pub(crate) fn new(id: ConnectionId) -> Self {
        Self {
            id,
            token: None,
            me: None,
            epoch: None,
            sockets: Default::default(),
            connected: 0,
            unnamed: 0,
            steps: VecDeque::new(),
            attachments: 0,
            joins: Vec::new(),
            threads: Threads::default(),
            changed: None,
        }
    }

    fn socket(&mut self, namespace: Namespace) -> &mut Socket {
        &mut self.sockets[namespace as usize]
    }

    /// The sockets that are in this state.
    fn all(&self, wanted: impl Fn(Socket) -> bool) -> impl Iterator<Item = Namespace> {
        Namespace::ALL.into_iter().filter(move |namespace| wanted(self.sockets[*namespace as usize]))
    }
}

impl Codec for SocketIo {
    fn feed(&mut self, heard: Heard<'_>, _now: Timestamp) {
        match heard {
            Heard::Text(text) if self.attachments == 0 => self.read(text),
            Heard::Binary(_) if self.attachments > 0 => self.attachments -= 1,
            // A text within an event with bytes, or bytes without an event.
            Heard::Text(_) | Heard::Binary(_) => self.steps.push_back(Step::Close(Close::Malformed)),
        }
    }

    fn next(&mut self) -> Option<Step> {
        let step = self.steps.pop_front();
        if self.steps.is_empty() {
            // Gives the memory back; most connections are idle most of the time.
            self.steps = VecDeque::new();
        }
        step
    }

    fn has_next(&self) -> bool {
        !self.steps.is_empty()
    }

    fn write(&mut self, frame: &Frame, _now: Timestamp) -> Written {
        Written { texts: self.words(frame), close: None }
    }

    fn aside(&mut self, aside: &Aside) -> Written {
        Written { texts: self.words_aside(aside), close: None }
    }

    fn offered(&mut self, token: Secret) {
        self.token = Some(token);
    }

    /// A client that must not come back by itself is told so in its own way: it does after a mere loss.
    fn farewell(&mut self, close: Close) -> Option<Bytes> {
        let stays = close.advice() == Advice::Stay && close != Close::Normal;
        let namespace = self.all(|socket| matches!(socket, Socket::Connected { .. })).next().filter(|_| stays)?;
        Some(Bytes::from(format!("1{}", namespace.prefix())))
    }
}
