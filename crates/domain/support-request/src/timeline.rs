//! The timeline: what happened to a request, when, by whom and why. Append only.

use kernel::{ParticipantId, TimelineEntryId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::values::words;

words! {
    /// What an entry tells.
    TimelineKind, "kind" {
        /// The request was opened.
        Created = "created",
        /// Its status changed.
        StatusChanged = "status_changed",
        /// Another agent answers, or nobody.
        AssigneeChanged = "assignee_changed",
        /// Its priority changed.
        PriorityChanged = "priority_changed",
        /// The first public answer of an agent.
        FirstResponse = "first_response",
        /// Most of the time for something promised is over; `new` says for what.
        SlaWarning = "sla_warning",
        /// Something was not done in the time that was promised; `new` says what.
        SlaBreached = "sla_breached",
        /// An agent takes part from now on; `new` says who.
        ParticipantAdded = "participant_added",
        /// An agent takes part no longer; `old` says who.
        ParticipantRemoved = "participant_removed",
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The participant; nobody for Guichet itself.
    pub id: Option<ParticipantId>,
    /// The name at that time.
    pub name: String,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// Its id; entries sort by it.
    pub id: TimelineEntryId,
    /// What it tells.
    pub kind: TimelineKind,
    /// The value before: a status, an agent's id …
    pub old: Option<String>,
    /// The value after.
    pub new: Option<String>,
    /// Who did it.
    pub actor: Actor,
    /// Why, for the customer's eyes too.
    pub reason: Option<String>,
    /// Why, for staff only.
    pub note: Option<String>,
    /// More, e.g. the names behind `old` and `new`.
    pub metadata: Map<String, Value>,
    /// Whether the customer is to be told.
    pub customer_told: bool,
    /// When the customer was told.
    pub customer_told_at: Option<Timestamp>,
    /// When it happened.
    pub created_at: Timestamp,
}

impl TimelineEntry {
    /// Whether the customer may see it, without its note: what was promised, and which
    /// agents were asked for help, is between the organisation and its staff.
    pub fn is_for_customer(&self) -> bool {
        !matches!(
            self.kind,
            TimelineKind::SlaWarning
                | TimelineKind::SlaBreached
                | TimelineKind::ParticipantAdded
                | TimelineKind::ParticipantRemoved
        )
    }

    /// The entry without what is for staff only; nothing, when all of it is.
    #[must_use]
    pub fn for_customer(mut self) -> Option<Self> {
        self.note = None;
        self.is_for_customer().then_some(self)
    }
}
