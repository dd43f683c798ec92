//! What runs by the clock on every node. All of it may run on several nodes at once.

use std::{future::Future, sync::Arc, time::Duration};

use chat::{ConversationLog, Sessions};
use identity::Identity;
use kernel::{Env, SystemEnv};
use realtime::Hub;
use store_seaorm::SeaStore;
use support_request::Desk;
use tokio::{task::JoinSet, time::MissedTickBehavior};

use crate::wire::Parts;

/// How often other nodes' revocations are read; they must act within 5 s.
const REVOCATIONS: Duration = Duration::from_secs(1);
/// How often the sites that may call are read again.
const ORIGINS: Duration = Duration::from_secs(5);
/// How often the ends of the watched conversations are compared, so that a swallowed hint is repaired.
const HEADS: Duration = Duration::from_secs(10);
/// How often staff are told of deadlines that have come near or were missed.
const DEADLINES: Duration = Duration::from_mins(1);
/// How often what can never be used again is removed.
const CLEANUP: Duration = Duration::from_hours(24);
/// How often calls are forgotten that can no longer be repeated; what they keep is sealed, and yet not to stay.
const CALLS: Duration = Duration::from_hours(1);
/// How many conversations are compared in one query.
const HEADS_BATCH: usize = 1_000;

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
    let (hub, log) = (Arc::clone(&parts.hub), parts.log());
    let heads = every(HEADS, "heads", move || compare_heads(Arc::clone(&hub), Arc::clone(&log)));
    #[cfg(feature = "faults")]
    let heads = crate::faults::unless_planted("dropped_hint", heads);
    jobs.spawn(heads);
    let (identity, store) = (Arc::clone(&parts.identity), Arc::clone(&parts.store));
    jobs.spawn(every(CLEANUP, "token-cleanup", move || purge(Arc::clone(&identity), Arc::clone(&store))));
    let store = Arc::clone(&parts.store);
    jobs.spawn(every(CALLS, "idempotency-cleanup", move || forget_calls(Arc::clone(&store))));
    #[cfg(feature = "faults")]
    jobs.spawn(crate::faults::panic_if_planted());
    jobs
}

/// Runs a job again and again; a failure is reported when it begins and when it ends, not each time.
async fn every<F>(period: Duration, name: &'static str, mut job: impl FnMut() -> F)
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut clock = tokio::time::interval(period);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        clock.tick().await;
        match job().await {
            Ok(()) if failing => {
                failing = false;
                tracing::info!(job = name, "works again");
            }
            Ok(()) => {}
            Err(error) => {
                metrics::counter!("guichet_job_failures_total", "job" => name).increment(1);
                if !failing {
                    tracing::warn!(job = name, error = format!("{error:#}"), "failed; it is tried again");
                }
                failing = true;
            }
        }
    }
}

async fn compare_heads(hub: Arc<Hub>, log: Arc<dyn ConversationLog>) -> anyhow::Result<()> {
    for watched in hub.watched().chunks(HEADS_BATCH) {
        hub.heads(&log.heads(watched).await?);
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
