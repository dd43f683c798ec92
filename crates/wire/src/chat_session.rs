//! Chat sessions: the periods in which a conversation is live.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ChatSessionStatus;

/// A period in which a conversation is live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChatSession {
    /// Its id.
    pub id: Uuid,
    /// Where it stands.
    pub status: ChatSessionStatus,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When somebody last wrote in it; its opening, when nobody did.
    #[schema(value_type = String, format = DateTime)]
    pub last_activity_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub ended_at: Option<Timestamp>,
    /// The participant who ended it; nobody, when it timed out or its request was closed.
    #[schema(required)]
    pub ended_by: Option<Uuid>,
    /// The place of its first entry; `null` while there is none.
    #[schema(required, example = 1)]
    pub first_seq: Option<u64>,
    /// The place of its last entry; `null` while there is none.
    #[schema(required, example = 7)]
    pub last_seq: Option<u64>,
}

impl ChatSession {
    /// A session as it stands.
    pub fn of(session: &chat::ChatSession) -> Self {
        Self {
            id: session.id.uuid(),
            status: session.status.into(),
            started_at: session.started_at,
            last_activity_at: session.last_activity_at,
            ended_at: session.ended_at,
            ended_by: session.ended_by.map(kernel::ParticipantId::uuid),
            first_seq: session.first_seq.map(chat::Seq::get),
            last_seq: session.last_seq.map(chat::Seq::get),
        }
    }
}
