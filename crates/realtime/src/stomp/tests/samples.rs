//! The samples in `api-spec/frames/stomp`. As in the specification, `^@` stands for NUL.

use std::{fs, path::PathBuf};

use kernel::{ConnectionId, Timestamp};

use super::super::{
    Phase, Stomp,
    destination::Source,
    follows::{AckMode, Follow},
    frame::{Command, Version, Words},
    open::{OpenSend, Settles},
    reader::Reader,
};
use crate::{Codec, Frame, Heard, ServerFrame, Step, tests::people};

const CLIENT: [&str; 22] = [
    "connect",
    "connect-passcode",
    "stomp",
    "subscribe",
    "subscribe-resume",
    "subscribe-all",
    "subscribe-events",
    "unsubscribe",
    "send",
    "send-text",
    "send-in-transaction",
    "read",
    "typing",
    "abandon",
    "authenticate",
    "ack",
    "ack-1.1",
    "nack",
    "begin",
    "commit",
    "abort",
    "disconnect",
];

/// By the native frame of which each is the translation, in `api-spec/frames`.
const SERVER: [(&str, &str); 19] = [
    ("connected", "welcome"),
    ("message", "message"),
    ("message-edited", "message-edited"),
    ("message-deleted", "message-deleted"),
    ("receipt-of-send", "ack"),
    ("nack", "nack"),
    ("subscribed", "subscribed"),
    ("live", "live"),
    ("reset", "reset"),
    ("unsubscribed", "unsubscribed"),
    ("typing", "typing"),
    ("marks", "receipt"),
    ("conversation", "conversation.session-opened"),
    ("presence", "presence"),
    ("support-request", "support-request"),
    ("timeline", "timeline"),
    ("note", "note"),
    ("error", "error"),
    ("bye", "bye"),
];

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../api-spec/frames"))
}

#[expect(clippy::disallowed_methods, reason = "a test may read samples")]
fn sample(name: &str) -> String {
    let text = fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    text.strip_suffix("^@\n").map(|text| format!("{text}\0")).unwrap_or(text)
}

/// A codec of a connection that follows everything.
fn codec() -> Stomp {
    let mut codec = Stomp::new(ConnectionId::new(people::id(1)));
    codec.version = Version::V12;
    codec.phase = Phase::Connected;
    codec
}

#[test]
fn each_sample_of_a_client_frame_is_read_and_written_again() {
    let mut commands = Vec::new();
    for name in CLIENT {
        let text = sample(&format!("stomp/client-{name}.txt"));
        let mut reader = Reader::default();
        reader.feed(text.as_bytes());
        let frame = reader.next(Version::V12).unwrap().unwrap_or_else(|| panic!("{name} is not whole"));
        assert!(!reader.is_amid(), "{name}");
        let command = format!("{:?}", frame.command).to_uppercase();
        // CONNECT is no more escaped than CONNECTED.
        let version = if frame.command.is_escaped() { Version::V12 } else { Version::V10 };
        let words =
            frame.headers.iter().fold(Words::new(&command, version), |words, (name, value)| words.header(name, value));
        let mut written = String::from_utf8(words.end().to_vec()).unwrap();
        written.truncate(written.len() - 1);
        assert_eq!(format!("{written}{}\0", frame.body), text, "{name}");
        commands.push(frame.command);
    }
    for command in [
        Command::Connect,
        Command::Stomp,
        Command::Send,
        Command::Subscribe,
        Command::Unsubscribe,
        Command::Ack,
        Command::Nack,
        Command::Begin,
        Command::Commit,
        Command::Abort,
        Command::Disconnect,
    ] {
        assert!(commands.contains(&command), "{command:?} has no sample");
    }
}

