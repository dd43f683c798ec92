//! The rules, the use cases over fakes, and the fakes under the suite that the stores pass.

mod acting;
mod business_hours;
mod contract;
mod deadlines;
mod events;
mod laws;
mod life;
mod life_table;
mod once;
mod opening;
mod queue;
mod reading;
mod replies;
mod scene;
mod table;
mod texts;
