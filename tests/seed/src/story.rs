//! A request with all that belongs to it, as it is told in the end.

use chat::SenderKind;
use kernel::{ParticipantId, Timestamp};
use support_request::{Snapshot, TimelineEntry};
use uuid::Uuid;

/// A request with all that belongs to it.
#[derive(Debug, Clone)]
pub struct Story {
    /// What is stored of it.
    pub request: Snapshot,
    /// When it or its conversation last moved.
    pub active_at: Timestamp,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// What was written; the place in here, from 1, is the place in the log.
    pub messages: Vec<Written>,
    /// Who takes part, the requester first.
    pub participants: Vec<Participant>,
    /// The id of its chat session, when it was a live chat, and when that ended.
    pub session: Option<(Uuid, Timestamp)>,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub sender: ParticipantId,
    /// What they are.
    pub kind: SenderKind,
    /// Their name.
    pub name: String,
    /// What it says.
    pub content: String,
    /// Tells a retry from another message.
    pub hash: i64,
    /// When.
    pub at: Timestamp,
}

/// Somebody in a conversation.
#[derive(Debug, Clone)]
pub struct Participant {
    /// Who.
    pub id: ParticipantId,
    /// What they are.
    pub kind: SenderKind,
    /// Their name.
    pub name: String,
    /// Whether they were added.
    pub member: bool,
    /// Up to where they have read, and been reached.
    pub read_seq: u64,
    /// Since when they take part.
    pub joined_at: Timestamp,
}

impl Story {
    /// The customer's messages that no agent has read.
    pub fn unread_by_staff(&self) -> u64 {
        let read = self.participants.iter().filter(|one| one.kind == SenderKind::Agent).map(|one| one.read_seq).max();
        self.after(read.unwrap_or(0)).filter(|one| one.kind == SenderKind::Customer).count() as u64
    }

    /// The messages of others that the requester has not read.
    pub fn unread_by_requester(&self) -> u64 {
        let own = self.request.requester.id;
        let read = self.participants.iter().find(|one| one.id == own).map_or(0, |one| one.read_seq);
        self.after(read).filter(|one| one.sender != own).count() as u64
    }

    fn after(&self, seq: u64) -> impl Iterator<Item = &Written> {
        self.messages.iter().skip(usize::try_from(seq).unwrap_or(usize::MAX))
    }
}
