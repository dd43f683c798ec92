use std::time::Duration;

use actix_web::{http::StatusCode, test::TestRequest};
use kernel::Role;
use serde_json::{Value, json};

use super::world::{Reply, World};

/// A request of the customer, and tokens of everybody.
struct Scene {
    world: World,
    customer: String,
    agent: String,
    admin: String,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
        let admin = world.token(Role::Admin).await;
        Self { world, customer, agent, admin }
    }

    async fn open(&self) -> Value {
        let body = json!({"subject": "Retard de livraison", "description": "Ma commande 1234."});
        self.world.post("/api/v1/support-requests", &self.customer, body).await.expect(StatusCode::CREATED)
    }

    async fn act(&self, token: &str, request: &Value, action: &str, body: Value) -> Reply {
        self.world.post(&path(request, action), token, body).await
    }

    async fn closed(&self) -> Value {
        let request = self.open().await;
        self.act(&self.agent, &request, "/close", json!({})).await.expect(StatusCode::OK)
    }

    async fn total(&self, token: &str, query: &str) -> u64 {
        let page = self.world.get(&format!("/api/v1/support-requests?{query}"), token).await.expect(StatusCode::OK);
        page["total"].as_u64().unwrap()
    }
}

fn path(request: &Value, rest: &str) -> String {
    format!("/api/v1/support-requests/{}{rest}", request["id"].as_str().unwrap())
}

fn thread(request: &Value, rest: &str) -> String {
    format!("/api/v1/conversations/{}{rest}", request["conversation_id"].as_str().unwrap())
}

fn message() -> Value {
    json!({"client_message_id": "late", "content": "Encore moi"})
}

#[actix_web::test]
async fn fields_are_changed_by_the_version_one_has_seen() {
    let scene = Scene::new().await;
    let request = scene.open().await;
    let patch = |tag: &'static str, body: Value| {
        let call = TestRequest::patch().uri(&path(&request, "")).insert_header(("if-match", tag)).set_json(body);
        scene.world.send(call.insert_header(("authorization", format!("Bearer {}", scene.agent))))
    };
    let context = json!({"order_id": "A-1", "claim_id": null});
    let changed = patch("\"1\"", json!({"priority": "urgent", "tags": ["VIP"], "context": context})).await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let changed = changed.expect(StatusCode::OK);
    assert_eq!((&changed["priority"], &changed["tags"]), (&json!("urgent"), &json!(["vip"])));
    assert_eq!((&changed["context"]["order_id"], &changed["subject"]), (&json!("A-1"), &json!("Retard de livraison")));
    assert_ne!(changed["sla"]["resolution_due_at"], request["sla"]["resolution_due_at"]);
    patch("\"1\"", json!({"priority": "low"})).await.problem(412, "support_request.stale");
    let same = patch("\"2\"", json!({"priority": "urgent"})).await;
    assert_eq!(same.header("etag"), Some("\"2\""), "it is so already");
    let wrong = json!({"subject": "a", "priority": "x", "tags": [""], "metadata": {"a": "\u{0}"}});
    let fields = scene.world.call("PATCH", &path(&request, ""), Some(&scene.agent), Some(wrong)).await.wrong_fields();
    assert_eq!(fields, ["subject too_short", "priority unknown", "tags required", "metadata invalid"]);

    let taken_away = json!({"context": {"order_id": null}});
    let bare = scene.world.call("PATCH", &path(&request, ""), Some(&scene.agent), Some(taken_away)).await;
    assert_eq!(bare.expect(StatusCode::OK)["context"]["order_id"], Value::Null);
    let own =
        scene.world.call("PATCH", &path(&request, ""), Some(&scene.customer), Some(json!({"subject": "Autre"}))).await;
    own.problem(403, "forbidden");
    let by_thread = json!({"subject": "Colis perdu", "priority": "low", "tags": []});
    scene.world.call("PATCH", &thread(&request, ""), Some(&scene.agent), Some(by_thread)).await.expect(StatusCode::OK);
    let now = scene.world.get(&path(&request, ""), &scene.agent).await.expect(StatusCode::OK);
    assert_eq!((&now["subject"], &now["priority"], &now["tags"]), (&json!("Colis perdu"), &json!("low"), &json!([])));

    scene.act(&scene.agent, &request, "/close", json!({})).await.expect(StatusCode::OK);
    let closed = scene.world.call("PATCH", &path(&request, ""), Some(&scene.agent), Some(json!({"tags": ["x"]}))).await;
    closed.problem(409, "support_request.illegal_transition");
}

