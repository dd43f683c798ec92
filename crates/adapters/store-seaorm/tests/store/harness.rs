//! One store under test, by what the suites of the domains ask for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chat::{
    Append, Attachments, Author, ChatSessions, ClientMessageId, Content, ContentHash, ConversationLog, Conversations,
    LogFeed, MessageKind, Right, SenderKind,
    testing::{RecordedHints, Setup, Thread, ThreadState},
};
use identity::{
    Email, IdentityStore, Inserted, Organization, PersonName, Slug, TicketPrefix, TimeZone, User, UserRecord,
    WidgetKey,
    testing::contract::{OutboxProbe, Stores},
};
use kernel::{
    ConversationId, Env, Event, EventId, Language, MessageId, OrganizationId, ParticipantId, Role, SupportRequestId,
    SystemEnv, UserId,
};
use store_seaorm::{SeaStore, StoreOptions};
use support_request::{
    CannedReplyStore, CategoryStore, ConversationState, NewConversation, NewMessage, PromiseStore, QueueViews,
    RequestEvent, RequestStore, RequestViews, Requester, RoutingStore, SavedViewStore, Settings, SupportRequest,
    testing::{AgentTerms, StoredConversation},
};
use uuid::Uuid;

use crate::database::{Backend, Fresh};

pub(crate) struct TestStore {
    pub(crate) store: Arc<SeaStore>,
    /// Another node on the same database.
    pub(crate) other: Arc<SeaStore>,
    pub(crate) hints: Arc<RecordedHints>,
    pub(crate) database: Arc<Fresh>,
    counter: AtomicU32,
}

pub(crate) async fn sqlite() -> TestStore {
    TestStore::new(Backend::Sqlite).await
}

pub(crate) async fn postgres() -> TestStore {
    TestStore::new(Backend::Postgres).await
}

pub(crate) fn options(url: &str, hints: Arc<dyn chat::Hints>) -> StoreOptions {
    let mut options = StoreOptions::new(url, hints);
    options.sinks = vec!["one".to_owned(), "two".to_owned()];
    options
}

impl TestStore {
    pub(crate) async fn new(backend: Backend) -> Self {
        Self::with(backend, |_| ()).await
    }

    pub(crate) async fn with(backend: Backend, adjust: impl Fn(&mut StoreOptions)) -> Self {
        Self::opened(Fresh::migrated(backend).await, Arc::default(), adjust).await
    }

    pub(crate) async fn over(database: Fresh, hints: Arc<RecordedHints>) -> Self {
        Self::opened(database, hints, |_| ()).await
    }

    async fn opened(database: Fresh, hints: Arc<RecordedHints>, adjust: impl Fn(&mut StoreOptions)) -> Self {
        let backend = database.backend;
        let database = Arc::new(database);
        let mut options = options(&database.url, hints.clone());
        adjust(&mut options);
        let store = SeaStore::connect(options.clone()).await.expect("the store opens");
        // A second program on one SQLite file is possible, but a second node is not meant to be.
        let other = match backend {
            Backend::Sqlite => store.clone(),
            Backend::Postgres => SeaStore::connect(options).await.expect("the store opens twice"),
        };
        Self { store, other, hints, database, counter: AtomicU32::new(0) }
    }

    fn next(&self) -> u32 {
        self.counter.fetch_add(1, Ordering::Relaxed) + 1
    }

