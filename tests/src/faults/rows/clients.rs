//! Harm to the way between clients and the server.

use super::{BACK, READY};
use crate::faults::process::processor_time;
use crate::faults::proxy::{Connection, End, Flow, Proxy, Weather};
use crate::faults::report::{Measure, Report, count};
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::storm::{Habits, Load, Order, Random, Volume, Way};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// From the moment at which a line goes dead until the server closes it: a ping each 25 s, 10 s for its answer,
/// and a clock that ticks once a second.
const REAPED: Measure = Measure::at_most("half-open reaped", "s", 36.0);
/// Connections that the server counts and nobody has.
const LEFT: Measure = Measure::at_most("connections left", "", 0.0);
/// Of one core.
const PROCESSOR: Measure = Measure::at_most("processor", "%", 80.0);
/// From a restart until all of a crowd have all there is.
const ALL_BACK: Measure = Measure::at_most("all live", "s", 30.0);

/// What a line can suffer.
#[derive(Debug, Clone, Copy)]
enum Harm {
    Reset,
    Closed,
    CutAfter(u64),
    Late(Weather),
    Sliced(Weather),
    /// The server hears nothing any more.
    DeafServer(Weather),
    /// The client hears nothing any more.
    DeafClient(Weather),
    /// Nobody hears anything any more.
    Dead(Weather),
}

impl Harm {
    fn draw(random: &mut Random) -> Self {
        let (fine, ms) = (Weather::default(), Duration::from_millis);
        match random.below(8) {
            0 => Self::Reset,
            1 => Self::Closed,
            2 => Self::CutAfter(random.between(1, 20_000)),
            3 => Self::Late(Weather { latency: ms(random.between(20, 300)), jitter: ms(200), ..fine }),
            4 => Self::Sliced(Weather { slice: Some(1), ..fine }),
            5 => Self::DeafServer(Weather { up: Flow::Swallowed, ..fine }),
            6 => Self::DeafClient(Weather { down: Flow::Swallowed, ..fine }),
            _ => Self::Dead(Weather { up: Flow::Swallowed, down: Flow::Swallowed, ..fine }),
        }
    }

    fn is_silent(self) -> bool {
        matches!(self, Self::DeafServer(_) | Self::DeafClient(_) | Self::Dead(_))
    }

    fn befall(self, line: &Connection) {
        match self {
            Self::Reset => line.end(End::Reset),
            Self::Closed => line.end(End::Close),
            Self::CutAfter(bytes) => line.cut_after(bytes),
            Self::Late(weather)
            | Self::Sliced(weather)
            | Self::DeafServer(weather)
            | Self::DeafClient(weather)
            | Self::Dead(weather) => line.set(weather),
        }
    }
}

/// F-26: the network between clients and the server cuts, swallows, delays, slices.
pub async fn cut(run: &Run) -> Report {
    let mut stage = Stage::new("F-26", run).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let proxy = Proxy::before(stage.server.address(), random.next()).await;
        let habits = Habits { silence: Some(Duration::from_secs(4)), ..stage.habits() };
        let volume = stage.volume();
        let base = proxy.base();
        let mut load = stage.load_by(&volume, |_| Way { base: base.clone(), habits: habits.clone() }).await;
        for _ in rounds {
            load.ticks(random.between(1, 4)).await;
            let mut silent = 0;
            let lines = sound(&proxy);
            let hit: Vec<&Arc<Connection>> = lines.iter().filter(|_| random.below(3) == 0).collect();
            for line in &hit {
                let harm = Harm::draw(&mut random);
                silent += usize::from(harm.is_silent());
                harm.befall(line);
            }
            stage.report.exercised("lines harmed", hit.len());
            stage.report.exercised("lines gone silent", silent);
            load.ticks(random.between(2, 10)).await;
            stage.report.round(format!("{} of {} lines harmed, {silent} silent", hit.len(), lines.len()));
        }
        reaped(&mut stage, &mut load, &proxy).await;
        let counters = stage.end(load).await;
        stage.report.exercised("sends unheard at a cut", counters.unheard);
        stage.report.told("retries that were stored already", counters.duplicates);
    }
    stage.report()
}

