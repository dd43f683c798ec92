//! Faults on purpose: each row of the catalogue that one node on SQLite or PostgreSQL can meet.
//!
//! An ordinary run does the smoke set. `GUICHET_FAULT_ROUNDS=full` does each row as often as a release needs, a
//! number that often; `GUICHET_FAULT_SEED` repeats a schedule.

mod faults {
    use tests::database::Store;
    use tests::faults::postgres::Stop;
    use tests::faults::report::Report;
    use tests::faults::rows::{clients, database, disk, retries, server, slow};
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
        f01_a_killed_server_loses_nothing: 10 / 300 over Postgres, async |run| server::killed("F-01", run).await;
        f04_a_stopped_server_goes_on: 3 / 50 over Postgres, async |run| server::stopped(run).await;
        f05_a_terminated_server_takes_its_leave: 5 / 100 over Postgres, async |run| server::terminated(run).await;
        f06_postgres_restarts_fast: 3 / 60 over Postgres, async |run| database::restarted("F-06 fast", run, Stop::Fast).await;
        f06_postgres_restarts_at_once: 3 / 60 over Postgres, async |run| database::restarted("F-06 immediate", run, Stop::Immediate).await;
        f06_postgres_is_killed: 3 / 60 over Postgres, async |run| database::restarted("F-06 kill -9", run, Stop::Kill).await;
        f08_postgres_stands_still: 2 / 30 over Postgres, async |run| database::frozen(run).await;
        f09_postgres_has_no_connection_left: 1 / 10 over Postgres, async |run| database::exhausted(run).await;
        f14_a_killed_server_keeps_its_file_whole: 10 / 300 over Sqlite, async |run| server::killed("F-14", run).await;
        f26_lines_are_cut_and_go_silent: 6 / 300 over Sqlite, async |run| clients::cut(run).await;
        f28_clients_come_and_go: 1 / 20 over Sqlite, async |run| clients::flapping(run).await;
        f29_a_thousand_clients_come_back_at_once: 2 / 20 over Postgres, async |run| clients::stormed(run).await;
        f30_slow_readers_harm_only_themselves: 1 / 20 over Sqlite, async |run| slow::readers(run).await;
        f32_the_same_send_again_and_again_is_one_message: 2 / 50 over Postgres, async |run| retries::duplicated(run).await;
        f33_a_send_repeated_over_rest_is_one_message: 2 / 50 over Postgres, async |run| retries::failed_over(run).await;
        f35_a_full_disk_loses_nothing: 1 / 10 over Sqlite, async |run| disk::full(run).await;
    }

    /// The harness can fail: a server that acks before it commits is found by a row.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_ack_before_the_commit_turns_a_row_red() {
        let _alone = ONE_AT_A_TIME.lock().await;
        let run = Run::planted(Store::Sqlite, 10, "ack_before_commit");
        let report = server::killed("F-14 with ack_before_commit", &run).await;
        assert!(report.violations("I1") > 0, "ten kills of a server that acks before it commits, and it says {report}");
    }
}
