//! The HTTP side over fakes of everything behind it.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_web::{
    http::{Method, StatusCode, header::HeaderMap},
    test::{self, TestRequest},
    web::Data,
};
use async_trait::async_trait;
use chat::{
    Chat, ConversationLog, Sessions, UploadLimits, Uploads,
    testing::{
        CountedBudgets, FakeFiles, FakeLog, FakeScanner, RecordedReceipts, RecordedSessions, Setup, Thread, ThreadState,
    },
};
use futures_util::FutureExt;
use http_actix::{
    Api, Arrivals, Health, Mail, Mailbox, MetricsPage, Origins, Pace, Page, PageSource, Part, Parts, Presence,
    Settings, StaffMember,
};
use identity::{Auditing, testing::Fixture};
use kernel::{
    Caller, GuestCaller, Language, OrganizationId, ParticipantId, PortError, Role, Secret, Texts, Timestamp, UserId,
};
use privacy::{Erasing, Exporting, testing::FakePrivacy};
use serde_json::Value;
use support_request::{
    Automation, CannedReplies, Categories, Customers, Desk, NoteChange, Person, Promising, Queues, RequestChange,
    RequestFeed, Requester, RoutingRules, SavedViews,
    testing::{FakePeople, FakeStore},
};
use uuid::Uuid;

pub(crate) const ORIGIN: &str = "https://help.example";
pub(crate) const SHOP: &str = "https://shop.example";

/// The HTTP side, and what a test turns.
pub(crate) struct World {
    pub(crate) identity: Fixture,
    pub(crate) log: Arc<FakeLog>,
    pub(crate) files: Arc<FakeFiles>,
    pub(crate) scanner: Arc<FakeScanner>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) requests: FakeStore,
    pub(crate) people: Arc<FakePeople>,
    /// How often visitors may call; full again when a test says so.
    pub(crate) pace: Arc<CountedBudgets>,
    pub(crate) switches: Arc<Switches>,
    pub(crate) privacy: Arc<FakePrivacy>,
    pub(crate) api: Data<Api>,
}

