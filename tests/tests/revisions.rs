//! Messages that are edited and deleted, from one end to the other, over both stores.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tests::database::{Store, sql};
use tests::over_both_stores;
use tests::people::text;
use tests::rest::{Answer, Rest, send};
use tests::server::Server;
use tests::socket::{Socket, seqs};

over_both_stores!(
    what_one_side_revises_the_other_sees_live_and_after_a_resume,
    an_edit_is_no_reply_and_a_closed_request_lets_what_is_taken_back_go,
    what_was_deleted_or_edited_away_is_nowhere_in_the_database,
);

async fn patch(rest: &Rest, path: &str, content: &str) -> Answer {
    send(rest.request(Method::PATCH, path).json(&json!({ "content": content }))).await
}

fn edit(room: &str, message: &str, content: &str) -> Value {
    json!({ "type": "edit", "ref": content, "conversation_id": room, "message_id": message, "content": content })
}

/// The next entry that did this to this message.
async fn told(socket: &mut Socket, kind: &str, message: &str) -> Value {
    socket.expect_where(kind, |frame| frame["type"] == kind && frame["message"]["id"] == message).await
}

async fn what_one_side_revises_the_other_sees_live_and_after_a_resume(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana Diaz", Some("Ma batterie est vide")).await;
    let agent = server.sign_in("agent").await;
    let room = &visitor.conversation;
    let path = |message: &str| format!("/conversations/{room}/messages/{message}");
    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    let mut console = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    widget.subscribe(room, Some(0)).await;
    console.subscribe(room, Some(0)).await;

    let sent = widget.send_message(room, "v1", "Mon code est 4521").await;
    let mine = text(&sent["message_id"]);
    console.message(room, "Mon code est 4521").await;
    console.send(&json!({ "type": "read", "conversation_id": room, "seq": sent["seq"] })).await;
    widget.expect_where("the agent's receipt", |frame| frame["type"] == "receipt" && frame["read_seq"] == 2).await;

    widget.send(&edit(room, mine, "Mon code est 4522")).await;
    let ack = widget.expect("ack").await;
    assert_eq!((&ack["ref"], &ack["message_id"], &ack["seq"]), (&json!("Mon code est 4522"), &json!(mine), &json!(3)));
    assert_eq!((ack.get("client_message_id"), &ack["created_at"]), (None, &sent["created_at"]));
    for socket in [&mut widget, &mut console] {
        let edited = told(socket, "message_edited", mine).await;
        assert_eq!((&edited["seq"], &edited["message"]["seq"]), (&json!(3), &json!(2)));
        assert_eq!(edited["message"]["content"], "Mon code est 4522");
        assert_eq!(edited["message"]["status"], "read", "it stays as far as it had come");
    }

    console.send_message(room, "a1", "Bonjour, je regarde").await;
    let answer = widget.message(room, "Bonjour, je regarde").await;
    let theirs = text(&answer["message"]["id"]).to_owned();
    let revised = patch(&agent.rest, &path(&theirs), "Bonjour, je regarde cela").await.expect(200);
    assert_eq!((&revised["duplicate"], &revised["message"]["entry_seq"]), (&json!(false), &json!(5)));
    assert_eq!(told(&mut widget, "message_edited", &theirs).await["seq"], 5);
    let unread = visitor.rest.get(&format!("/conversations/{room}/unread-count")).await.expect(200);
    assert_eq!(unread["unread_count"], 1, "an edit is no second message");

    // What is another's is known and not allowed, over both ways; what is nobody's is not there.
    assert_eq!(patch(&agent.rest, &path(mine), "x").await.problem(403), "forbidden");
    assert_eq!(agent.rest.delete(&path(mine)).await.problem(403), "forbidden");
    console.send(&edit(room, mine, "x")).await;
    let nack = console.expect("nack").await;
    assert_eq!((text(&nack["code"]), &nack["message_id"], &nack["retry"]), ("forbidden", &json!(mine), &json!(false)));
    let other = server.visitor("Bob", None).await;
    assert_eq!(other.rest.delete(&path(mine)).await.problem(404), "chat.conversation_not_found");

    widget.send(&json!({ "type": "delete", "ref": "d", "conversation_id": room, "message_id": mine })).await;
    assert_eq!(widget.expect("ack").await["seq"], 6);
    let deleted = told(&mut console, "message_deleted", mine).await;
    assert_eq!((&deleted["seq"], &deleted["message"]["content"]), (&json!(6), &Value::Null));
    let gone = agent.rest.delete(&path(&theirs)).await.expect(200);
    assert_eq!((&gone["duplicate"], &gone["message"]["content"]), (&json!(false), &Value::Null));
    assert!(told(&mut widget, "message_deleted", &theirs).await["message"]["deleted_at"].is_string());
    let listed = console.expect_where("the list without the words", |frame| {
        let last = &frame["support_request"]["last_message"];
        frame["type"] == "support_request" && last["entry_seq"] == 7 && last["excerpt"].is_null()
    });
    assert_eq!(listed.await["support_request"]["last_message"]["seq"], 4);
    assert_eq!(agent.rest.delete(&path(&theirs)).await.expect(200)["duplicate"], true);
    assert_eq!(patch(&agent.rest, &path(&theirs), "x").await.problem(409), "chat.message_deleted");
    let unread = visitor.rest.get(&format!("/conversations/{room}/unread-count")).await.expect(200);
    assert_eq!(unread["unread_count"], 0, "what is gone is not unread");

    // Whoever comes back sees what is, at every place, and nothing of what was.
    let mut back = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    let (_, entries) = back.subscribe(room, Some(1)).await;
    assert_eq!(seqs(&entries), [2, 3, 4, 5, 6, 7]);
    assert!(entries.iter().all(|entry| entry["message"]["content"].is_null()), "{entries:?}");
    let kinds: Vec<&str> = entries.iter().map(|entry| text(&entry["type"])).collect();
    let (made, edited, deleted) = ("message", "message_edited", "message_deleted");
    assert_eq!(kinds, [made, edited, made, edited, deleted, deleted]);

    // A retry of the send finds its tombstone and is no new message.
    let again = widget.send_message(room, "v1", "Mon code est 4521").await;
    assert_eq!((&again["duplicate"], &again["seq"], &again["message_id"]), (&json!(true), &json!(2), &json!(mine)));
    assert_eq!(visitor.rest.all_messages(room).await.len(), 3);
}

