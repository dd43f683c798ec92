#![doc = include_str!("../README.md")]

mod budgets;

pub use budgets::{LocalBudgets, Unlimited};
