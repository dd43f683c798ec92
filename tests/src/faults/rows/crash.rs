//! The server's process ends at one exact point of a commit.

use super::{BACK, READY};
use crate::database::{Database, Store, sql};
use crate::faults::report::Report;
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::server::{Server, Settings};
use crate::storm::Load;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;

/// How `abort` ends a process, by signal(7).
const SIGABRT: i32 = 6;

/// Where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Everything of the batch is inserted, nothing is committed.
    BeforeCommit,
    /// The batch is committed, nobody has an answer.
    AfterCommit,
}

impl Point {
    const fn row(self) -> &'static str {
        match self {
            Self::AfterCommit => "F-02",
            Self::BeforeCommit => "F-03",
        }
    }

    const fn fault(self) -> &'static str {
        match self {
            Self::AfterCommit => "abort_after_commit",
            Self::BeforeCommit => "abort_before_commit",
        }
    }
}

/// F-02 and F-03: what was in the batch is stored once its COMMIT is done and not before, and its retries say so.
pub async fn aborted(run: &Run, point: Point) -> Report {
    let trigger = Trigger::new();
    let settings = Settings { durable: true, fault: Some(point.fault()), ..Settings::over(run.store) };
    let settings = settings.with("GUICHET_FAULT_ARMED", trigger.path().display().to_string());
    let mut stage = Stage::on(settings, point.row(), run).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let mut load = stage.load().await;
        for _ in rounds {
            let (ticks, more) = (random.between(1, 4), Duration::from_micros(random.between(0, 200_000)));
            load.ticks(ticks).await;
            sleep(more).await;
            trigger.arm();
            let status = stage.server.ended(Duration::from_secs(30)).await;
            assert_eq!(status.signal(), Some(SIGABRT), "it ended with {status}, not at the fail point");
            let batch = trigger.disarm();
            stage.report.exercised("sends in the batches", batch.len());
            for send in batch.iter().filter(|send| stored(&stage.server, send) != (point == Point::AfterCommit)) {
                let (invariant, fact) = match point {
                    Point::AfterCommit => ("I1", "was committed, and is not stored"),
                    Point::BeforeCommit => ("I3", "was not committed, and is stored"),
                };
                stage.report.violated(invariant, format!("{} {fact}", send.id));
            }
            let started = Instant::now();
            stage.server.restart().await;
            stage.elapsed(READY, started);
            let ready = Instant::now();
            load.live_within(Duration::from_secs(30)).await;
            stage.came_back(BACK, &load, ready);
            retried(&mut stage, &load, &batch, point).await;
            stage.report.round(format!("{} sends in the batch after {ticks} ticks and {more:?}", batch.len()));
        }
        load.ticks(1).await;
        stage.end(load).await;
        stage.check_file();
    }
    stage.report()
}

/// Every send of the batch is made again: what was committed is known as stored. What was not may be too, by then:
/// its first retry may have been stored without being heard of.
async fn retried(stage: &mut Stage, load: &Load, batch: &[Send], point: Point) {
    let acks = |send: &Send| load.recorder().acks(&send.conversation, &send.id);
    load.reached(Duration::from_secs(30), || batch.iter().all(|send| !acks(send).is_empty())).await;
    for send in batch {
        match (acks(send).first(), point) {
            (None, _) => stage.report.violated("I13", format!("{} was not answered within 30 s", send.id)),
            (Some(false), Point::AfterCommit) => {
                stage.report.violated("I2", format!("{} was committed, and its retry is taken for new", send.id));
            }
            (Some(_), _) => stage.report.told("retries answered as they must be", 1),
        }
    }
}

/// One send that was in the batch.
#[derive(Debug)]
struct Send {
    conversation: String,
    id: String,
}

/// The file that arms the fail point, and says afterwards what it met.
#[derive(Debug)]
struct Trigger(TempDir);

impl Trigger {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("guichet-trigger-").tempdir().expect("a temporary folder"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("armed")
    }

    fn arm(&self) {
        fs::write(self.path(), "").expect("the fail point can be armed");
    }

    fn disarm(&self) -> Vec<Send> {
        let text = fs::read_to_string(self.path()).expect("the fail point says what it met");
        fs::remove_file(self.path()).expect("the fail point can be disarmed");
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        pairs.map(|(conversation, id)| Send { conversation: conversation.to_owned(), id: id.to_owned() }).collect()
    }
}

/// Whether a message of that name is in the database of a server that is down.
fn stored(server: &Server, send: &Send) -> bool {
    let count = match server.database() {
        Database::Sqlite => in_file(&server.home().join("demo"), send),
        Database::Own(own) => {
            let found = format!(
                "select count(*) from entry where conversation_id = '{}' and client_message_id = '{}'",
                send.conversation, send.id
            );
            sql(&own.cluster.url("postgres"), &found)
        }
        Database::Postgres { .. } | Database::Shared(_) => panic!("{:?} does not survive a crash", Store::Postgres),
    };
    count.trim() != "0"
}

/// In a copy: to open the file is to recover it, and that is the server's to do.
fn in_file(folder: &Path, send: &Send) -> String {
    let copy = tempfile::tempdir().expect("a temporary folder");
    for name in ["guichet.sqlite", "guichet.sqlite-wal"] {
        let from = folder.join(name);
        if from.exists() {
            fs::copy(from, copy.path().join(name)).expect("the file can be copied");
        }
    }
    let found = format!(
        "select count(*) from entry where conversation_id = x'{}' and client_message_id = '{}'",
        send.conversation.replace('-', ""),
        send.id
    );
    xtask::process::read(Command::new("sqlite3").arg(copy.path().join("guichet.sqlite")).arg(found))
        .expect("sqlite3 reads the copy")
}
