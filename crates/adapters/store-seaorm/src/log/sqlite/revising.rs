//! Edits and deletions on SQLite.

use std::collections::HashMap;

use chat::{Change, Message, Revise, Revision, Seq};
use kernel::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, Value};

use super::{
    super::{
        batch::{Outcome, may_write, revised},
        message::{MESSAGE, message},
    },
    known::{self, Thread},
};

/// Decides about a batch and writes what of it is stored. No two rows are of the same message.
pub(super) async fn revise(tx: &DatabaseTransaction, rows: &[&Revision]) -> Result<Vec<Outcome>, DbErr> {
    let pairs = rows.iter().map(|row| (row.organization.uuid(), row.conversation.uuid()));
    let mut threads = known::threads(tx, pairs).await?;
    let mut messages = messages(tx, rows).await?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let outcome = decide(threads.get_mut(&row.conversation.uuid()), messages.remove(&at), row);
        if let Outcome::Revised { message, .. } = &outcome {
            store(tx, row, message).await?;
        }
        outcomes.push(outcome);
    }
    for (id, thread) in threads.iter().filter(|(_, thread)| thread.grown) {
        let sql = "UPDATE conversation SET last_seq = $1 WHERE organization_id = $2 AND id = $3";
        let values: [Value; 3] = [thread.last_seq.cast_signed().into(), thread.organization.into(), (*id).into()];
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await?;
    }
    Ok(outcomes)
}

/// The right first, then the message and whose it is, then whether it is so already, then the state.
fn decide(thread: Option<&mut Thread>, message: Option<Message>, revision: &Revision) -> Outcome {
    let author = &revision.author;
    let thread = thread.filter(|thread| {
        thread.organization == revision.organization.uuid() && may_write(author.right, author.id, &thread.audience)
    });
    let Some(thread) = thread else { return Outcome::NotFound };
    let Some(message) = message else { return Outcome::MessageNotFound };
    if !revision.of_others && message.sender.id != author.id {
        return Outcome::NotTheAuthor;
    }
    let audience = thread.audience.clone();
    if message.content.as_deref() == revision.revise.content().map(chat::Content::as_str) {
        return Outcome::Unchanged { message: Box::new(message), audience };
    }
    let at = Timestamp::from_micros(thread.at);
    if let Revise::Edit { within, .. } = &revision.revise {
        if message.deleted_at.is_some() {
            return Outcome::Deleted;
        }
        if let Some(into) = thread.merged_into {
            return Outcome::Merged(into);
        }
        if thread.closed {
            return Outcome::Closed;
        }
        if at.since(message.created_at) > *within {
            return Outcome::TooLate;
        }
    }
    thread.last_seq += 1;
    thread.grown = true;
    let message = revised(message, &revision.revise, Seq::new(thread.last_seq), at);
    Outcome::Revised { message: Box::new(message), audience }
}

/// The messages to be revised, by place in the batch.
async fn messages(tx: &DatabaseTransaction, rows: &[&Revision]) -> Result<HashMap<usize, Message>, DbErr> {
    let keys: Vec<_> = rows
        .iter()
        .map(|row| {
            let (conversation, id) = (row.conversation.uuid().simple(), row.message.uuid().simple());
            serde_json::json!([conversation.to_string(), id.to_string()])
        })
        .collect();
    let sql = format!(
        "SELECT g.key AS at, {MESSAGE} FROM json_each($1) g
         JOIN entry m ON m.conversation_id = unhex(g.value ->> 0) AND m.id = unhex(g.value ->> 1)"
    );
    let found = known::all(tx, &sql, serde_json::Value::Array(keys).to_string()).await?;
    let message = |row| message(row).map_err(|error| DbErr::Custom(error.to_string()));
    found.iter().map(|row| Ok((known::place(row)?, message(row)?))).collect()
}

/// The entry, and the message as it leaves it.
async fn store(tx: &DatabaseTransaction, revision: &Revision, message: &Message) -> Result<(), DbErr> {
    let change = if message.deleted_at.is_some() { Change::Deleted } else { Change::Edited };
    let (seq, at) = (message.entry_seq.get().cast_signed(), message.deleted_at.or(message.edited_at));
    let entry = "INSERT INTO entry (organization_id, conversation_id, seq, entry_seq, message_seq, change, sender_id,
                   sender_kind, sender_name, message_kind, created_at, content_hash)
                 VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, 0)";
    let values: [Value; 10] = [
        revision.organization.uuid().into(),
        revision.conversation.uuid().into(),
        seq.into(),
        message.seq.get().cast_signed().into(),
        change.as_number().into(),
        revision.author.id.uuid().into(),
        revision.author.kind.as_number().into(),
        revision.author.name.clone().into(),
        message.kind.as_number().into(),
        at.map(Timestamp::as_micros).into(),
    ];
    tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, entry, values)).await?;
    if message.deleted_at.is_some() {
        let gone = "UPDATE attachment SET deleted_at = $1 WHERE organization_id = $2 AND conversation_id = $3
                    AND message_id = $4";
        let values: [Value; 4] = [
            message.deleted_at.map(Timestamp::as_micros).into(),
            revision.organization.uuid().into(),
            revision.conversation.uuid().into(),
            message.id.uuid().into(),
        ];
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, gone, values)).await?;
    }
    let now = "UPDATE entry SET entry_seq = $3, content = $4, edited_at = $5, deleted_at = $6,
                 attachments = CASE WHEN $6 IS NULL THEN attachments END
               WHERE conversation_id = $1 AND id = $2";
    let values: [Value; 6] = [
        revision.conversation.uuid().into(),
        message.id.uuid().into(),
        seq.into(),
        message.content.clone().into(),
        message.edited_at.map(Timestamp::as_micros).into(),
        message.deleted_at.map(Timestamp::as_micros).into(),
    ];
    tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, now, values)).await.map(drop)
}
