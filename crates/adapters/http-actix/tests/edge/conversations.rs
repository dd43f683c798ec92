use std::time::Duration;

use actix_web::http::StatusCode;
use chat::testing::Fault;
use kernel::{PortErrorKind, Role};
use serde_json::{Value, json};

use super::world::World;

async fn send(world: &World, token: &str, conversation: &str, name: &str, content: &str) -> Value {
    let path = format!("/api/v1/conversations/{conversation}/messages");
    world.post(&path, token, json!({"client_message_id": name, "content": content})).await.expect(StatusCode::CREATED)
}

fn seqs(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|message| message["seq"].as_u64().unwrap()).collect()
}

#[actix_web::test]
async fn a_customer_opens_a_conversation_with_a_first_message() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let me = world.user_id(Role::Customer).await;
    world.switches.online.lock().unwrap().insert(me.into());
    let body = json!({"subject": "Où est mon colis ?", "content": "Bonjour", "client_message_id": "mine"});
    let opened = world.post("/api/v1/conversations", &customer, body).await.expect(StatusCode::CREATED);
    let (conversation, request) = (&opened["conversation"], &opened["support_request"]);
    assert_eq!(
        (&request["kind"], &request["source"], &request["status"]),
        (&json!("chat"), &json!("chat"), &json!("open"))
    );
    assert_eq!(conversation["support_request_id"], request["id"]);
    assert_eq!(conversation["id"], request["conversation_id"]);
    assert_eq!((&conversation["status"], &conversation["last_seq"]), (&json!("active"), &json!(1)));
    assert_eq!(conversation["participants"][0]["id"], me.to_string());
    assert_eq!(conversation["participants"][0]["online"], true);
    assert!(opened.get("access_token").is_none(), "an account has its own token");
    let path = format!("/api/v1/conversations/{}", conversation["id"].as_str().unwrap());
    assert_eq!(&world.get(&path, &customer).await.expect(StatusCode::OK), conversation);
    let list = world.get("/api/v1/conversations?status=active&unread=false", &customer).await.expect(StatusCode::OK);
    assert_eq!(&list["items"][0], conversation);
    assert_eq!(world.get("/api/v1/conversations?status=resolved", &customer).await.expect(StatusCode::OK)["total"], 0);
}

#[actix_web::test]
async fn a_message_is_stored_once_however_often_it_is_sent() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let (conversation, _) = world.opened(&customer).await;
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let body = json!({"client_message_id": "one", "content": "Avez-vous des nouvelles ?"});
    let first = world.post(&path, &customer, body.clone()).await.expect(StatusCode::CREATED);
    assert_eq!(first["duplicate"], false);
    let message = &first["message"];
    assert_eq!((&message["seq"], &message["entry_seq"], &message["type"]), (&json!(2), &json!(2), &json!("text")));
    assert_eq!((&message["client_message_id"], &message["status"]), (&json!("one"), &json!("sent")));
    assert_eq!(message["sender"]["type"], "customer");
    let again = world.post(&path, &customer, body).await.expect(StatusCode::OK);
    assert_eq!(again["duplicate"], true);
    assert_eq!(&again["message"], message);
    let other = json!({"client_message_id": "one", "content": "autre"});
    world.post(&path, &customer, other).await.problem(422, "idempotency_mismatch");
    let one = format!("{path}/{}", message["id"].as_str().unwrap());
    assert_eq!(&world.get(&one, &customer).await.expect(StatusCode::OK), message);
    let agent = world.token(Role::Agent).await;
    let seen = world.get(&one, &agent).await.expect(StatusCode::OK);
    assert!(seen.get("client_message_id").is_none(), "only its sender is told");
    world
        .get(&format!("{path}/00000000-0000-0000-0000-0000000fffff"), &agent)
        .await
        .problem(404, "chat.message_not_found");
}

#[actix_web::test]
async fn history_goes_back_and_changes_go_forward() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let (conversation, _) = world.opened(&customer).await;
    for n in 2..=5 {
        send(&world, &customer, &conversation, &format!("m{n}"), "…").await;
    }
    let page = |query: &'static str| {
        let (world, customer, path) =
            (&world, &customer, format!("/api/v1/conversations/{conversation}/messages{query}"));
        async move { world.get(&path, customer).await.expect(StatusCode::OK) }
    };
    let all = page("").await;
    assert_eq!((seqs(&all), &all["has_more"], &all["last_seq"]), (vec![1, 2, 3, 4, 5], &json!(false), &json!(5)));
    assert!(all["epoch"].as_str().is_some());
    let last = page("?limit=2").await;
    assert_eq!((seqs(&last), &last["has_more"]), (vec![4, 5], &json!(true)));
    assert_eq!(seqs(&page("?limit=2&before_seq=4").await), [2, 3]);
    let forward = page("?after_seq=1&limit=3").await;
    assert_eq!((seqs(&forward), &forward["has_more"]), (vec![2, 3, 4], &json!(true)));
    assert_eq!(seqs(&page("?after_seq=5").await), [0_u64; 0]);
}

