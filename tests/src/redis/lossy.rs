use crate::storm::Random;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A way to a Redis that loses what is published, and says that it was done.
///
/// A lost message goes out on another channel, to which nobody listens: so the answers stay in their order.
#[derive(Debug)]
pub struct Lossy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    percent: AtomicU64,
    lost: AtomicUsize,
    random: Mutex<Random>,
}

impl Lossy {
    /// Loses nothing yet.
    pub async fn before(upstream: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("the port");
        let random = Mutex::new(Random::from_seed(seed));
        let shared = Arc::new(Shared { upstream, percent: AtomicU64::new(0), lost: AtomicUsize::new(0), random });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    /// Where a node connects.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on so many of a hundred messages are lost.
    pub fn lose(&self, percent: u64) {
        self.shared.percent.store(percent, Ordering::SeqCst);
    }

    /// How many were lost.
    pub fn lost(&self) -> usize {
        self.shared.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Lossy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut carrying = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                let shared = Arc::clone(&shared);
                // Its end is seen by both sides.
                carrying.spawn(async move { carry(client, &shared).await });
            }
            Some(_) = carrying.join_next() => {}
        }
    }
}

async fn carry(client: TcpStream, shared: &Shared) -> io::Result<()> {
    let server = TcpStream::connect(shared.upstream).await?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let ((from_client, mut to_client), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
    let mut commands = BufReader::new(from_client);
    tokio::select! {
        done = async { loop { pass(&mut commands, &mut to_server, shared).await?; } } => done,
        done = tokio::io::copy(&mut from_server, &mut to_client) => done.map(drop),
    }
}

/// Passes one command on: an array of strings (RESP).
async fn pass(
    from: &mut BufReader<impl AsyncRead + Unpin>,
    to: &mut (impl AsyncWrite + Unpin),
    shared: &Shared,
) -> io::Result<()> {
    let count = number(from, b'*').await?;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        let mut word = vec![0; number(from, b'$').await? + 2];
        from.read_exact(&mut word).await?;
        word.truncate(word.len() - 2);
        words.push(word);
    }
    if words.first().is_some_and(|word| word.eq_ignore_ascii_case(b"PUBLISH")) && shared.loses() {
        words[1] = b"nobody listens here".to_vec();
    }
    let mut out = format!("*{count}\r\n").into_bytes();
    for word in words {
        out.extend(format!("${}\r\n", word.len()).into_bytes());
        out.extend(word);
        out.extend(b"\r\n");
    }
    to.write_all(&out).await
}

async fn number(from: &mut BufReader<impl AsyncRead + Unpin>, sign: u8) -> io::Result<usize> {
    let mut line = Vec::new();
    loop {
        match from.read_u8().await? {
            b'\n' => break,
            byte => line.push(byte),
        }
    }
    let text = line.strip_prefix(&[sign]).and_then(|rest| std::str::from_utf8(rest).ok());
    text.and_then(|text| text.trim().parse().ok()).ok_or_else(|| io::Error::other("no command of Redis"))
}

impl Shared {
    fn loses(&self) -> bool {
        let drawn = self.random.lock().expect("nobody panics here").between(1, 100);
        let loses = drawn <= self.percent.load(Ordering::SeqCst);
        self.lost.fetch_add(usize::from(loses), Ordering::SeqCst);
        loses
    }
}
