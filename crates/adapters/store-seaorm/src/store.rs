//! The store: every port of every domain, over one database.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use kernel::{OrganizationId, PortError, PortErrorKind};
use sea_orm::DatabaseConnection;
use sqlx::postgres::PgConnectOptions;

use crate::{
    connect::{self, Role},
    db::{Db, Queries},
    lanes::Lanes,
    log::{Log, LogStats},
    marks::Marks,
    migrate,
    options::StoreOptions,
    row::Columns,
    sql::Sql,
    tx::SeaTx,
};

/// The store of all domains, on SQLite or PostgreSQL. It implements the ports
/// `chat::{ConversationLog, Conversations, LogFeed}`, `support_request::{RequestStore, RequestViews}`
/// and `identity::{IdentityStore, IdentityViews, Revocations, ExpiredTokens, SigningKeyStore}`.
pub struct SeaStore {
    pub(crate) log: Log,
    pub(crate) marks: Marks,
    pub(crate) base: Base,
    sinks: Arc<[String]>,
    options: StoreOptions,
}

pub(crate) enum Base {
    Sqlite { writer: DatabaseConnection, readers: DatabaseConnection },
    Postgres(Box<Postgres>),
}

pub(crate) struct Postgres {
    options: PgConnectOptions,
    app: Lanes,
    log: Lanes,
    gate: Lanes,
    transactions: RwLock<(DatabaseConnection, Instant)>,
}

/// A pool that gives no connection is not given up more often than this: it may just be busy.
const RENEWAL: Duration = Duration::from_secs(10);

impl SeaStore {
    /// Opens the store and checks that the schema is the one this program needs.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot be reached, `Corrupt` when the address is wrong or
    /// steps of the schema are missing (run [`migrate_up`](crate::migrate_up)).
    pub async fn connect(options: StoreOptions) -> Result<Arc<Self>, PortError> {
        let missing = migrate::migrate_status(&options.url).await?.into_iter().find(|step| !step.applied);
        if let Some(step) = missing {
            let text = format!("the database lacks the step {} of the schema: run `guichet migrate up`", step.name);
            return Err(PortError::corrupt(text));
        }
        let base = if connect::is_postgres(&options.url) {
            Base::Postgres(Box::new(Postgres::new(&options)?))
        } else {
            Base::Sqlite {
                writer: connect::sqlite(&options.url, 1, false, options.patience).await?,
                readers: connect::sqlite(&options.url, size(options.readers), true, options.patience).await?,
            }
        };
        #[cfg(feature = "faults")]
        if let Base::Sqlite { writer, .. } = &base {
            crate::log::faults::plant(writer).await.map_err(crate::error::port)?;
        }
        let stats = Arc::default();
        let log = Log::start(&base, &options, Arc::clone(&stats));
        let marks = Marks::start(&base, &options, stats);
        Ok(Arc::new(Self { log, marks, base, sinks: options.sinks.clone().into(), options }))
    }

    /// Brings the schema to the newest step; the same as [`migrate_up`](crate::migrate_up).
    pub async fn migrate_up(url: &str) -> Result<Vec<String>, PortError> {
        migrate::migrate_up(url).await
    }

    /// Whether the database answers and the log takes messages, for readiness: within the patience
    /// of the options.
    pub async fn ping(&self) -> Result<(), PortError> {
        if !self.log.is_alive() {
            return Err(PortError::unavailable("a committer of the log has ended"));
        }
        if !self.marks.is_alive() {
            return Err(PortError::unavailable("the task of the marks has ended"));
        }
        let row = self.log_reads().await.one(Sql::new("SELECT 1 AS answer")).await?;
        match row {
            Some(row) => row.get::<i32>("answer").map(drop),
            None => Err(PortError::corrupt("the database answered nothing")),
        }
    }

    /// What the log has done since the store was opened.
    pub fn log_stats(&self) -> LogStats {
        self.log.stats()
    }

