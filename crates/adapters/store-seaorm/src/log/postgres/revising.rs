//! Edits and deletions on PostgreSQL.

use std::sync::LazyLock;

use chat::{ClientMessageId, Message, MessageKind, Revise, Revision, Sender, SenderKind, Seq};
use kernel::{MessageId, ParticipantId, SupportRequestId, Timestamp};
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    super::batch::{Locks, Outcome, revised},
    audience_of, binding, passing_over, place_of, proof_of,
};

/// - `c` locks the conversations of the batch, as the statement for messages does.
/// - `f` decides: the right first, then the message and whose it is, then whether it is so already, then
///   the state. It locks the messages too: that is not to keep others out, which the conversation does, but
///   to read them as they are now and not as they were when the statement began to wait.
/// - `j` numbers what is to be stored, in the order of the batch; no message is in it twice. `k` gives it its
///   place in the feed, as for messages.
const REVISE: &str = "
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
  SELECT i.*, m.*, c.organization_id, c.id AS conversation_id, c.support_request_id, c.requester_id, c.assignee_id,
         c.members, c.merged_into, c.took_in, c.last_seq, c.last_tx, c.last_tx_row, c.at,
         CASE
           WHEN i.proves = 0 AND c.requester_id <> i.reviser_id
             OR i.proves = 1 AND (c.requester_id <> i.reviser_id
                                  OR c.support_request_id <> i.proof AND NOT coalesce(c.took_in ? i.proof::text, false))
             OR i.proves = 2 AND NOT (c.assignee_id IS NULL OR c.assignee_id = i.proof
                                      OR c.requester_id = i.proof OR i.proof = ANY(c.members)) THEN 1
           WHEN m.seq IS NULL THEN 8
           WHEN NOT i.of_others AND m.sender_id <> i.reviser_id THEN 9
           WHEN m.content IS NOT DISTINCT FROM i.new_content THEN 2
           WHEN i.new_content IS NULL THEN 0
           WHEN m.deleted_at IS NOT NULL THEN 10
           WHEN c.merged_into IS NOT NULL THEN 4
           WHEN c.closed THEN 5
           WHEN c.at > m.created_at + i.within * interval '1 microsecond' THEN 11
           ELSE 0
         END AS outcome
  FROM unnest($3::int4[], $4::uuid[], $5::uuid[], $6::text[], $7::int8[], $8::bool[], $9::int2[], $10::text[],
              $11::int2[], $12::uuid[]) WITH ORDINALITY
       AS i(grp, reviser_id, message_id, new_content, within, of_others, reviser_kind, reviser_name, proves, proof, ord)
  JOIN c ON c.n = i.grp
  LEFT JOIN LATERAL (
    SELECT x.id, x.seq, x.entry_seq, x.sender_id, x.sender_kind, x.sender_name, x.message_kind, x.content,
           x.in_reply_to, x.client_message_id, x.created_at, x.edited_at, x.deleted_at, x.attachments
    FROM entry x WHERE x.conversation_id = c.id AND x.id = i.message_id
    LIMIT 1 FOR NO KEY UPDATE OF x) m ON true
), j AS MATERIALIZED (
  SELECT f.*, f.last_seq + count(*) FILTER (WHERE f.outcome = 0)
         OVER (PARTITION BY f.grp ORDER BY f.ord ROWS UNBOUNDED PRECEDING) AS new_seq
  FROM f
), k AS MATERIALIZED (
  SELECT j.*, greatest(j.last_tx, x.now) AS tx,
         CASE WHEN j.last_tx > x.now
           THEN (((j.last_tx_row >> 40) + 1) << 40) | ((x.now::text::bigint & 268435455) << 12) | j.ord
           ELSE j.ord END AS tx_row
  FROM j, pg_current_xact_id() AS x(now)
  WHERE j.outcome = 0
), ins AS (
  INSERT INTO entry (organization_id, conversation_id, seq, entry_seq, message_seq, change, sender_id, sender_kind,
                     sender_name, message_kind, created_at, content_hash, tx, tx_row)
  SELECT organization_id, conversation_id, new_seq, new_seq, seq, CASE WHEN new_content IS NULL THEN 2 ELSE 1 END,
         reviser_id, reviser_kind, reviser_name, message_kind, at, 0, tx, tx_row
  FROM k ORDER BY ord
), now AS (
  UPDATE entry t SET entry_seq = j.new_seq, content = j.new_content,
         edited_at = CASE WHEN j.new_content IS NULL THEN t.edited_at ELSE j.at END,
         deleted_at = CASE WHEN j.new_content IS NULL THEN j.at ELSE t.deleted_at END,
         attachments = CASE WHEN j.new_content IS NULL THEN NULL ELSE t.attachments END
  FROM j WHERE j.outcome = 0 AND t.conversation_id = j.conversation_id AND t.seq = j.seq
), gone AS (
  UPDATE attachment t SET deleted_at = j.at
  FROM j, jsonb_array_elements(j.attachments) AS file(carried)
  WHERE j.outcome = 0 AND j.new_content IS NULL AND t.organization_id = j.organization_id
    AND t.id = (file.carried ->> 'id')::uuid
), upd AS (
  UPDATE conversation t SET last_seq = m.last_seq, last_tx = m.tx, last_tx_row = m.tx_row
  FROM (SELECT organization_id, conversation_id, tx, max(new_seq) AS last_seq, max(tx_row) AS tx_row
        FROM k GROUP BY 1, 2, 3) m
  WHERE t.organization_id = m.organization_id AND t.id = m.conversation_id
)
SELECT ord, outcome, id, new_seq, at, support_request_id, requester_id, assignee_id, members, merged_into,
       seq, entry_seq, sender_id, sender_kind, sender_name, message_kind, content, in_reply_to, client_message_id,
       created_at, edited_at, deleted_at, attachments, took_in
