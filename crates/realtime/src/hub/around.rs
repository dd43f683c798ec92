//! What happens around conversations: sessions, the queue, who joins.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError},
};

use chat::{ChatSession, Participant, Receipt, SenderKind, SessionFeed};
use kernel::{ConversationId, OrganizationId, ParticipantId};
use support_request::Queue;

use super::{Hub, index::RoomId};
use crate::{ConversationEvent, Places, QueuePosition, ServerFrame, Shared};

/// Told what connections of this node mean for the chat. MUST NOT block, cannot fail, and MUST NOT call the hub.
pub trait Watch: Send + Sync {
    /// Somebody who is no staff has begun to follow a conversation, and may.
    fn came(&self, organization: OrganizationId, conversation: ConversationId);
    /// A member of staff, who was not known to, takes part in a conversation that is followed here.
    fn joined(&self, organization: OrganizationId, conversation: ConversationId, who: ParticipantId);
}

/// The queues as they were last told, by organisation.
pub(super) type Queued = HashMap<OrganizationId, HashMap<ConversationId, (ParticipantId, QueuePosition)>>;

impl Hub {
    /// Lets somebody be told what connections mean for the chat; the first one stays.
    pub fn watch(&self, watch: Arc<dyn Watch>) {
        self.watch.get_or_init(|| watch);
    }

    /// Whether somebody has a connection here that follows a conversation.
    pub fn follows(&self, organization: OrganizationId, conversation: ConversationId, who: ParticipantId) -> bool {
        self.index().follows((organization, conversation), who)
    }

    /// Organisations in whose queue somebody was when it was last told.
    pub fn queued(&self) -> Vec<OrganizationId> {
        let queued = self.queued.read().unwrap_or_else(PoisonError::into_inner);
        queued.iter().filter(|(_, waiting)| !waiting.is_empty()).map(|(organization, _)| *organization).collect()
    }

    /// The queue of an organisation as it is now: those who wait are told where their place changed. To be
    /// called by one task at a time, with ever newer reads.
    pub fn queue(&self, organization: OrganizationId, queue: &Queue) {
        let estimated_wait_s = queue.estimated_wait.map(|wait| wait.as_secs());
        let places = (1..)
            .zip(&queue.waiting)
            .map(|(position, one)| (one.conversation, (one.requester, QueuePosition { position, estimated_wait_s })));
        let now: HashMap<_, _> = places.collect();
        let moved: BTreeSet<ConversationId> = {
            let mut queued = self.queued.write().unwrap_or_else(PoisonError::into_inner);
            let before = queued.remove(&organization).unwrap_or_default();
            let gone = before.keys().filter(|id| !now.contains_key(id)).copied();
            let changed = now.iter().filter(|(id, place)| before.get(id) != Some(place)).map(|(id, _)| *id);
            let moved = gone.chain(changed).collect();
            if !now.is_empty() {
                queued.insert(organization, now);
            }
            moved
        };
        for conversation in moved {
            let followers = self.index().followers((organization, conversation));
            for conn in followers {
                let context = self.context();
                conn.step(&self.limits, |session| session.queue_moved(conversation, &context));
            }
        }
    }

    /// A member of staff takes part in a conversation now.
    pub fn participant_joined(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        participant: &Participant,
    ) {
        let online = self.index().is_online(participant.id);
        let event = || ConversationEvent::ParticipantJoined(Box::new(wire::Participant::of(participant, online)));
        self.tell_around((organization, conversation), event);
    }

    pub(super) fn came(&self, organization: OrganizationId, conversation: ConversationId) {
        if let Some(watch) = self.watch.get() {
            watch.came(organization, conversation);
        }
    }

    /// Only reading makes a member of staff a participant, so a receipt is where that is seen.
    pub(super) fn may_have_joined(&self, receipt: &Receipt) {
        let room = (receipt.organization, receipt.conversation);
        if receipt.kind == SenderKind::Agent
            && let Some(watch) = self.watch.get()
            && self.index().join_in(room, receipt.participant)
        {
            watch.joined(room.0, room.1, receipt.participant);
        }
    }

    fn tell_around(&self, room: RoomId, event: impl Fn() -> ConversationEvent) {
        let followers = self.index().followers(room);
        let frame = Shared::new(|| ServerFrame::Conversation { conversation_id: room.1, event: event() });
        for conn in followers {
            let context = self.context();
            conn.step(&self.limits, |session| {
                session.noticed(room.1, || frame.told(conn.protocol()), &context);
            });
        }
    }
}

impl SessionFeed for Hub {
    fn session(&self, session: &ChatSession) {
        let room = (session.organization, session.conversation);
        self.tell_around(room, || ConversationEvent::of_session(session));
    }
}

impl Places for Hub {
    fn place_of(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        who: ParticipantId,
    ) -> Option<QueuePosition> {
        let queued = self.queued.read().unwrap_or_else(PoisonError::into_inner);
        let (requester, place) = queued.get(&organization)?.get(&conversation)?;
        (*requester == who).then_some(*place)
    }
}
