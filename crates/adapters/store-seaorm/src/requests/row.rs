//! Requests and timeline entries as rows.

use std::time::Duration;

use kernel::{
    ConversationId, Language, OrganizationId, ParticipantId, PortError, SupportRequestId, TimelineEntryId, Timestamp,
    UserId,
};
use sea_orm::QueryResult;
use serde_json::{Map, Value};
use support_request::{
    Actor, Category, Comment, Description, Metadata, Number, Rating, References, Requester, Resolution, Score, Sla,
    Snapshot, Subject, Tags, TimelineEntry,
};

use crate::{error, row::Columns, sql::Sql};

/// The columns of a request, from the row `r`.
pub(crate) const REQUEST: &str =
    "r.organization_id, r.id, r.number, r.kind, r.source, r.status, r.priority, r.category,
  r.subject, r.description, r.tags, r.metadata, r.order_id, r.appointment_id, r.warranty_id, r.claim_id,
  r.requester_id, r.requester_name, r.requester_email, r.requester_phone, r.assignee_id, r.conversation_id,
  r.first_response_due_at, r.resolution_due_at, r.waiting_since, r.first_response_at, r.resolved_at, r.closed_at,
  r.first_response_warn_at, r.first_response_told, r.resolution_warn_at, r.resolution_told, r.sla_waited,
  r.rating, r.rating_comment, r.rated_at, r.escalated_at, r.snoozed_until, r.surveyed_at, r.archived_at, r.deleted_at,
  r.resolution, r.merged_into, r.took_in, r.follow_up_of, r.language, r.last_command, r.version, r.created_at, r.updated_at";

