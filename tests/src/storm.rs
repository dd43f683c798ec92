//! Many clients that keep their side of the delivery contract, while somebody kills the server.

mod client;
mod load;
mod random;
mod recorder;

pub use client::{Habits, Order};
pub use load::{Load, Remains, Seat, Volume, Way};
pub use random::Random;
pub use recorder::{Counters, Happening, Moment, Recorder};

use crate::checker::{Entry, History};
use crate::people::{number, text};
use crate::server::Server;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How much of what. The figures are those of the fault test: 100 connections, 50 sends a second.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The clients and their sends.
    pub volume: Volume,
    /// How often the server is killed.
    pub kills: usize,
}

impl Plan {
    /// 100 connections, all of which send, 50 sends a second, that many kills. The seed decides who sends when, and
    /// when the server dies; the processes' own timing stays their own.
    pub fn with_kills(kills: usize, seed: u64) -> Self {
        let tick = Duration::from_millis(200);
        let volume = Volume { conversations: 25, connections_each: 2, writers_each: 2, tick, sends_a_tick: 10, seed };
        Self { volume, kills }
    }
}

/// What a storm left.
#[derive(Debug)]
pub struct Aftermath {
    /// For the checker.
    pub history: History,
    /// What happened how often; a storm in which nothing was under way at a kill shows nothing.
    pub counters: Counters,
    /// The longest time from a start of the server until it was ready.
    pub slowest_start: Duration,
}

/// Kills beyond the plan, while none of them has met a send.
const FURTHER: usize = 10;

/// Runs `plan` on a server of the demo organisation; it is alive again at the end.
pub async fn storm(server: &mut Server, plan: &Plan) -> Aftermath {
    let mut random = Random::from_seed(plan.volume.seed);
    let volume = Volume { seed: random.next(), ..plan.volume.clone() };
    let mut load = Load::plain(server, &volume, Habits::default()).await;
    load.send(&volume, |_| Order::Send).await;
    let mut slowest_start = Duration::ZERO;
    let mut kills = 0;
    while kills < plan.kills || (kills < plan.kills + FURTHER && load.recorder().counters().resent == 0) {
        kills += 1;
        load.ticks(random.between(2, 8)).await;
        // On a quiet machine what a tick sends is answered within a few ms.
        sleep(Duration::from_micros(random.between(0, 3_000))).await;
        server.kill();
        load.recorder().count(|counters| counters.kills += 1);
        sleep(Duration::from_millis(random.between(0, 500))).await;
        let started = Instant::now();
        server.restart().await;
        slowest_start = slowest_start.max(started.elapsed());
    }
    load.ticks(1).await;
    let Remains { history, counters } = load.finish(Load::PATIENCE).await;
    Aftermath { history, counters, slowest_start }
}

/// The entry that a message shows.
fn entry(message: &Value) -> Entry {
    Entry {
        seq: number(&message["seq"]),
        message_id: text(&message["id"]).to_owned(),
        content: text(&message["content"]).to_owned(),
        by_system: message["sender"]["type"] == "system",
    }
}
