use std::sync::atomic::Ordering;

use actix_web::http::StatusCode;
use http_actix::Settings;
use serde_json::json;

use super::world::{ORIGIN, World};

#[actix_web::test]
async fn health_tells_the_process_from_its_parts() {
    let world = World::new().await;
    let look = |path: &'static str| world.call("GET", path, None, None);
    let healthy = json!({"status": "ok", "service": "guichet"});
    assert_eq!(look("/health").await.expect(StatusCode::OK), healthy);
    assert_eq!(look("/health/live").await.expect(StatusCode::OK), healthy);
    let ready = json!({"status": "ok", "parts": [{"name": "database", "status": "ok", "took_ms": 1}]});
    assert_eq!(look("/health/ready").await.expect(StatusCode::OK), ready);
    assert_eq!(look("/status").await.expect(StatusCode::OK), json!({"status": "ok", "database": "connected"}));
    world.switches.bus_down.store(true, Ordering::SeqCst);
    let degraded = look("/health/ready").await.expect(StatusCode::OK);
    assert_eq!((&degraded["status"], &degraded["parts"][0]["status"]), (&json!("degraded"), &json!("ok")));
    assert_eq!(degraded["parts"][1], json!({"name": "bus", "status": "unavailable", "took_ms": 1}));
    assert_eq!(look("/status").await.expect(StatusCode::OK)["status"], json!("ok"));
    world.switches.database_down.store(true, Ordering::SeqCst);
    assert_eq!(look("/health/live").await.expect(StatusCode::OK), healthy, "the process is alive all the same");
    let down = look("/health/ready").await.expect(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((&down["status"], &down["parts"][0]["status"]), (&json!("unavailable"), &json!("unavailable")));
    let old = look("/status").await.expect(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(old, json!({"status": "unavailable", "database": "disconnected"}));
}

#[actix_web::test]
async fn figures_are_for_whoever_has_the_token() {
    let world = World::new().await;
    world.call("GET", "/metrics", None, None).await.problem(401, "unauthenticated");
    for token in ["wrong", "figures-pleasE", "figures-please-"] {
        world.call("GET", "/metrics", Some(token), None).await.problem(401, "unauthenticated");
    }
    let figures = world.call("GET", "/metrics", Some("figures-please"), None).await;
    assert_eq!(figures.text(), "guichet_up 1\n");
    let without = World::with(Settings { public_origin: ORIGIN.into(), docs: true }, None).await;
    without.call("GET", "/metrics", Some("figures-please"), None).await.problem(404, "not_found");
}

#[actix_web::test]
async fn the_public_keys_are_there_for_everybody() {
    let world = World::new().await;
    let keys = world.call("GET", "/.well-known/jwks.json", None, None).await;
    assert_eq!(keys.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(keys.expect(StatusCode::OK)["keys"].as_array().unwrap().len(), 1);
}
