//! The other nodes of the installation: what they say is done here too, and what was missed is repaired.

mod ear;
pub(crate) mod files;

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use bus_postgres::PostgresBus;
use bus_redis::{RedisBudgets, RedisBus};
use chat::{Budgets, Head};
use identity::{Identity, OnRevoked, Revoked};
use kernel::NodeId;
use realtime::{
    Hearing, Hub,
    bus::{About, Bus, Carried, Said},
};
use tokio::{
    sync::{Notify, Semaphore, mpsc::Receiver, watch},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use uuid::Uuid;

pub(crate) use self::ear::Ear;
use crate::config::Config;

/// How long this node may not hear itself before it takes the bus for broken: two beats, and room for a busy machine.
const DEAF: Duration = Duration::from_millis(1_500);
/// How long after a node fell silent its commits are looked for more often: nobody knows whether it was killed, or
/// is cut off from the bus and goes on.
const WARY: Duration = Duration::from_mins(10);
/// How many entries that were too large for the bus are read at a time; with more, those who follow read them.
const READS: usize = 8;

/// This node among others.
pub(crate) struct Nodes {
    /// What carries: `redis` or `postgres`.
    kind: &'static str,
    name: String,
    /// Whether another node was ever heard: what nobody can have said need not be made good.
    had_others: AtomicBool,
    ear: Mutex<Option<Receiver<Carried>>>,
    /// Whether the others hear this node, and it them.
    works: watch::Sender<bool>,
    connected: Mutex<Link>,
    /// Messages of another node were lost.
    lost: Notify,
    /// Something was revoked on another node.
    revoked: Notify,
    own: Notify,
    redis: Option<Arc<RedisBus>>,
}

/// What is known of the connection.
struct Link {
    up: bool,
    heard_itself: Instant,
    /// When another node was silent last.
    silent: Option<Instant>,
}

impl Nodes {
    /// Joins the bus that the settings name: Redis, or else the database where it is PostgreSQL. Nothing for a node
    /// on SQLite, which is alone.
    ///
    /// # Errors
    /// A sentence: the address of Redis is none, or there is one and the database is SQLite.
    pub(crate) fn join(
        config: &Config,
        installation: &str,
        local_files: bool,
        hub: &Hub,
    ) -> anyhow::Result<Option<Arc<Self>>> {
        let database = config.database();
        let is_postgres = store_seaorm::is_postgres(database.expose());
        let mut redis = None;
        let (kind, bus, ear): (_, Arc<dyn Bus>, _) = match &config.redis_url {
            Some(_) if !is_postgres => bail!(
                "redis_url is for several nodes, and several nodes need PostgreSQL: set database_url, or leave \
                 redis_url out"
            ),
            Some(url) => {
                let (bus, ear) = RedisBus::join(url.expose(), installation).context("redis_url is wrong")?;
                redis = Some(Arc::clone(&bus));
                ("redis", bus, ear)
            }
            None if is_postgres => {
                let (bus, ear) = PostgresBus::join(database.expose()).context("the database cannot be used")?;
                ("postgres", bus, ear)
            }
            None => return Ok(None),
        };
        let node = NodeId::new(Uuid::now_v7());
        let name = config.node_id.clone().unwrap_or_else(|| node.uuid().simple().to_string().split_off(24));
        tracing::info!(node = name, bus = kind, "this node speaks to others");
        hub.join(node, About { name: name.clone(), local_files }, bus);
        Ok(Some(Arc::new(Self::new(kind, name, ear, redis))))
    }

    fn new(kind: &'static str, name: String, ear: Receiver<Carried>, redis: Option<Arc<RedisBus>>) -> Self {
        let connected = Mutex::new(Link { up: false, heard_itself: Instant::now(), silent: None });
        Self {
            kind,
            name,
            had_others: AtomicBool::new(false),
            ear: Mutex::new(Some(ear)),
            works: watch::Sender::new(false),
            connected,
            lost: Notify::new(),
            revoked: Notify::new(),
            own: Notify::new(),
            redis,
        }
    }

    /// What this node is called among others.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether this node and the others hear each other, as far as is known.
    pub(crate) fn works(&self) -> bool {
        *self.works.borrow()
    }

    /// The budgets of this name that nodes share, where there is something that counts for all; else `own`.
    pub(crate) fn budgets(&self, name: &str, own: Arc<dyn Budgets>) -> Arc<dyn Budgets> {
        match &self.redis {
            Some(redis) => Arc::new(RedisBudgets::new(redis, name, own)),
            None => own,
        }
    }

    /// Says every half second that this node is there, and forgets those that do not.
    pub(crate) async fn beat(self: Arc<Self>, hub: Arc<Hub>) {
        let mut clock = interval(Hub::BEAT);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            hub.beat();
            if hub.is_any_silent(Instant::now(), DEAF) {
                self.is_wary();
            }
            for About { name, .. } in hub.forget_silent(Instant::now()) {
                tracing::warn!(node = name, "a node is silent; who was there with it counts as gone");
            }
            metrics::gauge!("guichet_bus_nodes").set(u32::try_from(hub.nodes().len()).unwrap_or(u32::MAX));
            self.look();
        }
    }

    /// Listens until the bus is gone, which it never is before this process.
    pub(crate) async fn listen(self: Arc<Self>, ear: Ear) {
        let Some(mut carried) = self.ear.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let ear = Arc::new(ear);
        let reads = Arc::new(Semaphore::new(READS));
        while let Some(carried) = carried.recv().await {
            let message = match carried {
                Carried::Message(message) => message,
                Carried::Up => {
                    self.connected(true);
                    continue;
                }
                Carried::Down => {
                    self.connected(false);
                    continue;
                }
            };
            match ear.after.hub.overhear(&message, Instant::now()) {
                Hearing::Nothing => metrics::counter!("guichet_bus_unknown_total").increment(1),
                Hearing::Own => self.heard_itself(),
                Hearing::Other { lost, left } => {
                    self.had_others.store(true, Ordering::Relaxed);
                    if lost {
                        metrics::counter!("guichet_bus_lost_total").increment(1);
                        self.lost.notify_one();
                    }
                    if let Some(said) = left {
                        self.take(&ear, said, &reads);
                    }
                }
            }
        }
    }

    /// Whether all that the others say is heard here, as far as is known: the bus works, and no node may be cut off
    /// from it.
    pub(crate) fn hears_all(&self) -> bool {
        let silent = self.connected.lock().unwrap_or_else(PoisonError::into_inner).silent;
        self.works() && silent.is_none_or(|silent| silent.elapsed() >= WARY)
    }

    /// When the ends of the watched conversations are to be compared: every 10 s, every 2 s while the bus is down or
    /// another node may be cut off from it, and at once when that begins and when messages were lost. Why it is time now.
    pub(crate) async fn next_heads(&self) -> Why {
        let mut works = self.works.subscribe();
        let worked = *works.borrow_and_update();
        let all = self.hears_all();
        let period = if all { crate::heads::HEADS } else { crate::heads::HEADS_ALONE };
        tokio::select! {
            () = sleep(period) => {
                let others = self.had_others.load(Ordering::Relaxed);
                match (others, worked) {
                    (true, false) => Why::Alone,
                    (true, true) if !all => Why::Wary,
                    _ => Why::Routine,
                }
            }
            // What was missed, if there is anybody, shows by the numbers of the next message.
            _ = works.changed() => Why::Routine,
            () = self.lost.notified() => Why::Lost,
        }
    }

    /// Whether messages were lost since that was known last; they are known now.
    pub(crate) fn more_lost(&self) -> bool {
        pin!(self.lost.notified()).enable()
    }

    /// Learns what was revoked elsewhere as soon as it is said. That is a hint: the store is read every second anyway.
    pub(crate) async fn learn_revocations(self: Arc<Self>, identity: Arc<Identity>) {
        loop {
            self.revoked.notified().await;
            if let Err(error) = identity.catch_up().await {
                tracing::debug!(%error, "what was revoked elsewhere is read a little later");
            }
        }
    }

    /// A node is silent. When that has just begun, it is looked at once for what it has committed meanwhile.
    fn is_wary(&self) {
        let before = {
            let mut link = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
            link.silent.replace(Instant::now())
        };
        if before.is_none_or(|before| before.elapsed() > DEAF) {
            self.lost.notify_one();
        }
    }

    /// Says goodbye, and waits until the bus has carried it, or for a moment.
    pub(crate) async fn part(&self, hub: &Hub) {
        hub.part();
        // The echo of an earlier message may come first; that costs the others a wait for this node's silence.
        for _ in 0..2 {
            let _ = timeout(Duration::from_millis(100), self.own.notified()).await;
        }
    }

    fn connected(&self, up: bool) {
        {
            let mut link = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
            link.up = up;
        }
        self.look();
    }

    fn heard_itself(&self) {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner).heard_itself = Instant::now();
        self.own.notify_one();
        self.look();
    }

    /// Whether the bus works, by what was heard.
    fn look(&self) {
        let works = {
            let link = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
            link.up && link.heard_itself.elapsed() < DEAF
        };
        let changed = self.works.send_if_modified(|known| std::mem::replace(known, works) != works);
        if changed {
            metrics::gauge!("guichet_bus_works").set(if works { 1.0 } else { 0.0 });
            if works {
                tracing::info!(node = self.name, bus = self.kind, "the bus works");
            } else {
                tracing::warn!(
                    node = self.name,
                    bus = self.kind,
                    "the bus does not work: what other nodes commit is looked for every 2 s"
                );
            }
        }
    }

    /// Does what concerns more than connections.
    fn take(self: &Arc<Self>, ear: &Arc<Ear>, said: Said, reads: &Arc<Semaphore>) {
        match said {
            Said::Entry(committed) => ear.after.heard_entry(&committed),
            Said::Session(session) => ear.after.heard_session(&session),
            Said::Request(change) => ear.after.heard_change(&change),
            Said::Note(change) => ear.after.heard_note(&change),
            Said::NotePlace { organization, support_request, note } => {
                let Ok(permit) = Arc::clone(reads).try_acquire_owned() else { return self.lost.notify_one() };
                let (nodes, ear) = (Arc::clone(self), Arc::clone(ear));
                tokio::spawn(async move {
                    if !ear.read_note(organization, support_request, note).await {
                        nodes.lost.notify_one();
                    }
                    drop(permit);
                });
            }
            Said::Revoked => self.revoked.notify_one(),
            Said::Place { organization, conversation, seq } => {
                let Ok(permit) = Arc::clone(reads).try_acquire_owned() else {
                    return ear.after.hub.head(organization, Head { conversation, last_seq: seq });
                };
                let ear = Arc::clone(ear);
                tokio::spawn(async move {
                    ear.read_entry(organization, conversation, seq).await;
                    drop(permit);
                });
            }
            Said::RequestPlace { organization, support_request, event, before, timeline } => {
                let Ok(permit) = Arc::clone(reads).try_acquire_owned() else { return self.lost.notify_one() };
                let (nodes, ear) = (Arc::clone(self), Arc::clone(ear));
                tokio::spawn(async move {
                    let place = (organization, support_request);
                    if !ear.read_change(place, event, before, timeline).await {
                        nodes.lost.notify_one();
                    }
                    drop(permit);
                });
            }
            // What it committed while it stopped, nobody has said.
            Said::Gone => self.lost.notify_one(),
            Said::Beat { .. }
            | Said::Ask { .. }
            | Said::Roster(_)
            | Said::Moved { .. }
            | Said::Receipt(_)
            | Said::Typing { .. }
            | Said::Standing { .. }
            | Said::Unknown => {}
        }
    }
}

/// Why heads are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It was time.
    Routine,
    /// Nothing is heard of other nodes, which there were.
    Alone,
    /// Another node may be cut off from the bus, and go on.
    Wary,
    /// Messages of other nodes were lost.
    Lost,
}

/// Says that something was revoked, so that other nodes read it at once.
pub(crate) struct SayRevoked(pub(crate) Arc<Hub>);

impl OnRevoked for SayRevoked {
    fn revoked(&self, _: Revoked) {
        self.0.say_revoked();
    }
}

#[cfg(test)]
mod tests;
