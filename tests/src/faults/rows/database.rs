//! Harm to PostgreSQL.

use super::{RESUMED, server::answered};
use crate::database::try_sql;
use crate::faults::postgres::{self, Stop};
use crate::faults::report::{Measure, Report, count};
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::storm::{Happening, Load, Moment, Volume, Way};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;
use xtask::cluster::Cluster;

/// From a send to its refusal while the database does not answer.
const NACKED: Measure = Measure::at_most("nacked", "s", 5.0);
/// The same over REST.
const REFUSED: Measure = Measure::at_most("REST refused", "s", 5.0);
/// Acks that came while nothing could be stored.
const ACKED: Measure = Measure::at_most("acked while down", "", 0.0);
/// Connections that the server closed meanwhile.
const CLOSED: Measure = Measure::at_most("sockets closed", "%", 5.0);
/// From the freeze until the server says that it is not ready.
const UNREADY: Measure = Measure::at_most("not ready", "s", 5.0);
/// Of the calls and sends that succeed.
const SERVED: Measure = Measure::p99("served", "s", 2.0);
/// An ack that was on its way when the database went may come so much later.
const ON_ITS_WAY: Duration = Duration::from_millis(250);

/// F-06: PostgreSQL ends and starts again.
pub async fn restarted(row: &'static str, run: &Run, how: Stop) -> Report {
    let mut stage = Stage::new(row, run).await;
    let cluster = postgres::cluster_of(&stage.server);
    let mut random = run.random();
    for rounds in run.loads() {
        let mut load = stage.load().await;
        for _ in rounds {
            let (ticks, down) = (random.between(1, 6), Duration::from_millis(random.between(300, 2_000)));
            load.ticks(ticks).await;
            sleep(Duration::from_micros(random.between(0, 15_000))).await;
            let begun = Instant::now();
            postgres::stop(&cluster, how).await;
            let gone = Instant::now();
            sleep(down).await;
            let before = Instant::now();
            stage.report.exercised("sends waiting while it was down", load.waiting().len());
            postgres::start(&cluster).await;
            resumed(&mut stage, &load, begun, (gone, before)).await;
            stage.report.round(format!("{} after {ticks} ticks, down for {down:?}", how.name()));
        }
        load.ticks(1).await;
        let counters = stage.end(load).await;
        stage.report.told("sends nacked", counters.asked_again);
        stage.report.told("sends of unknown outcome", counters.unknown);
    }
    stage.report()
}

/// F-08: PostgreSQL stands still: connections stay, nothing answers.
pub async fn frozen(run: &Run) -> Report {
    let mut stage = Stage::new("F-08", run).await;
    let cluster = postgres::cluster_of(&stage.server);
    let mut random = run.random();
    for rounds in run.loads() {
        let mut load = stage.load().await;
        for _ in rounds {
            load.ticks(random.between(2, 6)).await;
            sleep(Duration::from_micros(random.between(0, 15_000))).await;
            let held = Duration::from_secs(run.pick(7, 30));
            let begun = Instant::now();
            let still = postgres::freeze(&cluster);
            let gone = Instant::now();
            let ((), (status, refused), (lives, unready)) =
                tokio::join!(sleep(held), over_rest(&load), unready(&stage));
            stage.timed(REFUSED, begun, refused);
            stage.timed(UNREADY, begun, unready);
            if status != Some(503) {
                stage.report.violated("I14", format!("a send over REST was answered {status:?}"));
            }
            if !lives {
                stage.report.violated("I14", "/health/live failed while the database stood still");
            }
            let before = Instant::now();
            drop(still);
            resumed(&mut stage, &load, begun, (gone, before)).await;
            stage.report.round(format!("frozen for {held:?}"));
        }
        load.ticks(1).await;
        let counters = stage.end(load).await;
        stage.report.exercised("sends nacked", counters.asked_again);
        stage.report.told("sends of unknown outcome", counters.unknown);
    }
    stage.report()
}

/// F-09: more is wanted of PostgreSQL than it gives connections for. It starts anew, and others take half of them
/// before the server can come back; when they let go, all goes on.
pub async fn exhausted(run: &Run) -> Report {
    let mut stage = Stage::new("F-09", run).await;
    let cluster = postgres::cluster_of(&stage.server);
    postgres::add_options(&cluster, "-c max_connections=10");
    postgres::stop(&cluster, Stop::Fast).await;
    postgres::start(&cluster).await;
    let mut random = run.random();
    // L3: twenty who write in one conversation.
    let tick = Duration::from_millis(100);
    let sends_a_tick = run.pick(8, 20);
    let volume =
        Volume { conversations: 1, connections_each: 10, writers_each: 10, tick, sends_a_tick, seed: run.seed };
    for rounds in run.loads() {
        let (base, habits) = (stage.server.base().to_owned(), stage.habits());
        let load = stage.load_by(&volume, move |_| Way { base: base.clone(), habits: habits.clone() }).await;
        for _ in rounds {
            let (taken, long) = (random.between(4, 6), Duration::from_secs(run.pick(5, 10)));
            let since = Instant::now();
            postgres::stop(&cluster, Stop::Fast).await;
            let crowd = Crowd::gather(&cluster, taken, long);
            postgres::start(&cluster).await;
            let statuses = callers(&mut stage, &load, long).await;
            crowd.leave().await;
            let (left, waiting) = (Instant::now(), load.waiting());
            answered(&load, left, &waiting, Duration::from_secs(30)).await;
            stage.elapsed(RESUMED, left);
            for moment in load.recorder().since(since) {
                match moment.what {
                    Happening::Acked(after) => stage.timed(SERVED, since, after.as_secs_f64()),
                    Happening::Nacked(code, _)
                        if !["overloaded", "unavailable", "unknown"].contains(&code.as_str()) =>
                    {
                        stage.report.violated("I14", format!("a send was nacked {code}"));
                    }
                    _ => {}
                }
            }
            stage.report.round(format!("{taken} connections taken away; REST answered {statuses:?}"));
        }
        stage.end(load).await;
    }
    let log = postgres::log(&cluster);
    let refusals =
        log.lines().filter(|line| line.contains("too many clients") || line.contains("remaining connection"));
    stage.report.exercised("connections refused by PostgreSQL", refusals.count());
    stage.report()
}

