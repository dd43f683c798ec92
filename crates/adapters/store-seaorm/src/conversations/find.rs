//! Conversations by their ids, with all that is shown of them.

use std::collections::HashMap;

use chat::{ChatSession, Conversation, ConversationStatus, Epoch, Participant, ReadMark, SenderKind, Seq};
use kernel::{Audience, ConversationId, OrganizationId, ParticipantId, PortError, Scope, SupportRequestId, UserId};
use sea_orm::QueryResult;
use uuid::Uuid;

use super::sessions;
use crate::{
    db::Queries,
    log::{MESSAGE, message},
    requests::row::took_in,
    row::Columns,
    scope,
    sql::Sql,
};

/// Whose threads these are.
pub(crate) async fn audiences(
    db: &mut impl Queries,
    organization: OrganizationId,
    ids: Vec<Uuid>,
) -> Result<Vec<(ConversationId, Audience)>, PortError> {
    let sql = "SELECT id, support_request_id, requester_id, assignee_id, took_in FROM conversation c
               WHERE organization_id = $1 AND id {in $2} AND deleted_at IS NULL";
    let rows = db.all(Sql::new(sql).uuid(organization.uuid()).uuids(ids.clone())).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut members = members(db, organization, ids).await?;
    let audience = |row: &QueryResult| {
        let id = row.uuid("id")?;
        Ok((ConversationId::new(id), audience_of(row, members.remove(&id).unwrap_or_default())?))
    };
    rows.iter().map(audience).collect()
}

/// The agents who were added to these conversations, in the order of their ids.
pub(crate) async fn members(
    db: &mut impl Queries,
    organization: OrganizationId,
    conversations: Vec<Uuid>,
) -> Result<HashMap<Uuid, Vec<ParticipantId>>, PortError> {
    let sql = "SELECT conversation_id, participant_id FROM participant
               WHERE organization_id = $1 AND conversation_id {in $2} AND member ORDER BY participant_id";
    let mut members: HashMap<Uuid, Vec<ParticipantId>> = HashMap::new();
    for row in db.all(Sql::new(sql).uuid(organization.uuid()).uuids(conversations)).await? {
        members.entry(row.uuid("conversation_id")?).or_default().push(ParticipantId::new(row.uuid("participant_id")?));
    }
    Ok(members)
}

/// Those of the conversations that the scope covers, as the viewer sees them, in the order of the ids given.
pub(crate) async fn shown(
    db: &mut impl Queries,
    organization: OrganizationId,
    scope: Scope,
    viewer: ParticipantId,
    ids: Vec<Uuid>,
) -> Result<Vec<Conversation>, PortError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // The last message is found by the key of the log; the unread ones are counted from the mark on.
    let sql = format!(
        "SELECT c.id, c.support_request_id, c.requester_id, c.assignee_id, c.took_in, c.resolved, c.closed, c.archived_at,
                c.last_seq, c.last_message_at, o.epoch, r.number, {MESSAGE},
                (SELECT count(*) FROM entry e WHERE e.conversation_id = c.id AND e.change = 0
                   AND e.deleted_at IS NULL AND e.sender_id <> $3 AND e.seq > coalesce((
                     SELECT v.read_seq FROM participant v WHERE v.organization_id = c.organization_id
                     AND v.conversation_id = c.id AND v.participant_id = $3), 0)) AS unread_count,
                (SELECT count(*) FROM entry e WHERE e.conversation_id = c.id AND e.change = 0
                   AND e.deleted_at IS NULL AND e.sender_kind = 0 AND e.seq > coalesce((
                     SELECT max(s.read_seq) FROM participant s WHERE s.organization_id = c.organization_id
                     AND s.conversation_id = c.id AND s.kind = 1), 0)) AS unread_staff
         FROM conversation c
         JOIN organization o ON o.id = c.organization_id
         JOIN support_request r ON r.organization_id = c.organization_id AND r.id = c.support_request_id
         LEFT JOIN entry m ON m.conversation_id = c.id AND m.seq = (
           SELECT max(x.seq) FROM entry x WHERE x.conversation_id = c.id AND x.change = 0)
         WHERE c.organization_id = $1 AND c.id {{in $2}} AND c.deleted_at IS NULL"
    );
    let sql = Sql::new(sql).uuid(organization.uuid()).uuids(ids.clone()).uuid(viewer.uuid());
    let rows = db.all(scope::within(sql, scope, "c", "support_request_id", "id")).await?;
    let mut people = participants(db, organization, &rows).await?;
    let mut sessions = sessions::last_of(db, organization, ids.clone()).await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in &rows {
        let id = row.uuid("id")?;
        let (all, session) = (people.remove(&id).unwrap_or_default(), sessions.remove(&id));
        shown.push(conversation(row, organization, all, session)?);
    }
    shown.sort_by_key(|one: &Conversation| ids.iter().position(|id| *id == one.id.uuid()));
    Ok(shown)
}

