//! The life of requests from outside: every state with every action, and what is deleted, merged or done by many at
//! once.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use reqwest::Method;
use serde_json::{Value, json};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{Person, Visitor, text};
use tests::rest::{Answer, send};
use tests::server::{Server, Settings};
use tests::socket::Socket;

over_both_stores!(
    every_state_with_every_action_does_what_the_table_says_or_nothing,
    what_is_deleted_is_gone_from_every_screen_and_comes_back,
    a_merged_conversation_names_the_other_which_its_token_opens,
    a_purged_conversation_leaves_neither_messages_nor_files,
);

/// What is done, in the order of the rows below. Merging takes two requests of one person, and has a test of its own.
const DEEDS: [&str; 18] = [
    "assign",
    "unassign",
    "take",
    "start",
    "wait",
    "resolve",
    "reopen",
    "close",
    "update",
    "escalate",
    "rate",
    "snooze",
    "wake",
    "archive",
    "unarchive",
    "delete",
    "restore",
    "follow-up",
];

/// For each state the way to it, and what becomes of each deed: `+` it is done, `=` it is so already, `-` it is
/// refused. Whoever does it is the assignee of all but the open one.
const TABLE: [(&str, &[&str], &str); 6] = [
    ("open", &[], "+ = + - - + - + + + - + = - = + = -"),
    ("assigned", &["take"], "+ + = + + + - + + + - + = - = + = -"),
    ("in_progress", &["take", "start"], "+ + = = + + - + + + - + = - = + = -"),
    ("waiting_customer", &["take", "wait"], "+ + = + = + - + + + - + = - = + = -"),
    ("resolved", &["take", "resolve"], "+ + = - - = + + + - + - - + = + = -"),
    ("closed", &["take", "close"], "- - = - - - - = - - + - - + = + = +"),
];

struct Scene {
    server: Server,
    admin: Person,
    agent: Person,
}

impl Scene {
    async fn over(store: Store) -> Self {
        let server = Server::over(store).await;
        let (admin, agent) = (server.sign_in("admin").await, server.sign_in("agent").await);
        Self { server, admin, agent }
    }

    /// A request that came to a state by what leads to it. Nothing is said in it: what a customer has said counts a
    /// little later, and would move it on.
    async fn visitor(&self, way: &[&str]) -> Visitor {
        let visitor = self.server.visitor("Ana", None).await;
        for action in way {
            self.admin.rest.post(&format!("{}/{action}", path(&visitor)), &json!({})).await.expect(200);
        }
        visitor
    }

    /// All that a refusal must leave as it was.
    async fn everything(&self, visitor: &Visitor) -> Value {
        let mut request = self.admin.rest.get(&path(visitor)).await.expect(200);
        // Of unread messages and who is there nothing is said here.
        request.as_object_mut().unwrap().remove("unread_count");
        let timeline = self.admin.rest.get(&format!("{}/timeline", path(visitor))).await.expect(200);
        json!([request, timeline, self.admin.rest.all_messages(&visitor.conversation).await])
    }

    async fn attempt(&self, visitor: &Visitor, deed: &str) -> Answer {
        let staff = &self.admin.rest;
        let at = |rest: &str| format!("{}/{rest}", path(visitor));
        match deed {
            "assign" => staff.post(&at("assign"), &json!({ "agent_id": self.agent.id })).await,
            "unassign" => staff.post(&at("assign"), &json!({ "agent_id": null })).await,
            "update" => send(staff.request(Method::PATCH, &path(visitor)).json(&json!({ "tags": ["vip"] }))).await,
            "escalate" => staff.post(&at("escalate"), &json!({ "reason": "Relance." })).await,
            "rate" => visitor.rest.post(&at("rate"), &json!({ "rating": 4 })).await,
            "snooze" => {
                // The resolution is due in a day: a time to come, as the server writes it.
                let request = staff.get(&path(visitor)).await.expect(200);
                staff.post(&at("snooze"), &json!({ "until": request["sla"]["resolution_due_at"] })).await
            }
            "wake" => staff.post(&at("snooze"), &json!({ "until": null })).await,
            "archive" | "unarchive" => {
                staff.post(&format!("/conversations/{}/{deed}", visitor.conversation), &json!({})).await
            }
            "delete" => staff.delete(&path(visitor)).await,
            action => staff.post(&at(action), &json!({})).await,
        }
    }
}

