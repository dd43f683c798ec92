//! The batch on PostgreSQL: one statement, which is its own transaction.

mod binding;
mod revising;

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use chat::{Append, Revision, Right, Seq};
use kernel::{Audience, MessageId, ParticipantId, SupportRequestId, Timestamp, UserId};
use sea_orm::DbErr;
use sqlx::{
    PgConnection, Row as _,
    postgres::{PgConnectOptions, PgRow},
    types::Json,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::batch::{Locks, Outcome, Shard};
use crate::{connect::Role, error::from_sqlx, lanes::Line};

/// - `c` locks the conversations of the batch, always in the order of their ids, and takes the time
///   only then: it never runs backwards within a conversation.
/// - `f` finds repeats, and decides: the right first, then whether it is a repeat, then the state.
/// - `j` numbers what is to be stored, in the order of the batch, and `k` gives it its place in the feed: that
///   of this transaction, or behind the conversation's last entry when that one's transaction has the greater
///   id, because it began after ours and had the lock before. Such a row counts how many came late one after
///   the other, then names our transaction, so that no two rows have one place.
/// - The insert is plain: a repeat that was committed between the start of the statement and the
///   lock is not seen by `f`, and must be an error (23505) rather than a hole in the numbers.
/// - `LATERAL … LIMIT 1` keeps to the index whatever the planner thinks of an empty table.
const COMMIT: &str = "
WITH c AS MATERIALIZED (
  SELECT s.*, greatest(clock_timestamp(), s.last_message_at) AS at,
         ARRAY(SELECT p.participant_id FROM participant p
               WHERE p.organization_id = s.organization_id AND p.conversation_id = s.id AND p.member) AS members
  FROM (SELECT g.n, t.id, t.organization_id, t.support_request_id, t.requester_id, t.assignee_id, t.closed,
               t.merged_into, t.took_in, t.last_seq, t.last_message_at, t.last_tx, t.last_tx_row
        FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS g(conversation, organization, n)
        JOIN conversation t ON t.organization_id = g.organization AND t.id = g.conversation AND t.deleted_at IS NULL
        ORDER BY t.id FOR NO KEY UPDATE OF t) s
), f AS MATERIALIZED (
  SELECT i.*, c.organization_id, c.id AS conversation_id, c.support_request_id, c.requester_id, c.assignee_id,
         c.members, c.merged_into, c.took_in, c.last_seq, c.last_tx, c.last_tx_row, c.at, e.id AS dup_id, e.seq AS dup_seq,
         e.created_at AS dup_at, e.attachments AS dup_attachments,
         CASE
           WHEN i.proves = 0 AND c.requester_id <> i.sender_id
             OR i.proves = 1 AND (c.requester_id <> i.sender_id
                                  OR c.support_request_id <> i.proof AND NOT coalesce(c.took_in ? i.proof::text, false))
             OR i.proves = 2 AND NOT (c.assignee_id IS NULL OR c.assignee_id = i.proof
                                      OR c.requester_id = i.proof OR i.proof = ANY(c.members)) THEN 1
           WHEN e.content_hash = i.content_hash THEN 2
           WHEN e.id IS NOT NULL THEN 3
           WHEN c.merged_into IS NOT NULL THEN 4
           WHEN c.closed THEN 5
           WHEN i.in_reply_to IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM entry r WHERE r.conversation_id = c.id AND r.id = i.in_reply_to) THEN 6
           ELSE 0
         END AS outcome
  FROM unnest($3::int4[], $4::uuid[], $5::text[], $6::uuid[], $7::int8[], $8::text[], $9::int2[], $10::text[],
              $11::int2[], $12::uuid[], $13::int2[], $14::uuid[]) WITH ORDINALITY
       AS i(grp, sender_id, client_message_id, id, content_hash, content, sender_kind, sender_name,
            message_kind, in_reply_to, proves, proof, ord)
  JOIN c ON c.n = i.grp
  LEFT JOIN LATERAL (
    SELECT x.id, x.seq, x.created_at, x.content_hash, x.attachments FROM entry x
    WHERE x.conversation_id = c.id AND x.sender_id = i.sender_id AND x.client_message_id = i.client_message_id
    LIMIT 1) e ON true
), j AS MATERIALIZED (
  SELECT f.*, f.last_seq + count(*) FILTER (WHERE f.outcome = 0)
         OVER (PARTITION BY f.grp ORDER BY f.ord ROWS UNBOUNDED PRECEDING) AS new_seq
  FROM f
), k AS MATERIALIZED (
  SELECT j.*, greatest(j.last_tx, x.id) AS tx,
         CASE WHEN j.last_tx > x.id
           THEN (((j.last_tx_row >> 40) + 1) << 40) | ((x.id::text::bigint & 268435455) << 12) | j.ord
           ELSE j.ord END AS tx_row
  FROM j, pg_current_xact_id() AS x(id)
  WHERE j.outcome = 0
), ins AS (
  INSERT INTO entry (organization_id, conversation_id, seq, entry_seq, id, change, sender_id, sender_kind, sender_name,
                     message_kind, created_at, content_hash, client_message_id, content, in_reply_to, tx, tx_row)
  SELECT organization_id, conversation_id, new_seq, new_seq, id, 0, sender_id, sender_kind, sender_name,
         message_kind, at, content_hash, client_message_id, content, in_reply_to, tx, tx_row
  FROM k ORDER BY ord
), upd AS (
  UPDATE conversation t SET last_seq = m.last_seq, last_message_at = m.at, last_tx = m.tx, last_tx_row = m.tx_row
  FROM (SELECT organization_id, conversation_id, tx, max(new_seq) AS last_seq, max(at) AS at, max(tx_row) AS tx_row
        FROM k GROUP BY 1, 2, 3) m
  WHERE t.organization_id = m.organization_id AND t.id = m.conversation_id
)
SELECT ord, outcome, dup_id, coalesce(dup_seq, new_seq) AS seq, coalesce(dup_at, at) AS at,
       support_request_id, requester_id, assignee_id, members, merged_into, dup_attachments,
       took_in
