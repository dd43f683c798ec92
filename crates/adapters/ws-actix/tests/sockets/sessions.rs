//! Connections that live: messages, order, slow readers, ends.

use std::time::Duration;

use crate::server::{
    Node, PATIENCE,
    raw::{close_code, frame, get, handshake, open, read, status, with},
};
use chat::{ClientMessageId, Content, Outgoing};
use kernel::{Env, SessionId};
use realtime::{Limits, Revoked};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use uuid::Uuid;

#[actix_web::test]
async fn a_message_is_acked_to_its_sender_and_told_to_the_others() {
    let node = Node::start();
    let (mut asks, mut answers) = (node.follower("customer").await, node.follower("agent").await);
    let id = node.conversation();
    asks.send(json!({"type": "typing", "conversation_id": id, "is_typing": true})).await;
    let typing = answers.next().await;
    assert_eq!((&typing["type"], &typing["name"]), (&json!("typing"), &json!("user 256")));
    asks.say(&id, "hello").await;
    let ack = asks.next().await;
    assert_eq!(ack["type"], "ack", "{ack}");
    assert_eq!((&ack["ref"], &ack["seq"], &ack["duplicate"]), (&json!("hello"), &json!(1), &json!(false)));
    let message = answers.next().await;
    assert_eq!(message["type"], "message");
    assert_eq!(message["message"]["id"], ack["message_id"]);
    assert_eq!(message["message"]["content"], "says hello");
    assert_eq!(message["message"].get("client_message_id"), None);
    answers.send(json!({"type": "read", "conversation_id": id, "seq": 1})).await;
    let receipt = asks.next().await;
    assert_eq!((&receipt["type"], &receipt["read_seq"]), (&json!("receipt"), &json!(1)));
    asks.say(&id, "hello").await;
    let again = asks.next().await;
    assert_eq!((&again["seq"], &again["duplicate"]), (&json!(1), &json!(true)));
    node.stop().await;
}

#[actix_web::test]
async fn sends_that_do_not_wait_for_each_other_keep_their_order() {
    let node = Node::start();
    let mut asks = node.follower("customer").await;
    let id = node.conversation();
    for n in 1..=300 {
        let name = format!("m{n}");
        asks.feed(json!({
            "type": "send", "ref": name, "conversation_id": id, "client_message_id": name, "content": name,
        }))
        .await;
    }
    asks.flush().await;
    for n in 1..=300 {
        let ack = asks.next().await;
        assert_eq!((&ack["ref"], &ack["seq"]), (&json!(format!("m{n}")), &json!(n)), "{ack}");
    }
    node.stop().await;
}

