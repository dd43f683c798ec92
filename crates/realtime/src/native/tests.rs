use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::ConversationEvent;

/// A sample of a frame: the name of its file without the ending, and what is in it.
type Sample = (String, Value);

/// The samples of one side: `<side>-<type>.json`, and `<side>-<type>.<case>.json` where a type looks different in
/// different cases.
#[expect(clippy::disallowed_methods, reason = "a test may look which samples there are")]
fn samples(side: &str) -> Vec<Sample> {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../api-spec/frames"));
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        // The folders beside them hold the samples of other protocols.
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let stem = name.strip_suffix(".json").unwrap_or_else(|| panic!("{name} is no sample of a frame"));
        assert!(stem.starts_with("client-") || stem.starts_with("server-"), "{name} is of neither side");
        if stem.starts_with(side) {
            found.push((stem.to_owned(), value(&std::fs::read_to_string(&path).unwrap())));
        }
    }
    found
}

/// Every name that the enum takes for its tag: serde says so when it is asked for one that is not there.
fn tags<T: serde::de::DeserializeOwned + std::fmt::Debug>(tag: &str) -> BTreeSet<String> {
    let said = serde_json::from_value::<T>(json!({ tag: "no such name", "data": null })).unwrap_err().to_string();
    let names = said.split('`').skip(3).step_by(2);
    names.map(str::to_owned).collect()
}

/// What the samples have under `tag`; a sample's file is named after its type.
fn seen(samples: &[Sample], tag: &str) -> BTreeSet<String> {
    for (name, sample) in samples {
        let kind = name.split_once('-').unwrap().1.split('.').next().unwrap();
        assert_eq!(sample["type"], json!(kind.replace('-', "_")), "{name}");
    }
    samples.iter().filter_map(|(_, sample)| sample[tag].as_str().map(str::to_owned)).collect()
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn each_sample_of_a_client_frame_is_read_and_written_again() {
    for (name, sample) in samples("client") {
        let frame: ClientFrame =
            serde_json::from_value(sample.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_value(&frame).unwrap(), sample, "{name}");
        let inbound = parse(&sample.to_string());
        assert!(!matches!(inbound, Inbound::Unreadable { .. }), "{name}: {inbound:?}");
    }
}

#[test]
fn each_sample_of_a_server_frame_is_read_and_written_again() {
    for (name, sample) in samples("server") {
        let frame: ServerFrame =
            serde_json::from_value(sample.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(value(std::str::from_utf8(&encode(&frame)).unwrap()), sample, "{name}");
    }
}

#[test]
fn each_type_of_a_frame_has_a_sample() {
    let types: BTreeSet<String> = TYPES.map(str::to_owned).into();
    assert_eq!(tags::<ClientFrame>("type"), types, "what cannot be read is told by the types there are");
    assert_eq!(seen(&samples("client"), "type"), types);
    let told = tags::<ServerFrame>("type");
    assert!(told.contains("welcome") && told.contains("pong") && told.len() > 20, "{told:?}");
    assert_eq!(seen(&samples("server"), "type"), told);
}

#[test]
fn each_event_of_a_conversation_has_a_sample() {
    let around: Vec<Sample> =
        samples("server").into_iter().filter(|(_, sample)| sample["type"] == "conversation").collect();
    let events = tags::<ConversationEvent>("event");
    assert!(events.contains("session_opened") && events.contains("queue_position"), "{events:?}");
    assert_eq!(seen(&around, "event"), events);
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
