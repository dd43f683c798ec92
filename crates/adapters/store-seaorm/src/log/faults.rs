//! Faults that a test plants to see that it would notice: `GUICHET_FAULT=ack_before_commit` makes the
//! log answer its callers a moment before it commits, so that a kill in between loses what was acked;
//! `die_before_answer` ends the process between the commit of a call that counts once and its answer.

use std::{sync::LazyLock, time::Duration};

/// How long after the answer the commit follows.
pub(crate) const DELAY: Duration = Duration::from_millis(50);

static FAULT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("GUICHET_FAULT").ok());

pub(crate) fn ack_before_commit() -> bool {
    FAULT.as_deref() == Some("ack_before_commit")
}

pub(crate) fn die_before_answer() -> bool {
    FAULT.as_deref() == Some("die_before_answer")
}
