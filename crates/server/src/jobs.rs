//! What runs by itself. Scheduled tasks have each of their runs done by one node (`tasks.rs`, `clock.rs`); the rest
//! concerns this node and runs on every one.

mod clock;
pub(crate) mod command;
mod files;
mod tasks;

use std::{future::Future, sync::Arc, time::Duration};

use identity::Dispatch;
use tokio::{task::JoinSet, time::MissedTickBehavior};

use crate::{heads, letters, wire::Parts};

/// How often other nodes' revocations are read; they must act within 5 s.
const REVOCATIONS: Duration = Duration::from_secs(1);
/// How often the sites that may call are read again.
const ORIGINS: Duration = Duration::from_secs(5);
/// How often what uploads left behind on this node is removed.
const LEFTOVERS: Duration = Duration::from_hours(1);
/// How often files are checked again that wait because the scanner did not answer.
const SCANS: Duration = Duration::from_secs(10);

/// Starts all of them; dropping the set ends them.
pub(crate) fn start(parts: &Parts, dispatch: &Arc<Dispatch>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let dispatch = Arc::clone(dispatch);
    jobs.spawn(every(letters::EVERY, "letters", move || letters::send(Arc::clone(&dispatch))));
    jobs.spawn(parts.status_relay().run());
    jobs.spawn(Arc::clone(&parts.activity).run(Arc::clone(&parts.desk)));
    let (sessions, around, hub) = (&parts.sessions, &parts.around, &parts.hub);
    jobs.spawn(Arc::clone(around).run(Arc::clone(sessions), parts.store.clone(), Arc::clone(hub)));
    jobs.spawn(Arc::clone(around).run_queues(Arc::clone(&parts.queues), Arc::clone(hub)));
    jobs.spawn(Arc::clone(&parts.assigning).run(Arc::clone(&parts.desk)));
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
    let files = Arc::clone(&parts.files);
    jobs.spawn(every(LEFTOVERS, "unfinished-files", move || files::remove_leftovers(Arc::clone(&files))));
    if parts.clamd.is_some() {
        let uploads = Arc::clone(&parts.uploads);
        jobs.spawn(every(SCANS, "attachment-scan", move || files::check_held(Arc::clone(&uploads))));
    }
    jobs.spawn(files::remove_with_messages(Arc::clone(&parts.uploads), Arc::clone(&parts.deleted)));
    let node: Arc<str> = parts.nodes.as_ref().map_or("alone", |nodes| nodes.name()).into();
    for task in tasks::all(parts) {
        jobs.spawn(clock::keep(Arc::clone(&parts.store), Arc::clone(&node), task));
    }
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
