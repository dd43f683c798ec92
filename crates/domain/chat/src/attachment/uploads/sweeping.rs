//! What runs by the clock: nothing is left behind, and what was held is checked.

use std::{
    collections::HashSet,
    sync::{PoisonError, atomic::Ordering},
};

use kernel::{AttachmentId, PortErrorKind, Timestamp};

use super::Uploads;
use crate::{Attachment, AttachmentStatus, ChatError, Checked, FileKey, Verdict};

/// How many files a sweep looks at in one go.
const BATCH: u32 = 100;

/// Of so many files and more, most are known, or the database is not the one that they belong to.
const MANY: usize = 20;

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
        let (unbound, unfinished) = (now - Self::UNBOUND_LIFE, now - Self::UNFINISHED_LIFE);
        let expired = self.attachments.expire(unbound, unfinished).await?;
        Ok(Swept { expired, forgotten: self.remove_deleted().await? })
    }

    /// Gives up what did not come in whole, so that it counts no longer. How many were given up.
    pub async fn sweep_unfinished(&self) -> Result<u64, ChatError> {
        let unfinished = self.env.now() - Self::UNFINISHED_LIFE;
        let expired = self.attachments.expire(Timestamp::from_micros(0), unfinished).await?;
        if expired > 0 {
            self.remove_deleted().await?;
        }
        Ok(expired)
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

    /// Whether the storage is this installation's, as far as was found out.
    pub fn has_own_files(&self) -> bool {
        !self.foreign.load(Ordering::Relaxed)
    }

    /// Finds out whether the storage is this installation's. One that nobody has claimed is claimed where it is
    /// empty, or where at least one of its files is known: a server whose database is new, older or another one than
    /// the files were kept with must not take them for left behind.
    pub async fn claim_files(&self, installation: &str) -> Result<bool, ChatError> {
        let mut owner = self.files.owner().await?;
        if owner.is_none() && self.may_claim().await? {
            self.files.claim(installation).await?;
            owner = self.files.owner().await?;
        }
        let is_own = owner.as_deref() == Some(installation);
        if !is_own {
            let owner = owner.as_deref().unwrap_or("nobody");
            tracing::warn!(
                installation,
                owner,
                "the storage keeps files of another installation, or of another database: nothing is removed there"
            );
        }
        self.foreign.store(!is_own, Ordering::Relaxed);
        Ok(is_own)
    }

    async fn may_claim(&self) -> Result<bool, ChatError> {
        let mut after: Option<FileKey> = None;
        loop {
            let page = self.files.list(after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(after.is_none()) };
            let ids: Vec<AttachmentId> = page.iter().map(|one| one.key.attachment).collect();
            if !self.attachments.known(&ids).await?.is_empty() {
                return Ok(true);
            }
            after = Some(last.key.clone());
        }
    }

    /// Removes bytes that belong to nothing: left by a server that ended between keeping a file and noting it.
    /// Those of less than an hour are left alone, because their upload may still run; all are where the storage is
    /// not this installation's, or where so many are unknown that the database cannot be the one they belong to.
    pub async fn remove_orphans(&self, installation: &str) -> Result<u64, ChatError> {
        if !self.claim_files(installation).await? {
            return Ok(0);
        }
        let old = self.env.now() - 2 * Self::UNFINISHED_LIFE;
        let (mut after, mut removed): (Option<FileKey>, u64) = (None, 0);
        loop {
            let page = self.files.list(after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(removed) };
            after = Some(last.key.clone());
            let old: Vec<_> = page.into_iter().filter(|one| one.at < old).map(|one| one.key).collect();
            let ids: Vec<AttachmentId> = old.iter().map(|key| key.attachment).collect();
            let known: HashSet<_> = self.attachments.known(&ids).await?.into_iter().collect();
            let orphans: Vec<_> = old.iter().filter(|key| !known.contains(&key.attachment)).collect();
            if old.len() >= MANY && orphans.len() > old.len() / 2 {
                tracing::warn!(
                    files = old.len(),
                    unknown = orphans.len(),
                    "most files of the storage are unknown: is this the database they belong to? None is removed"
                );
                self.foreign.store(true, Ordering::Relaxed);
                return Ok(removed);
            }
            for orphan in orphans {
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
