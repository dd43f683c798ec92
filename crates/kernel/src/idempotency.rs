//! Calls that may be sent again and count once: the `Idempotency-Key` header.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;

use crate::{PortError, Refusal, RefusalKind, Timestamp};

/// A caller's own name for a call, the same for each attempt of it: 1 to 255 visible ASCII characters.
///
/// Whoever knows a key and the body that came with it gets the answer once more, so that it is shown
/// to no log.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// How long one may be, in characters.
    pub const MAX: usize = 255;

    /// Takes a key as it came.
    ///
    /// # Errors
    /// [`InvalidIdempotencyKey`] for an empty text, one that is too long, and one with a blank, a control
    /// character or anything beyond ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if (1..=Self::MAX).contains(&text.len()) && visible {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidIdempotencyKey)
    }

    /// The key itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

/// A text that is no [`IdempotencyKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 1 to 255 visible ASCII characters")]
pub struct InvalidIdempotencyKey;

/// What is kept of a call that creates something, so that the same call again creates nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentCall {
    /// Who calls: the participant, or the organisation for visitors who are not known yet. The same key
    /// of somebody else is another one.
    pub principal: Uuid,
    /// What is called, as the API document names it. The same key for something else is another one.
    pub operation: &'static str,
    /// Tells the key from others without being it.
    pub key: String,
    /// Tells the body from others without being it.
    pub body: String,
    /// What the answer needs beside what was created and cannot be read back from it, sealed.
    pub kept: Option<String>,
}

impl IdempotentCall {
    /// How long a call is remembered.
    pub const LIFE: Duration = Duration::from_hours(24);
}

/// The calls that were carried out, within the transaction of what they create.
#[async_trait]
pub trait IdempotentCalls: Send {
    /// Remembers the call for [`IdempotentCall::LIFE`] from `now` on together with what it creates, once
    /// this transaction commits; unless it was carried out before.
    ///
    /// Of many with one key at once, in whatever transactions and on whatever nodes, at most one MUST be
    /// told [`Claim::New`]. The others are told [`Claim::Running`] after no more than a moment, or wait for its
    /// end where there is one writer only. What was carried out more than the life ago MUST NOT count.
    async fn claim(&mut self, call: &IdempotentCall, resource: Uuid, now: Timestamp) -> Result<Claim, PortError>;

    /// As [`Self::claim`] would answer, without claiming anything: [`Claim::New`] also while such a call
    /// is being carried out.
    async fn find(&mut self, call: &IdempotentCall, now: Timestamp) -> Result<Claim, PortError>;
}

/// What is known of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Claim {
    /// Nothing: it is to be carried out.
    New,
    /// It was carried out.
    Repeat(Repeat),
    /// Another body came under this key.
    OtherBody,
    /// It is being carried out at this moment.
    Running,
}

impl Claim {
    /// The call that was carried out, if it was.
    ///
    /// # Errors
    /// Why this one is not carried out either.
    pub fn repeat(self) -> Result<Option<Repeat>, KeyRefused> {
        match self {
            Self::New => Ok(None),
            Self::Repeat(repeat) => Ok(Some(repeat)),
            Self::OtherBody => Err(KeyRefused::OtherBody),
            Self::Running => Err(KeyRefused::Running),
        }
    }
}

/// A call that was carried out before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// What it created.
    pub resource: Uuid,
    /// As [`IdempotentCall::kept`] was then.
    pub kept: Option<String>,
}

/// What became of a call that counts once.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Once<T> {
    /// It was carried out.
    Done(T),
    /// It had been carried out before, and nothing happened.
    Repeat(Repeat),
}

/// Why a call with a key is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// The key came with another body before.
    #[error("the key was used with another body")]
    OtherBody,
    /// The same call is being carried out at this moment: the same again will tell what became of it.
    #[error("a call with this key is being carried out")]
    Running,
}

impl Refusal for KeyRefused {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::OtherBody => RefusalKind::Invalid,
            Self::Running => RefusalKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            // The code that messages have for the same thing.
            Self::OtherBody => "idempotency_mismatch",
            Self::Running => "idempotency_running",
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        matches!(self, Self::Running).then_some(Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_bounded_run_of_visible_ascii() {
        for good in ["k", "8e03978e-40d5-43e8-bc93-6894a57f9324", "\"quoted\"", &"~".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a\tb", "a\0b", "a\u{7f}", "é", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(bad), Err(InvalidIdempotencyKey), "{bad:?}");
        }
    }

    #[test]
    fn a_key_shows_itself_to_no_log() {
        assert!(!format!("{:?}", IdempotencyKey::parse("hush-hush").unwrap()).contains("hush"));
    }
}
