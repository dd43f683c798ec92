#![doc = include_str!("../README.md")]

mod attachment;
mod chat;
mod conversation;
mod error;
mod message;
mod ports;
mod revision;
mod session;
mod values;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use attachment::{
    AttachedFile, Attachment, AttachmentStatus, Attachments, Begun, Checked, ContentCheck, ContentRefused, FileKey,
    FileName, FileSource, Files, Incoming, Link, NewAttachment, Opened, Scanner, Spool, Spooled, StoredFile, Swept,
    Upload, UploadCut, UploadLimits, Uploaded, Uploads, Usage, Verdict,
};
pub use chat::{Changes, Chat, History, Outgoing, Position, ResetReason, Sent, Subscription};
pub use conversation::{
    Conversation, ConversationFilter, ConversationPage, ConversationStatus, Participant, ReadMark, Receipt,
};
pub use error::ChatError;
pub use message::{Change, Entry, Message, MessageKind, MessageStatus, Sender, SenderKind};
pub use ports::{
    Allowance, Append, AppendError, Appended, Author, Budgets, Committed, ConversationLog, Conversations, Head, Hints,
    LogCursor, LogFeed, LogRecord, Mark, Marked, ReceiptFeed, Right,
};
pub use revision::{Revise, Revised, Revision};
pub use session::{ChatSession, ChatSessions, SessionFeed, SessionStatus, Sessions};
pub use values::{ClientMessageId, Content, ContentHash, Epoch, Seq};

/// The texts of this domain's refusals.
pub const TEXTS: kernel::TextCatalogue =
    kernel::TextCatalogue { fr: include_str!("../locales/fr.ftl"), en: include_str!("../locales/en.ftl") };
