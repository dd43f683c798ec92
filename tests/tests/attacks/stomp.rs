//! STOMP, wrong in every way that it can be.

use crate::bystander::{Bystander, Sound, limited};
use crate::raw::{Came, HERE, Raw, and, frame, shake_from};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{Visitor, text};
use tests::rest::send;
use tests::server::{Server, Settings};

/// What is said, the code of the `ERROR`, that of the close.
type Case = (&'static str, &'static str, u16);

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;

/// By the frame, what is wrong with it, and how it is answered: the code of the `ERROR`, and that of the close. `ROOM`
/// stands for the conversation of the one who sends, `OTHER` for somebody else's.
const ROWS: &[(&str, &[Case])] = &[
    (
        "CONNECT",
        &[
            ("CONNECT\naccept-version:1.2\npasscode:TOKEN\n\n\0", "realtime.malformed", 4000),
            ("connect\n\n\0", "realtime.malformed", 4000),
            ("CONNECT\n\nbody\0", "realtime.malformed", 4000),
        ],
    ),
    ("STOMP", &[("STOMP\naccept-version:1.2\npasscode:TOKEN\n\n\0", "realtime.malformed", 4000)]),
    (
        "SEND/send",
        &[
            ("SEND\n\nx\0", "realtime.malformed", 4000),
            ("SEND\ncontent-length:18446744073709551616\n\n\0", "realtime.malformed", 4009),
            ("SEND\ndestination:\n\nx\0", "forbidden", 4040),
            ("SEND\ndestination:/topic/conversations/ROOM\n\nx\0", "forbidden", 4040),
            ("SEND\ndestination:/app/conversations/*/send\n\nx\0", "forbidden", 4040),
            ("SEND\ndestination:/app/conversations/ROOM/send/../read\n\nx\0", "forbidden", 4040),
            ("SEND\ndestination:/app/conversations/OTHER/send\n\nx\0", "chat.conversation_not_found", 4040),
            ("SEND\ndestination:/app/conversations/NOWHERE/send\n\nx\0", "chat.conversation_not_found", 4040),
            ("SEND\ndestination:/app/conversations/ROOM/send\n\n\0", "invalid", 4000),
            ("SEND\ndestination:/app/conversations/ROOM/send\n\n   \0", "invalid", 4000),
            ("SEND\ndestination:/app/conversations/ROOM/send\nclient-message-id:\n\nx\0", "invalid", 4000),
            ("SEND\ndestination:/app/conversations/ROOM/send\nclient-message-id:a\\nb\n\nx\0", "invalid", 4000),
            ("SEND\ndestination:/app/conversations/ROOM/send\ncontent-length:3\n\na\0b\0", "invalid", 4000),
            (
                "SEND\ndestination:/app/conversations/ROOM/send\ncontent-type:application/json\n\n{\"content\":5}\0",
                "realtime.malformed",
                4000,
            ),
            (
                "SEND\ndestination:/app/conversations/ROOM/send\ncontent-type:image/png\n\nx\0",
                "realtime.malformed",
                4000,
            ),
            ("SEND\ndestination:/app/conversations/ROOM/send\ntransaction:t\n\nx\0", "realtime.malformed", 4000),
        ],
    ),
    (
        "SEND/read",
        &[
            ("SEND\ndestination:/app/conversations/ROOM/read\n\n\0", "realtime.malformed", 4000),
            ("SEND\ndestination:/app/conversations/ROOM/read\n\n{\"seq\":-1}\0", "realtime.malformed", 4000),
            ("SEND\ndestination:/app/conversations/ROOM/read\n\n{\"seq\":1e400}\0", "realtime.malformed", 4000),
            (
                "SEND\ndestination:/app/conversations/ROOM/read\n\n{\"seq\":9007199254740992}\0",
                "realtime.malformed",
                4000,
            ),
            ("SEND\ndestination:/app/conversations/OTHER/read\n\n{\"seq\":1}\0", "chat.conversation_not_found", 4040),
        ],
    ),
    (
        "SEND/typing",
        &[
            (
                "SEND\ndestination:/app/conversations/ROOM/typing\n\n{\"isTyping\":\"yes\"}\0",
                "realtime.malformed",
                4000,
            ),
            (
                "SEND\ndestination:/app/conversations/OTHER/typing\n\n{\"isTyping\":true}\0",
                "realtime.not_subscribed",
                4000,
            ),
        ],
    ),
    ("SEND/abandon", &[("SEND\ndestination:/app/conversations/ROOM/abandon\n\n\0", "realtime.malformed", 4000)]),
    (
        "SEND/authenticate",
        &[
            ("SEND\ndestination:/app/authenticate\n\n\0", "realtime.malformed", 4000),
            ("SEND\ndestination:/app/authenticate\npasscode:nonsense\n\n\0", "identity.not_authenticated", 4001),
        ],
    ),
    (
        "SUBSCRIBE",
        &[
            ("SUBSCRIBE\nid:1\n\n\0", "realtime.malformed", 4000),
            ("SUBSCRIBE\ndestination:/topic/conversations/ROOM\n\n\0", "realtime.malformed", 4000),
            ("SUBSCRIBE\nid:1\ndestination:/topic/*\n\n\0", "forbidden", 4040),
            ("SUBSCRIBE\nid:1\ndestination:/topic/conversations/*\n\n\0", "forbidden", 4040),
            ("SUBSCRIBE\nid:1\ndestination:/topic/conversations/>\n\n\0", "forbidden", 4040),
            ("SUBSCRIBE\nid:1\ndestination:/topic/conversations/../conversations/ROOM\n\n\0", "forbidden", 4040),
            (
                "SUBSCRIBE\nid:1\ndestination:/topic/*\nselector:T(java.lang.Runtime).getRuntime()\n\n\0",
                "forbidden",
                4040,
            ),
            ("SUBSCRIBE\nid:1\ndestination:/user/OTHER/queue/events\n\n\0", "forbidden", 4040),
            ("SUBSCRIBE\nid:1\ndestination:/topic/conversations/OTHER\n\n\0", "forbidden", 4040),
            ("SUBSCRIBE\nid:1\ndestination:/topic/conversations/NOWHERE\n\n\0", "forbidden", 4040),
            ("SUBSCRIBE\nid:1\nafter-seq:-1\ndestination:/topic/conversations/ROOM\n\n\0", "realtime.malformed", 4000),
            (
                "SUBSCRIBE\nid:1\nafter-seq:1\nepoch:x\ndestination:/topic/conversations/ROOM\n\n\0",
                "realtime.malformed",
                4000,
            ),
            ("SUBSCRIBE\nid:1\nack:maybe\ndestination:/topic/conversations/ROOM\n\n\0", "realtime.malformed", 4000),
        ],
    ),
    ("UNSUBSCRIBE", &[("UNSUBSCRIBE\nid:1\n\n\0", "realtime.malformed", 4000)]),
    ("ACK", &[("ACK\nid:9-9\n\n\0", "realtime.malformed", 4000), ("ACK\n\n\0", "realtime.malformed", 4000)]),
    ("NACK", &[("NACK\nid:__proto__\n\n\0", "realtime.malformed", 4000)]),
    ("BEGIN", &[("BEGIN\n\n\0", "realtime.malformed", 4000)]),
    ("COMMIT", &[("COMMIT\ntransaction:unknown\n\n\0", "realtime.malformed", 4000)]),
    ("ABORT", &[("ABORT\ntransaction:unknown\n\n\0", "realtime.malformed", 4000)]),
    ("DISCONNECT", &[("DISCONNECT\nno colon\n\n\0", "realtime.malformed", 4000)]),
];

