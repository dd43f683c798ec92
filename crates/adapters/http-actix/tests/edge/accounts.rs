use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use identity::{LetterContent, OpenLetter, testing::PASSWORD};
use kernel::Role;
use serde_json::{Value, json};

use super::world::World;

fn registration(email: &str) -> Value {
    json!({"organization": "demo", "email": email, "password": PASSWORD, "first_name": "Lea", "last_name": "Martin"})
}

async fn ask(world: &World, path: &str, body: Value) -> super::world::Reply {
    world.call("POST", &format!("/api/v1{path}"), None, Some(body)).await
}

/// The token of the only letter that waits.
async fn link(world: &World) -> String {
    let letters = world.identity.letters().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    token(&letters[0])
}

fn token(letter: &OpenLetter) -> String {
    match &letter.content {
        LetterContent::EmailVerification { token, .. }
        | LetterContent::PasswordReset { token, .. }
        | LetterContent::Invitation { token, .. }
        | LetterContent::AccessLink { token, .. } => token.clone(),
        LetterContent::AlreadyRegistered { .. } => panic!("no link in it"),
    }
}

#[actix_web::test]
async fn a_customer_registers_and_sees_what_was_asked_under_the_same_address_before() {
    let world = World::new().await;
    let body = json!({"organization": "demo", "name": "Léa", "email": "lea@example.com", "content": "Bonjour"});
    let opened = ask(&world, "/public/conversations", body).await.expect(StatusCode::CREATED);
    ask(&world, "/auth/register", registration("Lea@Example.com")).await.expect(StatusCode::ACCEPTED);
    let login = json!({"organization": "demo", "email": "lea@example.com", "password": PASSWORD});
    ask(&world, "/auth/login", login.clone()).await.problem(401, "identity.bad_credentials");
    let link = link(&world).await;
    let proof = json!({"token": link, "password": PASSWORD});
    let user = ask(&world, "/auth/email/verify", proof.clone()).await.expect(StatusCode::OK);
    assert_eq!((&user["email"], &user["role"]), (&json!("lea@example.com"), &json!("customer")));
    ask(&world, "/auth/email/verify", proof).await.problem(404, "identity.link_invalid");

    let signed_in = ask(&world, "/auth/login", login).await.expect(StatusCode::OK);
    let session = signed_in["access_token"].as_str().unwrap();
    let own = world.get("/api/v1/support-requests", session).await.expect(StatusCode::OK);
    assert_eq!((&own["total"], &own["items"][0]["id"]), (&json!(1), &opened["support_request"]["id"]));
    let path = format!("/api/v1/conversations/{}/messages", opened["conversation"]["id"].as_str().unwrap());
    let read = world.get(&path, session).await.expect(StatusCode::OK);
    assert_eq!(read["items"][0]["sender"]["id"], user["id"], "the participant keeps its id");
    let body = json!({"client_message_id": "m2", "content": "Et avec mon compte."});
    world.post(&path, session, body).await.expect(StatusCode::CREATED);
    // The token of then goes on to open the one request, and nothing of the account.
    let token = opened["access_token"].as_str().unwrap();
    assert_eq!(world.get(&path, token).await.expect(StatusCode::OK)["items"].as_array().unwrap().len(), 2);
    world.get("/api/v1/auth/me", token).await.problem(403, "forbidden");
    world.introduce(&world.identity.identity.authenticate(session).await.unwrap());
    let mine = json!({"subject": "Une autre demande", "content": "Bonjour", "client_message_id": "first"});
    let mine = world.post("/api/v1/conversations", session, mine).await.expect(StatusCode::CREATED);
    let path = format!("/api/v1/conversations/{}", mine["conversation"]["id"].as_str().unwrap());
    world.get(&path, token).await.problem(404, "chat.conversation_not_found");
}

#[actix_web::test]
async fn the_link_of_a_registration_asks_for_its_password_five_times_and_no_more() {
    let world = World::new().await;
    ask(&world, "/auth/register", registration("lea@example.com")).await.expect(StatusCode::ACCEPTED);
    let link = link(&world).await;
    let verify = |password: &str| ask(&world, "/auth/email/verify", json!({"token": link, "password": password}));
    assert_eq!(verify("").await.wrong_fields(), ["password required"]);
    let sign_in = json!({"organization": "demo", "email": "lea@example.com", "password": "cinq chevaux bleus"});
    let wrong = ask(&world, "/auth/login", sign_in).await.problem(401, "identity.bad_credentials");
    for _ in 0..5 {
        let refused = verify("cinq chevaux bleus").await.problem(401, "identity.bad_credentials");
        assert_eq!((&refused["title"], &refused["detail"]), (&wrong["title"], &wrong["detail"]), "as a wrong sign-in");
    }
    let refused = verify(PASSWORD).await;
    assert_eq!(refused.header("ratelimit-limit"), Some("5"), "of the link, not of the caller's address");
    refused.problem(429, "rate_limited");
    world.pace.refill();
    let user = verify(PASSWORD).await.expect(StatusCode::OK);
    assert_eq!(user["email"], "lea@example.com");
}

