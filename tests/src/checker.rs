//! What clients saw, beside what is stored at the end: lost, doubled, out of order, gaps, divergence.
//!
//! Pure and in one pass. The clients of a run write a [`History`]; the last read of every log is its [`Entry`]s.
//! A message's content is unique in a run, so that content is identity wherever an id is not shown.

mod findings;
mod history;

pub use findings::{Finding, check};
pub use history::{Client, Entry, Event, History, Kind, Log};

#[cfg(test)]
mod tests;
