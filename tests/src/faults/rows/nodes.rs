//! Harm to two nodes, and to what is between them.

use super::{BACK, READY};
use crate::faults::balancer::Balancer;
use crate::faults::process::signal;
use crate::faults::proxy::{End, Flow, Proxy, Weather};
use crate::faults::report::{Measure, Report};
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::redis::{Lossy, Redis, url};
use crate::server::{Server, Settings};
use crate::storm::{Habits, Happening, Load, Order, Volume, Way};
use reqwest::Method;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// From a send at one node until it has come to those at the other, while the bus is down.
const LATE: Measure = Measure::p99("others' messages while down", "s", 3.0);
/// The same while the bus works.
const SOON: Measure = Measure::told("others' messages, slowest", "s");
/// From the last send until nobody misses anything.
const FOUND: Measure = Measure::at_most("gap found", "s", 11.0);
/// From the end of a node until its clients are live at the other.
const MOVED: Measure = Measure::p99("reconnect p99", "s", 8.0);
/// From the cut until the node says that it is not ready.
const UNREADY: Measure = Measure::at_most("not ready", "s", 5.0);
/// Sends that were refused for good.
const REFUSED: Measure = Measure::at_most("permanent nacks", "", 0.0);

/// Two nodes with a Redis of their own. The second node goes before the first, whose database it uses.
pub(super) struct Pair {
    pub(super) other: Server,
    pub(super) stage: Stage,
    pub(super) redis: Redis,
}

impl Pair {
    /// Both straight to Redis.
    pub(super) async fn new(row: &'static str, run: &Run) -> Self {
        let redis = Redis::start();
        let urls = [redis.url(), redis.url()];
        Self::on(row, run, redis, urls).await
    }

    /// Each to Redis by a way of its own.
    async fn on(row: &'static str, run: &Run, redis: Redis, urls: [String; 2]) -> Self {
        let settings = |url: &str| {
            let settings = Settings { durable: true, fault: run.planted, ..Settings::over(run.store) };
            Stage::open_to_us(settings).with("GUICHET_REDIS_URL", url)
        };
        let [one, other] = urls;
        let stage = Stage::on(settings(&one), row, run).await;
        let other = stage.server.beside(settings(&other)).await;
        Self { other, stage, redis }.working().await
    }

    async fn working(self) -> Self {
        for node in [&self.stage.server, &self.other] {
            until(Duration::from_secs(20), async || said(node).await.1 == "ok").await;
        }
        self
    }

    /// The first or the second.
    fn node(&mut self, node: usize) -> &mut Server {
        if node == 0 { &mut self.stage.server } else { &mut self.other }
    }

    /// In each conversation the visitor who writes is at the first node and the agent who writes at the other, and
    /// each of them watches at the other node too.
    async fn across(&mut self) -> Load {
        let bases = [self.stage.server.base().to_owned(), self.other.base().to_owned()];
        let habits = Habits { timed: true, ..self.stage.habits() };
        let volume = self.stage.volume();
        self.stage
            .load_by(&volume, move |seat| Way { base: bases[node_of(seat.client)].clone(), habits: habits.clone() })
            .await
    }

    /// Everybody by way of a balancer.
    async fn balanced(&mut self) -> (Load, Balancer) {
        let balancer = Balancer::before(&[self.stage.server.address(), self.other.address()]).await;
        let (base, habits, volume) = (balancer.base(), self.stage.habits(), self.stage.volume());
        let load = self.stage.load_by(&volume, move |_| Way { base: base.clone(), habits: habits.clone() }).await;
        (load, balancer)
    }

    /// How long what crossed over since then took.
    fn crossed(&mut self, load: &Load, measure: Measure, since: Instant) -> usize {
        let mut count = 0;
        for moment in load.recorder().since(since) {
            if let Happening::Delivered(after, from) = moment.what
                && node_of(moment.client) != node_of(from)
            {
                self.stage.timed(measure, since, after.as_secs_f64());
                count += 1;
            }
        }
        count
    }

    /// Sends that were refused for good, of a load whose first `asked_again` refusals were not.
    async fn end(&mut self, load: Load, began: Instant) {
        let nacked = load.recorder().since(began).into_iter();
        let nacked = nacked.filter(|moment| matches!(moment.what, Happening::Nacked(..))).count();
        let before = load.recorder().counters().asked_again;
        let counters = self.stage.end(load).await;
        let permanent = nacked.saturating_sub(before);
        self.stage.report.measured(REFUSED, crate::faults::report::count(permanent));
        self.stage.report.told("sends asked again", counters.asked_again);
        self.stage.report.told("gaps repaired by clients", counters.gaps_repaired);
        self.stage.look_after_other(&self.other);
    }
}

