use actix_web::{http::StatusCode, test::TestRequest};
use identity::testing::PASSWORD;
use kernel::Role;
use serde_json::{Value, json};

use super::world::{ORIGIN, Reply, World};

fn credentials() -> Value {
    json!({"organization": "demo", "email": "agent@demo.test", "password": PASSWORD})
}

/// A call of our own page.
fn browser(path: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header(("x-guichet-client", "browser")).insert_header(("origin", ORIGIN))
}

fn cookie(reply: &Reply) -> &str {
    reply.header("set-cookie").unwrap()
}

#[actix_web::test]
async fn signing_in_gives_tokens_and_the_user() {
    let world = World::new().await;
    let body = world.call("POST", "/api/v1/auth/login", None, Some(credentials())).await.expect(StatusCode::OK);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    assert!(body["refresh_token"].as_str().unwrap().starts_with("grt_"));
    let user = &body["user"];
    assert_eq!(user["email"], "agent@demo.test");
    assert_eq!((&user["first_name"], &user["role"], &user["language"]), (&json!("Ada"), &json!("agent"), &json!("fr")));
    assert_eq!(user["organization_id"], world.identity.organization.id.to_string());
    let me = world.get("/api/v1/auth/me", body["access_token"].as_str().unwrap()).await.expect(StatusCode::OK);
    assert_eq!(&me, user);
}

#[actix_web::test]
async fn an_unknown_email_and_a_wrong_password_look_the_same() {
    let world = World::new().await;
    let mut bodies = Vec::new();
    for (email, password) in
        [("nobody@demo.test", PASSWORD), ("agent@demo.test", "wrong password"), ("no email", PASSWORD)]
    {
        let body = json!({"organization": "demo", "email": email, "password": password});
        let reply = world.call("POST", "/api/v1/auth/login", None, Some(body)).await;
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"guichet\""));
        let mut problem = reply.problem(401, "identity.bad_credentials");
        problem["request_id"].take();
        bodies.push(problem);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[actix_web::test]
async fn the_organisation_is_the_only_one_there_is_unless_named() {
    let world = World::new().await;
    let login = |body: Value| world.call("POST", "/api/v1/auth/login", None, Some(body));
    login(json!({"email": "agent@demo.test", "password": PASSWORD})).await.expect(StatusCode::OK);
    let key = world.identity.organization.widget_key.as_str();
    login(json!({"organization": key, "email": "agent@demo.test", "password": PASSWORD})).await.expect(StatusCode::OK);
    let unknown = json!({"organization": "elsewhere", "email": "agent@demo.test", "password": PASSWORD});
    login(unknown).await.problem(404, "identity.organization_not_found");
}

#[actix_web::test]
async fn a_program_refreshes_with_its_body_and_an_old_token_ends_the_session() {
    let world = World::new().await;
    let first = world.call("POST", "/api/v1/auth/login", None, Some(credentials())).await.expect(StatusCode::OK);
    let refresh =
        |token: &Value| world.call("POST", "/api/v1/auth/refresh", None, Some(json!({"refresh_token": token})));
    let second = refresh(&first["refresh_token"]).await.expect(StatusCode::OK);
    let again = refresh(&first["refresh_token"]).await.expect(StatusCode::OK);
    assert_eq!(again["refresh_token"], second["refresh_token"], "the answer may have been lost");
    world.identity.env.pass(std::time::Duration::from_secs(11));
    refresh(&first["refresh_token"]).await.problem(401, "identity.token_reused");
    refresh(&second["refresh_token"]).await.problem(401, "identity.session_ended");
    let access = second["access_token"].as_str().unwrap();
    world.get("/api/v1/auth/me", access).await.problem(401, "identity.token_revoked");
}