    async fn person(&self, organization: OrganizationId, role: Role, first: &str, last: &str) -> (UserId, String) {
        let (id, now) = (UserId::new(SystemEnv.uuid()), SystemEnv.now());
        let email = format!("u{}@demo.test", id.uuid().simple());
        let record = UserRecord {
            id,
            organization,
            email: Email::parse(&email).unwrap(),
            password_hash: None,
            first_name: PersonName::parse(first).unwrap(),
            last_name: PersonName::parse(last).unwrap(),
            phone: None,
            language: Language::Fr,
            role,
            active: true,
            availability: kernel::Availability::Online,
            capacity: identity::Capacity::default(),
            skills: identity::Skills::default(),
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let mut tx = IdentityStore::begin(&*self.store, organization).await.unwrap();
        assert_eq!(tx.users().insert(&User::from_record(record)).await.unwrap(), Inserted::Done);
        tx.commit().await.unwrap();
        (id, email)
    }

    pub(crate) async fn fresh_organization(&self) -> OrganizationId {
        let id = OrganizationId::new(SystemEnv.uuid());
        let slug = format!("o{}", id.uuid().simple());
        let organization = Organization {
            id,
            name: "Maison".to_owned(),
            slug: Slug::parse(&slug).unwrap(),
            widget_key: WidgetKey::new(format!("pk_{slug}")),
            allowed_origins: Vec::new(),
            language: Language::Fr,
            time_zone: TimeZone::parse("Europe/Paris").unwrap(),
            ticket_prefix: TicketPrefix::parse("TICKET").unwrap(),
            epoch: identity::Epoch::new(SystemEnv.uuid()),
            created_at: SystemEnv.now(),
        };
        let mut tx = IdentityStore::begin(&*self.store, id).await.unwrap();
        assert_eq!(tx.organizations().insert(&organization).await.unwrap(), Inserted::Done);
        tx.commit().await.unwrap();
        id
    }

    async fn take_part(&self, organization: OrganizationId, conversation: ConversationId, agent: UserId) {
        let id = |id: Uuid| self.database.id(id);
        let (yes, now) = match self.database.backend {
            Backend::Sqlite => ("1", SystemEnv.now().as_micros().to_string()),
            Backend::Postgres => ("true", "now()".to_owned()),
        };
        let sql = format!(
            "INSERT INTO participant (organization_id, conversation_id, participant_id, kind, name, member, joined_at)
             VALUES ({}, {}, {}, 1, 'Claude Blanc', {yes}, {now})",
            id(organization.uuid()),
            id(conversation.uuid()),
            id(agent.uuid())
        );
        self.database.run(&sql).await;
    }

    async fn conversation_of(&self, organization: OrganizationId, request: SupportRequestId) -> ConversationId {
        let sql = format!(
            "SELECT id FROM conversation WHERE organization_id = {} AND support_request_id = {}",
            self.database.id(organization.uuid()),
            self.database.id(request.uuid())
        );
        ConversationId::new(self.database.all(&sql).await[0].try_get("", "id").unwrap())
    }

    pub(crate) async fn write(&self, thread: &Thread, name: &str, content: &str) -> chat::Appended {
        self.store.append(message(thread, name, content)).await.unwrap()
    }

    /// A thread of a customer, of a fresh organisation if none is given.
    pub(crate) async fn fresh_thread(&self, organization: Option<OrganizationId>) -> Thread {
        let organization = match organization {
            Some(organization) => organization,
            None => self.fresh_organization().await,
        };
        let requester = self.person(organization, Role::Customer, "Camille", "Martin").await.0.into();
        let setup = Setup { organization, requester, members: Vec::new(), state: ThreadState::default() };
        chat::testing::Harness::thread(self, setup).await
    }
}

/// A message of the customer, ready to be sent.
pub(crate) fn message(thread: &Thread, name: &str, content: &str) -> Append {
    let content = Content::parse(content).unwrap();
    Append {
        organization: thread.organization,
        conversation: thread.id,
        author: Author {
            id: thread.requester,
            kind: SenderKind::Customer,
            name: "Camille Martin".to_owned(),
            right: Right::Requester,
        },
        id: MessageId::new(SystemEnv.uuid()),
        client_message_id: ClientMessageId::parse(name).unwrap(),
        hash: ContentHash::of(&content, None),
        content,
        kind: MessageKind::Text,
        attachments: Vec::new(),
        in_reply_to: None,
        origin: None,
    }
}

fn state_of(state: ThreadState) -> ConversationState {
    ConversationState {
        assignee: state.assignee,
        resolved: state.resolved,
        closed: state.closed,
        merged_into: state.merged_into,
        took_in: state.took_in.into_iter().collect(),
        archived_at: state.archived.then(|| SystemEnv.now()),
        deleted_at: state.deleted.then(|| SystemEnv.now()),
    }
}

#[async_trait]
impl chat::testing::Harness for TestStore {
    fn log(&self) -> Arc<dyn ConversationLog> {
        self.store.clone()
    }
    fn other_log(&self) -> Arc<dyn ConversationLog> {
        self.other.clone()
    }
    fn conversations(&self) -> Arc<dyn Conversations> {
        self.store.clone()
    }
    fn sessions(&self) -> Arc<dyn ChatSessions> {
        self.store.clone()
    }
    fn attachments(&self) -> Arc<dyn Attachments> {
        self.store.clone()
    }
    fn feed(&self) -> Arc<dyn LogFeed> {
        self.store.clone()
    }
    fn hints(&self) -> Arc<RecordedHints> {
        self.hints.clone()
    }
    fn env(&self) -> Arc<dyn Env> {
        Arc::new(SystemEnv)
    }
    /// The clock itself is what is waited for.
    async fn time_goes_by(&self) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    async fn organization(&self) -> OrganizationId {
        self.fresh_organization().await
    }
    async fn agent(&self, organization: OrganizationId) -> UserId {
        self.person(organization, Role::Agent, "Dominique", "Leroy").await.0
    }
    async fn customer(&self, organization: OrganizationId) -> ParticipantId {
        self.person(organization, Role::Customer, "Camille", "Martin").await.0.into()
    }

