//! What the two halves of one connection share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Context,
};

use chat::Chat;
use futures_util::task::AtomicWaker;
use kernel::{Caller, Refusal, RefusalKind, Timestamp};
use realtime::{Conn, Hub};

use crate::{addresses::Address, jobs::Jobs, realtime::Realtime};

/// One connection, as its reader, its writer and its jobs see it.
pub(crate) struct Link {
    realtime: Arc<Realtime>,
    pub(crate) conn: Arc<Conn>,
    pub(crate) jobs: Jobs,
    origin: Option<Box<str>>,
    /// Whose place it holds.
    address: Option<Address>,
    finished: AtomicBool,
    writer: AtomicWaker,
}

impl Link {
    pub(crate) fn new(
        realtime: Arc<Realtime>,
        conn: Arc<Conn>,
        origin: Option<Box<str>>,
        address: Option<Address>,
    ) -> Self {
        metrics::gauge!("guichet_realtime_connections", "protocol" => conn.protocol().as_str()).increment(1.0);
        let (finished, writer) = (AtomicBool::new(false), AtomicWaker::new());
        Self { realtime, conn, jobs: Jobs::default(), origin, address, finished, writer }
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        self.realtime.hub()
    }

    pub(crate) fn realtime(&self) -> &Realtime {
        &self.realtime
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.realtime.parts.env.now()
    }

    pub(crate) fn chat(&self) -> &Chat {
        &self.realtime.parts.chat
    }

    /// A page of another site may only act for callers of the organisation that named it.
    pub(crate) fn allows(&self, caller: &Caller) -> Result<(), Box<dyn Refusal>> {
        match &self.origin {
            Some(origin) if !self.realtime.parts.origins.allows(origin, Some(caller.organization())) => {
                Err(Box::new(ForeignOrigin))
            }
            _ => Ok(()),
        }
    }

    /// The client is gone, or had its time to answer the close: the writer may end.
    pub(crate) fn finish(&self) {
        self.finished.store(true, Ordering::SeqCst);
        self.writer.wake();
    }

    pub(crate) fn poll_finished(&self, context: &Context<'_>) -> bool {
        self.writer.register(context.waker());
        self.finished.load(Ordering::SeqCst)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(address) = self.address {
            self.realtime.addresses.free(address);
        }
        metrics::gauge!("guichet_realtime_connections", "protocol" => self.conn.protocol().as_str()).decrement(1.0);
    }
}

/// The token is good, and the page that uses it is not its organisation's.
#[derive(Debug)]
struct ForeignOrigin;

impl std::fmt::Display for ForeignOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the page's origin is not one of the organisation's")
    }
}

impl std::error::Error for ForeignOrigin {}

impl Refusal for ForeignOrigin {
    fn kind(&self) -> RefusalKind {
        RefusalKind::Unauthenticated
    }

    fn code(&self) -> &'static str {
        "forbidden"
    }
}
