//! WebSocket: from the start, or in the place of long polling once it has proved to work.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use actix_http::ws::{OpCode, Parser, handshake as upgraded};
use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodyStream, MessageBody},
    rt::{self, time},
    web,
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, task::AtomicWaker};
use realtime::Protocol;

use super::{
    Packet,
    answers::Wrong,
    opening,
    session::{Session, Trial},
};
use crate::{
    frames::Received,
    handshake::{self, Refused},
    reader::{self, Half},
    realtime::Realtime,
    writer::Writer,
};

/// Opens a session on a socket.
pub(super) fn open(this: &Arc<Realtime>, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
    let first = opening(&this.engines.name(), false, this.hub().limits());
    handshake::accept_with(this, Protocol::SocketIo, request, payload, Some(first))
}

/// Tries a socket for a session that is polled.
pub(super) fn probe(
    this: &Arc<Realtime>,
    session: &Arc<Session>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Wrong> {
    let mut response = handshake::check(this, Protocol::SocketIo, request)
        .map_err(Wrong::from)
        .and_then(|()| upgraded(request.head()).map_err(|_| Wrong::Request))?;
    let trial = session.begin_trial()?;
    let probe = Arc::new(Probe::default());
    rt::spawn(run(session.clone(), trial, probe.clone(), payload));
    let body = BodyStream::new(Words(probe)).boxed();
    response.message_body(body).map(HttpResponse::from).map_err(|_| Wrong::Request)
}

/// The socket until the client is on it: answers the probe, then hands itself over.
async fn run(session: Arc<Session>, trial: Trial, probe: Arc<Probe>, payload: web::Payload) {
    let ended = Ended(&probe);
    let limits = session.link.hub().limits();
    let mut half = Half::new(&session.link, payload);
    let within = limits.authenticate_within;
    let Ok(Some(Packet::Probe)) = time::timeout(within, next(&session, &mut half)).await else { return };
    if !session.probed() {
        return;
    }
    let mut bytes = BytesMut::new();
    Parser::write_message(&mut bytes, "3probe", OpCode::Text, true, false);
    probe.say(Next::Words(bytes.freeze()));
    let Ok(Some(Packet::Upgrade)) = time::timeout(within, next(&session, &mut half)).await else {
        return session.stay();
    };
    if !session.change().await {
        return;
    }
    // From here on it is a connection like one that began on a socket.
    let link = session.link.clone();
    drop((trial, session));
    probe.say(Next::Writer(Box::new(Writer::new(link.clone(), None))));
    std::mem::forget(ended);
    drop(probe);
    reader::run(link, half).await;
}

/// The next packet; nothing when the socket is over, or says what it may not.
async fn next(session: &Session, half: &mut Half) -> Option<Packet> {
    loop {
        match poll_fn(|context| half.poll_message(session.link.hub().limits(), context)).await {
            Ok(Received::Text(text)) => return Packet::parse(&text),
            Ok(Received::Ping(_) | Received::Pong) => {}
            Ok(Received::Binary(_) | Received::Close) | Err(_) => return None,
        }
    }
}

/// What the task of a socket that is tried has its response write.
#[derive(Default)]
struct Probe {
    next: Mutex<Next>,
    waker: AtomicWaker,
}

#[derive(Default)]
enum Next {
    #[default]
    Nothing,
    Words(Bytes),
    Writer(Box<Writer>),
    End,
}

impl Probe {
    fn say(&self, next: Next) {
        *self.next() = next;
        self.waker.wake();
    }

    fn next(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the response with the task.
struct Ended<'a>(&'a Probe);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.say(Next::End);
    }
}

/// The response of a socket that is tried.
struct Words(Arc<Probe>);

impl Stream for Words {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.waker.register(context.waker());
        let mut next = self.0.next();
        match std::mem::take(&mut *next) {
            Next::Nothing => Poll::Pending,
            Next::Words(bytes) => Poll::Ready(Some(Ok(bytes))),
            Next::Writer(mut writer) => {
                let polled = Pin::new(&mut *writer).poll_next(context);
                *next = Next::Writer(writer);
                polled
            }
            Next::End => Poll::Ready(None),
        }
    }
}

impl From<Refused> for Wrong {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Handshake(_) | Refused::Malformed | Refused::Protocol => Self::Request,
            Refused::Origin => Self::Origin,
            Refused::TooMany => Self::TooMany,
            Refused::Draining => Self::Draining,
        }
    }
}
