//! What is needed to open a request.

use kernel::{ConversationId, Language, OrganizationId, SupportRequestId, UserId};

use crate::{
    By, Category, Description, Kind, Metadata, Number, Outcome, Priority, References, RequestEvent, RequestView,
    Requester, Sla, Snapshot, Source, Status, Subject, SupportRequest, Tags, TimelineKind, Told, telling,
};

/// A request about to be opened, parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenRequest {
    /// The id to give it, when the caller had to know it before (a guest's token); else a fresh one.
    pub id: Option<SupportRequestId>,
    /// Who asks.
    pub requester: Requester,
    /// What kind.
    pub kind: Kind,
    /// How it came in.
    pub source: Source,
    /// In one line.
    pub subject: Subject,
    /// In full; it is not a message.
    pub description: Description,
    /// How urgent.
    pub priority: Priority,
    /// The organisation's word for it.
    pub category: Category,
    /// Labels.
    pub tags: Tags,
    /// What it carries along.
    pub metadata: Metadata,
    /// What it is about.
    pub references: References,
    /// The first message of its conversation.
    pub first: Option<FirstMessage>,
    /// Who is to answer it from the beginning; for staff to say.
    pub agent: Option<UserId>,
}

/// The first message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstMessage {
    /// The sender's own name for it.
    pub client_message_id: String,
    /// What it says.
    pub content: String,
    /// Tells a retry from another message.
    pub content_hash: i64,
}

/// A request that was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The request.
    pub view: RequestView,
}

impl SupportRequest {
    /// A request of now, with version 1, and what its opening tells.
    pub(crate) fn open(order: OpenRequest, birth: Birth, by: &By<'_>) -> (Self, Outcome) {
        let at = by.env.now();
        let request = Self::restore(Snapshot {
            id: birth.id,
            organization: birth.organization,
            number: birth.number,
            kind: order.kind,
            source: order.source,
            status: Status::Open,
            priority: order.priority,
            category: order.category,
            subject: order.subject,
            description: order.description,
            tags: order.tags,
            metadata: order.metadata,
            references: order.references,
            requester: order.requester,
            assignee: None,
            conversation: birth.conversation,
            sla: Sla::opened(at, order.priority, by.terms),
            waiting_since: None,
            first_response_at: None,
            resolved_at: None,
            closed_at: None,
            resolution: None,
            rating: None,
            escalated_at: None,
            snoozed_until: None,
            surveyed_at: None,
            archived_at: None,
            deleted_at: None,
            merged_into: None,
            took_in: Vec::new(),
            follow_up_of: birth.follow_up_of,
            language: birth.language,
            last_command: None,
            version: 1,
            created_at: at,
            updated_at: at,
        });
        let mut created = telling::entry(TimelineKind::Created, by);
        created.new = Some(Status::Open.as_str().to_owned());
        created.customer_told = true;
        let events = vec![RequestEvent::Created, RequestEvent::ConversationCreated(birth.conversation)];
        let told = Told { reason: None, customer: true };
        (request, Outcome { changed: true, timeline: vec![created], events, told })
    }
}

/// What a request gets at its opening, beside what was asked.
pub(crate) struct Birth {
    pub(crate) id: SupportRequestId,
    pub(crate) organization: OrganizationId,
    pub(crate) number: Number,
    pub(crate) conversation: ConversationId,
    pub(crate) language: Language,
    pub(crate) follow_up_of: Option<SupportRequestId>,
}
