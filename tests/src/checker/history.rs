use std::collections::BTreeMap;

/// One connection's owner in a run: a client keeps its number over reconnects.
pub type Client = usize;

/// Something that one client did or saw. The place in [`History::events`] is its time: an event that stands
/// later happened later or at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Who.
    pub client: Client,
    /// In which conversation.
    pub conversation: String,
    /// What.
    pub kind: Kind,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The client sends a message for the first time. Resends are not events.
    Invoke {
        /// The id that the client minted.
        id: String,
        /// The content, unique in the run.
        content: String,
    },
    /// The server says that a message is durable.
    Ack {
        /// The client's id of it.
        id: String,
        /// The server's id of it.
        message_id: String,
        /// Its place in the log.
        seq: i64,
        /// Whether the server had it already.
        duplicate: bool,
    },
    /// The server refuses a message for good.
    Refuse {
        /// The client's id of it.
        id: String,
    },
    /// A stream of entries begins: the first one must be `after + 1`.
    Subscribe {
        /// The position that the server starts from.
        after: i64,
    },
    /// An entry arrives in the stream.
    Receive(Entry),
    /// The connection is gone, and its stream with it.
    Disconnect,
}

/// One entry of a log, as somebody saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub seq: i64,
    /// The server's id of the message.
    pub message_id: String,
    /// The content.
    pub content: String,
    /// Whether the server wrote it by itself, so that no client sent it.
    pub by_system: bool,
}

/// A conversation's log as it is read at the end.
pub type Log = Vec<Entry>;

/// All that a run gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// In the order in which they happened.
    pub events: Vec<Event>,
    /// What is stored at the end, by conversation.
    pub logs: BTreeMap<String, Log>,
    /// Who must have received everything: the clients that are still subscribed at the end.
    pub subscribed: Vec<(Client, String)>,
}
