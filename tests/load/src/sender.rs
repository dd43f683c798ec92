//! Those who write, in the native protocol: at a steady pace, in conversations of others, each send answered once.

use crate::dialect::{Frame, Protocol};
use crate::ledger::Ledger;
use crate::socket::{Line, Socket};
use crate::subject::Seats;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

/// How long the last sends may wait for their answers.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a sender waits before it tries again to connect.
const AGAIN: Duration = Duration::from_millis(100);
/// How far apart two seats are that are written to one after the other; a prime, so that each has its turn.
const STRIDE: usize = 101;

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) senders: usize,
    /// Messages a second, of all senders together.
    pub(crate) rate: u32,
    /// The size of a message's content.
    pub(crate) bytes: usize,
}

/// An answered send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acked {
    pub(crate) sent: Instant,
    pub(crate) took: Duration,
}

/// Senders at work. Each conversation has one of them, so that its order is that of one connection.
pub(crate) struct Senders {
    tasks: JoinSet<Result<Vec<Acked>>>,
    stop: watch::Sender<bool>,
}

impl Senders {
    /// Connects them, and starts. With `stays`, one that loses its connection comes back and sends again what
    /// has no answer.
    pub(crate) async fn start(
        address: SocketAddr,
        seats: &Arc<Seats>,
        ledger: &Arc<Ledger>,
        pace: Pace,
        stays: bool,
    ) -> Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let mut sockets = Vec::new();
        for _ in 0..pace.senders {
            let socket = Socket::open(address, &seats.staff, Protocol::Native, Line::Plain).await;
            sockets.push(socket.context("a sender cannot connect")?);
        }
        let (mut tasks, start) = (JoinSet::new(), tokio::time::Instant::now());
        let between = Duration::from_secs(1) / pace.rate;
        for (number, socket) in (0_u32..).zip(sockets) {
            let sender = Sender {
                address,
                seats: Arc::clone(seats),
                ledger: Arc::clone(ledger),
                socket,
                waiting: BTreeMap::new(),
                acked: Vec::new(),
                next: number as usize,
                step: pace.senders,
                bytes: pace.bytes,
                stays,
            };
            let every = between * u32::try_from(pace.senders)?;
            let mut ticks = interval_at(start + between * number, every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            tasks.spawn(sender.run(ticks, stopped.clone()));
        }
        Ok(Self { tasks, stop })
    }

    /// Lets them send no more, and waits until each send has its answer.
    ///
    /// # Errors
    /// A send was refused for good, or has no answer in time.
    pub(crate) async fn finish(mut self) -> Result<Vec<Acked>> {
        self.stop.send_replace(true);
        let mut all = Vec::new();
        while let Some(acked) = self.tasks.join_next().await {
            all.extend(acked??);
        }
        Ok(all)
    }

    /// Whether one has given up.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(ended) = self.tasks.try_join_next() {
            ended??;
            bail!("a sender has stopped");
        }
        Ok(())
    }
}

struct Sender {
    address: SocketAddr,
    seats: Arc<Seats>,
    ledger: Arc<Ledger>,
    socket: Socket,
    /// By number: sends without an answer.
    waiting: BTreeMap<u64, Waiting>,
    acked: Vec<Acked>,
    /// The seat that is written to next.
    next: usize,
    step: usize,
    bytes: usize,
    stays: bool,
}

struct Waiting {
    seat: usize,
    content: String,
    since: Instant,
    /// When it is to be sent again.
    again: Option<tokio::time::Instant>,
}

impl Sender {
    async fn run(mut self, mut ticks: tokio::time::Interval, mut stopped: watch::Receiver<bool>) -> Result<Vec<Acked>> {
        let mut deadline = None;
        while deadline.is_none() || !self.waiting.is_empty() {
            let far = tokio::time::Instant::now() + PATIENCE;
            let again = self.waiting.values().filter_map(|one| one.again).min();
            let done = tokio::select! {
                _ = ticks.tick(), if deadline.is_none() => self.send().await,
                () = sleep_until(again.unwrap_or(far)), if again.is_some() => self.send_again(false).await,
                frame = self.socket.next() => match frame {
                    Ok(frame) => Ok(self.take(frame)?),
                    Err(error) => Err(error),
                },
                _ = stopped.changed(), if deadline.is_none() => {
                    deadline = Some(far);
                    Ok(())
                }
                () = sleep_until(deadline.unwrap_or(far)), if deadline.is_some() => {
                    bail!("{} sends have no answer", self.waiting.len())
                }
            };
            match done {
                Ok(()) => {}
                Err(_) if self.stays => self.come_back().await?,
                Err(error) => return Err(error.context("a sender was cut off")),
            }
        }
        Ok(self.acked)
    }

    async fn send(&mut self) -> Result<()> {
        let seat = self.next % self.seats.all.len();
        // Far from the one before, so that all get some; by steps that keep each seat with its sender.
        self.next += self.step * STRIDE;
        let (number, content) = self.ledger.message(self.bytes);
        let one = Waiting { seat, content, since: Instant::now(), again: None };
        let written = self.socket.send(&self.seats.all[seat].conversation, &number.to_string(), &one.content).await;
        self.waiting.insert(number, one);
        written
    }

    /// Sends again what is due, or all that has no answer.
    async fn send_again(&mut self, all: bool) -> Result<()> {
        let now = tokio::time::Instant::now();
        for (number, one) in &mut self.waiting {
            if all || one.again.is_some_and(|again| again <= now) {
                one.again = None;
                let conversation = &self.seats.all[one.seat].conversation;
                self.socket.send(conversation, &number.to_string(), &one.content).await?;
            }
        }
        Ok(())
    }

    fn take(&mut self, frame: Frame) -> Result<()> {
        match frame {
            Frame::Ack { client_message_id, seq } => {
                let number = client_message_id.parse()?;
                // The answer to the first of two sends of the same message answers both.
                if let Some(one) = self.waiting.remove(&number) {
                    self.ledger.ack(one.seat, seq, number);
                    self.acked.push(Acked { sent: one.since, took: one.since.elapsed() });
                }
            }
            Frame::Nack { client_message_id, code, retry, retry_after_ms } => {
                if !retry {
                    bail!("a send was refused: {code}");
                }
                let wait = Duration::from_millis(retry_after_ms.unwrap_or(0));
                if let Some(one) = self.waiting.get_mut(&client_message_id.parse()?) {
                    one.again = Some(tokio::time::Instant::now() + wait);
                }
            }
            Frame::Error { code } => bail!("a frame was refused: {code}"),
            _ => {}
        }
        Ok(())
    }

    async fn come_back(&mut self) -> Result<()> {
        let tries = async {
            loop {
                if let Ok(socket) = Socket::open(self.address, &self.seats.staff, Protocol::Native, Line::Plain).await {
                    self.socket = socket;
                    if self.send_again(true).await.is_ok() {
                        return;
                    }
                }
                sleep(AGAIN).await;
            }
        };
        timeout(PATIENCE * 2, tries).await.context("a sender could not come back")
    }
}
