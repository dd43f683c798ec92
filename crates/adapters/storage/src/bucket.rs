//! Files in a bucket of an S3-compatible storage.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use chat::{FileKey, FileSource, Files, Spool, Spooled, StoredFile};
use futures_util::{StreamExt, stream, stream::BoxStream};
use kernel::{PortError, PortErrorKind, Timestamp};
use object_store::{
    ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
    signer::{HeaderName, HeaderValue, Method, SignedUrlOptions, Signer},
};
use reqwest::{Body, StatusCode, header};

use crate::{
    BucketSettings, StorageError,
    incoming::{IncomingFile, blocking, make_own_folder, remove_leftovers},
    key,
    source::Pieces,
};

/// How many files one answer of `list` holds.
const PAGE: usize = 500;
/// How often a file is sent before it is given up.
const TRIES: u32 = 3;
/// How long one try may take, except of reading: a file is read as fast as whoever it is passed on to takes it.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long the storage may say nothing while a file is read.
const SILENCE: Duration = Duration::from_secs(30);
/// How long the storage may take to say anything at all.
const CONNECT: Duration = Duration::from_secs(3);
/// What the storage checks the bytes by.
const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-checksum-sha256");

/// [`Files`] in a bucket. A file comes in on this machine's disk, and goes to the bucket in one piece once it was
/// checked: nothing that is refused ever gets there, and no file is held in memory.
#[derive(Debug)]
pub struct Bucket {
    store: Arc<Sender>,
    incoming: PathBuf,
    reserve: u64,
}

#[derive(Debug)]
struct Sender {
    s3: AmazonS3,
    /// The same for reading files.
    reader: AmazonS3,
    http: reqwest::Client,
}

impl Bucket {
    /// Opens a bucket; `incoming` is the folder where files come in, of whose disk `reserve` bytes are kept free. The bucket is not asked for anything yet.
    ///
    /// # Errors
    /// When the folder cannot be made or written, or the settings make no sense.
    pub fn open(settings: &BucketSettings, incoming: PathBuf, reserve: u64) -> Result<Self, StorageError> {
        make_own_folder(&incoming)?;
        remove_leftovers(&incoming, true)?;
        let (s3, reader) = clients(settings, PATIENCE, SILENCE)?;
        let http = reqwest::Client::builder().connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none());
        let http = http.build().map_err(|error| StorageError::Settings(error.to_string()))?;
        Ok(Self { store: Arc::new(Sender { s3, reader, http }), incoming, reserve })
    }
}

/// Two clients: for what has to end within a time, and for reading, which may last as long as it goes on.
fn clients(
    settings: &BucketSettings,
    patience: Duration,
    silence: Duration,
) -> Result<(AmazonS3, AmazonS3), StorageError> {
    let options = || ClientOptions::new().with_connect_timeout(CONNECT).with_allow_http(true);
    let retry = RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(10), ..RetryConfig::default() };
    let client = |options: ClientOptions| {
        let mut s3 = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(settings.access_key_id.expose())
            .with_secret_access_key(settings.secret_access_key.expose())
            .with_virtual_hosted_style_request(!settings.path_style)
            .with_retry(retry.clone())
            .with_client_options(options);
        if let Some(endpoint) = &settings.endpoint {
            s3 = s3.with_endpoint(endpoint);
        }
        s3.build().map_err(|error| StorageError::Settings(error.to_string()))
    };
    let reading = options().with_timeout_disabled().with_read_timeout(silence);
    Ok((client(options().with_timeout(patience))?, client(reading)?))
}

#[async_trait]
impl Files for Bucket {
    async fn spool(&self) -> Result<Box<dyn Spool>, PortError> {
        let file = IncomingFile::create(&self.incoming, self.reserve).await?;
        Ok(Box::new(BucketSpool { file, spooled: None, store: Arc::clone(&self.store) }))
    }

