#![doc = include_str!("../README.md")]

mod budgets;
mod bus;
mod connection;

pub use budgets::RedisBudgets;
pub use bus::RedisBus;
pub use connection::BadAddress;