/// What is no frame at all.
const NO_FRAMES: &[&str] = &[
    "\0",
    "LAUNCH\n\n\0",
    "send\n\n\0",
    " SEND\n\n\0",
    "SEND\nfoo\n\n\0",
    "SEND\nfoo:\\t\n\n\0",
    "SEND\nfoo:a\rb\n\n\0",
    "SEND\nfoo:bar\0",
    "SEND\ncontent-length:-1\n\n\0",
    "SEND\ncontent-length:1\n\nabc\0",
    "SEND\ncontent-length:4\n\nabc\0SEND\n\n\0",
    "BEGIN\ntransaction:t\n\n\0a\0",
];

over_both_stores!(
    every_wrong_frame_is_answered_with_an_error_and_a_close,
    a_receipt_is_never_given_for_what_is_not_stored,
    a_client_that_is_cut_off_may_send_again,
);

/// A handshake for STOMP.
async fn shaken(server: &Server) -> Raw {
    let answered = shake_from(HERE, server, "GET /ws HTTP/1.1", &and(&[("Sec-WebSocket-Protocol", "v12.stomp")])).await;
    assert_eq!(answered.status, 101, "{}", answered.head);
    assert!(answered.head.contains("sec-websocket-protocol: v12.stomp"), "{}", answered.head);
    answered.raw
}

