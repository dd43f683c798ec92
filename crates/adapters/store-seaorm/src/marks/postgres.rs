//! Marks on PostgreSQL: one statement, which is its own transaction.

use std::time::Duration;

use async_trait::async_trait;
use chat::{Marked, ReadMark, Receipt, SenderKind, Seq};
use kernel::{Scope, SupportRequestId, Timestamp};
use sea_orm::DbErr;
use sqlx::{
    Row as _,
    postgres::{PgConnectOptions, PgRow},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::batch::{Marker, Row};
use crate::{connect::Role, error::from_sqlx, lanes::Line};

/// - `c` finds the conversations that the scopes cover, and caps the marks at the end of the log.
/// - `moved` moves those that stand behind, and makes a member of staff who reads a participant; in
///   the order of the keys, so that two nodes never wait for each other. Whatever else moved them since
///   the statement began, they only go forward.
/// - `LATERAL … LIMIT 1` keeps to the index whatever the planner thinks of an empty table.
const MOVE: &str = "
WITH c AS MATERIALIZED (
  SELECT i.ord, i.organization_id, i.conversation_id, i.participant_id, i.at, i.kind, i.name, i.joins,
         least(greatest(i.delivered, i.read), t.last_seq) AS delivered, least(i.read, t.last_seq) AS read,
         t.support_request_id
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int8[], $5::int8[], $6::timestamptz[], $7::int2[], $8::text[],
              $9::bool[], $10::int2[], $11::uuid[], $12::uuid[]) WITH ORDINALITY
       AS i(organization_id, conversation_id, participant_id, delivered, read, at, kind, name, joins, sees, viewer,
            request, ord)
  JOIN LATERAL (
    SELECT t.support_request_id, t.requester_id, t.assignee_id, t.last_seq FROM conversation t
    WHERE t.organization_id = i.organization_id AND t.id = i.conversation_id AND t.deleted_at IS NULL LIMIT 1) t
    ON true
  WHERE i.sees = 0
     OR i.sees = 1 AND (t.assignee_id IS NULL OR t.assignee_id = i.viewer OR t.requester_id = i.viewer OR EXISTS (
          SELECT 1 FROM participant own WHERE own.organization_id = i.organization_id
          AND own.conversation_id = i.conversation_id AND own.participant_id = i.viewer AND own.member))
     OR i.sees = 2 AND t.requester_id = i.viewer
     OR i.sees = 3 AND t.requester_id = i.viewer AND (t.support_request_id = i.request OR EXISTS (
          SELECT 1 FROM conversation m WHERE m.organization_id = i.organization_id
          AND m.support_request_id = i.request AND m.merged_into = t.support_request_id))
), moved AS (
  INSERT INTO participant AS p
    (organization_id, conversation_id, participant_id, delivered_seq, read_seq, read_at, kind, name, joined_at)
  SELECT c.organization_id, c.conversation_id, c.participant_id, c.delivered, c.read, c.at, c.kind, c.name, c.at
  FROM c LEFT JOIN LATERAL (
    SELECT o.delivered_seq, o.read_seq FROM participant o WHERE o.organization_id = c.organization_id
    AND o.conversation_id = c.conversation_id AND o.participant_id = c.participant_id LIMIT 1) o ON true
  WHERE CASE WHEN o.read_seq IS NULL THEN c.joins AND c.read > 0
             ELSE c.delivered > o.delivered_seq OR c.read > o.read_seq END
  ORDER BY c.organization_id, c.conversation_id, c.participant_id
  ON CONFLICT (organization_id, conversation_id, participant_id) DO UPDATE SET
    delivered_seq = greatest(p.delivered_seq, excluded.delivered_seq),
    read_seq = greatest(p.read_seq, excluded.read_seq),
    read_at = CASE WHEN excluded.read_seq > p.read_seq THEN excluded.read_at ELSE p.read_at END
  WHERE excluded.delivered_seq > p.delivered_seq OR excluded.read_seq > p.read_seq
  RETURNING p.organization_id, p.conversation_id, p.participant_id, p.delivered_seq, p.read_seq, p.read_at, p.kind
)
SELECT c.ord, c.support_request_id, m.delivered_seq, m.read_seq, m.read_at, m.kind
FROM c LEFT JOIN moved m ON m.organization_id = c.organization_id AND m.conversation_id = c.conversation_id
                        AND m.participant_id = c.participant_id";

