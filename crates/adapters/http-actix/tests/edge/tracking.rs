use std::time::{Duration, Instant};

use actix_web::{http::StatusCode, test::TestRequest};
use identity::LetterContent;
use kernel::Role;
use serde_json::{Value, json};

use super::world::{Reply, World, stranger};

const LINK: &str = "/api/v1/public/support-requests/access-link";

async fn form(world: &World, email: &str) -> Value {
    let body = json!({"organization": "demo", "name": "Léa Martin", "email": email,
        "subject": "Commande jamais arrivée", "description": "Ma commande 1234 devait arriver lundi."});
    world.call("POST", "/api/v1/public/support-requests", None, Some(body)).await.expect(StatusCode::CREATED)
}

fn number(opened: &Value) -> &str {
    opened["support_request"]["number"].as_str().unwrap()
}

async fn lost(world: &World, number: &str, email: &str) -> Reply {
    let body = json!({"organization": "demo", "number": number, "email": email});
    world.call("POST", LINK, None, Some(body)).await
}

#[actix_web::test]
async fn a_lost_link_is_sent_again_to_the_address_of_the_request() {
    let world = World::new().await;
    let opened = form(&world, "lea@example.com").await;
    lost(&world, &format!(" {} ", number(&opened).to_lowercase()), "Lea@Example.com")
        .await
        .expect(StatusCode::ACCEPTED);
    let letters = world.identity.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to.as_str(), "lea@example.com");
    let LetterContent::AccessLink { name, number: named, subject, token } = &letters[0].content else {
        panic!("{letters:?}")
    };
    assert_eq!(
        (name.as_str(), named.as_str(), subject.as_str()),
        ("Léa Martin", number(&opened), "Commande jamais arrivée")
    );
    let path = format!("/api/v1/public/support-requests/{}", number(&opened));
    let tracked = world.get(&path, token).await.expect(StatusCode::OK);
    assert_eq!(tracked["support_request"]["id"], opened["support_request"]["id"]);
    world.get(&path, opened["access_token"].as_str().unwrap()).await.expect(StatusCode::OK);
}

#[actix_web::test]
async fn whether_number_and_address_fit_is_told_by_nothing() {
    let world = World::new().await;
    let opened = form(&world, "lea@example.com").await;
    let number = number(&opened);
    let mut answers = Vec::new();
    for (number, email) in [
        (number, "lea@example.com"),
        (number, "mallory@example.com"),
        ("TICKET-20240115-999", "lea@example.com"),
        ("' OR 1=1 --", "a@example.com"),
    ] {
        let began = Instant::now();
        let answer = lost(&world, number, email).await;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(250), "{number} {email}: not before its time, but in {took:?}");
        let headers: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
        answers.push((headers, answer.expect(StatusCode::ACCEPTED)));
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    assert_eq!(world.identity.letters().await.len(), 1, "one letter, to who it is for");
}

#[actix_web::test]
async fn numbers_cannot_be_walked() {
    let world = World::new().await;
    let (mine, others) = (form(&world, "lea@example.com").await, form(&world, "noe@example.com").await);
    let token = mine["access_token"].as_str().unwrap();
    let look = async |number: &str, token: Option<&str>| {
        let reply = world.call("GET", &format!("/api/v1/public/support-requests/{number}"), token, None).await;
        let mut problem = reply.json();
        problem["request_id"] = Value::Null;
        (reply.status.as_u16(), problem)
    };
    let unknown = look("TICKET-20240115-999", Some(token)).await;
    assert_eq!(unknown.0, 404);
    assert_eq!(look(number(&others), Some(token)).await, unknown, "another's is as one that is not there");
    for number in [number(&mine), number(&others), "TICKET-20240115-999"] {
        let (status, problem) = look(number, None).await;
        assert_eq!((status, &problem["code"]), (401, &json!("unauthenticated")), "{number}");
        let (status, problem) = look(number, Some(stranger())).await;
        assert_eq!((status, &problem["code"]), (401, &json!("identity.not_authenticated")), "{number}");
    }
}

