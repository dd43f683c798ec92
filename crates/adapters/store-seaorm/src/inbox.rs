//! The events that were taken, so that a repeat does nothing.

use std::time::Duration;

use kernel::{EventId, PortError, Timestamp};
use sea_orm::QueryResult;
use time::OffsetDateTime;

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore, tx::SeaTx};

/// How far a consumer must be past an event before it is forgotten.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// How many rows are removed in one commit.
const CHUNK: i64 = 1_000;

impl SeaTx {
    /// Remembers that a consumer took an event; `false` when it had before.
    pub(crate) async fn take_event(&mut self, consumer: &str, event: EventId) -> Result<bool, PortError> {
        let sql = "INSERT INTO inbox (organization_id, consumer, event_id, taken_at) VALUES ($1, $2, $3, $4)
                   ON CONFLICT DO NOTHING";
        let now = Timestamp::from_datetime(OffsetDateTime::now_utc());
        let sql = Sql::new(sql).uuid(self.organization.uuid()).text(consumer).uuid(event.uuid()).time(now);
        Ok(self.run(sql).await? == 1)
    }
}

impl SeaStore {
    /// Forgets events that can never come again: those which their consumer took more than 7 days
    /// before the entry of the log that it has come to, whatever the clock says now. A consumer that
    /// lags, or has no position, keeps all that it may still meet. Gives how many there were.
    ///
    /// # Errors
    /// When the database is down; what was removed until then stays removed.
    pub async fn purge_inbox(&self) -> Result<u64, PortError> {
        let sql = Sql::new("SELECT consumer, tx, tx_row FROM log_position ORDER BY consumer");
        let consumers = self.log_reads().await.all(sql).await?;
        let mut count = 0;
        for row in &consumers {
            if let Some(at) = self.reached(row).await? {
                count += self.forget(&row.text("consumer")?, at - KEPT).await?;
            }
        }
        Ok(count)
    }

    /// When the entry was stored that a consumer has come to.
    async fn reached(&self, position: &QueryResult) -> Result<Option<Timestamp>, PortError> {
        let last = if self.is_postgres() {
            "SELECT created_at FROM entry WHERE tx <= $1::text::xid8 AND (tx < $1::text::xid8 OR tx_row <= $2)
             ORDER BY tx DESC, tx_row DESC LIMIT 1"
        } else {
            "SELECT created_at FROM entry WHERE $1 = $1 AND position <= $2 ORDER BY position DESC LIMIT 1"
        };
        let sql = Sql::new(last).text(position.count("tx")?.to_string()).count(position.count("tx_row")?);
        self.log_reads().await.one(sql).await?.map(|row| row.time("created_at")).transpose()
    }

    async fn forget(&self, consumer: &str, before: Timestamp) -> Result<u64, PortError> {
        let sql = "DELETE FROM inbox WHERE (organization_id, consumer, event_id) IN (
                     SELECT organization_id, consumer, event_id FROM inbox WHERE consumer = $1 AND taken_at < $2 LIMIT $3)
                   RETURNING 1 AS one";
        let mut count = 0;
        loop {
            let sql = Sql::new(sql).text(consumer).time(before).int(CHUNK);
            let removed = self.gate_writes().await.all(sql).await?.len() as u64;
            count += removed;
            if removed < CHUNK.unsigned_abs() {
                return Ok(count);
            }
        }
    }
}
