//! Letters on their way.

use async_trait::async_trait;
use kernel::{LetterId, OrganizationId, PortError, Timestamp};

use crate::{Letter, OpenLetter, WaitingLetter};

/// Letters within a transaction: they leave with the change, or not at all.
#[async_trait]
pub trait Letters: Send {
    /// Stores a letter, to be sent at once.
    async fn insert(&mut self, letter: &Letter) -> Result<(), PortError>;
}

/// The letters of all organisations that wait to be sent.
#[async_trait]
pub trait LetterQueue: Send + Sync {
    /// Claims letters that are due by `now`, the longest due before others, and puts them off until `until`; they come
    /// in no particular order. Of many that
    /// claim at once, each letter MUST be given to one. An attempt is counted by that.
    async fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<WaitingLetter>, PortError>;

    /// The letter went out. It MUST never be claimed again, and nothing of its content MUST be kept.
    async fn sent(&self, organization: OrganizationId, id: LetterId, at: Timestamp) -> Result<(), PortError>;

    /// The letter did not go out: it is due again at `again`; without that it is given up, as of `at`, and nothing
    /// of its content MUST be kept.
    async fn failed(
        &self,
        organization: OrganizationId,
        id: LetterId,
        again: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<(), PortError>;
}

/// What brings a letter to its reader.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Delivers a letter. It may come again after a node died or an answer was lost: the second delivery of one id
    /// MUST NOT be a second letter, as far as the way of delivery allows.
    async fn deliver(&self, letter: &OpenLetter) -> Result<(), PortError>;
}
