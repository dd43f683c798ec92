//! The rows of the catalogue of faults that one node on SQLite or PostgreSQL, or two on PostgreSQL and Redis, can meet.

pub mod clients;
pub mod crash;
pub mod database;
pub mod disk;
pub mod hints;
pub mod nodes;
pub mod relays;
pub mod retries;
pub mod server;
pub mod slow;

use super::report::Measure;

/// From the start of the program until it takes connections.
const READY: Measure = Measure::at_most("ready", "s", 3.0);
/// From then until a client has all there is.
const BACK: Measure = Measure::p99("clients live", "s", 10.0);
/// From the end of a fault until everybody who waited has an answer.
const RESUMED: Measure = Measure::at_most("sends resumed", "s", 5.0);
