//! What a test plants by `GUICHET_FAULT`, to see that it would notice, or to end the process at one exact point:
//!
//! - `ack_before_commit`: the log answers its callers a moment before it commits, so that a kill in between
//!   loses what was acked.
//! - `missing_unique_key`: on SQLite, nobody looks for an earlier message under the same key, and the index that
//!   would refuse a second one is gone.
//! - `abort_before_commit`, `abort_after_commit`: the process ends between the insert and the COMMIT, or between
//!   the COMMIT and the answer, in the first batch that stores something while the file that
//!   `GUICHET_FAULT_ARMED` names is there. What was in that batch is written into the file first, one line of
//!   conversation and client's id a message.
//! - `relay_by_number`: on PostgreSQL, who follows the log reads what is committed, though a transaction with a lower
//!   number may still be open.
//! - `die_before_answer`: the process ends between the commit of a call that counts once and its answer.

use std::{
    fs,
    path::PathBuf,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use super::batch::{Outcome, Row};

/// How long after the answer the commit follows.
pub(crate) const DELAY: Duration = Duration::from_millis(50);

static FAULT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("GUICHET_FAULT").ok());
static ARMED: LazyLock<Option<PathBuf>> = LazyLock::new(|| std::env::var_os("GUICHET_FAULT_ARMED").map(PathBuf::from));

/// Whose turn it is to say what it met.
static MET: Mutex<()> = Mutex::new(());

pub(crate) fn is_planted(name: &str) -> bool {
    FAULT.as_deref() == Some(name)
}

/// Whether the process is to end at the point of that name.
pub(crate) fn is_armed(name: &str) -> bool {
    is_planted(name) && ARMED.as_ref().is_some_and(|file| file.exists())
}

/// Ends the process as kill -9 would: nothing is flushed, rolled back or answered. A batch that stores nothing
/// shows nothing and is let through.
pub(crate) fn abort(rows: &[Row], outcomes: &[Outcome]) {
    let stored = rows.iter().zip(outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Stored { .. }));
    let appends = stored.filter_map(|(row, _)| row.first.write.append());
    let lines: Vec<String> =
        appends.map(|append| format!("{} {}", append.conversation, append.client_message_id.as_str())).collect();
    if let Some(file) = ARMED.as_ref().filter(|_| !lines.is_empty()) {
        // Held to the end: of two batches that come here at once, the second must not empty the file before it can
        // fill it.
        let _first = MET.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = fs::write(file, lines.join("\n")) {
            tracing::error!(%error, "the fail point cannot say what it met");
        }
        std::process::abort();
    }
}

/// The page of the log that a consumer reads, with what is planted in it.
pub(crate) fn feed(page: &str) -> String {
    let bound = "AND tx < pg_snapshot_xmin(pg_current_snapshot())";
    if is_planted("relay_by_number") { page.replace(bound, "") } else { page.to_owned() }
}

/// What is planted in the schema.
pub(crate) async fn plant(writer: &DatabaseConnection) -> Result<(), DbErr> {
    if is_planted("missing_unique_key") {
        writer.execute_unprepared("DROP INDEX IF EXISTS entry_once").await?;
    }
    Ok(())
}
