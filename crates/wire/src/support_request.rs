//! Support requests.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_request::{RequestView, Snapshot};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Eyes, RequestKind, RequestPriority, RequestSource, RequestStatus, SenderType};

/// A support request as the caller sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupportRequest {
    /// Its id.
    pub id: Uuid,
    /// Its number, for people.
    #[schema(example = "TICKET-20240115-001")]
    pub number: String,
    /// What it is about, by where it began.
    pub kind: RequestKind,
    /// The way it came in.
    pub source: RequestSource,
    /// What it is about, in one line.
    #[schema(example = "Retard de livraison de ma commande")]
    pub subject: String,
    /// What it is about, in full.
    pub description: String,
    /// Where it stands.
    pub status: RequestStatus,
    /// How urgent it is.
    pub priority: RequestPriority,
    /// A word of the organisation's own list.
    #[schema(example = "delivery")]
    pub category: String,
    /// Labels; only told to staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags: Option<Vec<String>>,
    /// What it carries along.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub metadata: Map<String, Value>,
    /// Other systems' ids that it is about.
    pub context: References,
    /// Its one thread.
    pub conversation_id: Uuid,
    /// Who asks.
    pub requester: Requester,
    /// Who answers.
    #[schema(required)]
    pub assignee: Option<Assignee>,
    /// Grows with every change but messages: a state with a smaller one is older.
    #[schema(example = 1)]
    pub version: u64,
    /// Its deadlines.
    pub sla: ServiceLevel,
    /// When an agent first answered.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub first_response_at: Option<Timestamp>,
    /// When it was resolved; `null` once reopened.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub resolved_at: Option<Timestamp>,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub closed_at: Option<Timestamp>,
    /// How it was resolved.
    #[schema(required)]
    pub resolution: Option<String>,
    /// What the requester thought of it.
    #[schema(required)]
    pub rating: Option<Rating>,
    /// When it was last escalated.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub escalated_at: Option<Timestamp>,
    /// Until when staff have put it aside; only told to staff, and left out while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, nullable = false)]
    pub snoozed_until: Option<Timestamp>,
    /// When it was put away; what is archived is out of the usual lists.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub archived_at: Option<Timestamp>,
    /// The request that took this one in.
    #[schema(required)]
    pub merged_into: Option<Uuid>,
    /// The request that this one follows.
    #[schema(required)]
    pub follow_up_of: Option<Uuid>,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// The last message of its thread.
    #[schema(required)]
    pub last_message: Option<LastMessage>,
    /// For staff, the customer's messages that no agent has read; for others, what they have not
    /// read. Left out of frames to requesters, which are one text for all that watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unread_count: Option<u64>,
}

impl SupportRequest {
    /// A request as read by its viewer; `now` decides which deadlines are missed.
    pub fn of(view: &RequestView, eyes: Eyes, now: Timestamp) -> Self {
        let request = &view.request;
        Self {
            id: request.id.uuid(),
            number: request.number.as_str().to_owned(),
            kind: request.kind.into(),
            source: request.source.into(),
            subject: request.subject.as_str().to_owned(),
            description: request.description.as_str().to_owned(),
            status: request.status.into(),
            priority: request.priority.into(),
            category: request.category.as_str().to_owned(),
            tags: (eyes == Eyes::Staff).then(|| request.tags.as_slice().to_vec()),
            metadata: request.metadata.as_object().clone(),
            context: References::of(&request.references),
            conversation_id: request.conversation.uuid(),
            requester: Requester::of(&request.requester),
            assignee: Assignee::of(view),
            version: request.version,
            sla: ServiceLevel::of(request, now),
            first_response_at: request.first_response_at,
            resolved_at: request.resolved_at,
            closed_at: request.closed_at,
            resolution: request.resolution.as_ref().map(|text| text.as_str().to_owned()),
            rating: request.rating.as_ref().map(Rating::of),
            escalated_at: request.escalated_at,
            snoozed_until: request.snoozed_until.filter(|_| eyes == Eyes::Staff),
            archived_at: request.archived_at,
            merged_into: request.merged_into.map(kernel::SupportRequestId::uuid),
            follow_up_of: request.follow_up_of.map(kernel::SupportRequestId::uuid),
            created_at: request.created_at,
            updated_at: request.updated_at,
            last_message: view.last_message.as_ref().map(LastMessage::of),
            unread_count: Some(view.unread_count),
        }
    }

