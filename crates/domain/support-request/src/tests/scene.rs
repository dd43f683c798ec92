//! A desk over fakes: one organisation, its people.

use std::{sync::Arc, time::Duration};

use kernel::{
    Caller, Env, Event, GuestCaller, GuestId, GuestTokenId, Language, OrganizationId, Role, SupportRequestId, UserId,
    testing::FixedEnv,
};

use crate::{
    Action, Command, Desk, Done, OpenRequest, Person, Requester, Snapshot, SupportRequestError, TimelineEntry,
    testing::{FakePeople, FakeStore, RecordedFeed, builders},
};

pub(super) struct Scene {
    pub(super) desk: Desk,
    pub(super) store: FakeStore,
    pub(super) people: Arc<FakePeople>,
    pub(super) feed: Arc<RecordedFeed>,
    pub(super) env: Arc<FixedEnv>,
    pub(super) organization: OrganizationId,
    pub(super) customer: Caller,
    pub(super) agent: Caller,
    pub(super) supervisor: Caller,
}

impl Scene {
    pub(super) fn new() -> Self {
        let env = Arc::new(FixedEnv::new());
        let (store, people) = (FakeStore::default(), Arc::new(FakePeople::default()));
        let feed = Arc::new(RecordedFeed::default());
        let organization = OrganizationId::new(env.uuid());
        store.add_organization(organization, "TICKET", "Europe/Paris");
        let desk =
            Desk::new(Arc::new(store.clone()), Arc::new(store.clone()), people.clone(), feed.clone(), env.clone());
        let user = |role, name| builders::user(&*env, organization, UserId::new(env.uuid()), role, name);
        let customer = user(Role::Customer, "Camille Martin");
        let agent = user(Role::Agent, "Dominique Leroy");
        let supervisor = user(Role::Supervisor, "Andrea Faure");
        let scene = Self { desk, store, people, feed, env, organization, customer, agent, supervisor };
        scene.introduce(&scene.agent);
        scene.introduce(&scene.supervisor);
        scene
    }

    /// Makes somebody known to the identity domain and to lists.
    fn introduce(&self, staff: &Caller) {
        let person = Person { id: id(staff), name: staff.name().to_owned() };
        self.store.add_name(self.organization, person.id, &person.name);
        self.store.add_agent(self.organization, person.clone());
        self.store.change_agent(self.organization, person.id, |agent| {
            agent.role = staff.user().map_or(Role::Agent, |user| user.role);
        });
        self.people.add_agent(self.organization, person);
    }

    pub(super) fn user(&self, role: Role, name: &str) -> Caller {
        let user = builders::user(&*self.env, self.organization, UserId::new(self.env.uuid()), role, name);
        if role.is_staff() {
            self.introduce(&user);
        }
        user
    }

    /// A guest whose token is good for this request.
    pub(super) fn guest(&self, support_request: SupportRequestId) -> Caller {
        Caller::Guest(GuestCaller {
            organization: self.organization,
            id: GuestId::new(self.env.uuid()),
            support_request,
            name: "Sacha Petit".to_owned(),
            token: GuestTokenId::new(self.env.uuid()),
            language: Language::En,
            expires_at: self.env.now(),
        })
    }

    pub(super) fn order_of(caller: &Caller) -> OpenRequest {
        builders::order(Requester {
            id: caller.participant(),
            name: caller.name().to_owned(),
            email: None,
            phone: None,
        })
    }

    /// A request that the customer has just opened; what was told of it is forgotten.
    pub(super) async fn opened(&self) -> SupportRequestId {
        let opened = self.desk.open(&self.customer, Self::order_of(&self.customer)).await.unwrap();
        self.feed.take();
        opened.view.request.id
    }

    pub(super) async fn act(
        &self,
        caller: &Caller,
        request: SupportRequestId,
        action: Action,
    ) -> Result<Done, SupportRequestError> {
        self.desk.act(caller, request, action, Command::default()).await
    }

    pub(super) fn stored(&self, request: SupportRequestId) -> Snapshot {
        self.store.stored(self.organization, request).unwrap()
    }

    pub(super) fn timeline(&self, request: SupportRequestId) -> Vec<TimelineEntry> {
        self.store.timeline_of(self.organization, request)
    }

    /// The events since the first so many.
    pub(super) fn events_after(&self, count: usize) -> Vec<Event> {
        self.store.outbox().split_off(count)
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.env.pass(Duration::from_secs(seconds));
    }
}

pub(super) fn id(caller: &Caller) -> UserId {
    UserId::new(caller.participant().uuid())
}

pub(super) fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.name).collect()
}
