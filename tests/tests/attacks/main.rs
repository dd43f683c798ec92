//! What careless and hostile people send, and what they must get. Tables: a case is a row, and an operation or a
//! frame without a row fails.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

mod frames;
mod handshake;
mod keys;
mod operations;
mod stored;
