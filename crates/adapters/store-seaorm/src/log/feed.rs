//! The log as an outbox: its entries in an order that the order of commits cannot trick.
//!
//! PostgreSQL hands out transaction ids before they commit, so a consumer reads only below the
//! oldest transaction still open: everything there is complete. SQLite has one writer, so the
//! position of a row is the order of commits.

use async_trait::async_trait;
use chat::{LogCursor, LogFeed, LogRecord};
use kernel::{ConversationId, OrganizationId, PortError, SupportRequestId, Timestamp};
use sea_orm::QueryResult;
use time::OffsetDateTime;

use super::message::{self, MESSAGE};
use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore};

#[async_trait]
impl LogFeed for SeaStore {
    async fn next(&self, after: LogCursor, limit: u32) -> Result<Vec<LogRecord>, PortError> {
        let page = if self.is_postgres() {
            "SELECT * FROM entry
             WHERE tx >= $1::text::xid8 AND tx < pg_snapshot_xmin(pg_current_snapshot())
               AND (tx > $1::text::xid8 OR tx_row > $2)
             ORDER BY tx, tx_row LIMIT $3"
        } else {
            "SELECT * FROM entry WHERE $1 = $1 AND position > $2 ORDER BY position LIMIT $3"
        };
        #[cfg(feature = "faults")]
        let page = &super::faults::feed(page);
        let (tx, row, order) = cursor_columns(self.is_postgres());
        let sql = format!(
            "SELECT {tx} AS c_tx, {row} AS c_row, e.organization_id, e.conversation_id, c.support_request_id,
                    e.seq AS e_seq, e.change AS e_change, {MESSAGE}
             FROM ({page}) e
             JOIN conversation c ON c.organization_id = e.organization_id AND c.id = e.conversation_id
             JOIN entry m ON m.conversation_id = e.conversation_id AND m.seq = coalesce(e.message_seq, e.seq)
             ORDER BY {order}"
        );
        let sql = Sql::new(sql).text(after.transaction.to_string()).count(after.row).count(limit.into());
        self.log_reads().await.all(sql).await?.iter().map(record).collect()
    }

    async fn position(&self, consumer: &str) -> Result<LogCursor, PortError> {
        let sql = Sql::new("SELECT tx, tx_row FROM log_position WHERE consumer = $1").text(consumer);
        match self.log_reads().await.one(sql).await? {
            Some(row) => Ok(LogCursor { transaction: row.count("tx")?, row: row.count("tx_row")? }),
            None => Ok(LogCursor::default()),
        }
    }

    async fn advance(&self, consumer: &str, to: LogCursor) -> Result<(), PortError> {
        let sql = "INSERT INTO log_position AS p (consumer, tx, tx_row) VALUES ($1, $2, $3)
                   ON CONFLICT (consumer) DO UPDATE SET tx = excluded.tx, tx_row = excluded.tx_row
                   WHERE (excluded.tx, excluded.tx_row) > (p.tx, p.tx_row)";
        let sql = Sql::new(sql).text(consumer).count(to.transaction).count(to.row);
        self.log_writes().await.all(sql).await.map(drop)
    }

    async fn lag_seconds(&self, consumer: &str) -> Result<f64, PortError> {
        let position = self.position(consumer).await?;
        let oldest = if self.is_postgres() {
            "SELECT created_at FROM entry WHERE tx >= $1::text::xid8 AND (tx > $1::text::xid8 OR tx_row > $2)
             ORDER BY tx, tx_row LIMIT 1"
        } else {
            "SELECT created_at FROM entry WHERE $1 = $1 AND position > $2 ORDER BY position LIMIT 1"
        };
        let sql = Sql::new(oldest).text(position.transaction.to_string()).count(position.row);
        let Some(row) = self.log_reads().await.one(sql).await? else { return Ok(0.0) };
        let now = Timestamp::from_datetime(OffsetDateTime::now_utc());
        Ok(now.since(row.time("created_at")?).as_secs_f64())
    }
}

/// How the cursor is read, and what a page is sorted by.
fn cursor_columns(postgres: bool) -> (&'static str, &'static str, &'static str) {
    if postgres {
        ("e.tx::text::bigint", "e.tx_row::bigint", "e.tx, e.tx_row")
    } else {
        ("0", "e.position", "e.position")
    }
}

fn record(row: &QueryResult) -> Result<LogRecord, PortError> {
    Ok(LogRecord {
        cursor: LogCursor { transaction: row.count("c_tx")?, row: row.count("c_row")? },
        organization: OrganizationId::new(row.uuid("organization_id")?),
        conversation: ConversationId::new(row.uuid("conversation_id")?),
        support_request: SupportRequestId::new(row.uuid("support_request_id")?),
        entry: message::entry(row)?,
    })
}
