//! Where files are kept, and what looks into them.

use std::sync::Arc;

use anyhow::Context;
use chat::Files;
use clamd::{Address, Clamd};
use storage::{Bucket, Folder, StorageSettings};

use crate::config::Config;

/// Whether this node alone can read what it keeps.
///
/// # Errors
/// As [`open`].
pub(crate) fn are_local(config: &Config) -> anyhow::Result<bool> {
    Ok(matches!(settings(config)?, StorageSettings::Folder { shared: false, .. }))
}

/// Opens the configured storage, or the folder `files` in the data folder. A bucket is not asked for anything
/// yet: a server whose storage is down serves all the rest.
///
/// # Errors
/// A sentence that names the setting and what is wrong with it.
pub(crate) fn open(config: &Config) -> anyhow::Result<Arc<dyn Files>> {
    Ok(match settings(config)? {
        StorageSettings::Folder { path, shared } => {
            let opened = Folder::open(&path, shared, config.disk_reserve());
            Arc::new(opened.with_context(|| format!("files cannot be kept in {}", path.display()))?)
        }
        StorageSettings::Bucket(bucket) => {
            let opened = Bucket::open(&bucket, config.data_dir.join("incoming"), config.disk_reserve());
            Arc::new(opened.with_context(|| format!("files cannot be kept in the bucket {}", bucket.bucket))?)
        }
    })
}

fn settings(config: &Config) -> anyhow::Result<StorageSettings> {
    match &config.storage_url {
        Some(url) => StorageSettings::parse(url.expose()).context("storage_url cannot be used"),
        None => Ok(StorageSettings::Folder { path: config.data_dir.join("files"), shared: false }),
    }
}

/// The configured virus scanner, if there is one.
///
/// # Errors
/// A sentence that names the setting.
pub(crate) fn scanner(config: &Config) -> anyhow::Result<Option<Arc<Clamd>>> {
    let Some(address) = &config.clamd else { return Ok(None) };
    let address: Result<Address, _> = address.parse();
    let wrong = |_| anyhow::anyhow!("clamd must be tcp://host:port or unix:/path");
    Ok(Some(Arc::new(Clamd::new(address.map_err(wrong)?))))
}
