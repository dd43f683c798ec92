//! Whether this database is still the history that the epochs name, and new epochs when it is not.
//!
//! A cluster of PostgreSQL has an identifier for its life, and a timeline that goes up when a standby is
//! promoted or a backup recovered to a point. Another identifier means a dump restored elsewhere, another
//! timeline that the last commits may be missing: the `seq`s that clients hold may then name other messages.

use kernel::PortError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement, TransactionTrait};
use uuid::Uuid;

use crate::{connect, error, migrate};

/// What the database is to the epochs that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum History {
    /// The one they were minted on, or one that has no cluster (SQLite).
    Same,
    /// Another one; `recorded` and `found` are each `system identifier/timeline`.
    Other {
        /// Where the epochs were minted.
        recorded: String,
        /// Where the database is now.
        found: String,
    },
}

/// Compares the cluster with the recorded one; the first time it is recorded. The schema MUST be up to date.
///
/// # Errors
/// What the database refuses.
pub async fn recognise_history(url: &str) -> Result<History, PortError> {
    if !connect::is_postgres(url) {
        return Ok(History::Same);
    }
    let db = migrate::owner(url).await?;
    let done = recognise(&db).await.map_err(error::port);
    migrate::close(db).await;
    done
}

/// Gives every organisation a new epoch and records the cluster, in one transaction. Clients then start
/// afresh with what is stored. No node may be serving meanwhile: it would go on with the old epochs.
/// Returns how many organisations there are.
///
/// # Errors
/// What the database refuses; nothing is changed then.
pub async fn renew_epochs(url: &str) -> Result<usize, PortError> {
    let db = migrate::owner(url).await?;
    let done = renew(&db).await.map_err(error::port);
    migrate::close(db).await;
    done
}

/// Where this cluster is now. The name of the log file being written tells the timeline at once after a
/// promotion, the control file only after the next checkpoint.
const HERE: &str = "
SELECT s.system_identifier, ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline
FROM pg_control_system() s";

async fn recognise(db: &DatabaseConnection) -> Result<History, sea_orm::DbErr> {
    record(db, "NOTHING").await?;
    let compare = format!(
        "SELECT c.system_identifier || '/' || c.timeline AS recorded, h.system_identifier || '/' || h.timeline AS found
         FROM cluster c, ({HERE}) h"
    );
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, compare)).await?;
    let row = row.ok_or_else(|| sea_orm::DbErr::RecordNotFound("the cluster was recorded and is not there".into()))?;
    let (recorded, found): (String, String) = (row.try_get("", "recorded")?, row.try_get("", "found")?);
    Ok(if recorded == found { History::Same } else { History::Other { recorded, found } })
}

async fn renew(db: &DatabaseConnection) -> Result<usize, sea_orm::DbErr> {
    let tx = db.begin().await?;
    let organizations = mint(&tx).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        let newer = "UPDATE SET system_identifier = excluded.system_identifier, timeline = excluded.timeline,
                     recorded_at = excluded.recorded_at";
        record(&tx, newer).await?;
        for statement in REBASE {
            tx.execute_unprepared(statement).await?;
        }
    }
    tx.commit().await?;
    Ok(organizations)
}

/// A dump keeps the transaction ids of the cluster it was taken from, and those may be ahead of this one:
/// consumers of the log would not see such entries before this cluster has counted up to there. They all
/// become entries of this transaction, in their order; the places of the consumers move with them.
const REBASE: [&str; 3] = [
    "UPDATE log_position p SET tx = pg_current_xact_id()::text::bigint, tx_row = (
       SELECT count(*) FROM entry e WHERE e.tx >= pg_current_xact_id()
         AND (e.tx::text::bigint, e.tx_row::bigint) <= (p.tx, p.tx_row))
     WHERE p.tx >= pg_current_xact_id()::text::bigint",
    "UPDATE entry e SET tx = pg_current_xact_id(), tx_row = o.n
     FROM (SELECT conversation_id, seq, row_number() OVER (ORDER BY tx, tx_row) AS n
           FROM entry WHERE tx >= pg_current_xact_id()) o
     WHERE e.conversation_id = o.conversation_id AND e.seq = o.seq",
    "UPDATE conversation SET last_tx = NULL, last_tx_row = NULL WHERE last_tx >= pg_current_xact_id()",
];

async fn record(db: &impl ConnectionTrait, when_there: &str) -> Result<(), sea_orm::DbErr> {
    let insert = format!(
        "INSERT INTO cluster (system_identifier, timeline, recorded_at)
         SELECT h.system_identifier, h.timeline, now() FROM ({HERE}) h ON CONFLICT (only_row) DO {when_there}"
    );
    db.execute_unprepared(&insert).await.map(drop)
}

async fn mint(tx: &DatabaseTransaction) -> Result<usize, sea_orm::DbErr> {
    let backend = tx.get_database_backend();
    let rows = tx.query_all_raw(Statement::from_string(backend, "SELECT id FROM organization")).await?;
    for row in &rows {
        let organization: Uuid = row.try_get("", "id")?;
        let update = "UPDATE organization SET epoch = $1 WHERE id = $2";
        let values = [Uuid::now_v7().into(), organization.into()];
        tx.execute_raw(Statement::from_sql_and_values(backend, update, values)).await?;
    }
    Ok(rows.len())
}
