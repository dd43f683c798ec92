//! Engine.IO 4: long polling and WebSocket under one session, for clients of Socket.IO.

mod answers;
mod packet;
mod polling;
mod session;
mod upgrade;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use bytes::Bytes;
use realtime::Limits;
use serde::Deserialize;
use uuid::Uuid;

pub(crate) use self::packet::{Packet, message};
use self::{answers::Wrong, session::Session};
use crate::realtime::Realtime;

/// The sessions over long polling, by their names. One over WebSocket is found by its socket, and in no list.
pub(crate) struct Sessions {
    /// What each name begins with, so that a proxy can find this node by it.
    node: String,
    by_name: Mutex<HashMap<String, Arc<Session>>>,
}

impl Sessions {
    pub(crate) fn new(node: String) -> Self {
        Self { node, by_name: Mutex::default() }
    }

    /// A name that nobody can guess: whoever knows it polls in its owner's place.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.node, Uuid::new_v4().simple())
    }

    fn find(&self, name: &str) -> Option<Arc<Session>> {
        self.by_name().get(name).cloned()
    }

    fn add(&self, session: &Arc<Session>) {
        self.by_name().insert(session.name().to_owned(), session.clone());
    }

    fn remove(&self, name: &str) {
        self.by_name().remove(name);
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Query {
    #[serde(rename = "EIO")]
    version: Option<String>,
    transport: Option<String>,
    sid: Option<String>,
}

/// Answers whatever comes to the path of Socket.IO.
pub(crate) async fn serve(this: Arc<Realtime>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    route(&this, &request, payload).await.unwrap_or_else(Wrong::answer)
}

async fn route(this: &Arc<Realtime>, request: &HttpRequest, payload: web::Payload) -> Result<HttpResponse, Wrong> {
    let query = web::Query::<Query>::from_query(request.query_string()).map_err(|_| Wrong::Request)?.into_inner();
    let over_socket = match query.transport.as_deref() {
        Some("websocket") => true,
        Some("polling") => false,
        _ => return Err(Wrong::Transport),
    };
    if query.version.as_deref() != Some("4") {
        return Err(Wrong::Version);
    }
    let session = match &query.sid {
        Some(name) => Some(this.engines.find(name).ok_or(Wrong::Session)?),
        None => None,
    };
    match (over_socket, request.method(), session) {
        (true, &Method::GET, None) if is_upgrade(request) => Ok(upgrade::open(this, request, payload)),
        (true, &Method::GET, Some(session)) if is_upgrade(request) => upgrade::probe(this, &session, request, payload),
        (false, &Method::GET, None) => polling::open(this, request),
        (false, &Method::GET, Some(session)) => polling::poll(&session).await,
        (false, &Method::POST, Some(session)) => polling::push(&session, request, payload).await,
        (true, &Method::GET, _) => Err(Wrong::Request),
        _ => Err(Wrong::Method),
    }
}

fn is_upgrade(request: &HttpRequest) -> bool {
    request.headers().contains_key(header::UPGRADE)
}

/// The first packet of a session.
pub(crate) fn opening(name: &str, may_upgrade: bool, limits: &Limits) -> Bytes {
    let opening = serde_json::json!({
        "sid": name,
        "upgrades": if may_upgrade { &["websocket"][..] } else { &[] },
        "pingInterval": limits.ping_every.as_millis(),
        // The client waits for pings twice as long as the server waits for its answer.
        "pingTimeout": (limits.pong_within * 2).as_millis(),
        "maxPayload": limits.frame_bytes,
    });
    format!("0{opening}").into()
}
