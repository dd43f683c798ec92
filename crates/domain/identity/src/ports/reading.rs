//! Reads outside transactions, and the two stores that belong to no organisation.

use async_trait::async_trait;
use kernel::{GuestId, OrganizationId, Page, PageRequest, PortError, Timestamp, UserId};

use crate::{
    Credentials, Email, Guest, GuestToken, Organization, Revocation, SessionRecord, SigningKey, TokenHash, UserFilter,
    UserView,
};

/// Reads. Each MUST see what was committed before it was called.
#[async_trait]
pub trait IdentityViews: Send + Sync {
    /// An organisation.
    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, PortError>;
    /// An organisation by short name or widget key, before any is known. Both are compared exactly.
    async fn organization_named(&self, name: &str) -> Result<Option<Organization>, PortError>;
    /// All organisations, oldest first.
    async fn organizations(&self) -> Result<Vec<Organization>, PortError>;
    /// The organisation, when there is exactly one.
    async fn only_organization(&self) -> Result<Option<Organization>, PortError>;
    /// What a sign-in is checked against.
    async fn credentials(&self, organization: OrganizationId, email: &Email) -> Result<Option<Credentials>, PortError>;
    /// A user of the organisation.
    async fn user(&self, organization: OrganizationId, id: UserId) -> Result<Option<UserView>, PortError>;
    /// A page of users, by last name, first name, id: by code point of the names in lower case, as
    /// Rust's `to_lowercase` makes it, on every engine. The same folding holds for the filter's text.
    async fn users(
        &self,
        organization: OrganizationId,
        filter: &UserFilter,
        page: PageRequest,
    ) -> Result<Page<UserView>, PortError>;
    /// The sessions of a user that were not ended and end after `now`, newest first.
    async fn sessions(
        &self,
        organization: OrganizationId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, PortError>;
    /// A guest of the organisation.
    async fn guest(&self, organization: OrganizationId, id: GuestId) -> Result<Option<Guest>, PortError>;
    /// A guest's token by its hash, before any organisation is known, revoked and ended ones too. MUST
    /// be one lookup by a unique index.
    async fn guest_token(&self, hash: &TokenHash) -> Result<Option<GuestToken>, PortError>;
}

/// The revocations of all organisations.
#[async_trait]
pub trait Revocations: Send + Sync {
    /// All revocations with `at` not before the given moment, oldest first.
    async fn since(&self, at: Timestamp) -> Result<Vec<Revocation>, PortError>;
}

/// Removes what can never be used again.
#[async_trait]
pub trait ExpiredTokens: Send + Sync {
    /// MUST remove revocations, sessions, guests' tokens and tokens of links that were revoked, used, ended or
    /// expired before the given moment, letters that were sent or given up before it, and signing keys that stopped
    /// verifying before it; nothing else. Gives how many there were.
    async fn purge(&self, before: Timestamp) -> Result<u64, PortError>;
}

/// The keys that sign access tokens, shared by all nodes.
#[async_trait]
pub trait SigningKeyStore: Send + Sync {
    /// All keys, oldest first.
    async fn list(&self) -> Result<Vec<SigningKey>, PortError>;
    /// Stores the very first key. When there is one already, also by another node at the same moment,
    /// it MUST store nothing and give `false`.
    async fn insert_first(&self, key: &SigningKey) -> Result<bool, PortError>;
    /// Stores a new key and sets when the one it replaces, named by its id, stops verifying. When that
    /// one is not there, or has an end already, it MUST store nothing and give `false`.
    async fn replace(&self, old: &str, verifies_until: Timestamp, new: &SigningKey) -> Result<bool, PortError>;
}
