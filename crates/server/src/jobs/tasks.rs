//! The scheduled tasks: what each does, and how often. Of all nodes one does each run, see `clock.rs`.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use kernel::{Env, SystemEnv};
use store_seaorm::SeaStore;
use support_request::{Desk, Settings};

use super::files;
use crate::wire::Parts;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// A year at its longest, so that nothing goes too early by a leap day.
const YEAR: Duration = Duration::from_hours(366 * 24);
/// How long what was deleted can be restored.
const RESTORABLE: Duration = Duration::from_hours(30 * 24);

/// Something to be done again and again.
pub(crate) struct Task {
    /// What it is called by people, in logs and in figures.
    pub(crate) name: &'static str,
    /// How often, and the length of the periods of which each has one run.
    pub(crate) every: Duration,
    run: Box<dyn Fn() -> Running + Send + Sync>,
}

/// A run that goes on.
pub(crate) type Running = Pin<Box<dyn Future<Output = anyhow::Result<Did>> + Send>>;

/// What a run did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Did {
    /// How many things it did something with.
    pub(crate) count: u64,
    /// The same in words.
    pub(crate) said: String,
}

impl Task {
    pub(super) fn new<P, F>(
        name: &'static str,
        every: Duration,
        part: &P,
        run: impl Fn(P) -> F + Send + Sync + 'static,
    ) -> Self
    where
        P: Clone + Send + Sync + 'static,
        F: Future<Output = anyhow::Result<Did>> + Send + 'static,
    {
        let part = part.clone();
        Self { name, every, run: Box::new(move || Box::pin(run(part.clone()))) }
    }

    /// Does it once.
    pub(crate) fn run(&self) -> Running {
        (self.run)()
    }
}

impl Did {
    /// So many of these.
    pub(crate) fn of(count: impl TryInto<u64>, what: &str) -> Self {
        let count = count.try_into().unwrap_or(u64::MAX);
        let said = if count == 0 { "nothing to do".to_owned() } else { format!("{count} {what}") };
        Self { count, said }
    }
}

/// All of them. The server's own runs spare files that seem to belong to nothing the first time: so that a wrong
/// setting can be mended.
pub(crate) fn all(parts: &Parts) -> Vec<Task> {
    let (desk, identity, uploads) = (&parts.desk, &parts.identity, &parts.uploads);
    vec![
        Task::new("sla-watch", MINUTE, desk, async |desk| {
            let told = desk.watch_deadlines().await?;
            metrics::counter!("guichet_deadlines_told_total").increment(told as u64);
            Ok(Did::of(told, "requests with news of deadlines"))
        }),
        of_requests("assign", MINUTE, parts, async |desk, store| {
            let mut given = 0;
            for (organization, settings) in store.all().await? {
                if settings.auto_assign {
                    given += desk.assign_waiting(organization).await?;
                }
            }
            Ok(Did::of(given, "requests given to agents"))
        }),
        of_requests("escalate-urgent", MINUTE, parts, async |desk, store| {
            Ok(Did::of(desk.escalate_urgent(&*store).await?, "urgent requests without an answer escalated"))
        }),
        of_requests("snooze-wake", MINUTE, parts, async |desk, store| {
            Ok(Did::of(desk.wake_snoozed(&*store).await?, "requests woken"))
        }),
        of_requests("close-resolved", HOUR, parts, async |desk, store| {
            Ok(Did::of(desk.close_resolved(&*store).await?, "resolved requests closed"))
        }),
        of_requests("archive", HOUR, parts, async |desk, store| {
            Ok(Did::of(desk.archive_closed(&*store).await?, "closed requests archived"))
        }),
        of_requests("surveys", HOUR, parts, async |desk, store| {
            Ok(Did::of(desk.survey_closed(&*store).await?, "requesters to be asked what they think"))
        }),
        of_requests("purge-deleted", DAY, parts, async |desk, store| {
            Ok(Did::of(desk.purge_deleted(&*store, RESTORABLE).await?, "deleted requests purged"))
        }),
        Task::new("retention", DAY, &(parts.erasing.clone(), parts.store.clone()), async |(erasing, store)| {
            let mut erased = 0;
            for (organization, settings) in store.all().await? {
                let Some(years) = settings.retention_years else { continue };
                let before = SystemEnv.now() - YEAR * years;
                loop {
                    match erasing.erase_expired(organization, before).await? {
                        0 => break,
                        some => erased += some,
                    }
                }
            }
            Ok(Did::of(erased, "requests whose time is over erased"))
        }),
        Task::new("chat-timeout", sweep(parts.sessions.timeout()), &parts.sessions, async |sessions| {
            let ended = sessions.time_out().await?;
            metrics::counter!("guichet_chat_sessions_timed_out_total").increment(ended as u64);
            Ok(Did::of(ended, "chat sessions without a message ended"))
        }),
        Task::new("unfinished-attachments", MINUTE, uploads, async |uploads| {
            Ok(Did::of(uploads.sweep_unfinished().await?, "uploads that did not end given up"))
        }),
        files::unbound_attachments(HOUR, uploads, &parts.installation),
        Task::new("erasures", MINUTE, &parts.erasing, async |erasing| {
            Ok(Did::of(erasing.carry_on().await?, "erasures that were interrupted carried out"))
        }),
        Task::new("idempotency-cleanup", HOUR, &parts.store, async |store| {
            Ok(Did::of(store.purge_calls(SystemEnv.now()).await?, "calls that cannot be repeated any more forgotten"))
        }),
        Task::new("token-cleanup", DAY, &(identity.clone(), parts.store.clone()), async |(identity, store)| {
            let removed = identity.purge().await? + store.purge_inbox().await?;
            Ok(Did::of(removed, "tokens, sessions and events that are over removed"))
        }),
    ]
}

/// A task of the desk by the settings of each organisation.
fn of_requests<F>(
    name: &'static str,
    every: Duration,
    parts: &Parts,
    run: impl Fn(Arc<Desk>, Arc<SeaStore>) -> F + Send + Sync + 'static,
) -> Task
where
    F: Future<Output = anyhow::Result<Did>> + Send + 'static,
{
    Task::new(name, every, &(parts.desk.clone(), parts.store.clone()), move |(desk, store)| run(desk, store))
}

/// Every minute, or more often where sessions last less than some minutes.
fn sweep(timeout: Duration) -> Duration {
    (timeout / 4).clamp(Duration::from_millis(250), MINUTE)
}
