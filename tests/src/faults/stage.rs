//! What every row stands on: a server to harm, a load, and what is looked at afterwards.

mod lag;
mod stranger;

use super::process;
use super::report::{Limit, Measure, Report, count};
use super::run::Run;
use crate::checker::check;
use crate::database::Store;
use crate::server::{Server, Settings};
use crate::storm::{Counters, Habits, Happening, Load, Order, Random, Remains, Seat, Volume, Way};
use lag::Lag;
use reqwest::Method;
use std::time::{Duration, Instant};
use stranger::Stranger;
use tokio::time::sleep;

/// A bad value is void when this process itself was held up so long meanwhile.
const HELD_UP: Duration = Duration::from_millis(200);
/// What opens the server's figures to us.
const METRICS_TOKEN: &str = "figures-for-fault-tests";
/// Files that a server may hold more than at its start: connections to the database, opened as needed.
const FILES_MORE: usize = 24;
/// Memory at the end, above 1.2 times what it was under the first load. What an allocator keeps of a peak is no leak;
/// what grows with each round soon is more than that.
const MEMORY: Measure = Measure::at_most("memory above 1.2 × the first load's", "MiB", 64.0);

/// A server of the demo organisation, and what a run of a row finds on it.
#[derive(Debug)]
pub struct Stage {
    /// The server; killed and started as the row likes.
    pub server: Server,
    /// What is found.
    pub report: Report,
    /// What the row was told.
    pub run: Run,
    lag: Lag,
    stranger: Option<Stranger>,
    /// Files that it held open at its start.
    files: usize,
    /// Memory that it held under the first load, in KiB.
    memory: Option<u64>,
    panics: usize,
}

impl Stage {
    /// A server over a database that survives a crash of the machine.
    pub async fn new(row: &'static str, run: &Run) -> Self {
        Self::on(Settings { durable: true, fault: run.planted, ..Settings::over(run.store) }, row, run).await
    }

    /// A server with settings of the row's own.
    pub async fn on(settings: Settings, row: &'static str, run: &Run) -> Self {
        Self::with(Self::open_to_us(settings).start().await, row, run)
    }

    /// The same settings, with the server's figures open to the stage.
    pub fn open_to_us(settings: Settings) -> Settings {
        settings.with("GUICHET_METRICS_TOKEN", METRICS_TOKEN)
    }

    /// A server that was started with [`Stage::open_to_us`].
    pub fn with(server: Server, row: &'static str, run: &Run) -> Self {
        let files = process::open_files(server.pid());
        let (report, lag) = (Report::new(row, run), Lag::start());
        Self { server, report, run: run.clone(), lag, stranger: None, files, memory: None, panics: 0 }
    }

    /// The catalogue's L1, or half of it in a smoke run: in each conversation two who write and two who watch.
    pub fn volume(&self) -> Volume {
        let (conversations, sends_a_tick) = self.run.pick((25, 10), (50, 20));
        let tick = Duration::from_millis(200);
        Volume { conversations, connections_each: 2, writers_each: 1, tick, sends_a_tick, seed: self.run.seed }
    }

    /// As clients of L1 live: long and short contents, one send in twenty twice, dead connections noticed.
    pub fn habits(&self) -> Habits {
        Habits {
            silence: Some(Duration::from_secs(12)),
            copied_percent: 5,
            copies: 2,
            bytes: 4_000,
            seed: self.run.seed,
            ..Habits::default()
        }
    }

    /// L1 under way, straight to the server.
    pub async fn load(&mut self) -> Load {
        let (base, habits, volume) = (self.server.base().to_owned(), self.habits(), self.volume());
        self.load_by(&volume, move |_| Way { base: base.clone(), habits: habits.clone() }).await
    }

    /// A load of any volume, by any way, under way.
    pub async fn load_by(&mut self, volume: &Volume, way: impl Fn(Seat) -> Way) -> Load {
        let mut load = Load::start(&self.server, volume, way).await;
        self.stranger = Some(Stranger::start(&self.server, load.conversations()).await);
        load.send(volume, l1).await;
        if self.memory.is_none() {
            // Time before anything is measured or harmed.
            sleep(Duration::from_secs(self.run.pick(1, 3))).await;
        }
        load.ticks(2).await;
        self.memory.get_or_insert_with(|| process::resident_kib(self.server.pid()));
        load
    }

    /// The load's part of the run is over: everybody gets what is missing, then everything is looked at.
    pub async fn end(&mut self, load: Load) -> Counters {
        let leaked = load.recorder().leaked();
        // What a planted bug broke shows at once.
        let patience = if self.run.planted.is_some() { Duration::from_secs(3) } else { Load::PATIENCE };
        let Remains { history, counters } = load.finish(patience).await;
        self.report.messages(counters.acked);
        let found = check(&history);
        if !found.is_empty() {
            self.report.keep_history(&history);
        }
        self.report.findings(found);
        if counters.resets > 0 {
            self.report.violated("I6", format!("{} positions were not honoured", counters.resets));
        }
        let strangers = match self.stranger.take() {
            Some(stranger) => stranger.leave().await,
            None => Vec::new(),
        };
        for what in leaked.into_iter().chain(strangers) {
            self.report.violated("I12", what);
        }
        self.look_after().await;
        counters
    }