fn path(visitor: &Visitor) -> String {
    format!("/support-requests/{}", visitor.support_request)
}

async fn every_state_with_every_action_does_what_the_table_says_or_nothing(store: Store) {
    let scene = Scene::over(store).await;
    for (status, way, row) in TABLE {
        // What changes nothing can be tried on one request, one after the other.
        let steady = scene.visitor(way).await;
        let before = scene.everything(&steady).await;
        assert_eq!(before[0]["status"], status);
        for (deed, wanted) in DEEDS.into_iter().zip(row.split(' ')) {
            let name = format!("{deed} while {status}");
            if wanted == "+" {
                let visitor = scene.visitor(way).await;
                let version = scene.everything(&visitor).await[0]["version"].as_u64().unwrap();
                let done = scene.attempt(&visitor, deed).await;
                assert!(matches!(done.status, 200 | 201 | 204), "{name}: {}", done.text);
                if deed != "delete" {
                    let after = scene.everything(&visitor).await;
                    assert_eq!(after[0]["version"].as_u64().unwrap(), version + 1, "{name}");
                }
                continue;
            }
            let done = scene.attempt(&steady, deed).await;
            if wanted == "-" {
                assert_eq!(done.problem(409), "support_request.illegal_transition", "{name}");
            } else {
                assert_eq!(done.status, 200, "{name}: {}", done.text);
            }
            assert_eq!(scene.everything(&steady).await, before, "{name}: nothing changed");
        }
    }
}

async fn connect(server: &Server, token: &str) -> Socket {
    Socket::connect(&server.socket_url(), token).await.unwrap()
}

fn is_about(frame: &Value, request: &str, event: &str) -> bool {
    frame["type"] == "support_request" && frame["event"] == event && frame["support_request"]["id"] == request
}

async fn what_is_deleted_is_gone_from_every_screen_and_comes_back(store: Store) {
    let scene = Scene::over(store).await;
    let visitor = scene.visitor(&[]).await;
    let (request, room) = (visitor.support_request.clone(), visitor.conversation.clone());
    visitor.rest.send_message(&room, "first", "Bonjour").await.expect(201);
    let mut widget = connect(&scene.server, visitor.rest.token()).await;
    let mut console = connect(&scene.server, scene.agent.rest.token()).await;
    for socket in [&mut widget, &mut console] {
        socket.subscribe(&room, Some(0)).await;
    }
    assert_eq!(scene.admin.rest.delete(&path(&visitor)).await.status, 204);
    for socket in [&mut widget, &mut console] {
        socket.expect_where("deleted", |frame| is_about(frame, &request, "deleted")).await;
        let left = socket.expect("unsubscribed").await;
        assert_eq!((&left["conversation_id"], &left["reason"]), (&json!(room), &json!("forbidden")));
        let nack = socket.refused_message(&room, "late", "Encore moi").await;
        assert_eq!((&nack["code"], &nack["retry"]), (&json!("chat.conversation_not_found"), &json!(false)));
    }
    for rest in [&visitor.rest, &scene.agent.rest, &scene.admin.rest] {
        rest.get(&path(&visitor)).await.problem(404);
        rest.get(&format!("/conversations/{room}/messages")).await.problem(404);
        let listed = rest.get("/support-requests?limit=100").await.expect(200);
        assert!(listed["items"].as_array().unwrap().iter().all(|one| one["id"] != json!(request)));
        let listed = rest.get("/conversations?limit=100").await.expect(200);
        assert!(listed["items"].as_array().unwrap().iter().all(|one| one["id"] != json!(room)));
    }
    scene.admin.rest.post(&format!("{}/restore", path(&visitor)), &json!({})).await.expect(200);
    for socket in [&mut widget, &mut console] {
        socket.expect_where("restored", |frame| is_about(frame, &request, "restored")).await;
    }
    let (_, entries) = widget.subscribe(&room, Some(0)).await;
    assert_eq!(entries.len(), 1, "what was said is there again");
    visitor.rest.send_message(&room, "late", "Encore moi").await.expect(201);
}

