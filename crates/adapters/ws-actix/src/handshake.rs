//! From a GET to a connection: who may come in, and in which protocol.

use std::sync::Arc;

use actix_http::ws::{HandshakeError, handshake, verify_handshake};
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    body::{BodyStream, MessageBody},
    http::{StatusCode, Version, header},
    rt, web,
};
use kernel::Secret;
use realtime::{Inbound, Protocol};
use serde::Deserialize;

use crate::{addresses::Address, link::Link, reader, realtime::Realtime, writer::Writer};

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Handshake(HandshakeError),
    Malformed,
    Protocol,
    Origin,
    TooMany,
    Draining,
}

/// Opens a connection, or says why not. Nothing of the request is kept but its token and its origin.
pub(crate) fn accept(
    this: &Arc<Realtime>,
    protocol: Protocol,
    request: &HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    try_accept(this, protocol, request, payload).unwrap_or_else(Refused::answer)
}

fn try_accept(
    this: &Arc<Realtime>,
    protocol: Protocol,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    well_formed(request)?;
    let offered = Offered::of(request, protocol)?;
    let origin = foreign_origin(this, request)?;
    let mut response = handshake(request.head()).map_err(Refused::Handshake)?;
    if let Some(chosen) = offered.chosen {
        response.insert_header((header::SEC_WEBSOCKET_PROTOCOL, chosen));
    }
    let token = bearer(request).or(offered.token).or_else(|| token_in_query(request));

    let (hub, now) = (this.hub(), this.parts.env.now());
    let address = request.peer_addr().map(|address| Address::from(address.ip()));
    if address.is_some_and(|address| !this.addresses.take(address, hub.limits().address_connections)) {
        return Err(Refused::TooMany);
    }
    let Ok(conn) = hub.open(this.connection_id(), protocol, now) else {
        if let Some(address) = address {
            this.addresses.free(address);
        }
        return Err(Refused::Draining);
    };
    let link = Arc::new(Link::new(this.clone(), conn, origin, address));
    if let Some(token) = token {
        hub.receive(&link.conn, Inbound::Authenticate { token }, now);
    }
    rt::spawn(reader::run(link.clone(), payload));
    let body = BodyStream::new(Writer::new(link)).boxed();
    response.message_body(body).map(HttpResponse::from).map_err(|_| Refused::Malformed)
}

/// What RFC 6455 (4.2.1) demands and the codec's own check lets pass.
fn well_formed(request: &HttpRequest) -> Result<(), Refused> {
    verify_handshake(request.head()).map_err(Refused::Handshake)?;
    let headers = request.headers();
    let once = |name| headers.get_all(name).count() == 1;
    let is = |name, value: &str| {
        headers.get(name).and_then(|it| it.to_str().ok()).is_some_and(|it| it.trim().eq_ignore_ascii_case(value))
    };
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    let sound = request.version() >= Version::HTTP_11
        && once(header::SEC_WEBSOCKET_KEY)
        && once(header::SEC_WEBSOCKET_VERSION)
        && once(header::UPGRADE)
        && is(header::UPGRADE, "websocket")
        && !has_body;
    if sound { Ok(()) } else { Err(Refused::Malformed) }
}

/// The subprotocols a client offers. One that offers some, and none of those of the path, is refused; one that offers
/// none is taken for a client that knows what it speaks.
struct Offered {
    /// The best of the path's that it offers.
    chosen: Option<&'static str>,
    token: Option<Secret>,
}

impl Offered {
    const BEARER: &'static str = "bearer.";

    fn of(request: &HttpRequest, protocol: Protocol) -> Result<Self, Refused> {
        let mut offered = Self { chosen: None, token: None };
        let (mut any, known) = (false, protocol.subprotocols());
        let mut best = known.len();
        for value in request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL) {
            let value = value.to_str().map_err(|_| Refused::Malformed)?;
            for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                any = true;
                best = known.iter().position(|known| *known == name).map_or(best, |place| place.min(best));
                if let Some(token) = name.strip_prefix(Self::BEARER) {
                    offered.token = Some(Secret::new(token));
                }
            }
        }
        offered.chosen = known.get(best).copied();
        if any && offered.chosen.is_none() { Err(Refused::Protocol) } else { Ok(offered) }
    }
}

