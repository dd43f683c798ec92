//! `@stomp/stompjs` as it is published, against the real server.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tests::database::{STORES, Store};
use tests::faults::postgres::{cluster_of, freeze};
use tests::faults::proxy::{End, Proxy};
use tests::over_both_stores;
use tests::page::blocks;
use tests::people::{Visitor, number, text};
use tests::server::{Server, Settings};
use tests::socket::Socket;
use tests::stomp::StompClient;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

over_both_stores!(
    a_message_goes_both_ways_between_stomp_and_the_native_protocol,
    a_chat_goes_from_question_to_answer_with_all_that_happens_around_it,
    history_comes_first_and_each_entry_once,
    sessions_are_isolated_from_each_other,
    a_sender_is_answered_by_receipts_in_order,
    a_client_comes_back_after_a_kill_and_misses_nothing,
    a_client_comes_back_after_its_line_was_cut_and_misses_nothing,
    acks_move_the_mark_of_delivery,
    a_transaction_is_sent_when_it_is_committed,
    a_renewed_token_keeps_the_connection,
);

/// What somebody sees: a connected client that follows a room from the beginning.
async fn following(server: &Server, visitor: &Visitor, token: &str) -> StompClient {
    let mut client = StompClient::connect(server, token).await;
    client.follow(&visitor.conversation, Some(0));
    client
}

async fn a_message_goes_both_ways_between_stomp_and_the_native_protocol(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let room = &visitor.conversation;
    let mut asking = following(&server, &visitor, visitor.rest.token()).await;
    let mut answering = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    answering.subscribe(room, Some(0)).await;

    let receipt = asking.sent(room, "one", "Bonjour").await;
    assert_eq!((&receipt["seq"], &receipt["duplicate"]), (&json!("1"), &json!("false")));
    let seen = answering.message(room, "Bonjour").await;
    assert_eq!((&seen["seq"], &seen["message"]["id"]), (&json!(1), &receipt["message-id"]));
    let own = asking.message("Bonjour").await;
    assert_eq!(own["message"]["seq"], "1", "a STOMP client is shown its own message");
    assert_eq!(own["body"]["client_message_id"], "one");

    let ack = answering.send_message(room, "two", "Bonsoir : à vous").await;
    let told = asking.message("Bonsoir : à vous").await;
    assert_eq!(told["message"]["message-id"], ack["message_id"]);
    assert_eq!(told["message"]["destination"], json!(format!("/topic/conversations/{room}")));
    assert_eq!(told["message"]["content-type"], "application/json");
    assert_eq!(told["body"]["sender"]["type"], "agent");

    // Ten each way at once: both see the same order, each once.
    for n in 0..10 {
        asking.send(room, &format!("s{n}"), &format!("stomp {n}"));
        answering.send(&tests::socket::send_frame(room, &format!("n{n}"), &format!("native {n}"))).await;
    }
    for n in 0..10 {
        asking.receipt(&format!("s{n}")).await;
        answering.expect_where("ack", |frame| frame["type"] == "ack" && frame["ref"] == format!("n{n}")).await;
    }
    asking.sent(room, "last", "fin").await;
    asking.expect_where("the last", |said| said["message"]["seq"] == "23").await;
    let said = asking.leftovers();
    let stored = agent.rest.all_messages(room).await;
    let order: Vec<&str> = stored.iter().map(|message| text(&message["content"])).collect();
    assert_eq!(StompClient::contents(&said), order[2..22], "nothing twice, nothing out of order");
    assert_eq!(said.len(), 20, "and nothing else: {said:?}");
    answering.message(room, "fin").await;
    assert!(answering.stays_silent(|frame| frame["message"]["content"] == "Bonjour").await);
}