#[actix_web::test]
async fn what_cannot_be_read_is_answered_and_the_connection_kept() {
    let node = Node::start();
    let mut asks = node.follower("customer").await;
    for (text, code) in [
        ("not json", "realtime.malformed"),
        (r#"{"type":"launch","ref":"x"}"#, "realtime.unknown_type"),
        (r#"{"type":"read","conversation_id":7,"seq":1}"#, "realtime.malformed"),
        (r#"{"type":"availability","value":"away"}"#, "forbidden"),
    ] {
        asks.text(text).await;
        let error = asks.next().await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!(code)), "{text}: {error}");
        assert_eq!(error["message"], format!("text of {code}"));
    }
    asks.send(json!({"type": "ping"})).await;
    assert_eq!(asks.next().await["type"], "pong");
    node.stop().await;
}

#[actix_web::test]
async fn a_stranger_sees_and_writes_nothing() {
    let node = Node::start();
    let mut stranger = node.client("stranger").await;
    let id = node.conversation();
    for conversation in [id.clone(), Uuid::from_u128(0xdead).to_string()] {
        stranger.send(json!({"type": "subscribe", "conversation_id": conversation, "after_seq": 0})).await;
        let reset = stranger.next().await;
        assert_eq!((&reset["type"], &reset["reason"]), (&json!("reset"), &json!("forbidden")));
        stranger.say(&conversation, "hello").await;
        let nack = stranger.next().await;
        assert_eq!((&nack["type"], &nack["code"]), (&json!("nack"), &json!("chat.conversation_not_found")));
        assert_eq!(nack["retry"], false);
        stranger.send(json!({"type": "read", "conversation_id": conversation, "seq": 1})).await;
        assert_eq!(stranger.next().await["code"], "chat.conversation_not_found");
        stranger.send(json!({"type": "typing", "conversation_id": conversation, "is_typing": true})).await;
        assert_eq!(stranger.next().await["code"], "realtime.not_subscribed");
    }
    node.stop().await;
}

#[actix_web::test]
async fn a_client_that_comes_back_gets_what_it_missed() {
    let node = Node::start();
    let mut answers = node.follower("agent").await;
    let id = node.conversation();
    answers.say(&id, "one").await;
    assert_eq!(answers.next().await["seq"], 1);
    answers.close().await;
    drop(answers);
    let mut asks = node.client("customer").await;
    for n in 2..=4 {
        asks.say(&id, &format!("m{n}")).await;
        assert_eq!(asks.next().await["seq"], n);
    }
    let mut answers = node.client("agent").await;
    answers.send(json!({"type": "subscribe", "ref": "again", "conversation_id": id, "after_seq": 1})).await;
    let subscribed = answers.next().await;
    assert_eq!((&subscribed["ref"], &subscribed["last_seq"]), (&json!("again"), &json!(4)));
    for n in 2..=4 {
        assert_eq!(answers.next().await["seq"], n);
    }
    let live = answers.next().await;
    assert_eq!((&live["type"], &live["seq"]), (&json!("live"), &json!(4)));
    node.stop().await;
}

#[actix_web::test]
async fn a_client_that_reads_late_misses_nothing_and_holds_nobody_up() {
    let node = Node::start();
    let mut late = node.follower("customer").await;
    let mut quick = node.follower("agent").await;
    let count = 3_000;
    for n in 1..=count {
        let outgoing = Outgoing {
            client_message_id: ClientMessageId::parse(format!("m{n}")).unwrap(),
            content: Content::parse("x".repeat(4_000)).unwrap(),
            in_reply_to: None,
            attachments: Vec::new(),
        };
        node.chat.send(&node.agent, node.thread.id, outgoing, None).await.unwrap();
        assert_eq!(quick.next().await["seq"], n, "the other one is up to date");
    }
    for n in 1..=count {
        assert_eq!(late.next().await["seq"], n);
    }
    node.stop().await;
}

#[actix_web::test]
async fn a_client_that_does_not_answer_pings_is_closed() {
    let node = Node::start();
    let mut socket = open(node.address).await;
    node.pass(25);
    let (first, _) = read(&mut socket).await.unwrap();
    assert_eq!(first, 0x89);
    node.pass(10);
    assert_eq!(close_code(&mut socket).await, 4011);
    node.stop().await;
}

#[actix_web::test]
async fn the_end_of_a_token_and_its_revocation_close_with_4003() {
    let node = Node::start();
    let (mut asks, mut answers) = (node.client("customer").await, node.client("agent").await);
    node.realtime.hub().revoke(Revoked::Session(SessionId::new(Uuid::from_u128(0x0201))));
    assert_eq!(answers.closed().await, 4003);
    node.pass(900);
    assert_eq!(asks.closed().await, 4003);
    node.stop().await;
}

#[actix_web::test]
async fn a_node_that_stops_says_bye_answers_and_closes_with_1012() {
    let node = Node::start();
    let mut asks = node.follower("customer").await;
    asks.say(&node.conversation(), "last").await;
    assert_eq!(asks.next().await["type"], "ack");
    let drained = {
        let realtime = node.realtime.clone();
        actix_web::rt::spawn(async move { realtime.drain(Duration::from_secs(5)).await })
    };
    let bye = asks.next().await;
    assert_eq!((&bye["type"], &bye["reason"]), (&json!("bye"), &json!("restart")));
    assert!(bye["retry_after_ms"].as_u64().unwrap() <= 5_000);
    assert_eq!(asks.closed().await, 1012);
    drained.await.unwrap();
    let (head, _) = handshake(node.address, &get(), &with(&[])).await;
    assert_eq!(status(&head), 503);
    assert!(head.to_ascii_lowercase().contains("retry-after"));
    node.stop().await;
}

#[actix_web::test]
async fn one_person_has_a_bounded_number_of_connections() {
    let node = Node::with(Limits { user_connections: 2, ..Limits::default() }, None);
    let (_first, _second) = (node.client("customer").await, node.client("customer").await);
    let mut third = node.connect(&[("authorization", "Bearer customer")], "").await;
    assert_eq!(third.closed().await, 4008);
    node.client("agent").await;
    node.stop().await;
}

/// A connection of the customer that follows the conversation, has read nothing of a flood, and was given up.
async fn given_up(node: &Node) -> TcpStream {
    let mut socket = open(node.address).await;
    let id = node.conversation();
    let subscribe = json!({"type": "subscribe", "conversation_id": id, "after_seq": 0}).to_string();
    socket.write_all(&frame(0x81, subscribe.as_bytes())).await.unwrap();
    while !read(&mut socket).await.unwrap().1.starts_with(b"{\"type\":\"live\"") {}
    let mut quick = node.follower("agent").await;
    // More than the sockets' own buffers hold, so that the connection's queue stays full.
    for n in 1..=2_000 {
        let outgoing = Outgoing {
            client_message_id: ClientMessageId::parse(format!("m{n}")).unwrap(),
            content: Content::parse("x".repeat(4_000)).unwrap(),
            in_reply_to: None,
            attachments: Vec::new(),
        };
        node.chat.send(&node.agent, node.thread.id, outgoing, None).await.unwrap();
        assert_eq!(quick.next().await["seq"], n);
    }
    let hub = node.realtime.hub();
    hub.tick(node.env.now());
    node.pass(30);
    hub.tick(node.env.now());
    while hub.len() > 1 {
        tokio::task::yield_now().await;
    }
    quick.text(r#"{"type":"ping"}"#).await;
    assert_eq!(quick.next().await["type"], "pong", "nobody else notices");
    socket
}

#[actix_web::test]
async fn a_client_that_never_reads_is_given_up_and_nobody_else_notices() {
    let node = Node::start();
    given_up(&node).await;
    node.stop().await;
}

#[actix_web::test]
async fn a_client_that_never_reads_keeps_its_place_as_long_as_it_holds_a_socket() {
    let node = Node::giving_up(Duration::from_mins(10));
    let stuck = given_up(&node).await;
    let bearer = [("authorization", "Bearer customer")];
    assert_eq!(node.connect(&bearer, "").await.closed().await, 4008);
    drop(stuck);
    let begun = std::time::Instant::now();
    while node.connect(&bearer, "").await.closed_instead_of_pong().await {
        assert!(begun.elapsed() < PATIENCE, "the socket is gone, and its place is still taken");
    }
    node.stop().await;
}

#[actix_web::test]
async fn the_kernel_ends_the_socket_of_a_client_that_is_there_and_never_reads() {
    let node = Node::giving_up(Duration::from_secs(1));
    // Its kernel acknowledges each probe of the shut window; only time ends it.
    let stuck = given_up(&node).await;
    let begun = std::time::Instant::now();
    while node.connect(&[("authorization", "Bearer customer")], "").await.closed_instead_of_pong().await {
        assert!(begun.elapsed() < PATIENCE, "the socket of a client that does not read stays for good");
    }
    drop(stuck);
    node.stop().await;
}

#[actix_web::test]
async fn a_person_has_one_budget_however_the_sends_come() {
    let node = Node::bounded();
    let mut answers = node.client("agent").await;
    let id = node.conversation();
    for n in 1..60 {
        let outgoing = Outgoing {
            client_message_id: ClientMessageId::parse(format!("m{n}")).unwrap(),
            content: Content::parse("x").unwrap(),
            in_reply_to: None,
            attachments: Vec::new(),
        };
        node.chat.send(&node.agent, node.thread.id, outgoing, None).await.unwrap();
    }
    answers.say(&id, "last").await;
    assert_eq!(answers.next().await["type"], "ack");
    for name in ["a", "b", "c"] {
        answers.say(&id, name).await;
        let nack = answers.next().await;
        assert_eq!((&nack["code"], &nack["client_message_id"]), (&json!("rate_limited"), &json!(name)), "{nack}");
        assert_eq!((&nack["retry"], &nack["retry_after_ms"]), (&json!(true), &json!(2_500)));
    }
    assert_eq!(answers.closed().await, 4008);
    node.stop().await;
}