FROM j";

/// How many columns the answer has.
const COLUMNS: usize = 24;

static PASS_OVER: LazyLock<String> = LazyLock::new(|| passing_over(REVISE, COLUMNS));

/// The batch turned on its side: an array for each column.
#[derive(Default)]
pub(super) struct Transposed<'a> {
    conversations: Vec<Uuid>,
    organizations: Vec<Uuid>,
    group: Vec<i32>,
    reviser: Vec<Uuid>,
    message: Vec<Uuid>,
    content: Vec<Option<&'a str>>,
    within: Vec<Option<i64>>,
    of_others: Vec<bool>,
    reviser_kind: Vec<i16>,
    reviser_name: Vec<&'a str>,
    proves: Vec<i16>,
    proof: Vec<Option<Uuid>>,
}

impl<'a> Transposed<'a> {
    pub(super) fn of(rows: &[&'a Revision]) -> Self {
        let mut all = Self::default();
        let mut groups = std::collections::HashMap::new();
        for revision in rows {
            let pair = (revision.conversation.uuid(), revision.organization.uuid());
            let group = *groups.entry(pair).or_insert_with(|| {
                all.conversations.push(pair.0);
                all.organizations.push(pair.1);
                i32::try_from(all.conversations.len()).unwrap_or(i32::MAX)
            });
            let (proves, proof) = proof_of(revision.author.right);
            all.group.push(group);
            all.reviser.push(revision.author.id.uuid());
            all.message.push(revision.message.uuid());
            all.content.push(revision.revise.content().map(chat::Content::as_str));
            all.within.push(match &revision.revise {
                Revise::Edit { within, .. } => Some(i64::try_from(within.as_micros()).unwrap_or(i64::MAX)),
                Revise::Delete => None,
            });
            all.of_others.push(revision.of_others);
            all.reviser_kind.push(revision.author.kind.as_number());
            all.reviser_name.push(&revision.author.name);
            all.proves.push(proves);
            all.proof.push(proof);
        }
        all
    }

    pub(super) async fn run(&self, connection: &mut PgConnection, locks: Locks) -> Result<Vec<PgRow>, sqlx::Error> {
        let statement = match locks {
            Locks::Wait => REVISE,
            Locks::PassOver => PASS_OVER.as_str(),
        };
        sqlx::query(statement)
            .bind(&self.conversations)
            .bind(&self.organizations)
            .bind(&self.group)
            .bind(&self.reviser)
            .bind(&self.message)
            .bind(&self.content)
            .bind(&self.within)
            .bind(&self.of_others)
            .bind(&self.reviser_kind)
            .bind(&self.reviser_name)
            .bind(&self.proves)
            .bind(&self.proof)
            .fetch_all(connection)
            .await
    }
}

pub(super) fn outcome_of(row: &PgRow, revision: &Revision) -> Result<Outcome, sqlx::Error> {
    Ok(match row.try_get::<i32, _>(1)? {
        0 => {
            let (seq, at, audience) = place_of(row)?;
            let message = Box::new(revised(message_of(row)?, &revision.revise, seq, at));
            Outcome::Revised { message, audience }
        }
        2 => Outcome::Unchanged { message: Box::new(message_of(row)?), audience: audience_of(row)? },
        4 => Outcome::Merged(SupportRequestId::new(row.try_get(9)?)),
        5 => Outcome::Closed,
        7 => Outcome::Locked,
        8 => Outcome::MessageNotFound,
        9 => Outcome::NotTheAuthor,
        10 => Outcome::Deleted,
        11 => Outcome::TooLate,
        _ => Outcome::NotFound,
    })
}

/// The message as it was found.
fn message_of(row: &PgRow) -> Result<Message, sqlx::Error> {
    let time = |at: usize| -> Result<Option<Timestamp>, sqlx::Error> {
        Ok(row.try_get::<Option<OffsetDateTime>, _>(at)?.map(Timestamp::from_datetime))
    };
    let name = row.try_get::<Option<String>, _>(18)?.map(ClientMessageId::parse).transpose();
    Ok(Message {
        id: MessageId::new(row.try_get(2)?),
        seq: Seq::new(row.try_get::<i64, _>(10)?.cast_unsigned()),
        entry_seq: Seq::new(row.try_get::<i64, _>(11)?.cast_unsigned()),
        sender: Sender {
            id: ParticipantId::new(row.try_get(12)?),
            kind: SenderKind::from_number(row.try_get(13)?).ok_or_else(|| wrong("sender_kind"))?,
            name: row.try_get(14)?,
        },
        kind: MessageKind::from_number(row.try_get(15)?).ok_or_else(|| wrong("message_kind"))?,
        content: row.try_get(16)?,
        attachments: binding::decode(row.try_get(22)?)?,
        in_reply_to: row.try_get::<Option<Uuid>, _>(17)?.map(MessageId::new),
        client_message_id: name.map_err(|_| wrong("client_message_id"))?,
        created_at: Timestamp::from_datetime(row.try_get(19)?),
        edited_at: time(20)?,
        deleted_at: time(21)?,
    })
}

fn wrong(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("the log holds an unknown {column}").into())
}
