//! Tasks that look after files.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chat::{Files, Uploads};
use tokio::sync::Notify;

use super::tasks::{Did, Task};

/// Removes files that no message has. What seems to belong to nothing is left alone in the first run of a process, so
/// that a wrong setting can be mended; and nothing is removed from a storage of another installation.
pub(super) fn unbound_attachments(every: Duration, uploads: &Arc<Uploads>, installation: &str) -> Task {
    let is_first = Arc::new(AtomicBool::new(true));
    let with = (Arc::clone(uploads), installation.to_owned(), is_first);
    Task::new("unbound-attachments", every, &with, async |(uploads, installation, is_first)| {
        let is_first = is_first.swap(false, Ordering::Relaxed);
        if !uploads.claim_files(&installation).await? {
            return Ok(Did { count: 0, said: "nothing: the files belong to another installation".to_owned() });
        }
        let swept = uploads.sweep().await?;
        let orphans = if is_first { 0 } else { uploads.remove_orphans(&installation).await? };
        Ok(Did::of(swept.expired + swept.forgotten + orphans, "files without a message removed"))
    })
}

/// Removes what uploads to this node left behind.
pub(super) async fn remove_leftovers(files: Arc<dyn Files>) -> anyhow::Result<()> {
    let removed = files.remove_leftovers().await?;
    if removed > 0 {
        tracing::info!(job = "unfinished-files", removed, "what was left of uploads was removed");
    }
    Ok(())
}

/// Has files looked into that wait because the scanner did not answer.
pub(super) async fn check_held(uploads: Arc<Uploads>) -> anyhow::Result<()> {
    let checked = uploads.check_held().await?;
    if checked > 0 {
        tracing::info!(job = "attachment-scan", checked, "files that waited for the scanner were checked");
    }
    Ok(())
}

/// Removes the bytes of files as soon as their message is deleted; what fails is left to the sweep.
pub(super) async fn remove_with_messages(uploads: Arc<Uploads>, deleted: Arc<Notify>) {
    loop {
        deleted.notified().await;
        if let Err(error) = uploads.remove_deleted().await {
            tracing::warn!(%error, "the files of a deleted message are still there");
        }
    }
}
