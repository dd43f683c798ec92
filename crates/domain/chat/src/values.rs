//! Values that are parsed once and right from then on.

use std::fmt;

use kernel::FieldError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A place in a conversation's log. Entries are numbered 1, 2, 3 … without hole or reuse;
/// 0 stands before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// From a number.
    pub const fn new(seq: u64) -> Self {
        Self(seq)
    }
    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names the history that an organisation's `seq`s belong to. Import and restore mint a new
/// one, and a client that holds another starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(Uuid);

impl Epoch {
    /// Wraps a UUID.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }
    /// The bare UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a message says: 1 to 5 000 characters, not only white space, no NUL. Kept as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(String);

impl Content {
    /// The most characters (Unicode scalar values) a message may have.
    pub const MAX_CHARS: usize = 5_000;

    /// Parses what somebody wrote.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid` for the field `content`.
    pub fn parse(text: impl Into<String>) -> Result<Self, FieldError> {
        let text = text.into();
        let wrong = |code| Err(FieldError::new("content", code));
        if text.trim().is_empty() {
            return wrong("required");
        }
        if text.len() > Self::MAX_CHARS && text.chars().count() > Self::MAX_CHARS {
            return wrong("too_long");
        }
        if text.contains('\0') {
            return wrong("invalid");
        }
        Ok(Self(text))
    }

    /// Parses what somebody wrote beside files, which may be nothing at all.
    ///
    /// # Errors
    /// As [`Self::parse`], without `required`.
    pub fn beside_files(text: impl Into<String>) -> Result<Self, FieldError> {
        let text = text.into();
        if text.trim().is_empty() { Ok(Self(String::new())) } else { Self::parse(text) }
    }

    /// Parses what somebody wrote, beside so many files.
    ///
    /// # Errors
    /// As [`Self::parse`] and [`Self::beside_files`].
    pub fn with_files(text: impl Into<String>, files: usize) -> Result<Self, FieldError> {
        if files == 0 { Self::parse(text) } else { Self::beside_files(text) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// The sender's own name for a message, unique per conversation and person for the life of the
/// message: 1 to 64 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientMessageId(String);

impl ClientMessageId {
    /// The most characters it may have.
    pub const MAX_CHARS: usize = 64;

    /// Parses what a client sent.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid` for the field `client_message_id`.
    pub fn parse(text: impl Into<String>) -> Result<Self, FieldError> {
        let text = text.into();
        let wrong = |code| Err(FieldError::new("client_message_id", code));
        if text.is_empty() {
            return wrong("required");
        }
        if text.chars().count() > Self::MAX_CHARS {
            return wrong("too_long");
        }
        if text.chars().any(char::is_control) {
            return wrong("invalid");
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tells whether two sends with one `client_message_id` say the same: a hash over what the
/// sender gave (content, what it answers, and its files). FNV-1a over 64 bits: it guards against honest
/// mistakes, it is no defence, and the sender can only mislead itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentHash(i64);

impl ContentHash {
    /// Hashes what a send says.
    pub fn of(content: &Content, in_reply_to: Option<kernel::MessageId>) -> Self {
        Self::with_files(content, in_reply_to, &[])
    }

    /// Hashes what a send with files says. Without any, it is [`Self::of`]: what is stored stays good.
    pub fn with_files(
        content: &Content,
        in_reply_to: Option<kernel::MessageId>,
        attachments: &[kernel::AttachmentId],
    ) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut eat = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        eat(content.as_str().as_bytes());
        if let Some(id) = in_reply_to {
            eat(&[0]);
            eat(id.uuid().as_bytes());
        }
        for id in attachments {
            eat(&[1]);
            eat(id.uuid().as_bytes());
        }
        Self(hash.cast_signed())
    }
    /// As the databases keep it.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
    /// As read from a database.
    pub const fn from_i64(hash: i64) -> Self {
        Self(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_characters_not_bytes() {
        assert!(Content::parse("é".repeat(5_000)).is_ok());
        assert_eq!(Content::parse("é".repeat(5_001)).unwrap_err().code, "too_long");
        assert_eq!(Content::parse(" \n").unwrap_err().code, "required");
        assert_eq!(Content::parse("a\0b").unwrap_err().code, "invalid");
        assert_eq!(Content::parse(" kept as written ").unwrap().as_str(), " kept as written ");
    }

    #[test]
    fn a_client_message_id_is_short_and_printable() {
        assert!(ClientMessageId::parse("é".repeat(64)).is_ok());
        assert_eq!(ClientMessageId::parse("a".repeat(65)).unwrap_err().code, "too_long");
        assert_eq!(ClientMessageId::parse("").unwrap_err().code, "required");
        assert_eq!(ClientMessageId::parse("a\nb").unwrap_err().code, "invalid");
    }

    #[test]
    fn the_hash_tells_other_contents_and_other_answers_apart() {
        let hash = |text: &str, reply| ContentHash::of(&Content::parse(text).unwrap(), reply);
        let reply = kernel::MessageId::new(Uuid::from_u128(1));
        assert_eq!(hash("a", None), hash("a", None));
        assert_ne!(hash("a", None), hash("b", None));
        assert_ne!(hash("a", None), hash("a", Some(reply)));
        let content = Content::parse("a").unwrap();
        let file = |n| kernel::AttachmentId::new(Uuid::from_u128(n));
        let with = |files: &[_]| ContentHash::with_files(&content, None, files);
        assert_eq!(with(&[]), hash("a", None));
        assert_ne!(with(&[file(1)]), hash("a", None));
        assert_ne!(with(&[file(1)]), hash("a", Some(reply)));
        assert_ne!(with(&[file(1), file(2)]), with(&[file(2), file(1)]));
    }
}
