//! The transport over real sockets.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what tests share is a test too")]

mod framing;
mod handshake;
mod server;
mod sessions;
mod views;
