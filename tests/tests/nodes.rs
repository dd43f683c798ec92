//! Two nodes on one PostgreSQL, over Redis and over PostgreSQL's own notifications: what somebody does by way of one
//! node reaches those who are connected to the other.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]
#![expect(clippy::print_stdout, reason = "a test that measures prints what it found")]

use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::people::{Person, Visitor, text};
use tests::redis::{Certificate, Redis};
use tests::rest::send;
use tests::server::{Server, Settings};
use tests::socket::Socket;
use tests::upload::PIXEL;

macro_rules! over_both_buses {
    ($($name:ident),+ $(,)?) => {
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Over::Redis).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Over::Postgres).await;
            })+
        }
    };
}

over_both_buses!(
    a_conversation_goes_on_between_people_of_two_nodes,
    colleagues_of_two_nodes_know_of_each_other,
    a_queue_moves_for_those_who_wait_at_another_node,
    a_file_that_one_node_took_is_given_out_by_the_other,
    what_is_too_large_for_the_bus_is_read,
    nothing_of_another_organisation_crosses_over,
    a_right_that_ends_on_one_node_ends_on_the_other,
    a_node_that_is_killed_takes_its_people_with_it,
    a_node_that_stops_says_so,
    a_chat_that_times_out_does_so_once_for_both_nodes,
);

/// What carries between the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Redis,
    Postgres,
}

/// The contract's bound for a right that was revoked.
const ENDED: Duration = Duration::from_secs(5);
/// What opens a node's figures.
const METRICS_TOKEN: &str = "figures-of-nodes";
/// A node's time to live for the others, and time to tell.
const FORGOTTEN: Duration = Duration::from_secs(8);

/// The second goes before the first, whose database it uses.
struct Two {
    other: Server,
    one: Server,
    redis: Option<Redis>,
}

async fn two(over: Over) -> Two {
    two_with(over, Settings::over(Store::Postgres)).await
}

async fn two_with(over: Over, settings: Settings) -> Two {
    let redis = (over == Over::Redis).then(Redis::start);
    let settings = match &redis {
        Some(redis) => settings.with("GUICHET_REDIS_URL", redis.url()),
        None => settings,
    };
    let one = settings.clone().start().await;
    let other = one.beside(settings).await;
    for node in [&one, &other] {
        status(node, "ok").await;
    }
    Two { other, one, redis }
}

