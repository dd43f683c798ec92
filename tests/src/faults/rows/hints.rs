//! Nobody is told of a commit.

use crate::faults::report::{Measure, Report};
use crate::faults::run::Run;
use crate::faults::stage::Stage;
use crate::server::Settings;
use crate::storm::{Order, Volume, Way};
use std::time::{Duration, Instant};

/// From the last send until nobody misses anything: the heads are compared every 10 s.
const FOUND: Measure = Measure::at_most("gap found", "s", 11.0);
/// The catalogue's bound of what counts as never.
const NEVER: Duration = Duration::from_secs(30);

/// F-17 on one node: one in ten committed entries is not told to this node's connections. Where another follows, the
/// jump shows it; where it was the last one, only the comparison of the heads does.
pub async fn swallowed(row: &'static str, run: &Run) -> Report {
    let fault = run.planted.unwrap_or("swallowed_hints");
    let mut stage =
        Stage::on(Settings { durable: true, fault: Some(fault), ..Settings::over(run.store) }, row, run).await;
    let mut random = run.random();
    let volume = Volume { conversations: 40, sends_a_tick: 20, ..stage.volume() };
    for rounds in run.loads() {
        let (base, habits) = (stage.server.base().to_owned(), stage.habits());
        let mut load = stage.load_by(&volume, move |_| Way { base: base.clone(), habits: habits.clone() }).await;
        for _ in rounds {
            load.send(&Volume { seed: random.next(), ..volume.clone() }, |_| Order::Send).await;
            load.ticks(random.between(3, 8)).await;
            load.hush().await;
            load.reached(NEVER, || load.live() == load.len() && load.waiting().is_empty()).await;
            let (since, ends) = (Instant::now(), load.ends());
            // What is on its way arrives; what was swallowed does not.
            load.reached(Duration::from_secs(1), || load.behind(&ends).is_empty()).await;
            let missed = load.behind(&ends).len();
            // A planted bug is found when the comparison of the heads would have been.
            let never = if run.planted.is_some() { Duration::from_secs(12) } else { NEVER };
            let found = load.reached(never, || load.behind(&ends).is_empty()).await;
            stage.report.exercised("clients that missed the last entry", missed);
            stage.report.round(format!("{missed} clients missed the last entry, found after {:?}", since.elapsed()));
            if !found {
                let behind = load.behind(&ends);
                stage
                    .report
                    .violated("I9", format!("{} clients missed entries for {never:?}: {behind:?}", behind.len()));
                return stage.report();
            }
            stage.elapsed(FOUND, since);
        }
        let swallowed = stage.swallowed().await;
        stage.end(load).await;
        stage.report.exercised("hints swallowed", usize::try_from(swallowed).unwrap_or(usize::MAX));
    }
    stage.report()
}