/// A connection that is let in.
async fn connected(server: &Server, token: &str) -> Raw {
    connected_with(server, token, "").await.0
}

async fn connected_with(server: &Server, token: &str, headers: &str) -> (Raw, String) {
    let mut raw = shaken(server).await;
    let connect = format!("CONNECT\naccept-version:1.2\nAuthorization:Bearer {token}\n{headers}\n\0");
    raw.write(&frame(TEXT, connect.as_bytes())).await;
    match raw.next().await {
        Came::Words(words) if words.starts_with("CONNECTED\n") => (raw, words),
        other => panic!("not connected: {other:?}"),
    }
}

/// The frames up to the close, and its code.
async fn ends(raw: &mut Raw) -> (Vec<String>, u16) {
    let mut frames = Vec::new();
    loop {
        match raw.next().await {
            Came::Words(words) => frames.push(words),
            Came::Text(value) => panic!("{value} is no STOMP"),
            Came::Pong(_) => {}
            Came::Closed(code) => return (frames, code),
            Came::Ended => return (frames, 0),
        }
    }
}

/// How a connection ends after one text.
async fn ends_after(raw: &mut Raw, text: &str) -> (Vec<String>, u16) {
    raw.write(&frame(TEXT, text.as_bytes())).await;
    ends(raw).await
}

fn header<'a>(frame: &'a str, name: &str) -> &'a str {
    let head = frame.split("\n\n").next().unwrap_or_default();
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default()
}

#[track_caller]
fn is_error(frames: &[String], code: &str, case: &str) {
    let [error] = frames else { panic!("{case}: {frames:?}") };
    assert!(error.starts_with("ERROR\n"), "{case}: {error}");
    assert_eq!(header(error, "code"), code, "{case}: {error}");
    assert!(!header(error, "message").is_empty(), "{case}: {error}");
    for inside in ["sqlx", "SELECT ", "panicked", ".rs:"] {
        assert!(!error.contains(inside), "{case}: the inside leaks: {error}");
    }
}

#[test]
fn every_frame_of_the_samples_has_a_row() {
    let folder = xtask::tree::root().join("api-spec/frames/stomp");
    let rows: BTreeSet<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if !entry.file_name().to_string_lossy().starts_with("client-") {
            continue;
        }
        let sample = std::fs::read_to_string(entry.path()).unwrap();
        let command = sample.lines().next().unwrap();
        let verb = header(&sample, "destination").rsplit('/').next().unwrap().to_owned();
        let name = if command == "SEND" { format!("SEND/{verb}") } else { command.to_owned() };
        assert!(rows.contains(name.as_str()), "{name} has no row");
        seen.insert(name);
    }
    assert_eq!(seen.len(), rows.len(), "{seen:?}");
}

