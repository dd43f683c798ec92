//! kill -9 of the server under load, again and again: nothing acked is lost, doubled or out of order.
//!
//! `GUICHET_KILL_ROUNDS` sets the kills per store (3 in an ordinary run, 10 for a full one), `GUICHET_KILL_SEED`
//! repeats the schedule of an earlier run.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]
#![expect(clippy::print_stdout, reason = "the seed and the figures of a run are what it is for")]

mod kill {
    use reqwest::Method;
    use serde_json::json;
    use std::time::Duration;
    use tests::checker::{Finding, check};
    use tests::database::Store;
    use tests::people::text;
    use tests::rest::send;
    use tests::server::{Server, Settings};
    use tests::socket::Socket;
    use tests::storm::{Aftermath, Plan, storm};
    use uuid::Uuid;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite_keeps_every_acked_message() {
        nothing_is_lost(Store::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres_keeps_every_acked_message() {
        nothing_is_lost(Store::Postgres).await;
    }

    /// The checker can fail: a server that acks before it commits is found.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_ack_before_the_commit_is_found() {
        let settings = Settings { fault: Some("ack_before_commit"), ..Settings::over(Store::Sqlite) };
        let after = run(settings, 6).await;
        let found = check(&after.history);
        let lost = found.iter().filter(|finding| matches!(finding, Finding::Lost(_))).count();
        println!("an ack before the commit: {lost} lost of {} acked in 6 kills", after.counters.acked);
        assert!(lost > 0, "six kills of a server that acks before it commits, and the checker saw {found:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite_answers_a_repeat_of_what_was_stored_and_never_answered() {
        a_repeat_is_answered(Store::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres_answers_a_repeat_of_what_was_stored_and_never_answered() {
        a_repeat_is_answered(Store::Postgres).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_ends_in_order_when_one_of_its_tasks_has_ended() {
        let settings = Settings { fault: Some("job_panics"), ..Settings::over(Store::Sqlite) };
        let mut server = settings.start().await;
        let mut socket =
            Socket::connect(&server.socket_url(), server.sign_in("agent").await.rest.token()).await.unwrap();
        assert_eq!(socket.closed().await, 1012, "those who are connected are told to come back");
        let status = server.ended(Duration::from_secs(20)).await;
        assert_eq!(status.code(), Some(1), "whatever started it is to start it anew");
        assert!(server.log().contains("a task that the server needs has ended"));
    }

    /// The server dies between the commit and the answer of each call that counts once.
    async fn a_repeat_is_answered(store: Store) {
        let settings = Settings { fault: Some("die_before_answer"), durable: true, ..Settings::over(store) };
        let mut server = settings.start().await;
        let body = json!({ "organization": "demo", "name": "Ana", "content": "Bonjour" });
        let key = Uuid::new_v4().to_string();
        let ask = |server: &Server| {
            let request = server.rest().request(Method::POST, "/public/conversations");
            request.header("Idempotency-Key", &key).json(&body)
        };
        assert!(ask(&server).send().await.is_err(), "the server died before it answered");
        server.ended(Duration::from_secs(5)).await;
        server.restart().await;
        let admin = server.sign_in("admin").await;
        let total = async || admin.rest.get("/support-requests?limit=1").await.expect(200)["total"].clone();
        let stored = total().await;
        let answer = send(ask(&server)).await;
        assert_eq!(answer.headers["idempotency-replayed"], "true", "{}", answer.text);
        let body = answer.expect(201);
        let visitor = server.rest().with_token(text(&body["access_token"]));
        assert_eq!(visitor.all_messages(text(&body["conversation"]["id"])).await.len(), 1);
        assert_eq!(total().await, stored);
    }

    async fn nothing_is_lost(store: Store) {
        let settings = Settings { durable: true, ..Settings::over(store) };
        let after =
            run(settings, from_environment("GUICHET_KILL_ROUNDS").map_or(3, |rounds| usize::try_from(rounds).unwrap()))
                .await;
        let found = check(&after.history);
        assert!(found.is_empty(), "{} broken promises, the first: {:#?}", found.len(), &found[..found.len().min(10)]);
        let counters = after.counters;
        assert!(counters.sent > 0 && counters.acked >= counters.sent, "{counters:?}");
        assert!(counters.resent > 0, "no send was under way at any kill: this run shows nothing: {counters:?}");
        assert_eq!(counters.resets, 0, "the server did not honour a position: {counters:?}");
        println!(
            "{store:?}: 0 lost, doubled or out of order of {} acked in {} kills; slowest start {:?}; {counters:?}",
            counters.acked, counters.kills, after.slowest_start,
        );
    }

    async fn run(settings: Settings, kills: usize) -> Aftermath {
        let seed = from_environment("GUICHET_KILL_SEED").unwrap_or_else(|| u64::from(std::process::id()));
        println!("GUICHET_KILL_SEED={seed}");
        let mut server = settings.start().await;
        storm(&mut server, &Plan::with_kills(kills, seed)).await
    }

    fn from_environment(name: &str) -> Option<u64> {
        std::env::var(name).ok().map(|value| value.parse().unwrap())
    }
}
