//! A session that is polled: what the requests of its client and its task share.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use actix_web::rt::time;
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use realtime::{Close, Heard, Job};

use super::packet::{self, Packet};
use crate::{frames::Pace, jobs::Jobs, link::Link};

/// How long a client has to fetch the end.
const FAREWELL: Duration = Duration::from_secs(5);

/// What is handed to a poll at a time.
const CHUNK: usize = 64 * 1024;

pub(super) struct Session {
    name: String,
    pub(super) link: Arc<Link>,
    state: Mutex<State>,
    task: AtomicWaker,
    poll: AtomicWaker,
    push: AtomicWaker,
    upgrade: AtomicWaker,
}

struct State {
    phase: Phase,
    is_polled: bool,
    is_pushed: bool,
    /// A socket is being tried.
    is_tried: bool,
    inbox: VecDeque<Packet>,
    pace: Pace,
}

/// Which transport it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Polling,
    /// A socket has answered the probe: polls are answered at once, so that the client can leave them.
    Probing,
    /// The client is on the socket; what was pushed before is taken first.
    Upgrading,
    Upgraded,
    /// It is over; a poll that waits gets this word.
    Ended(&'static str),
}

/// What a task finds to do.
enum Event {
    Job(Job),
    Heard,
    Packet(Packet),
    Closed,
    Upgraded,
}

/// The client has done what it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misused;

pub(super) const NOOP: &str = "6";
const CLOSE: &str = "1";

