//! Files of a conversation: what is known of them, and what is done with them.

mod content;
mod file_name;
mod ports;
mod uploads;

use std::str::FromStr;

use kernel::{AttachmentId, ConversationId, MessageId, OrganizationId, ParticipantId, SupportRequestId, Timestamp};

pub use content::{ContentCheck, ContentRefused};
pub use file_name::FileName;
pub use ports::{
    Attachments, Begun, Checked, FileKey, FileSource, Files, Incoming, NewAttachment, Scanner, Spool, Spooled,
    StoredFile, UploadCut, Usage, Verdict,
};
pub use uploads::{Link, Opened, Swept, Upload, UploadLimits, Uploaded, Uploads};

/// A file as a message carries it: nothing of it ever changes once it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// Its id.
    pub id: AttachmentId,
    /// The name it was uploaded under, cleaned.
    pub file_name: FileName,
    /// What it is, by its content; `application/octet-stream` as long as that was not looked at.
    pub mime_type: String,
    /// In bytes; 0 as long as it is not all there.
    pub size: u64,
    /// Of its content, in lower-case hexadecimal; empty as long as it is not all there.
    pub sha256: String,
    /// Who uploaded it.
    pub uploaded_by: ParticipantId,
    /// When its upload began.
    pub created_at: Timestamp,
}

impl AttachedFile {
    /// The most files of one message.
    pub const MAX_PER_MESSAGE: usize = 5;

    /// Whether it is a picture.
    pub fn is_image(&self) -> bool {
        self.mime_type.starts_with("image/")
    }

    /// Whether a page may show it: pictures that every browser decodes, and nothing that could run.
    pub fn may_be_shown(&self) -> bool {
        matches!(self.mime_type.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp")
    }
}

/// A file of a conversation, with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its request, which the file is kept under.
    pub support_request: SupportRequestId,
    /// The file.
    pub file: AttachedFile,
    /// Whether it can be used.
    pub status: AttachmentStatus,
    /// Whether all of it has come in and is kept.
    pub stored: bool,
    /// The message it belongs to.
    pub message: Option<MessageId>,
}

impl Attachment {
    /// Where its bytes are kept.
    pub fn key(&self) -> FileKey {
        FileKey {
            support_request: self.support_request,
            attachment: self.file.id,
            file_name: self.file.file_name.clone(),
        }
    }
}

/// Whether a file can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentStatus {
    /// Not all there, or not checked yet: no message may name it, and nobody may download it.
    Pending,
    /// Checked.
    Ready,
    /// The check found something; its bytes are gone.
    Refused,
}

impl AttachmentStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Refused => "refused",
        }
    }
}

impl FromStr for AttachmentStatus {
    type Err = kernel::InvalidId;
    fn from_str(text: &str) -> Result<Self, kernel::InvalidId> {
        match text {
            "pending" => Ok(Self::Pending),
            "ready" => Ok(Self::Ready),
            "refused" => Ok(Self::Refused),
            _ => Err(kernel::InvalidId),
        }
    }
}
