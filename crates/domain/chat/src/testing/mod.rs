//! What tests of this domain, and of the stores behind it, are made of: a log in memory, recorders
//! for what is told, builders, and the suite that every store must pass.

pub mod contract;
mod fake_files;
mod fake_log;
mod harness;
mod recorders;
mod side_by_side;

pub use fake_files::{FakeFiles, FakeIncoming, FakeScanner};
pub use fake_log::{FakeLog, Fault};
pub use harness::{Harness, Setup, Thread, ThreadState};
pub use recorders::{CountedBudgets, RecordedHints, RecordedReceipts, RecordedSessions};
pub use side_by_side::side_by_side;
