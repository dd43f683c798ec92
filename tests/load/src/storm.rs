//! The server dies, and everybody comes back at once.

use crate::connections::all_received;
use crate::dialect::Protocol;
use crate::figures::{middle, ms, percentile};
use crate::ledger::Ledger;
use crate::receiver::{self, Receiver};
use crate::sender::{Pace, Senders};
use crate::socket::Line;
use crate::subject::{Seat, Seats, Subject};
use crate::system::load_average;
use ::tests::database::Store;
use ::tests::storm::Random;
use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Ten people go on sending; they come back without waiting.
const PACE: Pace = Pace { senders: 10, rate: 100, bytes: 128 };
/// As the browser's client: before the first attempt up to a second, then up to twice as long each time.
const BASE: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_secs(30);
/// So many clients come each millisecond before the first kill.
const AT_FIRST: usize = 4;
/// How long all may take to come back.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long the senders are watched before a kill and after the last one has come back.
const CALM: Duration = Duration::from_secs(2);

/// What one kill gave.
struct Measured {
    ready_s: f64,
    half_s: f64,
    most_s: f64,
    all_s: f64,
    ack_p99_ms: f64,
    calm_p99_ms: f64,
}

/// Prints the table.
pub(crate) async fn run(stores: &[Store], clients: usize, rounds: usize) -> Result<()> {
    let mut subjects = vec![Subject::floor(clients)?];
    for store in stores {
        subjects.push(Subject::guichet(*store, clients).await?);
    }
    let (mut cells, mut messages) = (Vec::new(), 0);
    for (subject, seats) in &mut subjects {
        let name = subject.name();
        let storm = Storm::begin(subject, seats).await;
        let (cell, acked) = match storm {
            Ok(storm) => storm.rounds(subject, rounds).await,
            Err(error) => Err(error),
        }
        .with_context(|| format!("{name} has failed"))?;
        messages += acked;
        cells.push((name, cell));
    }
    println!("{HEAD}");
    for (name, cell) in &cells {
        println!("{}", line(name, cell, &cells[0].1));
    }
    println!(
        "\n{clients} clients, each at home in a conversation; kill -9 and a start at once; seconds since the kill. \
         {messages} messages were acked by Guichet and reached their client once, in order; none lost or doubled \
         (the floor forgets, so only its times count). Medians of {rounds} kills; × is beside the floor. Load average \
         {}.",
        load_average(),
    );
    Ok(())
}

const HEAD: &str = "\
| server | ready s | half back s | 99 % back s | all back s | × | ack p99 ms meanwhile | ack p99 ms when calm |
|---|---|---|---|---|---|---|---|";

fn line(name: &str, cell: &[Measured], floor: &[Measured]) -> String {
    let figure = |figure: fn(&Measured) -> f64| middle(cell, figure);
    format!(
        "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {:.1} |",
        figure(|kill| kill.ready_s),
        figure(|kill| kill.half_s),
        figure(|kill| kill.most_s),
        figure(|kill| kill.all_s),
        figure(|kill| kill.all_s) / middle(floor, |kill| kill.all_s),
        figure(|kill| kill.ack_p99_ms),
        figure(|kill| kill.calm_p99_ms),
    )
}

/// Clients that stay, and how soon each was back.
struct Storm {
    seats: Arc<Seats>,
    ledger: Arc<Ledger>,
    receivers: Vec<Arc<Receiver>>,
    back: Arc<Mutex<Vec<Instant>>>,
    staying: JoinSet<()>,
    keeps: bool,
}

