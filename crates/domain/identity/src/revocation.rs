//! What ends before its time: sessions and guests' tokens, known to every node within seconds.

use kernel::{Caller, GuestId, GuestTokenId, OrganizationId, SessionId, Timestamp, UserId};

/// What was revoked. A user as a whole is revoked as the sessions the user had, so that signing in
/// again right afterwards is not hit by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// A session with all its tokens.
    Session {
        /// The session.
        session: SessionId,
        /// Whose it was.
        user: UserId,
    },
    /// One token of a guest.
    GuestToken {
        /// The token.
        token: GuestTokenId,
        /// Whose it was.
        guest: GuestId,
    },
}

impl Revoked {
    /// Whether it takes this caller's right away.
    pub fn covers(self, caller: &Caller) -> bool {
        Self::behind(caller) == self
    }

    /// What would have to be revoked to stop this caller.
    pub fn behind(caller: &Caller) -> Self {
        match caller {
            Caller::User(user) => Self::Session { session: user.session, user: user.id },
            Caller::Guest(guest) => Self::GuestToken { token: guest.token, guest: guest.id },
        }
    }
}

/// A revocation as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The organisation.
    pub organization: OrganizationId,
    /// What was revoked.
    pub what: Revoked,
    /// When, by the clock of the node that did it.
    pub at: Timestamp,
}