#[test]
fn each_sample_of_a_client_frame_is_obeyed() {
    for name in CLIENT {
        let mut codec = codec();
        let feed = |codec: &mut Stomp, text: &str| codec.feed(Heard::Text(text), Timestamp::from_micros(0));
        if name == "ack-1.1" {
            codec.version = Version::V11;
        }
        if ["connect", "connect-passcode", "stomp"].contains(&name) {
            codec.phase = Phase::New;
        } else {
            // What the others speak of must be there.
            for before in ["begin", "subscribe"].iter().filter(|before| !name.starts_with(*before)) {
                feed(&mut codec, &sample(&format!("stomp/client-{before}.txt")));
            }
        }
        feed(&mut codec, &sample(&format!("stomp/client-{name}.txt")));
        let steps: Vec<Step> = std::iter::from_fn(|| codec.next()).collect();
        assert!(!steps.iter().any(|step| matches!(step, Step::Close(_))), "{name}: {steps:?}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may read and write samples")]
fn each_sample_of_a_server_frame_is_what_is_written() {
    for (name, native) in SERVER {
        let frame: ServerFrame = serde_json::from_str(&sample(&format!("server-{native}.json"))).unwrap();
        let mut codec = codec();
        let room = match serde_json::to_value(&frame).unwrap()["conversation_id"].as_str() {
            Some(id) => id.parse().unwrap(),
            None => people::conversation(1),
        };
        for (id, source) in [("sub-0", Source::Conversation(room)), ("sub-1", Source::Events)] {
            let mut follow = Follow::new(Some(id.to_owned()), source, AckMode::Client);
            follow.all = true;
            codec.follows.add(follow, None);
        }
        codec.follows.answered(1);
        codec.open.send(2, OpenSend { receipt: Some("m-0007".to_owned()), commit: None });
        if name == "error" {
            // It concerns a frame that wanted a receipt.
            codec.open.settle(Settles::Asked, Some("r-2".to_owned()));
            codec.tell(&Frame::new(serde_json::from_str(&sample("server-welcome.json")).unwrap()));
        }
        let mut written = codec.write(&Frame::new(without_ref(frame)), Timestamp::from_micros(0)).texts;
        if name == "connected" {
            codec.open.settle(Settles::Connect, None);
            written = codec.settled(Timestamp::from_micros(0)).texts;
        }
        let [text] = written.as_slice() else { panic!("{name}: {written:?}") };
        let text = std::str::from_utf8(text).unwrap().replace(env!("CARGO_PKG_VERSION"), "0.1.0");
        let file = format!("stomp/server-{name}.txt");
        if std::env::var_os("UPDATE_SPEC").is_some() {
            fs::write(folder().join(&file), format!("{}^@\n", text.strip_suffix('\0').unwrap())).unwrap();
        }
        assert_eq!(text, sample(&file), "{name}; UPDATE_SPEC=1 writes it anew");
        super::talk::Told::read(&text);
    }
}

/// An error without the client's own name for what it sent: with one, it would answer a `subscribe`.
fn without_ref(frame: ServerFrame) -> ServerFrame {
    match frame {
        ServerFrame::Error { code, message, .. } => ServerFrame::Error { reference: None, code, message },
        frame => frame,
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may look which samples there are")]
fn no_sample_is_left_out() {
    let files = fs::read_dir(folder().join("stomp")).unwrap();
    let mut found: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let mut known: Vec<_> = CLIENT.iter().map(|name| format!("client-{name}.txt")).collect();
    known.extend(SERVER.iter().map(|(name, _)| format!("server-{name}.txt")));
    known.extend(["receipt", "error-frame"].map(|name| format!("server-{name}.txt")));
    found.sort();
    known.sort();
    assert_eq!(found, known);
}

#[test]
fn the_samples_without_a_native_frame_are_what_is_written_too() {
    let mut codec = codec();
    codec.open.settle(Settles::Asked, Some("r-2".to_owned()));
    let written = codec.settled(Timestamp::from_micros(0)).texts;
    assert_eq!(std::str::from_utf8(&written[0]).unwrap(), sample("stomp/server-receipt.txt"));
    codec.feed(Heard::Text("LAUNCH\n\n\0"), Timestamp::from_micros(0));
    let Some(Step::Tell(words)) = codec.next() else { panic!("no words") };
    assert_eq!(std::str::from_utf8(&words).unwrap(), sample("stomp/server-error-frame.txt"));
}
