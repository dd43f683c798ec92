//! TLS in the binary: a certificate and a key from files, read again when they change.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use anyhow::Context;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(10);

/// Holds the certificate of now.
#[derive(Debug)]
struct Reloading {
    files: Files,
    now: RwLock<Arc<CertifiedKey>>,
}

#[derive(Debug)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
}

impl ResolvesServerCert for Reloading {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// A TLS configuration over these files. A task looks at them every 10 s; a pair that cannot be
/// read is reported and the one before is kept.
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
pub(crate) fn configure(cert: PathBuf, key: PathBuf) -> anyhow::Result<ServerConfig> {
    let files = Files { cert, key };
    let resolver = Arc::new(Reloading { now: RwLock::new(Arc::new(files.read()?)), files });
    tokio::spawn(watch(Arc::clone(&resolver)));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    Ok(config)
}

async fn watch(resolver: Arc<Reloading>) {
    let mut seen = resolver.files.changed_at();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = resolver.files.changed_at();
        if now == seen {
            continue;
        }
        match resolver.files.read() {
            Ok(pair) => {
                *resolver.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                seen = now;
                tracing::info!(cert = %resolver.files.cert.display(), "certificate read again");
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "the new certificate is not used"),
        }
    }
}

impl Files {
    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.cert, &self.key].map(|path| fs::metadata(path).and_then(|data| data.modified()).ok())
    }

    fn read(&self) -> anyhow::Result<CertifiedKey> {
        let chain = CertificateDer::pem_file_iter(&self.cert)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .with_context(|| format!("tls_cert {} holds no certificates in PEM", self.cert.display()))?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .with_context(|| format!("tls_key {} holds no private key in PEM", self.key.display()))?;
        let pair = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
            .with_context(|| format!("{} and {} do not fit together", self.cert.display(), self.key.display()))?;
        Ok(pair)
    }
}
