//! The services that tests share: one private PostgreSQL, started once, found by `target/services.env`.

use crate::cluster::{Cluster, Durability};
use crate::tree;
use anyhow::{Context, Result};
use std::fmt;
use std::fs::File;
use std::path::PathBuf;

/// The variable that names the superuser's URL, in `target/services.env` and in the tests' environment.
pub const POSTGRES_URL: &str = "GUICHET_TEST_POSTGRES_URL";

/// What a command found or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Services {
    /// Nothing ran before; this call started them.
    Started(String),
    /// They ran already; nothing was done.
    Running(String),
    /// Nothing runs.
    Stopped,
}

impl Services {
    /// The superuser's URL, while they run.
    pub fn postgres_url(&self) -> Option<&str> {
        match self {
            Self::Started(url) | Self::Running(url) => Some(url),
            Self::Stopped => None,
        }
    }
}

impl fmt::Display for Services {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(url) => write!(formatter, "PostgreSQL started: {url}"),
            Self::Running(url) => write!(formatter, "PostgreSQL runs: {url}"),
            Self::Stopped => write!(formatter, "PostgreSQL is stopped"),
        }
    }
}

/// Starts what does not run. What a crash or a restart of the machine left is replaced.
///
/// # Errors
/// PostgreSQL is missing or refuses to start.
pub fn start() -> Result<Services> {
    let _only_one = lock()?;
    if let Some(cluster) = running() {
        let url = cluster.url("postgres");
        write_file(&url)?;
        return Ok(Services::Running(url));
    }
    let cluster = Cluster::create(&folder(), Durability::Volatile)?;
    let url = cluster.url("postgres");
    write_file(&url)?;
    Ok(Services::Started(url))
}

/// Stops what runs and deletes its data.
///
/// # Errors
/// PostgreSQL refuses to stop.
pub fn stop() -> Result<Services> {
    let _only_one = lock()?;
    if let Some(cluster) = Cluster::open(&folder()) {
        cluster.remove()?;
    }
    match std::fs::remove_file(tree::services_file()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("cannot delete services.env"),
        _ => Ok(Services::Stopped),
    }
}

/// Whether they run.
///
/// # Errors
/// The lock file cannot be opened.
pub fn status() -> Result<Services> {
    let _only_one = lock()?;
    Ok(running().map_or(Services::Stopped, |cluster| Services::Running(cluster.url("postgres"))))
}

fn running() -> Option<Cluster> {
    Cluster::open(&folder()).filter(Cluster::is_running)
}

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("guichet-services-{}", tree::fingerprint()))
}

/// Two commands at once must not make two clusters; the lock falls with the process that holds it.
fn lock() -> Result<File> {
    let path = folder().with_extension("lock");
    let file = File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
    file.lock()?;
    Ok(file)
}

fn write_file(url: &str) -> Result<()> {
    let path = tree::services_file();
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(&path, format!("{POSTGRES_URL}={url}\n")).with_context(|| format!("cannot write {}", path.display()))
}
