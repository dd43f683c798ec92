//! A node with a log in memory on a port of its own, and clients for it.

pub(crate) mod raw;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, rt};
use async_trait::async_trait;
use chat::{
    Chat, Epoch,
    testing::{CountedBudgets, FakeLog, Setup, Thread, ThreadState},
};
use futures_util::{SinkExt, StreamExt};
use kernel::{
    Audience, Availability, Caller, ConversationId, Env, Language, OrganizationId, Refusal, RefusalKind, Role,
    SessionId, SupportRequestId, Texts, Timestamp, UserCaller, UserId, testing::FixedEnv,
};
use realtime::{Admitted, Hub, Limits, Standing};
use serde_json::{Value, json};
use tokio::{net::TcpStream, runtime::Handle, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};
use uuid::Uuid;
use ws_actix::{Gate, Origins, Parts, Realtime, Settings, Sight, UNREAD_WITHIN, give_up_unread};

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

struct Codes;

impl Texts for Codes {
    fn text(&self, _: Language, code: &str, _: &[(&'static str, String)]) -> Option<String> {
        Some(format!("text of {code}"))
    }
}

#[derive(Debug)]
pub(crate) struct Refused(&'static str);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refused {}

impl Refusal for Refused {
    fn kind(&self) -> RefusalKind {
        RefusalKind::Unauthenticated
    }
    fn code(&self) -> &'static str {
        self.0
    }
}

/// Knows the tokens `customer`, `agent` and `stranger`, which is of another organisation.
struct Doorman {
    callers: Mutex<Vec<(&'static str, Admitted)>>,
    hub: Arc<Hub>,
}

#[async_trait]
impl Gate for Doorman {
    async fn admit(&self, token: &str) -> Result<Admitted, Box<dyn Refusal>> {
        let callers = self.callers.lock().unwrap();
        let found = callers.iter().find(|(name, _)| *name == token).map(|(_, admitted)| admitted.clone());
        found.ok_or_else(|| -> Box<dyn Refusal> { Box::new(Refused("identity.not_authenticated")) })
    }

    async fn say_availability(&self, caller: &Caller, value: Availability) -> Result<(), Box<dyn Refusal>> {
        let mut callers = self.callers.lock().unwrap();
        let found = callers.iter_mut().find(|(_, admitted)| admitted.caller.participant() == caller.participant());
        let standing = found.unwrap().1.standing.as_mut().unwrap();
        *standing = Standing { availability: value, version: standing.version + 1 };
        self.hub.stands(caller.organization(), caller.user().unwrap().id, *standing);
        Ok(())
    }
}

/// The one request there is, of the customer, and the agent's to see.
struct OneRequest(Audience);

#[async_trait]
impl Sight for OneRequest {
    async fn audience(&self, caller: &Caller, request: SupportRequestId) -> Result<Audience, Box<dyn Refusal>> {
        let seen = request == self.0.support_request && caller.scope().covers(&self.0);
        seen.then(|| self.0.clone())
            .ok_or_else(|| -> Box<dyn Refusal> { Box::new(Refused("support_request.not_found")) })
    }

    async fn conversation(&self, _: &Caller, _: &str) -> Result<ConversationId, Box<dyn Refusal>> {
        Err(Box::new(Refused("support_request.not_found")))
    }
}

/// `https://shop.example` belongs to the first organisation, `https://other.example` to the second.
struct Shops(OrganizationId, OrganizationId);

impl Origins for Shops {
    fn allows(&self, origin: &str, organization: Option<OrganizationId>) -> bool {
        match origin {
            "https://shop.example" => organization.is_none_or(|one| one == self.0),
            "https://other.example" => organization.is_none_or(|one| one == self.1),
            _ => false,
        }
    }
}

pub(crate) struct Node {
    pub(crate) realtime: Arc<Realtime>,
    pub(crate) chat: Arc<Chat>,
    pub(crate) env: Arc<FixedEnv>,
    pub(crate) thread: Thread,
    pub(crate) agent: Caller,
    pub(crate) address: std::net::SocketAddr,
    server: ServerHandle,
}

fn user(organization: OrganizationId, n: u128, role: Role, expires_at: Timestamp) -> Caller {
    Caller::User(UserCaller {
        organization,
        id: UserId::new(Uuid::from_u128(n)),
        role,
        name: format!("user {n}"),
        session: SessionId::new(Uuid::from_u128(n + 1)),
        language: Language::Fr,
        expires_at,
    })
}

/// Jobs run on threads of their own, as in the server; so an order that only chance keeps is lost here.
fn jobs() -> Handle {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // A runtime must not be dropped within another; the process ends with its test.
    Box::leak(Box::new(runtime)).handle().clone()
}

impl Node {
    pub(crate) fn start() -> Self {
        Self::with(Limits::default(), None)
    }

    pub(crate) fn with(limits: Limits, public_origin: Option<&str>) -> Self {
        Self::put_together(limits, public_origin, CountedBudgets::default(), UNREAD_WITHIN)
    }

    /// A node on which each person has one connection, and whose kernel gives up unread ones after this time.
    pub(crate) fn giving_up(unread: Duration) -> Self {
        let limits = Limits { user_connections: 1, ..Limits::default() };
        Self::put_together(limits, None, CountedBudgets::default(), unread)
    }

    /// A node on which each person may send as much as is allowed, once.
    pub(crate) fn bounded() -> Self {
        Self::put_together(Limits::default(), None, CountedBudgets::bounded(), UNREAD_WITHIN)
    }

    fn put_together(limits: Limits, public_origin: Option<&str>, budgets: CountedBudgets, unread: Duration) -> Self {
        let budgets = Arc::new(budgets);
        let env = Arc::new(FixedEnv::new());
        let hub = Arc::new(Hub::new(Arc::new(Codes), limits));
        let log = Arc::new(FakeLog::new(env.clone(), hub.clone()));
        let (here, elsewhere) = (log.organization(), log.organization());
        let expires = env.now() + Duration::from_mins(15);
        let customer = user(here, 0x0100, Role::Customer, expires);
        let agent = user(here, 0x0200, Role::Agent, expires);
        let stranger = user(elsewhere, 0x0300, Role::Customer, expires);
        let thread = log.thread(Setup {
            organization: here,
            requester: customer.participant(),
            members: Vec::new(),
            state: ThreadState::default(),
        });
        let admitted = |caller: &Caller| Admitted {
            caller: caller.clone(),
            epoch: Epoch::new(Uuid::from_u128(5)),
            standing: caller.is_staff().then_some(Standing { availability: Availability::Online, version: 1 }),
        };
        let callers =
            vec![("customer", admitted(&customer)), ("agent", admitted(&agent)), ("stranger", admitted(&stranger))];
        let chat = Arc::new(Chat::new(log.clone(), log.clone(), hub.clone(), budgets, env.clone()));
        let audience = Audience {
            support_request: thread.support_request,
            requester: customer.participant(),
            assignee: None,
            members: Vec::new(),
            took_in: Vec::new(),
        };
        let realtime = Realtime::start(Parts {
            hub: hub.clone(),
            chat: chat.clone(),
            gate: Arc::new(Doorman { callers: Mutex::new(callers), hub }),
            sight: Arc::new(OneRequest(audience)),
            origins: Arc::new(Shops(here, elsewhere)),
            env: env.clone(),
            runtime: jobs(),
            settings: Settings { public_origin: public_origin.map(str::to_owned), node: None },
        });
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        give_up_unread(&listener, unread).unwrap();
        let address = listener.local_addr().unwrap();
        let routes = realtime.clone();
        let server = HttpServer::new(move || App::new().configure(|config| routes.configure(config)))
            .workers(1)
            .shutdown_timeout(1)
            .listen(listener)
            .unwrap();
        let server = server.run();
        let handle = server.handle();
        rt::spawn(server);
        Self { realtime, chat, env, thread, agent, address, server: handle }
    }

    pub(crate) async fn stop(self) {
        self.server.stop(false).await;
    }

    pub(crate) fn conversation(&self) -> String {
        self.thread.id.to_string()
    }

    /// Lets the node's clock jump, and waits until its timer has seen it.
    pub(crate) fn pass(&self, seconds: u64) {
        self.env.pass(Duration::from_secs(seconds));
    }

    pub(crate) async fn client(&self, token: &str) -> Client {
        let mut client = self.connect(&[("sec-websocket-protocol", "guichet.v1")], "").await;
        client.send(json!({"type": "authenticate", "token": token})).await;
        assert_eq!(client.next().await["type"], "welcome");
        client
    }

    /// A client of the agent or the customer that follows the conversation from its beginning.
    pub(crate) async fn follower(&self, token: &str) -> Client {
        let mut client = self.client(token).await;
        let id = self.conversation();
        client.send(json!({"type": "subscribe", "ref": "s", "conversation_id": id, "after_seq": 0})).await;
        while client.next().await["type"] != "live" {}
        client
    }

    pub(crate) async fn connect(&self, headers: &[(&'static str, &str)], query: &str) -> Client {
        let url = format!("ws://{}{}{query}", self.address, Realtime::PATH);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_str(value).unwrap());
        }
        let (socket, answer) = timeout(PATIENCE, connect_async(request)).await.unwrap().unwrap();
        let protocol = answer.headers().get("sec-websocket-protocol").map(|it| it.to_str().unwrap().to_owned());
        Client { socket, protocol }
    }
}

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) protocol: Option<String>,
}

impl Client {
    pub(crate) async fn send(&mut self, frame: Value) {
        self.text(&frame.to_string()).await;
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Writes without waiting for the socket.
    pub(crate) async fn feed(&mut self, frame: Value) {
        self.socket.feed(Message::text(frame.to_string())).await.unwrap();
    }

    pub(crate) async fn flush(&mut self) {
        self.socket.flush().await.unwrap();
    }

    pub(crate) async fn say(&mut self, conversation: &str, name: &str) {
        let frame = json!({
            "type": "send", "ref": name, "conversation_id": conversation,
            "client_message_id": name, "content": format!("says {name}"),
        });
        self.send(frame).await;
    }

    /// The next frame of the protocol; presence is passed over.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("a frame in time").unwrap().unwrap();
            match message {
                Message::Text(text) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    if value["type"] != "presence" {
                        return value;
                    }
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code with which the server closes; frames before it are passed over.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a close in time") {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Close(None))) | None => return 0,
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    /// Whether the server closes it; otherwise it answers a `ping`.
    pub(crate) async fn closed_instead_of_pong(&mut self) -> bool {
        // A connection that was closed may not take it any more.
        let _ = self.socket.send(Message::text(r#"{"type":"ping"}"#)).await;
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("an answer in time") {
                Some(Ok(Message::Text(text))) if text.contains("\"pong\"") => return false,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return true,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(crate) async fn close(&mut self) {
        self.socket.close(None).await.unwrap();
    }
}