#[actix_web::test]
async fn a_range_that_makes_no_sense_is_refused() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let (conversation, _) = world.opened(&customer).await;
    for (query, expected) in [
        ("limit=0", "limit invalid"),
        ("limit=201", "limit invalid"),
        ("limit=x", "limit invalid"),
        ("before_seq=-1", "before_seq invalid"),
        ("after_seq=1.5", "after_seq invalid"),
        ("after_seq=9223372036854775808", "after_seq invalid"),
        ("after_seq=0&wait_s=26", "wait_s invalid"),
        ("wait_s=1", "wait_s invalid"),
        ("before_seq=2&after_seq=1", "before_seq invalid"),
    ] {
        let path = format!("/api/v1/conversations/{conversation}/messages?{query}");
        assert_eq!(world.get(&path, &customer).await.wrong_fields(), [expected], "{query}");
    }
}

#[actix_web::test]
async fn whoever_waits_for_a_message_gets_it_when_it_comes() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let (conversation, _) = world.opened(&customer).await;
    let path = format!("/api/v1/conversations/{conversation}/messages?after_seq=1&wait_s=25");
    let started = std::time::Instant::now();
    let (page, _) = futures_util::future::join(world.get(&path, &customer), async {
        actix_web::rt::task::yield_now().await;
        send(&world, &agent, &conversation, "answer", "Il arrive demain.").await
    })
    .await;
    assert_eq!(seqs(&page.expect(StatusCode::OK)), [2]);
    assert!(started.elapsed() < Duration::from_secs(10));
    let path = format!("/api/v1/conversations/{conversation}/messages?after_seq=2&wait_s=1");
    assert_eq!(seqs(&world.get(&path, &customer).await.expect(StatusCode::OK)), [0_u64; 0], "the time is over");
}

