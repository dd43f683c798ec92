//! What a server may say, whatever the protocol it says it in.

use chat::{Change, ChatSession, Entry, Epoch, MessageStatus, Receipt, Revised, Sent, Seq, SessionStatus};
use kernel::{
    Availability, Caller, ConnectionId, ConversationId, MessageId, ParticipantId, SupportRequestId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{ViewState, sends::Named};

/// A frame to a client. The names are those of the native protocol; other codecs translate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// Who the client is taken for; the answer to `authenticate`.
    Welcome {
        /// The connection.
        connection_id: ConnectionId,
        /// The caller.
        user: WelcomeUser,
        /// The history of the organisation's `seq`s.
        epoch: Epoch,
        /// How often the server pings.
        heartbeat_ms: u64,
        /// The largest frame that the server takes.
        max_frame_bytes: usize,
    },
    /// A subscription starts; what was missed follows, then `live`.
    Subscribed {
        /// Of the `subscribe`.
        #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// Which one.
        conversation_id: ConversationId,
        /// Where its log ends.
        last_seq: Seq,
        /// Everybody who takes part.
        participants: Vec<wire::Participant>,
    },
    /// All that was missed has been told; from here on entries are pushed.
    Live {
        /// Which one.
        conversation_id: ConversationId,
        /// The place after which they are pushed.
        seq: Seq,
    },
    /// The client's position cannot be honoured; except for `forbidden` the subscription starts afresh.
    Reset {
        /// Which one.
        conversation_id: ConversationId,
        /// `epoch_changed`, `ahead` or `forbidden`.
        reason: String,
    },
    /// The subscription has ended.
    Unsubscribed {
        /// Which one.
        conversation_id: ConversationId,
        /// `requested` or `forbidden`.
        reason: String,
    },
    /// A new message.
    Message {
        /// Where.
        conversation_id: ConversationId,
        /// The entry's place.
        seq: Seq,
        /// The message of now.
        message: Box<wire::Message>,
    },
    /// A message has another content.
    MessageEdited {
        /// Where.
        conversation_id: ConversationId,
        /// The entry's place.
        seq: Seq,
        /// The message of now.
        message: Box<wire::Message>,
    },
    /// A message was deleted.
    MessageDeleted {
        /// Where.
        conversation_id: ConversationId,
        /// The entry's place.
        seq: Seq,
        /// The message of now.
        message: Box<wire::Message>,
    },
    /// A send, an edit or a deletion is durable.
    Ack {
        /// Of the frame that it answers.
        #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// Where.
        conversation_id: ConversationId,
        /// Of the `send`; left out for an edit or a deletion.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_message_id: Option<String>,
        /// The message.
        message_id: MessageId,
        /// The place of the entry.
        seq: Seq,
        /// When the message was stored.
        created_at: Timestamp,
        /// Whether it had been sent before, or was so already.
        duplicate: bool,
    },
    /// A send, an edit or a deletion was not done.
    Nack {
        /// Of the frame that it answers.
        #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// Where.
        conversation_id: ConversationId,
        /// Of the `send`; left out for an edit or a deletion.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_message_id: Option<String>,
        /// Of the `edit` or `delete`; left out for a send.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<MessageId>,
        /// Why, for programs.
        code: String,
        /// Why, for people.
        message: String,
        /// Whether the same send may go through later.
        retry: bool,
        /// How long to wait before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// Somebody's marks moved.
    Receipt {
        /// Where.
        conversation_id: ConversationId,
        /// Whose.
        participant_id: ParticipantId,
        /// Received up to here.
        delivered_seq: Seq,
        /// Read up to here.
        read_seq: Seq,
        /// When that last moved.
        read_at: Option<Timestamp>,
    },
    /// Something happened around a conversation, or is so now: told again, it is the same.
    Conversation {
        /// Where.
        conversation_id: ConversationId,
        /// What.
        #[serde(flatten)]
        event: ConversationEvent,
    },
    /// Somebody writes, or has stopped. A client forgets it after a few seconds by itself.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        participant_id: ParticipantId,
        /// Their name.
        name: String,
        /// Writing, or not any more.
        is_typing: bool,
    },
    /// Somebody's first connection appeared, or the last one went; or a member of staff wants to be asked, or does
    /// not any more.
    Presence {
        /// Who.
        participant_id: ParticipantId,
        /// Whether at least one connection is there.
        online: bool,
        /// Whether they want to be asked; of staff only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        availability: Option<Availability>,
    },
    /// A request changed. Apply only a greater `version`.
    SupportRequest {
        /// What happened.
        event: String,
        /// The request of now.
        support_request: Box<wire::SupportRequest>,
    },
    /// An entry was added to a request's timeline.
    Timeline {
        /// Which one.
        support_request_id: SupportRequestId,
        /// The entry.
        entry: Box<wire::TimelineEntry>,
    },
    /// An internal note was written, edited or deleted. For staff only.
    Note {
        /// Of which request.
        support_request_id: SupportRequestId,
        /// The note of now.
        note: Box<wire::Note>,
    },
    /// Who looks at a request, the reader of the frame among them. A state, not an event: it takes the place of the
    /// frame of the same request before it.
    Viewers {
        /// Which one.
        support_request_id: SupportRequestId,
        /// Each person once, in the order in which they came.
        viewers: Vec<Viewer>,
    },
    /// Frames of live lists were left out: fetch the lists again.
    Resync,
    /// Something that the client sent was refused; the connection is kept.
    Error {
        /// The client's own string, where there was one.
        #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// Why, for programs.
        code: String,
        /// Why, for people.
        message: String,
    },
    /// The server closes soon.
    Bye {
        /// Why: `restart`.
        reason: String,
        /// When to connect again; spread out over the clients.
        retry_after_ms: u64,
    },
    /// The answer to `ping`.
    Pong,
}

