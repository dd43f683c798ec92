//! Harm to a PostgreSQL of one's own.

use super::process::{family, lives, signal};
use crate::database::{Database, OwnCluster, sql};
use crate::server::Server;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use xtask::cluster::Cluster;

/// The ways in which it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// `pg_ctl stop -m fast`: transactions are rolled back, connections are closed, a checkpoint is written.
    Fast,
    /// `pg_ctl stop -m immediate`: everything is dropped; the next start recovers.
    Immediate,
    /// kill -9 of the postmaster: the others find themselves without one.
    Kill,
}

impl Stop {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Immediate, Self::Kill];

    /// PostgreSQL's own word for it: "Shutting Down the Server" in its manual.
    const fn signal(self) -> &'static str {
        match self {
            Self::Fast => "INT",
            Self::Immediate => "QUIT",
            Self::Kill => "KILL",
        }
    }

    /// Its short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Immediate => "immediate",
            Self::Kill => "kill -9",
        }
    }
}

/// The cluster that a server of a durable PostgreSQL has for itself.
pub fn cluster_of(server: &Server) -> Cluster {
    match server.database() {
        Database::Own(OwnCluster { cluster }) => cluster.clone(),
        other => panic!("{other:?} is no cluster of one test's own"),
    }
}

/// Ends it, and waits until the last of its processes is gone.
pub async fn stop(cluster: &Cluster, how: Stop) {
    let family = family(postmaster(cluster));
    signal(how.signal(), &family[..1]);
    let deadline = Instant::now() + Duration::from_mins(1);
    while family.iter().any(|pid| lives(*pid)) {
        assert!(Instant::now() < deadline, "PostgreSQL still runs a minute after a stop by {}", how.name());
        sleep(Duration::from_millis(5)).await;
    }
    if how == Stop::Kill {
        // Where nobody waits for orphans, the postmaster stays as a zombie, and the next one would take it for alive.
        fs::remove_file(lock_file(cluster)).expect("a killed postmaster leaves its lock file");
    }
}

/// Starts it again and waits until it takes connections.
pub async fn start(cluster: &Cluster) {
    let cluster = cluster.clone();
    let started = tokio::task::spawn_blocking(move || cluster.start()).await.expect("the start does not panic");
    started.expect("PostgreSQL starts again");
}

/// Starts a stopped one as a standby and promotes it: its history goes on as another timeline.
pub async fn promote(cluster: &Cluster) {
    fs::write(cluster.folder().join("data/standby.signal"), "").expect("the folder can be written");
    start(cluster).await;
    assert_eq!(sql(&cluster.url("postgres"), "select pg_promote()").trim(), "t");
}

/// All its processes stand still until this value is gone: connections stay, nothing answers.
#[derive(Debug)]
pub struct Frozen(Vec<u32>);

/// Stops all its processes by SIGSTOP, the postmaster first, so that it makes no more.
pub fn freeze(cluster: &Cluster) -> Frozen {
    let postmaster = postmaster(cluster);
    signal("STOP", &[postmaster]);
    let family = family(postmaster);
    signal("STOP", &family[1..]);
    Frozen(family)
}

impl Drop for Frozen {
    fn drop(&mut self) {
        signal("CONT", &self.0);
    }
}

/// Adds options to those it is started with, e.g. `-c max_connections=10`; they hold from the next start on.
pub fn add_options(cluster: &Cluster, options: &str) {
    let path = cluster.folder().join("options");
    let text = fs::read_to_string(&path).expect("the options of the cluster");
    fs::write(&path, format!("{text} {options}")).expect("the options can be written");
}

/// All that it has logged.
pub fn log(cluster: &Cluster) -> String {
    fs::read_to_string(cluster.folder().join("data/server.log")).expect("the log of the cluster")
}

/// The first line of `postmaster.pid`, by PostgreSQL's "Database File Layout".
fn postmaster(cluster: &Cluster) -> u32 {
    let text = fs::read_to_string(lock_file(cluster)).expect("PostgreSQL runs");
    text.lines().next().and_then(|line| line.trim().parse().ok()).expect("the postmaster's process id")
}

fn lock_file(cluster: &Cluster) -> PathBuf {
    cluster.folder().join("data/postmaster.pid")
}
