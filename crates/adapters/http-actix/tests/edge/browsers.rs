use actix_web::{http::StatusCode, test::TestRequest};
use kernel::Role;

use super::world::{ORIGIN, SHOP, World};

const ALLOW: &str = "access-control-allow-origin";

#[actix_web::test]
async fn only_our_own_pages_and_the_organisations_sites_may_read_answers() {
    let world = World::new().await;
    let token = world.token(Role::Agent).await;
    for (origin, allowed) in [
        (ORIGIN, true),
        (SHOP, true),
        ("https://evil.example", false),
        ("null", false),
        ("https://shop.example.evil.io", false),
        ("http://shop.example", false),
        ("https://xshop.example", false),
    ] {
        for token in [Some(&token), None] {
            let mut request = TestRequest::get().uri("/api/v1/auth/me").insert_header(("origin", origin));
            if let Some(token) = token {
                request = request.insert_header(("authorization", format!("Bearer {token}")));
            }
            let reply = world.send(request).await;
            assert_eq!(reply.header(ALLOW), allowed.then_some(origin), "{origin}");
            assert!(reply.header("access-control-allow-credentials").is_none());
            assert!(reply.headers.get_all("vary").any(|value| value == "Origin"));
        }
    }
}

#[actix_web::test]
async fn a_browser_that_asks_first_is_told() {
    let world = World::new().await;
    let ask = |origin: &'static str| {
        let request = TestRequest::with_uri("/api/v1/support-requests").method(actix_web::http::Method::OPTIONS);
        let request =
            request.insert_header(("origin", origin)).insert_header(("access-control-request-method", "POST"));
        world.send(request.insert_header(("access-control-request-headers", "authorization, content-type")))
    };
    let allowed = ask(SHOP).await;
    assert_eq!(allowed.header(ALLOW), Some(SHOP));
    assert!(allowed.header("access-control-allow-methods").unwrap().contains("POST"));
    let headers = allowed.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("authorization") && headers.contains("idempotency-key"));
    assert!(allowed.header("access-control-expose-headers").unwrap().contains("idempotency-replayed"));
    assert_eq!(allowed.status, StatusCode::NO_CONTENT);
    let refused = ask("https://evil.example").await;
    assert!(refused.header(ALLOW).is_none() && refused.header("access-control-allow-methods").is_none());
}

#[actix_web::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let world = World::new().await;
    for path in ["/api/v1/auth/me", "/api/v1/nothing", "/health", "/", "/nothing"] {
        let reply = world.call("GET", path, None, None).await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(reply.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
        assert!(reply.header("content-security-policy").unwrap().contains("default-src"), "{path}");
        assert!(reply.header("x-request-id").is_some(), "{path}");
    }
    let api = world.call("GET", "/api/v1/auth/me", None, None).await;
    assert_eq!(api.header("cache-control"), Some("no-store"));
    let plain =
        World::with(http_actix::Settings { public_origin: "http://help.example".into(), docs: false }, None).await;
    assert!(plain.call("GET", "/health", None, None).await.header("strict-transport-security").is_none());
}

#[actix_web::test]
async fn a_sane_request_id_goes_on_and_another_is_replaced() {
    let world = World::new().await;
    let ask = |id: &'static str| world.send(TestRequest::get().uri("/health").insert_header(("x-request-id", id)));
    assert_eq!(ask("proxy-7f3a.12").await.header("x-request-id"), Some("proxy-7f3a.12"));
    for id in ["short", "with space in it", "<script>alert(1)</script>", "line\tbreaks-in-it"] {
        assert_ne!(ask(id).await.header("x-request-id"), Some(id));
    }
}
