//! The store in memory: transactions that are all or nothing, one writer at a time.

mod agent_helps;
mod clock;
mod customers;
mod notes;
mod promises;
mod queue;
mod routing;
mod tx;
mod views;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use kernel::{
    AuditEntry, Availability, ConversationId, Event, EventId, OrganizationId, PortError, PortErrorKind, Role,
    RoutingRuleId, SupportRequestId, Timestamp, UserId, testing::CallsInMemory,
};

use super::{StoredConversation, turn::Turn};
use crate::{
    Activity, BusinessHours, CannedReply, Due, InternalNote, ListedCategory, Person, Priority, RequestSettings,
    RequestStore, RequestTx, RoutableAgent, RoutingRule, SavedView, SlaPolicy, Snapshot, TimelineEntry,
};

/// [`RequestStore`] and [`RequestViews`](crate::RequestViews) over one state in memory.
#[derive(Clone, Default)]
pub struct FakeStore {
    turn: Turn,
    state: Arc<Mutex<State>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
}

/// Something that goes wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Where: `begin`, `commit`, or the repository and the method, e.g. `requests.save`.
    pub at: &'static str,
    /// How. A commit that fails as `Unknown` has happened all the same.
    pub kind: PortErrorKind,
}

/// All that is stored. A transaction works on a copy of it, and puts it in place by committing.
#[derive(Clone, Default)]
struct State {
    organizations: BTreeMap<OrganizationId, (String, String)>,
    policies: BTreeMap<(OrganizationId, Priority), SlaPolicy>,
    hours: BTreeMap<OrganizationId, BusinessHours>,
    names: BTreeMap<(OrganizationId, UserId), String>,
    settings: BTreeMap<OrganizationId, RequestSettings>,
    rules: BTreeMap<(OrganizationId, RoutingRuleId), RoutingRule>,
    /// Those who answer; their load is counted when somebody asks.
    agents: BTreeMap<(OrganizationId, UserId), RoutableAgent>,
    counters: BTreeMap<(OrganizationId, u32), u32>,
    requests: BTreeMap<(OrganizationId, SupportRequestId), Snapshot>,
    members: BTreeMap<(OrganizationId, SupportRequestId), Vec<(UserId, Timestamp)>>,
    notes: Vec<(OrganizationId, InternalNote)>,
    categories: BTreeMap<OrganizationId, Vec<ListedCategory>>,
    canned_replies: Vec<(OrganizationId, CannedReply)>,
    saved_views: Vec<(OrganizationId, SavedView)>,
    timeline: Vec<(OrganizationId, SupportRequestId, TimelineEntry)>,
    conversations: BTreeMap<(OrganizationId, ConversationId), StoredConversation>,
    /// The customer's messages of each conversation, in order.
    messages: BTreeMap<(OrganizationId, ConversationId), Vec<(String, Timestamp)>>,
    outbox: Vec<Event>,
    audit: Vec<AuditEntry>,
    inbox: BTreeSet<(OrganizationId, String, EventId)>,
    calls: CallsInMemory,
    /// When a request was last active, as far as that was noted.
    active: BTreeMap<(OrganizationId, SupportRequestId), Timestamp>,
}

impl FakeStore {
    /// What the audit log was told, the oldest first.
    pub fn audit(&self) -> Vec<AuditEntry> {
        self.state().audit.clone()
    }

    /// Puts an organisation in, with its ticket prefix and time zone.
    pub fn add_organization(&self, id: OrganizationId, prefix: &str, time_zone: &str) {
        let mut state = self.state();
        state.organizations.insert(id, (prefix.to_owned(), time_zone.to_owned()));
        state.settings.insert(id, RequestSettings::default());
    }

    /// Puts the name of somebody in who can be assigned.
    pub fn add_name(&self, organization: OrganizationId, user: UserId, name: &str) {
        self.state().names.insert((organization, user), name.to_owned());
    }

    /// Puts somebody in who answers: an agent who is online, takes 10 requests and knows about everything.
    pub fn add_agent(&self, organization: OrganizationId, person: Person) {
        let agent = RoutableAgent {
            person,
            role: Role::Agent,
            availability: Availability::Online,
            capacity: 10,
            load: 0,
            categories: Vec::new(),
            languages: Vec::new(),
            routed_at: None,
        };
        self.state().agents.insert((organization, agent.person.id), agent);
    }

    /// Changes somebody who answers.
    pub fn change_agent(&self, organization: OrganizationId, agent: UserId, change: impl FnOnce(&mut RoutableAgent)) {
        if let Some(agent) = self.state().agents.get_mut(&(organization, agent)) {
            change(agent);
        }
    }

