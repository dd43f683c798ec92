//! The use cases over fakes, and the fakes against their contracts.

mod accounts;
mod audit;
mod contract;
mod faults;
mod guests;
mod keys;
mod organizations;
mod sessions;
mod signing_in;
mod texts;
mod users;