/// The caller, as `welcome` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WelcomeUser {
    /// The user's or the guest's id, which is also the participant's.
    pub id: ParticipantId,
    /// The name others see.
    pub name: String,
    /// A role, or `guest`.
    pub role: String,
    /// Whether they want to be asked; of staff only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
}

/// Somebody who looks at a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Who.
    pub id: ParticipantId,
    /// Their name.
    pub name: String,
    /// The strongest state of all their connections.
    pub state: ViewState,
}

impl WelcomeUser {
    /// A caller.
    pub fn of(caller: &Caller, availability: Option<Availability>) -> Self {
        let role = caller.user().map_or("guest", |user| user.role.as_str());
        Self { id: caller.participant(), name: caller.name().to_owned(), role: role.to_owned(), availability }
    }
}

/// What a `conversation` frame tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum ConversationEvent {
    /// The chat is live. A session that has ended is not told so again.
    SessionOpened(Box<wire::ChatSession>),
    /// Somebody ended it.
    SessionClosed(Box<wire::ChatSession>),
    /// Nobody wrote for too long.
    SessionTimeout(Box<wire::ChatSession>),
    /// Where the customer stands in the queue; told to nobody else.
    QueuePosition(QueuePosition),
    /// A member of staff takes part.
    ParticipantJoined(Box<wire::Participant>),
}

impl ConversationEvent {
    /// What is to be told of a session as it stands.
    pub fn of_session(session: &ChatSession) -> Self {
        let shown = Box::new(wire::ChatSession::of(session));
        match session.status {
            SessionStatus::Active => Self::SessionOpened(shown),
            SessionStatus::Closed => Self::SessionClosed(shown),
            SessionStatus::Timeout => Self::SessionTimeout(shown),
        }
    }
}

/// A place in the queue of waiting chats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QueuePosition {
    /// From 1; 0 once the chat waits no more.
    pub position: u64,
    /// How long waiting has taken lately; unknown when nobody was taken lately.
    pub estimated_wait_s: Option<u64>,
}

impl ServerFrame {
    /// The frame of a log entry; `to_sender` when the reader is the person who sent the message.
    pub fn entry(conversation_id: ConversationId, entry: &Entry, status: MessageStatus, to_sender: bool) -> Self {
        let seq = entry.seq;
        let message = Box::new(wire::Message::of(&entry.message, status, to_sender));
        match entry.change {
            Change::Created => Self::Message { conversation_id, seq, message },
            Change::Edited => Self::MessageEdited { conversation_id, seq, message },
            Change::Deleted => Self::MessageDeleted { conversation_id, seq, message },
        }
    }

    /// The answer to a send that is durable.
    pub fn ack(
        reference: Option<String>,
        conversation_id: ConversationId,
        client_message_id: String,
        sent: &Sent,
    ) -> Self {
        Self::Ack {
            reference,
            conversation_id,
            client_message_id: Some(client_message_id),
            message_id: sent.message_id,
            seq: sent.seq,
            created_at: sent.created_at,
            duplicate: sent.duplicate,
        }
    }

    /// The answer to an edit or a deletion that is durable.
    pub fn revised(reference: Option<String>, conversation_id: ConversationId, revised: &Revised) -> Self {
        Self::Ack {
            reference,
            conversation_id,
            client_message_id: None,
            message_id: revised.message.id,
            seq: revised.message.entry_seq,
            created_at: revised.message.created_at,
            duplicate: revised.duplicate,
        }
    }

    /// The answer to what was not done.
    pub(crate) fn nack(
        reference: Option<String>,
        conversation_id: ConversationId,
        named: Named,
        code: &str,
        message: String,
        retry: bool,
        retry_after_ms: Option<u64>,
    ) -> Self {
        let (client_message_id, message_id) = match named {
            Named::Send(name) => (Some(name), None),
            Named::Revision(message) => (None, Some(message)),
        };
        let code = code.to_owned();
        Self::Nack { reference, conversation_id, client_message_id, message_id, code, message, retry, retry_after_ms }
    }

    /// The frame of marks that moved.
    pub fn receipt(receipt: &Receipt) -> Self {
        Self::Receipt {
            conversation_id: receipt.conversation,
            participant_id: receipt.participant,
            delivered_seq: receipt.mark.delivered_seq,
            read_seq: receipt.mark.read_seq,
            read_at: receipt.mark.read_at,
        }
    }
}
