//! What people do with the whole product, from one end to the other, over both stores.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{PASSWORD, number, text};
use tests::rest::send;
use tests::server::Server;
use tests::socket::Socket;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

over_both_stores!(
    a_visitor_and_an_agent_chat_until_the_request_is_closed,
    a_form_opens_a_request_whose_conversation_goes_on_live,
    a_customer_s_reply_wakes_a_resolved_request,
    the_state_fetched_and_the_frames_after_it_equal_the_state_fetched_afresh,
    a_session_is_refreshed_and_a_stolen_token_ends_it,
    a_logout_closes_the_open_connection_within_five_seconds,
    a_killed_server_comes_back_with_everything,
    what_a_kill_left_unanswered_is_opened_once_by_the_retry,
    a_server_that_stops_says_goodbye,
);

async fn a_visitor_and_an_agent_chat_until_the_request_is_closed(store: Store) {
    let server = Server::over(store).await;
    let agent = server.sign_in("agent").await;
    let mut console = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    let visitor = server.visitor("Ana Diaz", Some("Ma batterie est vide")).await;
    let room = &visitor.conversation;
    let request = format!("/support-requests/{}", visitor.support_request);

    let created = request_frame(&mut console, &visitor.support_request, "created").await;
    assert_eq!(created["number"], json!(visitor.number));
    assert_eq!((&created["status"], &created["kind"]), (&json!("open"), &json!("chat")));

    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    let (_, entries) = widget.subscribe(room, Some(0)).await;
    assert_eq!(entries.len(), 1, "the first message is there");
    let (_, entries) = console.subscribe(room, Some(0)).await;
    assert_eq!(entries[0]["message"]["content"], "Ma batterie est vide");

    let taken = agent.rest.post(&format!("{request}/take"), &json!({})).await.expect(200);
    assert_eq!((&taken["status"], &taken["assignee"]["id"]), (&json!("assigned"), &json!(agent.id)));
    let seen = request_frame(&mut widget, &visitor.support_request, "assigned").await;
    assert_eq!(seen["status"], "assigned", "the visitor sees that somebody is there");

    console.send(&json!({ "type": "typing", "conversation_id": room, "is_typing": true })).await;
    let typing = widget.expect("typing").await;
    assert_eq!((&typing["participant_id"], &typing["is_typing"]), (&json!(agent.id), &json!(true)));
    widget.send(&json!({ "type": "typing", "conversation_id": room, "is_typing": true })).await;
    assert_eq!(console.expect("typing").await["participant_id"], json!(visitor.id));

    console.send_message(room, "a1", "Bonjour, je regarde.").await;
    let shown = widget.message(room, "Bonjour, je regarde.").await;
    assert_eq!(shown["message"]["sender"]["type"], "agent");
    assert_eq!(unread(&visitor.rest.get(&format!("/conversations/{room}/unread-count")).await.expect(200)), 1);
    widget.send(&json!({ "type": "read", "conversation_id": room, "seq": shown["seq"] })).await;
    let receipt = console.expect_where("the visitor's receipt", |frame| {
        frame["type"] == "receipt"
            && frame["participant_id"] == visitor.id.as_str()
            && frame["read_seq"] == shown["seq"]
    });
    assert!(receipt.await["read_at"].is_string());
    assert_eq!(unread(&visitor.rest.get(&format!("/conversations/{room}/unread-count")).await.expect(200)), 0);

    eventually("an answer starts the work", async || {
        let read = agent.rest.get(&request).await.expect(200);
        read["status"] == "in_progress" && read["first_response_at"].is_string()
    })
    .await;

    agent.rest.post(&format!("{request}/resolve"), &json!({ "resolution": "Batterie changée" })).await.expect(200);
    request_frame_with(&mut widget, &visitor.support_request, |one| one["status"] == "resolved").await;
    let again =
        agent.rest.post(&format!("{request}/resolve"), &json!({ "resolution": "Batterie changée" })).await.expect(200);
    let version = again["version"].clone();
    assert_eq!(agent.rest.get(&request).await.expect(200)["version"], version, "the same again changes nothing");

    agent.rest.post(&format!("{request}/close"), &json!({})).await.expect(200);
    request_frame_with(&mut widget, &visitor.support_request, |one| one["status"] == "closed").await;
    let nack = widget.refused_message(room, "v2", "Encore une chose").await;
    assert_eq!((text(&nack["code"]), &nack["retry"]), ("closed", &json!(false)));
    assert!(!text(&nack["message"]).is_empty(), "a refusal says so in words");
    let answer = visitor.rest.send_message(room, "v2", "Encore une chose").await;
    assert_eq!(answer.problem(409), "closed");
    let reopened = agent.rest.post(&format!("{request}/reopen"), &json!({})).await;
    assert_eq!(reopened.problem(409), "support_request.illegal_transition");

    let kinds: Vec<String> = timeline(&visitor.rest.get(&format!("{request}/timeline")).await.expect(200));
    for kind in ["assigned", "resolved", "closed"] {
        assert!(kinds.iter().any(|one| one.contains(kind)), "no {kind} in {kinds:?}");
    }
    let stored = agent.rest.all_messages(room).await;
    let said: Vec<&str> = stored.iter().filter(|one| one["type"] == "text").map(|one| text(&one["content"])).collect();
    assert_eq!(said, ["Ma batterie est vide", "Bonjour, je regarde."]);
}

