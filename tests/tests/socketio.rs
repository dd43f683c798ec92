//! `socket.io-client` as it is published, and the two protocols below it packet by packet, against the real server.
//! What is tried is in the scripts of `tests/clients/socketio`; each ends with a sentence when something is wrong.
//!
//! `GUICHET_SOCKETIO_UPGRADES` says how many changes of the transport are tried.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]
#![expect(clippy::print_stdout, reason = "the figures of a run are what it is for")]

use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tests::database::Store;
use tests::faults::proxy::{End, Proxy};
use tests::over_both_stores;
use tests::people::text;
use tests::server::{Server, Settings};
use tests::socket::Socket;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

over_both_stores!(
    the_live_chat_is_held_over_websocket_only,
    the_live_chat_is_held_over_polling_only,
    the_live_chat_is_held_with_an_upgrade,
    a_killed_server_and_a_cut_line_lose_and_double_nothing,
    messages_reach_the_native_protocol_and_come_back_once_and_in_order,
);

/// Longer than any script takes.
const PATIENCE: Duration = Duration::from_mins(4);

fn node(script: &str, server: &Server, environment: &[(&str, &str)]) -> Command {
    let folder = xtask::tree::root().join("tests/clients");
    let mut node = Command::new("node");
    node.current_dir(folder).arg(format!("socketio/{script}")).kill_on_drop(true).stderr(Stdio::piped());
    node.env("BASE", server.base()).envs(environment.iter().copied());
    node
}

async fn run(script: &str, server: &Server, environment: &[(&str, &str)]) {
    let output = timeout(PATIENCE, node(script, server, environment).output()).await.unwrap().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

async fn the_live_chat_is_held_over_websocket_only(store: Store) {
    run("chat.mjs", &Server::over(store).await, &[("TRANSPORTS", "websocket")]).await;
}

async fn the_live_chat_is_held_over_polling_only(store: Store) {
    run("chat.mjs", &Server::over(store).await, &[("TRANSPORTS", "polling")]).await;
}

async fn the_live_chat_is_held_with_an_upgrade(store: Store) {
    run("chat.mjs", &Server::over(store).await, &[("TRANSPORTS", "polling,websocket")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_protocols_are_kept_packet_by_packet() {
    run("protocol.mjs", &Server::over(Store::Sqlite).await, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_answer_pings_stay_and_those_who_do_not_are_closed() {
    run("heartbeat.mjs", &Server::over(Store::Sqlite).await, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_in_flight_survive_the_change_of_the_transport() {
    let server = Server::over(Store::Sqlite).await;
    let upgrades = std::env::var("GUICHET_SOCKETIO_UPGRADES").unwrap_or_else(|_| "500".to_owned());
    run("upgrade.mjs", &server, &[("UPGRADES", &upgrades)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_for_users_runs_as_it_is_written() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let agent = server.sign_in("agent").await;
    let blocks = tests::page::blocks("docs/protocols/socketio.md", "js");
    assert!(!blocks.is_empty());
    let script = format!("{}\nsocket.close();\nprocess.exit(0);\n", blocks.concat());
    let folder = xtask::tree::root().join("tests/clients");
    let mut node = Command::new("node");
    node.current_dir(folder).args(["--input-type=module", "--eval", &script]).kill_on_drop(true);
    node.env("GUICHET_URL", server.base()).env("GUICHET_TOKEN", visitor.rest.token());
    node.env("CONVERSATION_ID", &visitor.conversation).env("TICKET_NUMBER", &visitor.number);
    let output = timeout(Duration::from_mins(1), node.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Bonjour"), "the history is shown: {said}");
    let stored = agent.rest.all_messages(&visitor.conversation).await;
    assert!(stored.len() > 1, "what the page sends is stored: {stored:?}");
}

async fn a_killed_server_and_a_cut_line_lose_and_double_nothing(store: Store) {
    for transports in ["websocket", "polling", "polling,websocket"] {
        let mut server = Settings { durable: true, ..Settings::over(store) }.start().await;
        let line = Proxy::before(server.address(), 11).await;
        let environment = [("TRANSPORTS", transports), ("MESSAGES", "120"), ("LINE", &line.base())];
        let mut node = node("reconnect.mjs", &server, &environment).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(node.stdout.take().unwrap()).lines();
        assert_eq!(said.next_line().await.unwrap().as_deref(), Some("started"), "{}", errors(node).await);
        for end in [End::Reset, End::Close, End::Reset] {
            sleep(Duration::from_millis(300)).await;
            line.end_all(end);
        }
        sleep(Duration::from_millis(300)).await;
        server.kill();
        server.restart().await;
        let ended = timeout(PATIENCE, node.wait()).await.unwrap().unwrap();
        while let Some(line) = said.next_line().await.unwrap() {
            println!("{store:?}, {transports}: {line}");
        }
        assert!(ended.success(), "{transports}: {}", errors(node).await);
    }
}

async fn errors(node: Child) -> String {
    let Some(stderr) = node.stderr else { return String::new() };
    let mut lines = BufReader::new(stderr).lines();
    let mut all = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        all.push_str(&line);
        all.push('\n');
    }
    all
}

async fn messages_reach_the_native_protocol_and_come_back_once_and_in_order(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let mut native = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    native.subscribe(&visitor.conversation, Some(0)).await;
    let environment = [("TOKEN", visitor.rest.token()), ("CONVERSATION", &visitor.conversation), ("COUNT", "40")];
    let script = tokio::spawn({
        let mut node = node("bridge.mjs", &server, &environment);
        async move { timeout(PATIENCE, node.output()).await.unwrap().unwrap() }
    });
    // Each message of the other side is answered.
    for n in 0..40 {
        let seen = native.message(&visitor.conversation, &format!("socketio {n}")).await;
        assert_eq!(seen["seq"], json!(2 * n + 1));
        let ack = native.send_message(&visitor.conversation, &format!("n-{n}"), &format!("native {n}")).await;
        assert_eq!(ack["seq"], json!(2 * n + 2));
    }
    let output = script.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stored = agent.rest.all_messages(&visitor.conversation).await;
    let contents: Vec<&str> = stored.iter().map(|one: &Value| text(&one["content"])).collect();
    let expected: Vec<String> = (0..40).flat_map(|n| [format!("socketio {n}"), format!("native {n}")]).collect();
    assert_eq!(contents, expected);
}