#[actix_web::test]
async fn the_owner_of_an_address_that_a_stranger_registered_chooses_the_password() {
    let world = World::new().await;
    ask(&world, "/auth/register", registration("lea@example.com")).await.expect(StatusCode::ACCEPTED);
    let strangers = link(&world).await;
    let body = json!({"organization": "demo", "email": "lea@example.com"});
    ask(&world, "/auth/password/forgot", body).await.expect(StatusCode::ACCEPTED);
    let own = json!({"token": link(&world).await, "password": "cinq chevaux bleus"});
    ask(&world, "/auth/password/reset", own.clone()).await.expect(StatusCode::NO_CONTENT);
    ask(&world, "/auth/password/reset", own).await.problem(404, "identity.link_invalid");
    let proof = json!({"token": strangers, "password": PASSWORD});
    ask(&world, "/auth/email/verify", proof).await.problem(404, "identity.link_invalid");
    let login = |password| {
        ask(&world, "/auth/login", json!({"organization": "demo", "email": "lea@example.com", "password": password}))
    };
    login(PASSWORD).await.problem(401, "identity.bad_credentials");
    login("cinq chevaux bleus").await.expect(StatusCode::OK);
}

#[actix_web::test]
async fn nobody_learns_who_has_an_account() {
    let world = World::new().await;
    for (path, known, unknown) in [
        ("/auth/register", registration("customer@demo.test"), registration("lea@example.com")),
        (
            "/auth/password/forgot",
            json!({"organization": "demo", "email": "customer@demo.test"}),
            json!({"organization": "demo", "email": "nobody@demo.test"}),
        ),
    ] {
        let mut answers = Vec::new();
        for body in [known, unknown] {
            let began = Instant::now();
            let answer = ask(&world, path, body).await;
            assert!(began.elapsed() >= Duration::from_millis(250), "{path}: not before its time");
            let headers: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
            answers.push((headers, answer.expect(StatusCode::ACCEPTED)));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
    let kinds: Vec<_> = world.identity.letters().await.iter().map(|letter| letter.content.kind()).collect();
    assert_eq!(kinds.len(), 3);
    for kind in ["already_registered", "email_verification", "password_reset"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
}

#[actix_web::test]
async fn a_forgotten_password_is_set_anew_by_the_link_and_ends_the_sessions() {
    let world = World::new().await;
    let session = world.token(Role::Customer).await;
    let body = json!({"organization": "demo", "email": "customer@demo.test"});
    ask(&world, "/auth/password/forgot", body).await.expect(StatusCode::ACCEPTED);
    let link = link(&world).await;
    let set = |password: &str| ask(&world, "/auth/password/reset", json!({"token": link, "password": password}));
    assert_eq!(set("motdepasse").await.wrong_fields(), ["password password_too_common"]);
    set("cinq chevaux bleus").await.expect(StatusCode::NO_CONTENT);
    set("six chevaux rouges").await.problem(404, "identity.link_invalid");
    world.get("/api/v1/auth/me", &session).await.problem(401, "identity.token_revoked");
    let login = json!({"organization": "demo", "email": "customer@demo.test", "password": "cinq chevaux bleus"});
    ask(&world, "/auth/login", login).await.expect(StatusCode::OK);
}

#[actix_web::test]
async fn an_administrator_invites_and_the_invited_choose_their_password() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let invite = |body: Value, token: String| {
        let world = &world;
        async move { world.post("/api/v1/auth/invitations", &token, body).await }
    };
    let body = json!({"email": "New@demo.test", "role": "supervisor", "language": "en"});
    for role in [Role::Customer, Role::Agent, Role::Supervisor] {
        invite(body.clone(), world.token(role).await).await.problem(403, "forbidden");
    }
    let invited = invite(body.clone(), admin.clone()).await.expect(StatusCode::ACCEPTED);
    assert_eq!((&invited["email"], &invited["role"]), (&json!("new@demo.test"), &json!("supervisor")));
    let wrong = invite(json!({"email": "x", "language": "de"}), admin.clone()).await.wrong_fields();
    assert_eq!(wrong, ["email invalid", "role required", "language unknown"]);
    invite(json!({"email": "agent@demo.test", "role": "agent"}), admin.clone())
        .await
        .problem(409, "identity.email_taken");

    let link = link(&world).await;
    let accept = |changes: Value| {
        let mut body = json!({"token": link, "password": PASSWORD, "first_name": "Noé", "last_name": "Petit"});
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        ask(&world, "/auth/invitations/accept", body)
    };
    let wrong = accept(json!({"password": "court", "first_name": ""})).await.wrong_fields();
    assert_eq!(wrong, ["first_name required", "password too_short"]);
    let user = accept(json!({"role": "admin", "email": "boss@demo.test"})).await.expect(StatusCode::OK);
    assert_eq!((&user["role"], &user["email"]), (&json!("supervisor"), &json!("new@demo.test")), "as it was offered");
    accept(json!({})).await.problem(404, "identity.link_invalid");
}

#[actix_web::test]
async fn what_is_missing_or_wrong_is_named_and_sends_nothing() {
    let world = World::new().await;
    let wrong = ask(&world, "/auth/register", json!({"email": "x", "password": "Maison demo 24"})).await.wrong_fields();
    assert_eq!(
        wrong,
        ["email invalid", "password password_names_organization", "first_name required", "last_name required"]
    );
    let mut language = registration("a@example.com");
    language["language"] = json!("de");
    assert_eq!(ask(&world, "/auth/register", language).await.wrong_fields(), ["language unknown"]);
    assert_eq!(ask(&world, "/auth/password/forgot", json!({})).await.wrong_fields(), ["email required"]);
    for path in ["/auth/email/verify", "/auth/password/reset", "/auth/invitations/accept"] {
        assert_eq!(ask(&world, path, json!({})).await.wrong_fields(), ["token required"]);
        let unknown = json!({"token": "act_x", "password": PASSWORD, "first_name": "A", "last_name": "B"});
        ask(&world, path, unknown).await.problem(404, "identity.link_invalid");
    }
    let elsewhere = json!({"organization": "x", "email": "a@example.com"});
    ask(&world, "/auth/password/forgot", elsewhere).await.problem(404, "identity.organization_not_found");
    assert!(world.identity.letters().await.is_empty());
}

#[actix_web::test]
async fn three_letters_an_hour_go_to_an_address_and_the_fourth_is_refused_whoever_it_is() {
    let world = World::new().await;
    for email in ["customer@demo.test", "nobody@demo.test"] {
        let body = json!({"organization": "demo", "email": email});
        for _ in 0..3 {
            ask(&world, "/auth/password/forgot", body.clone()).await.expect(StatusCode::ACCEPTED);
        }
        let refused = ask(&world, "/auth/password/forgot", body).await;
        for (name, value) in
            [("retry-after", "3"), ("ratelimit-limit", "3"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "3")]
        {
            assert_eq!(refused.header(name), Some(value), "{name}");
        }
        refused.problem(429, "rate_limited");
    }
}

#[actix_web::test]
async fn ten_attempts_a_minute_come_from_an_address() {
    let world = World::new().await;
    for n in 0..10 {
        let body = json!({"organization": "demo", "email": format!("a{n}@example.com"), "password": "x"});
        ask(&world, "/auth/register", body).await.problem(422, "invalid");
    }
    ask(&world, "/auth/register", registration("lea@example.com")).await.problem(429, "rate_limited");
    world.pace.refill();
    ask(&world, "/auth/register", registration("lea@example.com")).await.expect(StatusCode::ACCEPTED);
}

#[actix_web::test]
async fn one_changes_the_own_password_with_the_present_one() {
    let world = World::new().await;
    let session = world.token(Role::Customer).await;
    let change = |body| world.call("PATCH", "/api/v1/auth/me", Some(&session), Some(body));
    let new = "cinq chevaux bleus";
    assert_eq!(change(json!({"password": new})).await.wrong_fields(), ["current_password required"]);
    assert_eq!(change(json!({"current_password": new})).await.wrong_fields(), ["password required"]);
    let wrong = change(json!({"password": new, "current_password": "not this one"})).await.wrong_fields();
    assert_eq!(wrong, ["current_password password_wrong"]);
    let wrong = change(json!({"password": "azertyuiop", "current_password": PASSWORD})).await.wrong_fields();
    assert_eq!(wrong, ["password password_too_common"]);
    change(json!({"password": new, "current_password": PASSWORD})).await.expect(StatusCode::OK);
    change(json!({"first_name": "Zoë"})).await.problem(401, "identity.token_revoked");
}

#[actix_web::test]
async fn ten_sign_ins_a_minute_come_from_an_address_and_the_right_password_waits_too() {
    let world = World::new().await;
    let login = |password: &str| {
        ask(&world, "/auth/login", json!({"organization": "demo", "email": "agent@demo.test", "password": password}))
    };
    for _ in 0..10 {
        login("wrong").await.problem(401, "identity.bad_credentials");
    }
    let refused = login(PASSWORD).await;
    assert_eq!(refused.header("ratelimit-limit"), Some("10"));
    refused.problem(429, "rate_limited");
    world.pace.refill();
    login(PASSWORD).await.expect(StatusCode::OK);
}