async fn a_form_opens_a_request_whose_conversation_goes_on_live(store: Store) {
    let server = Server::over(store).await;
    let form = json!({
        "organization": "demo", "name": "Léa Petit", "email": "lea@exemple.fr", "subject": "Une facture en double",
        "description": "J'ai reçu deux fois la facture du mois de mai.", "priority": "high", "category": "billing",
    });
    let opened = server.rest().post("/public/support-requests", &form).await.expect(201);
    let guest = server.rest().with_token(text(&opened["access_token"]));
    let request = &opened["support_request"];
    let agent = server.sign_in("agent").await;
    let seen = agent.rest.get(&format!("/support-requests/by-number/{}", text(&request["number"]))).await.expect(200);
    assert_eq!((&seen["requester"]["email"], &seen["priority"]), (&json!("lea@exemple.fr"), &json!("high")));
    assert!(seen["sla"]["first_response_due_at"].is_string());

    let room = text(&request["conversation_id"]);
    let mut widget = Socket::connect(&server.socket_url(), guest.token()).await.unwrap();
    widget.subscribe(room, Some(0)).await;
    agent.rest.send_message(room, "a1", "Je l'annule.").await.expect(201);
    widget.message(room, "Je l'annule.").await;
    let own = format!("/public/support-requests/{}", text(&request["number"]));
    eventually("the answer moves the request", async || {
        guest.get(&own).await.expect(200).to_string().contains("in_progress")
    })
    .await;
}

async fn a_customer_s_reply_wakes_a_resolved_request(store: Store) {
    let server = Server::over(store).await;
    let customer = server.sign_in("customer").await;
    let agent = server.sign_in("agent").await;
    let new = json!({ "subject": "Rendez-vous", "content": "Puis-je le déplacer ?", "client_message_id": "c1" });
    let opened = customer.rest.post("/conversations", &new).await.expect(201);
    let (room, request) = (text(&opened["conversation"]["id"]), text(&opened["support_request"]["id"]));
    let path = format!("/support-requests/{request}");
    agent.rest.send_message(room, "a1", "C'est fait.").await.expect(201);
    // A message is acked at once; the request follows as a consumer of the log.
    eventually("the answer takes the request", async || {
        agent.rest.get(&path).await.expect(200)["status"] == "in_progress"
    })
    .await;
    agent.rest.post(&format!("{path}/resolve"), &json!({})).await.expect(200);
    let mut console = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    customer.rest.send_message(room, "c2", "Pas tout à fait.").await.expect(201);
    let woken = request_frame_with(&mut console, request, |one| one["status"] == "in_progress").await;
    assert_eq!(woken["assignee"]["id"], json!(agent.id));
    assert_eq!(agent.rest.get(&path).await.expect(200)["status"], "in_progress");
}

