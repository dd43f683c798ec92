//! Runs of scheduled tasks: each is claimed in the database first, so that of all nodes one does it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use store_seaorm::{ClaimedRun, RunOutcome, SeaStore};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{
    How,
    tasks::{Did, Task},
};

/// How often whoever does a run gives a sign of life; after a minute without one it is taken over.
const LIFE: Duration = Duration::from_secs(15);
/// The most characters of an error that are kept with a run.
const ERROR_CHARS: usize = 300;

/// Does the runs of a task that fall to this node, again and again.
pub(super) async fn keep(store: Arc<SeaStore>, node: Arc<str>, task: Task) {
    let pause = (task.every / 6).clamp(Duration::from_millis(50), Duration::from_secs(30));
    let mut how = How::of(task.name);
    loop {
        how.went(attempt(&store, &node, &task).await.map(drop));
        sleep(pause).await;
    }
}

/// Does the run that is due, unless it is done or another node is at it: then nothing.
async fn attempt(store: &SeaStore, node: &str, task: &Task) -> anyhow::Result<Option<Did>> {
    match store.claim_run(task.name, task.every, node).await? {
        Some(run) => carry_out(store, &run, task).await.map(Some),
        None => Ok(None),
    }
}

/// Does a run that was claimed, and stores how it went.
///
/// # Errors
/// What the task failed with.
pub(super) async fn carry_out(store: &SeaStore, run: &ClaimedRun, task: &Task) -> anyhow::Result<Did> {
    let began = Instant::now();
    let result = alive(store, run, task).await;
    let (outcome, word) = match &result {
        Ok(_) => (RunOutcome::Done, "done"),
        Err(_) => (RunOutcome::Failed, "failed"),
    };
    metrics::counter!("guichet_job_runs_total", "job" => task.name, "outcome" => word).increment(1);
    metrics::histogram!("guichet_job_seconds", "job" => task.name).record(began.elapsed());
    let (count, said) = match &result {
        Ok(did) => (did.count, did.said.clone()),
        Err(error) => (0, format!("{error:#}").chars().take(ERROR_CHARS).collect()),
    };
    metrics::counter!("guichet_job_items_total", "job" => task.name).increment(count);
    if count > 0 {
        tracing::info!(job = task.name, count, ms = began.elapsed().as_millis(), "{said}");
    } else {
        tracing::debug!(job = task.name, ms = began.elapsed().as_millis(), "{said}");
    }
    store.finish_run(run, task.every, (outcome, count, &said)).await.context("the end of a run was not stored")?;
    result
}

/// The task, with signs of life for as long as it takes.
async fn alive(store: &SeaStore, run: &ClaimedRun, task: &Task) -> anyhow::Result<Did> {
    let mut work = task.run();
    let mut life = interval(LIFE);
    life.set_missed_tick_behavior(MissedTickBehavior::Delay);
    life.tick().await;
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = life.tick() => match store.renew_run(run).await {
                Ok(true) => {}
                // What is done twice is harmless: each task does each thing once.
                Ok(false) => tracing::warn!(job = task.name, "another node has taken this run over"),
                Err(error) => tracing::warn!(job = task.name, %error, "no sign of life could be given"),
            },
        }
    }
}