impl Session {
    pub(super) fn new(name: String, link: Arc<Link>) -> Self {
        let pace = Pace::new(link.hub().limits());
        let state = State {
            phase: Phase::Polling,
            is_polled: false,
            is_pushed: false,
            is_tried: false,
            inbox: VecDeque::new(),
            pace,
        };
        let (task, poll, push, upgrade) =
            (AtomicWaker::new(), AtomicWaker::new(), AtomicWaker::new(), AtomicWaker::new());
        Self { name, link, state: Mutex::new(state), task, poll, push, upgrade }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its task, to the end of polling: gives the hub what was pushed, and starts jobs.
    pub(super) async fn run(self: Arc<Self>) {
        let guard = Leave(&self);
        if self.is_over().await {
            return;
        }
        // The socket's own task goes on.
        std::mem::forget(guard);
        self.link.realtime().engines.remove(&self.name);
        self.upgrade.wake();
    }

    /// Polls to the end of it: `true` when it is the session's too.
    async fn is_over(&self) -> bool {
        loop {
            match poll_fn(|context| self.poll_event(context)).await {
                Event::Job(job) => Jobs::start(&self.link, job),
                Event::Heard => self.link.hub().pursue(&self.link.conn, self.link.now()),
                Event::Packet(packet) => self.take(packet),
                Event::Closed => break,
                Event::Upgraded => return false,
            }
        }
        self.link.hub().leave(&self.link.conn);
        // The client is still told how it ended: by a poll, or on the socket that it is changing to.
        let over = time::timeout(FAREWELL, poll_fn(|context| self.poll_ended(context))).await.unwrap_or(true);
        if let Some(close) = self.link.conn.closing().filter(|_| over) {
            metrics::counter!("guichet_realtime_closes_total", "code" => close.code().to_string()).increment(1);
        }
        over
    }

    fn take(&self, packet: Packet) {
        let (hub, conn, now) = (self.link.hub(), &self.link.conn, self.link.now());
        match packet {
            Packet::Message(text) => {
                metrics::counter!("guichet_realtime_frames_in_total", "protocol" => conn.protocol().as_str())
                    .increment(1);
                hub.hear(conn, Heard::Text(&text), now);
            }
            Packet::Bytes(bytes) => hub.hear(conn, Heard::Binary(&bytes), now),
            Packet::Pong => hub.heard(conn, None),
            Packet::Close => self.end(NOOP),
            // Those belong on a socket.
            Packet::Probe | Packet::Upgrade => self.end(CLOSE),
        }
        if self.state().inbox.is_empty() {
            self.push.wake();
        }
    }

    fn poll_event(&self, context: &mut Context<'_>) -> Poll<Event> {
        self.task.register(context.waker());
        let conn = &self.link.conn;
        match conn.poll_job(context) {
            Poll::Ready(Some(job)) => return Poll::Ready(Event::Job(job)),
            Poll::Ready(None) => return Poll::Ready(Event::Closed),
            Poll::Pending => {}
        }
        let is_heard = conn.has_heard();
        let mut state = self.state();
        let is_idle = !is_heard && state.inbox.is_empty();
        if state.phase == Phase::Upgrading && is_idle {
            state.phase = Phase::Upgraded;
            return Poll::Ready(Event::Upgraded);
        }
        drop(state);
        if is_idle || !conn.may_read(self.link.hub().limits(), context) {
            return Poll::Pending;
        }
        if is_heard {
            return Poll::Ready(Event::Heard);
        }
        self.state().inbox.pop_front().map_or(Poll::Pending, |packet| Poll::Ready(Event::Packet(packet)))
    }

    fn poll_ended(&self, context: &Context<'_>) -> Poll<bool> {
        self.task.register(context.waker());
        let mut state = self.state();
        match state.phase {
            Phase::Ended(_) => Poll::Ready(true),
            Phase::Upgrading => {
                state.phase = Phase::Upgraded;
                Poll::Ready(false)
            }
            Phase::Polling | Phase::Probing | Phase::Upgraded => Poll::Pending,
        }
    }

    /// A poll begins.
    pub(super) fn begin_poll(&self) -> Result<(), Misused> {
        self.begin(|state| &mut state.is_polled)
    }

    /// A request of a client that polls begins, of which there is one at a time. One that finds another of its kind
    /// ends the session: one of them is not the client's.
    fn begin(&self, is_under_way: impl FnOnce(&mut State) -> &mut bool) -> Result<(), Misused> {
        let mut state = self.state();
        if matches!(state.phase, Phase::Upgrading | Phase::Upgraded | Phase::Ended(_)) {
            return Err(Misused);
        }
        if std::mem::replace(is_under_way(&mut state), true) {
            drop(state);
            self.end(CLOSE);
            return Err(Misused);
        }
        Ok(())
    }

    pub(super) fn end_poll(&self) {
        self.state().is_polled = false;
    }

    /// What a poll is answered.
    pub(super) fn poll_out(&self, context: &mut Context<'_>) -> Poll<Bytes> {
        self.poll.register(context.waker());
        loop {
            match self.state().phase {
                Phase::Polling => {}
                Phase::Probing | Phase::Upgrading | Phase::Upgraded => return Poll::Ready(NOOP.into()),
                Phase::Ended(word) => return Poll::Ready(word.into()),
            }
            let link = &self.link;
            match link.hub().poll_out(&link.conn, CHUNK, link.now(), context) {
                Poll::Ready(out) => {
                    let protocol = link.conn.protocol().as_str();
                    metrics::counter!("guichet_realtime_frames_out_total", "protocol" => protocol)
                        .increment(out.len() as u64);
                    metrics::counter!("guichet_realtime_overflows_total").increment(link.conn.take_overflows());
                    let (payload, ends) = packet::payload(&out);
                    if ends {
                        self.end(CLOSE);
                    }
                    if !payload.is_empty() {
                        return Poll::Ready(payload);
                    }
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// A push begins.
    pub(super) fn begin_push(&self) -> Result<(), Misused> {
        self.begin(|state| &mut state.is_pushed)
    }

    pub(super) fn end_push(&self) {
        self.state().is_pushed = false;
    }

    /// Packets were pushed.
    pub(super) fn push(&self, packets: Vec<Packet>) -> Result<(), Misused> {
        let mut state = self.state();
        // Meanwhile the client has changed to a socket, or is gone: nobody takes what is polled any more.
        if matches!(state.phase, Phase::Upgraded | Phase::Ended(_)) {
            return Err(Misused);
        }
        let limits = self.link.hub().limits();
        if packets.iter().any(|_| state.pace.take(limits).is_err()) {
            drop(state);
            self.link.hub().close(&self.link.conn, Close::TooFast);
            return Err(Misused);
        }
        for packet in packets {
            // The client is there, whatever waits before this.
            if packet == Packet::Pong {
                self.link.hub().heard(&self.link.conn, None);
            } else {
                state.inbox.push_back(packet);
            }
        }
        drop(state);
        self.task.wake();
        Ok(())
    }

    /// Whether all that was pushed has been taken: then the next may come.
    pub(super) fn poll_taken(&self, context: &Context<'_>) -> Poll<()> {
        self.push.register(context.waker());
        let state = self.state();
        let over = state.inbox.is_empty() || matches!(state.phase, Phase::Upgraded | Phase::Ended(_));
        if over || self.link.conn.is_closed() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// A socket is to be tried; one at a time.
    pub(super) fn begin_trial(self: &Arc<Self>) -> Result<Trial, Misused> {
        let mut state = self.state();
        if state.phase != Phase::Polling || std::mem::replace(&mut state.is_tried, true) {
            return Err(Misused);
        }
        Ok(Trial(self.clone()))
    }

    /// A socket works: the client is about to change to it. `false` when there is another already.
    pub(super) fn probed(&self) -> bool {
        let moved = self.moves(Phase::Polling, Phase::Probing);
        self.poll.wake();
        moved
    }

    /// The socket that was probed is gone.
    pub(super) fn stay(&self) {
        self.moves(Phase::Probing, Phase::Polling);
        self.poll.wake();
    }

    /// The client has changed to the socket; `true` once all that it had pushed before is taken, and its task is over.
    pub(super) async fn change(&self) -> bool {
        if !self.moves(Phase::Probing, Phase::Upgrading) {
            return false;
        }
        self.poll.wake();
        self.task.wake();
        poll_fn(|context| {
            self.upgrade.register(context.waker());
            match self.state().phase {
                Phase::Upgraded => Poll::Ready(true),
                Phase::Ended(_) => Poll::Ready(false),
                _ => Poll::Pending,
            }
        })
        .await
    }

    /// It ends at once, without what waits; a poll that waits gets this word.
    pub(super) fn end(&self, word: &'static str) {
        {
            let mut state = self.state();
            if matches!(state.phase, Phase::Upgraded | Phase::Ended(_)) {
                return;
            }
            state.phase = Phase::Ended(word);
            state.inbox = VecDeque::new();
        }
        self.link.realtime().engines.remove(&self.name);
        self.link.hub().close(&self.link.conn, Close::Normal);
        for waker in [&self.poll, &self.push, &self.task, &self.upgrade] {
            waker.wake();
        }
    }

    fn moves(&self, from: Phase, to: Phase) -> bool {
        let mut state = self.state();
        let moves = state.phase == from;
        if moves {
            state.phase = to;
        }
        moves
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While a socket is tried.
pub(super) struct Trial(Arc<Session>);

impl Drop for Trial {
    fn drop(&mut self) {
        self.0.state().is_tried = false;
    }
}

/// Whatever ends the task, nothing of the session stays.
struct Leave<'a>(&'a Arc<Session>);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let Session { link, .. } = self.0.as_ref();
        self.0.end(CLOSE);
        link.hub().leave(&link.conn);
        link.hub().gone(&link.conn);
        link.finish();
    }
}
