//! What runs by the clock on every node. All of it may run on several nodes at once.

use std::{future::Future, sync::Arc, time::Duration};

use chat::{Files, Sessions, Uploads};
use identity::Identity;
use kernel::{Env, SystemEnv};
use privacy::Erasing;
use store_seaorm::SeaStore;
use support_request::Desk;
use tokio::{sync::Notify, task::JoinSet, time::MissedTickBehavior};

use crate::{heads, wire::Parts};

/// How often other nodes' revocations are read; they must act within 5 s.
const REVOCATIONS: Duration = Duration::from_secs(1);
/// How often the sites that may call are read again.
const ORIGINS: Duration = Duration::from_secs(5);
/// How often staff are told of deadlines that have come near or were missed.
const DEADLINES: Duration = Duration::from_mins(1);
/// How often what can never be used again is removed.
const CLEANUP: Duration = Duration::from_hours(24);
/// How often calls are forgotten that can no longer be repeated; what they keep is sealed, and yet not to stay.
const CALLS: Duration = Duration::from_hours(1);
/// How often files are removed that no message has; they are kept for a day.
const FILES: Duration = Duration::from_hours(1);
/// How often uploads are given up whose server has gone: they count as files of their conversation until then.
const UNFINISHED: Duration = Duration::from_mins(1);
/// How often files are checked again that wait because the scanner did not answer.
const SCANS: Duration = Duration::from_secs(10);
/// How often erasures are carried on that were interrupted.
const ERASURES: Duration = Duration::from_mins(1);

/// Starts all of them; dropping the set ends them.
pub(crate) fn start(parts: &Parts) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(parts.status_relay().run());
    jobs.spawn(Arc::clone(&parts.activity).run(Arc::clone(&parts.desk)));
    let (sessions, around, hub) = (&parts.sessions, &parts.around, &parts.hub);
    jobs.spawn(Arc::clone(around).run(Arc::clone(sessions), parts.store.clone(), Arc::clone(hub)));
    jobs.spawn(Arc::clone(around).run_queues(Arc::clone(&parts.queues), Arc::clone(hub)));
    let sessions = Arc::clone(sessions);
    jobs.spawn(every(sweep(sessions.timeout()), "chat-timeout", move || time_out(Arc::clone(&sessions))));
    let desk = Arc::clone(&parts.desk);
    jobs.spawn(every(DEADLINES, "sla-watch", move || watch_deadlines(Arc::clone(&desk))));
    let (identity, origins) = (Arc::clone(&parts.identity), Arc::clone(&parts.origins));
    jobs.spawn(every(ORIGINS, "origins", move || {
        let (identity, origins) = (Arc::clone(&identity), Arc::clone(&origins));
        async move { origins.refresh(&identity).await }
    }));
    let identity = Arc::clone(&parts.identity);
    jobs.spawn(every(REVOCATIONS, "revocations", move || {
        let identity = Arc::clone(&identity);
        async move { Ok(identity.catch_up().await?) }
    }));
    let heads = heads::keep(Arc::clone(&parts.hub), parts.log(), parts.store.clone(), parts.nodes.clone());
    #[cfg(feature = "faults")]
    let heads = crate::faults::unless_planted("dropped_hint", heads);
    jobs.spawn(heads);
    if let Some(nodes) = &parts.nodes {
        jobs.spawn(Arc::clone(nodes).listen(parts.ear()));
        jobs.spawn(Arc::clone(nodes).beat(Arc::clone(&parts.hub)));
        jobs.spawn(Arc::clone(nodes).learn_revocations(Arc::clone(&parts.identity)));
    }
    let (identity, store) = (Arc::clone(&parts.identity), Arc::clone(&parts.store));
    jobs.spawn(every(CLEANUP, "token-cleanup", move || purge(Arc::clone(&identity), Arc::clone(&store))));
    let (uploads, installation) = (Arc::clone(&parts.uploads), parts.installation.clone());
    let mut is_first = true;
    jobs.spawn(every(FILES, "unbound-attachments", move || {
        let is_first = std::mem::take(&mut is_first);
        sweep_files(Arc::clone(&uploads), installation.clone(), is_first)
    }));
    let files = Arc::clone(&parts.files);
    jobs.spawn(every(FILES, "unfinished-files", move || remove_leftovers(Arc::clone(&files))));
    let uploads = Arc::clone(&parts.uploads);
    jobs.spawn(every(UNFINISHED, "unfinished-attachments", move || sweep_unfinished(Arc::clone(&uploads))));
    if parts.clamd.is_some() {
        let uploads = Arc::clone(&parts.uploads);
        jobs.spawn(every(SCANS, "attachment-scan", move || check_held(Arc::clone(&uploads))));
    }
    jobs.spawn(remove_with_messages(Arc::clone(&parts.uploads), Arc::clone(&parts.deleted)));
    let erasing = Arc::clone(&parts.erasing);
    jobs.spawn(every(ERASURES, "erasures", move || carry_on_erasing(Arc::clone(&erasing))));
    let store = Arc::clone(&parts.store);
    jobs.spawn(every(CALLS, "idempotency-cleanup", move || forget_calls(Arc::clone(&store))));
    #[cfg(feature = "faults")]
    jobs.spawn(crate::faults::panic_if_planted());
    jobs
}

