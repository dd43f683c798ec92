//! Messages, and the entries of the log that make and change them.

use std::str::FromStr;

use kernel::{MessageId, ParticipantId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AttachedFile, ClientMessageId, Seq};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal / $number:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            /// The number in the log's table, which never changes meaning.
            pub fn as_number(self) -> i16 {
                match self { $(Self::$variant => $number),+ }
            }
            /// From the number in the log's table.
            pub fn from_number(number: i16) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }

        impl FromStr for $name {
            type Err = kernel::InvalidId;
            fn from_str(text: &str) -> Result<Self, kernel::InvalidId> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(kernel::InvalidId) }
            }
        }
    };
}

words! {
    /// On which side of the counter a sender stands.
    SenderKind {
        /// Who asks: a customer or a guest.
        Customer = "customer" / 0,
        /// Who answers.
        Agent = "agent" / 1,
        /// Guichet itself.
        System = "system" / 2,
    }
}

words! {
    /// What a message is.
    MessageKind {
        /// Words.
        Text = "text" / 0,
        /// Words with pictures.
        Image = "image" / 1,
        /// Words with files.
        File = "file" / 2,
        /// A change of the request, told in the thread.
        StatusUpdate = "status_update" / 3,
        /// A line by Guichet.
        System = "system" / 4,
    }
}

words! {
    /// What an entry of the log does to its message.
    Change {
        /// Makes it.
        Created = "created" / 0,
        /// Gives it another content.
        Edited = "edited" / 1,
        /// Takes its content away; the message stays as a tombstone.
        Deleted = "deleted" / 2,
    }
}

impl MessageKind {
    /// What a message of a person is: pictures only, files, or words alone.
    pub fn with(attachments: &[AttachedFile]) -> Self {
        if attachments.is_empty() {
            Self::Text
        } else if attachments.iter().all(AttachedFile::is_image) {
            Self::Image
        } else {
            Self::File
        }
    }
}

/// How far a message has come, derived from the other side's watermarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Durable.
    Sent,
    /// Somebody of the other side has received it.
    Delivered,
    /// Somebody of the other side has read it.
    Read,
}

/// Who sent a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The participant.
    pub id: ParticipantId,
    /// Which side.
    pub kind: SenderKind,
    /// The name at the time of sending.
    pub name: String,
}

/// A message with its content of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The place of the entry that made it; the message keeps it.
    pub seq: Seq,
    /// The place of the last entry that touched it.
    pub entry_seq: Seq,
    /// Who sent it.
    pub sender: Sender,
    /// What it is.
    pub kind: MessageKind,
    /// What it says; nothing once deleted.
    pub content: Option<String>,
    /// The files that go with it, in the sender's order; none once deleted.
    pub attachments: Vec<AttachedFile>,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
    /// The sender's own name for it; told to its sender only.
    pub client_message_id: Option<ClientMessageId>,
    /// When it was stored, by the database's clock; never runs backwards within a conversation.
    pub created_at: Timestamp,
    /// When its content last changed.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
}

/// One entry of a conversation's log, with the message as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub seq: Seq,
    /// What it did.
    pub change: Change,
    /// The message of now.
    pub message: Message,
}
