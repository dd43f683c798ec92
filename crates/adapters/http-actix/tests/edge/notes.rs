use actix_web::{http::StatusCode, test::TestRequest};
use kernel::Role;
use serde_json::{Value, json};

use super::world::World;

/// A request of the customer: its path.
async fn opened(world: &World, customer: &str) -> String {
    let (_, request) = world.opened(customer).await;
    format!("/api/v1/support-requests/{request}")
}

#[actix_web::test]
async fn a_note_is_written_read_edited_and_deleted_by_staff() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let (admin, chief) = (world.token(Role::Admin).await, world.user_id(Role::Supervisor).await);
    let request = opened(&world, &customer).await;
    let notes = format!("{request}/notes");
    let body = json!({"content": " Vu avec le transporteur. ", "mentions": [chief]});
    let note = world.post(&notes, &agent, body).await.expect(StatusCode::CREATED);
    assert_eq!(note["content"], "Vu avec le transporteur.");
    assert_eq!(note["author"]["id"], json!(world.user_id(Role::Agent).await));
    assert_eq!(note["mentions"][0]["id"], json!(chief));
    assert_eq!((&note["edited_at"], &note["deleted_at"]), (&Value::Null, &Value::Null));
    let all = world.get(&notes, &admin).await.expect(StatusCode::OK);
    assert_eq!(all, json!({"items": [note]}));
    let participants = world.get(&format!("{request}/participants"), &agent).await.expect(StatusCode::OK);
    assert_eq!(participants["items"][0]["id"], json!(chief), "who is mentioned takes part");

    let one = format!("{notes}/{}", note["id"].as_str().unwrap());
    let edit = |token: &String, body: Value| {
        let (world, one, token) = (&world, one.clone(), token.clone());
        async move { world.call("PATCH", &one, Some(&token), Some(body)).await }
    };
    let edited = edit(&agent, json!({"content": "Autrement dit."})).await.expect(StatusCode::OK);
    assert_eq!((&edited["content"], edited["mentions"].as_array().unwrap().len()), (&json!("Autrement dit."), 1));
    assert!(edited["edited_at"].is_string());
    edit(&admin, json!({"content": "Pas le mien"})).await.problem(403, "forbidden");
    let deleted = world.call("DELETE", &one, Some(&admin), None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    let all = world.get(&notes, &agent).await.expect(StatusCode::OK);
    assert_eq!((&all["items"][0]["content"], &all["items"][0]["mentions"]), (&Value::Null, &json!([])));
    assert!(all["items"][0]["deleted_at"].is_string());
    edit(&agent, json!({"content": "Après coup"})).await.problem(404, "support_request.note_not_found");
}

#[actix_web::test]
async fn no_answer_to_a_customer_or_a_guest_says_anything_of_a_note() {
    const SECRET: &str = "canary-note-8391";
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let body = json!({"organization": "demo", "name": "Ana", "content": "Bonjour"});
    let visit = world.call("POST", "/api/v1/public/conversations", None, Some(body)).await.expect(StatusCode::CREATED);
    let guest = visit["token"].as_str().or(visit["guest_token"].as_str()).unwrap().to_owned();
    let of_guest = visit["support_request"]["id"].as_str().unwrap().to_owned();
    let number = visit["support_request"]["number"].as_str().unwrap().to_owned();
    let (conversation, of_customer) = world.opened(&customer).await;
    let mentions = [world.user_id(Role::Supervisor).await];
    for request in [&of_guest, &of_customer] {
        let path = format!("/api/v1/support-requests/{request}/notes");
        let body = json!({"content": SECRET, "mentions": mentions});
        world.post(&path, &agent, body).await.expect(StatusCode::CREATED);
    }
    let threads = [visit["conversation"]["id"].as_str().unwrap().to_owned(), conversation];
    for (token, request, thread) in [(&guest, &of_guest, &threads[0]), (&customer, &of_customer, &threads[1])] {
        let note = world.get(&format!("/api/v1/support-requests/{request}/notes"), &agent).await.expect(StatusCode::OK);
        let note = note["items"][0]["id"].as_str().unwrap().to_owned();
        let mut answers = String::new();
        for path in [
            format!("/api/v1/support-requests/{request}"),
            format!("/api/v1/support-requests/{request}/timeline"),
            format!("/api/v1/support-requests/{request}/notes"),
            format!("/api/v1/support-requests/{request}/participants"),
            "/api/v1/support-requests".to_owned(),
            "/api/v1/conversations".to_owned(),
            format!("/api/v1/conversations/{thread}"),
            format!("/api/v1/conversations/{thread}/messages"),
            format!("/api/v1/public/support-requests/{number}"),
        ] {
            answers += &world.get(&path, token).await.text();
        }
        let one = format!("/api/v1/support-requests/{request}/notes/{note}");
        for (method, body) in [("PATCH", Some(json!({"content": "x"}))), ("DELETE", None)] {
            let refused = world.call(method, &one, Some(token), body).await;
            answers += &refused.text();
            refused.problem(403, "forbidden");
        }
        assert!(answers.contains("Bonjour"), "what is theirs they read");
        for hidden in [SECRET, &note, &mentions[0].to_string(), "participant_added"] {
            assert!(!answers.contains(hidden), "{hidden} in {answers}");
        }
    }
}

