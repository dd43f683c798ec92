//! What the desk needs from outside.

use std::borrow::Cow;

use async_trait::async_trait;
use kernel::{
    Audience, AuditLog, ConversationId, Event, EventId, IdempotentCalls, InternalNoteId, MessageId, OrganizationId,
    Page, PageRequest, ParticipantId, PortError, Scope, SupportRequestId, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

use crate::{
    Asker, Category, InternalNote, Member, RequestFilter, RequestView, Requester, RoutableAgent, RoutingPlan, SlaTerms,
    Snapshot, SupportRequest, Tally, TimelineEntry, Unanswered,
};

/// Where support requests live.
#[async_trait]
pub trait RequestStore: Send + Sync {
    /// Opens a transaction within one organisation. Dropping it rolls back.
    async fn begin(&self, organization: OrganizationId) -> Result<Box<dyn RequestTx>, PortError>;

    /// Notes when requests, of whatever organisations, were last active beside their own changes: a
    /// message came. All of it in one commit, after which lists sort and filter by it.
    ///
    /// MUST never move a time back, MUST leave version and `updated_at` as they are, and MUST pass
    /// over requests that are not there. A change of the request itself ([`Requests::insert`],
    /// [`Requests::save`]) counts as activity in its own transaction.
    async fn note_activity(&self, activity: &[Activity]) -> Result<(), PortError>;

    /// Requests, of whatever organisations, of whose deadlines staff are to be told something by this moment
    /// ([`Snapshot::sla_next_at`]), the longest due first. MUST follow what [`Requests::insert`] and
    /// [`Requests::save`] stored.
    async fn deadlines_passed(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(OrganizationId, SupportRequestId)>, PortError>;

    /// Requests of an organisation with which something is to be done by the clock, the longest due first. MUST find
    /// none that is deleted, but for [`Due::Purging`].
    async fn due(&self, organization: OrganizationId, due: Due, limit: u32)
    -> Result<Vec<SupportRequestId>, PortError>;
}

/// What is looked for to be done by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Urgent ones that are open, assigned or in progress, were opened before, never escalated, and have no answer.
    Escalation {
        /// When they were opened at the latest.
        opened_before: Timestamp,
    },
    /// Resolved ones in which nothing has happened since: neither a change nor a message.
    Closing {
        /// Since when.
        quiet_since: Timestamp,
    },
    /// Closed ones that are not archived, in which nothing has happened since: neither a change nor a message.
    Archiving {
        /// Since when.
        quiet_since: Timestamp,
    },
    /// Those that were put aside until then or before.
    Waking {
        /// The time of now.
        until: Timestamp,
    },
    /// Closed ones, not merged, that have no rating and whose requester was not asked for one.
    Survey {
        /// When they were closed at the earliest.
        closed_after: Timestamp,
    },
    /// Those that were deleted before.
    Purging {
        /// When they were deleted at the latest.
        deleted_before: Timestamp,
    },
}

/// A request in whose conversation something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// The organisation.
    pub organization: OrganizationId,
    /// The request.
    pub support_request: SupportRequestId,
    /// When it was noticed, which is not before it happened.
    pub at: Timestamp,
}

/// One transaction. After a port error it is dead: everything on it fails, and it cannot commit.
#[async_trait]
pub trait RequestTx: Send {
    /// The requests.
    fn requests(&mut self) -> &mut dyn Requests;
    /// Their timelines.
    fn timeline(&mut self) -> &mut dyn Timeline;
    /// Their internal notes.
    fn notes(&mut self) -> &mut dyn Notes;
    /// The agents who were added to them.
    fn members(&mut self) -> &mut dyn Members;
    /// Their conversations.
    fn conversations(&mut self) -> &mut dyn Conversations;
    /// Who may be given what by itself.
    fn routing(&mut self) -> &mut dyn Routing;
    /// The events that leave with this change.
    fn outbox(&mut self) -> &mut dyn Outbox;
    /// The events that were already taken.
    fn inbox(&mut self) -> &mut dyn Inbox;
    /// The audit log.
    fn audit(&mut self) -> &mut dyn AuditLog;
    /// The calls that count once.
    fn calls(&mut self) -> &mut dyn IdempotentCalls;
    /// Makes all of it durable, or none.
    async fn commit(self: Box<Self>) -> Result<(), PortError>;
}

