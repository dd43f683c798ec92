//! Faults on purpose: each row of the catalogue that one node on SQLite or PostgreSQL, or two with a Redis, can meet.
//!
//! An ordinary run does the smoke set. `GUICHET_FAULT_ROUNDS=full` does each row as often as a release needs, a
//! number that often; `GUICHET_FAULT_SEED` repeats a schedule.

mod faults {
    use tests::database::Store;
    use tests::faults::postgres::Stop;
    use tests::faults::report::Report;
    use tests::faults::rows::crash::{self, Point};
    use tests::faults::rows::{clients, database, disk, hints, nodes, retries, server, slow};
    use tests::faults::run::Run;
    use tokio::sync::Mutex;

    /// A row that shares the processor with another measures nothing.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

    /// Each row: its rounds in a smoke run and in a full one, over which store, and what it does.
    macro_rules! rows {
        ($($name:ident: $smoke:literal / $full:literal over $store:ident, $row:expr;)+) => {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let _alone = ONE_AT_A_TIME.lock().await;
                let run = Run::of(Store::$store, $smoke, $full);
                let row: Report = ($row)(&run).await;
                row.judge();
            })+
        };
    }

    rows! {
        f01_a_killed_server_loses_nothing: 4 / 300 over Postgres, async |run| server::killed("F-01", run).await;
        f02_a_commit_without_its_ack_is_known_to_its_retry: 2 / 100 over Postgres, async |run| crash::aborted(run, Point::AfterCommit).await;
        f02_a_commit_to_the_file_without_its_ack_is_known_to_its_retry: 2 / 100 over Sqlite, async |run| crash::aborted(run, Point::AfterCommit).await;
        f03_an_insert_without_its_commit_leaves_nothing: 2 / 100 over Postgres, async |run| crash::aborted(run, Point::BeforeCommit).await;
        f03_an_insert_into_the_file_without_its_commit_leaves_nothing: 2 / 100 over Sqlite, async |run| crash::aborted(run, Point::BeforeCommit).await;
        f04_a_stopped_server_goes_on: 2 / 50 over Postgres, async |run| server::stopped(run).await;
        f05_a_terminated_server_takes_its_leave: 2 / 100 over Postgres, async |run| server::terminated(run).await;
        f06_postgres_restarts_fast: 1 / 60 over Postgres, async |run| database::restarted("F-06 fast", run, Stop::Fast).await;
        f06_postgres_restarts_at_once: 1 / 60 over Postgres, async |run| database::restarted("F-06 immediate", run, Stop::Immediate).await;
        f06_postgres_is_killed: 1 / 60 over Postgres, async |run| database::restarted("F-06 kill -9", run, Stop::Kill).await;
        f08_postgres_stands_still: 1 / 30 over Postgres, async |run| database::frozen(run).await;
        f09_postgres_has_no_connection_left: 1 / 10 over Postgres, async |run| database::exhausted(run).await;
        f14_a_killed_server_keeps_its_file_whole: 4 / 300 over Sqlite, async |run| server::killed("F-14", run).await;
        f16_redis_is_killed: 1 / 60 over Postgres, async |run| nodes::redis_killed(run).await;
        f17_messages_between_nodes_are_lost: 3 / 30 over Postgres, async |run| nodes::hints_lost("F-17 Redis", run).await;
        f19_redis_forgets_everything: 1 / 10 over Postgres, async |run| nodes::redis_emptied(run).await;
        f20_two_nodes_are_restarted_in_turn: 1 / 100 over Postgres, async |run| nodes::rolling_restart(run).await;
        f21_two_nodes_are_killed_in_turn: 2 / 200 over Postgres, async |run| nodes::alternately_killed(run).await;
        f22_a_node_is_cut_from_postgres: 1 / 50 over Postgres, async |run| nodes::cut_from_postgres(run).await;
        f23_a_node_is_cut_from_redis: 2 / 50 over Postgres, async |run| nodes::cut_from_redis(run).await;
        f25_one_of_two_relays_stands_still: 1 / 30 over Postgres, async |run| nodes::a_relay_stands_still(run).await;
        f17_a_swallowed_hint_is_made_good: 1 / 30 over Postgres, async |run| hints::swallowed("F-17", run).await;
        f26_lines_are_cut_and_go_silent: 3 / 300 over Sqlite, async |run| clients::cut(run).await;
        f28_clients_come_and_go: 1 / 20 over Sqlite, async |run| clients::flapping(run).await;
        f29_a_thousand_clients_come_back_at_once: 1 / 20 over Postgres, async |run| clients::stormed(run).await;
        f30_slow_readers_harm_only_themselves: 1 / 20 over Sqlite, async |run| slow::readers(run).await;
        f30_who_reads_again_gets_what_was_given_up: 1 / 20 over Sqlite, async |run| slow::refilled("F-30 refill", run).await;
        f32_the_same_send_again_and_again_is_one_message: 1 / 50 over Postgres, async |run| retries::duplicated("F-32", run).await;
        f33_a_send_repeated_over_rest_is_one_message: 1 / 50 over Postgres, async |run| retries::failed_over(run).await;
        f35_a_full_disk_loses_nothing: 1 / 10 over Sqlite, async |run| disk::full(run).await;
    }

    /// The harness can fail: each bug that is planted in the server is found by a row, by the invariant that it breaks.
    macro_rules! planted {
        ($($name:ident: $fault:literal in $rounds:literal found as $($invariant:literal)|+, $row:expr;)+) => {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let _alone = ONE_AT_A_TIME.lock().await;
                let run = Run::planted(Store::Sqlite, $rounds, $fault);
                let report: Report = ($row)(&run).await;
                let found = [$($invariant),+].iter().any(|invariant| report.violations(invariant) > 0);
                assert!(found, "{} was planted, and the row says {report}", $fault);
            })+
        };
    }

    fn on_postgres(run: &Run) -> Run {
        Run { store: Store::Postgres, ..run.clone() }
    }

    planted! {
        an_ack_before_the_commit_turns_a_row_red: "ack_before_commit" in 4 found as "I1",
            async |run| server::killed("F-14 with ack_before_commit", run).await;
        a_missing_unique_key_turns_a_row_red: "missing_unique_key" in 1 found as "I2",
            async |run| retries::duplicated("F-32 with missing_unique_key", run).await;
        a_hint_dropped_between_two_nodes_turns_a_row_red: "dropped_hint" in 10 found as "I9",
            async |run| nodes::hints_lost("F-17 Redis with dropped_hint", &on_postgres(run)).await;
        a_relay_that_goes_by_numbers_turns_a_row_red: "relay_by_number" in 1 found as "I11",
            async |run| nodes::a_relay_stands_still(&on_postgres(run)).await;
        a_dropped_hint_turns_a_row_red: "dropped_hint" in 10 found as "I9",
            async |run| hints::swallowed("F-17 with dropped_hint", run).await;
        an_overflow_that_drops_turns_a_row_red: "overflow_drops" in 1 found as "I6",
            async |run| slow::refilled("F-30 with overflow_drops", run).await;
        a_resume_off_by_one_turns_a_row_red: "resume_off_by_one" in 6 found as "I6",
            async |run| server::killed("F-14 with resume_off_by_one", run).await;
    }
}
