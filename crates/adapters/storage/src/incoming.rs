//! A file that comes in: in a file of its own that has no name anybody knows, hashed on its way.

use std::{
    fmt::Write as _,
    fs::{DirBuilder, DirEntry, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
    time::Duration,
};

use aws_lc_rs::digest::{Context, SHA256};
use chat::Spooled;
use kernel::{PortError, PortErrorKind};
use tempfile::TempPath;
use tokio::{fs::File, io::AsyncWriteExt};

use crate::Room;

/// Begins the names of what comes in, so that what a killed server left can be told.
const PREFIX: &str = "incoming-";
/// After how long what comes in is taken for left behind, where nothing else tells.
const LEFT_BEHIND: Duration = Duration::from_hours(1);

pub(crate) struct IncomingFile {
    file: File,
    path: TempPath,
    hash: Context,
    size: u64,
}

impl IncomingFile {
    /// Makes one in a folder, of whose disk so many bytes are to stay free.
    pub(crate) async fn create(folder: &Path, reserve: u64) -> Result<Self, PortError> {
        let folder = folder.to_owned();
        let made = blocking(move || {
            if !Room::of(&folder)?.is_enough(reserve) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let made = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)?;
            // Held until the file is kept or gone, by this process: it tells others that the file is none that was
            // left behind. Where the system knows no locks, its age does.
            match made.as_file().try_lock() {
                Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => Err(error),
                _ => Ok(made),
            }
        })
        .await?;
        let (file, path) = made.into_parts();
        Ok(Self { file: File::from_std(file), path, hash: Context::new(&SHA256), size: 0 })
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await.map_err(port)
    }

    /// All of it was handed to the system.
    pub(crate) async fn finish(&mut self) -> Result<Spooled, PortError> {
        self.file.flush().await.map_err(port)?;
        let digest = self.hash.clone().finish();
        let mut sha256 = String::with_capacity(64);
        for byte in digest.as_ref() {
            // Writing to a String cannot fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        Ok(Spooled { size: self.size, sha256 })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it durable, and gives its name away: who has it removes the file, or keeps it under another. The open
    /// file MUST be held until then.
    pub(crate) async fn into_path(mut self) -> Result<(TempPath, File), PortError> {
        self.file.flush().await.map_err(port)?;
        self.file.sync_all().await.map_err(port)?;
        Ok((self.path, self.file))
    }
}

/// Makes a folder, and those above it, for this server's eyes only.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// As [`make_folder`], for one whose rights are set also where it was there before.
pub(crate) fn make_own_folder(folder: &Path) -> io::Result<()> {
    make_folder(folder)?;
    std::fs::set_permissions(folder, Permissions::from_mode(0o700))
}

/// Removes what servers that ended left in the folder. With `by_lock` that is what no process holds, however young;
/// else, and where the system knows no locks, what is older than any upload lasts: locks of other machines may not be
/// seen in a folder of the network. One that cannot be removed stops no other.
pub(crate) fn remove_leftovers(folder: &Path, by_lock: bool) -> io::Result<u64> {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if !is_ours || !is_left(&entry, by_lock) {
            continue;
        }
        match std::fs::remove_file(entry.path()) {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, "what is left of an upload cannot be removed"),
        }
    }
    Ok(removed)
}

fn is_left(entry: &DirEntry, by_lock: bool) -> bool {
    let locked = by_lock.then(|| std::fs::File::open(entry.path()).map(|file| file.try_lock()));
    match locked {
        Some(Ok(Ok(()))) => true,
        Some(Ok(Err(TryLockError::WouldBlock))) => false,
        _ => {
            let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
            age.is_some_and(|age| age > LEFT_BEHIND)
        }
    }
}

/// Runs what waits for the disk where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, PortError> {
    tokio::task::spawn_blocking(work).await.map_err(PortError::unavailable)?.map_err(port)
}

/// An error of the system, as callers may be told of it.
pub(crate) fn port(error: io::Error) -> PortError {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PortErrorKind::Full,
        _ => PortErrorKind::Unavailable,
    };
    PortError::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_killed_server_left_is_removed_and_what_comes_in_is_not() {
        let home = tempfile::tempdir().unwrap();
        let mut coming = IncomingFile::create(home.path(), 0).await.unwrap();
        coming.write(b"words").await.unwrap();
        let left = home.path().join("incoming-left");
        std::fs::write(&left, b"words").unwrap();
        let other = home.path().join("other");
        std::fs::write(&other, b"words").unwrap();
        assert_eq!(remove_leftovers(home.path(), false).unwrap(), 0, "it is young, and may be another machine's");
        assert_eq!(remove_leftovers(home.path(), true).unwrap(), 1);
        assert!(!left.exists() && other.exists() && coming.path().exists());
        let (path, open) = coming.into_path().await.unwrap();
        assert_eq!(remove_leftovers(home.path(), true).unwrap(), 0, "it is held until it has its place");
        drop(open);
        let old = std::time::SystemTime::now() - LEFT_BEHIND - Duration::from_secs(1);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        assert_eq!(remove_leftovers(home.path(), false).unwrap(), 1);
    }
}
