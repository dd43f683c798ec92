//! The use cases of files.

mod reading;
mod sweeping;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use kernel::{AttachmentId, Caller, ConversationId, Env, KeyRefused, PortError};

use super::{
    Attachment, AttachmentStatus, Attachments, Begun, Checked, ContentCheck, ContentRefused, FileName, FileSource,
    Files, Incoming, NewAttachment, Scanner, Spool, Spooled, Verdict,
};
use crate::{Allowance, Budgets, ChatError, Conversations};

pub use sweeping::Swept;

/// What a client wants to upload.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upload {
    /// The name the file has with the client.
    pub file_name: String,
    /// What the client says its SHA-256 is, in hexadecimal.
    pub sha256: Option<String>,
    /// The uploader's own name for this upload, the same for each attempt, in a form that hides it.
    pub key: Option<String>,
}

/// A file that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// What is known of it.
    pub attachment: Attachment,
    /// Whether it had come in before, under the same key; nothing new was kept then.
    pub duplicate: bool,
}

/// How much may be uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// The most bytes of a file.
    pub file_bytes: u64,
    /// The most bytes that a conversation keeps.
    pub conversation_bytes: u64,
    /// The most files that a conversation keeps.
    pub conversation_files: u64,
    /// The most uploads that a person begins within [`Self::PERIOD`], whatever becomes of them.
    pub person_files: u32,
}

impl UploadLimits {
    /// The time in which a person's uploads are counted.
    pub const PERIOD: Duration = Duration::from_hours(1);

    /// The same without any bound on how many there are; for tests and benchmarks.
    #[must_use]
    pub fn without_quotas(self) -> Self {
        Self { conversation_bytes: u64::MAX, conversation_files: u64::MAX, person_files: u32::MAX, ..self }
    }
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self { file_bytes: 10 << 20, conversation_bytes: 500 << 20, conversation_files: 1_000, person_files: 100 }
    }
}

/// Where a file is to be read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// The storage itself gives it out under this address.
    Elsewhere(String),
    /// The server passes it on.
    Here,
}

/// A file that is open.
pub struct Opened {
    /// What is known of it.
    pub attachment: Attachment,
    /// Its bytes, from where it was asked.
    pub source: Box<dyn FileSource>,
}

/// Files of conversations: one struct, one method a use case.
pub struct Uploads {
    attachments: Arc<dyn Attachments>,
    files: Arc<dyn Files>,
    scanner: Option<Arc<dyn Scanner>>,
    conversations: Arc<dyn Conversations>,
    budgets: Arc<dyn Budgets>,
    env: Arc<dyn Env>,
    limits: UploadLimits,
    /// Held files that were looked at in vain, which come after the others.
    in_vain: Mutex<HashSet<AttachmentId>>,
    /// Whether the files that are kept looked like those of another installation.
    foreign: AtomicBool,
}

impl Uploads {
    /// How long an address of a file is good.
    pub const LINK_LIFE: Duration = Duration::from_hours(1);
    /// How long a file is kept that no message has.
    pub const UNBOUND_LIFE: Duration = Duration::from_hours(24);
    /// After how long the next attempt takes over from one that did not end.
    pub const ATTEMPT: Duration = Duration::from_mins(1);
    /// After how long an upload that did not end is taken for one whose server has gone.
    pub const UNFINISHED_LIFE: Duration = Duration::from_mins(30);

    /// Puts the use cases together. Without a scanner, files are checked by their kind only. The budgets MUST be
    /// others than those of messages.
    pub fn new(
        attachments: Arc<dyn Attachments>,
        files: Arc<dyn Files>,
        scanner: Option<Arc<dyn Scanner>>,
        conversations: Arc<dyn Conversations>,
        budgets: Arc<dyn Budgets>,
        env: Arc<dyn Env>,
        limits: UploadLimits,
    ) -> Self {
        Self {
            attachments,
            files,
            scanner,
            conversations,
            budgets,
            env,
            limits,
            in_vain: Mutex::default(),
            foreign: AtomicBool::new(false),
        }
    }

    /// The most bytes of a file.
    pub fn file_bytes(&self) -> u64 {
        self.limits.file_bytes
    }

