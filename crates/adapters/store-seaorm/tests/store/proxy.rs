//! A network between the store and PostgreSQL that can be held up and cut.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    asks: bool,
    answers: bool,
    /// Connections of an earlier one are cut.
    generation: u32,
}

impl Proxy {
    pub(crate) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = accepted.clone();
        let (state, seen) = watch::channel(State { asks: true, answers: true, generation: 0 });
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                tokio::spawn(pump(from_client, to_server, seen.clone(), |state| state.asks));
                tokio::spawn(pump(from_server, to_client, seen.clone(), |state| state.answers));
            }
        });
        Self { address, accepted, state }
    }

    /// How many connections were made so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Connections stay, bytes do not.
    pub(crate) fn freeze(&self) {
        self.state.send_modify(|state| (state.asks, state.answers) = (false, false));
    }

    /// What is asked arrives; what is answered does not.
    pub(crate) fn hold_answers(&self) {
        self.state.send_modify(|state| state.answers = false);
    }

    pub(crate) fn thaw(&self) {
        self.state.send_modify(|state| (state.asks, state.answers) = (true, true));
    }

    /// Ends all connections, with what they held back; new ones work.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| *state = State { asks: true, answers: true, generation: state.generation + 1 });
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
    open: fn(&State) -> bool,
) {
    let generation = state.borrow().generation;
    let mut buffer = [0; 16 * 1024];
    let mut cut = state.clone();
    loop {
        let count = tokio::select! {
            read = from.read(&mut buffer) => read.unwrap_or(0),
            _ = cut.wait_for(|now| now.generation != generation) => 0,
        };
        if count == 0 {
            return;
        }
        let Ok(now) = state.wait_for(|now| open(now) || now.generation != generation).await.map(|now| *now) else {
            return;
        };
        if now.generation != generation || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
