//! Files in a folder of this machine.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use chat::{FileKey, FileSource, Files, Spool, Spooled, StoredFile};
use kernel::{PortError, Timestamp};

use crate::{
    incoming::{IncomingFile, blocking, make_folder, make_own_folder, port, remove_leftovers},
    key,
    source::Pieces,
};

/// How many files one answer of `list` holds.
const PAGE: usize = 500;

/// [`Files`] in a folder of this machine. A file comes in beside the others under a name of its own, is made
/// durable, and only then gets its name, in one step.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    is_shared: bool,
    reserve: u64,
}

impl Folder {
    /// Opens the folder, and makes it where it is missing; what a killed server left of uploads is removed. So many
    /// bytes of its disk are kept free. In a shared folder, which other machines use too, only what is old is taken
    /// for left behind.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn open(root: impl Into<PathBuf>, is_shared: bool, reserve: u64) -> io::Result<Self> {
        let root = root.into();
        let folder = Self { root, is_shared, reserve };
        make_own_folder(&folder.root)?;
        make_own_folder(&folder.incoming())?;
        remove_leftovers(&folder.incoming(), !is_shared)?;
        Ok(folder)
    }

    fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    fn path(&self, key: &FileKey) -> PathBuf {
        self.root.join(key::path(key))
    }
}

#[async_trait]
impl Files for Folder {
    async fn spool(&self) -> Result<Box<dyn Spool>, PortError> {
        let file = IncomingFile::create(&self.incoming(), self.reserve).await?;
        Ok(Box::new(FolderSpool { file, root: self.root.clone() }))
    }

    async fn read(&self, key: &FileKey, from: u64, length: u64) -> Result<Option<Box<dyn FileSource>>, PortError> {
        let pieces = Pieces::open(&self.path(key), from, length).await?;
        Ok(pieces.map(|pieces| Box::new(pieces) as Box<dyn FileSource>))
    }

    async fn delete(&self, key: &FileKey) -> Result<(), PortError> {
        let path = self.path(key);
        blocking(move || {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // Folders that hold something else stay, which is all that these can fail with.
            let above = path.ancestors().skip(1).take(2);
            above.take_while(|folder| fs::remove_dir(folder).is_ok()).for_each(drop);
            Ok(())
        })
        .await
    }

    async fn link(&self, _: &FileKey, _: &str, _: Duration) -> Result<Option<String>, PortError> {
        Ok(None)
    }

    async fn list(&self, after: Option<&FileKey>) -> Result<Vec<StoredFile>, PortError> {
        let (tickets, after) = (self.root.join(key::ROOT), after.cloned());
        blocking(move || page(&tickets, after.as_ref())).await
    }

    async fn remove_leftovers(&self) -> Result<u64, PortError> {
        let (incoming, by_lock) = (self.incoming(), !self.is_shared);
        blocking(move || remove_leftovers(&incoming, by_lock)).await
    }

    async fn owner(&self) -> Result<Option<String>, PortError> {
        let path = self.root.join(key::ROOT).join(key::OWNER);
        blocking(move || match fs::read_to_string(path) {
            Ok(owner) => Ok(Some(owner.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    async fn claim(&self, installation: &str) -> Result<(), PortError> {
        let (tickets, incoming) = (self.root.join(key::ROOT), self.incoming());
        let installation = installation.to_owned();
        blocking(move || {
            make_folder(&tickets)?;
            let mut file = tempfile::NamedTempFile::new_in(incoming)?;
            writeln!(file, "{installation}")?;
            file.as_file().sync_all()?;
            // Whoever was first has it.
            match file.persist_noclobber(tickets.join(key::OWNER)) {
                Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
                _ => sync(&tickets),
            }
        })
        .await
    }

    async fn ping(&self) -> Result<(), PortError> {
        let incoming = self.incoming();
        blocking(move || fs::metadata(incoming)).await.map(drop)
    }
}

struct FolderSpool {
    file: IncomingFile,
    root: PathBuf,
}

#[async_trait]
impl Spool for FolderSpool {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        self.file.write(bytes).await
    }

    async fn finish(&mut self) -> Result<Spooled, PortError> {
        self.file.finish().await
    }

    async fn read(&mut self) -> Result<Box<dyn FileSource>, PortError> {
        match Pieces::open(self.file.path(), 0, self.file.size()).await? {
            Some(pieces) => Ok(Box::new(pieces)),
            None => Err(PortError::unavailable("what came in has gone")),
        }
    }

    async fn keep(self: Box<Self>, key: &FileKey, _: &str) -> Result<(), PortError> {
        let to = self.root.join(key::path(key));
        let (root, (from, open)) = (self.root, self.file.into_path().await?);
        tokio::task::spawn_blocking(move || {
            let folder = to.parent().unwrap_or(&root);
            make_folder(folder)?;
            from.persist(&to).map_err(|error| error.error)?;
            drop(open);
            // A name is durable once its folder is, and that one's name once the folder above is.
            folder.ancestors().take_while(|above| above.starts_with(&root)).try_for_each(sync)
        })
        .await
        .map_err(PortError::unavailable)?
        .map_err(port)
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// The files after one, in the order of their paths.
fn page(tickets: &Path, after: Option<&FileKey>) -> io::Result<Vec<StoredFile>> {
    let after = after.map(key::path);
    let mut found = Vec::new();
    // Where the one before stands beyond a folder, that has nothing after it.
    let is_over =
        |folder: &str| after.as_ref().is_some_and(|after| folder < after.as_str() && !after.starts_with(folder));
    for request in entries(tickets)? {
        if is_over(&format!("{}/{request}/", key::ROOT)) {
            continue;
        }
        for file in entries(&tickets.join(&request))? {
            let folder = tickets.join(&request).join(&file);
            for name in entries(&folder)? {
                let path = format!("{}/{request}/{file}/{name}", key::ROOT);
                let is_later = after.as_ref().is_none_or(|after| path > *after);
                if let Some(key) = key::parse(&path).filter(|_| is_later) {
                    let at = fs::metadata(folder.join(&name)).and_then(|data| data.modified());
                    found.push(StoredFile { key, at: moment(at.unwrap_or_else(|_| SystemTime::now())) });
                }
            }
            if found.len() >= PAGE {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// The names in a folder, in order; none where there is no folder (any more).
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut names: Vec<String> = read.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    Ok(names)
}

fn moment(at: SystemTime) -> Timestamp {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use kernel::PortErrorKind;

    use super::*;

    #[tokio::test]
    async fn no_file_comes_in_on_what_is_kept_free() {
        let home = tempfile::tempdir().unwrap();
        let refused = Folder::open(home.path(), false, u64::MAX).unwrap().spool().await.err().unwrap();
        assert_eq!(refused.kind(), PortErrorKind::Full);
    }

    #[tokio::test]
    async fn a_folder_is_claimed_by_whoever_was_first() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path(), false, 0).unwrap();
        assert_eq!(folder.owner().await.unwrap(), None);
        folder.claim("ours").await.unwrap();
        folder.claim("theirs").await.unwrap();
        assert_eq!(folder.owner().await.unwrap().as_deref(), Some("ours"));
        assert!(folder.list(None).await.unwrap().is_empty(), "the mark is no file of a conversation");
    }
}