/// The contact form's request, closed by an agent, with the visitor's token.
async fn closed(world: &World) -> (Value, String) {
    let opened = form(world, "lea@example.com").await;
    let token = opened["access_token"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/public/support-requests/{}", number(&opened));
    let rated = world.post(&format!("{path}/rate"), &token, json!({"rating": 5})).await;
    rated.problem(409, "support_request.illegal_transition");
    let followed = world.post(&format!("{path}/follow-up"), &token, json!({})).await;
    followed.problem(409, "support_request.illegal_transition");
    let agent = world.token(Role::Supervisor).await;
    let id = opened["support_request"]["id"].as_str().unwrap();
    world.post(&format!("/api/v1/support-requests/{id}/close"), &agent, json!({})).await.expect(StatusCode::OK);
    (opened, token)
}

#[actix_web::test]
async fn a_visitor_rates_by_number_with_the_token() {
    let world = World::new().await;
    let (opened, token) = closed(&world).await;
    let path = format!("/api/v1/public/support-requests/{}/rate", number(&opened));
    assert_eq!(world.post(&path, &token, json!({})).await.wrong_fields(), ["rating required"]);
    assert_eq!(world.post(&path, &token, json!({"rating": 6})).await.wrong_fields(), ["rating out_of_range"]);
    let rated = world.post(&path, &token, json!({"rating": 4, "comment": "Merci."})).await.expect(StatusCode::OK);
    assert_eq!((&rated["rating"]["score"], &rated["rating"]["comment"]), (&json!(4), &json!("Merci.")));
    let other = form(&world, "noe@example.com").await;
    let stranger_to_it = other["access_token"].as_str().unwrap();
    world.post(&path, stranger_to_it, json!({"rating": 1})).await.problem(404, "support_request.not_found");
    world.call("POST", &path, None, Some(json!({"rating": 1}))).await.problem(401, "unauthenticated");
    let agent = world.token(Role::Supervisor).await;
    world.post(&path, &agent, json!({"rating": 1})).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_visitor_goes_on_from_a_closed_request_and_the_new_token_opens_the_new_one() {
    let world = World::new().await;
    let (opened, token) = closed(&world).await;
    let path = format!("/api/v1/public/support-requests/{}/follow-up", number(&opened));
    let call = |body: Value| {
        let request = TestRequest::post().uri(&path).set_json(body);
        let request = request.insert_header(("idempotency-key", "once-and-for-all-0001"));
        world.send(request.insert_header(("authorization", format!("Bearer {token}"))))
    };
    let body = json!({"content": "Le problème est revenu.", "client_message_id": "again"});
    let next = call(body.clone()).await.expect(StatusCode::CREATED);
    let again = call(body).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(StatusCode::CREATED)["id"], next["id"], "the same again opens nothing");
    assert_eq!(
        next["follow_up_of"]["id"].as_str().or(next["follow_up_of"].as_str()),
        opened["support_request"]["id"].as_str()
    );
    assert_ne!(next["number"], opened["support_request"]["number"]);
    let fresh = next["access_token"].as_str().unwrap();
    let messages = format!("/api/v1/conversations/{}/messages", next["conversation_id"].as_str().unwrap());
    let read = world.get(&messages, fresh).await.expect(StatusCode::OK);
    assert_eq!(read["items"][0]["content"], "Le problème est revenu.");
    world.get(&messages, &token).await.problem(404, "chat.conversation_not_found");
    let other = form(&world, "noe@example.com").await;
    world
        .post(&path, other["access_token"].as_str().unwrap(), json!({}))
        .await
        .problem(404, "support_request.not_found");
}

#[actix_web::test]
async fn what_is_missing_or_wrong_is_named() {
    let world = World::new().await;
    let ask = |body| world.call("POST", LINK, None, Some(body));
    assert_eq!(ask(json!({"email": "a@b.fr"})).await.wrong_fields(), ["number required"]);
    assert_eq!(ask(json!({"number": "T-1"})).await.wrong_fields(), ["email required"]);
    assert_eq!(ask(json!({"number": "T-1", "email": "a@b.fr\r\nBcc: c@d.fr"})).await.wrong_fields(), ["email invalid"]);
    let elsewhere = json!({"organization": "x", "number": "T-1", "email": "a@b.fr"});
    ask(elsewhere).await.problem(404, "identity.organization_not_found");
}

#[actix_web::test]
async fn five_requests_a_minute_come_from_an_address_and_the_sixth_is_told() {
    let world = World::new().await;
    for n in 0..5 {
        form(&world, &format!("a{n}@example.com")).await;
    }
    let body = json!({"organization": "demo", "name": "Léa", "content": "Bonjour"});
    let refused = world.call("POST", "/api/v1/public/conversations", None, Some(body.clone())).await;
    assert_eq!((refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), (Some("5"), Some("0")));
    assert!(refused.header("retry-after").is_some());
    refused.problem(429, "rate_limited");
    world.pace.refill();
    world.call("POST", "/api/v1/public/conversations", None, Some(body)).await.expect(StatusCode::CREATED);
}
