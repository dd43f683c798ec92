//! The clock and the source of ids.

use uuid::Uuid;

use crate::Timestamp;

/// What a domain may not take from its surroundings by itself: the time and fresh ids.
///
/// Secrets do not come from here but from a port that the cryptography adapter fills.
pub trait Env: Send + Sync {
    /// The time, in whole microseconds. MUST NOT be used to order entries of a log; `seq` does that.
    fn now(&self) -> Timestamp;

    /// A fresh UUIDv7. MUST be unique over all nodes.
    fn uuid(&self) -> Uuid;
}

/// The machine's clock and random UUIDv7.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEnv;

impl Env for SystemEnv {
    fn now(&self) -> Timestamp {
        Timestamp::from_datetime(time::OffsetDateTime::now_utc())
    }

    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}
