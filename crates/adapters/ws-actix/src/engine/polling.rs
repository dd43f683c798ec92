//! Long polling: a GET waits for packets, a POST brings some.

use std::{future::poll_fn, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    rt::{self, time},
    web,
};
use bytes::BytesMut;
use futures_util::StreamExt;
use realtime::Protocol;

use super::{
    answers::{Wrong, payload},
    opening,
    packet::Packet,
    session::{Misused, Session},
};
use crate::{handshake, realtime::Realtime};

/// How long a client may take to bring its packets.
const PUSH_WITHIN: Duration = Duration::from_secs(20);

/// Opens a session.
pub(super) fn open(this: &Arc<Realtime>, request: &HttpRequest) -> Result<HttpResponse, Wrong> {
    let link = handshake::link(this, Protocol::SocketIo, request).map_err(Wrong::from)?;
    let session = Arc::new(Session::new(this.engines.name(), link));
    this.engines.add(&session);
    let opening = opening(session.name(), true, this.hub().limits());
    rt::spawn(session.run());
    Ok(payload(opening))
}

/// Waits for packets.
pub(super) async fn poll(session: &Arc<Session>) -> Result<HttpResponse, Wrong> {
    session.begin_poll()?;
    let _polled = OnDrop(|| session.end_poll());
    Ok(payload(poll_fn(|context| session.poll_out(context)).await))
}

/// Takes packets. It is answered once all are taken, so that a client that is faster than its session waits.
pub(super) async fn push(
    session: &Arc<Session>,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Wrong> {
    session.begin_push()?;
    let _pushed = OnDrop(|| session.end_push());
    let read = time::timeout(PUSH_WITHIN, read(session, request, body)).await.unwrap_or(Err(Wrong::Request));
    match read {
        Ok(packets) => session.push(packets)?,
        Err(wrong) => {
            session.end("1");
            return Err(wrong);
        }
    }
    poll_fn(|context| session.poll_taken(context)).await;
    Ok(payload("ok"))
}

async fn read(session: &Session, request: &HttpRequest, mut body: web::Payload) -> Result<Vec<Packet>, Wrong> {
    let most = session.link.hub().limits().frame_bytes;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.is_some_and(|length| length.parse::<usize>().is_ok_and(|length| length > most)) {
        return Err(Wrong::TooBig);
    }
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Wrong::Request)?;
        if bytes.len() + chunk.len() > most {
            return Err(Wrong::TooBig);
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Wrong::Request)?;
    Packet::parse_payload(text).ok_or(Wrong::Request)
}

impl From<Misused> for Wrong {
    fn from(_: Misused) -> Self {
        Self::Request
    }
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
