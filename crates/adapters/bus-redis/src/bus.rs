//! Messages between nodes by publish and subscribe.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use realtime::bus::{Bus, Carried};
use redis::{Client, PushInfo, PushKind, aio::MultiplexedConnection};
use tokio::{
    sync::{
        mpsc::{self, Receiver, Sender, UnboundedReceiver, error::TrySendError},
        watch,
    },
    time::{sleep, timeout},
};

use crate::connection::{self, BadAddress, Current};

/// A bus by way of one Redis. What is handed over waits in a queue of bounded length, and is dropped while there is
/// no connection.
pub struct RedisBus {
    queue: Sender<Bytes>,
    current: Current,
}

/// Messages that wait for the connection.
const WAITING: usize = 10_000;
/// Messages that wait for this node's own ear.
const UNHEARD: usize = 10_000;
/// Messages that go out together at most.
const TOGETHER: usize = 128;
/// How long the answer to those may take, before the connection counts as lost.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait after a connection that could not be made, first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

impl RedisBus {
    /// The most bytes of a message: with more, the log is read instead.
    pub const LARGEST: usize = 64 * 1024;

    /// Joins the nodes that use this Redis under the same name. Connects in the background, again and again: a Redis
    /// that is down is no error. Ends when the bus is dropped.
    ///
    /// # Errors
    /// The address is none.
    pub fn join(address: &str, installation: &str) -> Result<(Arc<Self>, Receiver<Carried>), BadAddress> {
        let client = connection::client(address)?;
        let ((queue, waiting), (heard, ear)) = (mpsc::channel(WAITING), mpsc::channel(UNHEARD));
        let (now, current) = watch::channel(None);
        let channel = format!("guichet:{installation}:bus");
        tokio::spawn(Link { client, channel, waiting, heard, now }.run());
        Ok((Arc::new(Self { queue, current }), ear))
    }

    pub(crate) fn current(&self) -> Current {
        self.current.clone()
    }
}

impl Bus for RedisBus {
    fn send(&self, message: Bytes) {
        if self.queue.try_send(message).is_err() {
            dropped(1, "queue full");
        }
    }

    fn largest(&self) -> usize {
        Self::LARGEST
    }
}

struct Link {
    client: Client,
    channel: String,
    waiting: Receiver<Bytes>,
    heard: Sender<Carried>,
    now: watch::Sender<Option<MultiplexedConnection>>,
}

/// Why a connection is used no more.
enum Over {
    /// It is lost.
    Lost(String),
    /// Nobody needs it any more.
    Unused,
}

impl Link {
    async fn run(mut self) {
        let mut pause = PAUSE.0;
        let mut told = false;
        loop {
            let (sender, pushes) = mpsc::unbounded_channel();
            // Within the bound even where a host takes the connection and says nothing.
            let made = timeout(PATIENCE, connection::subscribed(&self.client, &self.channel, sender)).await;
            let why = match made {
                Ok(Ok(connection)) => {
                    (pause, told) = (PAUSE.0, false);
                    tracing::info!("the bus is connected to Redis");
                    metrics::gauge!("guichet_bus_connected").set(1.0);
                    // What waited is older than what was missed: the heads repair both.
                    self.drop_waiting();
                    self.now.send_replace(Some(connection.clone()));
                    if self.heard.send(Carried::Up).await.is_err() {
                        return;
                    }
                    let over = self.carry(connection, pushes).await;
                    self.now.send_replace(None);
                    metrics::gauge!("guichet_bus_connected").set(0.0);
                    if self.heard.send(Carried::Down).await.is_err() {
                        return;
                    }
                    match over {
                        Over::Unused => return,
                        Over::Lost(why) => why,
                    }
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            if !std::mem::replace(&mut told, true) {
                tracing::warn!(why, "the bus has no connection to Redis; it is tried again");
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
            self.drop_waiting();
            if self.waiting.is_closed() || self.heard.is_closed() {
                return;
            }
        }
    }

    /// Carries until the connection is lost.
    async fn carry(&mut self, connection: MultiplexedConnection, mut pushes: UnboundedReceiver<PushInfo>) -> Over {
        let ear = self.heard.clone();
        let listening = hear(&mut pushes, &ear);
        let saying = say(connection, &self.channel, &mut self.waiting);
        tokio::select! {
            over = listening => over,
            over = saying => over,
        }
    }

    fn drop_waiting(&mut self) {
        let mut count = 0;
        while self.waiting.try_recv().is_ok() {
            count += 1;
        }
        if count > 0 {
            dropped(count, "no connection");
        }
    }
}

/// Passes on what comes. A node that is slower than the bus loses messages here, and repairs them as any other loss;
/// memory is bounded, and the connection's answers are not held up.
async fn hear(pushes: &mut UnboundedReceiver<PushInfo>, heard: &Sender<Carried>) -> Over {
    loop {
        let Some(push) = pushes.recv().await else { return Over::Lost("the connection has ended".to_owned()) };
        if push.kind == PushKind::Disconnection {
            return Over::Lost("the connection was cut".to_owned());
        }
        let Some(payload) = connection::payload(push) else { continue };
        metrics::counter!("guichet_bus_received_total").increment(1);
        match heard.try_send(Carried::Message(Bytes::from(payload))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => dropped(1, "heard too late"),
            Err(TrySendError::Closed(_)) => return Over::Unused,
        }
    }
}

/// Publishes what is handed over, what waits together at a time.
async fn say(mut connection: MultiplexedConnection, channel: &str, waiting: &mut Receiver<Bytes>) -> Over {
    let mut batch = Vec::with_capacity(TOGETHER);
    loop {
        let count = waiting.recv_many(&mut batch, TOGETHER).await;
        if count == 0 {
            return Over::Unused;
        }
        let mut pipe = redis::pipe();
        for message in batch.drain(..) {
            pipe.cmd("PUBLISH").arg(channel).arg(&message[..]).ignore();
        }
        let sent = timeout(PATIENCE, pipe.query_async::<()>(&mut connection)).await;
        let why = match sent {
            Ok(Ok(())) => {
                metrics::counter!("guichet_bus_published_total").increment(count as u64);
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        dropped(count, "connection lost");
        return Over::Lost(why);
    }
}

fn dropped(count: usize, why: &'static str) {
    metrics::counter!("guichet_bus_dropped_total", "why" => why).increment(count as u64);
}
