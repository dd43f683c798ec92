//! The use cases over fakes, and the fakes under the suite that the stores pass.

mod contract;
mod marking;
mod revising;
mod scene;
mod sending;
mod sessions;
mod subscribing;
mod texts;
mod uploading;
