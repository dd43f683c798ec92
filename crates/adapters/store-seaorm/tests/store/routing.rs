//! Requests given to agents by two nodes at once.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use kernel::{Caller, OrganizationId, PortError, Role, SupportRequestId, SystemEnv, UserId};
use store_seaorm::SeaStore;
use support_request::{
    Action, Command, Desk, NoteChange, People, Person, RequestChange, RequestFeed, RequestSettings, Requester,
    Settings, Status,
    testing::{AgentTerms, Harness, order, user},
};

use crate::{
    database::Backend,
    harness::{TestStore, postgres},
};

const AGENTS: usize = 5;
const EACH: u32 = 10;

/// Nobody is handed anything by hand to somebody who does not exist.
struct Anybody;

#[async_trait]
impl People for Anybody {
    async fn agent(&self, _: OrganizationId, id: UserId) -> Result<Option<Person>, PortError> {
        Ok(Some(Person { id, name: "Dominique Leroy".to_owned() }))
    }
    async fn requester(&self, _: OrganizationId, _: UserId) -> Result<Option<Requester>, PortError> {
        Ok(None)
    }
}

/// Nobody watches.
struct Unwatched;

impl RequestFeed for Unwatched {
    fn changed(&self, _: &RequestChange) {}
    fn noted(&self, _: &NoteChange) {}
}

struct Scene {
    test: TestStore,
    organization: OrganizationId,
    agents: Vec<UserId>,
    customer: Requester,
    nodes: [Arc<Desk>; 2],
}

impl Scene {
    /// An organisation that gives requests out by itself, with agents who each take so many.
    async fn new(test: TestStore) -> Self {
        let organization = test.fresh_organization().await;
        let settings = RequestSettings { auto_assign: true, ..RequestSettings::default() };
        test.store.set(organization, &settings).await.unwrap();
        let mut agents = Vec::new();
        for _ in 0..AGENTS {
            let agent = Harness::agent(&test, organization, "Dominique", "Leroy").await;
            test.describe_agent(organization, agent, AgentTerms { capacity: EACH, ..AgentTerms::default() }).await;
            agents.push(agent);
        }
        let customer = Harness::customer(&test, organization).await;
        let desk = |store: &Arc<SeaStore>| {
            let (anybody, unwatched) = (Arc::new(Anybody), Arc::new(Unwatched));
            Arc::new(Desk::new(store.clone(), store.clone(), anybody, unwatched, Arc::new(SystemEnv)))
        };
        let nodes = [desk(&test.store), desk(&test.other)];
        Self { test, organization, agents, customer, nodes }
    }

    fn caller(&self) -> Caller {
        let id = UserId::new(self.customer.id.uuid());
        user(&SystemEnv, self.organization, id, Role::Customer, &self.customer.name)
    }

    /// Opens so many at once, by turns on each node; what did not come through for others' sake comes again.
    async fn open(&self, count: usize) -> Vec<SupportRequestId> {
        let opening = (0..count).map(|n| {
            let (desk, caller, order) = (self.nodes[n % 2].clone(), self.caller(), order(self.customer.clone()));
            tokio::spawn(async move {
                for _ in 0..20 {
                    match desk.open(&caller, order.clone()).await {
                        Ok(opened) => return opened.view.request.id,
                        Err(error) => tracing::debug!(%error, "again"),
                    }
                }
                panic!("20 times in vain");
            })
        });
        let mut opened = Vec::new();
        for one in opening.collect::<Vec<_>>() {
            opened.push(one.await.unwrap());
        }
        opened
    }

