//! Who may do what to what: every operation of the OpenAPI document, and every frame that a client may send, by every
//! role, on what is their own, on what is another's, and on what is another organisation's. The answers are those of
//! the table in the specification; what is refused has changed nothing.
//!
//! # A row
//!
//! An operation that is added needs a row in `rows.rs`; a row is one line:
//!
//! ```text
//! row("POST /api/v1/support-requests/{id}/take", On::Request, "! x-- x-- +++-- +- +-").body("{}")
//! ```
//!
//! The marks say what is answered, a group for each role, in this order:
//!
//! | group | role | marks, with [`On::Request`] |
//! |---|---|---|
//! | 1 | nobody: no token | one: a request of somebody |
//! | 2 | guest: a token | own · another's · another organisation's |
//! | 3 | customer | own · another's · another organisation's |
//! | 4 | agent | assigned to them · to nobody · to another, where they take part · to another · another organisation's |
//! | 5 | supervisor | any · another organisation's |
//! | 6 | admin | any · another organisation's |
//!
//! `+` is done (2xx) · `-` is not there (404) · `x` is not allowed (403) · `!` who are you (401) · `?` no field of theirs
//! (422) · `.` no such case.
//!
//! [`On`] says what the operation is done to, and with it what the marks of a group are; with [`On::Nothing`] each
//! group is one mark, with [`On::List`] `+` says that the request is among what is listed and `-` that it is not.
//! An operation may have several rows, where it is done to different things.
//!
//! Each case has a request of its own, so rows do not disturb each other. `body` and `query` may name `{agent}`,
//! `{colleague}` (another agent), `{customer}`, `{message_id}`, `{this}` (the request of the case), `{twin}` (the other
//! one of [`On::Twin`]), `{request}` (another request that admins see), `{tomorrow}` and `{key}` (a word that was not
//! used before); `first` is what an admin calls beforehand, for an operation that needs the request in some state.
//! With [`On::Thing`] the admin of the organisation makes the thing by that call. Where many are named and each is
//! answered by itself, the answer is that of the first.
//!
//! Rows of frames are the same, in `frames.rs`, with the marks of [`On::Request`].

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what cannot be done fails the test")]

mod frames;
mod marks;
mod rows;
mod stage;
mod walk;
