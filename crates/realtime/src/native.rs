//! The codec of the protocol `guichet.v1`: JSON text frames with a `type`.

use bytes::Bytes;
use chat::{Epoch, Seq};
use kernel::{AttachmentId, Availability, ConversationId, MessageId, Secret, SupportRequestId};
use serde::{Deserialize, Serialize};

use crate::{Inbound, Limits, ServerFrame, ViewState};

/// The name of the protocol in the handshake.
pub const PROTOCOL: &str = "guichet.v1";

/// A frame of a client, as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ClientFrame {
    Authenticate {
        token: String,
    },
    Subscribe {
        #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        conversation_id: ConversationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<Epoch>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_seq: Option<Seq>,
    },
    Unsubscribe {
        conversation_id: ConversationId,
    },
    Abandon {
        conversation_id: ConversationId,
        client_message_id: String,
    },
    Send {
        #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        conversation_id: ConversationId,
        client_message_id: String,
        content: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attachment_ids: Option<Vec<AttachmentId>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_reply_to: Option<MessageId>,
    },
    Edit {
        #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        conversation_id: ConversationId,
        message_id: MessageId,
        content: String,
    },
    Delete {
        #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        conversation_id: ConversationId,
        message_id: MessageId,
    },
    Read {
        conversation_id: ConversationId,
        seq: Seq,
    },
    Delivered {
        conversation_id: ConversationId,
        seq: Seq,
    },
    Typing {
        conversation_id: ConversationId,
        is_typing: bool,
    },
    View {
        support_request_id: SupportRequestId,
        state: View,
    },
    Availability {
        value: Availability,
    },
    Ping,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum View {
    Viewing,
    Replying,
    Left,
}

/// The largest place that a JSON number carries without loss in every client.
const MAX_SEQ: Seq = Seq::new((1 << 53) - 1);

/// Reads a frame. What cannot be read becomes [`Inbound::Unreadable`], with the client's `ref`
/// where it could be made out, so that the connection is kept.
pub fn parse(text: &str) -> Inbound {
    let Ok(frame) = serde_json::from_str::<ClientFrame>(text) else { return unreadable(text) };
    let inbound = inbound(frame);
    match &inbound {
        Inbound::Subscribe { reference: Some(reference), .. }
        | Inbound::Send { reference: Some(reference), .. }
        | Inbound::Edit { reference: Some(reference), .. }
        | Inbound::Delete { reference: Some(reference), .. }
        | Inbound::Unsupported { reference: Some(reference) }
            if reference.len() > Limits::REFERENCE_BYTES =>
        {
            Inbound::Unreadable { reference: None, code: "realtime.malformed" }
        }
        Inbound::Subscribe { after: Some(seq), .. } | Inbound::Read { seq, .. } | Inbound::Delivered { seq, .. }
            if *seq > MAX_SEQ =>
        {
            unreadable(text)
        }
        _ => inbound,
    }
}

/// Writes a frame.
pub fn encode(frame: &ServerFrame) -> Bytes {
    // It cannot fail: no frame has a map with other keys than texts, and the writer is memory.
    serde_json::to_vec(frame).map(Bytes::from).unwrap_or_default()
}

fn inbound(frame: ClientFrame) -> Inbound {
    match frame {
        ClientFrame::Authenticate { token } => Inbound::Authenticate { token: Secret::new(token) },
        ClientFrame::Subscribe { reference, conversation_id, epoch, after_seq } => {
            Inbound::Subscribe { reference, conversation: conversation_id, epoch, after: after_seq }
        }
        ClientFrame::Unsubscribe { conversation_id } => Inbound::Unsubscribe { conversation: conversation_id },
        ClientFrame::Send { reference, conversation_id, client_message_id, content, attachment_ids, in_reply_to } => {
            Inbound::Send {
                reference,
                conversation: conversation_id,
                client_message_id,
                content,
                in_reply_to,
                attachments: attachment_ids.unwrap_or_default(),
            }
        }
        ClientFrame::Read { conversation_id, seq } => Inbound::Read { conversation: conversation_id, seq },
        ClientFrame::Delivered { conversation_id, seq } => Inbound::Delivered { conversation: conversation_id, seq },
        ClientFrame::Typing { conversation_id, is_typing } => {
            Inbound::Typing { conversation: conversation_id, is_typing }
        }
        ClientFrame::Ping => Inbound::Ping,
        ClientFrame::Edit { reference, conversation_id, message_id, content } => {
            Inbound::Edit { reference, conversation: conversation_id, message: message_id, content }
        }
        ClientFrame::Delete { reference, conversation_id, message_id } => {
            Inbound::Delete { reference, conversation: conversation_id, message: message_id }
        }
        ClientFrame::Abandon { conversation_id, client_message_id } => {
            Inbound::Abandon { conversation: conversation_id, client_message_id }
        }
        ClientFrame::View { support_request_id, state } => {
            let state = match state {
                View::Viewing => Some(ViewState::Viewing),
                View::Replying => Some(ViewState::Replying),
                View::Left => None,
            };
            Inbound::View { support_request: support_request_id, state }
        }
        ClientFrame::Availability { value } => Inbound::Availability { value },
    }
}

/// What of an unreadable frame can still be read.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

const TYPES: [&str; 13] = [
    "authenticate",
    "subscribe",
    "unsubscribe",
    "abandon",
    "send",
    "edit",
    "delete",
    "read",
    "delivered",
    "typing",
    "view",
    "availability",
    "ping",
];

fn unreadable(text: &str) -> Inbound {
    let envelope = serde_json::from_str::<Envelope>(text).ok();
    let known = envelope.as_ref().and_then(|envelope| envelope.kind.as_deref());
    let code = match known {
        Some(kind) if !TYPES.contains(&kind) => "realtime.unknown_type",
        _ => "realtime.malformed",
    };
    let reference = envelope.and_then(|envelope| envelope.reference);
    Inbound::Unreadable { reference: reference.filter(|text| text.len() <= Limits::REFERENCE_BYTES), code }
}

#[cfg(test)]
mod tests;