pub(super) struct PostgresMarker(Line);

impl PostgresMarker {
    pub(super) fn new(options: &PgConnectOptions, patience: Duration) -> Self {
        Self(Line::new(options.clone(), Role::Log, patience))
    }
}

#[async_trait]
impl Marker for PostgresMarker {
    async fn commit(&mut self, rows: &[Row]) -> Result<Vec<Marked>, DbErr> {
        let connection = self.0.ready(None).await.map_err(from_sqlx)?;
        let done = run(rows, connection).await;
        self.0.settle(&done);
        answers(&done.map_err(from_sqlx)?, rows).map_err(from_sqlx)
    }

    fn reset(&mut self) {
        self.0.reset();
    }
}

async fn run(rows: &[Row], connection: &mut sqlx::PgConnection) -> Result<Vec<PgRow>, sqlx::Error> {
    fn all<'a, T>(rows: &'a [Row], column: impl Fn(&'a Row) -> T) -> Vec<T> {
        rows.iter().map(column).collect()
    }
    let sight = |row: &Row| match row.scope {
        Scope::All => (0_i16, None, None),
        Scope::Agent(agent) => (1, Some(agent.uuid()), None),
        Scope::Requester(person) => (2, Some(person.uuid()), None),
        Scope::One(request, person) => (3, Some(person.uuid()), Some(request.uuid())),
    };
    sqlx::query(MOVE)
        .bind(all(rows, |row| row.mark.organization.uuid()))
        .bind(all(rows, |row| row.mark.conversation.uuid()))
        .bind(all(rows, |row| row.mark.participant.uuid()))
        .bind(all(rows, |row| row.mark.delivered.get().cast_signed()))
        .bind(all(rows, |row| row.mark.read.get().cast_signed()))
        .bind(all(rows, |row| row.mark.at.to_datetime()))
        .bind(all(rows, |row| row.mark.kind.as_number()))
        .bind(all(rows, |row| row.mark.name.as_str()))
        .bind(all(rows, |row| row.mark.kind == SenderKind::Agent))
        .bind(all(rows, |row| sight(row).0))
        .bind(all(rows, |row| sight(row).1))
        .bind(all(rows, |row| sight(row).2))
        .fetch_all(connection)
        .await
}

/// A row that is absent from the answer has no conversation in its scope.
fn answers(answer: &[PgRow], rows: &[Row]) -> Result<Vec<Marked>, sqlx::Error> {
    let mut answers = vec![Marked::NotFound; rows.len()];
    for row in answer {
        let at = usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0);
        if let Some(at) = at.checked_sub(1)
            && let (Some(answer), Some(asked)) = (answers.get_mut(at), rows.get(at))
        {
            *answer = answer_of(row, asked)?;
        }
    }
    Ok(answers)
}

fn answer_of(row: &PgRow, asked: &Row) -> Result<Marked, sqlx::Error> {
    let Some(delivered) = row.try_get::<Option<i64>, _>(2)? else { return Ok(Marked::Stands) };
    let kind = row.try_get::<i16, _>(5)?;
    Ok(Marked::Moved(Receipt {
        organization: asked.mark.organization,
        conversation: asked.mark.conversation,
        support_request: SupportRequestId::new(row.try_get::<Uuid, _>(1)?),
        participant: asked.mark.participant,
        kind: SenderKind::from_number(kind).ok_or_else(|| sqlx::Error::Decode("an unknown kind".into()))?,
        mark: ReadMark {
            delivered_seq: Seq::new(delivered.cast_unsigned()),
            read_seq: Seq::new(row.try_get::<i64, _>(3)?.cast_unsigned()),
            read_at: row.try_get::<Option<OffsetDateTime>, _>(4)?.map(Timestamp::from_datetime),
        },
    }))
}