/// A line that nobody hears is closed by the server within its heartbeat, and its client is back before. Nobody sends
/// meanwhile: what something on the way still takes would count as a sign of life.
async fn reaped(stage: &mut Stage, load: &mut Load, proxy: &Proxy) {
    load.hush().await;
    load.live_within(Duration::from_secs(30)).await;
    let dead = Weather { up: Flow::Swallowed, down: Flow::Swallowed, ..Weather::default() };
    let before = stage.closes(4011).await;
    let since = Instant::now();
    let lines = sound(proxy);
    let dying = lines.iter().rev().take(20);
    let dead_lines = dying.clone().count() as u64;
    dying.for_each(|line| line.set(dead));
    while stage.closes(4011).await < before + dead_lines && since.elapsed() < Duration::from_mins(1) {
        sleep(Duration::from_millis(50)).await;
    }
    stage.elapsed(REAPED, since);
    load.live_within(Duration::from_secs(30)).await;
}

/// The lines that have not gone silent; those that have stay so, as no network loses the middle of a stream.
fn sound(proxy: &Proxy) -> Vec<Arc<Connection>> {
    let mut lines = proxy.connections();
    lines.retain(|line| line.weather().up != Flow::Swallowed && line.weather().down != Flow::Swallowed);
    lines
}

/// F-28: every client goes and comes twenty times a minute.
pub async fn flapping(run: &Run) -> Report {
    let mut stage = Stage::new("F-28", run).await;
    let volume = run.pick(Volume { conversations: 10, ..stage.volume() }, stage.volume());
    for rounds in run.loads() {
        let (base, habits) = (stage.server.base().to_owned(), stage.habits());
        let load = stage.load_by(&volume, move |_| Way { base: base.clone(), habits: habits.clone() }).await;
        for _ in rounds {
            let (since, used) = (Instant::now(), processor_time(stage.server.pid()));
            let turns = run.pick(4, 20);
            let between = Duration::from_secs(3) / u32::try_from(load.len()).unwrap_or(1);
            for client in std::iter::repeat_n(0..load.len(), turns).flatten() {
                load.order(client, Order::Reconnect);
                sleep(between).await;
            }
            let used = processor_time(stage.server.pid()).saturating_sub(used);
            stage.timed(PROCESSOR, since, 100.0 * used.as_secs_f64() / since.elapsed().as_secs_f64());
            load.live_within(Duration::from_secs(30)).await;
            left(&mut stage, &load).await;
            stage.report.round(format!("{turns} times {} clients in {:?}", load.len(), since.elapsed()));
        }
        let counters = stage.end(load).await;
        stage.report.exercised("reconnects", counters.reconnects);
    }
    stage.report()
}

/// F-29: a thousand clients, most of them idle, come back at once after a restart.
pub async fn stormed(run: &Run) -> Report {
    let mut stage = Stage::new("F-29", run).await;
    let mut random = run.random();
    let tick = Duration::from_millis(500);
    let volume =
        Volume { conversations: 50, connections_each: 10, writers_each: 1, tick, sends_a_tick: 10, seed: run.seed };
    for rounds in run.loads() {
        let (base, habits) = (stage.server.base().to_owned(), stage.habits());
        let mut load = stage.load_by(&volume, move |_| Way { base: base.clone(), habits: habits.clone() }).await;
        for _ in rounds {
            load.ticks(random.between(1, 3)).await;
            stage.server.kill();
            let started = Instant::now();
            stage.server.restart().await;
            stage.elapsed(READY, started);
            let ready = Instant::now();
            load.live_within(Duration::from_mins(1)).await;
            stage.elapsed(ALL_BACK, ready);
            stage.came_back(Measure { limit: crate::faults::report::Limit::None, ..BACK }, &load, ready);
            stage.report.round(format!("{} clients", load.len()));
        }
        let counters = stage.end(load).await;
        stage.report.exercised("reconnects", counters.reconnects);
    }
    stage.report()
}

/// Connections without a client go as soon as their end is seen.
async fn left(stage: &mut Stage, load: &Load) {
    // The clients and the stranger.
    let expected = load.len() as u64 + 1;
    let since = Instant::now();
    while stage.connections().await > expected && since.elapsed() < Duration::from_secs(10) {
        sleep(Duration::from_millis(50)).await;
    }
    let left = stage.connections().await.saturating_sub(expected);
    stage.report.measured(LEFT, count(left));
}