    /// A request as a change tells it to all who watch: the count in such a view is that of staff,
    /// so requesters are not told it, and deadlines stand as of the change.
    pub fn told(view: &RequestView, eyes: Eyes) -> Self {
        let mut told = Self::of(view, eyes, view.request.updated_at);
        if eyes == Eyes::Requester {
            told.unread_count = None;
        }
        told
    }
}

/// Other systems' ids that a request is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct References {
    /// An order.
    #[serde(default)]
    #[schema(required)]
    pub order_id: Option<String>,
    /// An appointment.
    #[serde(default)]
    #[schema(required)]
    pub appointment_id: Option<String>,
    /// A warranty.
    #[serde(default)]
    #[schema(required)]
    pub warranty_id: Option<String>,
    /// A claim.
    #[serde(default)]
    #[schema(required)]
    pub claim_id: Option<String>,
}

impl References {
    /// The four ids.
    pub fn of(references: &support_request::References) -> Self {
        Self {
            order_id: references.order_id.clone(),
            appointment_id: references.appointment_id.clone(),
            warranty_id: references.warranty_id.clone(),
            claim_id: references.claim_id.clone(),
        }
    }
}

/// What the requester thought of the help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rating {
    /// 1, poor, to 5, excellent.
    #[schema(example = 5, minimum = 1, maximum = 5)]
    pub score: u8,
    /// In their own words.
    #[schema(required)]
    pub comment: Option<String>,
    /// When they first said so.
    #[schema(value_type = String, format = DateTime)]
    pub rated_at: Timestamp,
}

impl Rating {
    /// A rating.
    pub fn of(rating: &support_request::Rating) -> Self {
        Self {
            score: rating.score.get(),
            comment: rating.comment.as_ref().map(|comment| comment.as_str().to_owned()),
            rated_at: rating.at,
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Requester {
    /// The user's or the guest's id.
    pub id: Uuid,
    /// Their name.
    #[schema(example = "Léa Martin")]
    pub name: String,
    /// Their e-mail.
    #[schema(required, example = "lea@example.com")]
    pub email: Option<String>,
    /// Their telephone number.
    #[schema(required)]
    pub phone: Option<String>,
}

impl Requester {
    /// A requester.
    pub fn of(requester: &support_request::Requester) -> Self {
        Self {
            id: requester.id.uuid(),
            name: requester.name.clone(),
            email: requester.email.clone(),
            phone: requester.phone.clone(),
        }
    }
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assignee {
    /// The agent.
    pub id: Uuid,
    /// Their name.
    #[schema(example = "Camille Durand")]
    pub name: String,
}

impl Assignee {
    /// Who answers a request, if anybody does.
    pub fn of(view: &RequestView) -> Option<Self> {
        let id = view.request.assignee?.uuid();
        Some(Self { id, name: view.assignee_name.clone().unwrap_or_default() })
    }
}

/// A request's deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceLevel {
    /// When the first response is due.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub first_response_due_at: Option<Timestamp>,
    /// When the resolution is due.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub resolution_due_at: Option<Timestamp>,
    /// The first response came late, or is late.
    pub first_response_breached: bool,
    /// The resolution came late, or is late.
    pub resolution_breached: bool,
}

impl ServiceLevel {
    /// The deadlines of a request, and which of them are missed by now.
    pub fn of(request: &Snapshot, now: Timestamp) -> Self {
        Self {
            first_response_due_at: Some(request.sla.first_response_due_at),
            resolution_due_at: Some(request.sla.resolution_due_at),
            first_response_breached: request.first_response_breached(now),
            resolution_breached: request.resolution_breached(now),
        }
    }
}

/// The last message of a request's thread, cut for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastMessage {
    /// Which side.
    pub sender_type: SenderType,
    /// The sender's name.
    pub sender_name: String,
    /// The first 140 characters; `null` when it was deleted.
    #[schema(required)]
    pub excerpt: Option<String>,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Its place in the conversation.
    #[schema(example = 7)]
    pub seq: u64,
    /// The last log entry that touched it: of two states of one message the greater is the later.
    #[schema(example = 7)]
    pub entry_seq: u64,
}

impl LastMessage {
    /// A last message.
    pub fn of(message: &support_request::LastMessage) -> Self {
        let side = message.sender_type.parse::<chat::SenderKind>();
        Self {
            // The view carries the chat's own word; anything else can only come from Guichet itself.
            sender_type: side.map_or(SenderType::System, SenderType::from),
            sender_name: message.sender_name.clone(),
            excerpt: message.excerpt.clone(),
            created_at: message.created_at,
            seq: message.seq,
            entry_seq: message.entry_seq,
        }
    }
}
