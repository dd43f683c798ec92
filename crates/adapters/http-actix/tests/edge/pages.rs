use std::sync::atomic::Ordering;

use actix_web::{http::StatusCode, test::TestRequest};
use http_actix::Settings;

use super::world::{ORIGIN, World};

#[actix_web::test]
async fn pages_are_asked_for_anew_and_hashed_files_never() {
    let world = World::new().await;
    let page = world.call("GET", "/console/requests/7", None, None).await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, Some("no-cache")));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'self'") && !policy.contains("unsafe")
    );
    let script = world.call("GET", "/console/assets/index-Ab12Cd34.js", None, None).await;
    assert_eq!(script.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let known =
        world.send(TestRequest::get().uri("/console/").insert_header(("if-none-match", "W/\"abc\", \"x\""))).await;
    assert_eq!((known.status, known.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    world.call("GET", "/no-such-page", None, None).await.problem(404, "not_found");
}

#[actix_web::test]
async fn the_widget_may_be_loaded_by_any_site_and_pages_by_none() {
    let world = World::new().await;
    let widget = world.call("GET", "/widget.js", None, None).await;
    assert_eq!(widget.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(widget.header("access-control-allow-origin"), Some("*"));
    assert_eq!(widget.header("cache-control"), Some("no-cache"));
    // What it loads later comes from here too, as a module, which browsers fetch under the rules for other origins.
    let files = world.call("GET", "/widget-files-Ab12Cd34.js", None, None).await;
    assert_eq!(files.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(files.header("access-control-allow-origin"), Some("*"));
    let tracker = world.call("GET", "/tracker.js", None, None).await;
    assert_eq!(tracker.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(tracker.header("access-control-allow-origin"), Some("*"));
    for path in ["/console/", "/r/TICKET-20240115-001", "/help/contact", "/account"] {
        let page = world.call("GET", path, None, None).await;
        assert!(page.header("access-control-allow-origin").is_none(), "{path}");
        // The token of a link stands behind the `#` of such an address.
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
    }
}

#[actix_web::test]
async fn a_page_goes_out_in_the_form_that_was_compressed_ahead() {
    let world = World::new().await;
    let ask = async |accepts: &'static str| {
        world.send(TestRequest::get().uri("/widget.js").insert_header(("accept-encoding", accepts))).await
    };
    for (accepts, coding, bytes, etag) in [
        ("gzip, deflate, br", "br", &b"as brotli"[..], "\"abc-br\""),
        ("br", "br", b"as brotli", "\"abc-br\""),
        ("gzip, deflate", "gzip", b"as gzip", "\"abc-gz\""),
        ("br;q=0.1, gzip", "gzip", b"as gzip", "\"abc-gz\""),
        ("br;q=0, gzip", "gzip", b"as gzip", "\"abc-gz\""),
        // What was not compressed ahead is not compressed again and again at each answer.
        ("deflate", "identity", b"<!doctype html>", "\"abc\""),
        ("identity", "identity", b"<!doctype html>", "\"abc\""),
    ] {
        let widget = ask(accepts).await;
        assert_eq!((widget.status, widget.header("content-encoding")), (StatusCode::OK, Some(coding)), "{accepts}");
        assert_eq!(widget.bytes, bytes, "{accepts}");
        assert_eq!((widget.header("etag"), widget.header("vary")), (Some(etag), Some("accept-encoding")), "{accepts}");
        assert_eq!(widget.header("content-type"), Some("text/html; charset=utf-8"), "{accepts}");
    }
    let plain = world.call("GET", "/widget.js", None, None).await;
    assert_eq!((plain.header("content-encoding"), plain.bytes.as_slice()), (None, &b"<!doctype html>"[..]));
    assert_eq!((plain.header("etag"), plain.header("vary")), (Some("\"abc\""), Some("accept-encoding")));
}

#[actix_web::test]
async fn a_form_that_is_known_is_not_sent_again_and_another_form_is() {
    let world = World::new().await;
    let ask = async |accepts: &'static str, knows: &'static str| {
        let request = TestRequest::get().uri("/console/");
        world.send(request.insert_header(("accept-encoding", accepts)).insert_header(("if-none-match", knows))).await
    };
    let known = ask("br", "\"abc-br\"").await;
    assert_eq!((known.status, known.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!((known.header("etag"), known.header("vary")), (Some("\"abc-br\""), Some("accept-encoding")));
    let other = ask("gzip", "\"abc-br\"").await;
    assert_eq!((other.status, other.bytes.as_slice()), (StatusCode::OK, &b"as gzip"[..]));
}

#[actix_web::test]
async fn a_server_without_its_pages_says_what_to_run() {
    let world = World::new().await;
    world.switches.pages_missing.store(true, Ordering::SeqCst);
    for path in ["/", "/console", "/console/x", "/r/TICKET-20240115-001", "/help/contact", "/account", "/account/reset"]
    {
        let reply = world.call("GET", path, None, None).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(reply.text().contains("cargo xtask web"));
    }
    world.call("GET", "/other", None, None).await.problem(404, "not_found");
}

#[actix_web::test]
async fn the_document_is_served_with_a_page_that_needs_no_other_site() {
    let world = World::new().await;
    let document = world.call("GET", "/api/v1/openapi.json", None, None).await.expect(StatusCode::OK);
    assert_eq!(document["openapi"], "3.1.0");
    let redirect = world.call("GET", "/api/docs", None, None).await;
    assert_eq!(redirect.header("location"), Some("/api/docs/"));
    let page = world.call("GET", "/api/docs/", None, None).await;
    assert!(page.text().contains("swagger-ui"), "{}", page.text());
    assert!(!page.text().contains("https://") || !page.text().contains("<script src=\"https"));
    let settings = world.call("GET", "/api/docs/swagger-initializer.js", None, None).await;
    assert!(settings.text().contains("/api/v1/openapi.json"));
    assert_eq!(world.call("GET", "/api/docs/swagger-ui.css", None, None).await.status, StatusCode::OK);
    world.call("GET", "/api/docs/nothing.js", None, None).await.problem(404, "not_found");
}

#[actix_web::test]
async fn the_asyncapi_document_is_served_beside_what_it_refers_to() {
    let world = World::new().await;
    let document = world.call("GET", "/api/v1/asyncapi.yaml", None, None).await;
    assert_eq!(document.header("content-type"), Some("application/yaml"));
    assert_eq!(document.text(), http_actix::ASYNCAPI);
    let samples = http_actix::ASYNCAPI.split("$ref: './frames/").skip(1).filter_map(|rest| rest.split('\'').next());
    let samples: Vec<&str> = samples.collect();
    assert!(samples.len() > 34, "{samples:?}");
    for name in samples {
        let sample = world.call("GET", &format!("/api/v1/frames/{name}"), None, None).await.expect(StatusCode::OK);
        assert!(sample["type"].is_string(), "{name}");
    }
    for name in ["", "nothing.json", "../openapi.json", "%2e%2e/openapi.json", "..%2fopenapi.json"] {
        world.call("GET", &format!("/api/v1/frames/{name}"), None, None).await.problem(404, "not_found");
    }
}

#[actix_web::test]
async fn the_documents_can_be_switched_off() {
    let world = World::with(Settings { public_origin: ORIGIN.into(), docs: false }, None).await;
    for path in [
        "/api/v1/openapi.json",
        "/api/v1/asyncapi.yaml",
        "/api/v1/frames/client-ping.json",
        "/api/docs",
        "/api/docs/",
        "/api/docs/swagger-ui.css",
    ] {
        world.call("GET", path, None, None).await.problem(404, "not_found");
    }
}
