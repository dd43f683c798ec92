//! A fresh database for each test.

use std::{path::PathBuf, sync::Arc};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// A database that lives as long as this.
pub(crate) struct Fresh {
    pub(crate) url: String,
    pub(crate) backend: Backend,
    _keep: Arc<Keep>,
}

enum Keep {
    Folder(#[expect(dead_code, reason = "removed when dropped")] TempDir),
    Database { admin: String, name: String },
}

impl Fresh {
    /// With the newest schema.
    pub(crate) async fn migrated(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let fresh = Self::empty(backend).await;
                store_seaorm::migrate_up(&fresh.url).await.expect("a new file can be migrated");
                fresh
            }
            Backend::Postgres => Self::on_postgres(Some(template().await)).await,
        }
    }

    /// With nothing in it.
    pub(crate) async fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = TempDir::new().expect("a temporary folder");
                let url = format!("sqlite://{}?mode=rwc", folder.path().join("guichet.db").display());
                Self { url, backend, _keep: Arc::new(Keep::Folder(folder)) }
            }
            Backend::Postgres => Self::on_postgres(None).await,
        }
    }

    async fn on_postgres(template: Option<String>) -> Self {
        let name = format!("guichet_{}", Uuid::now_v7().simple());
        let admin = admin_url();
        let from = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
        let mut connection = PgConnection::connect(&admin).await.expect("PostgreSQL answers");
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}{from}"))).await.expect("a new database");
        let url = with_database(&admin, &name);
        Self { url, backend: Backend::Postgres, _keep: Arc::new(Keep::Database { admin, name }) }
    }

    /// As the owner of everything, past every wall.
    pub(crate) async fn owner(&self) -> DatabaseConnection {
        Database::connect(&self.url).await.expect("the database answers")
    }

    pub(crate) async fn run(&self, sql: &str) {
        let db = self.owner().await;
        db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        db.close().await.expect("it closes");
    }

    pub(crate) async fn all(&self, sql: &str) -> Vec<QueryResult> {
        let db = self.owner().await;
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let rows = db.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        db.close().await.expect("it closes");
        rows
    }

    /// An id as it stands in a statement.
    pub(crate) fn id(&self, id: Uuid) -> String {
        match self.backend {
            Backend::Sqlite => format!("X'{}'", id.simple()),
            Backend::Postgres => format!("'{id}'::uuid"),
        }
    }
}

impl Drop for Keep {
    /// The store of the test may still hold connections.
    fn drop(&mut self) {
        let Self::Database { admin, name } = self else { return };
        let (admin, sql) = (admin.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&admin).await?;
                connection.execute(AssertSqlSafe(sql)).await?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            })
        });
        if let Ok(Err(error)) = thread.join() {
            tracing::warn!(%error, "the database of a test was not dropped");
        }
    }
}

/// The migrated database that others are copies of: made once by whichever test comes first.
async fn template() -> String {
    let name = format!("guichet_template_{:x}", migrations::fingerprint());
    let admin = admin_url();
    let mut connection = PgConnection::connect(&admin).await.expect("PostgreSQL answers");
    connection.execute("SELECT pg_advisory_lock(20240115)").await.expect("a lock");
    let found = sqlx::query_scalar::<_, bool>("SELECT datistemplate FROM pg_database WHERE datname = $1");
    if found.bind(&name).fetch_optional(&mut connection).await.expect("an answer") != Some(true) {
        let run = async |connection: &mut PgConnection, sql: String| {
            connection.execute(AssertSqlSafe(sql)).await.expect("a template can be made");
        };
        run(&mut connection, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        run(&mut connection, format!("CREATE DATABASE {name}")).await;
        store_seaorm::migrate_up(&with_database(&admin, &name)).await.expect("a new database can be migrated");
        run(&mut connection, format!("ALTER DATABASE {name} WITH IS_TEMPLATE true")).await;
    }
    connection.execute("SELECT pg_advisory_unlock(20240115)").await.expect("the lock is ours");
    name
}

pub(crate) fn with_database(url: &str, name: &str) -> String {
    let (head, query) = url.split_once('?').map_or((url, ""), |(head, query)| (head, query));
    let (server, _) = head.rsplit_once('/').expect("an address with a database");
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{server}/{name}{query}")
}

pub(crate) fn admin_url() -> String {
    const NAME: &str = "GUICHET_TEST_POSTGRES_URL";
    std::env::var(NAME)
        .ok()
        .or_else(|| {
            let target = std::env::var_os("CARGO_TARGET_DIR")
                .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target")), PathBuf::from);
            let file = std::fs::read_to_string(target.join("services.env")).ok()?;
            file.lines().find_map(|line| line.strip_prefix(&format!("{NAME}=")).map(str::to_owned))
        })
        .unwrap_or_else(|| panic!("no PostgreSQL for tests: run `cargo xtask services start`, or set {NAME}"))
}