async fn a_chat_goes_from_question_to_answer_with_all_that_happens_around_it(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let room = &visitor.conversation;
    let mut asking = following(&server, &visitor, visitor.rest.token()).await;
    let mut answering = StompClient::connect(&server, agent.rest.token()).await;
    answering.subscribe("/user/queue/events", &json!({ "id": "events" }));
    answering.subscribe(&topic(room), &json!({ "id": "room", "events": "all" }));
    let subscribed = answering.event("subscribed").await;
    assert_eq!(subscribed["body"]["last_seq"], 0);
    answering.event("live").await;

    asking.sent(room, "one", "Bonjour").await;
    answering.message("Bonjour").await;
    answering.event("support_request").await;

    asking.publish(&app(room, "typing"), &json!({}), r#"{"isTyping":true}"#);
    let typing = answering.event("typing").await;
    assert_eq!((&typing["body"]["is_typing"], &typing["body"]["participant_id"]), (&json!(true), &json!(visitor.id)));

    answering.publish(&app(room, "read"), &json!({ "receipt": "read" }), r#"{"seq":1}"#);
    answering.receipt("read").await;
    let receipt = answering
        .expect_where("the mark", |said| said["message"]["event"] == "receipt" && said["body"]["read_seq"] == 1);
    assert_eq!(receipt.await["body"]["participant_id"], json!(agent.id));
    let shown = visitor.rest.get(&format!("/conversations/{room}")).await.expect(200);
    let marks = shown["participants"].as_array().unwrap().iter().find(|one| one["id"] == agent.id.as_str()).unwrap();
    assert_eq!(marks["read_seq"], 1, "it is stored");

    // Plain text, as careless clients send it.
    answering.publish(&app(room, "send"), &json!({ "receipt": "plain", "content-type": "text/plain" }), "{à vous}");
    let plain = answering.receipt("plain").await;
    let told = asking.message("{à vous}").await;
    assert_eq!((&told["message"]["seq"], &told["body"]["id"]), (&plain["seq"], &plain["message-id"]));
    // An edit and a deletion by REST.
    let path = format!("/conversations/{room}/messages/{}", text(&plain["message-id"]));
    let edit = agent.rest.request(reqwest::Method::PATCH, &path).json(&json!({ "content": "à vous" }));
    tests::rest::send(edit).await.expect(200);
    let edited = asking.event("message_edited").await;
    assert_eq!((&edited["body"]["content"], &edited["message"]["seq"]), (&json!("à vous"), &json!("3")));
    agent.rest.delete(&path).await;
    let deleted = asking.event("message_deleted").await;
    assert_eq!((&deleted["body"]["content"], &deleted["message"]["seq"]), (&Value::Null, &json!("4")));

    // Who knows messages only has heard of messages only.
    let others: Vec<Value> =
        asking.leftovers().into_iter().filter(|said| said["message"]["event"] != "message").collect();
    assert_eq!(others, Vec::<Value>::new());
}

async fn history_comes_first_and_each_entry_once(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let room = &visitor.conversation;
    for n in 1..=60 {
        visitor.rest.send_message(room, &format!("m{n}"), &format!("message {n}")).await.expect(201);
    }
    let mut client = StompClient::connect(&server, visitor.rest.token()).await;
    client.subscribe(&topic(room), &json!({ "id": "fresh", "receipt": "fresh" }));
    client.receipt("fresh").await;
    client.subscribe(&topic(room), &json!({ "id": "whole", "after-seq": "0", "receipt": "whole" }));
    client.receipt("whole").await;
    visitor.rest.send_message(room, "next", "suivant").await.expect(201);
    for id in ["fresh", "whole"] {
        let last = |said: &Value| said["message"]["subscription"] == id && said["message"]["seq"] == "61";
        client.expect_where(id, last).await;
    }
    let said = client.leftovers();
    let seqs = |id: &str| -> Vec<i64> {
        let of = said.iter().filter(|one| one["message"]["subscription"] == id);
        of.map(|one| text(&one["message"]["seq"]).parse().unwrap()).collect()
    };
    assert_eq!(seqs("fresh"), (11..=60).collect::<Vec<_>>(), "the last fifty");
    assert_eq!(seqs("whole"), (1..=60).collect::<Vec<_>>());
}

async fn sessions_are_isolated_from_each_other(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let other = server.visitor("Berthe", None).await;
    let mut mine = following(&server, &visitor, visitor.rest.token()).await;
    let mut theirs = following(&server, &other, other.rest.token()).await;
    mine.sent(&visitor.conversation, "a", "le mien").await;
    theirs.sent(&other.conversation, "a", "le leur").await;
    mine.message("le mien").await;
    theirs.message("le leur").await;
    assert_eq!((mine.leftovers(), theirs.leftovers()), (vec![], vec![]));

    // Somebody else's is not there, and neither is another organisation's.
    let foreigner = server.foreigner("agent").await;
    for token in [other.rest.token(), foreigner.rest.token()] {
        let mut client = StompClient::start();
        client.order(&json!({
            "order": "activate", "url": server.stomp_url(), "token": token, "options": { "reconnectDelay": 0 },
        }));
        client.expect("connected").await;
        client.subscribe(&topic(&visitor.conversation), &json!({ "id": "s", "receipt": "s" }));
        let error = client.expect("error").await;
        assert_eq!((&error["error"]["code"], &error["error"]["receipt-id"]), (&json!("forbidden"), &json!("s")));
        assert_eq!(client.expect("closed").await["closed"], 4040);
        assert_eq!(client.leftovers(), Vec::<Value>::new(), "and nothing of what is said there");
    }
    mine.sent(&visitor.conversation, "b", "encore").await;
    mine.message("encore").await;

    // Whoever signs out is let go, with a word.
    let agent = server.sign_in("agent").await;
    let mut client =
        StompClient::connect_with(&server.stomp_url(), agent.rest.token(), &json!({ "reconnectDelay": 0 })).await;
    agent.rest.post("/auth/logout", &json!({})).await;
    assert_eq!(client.expect("error").await["error"]["code"], "identity.token_expired");
    assert_eq!(client.expect("closed").await["closed"], 4003);
}

async fn a_sender_is_answered_by_receipts_in_order(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let room = &visitor.conversation;
    let mut client = StompClient::connect(&server, visitor.rest.token()).await;
    for n in 0..50 {
        client.send(room, &format!("m{n}"), &format!("message {n}"));
    }
    for n in 0..50 {
        assert_eq!(client.receipt(&format!("m{n}")).await["seq"], json!((n + 1).to_string()));
    }
    // The same again is the same; another content under the name is refused, where the client listens.
    let again = client.sent(room, "m7", "message 7").await;
    assert_eq!((&again["seq"], &again["duplicate"]), (&json!("8"), &json!("true")));
    client.subscribe("/user/queue/events", &json!({ "id": "events", "receipt": "events" }));
    client.receipt("events").await;
    client.send(room, "m7", "autre chose");
    let nack = client.event("nack").await;
    assert_eq!(nack["message"]["receipt-id"], "m7");
    assert_eq!((&nack["body"]["code"], &nack["body"]["retry"]), (&json!("idempotency_mismatch"), &json!(false)));
    client.sent(room, "m50", "et la suite").await;

    // Without a name of its own, a send goes by its receipt, within the connection.
    for _ in 0..2 {
        client.publish(&app(room, "send"), &json!({ "receipt": "unnamed" }), "par son reçu");
    }
    let (first, second) = (client.receipt("unnamed").await, client.receipt("unnamed").await);
    assert_eq!((&first["seq"], &first["duplicate"]), (&json!("52"), &json!("false")));
    assert_eq!((&second["seq"], &second["duplicate"]), (&json!("52"), &json!("true")));
    // Without either it is another message each time.
    for _ in 0..2 {
        client.publish(&app(room, "send"), &json!({}), "sans nom");
    }
    client.sent(room, "end", "fin").await;
    let stored = visitor.rest.all_messages(room).await;
    assert_eq!(stored.iter().filter(|message| message["content"] == "sans nom").count(), 2);
    assert_eq!(stored.len(), 55);
}

/// The client's own reconnect: what it has not got a receipt for it sends again, and it subscribes from where it was.
async fn a_client_comes_back_after_a_kill_and_misses_nothing(store: Store) {
    let mut settings = Settings::over(store);
    settings.durable = true;
    let mut server = settings.start().await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let room = visitor.conversation.clone();
    let mut asking = following(&server, &visitor, visitor.rest.token()).await;
    let mut answering = following(&server, &visitor, agent.rest.token()).await;
    let (mut sent, mut asked) = (0, Vec::new());
    for _ in 0..3 {
        for _ in 0..20 {
            asking.send(&room, &format!("a{sent}"), &format!("question {sent}"));
            answering.send(&room, &format!("b{sent}"), &format!("réponse {sent}"));
            sent += 1;
        }
        // In the middle of it.
        asked.push(sent - 15);
        asking.receipt(&format!("a{}", sent - 15)).await;
        server.kill();
        server.restart().await;
        asking.expect("connected").await;
        answering.expect("connected").await;
    }
    all_arrived(&server, &visitor, &mut asking, &mut answering, sent, &asked).await;
}

async fn a_client_comes_back_after_its_line_was_cut_and_misses_nothing(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let room = &visitor.conversation;
    let proxy = Proxy::before(server.address(), 7).await;
    let url = format!("{}/ws", proxy.base().replacen("http", "ws", 1));
    let mut asking = StompClient::connect_with(&url, visitor.rest.token(), &json!({})).await;
    asking.follow(room, Some(0));
    let mut answering = StompClient::connect_with(&url, agent.rest.token(), &json!({})).await;
    answering.follow(room, Some(0));
    let mut sent = 0;
    for round in 0..6_u64 {
        for connection in proxy.connections() {
            connection.cut_after(1_500 + 700 * round);
        }
        for _ in 0..10 {
            asking.send(room, &format!("a{sent}"), &format!("question {sent}"));
            answering.send(room, &format!("b{sent}"), &format!("réponse {sent}"));
            sent += 1;
        }
        asking.expect("connected").await;
        answering.expect("connected").await;
        if round == 3 {
            proxy.end_all(End::Close);
            asking.expect("connected").await;
            answering.expect("connected").await;
        }
    }
    all_arrived(&server, &visitor, &mut asking, &mut answering, sent, &[]).await;
}

/// Each send was answered, those that were asked for before left out, and both were told all of it once and in the
/// order of the log.
async fn all_arrived(
    server: &Server,
    visitor: &Visitor,
    asking: &mut StompClient,
    answering: &mut StompClient,
    sent: usize,
    asked: &[usize],
) {
    for n in (0..sent).filter(|n| !asked.contains(n)) {
        asking.receipt(&format!("a{n}")).await;
    }
    for n in 0..sent {
        answering.receipt(&format!("b{n}")).await;
    }
    asking.sent(&visitor.conversation, "end", "fin").await;
    answering.sent(&visitor.conversation, "end", "fin aussi").await;
    let fresh = server.sign_in("agent").await;
    let stored = fresh.rest.all_messages(&visitor.conversation).await;
    assert_eq!(stored.len(), 2 * sent + 2, "each send is stored once");
    let last = number(&stored.last().unwrap()["seq"]).to_string();
    for client in [asking, answering] {
        client.expect_where("the last", |said| said["message"]["seq"] == last.as_str()).await;
        let said = client.leftovers();
        let order: Vec<&str> = stored[..stored.len() - 1].iter().map(|message| text(&message["content"])).collect();
        assert_eq!(StompClient::contents(&said), order);
        let wrong: Vec<&Value> = said
            .iter()
            .filter(|one| ["gap", "doubled", "error", "unhandled"].iter().any(|kind| one.get(kind).is_some()))
            .collect();
        assert_eq!(wrong, Vec::<&Value>::new());
    }
}

async fn acks_move_the_mark_of_delivery(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let room = &visitor.conversation;
    let delivered = async || {
        let shown = agent.rest.get(&format!("/conversations/{room}")).await.expect(200);
        let people = shown["participants"].as_array().unwrap().clone();
        let me = people.into_iter().find(|one| one["id"] == visitor.id.as_str());
        me.map_or(0, |one| number(&one["delivered_seq"]))
    };
    for versions in [["1.2"], ["1.1"]] {
        let mut client =
            StompClient::connect_with(&server.stomp_url(), visitor.rest.token(), &json!({ "versions": versions }))
                .await;
        let before = number(&agent.rest.get(&format!("/conversations/{room}")).await.expect(200)["last_seq"]);
        let after = before.to_string();
        client.subscribe(&topic(room), &json!({ "id": "c", "ack": "client", "after-seq": after, "receipt": "c" }));
        client.receipt("c").await;
        let mut messages = Vec::new();
        for n in 1..=4 {
            let content = format!("{versions:?} {n}");
            agent.rest.send_message(room, &content, &content).await.expect(201);
            messages.push(client.message(&content).await["message"]["message-id"].clone());
        }
        let mut ack = async |at: usize, order: &str| {
            let receipt = format!("{order}{at}");
            client.order(&json!({
                "order": order, "subscription": "c", "message": messages[at - 1], "headers": { "receipt": receipt },
            }));
            client.receipt(&receipt).await;
            delivered().await - before
        };
        assert_eq!(ack(2, "ack").await, 2, "one for all up to it");
        assert_eq!(ack(3, "nack").await, 2, "it was not taken");
        assert_eq!(ack(4, "ack").await, 4);
        client.order(&json!({ "order": "unsubscribe", "id": "c" }));
        client.subscribe(&topic(room), &json!({ "id": "i", "ack": "client-individual", "after-seq": after }));
        for at in 1..=4 {
            client
                .expect_where("the same again", |said| {
                    said["message"]["subscription"] == "i" && said["message"]["message-id"] == messages[at - 1]
                })
                .await;
        }
    }
}

async fn a_transaction_is_sent_when_it_is_committed(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let room = &visitor.conversation;
    let mut client = following(&server, &visitor, visitor.rest.token()).await;
    client.order(&json!({ "order": "begin", "id": "t" }));
    client.order(&json!({ "order": "begin", "id": "never" }));
    for (id, transaction) in [("one", "t"), ("two", "t"), ("lost", "never")] {
        let headers = json!({ "transaction": transaction, "receipt": id, "client-message-id": id });
        client.publish(&app(room, "send"), &headers, id);
    }
    client.sent(room, "first", "avant").await;
    client.order(&json!({ "order": "abort", "id": "never" }));
    client.order(&json!({ "order": "commit", "id": "t" }));
    assert_eq!(client.receipt("one").await["seq"], "2");
    assert_eq!(client.receipt("two").await["seq"], "3");
    client.sent(room, "last", "après").await;
    client.message("après").await;
    let stored = visitor.rest.all_messages(room).await;
    let contents: Vec<&str> = stored.iter().map(|message| text(&message["content"])).collect();
    assert_eq!(contents, ["avant", "one", "two", "après"]);
}

async fn a_renewed_token_keeps_the_connection(store: Store) {
    let server = Server::over(store).await;
    let agent = server.sign_in("agent").await;
    let visitor = server.visitor("Ana", None).await;
    let room = &visitor.conversation;
    let options = json!({ "reconnectDelay": 0 });
    let mut client = StompClient::connect_with(&server.stomp_url(), agent.rest.token(), &options).await;
    client.follow(room, Some(0));
    let fresh = server.sign_in("agent").await;
    let token = |token: &str| json!({ "Authorization": format!("Bearer {token}"), "receipt": "renewed" });
    client.publish("/app/authenticate", &token(fresh.rest.token()), "");
    client.receipt("renewed").await;
    // The session of the first token ends; the connection lives by the second.
    agent.rest.post("/auth/logout", &json!({})).await;
    visitor.rest.send_message(room, "one", "Toujours là ?").await.expect(201);
    client.message("Toujours là ?").await;
    client.sent(room, "two", "Toujours là.").await;
    // Another person's token does not turn one person's connection into the other's.
    client.publish("/app/authenticate", &token(visitor.rest.token()), "");
    assert_eq!(client.expect("error").await["error"]["code"], "realtime.already_authenticated");
    assert_eq!(client.expect("closed").await["closed"], 4001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heart_beats_go_both_ways_and_a_quiet_connection_lives() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let options = json!({ "heartbeatIncoming": 10_000, "heartbeatOutgoing": 10_000, "reconnectDelay": 0 });
    let mut client = StompClient::connect_with(&server.stomp_url(), visitor.rest.token(), &options).await;
    for _ in 0..3 {
        // Longer than twice the promise: it would have been given up, had it not been heard.
        client.expect("heartbeat").await;
    }
    client.sent(&visitor.conversation, "one", "toujours là").await;
    assert_eq!(client.leftovers(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_answers_what_it_took_and_says_when_to_come_again() {
    let mut server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let room = visitor.conversation.clone();
    let mut client = following(&server, &visitor, visitor.rest.token()).await;
    client.subscribe("/user/queue/events", &json!({ "id": "events", "receipt": "events" }));
    client.receipt("events").await;
    for n in 0..10 {
        client.send(&room, &format!("m{n}"), &format!("message {n}"));
    }
    client.receipt("m0").await;
    server.terminate();
    let bye = client.event("bye").await;
    assert!(bye["body"]["retry_after_ms"].is_u64(), "{bye}");
    assert_eq!(client.expect("closed").await["closed"], 1012);
    assert!(server.ended(Duration::from_secs(20)).await.success());
    server.restart().await;
    client.expect("connected").await;
    // What was not answered before is answered now.
    client.sent(&room, "end", "fin").await;
    let stored = visitor.rest.all_messages(&room).await;
    assert_eq!(stored.len(), 11);
    assert!(!client.leftovers().iter().any(|said| said.get("error").is_some()), "a restart is no error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_any_version_and_any_way_to_write_is_understood() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let room = &visitor.conversation;
    let large = "é".repeat(5_000);
    let ways = [
        json!({ "versions": ["1.0"] }),
        json!({ "versions": ["1.1"] }),
        json!({ "versions": ["1.2"] }),
        json!({ "splitLargeFrames": true, "maxWebSocketChunkSize": 100 }),
        json!({ "forceBinaryWSFrames": true }),
    ];
    for (n, options) in ways.iter().enumerate() {
        let mut client = StompClient::start();
        let headers = json!({ "passcode": visitor.rest.token(), "login": "visitor" });
        let mut url = server.stomp_url();
        if n == 0 {
            url.push_str("/websocket");
        }
        client.order(&json!({ "order": "activate", "url": url, "headers": headers, "options": options }));
        let connected = client.expect("connected").await;
        if let Some(version) = options["versions"].get(0) {
            assert_eq!((&connected["version"], &connected["connected"]["version"]), (version, version));
        }
        assert_eq!(connected["connected"]["user-name"], "Ana");
        client.follow(room, Some(i64::try_from(n).unwrap()));
        let content = format!("{n}{}", &large[..large.len() - 2]);
        client.sent(room, &format!("m{n}"), &content).await;
        client.message(&content).await;
        client.order(&json!({ "order": "deactivate" }));
        client.expect("disconnected").await;
    }
}

/// The server dies between the insert and the commit, or between the commit and its answer: in neither case there is a
/// receipt, and the client, which sends again under the same name, learns which it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_a_receipt_only_for_what_is_durable() {
    for store in STORES {
        for (fault, duplicate) in [("abort_before_commit", "false"), ("abort_after_commit", "true")] {
            let folder = tempfile::tempdir().unwrap();
            let armed = folder.path().join("armed");
            let mut settings = Settings::over(store).with("GUICHET_FAULT_ARMED", armed.to_str().unwrap());
            (settings.fault, settings.durable) = (Some(fault), true);
            let mut server = settings.start().await;
            let visitor = server.visitor("Ana", None).await;
            let room = visitor.conversation.clone();
            let mut client = following(&server, &visitor, visitor.rest.token()).await;
            client.sent(&room, "before", "avant").await;
            std::fs::write(&armed, "").unwrap();
            client.send(&room, "one", "une fois");
            server.ended(Duration::from_secs(20)).await;
            client.expect("closed").await;
            let said = client.leftovers();
            assert!(!said.iter().any(|said| said["receipt"]["receipt-id"] == "one"), "{fault}: {said:?}");
            std::fs::remove_file(&armed).unwrap();
            server.restart().await;
            let receipt = client.receipt("one").await;
            assert_eq!((&receipt["seq"], &receipt["duplicate"]), (&json!("2"), &json!(duplicate)), "{fault}");
            client.message("une fois").await;
            client.sent(&room, "after", "après").await;
            client.message("après").await;
            let stored = visitor.rest.all_messages(&room).await;
            assert_eq!(stored.len(), 3, "{fault}");
        }
    }
}

/// A database that stands still: a nack within its time, to who listens, and else the end of the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_that_is_not_stored_is_told_and_may_come_again() {
    let mut settings = Settings::over(Store::Postgres);
    settings.durable = true;
    let server = settings.start().await;
    let visitor = server.visitor("Ana", None).await;
    let room = &visitor.conversation;
    let mut listening = following(&server, &visitor, visitor.rest.token()).await;
    listening.subscribe("/user/queue/events", &json!({ "id": "events", "receipt": "events" }));
    listening.receipt("events").await;
    let mut deaf = following(&server, &visitor, visitor.rest.token()).await;
    deaf.sent(room, "zero", "avant").await;
    let cluster = cluster_of(&server);
    let frozen = freeze(&cluster);
    listening.send(room, "one", "retenu");
    deaf.send(room, "two", "retenu aussi");
    let nack = listening.event("nack").await;
    assert_eq!((&nack["body"]["retry"], &nack["message"]["receipt-id"]), (&json!(true), &json!("one")));
    let error = deaf.expect("error").await;
    assert_eq!(error["error"]["receipt-id"], "two");
    assert!(!text(&error["error"]["message"]).is_empty());
    assert_eq!(deaf.expect("closed").await["closed"], 1012);
    drop(frozen);
    listening.sent(room, "one", "retenu").await;
    // It has come back by itself, and has sent again what had no receipt.
    deaf.receipt("two").await;
    for client in [&mut listening, &mut deaf] {
        client.message("retenu").await;
        client.message("retenu aussi").await;
    }
    assert_eq!(visitor.rest.all_messages(room).await.len(), 3);
}

fn topic(room: &str) -> String {
    format!("/topic/conversations/{room}")
}

fn app(room: &str, verb: &str) -> String {
    format!("/app/conversations/{room}/{verb}")
}

/// The program of the page for users: it greets, shows what is said, and comes back after a kill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_of_the_page_does_what_the_page_says() {
    let mut server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let room = visitor.conversation.clone();
    let mut program = blocks("docs/protocols/stomp.md", "js").concat();
    assert!(program.contains("client.activate()"), "the page has a program");
    // What a button would do.
    program
        .push_str("setInterval(() => { if (client.connected && last === 3) { markRead(); typing(false); } }, 50);\n");
    let mut node = Command::new("node")
        .args(["--no-warnings", "--input-type=module"])
        .current_dir(xtask::tree::root().join("tests/clients"))
        .env("GUICHET_URL", server.stomp_url())
        .env("GUICHET_TOKEN", visitor.rest.token())
        .env("GUICHET_CONVERSATION", &room)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = node.stdin.take().unwrap();
    input.write_all(program.as_bytes()).await.unwrap();
    drop(input);
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let mut next = async || {
        let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await.expect("the program says on");
        line.unwrap().unwrap_or_else(|| panic!("the program ended"))
    };
    // The answer and the message itself: the answer is first, since the message's place is its own.
    let stored = next().await;
    assert!(stored.starts_with("stored ") && stored.ends_with(" as 1"), "{stored}");
    assert_eq!(next().await, "message 1 Ana: Bonjour");
    agent.rest.send_message(&room, "a", "Bonjour Ana").await.expect(201);
    let name = text(&agent.rest.get("/auth/me").await.expect(200)["first_name"]).to_owned();
    let line = next().await;
    assert!(line.starts_with(&format!("message 2 {name}")) && line.ends_with(": Bonjour Ana"), "{line}");
    server.kill();
    server.restart().await;
    agent.rest.send_message(&room, "b", "Me revoilà").await.expect(201);
    let line = next().await;
    assert!(line.starts_with("message 3 ") && line.ends_with(": Me revoilà"), "{line}");
    // It says that it has read that.
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let shown = agent.rest.get(&format!("/conversations/{room}")).await.expect(200);
        let people = shown["participants"].as_array().unwrap();
        if people.iter().any(|one| one["id"] == visitor.id.as_str() && one["read_seq"] == 3) {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    node.start_kill().unwrap();
    let output = node.wait_with_output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "it complained of nothing");
}
