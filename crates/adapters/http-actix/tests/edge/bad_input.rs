use actix_web::{
    http::{Method, StatusCode},
    test::TestRequest,
};
use kernel::Role;
use serde_json::{Value, json};

use super::world::{World, stranger};

/// Every operation of the document, with ids that name nothing.
fn operations() -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(&http_actix::document_json().unwrap()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let nothing = "00000000-0000-0000-0000-0000000fffff";
        let path = path
            .replace("{id}", nothing)
            .replace("{message_id}", nothing)
            .replace("{note_id}", nothing)
            .replace("{number}", "TICKET-1");
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    assert!(operations.len() >= 38);
    operations
}

#[actix_web::test]
async fn an_operation_that_takes_a_token_refuses_whoever_has_none_that_is_good() {
    let world = World::new().await;
    for (method, path, operation) in operations() {
        let needs_token = operation["security"].as_array().is_some_and(|ways| !ways.contains(&json!({})));
        if !needs_token {
            continue;
        }
        let body = operation.get("requestBody").map(|_| json!({}));
        world.call(&method, &path, None, body.clone()).await.problem(401, "unauthenticated");
        for token in ["x", "a.b.c", stranger(), "grt_x", &"a".repeat(4_000)] {
            world.call(&method, &path, Some(token), body.clone()).await.problem(401, "identity.not_authenticated");
        }
        let basic = TestRequest::with_uri(&path).method(Method::from_bytes(method.as_bytes()).unwrap());
        world.send(basic.insert_header(("authorization", "Basic dXNlcjpwYXNz"))).await.problem(401, "unauthenticated");
    }
}

#[actix_web::test]
async fn an_operation_that_takes_a_body_refuses_what_is_none() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    for (method, path, operation) in operations() {
        if operation.pointer("/requestBody/content/application~1json").is_none() {
            continue;
        }
        let call = |kind: &'static str, body: Vec<u8>| {
            let request = TestRequest::with_uri(&path).method(Method::from_bytes(method.as_bytes()).unwrap());
            let request = request.insert_header(("authorization", format!("Bearer {admin}")));
            world.send(request.insert_header(("content-type", kind)).set_payload(body))
        };
        for body in ["{", "{}{}", "\u{feff}{}", "nonsense", "{'a':1}", "{\"a\":NaN}"] {
            call("application/json", body.into()).await.problem(400, "malformed");
        }
        call("application/json", b"{\"a\":\"\xff\"}".to_vec()).await.problem(400, "malformed");
        call("application/json", "[".repeat(10_000).into_bytes()).await.problem(400, "malformed");
        assert_eq!(call("application/json", b"[]".to_vec()).await.wrong_fields(), ["body invalid"], "{path}");
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"] {
            call(kind, b"{}".to_vec()).await.problem(415, "unsupported_media_type");
        }
        call("application/json", vec![b' '; 256 * 1024 + 1]).await.problem(413, "too_large");
    }
}

#[actix_web::test]
async fn a_compressed_body_is_refused_unread() {
    let world = World::new().await;
    let request = TestRequest::post().uri("/api/v1/auth/login").insert_header(("content-encoding", "gzip"));
    let request = request.insert_header(("content-type", "application/json")).set_payload(vec![0x1f, 0x8b, 8, 0]);
    world.send(request).await.problem(415, "unsupported_media_type");
}

#[actix_web::test]
async fn an_id_that_is_none_names_nothing() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    for id in [
        "x",
        "0",
        "00000000000000000000000000000007",
        "%7B00000000-0000-0000-0000-000000000007%7D",
        "..",
        "%00",
        "1%20OR%201=1",
        &"a".repeat(5_000),
    ] {
        for rest in [
            "support-requests",
            "conversations",
            "users",
            "auth/sessions",
            "support-requests/by-number",
            "public/support-requests",
        ] {
            let method = if rest == "auth/sessions" { "DELETE" } else { "GET" };
            let reply = world.call(method, &format!("/api/v1/{rest}/{id}"), Some(&admin), None).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{rest}/{id}");
            assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        }
    }
}

#[actix_web::test]
async fn another_method_is_told_which_ones_there_are() {
    let world = World::new().await;
    for (method, path, allow) in [
        ("DELETE", "/api/v1/support-requests", "GET, HEAD, POST"),
        ("GET", "/api/v1/auth/login", "POST"),
        ("HEAD", "/api/v1/auth/login", "POST"),
        ("PUT", "/api/v1/users/00000000-0000-0000-0000-000000000007", "GET, HEAD, PATCH"),
        ("TRACE", "/api/v1/auth/me", "GET, HEAD, PATCH"),
        ("POST", "/health", "GET, HEAD"),
        ("PROPFIND", "/api/v1/conversations", "GET, HEAD, POST"),
    ] {
        let reply = world.call(method, path, None, None).await;
        assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
        reply.problem(405, "method_not_allowed");
    }
    let request = TestRequest::post().uri("/api/v1/auth/me").insert_header(("x-http-method-override", "GET"));
    world.send(request).await.problem(405, "method_not_allowed");
    for path in
        ["/api/v1/nothing", "/api/v1", "/api/v1/", "/api/v2/auth/me", "/api/v1/support-requests/", "/api/v1//auth/me"]
    {
        world.call("GET", path, None, None).await.problem(404, "not_found");
        world.call("POST", path, None, Some(json!({}))).await.problem(404, "not_found");
    }
}

#[actix_web::test]
async fn a_head_is_answered_like_a_get() {
    let world = World::new().await;
    let token = world.token(Role::Agent).await;
    for path in ["/health", "/", "/api/v1/auth/me"] {
        let reply = world.call("HEAD", path, Some(&token), None).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
    }
}

#[actix_web::test]
async fn unknown_fields_and_parameters_change_nothing() {
    let world = World::new().await;
    let agent = world.token(Role::Agent).await;
    let role =
        json!({"subject": "Retard", "description": "", "org_id": "x", "role": "admin", "is_admin": true, "seq": 9});
    world.post("/api/v1/support-requests", &agent, role).await.expect(StatusCode::CREATED);
    let me = world.get("/api/v1/auth/me?organization=elsewhere&role=admin", &agent).await.expect(StatusCode::OK);
    assert_eq!(me["role"], "agent");
}
