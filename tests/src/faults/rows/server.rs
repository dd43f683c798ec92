//! Harm to the server's process.

use super::{BACK, READY, RESUMED};
use crate::faults::process::signal;
use crate::faults::report::{Measure, Report, count};
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::storm::{Counters, Happening, Load};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// From SIGTERM to the end of the process; the contract says 20 s.
const GONE: Measure = Measure::at_most("gone", "s", 20.0);
/// Clients that were told to come again (1012), of those that were live.
const TOLD: Measure = Measure::at_least("told 1012", "%", 95.0);
/// From SIGCONT until no connection is left that has no client.
const REAPED: Measure = Measure::at_most("sockets reaped", "s", 36.0);

/// F-01 and F-14: kill -9 at a random moment.
pub async fn killed(row: &'static str, run: &Run) -> Report {
    let mut stage = Stage::new(row, run).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let mut load = stage.load().await;
        for _ in rounds {
            let (ticks, more) = (random.between(1, 6), Duration::from_micros(random.between(0, 15_000)));
            load.ticks(ticks).await;
            sleep(more).await;
            stage.server.kill();
            let down = Duration::from_millis(random.between(0, run.pick(500, 2_000)));
            sleep(down).await;
            let started = Instant::now();
            stage.server.restart().await;
            stage.elapsed(READY, started);
            let ready = Instant::now();
            load.live_within(Duration::from_secs(30)).await;
            stage.came_back(BACK, &load, ready);
            stage.report.round(format!("after {ticks} ticks and {more:?}, down for {down:?}"));
        }
        load.ticks(1).await;
        let counters = stage.end(load).await;
        under_way(&mut stage, &counters);
        stage.check_file();
    }
    stage.report()
}

/// F-04: SIGSTOP for a while, then SIGCONT.
pub async fn stopped(run: &Run) -> Report {
    let mut stage = Stage::new("F-04", run).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let mut load = stage.load().await;
        for _ in rounds {
            load.ticks(random.between(2, 8)).await;
            let seconds = run.pick([1, 2, 4], [5, 20, 60])[random.below(3)];
            signal("STOP", &[stage.server.pid()]);
            sleep(Duration::from_secs(seconds)).await;
            let waiting = load.waiting();
            stage.report.exercised("sends waiting at SIGCONT", waiting.len());
            signal("CONT", &[stage.server.pid()]);
            let awake = Instant::now();
            answered(&load, awake, &waiting, Duration::from_secs(30)).await;
            stage.elapsed(RESUMED, awake);
            load.live_within(Duration::from_secs(30)).await;
            // The clients and the stranger.
            let most = load.len() as u64 + 1;
            while stage.connections().await > most && awake.elapsed() < Duration::from_mins(1) {
                sleep(Duration::from_millis(50)).await;
            }
            stage.elapsed(REAPED, awake);
            stage.report.round(format!("stopped for {seconds} s"));
        }
        stage.end(load).await;
    }
    stage.report()
}

/// F-05: SIGTERM under load.
pub async fn terminated(run: &Run) -> Report {
    let mut stage = Stage::new("F-05", run).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let mut load = stage.load().await;
        for _ in rounds {
            let (ticks, more) = (random.between(1, 6), Duration::from_micros(random.between(0, 15_000)));
            load.ticks(ticks).await;
            sleep(more).await;
            let (live, told) = (load.live(), Instant::now());
            stage.server.terminate();
            let status = stage.server.ended(Duration::from_secs(40)).await;
            stage.elapsed(GONE, told);
            if !status.success() {
                stage.report.violated("I14", format!("it ended with {status}"));
            }
            let again = load.recorder().since(told).into_iter();
            let again = again.filter(|moment| moment.what == Happening::Closed(1012)).map(|moment| moment.client);
            let again = again.collect::<BTreeSet<_>>().len();
            stage.report.measured(TOLD, 100.0 * count(again) / count(live.max(1)));
            sleep(Duration::from_millis(random.between(0, 500))).await;
            let started = Instant::now();
            stage.server.restart().await;
            stage.elapsed(READY, started);
            let ready = Instant::now();
            load.live_within(Duration::from_secs(30)).await;
            stage.came_back(BACK, &load, ready);
            stage.report.round(format!("after {ticks} ticks and {more:?}: {again} of {live} told"));
        }
        load.ticks(1).await;
        stage.end(load).await;
    }
    stage.report()
}

/// Waits until each of these clients was acked after `since`, or has nothing to wait for.
pub(super) async fn answered(load: &Load, since: Instant, waiting: &[usize], within: Duration) -> bool {
    let mut left: BTreeSet<usize> = waiting.iter().copied().collect();
    let deadline = Instant::now() + within;
    while !left.is_empty() && Instant::now() < deadline {
        for moment in load.recorder().since(since) {
            if matches!(moment.what, Happening::Acked(_)) {
                left.remove(&moment.client);
            }
        }
        let waits: BTreeSet<usize> = load.waiting().into_iter().collect();
        left.retain(|client| waits.contains(client));
        sleep(Duration::from_millis(20)).await;
    }
    left.is_empty()
}

/// A kill with nothing under way shows nothing.
fn under_way(stage: &mut Stage, counters: &Counters) {
    stage.report.exercised("sends unheard at a kill", counters.unheard);
    stage.report.told("retries that were stored already", counters.duplicates);
}
