//! Fakes of the ports, a fixture over them, and the contract suites that every implementation of a port
//! passes (feature `testing`).

mod concurrency;
pub mod contract;
mod cryptography;
mod fixture;
mod mailer;
mod store;
mod transaction;

pub use cryptography::{FakePasswords, FakeSecrets, FakeTokens};
pub use fixture::{Fixture, PASSWORD, new_organization};
pub use mailer::FakeMailer;
pub use store::FakeStore;
