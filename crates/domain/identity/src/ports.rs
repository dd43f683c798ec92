//! What this domain needs from the outside. Each guarantee that an adapter owes is written with MUST
//! and checked by the contract suites in [`testing::contract`](crate::testing) (feature `testing`).

mod cryptography;
mod posting;
mod reading;
mod writing;

pub use cryptography::{AccessTokens, Claims, KeyMaterial, Passwords, Secrets, SigningKey, TokenRejection, Verdict};
pub use posting::{LetterQueue, Letters, Mailer};
pub use reading::{ExpiredTokens, IdentityViews, Revocations, SigningKeyStore};
pub use writing::{
    AccountTokens, GuestTokens, Guests, IdentityStore, IdentityTx, Inserted, Organizations, Outbox, Sessions, Users,
};
