//! The key that encrypts what the database must not show in clear.

use std::{fs, io::Write, path::Path};

use anyhow::Context;
use crypto_aws_lc::SecretKey;
use kernel::Secret;

/// The configured key, or the one in the data folder, made there at the first start and
/// readable by its owner only.
///
/// # Errors
/// When the file can be neither read nor made.
pub(crate) fn load(configured: Option<&Secret>, data_dir: &Path) -> anyhow::Result<SecretKey> {
    if let Some(key) = configured {
        return SecretKey::parse(key).context("secret_key is wrong");
    }
    let path = data_dir.join("secret.key");
    match fs::read_to_string(&path) {
        Ok(text) => {
            SecretKey::parse(&Secret::new(text)).with_context(|| format!("the key file {} is wrong", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(&path),
        Err(error) => Err(error).with_context(|| format!("the key file {} cannot be read", path.display())),
    }
}

fn make(path: &Path) -> anyhow::Result<SecretKey> {
    let key = SecretKey::generate().context("no random bytes for a new key")?;
    // Written beside and linked into place, so that a kill never leaves half a key, and of two
    // first starts at once the later takes the key of the earlier.
    let folder = path.parent().context("the key file has no folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder).context("the key file cannot be made")?;
    file.write_all(key.to_text().expose().as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => {
            fs::File::open(folder)?.sync_all()?;
            Ok(key)
        }
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok(SecretKey::parse(&Secret::new(fs::read_to_string(path)?))?)
        }
        Err(error) => Err(error.error).with_context(|| format!("the key file {} cannot be made", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(None, folder.path()).unwrap();
        let again = load(None, folder.path()).unwrap();
        assert_eq!(again.to_text().expose(), first.to_text().expose());
        let mode = fs::metadata(folder.path().join("secret.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
