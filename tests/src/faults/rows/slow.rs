//! Clients that do not read.

use crate::faults::process::resident_kib;
use crate::faults::proxy::{Flow, Proxy, Weather};
use crate::faults::report::{Measure, Report, count};
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::storm::{Habits, Happening, Load, Moment, Order, Volume, Way};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The contract's bound of what waits for a client, and the piece that the transport holds.
const MEMORY: Measure = Measure::at_most("memory a slow client", "KiB", 1_088.0);
/// Delivery to clients that read, against a time without slow ones.
const FAST: Measure = Measure::at_most("fast clients' p99", "× of before", 2.0);
/// Before, for itself.
const BEFORE: Measure = Measure::told("delivery p99 before", "ms");
/// From the moment at which clients stop to read until the server has decided the end of the last of them: 30 s after
/// the transport last took something for it, which is some seconds later for who reads a kilobyte a second, and a tick.
const CLOSED: Measure = Measure::at_most("slow ones closed", "s", 42.0);
/// Until the sockets of those who read nothing are gone too, which is for the kernel, after 40 s.
const GONE: Measure = Measure::at_most("their sockets gone", "s", 46.0);
/// From the moment at which they read again until they have all there was.
const REFILLED: Measure = Measure::at_most("refilled", "s", 10.0);

/// The longest content, in bytes.
const LONG: u64 = 4_900;

/// Of each person's connections, those that write, those that only read, and those that read slowly.
#[derive(Debug, Clone, Copy)]
struct Crowd {
    write: usize,
    read: usize,
    slow: usize,
    /// What they send in a fifth of a second.
    sends: usize,
}

impl Crowd {
    const fn each(self) -> usize {
        self.write + self.read + self.slow
    }

    const fn is_slow(self, place: usize) -> bool {
        place % self.each() >= self.write + self.read
    }

    /// All in one conversation.
    fn volume(self, run: &Run) -> Volume {
        Volume {
            conversations: 1,
            connections_each: self.each(),
            writers_each: self.write,
            tick: Duration::from_millis(200),
            sends_a_tick: self.sends,
            seed: run.seed,
        }
    }
}

/// F-30: most followers of a lively conversation (fifty of seventy) read a kilobyte a second, or nothing at all: closed.
pub async fn readers(run: &Run) -> Report {
    let mut stage = Stage::new("F-30", run).await;
    let mut random = run.random();
    // So much that what the kernel and the transport take is full within a second or two.
    let crowd = Crowd { write: 5, read: run.pick(3, 5), slow: run.pick(12, 25), sends: 10 };
    let volume = crowd.volume(run);
    for rounds in run.loads() {
        let trickle = Proxy::narrow_before(stage.server.address(), random.next()).await;
        let nothing = Proxy::narrow_before(stage.server.address(), random.next()).await;
        let mut load = start(&mut stage, crowd, &volume, [&trickle, &nothing]).await;
        load.send(&Volume { seed: random.next(), ..volume.clone() }, |_| Order::Send).await;
        for _ in rounds {
            let calm = Instant::now();
            sleep(Duration::from_secs(5)).await;
            let before = delivery(&load, calm).unwrap_or_default();
            stage.report.measured(BEFORE, 1_000.0 * before);
            let memory = resident_kib(stage.server.pid());
            let (there, closed) = (stage.connections().await, closed(&stage).await);
            let since = Instant::now();
            trickle.set(Weather { bytes_a_second: Some(1_024), ..Weather::default() });
            nothing.set(Weather { down: Flow::Frozen, ..Weather::default() });
            let (mut peak, mut decided) = (memory, false);
            while stage.connections().await + crowd.slow as u64 > there && since.elapsed() < Duration::from_mins(1) {
                peak = peak.max(resident_kib(stage.server.pid()));
                if !decided && self::closed(&stage).await >= closed + 2 * crowd.slow as u64 {
                    decided = true;
                    stage.elapsed(CLOSED, since);
                }
                sleep(Duration::from_millis(250)).await;
            }
            if !decided {
                stage.elapsed(CLOSED, since);
            }
            stage.elapsed(GONE, since);
            stage.report.measured(MEMORY, count(peak.saturating_sub(memory)) / count(2 * crowd.slow));
            if let Some(meanwhile) = delivery(&load, since) {
                stage.timed(FAST, since, meanwhile / before.max(0.001));
            }
            let ended = self::closed(&stage).await - closed;
            trickle.set(Weather::default());
            nothing.set(Weather::default());
            stage.report.exercised("slow clients closed", usize::try_from(ended).unwrap_or(usize::MAX));
            // The kernel lets go without a word, so it is the clients who have to notice.
            for client in (0..load.len()).filter(|client| crowd.is_slow(*client)) {
                load.order(client, Order::Reconnect);
            }
            load.reached(Duration::from_secs(30), || load.live() == load.len() && load.waiting().is_empty()).await;
            stage.report.round(format!("{ended} of {} slow clients were closed", 2 * crowd.slow));
        }
        load.hush().await;
        let counters = stage.end(load).await;
        stage.report.exercised("reconnects", counters.reconnects);
    }
    stage.report()
}

