//! The receiving half: the task of one connection.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{rt::time, web};
use futures_util::Stream;
use realtime::{Close, Heard, Job, Protocol};

use crate::{
    frames::{Frames, Received},
    jobs::Jobs,
    link::Link,
};

/// How long a client has to answer a close before the socket goes.
const FAREWELL: Duration = Duration::from_secs(5);

enum Event {
    Job(Job),
    Received(Received),
    /// Something that was received before is still to be given to the session.
    Heard,
    Broken(Close),
    /// The end was decided on our side.
    Closed,
    /// The client's side of the socket is closed.
    Gone,
}

/// Runs a connection to its end.
pub(crate) async fn run(link: Arc<Link>, payload: web::Payload) {
    let mut half = Half { frames: Frames::new(link.hub().limits(), link.conn.protocol() != Protocol::Native), payload };
    tracing::debug!(connection_id = %link.conn.id(), "connected");
    let gone = loop {
        match poll_fn(|context| half.poll(&link, context)).await {
            Event::Job(job) => Jobs::start(&link, job),
            Event::Received(Received::Close) => {
                link.hub().close(&link.conn, Close::Normal);
                break true;
            }
            Event::Received(received) => take(&link, received),
            Event::Heard => link.hub().pursue(&link.conn, link.now()),
            Event::Broken(close) => {
                let (connection_id, code) = (link.conn.id(), close.code());
                tracing::info!(%connection_id, code, "the client broke the protocol: {}", close.reason());
                link.hub().close(&link.conn, close);
            }
            Event::Closed => break false,
            Event::Gone => break true,
        }
    };
    // Counted as it is decided: to a client that does not read it can never be written.
    if let Some(close) = link.conn.closing() {
        metrics::counter!("guichet_realtime_closes_total", "code" => close.code().to_string()).increment(1);
    }
    // From here on nobody tells it anything; a client that still listens has some time to read the close.
    link.hub().leave(&link.conn);
    if !gone {
        let _ = time::timeout(FAREWELL, poll_fn(|context| half.poll_end(&link, context))).await;
    }
    link.finish();
    tracing::debug!(connection_id = %link.conn.id(), "disconnected");
}

fn take(link: &Arc<Link>, received: Received) {
    let hub = link.hub();
    match received {
        Received::Text(text) => {
            count(link);
            hub.hear(&link.conn, Heard::Text(&text), link.now());
        }
        Received::Binary(bytes) => {
            count(link);
            hub.hear(&link.conn, Heard::Binary(&bytes), link.now());
        }
        Received::Ping(payload) => hub.heard(&link.conn, Some(payload)),
        Received::Pong => hub.heard(&link.conn, None),
        Received::Close => {}
    }
}

fn count(link: &Link) {
    let protocol = link.conn.protocol().as_str();
    metrics::counter!("guichet_realtime_frames_in_total", "protocol" => protocol).increment(1);
}

struct Half {
    frames: Frames,
    payload: web::Payload,
}

impl Half {
    /// What comes next: a job of the session, or, as long as it takes more, a message of the client.
    fn poll(&mut self, link: &Link, context: &mut Context<'_>) -> Poll<Event> {
        match link.conn.poll_job(context) {
            Poll::Ready(Some(job)) => return Poll::Ready(Event::Job(job)),
            Poll::Ready(None) => return Poll::Ready(Event::Closed),
            Poll::Pending => {}
        }
        if !link.conn.may_read(link.hub().limits(), context) {
            return Poll::Pending;
        }
        if link.conn.has_heard() {
            return Poll::Ready(Event::Heard);
        }
        loop {
            match self.frames.next(link.hub().limits()) {
                Ok(Some(received)) => return Poll::Ready(Event::Received(received)),
                Ok(None) => {}
                Err(close) => return Poll::Ready(Event::Broken(close)),
            }
            match Pin::new(&mut self.payload).poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => self.frames.feed(&bytes),
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(Event::Gone),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Reads past what still comes, to the end or the client's close.
    fn poll_end(&mut self, link: &Link, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.frames.next(link.hub().limits()) {
                Ok(Some(Received::Close)) => return Poll::Ready(()),
                Ok(Some(_)) => continue,
                Err(_) => self.frames.give_up(),
                Ok(None) => {}
            }
            match Pin::new(&mut self.payload).poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => self.frames.feed(&bytes),
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
