//! Connections that break the rules once they are open: of the framing, of who may speak, of how much.

use crate::bystander::{Bystander, Sound, limited};
use crate::raw::{Came, HERE, frame, open, says, shake, shake_from, with};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::faults::process::processor_time;
use tests::over_both_stores;
use tests::people::{Person, text};
use tests::server::{Server, Settings};
use tests::socket::{Read, Socket, send_frame};
use uuid::Uuid;

/// A right that ends must end what it opened within this time.
const ENDED: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w03_and_w04_what_breaks_the_framing_closes_with_its_code() {
    let server = Settings::over(Store::Sqlite).start().await;
    let mut bystander = Bystander::at(&server).await;
    let close = |payload: &[u8]| frame(0x88, payload);
    let two = |first: Vec<u8>, second: Vec<u8>| [first, second].concat();
    for (name, bytes, code) in [
        ("W-03 unmasked", vec![0x81, 2, b'{', b'}'], 1002),
        ("W-03 reserved bit 1", frame(0xc1, b"{}"), 1002),
        ("W-03 reserved bit 2", frame(0xa1, b"{}"), 1002),
        ("W-03 reserved bit 3", frame(0x91, b"{}"), 1002),
        ("W-03 reserved opcode", frame(0x83, b"{}"), 1002),
        ("W-03 reserved control opcode", frame(0x8f, b""), 1002),
        ("W-03 fragmented ping", frame(0x09, b""), 1002),
        ("W-03 fragmented close", frame(0x08, b""), 1002),
        ("W-03 ping of 126 bytes", frame(0x89, &[0; 126]), 1002),
        ("W-03 ping that announces a gigabyte", vec![0x89, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0], 1002),
        ("W-03 continuation without a start", frame(0x80, b"{}"), 1002),
        ("W-03 a text within a message", two(frame(0x01, b"{"), frame(0x81, b"{}")), 1002),
        ("W-03 a binary one within a message", two(frame(0x01, b"{"), frame(0x82, b"{}")), 1002),
        ("W-03 two bytes of length for 2", vec![0x81, 0xfe, 0, 2, 0, 0, 0, 0, b'{', b'}'], 1002),
        ("W-03 eight bytes of length for 2", vec![0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, b'{', b'}'], 1002),
        ("W-03 a length with its top bit", vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], 1002),
        ("W-04 no UTF-8", frame(0x81, b"\xc3\x28"), 1007),
        ("W-04 no UTF-8 over fragments", two(frame(0x01, b"\xc3"), frame(0x80, b"\x28")), 1007),
        ("W-04 a surrogate", frame(0x81, b"\xed\xa0\x80"), 1007),
        ("W-04 an overlong slash", frame(0x81, b"\xc0\xaf"), 1007),
        ("W-04 close 0", close(&0_u16.to_be_bytes()), 1002),
        ("W-04 close 999", close(&999_u16.to_be_bytes()), 1002),
        ("W-04 close 1005", close(&1005_u16.to_be_bytes()), 1002),
        ("W-04 close 1006", close(&1006_u16.to_be_bytes()), 1002),
        ("W-04 close 5000", close(&5000_u16.to_be_bytes()), 1002),
        ("W-04 close of one byte", close(b"\x03"), 1002),
        ("W-04 a reason that is no UTF-8", close(b"\x03\xe8\xff"), 1007),
        ("a binary message", frame(0x82, b"\0\x01"), 4000),
        ("a message of 64 KiB and a byte", frame(0x81, &vec![b' '; 65_537]), 4009),
        ("a head that announces a gigabyte", vec![0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0], 4009),
        ("fragments of more than 64 KiB", two(frame(1, &vec![b' '; 40_000]), frame(0x80, &vec![b' '; 40_000])), 4009),
    ] {
        let mut raw = open(&server, bystander.visitor.rest.token()).await;
        let since = Instant::now();
        raw.write(&bytes).await;
        assert_eq!(raw.ends().await, code, "{name}");
        assert!(since.elapsed() < Duration::from_secs(2), "{name}: {:?}", since.elapsed());
        bystander.is_served().await;
    }
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w07_a_flood_of_frames_is_closed_and_costs_less_than_a_core() {
    let server = limited(Settings::over(Store::Sqlite)).start().await;
    let token = server.visitor("Ana", None).await.rest.token().to_owned();
    let mut bystander = Bystander::at(&server).await;
    for (name, start, one) in [
        ("pings", vec![], frame(0x89, b"flood")),
        ("pongs", vec![], frame(0x8a, b"")),
        ("empty texts", vec![], frame(0x81, b"")),
        ("empty fragments", frame(0x01, b""), frame(0x00, b"")),
        ("messages", vec![], frame(0x81, br#"{"type":"ping"}"#)),
        (
            "signs of typing",
            vec![],
            says(&json!({"type": "typing", "conversation_id": Uuid::nil(), "is_typing": true})),
        ),
    ] {
        let (since, used) = (Instant::now(), processor_time(server.pid()));
        let mut rounds = 0;
        // Again and again for a second, as an attacker would who is only turned away.
        while since.elapsed() < Duration::from_secs(1) {
            let mut raw = open(&server, &token).await;
            let flood = [&start[..], &one.repeat(10_000)].concat();
            assert_eq!(raw.ends_while(&flood).await, 4008, "{name}");
            rounds += 1;
        }
        let (took, used) = (since.elapsed(), processor_time(server.pid()).saturating_sub(used));
        assert!(
            used <= took + Duration::from_millis(200),
            "{name}: {used:?} of processor in {took:?}, {rounds} rounds"
        );
        bystander.is_served().await;
    }
    // After a close nothing counts, however much it is.
    let mut raw = open(&server, &token).await;
    let data = send_frame(&bystander.visitor.conversation, "late", "too late");
    raw.write(&[frame(0x88, b"\x03\xe8"), says(&data).repeat(1_000)].concat()).await;
    assert_eq!(raw.ends().await, 1000);
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w08_who_says_nothing_or_is_somebody_else_is_let_go() {
    let server = Settings::over(Store::Sqlite).start().await;
    let agent = server.sign_in("agent").await;
    let stranger = server.foreigner("agent").await;
    let visitor = server.visitor("Ana", None).await;
    let bystander = Bystander::at(&server).await;
    let conversation = visitor.conversation.clone();
    let authenticate = |token: &str| says(&json!({"type": "authenticate", "token": token}));
    let subscribe = says(&json!({"type": "subscribe", "conversation_id": conversation, "after_seq": 0}));

    // The one who says nothing takes 10 s; meanwhile the others.
    let silent = async {
        let since = Instant::now();
        let mut silent = shake(&server, &with(&[])).await.raw;
        assert_eq!(silent.ends().await, 4001, "silent");
        let took = since.elapsed();
        assert!((9..=12).contains(&took.as_secs()), "silent for {took:?}");
    };
    let others = async {
        for (name, first) in [
            ("a message", says(&send_frame(&conversation, "early", "x"))),
            ("a subscription", subscribe.clone()),
            ("typing", says(&json!({"type": "typing", "conversation_id": conversation, "is_typing": true}))),
            ("a ping of the protocol", says(&json!({"type": "ping"}))),
            ("nonsense", frame(0x81, b"nonsense")),
            ("a bad token", authenticate("nonsense")),
            ("an empty token", authenticate("")),
            ("a refresh token", authenticate(&agent.refresh_token)),
        ] {
            let mut raw = shake(&server, &with(&[])).await.raw;
            // Followed by the right token: too late.
            raw.write(&[first, authenticate(visitor.rest.token())].concat()).await;
            assert_eq!(raw.ends().await, 4001, "{name} before anything else");
        }
        // Two at once: the same person is welcomed twice, nobody else after it.
        let mut raw = shake(&server, &with(&[])).await.raw;
        raw.write(&authenticate(visitor.rest.token()).repeat(2)).await;
        for _ in 0..2 {
            assert!(matches!(raw.next().await, Came::Text(frame) if frame["type"] == "welcome"));
        }
        for (name, token) in [
            ("another organisation", stranger.rest.token()),
            ("another person", agent.rest.token()),
            ("another guest", bystander.visitor.rest.token()),
        ] {
            let mut raw = open(&server, visitor.rest.token()).await;
            raw.write(&subscribe).await;
            while !matches!(raw.next().await, Came::Text(frame) if frame["type"] == "live") {}
            // What comes right behind is not done in either name.
            let behind = says(&send_frame(&conversation, name, "in whose name?"));
            raw.write(&[authenticate(token), behind].concat()).await;
            assert_eq!(raw.ends().await, 4001, "{name}");
        }
        // A renewal that fails changes nothing: the connection lives as long as the token that opened it.
        let mut raw = open(&server, visitor.rest.token()).await;
        raw.write(&[authenticate("nonsense"), subscribe.clone()].concat()).await;
        let first = raw.next().await;
        assert!(matches!(&first, Came::Text(frame) if frame["type"] == "error"), "{first:?}");
        while !matches!(raw.next().await, Came::Text(frame) if frame["type"] == "live") {}
    };
    tokio::join!(silent, others);
    assert!(visitor.rest.all_messages(&conversation).await.is_empty(), "nothing was said");
    bystander.saw_nothing(&server).await;
}

over_both_stores!(
    w10_a_right_that_ends_closes_what_it_opened_and_nothing_more_is_stored,
    w12_a_captured_send_is_a_retry_for_its_sender_and_nothing_for_others,
);

async fn w10_a_right_that_ends_closes_what_it_opened_and_nothing_more_is_stored(store: Store) {
    let server = Server::over(store).await;
    let mut bystander = Bystander::at(&server).await;
    let admin = server.sign_in("admin").await;
    for (n, name) in
        ["logout", "session ended", "password changed", "deactivated", "role changed"].into_iter().enumerate()
    {
        // Who answers first has the request; each is to have one.
        let visitor = server.visitor("Ana", None).await;
        let email = format!("agent-{n}@demo.test");
        let password = "quatre chevaux verts";
        let made = json!({
            "email": email, "first_name": "Zoé", "last_name": "Partie", "role": "agent", "password": password,
        });
        admin.rest.post("/users", &made).await.expect(201);
        let login = json!({ "organization": "demo", "email": email, "password": password });
        let signed_in = server.rest().post("/auth/login", &login).await.expect(200);
        let id = text(&signed_in["user"]["id"]).to_owned();
        let rest = server.rest().with_token(text(&signed_in["access_token"]));
        let person = Person { rest, id: id.clone(), refresh_token: text(&signed_in["refresh_token"]).to_owned() };
        let mut socket = Socket::connect(&server.socket_url(), person.rest.token()).await.unwrap();
        socket.subscribe(&visitor.conversation, Some(0)).await;
        let good = format!("{name}: before");
        socket.send_message(&visitor.conversation, &good, &good).await;

        let user = format!("/users/{id}");
        let change = |body: Value| admin.rest.request(reqwest::Method::PATCH, &user).json(&body);
        match name {
            "logout" => person.rest.post("/auth/logout", &json!({"refresh_token": person.refresh_token})).await.status,
            "session ended" => {
                let sessions = person.rest.get("/auth/sessions").await.expect(200);
                let session = text(&sessions["items"][0]["id"]).to_owned();
                person.rest.delete(&format!("/auth/sessions/{session}")).await.status
            }
            "password changed" => tests::rest::send(change(json!({"password": "cinq chevaux bleus"}))).await.status,
            "deactivated" => tests::rest::send(change(json!({"active": false}))).await.status,
            _ => tests::rest::send(change(json!({"role": "supervisor"}))).await.status,
        };
        let since = Instant::now();
        let late = format!("{name}: after");
        // The connection may be closed already.
        let _ = socket.try_send(&send_frame(&visitor.conversation, &late, &late)).await;
        let code = loop {
            match socket.read().await.unwrap() {
                Read::Closed(code) => break code,
                Read::Frame(frame) => assert_ne!(frame["type"], "ack", "{name}: {frame}"),
            }
        };
        assert_eq!(code, 4003, "{name}");
        assert!(since.elapsed() < ENDED, "{name}: closed after {:?}", since.elapsed());
        // And the token opens nothing more, on either way.
        assert_eq!(person.rest.send_message(&visitor.conversation, &late, &late).await.status, 401, "{name}");
        assert!(Socket::connect(&server.socket_url(), person.rest.token()).await.is_err(), "{name}");
        let kept = admin.rest.all_messages(&visitor.conversation).await;
        let kept: Vec<&str> = kept.iter().map(|message| text(&message["content"])).collect();
        assert!(kept.contains(&good.as_str()) && !kept.contains(&late.as_str()), "{name}: {kept:?}");
        bystander.is_served().await;
    }
    server.is_sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w11_who_asks_for_everything_all_the_time_is_slowed_down_and_nobody_else_is() {
    let server = limited(Settings::over(Store::Sqlite)).start().await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let conversation = visitor.conversation.clone();
    let mut bystander = Bystander::at(&server).await;

    // A thousand conversations that are not theirs: each is refused as one that is not there.
    let mut raw = open(&server, visitor.rest.token()).await;
    let asks: Vec<u8> = (0..1_000)
        .flat_map(|n: u128| {
            // One that is there and somebody else's, and many that are not.
            let id = if n == 0 { bystander.visitor.conversation.clone() } else { Uuid::from_u128(n << 64).to_string() };
            says(&json!({"type": "subscribe", "ref": "x", "conversation_id": id, "after_seq": 0}))
        })
        .collect();
    raw.write(&asks).await;
    for n in 0..1_000 {
        match raw.next().await {
            Came::Text(frame) => {
                assert!(frame["type"] == "reset" && frame["reason"] == "forbidden", "{n}: {frame}");
            }
            other => panic!("{n}: {other:?}"),
        }
    }
    bystander.is_served().await;

    // Coming and going, and coming again from the beginning, in a loop: some at once, then one in two seconds.
    let subscribe = says(&json!({"type": "subscribe", "conversation_id": conversation, "after_seq": 0}));
    let unsubscribe = says(&json!({"type": "unsubscribe", "conversation_id": conversation}));
    let ping = says(&json!({"type": "ping"}));
    for (name, round) in
        [("coming and going", [&subscribe[..], &unsubscribe].concat()), ("resuming", subscribe.clone())]
    {
        let mut raw = open(&server, visitor.rest.token()).await;
        let since = Instant::now();
        raw.write(&[round.repeat(8), ping.clone()].concat()).await;
        let mut times = Vec::new();
        loop {
            match raw.next().await {
                Came::Text(frame) if frame["type"] == "subscribed" => times.push(since.elapsed().as_secs()),
                Came::Text(frame) if frame["type"] == "pong" => break,
                Came::Text(_) => {}
                other => panic!("{name}: {other:?}"),
            }
        }
        let within = |seconds| times.iter().filter(|at| **at < seconds).count();
        assert!(within(1) <= 5 && within(4) <= 7, "{name}: answered at {times:?} s");
        assert!(since.elapsed() < Duration::from_secs(15), "{name}: what was said after it took {:?}", since.elapsed());
        bystander.is_served().await;
    }
    bystander.saw_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w11_resuming_a_huge_conversation_in_a_loop_costs_little() {
    let server = Settings::over(Store::Sqlite).start().await;
    let visitor = server.visitor("Ana", None).await;
    let conversation = visitor.conversation.clone();
    let mut writer = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    for batch in 0..100 {
        for n in 0..30 {
            let name = format!("{batch}-{n}");
            writer.send(&send_frame(&conversation, &name, &name)).await;
        }
        for _ in 0..30 {
            writer.expect("ack").await;
        }
    }
    let mut bystander = Bystander::at(&server).await;
    let subscribe = json!({"type": "subscribe", "conversation_id": conversation, "after_seq": 0});
    let used = processor_time(server.pid());
    let since = Instant::now();
    // Five connections, as many as a guest may have, each of which wants all of it again and again.
    let loops = (0..5).map(|_| async {
        let mut raw = open(&server, visitor.rest.token()).await;
        raw.write(&says(&subscribe).repeat(30)).await;
        let mut subscribed = 0;
        while since.elapsed() < Duration::from_secs(6) {
            match raw.next().await {
                Came::Text(frame) if frame["type"] == "subscribed" => subscribed += 1,
                Came::Text(_) | Came::Pong(_) => {}
                other => panic!("{other:?}"),
            }
            if subscribed >= 6 {
                break;
            }
        }
        (subscribed, raw)
    });
    drop(writer);
    let all = join_all(loops).await;
    bystander.is_served().await;
    let used = processor_time(server.pid()).saturating_sub(used);
    let counts: Vec<usize> = all.iter().map(|(subscribed, _)| *subscribed).collect();
    assert!(counts.iter().all(|count| *count <= 8), "{counts:?} in {:?}", since.elapsed());
    assert!(used < since.elapsed() + Duration::from_secs(2), "{used:?} of processor in {:?}", since.elapsed());
    drop(all);
    assert_eq!(visitor.rest.all_messages(&conversation).await.len(), 3_000);
    bystander.saw_nothing(&server).await;
}

/// A frame that was listened to is worth nothing more: to its sender it is a retry, to others not theirs.
async fn w12_a_captured_send_is_a_retry_for_its_sender_and_nothing_for_others(store: Store) {
    let server = Server::over(store).await;
    let bystander = Bystander::at(&server).await;
    let visitor = server.visitor("Ana", None).await;
    let captured = says(&send_frame(&visitor.conversation, "captured", "Mon numéro est le 12."));
    let mut first = open(&server, visitor.rest.token()).await;
    first.write(&captured).await;
    let Came::Text(ack) = first.next().await else { panic!("no answer") };
    assert_eq!((&ack["type"], &ack["duplicate"]), (&json!("ack"), &json!(false)), "{ack}");
    for n in 0..3 {
        let mut again = open(&server, visitor.rest.token()).await;
        again.write(&captured).await;
        let Came::Text(retry) = again.next().await else { panic!("no answer") };
        assert_eq!((&retry["type"], &retry["duplicate"]), (&json!("ack"), &json!(true)), "{n}: {retry}");
        assert_eq!((&retry["message_id"], &retry["seq"]), (&ack["message_id"], &ack["seq"]), "{n}");
    }
    for (name, token) in [
        ("another guest", bystander.visitor.rest.token().to_owned()),
        ("another organisation's admin", server.foreigner("admin").await.rest.token().to_owned()),
        ("a customer without a part in it", server.sign_in("customer").await.rest.token().to_owned()),
    ] {
        let mut raw = open(&server, &token).await;
        let absent = says(&send_frame(&Uuid::from_u128(7).to_string(), "captured", "Mon numéro est le 12."));
        raw.write(&[captured.clone(), absent].concat()).await;
        let mut nacks = Vec::new();
        while nacks.len() < 2 {
            match raw.next().await {
                Came::Text(frame) if frame["type"] == "nack" => nacks.push(frame),
                Came::Text(frame) if frame["type"] == "ack" => panic!("{name}: {frame}"),
                Came::Text(_) | Came::Pong(_) => {}
                other => panic!("{name}: {other:?}"),
            }
        }
        // As if it were not there at all.
        assert_eq!((&nacks[0]["code"], &nacks[0]["message"]), (&nacks[1]["code"], &nacks[1]["message"]), "{name}");
        assert_eq!(nacks[0]["retry"], json!(false), "{name}");
    }
    // The sender's words under another content are refused.
    let mut other = open(&server, visitor.rest.token()).await;
    other.write(&says(&send_frame(&visitor.conversation, "captured", "Autre chose."))).await;
    let Came::Text(refused) = other.next().await else { panic!("no answer") };
    assert_eq!((&refused["type"], &refused["code"]), (&json!("nack"), &json!("idempotency_mismatch")), "{refused}");
    assert_eq!(visitor.rest.all_messages(&visitor.conversation).await.len(), 1);
    // Nothing of it can be replayed without a connection that is somebody's.
    let mut nobody = shake_from(HERE, &server, "GET /api/v1/realtime HTTP/1.1", &with(&[])).await.raw;
    nobody.write(&captured).await;
    assert_eq!(nobody.ends().await, 4001);
    server.is_sound();
}
