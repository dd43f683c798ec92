use serde_json::{Value, json};

use super::*;

macro_rules! samples {
    ($side:literal: $($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../../api-spec/frames/", $side, "-", $name, ".json")))),+]
    };
}

const CLIENT: [(&str, &str); 13] = samples!("client": "authenticate", "subscribe", "unsubscribe", "abandon", "send", "edit", "delete", "read", "delivered", "typing", "view", "availability", "ping");

const SERVER: [(&str, &str); 21] = samples!("server": "welcome", "subscribed", "live", "reset", "unsubscribed", "message", "message-edited", "message-deleted", "ack", "nack", "receipt", "conversation", "typing", "presence", "support-request", "timeline", "viewers", "resync", "error", "bye", "pong");

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn each_sample_of_a_client_frame_is_read_and_written_again() {
    for (name, sample) in CLIENT {
        let frame: ClientFrame = serde_json::from_str(sample).unwrap();
        assert_eq!(serde_json::to_value(&frame).unwrap(), value(sample), "{name}");
        let inbound = parse(sample);
        assert!(!matches!(inbound, Inbound::Unreadable { .. }), "{name}: {inbound:?}");
        assert_eq!(value(sample)["type"], json!(name.replace('-', "_")));
    }
    assert_eq!(CLIENT.map(|(name, _)| name), TYPES, "each type has a sample");
}

#[test]
fn each_sample_of_a_server_frame_is_read_and_written_again() {
    for (name, sample) in SERVER {
        let frame: ServerFrame = serde_json::from_str(sample).unwrap();
        assert_eq!(value(std::str::from_utf8(&encode(&frame)).unwrap()), value(sample), "{name}");
        assert_eq!(value(sample)["type"], json!(name.replace('-', "_")));
    }
}

#[test]
fn each_event_of_a_conversation_is_read_and_written_again() {
    let session = json!({
        "id": "018d0e2a-6b1c-7c3e-9a55-2f6d1b7e4a09", "status": "active", "started_at": "2024-01-15T10:30:00.000000Z",
        "last_activity_at": "2024-01-15T10:31:00.000000Z", "ended_at": null, "ended_by": null, "first_seq": 1,
        "last_seq": 4,
    });
    let person = json!({
        "id": "018d0e20-1234-7e22-9c11-6f7a8b9c0d05", "type": "agent", "name": "Camille Durand", "delivered_seq": 4,
        "read_seq": 4, "read_at": "2024-01-15T10:31:00.000000Z", "online": true,
    });
    for (event, data) in [
        ("session_opened", session.clone()),
        ("session_closed", session.clone()),
        ("session_timeout", session),
        ("queue_position", json!({"position": 2, "estimated_wait_s": null})),
        ("queue_position", json!({"position": 2, "estimated_wait_s": 90})),
        ("participant_joined", person),
    ] {
        let frame = json!({
            "type": "conversation", "conversation_id": "018d0e2a-6b1c-7c3e-9a55-2f6d1b7e4a01", "event": event, "data": data,
        });
        let read: ServerFrame = serde_json::from_value(frame.clone()).unwrap();
        assert_eq!(value(std::str::from_utf8(&encode(&read)).unwrap()), frame);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may look which samples there are")]
fn no_sample_is_left_out() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../api-spec/frames");
    // The samples of other protocols have folders of their own.
    let files = std::fs::read_dir(folder).unwrap().flatten().filter(|file| file.file_type().unwrap().is_file());
    let mut found: Vec<_> = files.map(|file| file.file_name().into_string().unwrap()).collect();
    let file = |side: &str, name: &str| format!("{side}-{name}.json");
    let mut known: Vec<_> = CLIENT.iter().map(|(name, _)| file("client", name)).collect();
    known.extend(SERVER.iter().map(|(name, _)| file("server", name)));
    found.sort();
    known.sort();
    assert_eq!(found, known);
}

#[test]
fn what_cannot_be_read_says_why_and_gives_the_ref_back() {
    let deep = "[".repeat(100_000);
    let long_ref = format!(r#"{{"type":"subscribe","ref":"{}","conversation_id":"x"}}"#, "r".repeat(200));
    let id = "018d0e2a-6b1c-7c3e-9a55-2f6d1b7e4a01";
    let cases = [
        ("", "realtime.malformed", None),
        ("null", "realtime.malformed", None),
        ("[]", "realtime.malformed", None),
        ("{}", "realtime.malformed", None),
        (r#"{"type":"send""#, "realtime.malformed", None),
        (r#"{"type":7,"ref":"a"}"#, "realtime.malformed", None),
        (r#"{"type":"SEND","ref":"a"}"#, "realtime.unknown_type", Some("a")),
        (r#"{"type":"launch","ref":"a"}"#, "realtime.unknown_type", Some("a")),
        (r#"{"type":"launch"}"#, "realtime.unknown_type", None),
        (r#"{"type":"send","ref":"a"}"#, "realtime.malformed", Some("a")),
        (r#"{"type":"read","ref":"a","conversation_id":"018d0e2a","seq":1}"#, "realtime.malformed", Some("a")),
        (r#"{"type":"ping"} trailing"#, "realtime.malformed", None),
        (&long_ref, "realtime.malformed", None),
        (&deep, "realtime.malformed", None),
    ];
    for (text, code, reference) in cases {
        let reference = reference.map(str::to_owned);
        assert_eq!(parse(text), Inbound::Unreadable { reference, code }, "{text:.80}");
    }
    for seq in ["-1", "1.5", "1e400", "9007199254740992", "18446744073709551616", "\"1\"", "null", "[1]"] {
        let text = format!(r#"{{"type":"read","conversation_id":"{id}","seq":{seq}}}"#);
        assert!(matches!(parse(&text), Inbound::Unreadable { .. }), "{seq}");
    }
    let text = format!(
        r#"{{"type":"send","ref":"{}","conversation_id":"{id}","client_message_id":"a","content":"b"}}"#,
        "r".repeat(129)
    );
    assert!(matches!(parse(&text), Inbound::Unreadable { reference: None, .. }));
}

#[test]
fn unknown_fields_are_left_alone() {
    assert_eq!(parse(r#"{"type":"ping","later":{"a":1}}"#), Inbound::Ping);
}
