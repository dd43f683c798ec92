//! Every operation over the domains' fakes: status, body, headers; and what bad input gets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that meets the unexpected fails")]

mod accounts;
mod attachments;
mod bad_input;
mod browsers;
mod chat_sessions;
mod conversations;
mod idempotency;
mod languages;
mod life;
mod mailbox;
mod me;
mod operations;
mod pages;
mod presence;
mod promises;
mod public;
mod sign_in;
mod support_requests;
mod tracking;
mod users;
mod world;
