//! Every operation over the domains' fakes: status, body, headers; and what bad input gets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that meets the unexpected fails")]

mod accounts;
mod agent_helps;
mod attachments;
mod audit;
mod bad_input;
mod browsers;
mod chat_sessions;
mod conversations;
mod customers;
mod idempotency;
mod languages;
mod life;
mod mailbox;
mod me;
mod notes;
mod operations;
mod organization;
mod pages;
mod presence;
mod privacy;
mod promises;
mod public;
mod routing_rules;
mod sign_in;
mod support_requests;
mod tracking;
mod users;
mod world;
