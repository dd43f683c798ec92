//! The runs of scheduled tasks: each is claimed here before it begins, so that of all nodes one does it. All times
//! are the database's.

use std::time::Duration;

use kernel::{Env, PortError, SystemEnv, Timestamp};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::{db::Queries, error, row::Columns, sql::Sql, store::SeaStore};

/// How many periods back runs are remembered.
const REMEMBERED: u32 = 100;

/// A run that this node is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedRun {
    name: String,
    slot: Timestamp,
    claim: Uuid,
}

impl ClaimedRun {
    /// The begin of the period that it is for; of one that was asked for by hand, the moment of that.
    pub fn slot(&self) -> Timestamp {
        self.slot
    }
}

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// All that was due was done.
    Done,
    /// It is tried again.
    Failed,
}

impl RunOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// What is remembered of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// The task.
    pub name: String,
    /// The node that did it.
    pub node: String,
    /// When it began.
    pub claimed_at: Timestamp,
    /// When it ended; nothing while it goes on, or when it died with its node.
    pub finished_at: Option<Timestamp>,
    /// How it went.
    pub outcome: Option<RunOutcome>,
    /// How many things it did something with.
    pub count: Option<u64>,
    /// What it did, or why it failed.
    pub said: Option<String>,
}

/// How the database tells the time.
struct Clock {
    now: &'static str,
    /// The begin of the period of now; `$2` is how long a period is, in milliseconds.
    slot: &'static str,
    /// A minute ago.
    minute_ago: &'static str,
}

/// A node that gave no sign of life for a minute has died. A run that failed is tried again after a minute too.
const POSTGRES: Clock = Clock {
    now: "now()",
    slot: "date_bin($2::bigint * interval '1 millisecond', now(), timestamptz 'epoch')",
    minute_ago: "now() - interval '1 minute'",
};

const SQLITE: Clock = Clock {
    now: "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    slot: "(CAST(unixepoch('subsec') * 1000 AS INTEGER) / $2 * $2 * 1000)",
    minute_ago: "CAST(unixepoch('subsec') * 1000000 AS INTEGER) - 60000000",
};

impl Clock {
    /// Whether the run `j` of the present period is to be done, or done again.
    fn is_due(&self) -> String {
        let ago = self.minute_ago;
        format!("((j.finished_at IS NULL AND j.seen_at < {ago}) OR (j.outcome = 'failed' AND j.finished_at < {ago}))")
    }
}

impl SeaStore {
    /// Claims the run of this task that is due by now, for this node. Nothing when it was done already, another node
    /// is at it, or the run before still goes on. One whose node died is taken over after a minute, and one that
    /// failed is tried again after a minute, within its period. `every` has to divide a day.
    ///
    /// # Errors
    /// When the database is down.
    pub async fn claim_run(&self, name: &str, every: Duration, node: &str) -> Result<Option<ClaimedRun>, PortError> {
        let clock = self.clock();
        let (now, slot, ago, is_due) = (clock.now, clock.slot, clock.minute_ago, clock.is_due());
        let period = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
        // Most times somebody asks there is nothing to do, and to find that out takes no right to write.
        let known = format!("SELECT 1 AS one FROM job_run j WHERE j.name = $1 AND j.slot = {slot} AND NOT {is_due}");
        if self.gate().await.one(Sql::new(known).text(name).count(period)).await?.is_some() {
            return Ok(None);
        }
        // A statement may reach the database twice: the same claim again is the same run.
        let claim = SystemEnv.uuid();
        let sql = format!(
            "INSERT INTO job_run AS j (name, slot, claim, node, claimed_at, seen_at)
             SELECT $1, {slot}, $3, $4, {now}, {now}
             WHERE NOT EXISTS (SELECT 1 FROM job_run o WHERE o.name = $1 AND o.slot < {slot}
               AND o.finished_at IS NULL AND o.seen_at >= {ago})
             ON CONFLICT (name, slot) DO UPDATE SET claim = excluded.claim, node = excluded.node,
               claimed_at = excluded.claimed_at, seen_at = excluded.seen_at, finished_at = NULL, outcome = NULL,
               count = NULL, said = NULL
             WHERE j.claim = excluded.claim OR {is_due}
             RETURNING slot"
        );
        let sql = Sql::new(sql).text(name).count(period).uuid(claim).text(node);
        let row = self.gate_writes().await.one(sql).await?;
        row.map(|row| Ok(ClaimedRun { name: name.to_owned(), slot: row.time("slot")?, claim })).transpose()
    }