/// F-16: Redis is killed and comes back, and then is killed for good.
pub async fn redis_killed(run: &Run) -> Report {
    let mut pair = Pair::new("F-16", run).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let (mut load, began) = (pair.across().await, Instant::now());
        for _ in rounds {
            load.ticks(random.between(1, 6)).await;
            pair.redis.kill();
            let killed = Instant::now();
            load.ticks(run.pick(30, 50)).await;
            let acked = acks(&load, killed);
            pair.stage.report.exercised("acks while Redis was down", acked);
            let crossed = pair.crossed(&load, LATE, killed);
            pair.stage.report.exercised("messages to the other node while Redis was down", crossed);
            pair.redis.restart();
            pair = pair.working().await;
            let back = Instant::now();
            load.ticks(10).await;
            pair.crossed(&load, SOON, back);
            pair.stage.report.round(format!("down for {:?}, {acked} acks, {crossed} crossed", killed.elapsed()));
        }
        pair.redis.kill();
        let killed = Instant::now();
        load.ticks(15).await;
        pair.crossed(&load, LATE, killed);
        pair.stage.report.round("killed for good");
        pair.end(load, began).await;
        pair.redis.restart();
        pair = pair.working().await;
    }
    pair.stage.report()
}

/// F-17 over Redis: of what is published, one, ten or all of a hundred messages are lost, and nobody is told.
pub async fn hints_lost(row: &'static str, run: &Run) -> Report {
    let redis = Redis::start();
    let (one, other) =
        (Lossy::before(redis.address(), run.seed).await, Lossy::before(redis.address(), !run.seed).await);
    let urls = [url(one.address()), url(other.address())];
    let mut pair = Pair::on(row, run, redis, urls).await;
    let mut random = run.random();
    let volume = Volume { sends_a_tick: 20, ..pair.stage.volume() };
    for rounds in run.loads() {
        let (mut load, began) = (pair.across().await, Instant::now());
        for round in rounds {
            let percent = [1, 10, 100][round % 3];
            one.lose(percent);
            other.lose(percent);
            let lost = one.lost() + other.lost();
            load.send(&Volume { seed: random.next(), ..volume.clone() }, |_| Order::Send).await;
            load.ticks(random.between(8, 15)).await;
            load.hush().await;
            load.reached(Duration::from_secs(30), || load.waiting().is_empty()).await;
            let (since, ends) = (Instant::now(), load.ends());
            load.reached(Duration::from_millis(500), || load.behind(&ends).is_empty()).await;
            let missed = load.behind(&ends).len();
            let never = Duration::from_secs(if run.planted.is_some() { 12 } else { 30 });
            let found = load.reached(never, || load.behind(&ends).is_empty()).await;
            let lost = one.lost() + other.lost() - lost;
            pair.stage.report.exercised("messages lost between the nodes", lost);
            pair.stage.report.told("clients that missed the last entry", missed);
            let after = since.elapsed();
            pair.stage
                .report
                .round(format!("{percent} %: {lost} lost, {missed} missed the last, found after {after:?}"));
            if !found {
                let behind = load.behind(&ends);
                let what = format!("{} clients missed entries for {never:?}: {behind:?}", behind.len());
                pair.stage.report.violated("I9", what);
                return pair.stage.report();
            }
            pair.stage.elapsed(FOUND, since);
        }
        one.lose(0);
        other.lose(0);
        pair = pair.working().await;
        pair.end(load, began).await;
    }
    pair.stage.report()
}

/// F-19: Redis forgets all it knows, has no memory left, cuts those who listen, and starts again empty.
pub async fn redis_emptied(run: &Run) -> Report {
    let mut pair = Pair::new("F-19", run).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let (mut load, began) = (pair.across().await, Instant::now());
        for _ in rounds {
            let since = Instant::now();
            load.ticks(random.between(1, 4)).await;
            pair.redis.command(&["FLUSHALL"]);
            load.ticks(3).await;
            pair.redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
            load.ticks(3).await;
            let cut = pair.redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
            let cut: usize = cut.parse().expect("how many Redis has cut");
            pair.stage.report.exercised("listeners cut", cut);
            load.ticks(5).await;
            pair.redis.kill();
            pair.redis.restart();
            pair = pair.working().await;
            load.ticks(5).await;
            pair.crossed(&load, LATE, since);
            pair.stage.report.round(format!("{cut} listeners cut"));
        }
        pair.end(load, began).await;
    }
    pair.stage.report()
}