/// What a test turns.
#[derive(Default)]
pub(crate) struct Switches {
    pub(crate) online: Mutex<BTreeSet<ParticipantId>>,
    pub(crate) staff: Mutex<Vec<StaffMember>>,
    pub(crate) database_down: AtomicBool,
    pub(crate) bus_down: AtomicBool,
    pub(crate) pages_missing: AtomicBool,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings { public_origin: ORIGIN.into(), docs: true }, Some("figures-please")).await
    }

    /// A server that is no demonstration.
    pub(crate) async fn without_mailbox() -> Self {
        Self::put_together(Settings { public_origin: ORIGIN.into(), docs: true }, None, None).await
    }

    pub(crate) async fn with(settings: Settings, metrics_token: Option<&str>) -> Self {
        Self::put_together(settings, metrics_token, Some(Arc::new(OneMail))).await
    }

    async fn put_together(settings: Settings, metrics_token: Option<&str>, mailbox: Option<Arc<dyn Mailbox>>) -> Self {
        let identity = Fixture::new().await;
        let organization = identity.organization.id;
        let arrivals = Arc::new(Arrivals::default());
        let log = Arc::new(FakeLog::new(identity.env.clone(), arrivals.clone()));
        log.renew_epoch(organization);
        let requests = FakeStore::default();
        requests.add_organization(organization, "TICKET", "Europe/Paris");
        let people = Arc::new(FakePeople::default());
        let conversations = Arc::new(Mirror { log: log.clone(), requests: requests.clone() });
        let store = Arc::new(requests.clone());
        let desk = Desk::new(store.clone(), store, people.clone(), conversations, identity.env.clone());
        let receipts = Arc::new(RecordedReceipts::default());
        let budgets = Arc::new(CountedBudgets::bounded());
        let chat = Chat::new(log.clone(), log.clone(), receipts, budgets, identity.env.clone());
        let told = Arc::new(RecordedSessions::default());
        let sessions = Sessions::new(log.clone(), log.clone(), told, identity.env.clone(), Sessions::TIMEOUT);
        let sessions = Arc::new(sessions);
        let queues = Arc::new(Queues::new(Arc::new(requests.clone()), identity.env.clone()));
        let files = Arc::new(FakeFiles::new(identity.env.clone()));
        let scanner = Arc::new(FakeScanner::default());
        let uploads = Uploads::new(
            log.clone(),
            files.clone(),
            Some(scanner.clone()),
            log.clone(),
            Arc::new(CountedBudgets::bounded()),
            identity.env.clone(),
            UploadLimits { file_bytes: 1 << 20, ..UploadLimits::default() },
        );
        let privacy = Arc::new(FakePrivacy::default());
        let (store, live) = (privacy.clone(), privacy.clone());
        let erasing = Erasing::new(
            store,
            privacy.clone(),
            privacy.clone(),
            privacy.clone(),
            privacy.clone(),
            live,
            privacy.clone(),
            identity.env.clone(),
        );
        let switches = Arc::new(Switches::default());
        let pace = Arc::new(CountedBudgets::bounded());
        let metrics = metrics_token
            .map(|token| MetricsPage { render: Arc::new(|| "guichet_up 1\n".to_owned()), token: Secret::new(token) });
        let api = Api::new(Parts {
            identity: identity.identity.clone(),
            desk: Arc::new(desk),
            auditing: Arc::new(Auditing::new(Arc::new(identity.store.clone()))),
            customers: Arc::new(Customers::new(Arc::new(requests.clone()))),
            erasing: Arc::new(erasing),
            exporting: Arc::new(Exporting::new(privacy.clone(), privacy.clone(), identity.env.clone())),
            promising: Arc::new(Promising::new(Arc::new(requests.clone()), identity.env.clone())),
            categories: Arc::new(Categories::new(Arc::new(requests.clone()), identity.env.clone())),
            canned_replies: Arc::new(CannedReplies::new(
                Arc::new(requests.clone()),
                Arc::new(requests.clone()),
                identity.env.clone(),
            )),
            saved_views: Arc::new(SavedViews::new(Arc::new(requests.clone()), identity.env.clone())),
            automation: Arc::new(Automation::new(Arc::new(requests.clone()), identity.env.clone())),
            routing: Arc::new(RoutingRules::new(Arc::new(requests.clone()), people.clone(), identity.env.clone())),
            chat: Arc::new(chat),
            uploads: Arc::new(uploads),
            sessions: sessions.clone(),
            queues,
            texts: Arc::new(EchoTexts),
            env: identity.env.clone(),
            presence: switches.clone(),
            arrivals,
            health: switches.clone(),
            origins: Arc::new(ShopOnly(organization)),
            pages: switches.clone(),
            metrics,
            pace: Pace::new(pace.clone()),
            mailbox,
            settings,
        });
        let world = Self {
            identity,
            log,
            files,
            scanner,
            sessions,
            requests,
            people,
            pace,
            switches,
            privacy,
            api: Data::new(api),
        };
        for role in [Role::Admin, Role::Supervisor, Role::Agent, Role::Customer] {
            world.introduce(&world.identity.caller(role).await);
        }
        world
    }

    /// Makes somebody known to the desk.
    pub(crate) fn introduce(&self, caller: &Caller) {
        let user = caller.user().unwrap();
        let (organization, name) = (user.organization, user.name.clone());
        let email = Some(format!("{}@demo.test", user.role));
        let requester = Requester { id: user.id.into(), name: name.clone(), email, phone: None };
        self.people.add_requester(organization, requester);
        if user.role.is_staff() {
            self.people.add_agent(organization, Person { id: user.id, name: name.clone() });
            self.requests.add_name(organization, user.id, &name);
            self.requests.add_agent(organization, Person { id: user.id, name: name.clone() });
            self.requests.change_agent(organization, user.id, |agent| agent.role = user.role);
        }
    }

    /// The token of a fresh session.
    pub(crate) async fn token(&self, role: Role) -> String {
        self.identity.login(&format!("{role}@demo.test")).await.unwrap().access_token.expose().to_owned()
    }

    pub(crate) async fn user_id(&self, role: Role) -> UserId {
        self.identity.caller(role).await.user().unwrap().id
    }

    /// A call with a body and a token, each if given.
    pub(crate) async fn call(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Reply {
        let mut request = TestRequest::with_uri(path).method(Method::from_bytes(method.as_bytes()).unwrap());
        if let Some(token) = token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        self.call("GET", path, Some(token), None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call("POST", path, Some(token), Some(body)).await
    }

    /// Any call.
    pub(crate) async fn send(&self, request: TestRequest) -> Reply {
        let app = test::init_service(http_actix::app(self.api.clone(), |_| {})).await;
        let request = request.insert_header(("host", "help.example")).to_request();
        let answer = test::call_service(&app, request).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Reply { status, headers, bytes: test::read_body(answer).await.to_vec() }
    }

    /// A conversation of the customer with one message, its id and that of its request.
    pub(crate) async fn opened(&self, token: &str) -> (String, String) {
        let body =
            serde_json::json!({"subject": "Où est mon colis ?", "content": "Bonjour", "client_message_id": "first"});
        let reply = self.post("/api/v1/conversations", token, body).await.expect(StatusCode::CREATED);
        let text = |pointer: &str| reply.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        (text("/conversation/id"), text("/support_request/id"))
    }
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body, of an answer with this status.
    pub(crate) fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem, with what every problem has.
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:guichet:problem:{code}"));
        assert_eq!(problem["request_id"], self.header("x-request-id").unwrap());
        problem
    }

    /// The wrong fields of a 422, as `field code`.
    pub(crate) fn wrong_fields(self) -> Vec<String> {
        let problem = self.problem(422, "invalid");
        let word = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = problem["errors"].as_array().unwrap().iter();
        errors.map(|error| format!("{} {}", word(error, "field"), word(error, "code"))).collect()
    }
}

