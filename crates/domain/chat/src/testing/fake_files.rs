//! The bytes of files, and a scanner, in memory.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use kernel::{AttachmentId, Env, PortError, PortErrorKind, Timestamp};

use crate::{FileKey, FileSource, Files, Incoming, Scanner, Spool, Spooled, StoredFile, UploadCut, Verdict};

type Kept = BTreeMap<String, (FileKey, Vec<u8>, Timestamp)>;

/// [`Files`] in memory. What it says the SHA-256 of a file is, is none: only the same for the same bytes.
pub struct FakeFiles {
    env: Arc<dyn Env>,
    kept: Arc<Mutex<Kept>>,
    fault: Arc<Mutex<Option<PortErrorKind>>>,
    fast: Mutex<HashSet<AttachmentId>>,
    owner: Mutex<Option<String>>,
    page: usize,
}

impl FakeFiles {
    /// An empty one.
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self {
            env,
            kept: Arc::default(),
            fault: Arc::default(),
            fast: Mutex::default(),
            owner: Mutex::default(),
            page: 2,
        }
    }

    /// The same with so many files on a page of its list.
    #[must_use]
    pub fn in_pages_of(self, page: usize) -> Self {
        Self { page, ..self }
    }

    /// Lets everything fail, or nothing any more.
    pub fn fail(&self, fault: Option<PortErrorKind>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Lets this file be removed or read by nobody.
    pub fn hold_fast(&self, id: AttachmentId) {
        self.fast.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// How many files are kept.
    pub fn count(&self) -> usize {
        lock(&self.kept).len()
    }

    /// Keeps bytes that belong to nothing.
    pub fn leave(&self, key: &FileKey, bytes: &[u8]) {
        lock(&self.kept).insert(path(key), (key.clone(), bytes.to_vec(), self.env.now()));
    }

    /// What [`Spooled::sha256`] says of bytes here.
    pub fn digest(bytes: &[u8]) -> String {
        let hash = bytes
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }

    fn check(&self) -> Result<(), PortError> {
        check(&self.fault)
    }

    fn check_one(&self, key: &FileKey) -> Result<(), PortError> {
        let is_fast = self.fast.lock().unwrap_or_else(PoisonError::into_inner).contains(&key.attachment);
        if is_fast { Err(PortError::unavailable("as the test wants it")) } else { self.check() }
    }
}

fn lock(kept: &Mutex<Kept>) -> std::sync::MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(fault: &Mutex<Option<PortErrorKind>>) -> Result<(), PortError> {
    match *fault.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(kind) => Err(PortError::new(kind, "as the test wants it")),
        None => Ok(()),
    }
}

fn path(key: &FileKey) -> String {
    format!("{}/{}/{}", key.support_request, key.attachment, key.file_name)
}

#[async_trait]
impl Files for FakeFiles {
    async fn spool(&self) -> Result<Box<dyn Spool>, PortError> {
        self.check()?;
        let (kept, fault) = (Arc::clone(&self.kept), Arc::clone(&self.fault));
        Ok(Box::new(FakeSpool { bytes: Vec::new(), kept, fault, at: self.env.now() }))
    }

    async fn read(&self, key: &FileKey, from: u64, length: u64) -> Result<Option<Box<dyn FileSource>>, PortError> {
        self.check_one(key)?;
        let kept = lock(&self.kept);
        let Some((_, bytes, _)) = kept.get(&path(key)) else { return Ok(None) };
        let skip = |bytes: &[u8], from: u64, length: u64| -> Vec<u8> {
            let (from, length) = (usize::try_from(from), usize::try_from(length));
            bytes.iter().copied().skip(from.unwrap_or(usize::MAX)).take(length.unwrap_or(usize::MAX)).collect()
        };
        Ok(Some(Box::new(Once(Some(skip(bytes, from, length))))))
    }

    async fn delete(&self, key: &FileKey) -> Result<(), PortError> {
        self.check_one(key)?;
        lock(&self.kept).remove(&path(key));
        Ok(())
    }

    async fn link(&self, _: &FileKey, _: &str, _: Duration) -> Result<Option<String>, PortError> {
        Ok(None)
    }

