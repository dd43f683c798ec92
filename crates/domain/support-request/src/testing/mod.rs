//! What tests of this domain, and of the stores behind it, are made of: a store in memory, people
//! who are told, builders, and the suite that every store must pass.

pub(crate) mod builders;
pub mod contract;
mod fake_settings;
mod fake_store;
mod harness;
mod people;
mod side_by_side;
mod turn;

pub use builders::{order, request, user};
pub use fake_settings::FakeSettings;
pub use fake_store::{FakeStore, Fault};
pub use harness::{Harness, StoredConversation};
pub use people::{FakePeople, RecordedFeed};
pub use side_by_side::side_by_side;
