//! What happens around conversations on this node: customers who come and write make chats live, members of
//! staff join, and the queue moves. All of it follows from what was committed, a moment later and together,
//! so that no message waits for it; and all of it may be said twice, or by several nodes.

use std::{
    collections::{BTreeSet, HashSet},
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chat::{Committed, Conversations, SenderKind, Sessions};
use kernel::{ConversationId, OrganizationId, ParticipantId, PortError, Scope};
use realtime::{Hub, Watch};
use support_request::{Kind, Queues, RequestChange, Status};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout_at},
};

/// How long is gathered, so that a lively conversation costs a few reads a second, not one a message.
const GATHER: Duration = Duration::from_millis(100);
/// How often a queue is read at most.
const QUEUE: Duration = Duration::from_secs(1);
/// How often the queues in which somebody waits are read at least: for what other nodes have taken, and for
/// estimates that have grown old.
const REPAIR: Duration = Duration::from_secs(10);
/// How long after a failure it is tried again.
const PAUSE: Duration = Duration::from_secs(1);

type Room = (OrganizationId, ConversationId);

/// What has happened since it was last looked at.
#[derive(Debug, Default)]
pub(crate) struct Around {
    seen: Mutex<Seen>,
    moved: Mutex<BTreeSet<OrganizationId>>,
    wake: Notify,
    wake_queue: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    live: HashSet<Room>,
    closed: HashSet<Room>,
    joined: HashSet<(Room, ParticipantId)>,
}

impl Around {
    /// An entry was committed: a customer who writes and is there makes the chat live.
    pub(crate) fn committed(&self, hub: &Hub, entry: &Committed) {
        let sender = &entry.entry.message.sender;
        if sender.kind == SenderKind::Customer && hub.follows(entry.organization, entry.conversation, sender.id) {
            self.note(|seen| seen.live.insert((entry.organization, entry.conversation)));
        }
    }

    /// A request changed on another node, which ends its sessions.
    pub(crate) fn heard(&self, change: &RequestChange) {
        if change.view.request.kind == Kind::Chat && change.event != "message" {
            self.queue_moved(change.organization);
        }
    }

    /// A request changed.
    pub(crate) fn changed(&self, change: &RequestChange) {
        self.heard(change);
        let request = &change.view.request;
        if request.status == Status::Closed && change.event != "message" {
            self.note(|seen| seen.closed.insert((change.organization, request.conversation)));
        }
    }

    /// Opens and ends sessions and tells who has joined, until it is dropped.
    pub(crate) async fn run(self: Arc<Self>, sessions: Arc<Sessions>, people: Arc<dyn Conversations>, hub: Arc<Hub>) {
        loop {
            self.wake.notified().await;
            sleep(GATHER).await;
            let seen = mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
            let Err((error, left)) = seen.handle(&sessions, &*people, &hub).await else { continue };
            tracing::warn!(%error, "what happens around conversations is not kept up; it is tried again");
            metrics::counter!("guichet_around_failures_total").increment(1);
            sleep(PAUSE).await;
            self.note(|seen| seen.take_back(left));
        }
    }

    /// Reads the queues that have moved and tells those who wait, until it is dropped.
    pub(crate) async fn run_queues(self: Arc<Self>, queues: Arc<Queues>, hub: Arc<Hub>) {
        let mut repair = Instant::now() + REPAIR;
        loop {
            let next = Instant::now() + QUEUE;
            let mut moved = mem::take(&mut *self.moved.lock().unwrap_or_else(PoisonError::into_inner));
            if Instant::now() >= repair {
                repair = Instant::now() + REPAIR;
                moved.extend(hub.queued());
            }
            for organization in moved {
                match queues.of(organization).await {
                    Ok(queue) => hub.queue(organization, &queue),
                    Err(error) => {
                        tracing::warn!(%error, %organization, "the queue cannot be read; it is tried again");
                        self.queue_moved(organization);
                    }
                }
            }
            sleep_until(next).await;
            let is_empty = self.moved.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
            if is_empty {
                // Over when somebody calls, or when it is time to look anyway.
                let _ = timeout_at(repair, self.wake_queue.notified()).await;
            }
        }
    }

    /// Places in an organisation's queue may be others than before.
    pub(crate) fn queue_moved(&self, organization: OrganizationId) {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).insert(organization);
        self.wake_queue.notify_one();
    }

    fn note<T>(&self, note: impl FnOnce(&mut Seen) -> T) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_one();
    }
}

impl Watch for Around {
    fn came(&self, organization: OrganizationId, conversation: ConversationId) {
        self.note(|seen| seen.live.insert((organization, conversation)));
        self.queue_moved(organization);
    }

    fn joined(&self, organization: OrganizationId, conversation: ConversationId, who: ParticipantId) {
        self.note(|seen| seen.joined.insert(((organization, conversation), who)));
    }
}

impl Seen {
    /// Does what follows; after a failure, with what is left to do.
    async fn handle(
        mut self,
        sessions: &Sessions,
        people: &dyn Conversations,
        hub: &Hub,
    ) -> Result<(), (PortError, Self)> {
        if let Err(error) = self.try_handle(sessions, people, hub).await {
            return Err((error, self));
        }
        Ok(())
    }

    async fn try_handle(
        &mut self,
        sessions: &Sessions,
        people: &dyn Conversations,
        hub: &Hub,
    ) -> Result<(), PortError> {
        let live: Vec<Room> = self.live.iter().copied().collect();
        sessions.came_live(&live).await?;
        self.live.clear();
        while let Some(room) = self.closed.iter().next().copied() {
            sessions.end_with_request(room.0, room.1).await?;
            self.closed.remove(&room);
        }
        while let Some((room, who)) = self.joined.iter().next().copied() {
            let found = people.find(room.0, Scope::All, who, room.1).await?;
            let everybody = found.map(|found| found.participants).unwrap_or_default();
            if let Some(person) = everybody.iter().find(|person| person.id == who) {
                hub.participant_joined(room.0, room.1, person);
            }
            self.joined.remove(&(room, who));
        }
        Ok(())
    }

    fn take_back(&mut self, left: Self) {
        self.live.extend(left.live);
        self.closed.extend(left.closed);
        self.joined.extend(left.joined);
    }
}