FROM j";

/// How many columns the answer of [`COMMIT`] has.
const COLUMNS: usize = 12;

static PASS_OVER: LazyLock<String> = LazyLock::new(|| passing_over(COMMIT, COLUMNS));
static COMMIT_FILES: LazyLock<String> = LazyLock::new(|| binding::with_files(COMMIT));
static PASS_OVER_FILES: LazyLock<String> = LazyLock::new(|| passing_over(&COMMIT_FILES, COLUMNS));

/// The same statement, but locked conversations are passed over: `s` holds those that are there and were
/// not had. `$1`, `$2` and `$3` have to be what they are in [`COMMIT`], and so the first columns.
fn passing_over(statement: &str, columns: usize) -> String {
    let lock = "FOR NO KEY UPDATE OF t";
    let skip = format!("{lock} SKIP LOCKED");
    let (head, tail) = statement.rsplit_once("SELECT ord, outcome").unwrap_or((statement, ""));
    let nulls = ", NULL".repeat(columns.saturating_sub(2));
    format!(
        "{}, s AS MATERIALIZED (
  SELECT g.n FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS g(conversation, organization, n)
  JOIN conversation t ON t.organization_id = g.organization AND t.id = g.conversation AND t.deleted_at IS NULL
  WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.n = g.n)
)
SELECT ord, outcome{tail}
UNION ALL
SELECT i.ord, 7{nulls}
FROM unnest($3::int4[]) WITH ORDINALITY AS i(grp, ord) JOIN s ON s.n = i.grp",
        head.trim_end().replacen(lock, &skip, 1)
    )
}

pub(crate) struct PostgresShard {
    line: Line,
    #[cfg(feature = "faults")]
    held: bool,
}

impl PostgresShard {
    pub(crate) fn new(options: &PgConnectOptions, patience: Duration) -> Self {
        Self {
            line: Line::new(options.clone(), Role::Log, patience),
            #[cfg(feature = "faults")]
            held: false,
        }
    }

