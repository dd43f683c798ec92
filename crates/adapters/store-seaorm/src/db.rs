//! What a statement runs on.

use std::{future::Future, time::Instant};

use kernel::PortError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult};

use crate::{error, lanes::InLane, sql::Sql, tx::SeaTx};

/// Anything that runs statements within one organisation, or under a role that sees all.
pub(crate) trait Queries: Send {
    /// All rows of a statement.
    fn all(&mut self, sql: Sql) -> impl Future<Output = Result<Vec<QueryResult>, PortError>> + Send;

    /// The only row of a statement.
    fn one(&mut self, sql: Sql) -> impl Future<Output = Result<Option<QueryResult>, PortError>> + Send {
        async { Ok(self.all(sql).await?.into_iter().next()) }
    }
}

/// A way to read, and to write single statements that may be run twice.
pub(crate) enum Db<'a> {
    /// PostgreSQL, in a lane.
    Postgres(InLane<'a>),
    /// SQLite: a pool of readers, or the writer, and until when all that runs on it must be over.
    Sqlite(&'a DatabaseConnection, Instant),
}

impl Queries for Db<'_> {
    async fn all(&mut self, sql: Sql) -> Result<Vec<QueryResult>, PortError> {
        match self {
            Self::Postgres(lane) => lane.rows(&sql).await,
            Self::Sqlite(pool, deadline) => {
                let query = pool.query_all_raw(sql.statement(DbBackend::Sqlite));
                match tokio::time::timeout_at((*deadline).into(), query).await {
                    Ok(done) => done.map_err(error::port),
                    Err(_) => Err(error::too_slow()),
                }
            }
        }
    }
}

impl Queries for SeaTx {
    async fn all(&mut self, sql: Sql) -> Result<Vec<QueryResult>, PortError> {
        self.rows(sql).await
    }
}
