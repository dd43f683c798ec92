//! Every frame of the native protocol, wrong in every way that it can be.

use crate::stored::snapshot;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::database::Store;
use tests::over_both_stores;
use tests::people::text;
use tests::server::Server;
use tests::socket::{Socket, send_frame};
use uuid::Uuid;

/// What a client may say, and values of its fields that must not do. `ROOM` stands for the conversation.
const FRAMES: &[(&str, &[&str])] = &[
    ("authenticate", &[r"{}", r#"{"token":5}"#]),
    (
        "subscribe",
        &[
            r"{}",
            r#"{"conversation_id":"nowhere"}"#,
            r#"{"conversation_id":5}"#,
            r#"{"conversation_id":"ROOM","after_seq":-1}"#,
            r#"{"conversation_id":"ROOM","after_seq":"x"}"#,
            r#"{"conversation_id":"ROOM","after_seq":1e400}"#,
            r#"{"conversation_id":"ROOM","after_seq":18446744073709551616}"#,
            r#"{"conversation_id":"ROOM","epoch":{}}"#,
        ],
    ),
    ("unsubscribe", &[r"{}", r#"{"conversation_id":"nowhere"}"#]),
    ("abandon", &[r"{}", r#"{"conversation_id":"nowhere","client_message_id":"x"}"#]),
    (
        "send",
        &[
            r"{}",
            r#"{"conversation_id":"ROOM"}"#,
            r#"{"conversation_id":"ROOM","client_message_id":"x"}"#,
            r#"{"conversation_id":"ROOM","content":"x"}"#,
            r#"{"conversation_id":"ROOM","client_message_id":"","content":"x"}"#,
            r#"{"conversation_id":"ROOM","client_message_id":"x","content":""}"#,
            r#"{"conversation_id":"ROOM","client_message_id":"x","content":"   "}"#,
            r#"{"conversation_id":"ROOM","client_message_id":"x","content":"a\u0000b"}"#,
            r#"{"conversation_id":"ROOM","client_message_id":"x","content":5}"#,
            r#"{"conversation_id":"ROOM","client_message_id":5,"content":"x"}"#,
            r#"{"conversation_id":"nowhere","client_message_id":"x","content":"x"}"#,
            r#"{"conversation_id":"ROOM","client_message_id":"x","content":"x","in_reply_to":"y"}"#,
            r#"{"conversation_id":"ROOM","client_message_id":"x","content":"x","attachment_ids":["y"]}"#,
            r#"{"conversation_id":"ROOM","client_message_id":"x","content":"\ud800"}"#,
        ],
    ),
    (
        "edit",
        &[
            r"{}",
            r#"{"conversation_id":"ROOM","message_id":"x","content":"x"}"#,
            r#"{"conversation_id":"ROOM","message_id":"018d0e2b-1f44-7b2a-b1c7-4e8a6d2f9b03"}"#,
            r#"{"conversation_id":"ROOM","message_id":"018d0e2b-1f44-7b2a-b1c7-4e8a6d2f9b03","content":5}"#,
            r#"{"conversation_id":"ROOM","message_id":"018d0e2b-1f44-7b2a-b1c7-4e8a6d2f9b03","content":""}"#,
            r#"{"conversation_id":"ROOM","message_id":"018d0e2b-1f44-7b2a-b1c7-4e8a6d2f9b03","content":"a\u0000b"}"#,
            r#"{"conversation_id":"ROOM","message_id":"018d0e2b-1f44-7b2a-b1c7-4e8a6d2f9b03","content":"x"}"#,
        ],
    ),
    (
        "delete",
        &[
            r"{}",
            r#"{"conversation_id":"ROOM","message_id":"x"}"#,
            r#"{"conversation_id":"nowhere","message_id":"018d0e2b-1f44-7b2a-b1c7-4e8a6d2f9b03"}"#,
            r#"{"conversation_id":"ROOM","message_id":"018d0e2b-1f44-7b2a-b1c7-4e8a6d2f9b03"}"#,
        ],
    ),
    ("read", &[r"{}", r#"{"conversation_id":"ROOM","seq":-1}"#, r#"{"conversation_id":"ROOM","seq":"x"}"#]),
    ("delivered", &[r"{}", r#"{"conversation_id":"ROOM","seq":-1}"#, r#"{"conversation_id":"ROOM","seq":1.5}"#]),
    ("typing", &[r"{}", r#"{"conversation_id":"ROOM","is_typing":"yes"}"#]),
    (
        "view",
        &[
            r"{}",
            r#"{"support_request_id":"x","state":"viewing"}"#,
            r#"{"support_request_id":"x","state":"flying"}"#,
            r#"{"support_request_id":"018d0e2a-6b1c-7a10-8d2e-5b3c9f1e7a02","state":"flying"}"#,
            // A visitor may not at all.
            r#"{"support_request_id":"018d0e2a-6b1c-7a10-8d2e-5b3c9f1e7a02","state":"viewing"}"#,
            r#"{"support_request_id":"018d0e2a-6b1c-7a10-8d2e-5b3c9f1e7a02","state":"left"}"#,
        ],
    ),
    ("availability", &[r"{}", r#"{"value":"asleep"}"#, r#"{"value":["away"]}"#, r#"{"value":"away"}"#]),
];

/// What is no frame at all.
const NO_FRAMES: &[&str] = &[
    "",
    "nonsense",
    "{",
    "[]",
    "null",
    "5",
    "\"send\"",
    r"{}",
    r#"{"type":5}"#,
    r#"{"type":"fly"}"#,
    r#"{"type":"send","type":"ping"}"#,
];

over_both_stores!(
    every_frame_that_is_wrong_is_answered_with_a_code_and_stores_nothing,
    a_send_is_answered_once_whatever_is_wrong_with_it,
);

#[test]
fn every_frame_of_the_samples_has_a_row() {
    let folder = xtask::tree::root().join("api-spec/frames");
    let rows: BTreeSet<&str> = FRAMES.iter().map(|(kind, _)| *kind).collect();
    let mut seen = 0;
    for path in files(&folder) {
        let value: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let client = path.to_string_lossy().contains("client");
        for sample in value.as_array().unwrap_or(&vec![value.clone()]) {
            if client && sample["type"] != "ping" {
                seen += 1;
                assert!(rows.contains(text(&sample["type"])), "{} has no row", sample["type"]);
            }
        }
    }
    assert!(seen > 0, "no sample of a client's frame in {}", folder.display());
}

/// The samples of the native protocol; those of others have folders of their own.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.filter(|entry| entry.file_type().unwrap().is_file()).map(|entry| entry.path()).collect()
}

async fn every_frame_that_is_wrong_is_answered_with_a_code_and_stores_nothing(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let admin = server.sign_in("admin").await;
    let before = snapshot(&admin, &visitor).await;
    let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    for raw in NO_FRAMES {
        socket.send_text(raw).await;
        refused(&mut socket, raw).await;
    }
    for (kind, bodies) in FRAMES {
        for body in *bodies {
            let body = body.replace("ROOM", &visitor.conversation);
            let inner = body.strip_prefix('{').unwrap();
            let comma = if inner == "}" { "" } else { "," };
            let raw = format!(r#"{{"type":"{kind}","ref":"r"{comma}{inner}"#);
            socket.send_text(&raw).await;
            refused(&mut socket, &raw).await;
        }
    }
    // The connection was kept through all of it, and still works.
    socket.subscribe(&visitor.conversation, Some(0)).await;
    assert_eq!(snapshot(&admin, &visitor).await, before, "a frame that was refused left something behind");
    socket.send_message(&visitor.conversation, "good", "Merci").await;
}

/// An `error` or a `nack` with a code and a text, and no sign of the inside.
async fn refused(socket: &mut Socket, raw: &str) {
    let refusal = socket.expect_where(raw, |frame| frame["type"] == "error" || frame["type"] == "nack").await;
    assert!(!text(&refusal["code"]).is_empty() && !text(&refusal["message"]).is_empty(), "{raw}: {refusal}");
    let inside = ["serde", "sqlx", "line 1", ".rs"];
    assert!(!inside.iter().any(|word| refusal.to_string().contains(word)), "the inside leaks: {refusal}");
}

async fn a_send_is_answered_once_whatever_is_wrong_with_it(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    let long = "é".repeat(5_001);
    let nowhere = Uuid::now_v7().to_string();
    let reply = json!({
        "type": "send", "ref": "reply", "conversation_id": visitor.conversation, "client_message_id": "reply",
        "content": "x", "in_reply_to": Uuid::now_v7(),
    });
    for (name, frame) in [
        ("long", send_frame(&visitor.conversation, "long", &long)),
        ("empty", send_frame(&visitor.conversation, "empty", "")),
        ("nowhere", send_frame(&nowhere, "nowhere", "x")),
        ("reply", reply),
    ] {
        socket.send(&frame).await;
        let nack = socket.expect("nack").await;
        assert_eq!((text(&nack["client_message_id"]), &nack["retry"]), (name, &json!(false)), "{nack}");
        assert!(socket.stays_silent(|frame| frame["client_message_id"] == name).await, "{name} was answered twice");
    }
    // Neighbours of a refused send are not refused with it.
    for (id, content) in [("a", "un"), ("bad", ""), ("b", "deux")] {
        socket.send(&send_frame(&visitor.conversation, id, content)).await;
    }
    let answers = [socket.expect("ack").await, socket.expect("ack").await];
    assert_eq!(answers.map(|ack| text(&ack["client_message_id"]).to_owned()), ["a", "b"]);
    // 5 000 characters of two bytes each are allowed.
    socket.send_message(&visitor.conversation, "fits", &"é".repeat(5_000)).await;
    assert_eq!(visitor.rest.all_messages(&visitor.conversation).await.len(), 3);
}
