//! The connections of this node, by person and by conversation, and what each is told.

mod around;
mod codecs;
mod feeds;
mod heads;
mod index;
mod life;
mod presence;
mod views;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context as Wakes, Poll, ready},
};

use kernel::{ConnectionId, Texts, Timestamp};

use self::{around::Queued, index::Index};
pub use self::{around::Watch, life::Revoked, presence::Colleague};
use crate::{Close, Conn, Context, Done, Effect, Inbound, Limits, Out, Protocol, Session};

/// All connections of this node.
///
/// Two kinds of locks, and one rule: the index may be locked inside a step of a session, never the other
/// way round, and never two sessions at a time. A connection enters the index for a conversation inside
/// the very step that asks for its subscription; so each entry is either in what the log answers, or
/// is committed later and told to it.
pub struct Hub {
    index: Mutex<Index>,
    texts: Arc<dyn Texts>,
    limits: Limits,
    draining: AtomicBool,
    watch: OnceLock<Arc<dyn Watch>>,
    /// A leaf, as the index.
    queued: RwLock<Queued>,
}

/// This node takes no more connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

impl Hub {
    /// A hub without connections.
    pub fn new(texts: Arc<dyn Texts>, limits: Limits) -> Self {
        Self {
            index: Mutex::new(Index::default()),
            texts,
            limits,
            draining: AtomicBool::new(false),
            watch: OnceLock::new(),
            queued: RwLock::default(),
        }
    }

    /// The bounds it keeps.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A connection was opened by the transport.
    ///
    /// # Errors
    /// [`Refused`] once this node stops.
    pub fn open(&self, id: ConnectionId, protocol: Protocol, now: Timestamp) -> Result<Arc<Conn>, Refused> {
        let conn = Arc::new(Conn::new(id, protocol, now));
        let mut index = self.index();
        if self.is_draining() {
            return Err(Refused);
        }
        index.enter(&conn);
        Ok(conn)
    }

    /// A frame has come.
    pub fn receive(&self, conn: &Arc<Conn>, inbound: Inbound, now: Timestamp) {
        self.step(conn, |session, context| session.receive(inbound, now, context));
    }

    /// A job has ended.
    pub fn done(&self, conn: &Arc<Conn>, done: Done) {
        self.step(conn, |session, context| session.done(done, context));
    }

    /// What is to be written next, at most about so many bytes at a time; asked for when the transport can
    /// take it.
    pub fn poll_out(&self, conn: &Arc<Conn>, max_bytes: usize, now: Timestamp, wakes: &Wakes<'_>) -> Poll<Vec<Out>> {
        ready!(conn.poll_out(wakes));
        let mut out = Vec::new();
        self.step(conn, |session, context| {
            let (taken, effects) = session.take_out(max_bytes, context);
            out = taken;
            effects
        });
        Poll::Ready(self.write(conn, out, now))
    }

    /// The client was heard without a frame of the protocol: the answer to a ping, or a ping of its own,
    /// which is answered.
    pub fn heard(&self, conn: &Arc<Conn>, ping: Option<bytes::Bytes>) {
        conn.step(&self.limits, |session| {
            session.heard();
            if let Some(payload) = ping {
                session.pinged(payload);
            }
        });
    }

    /// Decides the end of a connection.
    pub fn close(&self, conn: &Arc<Conn>, close: Close) {
        conn.step(&self.limits, |session| session.close(close));
    }

    fn step(&self, conn: &Arc<Conn>, step: impl FnOnce(&mut Session, &Context<'_>) -> Vec<Effect>) {
        let effects = conn.step(&self.limits, |session| {
            let mut effects = step(session, &self.context());
            self.enter(conn, session, &mut effects);
            effects
        });
        self.spread(conn, effects);
    }

    fn context(&self) -> Context<'_> {
        Context { texts: self.texts.as_ref(), limits: &self.limits, presence: self, places: self }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}
