//! Packets of Engine.IO and Socket.IO that no client of theirs writes. The valid ones are tried with the protocols
//! themselves, in `tests/clients/socketio/protocol.mjs`.

use crate::bystander::{Bystander, limited};
use crate::raw::{PATIENCE, Raw, and, frame, shake_from};
use reqwest::Method;
use serde_json::json;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::faults::process::processor_time;
use tests::rest::{Answer, send};
use tests::server::{Server, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What opens the server's figures.
const METRICS_TOKEN: &str = "figures-of-polling";
const POLLING: &str = "~/socket.io/?EIO=4&transport=polling";

async fn poll(server: &Server, sid: &str) -> Answer {
    send(server.rest().request(Method::GET, &format!("{POLLING}&sid={sid}"))).await
}

async fn push(server: &Server, sid: &str, body: impl Into<reqwest::Body>) -> Answer {
    send(server.rest().request(Method::POST, &format!("{POLLING}&sid={sid}")).body(body)).await
}

async fn session(server: &Server) -> String {
    let opened = send(server.rest().request(Method::GET, POLLING)).await;
    assert_eq!(opened.status, 200, "{}", opened.text);
    let opening: serde_json::Value = serde_json::from_str(&opened.text[1..]).unwrap();
    opening["sid"].as_str().unwrap().to_owned()
}

/// A socket, with the opening packet read.
async fn socket(server: &Server) -> Raw {
    let first = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1";
    let mut answered = shake_from(Ipv4Addr::LOCALHOST, server, first, &and(&[])).await;
    assert_eq!(answered.status, 101, "{}", answered.head);
    assert!(answered.raw.words().await.starts_with("0{"));
    answered.raw
}

/// One that is connected to the main namespace.
async fn connected(server: &Server, token: &str) -> Raw {
    let mut raw = socket(server).await;
    raw.write(&frame(0x81, format!("40{}", json!({ "token": token })).as_bytes())).await;
    assert!(raw.words().await.starts_with("40{"));
    assert!(raw.words().await.starts_with("42[\"connected\""));
    raw
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e02_a_request_that_is_none_of_the_protocol_is_refused() {
    let server = limited(Settings::over(Store::Sqlite)).start().await;
    let bystander = Bystander::at(&server).await;
    let long = "x".repeat(4_000);
    for (query, code) in [
        ("EIO=2&transport=polling", 5),
        ("EIO=3&transport=polling", 5),
        ("EIO=abc&transport=polling", 5),
        ("EIO=4&transport=abc", 0),
        ("EIO=4&transport=__proto__", 0),
        ("EIO=4&transport=polling&sid=unknown", 1),
        ("EIO=4&transport=polling&sid=__proto__", 1),
        ("EIO=4&transport=polling&sid=constructor", 1),
        ("EIO=4&transport=polling&sid=%00%ff", 1),
        (&format!("EIO=4&transport=polling&sid={long}"), 1),
        ("EIO=4&transport=websocket", 3),
        ("", 0),
    ] {
        let answer = send(server.rest().request(Method::GET, &format!("~/socket.io/?{query}"))).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(code)), "{query}: {}", answer.text);
        assert!(!answer.text.contains("x".repeat(100).as_str()), "nothing is repeated");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = send(server.rest().request(method, POLLING)).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(2)), "{}", answer.text);
    }
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e03_a_packet_that_is_none_of_the_protocol_closes() {
    let server = Settings::over(Store::Sqlite).start().await;
    let bystander = Bystander::at(&server).await;
    let deep = format!("42{}", "[".repeat(30_000));
    let token = bystander.visitor.rest.token();
    for packet in [
        "4abc",
        "42{}",
        "42[]",
        "42abc[\"x\"]",
        "4218446744073709551616[\"x\"]",
        "429007199254740992[\"x\"]",
        "42-1[\"x\"]",
        "42[\"__proto__\"]",
        "42[\"connect\"]",
        "42[\"connect_error\"]",
        "42[\"disconnect\"]",
        "42[\"disconnecting\"]",
        "42[\"newListener\"]",
        "42/admin,[\"x\"]",
        "4499[\"x\"]",
        "45999999999-[\"x\"]",
        "44{\"message\":\"x\"}",
        "2",
        "9",
        "",
        &deep,
    ] {
        let mut raw = connected(&server, token).await;
        raw.write(&frame(0x81, packet.as_bytes())).await;
        assert_eq!(raw.ends().await, 4000, "{packet:.60}");
    }
    let mut raw = connected(&server, token).await;
    raw.write(&frame(0x82, b"0123")).await;
    assert_eq!(raw.ends().await, 4000, "bytes that nobody announced");
    let mut raw = connected(&server, token).await;
    raw.write(&frame(0x81, &vec![b'4'; 65_537])).await;
    assert_eq!(raw.ends().await, 4009, "more than a packet may have");
    // Every event, with what it must not do: answered, kept, and nothing stored.
    let room = &bystander.visitor.conversation;
    let mut raw = connected(&server, token).await;
    for name in [
        "joinConversation",
        "leaveConversation",
        "sendMessage",
        "typing",
        "markAsRead",
        "markConversationAsRead",
        "join-conversation",
        "leave-conversation",
        "send-message",
        "user-typing",
        "user-stopped-typing",
        "mark-as-read",
        "mark-conversation-as-read",
        "constructor",
        "toString",
        "",
    ] {
        for wrong in [
            json!(null),
            json!(5),
            json!([]),
            json!({}),
            json!(""),
            json!("../x"),
            json!({ "conversationId": 5 }),
            json!({ "conversationId": "nowhere ' OR 1=1" }),
            json!({ "conversationId": "x".repeat(4_000) }),
            json!({ "conversationId": room, "afterSeq": -1 , "content": 5, "messageId": "x", "isTyping": "yes"}),
        ] {
            // Leaving and typing are refused by their fields only; the last row is a good one for those without.
            let harmless = wrong["afterSeq"] == json!(-1)
                && ["leave", "user-", "markC", "mark-c"].iter().any(|kind| name.starts_with(kind));
            if harmless {
                continue;
            }
            raw.write(&frame(0x81, format!("427{}", json!([name, wrong])).as_bytes())).await;
            let words = raw.words().await;
            assert!(words.starts_with("437[{\"error\":{\"code\":"), "{name} {wrong:.80}: {words}");
        }
    }
    drop(raw);
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e05_too_much_by_polling_is_refused_and_ends_the_session() {
    let settings = limited(Settings::over(Store::Sqlite)).with("GUICHET_METRICS_TOKEN", METRICS_TOKEN);
    let server = settings.start().await;
    let mut bystander = Bystander::at(&server).await;
    let used = processor_time(server.pid());
    // By its announced length: not a byte of it is waited for.
    let sid = session(&server).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: {}\r\nContent-Length: 104857600\r\n\r\n",
        server.address()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1_024];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&answer[..read]).starts_with("HTTP/1.1 413"));
    assert_eq!(poll(&server, &sid).await.status, 400, "gone");
    // By what comes, without a length.
    let sid = session(&server).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.address()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "4".repeat(0x10000));
    // What is too much is thrown away, and the answer does not wait for it.
    let (mut reader, mut writer) = stream.into_split();
    let flood = tokio::spawn(async move {
        for _ in 0..1_600 {
            if writer.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
    });
    let read = timeout(PATIENCE, reader.read(&mut answer)).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&answer[..read]).starts_with("HTTP/1.1 413"));
    flood.abort();
    assert_eq!(poll(&server, &sid).await.status, 400, "gone");
    // Very many packets in one payload.
    let sid = session(&server).await;
    let many = vec!["4"; 32_000].join("\x1e");
    let since = Instant::now();
    assert_eq!(push(&server, &sid, many).await.status, 400);
    assert!(since.elapsed() < Duration::from_secs(2));
    // Two polls of one session: one of them is not its client's.
    let sid = session(&server).await;
    let (first, second) = tokio::join!(poll(&server, &sid), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        poll(&server, &sid).await
    });
    assert_eq!((first.status, first.text.as_str(), second.status), (200, "1", 400));
    assert_eq!(poll(&server, &sid).await.status, 400, "gone");
    // Sessions that are opened and left do not stay: whoever has not said who they are within 10 s goes.
    let mut left = Vec::new();
    for _ in 0..200 {
        left.push(session(&server).await);
    }
    bystander.is_served().await;
    assert!(connections(&server).await >= 200, "they are there");
    let deadline = Instant::now() + Duration::from_secs(30);
    while connections(&server).await > 0 {
        assert!(Instant::now() < deadline, "nobody said who they are, and they stay");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for sid in left {
        assert_eq!(poll(&server, &sid).await.status, 400, "nobody said who they are");
    }
    let used = processor_time(server.pid()).saturating_sub(used);
    assert!(used < Duration::from_secs(10), "{used:?}");
    bystander.saw_nothing(&server).await;
}