    async fn read(&self, key: &FileKey, from: u64, length: u64) -> Result<Option<Box<dyn FileSource>>, PortError> {
        let range = Some(GetRange::Bounded(from..from.saturating_add(length)));
        let options = GetOptions { range, ..GetOptions::default() };
        match self.store.reader.get_opts(&path(key)?, options).await {
            Ok(found) => Ok(Some(Box::new(Remote(found.into_stream())))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(PortError::unavailable(error)),
        }
    }

    async fn delete(&self, key: &FileKey) -> Result<(), PortError> {
        match self.store.s3.delete(&path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(PortError::unavailable(error)),
        }
    }

    async fn link(&self, key: &FileKey, mime_type: &str, valid_for: Duration) -> Result<Option<String>, PortError> {
        // Signing asks nobody: whether the file can be had is found out here, and not by who follows the address.
        match self.store.s3.head(&path(key)?).await {
            Ok(_) => {}
            Err(error @ object_store::Error::NotFound { .. }) => return Err(PortError::corrupt(error)),
            Err(error) => return Err(PortError::unavailable(error)),
        }
        let options = SignedUrlOptions::new().with_query([
            ("response-content-disposition", key.file_name.content_disposition(false)),
            ("response-content-type", mime_type.to_owned()),
            ("response-cache-control", "private, max-age=3600, immutable".to_owned()),
        ]);
        let url = self.store.s3.signed_url_opts(Method::GET, &path(key)?, valid_for, &options).await;
        url.map(|url| Some(url.to_string())).map_err(PortError::unavailable)
    }

    async fn list(&self, after: Option<&FileKey>) -> Result<Vec<StoredFile>, PortError> {
        let root = Path::from(key::ROOT);
        let mut found = match after {
            Some(after) => self.store.s3.list_with_offset(Some(&root), &path(after)?),
            None => self.store.s3.list(Some(&root)),
        };
        let mut page = Vec::new();
        while page.len() < PAGE
            && let Some(one) = found.next().await
        {
            let one = one.map_err(PortError::unavailable)?;
            let at = Timestamp::from_micros(one.last_modified.timestamp_micros());
            page.extend(key::parse(one.location.as_ref()).map(|key| StoredFile { key, at }));
        }
        Ok(page)
    }

    async fn remove_leftovers(&self) -> Result<u64, PortError> {
        let incoming = self.incoming.clone();
        blocking(move || remove_leftovers(&incoming, true)).await
    }

    async fn owner(&self) -> Result<Option<String>, PortError> {
        let found = match self.store.s3.get(&owner()).await {
            Ok(found) => found.bytes().await.map_err(PortError::unavailable)?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(PortError::unavailable(error)),
        };
        Ok(Some(String::from_utf8_lossy(&found).trim().to_owned()))
    }

    async fn claim(&self, installation: &str) -> Result<(), PortError> {
        let name = format!("{installation}\n");
        self.store.s3.put(&owner(), name.into()).await.map(drop).map_err(PortError::unavailable)
    }

    async fn ping(&self) -> Result<(), PortError> {
        match self.store.s3.head(&Path::from(format!("{}/ping", key::ROOT))).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(PortError::unavailable(error)),
        }
    }
}

fn owner() -> Path {
    Path::from(format!("{}/{}", key::ROOT, key::OWNER))
}

/// As it is, without the escapes that other storages need.
fn path(key: &FileKey) -> Result<Path, PortError> {
    Path::parse(key::path(key)).map_err(PortError::corrupt)
}

struct Remote(BoxStream<'static, object_store::Result<bytes::Bytes>>);

#[async_trait]
impl FileSource for Remote {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, PortError> {
        let piece = self.0.next().await.transpose().map_err(PortError::unavailable)?;
        Ok(piece.map(Vec::from))
    }
}

struct BucketSpool {
    file: IncomingFile,
    spooled: Option<Spooled>,
    store: Arc<Sender>,
}

#[async_trait]
impl Spool for BucketSpool {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        self.file.write(bytes).await
    }

    async fn finish(&mut self) -> Result<Spooled, PortError> {
        let spooled = self.file.finish().await?;
        self.spooled = Some(spooled.clone());
        Ok(spooled)
    }

    async fn read(&mut self) -> Result<Box<dyn FileSource>, PortError> {
        match Pieces::open(self.file.path(), 0, self.file.size()).await? {
            Some(pieces) => Ok(Box::new(pieces)),
            None => Err(PortError::unavailable("what came in has gone")),
        }
    }

    async fn keep(self: Box<Self>, key: &FileKey, mime_type: &str) -> Result<(), PortError> {
        let spooled = self.spooled.as_ref().ok_or_else(|| PortError::corrupt("a file is kept that is not finished"))?;
        let mut pause = Duration::from_millis(100);
        for attempt in 1.. {
            // What was stored and not heard of is stored once more: the same bytes under the same name.
            match self.store.put(&self.file, spooled, key, mime_type).await {
                Err(error) if attempt < TRIES && error.kind() == PortErrorKind::Unavailable => {
                    tracing::warn!(attempt, cause = ?std::error::Error::source(&error), "a file is sent to the storage again");
                    tokio::time::sleep(pause).await;
                    pause *= 4;
                }
                done => {
                    done?;
                    break;
                }
            }
        }
        // It goes from this disk off the thread that serves others.
        let Self { file, .. } = *self;
        blocking(move || {
            drop(file);
            Ok(())
        })
        .await
    }
}

