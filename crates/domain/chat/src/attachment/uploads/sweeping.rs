//! What runs by the clock: nothing is left behind, and what was held is checked.

use std::{collections::HashSet, sync::PoisonError};

use kernel::{AttachmentId, PortErrorKind};

use super::{Uploads, before};
use crate::{Attachment, AttachmentStatus, ChatError, Checked, FileKey, Verdict};

/// How many files a sweep looks at in one go.
const BATCH: u32 = 100;

/// After so many held files in a row of which the scanner says nothing, the others wait for the next time.
const IN_A_ROW: u32 = 3;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Files whose time was over.
    pub expired: u64,
    /// Files whose bytes were removed and that were forgotten.
    pub forgotten: u64,
}

impl Uploads {
    /// Removes what no message has after its time, what did not come in whole, and the bytes of all that was
    /// deleted. May run on many nodes at once.
    pub async fn sweep(&self) -> Result<Swept, ChatError> {
        let now = self.env.now();
        let (unbound, unfinished) = (before(now, Self::UNBOUND_LIFE), before(now, Self::UNFINISHED_LIFE));
        let expired = self.attachments.expire(unbound, unfinished).await?;
        Ok(Swept { expired, forgotten: self.remove_deleted().await? })
    }

    /// Removes the bytes of all that was deleted.
    pub async fn remove_deleted(&self) -> Result<u64, ChatError> {
        let (mut after, mut forgotten) = (None, 0);
        loop {
            // What cannot be removed now stays noted, and those after it are looked at nevertheless.
            let deleted = self.attachments.deleted(after, BATCH).await?;
            let Some(last) = deleted.last() else { return Ok(forgotten) };
            after = Some(last.file.id);
            for one in deleted {
                forgotten += u64::from(self.remove_bytes(&one).await);
            }
        }
    }

    /// Removes bytes that belong to nothing: left by a server that ended between keeping a file and noting it.
    /// Those of less than an hour are left alone, because their upload may still run.
    pub async fn remove_orphans(&self) -> Result<u64, ChatError> {
        let old = before(self.env.now(), 2 * Self::UNFINISHED_LIFE);
        let (mut after, mut removed): (Option<FileKey>, u64) = (None, 0);
        loop {
            let page = self.files.list(after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(removed) };
            after = Some(last.key.clone());
            let old: Vec<_> = page.into_iter().filter(|one| one.at < old).map(|one| one.key).collect();
            let ids: Vec<AttachmentId> = old.iter().map(|key| key.attachment).collect();
            let known: HashSet<_> = self.attachments.known(&ids).await?.into_iter().collect();
            for orphan in old.iter().filter(|key| !known.contains(&key.attachment)) {
                match self.files.delete(orphan).await {
                    Ok(()) => removed += 1,
                    Err(error) => {
                        tracing::warn!(attachment = %orphan.attachment, %error, "bytes that belong to nothing are still there");
                    }
                }
            }
        }
    }

    /// Checks what was held because the scanner did not answer. How many were checked. One that cannot be checked
    /// keeps no other waiting: those that were tried in vain come last the next time.
    pub async fn check_held(&self) -> Result<u64, ChatError> {
        let held = self.by_hope(self.attachments.unchecked(BATCH).await?);
        let (mut checked, mut in_a_row) = (0, 0);
        for one in held {
            if self.check(&one).await? {
                (checked, in_a_row) = (checked + 1, 0);
                continue;
            }
            self.in_vain.lock().unwrap_or_else(PoisonError::into_inner).insert(one.file.id);
            in_a_row += 1;
            let is_up = match &self.scanner {
                Some(scanner) => scanner.ping().await.is_ok(),
                None => true,
            };
            if in_a_row == IN_A_ROW || !is_up {
                break;
            }
        }
        Ok(checked)
    }

    /// Those first that were not tried in vain; what waits no more is forgotten.
    fn by_hope(&self, mut held: Vec<Attachment>) -> Vec<Attachment> {
        let mut in_vain = self.in_vain.lock().unwrap_or_else(PoisonError::into_inner);
        in_vain.retain(|id| held.iter().any(|one| one.file.id == *id));
        if in_vain.len() == held.len() {
            in_vain.clear();
        }
        held.sort_by_key(|one| in_vain.contains(&one.file.id));
        held
    }

    /// Whether the scanner has said something of a file that is held.
    async fn check(&self, one: &Attachment) -> Result<bool, ChatError> {
        let mut file = match self.files.read(&one.key(), 0, one.file.size).await {
            Ok(Some(file)) => file,
            missing => {
                let error = missing.err();
                tracing::warn!(attachment = %one.file.id, ?error, "a file that is held cannot be read");
                return Ok(false);
            }
        };
        let Ok(verdict) = self.scan(&mut *file, one.file.id).await else { return Ok(false) };
        self.settle(one, &verdict).await?;
        Ok(true)
    }

    async fn settle(&self, one: &Attachment, verdict: &Verdict) -> Result<(), ChatError> {
        let clean = *verdict == Verdict::Clean;
        let status = if clean { AttachmentStatus::Ready } else { AttachmentStatus::Refused };
        let file = &one.file;
        let checked =
            Checked { mime_type: file.mime_type.clone(), size: file.size, sha256: file.sha256.clone(), status };
        // First it can be used by nobody, then its bytes go: never those of one that another node has found clean
        // in the meantime, which a message may have by now.
        let done = self.attachments.finish(one.organization, file.id, &checked).await?.is_some();
        if done
            && !clean
            && let Err(error) = self.files.delete(&one.key()).await
        {
            tracing::warn!(attachment = %file.id, %error, "the bytes of a refused file stay until it expires");
        }
        Ok(())
    }

    /// Removes the bytes of a file that is marked as deleted, and forgets it. Where that fails, the next sweep
    /// tries again.
    pub(super) async fn remove_bytes(&self, one: &Attachment) -> bool {
        let removed = match self.files.delete(&one.key()).await {
            Ok(()) => self.attachments.forget(one.organization, one.file.id).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &removed {
            let down = error.kind() == PortErrorKind::Unavailable;
            tracing::warn!(attachment = %one.file.id, %error, down, "the bytes of a deleted file are still there");
        }
        removed.is_ok()
    }
}