    /// Takes a file in: it is kept whole and was checked when this returns, or, where the scanner does not
    /// answer, is kept and waits for its check. Nothing of a refused one is kept.
    ///
    /// # Errors
    /// [`ChatError::ConversationNotFound`]; [`ChatError::Closed`]; [`ChatError::UploadCut`];
    /// [`ChatError::AttachmentTooLarge`]; [`ChatError::AttachmentKind`]; [`ChatError::AttachmentInfected`];
    /// [`ChatError::AttachmentUnscannable`]; [`ChatError::AttachmentQuota`] and [`ChatError::RateLimited`] above the
    /// limits; [`ChatError::Invalid`] for the fields `file` and `sha256`; [`ChatError::IdempotencyMismatch`] and [`ChatError::Key`] for the key.
    pub async fn upload(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        upload: Upload,
        incoming: &mut dyn Incoming,
    ) -> Result<Uploaded, ChatError> {
        let new = self.admit(caller, conversation, &upload).await?;
        match self.begin(&new).await? {
            Begun::New => {}
            Begun::Before(before) if before.status == AttachmentStatus::Refused => {
                return Err(ChatError::AttachmentInfected);
            }
            Begun::Before(before) if before.stored => {
                let (_, spooled, _) = self.take_in(&upload, &new.file_name, incoming).await?;
                if spooled.sha256 != before.file.sha256 {
                    return Err(ChatError::IdempotencyMismatch);
                }
                return Ok(Uploaded { attachment: *before, duplicate: true });
            }
            Begun::Before(_) => return Err(ChatError::Key(KeyRefused::Running)),
        }
        match self.keep(&new, &upload, incoming).await {
            Ok(attachment) => {
                let (id, size, kind) = (attachment.file.id, attachment.file.size, &attachment.file.mime_type);
                tracing::info!(attachment = %id, size, kind, status = attachment.status.as_str(), "a file came in");
                Ok(Uploaded { attachment, duplicate: false })
            }
            Err(error) => {
                // One that the scanner refused stays noted as such.
                if !matches!(error, ChatError::AttachmentInfected) {
                    self.clear(&new).await;
                }
                Err(error)
            }
        }
    }

    /// Notes that an upload begins. It takes the place of an earlier attempt that has run for so long that its server
    /// has probably gone; if it has not, that attempt ends with nothing.
    async fn begin(&self, new: &NewAttachment) -> Result<Begun, PortError> {
        let begun = self.attachments.begin(new).await?;
        let Begun::Before(earlier) = &begun else { return Ok(begun) };
        if earlier.stored || earlier.file.created_at > new.at - Self::ATTEMPT {
            return Ok(begun);
        }
        if self.attachments.abandon(earlier.organization, earlier.file.id).await? {
            tracing::info!(attachment = %earlier.file.id, "an upload is taken over by its next attempt");
            self.remove_bytes(earlier).await;
        }
        self.attachments.begin(new).await
    }

    /// Nothing is left of an upload that failed, its bytes included: the storage may have kept them without
    /// saying so. What cannot be removed now is by the sweep.
    async fn clear(&self, new: &NewAttachment) {
        let found = match self.attachments.find(new.organization, new.id).await {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => return still_there(new.id, &error),
        };
        match self.attachments.discard(new.organization, new.id).await {
            Ok(true) => drop(self.remove_bytes(&found).await),
            Ok(false) => {}
            Err(error) => still_there(new.id, &error),
        }
    }

    /// Whether the caller may upload to the conversation now.
    async fn admit(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        upload: &Upload,
    ) -> Result<NewAttachment, ChatError> {
        let (organization, person) = (caller.organization(), caller.participant());
        let found = self.conversations.find(organization, caller.scope(), person, conversation).await?;
        let found = found.ok_or(ChatError::ConversationNotFound)?;
        if found.closed {
            return Err(ChatError::Closed);
        }
        let now = self.env.now();
        // Each attempt counts, so that what is refused, repeated or removed again is not free.
        let allowance = Allowance { count: self.limits.person_files, within: UploadLimits::PERIOD };
        self.budgets.take(organization, person, allowance).await.map_err(ChatError::RateLimited)?;
        let usage = self.attachments.usage(organization, conversation).await?;
        // What is not all there may become as large as any.
        let to_come = usage.unfinished_of_conversation.saturating_mul(self.limits.file_bytes);
        if usage.bytes_of_conversation.saturating_add(to_come) >= self.limits.conversation_bytes
            || usage.files_of_conversation >= self.limits.conversation_files
        {
            return Err(ChatError::AttachmentQuota);
        }
        Ok(NewAttachment {
            organization,
            conversation,
            support_request: found.audience.support_request,
            id: AttachmentId::new(self.env.uuid()),
            file_name: FileName::clean(&upload.file_name),
            uploaded_by: person,
            key: upload.key.clone(),
            at: now,
        })
    }