    /// The connection, begun on where a planted fault holds the commit back.
    async fn connection(&mut self) -> Result<&mut PgConnection, DbErr> {
        let connection = self.line.ready(None).await.map_err(from_sqlx)?;
        #[cfg(feature = "faults")]
        if self.held {
            sqlx::query("BEGIN").execute(&mut *connection).await.map_err(from_sqlx)?;
        }
        Ok(connection)
    }
}

#[async_trait]
impl Shard for PostgresShard {
    async fn ready(&mut self, within: Duration) -> Result<(), DbErr> {
        self.line.ready_within(within).await.map_err(from_sqlx)
    }

    async fn commit(&mut self, rows: &[&Append], locks: Locks) -> Result<Vec<Outcome>, DbErr> {
        let columns = Transposed::of(rows);
        let done = columns.run(self.connection().await?, locks).await;
        self.line.settle(&done);
        outcomes(&done.map_err(from_sqlx)?, rows.len(), |row, _| outcome_of(row)).map_err(from_sqlx)
    }

    async fn revise(&mut self, rows: &[&Revision], locks: Locks) -> Result<Vec<Outcome>, DbErr> {
        let columns = revising::Transposed::of(rows);
        let done = columns.run(self.connection().await?, locks).await;
        self.line.settle(&done);
        let outcome = |row: &PgRow, at: usize| revising::outcome_of(row, rows[at]);
        outcomes(&done.map_err(from_sqlx)?, rows.len(), outcome).map_err(from_sqlx)
    }

    /// Only a connection was taken, which is kept for the next batch.
    fn cancel(&mut self) {}

    fn reset(&mut self) {
        self.line.reset();
    }

    #[cfg(feature = "faults")]
    fn hold(&mut self) {
        self.held = true;
    }

    #[cfg(feature = "faults")]
    async fn release(&mut self) -> Result<(), DbErr> {
        self.held = false;
        let connection = self.line.ready(None).await.map_err(from_sqlx)?;
        let done = sqlx::query("COMMIT").execute(connection).await;
        self.line.settle(&done);
        done.map(drop).map_err(from_sqlx)
    }
}

/// The batch turned on its side: an array for each column.
#[derive(Default)]
struct Transposed<'a> {
    conversations: Vec<Uuid>,
    organizations: Vec<Uuid>,
    group: Vec<i32>,
    sender: Vec<Uuid>,
    client_message_id: Vec<&'a str>,
    id: Vec<Uuid>,
    hash: Vec<i64>,
    content: Vec<&'a str>,
    sender_kind: Vec<i16>,
    sender_name: Vec<&'a str>,
    message_kind: Vec<i16>,
    in_reply_to: Vec<Option<Uuid>>,
    proves: Vec<i16>,
    proof: Vec<Option<Uuid>>,
    files: binding::Named,
}

