//! What is known of files, over the same state.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{AttachmentId, ConversationId, OrganizationId, PortError, Timestamp};

use super::FakeLog;
use crate::{Append, AttachedFile, Attachment, AttachmentStatus, Attachments, Begun, Checked, NewAttachment, Usage};

pub(super) struct Known {
    pub(super) attachment: Attachment,
    pub(super) key: Option<String>,
    pub(super) deleted: bool,
}

/// Binds the files that an append names to its message; `None`, and nothing bound, when one cannot be.
pub(super) fn take(files: &mut BTreeMap<AttachmentId, Known>, append: &Append) -> Option<Vec<AttachedFile>> {
    let usable = |known: &&Known| {
        let one = &known.attachment;
        !known.deleted
            && one.organization == append.organization
            && one.conversation == append.conversation
            && one.file.uploaded_by == append.author.id
            && one.status == AttachmentStatus::Ready
            && one.message.is_none()
    };
    let taken: Option<Vec<AttachedFile>> = append
        .attachments
        .iter()
        .map(|id| files.get(id).filter(usable).map(|known| known.attachment.file.clone()))
        .collect();
    let taken = taken?;
    for file in &taken {
        files.entry(file.id).and_modify(|known| known.attachment.message = Some(append.id));
    }
    Some(taken)
}

#[async_trait]
impl Attachments for FakeLog {
    async fn begin(&self, new: &NewAttachment) -> Result<Begun, PortError> {
        let mut state = self.state();
        let before = state.files.values().find(|known| {
            let one = &known.attachment;
            !known.deleted
                && known.key.is_some()
                && known.key == new.key
                && one.organization == new.organization
                && one.conversation == new.conversation
                && one.file.uploaded_by == new.uploaded_by
        });
        if let Some(before) = before {
            return Ok(Begun::Before(Box::new(before.attachment.clone())));
        }
        let file = AttachedFile {
            id: new.id,
            file_name: new.file_name.clone(),
            mime_type: "application/octet-stream".to_owned(),
            size: 0,
            sha256: String::new(),
            uploaded_by: new.uploaded_by,
            created_at: new.at,
        };
        let attachment = Attachment {
            organization: new.organization,
            conversation: new.conversation,
            support_request: new.support_request,
            file,
            status: AttachmentStatus::Pending,
            stored: false,
            message: None,
        };
        state.files.insert(new.id, Known { attachment, key: new.key.clone(), deleted: false });
        Ok(Begun::New)
    }

    async fn finish(
        &self,
        organization: OrganizationId,
        id: AttachmentId,
        checked: &Checked,
    ) -> Result<Option<Attachment>, PortError> {
        let mut state = self.state();
        let known = state.files.get_mut(&id).filter(|known| {
            !known.deleted
                && known.attachment.organization == organization
                && known.attachment.status == AttachmentStatus::Pending
        });
        let Some(Known { attachment, .. }) = known else { return Ok(None) };
        attachment.status = checked.status;
        attachment.stored = true;
        attachment.file.mime_type.clone_from(&checked.mime_type);
        attachment.file.size = checked.size;
        attachment.file.sha256.clone_from(&checked.sha256);
        Ok(Some(attachment.clone()))
    }

    async fn find(&self, organization: OrganizationId, id: AttachmentId) -> Result<Option<Attachment>, PortError> {
        let state = self.state();
        let known = state.files.get(&id).filter(|known| !known.deleted);
        Ok(known.map(|known| known.attachment.clone()).filter(|one| one.organization == organization))
    }

    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
    ) -> Result<Vec<Attachment>, PortError> {
        let state = self.state();
        let here = state.files.values().filter(|known| !known.deleted).map(|known| &known.attachment);
        let mut here: Vec<_> =
            here.filter(|one| one.organization == organization && one.conversation == conversation).cloned().collect();
        here.sort_by_key(|one| (one.file.created_at, one.file.id));
        Ok(here)
    }

    async fn usage(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Usage, PortError> {
        let state = self.state();
        let of_organization = state.files.values().filter(|known| known.attachment.organization == organization);
        let mut usage = Usage::default();
        for Known { attachment, deleted, .. } in of_organization {
            let file = &attachment.file;
            if attachment.conversation == conversation && !deleted {
                usage.files_of_conversation += 1;
                usage.bytes_of_conversation += file.size;
                usage.unfinished_of_conversation += u64::from(!attachment.stored);
            }
        }
        Ok(usage)
    }

    async fn discard(&self, organization: OrganizationId, id: AttachmentId) -> Result<bool, PortError> {
        let mut state = self.state();
        let known = state.files.get_mut(&id).filter(|known| {
            !known.deleted && known.attachment.organization == organization && known.attachment.message.is_none()
        });
        Ok(known.map(|known| known.deleted = true).is_some())
    }

    async fn abandon(&self, organization: OrganizationId, id: AttachmentId) -> Result<bool, PortError> {
        let mut state = self.state();
        let known = state.files.get_mut(&id).filter(|known| {
            !known.deleted && known.attachment.organization == organization && !known.attachment.stored
        });
        Ok(known.map(|known| known.deleted = true).is_some())
    }

    async fn expire(&self, unbound: Timestamp, unfinished: Timestamp) -> Result<u64, PortError> {
        let mut state = self.state();
        let mut expired = 0;
        for Known { attachment, deleted, .. } in state.files.values_mut().filter(|known| !known.deleted) {
            let at = attachment.file.created_at;
            if attachment.message.is_none() && (at < unbound || (!attachment.stored && at < unfinished)) {
                *deleted = true;
                expired += 1;
            }
        }
        Ok(expired)
    }

    async fn deleted(&self, after: Option<AttachmentId>, limit: u32) -> Result<Vec<Attachment>, PortError> {
        let state = self.state();
        let later = |known: &&Known| after.is_none_or(|after| known.attachment.file.id > after);
        let deleted = state.files.values().filter(|known| known.deleted).filter(later);
        Ok(deleted.take(limit as usize).map(|known| known.attachment.clone()).collect())
    }

    async fn forget(&self, organization: OrganizationId, id: AttachmentId) -> Result<(), PortError> {
        self.state()
            .files
            .retain(|of, known| !(*of == id && known.deleted && known.attachment.organization == organization));
        Ok(())
    }

    async fn unchecked(&self, limit: u32) -> Result<Vec<Attachment>, PortError> {
        let state = self.state();
        let held = state.files.values().filter(|known| !known.deleted).map(|known| &known.attachment);
        let held = held.filter(|one| one.stored && one.status == AttachmentStatus::Pending);
        Ok(held.take(limit as usize).cloned().collect())
    }

    async fn known(&self, ids: &[AttachmentId]) -> Result<Vec<AttachmentId>, PortError> {
        let state = self.state();
        Ok(ids.iter().copied().filter(|id| state.files.contains_key(id)).collect())
    }
}
