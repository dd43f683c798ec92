//! What files of conversations need from outside.

use std::time::Duration;

use async_trait::async_trait;
use kernel::{AttachmentId, ConversationId, OrganizationId, ParticipantId, PortError, SupportRequestId, Timestamp};

use super::{Attachment, AttachmentStatus, FileName};

/// A file whose upload begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachment {
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its request.
    pub support_request: SupportRequestId,
    /// The id it gets.
    pub id: AttachmentId,
    /// Its name.
    pub file_name: FileName,
    /// Who uploads it.
    pub uploaded_by: ParticipantId,
    /// The uploader's own name for this upload, the same for each attempt, in a form that hides it.
    pub key: Option<String>,
    /// When it begins.
    pub at: Timestamp,
}

/// What became of the beginning of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new.
    New,
    /// An upload of this person to this conversation had the same key.
    Before(Box<Attachment>),
}

/// What was found out about a file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What it is.
    pub mime_type: String,
    /// In bytes.
    pub size: u64,
    /// Of its content, in lower-case hexadecimal.
    pub sha256: String,
    /// Whether it can be used.
    pub status: AttachmentStatus,
}

/// How much a conversation keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Bytes that a conversation keeps.
    pub bytes_of_conversation: u64,
    /// Files that a conversation keeps, those included that are not all there.
    pub files_of_conversation: u64,
    /// Those of them that are not all there, and have no size yet.
    pub unfinished_of_conversation: u64,
}

/// What is known of files. The bytes are behind [`Files`].
///
/// A file is bound to its message by [`ConversationLog::append`](crate::ConversationLog::append), and is
/// marked as deleted with it by [`ConversationLog::revise`](crate::ConversationLog::revise). What is marked
/// as deleted MUST be found by nothing here but [`Self::deleted`] and [`Self::known`].
#[async_trait]
pub trait Attachments: Send + Sync {
    /// Notes that an upload begins, `pending`. Of many with one key of one person in one conversation at
    /// once, exactly one MUST be told [`Begun::New`].
    async fn begin(&self, new: &NewAttachment) -> Result<Begun, PortError>;

    /// Notes what was found out about a file that is kept now. MUST change only one that is `pending`;
    /// `None` when there is none.
    async fn finish(
        &self,
        organization: OrganizationId,
        id: AttachmentId,
        checked: &Checked,
    ) -> Result<Option<Attachment>, PortError>;

    /// One file.
    async fn find(&self, organization: OrganizationId, id: AttachmentId) -> Result<Option<Attachment>, PortError>;

    /// The files of a conversation, the oldest first.
    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
    ) -> Result<Vec<Attachment>, PortError>;

    /// How much was uploaded to this conversation.
    async fn usage(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Usage, PortError>;

    /// Marks a file as deleted, unless a message has it. Whether it was so marked.
    async fn discard(&self, organization: OrganizationId, id: AttachmentId) -> Result<bool, PortError>;

    /// Marks a file as deleted, unless all of it is there. Whether it was so marked: [`Self::finish`] MUST then find
    /// none.
    async fn abandon(&self, organization: OrganizationId, id: AttachmentId) -> Result<bool, PortError>;

    /// Marks as deleted, in all organisations: what no message has and began before `unbound`, and what is
    /// not all there and began before `unfinished`. How many were marked.
    async fn expire(&self, unbound: Timestamp, unfinished: Timestamp) -> Result<u64, PortError>;

    /// Files of all organisations that are marked as deleted, in the order of their ids, after the one given, at
    /// most `limit`.
    async fn deleted(&self, after: Option<AttachmentId>, limit: u32) -> Result<Vec<Attachment>, PortError>;

    /// Forgets a file that is marked as deleted and whose bytes are gone.
    async fn forget(&self, organization: OrganizationId, id: AttachmentId) -> Result<(), PortError>;

    /// Files of all organisations that are kept and wait for their check, the oldest first, at most `limit`.
    async fn unchecked(&self, limit: u32) -> Result<Vec<Attachment>, PortError>;

    /// Those of the ids that are known in any organisation, whether marked as deleted or not.
    async fn known(&self, ids: &[AttachmentId]) -> Result<Vec<AttachmentId>, PortError>;
}

