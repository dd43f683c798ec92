//! Scheduled tasks, and requests that are given to agents by themselves, by the whole server.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::over_both_stores;
use tests::rest::{Rest, send};
use tests::server::{Server, Settings};

over_both_stores!(a_task_runs_by_the_clock_and_by_hand, a_request_waits_until_an_agent_is_there_to_be_asked,);

async fn start(store: Store) -> Server {
    Settings::over(store).start().await
}

/// What `guichet jobs list` says of the last run of a task.
fn last_run(server: &Server, name: &str) -> Value {
    let list: Value = serde_json::from_str(&server.command(&["jobs", "list", "--json"], "").unwrap()).unwrap();
    let tasks = list["items"].as_array().unwrap();
    tasks.iter().find(|task| task["name"] == name).unwrap()["last_run"].clone()
}

async fn a_task_runs_by_the_clock_and_by_hand(store: Store) {
    let server = start(store).await;
    let deadline = Instant::now() + Duration::from_secs(30);
    let by_clock = loop {
        let last = last_run(&server, "token-cleanup");
        if last["outcome"] == "done" {
            break last;
        }
        assert!(Instant::now() < deadline, "not run yet: {last}");
    };
    assert_ne!(by_clock["node"], "by hand");
    assert!(by_clock["finished_at"].is_string(), "{by_clock}");
    assert_eq!(server.command(&["jobs", "run", "token-cleanup"], "").unwrap(), "token-cleanup: nothing to do");
    let by_hand = last_run(&server, "token-cleanup");
    assert_eq!((&by_hand["node"], &by_hand["count"]), (&json!("by hand"), &json!(0)));
    let table = server.command(&["jobs", "list"], "").unwrap();
    assert!(table.starts_with("NAME") && table.contains(" by hand "), "{table}");
    let refused = server.command(&["jobs", "run", "tidy"], "").unwrap_err();
    assert!(refused.contains("there is no task tidy; there are: sla-watch, "), "{refused}");
}

async fn patch(rest: &Rest, path: &str, body: &Value) -> Value {
    send(rest.request(Method::PATCH, path).json(body)).await.expect(200)
}

async fn a_request_waits_until_an_agent_is_there_to_be_asked(store: Store) {
    let server = start(store).await;
    let (admin, agent, other) =
        (server.sign_in("admin").await, server.sign_in("agent").await, server.sign_in("agent2").await);
    for one in [&agent, &other] {
        patch(&one.rest, "/auth/me", &json!({ "availability": "offline" })).await;
    }
    // The sample data have requests of their own, which it is given too.
    patch(&admin.rest, &format!("/users/{}", agent.id), &json!({ "capacity": 100 })).await;
    patch(&admin.rest, "/organization", &json!({ "auto_assign": true })).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let path = format!("/support-requests/{}", visitor.support_request);
    assert_eq!(admin.rest.get(&path).await.expect(200)["assignee"], Value::Null);

    patch(&agent.rest, "/auth/me", &json!({ "availability": "online" })).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let request = admin.rest.get(&path).await.expect(200);
        if request["status"] == "assigned" {
            assert_eq!(request["assignee"]["id"], json!(agent.id));
            break;
        }
        assert!(Instant::now() < deadline, "still {}", request["status"]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let next = server.visitor("Léo", Some("Bonsoir")).await;
    let request = admin.rest.get(&format!("/support-requests/{}", next.support_request)).await.expect(200);
    assert_eq!(request["assignee"]["id"], json!(agent.id), "at its opening");
}
