//! A real clamd that knows one signature: that of the EICAR test file.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// What every scanner finds, in two halves so that none finds it here.
pub fn eicar() -> Vec<u8> {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}

/// A running clamd; it ends with this value.
#[derive(Debug)]
pub struct Clamd {
    child: Option<Child>,
    address: SocketAddr,
    home: TempDir,
}

impl Clamd {
    /// One that does not run yet, with its address.
    pub fn prepare() -> Self {
        let home = tempfile::Builder::new().prefix("guichet-clamd-").tempdir().expect("a folder");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        write(home.path(), address);
        Self { child: None, address, home }
    }

    /// As the server's settings take it.
    pub fn setting(&self) -> String {
        format!("tcp://{}", self.address)
    }

    /// Starts it and waits until it listens.
    pub async fn start(&mut self) {
        let mut command = Command::new("clamd");
        command.arg("-c").arg(self.home.path().join("clamd.conf")).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().expect("clamd is installed"));
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(self.address).await.is_err() {
            assert!(Instant::now() < deadline, "clamd does not listen");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn write(home: &Path, address: SocketAddr) {
    let mut hex = String::new();
    for byte in eicar() {
        write!(hex, "{byte:02x}").expect("a text grows");
    }
    let database = home.join("db");
    std::fs::create_dir(&database).expect("a folder");
    std::fs::write(database.join("test.ndb"), format!("Test.EICAR:0:*:{hex}\n")).expect("a signature");
    let settings = format!(
        "TCPSocket {}\nTCPAddr {}\nForeground yes\nUser root\nDatabaseDirectory {}\nStreamMaxLength 30M\n",
        address.port(),
        address.ip(),
        database.display(),
    );
    std::fs::write(home.join("clamd.conf"), settings).expect("the settings");
}