    /// From the first byte to the last word about it.
    async fn keep(
        &self,
        new: &NewAttachment,
        upload: &Upload,
        incoming: &mut dyn Incoming,
    ) -> Result<Attachment, ChatError> {
        let (mut spool, spooled, mime_type) = self.take_in(upload, &new.file_name, incoming).await?;
        let status = match self.scan(&mut *spool.read().await?, new.id).await {
            Ok(Verdict::Clean) => AttachmentStatus::Ready,
            Ok(Verdict::Found(_)) => AttachmentStatus::Refused,
            Ok(Verdict::Refused(_)) => return Err(ChatError::AttachmentUnscannable),
            Err(_) => AttachmentStatus::Pending,
        };
        let Spooled { size, sha256 } = spooled;
        let checked = Checked { mime_type: mime_type.to_owned(), size, sha256, status };
        if status == AttachmentStatus::Refused {
            drop(spool);
            self.attachments.finish(new.organization, new.id, &checked).await?;
            return Err(ChatError::AttachmentInfected);
        }
        let key = super::FileKey {
            support_request: new.support_request,
            attachment: new.id,
            file_name: new.file_name.clone(),
        };
        spool.keep(&key, mime_type).await?;
        let attachment = self.attachments.finish(new.organization, new.id, &checked).await?;
        if attachment.is_none() {
            // Its next attempt has taken over, or its time was over: nobody else would remove these bytes soon.
            self.files.delete(&key).await?;
        }
        attachment.ok_or(ChatError::Key(KeyRefused::Running))
    }

    /// Takes the bytes to where nobody sees them, and looks at them on their way.
    async fn take_in(
        &self,
        upload: &Upload,
        name: &FileName,
        incoming: &mut dyn Incoming,
    ) -> Result<(Box<dyn Spool>, Spooled, &'static str), ChatError> {
        let (mut spool, mut check, mut size) = (self.files.spool().await?, ContentCheck::default(), 0_u64);
        while let Some(bytes) = incoming.next().await.map_err(|_| ChatError::UploadCut)? {
            size += bytes.len() as u64;
            if size > self.limits.file_bytes {
                return Err(ChatError::AttachmentTooLarge { limit: self.limits.file_bytes });
            }
            check.feed(bytes);
            spool.write(bytes).await?;
        }
        let mime_type = check.finish(name).map_err(refused)?;
        let spooled = spool.finish().await?;
        if upload.sha256.as_ref().is_some_and(|said| !said.eq_ignore_ascii_case(&spooled.sha256)) {
            return Err(kernel::FieldError::new("sha256", "invalid").into());
        }
        Ok((spool, spooled, mime_type))
    }

    /// What the scanner says. Without one, everything is clean.
    async fn scan(&self, file: &mut dyn FileSource, id: AttachmentId) -> Result<Verdict, PortError> {
        let Some(scanner) = &self.scanner else { return Ok(Verdict::Clean) };
        let verdict = scanner.scan(file).await;
        match &verdict {
            Ok(Verdict::Clean) => {}
            Ok(Verdict::Found(what)) => {
                tracing::warn!(attachment = %id, found = what, "the scanner refused a file");
            }
            Ok(Verdict::Refused(why)) => {
                tracing::warn!(
                    attachment = %id, why,
                    "the scanner does not look at a file; is its limit below max_attachment_mb?"
                );
            }
            Err(error) => {
                let cause = std::error::Error::source(error);
                tracing::warn!(attachment = %id, %error, ?cause, "the scanner does not answer; the file is held");
            }
        }
        verdict
    }
}

fn still_there(id: AttachmentId, error: &PortError) {
    tracing::warn!(attachment = %id, %error, "an upload that failed is still noted");
}

fn refused(why: ContentRefused) -> ChatError {
    let code = match why {
        ContentRefused::Kind => return ChatError::AttachmentKind,
        ContentRefused::Empty => "required",
        ContentRefused::TooManyPixels => "too_many_pixels",
        ContentRefused::Broken => "invalid",
    };
    kernel::FieldError::new("file", code).into()
}
