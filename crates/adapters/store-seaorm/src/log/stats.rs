//! What the log has done, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the log has done since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogStats {
    /// Batches that were committed.
    pub batches: u64,
    /// Messages in them, refused ones and repeats included.
    pub rows: u64,
    /// Messages that were stored.
    pub stored: u64,
    /// Repeats that were recognised.
    pub duplicates: u64,
    /// Batches that were run again: a repeat was stored elsewhere at the same moment, another
    /// transaction was in the way, or the connection broke.
    pub retries: u64,
    /// Messages that were put aside because their conversation was locked, each time.
    pub held: u64,
    /// Batches that were committed and could not be told, because who was told panicked.
    pub untold: u64,
    /// Marks that were taken.
    pub marks: u64,
    /// In how many commits.
    pub mark_commits: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) batches: AtomicU64,
    pub(crate) rows: AtomicU64,
    pub(crate) stored: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) held: AtomicU64,
    pub(crate) untold: AtomicU64,
    pub(crate) marks: AtomicU64,
    pub(crate) mark_commits: AtomicU64,
}

impl Stats {
    pub(crate) fn read(&self) -> LogStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LogStats {
            batches: read(&self.batches),
            rows: read(&self.rows),
            stored: read(&self.stored),
            duplicates: read(&self.duplicates),
            retries: read(&self.retries),
            held: read(&self.held),
            untold: read(&self.untold),
            marks: read(&self.marks),
            mark_commits: read(&self.mark_commits),
        }
    }

    pub(crate) fn add(counter: &AtomicU64, by: usize) {
        counter.fetch_add(by as u64, Ordering::Relaxed);
    }
}