    async fn thread(&self, setup: Setup) -> Thread {
        let requester = Requester { id: setup.requester, name: "Camille Martin".to_owned(), email: None, phone: None };
        let env = SystemEnv;
        let request = support_request::testing::request(&env, setup.organization, &requester, self.next());
        let (id, support_request) = (request.conversation, request.id);
        let mut tx = RequestStore::begin(&*self.store, setup.organization).await.unwrap();
        tx.requests().insert(&SupportRequest::restore(request)).await.unwrap();
        let new = NewConversation {
            id,
            support_request,
            requester,
            state: state_of(setup.state),
            first: None,
            at: env.now(),
        };
        tx.conversations().open(&new).await.unwrap();
        tx.commit().await.unwrap();
        for member in setup.members {
            self.take_part(setup.organization, id, member).await;
        }
        Thread { organization: setup.organization, id, support_request, requester: setup.requester }
    }

    async fn set(&self, thread: &Thread, state: ThreadState) {
        let mut tx = RequestStore::begin(&*self.store, thread.organization).await.unwrap();
        tx.conversations().follow(thread.id, &state_of(state)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[async_trait]
impl support_request::testing::Harness for TestStore {
    fn store(&self) -> Arc<dyn RequestStore> {
        self.store.clone()
    }
    fn views(&self) -> Arc<dyn RequestViews> {
        self.store.clone()
    }
    fn promises(&self) -> Arc<dyn PromiseStore> {
        self.store.clone()
    }
    fn categories(&self) -> Arc<dyn CategoryStore> {
        self.store.clone()
    }
    fn canned_replies(&self) -> Arc<dyn CannedReplyStore> {
        self.store.clone()
    }
    fn saved_views(&self) -> Arc<dyn SavedViewStore> {
        self.store.clone()
    }
    fn routing(&self) -> Arc<dyn RoutingStore> {
        self.store.clone()
    }
    fn settings(&self) -> Arc<dyn Settings> {
        self.store.clone()
    }
    fn queue(&self) -> Arc<dyn QueueViews> {
        self.store.clone()
    }
    fn env(&self) -> Arc<dyn Env> {
        Arc::new(SystemEnv)
    }
    async fn time_goes_by(&self) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    async fn organization(&self) -> OrganizationId {
        self.fresh_organization().await
    }
    async fn agent(&self, organization: OrganizationId, first_name: &str, last_name: &str) -> UserId {
        self.person(organization, Role::Agent, first_name, last_name).await.0
    }
    async fn describe_agent(&self, organization: OrganizationId, agent: UserId, wanted: AgentTerms) {
        let mut tx = IdentityStore::begin(&*self.store, organization).await.unwrap();
        let read = tx.users().find(agent).await.unwrap().unwrap().record().clone();
        let categories: Vec<String> = wanted.categories.into_iter().map(str::to_owned).collect();
        let described = UserRecord {
            availability: wanted.availability,
            capacity: identity::Capacity::parse(wanted.capacity).unwrap(),
            skills: identity::Skills::parse(&categories, &wanted.languages).unwrap(),
            ..read
        };
        assert_eq!(tx.users().save(&User::from_record(described)).await.unwrap(), Inserted::Done);
        tx.commit().await.unwrap();
    }
    async fn customer(&self, organization: OrganizationId) -> Requester {
        let (id, email) = self.person(organization, Role::Customer, "Camille", "Martin").await;
        Requester { id: id.into(), name: "Camille Martin".to_owned(), email: Some(email), phone: None }
    }
    async fn add_member(&self, organization: OrganizationId, request: SupportRequestId, agent: UserId) {
        let conversation = self.conversation_of(organization, request).await;
        self.take_part(organization, conversation, agent).await;
    }
    async fn customer_writes(&self, organization: OrganizationId, request: SupportRequestId, content: &str) {
        let id = self.conversation_of(organization, request).await;
        let audience = self.store.audience(organization, id).await.unwrap().unwrap();
        let thread = Thread { organization, id, support_request: request, requester: audience.requester };
        self.write(&thread, &SystemEnv.uuid().to_string(), content).await;
    }

    async fn outbox(&self, organization: OrganizationId, request: SupportRequestId) -> Vec<Event> {
        let sql = format!(
            "SELECT payload FROM outbox WHERE organization_id = {} AND key = {} AND sink = 'two' ORDER BY key_seq",
            self.database.id(organization.uuid()),
            self.database.id(request.uuid())
        );
        let event = |payload: serde_json::Value| Event {
            id: payload["id"].as_str().unwrap().parse().unwrap(),
            name: RequestEvent::NAMES.into_iter().find(|name| payload["event"] == *name).unwrap(),
            organization: payload["organization_id"].as_str().unwrap().parse().unwrap(),
            at: payload["timestamp"].as_str().unwrap().parse().unwrap(),
            key: request.uuid(),
            data: payload["data"].clone(),
        };
        self.database.all(&sql).await.iter().map(|row| event(row.try_get("", "payload").unwrap())).collect()
    }

    async fn shown_to_customer(&self, organization: OrganizationId, request: SupportRequestId) -> Vec<ParticipantId> {
        let id = self.conversation_of(organization, request).await;
        let audience = self.store.audience(organization, id).await.unwrap().unwrap();
        let scope = kernel::Scope::Requester(audience.requester);
        let found = Conversations::find(&*self.store, organization, scope, audience.requester, id).await.unwrap();
        found.unwrap().participants.into_iter().map(|one| one.id).collect()
    }

    async fn conversation(&self, organization: OrganizationId, id: ConversationId) -> Option<StoredConversation> {
        let own = |table: &str, id_column: &str| {
            let (organization, id) = (self.database.id(organization.uuid()), self.database.id(id.uuid()));
            format!("FROM {table} WHERE organization_id = {organization} AND {id_column} = {id}")
        };
        let rows = self.database.all(&format!("SELECT * {}", own("conversation", "id"))).await;
        let row = rows.first()?;
        let people =
            self.database.all(&format!("SELECT participant_id {}", own("participant", "conversation_id"))).await;
        let first = format!(
            "SELECT id, client_message_id, content, content_hash {} AND seq = 1",
            own("entry", "conversation_id")
        );
        let first = self.database.all(&first).await;
        let optional = |column: &str| row.try_get::<Option<Uuid>>("", column).unwrap();
        Some(StoredConversation {
            support_request: SupportRequestId::new(row.try_get("", "support_request_id").unwrap()),
            state: ConversationState {
                assignee: optional("assignee_id").map(UserId::new),
                resolved: row.try_get("", "resolved").unwrap(),
                closed: row.try_get("", "closed").unwrap(),
                merged_into: optional("merged_into").map(SupportRequestId::new),
                took_in: row
                    .try_get::<Option<serde_json::Value>>("", "took_in")
                    .unwrap()
                    .map(|ids| serde_json::from_value(ids).unwrap())
                    .unwrap_or_default(),
                archived_at: time(row, "archived_at"),
                deleted_at: time(row, "deleted_at"),
            },
            participants: people
                .iter()
                .map(|row| ParticipantId::new(row.try_get("", "participant_id").unwrap()))
                .collect(),
            first: first.first().map(|row| NewMessage {
                id: MessageId::new(row.try_get("", "id").unwrap()),
                client_message_id: row.try_get("", "client_message_id").unwrap(),
                content: row.try_get("", "content").unwrap(),
                content_hash: row.try_get("", "content_hash").unwrap(),
            }),
            last_seq: row.try_get::<i64>("", "last_seq").unwrap().cast_unsigned(),
        })
    }
}

/// What the suite of identity takes.
pub(crate) async fn stores(backend: Backend) -> Stores {
    let test = TestStore::new(backend).await;
    let (store, probe) = (test.store.clone(), Probe(test.database.clone()));
    Stores {
        store: store.clone(),
        views: store.clone(),
        revocations: store.clone(),
        expired: store.clone(),
        letters: store.clone(),
        keys: store,
        outbox: Arc::new(probe),
        keep: Box::new(test),
    }
}

struct Probe(Arc<Fresh>);

#[async_trait]
impl OutboxProbe for Probe {
    async fn stored(&self) -> Vec<(EventId, String, serde_json::Value)> {
        let rows = self.0.all("SELECT id, name, payload FROM outbox WHERE sink = 'one' ORDER BY key_seq").await;
        let event = |row: &sea_orm::QueryResult| {
            let payload: serde_json::Value = row.try_get("", "payload").unwrap();
            let id = EventId::new(row.try_get("", "id").unwrap());
            (id, row.try_get("", "name").unwrap(), payload["data"].clone())
        };
        rows.iter().map(event).collect()
    }
}

/// A time, as each database keeps it.
fn time(row: &sea_orm::QueryResult, column: &str) -> Option<kernel::Timestamp> {
    if row.try_as_sqlite_row().is_some() {
        row.try_get::<Option<i64>>("", column).unwrap().map(kernel::Timestamp::from_micros)
    } else {
        row.try_get::<Option<time::OffsetDateTime>>("", column).unwrap().map(kernel::Timestamp::from_datetime)
    }
}