/// F-20: a rolling restart: each node in turn is taken out of rotation, ends by SIGTERM, and comes back.
pub async fn rolling_restart(run: &Run) -> Report {
    let mut pair = Pair::new("F-20", run).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let ((mut load, balancer), began) = (pair.balanced().await, Instant::now());
        for _ in rounds {
            for node in [0, 1] {
                load.ticks(random.between(2, 6)).await;
                balancer.take_out(node);
                let told = Instant::now();
                let server = pair.node(node);
                server.terminate();
                let status = server.ended(Duration::from_secs(40)).await;
                if !status.success() {
                    pair.stage.report.violated("I14", format!("node {node} ended with {status}"));
                }
                load.live_within(Duration::from_secs(30)).await;
                moved(&mut pair.stage, &load, told);
                let started = Instant::now();
                pair.node(node).restart().await;
                pair.stage.elapsed(READY, started);
                pair = pair.working().await;
                balancer.put_in(node);
            }
            pair.stage.report.round("both restarted");
        }
        load.ticks(1).await;
        pair.end(load, began).await;
    }
    pair.stage.report()
}

/// F-21: kill -9, one node and then the other.
pub async fn alternately_killed(run: &Run) -> Report {
    let mut pair = Pair::new("F-21", run).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let ((mut load, balancer), began) = (pair.balanced().await, Instant::now());
        for round in rounds {
            let (least, most) = run.pick((1_000, 2_000), (3_000, 9_000));
            sleep(Duration::from_millis(random.between(least, most))).await;
            let node = round % 2;
            let server = pair.node(node);
            server.kill();
            let killed = Instant::now();
            balancer.take_out(node);
            load.live_within(Duration::from_secs(30)).await;
            moved(&mut pair.stage, &load, killed);
            let started = Instant::now();
            pair.node(node).restart().await;
            pair.stage.elapsed(READY, started);
            balancer.put_in(node);
            pair.stage.report.round(format!("node {node}"));
        }
        load.ticks(2).await;
        pair.end(load, began).await;
    }
    pair.stage.report()
}

/// F-22: one node does not reach PostgreSQL; its clients stay until the balancer sees that it is not ready.
pub async fn cut_from_postgres(run: &Run) -> Report {
    let redis = Redis::start();
    let settings = || {
        let settings = Settings { durable: true, fault: run.planted, ..Settings::over(run.store) };
        Stage::open_to_us(settings).with("GUICHET_REDIS_URL", redis.url())
    };
    let stage = Stage::on(settings(), "F-22", run).await;
    let database = stage.server.database().url().expect("PostgreSQL has a URL");
    let proxy = Proxy::before(address_of(&database), run.seed).await;
    let through = through(&database, proxy.address());
    let other = stage.server.beside(settings().with("GUICHET_DATABASE_URL", through)).await;
    let mut pair = Pair { other, stage, redis }.working().await;
    let mut random = run.random();
    for rounds in run.loads() {
        let ((mut load, balancer), began) = (pair.balanced().await, Instant::now());
        for _ in rounds {
            load.ticks(random.between(2, 6)).await;
            let cut = Instant::now();
            proxy.set(Weather { up: Flow::Swallowed, down: Flow::Swallowed, ..Weather::default() });
            until(Duration::from_secs(20), async || said(&pair.other).await.0 == 503).await;
            pair.stage.elapsed(UNREADY, cut);
            balancer.take_out(1);
            balancer.cut(1);
            let moves = Instant::now();
            load.live_within(Duration::from_secs(30)).await;
            pair.stage.came_back(BACK, &load, moves);
            let there = load.recorder().since(moves);
            let there = there.iter().filter(|moment| moment.what == Happening::Live).count();
            pair.stage.report.exercised("clients that moved", there);
            load.ticks(5).await;
            // Half-open connections are as good as gone.
            proxy.set(Weather::default());
            proxy.end_all(End::Reset);
            pair = pair.working().await;
            balancer.put_in(1);
            pair.stage.report.round(format!("cut for {:?}", cut.elapsed()));
        }
        load.ticks(2).await;
        pair.end(load, began).await;
    }
    pair.stage.report()
}

