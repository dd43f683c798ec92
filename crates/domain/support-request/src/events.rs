//! What this domain tells the world. The names and the shape of `data` are fixed; a change of
//! shape only ever adds.

use kernel::{ConversationId, Env, Event, EventId, EventName, Timestamp, UserId};
use serde_json::{Map, Value, json};

use crate::{Reason, SlaGoal, Snapshot, Status};

/// Something that happened to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestEvent {
    /// It was opened.
    Created,
    /// Its conversation was opened with it.
    ConversationCreated(ConversationId),
    /// Another agent answers it; nobody, when it was given back.
    Assigned {
        /// Who answered before.
        from: Option<UserId>,
    },
    /// It moved; every move tells this one.
    StatusChanged {
        /// Where it stood before.
        from: Status,
    },
    /// It moved to `resolved`.
    Resolved,
    /// It moved to `closed`.
    Closed,
    /// It was escalated, by somebody or by Guichet itself.
    Escalated,
    /// Its requester said what they think of the help, or something else than before.
    Rated,
    /// Its conversation was put away.
    ConversationArchived(ConversationId),
    /// Most of the time for something promised is over.
    SlaWarning {
        /// What was promised.
        goal: SlaGoal,
        /// Until when.
        due_at: Timestamp,
    },
    /// Something was not done in the time that was promised.
    SlaBreached {
        /// What was promised.
        goal: SlaGoal,
        /// Until when.
        due_at: Timestamp,
    },
}

impl RequestEvent {
    /// Every name that an event of this domain can have.
    pub const NAMES: [EventName; 11] = [
        "ticket.created",
        "conversation.created",
        "ticket.assigned",
        "ticket.status_changed",
        "ticket.resolved",
        "ticket.closed",
        "ticket.escalated",
        "ticket.satisfaction.received",
        "conversation.archived",
        "ticket.sla.warning",
        "ticket.sla.breached",
    ];

    /// The name, which is also the routing key.
    pub fn name(&self) -> EventName {
        match self {
            Self::Created => "ticket.created",
            Self::ConversationCreated(_) => "conversation.created",
            Self::Assigned { .. } => "ticket.assigned",
            Self::StatusChanged { .. } => "ticket.status_changed",
            Self::Resolved => "ticket.resolved",
            Self::Closed => "ticket.closed",
            Self::Escalated => "ticket.escalated",
            Self::Rated => "ticket.satisfaction.received",
            Self::ConversationArchived(_) => "conversation.archived",
            Self::SlaWarning { .. } => "ticket.sla.warning",
            Self::SlaBreached { .. } => "ticket.sla.breached",
        }
    }

    /// As it is stored in the outbox: with the request's values after the change, in the order of
    /// the request's events.
    pub fn stored(&self, request: &Snapshot, told: &Told, env: &dyn Env) -> Event {
        Event {
            id: EventId::new(env.uuid()),
            name: self.name(),
            organization: request.organization,
            at: request.updated_at,
            key: request.id.uuid(),
            data: Value::Object(self.data(request, told)),
        }
    }

    fn data(&self, request: &Snapshot, told: &Told) -> Map<String, Value> {
        let mut data = Map::new();
        let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
        put("ticket_id", json!(request.id));
        put("ticket_number", json!(request.number));
        put("user_id", json!(request.requester.id));
        if let Self::ConversationCreated(conversation) | Self::ConversationArchived(conversation) = self {
            put("conversation_id", json!(conversation));
            return data;
        }
        put("subject", json!(request.subject));
        put("priority", json!(request.priority));
        put("category", json!(request.category));
        put("status", json!(request.status));
        put("agent_id", json!(request.assignee));
        match self {
            Self::Created => {
                put("conversation_id", json!(request.conversation));
                put("kind", json!(request.kind));
                put("source", json!(request.source));
            }
            Self::Assigned { from } => drop(put("old_agent_id", json!(from))),
            Self::StatusChanged { from } => drop(put("old_status", json!(from))),
            Self::Resolved => drop(put("resolution", json!(request.resolution))),
            Self::Rated => {
                put("rating", json!(request.rating.as_ref().map(|rating| rating.score)));
                return data;
            }
            Self::Closed | Self::Escalated | Self::ConversationCreated(_) | Self::ConversationArchived(_) => {}
            Self::SlaWarning { goal, due_at } | Self::SlaBreached { goal, due_at } => {
                put("goal", json!(goal));
                put("due_at", json!(due_at));
                return data;
            }
        }
        if *self != Self::Created {
            put("reason", json!(told.reason));
            put("notify_customer", json!(told.customer));
        }
        data
    }
}

/// What the readers of an event are to tell the customer. A note for staff never leaves by an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Why it happened.
    pub reason: Option<Reason>,
    /// Whether the customer is to be told at all.
    pub customer: bool,
}
