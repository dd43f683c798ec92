//! What handlers take from a request.

mod body;
mod caller;
mod idempotency;
mod parameters;
mod precondition;

pub(crate) use body::{Given, Json, OptionalJson};
pub(crate) use caller::{Asking, Known, bearer, client_info};
pub(crate) use idempotency::{HEADER as IDEMPOTENCY_KEY, Key};
pub(crate) use parameters::{Id, Message, Note, Number, Query};
pub(crate) use precondition::if_match;
