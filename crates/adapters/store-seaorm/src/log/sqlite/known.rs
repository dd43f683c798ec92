//! What is known of a batch before anything of it is written, and what becomes of each row.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use chat::{Append, AttachedFile, Seq};
use kernel::{Audience, MessageId, ParticipantId, SupportRequestId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    super::{
        batch::{Outcome, may_write},
        files,
    },
    binding,
};
use crate::sql::hex_list;

/// A conversation of the batch, as it stands and as it will.
pub(super) struct Thread {
    pub(super) organization: Uuid,
    pub(super) audience: Audience,
    pub(super) closed: bool,
    pub(super) merged_into: Option<SupportRequestId>,
    pub(super) last_seq: u64,
    pub(super) at: i64,
    pub(super) grown: bool,
}

/// An earlier message under the same key.
struct Earlier {
    id: MessageId,
    seq: Seq,
    at: Timestamp,
    hash: i64,
    files: Vec<AttachedFile>,
}

/// What is known of the batch before anything is written.
pub(super) struct Known {
    pub(super) threads: HashMap<Uuid, Thread>,
    /// By place in the batch.
    earlier: HashMap<usize, Earlier>,
    /// Answered messages that exist, by place in the batch.
    answered: HashSet<usize>,
    /// The files that can be bound, by place in the batch.
    files: HashMap<usize, Vec<AttachedFile>>,
}

impl Known {
    pub(super) async fn read(tx: &DatabaseTransaction, rows: &[&Append]) -> Result<Self, DbErr> {
        Ok(Self {
            threads: threads(tx, rows.iter().map(|row| (row.organization.uuid(), row.conversation.uuid()))).await?,
            earlier: earlier(tx, rows).await?,
            answered: answered(tx, rows).await?,
            files: binding::usable(tx, rows).await?,
        })
    }

    /// The right first, then whether it is a repeat, then the state.
    pub(super) fn decide(&mut self, at: usize, append: &Append) -> Outcome {
        let Some(thread) = self.threads.get_mut(&append.conversation.uuid()) else { return Outcome::NotFound };
        if thread.organization != append.organization.uuid()
            || !may_write(append.author.right, append.author.id, &thread.audience)
        {
            return Outcome::NotFound;
        }
        if let Some(earlier) = self.earlier.get(&at) {
            let audience = thread.audience.clone();
            return if earlier.hash == append.hash.as_i64() {
                Outcome::Duplicate {
                    id: earlier.id,
                    seq: earlier.seq,
                    at: earlier.at,
                    audience,
                    files: earlier.files.clone(),
                }
            } else {
                Outcome::Mismatch
            };
        }
        if let Some(into) = thread.merged_into {
            return Outcome::Merged(into);
        }
        if thread.closed {
            return Outcome::Closed;
        }
        if append.in_reply_to.is_some() && !self.answered.contains(&at) {
            return Outcome::ReplyNotFound;
        }
        let files = self.files.remove(&at).unwrap_or_default();
        if files.len() != append.attachments.len() {
            return Outcome::FileUnusable;
        }
        thread.last_seq += 1;
        thread.grown = true;
        Outcome::Stored {
            seq: Seq::new(thread.last_seq),
            at: Timestamp::from_micros(thread.at),
            audience: thread.audience.clone(),
            files,
        }
    }
}

pub(super) async fn all(tx: &DatabaseTransaction, sql: &str, argument: String) -> Result<Vec<QueryResult>, DbErr> {
    tx.query_all_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, [argument.into()])).await
}

/// The conversations of a batch, each with the time that what is written now gets.
pub(super) async fn threads(
    tx: &DatabaseTransaction,
    pairs: impl Iterator<Item = (Uuid, Uuid)>,
) -> Result<HashMap<Uuid, Thread>, DbErr> {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    pairs.dedup();
    let pairs = pairs.iter().map(|(organization, id)| hex_list(&[*organization, *id])).collect::<Vec<_>>();
    let sql = "SELECT c.organization_id, c.id, c.support_request_id, c.requester_id, c.assignee_id, c.closed,
                      c.merged_into, c.took_in, c.last_seq, c.last_message_at, m.participant_id AS member
               FROM json_each($1) g
               JOIN conversation c ON c.organization_id = unhex(g.value ->> 0) AND c.id = unhex(g.value ->> 1)
                 AND c.deleted_at IS NULL
               LEFT JOIN participant m
                 ON m.organization_id = c.organization_id AND m.conversation_id = c.id AND m.member";
    let mut threads: HashMap<Uuid, Thread> = HashMap::new();
    for row in all(tx, sql, format!("[{}]", pairs.join(","))).await? {
        let thread = threads.entry(row.try_get("", "id")?);
        let thread = match thread {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(thread_of(&row)?),
        };
        thread.audience.members.extend(row.try_get::<Option<Uuid>>("", "member")?.map(ParticipantId::new));
    }
    let now = Timestamp::from_datetime(OffsetDateTime::now_utc()).as_micros();
    for thread in threads.values_mut() {
        thread.at = thread.at.max(now);
    }
    Ok(threads)
}

