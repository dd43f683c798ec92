//! Users: made, listed and changed.

mod changing;
mod creating;
mod reading;

pub use changing::{OwnChange, PasswordChange, UserChange};
pub use creating::{Authority, NewUser};
