//! A private Redis, to be harmed, and a way to it on which messages get lost.

mod lossy;

pub use lossy::Lossy;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A `redis-server` of one test's own on a free port, which keeps nothing on disk; gone with this value.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// Started, and answering.
    pub fn start() -> Self {
        let mut redis = Self::stopped();
        redis.restart();
        redis
    }

    /// A port at which nobody answers yet.
    pub fn stopped() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port for Redis");
        let port = listener.local_addr().expect("the port").port();
        let folder = tempfile::Builder::new().prefix("guichet-redis-").tempdir().expect("a temporary folder");
        drop(listener);
        let mut child = spawn(port, folder.path());
        end(&mut child);
        Self { child, port, folder }
    }

    /// What `GUICHET_REDIS_URL` says.
    pub fn url(&self) -> String {
        url(self.address())
    }

    /// The same as a socket address.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        end(&mut self.child);
    }

    /// Starts it again on the same port, with nothing in it.
    pub fn restart(&mut self) {
        self.child = spawn(self.port, self.folder.path());
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
        end(&mut self.child);
    }
}

/// The address of a Redis, or of something before it.
pub fn url(address: SocketAddr) -> String {
    format!("redis://{address}/0")
}

fn spawn(port: u16, folder: &Path) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}

fn end(child: &mut Child) {
    // Both fail when it has ended already, which is well.
    let _ = child.kill();
    let _ = child.wait();
}