fn thread_of(row: &QueryResult) -> Result<Thread, DbErr> {
    Ok(Thread {
        organization: row.try_get("", "organization_id")?,
        audience: Audience {
            support_request: SupportRequestId::new(row.try_get("", "support_request_id")?),
            requester: ParticipantId::new(row.try_get("", "requester_id")?),
            assignee: row.try_get::<Option<Uuid>>("", "assignee_id")?.map(UserId::new),
            members: Vec::new(),
            took_in: row
                .try_get::<Option<serde_json::Value>>("", "took_in")?
                .map(serde_json::from_value)
                .transpose()
                .map_err(|error| DbErr::Custom(error.to_string()))?
                .unwrap_or_default(),
        },
        closed: row.try_get("", "closed")?,
        merged_into: row.try_get::<Option<Uuid>>("", "merged_into")?.map(SupportRequestId::new),
        last_seq: row.try_get::<i64>("", "last_seq")?.cast_unsigned(),
        at: row.try_get::<Option<i64>>("", "last_message_at")?.unwrap_or(i64::MIN),
        grown: false,
    })
}

/// Messages under the keys of the batch, by one look-up in the index each.
async fn earlier(tx: &DatabaseTransaction, rows: &[&Append]) -> Result<HashMap<usize, Earlier>, DbErr> {
    #[cfg(feature = "faults")]
    if super::super::faults::is_planted("missing_unique_key") {
        return Ok(HashMap::new());
    }
    let keys: Vec<_> = rows
        .iter()
        .map(|row| {
            let (conversation, sender) = (row.conversation.uuid().simple(), row.author.id.uuid().simple());
            serde_json::json!([conversation.to_string(), sender.to_string(), row.client_message_id.as_str()])
        })
        .collect();
    let sql = "SELECT g.key AS at, e.id, e.seq, e.created_at, e.content_hash, e.attachments FROM json_each($1) g
               JOIN entry e ON e.conversation_id = unhex(g.value ->> 0) AND e.sender_id = unhex(g.value ->> 1)
                           AND e.client_message_id = g.value ->> 2";
    let found = all(tx, sql, serde_json::Value::Array(keys).to_string()).await?;
    found.iter().map(|row| Ok((place(row)?, earlier_of(row)?))).collect()
}

fn earlier_of(row: &QueryResult) -> Result<Earlier, DbErr> {
    Ok(Earlier {
        id: MessageId::new(row.try_get("", "id")?),
        seq: Seq::new(row.try_get::<i64>("", "seq")?.cast_unsigned()),
        at: Timestamp::from_micros(row.try_get("", "created_at")?),
        hash: row.try_get("", "content_hash")?,
        files: files::carried(row.try_get("", "attachments")?).map_err(|error| DbErr::Custom(error.to_string()))?,
    })
}

async fn answered(tx: &DatabaseTransaction, rows: &[&Append]) -> Result<HashSet<usize>, DbErr> {
    let replies: Vec<_> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| {
            let id = row.in_reply_to?.uuid().simple().to_string();
            Some(serde_json::json!([at, row.conversation.uuid().simple().to_string(), id]))
        })
        .collect();
    if replies.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "SELECT g.value ->> 0 AS at FROM json_each($1) g
               JOIN entry e ON e.conversation_id = unhex(g.value ->> 1) AND e.id = unhex(g.value ->> 2)";
    all(tx, sql, serde_json::Value::Array(replies).to_string()).await?.iter().map(place).collect()
}

pub(super) fn place(row: &QueryResult) -> Result<usize, DbErr> {
    Ok(usize::try_from(row.try_get::<i64>("", "at")?).unwrap_or(usize::MAX))
}