async fn a_merged_conversation_names_the_other_which_its_token_opens(store: Store) {
    let scene = Scene::over(store).await;
    let form = json!({ "organization": "demo", "name": "Léa", "email": "lea@example.com",
        "subject": "Colis jamais arrivé", "description": "Ma commande 1234 devait arriver lundi." });
    let mut opened = Vec::new();
    for _ in 0..2 {
        opened.push(scene.server.rest().post("/public/support-requests", &form).await.expect(201));
    }
    let (first, second) = (&opened[0]["support_request"], &opened[1]["support_request"]);
    let lea = scene.server.rest().with_token(text(&opened[0]["access_token"]));
    let mut widget = connect(&scene.server, lea.token()).await;
    let (closed, open) = (text(&first["conversation_id"]), text(&second["conversation_id"]));
    lea.get(&format!("/conversations/{open}")).await.problem(404);

    let merge = format!("/support-requests/{}/merge", text(&first["id"]));
    let into = json!({ "into": second["id"], "reason": "Même colis." });
    let merged = scene.agent.rest.post(&merge, &into).await.expect(200);
    assert_eq!((&merged["status"], &merged["merged_into"]), (&json!("closed"), &second["id"]));
    let again = scene.agent.rest.post(&merge, &into).await.expect(200);
    assert_eq!(again["version"], merged["version"]);

    let refused = lea.send_message(closed, "a", "Encore moi").await;
    assert_eq!(refused.problem(409), "merged");
    assert!(refused.text.contains(text(&second["id"])), "the refusal names the other: {}", refused.text);
    let nack = widget.refused_message(closed, "b", "Encore moi").await;
    assert_eq!(nack["code"], "merged");
    assert!(text(&nack["message"]).contains(text(&second["id"])), "{nack}");
    lea.get(&format!("/conversations/{closed}/messages")).await.expect(200);

    widget.subscribe(open, Some(0)).await;
    scene.agent.rest.send_message(open, "c", "Bonjour Léa").await.expect(201);
    widget.message(open, "Bonjour Léa").await;
    widget.send_message(open, "d", "Merci").await;
    lea.get(&format!("/support-requests/{}", text(&second["id"]))).await.expect(200);
    let kinds: Vec<_> =
        scene.agent.rest.get(&format!("/support-requests/{}/timeline", text(&second["id"]))).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["kind"].clone())
            .collect();
    assert!(kinds.contains(&json!("merged")), "{kinds:?}");
}

async fn a_purged_conversation_leaves_neither_messages_nor_files(store: Store) {
    let scene = Scene::over(store).await;
    let visitor = scene.visitor(&[]).await;
    let photo =
        tests::upload::Form::default().text("client_message_id", "photo").file("photo.png", tests::upload::PIXEL);
    let photo = visitor.rest.upload(&visitor.conversation, "?send=true", photo).await.expect(201);
    let file = text(&photo["items"][0]["id"]).to_owned();
    let link = visitor.rest.get(&format!("/attachments/{file}/link")).await.expect(200);
    let address = text(&link["url"]).split_once("/api/v1").unwrap().1.to_owned();
    scene.server.rest().get(&address).await.expect(200);
    let room = format!("/conversations/{}", visitor.conversation);
    assert_eq!(scene.agent.rest.delete(&room).await.problem(403), "forbidden");
    assert_eq!(scene.admin.rest.delete(&room).await.status, 204);
    for path in [&room, &path(&visitor)] {
        scene.admin.rest.get(path).await.problem(404);
        visitor.rest.get(path).await.problem(401);
    }
    scene.admin.rest.post(&format!("{}/restore", path(&visitor)), &json!({})).await.problem(404);
    scene.server.rest().get(&address).await.problem(404);
}

/// On two nodes: each is asked for half of it at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_closings_at_once_over_two_nodes_are_one_entry() {
    let one = Server::over(Store::Postgres).await;
    let other = one.beside(Settings::over(Store::Postgres)).await;
    let visitor = one.visitor("Ana", Some("Bonjour")).await;
    let (here, there) = (one.sign_in("agent").await, other.sign_in("agent").await);
    let close = format!("{}/close", path(&visitor));
    let calls = (0..50).map(|n| {
        let (rest, close) = (if n % 2 == 0 { here.rest.clone() } else { there.rest.clone() }, close.clone());
        tokio::spawn(async move { rest.post(&close, &json!({})).await.expect(200)["version"].clone() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 2, "whoever comes second finds it closed");
    }
    let timeline = here.rest.get(&format!("{}/timeline", path(&visitor))).await.expect(200);
    let kinds: Vec<_> = timeline["items"].as_array().unwrap().iter().map(|entry| text(&entry["kind"])).collect();
    assert_eq!(kinds, ["created", "status_changed"]);
}