impl Storm {
    async fn begin(subject: &Subject, seats: &Arc<Seats>) -> Result<Self> {
        let count = seats.all.len();
        let mut storm = Self {
            seats: Arc::clone(seats),
            ledger: Arc::new(Ledger::new(count)),
            receivers: receiver::receivers(count),
            back: Arc::default(),
            staying: JoinSet::new(),
            keeps: matches!(subject, Subject::Guichet(..)),
        };
        for number in 0..count {
            let client = Client {
                address: subject.address(),
                seat: storm.seats.all[number].clone(),
                receiver: Arc::clone(&storm.receivers[number]),
                ledger: Arc::clone(&storm.ledger),
                back: Arc::clone(&storm.back),
                random: Random::from_seed(number as u64 + 1),
                keeps: storm.keeps,
            };
            storm.staying.spawn(client.stay());
            if number % AT_FIRST == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        storm.all_back().await?;
        Ok(storm)
    }

    async fn rounds(mut self, subject: &mut Subject, rounds: usize) -> Result<(Vec<Measured>, u64)> {
        let mut cell = Vec::new();
        for _ in 0..rounds {
            cell.push(self.kill(subject).await?);
        }
        let acked = self.ledger.acked();
        if !self.keeps {
            return Ok((cell, 0));
        }
        all_received(&self.ledger, acked).await;
        self.staying.shutdown().await;
        receiver::check(&self.receivers, &self.ledger, |number| number)?;
        Ok((cell, acked))
    }

    async fn kill(&mut self, subject: &mut Subject) -> Result<Measured> {
        let mut senders = Senders::start(subject.address(), &self.seats, &self.ledger, PACE, true).await?;
        let calm = Instant::now();
        sleep(CALM).await;
        let calm_until = Instant::now();
        // What is sent shortly before the kill has to wait for the restart.
        sleep(Duration::from_millis(200)).await;
        self.back.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let killed = Instant::now();
        subject.kill()?;
        subject.restart().await?;
        let ready = Instant::now();
        self.all_back().await?;
        let all = Instant::now();
        sleep(CALM).await;
        senders.check()?;
        let acked = senders.finish().await?;
        let p99 = |from: Instant, to: Instant| {
            let within = acked.iter().filter(|one| one.sent >= from && one.sent < to);
            let mut took: Vec<Duration> = within.map(|one| one.took).collect();
            took.sort_unstable();
            ms(percentile(&took, 99))
        };
        let mut back = self.back.lock().unwrap_or_else(PoisonError::into_inner).clone();
        back.sort_unstable();
        let since: Vec<Duration> = back.iter().map(|at| at.saturating_duration_since(killed)).collect();
        Ok(Measured {
            ready_s: (ready - killed).as_secs_f64(),
            half_s: percentile(&since, 50).as_secs_f64(),
            most_s: percentile(&since, 99).as_secs_f64(),
            all_s: percentile(&since, 100).as_secs_f64(),
            ack_p99_ms: p99(ready, all.max(ready + CALM)),
            calm_p99_ms: p99(calm, calm_until),
        })
    }

    /// Waits until each has come back once since the list was emptied.
    async fn all_back(&mut self) -> Result<()> {
        let count = self.receivers.len();
        let come = async {
            while self.back.lock().unwrap_or_else(PoisonError::into_inner).len() < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = timeout(PATIENCE, come).await.is_ok();
        let back = self.back.lock().unwrap_or_else(PoisonError::into_inner).len();
        for (number, receiver) in self.receivers.iter().enumerate() {
            if let Some(broken) = &receiver.account().broken {
                bail!("client {number}: {broken}");
            }
        }
        if !in_time {
            bail!("{back} of {count} clients were back after {PATIENCE:?}");
        }
        Ok(())
    }
}

/// Somebody who comes back.
struct Client {
    address: SocketAddr,
    seat: Seat,
    receiver: Arc<Receiver>,
    ledger: Arc<Ledger>,
    back: Arc<Mutex<Vec<Instant>>>,
    random: Random,
    /// Whether the server remembers what this client has seen.
    keeps: bool,
}

impl Client {
    async fn stay(mut self) {
        let mut attempt = 0;
        loop {
            if !self.keeps {
                *self.receiver.account() = receiver::Account::default();
            }
            if let Ok(socket) =
                self.receiver.follow(self.address, &self.seat, (Protocol::Native, Line::Plain), &self.ledger).await
            {
                attempt = 0;
                self.back.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
                self.receiver.listen(socket, &self.ledger, None).await;
            }
            // A connection that ends is what this is about; what came out of order stays wrong, and is found.
            if self.receiver.account().broken.is_some() {
                return;
            }
            let ceiling = BASE.saturating_mul(1 << attempt.min(16)).min(CAP);
            attempt += 1;
            sleep(Duration::from_millis(self.random.between(0, u64::try_from(ceiling.as_millis()).unwrap_or(0)))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_cell_for_each_column() {
        let kill = Measured { ready_s: 1.0, half_s: 2.0, most_s: 3.0, all_s: 4.0, ack_p99_ms: 5.0, calm_p99_ms: 6.0 };
        let kills = [kill];
        let columns = |text: &str| text.matches('|').count();
        assert_eq!(columns(&line("floor", &kills, &kills)), columns(HEAD.lines().next().unwrap()));
    }
}