    /// Begins a run that somebody asked for by hand, beside those of the clock.
    ///
    /// # Errors
    /// When the database is down.
    pub async fn begin_run(&self, name: &str, node: &str) -> Result<ClaimedRun, PortError> {
        let (now, claim) = (self.clock().now, SystemEnv.uuid());
        let sql = format!(
            "INSERT INTO job_run (name, slot, claim, node, claimed_at, seen_at) VALUES ($1, {now}, $2, $3, {now}, {now})
             RETURNING slot"
        );
        let sql = Sql::new(sql).text(name).uuid(claim).text(node);
        let row = self.gate_writes().await.one(sql).await?;
        let row = row.ok_or_else(|| error::corrupt("a run was not stored".to_owned()))?;
        Ok(ClaimedRun { name: name.to_owned(), slot: row.time("slot")?, claim })
    }

    /// A sign of life of whoever does a run, to be given more often than once a minute. `false` when it was taken
    /// over.
    ///
    /// # Errors
    /// When the database is down.
    pub async fn renew_run(&self, run: &ClaimedRun) -> Result<bool, PortError> {
        let sql = format!(
            "UPDATE job_run SET seen_at = {} WHERE name = $1 AND slot = $2 AND claim = $3 RETURNING 1 AS one",
            self.clock().now
        );
        let sql = Sql::new(sql).text(&run.name).time(run.slot).uuid(run.claim);
        Ok(self.gate_writes().await.one(sql).await?.is_some())
    }

    /// Says how a run went, unless it was taken over, and forgets those of long ago. `every` as in
    /// [`Self::claim_run`].
    ///
    /// # Errors
    /// When the database is down; then the run is taken for dead.
    pub async fn finish_run(
        &self,
        run: &ClaimedRun,
        every: Duration,
        (outcome, count, said): (RunOutcome, u64, &str),
    ) -> Result<(), PortError> {
        let sql = format!(
            "UPDATE job_run SET finished_at = {}, outcome = $4, count = $5, said = $6
             WHERE name = $1 AND slot = $2 AND claim = $3 RETURNING 1 AS one",
            self.clock().now
        );
        let sql = Sql::new(sql).text(&run.name).time(run.slot).uuid(run.claim);
        self.gate_writes().await.one(sql.text(outcome.as_str()).count(count).text(said)).await?;
        let sql = "DELETE FROM job_run WHERE name = $1 AND slot < $2 RETURNING 1 AS one";
        let sql = Sql::new(sql).text(&run.name).time(run.slot - every.saturating_mul(REMEMBERED));
        self.gate_writes().await.all(sql).await.map(drop)
    }

    /// The last run of each task that has begun one, by name.
    ///
    /// # Errors
    /// When the database is down.
    pub async fn last_runs(&self) -> Result<Vec<JobRun>, PortError> {
        let sql = "SELECT name, node, claimed_at, finished_at, outcome, count, said FROM job_run j
                   WHERE NOT EXISTS (SELECT 1 FROM job_run k WHERE k.name = j.name AND k.slot > j.slot) ORDER BY name";
        self.gate().await.all(Sql::new(sql)).await?.iter().map(run).collect()
    }

    fn clock(&self) -> Clock {
        if self.is_postgres() { POSTGRES } else { SQLITE }
    }
}

fn run(row: &QueryResult) -> Result<JobRun, PortError> {
    let outcome = match row.maybe_text("outcome")?.as_deref() {
        None => None,
        Some("done") => Some(RunOutcome::Done),
        Some("failed") => Some(RunOutcome::Failed),
        Some(other) => return Err(error::corrupt(format!("unknown outcome {other}"))),
    };
    let count = row.get::<Option<i64>>("count")?.map(u64::try_from).transpose().map_err(PortError::corrupt)?;
    Ok(JobRun {
        name: row.text("name")?,
        node: row.text("node")?,
        claimed_at: row.time("claimed_at")?,
        finished_at: row.maybe_time("finished_at")?,
        outcome,
        count,
        said: row.maybe_text("said")?,
    })
}
