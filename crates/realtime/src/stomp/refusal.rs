//! Why a connection ends with an `ERROR`.

use bytes::Bytes;

use super::{
    frame::{Version, Words},
    reader::Wrong,
};
use crate::Close;

/// What an `ERROR` says. Words of the codec's own are for programmers and in English; those of the session are in
/// the person's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) message: String,
    /// Of the frame that is refused, if it wanted one.
    pub(super) receipt: Option<String>,
    pub(super) close: Close,
}

impl Refused {
    pub(super) fn new(code: &str, message: &str, close: Close) -> Self {
        Self { code: code.to_owned(), message: message.to_owned(), receipt: None, close }
    }

    /// Against the protocol.
    pub(super) fn malformed(message: &str) -> Self {
        Self::new("realtime.malformed", message, Close::Malformed)
    }

    /// A destination that is not there, or not for this person, which is the same to them.
    pub(super) fn forbidden() -> Self {
        Self::new("forbidden", "no such destination, or not for you", Close::Gone)
    }

    /// Too many of something.
    pub(super) fn too_many(message: &str) -> Self {
        Self::new("realtime.too_many_subscriptions", message, Close::TooFast)
    }

    pub(super) fn with_receipt(self, receipt: Option<String>) -> Self {
        Self { receipt, ..self }
    }

    /// What is said before a close that was decided elsewhere; nothing where the client is not there any more, has
    /// said goodbye, or need only come again.
    pub(super) fn of_close(close: Close) -> Option<Self> {
        let code = match close {
            Close::NotAuthenticated => "identity.not_authenticated",
            Close::TokenEnded => "identity.token_expired",
            Close::TooFast => "rate_limited",
            Close::TooBig | Close::Malformed | Close::InvalidText => "realtime.malformed",
            Close::Gone => "forbidden",
            Close::Normal | Close::Protocol | Close::Restart | Close::TooSlow | Close::NoHeartbeat => return None,
        };
        Some(Self::new(code, close.reason(), close))
    }

    /// The frame.
    pub(super) fn words(&self, version: Version) -> Bytes {
        let versions = Version::ALL.map(Version::as_str).join(",");
        Words::new("ERROR", version)
            .header("message", &self.message)
            .header("code", &self.code)
            .header_if("receipt-id", self.receipt.as_deref())
            .header("version", &versions)
            .body("text/plain", self.message.as_bytes())
    }
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Malformed(message) => Self::malformed(message),
            Wrong::TooBig(message) => Self::new("realtime.malformed", message, Close::TooBig),
        }
    }
}
