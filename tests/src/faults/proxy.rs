//! A TCP proxy that spoils what goes through it, as told while it runs.

mod pipe;
#[cfg(test)]
mod tests;

use crate::storm::Random;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What happens to the bytes of a connection; the default is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    /// Every byte comes so much later.
    pub latency: Duration,
    /// And up to so much later again, at random, without overtaking.
    pub jitter: Duration,
    /// At most so many bytes a second in each direction.
    pub bytes_a_second: Option<u32>,
    /// Bytes are written in pieces of at most this size.
    pub slice: Option<usize>,
    /// From the client to the server.
    pub up: Flow,
    /// From the server to the client.
    pub down: Flow,
}

/// What happens to one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Flow {
    /// Bytes pass.
    #[default]
    Open,
    /// Nothing is read and nothing is written; what was sent comes when the direction opens.
    Frozen,
    /// Everything is read and thrown away, the end of the stream too: the other side hears nothing, and is told
    /// of nothing.
    Swallowed,
}

/// How a connection ends at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// RST to both sides.
    Reset,
    /// FIN to both sides.
    Close,
}

/// A listener of its own before one server.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    /// The receive buffer towards the server, where it must not hide that the client does not read.
    receive_buffer: Option<u32>,
    weather: Mutex<Weather>,
    connections: Mutex<Vec<Arc<Connection>>>,
    random: Mutex<Random>,
}

/// One connection, to be spoilt by itself.
#[derive(Debug)]
pub struct Connection {
    weather: watch::Sender<Weather>,
    end: watch::Sender<Option<End>>,
    cut_after: AtomicU64,
    carried: AtomicU64,
    pieces: AtomicU64,
}

impl Proxy {
    /// A proxy before that server.
    pub async fn before(upstream: SocketAddr, seed: u64) -> Self {
        Self::listen(upstream, None, seed).await
    }

    /// The same, with buffers of a few KiB towards the server: what a client does not read, the server feels soon.
    pub async fn narrow_before(upstream: SocketAddr, seed: u64) -> Self {
        Self::listen(upstream, Some(4 * 1024), seed).await
    }

    async fn listen(upstream: SocketAddr, receive_buffer: Option<u32>, seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port for the proxy");
        let address = listener.local_addr().expect("the proxy's port");
        let shared = Arc::new(Shared {
            upstream,
            receive_buffer,
            weather: Mutex::default(),
            connections: Mutex::default(),
            random: Mutex::new(Random::from_seed(seed)),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as an HTTP address.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, for all connections and those to come.
    pub fn set(&self, weather: Weather) {
        *lock(&self.shared.weather) = weather;
        for connection in self.connections() {
            connection.set(weather);
        }
    }

    /// The connections that are open, oldest first.
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        lock(&self.shared.connections).clone()
    }

    /// Ends all connections that are open; new ones may come.
    pub fn end_all(&self, end: End) {
        for connection in self.connections() {
            connection.end(end);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Connection {
    /// From now on, for this connection.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// What happens to it now.
    pub fn weather(&self) -> Weather {
        *self.weather.borrow()
    }

    /// Ends it at once.
    pub fn end(&self, end: End) {
        self.end.send_replace(Some(end));
    }

    /// Ends it by RST once it has carried so many bytes more, both directions together.
    pub fn cut_after(&self, bytes: u64) {
        self.cut_after.store(self.carried() + bytes, Ordering::SeqCst);
    }

    /// Bytes that were passed on, both directions together.
    pub fn carried(&self) -> u64 {
        self.carried.load(Ordering::SeqCst)
    }

    /// Writes that these bytes took.
    pub fn pieces(&self) -> u64 {
        self.pieces.load(Ordering::SeqCst)
    }

    fn new(weather: Weather) -> Self {
        Self {
            weather: watch::Sender::new(weather),
            end: watch::Sender::new(None),
            cut_after: AtomicU64::new(u64::MAX),
            carried: AtomicU64::new(0),
            pieces: AtomicU64::new(0),
        }
    }

    /// How many of `wanted` bytes may pass before the cut.
    fn may_pass(&self, wanted: usize) -> usize {
        let left = self.cut_after.load(Ordering::SeqCst).saturating_sub(self.carried());
        wanted.min(usize::try_from(left).unwrap_or(usize::MAX))
    }

    fn passed(&self, bytes: usize) {
        self.carried.fetch_add(bytes as u64, Ordering::SeqCst);
        self.pieces.fetch_add(1, Ordering::SeqCst);
    }

    async fn ended(&self) -> End {
        let mut end = self.end.subscribe();
        let told = end.wait_for(Option::is_some).await.ok().and_then(|end| *end);
        told.unwrap_or(End::Close)
    }
}

/// The tasks of the connections end with this one.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut carrying = JoinSet::new();
    loop {
        tokio::select! {
            // A client that is gone before it is accepted is its own trouble.
            Ok((client, _)) = listener.accept() => drop(carrying.spawn(serve(client, Arc::clone(&shared)))),
            Some(_) = carrying.join_next() => {}
        }
    }
}

async fn serve(mut client: TcpStream, shared: Arc<Shared>) {
    // The server is down: the client sees its connection go.
    let Ok(mut server) = connect(&shared).await else { return };
    let connection = Arc::new(Connection::new(*lock(&shared.weather)));
    lock(&shared.connections).push(Arc::clone(&connection));
    let seed = lock(&shared.random).next();
    let end = carry(&connection, &mut client, &mut server, seed).await;
    if end == End::Reset {
        for stream in [&client, &server] {
            // It may be gone already, which is as well.
            let _ = stream.set_zero_linger();
        }
    }
    lock(&shared.connections).retain(|other| !Arc::ptr_eq(other, &connection));
}

async fn connect(shared: &Shared) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = shared.receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    let server = socket.connect(shared.upstream).await?;
    server.set_nodelay(true)?;
    Ok(server)
}

async fn carry(connection: &Connection, client: &mut TcpStream, server: &mut TcpStream, seed: u64) -> End {
    // Slices are to arrive as slices.
    let _ = client.set_nodelay(true);
    let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
    let up = pipe::run(connection, |weather| weather.up, from_client, to_server, Random::from_seed(seed));
    let down = pipe::run(connection, |weather| weather.down, from_server, to_client, Random::from_seed(!seed));
    tokio::select! {
        done = async { tokio::try_join!(up, down) } => if done.is_ok() { End::Close } else { End::Reset },
        end = connection.ended() => end,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("the proxy does not panic while it writes")
}
