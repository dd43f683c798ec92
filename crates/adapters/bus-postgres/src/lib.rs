#![doc = include_str!("../README.md")]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use realtime::bus::{Bus, Carried};
use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions},
};
use tokio::{
    sync::mpsc::{self, Receiver, Sender, error::TrySendError},
    time::{sleep, timeout},
};

/// A bus by way of one database. What is handed over waits in a queue of bounded length, and is dropped while there
/// is no connection.
pub struct PostgresBus {
    queue: Sender<Bytes>,
}

/// The channel; notifications do not leave their database.
const CHANNEL: &str = "guichet";
/// Messages that wait for the connection.
const WAITING: usize = 10_000;
/// Messages that wait for this node's own ear.
const UNHEARD: usize = 10_000;
/// Messages that go out in one statement at most.
const TOGETHER: usize = 128;
/// How long PostgreSQL may take to answer, before the connection counts as lost.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait after a connection that was lost or could not be made, first and at most: those of the log come
/// first.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

impl PostgresBus {
    /// The most bytes of a message: a notification has less than 8 000, by PostgreSQL's manual ("NOTIFY").
    pub const LARGEST: usize = 7 * 1024;

    /// Joins the nodes that use this database. Connects in the background, again and again. Ends when the bus is dropped.
    ///
    /// # Errors
    /// The address is none.
    pub fn join(url: &str) -> Result<(Arc<Self>, Receiver<Carried>), sqlx::Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name("guichet-bus").disable_statement_logging();
        let ((queue, waiting), (heard, ear)) = (mpsc::channel(WAITING), mpsc::channel(UNHEARD));
        tokio::spawn(Link { options, waiting, heard }.run());
        Ok((Arc::new(Self { queue }), ear))
    }
}

impl Bus for PostgresBus {
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
    options: PgConnectOptions,
    waiting: Receiver<Bytes>,
    heard: Sender<Carried>,
}

/// Why a connection is used no more.
enum Over {
    Lost(String),
    Unused,
}

impl Link {
    async fn run(mut self) {
        let mut pause = PAUSE.0;
        let mut told = false;
        loop {
            let why = match timeout(PATIENCE, self.connect()).await {
                Ok(Ok(listener)) => {
                    (pause, told) = (PAUSE.0, false);
                    tracing::info!("the bus is connected to PostgreSQL");
                    metrics::gauge!("guichet_bus_connected").set(1.0);
                    self.drop_waiting();
                    if self.heard.send(Carried::Up).await.is_err() {
                        return;
                    }
                    let over = carry(listener, &self.heard, &mut self.waiting).await;
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
                tracing::warn!(why, "the bus has no connection to PostgreSQL; it is tried again");
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
            self.drop_waiting();
            if self.waiting.is_closed() || self.heard.is_closed() {
                return;
            }
        }
    }

    /// One connection to hear and to speak: where connections are short, the log needs them more.
    async fn connect(&self) -> Result<PgListener, sqlx::Error> {
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = pool.connect_with(self.options.clone()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        // A hint is not worth a disk's time; nor may a statement that hangs be waited for.
        sqlx::raw_sql("SET synchronous_commit = off; SET statement_timeout = 1500").execute(&mut listener).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
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

/// Carries until the connection is lost.
async fn carry(mut listener: PgListener, heard: &Sender<Carried>, waiting: &mut Receiver<Bytes>) -> Over {
    let mut batch = Vec::with_capacity(TOGETHER);
    loop {
        let over = tokio::select! {
            received = listener.try_recv() => match received {
                Ok(Some(notification)) => hear(&notification, heard),
                Ok(None) => Some(Over::Lost("the connection was cut".to_owned())),
                Err(error) => Some(Over::Lost(error.to_string())),
            },
            count = waiting.recv_many(&mut batch, TOGETHER) => match count {
                0 => Some(Over::Unused),
                _ => say(&mut listener, batch.drain(..)).await,
            },
        };
        if let Some(over) = over {
            return over;
        }
    }
}

fn hear(notification: &PgNotification, heard: &Sender<Carried>) -> Option<Over> {
    metrics::counter!("guichet_bus_received_total").increment(1);
    let message = Bytes::copy_from_slice(notification.payload().as_bytes());
    match heard.try_send(Carried::Message(message)) {
        Ok(()) => None,
        Err(TrySendError::Full(_)) => {
            dropped(1, "heard too late");
            None
        }
        Err(TrySendError::Closed(_)) => Some(Over::Unused),
    }
}

/// Notifies what was handed over, all of it in one transaction, which keeps the order.
async fn say(listener: &mut PgListener, batch: impl Iterator<Item = Bytes>) -> Option<Over> {
    let words: Vec<String> = batch.map(|message| String::from_utf8_lossy(&message).into_owned()).collect();
    let count = words.len();
    let notify = sqlx::query("SELECT pg_notify($1, word) FROM unnest($2::text[]) AS word").bind(CHANNEL).bind(words);
    let why = match timeout(PATIENCE, notify.execute(listener)).await {
        Ok(Ok(_)) => {
            metrics::counter!("guichet_bus_published_total").increment(count as u64);
            return None;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer".to_owned(),
    };
    dropped(count, "connection lost");
    Some(Over::Lost(why))
}

fn dropped(count: usize, why: &'static str) {
    metrics::counter!("guichet_bus_dropped_total", "why" => why).increment(count as u64);
}