/// How many connections of Socket.IO the server counts.
async fn connections(server: &Server) -> u64 {
    let figures = send(server.rest().with_token(METRICS_TOKEN).request(Method::GET, "~/metrics")).await.text;
    let count = figures.lines().find_map(|line| {
        line.strip_prefix("guichet_realtime_connections{protocol=\"socketio\"} ").and_then(|count| count.parse().ok())
    });
    count.unwrap_or_else(|| panic!("no count of connections in {figures}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e07_who_may_not_come_in_is_told_so_and_hears_nothing() {
    let server = Settings::over(Store::Sqlite).start().await;
    let bystander = Bystander::at(&server).await;
    let long = format!("/{}", "x".repeat(4_096));
    for namespace in ["/admin", "/..", "/messaging/", "/Messaging", "/%6dessaging", "/__proto__", &long] {
        let mut raw = socket(&server).await;
        let token = json!({ "token": bystander.visitor.rest.token() });
        raw.write(&frame(0x81, format!("40{namespace},{token}").as_bytes())).await;
        assert_eq!(raw.words().await, format!("44{namespace},{{\"message\":\"Invalid namespace\"}}"));
    }
    for token in
        [json!({}), json!({ "token": "" }), json!({ "token": "x" }), json!({ "token": 5 }), json!({ "token": {} })]
    {
        let mut raw = socket(&server).await;
        raw.write(&frame(0x81, format!("40/messaging,{token}").as_bytes())).await;
        let words = raw.words().await;
        assert!(
            words.starts_with("44/messaging,{") && words.contains("identity.not_authenticated"),
            "{token}: {words}"
        );
        raw.write(&frame(0x81, b"42/messaging,[\"joinConversation\",{}]")).await;
        let code = raw.ends().await;
        assert!([4000, 4001].contains(&code), "{token}: {code}");
    }
    // Who says nothing is let go after ten seconds.
    let since = Instant::now();
    assert_eq!(socket(&server).await.ends().await, 4001);
    assert!(since.elapsed() < Duration::from_secs(13));
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_another_site_may_neither_poll_nor_read_the_answer() {
    let server = Settings::over(Store::Sqlite).start().await;
    for (origin, status) in [("https://evil.example", 403), ("null", 403), (server.base(), 200)] {
        let answer = send(server.rest().request(Method::GET, POLLING).header("Origin", origin)).await;
        assert_eq!(answer.status, status, "{origin}: {}", answer.text);
        let allowed = answer.headers.get("access-control-allow-origin").and_then(|value| value.to_str().ok());
        assert_eq!(allowed, (status == 200).then_some(origin), "{origin}");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let first = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1";
    let evil = shake_from(Ipv4Addr::LOCALHOST, &server, first, &and(&[("Origin", "https://evil.example")])).await;
    assert_eq!(evil.status, 403);
}
