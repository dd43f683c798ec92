//! The fakes pass the suite that the stores pass.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{ConversationId, Env, Event, OrganizationId, ParticipantId, SupportRequestId, UserId, testing::FixedEnv};

use crate::{
    CannedReplyStore, Category, CategoryStore, Person, PromiseStore, QueueViews, RequestStore, RequestViews, Requester,
    RoutingStore, SavedViewStore, Settings,
    testing::{AgentTerms, FakeStore, Harness, StoredConversation},
};

#[derive(Default)]
struct Fakes {
    store: FakeStore,
    env: Arc<FixedEnv>,
}

#[async_trait]
impl Harness for Fakes {
    fn store(&self) -> Arc<dyn RequestStore> {
        Arc::new(self.store.clone())
    }
    fn views(&self) -> Arc<dyn RequestViews> {
        Arc::new(self.store.clone())
    }
    fn promises(&self) -> Arc<dyn PromiseStore> {
        Arc::new(self.store.clone())
    }
    fn categories(&self) -> Arc<dyn CategoryStore> {
        Arc::new(self.store.clone())
    }
    fn canned_replies(&self) -> Arc<dyn CannedReplyStore> {
        Arc::new(self.store.clone())
    }
    fn saved_views(&self) -> Arc<dyn SavedViewStore> {
        Arc::new(self.store.clone())
    }
    fn routing(&self) -> Arc<dyn RoutingStore> {
        Arc::new(self.store.clone())
    }
    fn settings(&self) -> Arc<dyn Settings> {
        Arc::new(self.store.clone())
    }
    fn queue(&self) -> Arc<dyn QueueViews> {
        Arc::new(self.store.clone())
    }
    fn env(&self) -> Arc<dyn Env> {
        self.env.clone()
    }
    async fn time_goes_by(&self) {
        self.env.pass(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
    async fn organization(&self) -> OrganizationId {
        let id = OrganizationId::new(self.env.uuid());
        self.store.add_organization(id, "TICKET", "Europe/Paris");
        id
    }
    async fn agent(&self, organization: OrganizationId, first_name: &str, last_name: &str) -> UserId {
        let id = UserId::new(self.env.uuid());
        let name = format!("{first_name} {last_name}");
        self.store.add_name(organization, id, &name);
        self.store.add_agent(organization, Person { id, name });
        id
    }
    async fn describe_agent(&self, organization: OrganizationId, agent: UserId, wanted: AgentTerms) {
        self.store.change_agent(organization, agent, |agent| {
            agent.availability = wanted.availability;
            agent.capacity = wanted.capacity;
            agent.categories = wanted.categories.into_iter().map(|word| Category::stored(word.to_owned())).collect();
            agent.languages = wanted.languages;
        });
    }
    async fn customer(&self, _: OrganizationId) -> Requester {
        let id = ParticipantId::new(self.env.uuid());
        let name = "Camille Martin".to_owned();
        Requester { id, name, email: Some(format!("{id}@example.org")), phone: None }
    }
    async fn add_member(&self, organization: OrganizationId, request: SupportRequestId, agent: UserId) {
        self.store.add_member(organization, request, agent);
    }
    async fn customer_writes(&self, organization: OrganizationId, request: SupportRequestId, content: &str) {
        self.store.customer_writes(organization, request, content, self.env.now());
    }
    async fn outbox(&self, organization: OrganizationId, request: SupportRequestId) -> Vec<Event> {
        let mut events = self.store.outbox();
        events.retain(|event| event.organization == organization && event.key == request.uuid());
        events
    }
    async fn shown_to_customer(&self, organization: OrganizationId, request: SupportRequestId) -> Vec<ParticipantId> {
        let conversation = self.store.stored(organization, request).unwrap().conversation;
        self.store.conversation(organization, conversation).unwrap().participants
    }
    async fn conversation(&self, organization: OrganizationId, id: ConversationId) -> Option<StoredConversation> {
        self.store.conversation(organization, id)
    }
}

crate::support_request_contract!(std::future::ready(Fakes::default()));
