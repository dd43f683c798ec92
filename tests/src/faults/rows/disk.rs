//! A disk without room.

use super::{RESUMED, server::answered};
use crate::database::{Database, Store};
use crate::faults::process::lives;
use crate::faults::report::{Measure, Report};
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::server::{Server, Settings};
use crate::storm::{Happening, Moment};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;

/// From a send to its refusal.
const NACKED: Measure = Measure::at_most("nacked", "s", 5.0);
/// Writes go on so long after there is room again.
const WORKS: Measure = Measure { limit: crate::faults::report::Limit::AtMost(10.0), ..RESUMED };

/// F-35: the folder with the SQLite file is on a small disk, which fills up.
pub async fn full(run: &Run) -> Report {
    let disk = SmallDisk::mount(64);
    let home = tempfile::Builder::new().prefix("guichet-test-").tempdir_in(disk.path()).expect("a folder");
    let settings = Settings { fault: run.planted, ..Settings::over(Store::Sqlite) };
    // What is kept free elsewhere is more than this disk holds.
    let settings = Stage::open_to_us(settings.with("GUICHET_DISK_RESERVE_MIB", "4"));
    let server = Server::run(settings, Database::empty(Store::Sqlite), home).await;
    let mut stage = Stage::with(server, "F-35", run);
    let mut random = run.random();
    for rounds in run.loads() {
        let mut load = stage.load().await;
        for _ in rounds {
            load.ticks(random.between(2, 6)).await;
            let ballast = disk.fill();
            let since = Instant::now();
            sleep(Duration::from_secs(run.pick(5, 15))).await;
            assert!(!stage.server.rest().is_ready().await, "a server on a full disk says that it is ready");
            let seen = load.recorder().since(since);
            let nacked = |moment: &Moment| match moment.what {
                Happening::Nacked(_, after) => Some(after.as_secs_f64()),
                _ => None,
            };
            let nacked: Vec<f64> = seen.iter().filter_map(nacked).collect();
            stage.report.exercised("sends nacked for want of room", nacked.len());
            for after in nacked {
                stage.timed(NACKED, since, after);
            }
            std::fs::remove_file(ballast).expect("the ballast can be thrown off");
            let (freed, waiting) = (Instant::now(), load.waiting());
            answered(&load, freed, &waiting, Duration::from_secs(30)).await;
            stage.elapsed(WORKS, freed);
            stage.report.round(format!("full for {:?}", freed - since));
        }
        load.ticks(1).await;
        stage.end(load).await;
        stage.check_file();
    }
    stage.report()
}

/// A file system of some MiB in memory; gone with this value.
#[derive(Debug)]
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one of so many MiB, which takes root.
    pub fn mount(mib: u32) -> Self {
        assert!(xtask::process::is_root(), "F-35 mounts a small file system, which takes root");
        remove_orphans();
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(folder.path());
        xtask::process::read(&mut mount).expect("a small file system can be mounted");
        Self(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves no room at all; gives the file that takes it.
    pub fn fill(&self) -> std::path::PathBuf {
        let path = self.path().join("ballast");
        let mut file = File::create(&path).expect("a file");
        for size in [1 << 20, 1 << 12] {
            let block = vec![0; size];
            loop {
                match file.write_all(&block) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("the disk cannot be filled: {error}"),
                }
            }
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(self.path());
    }
}

const PREFIX: &str = "guichet-disk-";

/// The server may hold its files for a moment; a lazy unmount waits for it.
fn unmount(path: &Path) {
    // What stays mounted costs memory until the next run, and must not hide why a test failed.
    let _ = xtask::process::read(Command::new("umount").arg("--lazy").arg(path));
}

/// Disks of tests that were killed before they could unmount theirs.
fn remove_orphans() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse().ok());
        if owner.is_some_and(|pid| !lives(pid)) {
            unmount(&path);
            // Not empty while something is mounted still; the next run tries again.
            let _ = std::fs::remove_dir(&path);
        }
    }
}
