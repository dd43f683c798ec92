//! The batch on SQLite: one transaction of the one writer, which finds repeats and numbers by itself.

mod binding;
mod known;
mod revising;

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use chat::{Append, Revision, Seq};
use kernel::{MessageId, Timestamp};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
};
use uuid::Uuid;

use super::batch::{Locks, Outcome, Shard};
use known::{Known, Thread};

pub(crate) struct SqliteShard {
    writer: DatabaseConnection,
    /// Begun, and nothing written yet.
    open: Option<DatabaseTransaction>,
    #[cfg(feature = "faults")]
    held: bool,
}

impl SqliteShard {
    pub(crate) fn new(writer: DatabaseConnection) -> Self {
        Self {
            writer,
            open: None,
            #[cfg(feature = "faults")]
            held: false,
        }
    }

    /// Commits, unless a planted fault holds that back.
    async fn end(&mut self, tx: DatabaseTransaction) -> Result<(), DbErr> {
        #[cfg(feature = "faults")]
        if self.held {
            self.open = Some(tx);
            return Ok(());
        }
        tx.commit().await
    }
}

#[async_trait]
impl Shard for SqliteShard {
    async fn ready(&mut self, _within: Duration) -> Result<(), DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        self.open = None;
        self.open = Some(self.writer.begin_with_options(options).await?);
        Ok(())
    }

    /// There is one writer, who was waited for by `ready`: no conversation is locked.
    async fn commit(&mut self, rows: &[&Append], _locks: Locks) -> Result<Vec<Outcome>, DbErr> {
        let Some(tx) = self.open.take() else { return Err(DbErr::Custom("not begun".into())) };
        let mut known = Known::read(&tx, rows).await?;
        let outcomes: Vec<Outcome> = rows.iter().enumerate().map(|(at, row)| known.decide(at, row)).collect();
        insert(&tx, rows, &outcomes).await?;
        binding::bind(&tx, rows, &outcomes).await?;
        grow(&tx, &known.threads).await?;
        self.end(tx).await?;
        Ok(outcomes)
    }

    async fn revise(&mut self, rows: &[&Revision], _locks: Locks) -> Result<Vec<Outcome>, DbErr> {
        let Some(tx) = self.open.take() else { return Err(DbErr::Custom("not begun".into())) };
        let outcomes = revising::revise(&tx, rows).await?;
        self.end(tx).await?;
        Ok(outcomes)
    }

    /// A transaction that is dropped is rolled back.
    fn cancel(&mut self) {
        self.open = None;
    }

    fn reset(&mut self) {
        self.open = None;
    }

    #[cfg(feature = "faults")]
    fn hold(&mut self) {
        self.held = true;
    }

    #[cfg(feature = "faults")]
    async fn release(&mut self) -> Result<(), DbErr> {
        self.held = false;
        match self.open.take() {
            Some(tx) => tx.commit().await,
            None => Ok(()),
        }
    }
}

/// Few shapes of the statement, so that each is prepared once.
const CHUNKS: [usize; 3] = [64, 8, 1];

async fn insert(tx: &DatabaseTransaction, rows: &[&Append], outcomes: &[Outcome]) -> Result<(), DbErr> {
    let stored: Vec<(&Append, Seq, Timestamp)> = rows
        .iter()
        .zip(outcomes)
        .filter_map(|(row, outcome)| match outcome {
            Outcome::Stored { seq, at, .. } => Some((*row, *seq, *at)),
            _ => None,
        })
        .collect();
    let mut rest = stored.as_slice();
    for chunk in CHUNKS {
        while rest.len() >= chunk {
            let (now, later) = rest.split_at(chunk);
            insert_chunk(tx, now).await?;
            rest = later;
        }
    }
    Ok(())
}

async fn insert_chunk(tx: &DatabaseTransaction, rows: &[(&Append, Seq, Timestamp)]) -> Result<(), DbErr> {
    let row = "(?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let sql = format!(
        "INSERT INTO entry (organization_id, conversation_id, seq, entry_seq, id, change, sender_id, sender_kind,
           sender_name, message_kind, created_at, content_hash, client_message_id, content, in_reply_to)
         VALUES {}",
        vec![row; rows.len()].join(", ")
    );
    let values = rows.iter().flat_map(|(append, seq, at)| -> [Value; 14] {
        let seq = seq.get().cast_signed();
        [
            append.organization.uuid().into(),
            append.conversation.uuid().into(),
            seq.into(),
            seq.into(),
            append.id.uuid().into(),
            append.author.id.uuid().into(),
            append.author.kind.as_number().into(),
            append.author.name.clone().into(),
            append.kind.as_number().into(),
            at.as_micros().into(),
            append.hash.as_i64().into(),
            append.client_message_id.as_str().into(),
            append.content.as_str().into(),
            append.in_reply_to.map(MessageId::uuid).into(),
        ]
    });
    tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await.map(drop)
}

async fn grow(tx: &DatabaseTransaction, threads: &HashMap<Uuid, Thread>) -> Result<(), DbErr> {
    let sql = "UPDATE conversation SET last_seq = $1, last_message_at = $2 WHERE organization_id = $3 AND id = $4";
    for (id, thread) in threads.iter().filter(|(_, thread)| thread.grown) {
        let values: [Value; 4] =
            [thread.last_seq.cast_signed().into(), thread.at.into(), thread.organization.into(), (*id).into()];
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await?;
    }
    Ok(())
}
