//! What a test plants by `GUICHET_FAULT`, to see that it would notice:
//!
//! - `swallowed_hints`: 1 of 10 committed entries is not told to this node's connections. No bug: the comparison of
//!   the heads repairs it, and a test shows that it does.
//! - `dropped_hint`: 1 of 50, and the heads are not compared.
//! - `job_panics`: a task that runs by the clock panics after a second.
//! - `overflow_drops`, `resume_off_by_one`: see [`realtime::Planted`].
//!
//! The store plants its own.

use std::{
    future::Future,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use chat::Committed;
use realtime::{Limits, Planted};

static FAULT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("GUICHET_FAULT").ok());

fn is_planted(name: &str) -> bool {
    FAULT.as_deref() == Some(name)
}

/// The bounds of connections, with the bug that is to be found in them.
pub(crate) fn plant(limits: &Limits) -> Limits {
    let planted = match FAULT.as_deref() {
        Some("overflow_drops") => Some(Planted::OverflowDrops),
        Some("resume_off_by_one") => Some(Planted::ResumeOffByOne),
        _ => None,
    };
    Limits { planted, ..limits.clone() }
}

/// What of these entries is told: all, or all but each so many.
pub(crate) fn not_swallowed(entries: &[Committed]) -> Vec<Committed> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let one_of = match FAULT.as_deref() {
        Some("swallowed_hints") => 10,
        Some("dropped_hint") => 50,
        _ => return entries.to_vec(),
    };
    let kept = entries.iter().filter(|_| COUNT.fetch_add(1, Ordering::Relaxed) % one_of != one_of - 1);
    let kept: Vec<Committed> = kept.cloned().collect();
    metrics::counter!("guichet_fault_hints_swallowed_total").increment((entries.len() - kept.len()) as u64);
    kept
}

/// A task that the planted bug of this name leaves out; it seems to run, because the server ends without its tasks.
pub(crate) async fn unless_planted(name: &str, task: impl Future<Output = ()>) {
    if is_planted(name) {
        std::future::pending::<()>().await;
    }
    task.await;
}

/// A task of this process that panics when that is planted, and else waits for ever.
#[expect(clippy::panic, reason = "that is what is planted")]
pub(crate) async fn panic_if_planted() {
    if is_planted("job_panics") {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        panic!("planted");
    }
    std::future::pending::<()>().await;
}
