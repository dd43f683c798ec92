#![doc = include_str!("../README.md")]

mod addresses;
mod engine;
mod frames;
mod gate;
mod handshake;
mod jobs;
mod link;
mod reader;
mod realtime;
mod transport;
mod writer;

pub use gate::{CloseRevoked, Gate, IdentityGate, Origins, Sight, TellAvailability};
pub use realtime::{Parts, Realtime, Settings};
pub use transport::{UNREAD_WITHIN, give_up_unread, limit_unsent};