#[actix_web::test]
async fn reading_moves_the_mark_forward_only() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let (conversation, _) = world.opened(&customer).await;
    let second = send(&world, &customer, &conversation, "m2", "…").await;
    let path = |rest: &str| format!("/api/v1/conversations/{conversation}{rest}");
    assert_eq!(world.get(&path("/unread-count"), &agent).await.expect(StatusCode::OK), json!({"unread_count": 2}));
    let state = world.post(&path("/read"), &agent, json!({"seq": 1})).await.expect(StatusCode::OK);
    assert_eq!(
        (&state["read_seq"], &state["delivered_seq"], &state["unread_count"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(state["participant_id"], world.user_id(Role::Agent).await.to_string());
    let read = path(&format!("/messages/{}/read", second["message"]["id"].as_str().unwrap()));
    assert_eq!(world.post(&read, &agent, json!({})).await.expect(StatusCode::OK)["read_seq"], 2);
    let back = world.post(&path("/read"), &agent, json!({"seq": 1})).await.expect(StatusCode::OK);
    assert_eq!(back["read_seq"], 2, "marks never move back");
    let past = world.post(&path("/read"), &agent, json!({"seq": 99})).await.expect(StatusCode::OK);
    assert_eq!(past["read_seq"], 2, "nor past the end");
    let page = world.get(&path("/messages"), &customer).await.expect(StatusCode::OK);
    assert_eq!(page["items"][0]["status"], "read");
    for (body, expected) in [
        (json!({}), "seq required"),
        (json!({"seq": -1}), "seq invalid"),
        (json!({"seq": 1.5}), "seq invalid"),
        (json!({"seq": u64::MAX}), "seq invalid"),
        (json!({"seq": "1"}), "seq invalid"),
    ] {
        assert_eq!(world.post(&path("/read"), &agent, body).await.wrong_fields(), [expected]);
    }
}

#[actix_web::test]
async fn a_closed_request_takes_no_message_but_answers_a_retry() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let (conversation, request) = world.opened(&customer).await;
    send(&world, &customer, &conversation, "before", "…").await;
    world.post(&format!("/api/v1/support-requests/{request}/close"), &agent, json!({})).await.expect(StatusCode::OK);
    let path = format!("/api/v1/conversations/{conversation}/messages");
    world.post(&path, &customer, json!({"client_message_id": "late", "content": "…"})).await.problem(409, "closed");
    let retry = world.post(&path, &customer, json!({"client_message_id": "before", "content": "…"})).await;
    assert_eq!(retry.expect(StatusCode::OK)["duplicate"], true);
    let status = world.get(&format!("/api/v1/conversations/{conversation}"), &customer).await.expect(StatusCode::OK);
    assert_eq!((&status["status"], &status["closed"]), (&json!("resolved"), &json!(true)));
}

#[actix_web::test]
async fn a_strangers_conversation_looks_like_none_at_all() {
    let world = World::new().await;
    let (agent, customer) = (world.token(Role::Agent).await, world.token(Role::Customer).await);
    let (conversation, _) = world.opened(&agent).await;
    let bodies = |id: String| {
        let (world, customer) = (&world, &customer);
        async move {
            let mut bodies = Vec::new();
            let message = json!({"client_message_id": "x", "content": "x"});
            for (method, rest, body) in [
                ("GET", "", None),
                ("GET", "/messages", None),
                ("GET", "/messages?after_seq=0&wait_s=20", None),
                ("GET", "/unread-count", None),
                ("POST", "/messages", Some(message)),
                ("POST", "/read", Some(json!({"seq": 1}))),
                ("GET", "/messages/00000000-0000-0000-0000-000000000001", None),
                ("PATCH", "/messages/00000000-0000-0000-0000-000000000001", Some(json!({"content": "x"}))),
                ("DELETE", "/messages/00000000-0000-0000-0000-000000000001", None),
                ("POST", "/messages/00000000-0000-0000-0000-000000000001/read", None),
            ] {
                let path = format!("/api/v1/conversations/{id}{rest}");
                let mut problem =
                    world.call(method, &path, Some(customer), body).await.problem(404, "chat.conversation_not_found");
                problem["request_id"].take();
                bodies.push(problem);
            }
            bodies
        }
    };
    let absent = bodies("00000000-0000-0000-0000-0000000fffff".to_owned()).await;
    assert_eq!(bodies(conversation).await, absent);
}

#[actix_web::test]
async fn a_message_is_edited_and_deleted_by_its_author() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let (conversation, request) = world.opened(&customer).await;
    let sent = send(&world, &customer, &conversation, "mine", "Mon numéro est 4521").await;
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let one = format!("{path}/{}", sent["message"]["id"].as_str().unwrap());
    let edit = json!({"content": "Mon numéro est 4522"});
    let patch = async |token: &str, body: &Value| world.call("PATCH", &one, Some(token), Some(body.clone())).await;
    let delete = async |token: &str| world.call("DELETE", &one, Some(token), None).await;

    patch(&agent, &edit).await.problem(403, "forbidden");
    delete(&agent).await.problem(403, "forbidden");
    for wrong in [json!({}), json!({"content": " "})] {
        assert_eq!(patch(&customer, &wrong).await.wrong_fields(), ["content required"]);
    }
    let edited = patch(&customer, &edit).await.expect(StatusCode::OK);
    let message = &edited["message"];
    assert_eq!((&edited["duplicate"], &message["content"]), (&json!(false), &edit["content"]));
    assert_eq!((&message["seq"], &message["entry_seq"]), (&json!(2), &json!(3)));
    assert_eq!((&message["client_message_id"], message["edited_at"].is_string()), (&json!("mine"), true));
    assert_eq!(&world.get(&one, &customer).await.expect(StatusCode::OK), message);
    let again = patch(&customer, &edit).await.expect(StatusCode::OK);
    assert_eq!((&again["duplicate"], &again["message"]), (&json!(true), message));

    let admin = world.token(Role::Admin).await;
    patch(&admin, &json!({"content": "Mon numéro"})).await.expect(StatusCode::OK);
    world.post(&format!("/api/v1/support-requests/{request}/close"), &agent, json!({})).await.expect(StatusCode::OK);
    patch(&customer, &edit).await.problem(409, "closed");
    let deleted = delete(&customer).await.expect(StatusCode::OK);
    let message = &deleted["message"];
    assert_eq!((&deleted["duplicate"], &message["content"]), (&json!(false), &Value::Null));
    assert_eq!((&message["entry_seq"], message["deleted_at"].is_string()), (&json!(5), true));
    assert_eq!(delete(&admin).await.expect(StatusCode::OK)["duplicate"], true);
    patch(&customer, &edit).await.problem(409, "chat.message_deleted");
    let retry = json!({"client_message_id": "mine", "content": "Mon numéro est 4521"});
    let retry = world.post(&path, &customer, retry).await.expect(StatusCode::OK);
    assert_eq!((&retry["duplicate"], &retry["message"]), (&json!(true), message));
    let shown = world.get(&format!("/api/v1/conversations/{conversation}"), &agent).await.expect(StatusCode::OK);
    assert_eq!((&shown["last_seq"], &shown["unread_staff"]), (&json!(5), &json!(1)));
}

