use std::{fmt, sync::Arc, time::Duration};

/// How the store is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://path?mode=rwc` or `postgres://user:password@host/database`.
    pub url: String,
    /// Told of each committed entry of the log.
    pub hints: Arc<dyn chat::Hints>,
    /// Where events go; each gets a row of its own in the outbox. May be empty.
    pub sinks: Vec<String>,
    /// The most messages that share a commit. 1 gives each message its own, for comparison.
    pub batch_rows: usize,
    /// How many messages may wait for a commit before more are refused as overloaded.
    pub queue: usize,
    /// How many batches are committed side by side on PostgreSQL; a conversation keeps to one.
    /// 2, or 4 where a sync of the disk takes more than 1 ms. SQLite has one writer.
    pub log_shards: usize,
    /// Connections for reads within an organisation (PostgreSQL), or for all reads (SQLite).
    pub readers: usize,
    /// Connections for reads of the log by range (PostgreSQL).
    pub log_readers: usize,
    /// Connections for transactions (PostgreSQL).
    pub writers: u32,
    /// How long one call may take before it is given up. With a commit of the log it is the time
    /// after which a sender is told that it failed; below 5 s.
    pub patience: Duration,
}

impl StoreOptions {
    /// The usual settings, with no sinks.
    pub fn new(url: impl Into<String>, hints: Arc<dyn chat::Hints>) -> Self {
        Self {
            url: url.into(),
            hints,
            sinks: Vec::new(),
            batch_rows: 512,
            queue: 10_000,
            log_shards: 2,
            readers: 4,
            log_readers: 3,
            writers: 8,
            patience: Duration::from_secs(4),
        }
    }
}

impl fmt::Debug for StoreOptions {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("sinks", &self.sinks)
            .field("batch_rows", &self.batch_rows)
            .finish_non_exhaustive()
    }
}
