//! The committer of a shard: takes what waits, commits it together, answers each by itself.
//!
//! There is no timer: the first message commits at once, and what arrives meanwhile shares the next.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use chat::{AppendError, Appended, Change, Committed, Entry, Hints, Message, Sender};
use kernel::{PortError, PortErrorKind};
use sea_orm::DbErr;
use tokio::sync::mpsc;

use super::{
    batch::{self, Limits, Outcome, Row, Shard},
    queue::{Item, MARGIN},
    stats::Stats,
};
use crate::{
    error::{self, Trouble},
    options::StoreOptions,
};

/// How often a batch is run again when a unique value was taken: by the same message, stored by
/// another node at the same moment. The next run sees it and answers it as a duplicate.
const TAKEN_TRIES: u32 = 5;

/// The most bytes of content in a batch.
const BATCH_BYTES: usize = 1 << 20;

pub(crate) struct Committer {
    shard: Box<dyn Shard>,
    hints: Arc<dyn Hints>,
    stats: Arc<Stats>,
    limits: Limits,
    patience: Duration,
}

impl Committer {
    pub(crate) fn new(shard: Box<dyn Shard>, options: &StoreOptions, stats: Arc<Stats>) -> Self {
        let limits = Limits { rows: options.batch_rows.max(1), bytes: BATCH_BYTES };
        Self { shard, hints: Arc::clone(&options.hints), stats, limits, patience: options.patience }
    }

    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Item>) {
        let mut waiting = VecDeque::new();
        let mut arrived = Vec::with_capacity(self.limits.rows);
        loop {
            if waiting.is_empty() && queue.recv_many(&mut arrived, self.limits.rows).await == 0 {
                return;
            }
            waiting.extend(arrived.drain(..));
            while waiting.len() < self.limits.rows
                && let Ok(item) = queue.try_recv()
            {
                waiting.push_back(item);
            }
            let rows = batch::take(&mut waiting, self.limits);
            self.commit(rows).await;
        }
    }

    /// Commits rows in order. Rows that spoil a batch are found by halving it, so that a bad one
    /// fails alone.
    async fn commit(&mut self, rows: Vec<Row>) {
        let mut parts = VecDeque::from([(rows, false)]);
        while let Some((mut rows, mut unheard)) = parts.pop_front() {
            match self.attempt(&mut rows, &mut unheard).await {
                Ok(outcomes) => self.answer(rows, outcomes),
                Err(failure) if failure.spoilt() && rows.len() > 1 => {
                    let second = rows.split_off(rows.len() / 2);
                    parts.push_front((second, unheard));
                    parts.push_front((rows, unheard));
                }
                Err(failure) => refuse(rows, &failure, unheard),
            }
        }
    }

    /// Runs a batch until it is committed, cannot be, or its senders' patience is at an end.
    /// What was sent and not heard of is run again, and recognises itself if it was stored.
    async fn attempt(&mut self, rows: &mut Vec<Row>, unheard: &mut bool) -> Result<Vec<Outcome>, Failure> {
        let (mut taken, mut pause) = (0, Duration::from_millis(5));
        loop {
            let failure = match self.once(rows).await {
                Ok(mut outcomes) => {
                    if *unheard {
                        recognise(rows, &mut outcomes);
                    }
                    return Ok(outcomes);
                }
                Err(failure) => failure,
            };
            Stats::add(&self.stats.retries, 1);
            *unheard |= failure.trouble == Trouble::Lost;
            match failure.trouble {
                Trouble::Taken if taken < TAKEN_TRIES => taken += 1,
                Trouble::Contended | Trouble::NoConnection | Trouble::Lost | Trouble::Refused
                    if Instant::now() + pause < end(rows) =>
                {
                    tracing::warn!(error = %failure.error, "a batch of the log is run again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_millis(200));
                }
                _ => return Err(failure),
            }
        }
    }

    /// Runs a batch once. Rows whose callers have given up in time are left out.
    async fn once(&mut self, rows: &mut Vec<Row>) -> Result<Vec<Outcome>, Failure> {
        // The last try may take what is left, but not so little that it cannot succeed.
        let left = end(rows).saturating_duration_since(Instant::now()).clamp(Duration::from_millis(100), self.patience);
        if let Ok(ready) = tokio::time::timeout(left, self.shard.ready(left)).await {
            ready.map_err(|error| Failure { trouble: not_sent(error::trouble(&error)), error })?;
        } else {
            self.shard.reset();
            return Err(Failure::timed_out(Trouble::NoConnection));
        }
        rows.retain_mut(Row::send);
        if rows.is_empty() {
            self.shard.cancel();
            return Ok(Vec::new());
        }
        let appends: Vec<_> = rows.iter().map(|row| &row.first.append).collect();
        #[cfg(feature = "faults")]
        if super::faults::ack_before_commit() {
            return self.commit_after_the_ack(rows).await;
        }
        if let Ok(done) = tokio::time::timeout(left, self.shard.commit(&appends)).await {
            return done.map_err(Failure::from);
        }
        self.shard.reset();
        Err(Failure::timed_out(Trouble::Lost))
    }

    /// The planted fault: answers, and commits a moment later.
    #[cfg(feature = "faults")]
    async fn commit_after_the_ack(&mut self, rows: &mut Vec<Row>) -> Result<Vec<Outcome>, Failure> {
        self.shard.hold();
        let appends: Vec<_> = rows.iter().map(|row| &row.first.append).collect();
        let outcomes = self.shard.commit(&appends).await?;
        self.answer(std::mem::take(rows), outcomes);
        tokio::time::sleep(super::faults::DELAY).await;
        self.shard.release().await?;
        Ok(Vec::new())
    }

    fn answer(&self, rows: Vec<Row>, outcomes: Vec<Outcome>) {
        let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
        Stats::add(&self.stats.batches, 1);
        Stats::add(&self.stats.rows, rows.iter().map(|row| 1 + row.repeats.len()).sum());
        Stats::add(&self.stats.stored, count(|outcome| matches!(outcome, Outcome::Stored { .. })));
        Stats::add(&self.stats.duplicates, count(|outcome| matches!(outcome, Outcome::Duplicate { .. })));
        Stats::add(&self.stats.duplicates, rows.iter().map(|row| row.repeats.len()).sum());
        let committed: Vec<Committed> =
            rows.iter().zip(&outcomes).filter_map(|(row, outcome)| committed(row, outcome)).collect();
        if !committed.is_empty() {
            self.hints.committed(&committed);
        }
        for (row, outcome) in rows.into_iter().zip(outcomes) {
            let id = row.first.append.id;
            for repeat in row.repeats {
                repeat.answer(answer(&outcome, id, true));
            }
            row.first.answer(answer(&outcome, id, false));
        }
    }
}