#[actix_web::test]
async fn all_wrong_fields_of_a_message_are_named() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let (conversation, _) = world.opened(&customer).await;
    let path = format!("/api/v1/conversations/{conversation}/messages");
    for (body, expected) in [
        (json!({}), vec!["client_message_id required", "content required"]),
        (
            json!({"client_message_id": "x".repeat(65), "content": "y".repeat(5_001)}),
            vec!["client_message_id too_long", "content too_long"],
        ),
        (
            json!({"client_message_id": "a\nb", "content": "a\u{0}b", "in_reply_to": "x"}),
            vec!["client_message_id invalid", "content invalid", "in_reply_to invalid"],
        ),
        (json!({"client_message_id": "a", "content": "b", "attachment_ids": ["x"]}), vec!["attachment_ids invalid"]),
        (
            json!({"client_message_id": "a", "content": "b", "in_reply_to": "00000000-0000-0000-0000-0000000fffff"}),
            vec!["in_reply_to unknown"],
        ),
        (json!({"client_message_id": 1, "content": "b"}), vec!["client_message_id invalid"]),
    ] {
        assert_eq!(world.post(&path, &customer, body).await.wrong_fields(), expected);
    }
    let page = world.get(&path, &customer).await.expect(StatusCode::OK);
    assert_eq!(seqs(&page), [1], "nothing was stored");
}

#[actix_web::test]
async fn a_send_whose_outcome_is_not_known_may_be_repeated() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let (conversation, _) = world.opened(&customer).await;
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let body = json!({"client_message_id": "x", "content": "…"});
    for (fault, code) in [
        (Fault::Overloaded, "overloaded"),
        (Fault::Refused(PortErrorKind::Unavailable), "unavailable"),
        (Fault::AnswerLost, "unknown"),
    ] {
        world.log.fail(fault);
        let reply = world.post(&path, &customer, body.clone()).await;
        assert_eq!(reply.header("retry-after"), Some("1"));
        reply.problem(503, code);
    }
    assert_eq!(world.post(&path, &customer, body).await.expect(StatusCode::OK)["duplicate"], true);
}

#[actix_web::test]
async fn what_cannot_be_honoured_yet_is_refused() {
    let world = World::new().await;
    let agent = world.token(Role::Agent).await;
    let body = json!({"subject": "Pour quelqu’un d’autre", "requester": {"name": "Léa", "email": "lea@example.com"}});
    assert_eq!(world.post("/api/v1/conversations", &agent, body).await.wrong_fields(), ["requester unknown"]);
    for (query, expected) in [
        ("q=colis", "q unknown"),
        ("status=gone", "status unknown"),
        ("requester=x", "requester invalid"),
        ("unread=1", "unread invalid"),
        ("assignee=x", "assignee invalid"),
        ("limit=1000", "limit invalid"),
    ] {
        assert_eq!(
            world.get(&format!("/api/v1/conversations?{query}"), &agent).await.wrong_fields(),
            [expected],
            "{query}"
        );
    }
    let body = json!({"subject": "ab", "content": " ", "client_message_id": "", "priority": "x"});
    let mut fields = world.post("/api/v1/conversations", &agent, body).await.wrong_fields();
    fields.sort();
    assert_eq!(fields, ["content required", "priority unknown", "subject too_short"]);
}

#[actix_web::test]
async fn who_sends_too_fast_is_told_when_to_send_again() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let (conversation, _) = world.opened(&customer).await;
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let body = json!({"client_message_id": "one", "content": "Bonjour"});
    let mut sent = 0;
    let refused = loop {
        let reply = world.post(&path, &customer, body.clone()).await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            break reply;
        }
        sent += 1;
        assert!(sent <= 20, "retries count too");
    };
    assert_eq!(refused.header("retry-after"), Some("3"), "2.5 s, rounded up");
    assert_eq!(refused.expect(StatusCode::TOO_MANY_REQUESTS)["code"], "rate_limited");
}
