//! Connections, and how each is set up before its first use.

use std::{str::FromStr, time::Duration};

use kernel::PortError;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::error;

/// The role a connection to PostgreSQL works under; see the README of `migrations`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    App,
    Log,
    Gate,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::App => migrations::APP_ROLE,
            Self::Log => migrations::LOG_ROLE,
            Self::Gate => migrations::GATE_ROLE,
        }
    }

    /// An ack means durable, so a commit waits for the disk whatever the cluster's default is;
    /// a stronger default (a synchronous standby) is kept. A transaction left open would hold back
    /// the consumers of the log. Statements are short, so compiling them never pays.
    fn set_up(self, patience: Duration) -> String {
        format!(
            "SET ROLE {};
             SELECT set_config('synchronous_commit', 'on', false)
               WHERE current_setting('synchronous_commit') IN ('off', 'local');
             {};
             SET idle_in_transaction_session_timeout = 10000; SET jit = off",
            self.name(),
            self.server_gives_up_after(server_patience(patience))
        )
    }

    /// The statements that make the server give up, a limit of 0 being none. Under the role of the
    /// log nobody waits long for a locked row, because many others wait behind them.
    pub(crate) fn server_gives_up_after(self, limit: Duration) -> String {
        let waits = if self == Self::Log { LOG_WAITS.min(limit / 2) } else { limit };
        let (limit, waits) = (limit.as_millis().max(1), waits.as_millis().max(1));
        format!("SET statement_timeout = {limit}; SET lock_timeout = {waits}")
    }
}

/// How long the log waits for a row that somebody else has locked; at most half of the time there is, so
/// that some is left to go on without it.
const LOG_WAITS: Duration = Duration::from_millis(500);

/// The server gives up before we do, so that we hear what became of it.
pub(crate) fn server_patience(ours: Duration) -> Duration {
    ours.mul_f32(0.75)
}

/// Whether the address names PostgreSQL.
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// Statements are not logged: their values are contents of messages.
pub(crate) fn postgres_options(url: &str) -> Result<PgConnectOptions, PortError> {
    let options = PgConnectOptions::from_str(url).map_err(|error| error::port(error::from_sqlx(error)))?;
    Ok(options.application_name("guichet").disable_statement_logging())
}

/// The pool for transactions, under `guichet_app`.
pub(crate) fn postgres_pool(options: &PgConnectOptions, size: u32, patience: Duration) -> DatabaseConnection {
    let pool = PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(patience.mul_f32(0.75))
        .after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(AssertSqlSafe(Role::App.set_up(patience))).await.map(drop) })
        })
        .connect_lazy_with(options.clone());
    SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
}

/// One connection as the login itself, which owns the tables: for migrations only.
pub(crate) async fn postgres_owner(url: &str) -> Result<DatabaseConnection, PortError> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(postgres_options(url)?)
        .await
        .map_err(|error| error::port(error::from_sqlx(error)))?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// A new connection to PostgreSQL under a role.
pub(crate) async fn postgres(
    options: &PgConnectOptions,
    role: Role,
    patience: Duration,
) -> Result<PgConnection, sqlx::Error> {
    let connect = async {
        let mut connection = PgConnection::connect_with(options).await?;
        connection.execute(AssertSqlSafe(role.set_up(patience))).await?;
        Ok(connection)
    };
    match tokio::time::timeout(patience.mul_f32(0.75), connect).await {
        Ok(done) => done,
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// SQLite's one writer, or its readers, which cannot write.
///
/// A connection that the driver believes to be inside a transaction is never used again. On a full disk
/// SQLite ends a transaction by itself, the driver's own ROLLBACK then fails, and from there on the driver
/// would begin with a SAVEPOINT: releasing one is no commit while an outer one stands, and what was
/// answered as stored would be gone.
pub(crate) async fn sqlite(
    url: &str,
    size: u32,
    read_only: bool,
    patience: Duration,
) -> Result<DatabaseConnection, PortError> {
    let wrong = |error| error::port(error::from_sqlx(error));
    let options = SqliteConnectOptions::from_str(url)
        .map_err(wrong)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(patience.mul_f32(0.75))
        // What was deleted, or edited away, is overwritten and does not stay in free pages.
        .pragma("secure_delete", "on")
        .pragma("query_only", if read_only { "on" } else { "off" })
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(patience)
        // There is no network that could have gone away in the meantime.
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .map_err(wrong)?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, TransactionTrait};

    use super::*;
    use crate::database::{Backend, Fresh};

    #[tokio::test]
    async fn sqlite_writes_ahead_and_waits_for_the_disk() {
        let fresh = Fresh::empty(Backend::Sqlite).await;
        let writer = sqlite(&fresh.url, 1, false, Duration::from_secs(4)).await.unwrap();
        for (pragma, wanted) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("secure_delete", "1"),
            ("foreign_keys", "1"),
            ("busy_timeout", "3000"),
        ] {
            let sql = format!("SELECT CAST({pragma} AS TEXT) AS value FROM pragma_{pragma}");
            let sql = if pragma == "busy_timeout" { sql.replace("CAST(busy_timeout", "CAST(timeout") } else { sql };
            let row = writer.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql)).await;
            let value: String = row.unwrap().unwrap().try_get("", "value").unwrap();
            assert_eq!(value, wanted, "{pragma}");
        }
    }

    #[tokio::test]
    async fn a_writer_whose_transaction_sqlite_ended_by_itself_is_not_used_again() {
        let fresh = Fresh::empty(Backend::Sqlite).await;
        let writer = sqlite(&fresh.url, 1, false, Duration::from_secs(4)).await.unwrap();
        let ended = writer.begin().await.unwrap();
        // As a full disk does it, behind the driver's back; the driver's own ROLLBACK then fails.
        ended.execute_unprepared("ROLLBACK").await.unwrap();
        drop(ended);
        let next = writer.begin().await.unwrap();
        let savepoint = next.execute_unprepared("RELEASE SAVEPOINT _sqlx_savepoint_1").await;
        assert!(savepoint.is_err(), "the next transaction is none of its own, so that committing it commits nothing");
        next.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_reader_of_sqlite_cannot_write() {
        let fresh = Fresh::migrated(Backend::Sqlite).await;
        let reader = sqlite(&fresh.url, 1, true, Duration::from_secs(4)).await.unwrap();
        assert!(reader.execute_unprepared("DELETE FROM organization").await.is_err());
    }
}
