//! A clock that stands still and ids that count.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

use crate::{Env, Timestamp};

/// 2024-01-15T10:30:00Z, until it is moved; ids 1, 2, 3 …
#[derive(Debug)]
pub struct FixedEnv {
    now: AtomicI64,
    next: AtomicU64,
}

impl FixedEnv {
    /// The moment at which it starts.
    pub const START: Timestamp = Timestamp::from_micros(1_705_314_600_000_000);

    /// Stands at [`Self::START`].
    pub fn new() -> Self {
        Self { now: AtomicI64::new(Self::START.as_micros()), next: AtomicU64::new(1) }
    }

    /// Lets time go by.
    pub fn pass(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.now.fetch_add(by, Ordering::SeqCst);
    }
}

impl Default for FixedEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl Env for FixedEnv {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::SeqCst))
    }
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.next.fetch_add(1, Ordering::SeqCst)))
    }
}