/// Where the bytes of a file are kept: `tickets/{support_request}/{attachment}/{file_name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKey {
    /// The request.
    pub support_request: SupportRequestId,
    /// The file.
    pub attachment: AttachmentId,
    /// Its name.
    pub file_name: FileName,
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Where.
    pub key: FileKey,
    /// Since when.
    pub at: Timestamp,
}

/// The bytes of files.
#[async_trait]
pub trait Files: Send + Sync {
    /// A place for a file that comes in, seen by nobody. Whatever is in it vanishes with it.
    async fn spool(&self) -> Result<Box<dyn Spool>, PortError>;

    /// Reads a file, from byte `from` on, `length` bytes. `None` when there is none.
    async fn read(&self, key: &FileKey, from: u64, length: u64) -> Result<Option<Box<dyn FileSource>>, PortError>;

    /// Removes a file. One that is not there is removed.
    async fn delete(&self, key: &FileKey) -> Result<(), PortError>;

    /// An address, good for so long, under which whoever has it reads the file from the storage itself;
    /// `None` where the server has to pass it on. A browser that follows it MUST save the file, not show it.
    async fn link(&self, key: &FileKey, mime_type: &str, valid_for: Duration) -> Result<Option<String>, PortError>;

    /// Some of the files that are kept, in a fixed order, after the one given: for the removal of those that
    /// belong to nothing. An empty answer is the end.
    async fn list(&self, after: Option<&FileKey>) -> Result<Vec<StoredFile>, PortError>;

    /// Removes what servers that ended left of files that were coming in, and nothing of those that come in now. How
    /// many there were.
    async fn remove_leftovers(&self) -> Result<u64, PortError>;

    /// The installation that has claimed the storage; `None` when none has.
    async fn owner(&self) -> Result<Option<String>, PortError>;

    /// Claims the storage for an installation. MUST NOT be called where there is an owner; of several at once, who
    /// has it is told by [`Self::owner`].
    async fn claim(&self, installation: &str) -> Result<(), PortError>;

    /// Whether files can be kept and read now.
    async fn ping(&self) -> Result<(), PortError>;
}

/// A file that comes in.
#[async_trait]
pub trait Spool: Send {
    /// Adds bytes.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), PortError>;

    /// All of it is there.
    async fn finish(&mut self) -> Result<Spooled, PortError>;

    /// Reads it from its beginning.
    async fn read(&mut self) -> Result<Box<dyn FileSource>, PortError>;

    /// Keeps it. When this returns `Ok` it MUST be there whole, durable and under its key; when it does not,
    /// or the process ends before, there MUST be nothing under the key that could be taken for it, or all of it.
    async fn keep(self: Box<Self>, key: &FileKey, mime_type: &str) -> Result<(), PortError>;
}

/// What was found out while a file came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spooled {
    /// In bytes.
    pub size: u64,
    /// In lower-case hexadecimal.
    pub sha256: String,
}

/// The bytes of a file, piece by piece.
#[async_trait]
pub trait FileSource: Send {
    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, PortError>;
}

/// Looks for what must not be passed on.
#[async_trait]
pub trait Scanner: Send + Sync {
    /// Looks at a file. An error is no verdict: the file may be looked at again.
    async fn scan(&self, file: &mut dyn FileSource) -> Result<Verdict, PortError>;

    /// Whether it answers at all.
    async fn ping(&self) -> Result<(), PortError>;
}

/// What a scanner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It found nothing.
    Clean,
    /// It found this.
    Found(String),
    /// It never looks at such a file, and says so: it is larger than the scanner's own limit.
    Refused(String),
}

/// The bytes that a client sends. It may be bound to one thread, as connections are.
#[async_trait(?Send)]
pub trait Incoming {
    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<&[u8]>, UploadCut>;
}

/// The client did not send all of it, or too slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the upload was cut off")]
pub struct UploadCut;
