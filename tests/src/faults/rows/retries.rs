//! The same thing more than once.

use crate::faults::report::Report;
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::storm::{Habits, Load, Order, Volume, Way};

/// F-32: every send goes out up to five times over the socket and once more over REST, at the same time.
pub async fn duplicated(row: &'static str, run: &Run) -> Report {
    let mut stage = Stage::new(row, run).await;
    let volume = Volume { conversations: 10, sends_a_tick: 6, ..stage.volume() };
    for _ in 0..run.rounds {
        let habits = Habits { copied_percent: 80, copies: 5, twice_over_rest: true, ..stage.habits() };
        let mut load = straight(&mut stage, &volume, &habits).await;
        load.ticks(run.pick(25, 100)).await;
        let counters = stage.end(load).await;
        stage.report.exercised("retries that were stored already", counters.duplicates);
        stage.report.exercised("sends over REST", counters.over_rest);
        stage.report.round(format!("{} sends, {} answers", counters.sent, counters.acked));
    }
    stage.report()
}

/// F-33: the socket goes right after a send, which is then made again over REST.
pub async fn failed_over(run: &Run) -> Report {
    let mut stage = Stage::new("F-33", run).await;
    let volume = Volume { conversations: 10, sends_a_tick: 6, ..stage.volume() };
    for _ in 0..run.rounds {
        let habits = stage.habits();
        let mut load = straight(&mut stage, &volume, &habits).await;
        load.send(&volume, |random| if random.below(3) == 0 { Order::FailOver } else { Order::Send }).await;
        load.ticks(run.pick(25, 100)).await;
        let counters = stage.end(load).await;
        stage.report.exercised("sends over REST", counters.over_rest);
        stage.report.exercised("retries that were stored already", counters.duplicates);
        stage.report.round(format!("{} sends, {} over REST", counters.sent, counters.over_rest));
    }
    stage.report()
}

async fn straight(stage: &mut Stage, volume: &Volume, habits: &Habits) -> Load {
    let base = stage.server.base().to_owned();
    stage.load_by(volume, |_| Way { base: base.clone(), habits: habits.clone() }).await
}
