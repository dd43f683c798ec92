//! What lists and pages show of a request.

use kernel::{Audience, Order, ParticipantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{Category, Kind, Priority, Snapshot, Source, Status};

/// The last message of a request's conversation, cut for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastMessage {
    /// `customer`, `agent` or `system`.
    pub sender_type: String,
    /// The sender's name.
    pub sender_name: String,
    /// The first 140 characters; nothing when it was deleted.
    pub excerpt: Option<String>,
    /// When it was sent.
    pub created_at: Timestamp,
    /// Its place in the log.
    pub seq: u64,
    /// The place of the last entry that touched it, so that what it says now is told from what it said.
    pub entry_seq: u64,
}

/// A request as a viewer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestView {
    /// All that is stored of it.
    pub request: Snapshot,
    /// Who may see it.
    pub audience: Audience,
    /// The name of who answers.
    pub assignee_name: Option<String>,
    /// The last message.
    pub last_message: Option<LastMessage>,
    /// For staff, the customer's messages that no agent has read; for others, what they have not read.
    pub unread_count: u64,
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestSort {
    /// When it was opened.
    CreatedAt,
    /// When the request last changed or last took a message, as [`RequestFilter::changed_since`] knows it.
    #[default]
    UpdatedAt,
    /// How urgent it is.
    Priority,
    /// When the resolution is due; those without a deadline last.
    DueAt,
    /// Its number.
    Number,
}

/// Which requests to list, within the caller's scope. Empty lists and `None` do not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestFilter {
    /// Any of these.
    pub status: Vec<Status>,
    /// Any of these.
    pub priority: Vec<Priority>,
    /// This one.
    pub category: Option<Category>,
    /// Any of these.
    pub kind: Vec<Kind>,
    /// Any of these.
    pub source: Vec<Source>,
    /// Assigned to this agent (`Some(Some)`), or to nobody (`Some(None)`).
    pub assignee: Option<Option<UserId>>,
    /// Opened by this participant.
    pub requester: Option<ParticipantId>,
    /// Opened by somebody with this e-mail, compared without case.
    pub requester_email: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
    /// With a deadline missed, as of this moment, and still to be met, as [`Snapshot::is_overdue`] says.
    pub overdue_at: Option<Timestamp>,
    /// About this order.
    pub order_id: Option<String>,
    /// About this appointment.
    pub appointment_id: Option<String>,
    /// About this warranty.
    pub warranty_id: Option<String>,
    /// About this claim.
    pub claim_id: Option<String>,
    /// Opened at or after.
    pub created_from: Option<Timestamp>,
    /// Opened before.
    pub created_to: Option<Timestamp>,
    /// Changed, or having taken a message, at or after. A change counts with its commit. A message
    /// counts from when the consumer of the log has noticed it ([`crate::Desk::messages_came`]), with the
    /// time of the noticing: it comes a little later into this list than into the conversation, and it is
    /// never missed by somebody who asks again since their last look.
    pub changed_since: Option<Timestamp>,
    /// Put aside by staff (`Some(true)`), or not.
    pub snoozed: Option<bool>,
    /// Put away (`Some(true)`), or not.
    pub archived: Option<bool>,
    /// Only those that are deleted; else none of them.
    pub deleted: bool,
    /// What to sort by.
    pub sort: RequestSort,
    /// Which way.
    pub order: Order,
}
