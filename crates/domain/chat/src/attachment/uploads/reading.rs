//! Files that were taken in: who sees them, where they are read, and that they are removed.

use kernel::{
    AttachmentId, Audience, Caller, ConversationId, MessageId, OrganizationId, ParticipantId, PortError, Timestamp,
};

use super::{Link, Opened, Uploads};
use crate::{Attachment, AttachmentStatus, ChatError};

impl Uploads {
    /// The files of a conversation that the caller sees, the oldest first; of one message, when it is named.
    pub async fn list(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        message: Option<MessageId>,
    ) -> Result<Vec<Attachment>, ChatError> {
        self.audience(caller, conversation).await?.ok_or(ChatError::ConversationNotFound)?;
        let mut all = self.attachments.list(caller.organization(), conversation).await?;
        all.retain(|one| is_shown(one, caller.participant()) && (message.is_none() || one.message == message));
        Ok(all)
    }

    /// One file that the caller sees: of a message in their sight, or uploaded by themselves.
    pub async fn get(&self, caller: &Caller, id: AttachmentId) -> Result<Attachment, ChatError> {
        let found = self.attachments.find(caller.organization(), id).await?;
        let found = found.filter(|one| is_shown(one, caller.participant())).ok_or(ChatError::AttachmentNotFound)?;
        self.audience(caller, found.conversation).await?.ok_or(ChatError::AttachmentNotFound)?;
        Ok(found)
    }

    /// Removes a file that no message has, for who uploaded it.
    ///
    /// # Errors
    /// [`ChatError::AttachmentBound`] for one that a message has: it goes with its message.
    pub async fn delete(&self, caller: &Caller, id: AttachmentId) -> Result<(), ChatError> {
        let found = self.get(caller, id).await?;
        if found.message.is_some() || !self.attachments.discard(found.organization, id).await? {
            return Err(ChatError::AttachmentBound);
        }
        self.remove_bytes(&found).await;
        Ok(())
    }

    /// Where the caller may read a file, and until when. What is to be shown in a page is passed on by the
    /// server, so that pages need to trust no other site.
    ///
    /// # Errors
    /// [`ChatError::AttachmentNotReady`] for one that was not checked, or was refused.
    pub async fn link(
        &self,
        caller: &Caller,
        id: AttachmentId,
        inline: bool,
    ) -> Result<(Attachment, Link, Timestamp), ChatError> {
        let found = self.get(caller, id).await?;
        if found.status != AttachmentStatus::Ready {
            return Err(ChatError::AttachmentNotReady);
        }
        let until = self.env.now() + Self::LINK_LIFE;
        let link =
            if inline { None } else { self.files.link(&found.key(), &found.file.mime_type, Self::LINK_LIFE).await? };
        Ok((found, link.map_or(Link::Here, Link::Elsewhere), until))
    }

    /// What is known of a file whose address somebody has, which MUST have been proven.
    pub async fn linked(&self, organization: OrganizationId, id: AttachmentId) -> Result<Attachment, ChatError> {
        let found = self.attachments.find(organization, id).await?;
        found.filter(|one| one.status == AttachmentStatus::Ready).ok_or(ChatError::AttachmentNotFound)
    }

    /// Opens a file, from byte `from` on, `length` bytes.
    ///
    /// # Errors
    /// A port error of kind `Corrupt` when its bytes are not there.
    pub async fn open(&self, attachment: Attachment, from: u64, length: u64) -> Result<Opened, ChatError> {
        let source = self.files.read(&attachment.key(), from, length).await?;
        let source = source.ok_or_else(|| PortError::corrupt("the bytes of a file are not there"))?;
        Ok(Opened { attachment, source })
    }

    async fn audience(&self, caller: &Caller, conversation: ConversationId) -> Result<Option<Audience>, ChatError> {
        let audience = self.conversations.audience(caller.organization(), conversation).await?;
        Ok(audience.filter(|audience| caller.scope().covers(audience)))
    }
}

/// What no message has is its uploader's alone.
fn is_shown(one: &Attachment, person: ParticipantId) -> bool {
    one.message.is_some() || one.file.uploaded_by == person
}
