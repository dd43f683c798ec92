//! Settings: defaults, then `guichet.toml`, then `GUICHET_…` variables.
//!
//! Every key of the file can be given as a variable: `database_url` as `GUICHET_DATABASE_URL`,
//! `enabled` of the section `limits` as `GUICHET_LIMITS_ENABLED`. A variable that ends in `_FILE`
//! names a file that holds the value, for secrets. An unknown key or a bad value stops the start
//! with a sentence that names it.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use config::{File, FileFormat, Value};
use kernel::Secret;
use serde::Deserialize;
use url::Url;

/// Variables that start with `GUICHET_` and are no settings: those of the test harness.
const NOT_OURS: &[&str] = &["GUICHET_TEST_", "GUICHET_CI_", "GUICHET_FAULT"];

/// All settings of the process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen; port 0 takes a free one. Default `127.0.0.1:8007`.
    pub listen: SocketAddr,
    /// The address under which browsers reach this server, e.g. `https://aide.exemple.fr`. Links,
    /// cookies and origins are made from it. Default: `http://` and the listening address.
    pub public_url: Option<Url>,
    /// The folder for everything that is kept on this machine. Default `./guichet-data`.
    pub data_dir: PathBuf,
    /// `postgres://…` or `sqlite://…`. Default: `guichet.sqlite` in the data folder.
    #[serde(default, deserialize_with = "secret")]
    pub database_url: Option<Secret>,
    /// `redis://…` or, with TLS, `rediss://…`: carries what nodes say to each other, and the budgets that they share.
    /// Several nodes on PostgreSQL do without it (they speak by way of the database, and count for themselves); a
    /// node on SQLite is alone, and refuses it.
    #[serde(default, deserialize_with = "secret")]
    pub redis_url: Option<Secret>,
    /// What this node is called among others, in logs and by the sessions of Socket.IO over long polling, whose names
    /// begin with it: 1 to 32 of `a`–`z`, `0`–`9` and `-`. Default: another one at
    /// each start.
    pub node_id: Option<String>,
    /// 32 bytes as base64 or hex: encrypts the keys that the database holds. Default: a file in
    /// the data folder, made at the first start. Nodes that share a database share it too.
    #[serde(default, deserialize_with = "secret")]
    pub secret_key: Option<Secret>,
    /// The certificate chain (PEM); with `tls_key`, the server speaks TLS itself.
    pub tls_cert: Option<PathBuf>,
    /// The private key (PEM) of `tls_cert`.
    pub tls_key: Option<PathBuf>,
    /// A listener of its own for `/metrics`; without it, `/metrics` needs `metrics_token`.
    pub metrics_listen: Option<SocketAddr>,
    /// The bearer token that `/metrics` asks for on the public listener.
    #[serde(default, deserialize_with = "secret")]
    pub metrics_token: Option<Secret>,
    /// Whether `/api/docs`, `/api/v1/openapi.json` and `/api/v1/asyncapi.yaml` are served. Default `true`.
    pub docs: bool,
    /// Migrate the database at the start. A database that is still empty is always migrated. Default `false`.
    pub migrate: bool,
    /// What to log, e.g. `info,store_seaorm=debug`. Default `info`.
    pub log: String,
    /// `text` or `json`. Default `text`.
    pub log_format: LogFormat,
    /// The bcrypt cost of new passwords, 4 to 31; each step doubles the time. Default 12.
    pub password_cost: u32,
    /// Not ready while less than this many MiB, or less than 5 %, are free on the disk of the data folder:
    /// a full disk refuses what people send. Files are refused then, also on the disk they are kept on. Default 512.
    pub disk_reserve_mib: u64,
    /// Threads that answer requests. Default: one a core.
    pub workers: Option<usize>,
    /// Where files are kept: `file:///…`, or `s3://bucket?region=…&access_key_id=…&secret_access_key=…` with
    /// `&endpoint=…` for a storage that is not Amazon's. Default: the folder `files` in the data folder. Nodes
    /// that share a database share it too: a bucket, or a folder of the network that each of them names with
    /// `?shared=true`.
    #[serde(default, deserialize_with = "secret")]
    pub storage_url: Option<Secret>,
    /// `clamd`, the daemon of `ClamAV`, which then looks into every file: `tcp://host:port` or `unix:/path`. Its
    /// `StreamMaxLength` has to allow the largest file. Without it, files are checked by their kind only.
    pub clamd: Option<String>,
    /// The most MiB of a file. Default 10.
    pub max_attachment_mb: u64,
    /// After how many seconds without a message a chat session ends. Default 1800.
    pub chat_timeout_s: u64,
    /// Rate budgets and bounds.
    pub limits: Limits,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Rate budgets and bounds. Nodes share the budgets of senders by way of Redis (`redis_url`); without it, and while it