    /// Takes no more messages, commits and answers those that wait, and closes the connections.
    pub async fn close(&self) {
        self.log.close().await;
        self.marks.close().await;
        let pools = match &self.base {
            Base::Sqlite { writer, readers } => vec![readers.clone(), writer.clone()],
            Base::Postgres(postgres) => vec![postgres.transactions()],
        };
        for pool in pools {
            if let Err(error) = pool.close().await {
                tracing::debug!(%error, "a pool did not close");
            }
        }
    }

    /// Reads, and single statements that may be run twice, within an organisation.
    pub(crate) async fn app(&self, organization: OrganizationId) -> Db<'_> {
        match &self.base {
            Base::Sqlite { readers, .. } => self.on_sqlite(readers),
            Base::Postgres(postgres) => Db::Postgres(postgres.app.enter(Some(organization.uuid())).await),
        }
    }

    /// Reads of the log.
    pub(crate) async fn log_reads(&self) -> Db<'_> {
        match &self.base {
            Base::Sqlite { readers, .. } => self.on_sqlite(readers),
            Base::Postgres(postgres) => Db::Postgres(postgres.log.enter(None).await),
        }
    }

    /// Writes beside the log: the positions of its consumers.
    pub(crate) async fn log_writes(&self) -> Db<'_> {
        match &self.base {
            Base::Sqlite { writer, .. } => self.on_sqlite(writer),
            Base::Postgres(postgres) => Db::Postgres(postgres.log.enter(None).await),
        }
    }

    /// What is looked up before an organisation is known.
    pub(crate) async fn gate(&self) -> Db<'_> {
        match &self.base {
            Base::Sqlite { readers, .. } => self.on_sqlite(readers),
            Base::Postgres(postgres) => Db::Postgres(postgres.gate.enter(None).await),
        }
    }

    /// As [`Self::gate`], for statements that write.
    pub(crate) async fn gate_writes(&self) -> Db<'_> {
        match &self.base {
            Base::Sqlite { writer, .. } => self.on_sqlite(writer),
            Base::Postgres(postgres) => Db::Postgres(postgres.gate.enter(None).await),
        }
    }

    /// A transaction within an organisation.
    pub(crate) async fn transaction(&self, organization: OrganizationId) -> Result<SeaTx, PortError> {
        let (sinks, patience) = (self.sinks.clone(), self.options.patience);
        match &self.base {
            Base::Sqlite { writer, .. } => SeaTx::begin(writer, organization, sinks, patience).await,
            Base::Postgres(postgres) => {
                let pool = postgres.transactions();
                let begun = SeaTx::begin(&pool, organization, sinks, patience).await;
                if begun.as_ref().is_err_and(|error| error.kind() == PortErrorKind::Unavailable) {
                    postgres.renew(&self.options);
                }
                begun
            }
        }
    }

    fn on_sqlite<'a>(&self, pool: &'a DatabaseConnection) -> Db<'a> {
        Db::Sqlite(pool, Instant::now() + self.options.patience)
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.base, Base::Postgres(_))
    }
}

impl Postgres {
    fn new(options: &StoreOptions) -> Result<Self, PortError> {
        let to = connect::postgres_options(&options.url)?;
        let lanes = |role, count| Lanes::new(&to, role, count, options.patience);
        Ok(Self {
            app: lanes(Role::App, options.readers),
            log: lanes(Role::Log, options.log_readers),
            gate: lanes(Role::Gate, 2),
            transactions: RwLock::new((connect::postgres_pool(&to, options.writers, options.patience), Instant::now())),
            options: to,
        })
    }

    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    fn transactions(&self) -> DatabaseConnection {
        self.transactions.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Puts a new pool in place of one that gave no connection: those of the old one may hang on
    /// a network that swallows everything, and would be waited for until the system gives up.
    fn renew(&self, options: &StoreOptions) {
        let mut current = self.transactions.write().unwrap_or_else(PoisonError::into_inner);
        if current.1.elapsed() < RENEWAL {
            return;
        }
        let fresh = connect::postgres_pool(&self.options, options.writers, options.patience);
        let (old, _) = std::mem::replace(&mut *current, (fresh, Instant::now()));
        drop(current);
        tokio::spawn(async move { old.close().await });
    }
}

fn size(count: usize) -> u32 {
    u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}
