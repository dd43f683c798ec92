//! One transaction: a copy of the state, put in place by committing, forgotten otherwise.

use async_trait::async_trait;
use kernel::{
    Audience, AuditEntry, AuditLog, Claim, ConversationId, Event, EventId, IdempotentCall, IdempotentCalls,
    OrganizationId, PortError, PortErrorKind, SupportRequestId, Timestamp,
};
use uuid::Uuid;

use super::{super::turn::Held, FakeStore, State, StoredConversation};
use crate::{
    Category, ConversationState, Conversations, Inbox, Members, NewConversation, Notes, Outbox, Promises, RequestTx,
    Requests, Routing, SlaTerms, SupportRequest, Timeline, TimelineEntry,
};

pub(super) struct FakeTx {
    store: FakeStore,
    pub(super) organization: OrganizationId,
    pub(super) work: State,
    dead: bool,
    _held: Held,
}

impl FakeTx {
    pub(super) fn new(store: FakeStore, organization: OrganizationId, work: State, held: Held) -> Self {
        Self { store, organization, work, dead: false, _held: held }
    }

    /// Fails when the transaction is dead, or when a fault is to happen here, which kills it.
    pub(super) fn enter(&mut self, at: &str) -> Result<(), PortError> {
        if self.dead {
            return Err(PortError::unavailable("the transaction is dead"));
        }
        match self.store.fault(at) {
            Some(kind) => self.die(kind, "as the test wants it"),
            None => Ok(()),
        }
    }

    pub(super) fn die<T>(&mut self, kind: PortErrorKind, why: &'static str) -> Result<T, PortError> {
        self.dead = true;
        Err(PortError::new(kind, why))
    }
}

#[async_trait]
impl RequestTx for FakeTx {
    fn requests(&mut self) -> &mut dyn Requests {
        self
    }
    fn timeline(&mut self) -> &mut dyn Timeline {
        self
    }
    fn notes(&mut self) -> &mut dyn Notes {
        self
    }
    fn members(&mut self) -> &mut dyn Members {
        self
    }
    fn conversations(&mut self) -> &mut dyn Conversations {
        self
    }
    fn routing(&mut self) -> &mut dyn Routing {
        self
    }
    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }
    fn inbox(&mut self) -> &mut dyn Inbox {
        self
    }
    fn audit(&mut self) -> &mut dyn AuditLog {
        self
    }
    fn calls(&mut self) -> &mut dyn IdempotentCalls {
        self
    }

    async fn commit(mut self: Box<Self>) -> Result<(), PortError> {
        let entered = self.enter("commit");
        let stored = match &entered {
            Ok(()) => true,
            // The one case in which it happened although it is said to have failed.
            Err(error) => error.kind() == PortErrorKind::Unknown,
        };
        if stored {
            *self.store.state() = std::mem::take(&mut self.work);
        }
        entered
    }
}

#[async_trait]
impl AuditLog for FakeTx {
    async fn record(&mut self, entry: &AuditEntry) -> Result<(), PortError> {
        self.enter("audit.record")?;
        self.work.audit.push(entry.clone());
        Ok(())
    }
}

#[async_trait]
impl Requests for FakeTx {
    async fn numbering(&mut self) -> Result<(String, String), PortError> {
        self.enter("requests.numbering")?;
        match self.work.organizations.get(&self.organization).cloned() {
            Some(numbering) => Ok(numbering),
            None => self.die(PortErrorKind::Corrupt, "no such organisation"),
        }
    }

    async fn terms(&mut self) -> Result<SlaTerms, PortError> {
        self.enter("requests.terms")?;
        match self.work.promises(self.organization).map(Promises::terms) {
            Some(Ok(terms)) => Ok(terms),
            _ => self.die(PortErrorKind::Corrupt, "no such organisation, or promises that cannot be"),
        }
    }

    async fn takes_category(&mut self, category: &Category) -> Result<bool, PortError> {
        self.enter("requests.takes_category")?;
        Ok(self.work.categories_of(self.organization).iter().any(|one| one.id == *category && one.active))
    }

    async fn next_number(&mut self, day: u32) -> Result<u32, PortError> {
        self.enter("requests.next_number")?;
        let counter = self.work.counters.entry((self.organization, day)).or_default();
        *counter += 1;
        Ok(*counter)
    }

    async fn insert(&mut self, request: &SupportRequest) -> Result<(), PortError> {
        self.enter("requests.insert")?;
        let new = request.snapshot();
        let appointment = &new.references.appointment_id;
        let taken = self.work.requests.iter().any(|((of, id), old)| {
            let same_appointment = appointment.is_some() && old.references.appointment_id == *appointment;
            *of == self.organization && (*id == new.id || old.number == new.number || same_appointment)
        });
        if taken || new.organization != self.organization {
            return self.die(PortErrorKind::Conflict, "taken");
        }
        self.work.requests.insert((self.organization, new.id), new.clone());
        Ok(())
    }