/// does not answer, each node counts for itself, so that a person may send as much by way of each.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// `false` switches the rate budgets off, for tests and benchmarks; the server says so at its start.
    pub enabled: bool,
    /// The most realtime connections from one address (for IPv6: from one /64) on this node; one more is
    /// answered 429. To be raised where all clients come from one address: behind a proxy, or for a load
    /// test. Default 5 000.
    pub address_connections: usize,
    /// How many requests and conversations visitors may open in a minute from one address (for IPv6: from one /64). To
    /// be raised where all visitors come from one address, behind a proxy. Default 5.
    pub public_creations: u32,
    /// How often accounts and lost links may be asked for in a minute from one address. Default 10.
    pub account_attempts: u32,
    /// How often people may sign in, or try to, in a minute from one address. To be raised where many people share one.
    /// Default 10.
    pub logins: u32,
    /// How many letters anybody may have sent to one address in an hour. Default 3.
    pub letters: u32,
}

const DEFAULTS: &str = r#"
listen = "127.0.0.1:8007"
data_dir = "guichet-data"
docs = true
migrate = false
password_cost = 12
disk_reserve_mib = 512
chat_timeout_s = 1800
max_attachment_mb = 10
log = "info"
log_format = "text"
[limits]
enabled = true
address_connections = 5000
public_creations = 5
account_attempts = 10
logins = 10
letters = 3
"#;

impl Config {
    /// Reads the settings; `file` must exist when it is named, `guichet.toml` in the working
    /// folder is read when it is there.
    ///
    /// # Errors
    /// A sentence that names the key and what is wrong with it.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Self::from_parts(file, env::vars().filter(|(name, _)| name.starts_with("GUICHET_")))
    }

    pub(crate) fn from_parts(
        file: Option<&Path>,
        variables: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut builder = config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        builder = match file {
            Some(file) => builder.add_source(File::from(file).format(FileFormat::Toml).required(true)),
            None => builder.add_source(File::new("guichet.toml", FileFormat::Toml).required(false)),
        };
        for (name, value) in variables {
            if NOT_OURS.iter().any(|prefix| name.starts_with(prefix)) {
                continue;
            }
            let (name, value) = match name.strip_suffix("_FILE") {
                Some(stem) => {
                    let text = fs::read_to_string(&value)
                        .with_context(|| format!("{name} names the file {value}, which cannot be read"))?;
                    (stem.to_owned(), text.trim_end().to_owned())
                }
                None => (name, value),
            };
            builder = builder
                .set_override(key(&name), Value::from(value))
                .with_context(|| format!("{name} is not a setting"))?;
        }
        let config: Self = builder
            .build()
            .context("the settings cannot be read")?
            .try_deserialize()
            .map_err(|error| anyhow::anyhow!("a setting is wrong: {error}"))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            bail!("tls_cert and tls_key belong together: one of them is missing");
        }
        if let Some(url) = &self.public_url
            && !matches!(url.scheme(), "http" | "https")
        {
            bail!("public_url must begin with http:// or https://");
        }
        if self.chat_timeout_s == 0 {
            bail!("chat_timeout_s must be at least 1");
        }
        if !(1..=1024).contains(&self.max_attachment_mb) {
            bail!("max_attachment_mb must be 1 to 1024");
        }
        if self.workers == Some(0) {
            bail!("workers must be at least 1");
        }
        if let Some(name) = &self.node_id
            && (!(1..=32).contains(&name.len())
                || !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')))
        {
            bail!("node_id must be 1 to 32 of a-z, 0-9 and -");
        }
        if self.limits.address_connections == 0 {
            bail!("limits.address_connections must be at least 1");
        }
        let Limits { public_creations, account_attempts, logins, letters, .. } = self.limits;
        for (name, count) in [
            ("public_creations", public_creations),
            ("account_attempts", account_attempts),
            ("logins", logins),
            ("letters", letters),
        ] {
            if count == 0 {
                bail!("limits.{name} must be at least 1");
            }
        }
        Ok(())
    }

    /// How many bytes of a disk are kept free.
    pub(crate) fn disk_reserve(&self) -> u64 {
        self.disk_reserve_mib.saturating_mul(1 << 20)
    }

    /// The database: the configured one, or SQLite in the data folder.
    pub fn database(&self) -> Secret {
        self.database_url.clone().unwrap_or_else(|| {
            Secret::new(format!("sqlite://{}?mode=rwc", self.data_dir.join("guichet.sqlite").display()))
        })
    }
}

