//! Many connections that are idle most of the time: how fast they come, what each costs, and whether the few
//! messages reach them.

use crate::dialect::Protocol;
use crate::figures::{count, middle, ms, percentile};
use crate::ledger::Ledger;
use crate::receiver;
use crate::sender::{Pace, Senders};
use crate::socket::Line;
use crate::subject::{Seats, Subject};
use crate::system::{load_average, resident_kib};
use ::tests::database::Store;
use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Connections that are being opened side by side.
const SIDE_BY_SIDE: usize = 64;
/// Ten people send ten messages a second each, of which every one goes to another conversation.
const PACE: Pace = Pace { senders: 10, rate: 100, bytes: 128 };
/// How long memory is given to settle before it is looked at.
const SETTLE: Duration = Duration::from_secs(1);
/// How long the last messages may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one round gave.
struct Measured {
    per_second: f64,
    idle_kib: f64,
    talked_kib: f64,
    p50_ms: f64,
    p99_ms: f64,
    messages: u64,
}

/// Prints the table.
pub(crate) async fn run(
    stores: &[Store],
    protocols: &[Protocol],
    clients: usize,
    rounds: usize,
    seconds: u64,
) -> Result<()> {
    let mut subjects = vec![Subject::floor(clients)?];
    for store in stores {
        subjects.push(Subject::guichet(*store, clients).await?);
    }
    // The floor speaks the native protocol only.
    let mut cells = vec![(0, Protocol::Native, Vec::new())];
    for number in 1..subjects.len() {
        cells.extend(protocols.iter().map(|protocol| (number, *protocol, Vec::new())));
    }
    for _ in 0..rounds {
        for (number, protocol, cell) in &mut cells {
            let (subject, seats) = &mut subjects[*number];
            let name = format!("{}, {}", subject.name(), protocol.name());
            let measured = round(subject, seats, *protocol, Duration::from_secs(seconds)).await;
            cell.push(measured.with_context(|| format!("{name} has failed"))?);
        }
    }
    println!("{HEAD}");
    for (number, protocol, cell) in &cells {
        println!("{}", line(subjects[*number].0.name(), protocol.name(), cell, &cells[0].2));
    }
    let messages: u64 = cells.iter().flat_map(|(_, _, cell)| cell).map(|round| round.messages).sum();
    println!(
        "\n{clients} connections, each authenticated and subscribed to a conversation of its own; {} messages a \
         second. {messages} messages were acked and delivered once, in order; none lost or doubled. Medians of \
         {rounds} rounds; × is beside the floor. Load average {}.",
        PACE.rate,
        load_average(),
    );
    Ok(())
}

const HEAD: &str = "\
| server | protocol | connections/s | × | KiB each, idle | × | KiB each, after messages | delivery p50 ms | p99 ms | p99 × |
|---|---|---|---|---|---|---|---|---|---|";

fn line(name: &str, protocol: &str, cell: &[Measured], floor: &[Measured]) -> String {
    let figure = |figure: fn(&Measured) -> f64| (middle(cell, figure), middle(cell, figure) / middle(floor, figure));
    let (rate, rate_x) = figure(|round| round.per_second);
    let (idle, idle_x) = figure(|round| round.idle_kib);
    let (talked, _) = figure(|round| round.talked_kib);
    let (p50, _) = figure(|round| round.p50_ms);
    let (p99, p99_x) = figure(|round| round.p99_ms);
    format!(
        "| {name} | {protocol} | {rate:.0} | {rate_x:.2} | {idle:.1} | {idle_x:.2} | {talked:.1} | {p50:.2} | {p99:.2} | {p99_x:.1} |"
    )
}

async fn round(subject: &mut Subject, seats: &Arc<Seats>, protocol: Protocol, length: Duration) -> Result<Measured> {
    subject.begin_afresh().await?;
    // Whoever writes is there before the others, so that the growth is that of the idle ones.
    let slow = Pace { rate: 10, ..PACE };
    let warm = Arc::new(Ledger::new(seats.all.len()));
    let senders = Senders::start(subject.address(), seats, &warm, slow, false).await?;
    sleep(SETTLE).await;
    senders.finish().await?;
    let ledger = Arc::new(Ledger::new(seats.all.len()));
    let before = resident_kib(subject.pid())?;

    let receivers = receiver::receivers(seats.all.len());
    let mut listening = JoinSet::new();
    let started = Instant::now();
    let mut opened = stream::iter(seats.all.iter().zip(&receivers))
        .map(|(seat, receiver)| {
            let (ledger, address) = (&ledger, subject.address());
            let how = (protocol, Line::Plain);
            async move { receiver.follow(address, seat, how, ledger).await.map(|socket| (receiver, socket)) }
        })
        .buffer_unordered(SIDE_BY_SIDE);
    while let Some((receiver, socket)) = opened.try_next().await? {
        let (receiver, ledger) = (Arc::clone(receiver), Arc::clone(&ledger));
        listening.spawn(async move { receiver.listen(socket, &ledger, None).await });
    }
    drop(opened);
    let per_second = count(seats.all.len()) / started.elapsed().as_secs_f64();
    sleep(SETTLE).await;
    let idle = resident_kib(subject.pid())?;

    let senders = Senders::start(subject.address(), seats, &ledger, PACE, false).await?;
    sleep(length).await;
    let acked = senders.finish().await?.len() as u64;
    ensure!(acked == ledger.acked(), "{acked} sends were answered and {} noted", ledger.acked());
    all_received(&ledger, acked).await;
    receiver::undisturbed(&receivers)?;
    receiver::check(&receivers, &ledger, |number| number)?;
    let talked = resident_kib(subject.pid())?;
    listening.shutdown().await;

    let mut took: Vec<Duration> = receivers.iter().flat_map(|receiver| receiver.account().took.clone()).collect();
    took.sort_unstable();
    let each = |kib: f64| (kib - before) / count(seats.all.len());
    Ok(Measured {
        per_second,
        idle_kib: each(idle),
        talked_kib: each(talked),
        p50_ms: ms(percentile(&took, 50)),
        p99_ms: ms(percentile(&took, 99)),
        messages: acked,
    })
}

/// Waits until that many messages came, or so long that they will not; which, the ledger tells.
pub(crate) async fn all_received(ledger: &Ledger, messages: u64) {
    let come = async {
        while ledger.received() < messages {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let _ = timeout(PATIENCE, come).await;
    // A message that is delivered twice comes after its time.
    sleep(Duration::from_millis(200)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_cell_for_each_column() {
        let round = Measured { per_second: 1.0, idle_kib: 2.0, talked_kib: 3.0, p50_ms: 4.0, p99_ms: 5.0, messages: 6 };
        let rounds = [round];
        let columns = |text: &str| text.matches('|').count();
        assert_eq!(columns(&line("floor", "native", &rounds, &rounds)), columns(HEAD.lines().next().unwrap()));
    }
}
