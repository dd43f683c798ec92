//! A real S3-compatible storage, and somebody in the middle who spoils what goes to it.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

const BUCKET: &str = "files";
const USER: &str = "the-tests";
const PASSWORD: &str = "the-password-of-the-tests";

/// A running s3s-fs; it ends with this value.
#[derive(Debug)]
pub struct S3 {
    child: Child,
    address: SocketAddr,
    home: TempDir,
}

impl S3 {
    /// Starts one with an empty bucket.
    pub async fn start() -> Self {
        let home = tempfile::Builder::new().prefix("guichet-s3-").tempdir().expect("a folder");
        std::fs::create_dir(home.path().join(BUCKET)).expect("a bucket");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let mut s3 = Self { child: run(address, home.path()), address, home };
        s3.listens().await;
        s3
    }

    /// As the server's settings take it, reached at `address`.
    pub fn setting_at(address: SocketAddr) -> String {
        format!(
            "s3://{BUCKET}?endpoint=http://{address}&region=us-east-1&access_key_id={USER}&secret_access_key={PASSWORD}"
        )
    }

    /// As the server's settings take it.
    pub fn setting(&self) -> String {
        Self::setting_at(self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// It is gone.
    pub fn stop(&mut self) {
        self.child.kill().expect("s3s-fs can be killed");
        self.child.wait().expect("it has ended");
    }

    /// It is back with all that it had.
    pub async fn restart(&mut self) {
        self.child = run(self.address, self.home.path());
        self.listens().await;
    }

    /// The paths of all that is in the bucket.
    pub fn objects(&self) -> Vec<String> {
        let bucket = self.home.path().join(BUCKET);
        let inside = |path: &PathBuf| path.strip_prefix(&bucket).expect("below").to_string_lossy().into_owned();
        let mut objects: Vec<String> = files_below(&bucket).iter().map(inside).collect();
        // What the storage itself notes down.
        objects.retain(|path| path.starts_with("tickets/"));
        objects.sort();
        objects
    }

    async fn listens(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(self.address).await.is_err() {
            assert!(Instant::now() < deadline, "s3s-fs does not listen");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        // It may have been stopped before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(address: SocketAddr, home: &Path) -> Child {
    let mut command = Command::new(xtask::install::s3s_fs());
    command.args(["--host", &address.ip().to_string(), "--port", &address.port().to_string()]);
    command.args(["--access-key", USER, "--secret-key", PASSWORD]).arg(home);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("`cargo xtask setup` installs s3s-fs")
}

/// Every file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            match () {
                () if path.is_dir() => folders.push(path),
                // The mark that says whose files they are is none of them.
                () if path.ends_with("tickets/.installation") => {}
                () => files.push(path),
            }
        }
    }
    files
}

/// What happens to a file on its way to the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoilt {
    /// It is refused with this status, and not passed on.
    Refused(u16),
    /// The connection is reset in the middle, and half of it was passed on.
    Cut,
    /// It is stored, and the answer gets lost.
    AnswerLost,
    /// It is stored late.
    Late(Duration),
    /// One byte of it is another.
    Changed,
    /// The answer names another content than was sent.
    OtherTag,
}

/// A listener in front of the storage: each `PUT` meets what was planned, in order, and then nothing.
#[derive(Debug)]
pub struct Middleman {
    address: SocketAddr,
    plan: Arc<Mutex<VecDeque<Spoilt>>>,
}

impl Middleman {
    /// Listens in front of a storage.
    pub async fn before(upstream: SocketAddr) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let plan: Arc<Mutex<VecDeque<Spoilt>>> = Arc::default();
        let shared = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let plan = Arc::clone(&shared);
                // A connection that breaks is what this is about.
                tokio::spawn(async move { serve(client, upstream, &plan).await.ok() });
            }
        });
        Self { address, plan }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the next files meet.
    pub fn plan(&self, spoilt: &[Spoilt]) {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).extend(spoilt);
    }

    /// What was planned and has not happened.
    pub fn left(&self) -> usize {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// One request, and the end of the connection.
async fn serve(mut client: TcpStream, upstream: SocketAddr, plan: &Mutex<VecDeque<Spoilt>>) -> std::io::Result<()> {
    let (head, mut body) = read_head(&mut client).await?;
    let length = header(&head, "content-length").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let spoilt =
        if head.starts_with("PUT ") { plan.lock().unwrap_or_else(PoisonError::into_inner).pop_front() } else { None };
    while body.len() < length {
        let mut piece = vec![0; 64 * 1024];
        let read = client.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        body.extend_from_slice(&piece[..read]);
    }
    match spoilt {
        Some(Spoilt::Refused(status)) => {
            let answer = format!("HTTP/1.1 {status} Spoilt\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return client.write_all(answer.as_bytes()).await;
        }
        Some(Spoilt::Late(time)) => sleep(time).await,
        Some(Spoilt::Changed) => body[0] ^= 1,
        Some(Spoilt::Cut) => body.truncate(length / 2),
        Some(Spoilt::AnswerLost | Spoilt::OtherTag) | None => {}
    }
    let mut server = TcpStream::connect(upstream).await?;
    let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    server.write_all(head.as_bytes()).await?;
    server.write_all(&body).await?;
    if spoilt == Some(Spoilt::Cut) {
        return Ok(());
    }
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    match spoilt {
        Some(Spoilt::AnswerLost) => Ok(()),
        Some(Spoilt::OtherTag) => {
            let text = String::from_utf8_lossy(&answer).into_owned();
            let tag = header(&text, "etag").unwrap_or_default();
            let other = text.replace(&tag, "\"00000000000000000000000000000000\"");
            client.write_all(other.as_bytes()).await
        }
        _ => client.write_all(&answer).await,
    }
}

async fn read_head(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = read.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&read).into_owned(), body));
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => read.extend_from_slice(&piece[..count]),
        }
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}
