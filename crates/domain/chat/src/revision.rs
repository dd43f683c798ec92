//! Edits and deletions, on their way into the log and back.

use std::time::Duration;

use kernel::{ConnectionId, ConversationId, MessageId, OrganizationId};

use crate::{Author, Content, Message};

/// An edit or a deletion on its way into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Who revises.
    pub author: Author,
    /// Which message.
    pub message: MessageId,
    /// Whether it may be a message of somebody else: an admin's right.
    pub of_others: bool,
    /// What is done to it.
    pub revise: Revise,
    /// The connection it came by.
    pub origin: Option<ConnectionId>,
}

/// What is done to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revise {
    /// It gets another content.
    Edit {
        /// What it says from now on.
        content: Content,
        /// How long after it was stored a message may still be edited, by the store's clock.
        within: Duration,
    },
    /// Its content is taken away; a tombstone stays.
    Delete,
}

impl Revise {
    /// The content from now on; nothing for a deletion.
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Edit { content, .. } => Some(content),
            Self::Delete => None,
        }
    }
}

/// What became of an edit or a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revised {
    /// The message of now; its `entry_seq` is the place of the entry that was asked for.
    pub message: Message,
    /// Whether the message was so before; nothing new was stored then.
    pub duplicate: bool,
}
