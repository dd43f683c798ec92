//! Every frame of the native protocol by every role on every request, as `main.rs` says.
//!
//! Here `+` is a frame without a refusal, `-` a refusal in the words of what is not there, `x` one in the words of what
//! is not allowed, and `!` a connection that is closed without a welcome.

use crate::marks::{Mark, On, Role, Whose};
use crate::stage::{Stage, Subject, With, key};
use crate::walk::settled;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::database::Store;
use tests::over_both_stores;
use tests::people::text;
use tests::rest::Rest;
use tests::socket::{Read, Socket};

struct Row {
    /// The frame; `ROOM`, `MESSAGE` and `REQUEST` are those of the case, `KEY` is a word that was not used before.
    frame: &'static str,
    on: On,
    marks: &'static str,
}

const fn row(frame: &'static str, on: On, marks: &'static str) -> Row {
    Row { frame, on, marks }
}

/// Whoever sees a request.
const SEEN: &str = "! +-- +-- +++-- +- +-";
/// What has nothing to say of rights: whoever is welcome.
const ALL: &str = "! +++ +++ +++++ ++ ++";

const ROWS: &[Row] = &[
    row(r#"{"type":"ping"}"#, On::Request, ALL),
    row(r#"{"type":"subscribe","conversation_id":"ROOM"}"#, On::Request, SEEN),
    row(r#"{"type":"subscribe","conversation_id":"ROOM","after_seq":0}"#, On::Request, SEEN),
    // Of oneself only: there is nothing to take back, and nothing is told of whether there is such a conversation.
    row(r#"{"type":"unsubscribe","conversation_id":"ROOM"}"#, On::Request, ALL),
    row(r#"{"type":"abandon","conversation_id":"ROOM","client_message_id":"KEY"}"#, On::Request, ALL),
    // Whoever has not subscribed has nobody to tell.
    row(r#"{"type":"typing","conversation_id":"ROOM","is_typing":true}"#, On::Request, "! --- --- ----- -- --"),
    row(r#"{"type":"send","conversation_id":"ROOM","client_message_id":"KEY","content":"Bonjour"}"#, On::Request, SEEN),
    row(
        r#"{"type":"edit","conversation_id":"ROOM","message_id":"MESSAGE","content":"Corrigé"}"#,
        On::Request,
        "! +-- +-- xxx-- x- +-",
    ),
    row(r#"{"type":"edit","conversation_id":"ROOM","message_id":"MESSAGE","content":"Corrigé"}"#, On::OwnMessage, SEEN),
    row(r#"{"type":"delete","conversation_id":"ROOM","message_id":"MESSAGE"}"#, On::Request, "! +-- +-- xxx-- x- +-"),
    row(r#"{"type":"delete","conversation_id":"ROOM","message_id":"MESSAGE"}"#, On::OwnMessage, SEEN),
    row(r#"{"type":"read","conversation_id":"ROOM","seq":1}"#, On::Request, SEEN),
    row(r#"{"type":"delivered","conversation_id":"ROOM","seq":1}"#, On::Request, SEEN),
    row(r#"{"type":"view","support_request_id":"REQUEST","state":"viewing"}"#, On::Request, "! xxx xxx +++-- +- +-"),
    row(r#"{"type":"availability","value":"away"}"#, On::Nothing, "! x x + + +"),
];

over_both_stores!(every_frame_is_answered_as_the_table_says_and_what_is_refused_changes_nothing);

#[test]
fn every_frame_of_a_client_has_a_row() {
    let folder = xtask::tree::root().join("api-spec/frames");
    let named = |frame: &str| text(&serde_json::from_str::<Value>(frame).unwrap()["type"]).to_owned();
    let rows: BTreeSet<String> = ROWS.iter().map(|row| named(row.frame)).collect();
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let samples = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("client-"));
    let samples: BTreeSet<String> = samples.map(|path| named(&std::fs::read_to_string(path).unwrap())).collect();
    // Who is welcome is what the mark `!` of every row shows.
    let without: Vec<_> = samples.iter().filter(|name| *name != "authenticate" && !rows.contains(*name)).collect();
    assert!(samples.len() > 5 && without.is_empty(), "without a row: {without:?}");
    assert!(rows.is_subset(&samples), "rows of nothing: {:?}", rows.difference(&samples));
}

struct Call {
    row: &'static Row,
    role: Role,
    whose: Whose,
    mark: Mark,
    subject: Subject,
}

async fn every_frame_is_answered_as_the_table_says_and_what_is_refused_changes_nothing(store: Store) {
    let stage = Stage::over(store).await;
    let mut calls = Vec::new();
    for row in ROWS {
        for (role, whose, mark) in row.on.read(row.marks).into_iter().filter(|(_, whose, _)| Stage::has(*whose)) {
            let own = row.on == On::OwnMessage && mark == Mark::Done;
            let with = if own { With::OwnMessage } else { With::Nothing };
            let subject = stage.subject(row.on, role, whose, with).await;
            calls.push(Call { row, role, whose, mark, subject });
        }
    }
    let mut wrong = Vec::new();
    let before = settled(&stage.server).await;
    for call in calls.iter().filter(|call| call.mark != Mark::Done) {
        call.check(&stage, &mut wrong).await;
    }
    let after = settled(&stage.server).await;
    let changed: Vec<_> = after.iter().filter(|row| before.binary_search(row).is_err()).collect();
    assert!(wrong.is_empty(), "{} answers are not as the table says:\n{}", wrong.len(), wrong.join("\n"));
    assert!(changed.is_empty() && after.len() == before.len(), "refused frames left {changed:#?}");
    for call in calls.iter().filter(|call| call.mark == Mark::Done) {
        call.check(&stage, &mut wrong).await;
    }
    assert!(wrong.is_empty(), "{} answers are not as the table says:\n{}", wrong.len(), wrong.join("\n"));
}

impl Call {
    async fn check(&self, stage: &Stage, wrong: &mut Vec<String>) {
        let Self { row, role, whose, mark, subject } = self;
        let came = if *role == Role::Nobody {
            closed_at_once(stage, row).await
        } else {
            answer(stage, &stage.caller(*role, *whose, subject), row, subject).await
        };
        if came != Ok(*mark) {
            wrong.push(format!("{} by {role:?} on {whose:?} of {:?}: {came:?}, not {mark:?}", row.frame, row.on));
        }
    }
}

/// Without a token there is no welcome, whatever the frame.
async fn closed_at_once(stage: &Stage, row: &Row) -> Result<Mark, String> {
    let mut socket = Socket::open(&stage.server.socket_url()).await.unwrap();
    socket.send_text(row.frame).await;
    match socket.read().await.unwrap() {
        Read::Closed(4001) => Ok(Mark::Stranger),
        other => Err(format!("{other:?}")),
    }
}

async fn answer(stage: &Stage, rest: &Rest, row: &Row, subject: &Subject) -> Result<Mark, String> {
    let mut socket = Socket::connect(&stage.server.socket_url(), rest.token()).await.unwrap();
    let frame = row.frame.replace("ROOM", &subject.conversation).replace("MESSAGE", &subject.message);
    let frame = frame.replace("REQUEST", &subject.request).replace("KEY", &key());
    socket.send_text(&frame).await;
    // What is told of a frame comes before the pong only if nothing had to be asked of the database for it; so a
    // send that is always answered, to a conversation that is nobody's, tells the end of it.
    let end = key();
    let nowhere = "018d0e2a-6b1c-7c3e-9a55-2f6d1b7e4a01";
    let marker =
        json!({ "type": "edit", "ref": end, "conversation_id": nowhere, "message_id": nowhere, "content": "x" });
    socket.send(&marker).await;
    let mut refusals = Vec::new();
    loop {
        match socket.read().await.unwrap() {
            Read::Frame(frame) if frame["ref"] == *end => break,
            Read::Frame(frame) if ["error", "nack", "reset"].contains(&text(&frame["type"])) => refusals.push(frame),
            Read::Frame(_) => {}
            Read::Closed(code) => return Err(format!("closed with {code}")),
        }
    }
    let Some(refusal) = refusals.pop() else { return Ok(Mark::Done) };
    // A subscription to what is not there and to what is another's is reset in the same words.
    if refusal["type"] == "reset" && refusal["reason"] == "forbidden" {
        return Ok(Mark::Absent);
    }
    match refusal["code"].as_str().unwrap_or_default() {
        code if code.ends_with("not_found") || code == "realtime.not_subscribed" => Ok(Mark::Absent),
        code if code.ends_with("forbidden") || code.ends_with("not_allowed") || code.ends_with("not_yours") => {
            Ok(Mark::Refused)
        }
        _ => Err(refusal.to_string()),
    }
}
