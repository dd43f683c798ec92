//! A folder with one file a mail.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use identity::{Mailer, OpenLetter};
use kernel::{PortError, PortErrorKind, Timestamp};
use mail_parser::MessageParser;
use tokio::{fs, io::AsyncWriteExt};
use url::Url;
use uuid::Uuid;

use crate::message;

/// Keeps each mail as a file `<id>.eml` of a folder, which only the server's own account may read.
#[derive(Debug, Clone)]
pub struct MailFiles {
    folder: PathBuf,
    base: Url,
}

/// A mail as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMail {
    /// The letter's id.
    pub id: Uuid,
    /// Whom it is to.
    pub to: String,
    /// What it says it is about.
    pub subject: String,
    /// When it was written, to the second.
    pub at: Timestamp,
    /// The plain text.
    pub text: String,
}

impl MailFiles {
    /// The most mails that are listed.
    pub const LISTED: usize = 200;

    /// Mails in that folder, which is made with the first one. `base` is the address under which browsers reach the
    /// server: links begin with it, and mails come from its host.
    pub fn new(folder: PathBuf, mut base: Url) -> Self {
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Self { folder, base }
    }

    /// The newest mails, newest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn list(&self) -> Result<Vec<StoredMail>, PortError> {
        let mut ids = Vec::new();
        match fs::read_dir(&self.folder).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(PortError::unavailable(error)),
            Ok(mut entries) => {
                while let Some(entry) = entries.next_entry().await.map_err(PortError::unavailable)? {
                    let name = entry.file_name();
                    let id = name.to_str().and_then(|name| name.strip_suffix(".eml")?.parse::<Uuid>().ok());
                    ids.extend(id);
                }
            }
        }
        // Ids are made in the order of time.
        ids.sort_unstable_by(|left, right| right.cmp(left));
        let mut mails = Vec::new();
        for id in ids.into_iter().take(Self::LISTED) {
            mails.extend(self.read(id).await?);
        }
        Ok(mails)
    }

    /// One mail.
    ///
    /// # Errors
    /// When its file cannot be read, or is no mail.
    pub async fn read(&self, id: Uuid) -> Result<Option<StoredMail>, PortError> {
        let bytes = match fs::read(self.folder.join(format!("{id}.eml"))).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(PortError::unavailable)?,
        };
        let mail =
            MessageParser::default().parse(&bytes).ok_or_else(|| PortError::corrupt("a file that is no mail"))?;
        let to = address(&mail).unwrap_or_default();
        let seconds = mail.date().map_or(0, mail_parser::DateTime::to_timestamp);
        Ok(Some(StoredMail {
            id,
            to: to.to_owned(),
            subject: mail.subject().unwrap_or_default().to_owned(),
            at: Timestamp::from_micros(seconds.saturating_mul(1_000_000)),
            text: mail.body_text(0).unwrap_or_default().into_owned(),
        }))
    }

    /// Removes the mails of a folder that are to one of these addresses, which are in small letters; those too that were
    /// only begun. How many.
    ///
    /// # Errors
    /// When the folder cannot be read, or a file not be removed.
    pub async fn remove_to(folder: &Path, addresses: &[String]) -> Result<usize, PortError> {
        if addresses.is_empty() {
            return Ok(0);
        }
        let mut entries = match fs::read_dir(folder).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            entries => entries.map_err(PortError::unavailable)?,
        };
        let mut removed = 0;
        while let Some(entry) = entries.next_entry().await.map_err(PortError::unavailable)? {
            let path = entry.path();
            if !path.extension().is_some_and(|kind| kind == "eml" || kind == "part") {
                continue;
            }
            let bytes = match fs::read(&path).await {
                // What was begun is whole by now, under another name that is still to come, or somebody else removed it.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                read => read.map_err(PortError::unavailable)?,
            };
            let to =
                MessageParser::default().parse_headers(&bytes).and_then(|mail| Some(address(&mail)?.to_lowercase()));
            if to.is_some_and(|to| addresses.contains(&to)) {
                match fs::remove_file(&path).await {
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    gone => gone.map_err(PortError::unavailable)?,
                }
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Under its name only once it is whole and durable; what is there under that name is the same mail.
    async fn write(&self, id: &str, bytes: &[u8]) -> io::Result<()> {
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        folder.mode(0o700);
        folder.create(&self.folder).await?;
        let part = self.folder.join(format!("{id}.part"));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(&part).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        fs::rename(part, self.folder.join(format!("{id}.eml"))).await
    }
}

/// Whom a mail is to.
fn address<'a>(mail: &'a mail_parser::Message<'_>) -> Option<&'a str> {
    mail.to()?.first()?.address()
}

#[async_trait]
impl Mailer for MailFiles {
    async fn deliver(&self, letter: &OpenLetter) -> Result<(), PortError> {
        let bytes = message::build(letter, &self.base)?;
        self.write(&letter.id.to_string(), &bytes).await.map_err(|error| {
            let kind =
                if error.kind() == ErrorKind::StorageFull { PortErrorKind::Full } else { PortErrorKind::Unavailable };
            PortError::new(kind, error)
        })
    }
}
