//! Consumers of the log: what follows from a message, later and at least once.
//!
//! One consumer so far: the status of requests follows the conversation. It keeps its place in
//! the log by a cursor that commit order cannot trick, is woken after each commit on this node, and
//! polls once a second for what other nodes stored. The request's own transaction remembers the
//! message by its id, so that a repeat does nothing.

use std::{sync::Arc, time::Duration};

use chat::{Change, LogFeed, LogRecord, SenderKind};
use kernel::{PortError, PortErrorKind};
use support_request::{Desk, Reply, SupportRequestError};
use tokio::sync::Notify;

/// The name under which the position is kept.
const CONSUMER: &str = Desk::REPLIES;
const BATCH: u32 = 200;
const POLL: Duration = Duration::from_secs(1);
/// How often a record that is refused for another reason than a part being down is tried.
const TRIES: u32 = 5;

/// Lets the status of requests follow their conversations.
pub(crate) struct StatusRelay {
    /// The log.
    pub(crate) feed: Arc<dyn LogFeed>,
    /// Told of each reply.
    pub(crate) desk: Arc<Desk>,
    /// Rung after each commit of this node.
    pub(crate) wake: Arc<Notify>,
}

impl StatusRelay {
    /// Runs until it is dropped.
    pub(crate) async fn run(self) {
        let mut pause = Backoff::default();
        loop {
            match self.round().await {
                Ok(0) => {
                    pause = Backoff::default();
                    let _ = tokio::time::timeout(POLL, self.wake.notified()).await;
                }
                Ok(_) => pause = Backoff::default(),
                Err(error) => {
                    let wait = pause.next();
                    tracing::warn!(consumer = CONSUMER, error = %error, ?wait, "the log cannot be followed");
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Takes all that is there by now.
    ///
    /// # Errors
    /// When a part is down.
    pub(crate) async fn catch_up(&self) -> Result<(), PortError> {
        while self.round().await? > 0 {}
        Ok(())
    }

    /// Takes one batch; how many records it held.
    async fn round(&self) -> Result<usize, PortError> {
        let records = self.feed.next(self.feed.position(CONSUMER).await?, BATCH).await?;
        for record in &records {
            self.take(record).await?;
        }
        self.desk.messages_came(records.iter().map(|record| (record.organization, record.support_request))).await?;
        if let Some(last) = records.last() {
            self.feed.advance(CONSUMER, last.cursor).await?;
        }
        Ok(records.len())
    }

    /// Takes one record. A part that is down ends the round, to be tried again from here; a
    /// record that is refused [`TRIES`] times is reported and left behind, so that one bad record does not stop all.
    async fn take(&self, record: &LogRecord) -> Result<(), PortError> {
        if record.entry.change != Change::Created {
            return Ok(());
        }
        let mut pause = Backoff::default();
        for left in (0..TRIES).rev() {
            match self.tell(record).await {
                Ok(()) => return Ok(()),
                Err(SupportRequestError::Port(port)) if port.kind() != PortErrorKind::Corrupt => return Err(port),
                Err(error) if left == 0 => {
                    metrics::counter!("guichet_log_records_dead_total", "consumer" => CONSUMER).increment(1);
                    tracing::error!(
                        consumer = CONSUMER, error = %error, message_id = %record.entry.message.id,
                        support_request_id = %record.support_request, "left a record of the log behind"
                    );
                }
                Err(_) => tokio::time::sleep(pause.next()).await,
            }
        }
        Ok(())
    }

    async fn tell(&self, record: &LogRecord) -> Result<(), SupportRequestError> {
        let message = &record.entry.message;
        let reply = Reply {
            organization: record.organization,
            support_request: record.support_request,
            message: message.id,
            sender: message.sender.id,
            name: message.sender.name.clone(),
            at: message.created_at,
        };
        match message.sender.kind {
            SenderKind::Customer => self.desk.customer_replied(&reply).await?,
            SenderKind::Agent => self.desk.agent_replied(&reply).await?,
            SenderKind::System => false,
        };
        Ok(())
    }
}

/// 100 ms, doubled up to 10 s.
struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(Duration::from_millis(100))
    }
}

impl Backoff {
    fn next(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(Duration::from_secs(10));
        now
    }
}