/// Runs a job again and again.
async fn every<F>(period: Duration, name: &'static str, mut job: impl FnMut() -> F)
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut clock = tokio::time::interval(period);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut how = How::of(name);
    loop {
        clock.tick().await;
        how.went(job().await);
    }
}

/// How a job goes: a failure is reported when it begins and when it ends, not each time.
pub(crate) struct How {
    name: &'static str,
    failing: bool,
}

impl How {
    pub(crate) fn of(name: &'static str) -> Self {
        Self { name, failing: false }
    }

    pub(crate) fn went(&mut self, result: anyhow::Result<()>) {
        match result {
            Ok(()) if self.failing => {
                self.failing = false;
                tracing::info!(job = self.name, "works again");
            }
            Ok(()) => {}
            Err(error) => {
                metrics::counter!("guichet_job_failures_total", "job" => self.name).increment(1);
                if !self.failing {
                    tracing::warn!(job = self.name, error = format!("{error:#}"), "failed; it is tried again");
                }
                self.failing = true;
            }
        }
    }
}

/// What a person asked for and a part that was down kept from being done.
async fn carry_on_erasing(erasing: Arc<Erasing>) -> anyhow::Result<()> {
    let done = erasing.carry_on().await?;
    if done > 0 {
        tracing::info!(job = "erasures", done, "erasures that were interrupted were carried out");
    }
    Ok(())
}

async fn forget_calls(store: Arc<SeaStore>) -> anyhow::Result<()> {
    let calls = store.purge_calls(SystemEnv.now()).await?;
    if calls > 0 {
        tracing::debug!(calls, "calls that can no longer be repeated were forgotten");
    }
    Ok(())
}

/// Nothing is removed from a storage of another installation; and what seems to belong to nothing is not as soon as
/// the server starts, so that a wrong setting can be mended.
async fn sweep_files(uploads: Arc<Uploads>, installation: String, is_first: bool) -> anyhow::Result<()> {
    if !uploads.claim_files(&installation).await? {
        return Ok(());
    }
    let swept = uploads.sweep().await?;
    let orphans = if is_first { 0 } else { uploads.remove_orphans(&installation).await? };
    if swept.expired + swept.forgotten + orphans > 0 {
        let (expired, forgotten) = (swept.expired, swept.forgotten);
        tracing::info!(
            job = "unbound-attachments",
            expired,
            forgotten,
            orphans,
            "files without a message were removed"
        );
    }
    Ok(())
}

async fn remove_leftovers(files: Arc<dyn Files>) -> anyhow::Result<()> {
    let removed = files.remove_leftovers().await?;
    if removed > 0 {
        tracing::info!(job = "unfinished-files", removed, "what was left of uploads was removed");
    }
    Ok(())
}

async fn sweep_unfinished(uploads: Arc<Uploads>) -> anyhow::Result<()> {
    let given_up = uploads.sweep_unfinished().await?;
    if given_up > 0 {
        tracing::info!(job = "unfinished-attachments", given_up, "uploads that did not end were given up");
    }
    Ok(())
}

async fn check_held(uploads: Arc<Uploads>) -> anyhow::Result<()> {
    let checked = uploads.check_held().await?;
    if checked > 0 {
        tracing::info!(job = "attachment-scan", checked, "files that waited for the scanner were checked");
    }
    Ok(())
}

/// Removes the bytes of files as soon as their message is deleted; what fails is left to the sweep.
async fn remove_with_messages(uploads: Arc<Uploads>, deleted: Arc<Notify>) {
    loop {
        deleted.notified().await;
        if let Err(error) = uploads.remove_deleted().await {
            tracing::warn!(%error, "the files of a deleted message are still there");
        }
    }
}

/// Every minute, or more often where sessions last less than some minutes.
fn sweep(timeout: Duration) -> Duration {
    (timeout / 4).clamp(Duration::from_millis(250), Duration::from_mins(1))
}

async fn time_out(sessions: Arc<Sessions>) -> anyhow::Result<()> {
    let ended = sessions.time_out().await?;
    if ended > 0 {
        metrics::counter!("guichet_chat_sessions_timed_out_total").increment(ended as u64);
        tracing::info!(job = "chat-timeout", ended, "chat sessions without a message were ended");
    }
    Ok(())
}

async fn watch_deadlines(desk: Arc<Desk>) -> anyhow::Result<()> {
    let told = desk.watch_deadlines().await?;
    if told > 0 {
        metrics::counter!("guichet_deadlines_told_total").increment(told as u64);
        tracing::info!(job = "sla-watch", told, "staff were told of deadlines");
    }
    Ok(())
}

async fn purge(identity: Arc<Identity>, store: Arc<SeaStore>) -> anyhow::Result<()> {
    let tokens = identity.purge().await?;
    let events = store.purge_inbox().await?;
    if tokens + events > 0 {
        tracing::info!(tokens, events, "what can never be used again was removed");
    }
    Ok(())
}