/// Support requests within a transaction.
#[async_trait]
pub trait Requests: Send {
    /// The organisation's ticket prefix and time zone (IANA), for numbers.
    async fn numbering(&mut self) -> Result<(String, String), PortError>;

    /// What the organisation promises: its own policies and business hours in its time zone, and the defaults for
    /// all that it has not set.
    async fn terms(&mut self) -> Result<SlaTerms, PortError>;

    /// Whether the organisation's list has this word, for new requests: it is there and active.
    async fn takes_category(&mut self, category: &Category) -> Result<bool, PortError>;

    /// The next counter of a day (`YYYYMMDD` as a number). MUST never give one twice; gaps are allowed.
    async fn next_number(&mut self, day: u32) -> Result<u32, PortError>;

    /// Stores a new request. MUST fail with `Conflict` when its appointment has a request already in
    /// this organisation, or its id or number is taken.
    async fn insert(&mut self, request: &SupportRequest) -> Result<(), PortError>;

    /// Reads a request and locks it against other writers until the end of the transaction.
    async fn get(&mut self, id: SupportRequestId) -> Result<Option<SupportRequest>, PortError>;

    /// Who may see it, members included.
    async fn audience(&mut self, id: SupportRequestId) -> Result<Option<Audience>, PortError>;

    /// Stores a changed request. MUST fail with `Conflict` when the stored version is not the
    /// one this request was read with ([`SupportRequest::read_version`]), or there is none. The
    /// version may be the same as before: the time of the first answer alone makes no version.
    ///
    /// MUST fail with `Conflict` when its appointment has another request already.
    async fn save(&mut self, request: &SupportRequest) -> Result<(), PortError>;

    /// When something last happened in it, a change or a message that was committed up to now.
    async fn last_activity(&mut self, id: SupportRequestId) -> Result<Option<Timestamp>, PortError>;

    /// Removes a request that is deleted, for good: its timeline, its conversation with all messages, marks and
    /// sessions, the tokens that open it. What points to it points to nothing from then on. Whether it is gone: while
    /// files of it are still kept they are marked to be removed, all else is emptied, and the same again later makes
    /// an end of it. MUST do nothing to one that is not deleted.
    async fn purge(&mut self, id: SupportRequestId) -> Result<bool, PortError>;
}

/// What decides over requests that are given to agents by themselves.
#[async_trait]
pub trait Routing: Send {
    /// How the organisation routes; of its rules those that are enabled, by position, then by id.
    async fn plan(&mut self) -> Result<RoutingPlan, PortError>;

    /// The active members of staff, with what they have to do now. MUST first wait until every other transaction of
    /// the organisation that asked has ended, and count what it did.
    async fn lock_agents(&mut self) -> Result<Vec<RoutableAgent>, PortError>;

    /// The requests that wait for an agent ([`Snapshot::waits_for_an_agent`]), the most urgent first, of those the
    /// oldest.
    async fn waiting(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Unanswered>, PortError>;

    /// Notes that an agent was given something at this moment.
    async fn note_routed(&mut self, agent: UserId, at: Timestamp) -> Result<(), PortError>;
}

/// Timelines: append only.
#[async_trait]
pub trait Timeline: Send {
    /// Adds an entry.
    async fn append(&mut self, request: SupportRequestId, entry: &TimelineEntry) -> Result<(), PortError>;
}

/// Internal notes.
#[async_trait]
pub trait Notes: Send {
    /// Stores a new note of a request that is there.
    async fn insert(&mut self, note: &InternalNote) -> Result<(), PortError>;

    /// Reads a note of this request; deleted ones too.
    async fn get(&mut self, request: SupportRequestId, id: InternalNoteId) -> Result<Option<InternalNote>, PortError>;

