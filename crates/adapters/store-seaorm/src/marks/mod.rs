//! Marks of what was received and read. Those of many callers share a commit: there is no timer, the
//! first commits at once, and what arrives meanwhile shares the next.
//!
//! A mark only moves forward, so doing one twice is harmless, and one whose caller has given up may still
//! be done.

mod batch;
mod postgres;
mod sqlite;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chat::{Mark, Marked};
use kernel::{PortError, PortErrorKind, Scope};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{
    error::{self, Trouble},
    log::Stats,
    options::StoreOptions,
    store::Base,
};

use batch::{Marker, Row, Waiting};

/// The most marks that share a commit. On SQLite a batch of messages waits for one of these at most.
const MOST: usize = 256;

/// The queue of marks, and the task that commits them.
pub(crate) struct Marks {
    queue: Mutex<Option<mpsc::Sender<Waiting>>>,
    task: Mutex<Option<JoinHandle<()>>>,
    patience: Duration,
}

impl Marks {
    pub(crate) fn start(base: &Base, options: &StoreOptions, stats: Arc<Stats>) -> Self {
        let marker: Box<dyn Marker> = match base {
            Base::Sqlite { writer, .. } => Box::new(sqlite::SqliteMarker::new(writer.clone())),
            Base::Postgres(postgres) => Box::new(postgres::PostgresMarker::new(postgres.options(), options.patience)),
        };
        let (sender, receiver) = mpsc::channel(options.queue.max(1));
        let batcher = Batcher { marker, stats, patience: options.patience };
        let task = tokio::spawn(batcher.run(receiver));
        Self { queue: Mutex::new(Some(sender)), task: Mutex::new(Some(task)), patience: options.patience }
    }

    pub(crate) async fn mark(&self, scope: Scope, mark: Mark) -> Result<Marked, PortError> {
        let (sender, answer) = oneshot::channel();
        let deadline = Instant::now() + self.patience;
        let queued = match &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(queue) => queue.try_send(Waiting { scope, mark, deadline, answer: sender }),
            None => return Err(PortError::unavailable("the store is closing")),
        };
        if queued.is_err() {
            return Err(PortError::unavailable("too many marks wait, or their task has ended"));
        }
        match tokio::time::timeout_at(deadline.into(), answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(error::too_slow()),
        }
    }

    /// Whether the task runs: when it panicked, marks are not moved any more.
    pub(crate) fn is_alive(&self) -> bool {
        self.task.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|task| !task.is_finished())
    }

    /// Takes nothing more, and waits until what waits was answered.
    pub(crate) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the task of the marks ended with a panic");
        }
    }
}

struct Batcher {
    marker: Box<dyn Marker>,
    stats: Arc<Stats>,
    patience: Duration,
}

impl Batcher {
    async fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        let (mut waiting, mut arrived) = (VecDeque::new(), Vec::new());
        loop {
            if waiting.is_empty() && queue.recv_many(&mut arrived, MOST).await == 0 {
                return;
            }
            waiting.extend(arrived.drain(..));
            while waiting.len() < MOST
                && let Ok(one) = queue.try_recv()
            {
                waiting.push_back(one);
            }
            self.commit(batch::take(&mut waiting)).await;
        }
    }

    /// Commits rows together; a row that spoils them is found by halving.
    async fn commit(&mut self, rows: Vec<Row>) {
        let mut parts = VecDeque::from([rows]);
        while let Some(mut rows) = parts.pop_front() {
            rows.retain(Row::is_awaited);
            if rows.is_empty() {
                continue;
            }
            match self.attempt(&rows).await {
                Ok(answers) => {
                    Stats::add(&self.stats.mark_commits, 1);
                    Stats::add(&self.stats.marks, rows.iter().map(Row::callers).sum());
                    for (row, answer) in rows.into_iter().zip(answers) {
                        row.answer(answer);
                    }
                }
                Err((trouble, _)) if spoilt(trouble) && rows.len() > 1 => {
                    let second = rows.split_off(rows.len() / 2);
                    parts.push_front(second);
                    parts.push_front(rows);
                }
                Err((trouble, why)) => {
                    tracing::warn!(error = %why, marks = rows.len(), "marks were not moved");
                    for row in rows {
                        row.refuse(trouble.kind(), &why);
                    }
                }
            }
        }
    }

    /// Runs them, and once more where the connection turns out to be broken.
    async fn attempt(&mut self, rows: &[Row]) -> Result<Vec<Marked>, (Trouble, String)> {
        let now = Instant::now();
        let deadline = rows.iter().map(Row::deadline).max().unwrap_or(now).min(now + self.patience);
        for left in [1, 0] {
            match tokio::time::timeout_at(deadline.into(), self.marker.commit(rows)).await {
                Ok(Ok(answers)) => return Ok(answers),
                Ok(Err(error)) if left > 0 && error::trouble(&error) == Trouble::Lost => {}
                Ok(Err(error)) => return Err((error::trouble(&error), error.to_string())),
                Err(_) => {
                    self.marker.reset();
                    break;
                }
            }
        }
        Err((Trouble::Refused, "the database did not answer in time".to_owned()))
    }
}

/// Whether one row may be at fault, or in the way, so that the others can be done without it.
fn spoilt(trouble: Trouble) -> bool {
    matches!(trouble, Trouble::Wrong | Trouble::Taken | Trouble::Contended)
}

impl Row {
    fn refuse(self, kind: PortErrorKind, why: &str) {
        for waiting in self.into_waiting() {
            drop(waiting.answer.send(Err(PortError::new(kind, why))));
        }
    }
}
