#![doc = include_str!("../README.md")]

mod activity;
mod api;
mod around;
mod bridges;
pub mod cli;
pub mod config;
mod demo;
mod jobs;
mod log;
mod relay;
mod secret_key;
mod serve;
mod tls;
mod wire;
