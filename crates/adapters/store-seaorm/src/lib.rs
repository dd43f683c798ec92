#![doc = include_str!("../README.md")]

// The tests of this crate make their databases as those in `tests/` do.
#[cfg(test)]
extern crate self as store_seaorm;
#[cfg(test)]
#[path = "../tests/store/database.rs"]
#[expect(dead_code, reason = "the other tests use more of it")]
mod database;

mod attachments;
mod audit;
mod connect;
mod conversations;
mod db;
mod epochs;
mod erasing;
mod error;
mod exporting;
mod idempotency;
mod identity;
mod inbox;
mod job_runs;
mod lanes;
mod log;
mod marks;
mod migrate;
mod options;
mod outbox;
mod requests;
mod row;
mod scope;
mod sql;
mod store;
mod tx;

pub use connect::is_postgres;
pub use epochs::{History, recognise_history, renew_epochs};
pub use job_runs::{ClaimedRun, JobRun, RunOutcome};
pub use log::LogStats;
pub use migrate::{Step, migrate_down, migrate_status, migrate_up};
pub use options::StoreOptions;
pub use store::SeaStore;
