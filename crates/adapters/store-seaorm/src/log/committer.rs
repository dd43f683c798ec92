//! The committer of a shard: takes what waits, commits it together, answers each by itself.
//!
//! There is no timer: the first message commits at once, and what arrives meanwhile shares the next.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use chat::{AppendError, Appended, Change, Committed, Entry, Hints, Message, MessageKind, Revised, Sender};
use kernel::{PortError, PortErrorKind};
use sea_orm::DbErr;
use tokio::sync::mpsc;

#[cfg(feature = "faults")]
use super::faults;
use super::{
    batch::{self, Limits, Locks, Outcome, Row, Shard},
    held::Held,
    queue::{Item, MARGIN, Write, Written},
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
    /// The most messages of locked conversations that are kept aside.
    most_held: usize,
    held: Held,
    patience: Duration,
}

impl Committer {
    pub(crate) fn new(shard: Box<dyn Shard>, options: &StoreOptions, stats: Arc<Stats>) -> Self {
        let limits = Limits { rows: options.batch_rows.max(1), bytes: BATCH_BYTES };
        let (hints, patience) = (Arc::clone(&options.hints), options.patience);
        Self { shard, hints, stats, limits, most_held: options.queue.max(1), held: Held::default(), patience }
    }

    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Item>) {
        let mut waiting = VecDeque::new();
        while self.gather(&mut queue, &mut waiting).await {
            let rows = batch::take(&mut waiting, self.limits);
            self.commit(rows).await;
        }
    }

    /// Takes what has arrived, and what has been held long enough; waits when there is neither.
    /// `false` when nothing will come any more and nothing is held.
    async fn gather(&mut self, queue: &mut mpsc::Receiver<Item>, waiting: &mut VecDeque<Item>) -> bool {
        if waiting.is_empty() {
            let mut arrived = Vec::new();
            match self.held.next() {
                None if queue.recv_many(&mut arrived, self.limits.rows).await == 0 => return false,
                None => {}
                Some(again) if self.held.len() >= self.most_held => tokio::time::sleep_until(again.into()).await,
                Some(again) => {
                    let more = queue.recv_many(&mut arrived, self.limits.rows);
                    if tokio::time::timeout_at(again.into(), more).await == Ok(0) {
                        tokio::time::sleep_until(again.into()).await;
                    }
                }
            }
            waiting.extend(arrived);
        }
        self.held.sweep(waiting);
        while waiting.len() < self.limits.rows
            && self.held.len() < self.most_held
            && let Ok(item) = queue.try_recv()
        {
            waiting.push_back(item);
        }
        self.held.sweep(waiting);
        self.held.release(waiting);
        true
    }

    /// Commits rows in order. Rows that spoil a batch are found by halving it, so that a bad one
    /// fails alone.
    async fn commit(&mut self, rows: Vec<Row>) {
        let mut parts = VecDeque::from([rows]);
        while let Some(mut rows) = parts.pop_front() {
            // What an earlier part had to leave behind must not be overtaken.
            for late in rows.extract_if(.., |row| self.held.holds(row.first.write.conversation())).collect::<Vec<_>>() {
                self.hold(late);
            }
            if rows.is_empty() {
                continue;
            }
            match self.attempt(&mut rows).await {
                Ok(outcomes) => self.settle(rows, outcomes),
                Err(failure) if failure.spoilt() && rows.len() > 1 => {
                    let second = rows.split_off(rows.len() / 2);
                    parts.push_front(second);
                    parts.push_front(rows);
                }
                Err(failure) => refuse(rows, &failure),
            }
        }
    }

    /// Runs a batch until it is committed, cannot be, or its senders' patience is at an end.
    /// What was sent and not heard of is run again, and recognises itself if it was stored. When a
    /// conversation is locked for long, the others do not wait for it.
    async fn attempt(&mut self, rows: &mut Vec<Row>) -> Result<Vec<Outcome>, Failure> {
        let (mut taken, mut pause) = (0, Duration::from_millis(5));
        let known = rows.iter().any(|row| self.held.was_locked(row.first.write.conversation()));
        let mut locks = if known { Locks::PassOver } else { Locks::Wait };
        loop {
            let failure = match self.once(rows, locks).await {
                Ok(mut outcomes) => {
                    recognise(rows, &mut outcomes);
                    return Ok(outcomes);
                }
                Err(failure) => failure,
            };
            Stats::add(&self.stats.retries, 1);
            if failure.trouble == Trouble::Lost {
                rows.iter_mut().flat_map(Row::items_mut).for_each(|item| item.unheard = true);
            }
            match failure.trouble {
                Trouble::Taken if taken < TAKEN_TRIES => taken += 1,
                Trouble::Contended if locks == Locks::Wait => locks = Locks::PassOver,
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
    async fn once(&mut self, rows: &mut Vec<Row>, locks: Locks) -> Result<Vec<Outcome>, Failure> {
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
        #[cfg(feature = "faults")]
        if faults::is_planted("ack_before_commit") {
            return self.commit_after_the_ack(rows).await;
        } else if faults::is_armed("abort_before_commit") {
            return self.abort_before_the_commit(rows).await;
        }
        if let Ok(done) = tokio::time::timeout(left, self.write(rows, locks)).await {
            #[cfg(feature = "faults")]
            if let (Ok(outcomes), true) = (&done, faults::is_armed("abort_after_commit")) {
                faults::abort(rows, outcomes);
            }
            return done.map_err(Failure::from);
        }
        self.shard.reset();
        Err(Failure::timed_out(Trouble::Lost))
    }

    /// A batch is either of messages or of revisions.
    async fn write(&mut self, rows: &[Row], locks: Locks) -> Result<Vec<Outcome>, DbErr> {
        let revisions: Vec<_> = rows.iter().filter_map(|row| row.first.write.revision()).collect();
        if !revisions.is_empty() {
            return self.shard.revise(&revisions, locks).await;
        }
        let appends: Vec<_> = rows.iter().filter_map(|row| row.first.write.append()).collect();
        self.shard.commit(&appends, locks).await
    }

    /// The planted fault: answers, and commits a moment later.
    #[cfg(feature = "faults")]
    async fn commit_after_the_ack(&mut self, rows: &mut Vec<Row>) -> Result<Vec<Outcome>, Failure> {
        self.shard.hold();
        let outcomes = self.write(rows, Locks::Wait).await?;
        self.answer(std::mem::take(rows), outcomes);
        tokio::time::sleep(faults::DELAY).await;
        self.shard.release().await?;
        Ok(Vec::new())
    }

    /// The fail point between the insert and the COMMIT.
    #[cfg(feature = "faults")]
    async fn abort_before_the_commit(&mut self, rows: &[Row]) -> Result<Vec<Outcome>, Failure> {
        self.shard.hold();
        let outcomes = self.write(rows, Locks::Wait).await?;
        faults::abort(rows, &outcomes);
        self.shard.release().await?;
        Ok(outcomes)
    }

    /// Answers the rows that were decided, and holds those whose conversation is locked.
    fn settle(&mut self, rows: Vec<Row>, outcomes: Vec<Outcome>) {
        let (mut decided, mut answers) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for (row, outcome) in rows.into_iter().zip(outcomes) {
            if outcome == Outcome::Locked {
                self.hold(row);
            } else {
                self.held.passed(row.first.write.conversation());
                decided.push(row);
                answers.push(outcome);
            }
        }
        if !decided.is_empty() {
            self.answer(decided, answers);
        }
    }

    fn hold(&mut self, row: Row) {
        Stats::add(&self.stats.held, row.items().count());
        self.held.hold(row);
    }

    fn answer(&self, rows: Vec<Row>, outcomes: Vec<Outcome>) {
        let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
        Stats::add(&self.stats.batches, 1);
        Stats::add(&self.stats.rows, rows.iter().map(|row| 1 + row.repeats.len()).sum());
        Stats::add(
            &self.stats.stored,
            count(|outcome| matches!(outcome, Outcome::Stored { .. } | Outcome::Revised { .. })),
        );
        Stats::add(
            &self.stats.duplicates,
            count(|outcome| matches!(outcome, Outcome::Duplicate { .. } | Outcome::Unchanged { .. })),
        );
        Stats::add(&self.stats.duplicates, rows.iter().map(|row| row.repeats.len()).sum());
        let committed: Vec<Committed> =
            rows.iter().zip(&outcomes).filter_map(|(row, outcome)| committed(row, outcome)).collect();
        if !committed.is_empty() {
            self.tell(&committed);
        }
        for (row, outcome) in rows.into_iter().zip(outcomes) {
            for repeat in row.repeats {
                let answer = answer(&outcome, &repeat.write, row.first.write.append().map(|first| first.id), true);
                repeat.answer(answer);
            }
            let answer = answer(&outcome, &row.first.write, None, false);
            row.first.answer(answer);
        }
    }

    /// Tells of what was committed. That is stored and must be answered, and the shard serves others:
    /// a panic of who is told is theirs, and whoever missed the hint reads the log.
    fn tell(&self, committed: &[Committed]) {
        if catch_unwind(AssertUnwindSafe(|| self.hints.committed(committed))).is_err() {
            Stats::add(&self.stats.untold, 1);
            tracing::error!(entries = committed.len(), "who is told of committed messages panicked");
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
        if let Outcome::Duplicate { id, seq, at, audience, files } = outcome
            && row.first.unheard
            && row.first.write.append().is_some_and(|append| append.id == *id)
        {
            *outcome = Outcome::Stored { seq: *seq, at: *at, audience: audience.clone(), files: files.clone() };
        } else if let Outcome::Unchanged { message, audience } = outcome
            && row.first.unheard
            && message.entry_seq != message.seq
        {
            // Who else may have revised it alike was told of, and a hint that comes twice does no harm.
            *outcome = Outcome::Revised { message: message.clone(), audience: audience.clone() };
        }
    }
}

fn refuse(rows: Vec<Row>, failure: &Failure) {
    tracing::error!(error = %failure.error, rows = rows.len(), "messages were not stored");
    for item in rows.into_iter().flat_map(Row::into_items) {
        let kind = if item.unheard { PortErrorKind::Unknown } else { failure.trouble.kind() };
        item.answer(Err(AppendError::Port(PortError::new(kind, failure.error.clone()))));
    }
}

/// The answer of a row to one of its callers; `first` is the message that a repeat is one of.
fn answer(
    outcome: &Outcome,
    write: &Write,
    first: Option<kernel::MessageId>,
    repeat: bool,
) -> Result<Written, AppendError> {
    match outcome {
        Outcome::Stored { seq, at, .. } => {
            let own = first.or_else(|| write.append().map(|append| append.id));
            let message_id = own.ok_or_else(|| PortError::corrupt("a revision was stored as a message"))?;
            Ok(Written::Appended(Appended { message_id, seq: *seq, created_at: *at, duplicate: repeat }))
        }
        Outcome::Duplicate { id, seq, at, .. } => {
            Ok(Written::Appended(Appended { message_id: *id, seq: *seq, created_at: *at, duplicate: true }))
        }
        Outcome::Revised { message, .. } => Ok(revised(message, repeat)),
        Outcome::Unchanged { message, .. } => Ok(revised(message, true)),
        Outcome::Mismatch => Err(AppendError::Mismatch),
        Outcome::NotFound => Err(AppendError::NotFound),
        Outcome::MessageNotFound => Err(AppendError::MessageNotFound),
        Outcome::NotTheAuthor => Err(AppendError::NotTheAuthor),
        Outcome::Deleted => Err(AppendError::Deleted),
        Outcome::TooLate => Err(AppendError::TooLate),
        Outcome::ReplyNotFound => Err(AppendError::ReplyNotFound),
        Outcome::FileUnusable => Err(AppendError::FileUnusable),
        Outcome::Closed => Err(AppendError::Closed),
        Outcome::Merged(into) => Err(AppendError::Merged(*into)),
        Outcome::Locked => Err(PortError::new(PortErrorKind::Conflict, "the conversation is locked").into()),
    }
}

fn revised(message: &Message, duplicate: bool) -> Written {
    Written::Revised(Box::new(Revised { message: message.clone(), duplicate }))
}

fn committed(row: &Row, outcome: &Outcome) -> Option<Committed> {
    let (audience, entry) = match (&row.first.write, outcome) {
        (Write::Append(append), Outcome::Stored { seq, at, audience, files }) => {
            let message = Message {
                id: append.id,
                seq: *seq,
                entry_seq: *seq,
                sender: Sender { id: append.author.id, kind: append.author.kind, name: append.author.name.clone() },
                kind: if files.is_empty() { append.kind } else { MessageKind::with(files) },
                content: Some(append.content.as_str().to_owned()),
                attachments: files.clone(),
                in_reply_to: append.in_reply_to,
                client_message_id: Some(append.client_message_id.clone()),
                created_at: *at,
                edited_at: None,
                deleted_at: None,
            };
            (audience, Entry { seq: *seq, change: Change::Created, message })
        }
        (Write::Revise(_), Outcome::Revised { message, audience }) => {
            let change = if message.deleted_at.is_some() { Change::Deleted } else { Change::Edited };
            (audience, Entry { seq: message.entry_seq, change, message: (**message).clone() })
        }
        _ => return None,
    };
    let (organization, origin) = match &row.first.write {
        Write::Append(append) => (append.organization, append.origin),
        Write::Revise(revision) => (revision.organization, revision.origin),
    };
    let conversation = row.first.write.conversation();
    Some(Committed { organization, conversation, audience: audience.clone(), entry, origin })
}