#[actix_web::test]
async fn a_browsers_refresh_token_is_in_a_cookie_that_no_script_reads() {
    let world = World::new().await;
    let signed_in = world.send(browser("/api/v1/auth/login").set_json(credentials())).await;
    let set = cookie(&signed_in).to_owned();
    assert!(set.starts_with("__Host-guichet_refresh=grt_"), "{set}");
    for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/", "Max-Age=2592000"] {
        assert!(set.split("; ").any(|found| found == part), "{part} in {set}");
    }
    assert!(signed_in.expect(StatusCode::OK).get("refresh_token").is_none());

    let pair = set.split(';').next().unwrap();
    let refreshed = world.send(browser("/api/v1/auth/refresh").insert_header(("cookie", pair))).await;
    assert!(cookie(&refreshed).starts_with("__Host-guichet_refresh=grt_"));
    let access = refreshed.expect(StatusCode::OK)["access_token"].as_str().unwrap().to_owned();

    let out = world.send(browser("/api/v1/auth/logout").insert_header(("cookie", pair))).await;
    assert!(cookie(&out).starts_with("__Host-guichet_refresh=;"), "{}", cookie(&out));
    assert!(cookie(&out).contains("Max-Age=0") && cookie(&out).contains("Secure"));
    out.expect(StatusCode::NO_CONTENT);
    world.get("/api/v1/auth/me", &access).await.problem(401, "identity.token_revoked");

    let late = world.send(browser("/api/v1/auth/refresh").insert_header(("cookie", pair))).await;
    assert!(cookie(&late).starts_with("__Host-guichet_refresh=;"), "a cookie that is good for nothing goes");
    late.problem(401, "identity.session_ended");
}

#[actix_web::test]
async fn without_tls_the_cookie_goes_to_the_sign_in_paths_only() {
    let settings = http_actix::Settings { public_origin: "http://help.example".into(), docs: false };
    let world = World::with(settings, None).await;
    let request = TestRequest::post().uri("/api/v1/auth/login").insert_header(("x-guichet-client", "browser"));
    let reply = world.send(request.insert_header(("origin", "http://help.example")).set_json(credentials())).await;
    let set = cookie(&reply);
    assert!(set.starts_with("guichet_refresh=grt_") && set.contains("Path=/api/v1/auth") && set.contains("HttpOnly"));
    assert!(!set.contains("Secure"));
}

#[actix_web::test]
async fn the_cookie_is_of_no_use_to_other_sites() {
    let world = World::new().await;
    let signed_in = world.send(browser("/api/v1/auth/login").set_json(credentials())).await;
    let pair = cookie(&signed_in).split(';').next().unwrap().to_owned();
    let refresh = || TestRequest::post().uri("/api/v1/auth/refresh").insert_header(("cookie", pair.clone()));
    for origin in
        ["https://evil.example", "null", "http://help.example", "https://help.example.evil.io", "https://shop.example"]
    {
        let request = refresh().insert_header(("x-guichet-client", "browser")).insert_header(("origin", origin));
        world.send(request).await.problem(403, "forbidden");
    }
    let request =
        refresh().insert_header(("x-guichet-client", "browser")).insert_header(("sec-fetch-site", "cross-site"));
    world.send(request).await.problem(403, "forbidden");
    world.send(refresh()).await.problem(401, "unauthenticated");
    let form = refresh().insert_header(("content-type", "text/plain")).set_payload("{}");
    world.send(form).await.problem(415, "unsupported_media_type");
}

#[actix_web::test]
async fn signing_out_ends_the_session_and_may_be_repeated() {
    let world = World::new().await;
    let token = world.token(Role::Customer).await;
    world.call("POST", "/api/v1/auth/logout", Some(&token), None).await.expect(StatusCode::NO_CONTENT);
    world.get("/api/v1/auth/me", &token).await.problem(401, "identity.token_revoked");
    world.call("POST", "/api/v1/auth/logout", Some(&token), None).await.expect(StatusCode::NO_CONTENT);
    world.call("POST", "/api/v1/auth/logout", None, None).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn one_sees_and_ends_ones_own_sessions() {
    let world = World::new().await;
    let (here, there) = (world.token(Role::Agent).await, world.token(Role::Agent).await);
    let sessions = world.get("/api/v1/auth/sessions", &here).await.expect(StatusCode::OK);
    let items = sessions["items"].as_array().unwrap();
    assert!(items.iter().filter(|session| session["current"] == true).count() == 1);
    let id_of = |token: &str| {
        let token = token.to_owned();
        let world = &world;
        async move {
            let all = world.get("/api/v1/auth/sessions", &token).await.expect(StatusCode::OK);
            let items = all["items"].as_array().unwrap().clone();
            items.into_iter().find(|session| session["current"] == true).unwrap()["id"].as_str().unwrap().to_owned()
        }
    };
    let path = format!("/api/v1/auth/sessions/{}", id_of(&there).await);
    let customer = world.token(Role::Customer).await;
    world.call("DELETE", &path, Some(&customer), None).await.problem(404, "identity.session_not_found");
    world.call("DELETE", &path, Some(&here), None).await.expect(StatusCode::NO_CONTENT);
    world.get("/api/v1/auth/me", &there).await.problem(401, "identity.token_revoked");
    world.get("/api/v1/auth/me", &here).await.expect(StatusCode::OK);
}
