//! The store on both databases: the suites of the domains, and what they cannot know.
//!
//! PostgreSQL is found by `GUICHET_TEST_POSTGRES_URL`, the address of a superuser of a private cluster,
//! from the environment or from `target/services.env`. Without it the tests on it fail.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests, and what they are made of, fail by panicking"
)]

mod contracts;
mod database;
mod epochs;
mod feed;
mod harness;
mod log;
mod migrations;
mod parallel;
mod proxy;
mod requests;
