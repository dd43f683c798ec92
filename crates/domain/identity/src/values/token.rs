//! What is stored in place of a secret.

/// The SHA-256 of a token in lower-case hex: what is stored of a guest's token. A token has 256
/// random bits, so its hash needs no salt and can be looked up by an index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// Wraps 64 hex digits that a [`Secrets`](crate::Secrets) port made or a store kept.
    pub fn new(hex: impl Into<String>) -> Self {
        Self(hex.into())
    }

    /// The hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A secret encrypted under the server's own key, as text; only a [`Secrets`](crate::Secrets)
/// port with the same key opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(String);

impl Sealed {
    /// Wraps what a [`Secrets`](crate::Secrets) port made or a store kept.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
