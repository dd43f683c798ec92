//! Conversations, who takes part in them, and how far each has read.

use kernel::{Audience, ConversationId, OrganizationId, Page, ParticipantId, SupportRequestId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{ChatSession, Epoch, Message, MessageStatus, SenderKind, Seq};

/// For lists: whether the thread is still going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    /// Its request is neither resolved nor closed.
    Active,
    /// Its request is resolved or closed.
    Resolved,
    /// Put away.
    Archived,
}

impl ConversationStatus {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Resolved => "resolved",
            Self::Archived => "archived",
        }
    }
}

/// How far a participant has come. Reading a message reads all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReadMark {
    /// All entries up to here were received.
    pub delivered_seq: Seq,
    /// All entries up to here were read; never past `delivered_seq`.
    pub read_seq: Seq,
    /// When `read_seq` last moved.
    pub read_at: Option<Timestamp>,
}

/// Somebody who takes part in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// The user's or the guest's id.
    pub id: ParticipantId,
    /// Which side.
    pub kind: SenderKind,
    /// The name others see.
    pub name: String,
    /// How far they have come.
    pub mark: ReadMark,
}

/// The thread of a support request, as one viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The organisation.
    pub organization: OrganizationId,
    /// Whose thread it is, and who may see it.
    pub audience: Audience,
    /// The number of its request, for people.
    pub number: String,
    /// For lists.
    pub status: ConversationStatus,
    /// No more messages are taken.
    pub closed: bool,
    /// The history its `seq`s belong to.
    pub epoch: Epoch,
    /// The place of the last entry.
    pub last_seq: Seq,
    /// When the last message was stored; edits and deletions do not move it.
    pub last_message_at: Option<Timestamp>,
    /// The last message, for lists.
    pub last_message: Option<Message>,
    /// Messages of others that the viewer has not read.
    pub unread_count: u64,
    /// Messages of the customer that no agent has read.
    pub unread_staff: u64,
    /// The last live period, which may go on.
    pub session: Option<ChatSession>,
    /// Everybody who takes part, with their marks.
    pub participants: Vec<Participant>,
}

impl Conversation {
    /// How far a message has come: the furthest mark of anybody on the other side.
    pub fn status_of(&self, message: &Message) -> MessageStatus {
        status_among(&self.participants, message)
    }
}

/// How far a message has come, by the marks of these participants.
pub(crate) fn status_among(participants: &[Participant], message: &Message) -> MessageStatus {
    let others = || participants.iter().filter(|other| other.kind != message.sender.kind);
    if others().any(|other| other.mark.read_seq >= message.seq) {
        MessageStatus::Read
    } else if others().any(|other| other.mark.delivered_seq >= message.seq) {
        MessageStatus::Delivered
    } else {
        MessageStatus::Sent
    }
}

/// Which conversations to list, within the caller's scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConversationFilter {
    /// Only of this status.
    pub status: Option<ConversationStatus>,
    /// Only assigned to this agent (`Some(Some)`), or to nobody (`Some(None)`).
    pub assignee: Option<Option<kernel::UserId>>,
    /// Only opened by this participant.
    pub requester: Option<ParticipantId>,
    /// Only those that this participant opened, is assigned, or takes part in.
    pub party: Option<ParticipantId>,
    /// Only with messages that the viewer has not read.
    pub unread: bool,
}

/// A page of conversations, newest activity first.
pub type ConversationPage = Page<Conversation>;

/// A mark that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The request, so that staff who do not watch the thread see their counts change.
    pub support_request: SupportRequestId,
    /// Whose mark.
    pub participant: ParticipantId,
    /// Which side.
    pub kind: SenderKind,
    /// Where it stands now.
    pub mark: ReadMark,
}
