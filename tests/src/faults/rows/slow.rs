//! Clients that do not read.

use crate::faults::process::resident_kib;
use crate::faults::proxy::{Flow, Proxy, Weather};
use crate::faults::report::{Measure, Report, count};
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::storm::{Habits, Happening, Load, Moment, Order, Volume, Way};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The contract's bound of what waits for a client, and the piece that the transport holds.
const MEMORY: Measure = Measure::at_most("memory a slow client", "KiB", 1_088.0);
/// Delivery to clients that read, against a time without slow ones.
const FAST: Measure = Measure::at_most("fast clients' p99", "× of before", 2.0);
/// Before, for itself.
const BEFORE: Measure = Measure::told("delivery p99 before", "ms");
/// From the moment at which a client stops to read until the server has let its socket go: 30 s after its queue stands
/// (4010), or when a ping that it cannot read has no answer (4011).
const CLOSED: Measure = Measure::at_most("who reads nothing is gone", "s", 45.0);

/// The longest content, in bytes: the kernel takes some MiB for each connection before anybody feels anything.
const LONG: u64 = 4_900;

/// Of each person's connections, those that write, those that only read, and those that read slowly.
const WRITE: usize = 5;
const READ: usize = 5;
const SLOW: usize = 25;

/// F-30: fifty of seventy followers of a lively conversation read a kilobyte a second, or nothing at all.
pub async fn readers(run: &Run) -> Report {
    let mut stage = Stage::new("F-30", run).await;
    let mut random = run.random();
    let each = WRITE + READ + SLOW;
    let volume = Volume {
        conversations: 1,
        connections_each: each,
        writers_each: WRITE,
        tick: Duration::from_millis(200),
        sends_a_tick: 15,
        seed: run.seed,
    };
    for rounds in run.loads() {
        let trickle = Proxy::narrow_before(stage.server.address(), random.next()).await;
        let nothing = Proxy::narrow_before(stage.server.address(), random.next()).await;
        let (straight, habits) = (stage.server.base().to_owned(), stage.habits());
        let mut load = stage
            .load_by(&volume, |seat| {
                let slow = seat.place % each >= WRITE + READ;
                let base = match (slow, seat.place % 2) {
                    (false, _) => straight.clone(),
                    (true, 0) => trickle.base(),
                    (true, _) => nothing.base(),
                };
                let silence = habits.silence.filter(|_| !slow);
                Way { base, habits: Habits { silence, timed: !slow, bytes: LONG, ..habits.clone() } }
            })
            .await;
        load.send(&Volume { seed: random.next(), ..volume.clone() }, |_| Order::Send).await;
        for _ in rounds {
            let calm = Instant::now();
            sleep(Duration::from_secs(5)).await;
            let before = delivery(&load, calm).unwrap_or_default();
            stage.report.measured(BEFORE, 1_000.0 * before);
            let memory = resident_kib(stage.server.pid());
            let there = stage.connections().await;
            let since = Instant::now();
            trickle.set(Weather { bytes_a_second: Some(1_024), ..Weather::default() });
            nothing.set(Weather { down: Flow::Frozen, ..Weather::default() });
            let mut peak = memory;
            while stage.connections().await + SLOW as u64 > there && since.elapsed() < Duration::from_mins(1) {
                peak = peak.max(resident_kib(stage.server.pid()));
                sleep(Duration::from_millis(250)).await;
            }
            stage.elapsed(CLOSED, since);
            stage.report.measured(MEMORY, count(peak.saturating_sub(memory)) / count(2 * SLOW));
            if let Some(meanwhile) = delivery(&load, since) {
                stage.timed(FAST, since, meanwhile / before.max(0.001));
            }
            let ended = there.saturating_sub(stage.connections().await);
            trickle.set(Weather::default());
            nothing.set(Weather::default());
            stage.report.exercised("sockets let go", usize::try_from(ended).unwrap_or(usize::MAX));
            // The kernel lets go without a word, so it is the clients who have to notice.
            for client in (0..load.len()).filter(|client| client % each >= WRITE + READ) {
                load.order(client, Order::Reconnect);
            }
            load.reached(Duration::from_secs(30), || load.live() == load.len() && load.waiting().is_empty()).await;
            stage.report.round(format!("{ended} of {} slow clients were closed", 2 * SLOW));
        }
        load.hush().await;
        let counters = stage.end(load).await;
        stage.report.exercised("reconnects", counters.reconnects);
    }
    stage.report()
}

/// The time from sender to reader that 99 of 100 messages keep, in seconds.
fn delivery(load: &Load, since: Instant) -> Option<f64> {
    let delivered = |moment: Moment| match moment.what {
        Happening::Delivered(after) => Some(after.as_secs_f64()),
        _ => None,
    };
    let mut times: Vec<f64> = load.recorder().since(since).into_iter().filter_map(delivered).collect();
    times.sort_by(f64::total_cmp);
    times.get((times.len() * 99 / 100).min(times.len().saturating_sub(1))).copied()
}
