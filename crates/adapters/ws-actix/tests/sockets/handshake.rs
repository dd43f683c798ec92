//! Who gets a connection, and who gets which answer instead.

use crate::server::{
    Node,
    raw::{close_code, get, handshake, handshake_from, status, with},
};

/// What it shows, the request line, the headers, the status.
type Case = (&'static str, String, Vec<(&'static str, &'static str)>, u16);

#[actix_web::test]
async fn a_handshake_that_is_not_right_is_refused() {
    let node = Node::start();
    let right = get();
    let cases: Vec<Case> = vec![
        ("right", right.clone(), with(&[]), 101),
        ("no key", right.clone(), with(&[("Sec-WebSocket-Key", "")]), 400),
        ("a short key", right.clone(), with(&[("Sec-WebSocket-Key", "c2hvcnQ=")]), 400),
        ("two keys", right.clone(), [with(&[]), vec![("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]].concat(), 400),
        ("version 0", right.clone(), with(&[("Sec-WebSocket-Version", "0")]), 426),
        ("version 8", right.clone(), with(&[("Sec-WebSocket-Version", "8")]), 426),
        ("version 14", right.clone(), with(&[("Sec-WebSocket-Version", "14")]), 426),
        ("no version", right.clone(), with(&[("Sec-WebSocket-Version", "")]), 426),
        ("no upgrade", right.clone(), with(&[("Upgrade", "")]), 400),
        ("upgrade to something else", right.clone(), with(&[("Upgrade", "h2c")]), 400),
        ("upgrade to two things", right.clone(), with(&[("Upgrade", "websocket, h2c")]), 400),
        ("no connection header", right.clone(), with(&[("Connection", "keep-alive")]), 400),
        ("a body", right.clone(), with(&[("Content-Length", "5")]), 400),
        ("HTTP/1.0", right.replace("1.1", "1.0"), with(&[]), 400),
        ("another subprotocol", right.clone(), with(&[("Sec-WebSocket-Protocol", "chat, v12.stomp")]), 400),
        ("ours among others", right.clone(), with(&[("Sec-WebSocket-Protocol", "chat, guichet.v1")]), 101),
        ("the token's alone", right.clone(), with(&[("Sec-WebSocket-Protocol", "bearer.customer")]), 400),
    ];
    for (name, line, headers, expected) in cases {
        let (head, _socket) = handshake(node.address, &line, &headers).await;
        assert_eq!(status(&head), expected, "{name}: {head}");
        let head = head.to_ascii_lowercase();
        assert_eq!(head.contains("sec-websocket-version: 13"), expected == 426, "{name}: {head}");
        assert!(!head.contains("sec-websocket-extensions"), "{name}");
    }
    node.stop().await;
}

#[actix_web::test]
async fn the_answer_to_a_handshake_names_the_protocol_and_no_compression() {
    let node = Node::start();
    let offers = [("Sec-WebSocket-Protocol", "guichet.v1"), ("Sec-WebSocket-Extensions", "permessage-deflate")];
    let (head, _socket) = handshake(node.address, &get(), &with(&offers)).await;
    let head = head.to_ascii_lowercase();
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "RFC 6455, 1.3: {head}");
    assert!(head.contains("sec-websocket-protocol: guichet.v1"), "{head}");
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
    node.stop().await;
}

#[actix_web::test]
async fn a_page_of_a_foreign_origin_gets_no_connection() {
    let node = Node::with(realtime::Limits::default(), Some("https://help.example"));
    let cases: [(&[(&'static str, &'static str)], u16); 20] = [
        (&[], 101),
        (&[("Origin", "https://help.example"), ("Host", "help.example")], 101),
        (&[("Origin", "http://help.example"), ("Host", "help.example")], 403),
        (&[("Origin", "https://help.example:444"), ("Host", "help.example")], 403),
        (&[("Origin", "http://localhost"), ("Host", "localhost")], 101),
        (&[("Origin", "https://localhost"), ("Host", "localhost")], 403),
        (&[("Origin", "http://localhost:81"), ("Host", "localhost")], 403),
        (&[("Origin", "https://shop.example")], 101),
        (&[("Origin", "https://shop.example.evil.example")], 403),
        (&[("Origin", "https://evil-shop.example")], 403),
        (&[("Origin", "https://shop.example:8443")], 403),
        (&[("Origin", "http://shop.example")], 403),
        (&[("Origin", "HTTPS://SHOP.EXAMPLE")], 403),
        (&[("Origin", "https://evil.example")], 403),
        (&[("Origin", "null")], 403),
        (&[("Origin", "")], 101),
        // A browser's cookie without the browser's word on where the page is from.
        (&[("Cookie", "guichet_refresh=x")], 403),
        (&[("Cookie", "a=b; __Host-guichet_refresh=x")], 403),
        (&[("Cookie", "node=7")], 101),
        (&[("Cookie", "guichet_refresh=x"), ("Origin", "https://shop.example")], 101),
    ];
    for (headers, expected) in cases {
        let (head, _socket) = handshake(node.address, &get(), &with(headers)).await;
        assert_eq!(status(&head), expected, "{headers:?}: {head}");
    }
    let twice = [with(&[]), vec![("Origin", "https://shop.example"), ("Origin", "https://evil.example")]].concat();
    let (head, _socket) = handshake(node.address, &get(), &twice).await;
    assert_eq!(status(&head), 403);
    node.stop().await;
}

#[actix_web::test]
async fn a_page_may_not_act_for_callers_of_another_organisation() {
    let node = Node::start();
    for (origin, token, expected) in [
        ("https://shop.example", "Bearer customer", 1),
        ("https://shop.example", "Bearer stranger", 4001),
        ("https://other.example", "Bearer customer", 4001),
    ] {
        let headers = with(&[("Origin", origin), ("Authorization", token)]);
        let (head, mut socket) = handshake(node.address, &get(), &headers).await;
        assert_eq!(status(&head), 101);
        if expected == 1 {
            let (_, payload) = crate::server::raw::read(&mut socket).await.unwrap();
            assert!(payload.starts_with(b"{\"type\":\"welcome\""));
        } else {
            assert_eq!(close_code(&mut socket).await, expected, "{origin} {token}");
        }
    }
    node.stop().await;
}

#[actix_web::test]
async fn the_token_comes_in_four_ways() {
    let node = Node::start();
    let mut by_header = node.connect(&[("authorization", "Bearer customer")], "").await;
    let mut by_protocol = node.connect(&[("sec-websocket-protocol", "guichet.v1, bearer.customer")], "").await;
    let mut by_query = node.connect(&[], "?token=customer").await;
    for client in [&mut by_header, &mut by_protocol, &mut by_query] {
        let welcome = client.next().await;
        assert_eq!(welcome["user"]["role"], "customer", "{welcome}");
        assert_eq!(welcome["heartbeat_ms"], 25_000);
        assert_eq!(welcome["max_frame_bytes"], 65_536);
    }
    assert_eq!(by_protocol.protocol.as_deref(), Some("guichet.v1"), "the token is not echoed");
    assert_eq!(by_header.protocol, None);
    node.client("agent").await;
    node.stop().await;
}

#[actix_web::test]
async fn a_bad_token_and_none_in_time_are_closed_with_4001() {
    let node = Node::start();
    let mut bad = node.connect(&[("authorization", "Bearer nobody")], "").await;
    assert_eq!(bad.next().await["type"], "error");
    assert_eq!(bad.closed().await, 4001);
    let mut early = node.connect(&[], "").await;
    early.text(r#"{"type":"ping"}"#).await;
    assert_eq!(early.closed().await, 4001);
    let mut silent = node.connect(&[], "").await;
    node.pass(10);
    assert_eq!(silent.closed().await, 4001);
    node.stop().await;
}

#[actix_web::test]
async fn an_address_has_so_many_connections_and_others_are_not_held_up() {
    let node = Node::with(realtime::Limits { address_connections: 3, ..realtime::Limits::default() }, None);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(handshake(node.address, &get(), &with(&[])).await);
    }
    assert!(held.iter().all(|(head, _)| status(head) == 101));
    let (head, _) = handshake(node.address, &get(), &with(&[])).await;
    assert_eq!(status(&head), 429);
    assert!(head.to_ascii_lowercase().contains("retry-after: "), "{head}");
    assert_eq!(node.realtime.hub().len(), 3, "what was refused is not kept");
    let (head, _other) = handshake_from("127.0.0.2", node.address, &get(), &with(&[])).await;
    assert_eq!(status(&head), 101);
    // The place is free again once the socket is gone.
    drop(held.pop());
    loop {
        let (head, _socket) = handshake(node.address, &get(), &with(&[])).await;
        if status(&head) == 101 {
            break;
        }
        assert_eq!(status(&head), 429);
    }
    node.stop().await;
}