/// Reads the columns of [`REQUEST`].
pub(crate) fn request(row: &QueryResult) -> Result<Snapshot, PortError> {
    Ok(Snapshot {
        id: SupportRequestId::new(row.uuid("id")?),
        organization: OrganizationId::new(row.uuid("organization_id")?),
        number: Number::stored(row.text("number")?),
        kind: row.word("kind")?,
        source: row.word("source")?,
        status: row.word("status")?,
        priority: row.word("priority")?,
        category: Category::stored(row.text("category")?),
        subject: Subject::stored(row.text("subject")?),
        description: Description::stored(row.text("description")?),
        tags: Tags::stored(serde_json::from_value(row.json("tags")?).map_err(PortError::corrupt)?),
        metadata: Metadata::stored(object(row, "metadata")?),
        references: References {
            order_id: row.maybe_text("order_id")?,
            appointment_id: row.maybe_text("appointment_id")?,
            warranty_id: row.maybe_text("warranty_id")?,
            claim_id: row.maybe_text("claim_id")?,
        },
        requester: Requester {
            id: ParticipantId::new(row.uuid("requester_id")?),
            name: row.text("requester_name")?,
            email: row.maybe_text("requester_email")?,
            phone: row.maybe_text("requester_phone")?,
        },
        assignee: row.maybe_uuid("assignee_id")?.map(UserId::new),
        conversation: ConversationId::new(row.uuid("conversation_id")?),
        sla: sla(row)?,
        waiting_since: row.maybe_time("waiting_since")?,
        first_response_at: row.maybe_time("first_response_at")?,
        resolved_at: row.maybe_time("resolved_at")?,
        closed_at: row.maybe_time("closed_at")?,
        resolution: row.maybe_text("resolution")?.map(Resolution::stored),
        rating: rating(row)?,
        escalated_at: row.maybe_time("escalated_at")?,
        snoozed_until: row.maybe_time("snoozed_until")?,
        surveyed_at: row.maybe_time("surveyed_at")?,
        archived_at: row.maybe_time("archived_at")?,
        deleted_at: row.maybe_time("deleted_at")?,
        merged_into: row.maybe_uuid("merged_into")?.map(SupportRequestId::new),
        took_in: took_in(row, "took_in")?,
        follow_up_of: row.maybe_uuid("follow_up_of")?.map(SupportRequestId::new),
        language: row.word::<Language>("language")?,
        last_command: row.get("last_command")?,
        version: row.count("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// A list of requests; nothing is an empty one, as a program wrote it that did not know of it.
pub(crate) fn took_in(row: &QueryResult, column: &str) -> Result<Vec<SupportRequestId>, PortError> {
    let ids = row.get::<Option<Value>>(column)?.map(serde_json::from_value).transpose();
    Ok(ids.map_err(PortError::corrupt)?.unwrap_or_default())
}

/// The list as a column.
pub(crate) fn took_in_column(ids: &[SupportRequestId]) -> Value {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().into()
}

fn rating(row: &QueryResult) -> Result<Option<Rating>, PortError> {
    let (Some(points), Some(at)) = (row.get::<Option<i64>>("rating")?, row.maybe_time("rated_at")?) else {
        return Ok(None);
    };
    let score = Score::stored(u8::try_from(points).map_err(PortError::corrupt)?);
    Ok(Some(Rating { score, comment: row.maybe_text("rating_comment")?.map(Comment::stored), at }))
}

/// A program that did not know the warnings yet has left them out: then they are due as if every minute counted.
fn sla(row: &QueryResult) -> Result<Sla, PortError> {
    let opened = row.time("created_at")?;
    let warned = |column, due: Timestamp| {
        let early = due.since(opened) / 100 * Sla::WARNED_AT_PERCENT;
        row.maybe_time(column).map(|at| at.unwrap_or(opened + early))
    };
    let (first, whole) = (row.time("first_response_due_at")?, row.time("resolution_due_at")?);
    Ok(Sla {
        first_response_due_at: first,
        first_response_warn_at: warned("first_response_warn_at", first)?,
        first_response_told: row.word("first_response_told")?,
        resolution_due_at: whole,
        resolution_warn_at: warned("resolution_warn_at", whole)?,
        resolution_told: row.word("resolution_told")?,
        waited: Duration::from_micros(row.count("sla_waited")?),
    })
}

/// What may change of a request, in the order of [`changing`].
pub(crate) const CHANGING: [&str; 42] = [
    "status",
    "priority",
    "category",
    "subject",
    "description",
    "tags",
    "metadata",
    "order_id",
    "appointment_id",
    "warranty_id",
    "claim_id",
    "requester_id",
    "requester_name",
    "requester_email",
    "requester_phone",
    "assignee_id",
    "first_response_due_at",
    "resolution_due_at",
    "waiting_since",
    "first_response_at",
    "resolved_at",
    "closed_at",
    "resolution",
    "merged_into",
    "language",
    "last_command",
    "version",
    "first_response_warn_at",
    "first_response_told",
    "resolution_warn_at",
    "resolution_told",
    "sla_waited",
    "sla_next_at",
    "rating",
    "rating_comment",
    "rated_at",
    "escalated_at",
    "snoozed_until",
    "surveyed_at",
    "archived_at",
    "deleted_at",
    "took_in",
];

/// Adds the values of [`CHANGING`].
pub(crate) fn changing(sql: Sql, request: &Snapshot) -> Sql {
    let (references, rating) = (&request.references, request.rating.as_ref());
    sql.text(request.status.as_str())
        .text(request.priority.as_str())
        .text(request.category.as_str())
        .text(request.subject.as_str())
        .text(request.description.as_str())
        .json(Value::from(request.tags.as_slice()))
        .json(Value::Object(request.metadata.as_object().clone()))
        .maybe_text(references.order_id.as_deref())
        .maybe_text(references.appointment_id.as_deref())
        .maybe_text(references.warranty_id.as_deref())
        .maybe_text(references.claim_id.as_deref())
        .uuid(request.requester.id.uuid())
        .text(&request.requester.name)
        .maybe_text(request.requester.email.as_deref())
        .maybe_text(request.requester.phone.as_deref())
        .maybe_uuid(request.assignee.map(UserId::uuid))
        .time(request.sla.first_response_due_at)
        .time(request.sla.resolution_due_at)
        .maybe_time(request.waiting_since)
        .maybe_time(request.first_response_at)
        .maybe_time(request.resolved_at)
        .maybe_time(request.closed_at)
        .maybe_text(request.resolution.as_ref().map(Resolution::as_str))
        .maybe_uuid(request.merged_into.map(SupportRequestId::uuid))
        .text(request.language.as_str())
        .maybe_int(request.last_command)
        .count(request.version)
        .time(request.sla.first_response_warn_at)
        .text(request.sla.first_response_told.as_str())
        .time(request.sla.resolution_warn_at)
        .text(request.sla.resolution_told.as_str())
        .count(u64::try_from(request.sla.waited.as_micros()).unwrap_or(u64::MAX))
        .maybe_time(request.sla_next_at())
        .maybe_int(rating.map(|rating| rating.score.get().into()))
        .maybe_text(rating.and_then(|rating| rating.comment.as_ref()).map(Comment::as_str))
        .maybe_time(rating.map(|rating| rating.at))
        .maybe_time(request.escalated_at)
        .maybe_time(request.snoozed_until)
        .maybe_time(request.surveyed_at)
        .maybe_time(request.archived_at)
        .maybe_time(request.deleted_at)
        .json(took_in_column(&request.took_in))
}

/// A day and a counter, so that a list can be sorted by them: `…-20240115-001`.
pub(crate) fn parts_of(number: &Number) -> Option<(i64, i64)> {
    let mut parts = number.as_str().rsplit('-');
    let (count, day) = (parts.next()?, parts.next()?);
    Some((day.parse().ok()?, count.parse().ok()?))
}

/// An entry of a timeline.
pub(crate) fn timeline(row: &QueryResult) -> Result<TimelineEntry, PortError> {
    Ok(TimelineEntry {
        id: TimelineEntryId::new(row.uuid("id")?),
        kind: row.word("kind")?,
        old: row.maybe_text("old")?,
        new: row.maybe_text("new")?,
        actor: Actor { id: row.maybe_uuid("actor_id")?.map(ParticipantId::new), name: row.text("actor_name")? },
        reason: row.maybe_text("reason")?,
        note: row.maybe_text("note")?,
        metadata: object(row, "metadata")?,
        customer_told: row.get("customer_told")?,
        customer_told_at: row.maybe_time("customer_told_at")?,
        created_at: row.time("created_at")?,
    })
}

fn object(row: &QueryResult, column: &str) -> Result<Map<String, Value>, PortError> {
    match row.json(column)? {
        Value::Object(object) => Ok(object),
        _ => Err(error::corrupt(format!("no object in {column}"))),
    }
}
