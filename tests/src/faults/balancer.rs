//! What stands before several nodes: a plain TCP balancer, as any proxy is one.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// One address for several nodes; connections go to those in rotation, in turn.
#[derive(Debug)]
pub struct Balancer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    nodes: Mutex<Vec<Node>>,
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Node {
    address: SocketAddr,
    in_rotation: bool,
    /// Counts up when its connections are to be ended.
    cuts: watch::Sender<usize>,
}

impl Balancer {
    /// All of them in rotation.
    pub async fn before(nodes: &[SocketAddr]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port for the balancer");
        let address = listener.local_addr().expect("the balancer's port");
        let node = |address: &SocketAddr| Node { address: *address, in_rotation: true, cuts: watch::Sender::new(0) };
        let nodes = Mutex::new(nodes.iter().map(node).collect());
        let shared = Arc::new(Shared { nodes, turn: AtomicUsize::new(0) });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    /// Where clients connect, as an HTTP address.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives a node no new connections; those it has stay.
    pub fn take_out(&self, node: usize) {
        self.shared.nodes()[node].in_rotation = false;
    }

    /// Gives it new connections again.
    pub fn put_in(&self, node: usize) {
        self.shared.nodes()[node].in_rotation = true;
    }

    /// Ends the connections that a node has.
    pub fn cut(&self, node: usize) {
        self.shared.nodes()[node].cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn nodes(&self) -> MutexGuard<'_, Vec<Node>> {
        self.nodes.lock().expect("the balancer does not panic")
    }

    /// The nodes in rotation, the one whose turn it is first.
    fn choice(&self) -> Vec<(SocketAddr, watch::Receiver<usize>)> {
        let nodes = self.nodes();
        let mut choice: Vec<_> = nodes.iter().filter(|node| node.in_rotation).collect();
        if !choice.is_empty() {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % choice.len();
            choice.rotate_left(turn);
        }
        choice.into_iter().map(|node| (node.address, node.cuts.subscribe())).collect()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut carrying = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => drop(carrying.spawn(carry(client, Arc::clone(&shared)))),
            Some(_) = carrying.join_next() => {}
        }
    }
}

/// A node that takes no connection is passed over.
async fn carry(mut client: TcpStream, shared: Arc<Shared>) {
    for (address, mut cuts) in shared.choice() {
        let Ok(mut node) = TcpStream::connect(address).await else { continue };
        for stream in [&client, &node] {
            // It may be gone already.
            let _ = stream.set_nodelay(true);
        }
        tokio::select! {
            // Its end is seen by both sides.
            _ = copy_bidirectional(&mut client, &mut node) => {}
            _ = cuts.changed() => {}
        }
        return;
    }
}
