//! What is told, as rows of the tables.

use chat::{MessageKind, SenderKind};
use kernel::{ParticipantId, SupportRequestId, Timestamp, UserId};
use serde_json::Value;
use support_request::{Comment, Resolution, TimelineEntry};
use uuid::Uuid;

use crate::{
    people::{Account, People, Visitor},
    plan::{PREFIX, Plan, ZONE},
    story::{Participant, Story, Written},
};

/// One value.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Null,
    Uuid(Uuid),
    Text(String),
    Json(String),
    Int(i64),
    Bool(bool),
    Time(Timestamp),
}

/// A row: each column with its value, always in the same order.
pub(crate) type Row = Vec<(&'static str, Cell)>;

/// Rows of one table.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) table: &'static str,
    pub(crate) rows: Vec<Row>,
}

fn text(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

fn maybe<T>(value: Option<T>, cell: impl Fn(T) -> Cell) -> Cell {
    value.map_or(Cell::Null, cell)
}

fn count(value: u64) -> Cell {
    Cell::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

/// The organisation and its people.
pub(crate) fn people(plan: &Plan, people: &People, password: &str) -> [Rows; 3] {
    let organization: Row = vec![
        ("id", Cell::Uuid(people.organization.uuid())),
        ("name", text(plan.slug.clone())),
        ("slug", text(plan.slug.clone())),
        ("widget_key", text(format!("seed-{}", plan.slug))),
        ("allowed_origins", Cell::Json("[]".to_owned())),
        ("language", text("fr")),
        ("time_zone", text(ZONE)),
        ("ticket_prefix", text(PREFIX)),
        ("epoch", Cell::Uuid(people.organization.uuid())),
        ("created_at", Cell::Time(plan.since())),
    ];
    let accounts = people.staff.iter().chain(&people.customers);
    [
        Rows { table: "organization", rows: vec![organization] },
        Rows { table: "user_account", rows: accounts.map(|one| account(people, one, password)).collect() },
        Rows { table: "guest", rows: people.visitors.iter().map(|one| visitor(people, one)).collect() },
    ]
}

fn account(people: &People, one: &Account, password: &str) -> Row {
    vec![
        ("organization_id", Cell::Uuid(people.organization.uuid())),
        ("id", Cell::Uuid(one.id.uuid())),
        ("email", text(one.email.clone())),
        ("password_hash", text(password)),
        ("first_name", text(one.first_name.clone())),
        ("last_name", text(one.last_name.clone())),
        // As the server folds it.
        ("sort_key", text(format!("{}\u{1}{}", one.last_name, one.first_name).to_lowercase())),
        ("language", text(one.language.as_str())),
        ("role", text(one.role)),
        ("active", Cell::Bool(true)),
        ("created_at", Cell::Time(one.created_at)),
        ("updated_at", Cell::Time(one.created_at)),
        ("version", Cell::Int(1)),
    ]
}

fn visitor(people: &People, one: &Visitor) -> Row {
    vec![
        ("organization_id", Cell::Uuid(people.organization.uuid())),
        ("id", Cell::Uuid(one.id.uuid())),
        ("name", text(one.name.clone())),
        ("email", text(one.email.clone())),
        ("language", text(one.language.as_str())),
        ("created_at", Cell::Time(one.created_at)),
    ]
}

/// Requests with all that belongs to them, in an order in which nothing points to what is not there yet. `postgres`:
/// its log has a place for each entry, which SQLite gives by itself.
pub(crate) fn stories(stories: &[Story], postgres: bool) -> Vec<Rows> {
    let each = |table, row: &dyn Fn(&Story) -> Vec<Row>| Rows { table, rows: stories.iter().flat_map(row).collect() };
    let mut place = 0;
    let mut entries = Vec::new();
    for story in stories {
        for (message, seq) in story.messages.iter().zip(1..) {
            place += 1;
            entries.push(entry(story, message, seq, postgres.then_some(place)));
        }
    }
    vec![
        each("support_request", &|story| vec![request(story)]),
        each("conversation", &|story| vec![conversation(story)]),
        each("participant", &|story| story.participants.iter().map(|one| participant(story, one)).collect()),
        Rows { table: "entry", rows: entries },
        each("timeline_entry", &|story| {
            story.timeline.iter().zip(1..).map(|(one, at)| timeline(story, one, at)).collect()
        }),
        each("chat_session", &|story| session(story).into_iter().collect()),
    ]
}

/// How far each day's counter has come: of all stories, the last of each day counts.
pub(crate) fn counters(people: &People, last: impl Iterator<Item = (i64, i64)>) -> Rows {
    let row = |(day, last)| {
        vec![
            ("organization_id", Cell::Uuid(people.organization.uuid())),
            ("day", Cell::Int(day)),
            ("last", Cell::Int(last)),
        ]
    };
    Rows { table: "request_number", rows: last.map(row).collect() }
}

/// The day and the counter of a number.
pub(crate) fn parts_of(number: &str) -> (i64, i64) {
    let mut parts = number.rsplit('-').map(|part| part.parse().unwrap_or(0));
    let count = parts.next().unwrap_or(0);
    (parts.next().unwrap_or(0), count)
}

fn request(story: &Story) -> Row {
    let one = &story.request;
    let (day, counter) = parts_of(one.number.as_str());
    let rating = one.rating.as_ref();
    let tags = Value::from(one.tags.as_slice()).to_string();
    let metadata = Value::Object(one.metadata.as_object().clone()).to_string();
    vec![
        ("organization_id", Cell::Uuid(one.organization.uuid())),
        ("id", Cell::Uuid(one.id.uuid())),
        ("number", text(one.number.as_str())),
        ("number_day", Cell::Int(day)),
        ("number_count", Cell::Int(counter)),
        ("kind", text(one.kind.as_str())),
        ("source", text(one.source.as_str())),
        ("status", text(one.status.as_str())),
        ("priority", text(one.priority.as_str())),
        ("category", text(one.category.as_str())),
        ("subject", text(one.subject.as_str())),
        ("description", text(one.description.as_str())),
        ("tags", Cell::Json(tags)),
        ("metadata", Cell::Json(metadata)),
        ("order_id", maybe(one.references.order_id.clone(), Cell::Text)),
        ("appointment_id", maybe(one.references.appointment_id.clone(), Cell::Text)),
        ("warranty_id", maybe(one.references.warranty_id.clone(), Cell::Text)),
        ("claim_id", maybe(one.references.claim_id.clone(), Cell::Text)),
        ("requester_id", Cell::Uuid(one.requester.id.uuid())),
        ("requester_name", text(one.requester.name.clone())),
        ("requester_email", maybe(one.requester.email.clone(), Cell::Text)),
        ("requester_phone", maybe(one.requester.phone.clone(), Cell::Text)),
        ("assignee_id", maybe(one.assignee.map(UserId::uuid), Cell::Uuid)),
        ("conversation_id", Cell::Uuid(one.conversation.uuid())),
        ("first_response_due_at", Cell::Time(one.sla.first_response_due_at)),
        ("first_response_warn_at", Cell::Time(one.sla.first_response_warn_at)),
        ("first_response_told", text(one.sla.first_response_told.as_str())),
        ("resolution_due_at", Cell::Time(one.sla.resolution_due_at)),
        ("resolution_warn_at", Cell::Time(one.sla.resolution_warn_at)),
        ("resolution_told", text(one.sla.resolution_told.as_str())),
        ("sla_waited", count(u64::try_from(one.sla.waited.as_micros()).unwrap_or(0))),
        ("sla_next_at", maybe(one.sla_next_at(), Cell::Time)),
        ("waiting_since", maybe(one.waiting_since, Cell::Time)),
        ("first_response_at", maybe(one.first_response_at, Cell::Time)),
        ("resolved_at", maybe(one.resolved_at, Cell::Time)),
        ("closed_at", maybe(one.closed_at, Cell::Time)),
        ("resolution", maybe(one.resolution.as_ref().map(Resolution::as_str), text)),
        ("rating", maybe(rating.map(|rating| rating.score.get().into()), Cell::Int)),
        ("rating_comment", maybe(rating.and_then(|rating| rating.comment.as_ref()).map(Comment::as_str), text)),
        ("rated_at", maybe(rating.map(|rating| rating.at), Cell::Time)),
        ("escalated_at", maybe(one.escalated_at, Cell::Time)),
        ("snoozed_until", maybe(one.snoozed_until, Cell::Time)),
        ("surveyed_at", maybe(one.surveyed_at, Cell::Time)),
        ("archived_at", maybe(one.archived_at, Cell::Time)),
        ("deleted_at", maybe(one.deleted_at, Cell::Time)),
        ("merged_into", maybe(one.merged_into.map(SupportRequestId::uuid), Cell::Uuid)),
        ("follow_up_of", maybe(one.follow_up_of.map(SupportRequestId::uuid), Cell::Uuid)),
        ("language", text(one.language.as_str())),
        ("last_command", maybe(one.last_command, Cell::Int)),
        ("version", count(one.version)),
        ("created_at", Cell::Time(one.created_at)),
        ("updated_at", Cell::Time(one.updated_at)),
        ("active_at", Cell::Time(story.active_at)),
    ]
}

fn conversation(story: &Story) -> Row {
    let one = &story.request;
    vec![
        ("organization_id", Cell::Uuid(one.organization.uuid())),
        ("id", Cell::Uuid(one.conversation.uuid())),
        ("support_request_id", Cell::Uuid(one.id.uuid())),
        ("requester_id", Cell::Uuid(one.requester.id.uuid())),
        ("assignee_id", maybe(one.assignee.map(UserId::uuid), Cell::Uuid)),
        ("resolved", Cell::Bool(one.status.is_settled())),
        ("closed", Cell::Bool(one.status == support_request::Status::Closed)),
        ("archived_at", maybe(one.archived_at, Cell::Time)),
        ("last_seq", count(story.messages.len() as u64)),
        ("last_message_at", maybe(story.messages.last().map(|message| message.at), Cell::Time)),
        ("created_at", Cell::Time(one.created_at)),
    ]
}

fn participant(story: &Story, one: &Participant) -> Row {
    let read = usize::try_from(one.read_seq).ok().and_then(|seq| story.messages.get(seq.checked_sub(1)?));
    vec![
        ("organization_id", Cell::Uuid(story.request.organization.uuid())),
        ("conversation_id", Cell::Uuid(story.request.conversation.uuid())),
        ("participant_id", Cell::Uuid(one.id.uuid())),
        ("kind", Cell::Int(one.kind.as_number().into())),
        ("name", text(one.name.clone())),
        ("member", Cell::Bool(one.member)),
        ("delivered_seq", count(one.read_seq)),
        ("read_seq", count(one.read_seq)),
        ("read_at", maybe(read.map(|message| message.at), Cell::Time)),
        ("joined_at", Cell::Time(one.joined_at)),
    ]
}

fn entry(story: &Story, message: &Written, seq: u64, place: Option<i64>) -> Row {
    let mut row = vec![
        ("organization_id", Cell::Uuid(story.request.organization.uuid())),
        ("conversation_id", Cell::Uuid(story.request.conversation.uuid())),
        ("seq", count(seq)),
        ("entry_seq", count(seq)),
        ("id", Cell::Uuid(message.id)),
        ("change", Cell::Int(0)),
        ("sender_id", Cell::Uuid(message.sender.uuid())),
        ("sender_kind", Cell::Int(message.kind.as_number().into())),
        ("sender_name", text(message.name.clone())),
        ("message_kind", Cell::Int(MessageKind::Text.as_number().into())),
        ("created_at", Cell::Time(message.at)),
        ("content_hash", Cell::Int(message.hash)),
        ("client_message_id", text(message.id.to_string())),
        ("content", text(message.content.clone())),
    ];
    row.extend(place.map(|place| ("tx_row", Cell::Int(place))));
    row
}

fn timeline(story: &Story, one: &TimelineEntry, position: i64) -> Row {
    vec![
        ("organization_id", Cell::Uuid(story.request.organization.uuid())),
        ("support_request_id", Cell::Uuid(story.request.id.uuid())),
        ("position", Cell::Int(position)),
        ("id", Cell::Uuid(one.id.uuid())),
        ("kind", text(one.kind.as_str())),
        ("old", maybe(one.old.clone(), Cell::Text)),
        ("new", maybe(one.new.clone(), Cell::Text)),
        ("actor_id", maybe(one.actor.id.map(ParticipantId::uuid), Cell::Uuid)),
        ("actor_name", text(one.actor.name.clone())),
        ("reason", maybe(one.reason.clone(), Cell::Text)),
        ("note", maybe(one.note.clone(), Cell::Text)),
        ("metadata", Cell::Json(Value::Object(one.metadata.clone()).to_string())),
        ("customer_told", Cell::Bool(one.customer_told)),
        ("customer_told_at", maybe(one.customer_told_at, Cell::Time)),
        ("created_at", Cell::Time(one.created_at)),
    ]
}

fn session(story: &Story) -> Option<Row> {
    let (id, ended) = story.session?;
    let last = story.messages.last()?;
    let by_agent = last.kind == SenderKind::Agent;
    Some(vec![
        ("organization_id", Cell::Uuid(story.request.organization.uuid())),
        ("id", Cell::Uuid(id)),
        ("conversation_id", Cell::Uuid(story.request.conversation.uuid())),
        ("status", text(if by_agent { "closed" } else { "timeout" })),
        ("started_at", Cell::Time(story.request.created_at)),
        ("last_activity_at", Cell::Time(last.at)),
        ("ended_at", Cell::Time(ended)),
        ("ended_by", if by_agent { Cell::Uuid(last.sender.uuid()) } else { Cell::Null }),
        ("first_seq", Cell::Int(1)),
        ("last_seq", count(story.messages.len() as u64)),
    ])
}