/// F-30, the other end: who reads nothing for some seconds and then goes on is not closed; what was given up
/// meanwhile comes again from the log.
pub async fn refilled(row: &'static str, run: &Run) -> Report {
    let mut stage = Stage::new(row, run).await;
    let mut random = run.random();
    // Some seconds of it are more than a queue holds.
    let crowd = Crowd { write: 3, read: 2, slow: 5, sends: 15 };
    let volume = crowd.volume(run);
    for rounds in run.loads() {
        let proxy = Proxy::narrow_before(stage.server.address(), random.next()).await;
        let mut load = start(&mut stage, crowd, &volume, [&proxy, &proxy]).await;
        load.send(&Volume { seed: random.next(), ..volume.clone() }, |_| Order::Send).await;
        for _ in rounds {
            load.ticks(random.between(2, 8)).await;
            let (since, before) = (Instant::now(), stage.overflows().await);
            // Long enough for the queues, and not for a ping on its way, which has to be answered within 10 s.
            let held = Duration::from_millis(random.between(6_000, 8_000));
            proxy.set(Weather { down: Flow::Frozen, ..Weather::default() });
            sleep(held).await;
            proxy.set(Weather::default());
            let (again, ends) = (Instant::now(), load.ends());
            load.reached(Duration::from_secs(30), || load.behind(&ends).is_empty()).await;
            stage.elapsed(REFILLED, again);
            // Told when the transport takes something again, which it now has.
            let overflows = stage.overflows().await - before;
            let away: BTreeSet<usize> = load.recorder().since(since).iter().filter_map(went).collect();
            let stayed = (0..load.len()).filter(|client| crowd.is_slow(*client) && !away.contains(client)).count();
            stage.report.exercised("queues overflown", usize::try_from(overflows).unwrap_or(usize::MAX));
            stage.report.exercised("slow clients that stayed and were refilled", stayed);
            stage.report.round(format!("{overflows} overflows in {held:?}, {stayed} slow clients stayed"));
        }
        load.hush().await;
        let counters = stage.end(load).await;
        stage.report.told("reconnects", counters.reconnects);
    }
    stage.report()
}

/// A crowd whose slow ones come by these two ways, by turns.
async fn start(stage: &mut Stage, crowd: Crowd, volume: &Volume, ways: [&Proxy; 2]) -> Load {
    let (straight, habits) = (stage.server.base().to_owned(), stage.habits());
    let ways = ways.map(Proxy::base);
    stage
        .load_by(volume, |seat| {
            let slow = crowd.is_slow(seat.place);
            let base = if slow { ways[seat.place % 2].clone() } else { straight.clone() };
            // Who does not read hears nothing, and is to be found out by the server.
            let silence = habits.silence.filter(|_| !slow);
            Way { base, habits: Habits { silence, timed: !slow, bytes: LONG, ..habits.clone() } }
        })
        .await
}

/// Closed as too slow, or because a ping was on its way when the reading stopped.
async fn closed(stage: &Stage) -> u64 {
    stage.closes(4010).await + stage.closes(4011).await
}

/// Whose connection ended, or began anew.
fn went(moment: &Moment) -> Option<usize> {
    matches!(moment.what, Happening::Live | Happening::Closed(_)).then_some(moment.client)
}

/// The time from sender to reader that 99 of 100 messages keep, in seconds.
fn delivery(load: &Load, since: Instant) -> Option<f64> {
    let delivered = |moment: Moment| match moment.what {
        Happening::Delivered(after, _) => Some(after.as_secs_f64()),
        _ => None,
    };
    let mut times: Vec<f64> = load.recorder().since(since).into_iter().filter_map(delivered).collect();
    times.sort_by(f64::total_cmp);
    times.get((times.len() * 99 / 100).min(times.len().saturating_sub(1))).copied()
}
