//! Passwords, tokens and secrets.

use async_trait::async_trait;
use kernel::{Language, OrganizationId, PortError, Role, Secret, SessionId, Timestamp, UserId};

use crate::{Password, PasswordHash, Sealed, TokenHash};

/// Hashing of passwords.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// Hashes a password with a fresh salt. MUST use all of its bytes.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError>;

    /// Compares what somebody typed with a hash. Without a hash, or with more than 72 bytes, it MUST
    /// do the work of a comparison all the same and find no match, so that time tells nothing. When too
    /// many wait it MUST fail with [`Unavailable`](kernel::PortErrorKind::Unavailable) at once rather
    /// than let them pile up.
    async fn verify(&self, typed: &Secret, hash: Option<&PasswordHash>) -> Result<Verdict, PortError>;
}

/// What comparing a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Another password.
    Different,
    /// The same.
    Same,
    /// The same, but its hash is weaker than what is made today: hash it again.
    SameButWeak,
}

/// What an access token says. Times are whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The organisation the token is good for.
    pub organization: OrganizationId,
    /// Whose it is.
    pub user: UserId,
    /// The user's role.
    pub role: Role,
    /// First and last name.
    pub name: String,
    /// The session it belongs to.
    pub session: SessionId,
    /// The language the user chose.
    pub language: Language,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why a text is no access token of ours that is good now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRejection {
    /// It was ours and has ended.
    #[error("the token has ended")]
    Expired,
    /// It names a key that is not loaded; it may be new.
    #[error("the token names an unknown key")]
    UnknownKey,
    /// Everything else.
    #[error("not a token of ours")]
    Invalid,
}

/// A key pair as made, its private part sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMaterial {
    /// Names the key in tokens.
    pub id: String,
    /// The private part, sealed.
    pub sealed_private: Sealed,
    /// The public part, base64url without padding (`x` of the JWK).
    pub public: String,
}

/// A key that signs access tokens, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// The pair.
    pub material: KeyMaterial,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs: other nodes know it by then.
    pub signs_from: Timestamp,
    /// When the last token it signed has ended; nothing while it is the newest.
    pub verifies_until: Option<Timestamp>,
}

/// Access tokens: JWT signed with `EdDSA`, checked without a query.
///
/// The keys are held in memory; [`load`](Self::load) replaces them.
pub trait AccessTokens: Send + Sync {
    /// A fresh key pair, which is not loaded by that.
    fn generate(&self) -> Result<KeyMaterial, PortError>;

    /// Replaces the loaded keys. MUST load nothing and fail with
    /// [`Corrupt`](kernel::PortErrorKind::Corrupt) when one of them cannot be unsealed.
    fn load(&self, keys: &[SigningKey]) -> Result<(), PortError>;

    /// Signs with the key that signs now: of those with `signs_from` not after `now`, the last.
    /// Without any it MUST fail.
    fn sign(&self, claims: &Claims, now: Timestamp) -> Result<Secret, PortError>;

    /// Checks a token. MUST accept only what [`sign`](Self::sign) makes: the fixed algorithm, type,
    /// issuer and audience, all claims present, a loaded key that still verifies, an end after `now`, a
    /// beginning not more than 60 seconds after `now` (clocks of nodes differ). MUST NOT look at any
    /// header that brings a key along, and MUST refuse `crit`. [`TokenRejection::Expired`] MUST be
    /// said only of a token whose signature is ours.
    fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenRejection>;

    /// The public keys that sign or verify now or later, as a JSON Web Key Set (RFC 7517), newest first.
    fn jwks(&self, now: Timestamp) -> serde_json::Value;
}

/// Random tokens, their hashes, and encryption at rest.
pub trait Secrets: Send + Sync {
    /// 256 fresh random bits as base64url, 43 characters.
    fn token(&self) -> Result<Secret, PortError>;

    /// SHA-256.
    fn hash(&self, text: &str) -> TokenHash;

    /// HMAC-SHA-256 of a message as base64url, 43 characters. The same key and message MUST give the
    /// same on every node, for ever.
    fn derive(&self, key: &Secret, message: &str) -> Secret;

    /// HMAC-SHA-256 of a text under a key of the server's own as base64url, 43 characters: knows a text again
    /// without keeping it, and tells nothing of it to whoever has the database only. MUST be the same on
    /// every node with the same `GUICHET_SECRET_KEY`.
    fn fingerprint(&self, text: &str) -> String;

    /// Whether two texts are equal, in a time that does not depend on where they differ.
    fn same(&self, left: &str, right: &str) -> bool;

    /// Encrypts. `purpose` MUST be bound to the result: it opens under the same purpose only.
    fn seal(&self, purpose: &str, clear: &Secret) -> Result<Sealed, PortError>;

    /// Decrypts. MUST fail with [`Corrupt`](kernel::PortErrorKind::Corrupt) under another key or
    /// purpose, or when anything was changed.
    fn unseal(&self, purpose: &str, sealed: &Sealed) -> Result<Secret, PortError>;
}