/// Waits until the node says that of itself.
async fn status(node: &Server, wanted: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let ready = send(node.rest().request(Method::GET, "~/health/ready")).await;
        assert_eq!(ready.status, 200, "ready, with the bus or without: {}", ready.text);
        if ready.body["status"] == wanted {
            return ready.body;
        }
        assert!(Instant::now() < deadline, "not {wanted} after 10 s: {}", ready.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the node knows of so many others.
async fn others(node: &Server, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    let wanted = format!("guichet_bus_nodes {count}");
    loop {
        let page = node.rest().with_token(METRICS_TOKEN).request(Method::GET, "~/metrics").send().await.unwrap();
        let figures = page.text().await.unwrap();
        if figures.lines().any(|line| line == wanted) {
            return;
        }
        assert!(Instant::now() < deadline, "not {wanted} after 10 s");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A visitor at one node, and an agent at the other who follows their conversation.
async fn across(two: &Two, first: Option<&str>) -> (Visitor, Person, Socket) {
    let visitor = two.one.visitor("Ana", first).await;
    let agent = two.other.sign_in("agent").await;
    let mut console = connect(&two.other, agent.rest.token()).await;
    console.subscribe(&visitor.conversation, Some(0)).await;
    (visitor, agent, console)
}

async fn connect(node: &Server, token: &str) -> Socket {
    Socket::connect(&node.socket_url(), token).await.unwrap()
}

fn is_presence(frame: &Value, id: &str, online: bool) -> bool {
    frame["type"] == "presence" && frame["participant_id"] == id && frame["online"] == online
}

async fn comes(socket: &mut Socket, id: &str, online: bool) {
    socket.expect_where(&format!("presence {online} of {id}"), |frame| is_presence(frame, id, online)).await;
}

async fn event(socket: &mut Socket, room: &str, event: &str) -> Value {
    let is =
        |frame: &Value| frame["type"] == "conversation" && frame["conversation_id"] == room && frame["event"] == event;
    socket.expect_where(event, is).await["data"].clone()
}

async fn a_conversation_goes_on_between_people_of_two_nodes(over: Over) {
    let nodes = two(over).await;
    let (visitor, agent, mut console) = across(&nodes, Some("Bonjour")).await;
    let Two { other: _other, one, redis: _redis } = nodes;
    let room = &visitor.conversation;
    let mut widget = connect(&one, visitor.rest.token()).await;
    comes(&mut console, &visitor.id, true).await;
    let (subscribed, _) = widget.subscribe(room, Some(0)).await;
    assert_eq!(subscribed["last_seq"], json!(1));
    event(&mut widget, room, "session_opened").await;
    event(&mut console, room, "session_opened").await;

    let since = Instant::now();
    widget.send(&json!({ "type": "typing", "conversation_id": room, "is_typing": true })).await;
    let typing = console.expect("typing").await;
    assert_eq!((&typing["participant_id"], &typing["name"]), (&json!(visitor.id), &json!("Ana")));
    let ack = widget.send_message(room, "v1", "Ma batterie est vide").await;
    let message = console.message(room, "Ma batterie est vide").await;
    println!("{over:?}: a message and a sign of typing reached the other node after {:?}", since.elapsed());
    assert_eq!((&message["seq"], &message["message"]["id"]), (&ack["seq"], &ack["message_id"]));

    console.send(&json!({ "type": "read", "conversation_id": room, "seq": ack["seq"] })).await;
    let is_read = |frame: &Value| frame["type"] == "receipt" && frame["participant_id"] == agent.id.as_str();
    assert_eq!(widget.expect_where("the agent's mark", is_read).await["read_seq"], ack["seq"]);
    let joined = event(&mut widget, room, "participant_joined").await;
    assert_eq!((&joined["id"], &joined["online"]), (&json!(agent.id), &json!(true)), "by way of the other node");

    // Sent by the other's REST, and again by this socket: it is one message.
    console.send_message(room, "a1", "Je regarde").await;
    widget.message(room, "Je regarde").await;
    let on_one = one.rest().with_token(agent.rest.token());
    let again = on_one.send_message(room, "a1", "Je regarde").await.expect(200);
    assert_eq!(again["duplicate"], json!(true), "{again}");
    let edited =
        on_one.request(Method::PATCH, &format!("/conversations/{room}/messages/{}", text(&again["message"]["id"])));
    send(edited.json(&json!({ "content": "Je regarde tout de suite" }))).await.expect(200);
    for socket in [&mut widget, &mut console] {
        let told = socket.expect("message_edited").await;
        assert_eq!(told["message"]["content"], json!("Je regarde tout de suite"));
    }
    agent.rest.post(&format!("/conversations/{room}/end"), &json!({})).await.expect(200);
    event(&mut widget, room, "session_closed").await;
    agent.rest.post(&format!("/support-requests/{}/resolve", visitor.support_request), &json!({})).await.expect(200);
    let resolved =
        |frame: &Value| frame["type"] == "support_request" && frame["support_request"]["status"] == json!("resolved");
    widget.expect_where("its request resolved", resolved).await;

    widget.close().await;
    comes(&mut console, &visitor.id, false).await;
}

async fn a_file_that_one_node_took_is_given_out_by_the_other(over: Over) {
    let nodes = two(over).await;
    let (visitor, agent, mut console) = across(&nodes, None).await;
    let Two { other, one, redis: _redis } = nodes;
    let room = &visitor.conversation;
    let file = visitor.rest.uploaded(room, "radiateur.png", PIXEL).await;
    let body = json!({ "client_message_id": "f1", "content": "Voici", "attachment_ids": [file] });
    visitor.rest.post(&format!("/conversations/{room}/messages"), &body).await.expect(201);
    let told = console.message(room, "Voici").await;
    assert_eq!((&told["message"]["type"], &told["message"]["attachments"][0]["id"]), (&json!("image"), &json!(file)));
    // The address that one node signed is good at the other.
    for (asked, opened) in [(&other, &other), (&one, &other), (&other, &one)] {
        let rest = asked.rest().with_token(agent.rest.token());
        let link = rest.get(&format!("/attachments/{file}/link")).await.expect(200);
        let url = text(&link["url"]).replace(asked.base(), opened.base());
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.bytes().await.unwrap(), PIXEL);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_keeps_files_to_itself_is_refused_beside_another() {
    let redis = Redis::start();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [first, second] = folders.each_ref().map(|folder| {
        let own = format!("file://{}", folder.path().display());
        Settings::over(Store::Postgres).with("GUICHET_REDIS_URL", redis.url()).with("GUICHET_STORAGE_URL", own)
    });
    let one = first.start().await;
    let mut other = one.beside(second).await;
    let status = other.ended(Duration::from_secs(30)).await;
    assert!(!status.success(), "it ended with {status}");
    assert!(other.log().contains("shared=true"), "{}", other.log());
    assert!(one.rest().is_ready().await, "the one that was there serves on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_without_their_redis_and_keep_files_to_themselves_do_not_both_serve_on() {
    let mut redis = Redis::stopped();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [first, second] = folders.each_ref().map(|folder| {
        let own = format!("file://{}", folder.path().display());
        Settings::over(Store::Postgres).with("GUICHET_REDIS_URL", redis.url()).with("GUICHET_STORAGE_URL", own)
    });
    let one = first.start().await;
    let mut other = one.beside(second).await;
    for node in [&one, &other] {
        status(node, "degraded").await;
    }
    redis.restart();
    let ended = other.ended(Duration::from_secs(30)).await;
    assert!(!ended.success(), "it ended with {ended}");
    assert!(other.log().contains("shared=true"), "{}", other.log());
    status(&one, "ok").await;
}

async fn colleagues_of_two_nodes_know_of_each_other(over: Over) {
    let Two { other, one, redis: _redis } = two(over).await;
    let visitor = one.visitor("Ana", Some("Bonjour")).await;
    let (agent, chief) = (one.sign_in("agent").await, other.sign_in("supervisor").await);
    let mut here = connect(&one, agent.rest.token()).await;
    let mut there = connect(&other, chief.rest.token()).await;
    comes(&mut here, &chief.id, true).await;
    present(&chief, &[&agent, &chief]).await;

    for (socket, state) in [(&mut here, "viewing"), (&mut there, "replying")] {
        socket.send(&json!({ "type": "view", "support_request_id": visitor.support_request, "state": state })).await;
    }
    for socket in [&mut here, &mut there] {
        let both = |frame: &Value| {
            let states = frame["viewers"].as_array().into_iter().flatten();
            let mut states: Vec<_> = states.map(|one| (one["id"].clone(), one["state"].clone())).collect();
            states.sort_by_key(|(_, state)| state.to_string());
            states == [(json!(chief.id), json!("replying")), (json!(agent.id), json!("viewing"))]
        };
        socket.expect_where("both who look", both).await;
    }

    here.send(&json!({ "type": "availability", "value": "away" })).await;
    let away = |frame: &Value| is_presence(frame, &agent.id, true) && frame["availability"] == "away";
    there.expect_where("that the agent is away", away).await;

    // A second tab, at the other node: who closes one is still there.
    let tab = connect(&other, agent.rest.token()).await;
    here.close().await;
    let alone = |frame: &Value| frame["viewers"].as_array().is_some_and(|viewers| viewers.len() == 1);
    there.expect_where("one who looks", alone).await;
    assert!(there.stays_silent(|frame| is_presence(frame, &agent.id, false)).await, "still there by another node");
    tab.close().await;
    comes(&mut there, &agent.id, false).await;
    present(&chief, &[&chief]).await;

    let taken = one.rest().with_token(agent.rest.token());
    taken.post(&format!("/support-requests/{}/take", visitor.support_request), &json!({})).await.expect(200);
    let assigned = |frame: &Value| frame["type"] == "support_request" && frame["event"] == "assigned";
    assert_eq!(there.expect_where("the list", assigned).await["support_request"]["assignee"]["id"], json!(agent.id));
}

/// Waits until those, and nobody else, are told as present.
async fn present(asked_by: &Person, who: &[&Person]) {
    let mut wanted: Vec<&str> = who.iter().map(|person| person.id.as_str()).collect();
    wanted.sort_unstable();
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = asked_by.rest.get("/presence").await.expect(200);
        let items = answer["items"].as_array().unwrap();
        let mut ids: Vec<&str> = items.iter().map(|item| text(&item["id"])).collect();
        ids.sort_unstable();
        if ids == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{answer}, and not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_queue_moves_for_those_who_wait_at_another_node(over: Over) {
    let Two { other, one, redis: _redis } = two(over).await;
    let agent = other.sign_in("agent").await;
    let first = other.visitor("Ana", Some("Ma batterie est vide")).await;
    let second = one.visitor("Bob", Some("Ma roue est voilée")).await;
    let mut widget = connect(&one, second.rest.token()).await;
    widget.subscribe(&second.conversation, Some(0)).await;
    let before = event(&mut widget, &second.conversation, "queue_position").await["position"].as_i64().unwrap();
    let take = async |visitor: &Visitor| {
        let path = format!("/support-requests/{}/take", visitor.support_request);
        agent.rest.post(&path, &json!({})).await.expect(200);
    };
    take(&first).await;
    let since = Instant::now();
    assert_eq!(event(&mut widget, &second.conversation, "queue_position").await["position"], json!(before - 1));
    println!("{over:?}: the queue moved at the other node after {:?}", since.elapsed());
    assert!(since.elapsed() < Duration::from_secs(3), "told, and not found by the look every 10 s");
    take(&second).await;
    assert_eq!(event(&mut widget, &second.conversation, "queue_position").await["position"], json!(0));
}

async fn what_is_too_large_for_the_bus_is_read(over: Over) {
    let nodes = two(over).await;
    let (visitor, _agent, mut console) = across(&nodes, None).await;
    let Two { other: _other, one, redis: _redis } = nodes;
    let room = &visitor.conversation;
    let mut widget = connect(&one, visitor.rest.token()).await;
    widget.subscribe(room, Some(0)).await;
    // 20 000 bytes, and more than twice as many where each is escaped.
    for (n, sign) in ["🙂", "é", "\u{1}"].into_iter().enumerate() {
        let content = sign.repeat(5_000);
        let since = Instant::now();
        widget.send_message(room, &format!("v{n}"), &content).await;
        console.message(room, &content).await;
        assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    }
}

async fn nothing_of_another_organisation_crosses_over(over: Over) {
    let Two { other, one, redis: _redis } = two(over).await;
    let visitor = one.visitor("Ana", Some("Bonjour")).await;
    let room = &visitor.conversation;
    let agent = one.sign_in("agent").await;
    let stranger = other.foreigner("admin").await;
    let mut elsewhere = connect(&other, stranger.rest.token()).await;
    for name in [room.as_str(), "conv:*", "*", "guichet:*:bus"] {
        elsewhere.send(&json!({ "type": "subscribe", "conversation_id": name, "after_seq": 0 })).await;
    }
    elsewhere.send(&json!({ "type": "view", "support_request_id": visitor.support_request, "state": "viewing" })).await;
    let mut witness = connect(&other, other.sign_in("supervisor").await.rest.token()).await;
    witness.subscribe(room, Some(0)).await;
    let mut widget = connect(&one, visitor.rest.token()).await;
    widget.subscribe(room, Some(0)).await;
    let mut console = connect(&one, agent.rest.token()).await;
    console.subscribe(room, Some(0)).await;
    console.send(&json!({ "type": "availability", "value": "away" })).await;
    console.send(&json!({ "type": "view", "support_request_id": visitor.support_request, "state": "viewing" })).await;
    widget.send(&json!({ "type": "typing", "conversation_id": room, "is_typing": true })).await;
    widget.send_message(room, "v1", "Rien que pour vous").await;
    witness.message(room, "Rien que pour vous").await;
    assert!(
        elsewhere
            .stays_silent(|frame| {
                let told = !matches!(frame["type"].as_str(), Some("error" | "reset" | "unsubscribed" | "pong"));
                told && frame.to_string().contains(room.as_str()) || frame["type"] == "presence"
            })
            .await,
        "another organisation hears nothing of it"
    );
    elsewhere.send(&json!({ "type": "availability", "value": "away" })).await;
    elsewhere.expect_where("one's own word", |frame| frame["type"] == "presence").await;
    assert!(witness.stays_silent(|frame| is_presence(frame, &stranger.id, true)).await);
}

async fn a_right_that_ends_on_one_node_ends_on_the_other(over: Over) {
    let Two { other, one, redis: _redis } = two(over).await;
    let admin = one.sign_in("admin").await;
    for what in ["logout", "role changed"] {
        let agent = one.sign_in("agent2").await;
        let visitor = one.visitor("Ana", Some("Bonjour")).await;
        let mut console = connect(&other, agent.rest.token()).await;
        console.subscribe(&visitor.conversation, Some(0)).await;
        let since = Instant::now();
        if what == "logout" {
            agent.rest.post("/auth/logout", &json!({ "refresh_token": agent.refresh_token })).await.expect(204);
        } else {
            let change = admin.rest.request(Method::PATCH, &format!("/users/{}", agent.id));
            send(change.json(&json!({ "role": "supervisor" }))).await.expect(200);
        }
        assert_eq!(console.closed().await, 4003, "{what}");
        println!("{over:?}: {what} closed the other node's socket after {:?}", since.elapsed());
        assert!(since.elapsed() < ENDED, "{what}: {:?}", since.elapsed());
        let there = other.rest().with_token(agent.rest.token());
        assert_eq!(there.get("/auth/me").await.status, 401, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_loses_sight_of_what_becomes_anothers_at_another_node_while_redis_is_down() {
    let Two { other, one, redis } = two(Over::Redis).await;
    let visitor = one.visitor("Ana", Some("Bonjour")).await;
    let (agent, chief) = (other.sign_in("agent").await, one.sign_in("supervisor").await);
    let colleague = one.sign_in("agent2").await;
    let mut console = connect(&other, agent.rest.token()).await;
    console.subscribe(&visitor.conversation, Some(0)).await;
    let mut redis = redis.unwrap();
    redis.kill();
    for node in [&one, &other] {
        status(node, "degraded").await;
    }
    let since = Instant::now();
    let assign = format!("/support-requests/{}/assign", visitor.support_request);
    chief.rest.post(&assign, &json!({ "agent_id": colleague.id })).await.expect(200);
    let told = console.expect("unsubscribed").await;
    println!("the sight was lost after {:?}", since.elapsed());
    assert_eq!((&told["conversation_id"], &told["reason"]), (&json!(visitor.conversation), &json!("forbidden")));
    assert!(since.elapsed() < ENDED, "{:?}", since.elapsed());
}

async fn a_node_that_is_killed_takes_its_people_with_it(over: Over) {
    let Two { mut other, one, redis: _redis } = two(over).await;
    let (agent, chief) = (one.sign_in("agent").await, other.sign_in("supervisor").await);
    let visitor = one.visitor("Ana", Some("Bonjour")).await;
    let mut console = connect(&one, agent.rest.token()).await;
    let gone = connect(&other, chief.rest.token()).await;
    comes(&mut console, &chief.id, true).await;
    console.send(&json!({ "type": "view", "support_request_id": visitor.support_request, "state": "viewing" })).await;
    other.kill();
    let since = Instant::now();
    comes(&mut console, &chief.id, false).await;
    println!("{over:?}: the people of a killed node counted as gone after {:?}", since.elapsed());
    assert!(since.elapsed() < FORGOTTEN, "{:?}", since.elapsed());
    present(&agent, &[&agent]).await;
    drop(gone);

    other.restart().await;
    let _back = connect(&other, chief.rest.token()).await;
    let since = Instant::now();
    comes(&mut console, &chief.id, true).await;
    println!("{over:?}: and were there again {:?} after they came", since.elapsed());
    assert!(other.log().contains("the bus works"));
}

async fn a_node_that_stops_says_so(over: Over) {
    let settings = Settings::over(Store::Postgres).with("GUICHET_METRICS_TOKEN", METRICS_TOKEN);
    let Two { mut other, one, redis: _redis } = two_with(over, settings).await;
    others(&one, 1).await;
    let (agent, chief) = (one.sign_in("agent").await, other.sign_in("supervisor").await);
    let mut console = connect(&one, agent.rest.token()).await;
    let _there = connect(&other, chief.rest.token()).await;
    comes(&mut console, &chief.id, true).await;
    other.terminate();
    comes(&mut console, &chief.id, false).await;
    let status = other.ended(Duration::from_secs(20)).await;
    assert!(status.success(), "{status}");
    let since = Instant::now();
    others(&one, 0).await;
    assert!(since.elapsed() < Duration::from_secs(3), "nobody waits for the silence of a node that has said goodbye");
    assert!(!one.log().contains("a node is silent"), "{}", one.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_budget_counts_at_both_nodes() {
    let settings = Settings { limits: true, ..Settings::over(Store::Postgres) };
    let Two { other, one, redis } = two_with(Over::Redis, settings).await;
    let visitor = one.visitor("Ana", None).await;
    let room = &visitor.conversation;
    let (mut here, mut there) =
        (connect(&one, visitor.rest.token()).await, connect(&other, visitor.rest.token()).await);
    let since = Instant::now();
    for n in 0..10 {
        here.send_message(room, &format!("a{n}"), "un").await;
        there.send_message(room, &format!("b{n}"), "deux").await;
    }
    let mut accepted = 20;
    while other.rest().with_token(visitor.rest.token()).send_message(room, &format!("c{accepted}"), "x").await.status
        != 429
    {
        accepted += 1;
        assert!(accepted < 40, "the other node counts by itself");
    }
    // Two a second come back meanwhile.
    let refilled = usize::try_from(since.elapsed().as_millis() / 500).unwrap() + 1;
    assert!(accepted <= 20 + refilled, "{accepted} of 20 and {refilled}");
    let nack = here.refused_message(room, "late", "trois").await;
    assert_eq!(nack["code"], "rate_limited");

    // Without Redis, each node counts for itself, and does not start afresh.
    let mut redis = redis.unwrap();
    redis.kill();
    status(&one, "degraded").await;
    let flooding = async |rest: &tests::rest::Rest| {
        let mut accepted = 0;
        while rest.send_message(room, &format!("d{}-{accepted}", rest.token().len()), "x").await.status != 429 {
            accepted += 1;
            assert!(accepted < 60, "a budget without an end");
        }
        accepted
    };
    let more = flooding(&visitor.rest).await;
    println!("without Redis a node let {more} more through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_starts_without_its_redis_and_finds_it_later() {
    let mut redis = Redis::stopped();
    let settings = Settings::over(Store::Postgres).with("GUICHET_REDIS_URL", redis.url());
    let one = settings.clone().start().await;
    let other = one.beside(settings).await;
    let ready = status(&one, "degraded").await;
    let bus = ready["parts"].as_array().unwrap().iter().find(|part| part["name"] == "bus").unwrap();
    assert_eq!(bus["status"], "unavailable", "{ready}");
    let visitor = one.visitor("Ana", None).await;
    let room = &visitor.conversation;
    let agent = other.sign_in("agent").await;
    let mut console = connect(&other, agent.rest.token()).await;
    console.subscribe(room, Some(0)).await;
    let mut widget = connect(&one, visitor.rest.token()).await;
    widget.subscribe(room, Some(0)).await;
    for n in 0..3 {
        let content = format!("Sans Redis {n}");
        widget.send_message(room, &format!("v{n}"), &content).await;
        let since = Instant::now();
        console.message(room, &content).await;
        assert!(since.elapsed() <= Duration::from_secs(3), "{:?}", since.elapsed());
    }
    console.send(&json!({ "type": "read", "conversation_id": room, "seq": 3 })).await;
    console.expect_where("one's own mark", |frame| frame["type"] == "receipt").await;
    redis.restart();
    for node in [&one, &other] {
        status(node, "ok").await;
    }
    let read = |frame: &Value| {
        frame["type"] == "receipt" && frame["participant_id"] == agent.id.as_str() && frame["read_seq"] == 3
    };
    widget.expect_where("the mark of which nothing could be heard", read).await;
    let since = Instant::now();
    widget.send_message(room, "v9", "Avec Redis").await;
    console.message(room, "Avec Redis").await;
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    widget.close().await;
    comes(&mut console, &visitor.id, false).await;
    assert!(console.stays_silent(|frame| frame["type"] == "message").await, "nothing comes twice");
}

async fn a_chat_that_times_out_does_so_once_for_both_nodes(over: Over) {
    let settings = Settings::over(Store::Postgres).with("GUICHET_CHAT_TIMEOUT_S", "2");
    let nodes = two_with(over, settings).await;
    let (visitor, agent, mut console) = across(&nodes, Some("Bonjour")).await;
    let Two { other: _other, one, redis: _redis } = nodes;
    let room = &visitor.conversation;
    let mut widget = connect(&one, visitor.rest.token()).await;
    widget.subscribe(room, Some(0)).await;
    for socket in [&mut widget, &mut console] {
        let opened = event(socket, room, "session_opened").await;
        assert_eq!(event(socket, room, "session_timeout").await["id"], opened["id"]);
        let again = |frame: &Value| frame["event"] == "session_timeout" && frame["conversation_id"] == room.as_str();
        assert!(socket.stays_silent(again).await);
    }
    for rest in [&visitor.rest, &agent.rest] {
        let sessions = rest.get(&format!("/conversations/{room}/sessions")).await.expect(200);
        assert_eq!((&sessions["total"], &sessions["items"][0]["status"]), (&json!(1), &json!("timeout")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_by_tls_is_trusted_by_its_certificate_only() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate { chain: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&certificate.chain, made.cert.pem()).unwrap();
    std::fs::write(&certificate.key, made.signing_key.serialize_pem()).unwrap();
    let redis = Redis::with_tls(certificate.clone());
    let settings = Settings::over(Store::Postgres).with("GUICHET_REDIS_URL", redis.url());
    let trusting = settings.clone().with("SSL_CERT_FILE", certificate.chain.to_str().unwrap());
    let one = trusting.start().await;
    status(&one, "ok").await;
    let other = one.beside(settings).await;
    assert!(other.log().contains("the bus has no connection to Redis"), "{}", other.log());
    status(&other, "degraded").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_sqlite_refuses_a_redis() {
    let mut server = Settings::over(Store::Sqlite).start().await;
    server.kill();
    server.set("GUICHET_REDIS_URL", "redis://127.0.0.1:1/0");
    let said = server.refuses_to_restart().await;
    assert!(said.contains("several nodes need PostgreSQL"), "{said}");
}
