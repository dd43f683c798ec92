//! Entries of a request's timeline.

use kernel::{ParticipantId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Eyes, TimelineKind};

/// One entry of a request's timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// Its id; entries sort by it.
    pub id: Uuid,
    /// What it tells.
    pub kind: TimelineKind,
    /// The value before: a status, an agent's id …
    #[schema(required, example = "open")]
    pub old: Option<String>,
    /// The value after.
    #[schema(required, example = "assigned")]
    pub new: Option<String>,
    /// Who did it.
    pub actor: TimelineActor,
    /// Why, for the customer's eyes too.
    #[schema(required)]
    pub reason: Option<String>,
    /// Why, for staff; left out for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<String>,
    /// More, e.g. the names behind `old` and `new`.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub metadata: Map<String, Value>,
    /// Whether the customer is to be told.
    pub customer_told: bool,
    /// When the customer was told.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub customer_told_at: Option<Timestamp>,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl TimelineEntry {
    /// An entry; its note is for staff only.
    pub fn of(entry: &support_request::TimelineEntry, eyes: Eyes) -> Self {
        Self {
            id: entry.id.uuid(),
            kind: entry.kind.into(),
            old: entry.old.clone(),
            new: entry.new.clone(),
            actor: TimelineActor { id: entry.actor.id.map(ParticipantId::uuid), name: entry.actor.name.clone() },
            reason: entry.reason.clone(),
            note: entry.note.clone().filter(|_| eyes == Eyes::Staff),
            metadata: entry.metadata.clone(),
            customer_told: entry.customer_told,
            customer_told_at: entry.customer_told_at,
            created_at: entry.created_at,
        }
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineActor {
    /// The participant; `null` for Guichet itself.
    #[schema(required)]
    pub id: Option<Uuid>,
    /// The name at that time.
    pub name: String,
}
