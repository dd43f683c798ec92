//! The log of each conversation: group commit, reads by range, and the feed for consumers.

mod batch;
mod committer;
#[cfg(feature = "faults")]
pub(crate) mod faults;
mod feed;
mod files;
mod held;
mod message;
mod postgres;
mod queue;
mod read;
mod sqlite;
mod stats;

pub use stats::LogStats;

pub(crate) use message::{MESSAGE, message};
pub(crate) use stats::Stats;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chat::{Append, AppendError, Appended, ConversationLog, Entry, Head, Message, Revised, Revision, Seq};
use kernel::{ConversationId, MessageId, OrganizationId, PortError};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    options::StoreOptions,
    store::{Base, SeaStore},
};

use committer::Committer;
use queue::{Item, Write, Written};

/// The writing end of the log: a queue and a committer for each shard.
pub(crate) struct Log {
    shards: Mutex<Vec<mpsc::Sender<Item>>>,
    committers: Mutex<Vec<JoinHandle<()>>>,
    stats: Arc<Stats>,
    patience: Duration,
}

impl Log {
    pub(crate) fn start(base: &Base, options: &StoreOptions, stats: Arc<Stats>) -> Self {
        let (mut shards, mut committers) = (Vec::new(), Vec::new());
        let mut shard = |run: Box<dyn batch::Shard>| {
            let (sender, receiver) = mpsc::channel(options.queue.max(1));
            let committer = Committer::new(run, options, Arc::clone(&stats));
            shards.push(sender);
            committers.push(tokio::spawn(committer.run(receiver)));
        };
        match base {
            Base::Sqlite { writer, .. } => shard(Box::new(sqlite::SqliteShard::new(writer.clone()))),
            Base::Postgres(postgres) => {
                for _ in 0..options.log_shards.max(1) {
                    shard(Box::new(postgres::PostgresShard::new(postgres.options(), options.patience)));
                }
            }
        }
        Self { shards: Mutex::new(shards), committers: Mutex::new(committers), stats, patience: options.patience }
    }

    pub(crate) fn stats(&self) -> LogStats {
        self.stats.read()
    }

    /// Whether every committer runs: one that panicked answers nobody any more.
    pub(crate) fn is_alive(&self) -> bool {
        let committers = self.committers.lock().unwrap_or_else(PoisonError::into_inner);
        !committers.is_empty() && committers.iter().all(|committer| !committer.is_finished())
    }

    /// Takes nothing more, and waits until what waits was answered.
    pub(crate) async fn close(&self) {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let committers = std::mem::take(&mut *self.committers.lock().unwrap_or_else(PoisonError::into_inner));
        for committer in committers {
            if let Err(error) = committer.await {
                tracing::error!(%error, "a committer of the log ended with a panic");
            }
        }
    }

    /// Queues at once, before anything is awaited: who calls first is numbered first.
    fn enqueue(&self, write: Write) -> Result<queue::Waiting, AppendError> {
        let (item, waiting) = queue::item(write, self.patience);
        let shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        if shards.is_empty() {
            return Err(PortError::unavailable("the store is closing").into());
        }
        let shard = &shards[shard_of(item.write.conversation(), shards.len())];
        match shard.try_send(item) {
            Ok(()) => Ok(waiting),
            Err(mpsc::error::TrySendError::Full(_)) => Err(AppendError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                Err(PortError::unavailable("the committer of the log has ended").into())
            }
        }
    }
}

/// All that is written to a conversation goes through one shard: that keeps their order, and keeps shards
/// from waiting for each other's row locks.
fn shard_of(conversation: ConversationId, shards: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    conversation.hash(&mut hasher);
    usize::try_from(hasher.finish() % shards as u64).unwrap_or(0)
}

#[async_trait]
impl ConversationLog for SeaStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let waiting = self.log.enqueue(Write::Append(Box::new(append)))?;
        match waiting.answer().await? {
            Written::Appended(done) => Ok(done),
            Written::Revised(_) => Err(PortError::corrupt("a message was answered as a revision").into()),
        }
    }

    async fn revise(&self, revision: Revision) -> Result<Revised, AppendError> {
        let waiting = self.log.enqueue(Write::Revise(Box::new(revision)))?;
        match waiting.answer().await? {
            Written::Revised(done) => Ok(*done),
            Written::Appended(_) => Err(PortError::corrupt("a revision was answered as a message").into()),
        }
    }

    async fn after(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Entry>, PortError> {
        read::after(&mut self.log_reads().await, organization, conversation, after, limit).await
    }

    async fn before(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<Message>, PortError> {
        read::before(&mut self.log_reads().await, organization, conversation, before, limit).await
    }

    async fn changed(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Message>, PortError> {
        read::changed(&mut self.log_reads().await, organization, conversation, after, limit).await
    }

    async fn message(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, PortError> {
        read::message(&mut self.log_reads().await, organization, conversation, id).await
    }

    async fn heads(&self, conversations: &[(OrganizationId, ConversationId)]) -> Result<Vec<Head>, PortError> {
        read::heads(&mut self.log_reads().await, conversations).await
    }
}
