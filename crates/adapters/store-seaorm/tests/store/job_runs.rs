//! Runs of scheduled tasks: one node does each.

use std::time::Duration;

use kernel::{Env, SystemEnv};
use store_seaorm::{ClaimedRun, RunOutcome};

use crate::{
    database::Backend,
    harness::{TestStore, postgres},
};

const DAY: Duration = Duration::from_hours(24);

macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::TestStore::new(super::Backend::Sqlite).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::postgres().await).await;
            })+
        }
    };
}

on_both!(
    of_two_nodes_one_does_a_run_and_no_other_follows_in_its_period,
    a_run_whose_node_died_is_taken_over,
    a_run_that_failed_is_tried_again_after_a_minute,
    a_run_that_goes_on_keeps_the_next_one_waiting,
    what_was_asked_for_by_hand_is_the_last_run_and_hinders_none,
    runs_of_long_ago_are_forgotten,
);

async fn claim(test: &TestStore, name: &str) -> Option<ClaimedRun> {
    test.store.claim_run(name, DAY, "here").await.unwrap()
}

/// Sets a time of all runs of a task back.
async fn set_back(test: &TestStore, name: &str, column: &str, by: Duration) {
    let back = match test.database.backend {
        Backend::Sqlite => format!("{column} - {}", by.as_micros()),
        Backend::Postgres => format!("{column} - interval '{} seconds'", by.as_secs()),
    };
    test.database.run(&format!("UPDATE job_run SET {column} = {back} WHERE name = '{name}'")).await;
}

async fn finish(test: &TestStore, run: &ClaimedRun, outcome: RunOutcome) {
    test.store.finish_run(run, DAY, (outcome, 3, "3 things done")).await.unwrap();
}

async fn of_two_nodes_one_does_a_run_and_no_other_follows_in_its_period(test: TestStore) {
    let claims = (0..20).map(|n| {
        let store = if n % 2 == 0 { test.store.clone() } else { test.other.clone() };
        tokio::spawn(async move { store.claim_run("archive", DAY, &format!("node {n}")).await.unwrap() })
    });
    let mut runs = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        runs.extend(claim.await.unwrap());
    }
    assert_eq!(runs.len(), 1);
    let begin = runs[0].slot().as_micros();
    assert_eq!(begin % 86_400_000_000, 0, "a day begins at midnight");
    assert!(SystemEnv.now().as_micros() - begin < 86_400_000_000 + 60_000_000, "and it is this one");
    assert!(claim(&test, "survey").await.is_some(), "other tasks have runs of their own");
    finish(&test, &runs[0], RunOutcome::Done).await;
    set_back(&test, "archive", "seen_at", Duration::from_hours(2)).await;
    set_back(&test, "archive", "finished_at", Duration::from_hours(2)).await;
    assert_eq!(claim(&test, "archive").await, None, "done is done");
}

async fn a_run_whose_node_died_is_taken_over(test: TestStore) {
    let died = claim(&test, "archive").await.unwrap();
    set_back(&test, "archive", "seen_at", Duration::from_secs(50)).await;
    assert_eq!(claim(&test, "archive").await, None);
    set_back(&test, "archive", "seen_at", Duration::from_secs(50)).await;
    assert!(test.store.renew_run(&died).await.unwrap());
    assert_eq!(claim(&test, "archive").await, None, "it lives");
    set_back(&test, "archive", "seen_at", Duration::from_secs(70)).await;
    let second = test.other.claim_run("archive", DAY, "there").await.unwrap().unwrap();
    assert!(!test.store.renew_run(&died).await.unwrap());
    finish(&test, &died, RunOutcome::Failed).await;
    assert_eq!(test.store.last_runs().await.unwrap()[0].outcome, None, "it is the other's now");
    finish(&test, &second, RunOutcome::Done).await;
    let last = &test.store.last_runs().await.unwrap()[0];
    assert_eq!((last.outcome, last.node.as_str()), (Some(RunOutcome::Done), "there"));
}

async fn a_run_that_failed_is_tried_again_after_a_minute(test: TestStore) {
    let run = claim(&test, "archive").await.unwrap();
    finish(&test, &run, RunOutcome::Failed).await;
    assert_eq!(claim(&test, "archive").await, None);
    set_back(&test, "archive", "finished_at", Duration::from_secs(70)).await;
    assert!(claim(&test, "archive").await.is_some());
}

async fn a_run_that_goes_on_keeps_the_next_one_waiting(test: TestStore) {
    claim(&test, "archive").await.unwrap();
    set_back(&test, "archive", "slot", DAY).await;
    assert_eq!(claim(&test, "archive").await, None);
    set_back(&test, "archive", "seen_at", Duration::from_secs(70)).await;
    assert!(claim(&test, "archive").await.is_some(), "nobody waits for the dead");
}

async fn what_was_asked_for_by_hand_is_the_last_run_and_hinders_none(test: TestStore) {
    assert_eq!(test.store.last_runs().await.unwrap(), []);
    let by_clock = claim(&test, "archive").await.unwrap();
    finish(&test, &by_clock, RunOutcome::Done).await;
    let by_hand = test.store.begin_run("archive", "by hand").await.unwrap();
    assert!(by_hand.slot() > by_clock.slot());
    let last = &test.store.last_runs().await.unwrap()[..];
    let [last] = last else { panic!("{last:?}") };
    assert_eq!((last.node.as_str(), last.finished_at, last.count), ("by hand", None, None));
    assert!(claim(&test, "survey").await.is_some());
    finish(&test, &by_hand, RunOutcome::Done).await;
    let runs = test.store.last_runs().await.unwrap();
    let names: Vec<_> = runs.iter().map(|run| run.name.as_str()).collect();
    assert_eq!(names, ["archive", "survey"]);
    assert_eq!((runs[0].count, runs[0].said.as_deref()), (Some(3), Some("3 things done")));
    assert!(runs[0].finished_at >= Some(runs[0].claimed_at));
}

async fn runs_of_long_ago_are_forgotten(test: TestStore) {
    for days in [101, 99] {
        let run = test.store.begin_run("archive", "by hand").await.unwrap();
        finish(&test, &run, RunOutcome::Done).await;
        set_back(&test, "archive", "slot", DAY * days).await;
    }
    let run = claim(&test, "archive").await.unwrap();
    finish(&test, &run, RunOutcome::Done).await;
    assert_eq!(test.database.all("SELECT 1 FROM job_run").await.len(), 2);
}
