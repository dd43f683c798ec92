//! Typed identifiers. All are UUIDv7, minted by [`Env`](crate::Env), so that they sort by creation.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid identifier")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to name this kind of thing.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for storage and the wire.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Accepts the hyphenated form only: an id has one spelling.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )+};
}

ids! {
    /// An organisation: the tenant that every row belongs to.
    OrganizationId,
    /// A person with an account.
    UserId,
    /// A person without an account.
    GuestId,
    /// Whoever takes part in a conversation: a user's id or a guest's id, unchanged.
    ParticipantId,
    /// A support request.
    SupportRequestId,
    /// The one conversation of a support request.
    ConversationId,
    /// A message of a conversation.
    MessageId,
    /// A file of a conversation.
    AttachmentId,
    /// A live period on a conversation.
    ChatSessionId,
    /// An event in the outbox; consumers drop repeats by it.
    EventId,
    /// An entry of a request's timeline.
    TimelineEntryId,
    /// An internal note of a request.
    InternalNoteId,
    /// A canned reply.
    CannedReplyId,
    /// A saved view.
    SavedViewId,
    /// A running process of several that share a database: each start has another one.
    NodeId,
    /// A signed-in session: a family of refresh tokens.
    SessionId,
    /// One access token of a guest.
    GuestTokenId,
    /// One connection of a client, on one node.
    ConnectionId,
}

impl From<UserId> for ParticipantId {
    fn from(id: UserId) -> Self {
        Self(id.0)
    }
}

impl From<GuestId> for ParticipantId {
    fn from(id: GuestId) -> Self {
        Self(id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = UserId::new(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
        assert_eq!("{00000000-0000-0000-0000-000000000007}".parse::<UserId>(), Err(InvalidId));
        assert_eq!("00000000000000000000000000000007".parse::<UserId>(), Err(InvalidId));
        assert_eq!("x".parse::<UserId>(), Err(InvalidId));
    }
}