    /// Panics of another node than the stage's own.
    pub fn look_after_other(&mut self, node: &Server) {
        let log = node.log();
        let panics = log.lines().filter(|line| line.contains("panicked at"));
        panics.for_each(|line| self.report.violated("I14", format!("the other node: {line}")));
    }

    /// Panics, errors of ours, connections and files that stay behind.
    async fn look_after(&mut self) {
        let log = self.server.log();
        let panics: Vec<&str> = log.lines().filter(|line| line.contains("panicked at")).collect();
        panics.iter().skip(self.panics).for_each(|line| self.report.violated("I14", *line));
        self.panics = panics.len();
        for line in self.figures().await.lines().filter(|line| line.starts_with("guichet_http_requests_total")) {
            let ours =
                line.split("status=\"5").nth(1).is_some_and(|rest| !rest.starts_with("03") && !rest.starts_with("07"));
            if ours {
                self.report.violated("I14", line);
            }
        }
        let deadline = Instant::now() + Duration::from_secs(45);
        while self.connections().await > 0 && Instant::now() < deadline {
            sleep(Duration::from_millis(100)).await;
        }
        let left = self.connections().await;
        if left > 0 {
            self.report.violated("I14", format!("{left} connections stay behind"));
        }
        let files = process::open_files(self.server.pid());
        if files > self.files + FILES_MORE {
            self.report.violated("I14", format!("{files} files are open, {} were at the start", self.files));
        }
        if let Some(before) = self.memory {
            let above = process::resident_kib(self.server.pid()).saturating_sub(before + before / 5);
            self.report.measured(MEMORY, count(above) / 1_024.0);
        }
    }

    /// A value of a figure that is about the server's time, measured since `since`. Where we were late ourselves, the
    /// value is at least as good as it looks, so only a bad one is void.
    pub fn timed(&mut self, measure: Measure, since: Instant, value: f64) {
        let bad = matches!(measure.limit, Limit::AtMost(limit) if value > limit);
        if bad && self.lag.worst_since(since) > HELD_UP {
            self.report.voided(measure, value);
        } else {
            self.report.measured(measure, value);
        }
    }

    /// How long until now.
    pub fn elapsed(&mut self, measure: Measure, since: Instant) {
        self.timed(measure, since, since.elapsed().as_secs_f64());
    }

    /// For each client, how long after `since` it was live at last.
    pub fn came_back(&mut self, measure: Measure, load: &Load, since: Instant) {
        let mut last = std::collections::BTreeMap::new();
        for moment in load.recorder().since(since) {
            if moment.what == Happening::Live {
                last.insert(moment.client, (moment.at - since).as_secs_f64());
            }
        }
        for seconds in last.into_values() {
            self.timed(measure, since, seconds);
        }
        for _ in load.live()..load.len() {
            self.timed(measure, since, since.elapsed().as_secs_f64());
        }
    }

    /// Connections of the native protocol, as the server counts them.
    pub async fn connections(&self) -> u64 {
        self.figure("guichet_realtime_connections").await
    }

    /// Closes by the server with that code since its start.
    pub async fn closes(&self, code: u16) -> u64 {
        self.figure(&format!("guichet_realtime_closes_total{{code=\"{code}\"}}")).await
    }

    /// How often, since its start, a client's queue overflowed and was left to be read again from the log.
    pub async fn overflows(&self) -> u64 {
        self.figure("guichet_realtime_overflows_total").await
    }

    /// Hints that the server swallowed as it was told, since its start.
    pub async fn swallowed(&self) -> u64 {
        self.figure("guichet_fault_hints_swallowed_total").await
    }

    /// The sum of the server's figures whose line begins so.
    async fn figure(&self, prefix: &str) -> u64 {
        let text = self.figures().await;
        let values = text.lines().filter(|line| line.starts_with(prefix));
        let values = values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        // Counts: whole numbers, far below 2^53.
        format!("{:.0}", values.sum::<f64>()).parse().unwrap_or(0)
    }

    async fn figures(&self) -> String {
        let asked = self.server.rest().with_token(METRICS_TOKEN).request(Method::GET, "~/metrics").send().await;
        let answer = asked.expect("the server answers");
        assert!(answer.status().is_success(), "/metrics answered {}", answer.status());
        answer.text().await.expect("figures")
    }

    /// On SQLite, whether the file is whole.
    pub fn check_file(&mut self) {
        if self.run.store == Store::Sqlite {
            let file = self.server.home().join("demo/guichet.sqlite");
            let said =
                xtask::process::read(std::process::Command::new("sqlite3").arg(file).arg("PRAGMA integrity_check"));
            let said = said.expect("sqlite3 reads the file");
            if said.trim() != "ok" {
                self.report.violated("I1", format!("integrity_check: {said}"));
            }
        }
    }

    /// The end of the run; of one that went wrong, the server's log is kept.
    pub fn report(self) -> Report {
        if !self.report.broken().is_empty() {
            self.report.keep_log(&self.server.log());
        }
        self.report
    }
}

/// One client in fifty that is chosen to send goes and comes back instead.
fn l1(random: &mut Random) -> Order {
    if random.below(50) == 0 { Order::Reconnect } else { Order::Send }
}
