//! What people do with keys of calls that are not theirs, or to get something twice.

use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{ORGANIZATION, text};
use tests::rest::{Answer, Rest, send};
use tests::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

over_both_stores!(
    a_key_of_somebody_else_opens_nothing_of_theirs,
    a_key_cannot_be_turned_to_another_body,
    fifty_at_once_have_one_effect,
);

/// A POST with a key.
async fn keyed(rest: &Rest, path: &str, key: &str, body: &Value) -> Answer {
    send(rest.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

fn is_repeat(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

fn request() -> Value {
    json!({ "subject": "Un sujet", "description": "Assez long pour aller." })
}

async fn a_key_of_somebody_else_opens_nothing_of_theirs(store: Store) {
    let server = Server::over(store).await;
    let (customer, agent) = (server.sign_in("customer").await, server.sign_in("agent").await);
    let foreigner = server.foreigner("admin").await;
    let mut opened = BTreeSet::new();
    for person in [&customer, &agent, &foreigner] {
        let answer = keyed(&person.rest, "/support-requests", "the-same-key", &request()).await;
        assert!(!is_repeat(&answer));
        opened.insert(text(&answer.expect(201)["id"]).to_owned());
    }
    assert_eq!(opened.len(), 3);
    // A visitor's key is no account's, and an account's is no visitor's.
    let key = Uuid::new_v4().to_string();
    let chat = json!({ "organization": ORGANIZATION, "name": "Ana", "content": "Bonjour" });
    keyed(&server.rest(), "/public/conversations", &key, &chat).await.expect(201);
    let own = json!({ "subject": "Bonjour", "content": "Bonjour" });
    let answer = keyed(&customer.rest, "/conversations", &key, &own).await;
    assert!(!is_repeat(&answer));
    assert!(answer.expect(201).get("access_token").is_none());
}

async fn a_key_cannot_be_turned_to_another_body(store: Store) {
    let server = Server::over(store).await;
    let customer = server.sign_in("customer").await;
    let first = keyed(&customer.rest, "/support-requests", "k", &request()).await.expect(201);
    let mut other = request();
    other["priority"] = json!("urgent");
    assert_eq!(keyed(&customer.rest, "/support-requests", "k", &other).await.problem(422), "idempotency_mismatch");
    let again = keyed(&customer.rest, "/support-requests", "k", &request()).await;
    assert!(is_repeat(&again));
    assert_eq!(again.expect(201)["id"], first["id"]);
    // Whoever has a visitor's key but not the words that went with it gets neither the request nor the token.
    let key = Uuid::new_v4().to_string();
    let chat = |content: &str| json!({ "organization": ORGANIZATION, "name": "Ana", "content": content });
    keyed(&server.rest(), "/public/conversations", &key, &chat("Bonjour")).await.expect(201);
    let stolen = keyed(&server.rest(), "/public/conversations", &key, &chat("Bonsoir")).await;
    assert_eq!(stolen.problem(422), "idempotency_mismatch");
    assert!(!stolen.text.contains("gst_"));
}

async fn fifty_at_once_have_one_effect(store: Store) {
    let server = Server::over(store).await;
    let (customer, admin) = (server.sign_in("customer").await, server.sign_in("admin").await);
    let total = async || admin.rest.get("/support-requests?limit=1").await.expect(200)["total"].as_i64().unwrap();
    let chats = async || admin.rest.get("/conversations?limit=1").await.expect(200)["total"].as_i64().unwrap();
    let before = (total().await, chats().await);
    let count = |number: &Value| text(number).rsplit('-').next().unwrap().parse::<i64>().unwrap();

    let answers = (0..50).map(|_| {
        let rest = customer.rest.clone();
        tokio::spawn(async move { keyed(&rest, "/support-requests", "one-key", &request()).await })
    });
    let answers = answers.collect::<Vec<_>>();
    let first = one_of(answers, "/id").await;
    assert_eq!((total().await, chats().await), (before.0 + 1, before.1 + 1));
    let next = customer.rest.post("/support-requests", &request()).await.expect(201);
    assert_eq!(count(&next["number"]), count(&first["number"]) + 1, "the others took no number");

    let key = Uuid::new_v4().to_string();
    let chat = json!({ "organization": ORGANIZATION, "name": "Ana", "content": "Bonjour" });
    let answers = (0..50).map(|_| {
        let (rest, key, chat) = (server.rest(), key.clone(), chat.clone());
        tokio::spawn(async move { keyed(&rest, "/public/conversations", &key, &chat).await })
    });
    let answers = answers.collect::<Vec<_>>();
    let first = one_of(answers, "/access_token").await;
    assert_eq!((total().await, chats().await), (before.0 + 3, before.1 + 3));
    let visitor = server.rest().with_token(text(&first["access_token"]));
    assert_eq!(visitor.all_messages(text(&first["conversation"]["id"])).await.len(), 1);
}

/// What all answers name that were not told to wait; there is at least one, and it was carried out once.
async fn one_of(answers: Vec<tokio::task::JoinHandle<Answer>>, pointer: &str) -> Value {
    let mut given = Vec::new();
    let mut first_hand = 0;
    for answer in answers {
        let answer = answer.await.unwrap();
        if answer.status == 409 {
            assert_eq!(answer.problem(409), "idempotency_running");
            assert_eq!(answer.headers["retry-after"], "1");
            continue;
        }
        first_hand += i32::from(!is_repeat(&answer));
        given.push(answer.expect(201));
    }
    assert_eq!(first_hand, 1);
    let named: BTreeSet<_> = given.iter().map(|answer| text(answer.pointer(pointer).unwrap())).collect();
    assert_eq!(named.len(), 1, "{named:?}");
    given.swap_remove(0)
}

/// No client library sends these: they are written to the socket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_characters_in_a_key_are_unreadable() {
    let server = Server::over(Store::Sqlite).await;
    let customer = server.sign_in("customer").await;
    let before = customer.rest.get("/support-requests").await.expect(200)["total"].clone();
    for key in [&b"a\0b"[..], b"a\x01b", b"a\x7fb", b"a\x1b[31m", b"a\rb"] {
        let body = request().to_string();
        let head = format!(
            "POST /api/v1/support-requests HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nIdempotency-Key: ",
            server.address(),
            customer.rest.token(),
            body.len()
        );
        let raw = [head.as_bytes(), key, b"\r\n\r\n", body.as_bytes()].concat();
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(&raw).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.split(' ').nth(1), Some("400"), "{key:?}: {answer}");
    }
    assert_eq!(customer.rest.get("/support-requests").await.expect(200)["total"], before);
}