#[actix_web::test]
async fn an_appointment_has_one_request_after_a_change_too() {
    let scene = Scene::new().await;
    let body = json!({"subject": "Rendez-vous", "description": "", "context": {"appointment_id": "a-1"}});
    scene.world.post("/api/v1/support-requests", &scene.customer, body).await.expect(StatusCode::CREATED);
    let other = scene.open().await;
    let body = json!({"context": {"appointment_id": "a-1"}});
    let taken = scene.world.call("PATCH", &path(&other, ""), Some(&scene.agent), Some(body)).await;
    taken.problem(409, "support_request.appointment_taken");
}

#[actix_web::test]
async fn a_request_is_escalated_and_put_aside() {
    let scene = Scene::new().await;
    let request = scene.open().await;
    assert_eq!(scene.act(&scene.agent, &request, "/escalate", json!({})).await.wrong_fields(), ["reason required"]);
    let to = scene.world.user_id(Role::Supervisor).await.to_string();
    let escalated = scene.act(&scene.agent, &request, "/escalate", json!({"reason": "Relance.", "agent_id": to})).await;
    let escalated = escalated.expect(StatusCode::OK);
    assert_eq!((&escalated["priority"], &escalated["assignee"]["id"]), (&json!("urgent"), &json!(to)));
    assert!(escalated["escalated_at"].is_string());

    let mine = scene.open().await;
    let until = json!({"until": "2024-01-16T08:00:00Z"});
    let snoozed = scene.act(&scene.agent, &mine, "/snooze", until.clone()).await.expect(StatusCode::OK);
    assert_eq!(snoozed["snoozed_until"], "2024-01-16T08:00:00.000000Z");
    let supervisor = scene.world.token(Role::Supervisor).await;
    for (query, expected) in
        [("", 1), ("snoozed=true", 1), ("snoozed=false", 1), ("changed_since=2024-01-15T10:00:00Z", 2)]
    {
        assert_eq!(scene.total(&supervisor, query).await, expected, "{query}");
    }
    assert_eq!(scene.total(&scene.customer, "").await, 2, "what staff put aside is not for customers to see");
    let own = scene.world.get(&path(&mine, ""), &scene.customer).await.expect(StatusCode::OK);
    assert!(own.get("snoozed_until").is_none());
    assert_eq!(scene.act(&scene.agent, &mine, "/snooze", json!({})).await.wrong_fields(), ["until required"]);
    let past = json!({"until": "2024-01-01T00:00:00Z"});
    assert_eq!(scene.act(&scene.agent, &mine, "/snooze", past).await.wrong_fields(), ["until out_of_range"]);
    let woken = scene.act(&scene.agent, &mine, "/snooze", json!({"until": null})).await.expect(StatusCode::OK);
    assert!(woken.get("snoozed_until").is_none());
    scene.act(&scene.customer, &mine, "/snooze", until).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn the_requester_rates_the_help_and_nobody_else() {
    let scene = Scene::new().await;
    let request = scene.open().await;
    let rate = |token: String, body: Value| {
        let (world, path) = (&scene.world, path(&request, "/rate"));
        async move { world.post(&path, &token, body).await }
    };
    let five = json!({"rating": 5, "comment": "Merci"});
    rate(scene.customer.clone(), five.clone()).await.problem(409, "support_request.illegal_transition");
    scene.act(&scene.agent, &request, "/resolve", json!({})).await.expect(StatusCode::OK);
    rate(scene.agent.clone(), five.clone()).await.problem(403, "forbidden");
    let rated = rate(scene.customer.clone(), five).await.expect(StatusCode::OK);
    let at = "2024-01-15T10:30:00.000000Z";
    assert_eq!(rated["rating"], json!({"score": 5, "comment": "Merci", "rated_at": at}));
    assert_eq!(rate(scene.customer.clone(), json!({"rating": 6})).await.wrong_fields(), ["rating out_of_range"]);
    assert_eq!(rate(scene.customer.clone(), json!({})).await.wrong_fields(), ["rating required"]);
    let long = json!({"rating": 4, "comment": "x".repeat(2_001)});
    assert_eq!(rate(scene.customer.clone(), long).await.wrong_fields(), ["comment too_long"]);
}

#[actix_web::test]
async fn a_guest_whose_request_was_merged_goes_on_in_the_other() {
    let scene = Scene::new().await;
    let form = json!({"organization": "demo", "name": "Léa", "email": "lea@example.com",
        "subject": "Colis jamais arrivé", "description": "Ma commande 1234 devait arriver lundi."});
    let mut opened = Vec::new();
    for _ in 0..2 {
        let reply = scene.world.call("POST", "/api/v1/public/support-requests", None, Some(form.clone())).await;
        let reply = reply.expect(StatusCode::CREATED);
        opened.push((reply["support_request"].clone(), reply["access_token"].as_str().unwrap().to_owned()));
    }
    let [(first, token), (second, _)] = &opened[..] else { unreachable!() };
    scene.world.get(&path(second, ""), token).await.problem(404, "support_request.not_found");
    let into = json!({"into": second["id"], "reason": "Même colis."});
    let merged = scene.act(&scene.agent, first, "/merge", into.clone()).await.expect(StatusCode::OK);
    assert_eq!((&merged["status"], &merged["merged_into"]), (&json!("closed"), &second["id"]));
    assert_eq!(scene.act(&scene.agent, first, "/merge", into).await.expect(StatusCode::OK), merged);

    let refused = scene.world.post(&thread(first, "/messages"), token, message()).await.problem(409, "merged");
    assert_eq!(refused["code"], "merged");
    scene.world.get(&thread(first, "/messages"), token).await.expect(StatusCode::OK);
    scene.world.get(&path(second, ""), token).await.expect(StatusCode::OK);
    scene.world.post(&thread(second, "/messages"), token, message()).await.expect(StatusCode::CREATED);
    let third = scene.open().await;
    let other = scene.act(&scene.agent, second, "/merge", json!({"into": third["id"]})).await;
    other.problem(409, "support_request.other_requester");
}

#[actix_web::test]
async fn a_guest_follows_up_once_a_key_and_gets_a_token_for_the_new_request() {
    let scene = Scene::new().await;
    let form = json!({"organization": "demo", "name": "Léa", "subject": "Panne", "content": "Bonjour"});
    let opened = scene.world.call("POST", "/api/v1/public/conversations", None, Some(form)).await;
    let opened = opened.expect(StatusCode::CREATED);
    let (request, token) = (opened["support_request"].clone(), opened["access_token"].as_str().unwrap().to_owned());
    let call = |key: &'static str, body: Value| {
        let call = TestRequest::post().uri(&path(&request, "/follow-up")).set_json(body);
        let call = call.insert_header(("idempotency-key", key));
        scene.world.send(call.insert_header(("authorization", format!("Bearer {token}"))))
    };
    call("one", json!({})).await.problem(409, "support_request.illegal_transition");
    scene.act(&scene.agent, &request, "/close", json!({})).await.expect(StatusCode::OK);
    let first = call("one", json!({"content": "C’est revenu."})).await.expect(StatusCode::CREATED);
    assert_eq!((&first["follow_up_of"], &first["status"]), (&request["id"], &json!("open")));
    let new = first["access_token"].as_str().unwrap();
    let messages = scene.world.get(&thread(&first, "/messages"), new).await.expect(StatusCode::OK);
    assert_eq!(messages["items"][0]["content"], "C’est revenu.");
    scene.world.get(&path(&first, ""), &token).await.problem(404, "support_request.not_found");

    let again = call("one", json!({"content": "C’est revenu."})).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let again = again.expect(StatusCode::CREATED);
    assert_eq!(again["id"], first["id"]);
    scene.world.get(&path(&first, ""), again["access_token"].as_str().unwrap()).await.expect(StatusCode::OK);
    call("one", json!({"content": "Autre"})).await.problem(422, "idempotency_mismatch");
    let timeline = scene.world.get(&path(&request, "/timeline"), &token).await.expect(StatusCode::OK);
    let last = timeline["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["kind"], &last["metadata"]["other_number"]), (&json!("follow_up"), &first["number"]));
}

#[actix_web::test]
async fn what_is_deleted_is_hidden_everywhere_and_can_be_restored() {
    let scene = Scene::new().await;
    let request = scene.open().await;
    let delete = |token: &str| {
        let (world, path, token) = (&scene.world, path(&request, ""), token.to_owned());
        async move { world.call("DELETE", &path, Some(&token), None).await }
    };
    delete(&scene.agent).await.problem(403, "forbidden");
    delete(&scene.customer).await.problem(403, "forbidden");
    assert_eq!(delete(&scene.admin).await.status, StatusCode::NO_CONTENT);
    for token in [&scene.customer, &scene.agent, &scene.admin] {
        for path in [path(&request, ""), path(&request, "/timeline")] {
            scene.world.get(&path, token).await.problem(404, "support_request.not_found");
        }
        for path in [thread(&request, ""), thread(&request, "/messages"), thread(&request, "/unread-count")] {
            scene.world.get(&path, token).await.problem(404, "chat.conversation_not_found");
        }
        let sent = scene.world.post(&thread(&request, "/messages"), token, message()).await;
        sent.problem(404, "chat.conversation_not_found");
        assert_eq!(scene.total(token, "").await, 0);
    }
    assert_eq!(scene.total(&scene.admin, "deleted=true").await, 1);
    scene.act(&scene.agent, &request, "/restore", json!({})).await.problem(404, "support_request.not_found");
    let restored = scene.act(&scene.admin, &request, "/restore", json!({})).await.expect(StatusCode::OK);
    assert_eq!((&restored["status"], &restored["version"]), (&json!("open"), &json!(3)));
    scene.world.post(&thread(&request, "/messages"), &scene.customer, message()).await.expect(StatusCode::CREATED);
    delete(&scene.admin).await;
    scene.world.identity.env.pass(Duration::from_hours(24 * 31));
    let admin = scene.world.token(Role::Admin).await;
    scene.act(&admin, &request, "/restore", json!({})).await.problem(404, "support_request.not_found");
}

#[actix_web::test]
async fn a_purged_conversation_cannot_be_restored() {
    let scene = Scene::new().await;
    let request = scene.open().await;
    let purge = |token: &str| {
        let (world, path, token) = (&scene.world, thread(&request, ""), token.to_owned());
        async move { world.call("DELETE", &path, Some(&token), None).await }
    };
    purge(&scene.agent).await.problem(403, "forbidden");
    assert_eq!(purge(&scene.admin).await.status, StatusCode::NO_CONTENT);
    purge(&scene.admin).await.problem(404, "chat.conversation_not_found");
    scene.act(&scene.admin, &request, "/restore", json!({})).await.problem(404, "support_request.not_found");
    assert_eq!(scene.total(&scene.admin, "deleted=true").await, 0);
}

#[actix_web::test]
async fn what_is_archived_is_out_of_the_usual_lists() {
    let scene = Scene::new().await;
    let request = scene.open().await;
    let archive = |rest: &'static str, token: &str| {
        let (world, path, token) = (&scene.world, thread(&request, rest), token.to_owned());
        async move { world.call("POST", &path, Some(&token), None).await }
    };
    archive("/archive", &scene.agent).await.problem(409, "support_request.illegal_transition");
    scene.act(&scene.agent, &request, "/close", json!({})).await.expect(StatusCode::OK);
    archive("/archive", &scene.customer).await.problem(403, "forbidden");
    assert_eq!(archive("/archive", &scene.agent).await.expect(StatusCode::OK)["status"], "archived");
    for (query, expected) in [("", 0), ("archived=true", 1), ("changed_since=2024-01-15T10:00:00Z", 1)] {
        assert_eq!(scene.total(&scene.agent, query).await, expected, "{query}");
    }
    assert_eq!(archive("/unarchive", &scene.agent).await.expect(StatusCode::OK)["status"], "resolved");
    assert_eq!(scene.total(&scene.agent, "").await, 1);
}

