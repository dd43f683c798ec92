//! One who does not read, among a hundred who do: what the others feel of it, what it costs, what it misses.

use crate::connections::all_received;
use crate::dialect::Protocol;
use crate::figures::{count, middle, ms, percentile};
use crate::ledger::Ledger;
use crate::receiver::{self, Receiver};
use crate::sender::{Pace, Senders};
use crate::socket::Line;
use crate::subject::{Seats, Subject};
use crate::system::{load_average, resident_kib};
use ::tests::database::Store;
use anyhow::{Context, Result, ensure};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

const FAST: usize = 100;
/// The slow one comes last.
const SLOW: usize = FAST;
/// Much for so many receivers, so that within seconds far more waits for the slow one than it may be kept.
const PACE: Pace = Pace { senders: 1, rate: 100, bytes: 4_000 };
/// What a server may keep for one connection, by contract: 512 KiB, and 256 frames.
const KEPT_FRAMES: usize = 256;

/// A part of a round: all read, or the slow one does not.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    p50_ms: f64,
    p99_ms: f64,
    /// How much the server's memory grew.
    grown_kib: f64,
    /// How many messages the slow one was behind at the end.
    behind: usize,
}

/// Prints the table.
pub(crate) async fn run(stores: &[Store], rounds: usize, seconds: u64) -> Result<()> {
    let mut lines = Vec::new();
    let mut deliveries = 0;
    for store in stores {
        let (subject, seats) = Subject::guichet(*store, 1).await?;
        let scene = Scene::open(subject, seats).await?;
        let length = Duration::from_secs(seconds);
        // Warms up what is compared.
        scene.part(false, Duration::from_secs(1)).await?;
        let mut parts = Vec::new();
        for round in 0..rounds {
            // Which comes first changes, so that what grows with the log favours none.
            let first = scene.part(round % 2 == 0, length).await?;
            let second = scene.part(round % 2 == 1, length).await?;
            parts.push(if round % 2 == 0 { (second, first) } else { (first, second) });
        }
        lines.push(line(scene.subject.name(), &parts));
        deliveries += scene.ledger.received();
        receiver::check(&scene.receivers, &scene.ledger, |_| 0)?;
    }
    println!("{HEAD}");
    for line in &lines {
        println!("{line}");
    }
    println!(
        "\n{FAST} receivers that read and one that stops for {seconds} s, in one conversation; {} messages a second of \
         {} bytes. {deliveries} deliveries, each once and in order, also to the slow one once it reads again. Medians \
         of {rounds} interleaved rounds; × is the median of the rounds' ratios. Load average {}.",
        PACE.rate,
        PACE.bytes,
        load_average(),
    );
    Ok(())
}

const HEAD: &str = "\
| server | p50 ms, all read | p99 ms, all read | p50 ms, one does not | p99 ms, one does not | p99 × | KiB grown, all read | KiB grown, one does not | messages it was behind |
|---|---|---|---|---|---|---|---|---|";

fn line(name: &str, parts: &[(Part, Part)]) -> String {
    let figure = |figure: fn(&(Part, Part)) -> f64| middle(parts, figure);
    format!(
        "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {:.0} | {:.0} |",
        figure(|(reads, _)| reads.p50_ms),
        figure(|(reads, _)| reads.p99_ms),
        figure(|(_, stalls)| stalls.p50_ms),
        figure(|(_, stalls)| stalls.p99_ms),
        figure(|(reads, stalls)| stalls.p99_ms / reads.p99_ms),
        figure(|(reads, _)| reads.grown_kib),
        figure(|(_, stalls)| stalls.grown_kib),
        figure(|(_, stalls)| count(stalls.behind)),
    )
}

struct Scene {
    subject: Subject,
    seats: Arc<Seats>,
    ledger: Arc<Ledger>,
    receivers: Vec<Arc<Receiver>>,
    stalled: watch::Sender<bool>,
    /// They listen as long as this is there.
    _listening: JoinSet<()>,
}

impl Scene {
    async fn open(subject: Subject, seats: Arc<Seats>) -> Result<Self> {
        let ledger = Arc::new(Ledger::new(1));
        let receivers = receiver::receivers(FAST + 1);
        let (stalled, stalls) = watch::channel(false);
        let mut listening = JoinSet::new();
        for (number, receiver) in receivers.iter().enumerate() {
            let is_slow = number == SLOW;
            let line = if is_slow { Line::Narrow } else { Line::Plain };
            let socket = receiver.follow(subject.address(), &seats.all[0], (Protocol::Native, line), &ledger).await?;
            let (receiver, ledger) = (Arc::clone(receiver), Arc::clone(&ledger));
            let stalls = is_slow.then(|| stalls.clone());
            listening.spawn(async move { receiver.listen(socket, &ledger, stalls).await });
        }
        Ok(Self { subject, seats, ledger, receivers, stalled, _listening: listening })
    }

    async fn part(&self, stalls: bool, length: Duration) -> Result<Part> {
        let before = self.receivers[0].account().got.len();
        let kib = resident_kib(self.subject.pid())?;
        self.stalled.send_replace(stalls);
        let senders = Senders::start(self.subject.address(), &self.seats, &self.ledger, PACE, false).await?;
        sleep(length).await;
        senders.finish().await?;
        let grown_kib = resident_kib(self.subject.pid())? - kib;
        let sent = usize::try_from(self.ledger.acked())?;
        let behind = sent - self.receivers[SLOW].account().got.len().min(sent);
        self.stalled.send_replace(false);
        all_received(&self.ledger, (sent * self.receivers.len()) as u64).await;
        receiver::undisturbed(&self.receivers)?;
        ensure!(
            !stalls || behind > KEPT_FRAMES || length < Duration::from_secs(4),
            "the slow one was only {behind} messages behind: this shows nothing"
        );
        let mut took = Vec::new();
        for receiver in &self.receivers[..FAST] {
            took.extend(receiver.account().took.get(before..).context("a receiver is behind")?);
        }
        took.sort_unstable();
        Ok(Part { p50_ms: ms(percentile(&took, 50)), p99_ms: ms(percentile(&took, 99)), grown_kib, behind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_cell_for_each_column() {
        let part = Part { p50_ms: 1.0, p99_ms: 2.0, grown_kib: 3.0, behind: 4 };
        let columns = |text: &str| text.matches('|').count();
        assert_eq!(columns(&line("SQLite", &[(part, part)])), columns(HEAD.lines().next().unwrap()));
    }
}