    /// Stores a note that was read in this transaction, with what it says now. What it said before MUST be gone.
    async fn save(&mut self, note: &InternalNote) -> Result<(), PortError>;
}

/// The agents who were added to requests, and so see them.
#[async_trait]
pub trait Members: Send {
    /// Makes an agent a member of a request and its conversation; one who is stays one since when they were added.
    /// It is no sign of life: marks of an agent who has read before stay as they are, and one who has read nothing
    /// MUST NOT be shown among those who take part in the conversation.
    async fn add(&mut self, request: SupportRequestId, agent: &Person, at: Timestamp) -> Result<(), PortError>;

    /// Makes an agent a member no longer, if they are one.
    async fn remove(&mut self, request: SupportRequestId, agent: UserId) -> Result<(), PortError>;
}

/// The conversations of requests, as far as the desk steers them.
#[async_trait]
pub trait Conversations: Send {
    /// Opens the one conversation of a new request, with its requester as participant and, where
    /// there is one, its first message as entry 1.
    async fn open(&mut self, conversation: &NewConversation) -> Result<(), PortError>;

    /// Tells the conversation what its log must check under the lock: who answers, and whether
    /// messages are still taken. MUST be part of the same transaction as the request's change.
    async fn follow(&mut self, id: ConversationId, state: &ConversationState) -> Result<(), PortError>;
}

/// A conversation about to be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct NewConversation {
    /// Its id.
    pub id: ConversationId,
    /// Whose thread it is.
    pub support_request: SupportRequestId,
    /// Who asks.
    pub requester: Requester,
    /// The state the log checks.
    pub state: ConversationState,
    /// The first message.
    pub first: Option<NewMessage>,
    /// When.
    pub at: Timestamp,
}

/// The first message of a conversation, already parsed by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its id.
    pub id: MessageId,
    /// The sender's own name for it.
    pub client_message_id: String,
    /// What it says.
    pub content: String,
    /// Tells a retry from another message.
    pub content_hash: i64,
}

/// What a conversation knows of its request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConversationState {
    /// Who answers.
    pub assignee: Option<UserId>,
    /// The request is resolved or closed.
    pub resolved: bool,
    /// No more messages are taken.
    pub closed: bool,
    /// The request that took this one in.
    pub merged_into: Option<SupportRequestId>,
    /// The requests that this one took in.
    pub took_in: Vec<SupportRequestId>,
    /// When it was put away.
    pub archived_at: Option<Timestamp>,
    /// When it was deleted: there is no such conversation then, for anybody.
    pub deleted_at: Option<Timestamp>,
}

/// Events that leave with a change.
#[async_trait]
pub trait Outbox: Send {
    /// Stores an event for each sink that wants it.
    async fn append(&mut self, event: &Event) -> Result<(), PortError>;
}

/// Events that were taken, so that a repeat does nothing. A store may forget one when its consumer's
/// position in the log is a week past it, as it cannot come again then.
#[async_trait]
pub trait Inbox: Send {
    /// Remembers that a consumer took an event, once this transaction commits. `false` when it had
    /// before: then do nothing. MUST be true for one of many that take the same event at once.
    async fn take(&mut self, consumer: &str, event: EventId) -> Result<bool, PortError>;
}

/// Reads past the aggregate, straight from the store. `unread_count` follows the scope: with those
/// of staff ([`Scope::All`], [`Scope::Agent`]) the customer's messages that no agent has read, else
/// the messages of others that the viewer has not read.
#[async_trait]
pub trait RequestViews: Send + Sync {
    /// One request as the viewer sees it, if the scope covers it.
    async fn find(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        id: SupportRequestId,
    ) -> Result<Option<RequestView>, PortError>;

    /// What is stored of a request, whatever the scope, as of the last commit: for Guichet itself, which
    /// asks it for every message. A store that can spare the counts and the last message SHOULD.
    async fn snapshot(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
    ) -> Result<Option<Snapshot>, PortError> {
        let nobody = ParticipantId::new(id.uuid());
        Ok(self.find(organization, Scope::All, nobody, id).await?.map(|view| view.request))
    }