/// Texts that name their language and code.
struct EchoTexts;

impl Texts for EchoTexts {
    fn text(&self, language: Language, code: &str, _: &[(&'static str, String)]) -> Option<String> {
        Some(format!("{language} {code}"))
    }
}

/// Only the shop's pages may call, and only for `demo`.
struct ShopOnly(OrganizationId);

impl Origins for ShopOnly {
    fn allows(&self, organization: Option<OrganizationId>, origin: &str) -> bool {
        origin == SHOP && organization.is_none_or(|organization| organization == self.0)
    }
}

impl Presence for Switches {
    fn is_online(&self, _: OrganizationId, participant: ParticipantId) -> bool {
        self.online.lock().unwrap_or_else(PoisonError::into_inner).contains(&participant)
    }
    fn staff_online(&self, _: OrganizationId) -> Vec<StaffMember> {
        self.staff.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Health for Switches {
    async fn look(&self) -> Vec<Part> {
        let works = !self.database_down.load(Ordering::SeqCst);
        let database = Part { name: "database", works, needed: true, took_ms: 1 };
        let bus = self.bus_down.load(Ordering::SeqCst).then_some(Part {
            name: "bus",
            works: false,
            needed: false,
            took_ms: 1,
        });
        [database].into_iter().chain(bus).collect()
    }
}

impl PageSource for Switches {
    fn are_built(&self) -> bool {
        !self.pages_missing.load(Ordering::SeqCst)
    }
    fn page(&self, path: &str) -> Option<Page> {
        static PAGE: OnceLock<Page> = OnceLock::new();
        let page = PAGE.get_or_init(|| Page {
            bytes: Cow::Borrowed(b"<!doctype html>"),
            brotli: Some(Cow::Borrowed(b"as brotli")),
            gzip: Some(Cow::Borrowed(b"as gzip")),
            mime: "text/html; charset=utf-8".into(),
            etag: "\"abc\"".into(),
            immutable: false,
        });
        let beginnings = ["/widget", "/tracker.js", "/console", "/r/", "/help/contact", "/account"];
        let is_page = path == "/" || beginnings.iter().any(|beginning| path.starts_with(beginning));
        let script = path == "/console/assets/index-Ab12Cd34.js";
        (self.are_built() && is_page).then(|| Page { immutable: script, ..page.clone() })
    }
}

/// A mailbox with one mail, which says what people should not.
struct OneMail;

#[async_trait]
impl Mailbox for OneMail {
    async fn list(&self) -> Result<Vec<Mail>, PortError> {
        let text = "<script>alert(1)</script>\n\nhttps://help.example/r/T-1#gst_x\n\nhttps://help.example.evil/\n";
        Ok(vec![Mail {
            id: Uuid::from_u128(7),
            to: "lea@example.com".to_owned(),
            subject: "Demande <b>1</b>".to_owned(),
            at: Timestamp::from_micros(0),
            text: text.to_owned(),
        }])
    }

    async fn mail(&self, id: Uuid) -> Result<Option<Mail>, PortError> {
        Ok(self.list().await?.into_iter().find(|mail| mail.id == id))
    }
}

/// Lets the log know of the conversations that the desk opens and steers: the two fakes share no
/// store, as the real ones do.
struct Mirror {
    log: Arc<FakeLog>,
    requests: FakeStore,
}

impl RequestFeed for Mirror {
    /// The log of a conversation knows nothing of notes.
    fn noted(&self, _: &NoteChange) {}

    fn changed(&self, change: &RequestChange) {
        let request = &change.view.request;
        let thread = Thread {
            organization: request.organization,
            id: request.conversation,
            support_request: request.id,
            requester: request.requester.id,
        };
        let Some(stored) = self.requests.conversation(request.organization, request.conversation) else {
            // It was purged.
            return self.log.set(&thread, ThreadState { deleted: true, ..ThreadState::default() });
        };
        let state = ThreadState {
            assignee: stored.state.assignee,
            resolved: stored.state.resolved,
            closed: stored.state.closed,
            merged_into: stored.state.merged_into,
            took_in: stored.state.took_in.first().copied(),
            archived: stored.state.archived_at.is_some(),
            deleted: stored.state.deleted_at.is_some(),
        };
        if change.event != "created" {
            self.log.set(&thread, state);
            return;
        }
        let (organization, requester) = (thread.organization, thread.requester);
        self.log.open(thread, Setup { organization, requester, members: Vec::new(), state });
        if let Some(first) = stored.first {
            let content = chat::Content::parse(first.content).unwrap();
            let append = chat::Append {
                organization,
                conversation: thread.id,
                author: chat::Author {
                    id: requester,
                    kind: chat::SenderKind::Customer,
                    name: request.requester.name.clone(),
                    right: chat::Right::Requester,
                },
                id: first.id,
                client_message_id: chat::ClientMessageId::parse(first.client_message_id).unwrap(),
                hash: chat::ContentHash::of(&content, None),
                content,
                kind: chat::MessageKind::Text,
                attachments: Vec::new(),
                in_reply_to: None,
                origin: None,
            };
            self.log.append(append).now_or_never().unwrap().unwrap();
        }
    }
}

/// A guest of another organisation's making: nobody knows the token.
pub(crate) fn stranger() -> &'static str {
    "gst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
}

/// What a caller by guest token is, for tests that look behind the scenes.
pub(crate) fn guest_of(caller: &Caller) -> &GuestCaller {
    match caller {
        Caller::Guest(guest) => guest,
        Caller::User(_) => panic!("not a guest"),
    }
}
