//! The support request: what it is, and what may happen to it when.

use kernel::{ConversationId, Language, OrganizationId, ParticipantId, SupportRequestId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{
    Category, Comment, ConversationState, Description, Kind, Metadata, Number, Priority, References, Resolution, Score,
    Sla, Source, Subject, Tags, values::words,
};

words! {
    /// Where a request stands.
    Status, "status" {
        /// Nobody answers it yet.
        Open = "open",
        /// Somebody is to answer it.
        Assigned = "assigned",
        /// Somebody is on it.
        InProgress = "in_progress",
        /// The customer is to answer; the clock of the resolution stands still.
        WaitingCustomer = "waiting_customer",
        /// Answered; the customer's next message reopens it.
        Resolved = "resolved",
        /// Over, for good.
        Closed = "closed",
    }
}

impl Status {
    /// Whether nothing is left to do, as long as nobody reopens it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Resolved | Self::Closed)
    }
}

/// Who asks: a user or a guest, with what was known of them when the request was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// The participant.
    pub id: ParticipantId,
    /// The name.
    pub name: String,
    /// Where mails go.
    pub email: Option<String>,
    /// Where calls go.
    pub phone: Option<String>,
}

/// What a requester thought of the help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// How good it was.
    pub score: Score,
    /// In their own words.
    pub comment: Option<Comment>,
    /// When they first said so; a rating may be changed for some days from then.
    pub at: Timestamp,
}

/// All that is stored of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its id.
    pub id: SupportRequestId,
    /// The organisation.
    pub organization: OrganizationId,
    /// Its number, for people.
    pub number: Number,
    /// What kind.
    pub kind: Kind,
    /// How it came in.
    pub source: Source,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// The organisation's word for it.
    pub category: Category,
    /// In one line.
    pub subject: Subject,
    /// In full.
    pub description: Description,
    /// Labels.
    pub tags: Tags,
    /// What it carries along.
    pub metadata: Metadata,
    /// What it is about.
    pub references: References,
    /// Who asks.
    pub requester: Requester,
    /// Who answers.
    pub assignee: Option<UserId>,
    /// Its one thread.
    pub conversation: ConversationId,
    /// Its deadlines.
    pub sla: Sla,
    /// Since when it waits for the customer; set exactly while it does.
    pub waiting_since: Option<Timestamp>,
    /// When an agent first answered in public; set once.
    pub first_response_at: Option<Timestamp>,
    /// When it was last resolved; gone when it is reopened.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How it was resolved; gone when it is reopened.
    pub resolution: Option<Resolution>,
    /// What the requester thought of it.
    pub rating: Option<Rating>,
    /// When it was last escalated.
    pub escalated_at: Option<Timestamp>,
    /// Until when staff have put it aside; gone when it wakes.
    pub snoozed_until: Option<Timestamp>,
    /// When the requester was asked what they think of it.
    pub surveyed_at: Option<Timestamp>,
    /// When it was put away; what is archived is out of the usual lists.
    pub archived_at: Option<Timestamp>,
    /// When it was deleted: hidden from everybody, and purged later.
    pub deleted_at: Option<Timestamp>,
    /// The request that took this one in.
    pub merged_into: Option<SupportRequestId>,
    /// The requests of the same person that this one took in, and those that they took in.
    #[serde(default)]
    pub took_in: Vec<SupportRequestId>,
    /// The closed request that this one follows.
    pub follow_up_of: Option<SupportRequestId>,
    /// The language the requester is answered in.
    pub language: Language,
    /// A fingerprint of the command that made the last change, so that its repeat is known as one;
    /// nothing when something else made it.
    pub last_command: Option<i64>,
    /// 1 when opened, one more with each change.
    pub version: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A support request. Its fields move only by the rules of `transitions.rs`.
#[derive(Debug, Clone, PartialEq)]
pub struct SupportRequest {
    pub(crate) state: Snapshot,
    read_version: u64,
}

impl SupportRequest {
    /// As stored, without another look.
    pub fn restore(snapshot: Snapshot) -> Self {
        Self { read_version: snapshot.version, state: snapshot }
    }

    /// All of it, to store or to show.
    pub fn snapshot(&self) -> &Snapshot {
        &self.state
    }

    /// The version it was read with; what is stored must still have it when this one is saved.
    /// For a request that was just opened, its first version.
    pub fn read_version(&self) -> u64 {
        self.read_version
    }

    /// What the conversation's log must know of it.
    pub fn conversation_state(&self) -> ConversationState {
        ConversationState {
            assignee: self.state.assignee,
            resolved: self.state.status.is_settled(),
            closed: self.state.status == Status::Closed,
            merged_into: self.state.merged_into,
            took_in: self.state.took_in.clone(),
            archived_at: self.state.archived_at,
            deleted_at: self.state.deleted_at,
        }
    }
}