    /// The id behind a number, whatever the scope: the caller's rights are checked by what follows.
    async fn by_number(
        &self,
        organization: OrganizationId,
        number: &str,
    ) -> Result<Option<SupportRequestId>, PortError>;

    /// A page within the scope.
    async fn list(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        filter: &RequestFilter,
        page: PageRequest,
    ) -> Result<Page<RequestView>, PortError>;

    /// What the scope covers, or what of it somebody asked for, added up by status, priority and category. MUST leave
    /// out what was deleted, and count what is archived.
    async fn tallies(
        &self,
        organization: OrganizationId,
        scope: Scope,
        asker: Option<&Asker>,
    ) -> Result<Vec<Tally>, PortError>;

    /// How many messages of those requests the viewer has not read, as their `unread_count` says it, without those of
    /// closed requests: nobody will come back to them.
    async fn unread(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        asker: Option<&Asker>,
    ) -> Result<u64, PortError>;

    /// The timeline of a request, oldest first.
    async fn timeline(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
    ) -> Result<Vec<TimelineEntry>, PortError>;

    /// The internal notes of a request, oldest first; deleted ones without what they said.
    async fn notes(&self, organization: OrganizationId, id: SupportRequestId) -> Result<Vec<InternalNote>, PortError>;

    /// One of them.
    async fn note(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
        note: InternalNoteId,
    ) -> Result<Option<InternalNote>, PortError>;

    /// The agents who were added to a request, the longest there first.
    async fn members(&self, organization: OrganizationId, id: SupportRequestId) -> Result<Vec<Member>, PortError>;
}

/// Somebody who can answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// First and last name.
    pub name: String,
}

/// The people of the organisation, asked of the identity domain.
#[async_trait]
pub trait People: Send + Sync {
    /// An active member of staff, or nothing.
    async fn agent(&self, organization: OrganizationId, id: UserId) -> Result<Option<Person>, PortError>;
    /// How an active user is reached, as the requester of a request.
    async fn requester(&self, organization: OrganizationId, id: UserId) -> Result<Option<Requester>, PortError>;
}

/// A change of a request, told to those who watch, after the commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestChange {
    /// What happened, as realtime frames name it: `created`, `assigned`, `status_changed` …
    pub event: Cow<'static, str>,
    /// The organisation.
    pub organization: OrganizationId,
    /// Who may see it now.
    pub audience: Audience,
    /// Who could see it before, where that changed.
    pub before: Option<Audience>,
    /// The request of now. `unread_count` is the shared count of staff.
    pub view: RequestView,
    /// The entries that this change added to the timeline.
    pub timeline: Vec<TimelineEntry>,
}

impl RequestChange {
    /// Whether the requester is told of it.
    pub fn is_for_customer(&self) -> bool {
        let is_there_or_gone = matches!(self.event.as_ref(), "deleted" | "restored");
        is_there_or_gone || self.timeline.is_empty() || self.timeline.iter().any(TimelineEntry::is_for_customer)
    }
}

/// An internal note that was written, edited or deleted, told to those who watch, after the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteChange {
    /// The organisation.
    pub organization: OrganizationId,
    /// Who may see its request now. A note is for those of them who are staff.
    pub audience: Audience,
    /// The note of now.
    pub note: InternalNote,
}

/// Told of changes at once. A hint: whoever misses one fetches.
pub trait RequestFeed: Send + Sync {
    /// MUST NOT block and cannot fail.
    fn changed(&self, change: &RequestChange);

    /// MUST tell nobody but staff. MUST NOT block and cannot fail.
    fn noted(&self, change: &NoteChange);
}

impl Snapshot {
    /// Who may see the request, with these members.
    pub fn audience(&self, members: Vec<ParticipantId>) -> Audience {
        let (requester, took_in) = (self.requester.id, self.took_in.clone());
        Audience { support_request: self.id, requester, assignee: self.assignee, members, took_in }
    }
}
