//! The transport over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "what tests share is a test too"
)]

mod framing;
mod handshake;
mod polling;
mod rfc6455;
mod server;
mod sessions;
mod views;