async fn the_state_fetched_and_the_frames_after_it_equal_the_state_fetched_afresh(store: Store) {
    let server = Server::over(store).await;
    let watcher = server.sign_in("supervisor").await;
    let agent = server.sign_in("agent").await;
    let first = server.visitor("Ana", Some("un")).await;
    let second = server.visitor("Bob", Some("deux")).await;
    let mut console = Socket::connect(&server.socket_url(), watcher.rest.token()).await.unwrap();
    let mut state = list(&watcher.rest.get("/support-requests?limit=100").await.expect(200));

    let on = |visitor: &tests::people::Visitor, action: &str| {
        format!("/support-requests/{}/{action}", visitor.support_request)
    };
    agent.rest.post(&on(&first, "take"), &json!({})).await.expect(200);
    agent.rest.send_message(&first.conversation, "a1", "Bonjour Ana").await.expect(201);
    first.rest.send_message(&first.conversation, "v1", "Merci").await.expect(201);
    agent.rest.post(&on(&first, "resolve"), &json!({ "resolution": "fait" })).await.expect(200);
    watcher.rest.post(&on(&second, "assign"), &json!({ "agent_id": agent.id })).await.expect(200);
    watcher.rest.post(&on(&second, "close"), &json!({})).await.expect(200);
    let third = server.visitor("Cleo", Some("trois")).await;

    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let fresh = list(&watcher.rest.get("/support-requests?limit=100").await.expect(200));
        if state == fresh && state.contains_key(&third.support_request) {
            break;
        }
        assert!(
            Instant::now() < deadline,
            "the frames do not lead to what is stored\nframes: {state:#?}\nstored: {fresh:#?}"
        );
        if let Ok(frame) = timeout(Duration::from_millis(200), console.expect("support_request")).await {
            let one = summary(&frame["support_request"]);
            let id = text(&frame["support_request"]["id"]).to_owned();
            if state.get(&id).is_none_or(|known| one >= *known) {
                state.insert(id, one);
            }
        }
    }
}

async fn a_session_is_refreshed_and_a_stolen_token_ends_it(store: Store) {
    let server = Server::over(store).await;
    let agent = server.sign_in("agent").await;
    let refresh = |token: &str| {
        let (rest, body) = (server.rest(), json!({ "refresh_token": token }));
        async move { rest.post("/auth/refresh", &body).await }
    };
    let second = refresh(&agent.refresh_token).await.expect(200);
    assert_ne!(second["refresh_token"], json!(agent.refresh_token), "the token rotates");
    // A lost answer: the same client asks again at once, and gets the same successor.
    let again = refresh(&agent.refresh_token).await.expect(200);
    assert_eq!(again["refresh_token"], second["refresh_token"]);
    let third = refresh(text(&second["refresh_token"])).await.expect(200);
    let access = server.rest().with_token(text(&third["access_token"]));
    assert_eq!(access.get("/auth/me").await.expect(200)["id"], json!(agent.id));
    // The first token comes back when its successor has been used: somebody has a copy.
    assert_eq!(refresh(&agent.refresh_token).await.problem(401), "identity.token_reused");
    refresh(text(&third["refresh_token"])).await.problem(401);
    within(Duration::from_secs(5), "the session's access tokens end", async || {
        access.get("/auth/me").await.status == 401
    })
    .await;
}