    /// How many each agent has, counted here; and how often each request was given to somebody.
    async fn loads(&self, requests: &[SupportRequestId]) -> BTreeMap<Option<UserId>, usize> {
        let mut loads = BTreeMap::new();
        for id in requests {
            let request = self.test.views().snapshot(self.organization, *id).await.unwrap().unwrap();
            *loads.entry(request.assignee).or_default() += 1;
            let events = Harness::outbox(&self.test, self.organization, *id).await;
            let given = events.iter().filter(|event| event.name == "ticket.assigned").count();
            let entries = self.test.views().timeline(self.organization, *id).await.unwrap();
            let told = entries.iter().filter(|entry| entry.kind.as_str() == "assignee_changed").count();
            let expected = usize::from(request.assignee.is_some());
            assert_eq!((given, told), (expected, expected), "once, and told once");
            let status = if request.assignee.is_some() { Status::Assigned } else { Status::Open };
            assert_eq!(request.status, status);
        }
        loads
    }

    fn all_full(&self) -> BTreeMap<Option<UserId>, usize> {
        self.agents.iter().map(|agent| (Some(*agent), EACH as usize)).collect()
    }
}

async fn each_request_is_given_once_and_nobody_gets_too_many(test: TestStore) {
    let scene = Scene::new(test).await;
    let mut requests = scene.open(AGENTS * EACH as usize).await;
    assert_eq!(scene.loads(&requests).await, scene.all_full());
    let last = scene.open(1).await[0];
    for desk in &scene.nodes {
        assert_eq!(desk.assign_waiting(scene.organization).await.unwrap(), 0);
    }
    assert_eq!(scene.loads(&[last]).await, BTreeMap::from([(None, 1)]), "there is no place for it");

    let agent = user(&SystemEnv, scene.organization, scene.agents[0], Role::Supervisor, "Dominique Leroy");
    scene.nodes[0].act(&agent, requests[7], Action::Close, Command::default()).await.unwrap();
    let looks = scene.nodes.iter().map(|desk| {
        let (desk, organization) = (desk.clone(), scene.organization);
        tokio::spawn(async move { desk.assign_waiting(organization).await.unwrap() })
    });
    let mut given = 0;
    for look in looks.collect::<Vec<_>>() {
        given += look.await.unwrap();
    }
    assert_eq!(given, 1, "the place that was freed is filled once");
    requests.remove(7);
    requests.push(last);
    assert_eq!(scene.loads(&requests).await, scene.all_full());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_is_given_once_and_nobody_gets_too_many_on_sqlite() {
    each_request_is_given_once_and_nobody_gets_too_many(TestStore::new(Backend::Sqlite).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_is_given_once_and_nobody_gets_too_many_on_postgres() {
    each_request_is_given_once_and_nobody_gets_too_many(postgres().await).await;
}

/// As after a while without agents: many wait, and the looks of both nodes meet.
async fn what_waited_is_given_out_by_two_nodes_at_once(test: TestStore) {
    let scene = Scene::new(test).await;
    let off = |capacity| AgentTerms { capacity, ..AgentTerms::default() };
    for agent in &scene.agents {
        scene.test.describe_agent(scene.organization, *agent, off(0)).await;
    }
    let requests = scene.open(AGENTS * EACH as usize + 3).await;
    assert_eq!(scene.loads(&requests).await, BTreeMap::from([(None, requests.len())]));
    for agent in &scene.agents {
        scene.test.describe_agent(scene.organization, *agent, off(EACH)).await;
    }
    let looks = (0..6).map(|n| {
        let (desk, organization) = (scene.nodes[n % 2].clone(), scene.organization);
        tokio::spawn(async move { desk.assign_waiting(organization).await })
    });
    let mut given = 0;
    for look in looks.collect::<Vec<_>>() {
        given += look.await.unwrap().unwrap();
    }
    assert_eq!(given, AGENTS * EACH as usize);
    let mut wanted = scene.all_full();
    wanted.insert(None, 3);
    assert_eq!(scene.loads(&requests).await, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_is_given_out_by_two_nodes_at_once_on_sqlite() {
    what_waited_is_given_out_by_two_nodes_at_once(TestStore::new(Backend::Sqlite).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_is_given_out_by_two_nodes_at_once_on_postgres() {
    what_waited_is_given_out_by_two_nodes_at_once(postgres().await).await;
}
