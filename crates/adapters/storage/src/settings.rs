//! Where files are kept, as it is configured.

use std::{collections::BTreeMap, io, path::PathBuf};

use kernel::Secret;
use url::Url;

/// Where files are kept.
#[derive(Debug)]
pub enum StorageSettings {
    /// In a folder of this machine.
    Folder {
        /// Where it is.
        path: PathBuf,
        /// Whether other nodes have the same folder under their own path, as it is said: a network's file system.
        shared: bool,
    },
    /// In a bucket.
    Bucket(BucketSettings),
}

/// A bucket of an S3-compatible storage.
#[derive(Debug)]
pub struct BucketSettings {
    /// Its name.
    pub bucket: String,
    /// The address of the storage; Amazon's own where there is none.
    pub endpoint: Option<String>,
    /// The region that addresses are signed for.
    pub region: String,
    /// Who the server is to the storage.
    pub access_key_id: Secret,
    /// What proves it.
    pub secret_access_key: Secret,
    /// Whether the bucket stands in the path of addresses and not in the host's name: so for most storages of
    /// one's own.
    pub path_style: bool,
}

/// Why files cannot be kept there.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The settings make no sense.
    #[error("{0}")]
    Settings(String),
    /// The folder cannot be used.
    #[error("the folder cannot be used: {0}")]
    Folder(#[from] io::Error),
}

impl StorageSettings {
    /// Reads `file:///…`, with `?shared=true` for a folder that every node has, or `s3://bucket?region=…&access_key_id=…&secret_access_key=…`, with `endpoint` for a
    /// storage that is not Amazon's, and `path_style`, which then is `true` when it is not said.
    ///
    /// # Errors
    /// A sentence that says what is wrong, and quotes no secret.
    pub fn parse(text: &str) -> Result<Self, StorageError> {
        let wrong = |why: &str| Err(StorageError::Settings(why.to_owned()));
        let Ok(url) = Url::parse(text) else { return wrong("it is no URL") };
        match url.scheme() {
            "file" => {
                let Ok(path) = url.to_file_path() else {
                    return wrong("it names no folder of this machine: it has to look like file:///srv/files");
                };
                let mut shared = false;
                for (name, value) in url.query_pairs() {
                    match (name.as_ref(), value.parse()) {
                        ("shared", Ok(is)) => shared = is,
                        ("shared", Err(_)) => return wrong("shared is true or false"),
                        _ => return wrong(&format!("the parameter {name} is not known")),
                    }
                }
                Ok(Self::Folder { path, shared })
            }
            "s3" => BucketSettings::parse(&url).map(Self::Bucket),
            _ => wrong("it must begin with file:// or s3://"),
        }
    }
}

impl BucketSettings {
    fn parse(url: &Url) -> Result<Self, StorageError> {
        let mut said: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let mut take = |name: &str| said.remove(name).filter(|value| !value.is_empty());
        let needed = |name: &str, value: Option<String>| {
            value.ok_or_else(|| StorageError::Settings(format!("the parameter {name} is missing")))
        };
        let endpoint = take("endpoint");
        let path_style = take("path_style").map_or(Ok(endpoint.is_some()), |text| text.parse());
        let settings = Self {
            bucket: needed("bucket", url.host_str().map(ToOwned::to_owned))?,
            region: needed("region", take("region"))?,
            access_key_id: Secret::new(needed("access_key_id", take("access_key_id"))?),
            secret_access_key: Secret::new(needed("secret_access_key", take("secret_access_key"))?),
            path_style: path_style.map_err(|_| StorageError::Settings("path_style is true or false".to_owned()))?,
            endpoint,
        };
        if !url.path().trim_matches('/').is_empty() {
            return Err(StorageError::Settings("the bucket has no folder: files stand under tickets/".to_owned()));
        }
        match said.keys().next() {
            Some(unknown) => Err(StorageError::Settings(format!("the parameter {unknown} is not known"))),
            None => Ok(settings),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_read_from_its_url() {
        let text = "s3://files?endpoint=http://127.0.0.1:9000&region=eu&access_key_id=me&secret_access_key=hush%2B%2F";
        let StorageSettings::Bucket(bucket) = StorageSettings::parse(text).unwrap() else { panic!() };
        assert_eq!((bucket.bucket.as_str(), bucket.region.as_str(), bucket.path_style), ("files", "eu", true));
        assert_eq!(bucket.secret_access_key.expose(), "hush+/");
        assert!(!format!("{bucket:?}").contains("hush"));
        let amazon = "s3://files?region=eu-west-3&access_key_id=me&secret_access_key=x";
        let StorageSettings::Bucket(bucket) = StorageSettings::parse(amazon).unwrap() else { panic!() };
        assert!(!bucket.path_style && bucket.endpoint.is_none());
    }

    #[test]
    fn a_folder_is_one_node_s_unless_it_is_said_to_be_shared() {
        for (text, wanted) in [
            ("file:///srv/files", false),
            ("file:///srv/files?shared=false", false),
            ("file:///srv/files?shared=true", true),
        ] {
            let StorageSettings::Folder { path, shared } = StorageSettings::parse(text).unwrap() else { panic!() };
            assert_eq!((path.to_str(), shared), (Some("/srv/files"), wanted));
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_told() {
        for (text, named) in [
            ("nonsense", "URL"),
            ("ftp://x", "file://"),
            ("file://elsewhere/x", "folder"),
            ("file:///srv/files?shared=maybe", "shared"),
            ("file:///srv/files?sharded=true", "sharded"),
            ("s3://files?access_key_id=a&secret_access_key=hush", "region"),
            ("s3://files?region=a&secret_access_key=hush", "access_key_id"),
            ("s3://files?region=a&access_key_id=a&secret_access_key=hush&acl=x", "acl"),
            ("s3://files?region=a&access_key_id=a&secret_access_key=hush&path_style=maybe", "path_style"),
            ("s3://files/folder?region=a&access_key_id=a&secret_access_key=hush", "folder"),
        ] {
            let error = StorageSettings::parse(text).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("hush"), "{text}: {error}");
        }
    }
}
