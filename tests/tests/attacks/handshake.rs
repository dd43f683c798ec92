//! The handshake of the native protocol, byte by byte: who must not get in, and what is said of it where.

use crate::bystander::{Bystander, Sound, limited};
use crate::raw::{Answered, Came, Raw, and, frame, shake, shake_from, with};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::faults::process::processor_time;
use tests::rest::send;
use tests::server::{Server, Settings};
use tests::socket::Socket;

/// What it shows, the first line, the others, the statuses that will do.
type Case = (&'static str, &'static str, Vec<(String, String)>, &'static [u16]);

const GET: &str = "GET /api/v1/realtime HTTP/1.1";
const KEY: (&str, &str) = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
const VERSION: (&str, &str) = ("Sec-WebSocket-Version", "13");

/// A refusal is problem+json, soon, without the inside, and no connection.
fn refused(name: &str, answered: &Answered, allowed: &[u16]) {
    let Answered { status, head, body, .. } = answered;
    assert!(allowed.contains(status), "{name}: {status}\n{head}{body}");
    let says_versions = head.contains("sec-websocket-version: 13");
    assert_eq!(says_versions, *status == 426, "{name}: a wrong version is told the right one: {head}");
    assert!(!["sqlx", "panicked", ".rs", "/src/", "serde"].iter().any(|word| body.contains(word)), "{name}: {body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w01_a_handshake_that_is_wrong_is_refused_before_the_upgrade() {
    let server = Settings::over(Store::Sqlite).start().await;
    let bystander = Bystander::at(&server).await;
    assert_eq!(shake(&server, &with(&[])).await.status, 101, "the good one must do, else the others show nothing");
    let long = "x".repeat(1 << 20);
    let many: Vec<(String, String)> = (0..1_000).map(|n| (format!("X-Many-{n}"), "x".to_owned())).collect();
    let cases: Vec<Case> = vec![
        ("no key", GET, with(&[("Sec-WebSocket-Key", "")]), &[400]),
        ("a short key", GET, with(&[("Sec-WebSocket-Key", "c2hvcnQ=")]), &[400]),
        ("a long key", GET, with(&[("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZSB0aGF0IGlzIGxvbmc=")]), &[400]),
        ("a key that is no base64", GET, with(&[("Sec-WebSocket-Key", "????????????????????????")]), &[400]),
        ("two keys", GET, and(&[KEY]), &[400]),
        ("two other keys", GET, and(&[("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]), &[400]),
        ("version 0", GET, with(&[("Sec-WebSocket-Version", "0")]), &[426]),
        ("version 8", GET, with(&[("Sec-WebSocket-Version", "8")]), &[426]),
        ("version 14", GET, with(&[("Sec-WebSocket-Version", "14")]), &[426]),
        ("version 1300", GET, with(&[("Sec-WebSocket-Version", "1300")]), &[426]),
        ("no number as a version", GET, with(&[("Sec-WebSocket-Version", "thirteen")]), &[426]),
        ("no version", GET, with(&[("Sec-WebSocket-Version", "")]), &[426]),
        ("two versions", GET, and(&[VERSION]), &[400]),
        ("no upgrade", GET, with(&[("Upgrade", "")]), &[400]),
        ("two upgrades", GET, and(&[("Upgrade", "websocket")]), &[400]),
        ("no connection header", GET, with(&[("Connection", "")]), &[400]),
        ("a connection that is kept", GET, with(&[("Connection", "keep-alive")]), &[400]),
        ("a body", GET, and(&[("Content-Length", "5")]), &[400]),
        ("a body in chunks", GET, and(&[("Transfer-Encoding", "chunked")]), &[400]),
        ("HTTP/1.0", "GET /api/v1/realtime HTTP/1.0", with(&[]), &[400]),
        ("POST", "POST /api/v1/realtime HTTP/1.1", with(&[]), &[404, 405]),
        ("a header of 1 MB", GET, and(&[("X-Long", &long)]), &[400, 431]),
        ("a thousand headers", GET, [with(&[]), many].concat(), &[400, 431]),
        ("a NUL in a header", GET, and(&[("X-Nul", "a\0b")]), &[400]),
        ("a bare CR in a header", GET, and(&[("X-Cr", "a\rb")]), &[400]),
    ];
    for (name, line, lines, allowed) in cases {
        let (since, used) = (Instant::now(), processor_time(server.pid()));
        let answered = shake_from(Ipv4Addr::LOCALHOST, &server, line, &lines).await;
        refused(name, &answered, allowed);
        let used = processor_time(server.pid()).saturating_sub(used);
        assert!(since.elapsed() < Duration::from_secs(2) && used < Duration::from_secs(1), "{name}: {used:?}");
    }
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w02_a_page_of_another_site_gets_no_connection() {
    let server = Settings::over(Store::Sqlite).start().await;
    let bystander = Bystander::at(&server).await;
    let own = server.base().to_owned();
    let port = server.address().port();
    let bearer = format!("Bearer {}", bystander.visitor.rest.token());
    for origin in [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        format!("http://127.0.0.1.evil.example:{port}"),
        format!("http://evil.127.0.0.1:{port}"),
        format!("http://evil127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}.evil.example"),
        format!("http://127.0.0.1:{port}0"),
        format!("http://127.0.0.1:{}", port + 1),
        "http://127.0.0.1".to_owned(),
        format!("https://127.0.0.1:{port}"),
        format!("ftp://127.0.0.1:{port}"),
        format!("HTTP://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}/"),
        format!("http://evil@127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        format!("{own}, https://evil.example"),
        format!("{own} https://evil.example"),
    ] {
        let lines = and(&[("Origin", &origin), ("Authorization", &bearer)]);
        assert_eq!(shake(&server, &lines).await.status, 403, "{origin}");
    }
    for (name, lines, expected) in [
        ("two origins", and(&[("Origin", &own), ("Origin", "https://evil.example")]), 403),
        ("no origin, and a browser's cookie", and(&[("Cookie", "guichet_refresh=stolen")]), 403),
        ("no origin, and the cookie of TLS", and(&[("Cookie", "x=y; __Host-guichet_refresh=stolen")]), 403),
        ("no origin, a cookie and a token", and(&[("Cookie", "guichet_refresh=x"), ("Authorization", &bearer)]), 403),
        ("no origin and a token", and(&[("Authorization", &bearer)]), 101),
        ("the pages of the server itself", and(&[("Origin", &own)]), 101),
    ] {
        assert_eq!(shake(&server, &lines).await.status, expected, "{name}");
    }
    // A cookie alone proves nothing: whoever has one must still say a token.
    let mut cookie = shake(&server, &and(&[("Origin", &own), ("Cookie", "guichet_refresh=x")])).await;
    assert_eq!(cookie.status, 101);
    cookie.raw.write(&frame(0x81, br#"{"type":"ping"}"#)).await;
    assert_eq!(cookie.raw.ends().await, 4001);
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w06_compression_is_offered_in_vain() {
    let server = Settings::over(Store::Sqlite).start().await;
    let bystander = Bystander::at(&server).await;
    let bearer = format!("Bearer {}", bystander.visitor.rest.token());
    for offer in [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits=99, x-webkit-deflate-frame",
        "x-unknown",
    ] {
        let lines = and(&[("Sec-WebSocket-Extensions", offer), ("Authorization", &bearer)]);
        let mut answered = shake(&server, &lines).await;
        assert_eq!(answered.status, 101, "{offer}");
        assert!(!answered.head.contains("sec-websocket-extensions"), "{offer}: {}", answered.head);
        // A client that compresses all the same breaks the protocol: the bomb is not unpacked.
        answered.raw.write(&frame(0xc1, &[0xaa; 1_000])).await;
        assert_eq!(answered.raw.ends().await, 1002, "{offer}");
    }
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w13_a_token_in_the_address_is_accepted_and_told_to_nobody() {
    let settings = Settings::over(Store::Sqlite).with("GUICHET_LOG", "trace").with("GUICHET_METRICS_TOKEN", "mesures");
    let server = settings.start().await;
    let visitor = server.visitor("Ana", None).await;
    let token = visitor.rest.token().to_owned();
    let mut socket = Socket::open(&format!("{}?token={token}", server.socket_url())).await.unwrap();
    socket.expect("welcome").await;
    socket.subscribe(&visitor.conversation, Some(0)).await;
    // Where it is refused, and where it is no good, it is not told either.
    let wrong = "guichet-wrong-token-0123456789";
    for lines in [with(&[("Sec-WebSocket-Version", "8")]), with(&[("Origin", "https://evil.example")]), with(&[])] {
        for token in [token.as_str(), wrong] {
            let line = format!("GET /api/v1/realtime?token={token} HTTP/1.1");
            let mut answered = shake_from(Ipv4Addr::LOCALHOST, &server, &line, &lines).await;
            assert!(!answered.head.contains(token) && !answered.body.contains(token), "{}", answered.head);
            if answered.status == 101 {
                let first = answered.raw.next().await;
                assert!(!format!("{first:?}").contains(token), "{first:?}");
            }
        }
    }
    let metrics = server.rest().with_token("mesures");
    let metrics = send(metrics.request(reqwest::Method::GET, "~/metrics")).await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.text.contains("guichet_realtime_connections"), "{}", metrics.text);
    let log = server.log();
    assert!(log.contains("connected"), "the log is on");
    for secret in [token.as_str(), wrong] {
        assert!(!metrics.text.contains(secret), "the metrics have the token");
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "the log has the token");
    }
    // The pages name themselves to nobody by more than their origin.
    let page = send(server.rest().request(reqwest::Method::GET, "~/console/")).await;
    let policy = page.headers.get("referrer-policy").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let quiet = ["no-referrer", "same-origin", "strict-origin", "origin", "strict-origin-when-cross-origin"];
    assert!(quiet.contains(&policy), "referrer-policy: {policy:?}");
    server.is_sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w14_one_address_fills_its_own_places_and_nobody_elses() {
    let settings = limited(Settings::over(Store::Sqlite)).with("GUICHET_LIMITS_ADDRESS_CONNECTIONS", "500");
    let server = settings.start().await;
    let attacker = Ipv4Addr::new(127, 0, 0, 66);
    let other = Ipv4Addr::new(127, 0, 0, 7);
    let mut bystander = Bystander::at(&server).await;
    let (mut held, mut turned_away) = (Vec::new(), 0);
    for _ in 0..600 {
        let answered = shake_from(attacker, &server, GET, &with(&[])).await;
        match answered.status {
            101 => held.push(answered.raw),
            429 => {
                assert!(answered.head.contains("retry-after: "), "{}", answered.head);
                let problem: Value = serde_json::from_str(&answered.body).unwrap();
                assert_eq!(problem["code"], "rate_limited");
                turned_away += 1;
            }
            status => panic!("{status}: {}", answered.head),
        }
        if turned_away % 10 == 1 {
            comes_in(other, &server).await;
        }
    }
    // Those who say nothing are closed after 10 s, and their places are free again meanwhile.
    assert!(held.len() >= 500 && turned_away > 0, "{} held, {turned_away} turned away", held.len());
    bystander.is_served().await;
    drop(held);
    let since = Instant::now();
    while shake_from(attacker, &server, GET, &with(&[])).await.status != 101 {
        assert!(since.elapsed() < Duration::from_secs(10), "the places are not given back");
    }
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w14_handshakes_that_are_never_finished_are_closed_and_hold_nobody_up() {
    let server = limited(Settings::over(Store::Sqlite)).start().await;
    let attacker = Ipv4Addr::new(127, 0, 0, 66);
    let bystander = Bystander::at(&server).await;
    let since = Instant::now();
    let mut half_open = Vec::new();
    for n in 0..500 {
        let mut raw = Raw::connect(attacker, server.address()).await;
        // Some say nothing at all, some half a head.
        if n % 2 == 0 {
            raw.write(b"GET /api/v1/realtime HTTP/1.1\r\nHost: x\r\nUpgr").await;
        }
        half_open.push(raw);
        if n % 50 == 0 {
            comes_in(Ipv4Addr::new(127, 0, 0, 7), &server).await;
        }
    }
    for raw in &mut half_open {
        raw.let_go().await;
    }
    assert!(since.elapsed() < Duration::from_secs(15), "half open for {:?}", since.elapsed());
    bystander.saw_nothing(&server).await;
}

/// Somebody from elsewhere connects, within a second.
async fn comes_in(from: Ipv4Addr, server: &Server) {
    let since = Instant::now();
    let answered = shake_from(from, server, GET, &with(&[])).await;
    assert_eq!(answered.status, 101, "{}", answered.head);
    assert!(since.elapsed() < Duration::from_secs(1), "somebody else waited {:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w15_an_upgrade_to_anything_else_is_no_upgrade() {
    let server = Settings::over(Store::Sqlite).start().await;
    let bystander = Bystander::at(&server).await;
    for (name, lines) in [
        ("two protocols", with(&[("Upgrade", "websocket, h2c")])),
        ("the other way round", with(&[("Upgrade", "h2c, websocket")])),
        ("h2c", with(&[("Upgrade", "h2c"), ("Connection", "Upgrade, HTTP2-Settings"), ("HTTP2-Settings", "AAMAAABk")])),
        ("two headers", and(&[("Upgrade", "h2c")])),
        ("a version behind it", with(&[("Upgrade", "websocket/13")])),
        ("an unknown subprotocol", and(&[("Sec-WebSocket-Protocol", "soap")])),
        ("another of our protocols", and(&[("Sec-WebSocket-Protocol", "v12.stomp")])),
        ("an older one of ours", and(&[("Sec-WebSocket-Protocol", "guichet.v0")])),
        ("in capitals", and(&[("Sec-WebSocket-Protocol", "GUICHET.V1")])),
        ("the token without the protocol", and(&[("Sec-WebSocket-Protocol", "bearer.abc")])),
    ] {
        refused(name, &shake(&server, &lines).await, &[400]);
    }
    // What follows a refused upgrade is not read as frames, and what follows a good one not as a request.
    let mut refused = shake(&server, &with(&[("Upgrade", "h2c")])).await.raw;
    refused.write(&frame(0x89, b"x")).await;
    let mut good = shake(&server, &with(&[])).await;
    assert_eq!(good.status, 101);
    good.raw.write(b"GET /api/v1/auth/me HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(good.raw.next().await, Came::Closed(1002));
    bystander.saw_nothing(&server).await;
}
