//! Transactions: everything that changes something.

use async_trait::async_trait;
use kernel::{
    AuditLog, Event, GuestId, GuestTokenId, IdempotentCalls, OrganizationId, PortError, SessionId, Timestamp, UserId,
};

use crate::{
    AccountToken, AccountTokenKind, Email, Guest, GuestToken, Letters, Organization, Revocation, Session, TokenHash,
    User,
};

/// Where organisations, users, sessions and guests are kept.
#[async_trait]
pub trait IdentityStore: Send + Sync {
    /// Begins a transaction within one organisation, which need not exist yet.
    ///
    /// Nothing of another organisation MUST be read or written through it. What it locks, other
    /// transactions MUST wait for, or fail with [`Conflict`](kernel::PortErrorKind::Conflict): the use
    /// cases try again three times.
    async fn begin(&self, organization: OrganizationId) -> Result<Box<dyn IdentityTx>, PortError>;
}

/// A transaction. Dropping it MUST undo everything. After a port error it is dead: every further call
/// MUST fail, and [`commit`](Self::commit) too.
#[async_trait]
pub trait IdentityTx: Send {
    /// The organisation itself.
    fn organizations(&mut self) -> &mut dyn Organizations;
    /// Its users.
    fn users(&mut self) -> &mut dyn Users;
    /// Their sessions.
    fn sessions(&mut self) -> &mut dyn Sessions;
    /// Its guests.
    fn guests(&mut self) -> &mut dyn Guests;
    /// Their tokens.
    fn guest_tokens(&mut self) -> &mut dyn GuestTokens;
    /// What links in letters stand for.
    fn account_tokens(&mut self) -> &mut dyn AccountTokens;
    /// The letters that leave with this change.
    fn letters(&mut self) -> &mut dyn Letters;
    /// Adds a revocation. What is revoked twice MAY be stored once.
    async fn revoke(&mut self, revocation: &Revocation) -> Result<(), PortError>;
    /// What the world is told.
    fn outbox(&mut self) -> &mut dyn Outbox;
    /// The calls that count once.
    fn calls(&mut self) -> &mut dyn IdempotentCalls;
    /// Who did what.
    fn audit(&mut self) -> &mut dyn AuditLog;
    /// Makes everything durable and visible at once, or nothing of it.
    async fn commit(self: Box<Self>) -> Result<(), PortError>;
}

/// Whether something unique could be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Inserted {
    /// It is stored.
    Done,
    /// Another one has the same unique value; nothing is stored, and the transaction MUST stay usable.
    Taken,
}

/// The organisation of a transaction.
#[async_trait]
pub trait Organizations: Send {
    /// Stores it. `Taken` when another organisation, anywhere, has its short name or widget key.
    async fn insert(&mut self, organization: &Organization) -> Result<Inserted, PortError>;
    /// The transaction's organisation, without a lock.
    async fn find(&mut self) -> Result<Option<Organization>, PortError>;
    /// The same, which MUST NOT be changed by others until this transaction ends. When it has to wait, it MUST give
    /// the organisation as it is after the wait.
    async fn lock(&mut self) -> Result<Option<Organization>, PortError>;
    /// Stores the changed settings of the organisation that this transaction locked: all but the id, the short name,
    /// the widget key, the epoch and when it was made, which never change here.
    async fn save(&mut self, organization: &Organization) -> Result<(), PortError>;
}

/// The users of a transaction's organisation.
#[async_trait]
pub trait Users: Send {
    /// Stores a new user with version 1. `Taken` when another user of the organisation has the e-mail.
    async fn insert(&mut self, user: &User) -> Result<Inserted, PortError>;
    /// A user, without a lock: as committed now, together with what this transaction did.
    async fn find(&mut self, id: UserId) -> Result<Option<User>, PortError>;
    /// A user, who MUST NOT be changed by others until this transaction ends. When it has to wait, it
    /// MUST give the user as it is after the wait.
    async fn lock(&mut self, id: UserId) -> Result<Option<User>, PortError>;
    /// The active administrators, locked in the same way, in the order of their ids.
    async fn lock_admins(&mut self) -> Result<Vec<UserId>, PortError>;
    /// Stores a changed user and adds one to the stored version. MUST fail with
    /// [`Conflict`](kernel::PortErrorKind::Conflict) when the stored version is not the record's.
    /// `Taken` when another user has the e-mail.
    async fn save(&mut self, user: &User) -> Result<Inserted, PortError>;
}

