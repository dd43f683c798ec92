//! The rules, the use cases over fakes, and the fakes under the suite that the stores pass.

mod acting;
mod agent_helps;
mod business_hours;
mod contract;
mod deadlines;
mod events;
mod laws;
mod members;
mod notes;
mod once;
mod opening;
mod queue;
mod reading;
mod replies;
mod scene;
mod table;
mod texts;
