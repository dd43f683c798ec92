//! The handle of a connection: what others of this node hold of it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context as Wakes, Poll, Waker},
};

use kernel::{ConnectionId, Timestamp};

use crate::{Close, Codec, Job, Limits, Protocol, Session};

/// A connection. Its session is behind a lock that is held for a step at a time; whoever made a step that
/// gives the transport something to do wakes it.
#[derive(Debug)]
pub struct Conn {
    id: ConnectionId,
    protocol: Protocol,
    state: Mutex<State>,
    /// Locked for a translation at a time, and never together with the session.
    codec: Option<Mutex<Box<dyn Codec>>>,
}

#[derive(Debug)]
struct State {
    session: Session,
    writer: Option<Waker>,
    reader: Option<Waker>,
    reader_waits: bool,
}

impl Conn {
    pub(crate) fn new(id: ConnectionId, protocol: Protocol, now: Timestamp) -> Self {
        let session = Session::new(id, protocol, now);
        let state = Mutex::new(State { session, writer: None, reader: None, reader_waits: false });
        Self { id, protocol, state, codec: protocol.codec(id).map(Mutex::new) }
    }

    /// Its id.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// What it speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// One step of the session; the halves of the transport that it concerns are woken after it.
    pub(crate) fn step<T>(&self, limits: &Limits, step: impl FnOnce(&mut Session) -> T) -> T {
        let mut state = self.lock();
        let out = step(&mut state.session);
        let closed = state.session.is_closed();
        let writer = if state.session.has_out() { state.writer.take() } else { None };
        let reads_again = state.reader_waits && state.session.may_read(limits);
        let reader = if state.session.has_jobs() || closed || reads_again { state.reader.take() } else { None };
        drop(state);
        writer.into_iter().chain(reader).for_each(Waker::wake);
        out
    }

    /// Waits until something is to be written.
    pub fn poll_out(&self, wakes: &Wakes<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.session.has_out() {
            return Poll::Ready(());
        }
        register(&mut state.writer, wakes);
        Poll::Pending
    }

    /// Waits for the next job; nothing once the end has been decided.
    pub fn poll_job(&self, wakes: &Wakes<'_>) -> Poll<Option<Job>> {
        let mut state = self.lock();
        if let Some(job) = state.session.take_job() {
            return Poll::Ready(Some(job));
        }
        if state.session.is_closed() {
            return Poll::Ready(None);
        }
        register(&mut state.reader, wakes);
        Poll::Pending
    }

    /// Whether another frame may be read now; if not, the caller is woken when it may.
    pub fn may_read(&self, limits: &Limits, wakes: &Wakes<'_>) -> bool {
        let mut state = self.lock();
        let may = state.session.may_read(limits);
        state.reader_waits = !may;
        if !may {
            register(&mut state.reader, wakes);
        }
        may
    }

    /// Whether the end has been decided.
    pub fn is_closed(&self) -> bool {
        self.closing().is_some()
    }

    /// The end that has been decided.
    pub fn closing(&self) -> Option<Close> {
        self.lock().session.closing()
    }

    /// See [`Session::take_overflows`].
    pub fn take_overflows(&self) -> u64 {
        self.lock().session.take_overflows()
    }

    /// Whether something that the client said is still to be given to the session.
    pub fn has_heard(&self) -> bool {
        self.with_codec(|codec| codec.has_next()).unwrap_or_default()
    }

    /// Lets the codec translate; nothing when there is none.
    pub(crate) fn with_codec<T>(&self, translate: impl FnOnce(&mut dyn Codec) -> T) -> Option<T> {
        let codec = self.codec.as_ref()?;
        Some(translate(codec.lock().unwrap_or_else(PoisonError::into_inner).as_mut()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn register(slot: &mut Option<Waker>, wakes: &Wakes<'_>) {
    if !slot.as_ref().is_some_and(|waker| waker.will_wake(wakes.waker())) {
        *slot = Some(wakes.waker().clone());
    }
}
