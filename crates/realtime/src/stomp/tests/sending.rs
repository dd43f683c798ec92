use std::time::Duration;

use kernel::ConversationId;

use super::talk::{Talk, app, names, seqs};
use crate::{
    Close, Job, Limits, MarkKind,
    tests::{
        people,
        world::{Fault, World, job},
    },
};

const EVENTS: &str = "SUBSCRIBE\nid:e\ndestination:/user/queue/events\n\n\0";

fn sent(talk: &mut Talk) -> (ConversationId, chat::Outgoing) {
    match job(&talk.conn) {
        Some(Job::Send { conversation, outgoing, .. }) => (conversation, outgoing),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_body_is_json_with_content_or_plain_text() {
    let json = r#"{"content":"hé","in_reply_to":"00000000-0000-0000-0000-00000000000a"}"#;
    for (headers, body, content) in [
        ("", r#"{"content":"hi"}"#, "hi"),
        ("", "hi", "hi"),
        ("", r#"{"a":1}"#, r#"{"a":1}"#),
        ("content-type:text/plain\n", r#"{"content":"hi"}"#, r#"{"content":"hi"}"#),
        ("content-type:application/json;charset=utf-8\n", json, "hé"),
        ("content-length:3\n", "hi!", "hi!"),
    ] {
        let mut talk = Talk::of(&people::customer());
        talk.sends(1, headers, body);
        let (conversation, outgoing) = sent(&mut talk);
        assert_eq!((conversation, outgoing.content.as_str()), (people::conversation(1), content));
        assert_eq!(outgoing.in_reply_to.is_some(), body == json);
    }
}

#[test]
fn a_send_goes_by_the_clients_name_or_that_of_its_receipt() {
    let mut talk = Talk::of(&people::customer());
    let mut name = |headers: &str| {
        talk.sends(1, headers, "x");
        let name = sent(&mut talk).1.client_message_id.as_str().to_owned();
        assert!(name.len() <= 64, "{name}");
        let _ = talk.world.hub;
        // Sends of one conversation go one by one.
        talk.conn = talk.world.open_as(crate::Protocol::Stomp);
        talk.connect(&people::customer(), "accept-version:1.2\n");
        name
    };
    assert_eq!(name("client-message-id:mine\nreceipt:r\n"), "mine");
    let connection = people::id(0xd001).simple().to_string();
    assert_eq!(name("receipt:r\n"), format!("{}:r", people::id(0xd002).simple()));
    let long = "r".repeat(40);
    let hashed = name(&format!("receipt:{long}\n"));
    assert!(hashed.contains('#') && !hashed.starts_with(&connection), "{hashed}");
    assert_ne!(name("\n").split_once('/').unwrap().0, connection);
}

#[test]
fn two_long_receipts_are_two_names_and_one_is_one() {
    let mut talk = Talk::of(&people::customer());
    for receipt in ["a", "b", "a"] {
        talk.sends(1, &format!("receipt:{}{receipt}\n", "r".repeat(60)), "x");
    }
    let told = talk.run();
    let places: Vec<_> = told.iter().map(|one| (one.header("seq"), one.header("duplicate"))).collect();
    assert_eq!(places, [("1", "false"), ("2", "false"), ("1", "true")]);
}

#[test]
fn a_receipt_of_a_send_comes_once_it_is_durable_and_says_where() {
    let mut talk = Talk::of(&people::customer());
    talk.follows(1, "id:s\nafter-seq:0\n");
    talk.sends(1, "client-message-id:a\nreceipt:r\n", "says a");
    assert_eq!(talk.read(), [], "nothing is durable yet");
    let told = talk.run();
    assert_eq!(names(&told), ["RECEIPT r", "message 1"], "its own subscription is shown it too");
    assert_eq!((told[0].header("seq"), told[0].header("duplicate")), ("1", "false"));
    assert_eq!(told[0].header("message-id"), told[1].header("message-id"));
    talk.sends(1, "client-message-id:a\nreceipt:again\n", "says a");
    let again = talk.run();
    assert_eq!(names(&again), ["RECEIPT again"]);
    assert_eq!((again[0].header("seq"), again[0].header("duplicate")), ("1", "true"));
    talk.sends(1, "client-message-id:b\n", "says b");
    assert_eq!(names(&talk.run()), ["message 2"]);
}

#[test]
fn a_send_that_is_not_stored_is_told_to_who_listens() {
    let mut talk = Talk::of(&people::customer());
    talk.asks(EVENTS);
    talk.sends(1, "client-message-id:a\nreceipt:r\n", "hello");
    talk.step(Some(Fault::Refused));
    let told = talk.run();
    assert_eq!(names(&told), ["nack"]);
    assert_eq!((told[0].header("receipt-id"), told[0].header("destination")), ("r", "/user/queue/events"));
    let nack: serde_json::Value = serde_json::from_str(&told[0].body).unwrap();
    assert_eq!((&nack["type"], &nack["code"], &nack["retry"]), (&"nack".into(), &"unavailable".into(), &true.into()));
    assert_eq!((&nack["client_message_id"], nack.get("ref")), (&"a".into(), None));
    talk.sends(1, "client-message-id:b\nreceipt:r2\n", "after it");
    let told = talk.run();
    assert!(told[0].body.contains("prior_failed"), "{told:?}");
    talk.sends(1, "client-message-id:a\nreceipt:r3\n", "hello");
    talk.sends(1, "client-message-id:b\nreceipt:r4\n", "after it");
    assert_eq!(names(&talk.run()), ["RECEIPT r3", "RECEIPT r4"]);
}

#[test]
fn a_failed_send_can_be_given_up() {
    let mut talk = Talk::of(&people::customer());
    talk.asks(EVENTS);
    talk.sends(1, "client-message-id:a\n", "hello");
    talk.step(Some(Fault::Refused));
    talk.run();
    talk.says(&format!("SEND\ndestination:{}\nclient-message-id:a\n\n\0", app(1, "abandon")));
    talk.sends(1, "client-message-id:b\nreceipt:r\n", "after it");
    assert_eq!(names(&talk.run()), ["RECEIPT r"]);
}

#[test]
fn a_send_that_is_not_stored_ends_the_connection_of_who_does_not_listen() {
    let mut talk = Talk::of(&people::customer());
    talk.sends(1, "client-message-id:a\nreceipt:r\n", "says a");
    talk.says("BEGIN\ntransaction:t\nreceipt:later\n\n\0");
    talk.step(Some(Fault::Unknown));
    let told = talk.run();
    // The hint of the commit came first, so it is known to be stored.
    assert_eq!(names(&told), ["RECEIPT r", "RECEIPT later"]);
    talk.sends(1, "client-message-id:b\nreceipt:r\n", "hello");
    talk.says("BEGIN\ntransaction:u\nreceipt:later\n\n\0");
    talk.step(Some(Fault::Refused));
    let told = talk.run();
    assert_eq!(names(&told), ["ERROR unavailable"], "and nothing after it");
    assert_eq!(told[0].header("receipt-id"), "r");
    assert_eq!(told[0].body, "en:unavailable", "in words for people");
    assert_eq!(talk.closed, Some(Close::Restart));
}

#[test]
fn what_may_not_be_said_is_no_reason_to_come_again() {
    let mut talk = Talk::of(&people::customer());
    talk.sends(1, "receipt:r\n", "   ");
    assert_eq!(names(&talk.run()), ["ERROR invalid"]);
    assert_eq!(talk.closed, Some(Close::Malformed));
}

#[test]
fn a_transaction_is_carried_out_when_it_is_committed_in_order() {
    let mut talk = Talk::of(&people::customer());
    talk.follows(1, "id:s\nafter-seq:0\nack:client\n");
    talk.says("BEGIN\ntransaction:t\n\n\0");
    talk.sends(1, "transaction:t\nclient-message-id:b\nreceipt:one\n", "says b");
    talk.sends(1, "transaction:t\nclient-message-id:c\n", "says c");
    talk.sends(1, "client-message-id:a\nreceipt:before\n", "says a");
    assert_eq!(names(&talk.run()), ["RECEIPT before", "message 1"]);
    let told = talk.asks("COMMIT\ntransaction:t\nreceipt:all\n\n\0");
    assert_eq!(names(&told), ["RECEIPT one", "message 2", "message 3", "RECEIPT all"]);
    assert_eq!((told[1].body.contains("says b"), seqs(&told, "s")), (true, vec![2, 3]));
}

#[test]
fn a_transaction_that_is_aborted_leaves_nothing() {
    let mut talk = Talk::of(&people::customer());
    talk.says("BEGIN\ntransaction:t\n\n\0");
    talk.sends(1, "transaction:t\nreceipt:r\n", "1");
    assert_eq!(names(&talk.asks("ABORT\ntransaction:t\nreceipt:gone\n\n\0")), ["RECEIPT gone"]);
    assert!(talk.world.logs.is_empty());
    assert_eq!(names(&talk.asks("BEGIN\ntransaction:t\nreceipt:new\n\n\0")), ["RECEIPT new"]);
    let told = talk.asks("COMMIT\ntransaction:t\nreceipt:empty\n\n\0");
    assert_eq!(names(&told), ["RECEIPT empty"]);
}

#[test]
fn a_transaction_of_which_something_is_refused_has_no_receipt() {
    for at in 0..3 {
        let mut talk = Talk::of(&people::customer());
        talk.asks(EVENTS);
        talk.says("BEGIN\ntransaction:t\n\n\0");
        for n in 0..3 {
            let body = if n == at { "  ".to_owned() } else { n.to_string() };
            talk.sends(1, "transaction:t\n", &body);
        }
        let told = talk.asks("COMMIT\ntransaction:t\nreceipt:all\n\n\0");
        assert_eq!(names(&told), ["nack"], "{at}");
        assert_eq!(told[0].header("receipt-id"), "all");
        assert_eq!(talk.world.logs[&people::conversation(1)].len(), 2, "each stands for itself");
    }
    let mut talk = Talk::of(&people::customer());
    talk.asks(EVENTS);
    talk.says("BEGIN\ntransaction:t\n\n\0");
    talk.sends(1, "transaction:t\n", "x");
    talk.says("COMMIT\ntransaction:t\nreceipt:all\n\n\0");
    talk.step(Some(Fault::Refused));
    assert_eq!(names(&talk.run()), ["nack"]);
}

#[test]
fn transactions_are_bounded() {
    let mut talk = Talk::of(&people::customer());
    for n in 0..16 {
        assert_eq!(talk.asks(&format!("BEGIN\ntransaction:{n}\n\n\0")), []);
    }
    assert_eq!(names(&talk.asks("BEGIN\ntransaction:16\n\n\0")), ["ERROR realtime.malformed"]);

    let mut talk = Talk::of(&people::customer());
    talk.says("BEGIN\ntransaction:t\n\n\0");
    let body = "x".repeat(50_000);
    for round in 0..2 {
        for _ in 0..5 {
            talk.sends(1, "transaction:t\n", &body);
            assert_eq!(talk.run(), [], "{round}");
        }
        talk.asks("ABORT\ntransaction:t\n\n\0BEGIN\ntransaction:t\n\n\0");
    }
    for _ in 0..5 {
        talk.sends(1, "transaction:t\n", &body);
    }
    talk.sends(1, "transaction:t\n", &body);
    assert_eq!(names(&talk.run()), ["ERROR realtime.malformed"]);
    assert!(talk.world.logs.is_empty());
}

#[test]
fn more_than_may_wait_is_taken_as_it_is_answered() {
    let mut talk = Talk::of(&people::customer());
    talk.says("BEGIN\ntransaction:t\n\n\0");
    for n in 0..100 {
        talk.sends(1, &format!("transaction:t\nreceipt:{n}\n"), &n.to_string());
    }
    talk.says("COMMIT\ntransaction:t\nreceipt:all\n\n\0");
    assert!(talk.conn.has_heard(), "the session takes no more than may wait");
    let told = talk.run();
    let receipts: Vec<_> = (0..100).map(|n| format!("RECEIPT {n}")).chain(["RECEIPT all".to_owned()]).collect();
    assert_eq!(names(&told), receipts);
}

#[test]
fn what_was_read_and_typed_is_said_on() {
    let mut talk = Talk::of(&people::customer());
    talk.world.append(1, &people::agent(), "a", None);
    let other = talk.world.follow(&people::agent(), 1, Some(0));
    talk.follows(1, "id:s\n");
    talk.says(&format!("SEND\ndestination:{}\nreceipt:r\n\n{{\"seq\":1}}\0", app(1, "read")));
    let Some(Job::Mark { kind: MarkKind::Read, seq, conversation, .. }) = job(&talk.conn) else { panic!("no mark") };
    assert_eq!((seq.get(), conversation), (1, people::conversation(1)));
    assert_eq!(talk.read(), [], "the mark has not moved yet");
    talk.done(crate::Done::Marked { conversation, kind: MarkKind::Read, result: Ok(()) });
    assert_eq!(names(&talk.run()), ["RECEIPT r"]);
    talk.says(&format!("SEND\ndestination:{}\nreceipt:t\n\n{{\"isTyping\":true}}\0", app(1, "typing")));
    assert_eq!(names(&talk.run()), ["RECEIPT t"]);
    let frames = talk.world.run(&other);
    assert!(matches!(frames.last(), Some(crate::ServerFrame::Typing { is_typing: true, .. })), "{frames:?}");
}

#[test]
fn what_fails_without_a_name_of_its_own_has_no_receipt() {
    for listens in [true, false] {
        let mut talk = Talk::of(&people::customer());
        if listens {
            talk.asks(EVENTS);
        }
        talk.says(&format!("SEND\ndestination:{}\nreceipt:r\n\n{{\"seq\":1}}\0", app(1, "read")));
        let mark = job(&talk.conn).unwrap();
        talk.done(World::failed(mark));
        let told = talk.run();
        assert_eq!(names(&told), if listens { ["error"] } else { ["ERROR unavailable"] });
        assert_eq!(told[0].header("receipt-id"), "r");
        let told = talk.asks("BEGIN\ntransaction:t\nreceipt:next\n\n\0");
        assert_eq!(names(&told), if listens { vec!["RECEIPT next"] } else { vec![] });
    }
    // What fails is not taken for what cannot fail.
    let mut talk = Talk::of(&people::customer());
    talk.asks(EVENTS);
    talk.says(&format!("SEND\ndestination:{}\n\n{{\"seq\":1}}\0", app(1, "read")));
    talk.says("BEGIN\ntransaction:t\nreceipt:begun\n\n\0");
    let mark = job(&talk.conn).unwrap();
    talk.done(World::failed(mark));
    let told = talk.run();
    assert_eq!(
        (names(&told), told[0].header("receipt-id")),
        (vec!["error".to_owned(), "RECEIPT begun".to_owned()], "")
    );
    let mut talk = Talk::of(&people::customer());
    talk.says(&format!("SEND\ndestination:{}\n\n{{\"isTyping\":true}}\0", app(1, "typing")));
    assert_eq!(names(&talk.run()), ["ERROR realtime.not_subscribed"]);
}

#[test]
fn too_many_sends_are_refused_like_everybodys() {
    let mut talk = Talk::of(&people::customer());
    talk.sends(1, "receipt:r\n", "x");
    let Some(Job::Send { ticket, .. }) = job(&talk.conn) else { panic!("no send") };
    let result = Err(chat::ChatError::RateLimited(Duration::from_secs(1)));
    talk.done(crate::Done::Sent { ticket, result });
    assert_eq!(names(&talk.run()), ["ERROR rate_limited"]);
    assert_eq!(talk.closed, Some(Close::TooFast));
}

#[test]
fn what_was_answered_before_an_error_is_told_before_it() {
    let mut talk = Talk::of(&people::customer());
    talk.sends(1, "client-message-id:a\nreceipt:r\n", "says a");
    talk.step(None);
    // The receipt waits to be written when the nonsense comes.
    talk.says("LAUNCH\n\n\0");
    assert_eq!(names(&talk.run()), ["RECEIPT r", "ERROR realtime.malformed"]);
}

#[test]
fn what_is_refused_without_a_name_costs_nobody_elses_receipt() {
    let typing = format!("SEND\ndestination:{}\n\n{{\"isTyping\":true}}\0", app(9, "typing"));
    let send = format!("SEND\ntransaction:t\ndestination:{}\n\nx\0", app(1, "send"));
    let subscribe = format!("SUBSCRIBE\nid:s\nreceipt:r\ndestination:{}\n\n\0", super::talk::topic(1));
    let commit = format!("BEGIN\ntransaction:t\n\n\0{send}COMMIT\ntransaction:t\nreceipt:r\n\n\0");
    for owed in [subscribe, commit] {
        let mut talk = Talk::of(&people::customer());
        talk.asks("SUBSCRIBE\nid:e\ndestination:/user/queue/events\n\n\0");
        talk.world.append(1, &people::agent(), "a", None);
        talk.says(&owed);
        talk.says(&typing);
        let told = talk.run();
        let refused = told.iter().find(|one| one.header("event") == "error").unwrap();
        assert_eq!(refused.header("receipt-id"), "", "{owed}");
        assert!(names(&told).contains(&"RECEIPT r".to_owned()), "{owed}: {told:?}");
    }
}

#[test]
fn a_receipt_does_not_overtake_an_ack_that_has_to_wait_again() {
    let mut talk = Talk::with(Limits { queue_frames: 8, queue_low: 4, ..Limits::default() });
    talk.connect(&people::customer(), "accept-version:1.2\n");
    talk.follows(1, "id:s\nafter-seq:0\n");
    talk.others_say(1, "unread");
    talk.sends(1, "receipt:sent\n", "mine");
    talk.says("BEGIN\ntransaction:t\nreceipt:behind\n\n\0");
    assert!(talk.step(None), "it is stored");
    for n in 0..9 {
        talk.others_say(1, &format!("flood {n}"));
    }
    let told = names(&talk.run());
    let at = |name: &str| told.iter().position(|one| one == name).unwrap_or_else(|| panic!("{name}: {told:?}"));
    assert!(at("message 1") < at("RECEIPT sent") && at("RECEIPT sent") < at("RECEIPT behind"), "{told:?}");
}