    /// Takes somebody out who answered.
    pub fn remove_agent(&self, organization: OrganizationId, agent: UserId) {
        self.state().agents.remove(&(organization, agent));
    }

    /// Makes an agent take part in a request.
    pub fn add_member(&self, organization: OrganizationId, request: SupportRequestId, agent: UserId) {
        let mut state = self.state();
        let at = state.requests.get(&(organization, request)).map_or(Timestamp::from_micros(0), |one| one.created_at);
        state.members.entry((organization, request)).or_default().push((agent, at));
    }

    /// Lets the requester write in the conversation of a request.
    pub fn customer_writes(
        &self,
        organization: OrganizationId,
        request: SupportRequestId,
        content: &str,
        at: Timestamp,
    ) {
        let mut state = self.state();
        let Some(id) = state.requests.get(&(organization, request)).map(|one| one.conversation) else { return };
        state.messages.entry((organization, id)).or_default().push((content.to_owned(), at));
        if let Some(conversation) = state.conversations.get_mut(&(organization, id)) {
            conversation.last_seq += 1;
        }
    }

    /// What is stored of a request.
    pub fn stored(&self, organization: OrganizationId, id: SupportRequestId) -> Option<Snapshot> {
        self.state().requests.get(&(organization, id)).cloned()
    }

    /// The timeline of a request.
    pub fn timeline_of(&self, organization: OrganizationId, id: SupportRequestId) -> Vec<TimelineEntry> {
        let state = self.state();
        let entries = state.timeline.iter().filter(|(of, request, _)| (*of, *request) == (organization, id));
        entries.map(|(_, _, entry)| entry.clone()).collect()
    }

    /// What is stored of a conversation.
    pub fn conversation(&self, organization: OrganizationId, id: ConversationId) -> Option<StoredConversation> {
        self.state().conversations.get(&(organization, id)).cloned()
    }

    /// The events that wait to leave, in order.
    pub fn outbox(&self) -> Vec<Event> {
        self.state().outbox.clone()
    }

    /// Lets something go wrong once; several faults at one place happen one after the other.
    pub fn fail(&self, at: &'static str, kind: PortErrorKind) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push_back(Fault { at, kind });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault that is to happen here, if any.
    fn fault(&self, at: &str) -> Option<PortErrorKind> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let found = faults.iter().position(|fault| fault.at == at)?;
        faults.remove(found).map(|fault| fault.kind)
    }
}

#[async_trait]
impl RequestStore for FakeStore {
    async fn begin(&self, organization: OrganizationId) -> Result<Box<dyn RequestTx>, PortError> {
        if let Some(kind) = self.fault("begin") {
            return Err(PortError::new(kind, "as the test wants it"));
        }
        let held = self.turn.take().await;
        let work = self.state().clone();
        Ok(Box::new(tx::FakeTx::new(self.clone(), organization, work, held)))
    }

    async fn note_activity(&self, activity: &[Activity]) -> Result<(), PortError> {
        if let Some(kind) = self.fault("note_activity") {
            return Err(PortError::new(kind, "as the test wants it"));
        }
        // As any other writer, so that no transaction under way puts an older copy in its place.
        let _held = self.turn.take().await;
        let mut state = self.state();
        for one in activity {
            let key = (one.organization, one.support_request);
            if state.requests.contains_key(&key) {
                let active = state.active.entry(key).or_insert(one.at);
                *active = (*active).max(one.at);
            }
        }
        Ok(())
    }

    async fn deadlines_passed(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(OrganizationId, SupportRequestId)>, PortError> {
        if let Some(kind) = self.fault("deadlines_passed") {
            return Err(PortError::new(kind, "as the test wants it"));
        }
        let state = self.state();
        let due = |one: &Snapshot| one.sla_next_at().filter(|at| *at <= now);
        let mut due: Vec<_> = state.requests.iter().filter_map(|(key, one)| due(one).map(|at| (at, *key))).collect();
        due.sort_unstable();
        Ok(due.into_iter().map(|(_, key)| key).take(limit as usize).collect())
    }

    async fn due(
        &self,
        organization: OrganizationId,
        due: Due,
        limit: u32,
    ) -> Result<Vec<SupportRequestId>, PortError> {
        if let Some(kind) = self.fault("due") {
            return Err(PortError::new(kind, "as the test wants it"));
        }
        Ok(self.state().due(organization, due, limit))
    }
}