type People = Vec<(Participant, bool)>;

/// Everybody who takes part, in the order in which they came, with whether they are members.
async fn participants(
    db: &mut impl Queries,
    organization: OrganizationId,
    conversations: &[QueryResult],
) -> Result<HashMap<Uuid, People>, PortError> {
    let ids = conversations.iter().map(|row| row.uuid("id")).collect::<Result<Vec<_>, _>>()?;
    let sql = "SELECT conversation_id, participant_id, kind, name, member, delivered_seq, read_seq, read_at
               FROM participant WHERE organization_id = $1 AND conversation_id {in $2}
               ORDER BY joined_at, participant_id";
    let mut people: HashMap<Uuid, People> = HashMap::new();
    if ids.is_empty() {
        return Ok(people);
    }
    for row in db.all(Sql::new(sql).uuid(organization.uuid()).uuids(ids)).await? {
        let one = (participant(&row)?, row.get("member")?);
        people.entry(row.uuid("conversation_id")?).or_default().push(one);
    }
    Ok(people)
}

fn participant(row: &QueryResult) -> Result<Participant, PortError> {
    Ok(Participant {
        id: ParticipantId::new(row.uuid("participant_id")?),
        kind: row.number("kind", SenderKind::from_number)?,
        name: row.text("name")?,
        mark: ReadMark {
            delivered_seq: Seq::new(row.count("delivered_seq")?),
            read_seq: Seq::new(row.count("read_seq")?),
            read_at: row.maybe_time("read_at")?,
        },
    })
}

fn conversation(
    row: &QueryResult,
    organization: OrganizationId,
    people: People,
    session: Option<ChatSession>,
) -> Result<Conversation, PortError> {
    let mut members: Vec<_> = people.iter().filter(|(_, member)| *member).map(|(one, _)| one.id).collect();
    members.sort_unstable();
    let closed = row.get("closed")?;
    let status = if row.maybe_time("archived_at")?.is_some() {
        ConversationStatus::Archived
    } else if closed || row.get("resolved")? {
        ConversationStatus::Resolved
    } else {
        ConversationStatus::Active
    };
    let has_message = row.maybe_uuid("m_id")?.is_some();
    Ok(Conversation {
        id: ConversationId::new(row.uuid("id")?),
        organization,
        audience: audience_of(row, members)?,
        number: row.text("number")?,
        status,
        closed,
        epoch: Epoch::new(row.uuid("epoch")?),
        last_seq: Seq::new(row.count("last_seq")?),
        last_message_at: row.maybe_time("last_message_at")?,
        last_message: if has_message { Some(message(row)?) } else { None },
        unread_count: row.count("unread_count")?,
        unread_staff: row.count("unread_staff")?,
        session,
        participants: people.into_iter().map(|(one, _)| one).collect(),
    })
}

fn audience_of(row: &QueryResult, members: Vec<ParticipantId>) -> Result<Audience, PortError> {
    Ok(Audience {
        support_request: SupportRequestId::new(row.uuid("support_request_id")?),
        requester: ParticipantId::new(row.uuid("requester_id")?),
        assignee: row.maybe_uuid("assignee_id")?.map(UserId::new),
        members,
        took_in: took_in(row, "took_in")?,
    })
}