#[actix_web::test]
async fn one_of_many_that_is_refused_does_not_keep_the_others() {
    let scene = Scene::new().await;
    let (open, closed) = (scene.open().await, scene.closed().await);
    let unknown = "00000000-0000-0000-0000-0000000fffff";
    let bulk = |token: &str, body: Value| {
        let (world, token) = (&scene.world, token.to_owned());
        async move { world.post("/api/v1/support-requests/bulk", &token, body).await }
    };
    let ids = json!([open["id"], closed["id"], unknown, open["id"]]);
    let done = bulk(&scene.agent, json!({"ids": ids, "action": "resolve", "resolution": "Fait."})).await;
    let done = done.expect(StatusCode::OK);
    let items = done["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| item["done"].as_bool().unwrap()).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(items[0]["support_request"]["resolution"], "Fait.");
    assert_eq!(items[1]["problem"]["code"], "support_request.illegal_transition");
    assert_eq!((&items[1]["problem"]["status"], &items[2]["problem"]["status"]), (&json!(409), &json!(404)));
    assert!(items[1].get("support_request").is_none() && items[0].get("problem").is_none());

    let id = json!([scene.open().await["id"]]);
    let me = scene.world.user_id(Role::Agent).await.to_string();
    for body in [
        json!({"action": "take"}),
        json!({"action": "start"}),
        json!({"action": "wait", "note": "x"}),
        json!({"action": "update", "tags": ["vip"], "priority": "low"}),
        json!({"action": "snooze", "until": "2024-01-15T12:00:00Z"}),
        json!({"action": "escalate", "reason": "Relance."}),
        json!({"action": "resolve", "agent_id": me}),
        json!({"action": "reopen"}),
        json!({"action": "assign", "agent_id": null}),
        json!({"action": "close"}),
    ] {
        let mut call = body.clone();
        call["ids"] = id.clone();
        let done = bulk(&scene.agent, call).await.expect(StatusCode::OK);
        assert_eq!(done["items"][0]["done"], true, "{body}: {done}");
    }
    bulk(&scene.customer, json!({"ids": id, "action": "close"})).await.problem(403, "forbidden");
    let many: Vec<_> = (0..101).map(|n| format!("00000000-0000-0000-0000-{n:012}")).collect();
    for (body, fields) in [
        (json!({"action": "close"}), ["ids required"]),
        (json!({"ids": many, "action": "close"}), ["ids too_many"]),
        (json!({"ids": ["x"], "action": "close"}), ["ids[0] invalid"]),
        (json!({"ids": id}), ["action required"]),
        (json!({"ids": id, "action": "merge"}), ["action unknown"]),
        (json!({"ids": id, "action": "assign"}), ["agent_id required"]),
        (json!({"ids": id, "action": "snooze"}), ["until required"]),
        (json!({"ids": id, "action": "escalate"}), ["reason required"]),
    ] {
        assert_eq!(bulk(&scene.agent, body).await.wrong_fields(), fields);
    }
}

#[actix_web::test]
async fn staff_open_for_somebody_with_or_without_an_account() {
    let scene = Scene::new().await;
    let open = |token: &str, more: Value| {
        let mut body = json!({"subject": "Appel au sujet d’un colis", "description": "", "source": "phone"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (world, token) = (&scene.world, token.to_owned());
        async move { world.post("/api/v1/support-requests", &token, body).await }
    };
    let customer = scene.world.user_id(Role::Customer).await.to_string();
    let me = scene.world.user_id(Role::Agent).await.to_string();
    let for_user = open(&scene.agent, json!({"requester": {"user_id": customer}, "agent_id": me})).await;
    let for_user = for_user.expect(StatusCode::CREATED);
    assert_eq!((&for_user["requester"]["id"], &for_user["source"]), (&json!(customer), &json!("phone")));
    assert_eq!((&for_user["status"], &for_user["assignee"]["id"]), (&json!("assigned"), &json!(me)));
    scene.world.get(&path(&for_user, ""), &scene.customer).await.expect(StatusCode::OK);

    let lea = json!({"requester": {"name": "Léa Martin", "email": "Lea@Example.com", "phone": "0102030405"}});
    let first = open(&scene.agent, lea.clone()).await.expect(StatusCode::CREATED);
    assert_eq!(first["requester"]["email"], "lea@example.com");
    let second = open(&scene.agent, lea).await.expect(StatusCode::CREATED);
    assert_eq!(second["requester"]["id"], first["requester"]["id"], "known again by the e-mail");
    for (more, fields) in [
        (json!({"requester": {}}), vec!["requester.name required", "requester.email required"]),
        (json!({"requester": {"name": "A", "email": "x"}}), vec!["requester.email invalid"]),
        (json!({"requester": {"user_id": "x"}}), vec!["requester.user_id invalid"]),
        (json!({"requester": {"user_id": uuid()}}), vec!["requester unknown"]),
        (json!({"agent_id": uuid()}), vec!["agent_id unknown"]),
        (json!({"source": "pigeon"}), vec!["source unknown"]),
    ] {
        assert_eq!(open(&scene.agent, more).await.wrong_fields(), fields);
    }
    let fields = open(&scene.customer, json!({"requester": {"name": "x"}, "agent_id": me})).await.wrong_fields();
    assert_eq!(fields, ["requester unknown", "source unknown", "agent_id unknown"]);
}

fn uuid() -> &'static str {
    "00000000-0000-0000-0000-0000000fffff"
}
