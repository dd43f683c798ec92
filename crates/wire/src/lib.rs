#![doc = include_str!("../README.md")]

mod chat_session;
mod conversation;
mod field;
mod message;
mod note;
mod support_request;
#[cfg(test)]
mod tests;
mod texts;
mod timeline;
mod words;

pub use chat_session::ChatSession;
pub use conversation::{Conversation, Participant};
pub use field::FieldProblem;
pub use message::{Attachment, AttachmentStatus, Message, Sender};
pub use note::{NamedAgent, Note};
pub use support_request::{Assignee, LastMessage, References, Requester, ServiceLevel, SupportRequest};
pub use texts::{CODES, FIELD_CODES, TEXTS, TITLES};
pub use timeline::{TimelineActor, TimelineEntry};
pub use words::{
    ChatSessionStatus, ConversationStatus, MessageStatus, MessageType, RequestKind, RequestPriority, RequestSource,
    RequestStatus, SenderType, TimelineKind,
};

/// Who is going to read a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    /// People who answer: they read everything.
    Staff,
    /// A requester, by account or by token: public fields only.
    Requester,
}

impl Eyes {
    /// The eyes of a caller.
    pub fn of(caller: &kernel::Caller) -> Self {
        if caller.is_staff() { Self::Staff } else { Self::Requester }
    }
}