async fn every_wrong_frame_is_answered_with_an_error_and_a_close(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let bystander = Bystander::at(&server).await;
    let token = visitor.rest.token();
    let cases = ROWS.iter().flat_map(|(_, cases)| cases.iter().copied());
    for (words, code, close) in cases.chain(NO_FRAMES.iter().map(|words| (*words, "realtime.malformed", 4000))) {
        let said = words.replace("ROOM", &visitor.conversation).replace("OTHER", &bystander.visitor.conversation);
        let said = said.replace("NOWHERE", "018d0e2a-6b1c-7c3e-9a55-2f6d1b7e4a01").replace("TOKEN", token);
        let mut raw = connected(&server, token).await;
        let (frames, closed) = ends_after(&mut raw, &said).await;
        is_error(&frames, code, words);
        assert_eq!(closed, close, "{words}");
    }
    let messages = visitor.rest.all_messages(&visitor.conversation).await;
    assert_eq!(messages.len(), 1, "nothing was stored");
    bystander.saw_nothing(&server).await;
}

/// Somebody else's conversation, and one that never was, are one to whoever may not see them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s05_a_foreign_conversation_is_as_if_it_were_not_there() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let other = server.visitor("Berthe", Some("secret")).await;
    let mut answers = Vec::new();
    for id in [other.conversation.as_str(), "018d0e2a-6b1c-7c3e-9a55-2f6d1b7e4a01"] {
        for text in [
            format!("SUBSCRIBE\nid:1\nreceipt:r\ndestination:/topic/conversations/{id}\n\n\0"),
            format!("SEND\nreceipt:r\ndestination:/app/conversations/{id}/send\n\nx\0"),
            format!("SEND\nreceipt:r\ndestination:/app/conversations/{id}/read\n\n{{\"seq\":1}}\0"),
        ] {
            let mut raw = connected(&server, visitor.rest.token()).await;
            answers.push(ends_after(&mut raw, &text).await);
        }
    }
    assert_eq!(answers[..3], answers[3..]);
    assert!(answers.iter().all(|(frames, _)| header(&frames[0], "receipt-id") == "r"), "{answers:?}");
    assert_eq!(other.rest.all_messages(&other.conversation).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s01_nothing_is_heard_of_who_does_not_connect_first() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let room = &visitor.conversation;
    for text in [
        format!("SUBSCRIBE\nid:1\ndestination:/topic/conversations/{room}\n\n\0"),
        format!("SEND\ndestination:/app/conversations/{room}/send\n\nx\0"),
        "DISCONNECT\nreceipt:r\n\n\0".to_owned(),
        "CONNECT\naccept-version:2.0\n\n\0".to_owned(),
    ] {
        let (frames, close) = ends_after(&mut shaken(&server).await, &text).await;
        is_error(&frames, "realtime.malformed", &text);
        assert_eq!(close, 4000);
    }
    for (connect, code) in [
        ("CONNECT\naccept-version:1.2\n\n\0", "identity.not_authenticated"),
        ("CONNECT\naccept-version:1.2\npasscode:nonsense\n\n\0", "identity.not_authenticated"),
        ("CONNECT\naccept-version:1.2\nAuthorization:Basic YTpi\n\n\0", "identity.not_authenticated"),
    ] {
        let (frames, close) = ends_after(&mut shaken(&server).await, connect).await;
        is_error(&frames, code, connect);
        assert_eq!(close, 4001);
    }
    let since = Instant::now();
    let mut silent = shaken(&server).await;
    assert_eq!(ends(&mut silent).await.1, 4001, "who says nothing is not waited for");
    assert!(since.elapsed() >= Duration::from_secs(9), "{:?}", since.elapsed());
    assert!(!server.log().contains("nonsense"), "a token in the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_s03_bounds_of_lines_headers_and_bodies() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let bystander = Bystander::at(&server).await;
    let token = visitor.rest.token();
    let to = format!("SEND\ndestination:/app/conversations/{}/send\n", visitor.conversation);
    let cases = [
        ("a line above 8 KiB", format!("{to}x:{}\n\nx\0", "a".repeat(8 * 1024)), 4009),
        ("a line without end", "a".repeat(9 * 1024), 4009),
        ("65 headers", format!("{to}{}\nx\0", "a:b\n".repeat(64)), 4009),
        ("a body announced above 64 KiB", format!("{to}content-length:65537\n\n"), 4009),
        ("a message above 64 KiB", format!("{to}\n{}\0", "a".repeat(64 * 1024)), 4009),
    ];
    for (name, text, close) in cases {
        let mut raw = connected(&server, token).await;
        let (frames, closed) = ends_after(&mut raw, &text).await;
        is_error(&frames, "realtime.malformed", name);
        assert_eq!(closed, close, "{name}");
    }
    let mut raw = connected(&server, token).await;
    raw.write(&frame(TEXT, format!("{to}\n").as_bytes())).await;
    for _ in 0..9 {
        raw.write(&frame(TEXT, &[b'a'; 8 * 1024])).await;
    }
    let (frames, closed) = ends(&mut raw).await;
    is_error(&frames, "realtime.malformed", "a body above 64 KiB in pieces");
    assert_eq!(closed, 4009);
    // No NUL, and a length that the body never reaches: the rest is not waited for.
    for text in [format!("{to}\nhello"), format!("{to}content-length:100\n\nhello\0")] {
        let mut raw = connected(&server, token).await;
        let since = Instant::now();
        let (frames, closed) = ends_after(&mut raw, &text).await;
        is_error(&frames, "realtime.malformed", &text);
        assert_eq!(closed, 4000);
        assert!(since.elapsed() < Duration::from_secs(15), "{:?}", since.elapsed());
    }
    // What is just within the bounds is a frame; its content is too long for a message, which is another answer.
    let mut raw = connected(&server, token).await;
    raw.write(&frame(TEXT, format!("{to}x:{}\n", "a".repeat(8 * 1024 - 2)).as_bytes())).await;
    let (frames, _) = ends_after(&mut raw, &format!("content-length:60000\n\n{}\0", "a".repeat(60_000))).await;
    is_error(&frames, "invalid", "within the bounds");
    assert_eq!(visitor.rest.all_messages(&visitor.conversation).await.len(), 0);
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s07_transactions_are_bounded_and_leave_nothing() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let bystander = Bystander::at(&server).await;
    let token = visitor.rest.token();
    let send = format!("SEND\ndestination:/app/conversations/{}/send\ntransaction:t0\n", visitor.conversation);

    let mut raw = connected(&server, token).await;
    let many: Vec<String> = (0..10_000).map(|n| format!("BEGIN\ntransaction:t{n}\n\n\0")).collect();
    for piece in many.concat().as_bytes().chunks(60_000) {
        raw.write(&frame(TEXT, piece)).await;
    }
    let (frames, closed) = ends(&mut raw).await;
    is_error(&frames, "realtime.malformed", "10 000 transactions");
    assert_eq!(closed, 4000);

    let mut raw = connected(&server, token).await;
    raw.write(&frame(TEXT, b"BEGIN\ntransaction:t0\n\n\0")).await;
    for _ in 0..6 {
        raw.write(&frame(TEXT, format!("{send}\n{}\0", "a".repeat(50_000)).as_bytes())).await;
    }
    is_error(&ends(&mut raw).await.0, "realtime.malformed", "more than 256 KiB");

    // Never committed.
    let mut raw = connected(&server, token).await;
    raw.write(&frame(TEXT, format!("BEGIN\ntransaction:t0\n\n\0{send}\nx\0DISCONNECT\nreceipt:r\n\n\0").as_bytes()))
        .await;
    let (frames, closed) = ends(&mut raw).await;
    assert_eq!((frames, closed), (vec!["RECEIPT\nreceipt-id:r\n\n\0".to_owned()], 1000));
    assert_eq!(visitor.rest.all_messages(&visitor.conversation).await.len(), 0);
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s08_heart_beats_have_a_floor() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let token = visitor.rest.token();
    for wrong in ["-1,0", "0,-1", "a,b", "1", "99999999999999999999,0", "1,2,3", ","] {
        let connect = format!("CONNECT\naccept-version:1.2\npasscode:{token}\nheart-beat:{wrong}\n\n\0");
        let (frames, close) = ends_after(&mut shaken(&server).await, &connect).await;
        is_error(&frames, "realtime.malformed", wrong);
        assert_eq!(close, 4000);
    }
    for asked in ["0,1", "0,0", "1,1", "4294967296,4294967296"] {
        let (_, connected) = connected_with(&server, token, &format!("heart-beat:{asked}\n")).await;
        assert_eq!(header(&connected, "heart-beat"), "10000,10000", "{asked}");
    }
    // The server says something within ten seconds, and not each millisecond.
    let (mut raw, _) = connected_with(&server, token, "heart-beat:0,1\n").await;
    let since = Instant::now();
    assert_eq!(raw.next().await, Came::Words("\n".to_owned()));
    let took = since.elapsed();
    assert!((Duration::from_secs(5)..Duration::from_secs(11)).contains(&took), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s08_a_client_that_promised_to_be_heard_and_is_not_is_given_up() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let (mut raw, _) = connected_with(&server, visitor.rest.token(), "heart-beat:10000,10000\n").await;
    let since = Instant::now();
    // It reads, and so it is there for the transport; but it says nothing.
    let (frames, close) = ends(&mut raw).await;
    let took = since.elapsed();
    assert_eq!((frames.as_slice(), close), (["\n".to_owned(), "\n".to_owned()].as_slice(), 4011));
    assert!((Duration::from_secs(19)..Duration::from_secs(25)).contains(&took), "{took:?}");
}

async fn a_receipt_is_never_given_for_what_is_not_stored(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let token = visitor.rest.token();
    let to = format!("SEND\ndestination:/app/conversations/{}/send\n", visitor.conversation);
    let mut raw = connected(&server, token).await;
    let text = format!("{to}client-message-id:a\nreceipt:one\n\nun\0{to}client-message-id:a\nreceipt:two\n\ndeux\0");
    let (frames, close) = ends_after(&mut raw, &text).await;
    assert_eq!((frames.len(), close), (2, 4000), "{frames:?}");
    assert!(frames[0].starts_with("RECEIPT\nreceipt-id:one\n"), "{frames:?}");
    is_error(&frames[1..], "idempotency_mismatch", "another content under the same name");
    assert_eq!(header(&frames[1], "receipt-id"), "two");
    let messages = visitor.rest.all_messages(&visitor.conversation).await;
    assert_eq!((messages.len(), &messages[0]["content"]), (1, &json!("un")));
    assert_eq!(header(&frames[0], "message-id"), messages[0]["id"].as_str().unwrap());
}

/// `DISCONNECT` with a receipt, and the line is cut before it comes: the client sends again, and there is one message.
async fn a_client_that_is_cut_off_may_send_again(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let token = visitor.rest.token();
    for round in 0..5 {
        let send = format!(
            "SEND\ndestination:/app/conversations/{}/send\nclient-message-id:m{round}\nreceipt:r\n\nmessage {round}\0",
            visitor.conversation
        );
        let mut raw = connected(&server, token).await;
        raw.write(&frame(TEXT, format!("{send}DISCONNECT\nreceipt:bye\n\n\0").as_bytes())).await;
        raw.reset();
        let mut raw = connected(&server, token).await;
        let (frames, close) = ends_after(&mut raw, &format!("{send}DISCONNECT\nreceipt:bye\n\n\0")).await;
        assert_eq!((frames.len(), close), (2, 1000), "{frames:?}");
        assert_eq!((header(&frames[0], "receipt-id"), header(&frames[1], "receipt-id")), ("r", "bye"));
        assert_eq!(header(&frames[0], "seq"), (round + 1).to_string());
    }
    assert_eq!(visitor.rest.all_messages(&visitor.conversation).await.len(), 5);
    server.is_sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s10_frames_come_in_whatever_messages_and_pieces() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = server.visitor("Ana", None).await;
    let mut raw = connected(&server, visitor.rest.token()).await;
    let send = |n: usize| {
        let to = format!("/app/conversations/{}/send", visitor.conversation);
        let body = format!("é{n} ::: \u{1f600}");
        format!("SEND\ndestination:{to}\nreceipt:{n}\ncontent-length:{}\n\n{body}\0\n\n", body.len())
    };
    // Several in one text, one over several binary messages cut inside of letters, one over texts and binaries.
    raw.write(&frame(TEXT, [send(0), send(1), send(2)].concat().as_bytes())).await;
    for byte in send(3).as_bytes() {
        raw.write(&frame(BINARY, &[*byte])).await;
    }
    for (n, piece) in send(4).chars().enumerate() {
        let mut buffer = [0; 4];
        raw.write(&frame(if n % 2 == 0 { TEXT } else { BINARY }, piece.encode_utf8(&mut buffer).as_bytes())).await;
    }
    for n in 0..5 {
        let Came::Words(words) = raw.next().await else { panic!("no receipt {n}") };
        assert_eq!(
            (header(&words, "receipt-id"), header(&words, "seq")),
            (n.to_string().as_str(), (n + 1).to_string().as_str())
        );
    }
    let messages = visitor.rest.all_messages(&visitor.conversation).await;
    for (n, message) in messages.iter().enumerate() {
        assert_eq!(message["content"], json!(format!("é{n} ::: \u{1f600}")));
    }
    // Bytes that are no UTF-8, where a text could not hold them.
    raw.write(&frame(BINARY, b"SEND\nx:\xff\n\n\0")).await;
    is_error(&ends(&mut raw).await.0, "realtime.malformed", "no UTF-8");
}

/// With the limits of production: sends above the budget are refused, three times over ends the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_sends_is_refused_and_then_closed() {
    let server = limited(Settings::over(Store::Sqlite)).start().await;
    let visitor: Visitor = server.visitor("Ana", None).await;
    let mut raw = connected(&server, visitor.rest.token()).await;
    raw.write(&frame(TEXT, b"SUBSCRIBE\nid:e\ndestination:/user/queue/events\n\n\0")).await;
    let to = format!("SEND\ndestination:/app/conversations/{}/send\n", visitor.conversation);
    let flood: Vec<String> = (0..100).map(|n| format!("{to}receipt:{n}\n\nmessage {n}\0")).collect();
    let (frames, close) = ends_after(&mut raw, &flood.concat()).await;
    assert_eq!(close, 4008);
    let (receipts, others): (Vec<_>, Vec<_>) = frames.iter().partition(|frame| frame.starts_with("RECEIPT"));
    assert!((1..=21).contains(&receipts.len()), "{} were stored", receipts.len());
    assert!(others.iter().any(|frame| header(frame, "event") == "nack"), "{others:?}");
    let stored = visitor.rest.all_messages(&visitor.conversation).await;
    assert!(stored.len() <= 21, "{}", stored.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_handshake_keeps_the_rules_of_every_socket() {
    let server = Server::over(Store::Sqlite).await;
    for path in ["GET /ws HTTP/1.1", "GET /ws/websocket HTTP/1.1"] {
        for (lines, status) in [
            (and(&[("Sec-WebSocket-Protocol", "v10.stomp, v11.stomp, v12.stomp")]), 101),
            (and(&[]), 101),
            (and(&[("Sec-WebSocket-Protocol", "guichet.v1")]), 400),
            (and(&[("Sec-WebSocket-Protocol", "v13.stomp")]), 400),
            (and(&[("Origin", "https://evil.example")]), 403),
            (and(&[("Origin", "null")]), 403),
        ] {
            let answered = shake_from(HERE, &server, path, &lines).await;
            assert_eq!(answered.status, status, "{path} {lines:?}");
            if lines.iter().any(|(_, value)| value.contains("v12")) {
                assert!(answered.head.contains("sec-websocket-protocol: v12.stomp"), "{}", answered.head);
            }
        }
    }
    let answer = send(server.rest().request(Method::GET, "~/ws/info")).await;
    assert_eq!((answer.status, text(&answer.body["code"])), (404, "not_found"));
    assert!(text(&answer.body["detail"]).contains("SockJS"), "{}", answer.text);
}
