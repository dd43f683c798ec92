//! A private Redis, to be harmed, and a way to it on which messages get lost.

mod lossy;

pub use lossy::Lossy;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A `redis-server` of one test's own on a free port, which keeps nothing on disk; gone with this value.
#[derive(Debug)]
pub struct Redis {
    child: Option<Child>,
    port: u16,
    folder: TempDir,
    certificate: Option<Certificate>,
}

/// What a Redis shows that speaks TLS, and nothing else: the files of a certificate and of its key.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The chain (PEM).
    pub chain: PathBuf,
    /// The private key (PEM).
    pub key: PathBuf,
}

impl Redis {
    /// Started, and answering.
    pub fn start() -> Self {
        let mut redis = Self::stopped();
        redis.restart();
        redis
    }

    /// The same, by TLS only.
    pub fn with_tls(certificate: Certificate) -> Self {
        let mut redis = Self::stopped();
        redis.certificate = Some(certificate);
        redis.restart();
        redis
    }

    /// A port at which nobody answers yet.
    pub fn stopped() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port for Redis");
        let port = listener.local_addr().expect("the port").port();
        let folder = tempfile::Builder::new().prefix("guichet-redis-").tempdir().expect("a temporary folder");
        drop(listener);
        Self { child: None, port, folder, certificate: None }
    }

    /// What `GUICHET_REDIS_URL` says.
    pub fn url(&self) -> String {
        match self.certificate {
            None => url(self.address()),
            // Certificates are for names.
            Some(_) => format!("rediss://localhost:{}/0", self.port),
        }
    }

    /// The same as a socket address.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail when it has ended already, which is well.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again on the same port, with nothing in it.
    pub fn restart(&mut self) {
        self.child = Some(spawn(self.port, self.folder.path(), self.certificate.as_ref()));
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(self.address()).is_err() {
            assert!(Instant::now() < deadline, "redis-server does not answer after 30 s");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Runs one command, as an operator does.
    pub fn command(&self, words: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.port.to_string()]).args(words);
        xtask::process::read(&mut command).expect("redis-cli answers").trim().to_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The address of a Redis, or of something before it.
pub fn url(address: SocketAddr) -> String {
    format!("redis://{address}/0")
}

fn spawn(port: u16, folder: &Path, certificate: Option<&Certificate>) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]).arg(folder);
    let port = port.to_string();
    match certificate {
        None => command.args(["--port", &port]),
        Some(Certificate { chain, key }) => command
            .args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no", "--tls-cert-file"])
            .arg(chain)
            .arg("--tls-key-file")
            .arg(key)
            .arg("--tls-ca-cert-file")
            .arg(chain),
    };
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("redis-server is installed")
}
