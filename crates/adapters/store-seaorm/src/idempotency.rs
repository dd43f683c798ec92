//! The calls that were carried out, so that the same again creates nothing.

use std::time::Duration;

use async_trait::async_trait;
use kernel::{Claim, IdempotentCall, IdempotentCalls, PortError, Repeat, Timestamp};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore, tx::SeaTx};

/// How often a call waits for another one, and how long each time: a transaction that has been given up is
/// rolled back a little later, and most that are carried out have ended by then.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(10);

/// How many rows are removed in one commit.
const CHUNK: i64 = 1_000;

#[async_trait]
impl IdempotentCalls for SeaTx {
    async fn claim(&mut self, call: &IdempotentCall, resource: Uuid, now: Timestamp) -> Result<Claim, PortError> {
        // Whoever only repeats keeps nobody else out.
        let known = self.find(call, now).await?;
        if known != Claim::New {
            return Ok(known);
        }
        if !self.takes_turn(call).await? {
            return Ok(Claim::Running);
        }
        // A row whose time is over is taken over; any other is left alone, and gives no row back.
        let sql = "INSERT INTO idempotent_call AS c (organization_id, principal_id, operation, key, body, resource_id,
                     kept, expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                   ON CONFLICT (organization_id, principal_id, operation, key) DO UPDATE
                     SET body = $5, resource_id = $6, kept = $7, expires_at = $8 WHERE c.expires_at <= $9
                   RETURNING 1 AS one";
        let sql = self.named(sql, call).text(&call.body).uuid(resource).maybe_text(call.kept.as_deref());
        let sql = sql.time(now + IdempotentCall::LIFE).time(now);
        match self.one(sql).await? {
            Some(_) => {
                #[cfg(feature = "faults")]
                {
                    self.claimed = true;
                }
                Ok(Claim::New)
            }
            None => self.find(call, now).await,
        }
    }

    async fn find(&mut self, call: &IdempotentCall, now: Timestamp) -> Result<Claim, PortError> {
        let sql = "SELECT body, resource_id, kept FROM idempotent_call
                   WHERE organization_id = $1 AND principal_id = $2 AND operation = $3 AND key = $4 AND expires_at > $5";
        let sql = self.named(sql, call).time(now);
        match self.one(sql).await? {
            Some(row) => known(&row, call),
            None => Ok(Claim::New),
        }
    }
}

impl SeaTx {
    /// A statement about one call.
    fn named(&self, sql: &'static str, call: &IdempotentCall) -> Sql {
        let sql = Sql::new(sql).uuid(self.organization.uuid()).uuid(call.principal);
        sql.text(call.operation).text(&call.key)
    }

    /// Keeps others with this key out until the end of the transaction; `false` when one of them does, and
    /// is not about to end. On PostgreSQL the insert would wait for the other's end, and hold a connection
    /// all the while. The lock is let go after the commit can be seen, so that whoever has it next finds
    /// the row.
    async fn takes_turn(&mut self, call: &IdempotentCall) -> Result<bool, PortError> {
        if !self.is_postgres() {
            return Ok(true);
        }
        for _ in 0..TRIES {
            if self.tries_lock(call).await? {
                return Ok(true);
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.tries_lock(call).await
    }

    async fn tries_lock(&mut self, call: &IdempotentCall) -> Result<bool, PortError> {
        let name = format!("{} {} {} {}", self.organization, call.principal, call.operation, call.key);
        let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free";
        match self.one(Sql::new(sql).text(name)).await? {
            Some(row) => row.get("free"),
            None => Err(PortError::corrupt("a lock was neither given nor refused")),
        }
    }
}

fn known(row: &QueryResult, call: &IdempotentCall) -> Result<Claim, PortError> {
    if row.text("body")? != call.body {
        return Ok(Claim::OtherBody);
    }
    Ok(Claim::Repeat(Repeat { resource: row.uuid("resource_id")?, kept: row.maybe_text("kept")? }))
}

impl SeaStore {
    /// Forgets the calls, of all organisations, whose time was over at that moment. Gives how many
    /// there were.
    ///
    /// # Errors
    /// When the database is down; what was removed until then stays removed.
    pub async fn purge_calls(&self, now: Timestamp) -> Result<u64, PortError> {
        let sql = "DELETE FROM idempotent_call WHERE (organization_id, principal_id, operation, key) IN (
                     SELECT organization_id, principal_id, operation, key FROM idempotent_call
                     WHERE expires_at <= $1 LIMIT $2)
                   RETURNING 1 AS one";
        let mut count = 0;
        loop {
            let removed = self.gate_writes().await.all(Sql::new(sql).time(now).int(CHUNK)).await?.len() as u64;
            count += removed;
            if removed < CHUNK.unsigned_abs() {
                return Ok(count);
            }
        }
    }
}
