//! One transaction, for all domains.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kernel::{OrganizationId, PortError, PortErrorKind};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use crate::{
    error::{self, Trouble},
    sql::Sql,
};

/// What a commit has at least, however late it comes: its outcome is worth waiting for.
const COMMIT: Duration = Duration::from_millis(500);

/// A transaction within one organisation. Dropping it rolls back. After an error it is dead:
/// everything on it fails with the same kind of error, and it cannot commit. It must be over within the
/// store's patience, as every other call.
pub(crate) struct SeaTx {
    pub(crate) organization: OrganizationId,
    pub(crate) sinks: Arc<[String]>,
    backend: DbBackend,
    deadline: Instant,
    open: Option<DatabaseTransaction>,
    dead: PortErrorKind,
    /// A call was claimed that counts once.
    #[cfg(feature = "faults")]
    pub(crate) claimed: bool,
}

impl SeaTx {
    pub(crate) async fn begin(
        pool: &DatabaseConnection,
        organization: OrganizationId,
        sinks: Arc<[String]>,
        patience: Duration,
    ) -> Result<Self, PortError> {
        let backend = pool.get_database_backend();
        // SQLite: the right to write is taken at once, so that no read before the first write can be overtaken.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let deadline = Instant::now() + patience;
        let open = match tokio::time::timeout_at(deadline.into(), pool.begin_with_options(options)).await {
            Ok(done) => Some(done.map_err(error::port)?),
            Err(_) => return Err(error::too_slow()),
        };
        let mut tx = Self {
            organization,
            sinks,
            backend,
            deadline,
            open,
            dead: PortErrorKind::Unavailable,
            #[cfg(feature = "faults")]
            claimed: false,
        };
        if backend == DbBackend::Postgres {
            let set = Sql::new("SELECT set_config('guichet.organization', $1, true)");
            tx.rows(set.text(organization.to_string())).await?;
        }
        Ok(tx)
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    pub(crate) async fn rows(&mut self, sql: Sql) -> Result<Vec<QueryResult>, PortError> {
        let done = self.attempt(sql).await;
        done.map_err(|error| self.kill(error))
    }

    /// Runs a statement that is for its effect; how many rows it touched.
    pub(crate) async fn run(&mut self, sql: Sql) -> Result<u64, PortError> {
        let statement = sql.statement(self.backend);
        let Some(open) = &self.open else { return Err(self.buried()) };
        let done = match tokio::time::timeout_at(self.deadline.into(), open.execute_raw(statement)).await {
            Ok(done) => done.map(|done| done.rows_affected()).map_err(Fault::Database),
            Err(_) => Err(Fault::TooSlow),
        };
        done.map_err(|fault| self.kill(fault))
    }

    /// Runs a statement that may meet a unique value that is taken: then nothing happened, it
    /// gives `None`, and the transaction goes on.
    pub(crate) async fn run_unless_taken(&mut self, sql: Sql) -> Result<Option<u64>, PortError> {
        // PostgreSQL ends a transaction with the first error in it, unless there is a savepoint.
        let guarded = self.backend == DbBackend::Postgres;
        if guarded {
            self.run(Sql::new("SAVEPOINT taken")).await?;
        }
        let statement = sql.statement(self.backend);
        let Some(open) = &self.open else { return Err(self.buried()) };
        match tokio::time::timeout_at(self.deadline.into(), open.execute_raw(statement)).await {
            Ok(Ok(done)) => Ok(Some(done.rows_affected())),
            Ok(Err(error)) if error::trouble(&error) == Trouble::Taken => {
                if guarded {
                    self.run(Sql::new("ROLLBACK TO SAVEPOINT taken")).await?;
                }
                Ok(None)
            }
            Ok(Err(error)) => Err(self.kill(Fault::Database(error))),
            Err(_) => Err(self.kill(Fault::TooSlow)),
        }
    }

    /// From here to its end the transaction may take away what a person left, and little else.
    pub(crate) async fn as_eraser(&mut self) -> Result<(), PortError> {
        if self.is_postgres() {
            self.run(Sql::new(format!("SET LOCAL ROLE {}", migrations::ERASER_ROLE))).await?;
        }
        Ok(())
    }

    pub(crate) async fn commit_all(mut self) -> Result<(), PortError> {
        let Some(open) = self.open.take() else { return Err(self.buried()) };
        let deadline = self.deadline.max(Instant::now() + COMMIT);
        match tokio::time::timeout_at(deadline.into(), open.commit()).await {
            Ok(done) => {
                #[cfg(feature = "faults")]
                if self.claimed && done.is_ok() && crate::log::faults::is_planted("die_before_answer") {
                    std::process::abort();
                }
                done.map_err(error::commit)
            }
            Err(_) => Err(PortError::new(PortErrorKind::Unknown, "the database did not answer a commit in time")),
        }
    }

    /// Ends the transaction for a reason that the database did not see.
    pub(crate) fn fail(&mut self, kind: PortErrorKind, why: &'static str) -> PortError {
        self.open = None;
        self.dead = kind;
        PortError::new(kind, why)
    }

    async fn attempt(&mut self, sql: Sql) -> Result<Vec<QueryResult>, Fault> {
        let statement = sql.statement(self.backend);
        let Some(open) = &self.open else { return Err(Fault::Buried) };
        match tokio::time::timeout_at(self.deadline.into(), open.query_all_raw(statement)).await {
            Ok(done) => done.map_err(Fault::Database),
            Err(_) => Err(Fault::TooSlow),
        }
    }

    /// Dropping the transaction rolls it back.
    fn kill(&mut self, fault: Fault) -> PortError {
        let error = match fault {
            Fault::Database(error) => error::port(error),
            Fault::TooSlow => error::too_slow(),
            Fault::Buried => return self.buried(),
        };
        self.open = None;
        self.dead = error.kind();
        error
    }

    fn buried(&self) -> PortError {
        PortError::new(self.dead, "the transaction ended with an earlier error")
    }
}

enum Fault {
    Database(DbErr),
    TooSlow,
    Buried,
}
