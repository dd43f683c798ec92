#![doc = include_str!("../README.md")]

mod frames;
mod gate;
mod handshake;
mod jobs;
mod link;
mod reader;
mod realtime;
mod writer;

pub use gate::{CloseRevoked, Gate, IdentityGate, Origins};
pub use realtime::{Parts, Realtime, Settings};
