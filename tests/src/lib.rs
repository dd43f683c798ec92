#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this crate is tests through and through: what it cannot do is a failure of the test that asked"
)]
#![expect(clippy::missing_panics_doc, reason = "as above: a panic is how a test fails")]

pub mod architecture;
pub mod checker;
pub mod database;
pub mod dump;
pub mod faults;
pub mod page;
pub mod people;
pub mod redis;
pub mod rest;
pub mod scanner;
mod seed;
pub mod server;
pub mod socket;
pub mod stomp;
pub mod storage;
pub mod storm;
pub mod upload;

/// Makes each of these functions, which take a [`database::Store`], a test over SQLite and a test over PostgreSQL.
#[macro_export]
macro_rules! over_both_stores {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::database::Store::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::database::Store::Postgres).await;
            })+
        }
    };
}
