//! The grammar by itself, and the codec over sessions and a log in memory.

mod agreeing;
mod grammar;
mod receiving;
mod samples;
mod sending;
mod talk;