async fn a_logout_closes_the_open_connection_within_five_seconds(store: Store) {
    let server = Server::over(store).await;
    let agent = server.sign_in("agent").await;
    let other = server.sign_in("agent").await;
    let mut socket = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    let mut stays = Socket::connect(&server.socket_url(), other.rest.token()).await.unwrap();
    let visitor = server.visitor("Ana", None).await;
    socket.subscribe(&visitor.conversation, Some(0)).await;
    let answer = agent.rest.post("/auth/logout", &json!({ "refresh_token": agent.refresh_token })).await;
    assert!(matches!(answer.status, 200 | 204), "{}", answer.text);
    let code = timeout(Duration::from_secs(5), socket.closed()).await.unwrap();
    assert_eq!(code, 4003);
    agent.rest.get("/auth/me").await.problem(401);
    agent.rest.send_message(&visitor.conversation, "x", "?").await.problem(401);
    assert!(visitor.rest.all_messages(&visitor.conversation).await.is_empty());
    stays.subscribe(&visitor.conversation, Some(0)).await;
    assert_eq!(other.rest.get("/auth/me").await.status, 200, "the other session of the same person lives on");
}

async fn a_killed_server_comes_back_with_everything(store: Store) {
    let mut server = Server::over(store).await;
    let agent = server.sign_in("agent").await;
    let visitor = server.visitor("Ana", Some("un")).await;
    let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    socket.subscribe(&visitor.conversation, Some(0)).await;
    let epoch = socket.welcome["epoch"].clone();
    let ack = socket.send_message(&visitor.conversation, "two", "deux").await;
    server.kill();
    server.restart().await;
    // Both tokens, the history and the idempotency of sends outlive the process.
    let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    assert_eq!(socket.welcome["epoch"], epoch);
    let (_, entries) = socket.subscribe(&visitor.conversation, Some(1)).await;
    assert_eq!(entries.len(), 1);
    let again = socket.send_message(&visitor.conversation, "two", "deux").await;
    assert_eq!(
        (&again["message_id"], &again["seq"], &again["duplicate"]),
        (&ack["message_id"], &ack["seq"], &json!(true))
    );
    agent.rest.send_message(&visitor.conversation, "a1", "trois").await.expect(201);
    assert_eq!(socket.message(&visitor.conversation, "trois").await["seq"], json!(3));
}

async fn what_a_kill_left_unanswered_is_opened_once_by_the_retry(store: Store) {
    const VISITORS: usize = 24;
    let mut server = Server::over(store).await;
    let admin = server.sign_in("admin").await;
    let count = async |path: &str| number(&admin.rest.get(&format!("{path}?limit=1")).await.expect(200)["total"]);
    let before = (count("/support-requests").await, count("/conversations").await);
    let chat = |n: usize| json!({ "organization": "demo", "name": format!("Visiteur {n}"), "content": "Bonjour" });
    let keys: Vec<String> = (0..VISITORS).map(|_| Uuid::new_v4().to_string()).collect();
    let ask = |n: usize| {
        let request = server.rest().request(reqwest::Method::POST, "/public/conversations");
        request.header("Idempotency-Key", &keys[n]).json(&chat(n))
    };
    // Killed as soon as some are answered, while others are stored, being stored, or still to come.
    let (answered, mut first_answer) = mpsc::channel(VISITORS);
    let asking = (0..VISITORS).map(|n| {
        let (request, answered) = (ask(n), answered.clone());
        tokio::spawn(async move {
            let answer = request.send().await.ok()?;
            let body: Value = answer.json().await.ok()?;
            answered.send(()).await.ok();
            Some(body)
        })
    });
    let asking: Vec<_> = asking.collect();
    first_answer.recv().await.unwrap();
    server.kill();
    let mut heard = Vec::new();
    for one in asking {
        heard.push(one.await.unwrap());
    }
    server.restart().await;
    let mut numbers = BTreeSet::new();
    for (n, heard) in heard.iter().enumerate() {
        let request = server.rest().request(reqwest::Method::POST, "/public/conversations");
        let answer = send(request.header("Idempotency-Key", &keys[n]).json(&chat(n))).await;
        let repeated = answer.headers.contains_key("idempotency-replayed");
        let body = answer.expect(201);
        if let Some(heard) = heard {
            assert!(repeated, "what was answered was stored");
            assert_eq!(body["support_request"]["id"], heard["support_request"]["id"]);
            assert_eq!(body["access_token"], heard["access_token"]);
        }
        let visitor = server.rest().with_token(text(&body["access_token"]));
        assert_eq!(visitor.all_messages(text(&body["conversation"]["id"])).await.len(), 1);
        numbers.insert(text(&body["support_request"]["number"]).to_owned());
    }
    assert_eq!(numbers.len(), VISITORS);
    let opened = i64::try_from(VISITORS).unwrap();
    assert_eq!(count("/support-requests").await - before.0, opened);
    assert_eq!(count("/conversations").await - before.1, opened);
}