/// `GUICHET_LIMITS_ENABLED` is the key `limits.enabled`; other names have no section.
fn key(variable: &str) -> String {
    let name = variable.trim_start_matches("GUICHET_").to_lowercase();
    match name.split_once('_') {
        Some(("limits", rest)) => format!("limits.{rest}"),
        _ => name,
    }
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()).map(Secret::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let file = tempfile::NamedTempFile::new().unwrap();
        Config::from_parts(
            Some(file.path()),
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn variables_win_over_defaults() {
        let config = with(&[("GUICHET_LISTEN", "127.0.0.1:0"), ("GUICHET_LIMITS_ENABLED", "false")]).unwrap();
        assert_eq!(config.listen.port(), 0);
        assert!(!config.limits.enabled);
        assert_eq!(config.limits.address_connections, 5_000);
        let config = with(&[("GUICHET_LIMITS_ADDRESS_CONNECTIONS", "20000")]).unwrap();
        assert_eq!(config.limits.address_connections, 20_000);
        assert_eq!(config.log, "info");
        assert_eq!((config.limits.public_creations, config.limits.account_attempts, config.limits.letters), (5, 10, 3));
        let config = with(&[("GUICHET_LIMITS_PUBLIC_CREATIONS", "100")]).unwrap();
        assert_eq!(config.limits.public_creations, 100);
        for name in ["PUBLIC_CREATIONS", "ACCOUNT_ATTEMPTS", "LOGINS", "LETTERS"] {
            let error = with(&[(&format!("GUICHET_LIMITS_{name}"), "0")]).unwrap_err().to_string();
            assert!(error.contains(&format!("limits.{}", name.to_lowercase())), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = with(&[("GUICHET_DATABSE_URL", "x")]).unwrap_err().to_string();
        assert!(error.contains("databse_url"), "{error}");
        let error = with(&[("GUICHET_LIMITS_ENABLD", "x")]).unwrap_err().to_string();
        assert!(error.contains("enabld"), "{error}");
    }

    #[test]
    fn a_bad_value_is_named_with_its_key() {
        let error = with(&[("GUICHET_LISTEN", "nowhere")]).unwrap_err().to_string();
        assert!(error.contains("listen"), "{error}");
    }

    #[test]
    fn a_chat_that_never_lasts_is_refused() {
        let error = with(&[("GUICHET_CHAT_TIMEOUT_S", "0")]).unwrap_err().to_string();
        assert!(error.contains("chat_timeout_s"), "{error}");
        assert_eq!(with(&[]).unwrap().chat_timeout_s, 1_800);
    }

    #[test]
    fn a_secret_comes_from_a_file_and_is_never_printed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "postgres://me:hush@db/guichet\n").unwrap();
        let config = with(&[("GUICHET_DATABASE_URL_FILE", file.path().to_str().unwrap())]).unwrap();
        assert_eq!(config.database().expose(), "postgres://me:hush@db/guichet");
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn an_address_of_redis_is_a_secret_and_a_node_has_a_plain_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "rediss://me:hush@redis/0\n").unwrap();
        let config = with(&[("GUICHET_REDIS_URL_FILE", file.path().to_str().unwrap())]).unwrap();
        assert_eq!(config.redis_url.as_ref().unwrap().expose(), "rediss://me:hush@redis/0");
        assert!(!format!("{config:?}").contains("hush"));
        assert_eq!(with(&[("GUICHET_NODE_ID", "paris-1")]).unwrap().node_id.as_deref(), Some("paris-1"));
        for wrong in ["Paris", "a b", "é", "", &"a".repeat(33)] {
            let error = with(&[("GUICHET_NODE_ID", wrong)]).unwrap_err().to_string();
            assert!(error.contains("node_id"), "{wrong}: {error}");
        }
    }

    #[test]
    fn files_have_a_place_and_a_size() {
        let config = with(&[("GUICHET_MAX_ATTACHMENT_MB", "25"), ("GUICHET_CLAMD", "tcp://127.0.0.1:3310")]).unwrap();
        assert_eq!((config.max_attachment_mb, config.clamd.as_deref()), (25, Some("tcp://127.0.0.1:3310")));
        assert!(with(&[("GUICHET_MAX_ATTACHMENT_MB", "0")]).unwrap_err().to_string().contains("max_attachment_mb"));
        let config = with(&[("GUICHET_STORAGE_URL", "s3://files?region=eu&secret_access_key=hush")]).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn half_a_tls_pair_is_refused() {
        assert!(with(&[("GUICHET_TLS_CERT", "/tmp/cert.pem")]).unwrap_err().to_string().contains("tls_key"));
    }

    #[test]
    fn variables_of_the_harness_are_no_settings() {
        assert!(with(&[("GUICHET_TEST_POSTGRES_URL", "postgres://x")]).is_ok());
    }
}
