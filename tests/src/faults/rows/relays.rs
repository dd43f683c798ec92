//! What follows from the log, by way of two nodes that both follow it.

use crate::database::sql;
use crate::faults::stage::Stage;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// From now on a commit of messages is up to half a second slow, after its numbers were taken: so later ones
/// overtake it, and whoever follows the log by numbers alone passes it over.
pub(super) fn slow_commits(database: &str) {
    sql(
        database,
        "create function dawdle() returns trigger language plpgsql as \
         $$ begin if new.tx_row <= 1 then perform pg_sleep(random() * 0.5); end if; return null; end $$",
    );
    sql(
        database,
        "create constraint trigger dawdle after insert on entry deferrable initially deferred \
         for each row execute function dawdle()",
    );
}

/// Every message was noticed, and none had its consequence twice.
pub(super) async fn check(stage: &mut Stage, database: &str) {
    let unnoticed = "select count(*) from support_request r where exists (select from entry e \
                     where e.conversation_id = r.conversation_id and e.change = 0 and e.created_at > r.active_at)";
    // What a planted bug passes over is never noticed.
    let patience = if stage.run.planted.is_some() { 5 } else { 30 };
    let deadline = Instant::now() + Duration::from_secs(patience);
    while count(database, unnoticed) > 0 && Instant::now() < deadline {
        sleep(Duration::from_millis(100)).await;
    }
    let missed = count(database, unnoticed);
    if missed > 0 {
        stage.report.violated("I11", format!("{missed} requests whose last message nobody noticed"));
    }
    let answered = count(
        database,
        "select count(distinct e.conversation_id) from entry e where e.change = 0 and e.sender_kind = 1",
    );
    let once = "select count(*) from (select support_request_id from timeline_entry where kind = 'first_response' \
                group by support_request_id) as told";
    let twice = "select count(*) from (select support_request_id from timeline_entry where kind = 'first_response' \
                 group by support_request_id having count(*) > 1) as told";
    let (told, doubled) = (count(database, once), count(database, twice));
    if doubled > 0 {
        stage.report.violated("I11", format!("{doubled} requests had their first response twice"));
    }
    if told < answered {
        stage.report.violated("I11", format!("{answered} conversations were answered, {told} first responses noted"));
    }
    stage.report.exercised("first responses noted", told);
    stage.report.exercised("commits that were slow", count(database, "select count(distinct tx) from entry"));
}

fn count(database: &str, query: &str) -> usize {
    sql(database, query).trim().parse().expect("a count")
}
