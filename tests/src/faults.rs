//! Faults on purpose, and what the delivery contract must be worth under each.
//!
//! A row is one fault. It starts what it needs, lets clients work, does its harm again and again by a schedule that
//! one seed decides, heals, waits, reads, and reports: rounds, messages, violations of each invariant, its own
//! figures. A run that did not exercise its fault is invalid, not passed.

pub mod balancer;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod report;
pub mod rows;
pub mod run;
pub mod stage;
