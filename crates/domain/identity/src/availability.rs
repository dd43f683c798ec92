//! Who is told that somebody wants to be asked, or does not any more.

use kernel::{Availability, OrganizationId, UserId};

/// What a member of staff said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The organisation.
    pub organization: OrganizationId,
    /// Who.
    pub user: UserId,
    /// What they said.
    pub availability: Availability,
    /// The version of the user that says so: of two standings the one with the greater version is of now.
    pub version: i64,
}

/// Is told of each standing after its commit, on the node where it was said; the realtime hub tells others.
pub trait OnAvailability: Send + Sync {
    /// Somebody said something else than before. MUST NOT block: it is called within the request that said it.
    fn changed(&self, standing: Standing);
}