impl Sender {
    /// Sends a file in one piece, of which little is in memory at any time. The address is signed for these bytes
    /// alone, and the storage compares them with their checksum.
    async fn put(
        &self,
        file: &IncomingFile,
        spooled: &Spooled,
        key: &FileKey,
        mime_type: &str,
    ) -> Result<(), PortError> {
        let value = |text: &str| HeaderValue::from_str(text).map_err(PortError::corrupt);
        let (checksum, kind) = (value(&base64_of_hex(&spooled.sha256))?, value(mime_type)?);
        let options = SignedUrlOptions::new()
            .with_signed_header(CHECKSUM, checksum.clone())
            .with_signed_header(header::CONTENT_TYPE, kind.clone());
        let url = self.s3.signed_url_opts(Method::PUT, &path(key)?, PATIENCE * 2, &options).await;
        let url = url.map_err(PortError::unavailable)?;
        let pieces = Pieces::open(file.path(), 0, spooled.size).await?;
        let pieces = pieces.ok_or_else(|| PortError::unavailable("what came in has gone"))?;
        let body = stream::try_unfold(pieces, |mut pieces| async move {
            Ok::<_, PortError>(pieces.next().await?.map(|piece| (piece, pieces)))
        });
        let request = self
            .http
            .put(url)
            .timeout(PATIENCE)
            .header(CHECKSUM, checksum)
            .header(header::CONTENT_TYPE, kind)
            .header(header::CONTENT_LENGTH, spooled.size)
            .body(Body::wrap_stream(body));
        // The address holds a signature, which no log is to show.
        let answer = request.send().await.map_err(|error| PortError::unavailable(error.without_url()))?;
        match answer.status() {
            status if status.is_success() => {}
            StatusCode::INSUFFICIENT_STORAGE => {
                return Err(PortError::new(PortErrorKind::Full, "the storage has no room"));
            }
            status => return Err(PortError::unavailable(format!("the storage answered {status}"))),
        }
        let kept = self.s3.head(&path(key)?).await.map_err(PortError::unavailable)?;
        if kept.size == spooled.size {
            Ok(())
        } else {
            Err(PortError::unavailable("the storage keeps another number of bytes than it was sent"))
        }
    }
}

/// As S3 writes checksums.
fn base64_of_hex(hex: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Vec<u8> = hex.as_bytes().chunks(2).filter_map(byte).collect();
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    const PIECES: u32 = 6;

    /// A storage that gives out six bytes, one after each pause, and then says no more for a while.
    async fn slow(pause: Duration, promised: u32) -> BucketSettings {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let head = format!(
                        "HTTP/1.1 206 Partial Content\r\ncontent-length: {promised}\r\ncontent-range: bytes 0-{}/{promised}\r\n\
                         last-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\netag: \"a\"\r\n\r\n",
                        promised - 1
                    );
                    let _ = stream.write_all(head.as_bytes()).await;
                    for _ in 0..PIECES {
                        tokio::time::sleep(pause).await;
                        let _ = stream.write_all(b"x").await;
                    }
                    tokio::time::sleep(Duration::from_mins(1)).await;
                });
            }
        });
        let url = format!("s3://files?endpoint={endpoint}&region=eu&access_key_id=me&secret_access_key=x");
        let crate::StorageSettings::Bucket(settings) = crate::StorageSettings::parse(&url).unwrap() else { panic!() };
        settings
    }

    async fn read(s3: &AmazonS3, length: u32) -> object_store::Result<bytes::Bytes> {
        let range = Some(GetRange::Bounded(0..u64::from(length)));
        let options = GetOptions { range, ..GetOptions::default() };
        s3.get_opts(&Path::from("tickets/a"), options).await?.bytes().await
    }

    #[tokio::test]
    async fn reading_may_last_as_long_as_it_goes_on() {
        let settings = slow(Duration::from_millis(100), PIECES).await;
        let (all, silence) = (Duration::from_millis(300), Duration::from_secs(2));
        let (_, reader) = clients(&settings, all, silence).unwrap();
        assert_eq!(read(&reader, PIECES).await.unwrap().len(), 6, "it took longer than anything else may");
    }

    #[tokio::test]
    async fn reading_ends_when_the_storage_falls_silent() {
        let settings = slow(Duration::from_millis(1), PIECES + 1).await;
        let (_, reader) = clients(&settings, Duration::from_mins(1), Duration::from_millis(200)).unwrap();
        let read = tokio::time::timeout(Duration::from_secs(20), read(&reader, PIECES + 1)).await;
        assert!(read.expect("it ends").is_err());
    }

    #[test]
    fn a_checksum_is_written_as_s3_reads_it() {
        // Of nothing.
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(base64_of_hex(hex), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