#[actix_web::test]
async fn what_is_wrong_with_a_note_is_told_to_whoever_may_write_one() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let path = format!("{}/notes", opened(&world, &customer).await);
    let me = world.user_id(Role::Customer).await;
    for (body, wrong) in [
        (json!({}), "content required"),
        (json!({"content": "  "}), "content required"),
        (json!({"content": "x".repeat(10_001)}), "content too_long"),
        (json!({"content": "x", "mentions": ["nobody"]}), "mentions invalid"),
        (json!({"content": "x", "mentions": [me]}), "mentions unknown"),
    ] {
        assert_eq!(world.post(&path, &agent, body).await.wrong_fields(), [wrong]);
    }
    world.post(&path, &customer, json!({})).await.problem(403, "forbidden");
    let absent = "/api/v1/support-requests/00000000-0000-0000-0000-0000000fffff/notes";
    world.post(absent, &agent, json!({})).await.problem(404, "support_request.not_found");
    assert_eq!(world.get(&path, &agent).await.expect(StatusCode::OK)["items"], json!([]));
}

#[actix_web::test]
async fn a_note_that_is_sent_again_is_written_once() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let paths =
        [format!("{}/notes", opened(&world, &customer).await), format!("{}/notes", opened(&world, &customer).await)];
    let send = |path: &String, content: &'static str| {
        let request = TestRequest::post().uri(path).insert_header(("authorization", format!("Bearer {agent}")));
        world.send(request.insert_header(("idempotency-key", "k-1")).set_json(json!({"content": content})))
    };
    let first = send(&paths[0], "Une fois").await.expect(StatusCode::CREATED);
    let again = send(&paths[0], "Une fois").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(StatusCode::CREATED), first);
    send(&paths[0], "Autre chose").await.problem(422, "idempotency_mismatch");
    send(&paths[1], "Une fois").await.problem(422, "idempotency_mismatch");
    assert_eq!(world.get(&paths[0], &agent).await.expect(StatusCode::OK)["items"], json!([first]));
}

#[actix_web::test]
async fn a_participant_sees_a_request_until_they_are_removed() {
    let world = World::new().await;
    let (customer, chief) = (world.token(Role::Customer).await, world.token(Role::Supervisor).await);
    let agent = world.token(Role::Agent).await;
    let request = opened(&world, &customer).await;
    world.post(&format!("{request}/take"), &chief, json!({})).await.expect(StatusCode::OK);
    world.get(&request, &agent).await.problem(404, "support_request.not_found");
    let path = format!("{request}/participants");
    let body = json!({"user_id": world.user_id(Role::Agent).await});
    let added = world.post(&path, &chief, body.clone()).await.expect(StatusCode::CREATED);
    assert_eq!(added["id"], body["user_id"]);
    assert_eq!(world.post(&path, &chief, body.clone()).await.expect(StatusCode::CREATED), added);
    assert_eq!(world.get(&path, &agent).await.expect(StatusCode::OK), json!({"items": [added]}));
    world.get(&request, &agent).await.expect(StatusCode::OK);
    for who in [&customer, &chief] {
        let timeline = world.get(&format!("{request}/timeline"), who).await.expect(StatusCode::OK);
        let told = timeline["items"].as_array().unwrap().iter().any(|entry| entry["kind"] == "participant_added");
        assert_eq!(told, who == &chief);
    }
    for method in ["GET", "POST", "DELETE"] {
        let sent = (method == "POST").then(|| body.clone());
        world.call(method, &path, Some(&customer), sent).await.problem(403, "forbidden");
    }
    let remove = |query: String| {
        let (world, path, chief) = (&world, format!("{path}{query}"), &chief);
        async move { world.call("DELETE", &path, Some(chief), None).await }
    };
    assert_eq!(remove(String::new()).await.wrong_fields(), ["user_id required"]);
    assert_eq!(remove("?user_id=me".to_owned()).await.wrong_fields(), ["user_id invalid"]);
    assert_eq!(world.post(&path, &chief, json!({})).await.wrong_fields(), ["user_id required"]);
    let nobody = json!({"user_id": world.user_id(Role::Customer).await});
    assert_eq!(world.post(&path, &chief, nobody).await.wrong_fields(), ["user_id unknown"]);
    for _ in 0..2 {
        let gone = remove(format!("?user_id={}", body["user_id"].as_str().unwrap())).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    }
    world.get(&request, &agent).await.problem(404, "support_request.not_found");
}
