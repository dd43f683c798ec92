//! Where files are kept.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use chat::Files;
use storage::Folder;
use url::Url;

use crate::config::Config;

/// Opens the configured storage, or the folder `files` in the data folder.
///
/// # Errors
/// A sentence that names the setting and what is wrong with it.
pub(crate) fn open(config: &Config) -> anyhow::Result<Arc<dyn Files>> {
    let Some(url) = &config.storage_url else { return folder(config.data_dir.join("files")) };
    let url = Url::parse(url.expose()).context("storage_url is no URL")?;
    match url.scheme() {
        "file" => match url.to_file_path() {
            Ok(path) => folder(path),
            Err(()) => bail!("storage_url names no folder of this machine: it has to look like file:///srv/files"),
        },
        other => bail!("storage_url must begin with file://, not with {other}://"),
    }
}

fn folder(path: PathBuf) -> anyhow::Result<Arc<dyn Files>> {
    let opened = Folder::open(&path);
    Ok(Arc::new(opened.with_context(|| format!("files cannot be kept in {}", path.display()))?))
}
