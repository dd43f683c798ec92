//! A database of its own for each test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use xtask::cluster::{Cluster, Durability, postgres_program};
use xtask::services::POSTGRES_URL;
use xtask::{process, tree};

/// Which of the two stores a test runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The embedded default: a file in the server's data folder.
    Sqlite,
    /// A fresh database of the private PostgreSQL.
    Postgres,
}

/// Both, for tests that loop.
pub const STORES: [Store; 2] = [Store::Sqlite, Store::Postgres];

/// One database, deleted with this value.
#[derive(Debug)]
pub enum Database {
    /// The server makes the file by itself.
    Sqlite,
    /// A database of a cluster that lives on.
    Postgres {
        /// Its own URL.
        url: String,
        /// The superuser's URL, by which it is made and dropped.
        admin: String,
        /// Its name.
        name: String,
    },
    /// A database of a cluster of its own.
    Own(OwnCluster),
    /// Another server's PostgreSQL database, which goes with that server.
    Shared(String),
}

impl Database {
    /// An empty database of that store; for PostgreSQL, of the cluster that `cargo xtask services` runs.
    pub fn empty(store: Store) -> Self {
        match store {
            Store::Sqlite => Self::Sqlite,
            Store::Postgres => Self::copied("template1"),
        }
    }

    /// A copy of another database of that cluster.
    pub(crate) fn copied(template: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let admin = services_url();
        let name = format!("guichet_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        sql(&admin, &format!("drop database if exists {name} with (force)"));
        sql(&admin, &format!("create database {name} template {template}"));
        Self::Postgres { url: sibling(&admin, &name), admin, name }
    }

    /// A database that survives a crash of the machine: SQLite always does, PostgreSQL gets a cluster of its own.
    pub fn durable(store: Store) -> Self {
        match store {
            Store::Sqlite => Self::Sqlite,
            Store::Postgres => Self::Own(OwnCluster::start()),
        }
    }

    /// What `GUICHET_DATABASE_URL` says; nothing for the embedded default.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres { url, .. } | Self::Shared(url) => Some(url.clone()),
            Self::Own(own) => Some(own.cluster.url("postgres")),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { admin, name, .. } = self {
            // A database that stays behind costs disk until the services stop, and must not hide why a test failed.
            let _ = try_sql(admin, &format!("drop database if exists {name} with (force)"));
        }
    }
}

/// A cluster that one test uses alone, with PostgreSQL's default durability; deleted with this value.
#[derive(Debug)]
pub struct OwnCluster {
    /// The cluster, to stop and start it in the test.
    pub cluster: Cluster,
}

impl OwnCluster {
    fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        remove_orphans();
        let name = format!("{PREFIX}{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let cluster =
            Cluster::create(&std::env::temp_dir().join(name), Durability::Durable).expect("a private PostgreSQL");
        Self { cluster }
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        if let Err(error) = self.cluster.remove() {
            eprintln!("the cluster in {} stays behind: {error:#}", self.cluster.folder().display());
        }
    }
}

const PREFIX: &str = "guichet-cluster-";

/// Clusters of tests that were killed before they could delete theirs.
fn remove_orphans() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if owner(&path).is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
            && let Some(cluster) = Cluster::open(&path)
        {
            // Another test may be deleting the same one.
            let _ = cluster.remove();
        }
    }
}

fn owner(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

/// The URL of another database of the same cluster.
pub(crate) fn sibling(url: &str, database: &str) -> String {
    let (head, _) = url.rsplit_once('/').expect("a URL has a path");
    format!("{head}/{database}")
}

/// The superuser's URL of the cluster that tests share.
pub(crate) fn services_url() -> String {
    std::env::var(POSTGRES_URL).ok().or_else(written_url).unwrap_or_else(|| {
        panic!("no PostgreSQL for tests: `cargo xtask services start` makes one (or set {POSTGRES_URL})")
    })
}

fn written_url() -> Option<String> {
    let text = std::fs::read_to_string(tree::services_file()).ok()?;
    let prefix = format!("{POSTGRES_URL}=");
    text.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::to_owned)
}

/// Runs one statement as the superuser and gives what it selects, unaligned.
pub fn sql(url: &str, statement: &str) -> String {
    try_sql(url, statement).unwrap_or_else(|error| panic!("{statement}: {error:#}"))
}

/// The same, where it may be refused.
///
/// # Errors
/// PostgreSQL cannot be reached, refuses, or ends the session; the message has psql's words.
pub fn try_sql(url: &str, statement: &str) -> anyhow::Result<String> {
    let program = postgres_program("psql").unwrap_or_else(|| PathBuf::from("psql"));
    process::read(Command::new(program).args([
        "--no-psqlrc",
        "--quiet",
        "--tuples-only",
        "--no-align",
        "--command",
        statement,
        url,
    ]))
}