struct Failure {
    trouble: Trouble,
    error: DbErr,
}

impl Failure {
    fn timed_out(trouble: Trouble) -> Self {
        Self { trouble, error: DbErr::Custom("the database did not answer in time".into()) }
    }

    /// Whether one row may be at fault, so that the others can be stored without it.
    fn spoilt(&self) -> bool {
        matches!(self.trouble, Trouble::Wrong | Trouble::Taken)
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self { trouble: error::trouble(&error), error }
    }
}

/// A connection that breaks, or is refused, while it is made has carried nothing, and says nothing
/// against the rows.
fn not_sent(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Lost | Trouble::Taken | Trouble::Wrong => Trouble::NoConnection,
        other => other,
    }
}

/// Until when trying makes sense: the last of the callers' deadlines.
fn end(rows: &[Row]) -> Instant {
    let deadlines = rows.iter().flat_map(Row::items).map(|item| item.deadline);
    let now = Instant::now();
    deadlines.max().and_then(|last| last.checked_sub(MARGIN)).unwrap_or(now)
}

/// A message that an earlier, unheard run of this batch had stored is found as its own duplicate.
/// It was stored for its sender, and nobody was told of it yet.
fn recognise(rows: &[Row], outcomes: &mut [Outcome]) {
    for (row, outcome) in rows.iter().zip(outcomes) {
        if let Outcome::Duplicate { id, seq, at, audience } = outcome
            && *id == row.first.append.id
        {
            *outcome = Outcome::Stored { seq: *seq, at: *at, audience: audience.clone() };
        }
    }
}

fn refuse(rows: Vec<Row>, failure: &Failure, unheard: bool) {
    tracing::error!(error = %failure.error, rows = rows.len(), "messages were not stored");
    let kind = if unheard { PortErrorKind::Unknown } else { failure.trouble.kind() };
    for item in rows.into_iter().flat_map(Row::into_items) {
        item.answer(Err(AppendError::Port(PortError::new(kind, failure.error.clone()))));
    }
}

fn answer(outcome: &Outcome, own: kernel::MessageId, repeat: bool) -> Result<Appended, AppendError> {
    match outcome {
        Outcome::Stored { seq, at, .. } => {
            Ok(Appended { message_id: own, seq: *seq, created_at: *at, duplicate: repeat })
        }
        Outcome::Duplicate { id, seq, at, .. } => {
            Ok(Appended { message_id: *id, seq: *seq, created_at: *at, duplicate: true })
        }
        Outcome::Mismatch => Err(AppendError::Mismatch),
        Outcome::NotFound => Err(AppendError::NotFound),
        Outcome::ReplyNotFound => Err(AppendError::ReplyNotFound),
        Outcome::Closed => Err(AppendError::Closed),
        Outcome::Merged(into) => Err(AppendError::Merged(*into)),
    }
}

fn committed(row: &Row, outcome: &Outcome) -> Option<Committed> {
    let Outcome::Stored { seq, at, audience } = outcome else { return None };
    let append = &row.first.append;
    let message = Message {
        id: append.id,
        seq: *seq,
        entry_seq: *seq,
        sender: Sender { id: append.author.id, kind: append.author.kind, name: append.author.name.clone() },
        kind: append.kind,
        content: Some(append.content.as_str().to_owned()),
        in_reply_to: append.in_reply_to,
        client_message_id: Some(append.client_message_id.clone()),
        created_at: *at,
        edited_at: None,
        deleted_at: None,
    };
    Some(Committed {
        organization: append.organization,
        conversation: append.conversation,
        audience: audience.clone(),
        entry: Entry { seq: *seq, change: Change::Created, message },
        origin: append.origin,
    })
}