/// F-23: one node does not reach Redis: its line goes silent, or is reset again and again.
pub async fn cut_from_redis(run: &Run) -> Report {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.address(), run.seed).await;
    let urls = [redis.url(), url(proxy.address())];
    let mut pair = Pair::on("F-23", run, redis, urls).await;
    let mut random = run.random();
    for rounds in run.loads() {
        let (mut load, began) = (pair.across().await, Instant::now());
        for round in rounds {
            load.ticks(random.between(2, 6)).await;
            let cut = Instant::now();
            let silent = round % 2 == 0;
            proxy.set(Weather { up: Flow::Swallowed, down: Flow::Swallowed, ..Weather::default() });
            if !silent {
                proxy.end_all(End::Reset);
            }
            load.ticks(run.pick(30, 100)).await;
            let crossed = pair.crossed(&load, LATE, cut);
            pair.stage.report.exercised("messages to the node without Redis", crossed);
            let degraded = said(&pair.other).await == (200, "degraded".to_owned());
            pair.stage.report.exercised("degraded, and ready", usize::from(degraded));
            proxy.set(Weather::default());
            proxy.end_all(End::Reset);
            pair = pair.working().await;
            let how = if silent { "silent" } else { "reset" };
            pair.stage.report.round(format!("{how} for {:?}, {crossed} crossed", cut.elapsed()));
        }
        load.ticks(2).await;
        pair.end(load, began).await;
    }
    pair.stage.report()
}

/// F-25, and F-24 on the way: both nodes follow the log, commits are slow to come, and one node stands still.
pub async fn a_relay_stands_still(run: &Run) -> Report {
    let mut pair = Pair::new("F-24 F-25", run).await;
    let database = pair.stage.server.database().url().expect("PostgreSQL has a URL");
    super::relays::slow_commits(&database);
    let mut random = run.random();
    for rounds in run.loads() {
        let (mut load, began) = (pair.across().await, Instant::now());
        for _ in rounds {
            load.ticks(random.between(2, 6)).await;
            signal("STOP", &[pair.other.pid()]);
            let still = Duration::from_secs(run.pick(4, 90));
            sleep(still).await;
            signal("CONT", &[pair.other.pid()]);
            load.ticks(random.between(3, 8)).await;
            load.live_within(Duration::from_secs(40)).await;
            pair.stage.report.round(format!("one stood still for {still:?}"));
        }
        load.hush().await;
        load.reached(Duration::from_secs(30), || load.waiting().is_empty()).await;
        super::relays::check(&mut pair.stage, &database).await;
        pair.end(load, began).await;
    }
    pair.stage.report()
}

/// At which node a client is, of four in each conversation of which the first and the third write.
fn node_of(client: usize) -> usize {
    (client % 4 / 2 + client % 2) % 2
}

/// How long those who had to connect again took.
fn moved(stage: &mut Stage, load: &Load, since: Instant) {
    let live = load.recorder().since(since).iter().filter(|moment| moment.what == Happening::Live).count();
    stage.report.exercised("clients that moved", live);
    stage.came_back(MOVED, load, since);
}

fn acks(load: &Load, since: Instant) -> usize {
    load.recorder().since(since).iter().filter(|moment| matches!(moment.what, Happening::Acked(_))).count()
}

/// What a node says of itself; 0 when it says nothing.
async fn said(node: &Server) -> (u16, String) {
    let asked = node.rest().request(Method::GET, "~/health/ready").timeout(Duration::from_secs(4)).send().await;
    let Ok(answer) = asked else { return (0, String::new()) };
    let status = answer.status().as_u16();
    let body: serde_json::Value = answer.json().await.unwrap_or_default();
    (status, body["status"].as_str().unwrap_or_default().to_owned())
}

/// Waits until it is so; what never comes shows in the figure that follows, or in the row's end.
async fn until(within: Duration, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + within;
    while !is_so().await && Instant::now() < deadline {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Where the PostgreSQL of a URL listens.
fn address_of(database: &str) -> SocketAddr {
    let (_, rest) = database.split_once("://").expect("a URL");
    let host = rest.split('/').next().and_then(|host| host.rsplit('@').next()).expect("a host");
    host.to_socket_addrs().expect("an address").next().expect("an address")
}

/// The same database by way of another address.
fn through(database: &str, address: SocketAddr) -> String {
    let (head, name) = database.rsplit_once('/').expect("a URL has a path");
    let (scheme, rest) = head.split_once("://").expect("a URL");
    let user = rest.rsplit_once('@').map(|(user, _)| format!("{user}@")).unwrap_or_default();
    format!("{scheme}://{user}{address}/{name}")
}
