//! Reading a file of this machine piece by piece.

use std::{io::SeekFrom, path::Path};

use async_trait::async_trait;
use chat::FileSource;
use kernel::PortError;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};

use crate::incoming::port;

/// How much is read at once.
const PIECE: u64 = 64 * 1024;

pub(crate) struct Pieces {
    file: File,
    left: u64,
}

impl Pieces {
    /// From byte `from` on, at most `length` bytes; `None` when there is no file.
    pub(crate) async fn open(path: &Path, from: u64, length: u64) -> Result<Option<Self>, PortError> {
        let mut file = match File::open(path).await {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(port(error)),
        };
        if from > 0 {
            file.seek(SeekFrom::Start(from)).await.map_err(port)?;
        }
        Ok(Some(Self { file, left: length }))
    }
}

#[async_trait]
impl FileSource for Pieces {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, PortError> {
        let mut piece = vec![0; usize::try_from(self.left.min(PIECE)).unwrap_or(0)];
        let read = if piece.is_empty() { 0 } else { self.file.read(&mut piece).await.map_err(port)? };
        piece.truncate(read);
        self.left -= read as u64;
        Ok((read > 0).then_some(piece))
    }
}
