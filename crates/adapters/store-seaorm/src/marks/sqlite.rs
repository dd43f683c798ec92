//! Marks on SQLite: one transaction of the one writer.

use async_trait::async_trait;
use chat::{Mark, Marked, ReadMark, Receipt, SenderKind, Seq};
use kernel::{PortError, Scope, SupportRequestId};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use super::batch::{Marker, Row};
use crate::{row::Columns, scope, sql::Sql};

/// Both marks are capped at the end of the log, and reading delivers.
const FORWARD: &str = "
UPDATE participant SET
  delivered_seq = max(delivered_seq, min(max($4, $5), $6)),
  read_seq = max(read_seq, min($5, $6)),
  read_at = CASE WHEN min($5, $6) > read_seq THEN $7 ELSE read_at END
WHERE organization_id = $1 AND conversation_id = $2 AND participant_id = $3
  AND (min(max($4, $5), $6) > delivered_seq OR min($5, $6) > read_seq)
RETURNING delivered_seq, read_seq, read_at, kind";

/// As above, and makes a member of staff who reads a participant.
const JOIN: &str = "
INSERT INTO participant AS p
  (organization_id, conversation_id, participant_id, delivered_seq, read_seq, read_at, kind, name, joined_at)
VALUES ($1, $2, $3, min(max($4, $5), $6), min($5, $6), $7, $8, $9, $7)
ON CONFLICT (organization_id, conversation_id, participant_id) DO UPDATE SET
  delivered_seq = max(p.delivered_seq, excluded.delivered_seq),
  read_seq = max(p.read_seq, excluded.read_seq),
  read_at = CASE WHEN excluded.read_seq > p.read_seq THEN excluded.read_at ELSE p.read_at END
WHERE excluded.delivered_seq > p.delivered_seq OR excluded.read_seq > p.read_seq
RETURNING delivered_seq, read_seq, read_at, kind";

pub(super) struct SqliteMarker {
    writer: DatabaseConnection,
}

impl SqliteMarker {
    pub(super) fn new(writer: DatabaseConnection) -> Self {
        Self { writer }
    }
}

#[async_trait]
impl Marker for SqliteMarker {
    async fn commit(&mut self, rows: &[Row]) -> Result<Vec<Marked>, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let tx = self.writer.begin_with_options(options).await?;
        let mut answers = Vec::with_capacity(rows.len());
        for row in rows {
            answers.push(forward(&tx, row.scope, &row.mark).await?);
        }
        tx.commit().await?;
        Ok(answers)
    }

    /// Nothing is held between two commits.
    fn reset(&mut self) {}
}

async fn forward(tx: &DatabaseTransaction, scope: Scope, mark: &Mark) -> Result<Marked, DbErr> {
    let sql = "SELECT c.support_request_id, c.last_seq FROM conversation c WHERE c.organization_id = $1 AND c.id = $2
               AND c.deleted_at IS NULL";
    let sql = Sql::new(sql).uuid(mark.organization.uuid()).uuid(mark.conversation.uuid());
    let Some(found) = one(tx, scope::within(sql, scope, "c", "support_request_id", "id")).await? else {
        return Ok(Marked::NotFound);
    };
    let last = found.try_get::<i64>("", "last_seq")?;
    let joins = mark.kind == SenderKind::Agent && mark.read > Seq::START && last > 0;
    let sql = Sql::new(if joins { JOIN } else { FORWARD })
        .uuid(mark.organization.uuid())
        .uuid(mark.conversation.uuid())
        .uuid(mark.participant.uuid())
        .count(mark.delivered.get())
        .count(mark.read.get())
        .int(last)
        .time(mark.at);
    let sql = if joins { sql.int(mark.kind.as_number().into()).text(&mark.name) } else { sql };
    let Some(row) = one(tx, sql).await? else { return Ok(Marked::Stands) };
    let request = SupportRequestId::new(found.try_get("", "support_request_id")?);
    receipt(&row, mark, request).map(Marked::Moved).map_err(|error| DbErr::Custom(error.to_string()))
}

async fn one(tx: &DatabaseTransaction, sql: Sql) -> Result<Option<QueryResult>, DbErr> {
    tx.query_one_raw(sql.statement(DbBackend::Sqlite)).await
}

fn receipt(row: &QueryResult, mark: &Mark, support_request: SupportRequestId) -> Result<Receipt, PortError> {
    Ok(Receipt {
        organization: mark.organization,
        conversation: mark.conversation,
        support_request,
        participant: mark.participant,
        kind: row.number("kind", SenderKind::from_number)?,
        mark: ReadMark {
            delivered_seq: Seq::new(row.count("delivered_seq")?),
            read_seq: Seq::new(row.count("read_seq")?),
            read_at: row.maybe_time("read_at")?,
        },
    })
}