/// The sessions of a transaction's organisation.
#[async_trait]
pub trait Sessions: Send {
    /// Stores a new session.
    async fn insert(&mut self, session: &Session) -> Result<(), PortError>;
    /// A session, which MUST NOT be changed by others until this transaction ends. When it has to
    /// wait, it MUST give the session as it is after the wait.
    async fn lock(&mut self, id: SessionId) -> Result<Option<Session>, PortError>;
    /// All sessions of a user that were not ended (they may have expired), locked in the same way, in
    /// the order of their ids.
    async fn lock_of(&mut self, user: UserId) -> Result<Vec<Session>, PortError>;
    /// Stores a changed session that this transaction locked.
    async fn save(&mut self, session: &Session) -> Result<(), PortError>;
}

/// The guests of a transaction's organisation.
#[async_trait]
pub trait Guests: Send {
    /// Stores the guest, unless the organisation has one with the same e-mail; gives the stored one.
    /// Two transactions that admit the same e-mail at the same time MUST end with one guest. A guest
    /// without an e-mail is always new.
    async fn find_or_insert(&mut self, guest: &Guest) -> Result<Guest, PortError>;

    /// From now on the guest with this id is known by this e-mail, or by none; such a guest is stored when there is
    /// none and the e-mail is given. An e-mail by which another guest is known MUST stay that guest's: this one is
    /// then known by none.
    async fn follow(&mut self, guest: &Guest) -> Result<(), PortError>;
}

/// The tokens of links within a transaction's organisation.
#[async_trait]
pub trait AccountTokens: Send {
    /// Stores a token.
    async fn insert(&mut self, token: &AccountToken) -> Result<(), PortError>;
    /// A token by its hash, which MUST NOT be changed by others until this transaction ends. When it has to wait, it
    /// MUST give the token as it is after the wait.
    async fn lock(&mut self, hash: &TokenHash) -> Result<Option<AccountToken>, PortError>;
    /// The newest token of a kind that went to this address, is unused, and ends after `now`, without a lock; of those
    /// made at the same moment the one with the greatest id.
    async fn newest(
        &mut self,
        kind: AccountTokenKind,
        email: &Email,
        now: Timestamp,
    ) -> Result<Option<AccountToken>, PortError>;
    /// All unused tokens of a kind that went to this address count as used from now on.
    async fn use_up(&mut self, kind: AccountTokenKind, email: &Email, now: Timestamp) -> Result<(), PortError>;
}

/// The tokens of guests of a transaction's organisation.
#[async_trait]
pub trait GuestTokens: Send {
    /// Stores a token. The request it names MAY be stored later.
    async fn insert(&mut self, token: &GuestToken) -> Result<(), PortError>;
    /// A token, which MUST NOT be changed by others until this transaction ends.
    async fn lock(&mut self, id: GuestTokenId) -> Result<Option<GuestToken>, PortError>;
    /// All tokens of a guest that were not revoked (they may have expired), locked in the same way, in the order of
    /// their ids.
    async fn lock_of(&mut self, guest: GuestId) -> Result<Vec<GuestToken>, PortError>;
    /// Stores a changed token that this transaction locked; only `revoked_at` ever changes.
    async fn save(&mut self, token: &GuestToken) -> Result<(), PortError>;
}

/// What the world is told, stored in the same transaction as the change.
#[async_trait]
pub trait Outbox: Send {
    /// Adds an event. Events of one key MUST keep their order.
    async fn append(&mut self, event: &Event) -> Result<(), PortError>;
}
