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
        /// It is called something else.
        SubjectChanged = "subject_changed",
        /// The organisation's word for it is another one.
        CategoryChanged = "category_changed",
        /// Other fields of it changed; `metadata.fields` names them.
        DetailsChanged = "details_changed",
        /// It was escalated; by Guichet itself, where `metadata.automatic` says so.
        Escalated = "escalated",
        /// Its requester said what they think of the help; `new` has the points.
        Rated = "rated",
        /// It was put aside; `new` says until when.
        Snoozed = "snoozed",
        /// It is not put aside any more.
        Woken = "woken",
        /// One took the other in; `metadata` names the other.
        Merged = "merged",
        /// One follows the other; `metadata` names the other.
        FollowUp = "follow_up",
        /// It was put away.
        Archived = "archived",
        /// It is back.
        Unarchived = "unarchived",
        /// It was deleted.
        Deleted = "deleted",
        /// It is there again.
        Restored = "restored",
        /// The requester is asked what they think of the help.
        Surveyed = "surveyed",
        /// The first public answer of an agent.
        FirstResponse = "first_response",
        /// Most of the time for something promised is over; `new` says for what.
        SlaWarning = "sla_warning",
        /// Something was not done in the time that was promised; `new` says what.
        SlaBreached = "sla_breached",
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
    /// Whether the customer may see it, without its note: what was promised, and what staff do to keep order among
    /// requests, is between the organisation and its staff. A reason is for the customer whatever it is for.
    pub fn is_for_customer(&self) -> bool {
        match self.kind {
            TimelineKind::SlaWarning
            | TimelineKind::SlaBreached
            | TimelineKind::Snoozed
            | TimelineKind::Woken
            | TimelineKind::Archived
            | TimelineKind::Unarchived
            | TimelineKind::Deleted
            | TimelineKind::Restored
            | TimelineKind::Surveyed => false,
            TimelineKind::DetailsChanged => self.reason.is_some(),
            TimelineKind::Created
            | TimelineKind::StatusChanged
            | TimelineKind::AssigneeChanged
            | TimelineKind::PriorityChanged
            | TimelineKind::SubjectChanged
            | TimelineKind::CategoryChanged
            | TimelineKind::Escalated
            | TimelineKind::Rated
            | TimelineKind::Merged
            | TimelineKind::FollowUp
            | TimelineKind::FirstResponse => true,
        }
    }

    /// The entry without what is for staff only; nothing, when all of it is.
    #[must_use]
    pub fn for_customer(mut self) -> Option<Self> {
        self.note = None;
        if self.kind == TimelineKind::DetailsChanged {
            self.metadata.clear();
        }
        self.is_for_customer().then_some(self)
    }
}
