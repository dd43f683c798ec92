//! Conversations, and those who take part in them.

use kernel::{ParticipantId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{ConversationStatus, SenderType};

/// The thread of a support request, as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conversation {
    /// Its id.
    pub id: Uuid,
    /// The request it belongs to.
    pub support_request_id: Uuid,
    /// Whether it is still going on.
    pub status: ConversationStatus,
    /// No more messages are taken.
    pub closed: bool,
    /// The history its places belong to; when it changes, everything is to be read again.
    pub epoch: Uuid,
    /// The place of the last entry.
    #[schema(example = 7)]
    pub last_seq: u64,
    /// When the last entry was stored.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_message_at: Option<Timestamp>,
    /// Messages of others that the caller has not read.
    pub unread_count: u64,
    /// Messages of the customer that no agent has read.
    pub unread_staff: u64,
    /// Everybody who takes part.
    pub participants: Vec<Participant>,
}

impl Conversation {
    /// A conversation as its viewer sees it; `online` tells who is there.
    pub fn of(conversation: &chat::Conversation, online: impl Fn(ParticipantId) -> bool) -> Self {
        let participants = conversation.participants.iter();
        Self {
            id: conversation.id.uuid(),
            support_request_id: conversation.audience.support_request.uuid(),
            status: conversation.status.into(),
            closed: conversation.closed,
            epoch: conversation.epoch.uuid(),
            last_seq: conversation.last_seq.get(),
            last_message_at: conversation.last_message_at,
            unread_count: conversation.unread_count,
            unread_staff: conversation.unread_staff,
            participants: participants.map(|person| Participant::of(person, online(person.id))).collect(),
        }
    }
}

/// Somebody who takes part in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Participant {
    /// The user's or the guest's id.
    pub id: Uuid,
    /// Which side.
    #[serde(rename = "type")]
    pub kind: SenderType,
    /// The name others see.
    #[schema(example = "Camille Durand")]
    pub name: String,
    /// All entries up to here were received.
    #[schema(example = 7)]
    pub delivered_seq: u64,
    /// All entries up to here were read.
    #[schema(example = 6)]
    pub read_seq: u64,
    /// When `read_seq` last moved.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub read_at: Option<Timestamp>,
    /// Whether at least one connection of theirs is open.
    pub online: bool,
}

impl Participant {
    /// A participant, and whether they are there.
    pub fn of(participant: &chat::Participant, online: bool) -> Self {
        Self {
            id: participant.id.uuid(),
            kind: participant.kind.into(),
            name: participant.name.clone(),
            delivered_seq: participant.mark.delivered_seq.get(),
            read_seq: participant.mark.read_seq.get(),
            read_at: participant.mark.read_at,
            online,
        }
    }
}