async fn an_edit_is_no_reply_and_a_closed_request_lets_what_is_taken_back_go(store: Store) {
    let server = Server::over(store).await;
    let (agent, admin) = (server.sign_in("agent").await, server.sign_in("admin").await);
    let visitor = server.visitor("Ana Diaz", None).await;
    let room = &visitor.conversation;
    let request = format!("/support-requests/{}", visitor.support_request);
    let sent = visitor.rest.send_message(room, "v1", "Ma batterie est vide").await.expect(201);
    let path = format!("/conversations/{room}/messages/{}", text(&sent["message"]["id"]));
    // Once the answer is taken, so is the question, which would reopen what is resolved before.
    let answer = agent.rest.send_message(room, "a0", "Bonjour").await.expect(201);
    eventually("the answer starts the work", async || {
        agent.rest.get(&request).await.expect(200)["status"] == "in_progress"
    })
    .await;
    let answer = format!("/conversations/{room}/messages/{}", text(&answer["message"]["id"]));
    agent.rest.post(&format!("{request}/resolve"), &json!({})).await.expect(200);
    patch(&visitor.rest, &path, "Ma batterie est pleine").await.expect(200);
    patch(&agent.rest, &answer, "Bonjour à vous").await.expect(200);
    // A reply elsewhere comes after it in the log: once that is taken, so is the edit.
    let other = server.visitor("Bob", None).await;
    agent.rest.send_message(&other.conversation, "a1", "Bonjour").await.expect(201);
    let theirs = format!("/support-requests/{}", other.support_request);
    eventually("the answer moves the other request", async || {
        agent.rest.get(&theirs).await.expect(200)["status"] == "in_progress"
    })
    .await;
    let seen = agent.rest.get(&request).await.expect(200);
    assert_eq!((&seen["status"], &seen["last_message"]["excerpt"]), (&json!("resolved"), &json!("Bonjour à vous")));

    agent.rest.post(&format!("{request}/close"), &json!({})).await.expect(200);
    assert_eq!(patch(&visitor.rest, &path, "Encore").await.problem(409), "closed");
    assert_eq!(patch(&admin.rest, &path, "Encore").await.problem(409), "closed");
    let gone = admin.rest.delete(&path).await.expect(200);
    assert_eq!((&gone["message"]["content"], &gone["message"]["sender"]["type"]), (&Value::Null, &json!("customer")));
    let seen = agent.rest.get(&request).await.expect(200);
    assert_eq!((&seen["last_message"]["excerpt"], &seen["unread_count"]), (&json!("Bonjour à vous"), &json!(0)));
    agent.rest.delete(&answer).await.expect(200);
    assert_eq!(agent.rest.get(&request).await.expect(200)["last_message"]["excerpt"], Value::Null);
}

async fn what_was_deleted_or_edited_away_is_nowhere_in_the_database(store: Store) {
    let mut server = Server::over(store).await;
    let visitor = server.visitor("Ana Diaz", None).await;
    let room = &visitor.conversation;
    let words = ["ornithorynque-un", "ornithorynque-deux", "ornithorynque-trois"];
    let mut ids = Vec::new();
    for (n, word) in words.iter().enumerate() {
        let padded = format!("{word} {}", "x".repeat(300));
        let sent = visitor.rest.send_message(room, &format!("v{n}"), &padded).await.expect(201);
        ids.push(format!("/conversations/{room}/messages/{}", text(&sent["message"]["id"])));
    }
    patch(&visitor.rest, &ids[0], "tout autre chose").await.expect(200);
    patch(&visitor.rest, &ids[1], &format!("ornithorynque-quatre {}", "y".repeat(600))).await.expect(200);
    visitor.rest.delete(&ids[1]).await.expect(200);
    visitor.rest.delete(&ids[2]).await.expect(200);
    let kept = visitor.rest.all_messages(room).await;
    let said: Vec<&str> = kept.iter().filter_map(|one| one["content"].as_str()).collect();
    assert_eq!(said, ["tout autre chose"]);

    let all = if let Some(url) = server.database().url() {
        let tables = "SELECT query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), true, false, '')
                      FROM pg_tables WHERE schemaname = 'public'";
        sql(&url, tables).into_bytes()
    } else {
        // The last connection that ends writes what it wrote ahead into the file.
        server.terminate();
        server.ended(Duration::from_secs(20)).await;
        files(server.home())
    };
    assert!(contains(&all, "tout autre chose"), "the whole database was looked through");
    assert!(!contains(&all, "ornithorynque"), "what is gone is still there");
}

/// All files of a folder, one after the other.
fn files(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { files(&path) } else { std::fs::read(&path).unwrap() });
    }
    bytes
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < deadline, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
