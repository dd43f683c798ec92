//! The real-time side of a node: its routes, one hub, one timer.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, web};
use chat::Chat;
use kernel::{ConnectionId, Env};
use realtime::{Close, Hub, Protocol};
use tokio::{runtime::Handle, sync::Semaphore, time};

use uuid::Uuid;

use crate::{
    Gate, Origins, Sight,
    addresses::Addresses,
    engine::{self, Sessions},
    handshake,
};

/// What the real-time side works with.
pub struct Parts {
    /// The connections; also told of what is committed.
    pub hub: Arc<Hub>,
    /// What a frame calls.
    pub chat: Arc<Chat>,
    /// Who may come in.
    pub gate: Arc<dyn Gate>,
    /// Who may see which request.
    pub sight: Arc<dyn Sight>,
    /// Which pages may open connections.
    pub origins: Arc<dyn Origins>,
    /// The clock and the source of connections' ids.
    pub env: Arc<dyn Env>,
    /// Where jobs run: the runtime that the store's connections belong to.
    pub runtime: Handle,
    /// The rest.
    pub settings: Settings,
}

/// Settings of the transport.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The origin under which browsers know this server, e.g. `https://help.example.com`. Without it, the
    /// `Host` header and the connection's own scheme decide what the same origin is.
    pub public_origin: Option<String>,
    /// What the names of Engine.IO sessions begin with, so that a proxy can send the requests of one to this node;
    /// at random when nothing is said.
    pub node: Option<String>,
}

/// The real-time side of a node.
pub struct Realtime {
    pub(crate) parts: Parts,
    pub(crate) addresses: Addresses,
    pub(crate) engines: Sessions,
    /// For those who look again for what they follow: all of them begin at once.
    pub(crate) looks: Semaphore,
}

impl Realtime {
    /// The path of the native protocol.
    pub const PATH: &'static str = "/api/v1/realtime";
    /// The paths of STOMP: its own, and where clients look that were written for `SockJS` and speak plain WebSocket.
    pub const STOMP_PATHS: [&'static str; 2] = ["/ws", "/ws/websocket"];
    /// Where `SockJS` asks what the server can do.
    const SOCKJS: &'static str = "/ws/info";
    /// The paths of Socket.IO.
    pub const SOCKET_IO_PATHS: [&'static str; 2] = ["/socket.io/", "/socket.io"];
    /// How many look at a time again for what they follow.
    const LOOKS: usize = 4;
    /// How long after `bye` clients come again, at most.
    const SPREAD: Duration = Duration::from_secs(5);
    /// What is left of a drain's time for the closing itself.
    const LAST_WORDS: Duration = Duration::from_secs(1);

    /// Puts it together and starts its timer, which ends with the last handle.
    pub fn start(parts: Parts) -> Arc<Self> {
        let node = parts.settings.node.clone().unwrap_or_else(|| Uuid::new_v4().simple().to_string()[..8].to_owned());
        let (addresses, engines) = (Addresses::default(), Sessions::new(node));
        let this = Arc::new(Self { parts, addresses, engines, looks: Semaphore::new(Self::LOOKS) });
        let weak = Arc::downgrade(&this);
        this.parts.runtime.spawn(async move {
            let mut seconds = time::interval(Duration::from_secs(1));
            seconds.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            loop {
                seconds.tick().await;
                let Some(this) = weak.upgrade() else { break };
                this.parts.hub.tick(this.parts.env.now());
            }
        });
        this
    }

    /// Adds the routes. To be called before a scope that covers one of their paths is added.
    pub fn configure(self: &Arc<Self>, config: &mut web::ServiceConfig) {
        self.route(config, Self::PATH, Protocol::Native);
        for path in Self::STOMP_PATHS {
            self.route(config, path, Protocol::Stomp);
        }
        config.route(Self::SOCKJS, web::get().to(handshake::no_sockjs));
        for path in Self::SOCKET_IO_PATHS {
            let this = self.clone();
            config.route(path, web::route().to(move |request, payload| engine::serve(this.clone(), request, payload)));
        }
    }

    fn route(self: &Arc<Self>, config: &mut web::ServiceConfig, path: &str, protocol: Protocol) {
        let this = self.clone();
        let accept = move |request: HttpRequest, payload: web::Payload| {
            let answer = handshake::accept(&this, protocol, &request, payload);
            async move { answer }
        };
        config.route(path, web::get().to(accept));
    }

    /// The connections of this node.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.parts.hub
    }

    /// Stops: refuses new connections (503), says `bye` with spread-out times to come again, answers what
    /// was accepted, closes with 1012. Returns when all are gone, or the time is up.
    pub async fn drain(&self, deadline: Duration) {
        let hub = &self.parts.hub;
        hub.drain(Self::SPREAD);
        let answering = deadline.saturating_sub(Self::LAST_WORDS);
        if time::timeout(answering, self.emptied()).await.is_err() {
            hub.close_all(Close::Restart);
            let left = time::timeout(Self::LAST_WORDS, self.emptied()).await.is_err();
            if left {
                tracing::warn!(connections = hub.len(), "connections were still open when the time to drain was up");
            }
        }
    }

    async fn emptied(&self) {
        let mut looks = time::interval(Duration::from_millis(20));
        while !self.parts.hub.is_empty() {
            looks.tick().await;
        }
    }

    pub(crate) fn connection_id(&self) -> ConnectionId {
        ConnectionId::new(self.parts.env.uuid())
    }
}