    async fn list(&self, after: Option<&FileKey>) -> Result<Vec<StoredFile>, PortError> {
        self.check()?;
        let after = after.map(path);
        let kept = lock(&self.kept);
        let later = kept.iter().filter(|(path, _)| after.as_ref().is_none_or(|after| *path > after));
        Ok(later.take(self.page).map(|(_, (key, _, at))| StoredFile { key: key.clone(), at: *at }).collect())
    }

    async fn remove_leftovers(&self) -> Result<u64, PortError> {
        self.check()?;
        Ok(0)
    }

    async fn owner(&self) -> Result<Option<String>, PortError> {
        self.check()?;
        Ok(self.owner.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn claim(&self, installation: &str) -> Result<(), PortError> {
        self.check()?;
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner) = Some(installation.to_owned());
        Ok(())
    }

    async fn ping(&self) -> Result<(), PortError> {
        self.check()
    }
}

struct FakeSpool {
    bytes: Vec<u8>,
    kept: Arc<Mutex<Kept>>,
    fault: Arc<Mutex<Option<PortErrorKind>>>,
    at: Timestamp,
}

#[async_trait]
impl Spool for FakeSpool {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        check(&self.fault)?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(&mut self) -> Result<Spooled, PortError> {
        Ok(Spooled { size: self.bytes.len() as u64, sha256: FakeFiles::digest(&self.bytes) })
    }

    async fn read(&mut self) -> Result<Box<dyn FileSource>, PortError> {
        Ok(Box::new(Once(Some(self.bytes.clone()))))
    }

    async fn keep(self: Box<Self>, key: &FileKey, _: &str) -> Result<(), PortError> {
        check(&self.fault)?;
        lock(&self.kept).insert(path(key), (key.clone(), self.bytes, self.at));
        Ok(())
    }
}

struct Once(Option<Vec<u8>>);

#[async_trait]
impl FileSource for Once {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.0.take().filter(|bytes| !bytes.is_empty()))
    }
}

/// A scanner that finds the word `EICAR`, says nothing of what says `MUTE`, and never looks at what says `LARGE`.
#[derive(Default)]
pub struct FakeScanner {
    down: AtomicBool,
}

impl FakeScanner {
    /// Lets it answer no more, or again.
    pub fn down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }
}

#[async_trait]
impl Scanner for FakeScanner {
    async fn scan(&self, file: &mut dyn FileSource) -> Result<Verdict, PortError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(PortError::unavailable("as the test wants it"));
        }
        let mut all = Vec::new();
        while let Some(piece) = file.next().await? {
            all.extend(piece);
        }
        let says = |word: &[u8]| all.windows(word.len()).any(|part| part == word);
        match () {
            () if says(b"MUTE") => Err(PortError::unavailable("as the test wants it")),
            () if says(b"LARGE") => Ok(Verdict::Refused("larger than the limit".to_owned())),
            () if says(b"EICAR") => Ok(Verdict::Found("Test.EICAR".to_owned())),
            () => Ok(Verdict::Clean),
        }
    }

    async fn ping(&self) -> Result<(), PortError> {
        let down = self.down.load(Ordering::SeqCst);
        if down { Err(PortError::unavailable("as the test wants it")) } else { Ok(()) }
    }
}

/// Bytes that come in piece by piece, and may be cut off.
pub struct FakeIncoming {
    pieces: std::vec::IntoIter<Vec<u8>>,
    now: Vec<u8>,
    cut: bool,
}

impl FakeIncoming {
    /// All of these bytes.
    pub fn whole(bytes: &[u8]) -> Self {
        Self {
            pieces: bytes.chunks(1_000).map(<[u8]>::to_vec).collect::<Vec<_>>().into_iter(),
            now: Vec::new(),
            cut: false,
        }
    }

    /// These bytes, and then no more.
    pub fn cut(bytes: &[u8]) -> Self {
        Self { cut: true, ..Self::whole(bytes) }
    }
}

#[async_trait(?Send)]
impl Incoming for FakeIncoming {
    async fn next(&mut self) -> Result<Option<&[u8]>, UploadCut> {
        match self.pieces.next() {
            Some(piece) => {
                self.now = piece;
                Ok(Some(&self.now))
            }
            None if self.cut => Err(UploadCut),
            None => Ok(None),
        }
    }
}