async fn a_server_that_stops_says_goodbye(store: Store) {
    let mut server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    socket.subscribe(&visitor.conversation, Some(0)).await;
    server.terminate();
    let bye = socket.expect("bye").await;
    assert!(bye["retry_after_ms"].is_u64(), "{bye}");
    assert_eq!(socket.closed().await, 1012);
    let status = server.ended(Duration::from_secs(20)).await;
    assert!(status.success(), "ended with {status}");
    server.restart().await;
    Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_s_refresh_token_stays_in_a_cookie() {
    let server = Server::over(Store::Sqlite).await;
    let login = json!({ "organization": "demo", "email": "agent@demo.test", "password": PASSWORD });
    let request = server.rest().request(reqwest::Method::POST, "/auth/login").header("X-Guichet-Client", "browser");
    let answer = send(request.json(&login)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.body.get("refresh_token").is_none_or(Value::is_null), "script must not see it");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "no {attribute} in {cookie}");
    }
    let pair = cookie.split(';').next().unwrap();
    let refresh = |header: Option<&str>| {
        let mut request = server.rest().request(reqwest::Method::POST, "/auth/refresh").header("Cookie", pair);
        if let Some(value) = header {
            request = request.header("X-Guichet-Client", value);
        }
        send(request)
    };
    assert_eq!(refresh(Some("browser")).await.status, 200);
    assert!(refresh(None).await.status >= 400, "a form on another site cannot send the header");
}

/// The next frame of that event on that request; gives the request.
async fn request_frame(socket: &mut Socket, id: &str, event: &str) -> Value {
    let wanted = |frame: &Value| {
        frame["type"] == "support_request" && frame["event"] == event && frame["support_request"]["id"] == id
    };
    socket.expect_where(event, wanted).await["support_request"].clone()
}

/// The next frame on that request in which it is as wanted; gives the request.
async fn request_frame_with(socket: &mut Socket, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let wanted = |frame: &Value| {
        frame["type"] == "support_request" && frame["support_request"]["id"] == id && wanted(&frame["support_request"])
    };
    socket.expect_where("a change of the request", wanted).await["support_request"].clone()
}

fn unread(answer: &Value) -> i64 {
    number(answer.get("unread_count").or_else(|| answer.get("count")).unwrap())
}

fn timeline(answer: &Value) -> Vec<String> {
    let items = answer.get("items").unwrap_or(answer).as_array().unwrap();
    items.iter().map(Value::to_string).collect()
}

/// What a list row shows, with what orders two versions of it first.
fn summary(request: &Value) -> (i64, i64, String) {
    let seq = request["last_message"]["seq"].as_i64().unwrap_or(0);
    let shown =
        json!([request["status"], request["assignee"]["id"], request["priority"], request["last_message"]["excerpt"]]);
    (number(&request["version"]), seq, shown.to_string())
}

fn list(page: &Value) -> BTreeMap<String, (i64, i64, String)> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|one| (text(&one["id"]).to_owned(), summary(one))).collect()
}

async fn eventually(what: &str, reached: impl AsyncFn() -> bool) {
    within(Duration::from_secs(10), what, reached).await;
}

async fn within(limit: Duration, what: &str, reached: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + limit;
    while !reached().await {
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}