    async fn get(&mut self, id: SupportRequestId) -> Result<Option<SupportRequest>, PortError> {
        self.enter("requests.get")?;
        Ok(self.work.requests.get(&(self.organization, id)).cloned().map(SupportRequest::restore))
    }

    async fn audience(&mut self, id: SupportRequestId) -> Result<Option<Audience>, PortError> {
        self.enter("requests.audience")?;
        let key = (self.organization, id);
        Ok(self.work.requests.get(&key).map(|request| request.audience(self.work.members_of(key))))
    }

    async fn save(&mut self, request: &SupportRequest) -> Result<(), PortError> {
        self.enter("requests.save")?;
        let appointment = &request.snapshot().references.appointment_id;
        let taken = self.work.requests.iter().any(|((of, id), other)| {
            let same = appointment.is_some() && other.references.appointment_id == *appointment;
            *of == self.organization && *id != request.snapshot().id && same
        });
        if taken {
            return self.die(PortErrorKind::Conflict, "the appointment is taken");
        }
        match self.work.requests.get_mut(&(self.organization, request.snapshot().id)) {
            Some(stored) if stored.version == request.read_version() => {
                *stored = request.snapshot().clone();
                Ok(())
            }
            _ => self.die(PortErrorKind::Conflict, "somebody else changed it"),
        }
    }

    async fn last_activity(&mut self, id: SupportRequestId) -> Result<Option<Timestamp>, PortError> {
        self.enter("requests.last_activity")?;
        let one = self.work.requests.get(&(self.organization, id));
        Ok(one.and_then(|one| self.work.last_activity(one)))
    }

    async fn purge(&mut self, id: SupportRequestId) -> Result<bool, PortError> {
        self.enter("requests.purge")?;
        Ok(self.work.purge(self.organization, id))
    }
}

#[async_trait]
impl Timeline for FakeTx {
    async fn append(&mut self, request: SupportRequestId, entry: &TimelineEntry) -> Result<(), PortError> {
        self.enter("timeline.append")?;
        if !self.work.requests.contains_key(&(self.organization, request)) {
            return self.die(PortErrorKind::Corrupt, "no such request");
        }
        self.work.timeline.push((self.organization, request, entry.clone()));
        Ok(())
    }
}

#[async_trait]
impl Conversations for FakeTx {
    async fn open(&mut self, conversation: &NewConversation) -> Result<(), PortError> {
        self.enter("conversations.open")?;
        let key = (self.organization, conversation.id);
        let request = self.work.requests.get(&(self.organization, conversation.support_request));
        if request.is_none_or(|request| request.conversation != conversation.id) {
            return self.die(PortErrorKind::Corrupt, "no such request, or not its conversation");
        }
        if self.work.conversations.contains_key(&key) {
            return self.die(PortErrorKind::Conflict, "taken");
        }
        if let Some(first) = &conversation.first {
            self.work.messages.insert(key, vec![(first.content.clone(), conversation.at)]);
        }
        let stored = StoredConversation {
            support_request: conversation.support_request,
            state: conversation.state.clone(),
            participants: vec![conversation.requester.id],
            first: conversation.first.clone(),
            last_seq: u64::from(conversation.first.is_some()),
        };
        self.work.conversations.insert(key, stored);
        Ok(())
    }

    async fn follow(&mut self, id: ConversationId, state: &ConversationState) -> Result<(), PortError> {
        self.enter("conversations.follow")?;
        match self.work.conversations.get_mut(&(self.organization, id)) {
            Some(stored) => {
                stored.state = state.clone();
                Ok(())
            }
            None => self.die(PortErrorKind::Corrupt, "no such conversation"),
        }
    }
}

#[async_trait]
impl Outbox for FakeTx {
    async fn append(&mut self, event: &Event) -> Result<(), PortError> {
        self.enter("outbox.append")?;
        self.work.outbox.push(event.clone());
        Ok(())
    }
}

#[async_trait]
impl Inbox for FakeTx {
    async fn take(&mut self, consumer: &str, event: EventId) -> Result<bool, PortError> {
        self.enter("inbox.take")?;
        Ok(self.work.inbox.insert((self.organization, consumer.to_owned(), event)))
    }
}

#[async_trait]
impl IdempotentCalls for FakeTx {
    async fn claim(&mut self, call: &IdempotentCall, resource: Uuid, now: Timestamp) -> Result<Claim, PortError> {
        self.enter("calls.claim")?;
        Ok(self.work.calls.claim(self.organization, call, resource, now))
    }

    async fn find(&mut self, call: &IdempotentCall, now: Timestamp) -> Result<Claim, PortError> {
        self.enter("calls.find")?;
        Ok(self.work.calls.find(self.organization, call, now))
    }
}
