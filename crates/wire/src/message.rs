//! Messages.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{MessageStatus, MessageType, SenderType};

/// A message with its content of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Its id.
    pub id: Uuid,
    /// Its place in the conversation: the log entry that made it.
    #[schema(example = 7)]
    pub seq: u64,
    /// The last log entry that touched it.
    #[schema(example = 7)]
    pub entry_seq: u64,
    /// Who sent it.
    pub sender: Sender,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// What it says, as written; `null` once deleted.
    #[schema(required)]
    pub content: Option<String>,
    /// The files that go with it.
    pub attachments: Vec<Attachment>,
    /// The message it answers.
    #[schema(required)]
    pub in_reply_to: Option<Uuid>,
    /// The sender's own name for it; only told to the person who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_message_id: Option<String>,
    /// How far it has come.
    pub status: MessageStatus,
    /// When it was stored.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its content last changed.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub edited_at: Option<Timestamp>,
    /// When it was deleted.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub deleted_at: Option<Timestamp>,
}

impl Message {
    /// A message as it stands; `to_sender` when the reader is the person who sent it.
    pub fn of(message: &chat::Message, status: chat::MessageStatus, to_sender: bool) -> Self {
        let own_name = message.client_message_id.as_ref().filter(|_| to_sender);
        Self {
            id: message.id.uuid(),
            seq: message.seq.get(),
            entry_seq: message.entry_seq.get(),
            sender: Sender::of(&message.sender),
            kind: message.kind.into(),
            content: message.content.clone(),
            attachments: message.attachments.iter().map(|file| Attachment::of_message(file, message.id)).collect(),
            in_reply_to: message.in_reply_to.map(kernel::MessageId::uuid),
            client_message_id: own_name.map(ToString::to_string),
            status: status.into(),
            created_at: message.created_at,
            edited_at: message.edited_at,
            deleted_at: message.deleted_at,
        }
    }
}

/// Who sent a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sender {
    /// The participant.
    pub id: Uuid,
    /// Which side.
    #[serde(rename = "type")]
    pub kind: SenderType,
    /// The name at the time of sending.
    #[schema(example = "Camille Durand")]
    pub name: String,
}

impl Sender {
    /// A sender.
    pub fn of(sender: &chat::Sender) -> Self {
        Self { id: sender.id.uuid(), kind: sender.kind.into(), name: sender.name.clone() }
    }
}

/// A file of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attachment {
    /// Its id.
    pub id: Uuid,
    /// The name it was uploaded under.
    pub file_name: String,
    /// What it is, by its content.
    pub mime_type: String,
    /// In bytes.
    pub size: u64,
    /// Of its content, in hexadecimal.
    pub sha256: String,
    /// Whether it can be downloaded.
    pub status: AttachmentStatus,
    /// The message it belongs to.
    #[schema(required)]
    pub message_id: Option<Uuid>,
    /// The participant who uploaded it.
    pub uploaded_by: Uuid,
    /// When it was uploaded.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl Attachment {
    /// A file as it stands.
    pub fn of(attachment: &chat::Attachment) -> Self {
        Self::with(&attachment.file, attachment.status, attachment.message)
    }

    /// A file of a message, which was checked.
    pub fn of_message(file: &chat::AttachedFile, message: kernel::MessageId) -> Self {
        Self::with(file, chat::AttachmentStatus::Ready, Some(message))
    }

    fn with(file: &chat::AttachedFile, status: chat::AttachmentStatus, message: Option<kernel::MessageId>) -> Self {
        Self {
            id: file.id.uuid(),
            file_name: file.file_name.as_str().to_owned(),
            mime_type: file.mime_type.clone(),
            size: file.size,
            sha256: file.sha256.clone(),
            status: status.into(),
            message_id: message.map(kernel::MessageId::uuid),
            uploaded_by: file.uploaded_by.uuid(),
            created_at: file.created_at,
        }
    }
}

impl From<chat::AttachmentStatus> for AttachmentStatus {
    fn from(status: chat::AttachmentStatus) -> Self {
        match status {
            chat::AttachmentStatus::Pending => Self::Pending,
            chat::AttachmentStatus::Ready => Self::Ready,
            chat::AttachmentStatus::Refused => Self::Refused,
        }
    }
}

/// Whether a file can be downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentStatus {
    /// Not checked yet.
    Pending,
    /// Checked.
    Ready,
    /// Refused by the check.
    Refused,
}
