#![doc = include_str!("../README.md")]

mod activity;
mod api;
mod around;
mod assigning;
mod bridges;
pub mod cli;
pub mod config;
mod demo;
mod erasures;
#[cfg(feature = "faults")]
mod faults;
mod files;
mod forgetting;
mod heads;
mod health;
mod jobs;
mod letters;
mod log;
mod nodes;
mod open_files;
mod relay;
mod secret_key;
mod serve;
mod tls;
mod wire;