/// Others who take connections as soon as there are any, and keep them for a while.
#[derive(Debug)]
struct Crowd {
    leaves: Arc<AtomicBool>,
    sessions: JoinSet<()>,
}

impl Crowd {
    fn gather(cluster: &Cluster, taken: u64, long: Duration) -> Self {
        let (leaves, mut sessions) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for _ in 0..taken {
            let (url, leaves) = (cluster.url("postgres"), Arc::clone(&leaves));
            let keep = format!("select pg_sleep({})", long.as_secs());
            sessions.spawn_blocking(move || {
                // Refused while PostgreSQL starts, and while the server has what there is.
                while !leaves.load(Ordering::SeqCst) && try_sql(&url, &keep).is_err() {
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
        }
        Self { leaves, sessions }
    }

    /// Takes no more, and waits until what was taken is free again.
    async fn leave(mut self) {
        self.leaves.store(true, Ordering::SeqCst);
        while let Some(ended) = self.sessions.join_next().await {
            ended.expect("who takes a connection does not panic");
        }
    }
}

/// After a fault of the database: nothing was acked meanwhile, refusals were quick, sockets stayed, sends go on.
async fn resumed(stage: &mut Stage, load: &Load, begun: Instant, (gone, before): (Instant, Instant)) {
    let (up, waiting) = (Instant::now(), load.waiting());
    answered(load, up, &waiting, Duration::from_secs(30)).await;
    stage.elapsed(RESUMED, up);
    let seen = load.recorder().since(begun);
    let acked = |moment: &&Moment| matches!(moment.what, Happening::Acked(_));
    let while_down = seen.iter().filter(|moment| moment.at > gone + ON_ITS_WAY && moment.at < before).filter(acked);
    stage.report.measured(ACKED, count(while_down.count()));
    for moment in &seen {
        if let Happening::Nacked(_, after) = moment.what {
            stage.timed(NACKED, begun, after.as_secs_f64());
        }
    }
    let closed = seen.iter().filter(|moment| matches!(moment.what, Happening::Closed(_))).count();
    stage.report.measured(CLOSED, 100.0 * count(closed) / count(load.len()));
}

/// What a send over REST was answered, and after how many seconds.
async fn over_rest(load: &Load) -> (Option<u16>, f64) {
    let visitor = load.visitor(0);
    let body = json!({ "client_message_id": uuid::Uuid::now_v7().to_string(), "content": "?" });
    let path = format!("/conversations/{}/messages", visitor.conversation);
    let sent = Instant::now();
    let answer = visitor.rest.request(Method::POST, &path).json(&body).send().await;
    (answer.ok().map(|answer| answer.status().as_u16()), sent.elapsed().as_secs_f64())
}

/// Whether the server says that it lives, and after how many seconds it says that it is not ready.
async fn unready(stage: &Stage) -> (bool, f64) {
    let since = Instant::now();
    while stage.server.rest().is_ready().await && since.elapsed() < Duration::from_secs(30) {
        sleep(Duration::from_millis(20)).await;
    }
    let seconds = since.elapsed().as_secs_f64();
    let lives = stage.server.rest().request(Method::GET, "~/health/live").send().await;
    (lives.is_ok_and(|answer| answer.status().is_success()), seconds)
}

/// Twenty people read all the time; what they were answered, by status.
async fn callers(stage: &mut Stage, load: &Load, long: Duration) -> BTreeMap<u16, usize> {
    let since = Instant::now();
    let mut calling = JoinSet::new();
    for _ in 0..20 {
        let (rest, conversation) = (load.visitor(0).rest.clone(), load.visitor(0).conversation.clone());
        calling.spawn(async move {
            let mut seen = Vec::new();
            while since.elapsed() < long {
                for path in ["", "/messages?limit=50", "/unread-count"] {
                    let (asked, path) = (Instant::now(), format!("/conversations/{conversation}{path}"));
                    let status = rest.request(Method::GET, &path).send().await.map(|answer| answer.status().as_u16());
                    seen.push((status, asked.elapsed()));
                }
            }
            seen
        });
    }
    let mut statuses = BTreeMap::new();
    for (status, took) in calling.join_all().await.into_iter().flatten() {
        let code = status.as_ref().map_or(0, |code| *code);
        match status {
            Ok(200) => stage.timed(SERVED, since, took.as_secs_f64()),
            Ok(503) => {}
            other => stage.report.violated("I14", format!("a read was answered {other:?}")),
        }
        *statuses.entry(code).or_default() += 1;
    }
    statuses
}