/// The origin of a page that is not ours, when such pages may come in; it is looked at again once the
/// caller is known. A client without one is no browser.
fn foreign_origin(this: &Realtime, request: &HttpRequest) -> Result<Option<Box<str>>, Refused> {
    let mut origins = request.headers().get_all(header::ORIGIN);
    let Some(origin) = origins.next() else {
        // A browser always says where the page is from; its cookie without that is somebody else's.
        return if has_our_cookie(request) { Err(Refused::Origin) } else { Ok(None) };
    };
    let origin = origin.to_str().map_err(|_| Refused::Origin)?;
    if origins.next().is_some() {
        return Err(Refused::Origin);
    }
    if is_own(this, request, origin) {
        return Ok(None);
    }
    if origin != "null" && this.parts.origins.allows(origin, None) {
        return Ok(Some(origin.into()));
    }
    Err(Refused::Origin)
}

/// Whether the sign-in of a browser came along. Sockets take no cookie as proof; that it is there shows that a
/// browser asks. Cookies of others, e.g. those with which a proxy finds its node again, show nothing.
fn has_our_cookie(request: &HttpRequest) -> bool {
    let lines = request.headers().get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).any(|cookie| {
        let name = cookie.trim_start();
        name.starts_with("guichet_") || name.starts_with("__Host-guichet_")
    })
}

/// Whether a page of this origin is one that this server itself serves. Exact: browsers write origins in
/// one way only (RFC 6454).
fn is_own(this: &Realtime, request: &HttpRequest, origin: &str) -> bool {
    let public = this.parts.settings.public_origin.as_deref();
    if public == Some(origin) {
        return true;
    }
    let Some(host) = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let is_public_host = public.and_then(|public| public.split_once("://")).is_some_and(|(_, known)| known == host);
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    // Under the public name only the public scheme counts.
    !is_public_host && origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")) == Some(host)
}

fn bearer(request: &HttpRequest) -> Option<Secret> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim()))
}

#[derive(Deserialize)]
struct Query {
    token: String,
}

fn token_in_query(request: &HttpRequest) -> Option<Secret> {
    let query = web::Query::<Query>::from_query(request.query_string()).ok()?;
    Some(Secret::new(query.into_inner().token))
}

/// `SockJS` is not offered: its clients are told so, and not that the whole server is not there.
pub(crate) async fn no_sockjs() -> HttpResponse {
    let problem = serde_json::json!({
        "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found",
        "detail": "SockJS is not offered. Connect to /ws by WebSocket.",
    });
    HttpResponse::NotFound().content_type("application/problem+json").body(problem.to_string())
}

impl Refused {
    fn answer(self) -> HttpResponse {
        let (status, code) = match self {
            Self::Handshake(error) => {
                let mut answer = error.error_response();
                // Without a version, the client is told which one there is, as with a wrong one.
                if error == HandshakeError::NoVersionHeader {
                    answer = HandshakeError::UnsupportedVersion.error_response();
                }
                return answer;
            }
            Self::Malformed | Self::Protocol => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Origin => (StatusCode::FORBIDDEN, "forbidden"),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Self::Draining => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        };
        let title = status.canonical_reason().unwrap_or_default();
        let problem = serde_json::json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "code": code,
        });
        let mut answer = HttpResponse::build(status);
        match self {
            Self::Draining => drop(answer.insert_header((header::RETRY_AFTER, "1"))),
            Self::TooMany => drop(answer.insert_header((header::RETRY_AFTER, "10"))),
            _ => {}
        }
        answer.content_type("application/problem+json").body(problem.to_string())
    }
}
