//! Many who do the same to one request at once, over two nodes on PostgreSQL: it is done once.

use std::sync::Arc;

use kernel::{
    Caller, Env, Event, Language, OrganizationId, Role, SessionId, SupportRequestId, SystemEnv, UserCaller, UserId,
};
use support_request::{
    Action, Command, Desk, Done, Person, Requester, SupportRequestError, TimelineKind,
    testing::{FakePeople, Harness, RecordedFeed},
};

use crate::{database::Backend, harness::TestStore};

const MANY: usize = 50;

struct Scene {
    test: TestStore,
    /// One a node.
    desks: [Arc<Desk>; 2],
    organization: OrganizationId,
    agents: Vec<Caller>,
    request: SupportRequestId,
}

impl Scene {
    async fn new(agents: usize) -> Self {
        let test = TestStore::new(Backend::Postgres).await;
        let organization = test.fresh_organization().await;
        let people = Arc::new(FakePeople::default());
        let mut staff = Vec::new();
        for n in 0..agents {
            let name = format!("Agent {n}");
            let id = Harness::agent(&test, organization, "Agent", &n.to_string()).await;
            people.add_agent(organization, Person { id, name: name.clone() });
            staff.push(caller(organization, id, &name));
        }
        let desk = |store: &Arc<store_seaorm::SeaStore>| {
            let (people, feed) = (people.clone(), Arc::new(RecordedFeed::default()));
            Arc::new(Desk::new(store.clone(), store.clone(), people, feed, Arc::new(SystemEnv)))
        };
        let desks = [desk(&test.store), desk(&test.other)];
        let requester: Requester = Harness::customer(&test, organization).await;
        let opened = desks[0].open(&staff[0], order(requester)).await.unwrap();
        Self { test, desks, organization, agents: staff, request: opened.view.request.id }
    }

    /// The same by as many, half of them over each node, each as one of the agents in turn.
    async fn at_once(&self, action: &Action, command: &Command) -> Vec<Result<Done, SupportRequestError>> {
        let calls = (0..MANY).map(|n| {
            let (desk, caller) = (self.desks[n % 2].clone(), self.agents[n % self.agents.len()].clone());
            let (request, action, command) = (self.request, action.clone(), command.clone());
            tokio::spawn(async move { desk.act(&caller, request, action, command).await })
        });
        let mut done = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            done.push(call.await.unwrap());
        }
        done
    }

    async fn events(&self) -> Vec<Event> {
        Harness::outbox(&self.test, self.organization, self.request).await
    }

    /// How many events of that name, and entries of that kind, there are.
    async fn told(&self, name: &str, kind: TimelineKind) -> (usize, usize) {
        let events = self.events().await.iter().filter(|event| event.name == name).count();
        let timeline = self.desks[0].timeline(&self.agents[0], self.request).await.unwrap();
        (events, timeline.iter().filter(|entry| entry.kind == kind).count())
    }
}

fn caller(organization: OrganizationId, id: UserId, name: &str) -> Caller {
    Caller::User(UserCaller {
        organization,
        id,
        role: Role::Supervisor,
        name: name.to_owned(),
        session: SessionId::new(SystemEnv.uuid()),
        language: Language::Fr,
        expires_at: SystemEnv.now(),
    })
}

fn order(requester: Requester) -> support_request::OpenRequest {
    support_request::testing::order(requester)
}

fn changed(done: &[Result<Done, SupportRequestError>]) -> usize {
    done.iter().filter(|done| done.as_ref().is_ok_and(|done| done.changed)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_closings_at_once_over_two_nodes_close_once() {
    let scene = Scene::new(5).await;
    let done = scene.at_once(&Action::Close, &Command::default()).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(changed(&done), 1);
    assert_eq!(scene.told("ticket.closed", TimelineKind::StatusChanged).await, (1, 1));
    assert_eq!(scene.told("ticket.status_changed", TimelineKind::StatusChanged).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_assignments_at_once_over_two_nodes_assign_once() {
    let scene = Scene::new(5).await;
    let agent = scene.agents[3].user().map(|user| user.id);
    let done = scene.at_once(&Action::Assign { agent }, &Command::default()).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(changed(&done), 1);
    assert_eq!(scene.told("ticket.assigned", TimelineKind::AssigneeChanged).await, (1, 1));
}

/// Each for themselves: one has it, the others are told that it has changed since they looked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_who_take_a_request_they_saw_untaken_one_has_it() {
    let scene = Scene::new(MANY).await;
    let seen = Command { if_match: Some(1), ..Command::default() };
    let done = scene.at_once(&Action::Take, &seen).await;
    assert_eq!(changed(&done), 1);
    let stale = done.iter().filter(|done| matches!(done, Err(SupportRequestError::Stale { version: 2 }))).count();
    assert_eq!(stale, MANY - 1, "{done:?}");
    assert_eq!(scene.told("ticket.assigned", TimelineKind::AssigneeChanged).await, (1, 1));
}

/// Who takes it twice over has taken it once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_takings_by_one_agent_over_two_nodes_are_one() {
    let scene = Scene::new(1).await;
    let done = scene.at_once(&Action::Take, &Command::default()).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(changed(&done), 1);
    assert_eq!(scene.told("ticket.assigned", TimelineKind::AssigneeChanged).await, (1, 1));
}
