//! The document that is kept equals the one that the handlers make.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails")]

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use serde_json::Value;

fn kept() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../api-spec/openapi.json")
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item)| {
        let item: &Value = item;
        item.as_object().unwrap().iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn the_kept_document_is_that_of_the_handlers() {
    let made = http_actix::document_json().unwrap();
    if env::var_os("UPDATE_SPEC").is_some() {
        fs::write(kept(), &made).unwrap();
    }
    let kept = fs::read_to_string(kept()).unwrap();
    assert!(kept == made, "api-spec/openapi.json is stale: run with UPDATE_SPEC=1 and look at the difference");
}

#[test]
fn every_operation_has_a_name_of_its_own_a_tag_and_a_summary() {
    let document: Value = serde_json::from_str(&http_actix::document_json().unwrap()).unwrap();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut names = BTreeSet::new();
    for (operation, about) in operations(&document) {
        assert!(names.insert(about["operationId"].as_str().unwrap()), "{operation}");
        assert!(tags.contains(about["tags"][0].as_str().unwrap()), "{operation}");
        assert!(!about["summary"].as_str().unwrap_or_default().is_empty(), "{operation}");
    }
    assert!(names.len() >= 38, "{}", names.len());
}

#[test]
fn every_reference_leads_somewhere() {
    let text = http_actix::document_json().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    for reference in text.split("\"$ref\": \"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_body_has_an_example() {
    let document: Value = serde_json::from_str(&http_actix::document_json().unwrap()).unwrap();
    for (operation, about) in operations(&document) {
        let Some(schema) = about.pointer("/requestBody/content/application~1json/schema/$ref") else { continue };
        let schema = document.pointer(schema.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        let shown = schema.get("example").is_some() || properties.values().any(|field| field.get("example").is_some());
        assert!(shown, "{operation}");
    }
}

#[test]
fn the_document_holds_what_clients_are_generated_from() {
    let document: Value = serde_json::from_str(&http_actix::document_json().unwrap()).unwrap();
    for name in [
        "Message",
        "MessagePage",
        "SentMessage",
        "Conversation",
        "Participant",
        "SupportRequest",
        "TimelineEntry",
        "User",
        "LoginAnswer",
        "Problem",
        "FieldProblem",
        "Availability",
        "OpenedConversation",
        "OpenedSupportRequest",
        "UnreadCount",
        "ReadState",
        "ConversationPage",
        "SupportRequestPage",
        "UserPage",
    ] {
        assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
    }
    let message = &document["components"]["schemas"]["Message"];
    assert!(!message["required"].as_array().unwrap().contains(&"client_message_id".into()));
    assert!(message["required"].as_array().unwrap().contains(&"in_reply_to".into()));
}