impl<'a> Transposed<'a> {
    fn of(rows: &[&'a Append]) -> Self {
        let mut all = Self::default();
        let mut groups = std::collections::HashMap::new();
        for append in rows {
            let pair = (append.conversation.uuid(), append.organization.uuid());
            let group = *groups.entry(pair).or_insert_with(|| {
                all.conversations.push(pair.0);
                all.organizations.push(pair.1);
                i32::try_from(all.conversations.len()).unwrap_or(i32::MAX)
            });
            let (proves, proof) = proof_of(append.author.right);
            all.group.push(group);
            all.sender.push(append.author.id.uuid());
            all.client_message_id.push(append.client_message_id.as_str());
            all.id.push(append.id.uuid());
            all.hash.push(append.hash.as_i64());
            all.content.push(append.content.as_str());
            all.sender_kind.push(append.author.kind.as_number());
            all.sender_name.push(&append.author.name);
            all.message_kind.push(append.kind.as_number());
            all.in_reply_to.push(append.in_reply_to.map(MessageId::uuid));
            all.proves.push(proves);
            all.proof.push(proof);
            all.files.add(group, all.id.len(), append);
        }
        all
    }

    async fn run(&self, connection: &mut PgConnection, locks: Locks) -> Result<Vec<PgRow>, sqlx::Error> {
        // The usual batch, without any file, runs a statement that knows nothing of them.
        let statement = match (locks, self.files.is_empty()) {
            (Locks::Wait, true) => COMMIT,
            (Locks::PassOver, true) => PASS_OVER.as_str(),
            (Locks::Wait, false) => COMMIT_FILES.as_str(),
            (Locks::PassOver, false) => PASS_OVER_FILES.as_str(),
        };
        let query = sqlx::query(statement)
            .bind(&self.conversations)
            .bind(&self.organizations)
            .bind(&self.group)
            .bind(&self.sender)
            .bind(&self.client_message_id)
            .bind(&self.id)
            .bind(&self.hash)
            .bind(&self.content)
            .bind(&self.sender_kind)
            .bind(&self.sender_name)
            .bind(&self.message_kind)
            .bind(&self.in_reply_to)
            .bind(&self.proves)
            .bind(&self.proof);
        let query = if self.files.is_empty() { query } else { self.files.bind(query) };
        query.fetch_all(connection).await
    }
}

/// What a right is to the statements: a number, and an id to compare with.
fn proof_of(right: Right) -> (i16, Option<Uuid>) {
    match right {
        Right::Requester => (0, None),
        Right::Token(request) => (1, Some(request.uuid())),
        Right::Agent(agent) => (2, Some(agent.uuid())),
        Right::Always => (3, None),
    }
}

/// A row that is absent from the answer has no conversation.
fn outcomes(
    answer: &[PgRow],
    rows: usize,
    outcome_of: impl Fn(&PgRow, usize) -> Result<Outcome, sqlx::Error>,
) -> Result<Vec<Outcome>, sqlx::Error> {
    let mut outcomes = vec![Outcome::NotFound; rows];
    for row in answer {
        let at = usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0).checked_sub(1);
        if let Some((at, outcome)) = at.and_then(|at| Some((at, outcomes.get_mut(at)?))) {
            *outcome = outcome_of(row, at)?;
        }
    }
    Ok(outcomes)
}

/// Where a row stands, and who may see it.
fn place_of(row: &PgRow) -> Result<(Seq, Timestamp, Audience), sqlx::Error> {
    let seq = Seq::new(row.try_get::<i64, _>(3)?.cast_unsigned());
    let at = Timestamp::from_datetime(row.try_get::<OffsetDateTime, _>(4)?);
    Ok((seq, at, audience_of(row)?))
}

fn audience_of(row: &PgRow) -> Result<Audience, sqlx::Error> {
    Ok(Audience {
        support_request: SupportRequestId::new(row.try_get(5)?),
        requester: ParticipantId::new(row.try_get(6)?),
        assignee: row.try_get::<Option<Uuid>, _>(7)?.map(UserId::new),
        members: row.try_get::<Vec<Uuid>, _>(8)?.into_iter().map(ParticipantId::new).collect(),
        took_in: row.try_get::<Option<Json<Vec<SupportRequestId>>>, _>("took_in")?.unwrap_or_default().0,
    })
}

fn outcome_of(row: &PgRow) -> Result<Outcome, sqlx::Error> {
    Ok(match row.try_get::<i32, _>(1)? {
        0 => {
            let (seq, at, audience) = place_of(row)?;
            Outcome::Stored { seq, at, audience, files: binding::carried(row)? }
        }
        2 => {
            let (seq, at, audience) = place_of(row)?;
            Outcome::Duplicate { id: MessageId::new(row.try_get(2)?), seq, at, audience, files: binding::carried(row)? }
        }
        3 => Outcome::Mismatch,
        4 => Outcome::Merged(SupportRequestId::new(row.try_get(9)?)),
        5 => Outcome::Closed,
        6 => Outcome::ReplyNotFound,
        7 => Outcome::Locked,
        12 => Outcome::FileUnusable,
        _ => Outcome::NotFound,
    })
}
