//! What careless and hostile people send, and what they must get. Tables: a case is a row, and an operation or a
//! frame without a row fails.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what cannot be done fails the test")]

mod bystander;
mod frames;
mod handshake;
mod keys;
mod operations;
mod raw;
mod socketio;
mod sockets;
mod stomp;
mod stored;
