//! RFC 6455 framing over real sockets, a case a row, numbered after the sections of the Autobahn test suite.
//!
//! That suite asks for an echo, which this server has none of. What a message says is told by the answers that it
//! has: `ping` is answered by `pong`, and a frame of an unknown type by an error with the frame's own `ref`, so
//! that a `ref` comes back as it was read. A binary message is no message of the protocol (4000), and one above
//! 64 KiB is too big (4009).

mod autofragment;
mod close;
mod fragments;
mod limits;
mod opcodes;
mod pings;
mod reserved;
mod sizes;
mod utf8;

use std::collections::BTreeSet;

use futures_util::StreamExt;
use realtime::Limits;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::server::{
    Node,
    raw::{frame, open, read},
};

/// The smallest message that has an answer.
pub(crate) const PING: &[u8] = br#"{"type":"ping"}"#;

pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const WS_PING: u8 = 0x89;
pub(crate) const WS_PONG: u8 = 0x8a;
/// The last fragment.
pub(crate) const END: u8 = 0x80;
/// A fragment that is neither the first nor the last.
pub(crate) const MORE: u8 = 0x00;
/// The first fragment of a text, and more to come.
pub(crate) const START: u8 = 0x01;

/// How bytes are handed to the socket: in pieces of at most so many, each a write of its own.
pub(crate) const WHOLE: usize = usize::MAX;

/// What a client sends and what must come.
pub(crate) struct Case {
    number: String,
    what: String,
    sends: Vec<u8>,
    chop: usize,
    comes: Comes,
}

/// What must come: answers to messages in their order, pongs in theirs, and the end. Both kinds together have no
/// order: RFC 6455 has none between a pong and what answers a message.
#[derive(Debug, Clone, Default)]
pub(crate) struct Comes {
    answers: Vec<Value>,
    /// Of several pings that come at once, only the last must be answered (5.5.3).
    pongs: Vec<Vec<u8>>,
    /// The close that is expected; without one the case's runner closes, and is answered by 1000.
    close: Option<u16>,
}

impl Case {
    pub(crate) fn new(number: impl Into<String>, what: impl Into<String>, sends: Vec<u8>, comes: Comes) -> Self {
        Self { number: number.into(), what: what.into(), sends, chop: WHOLE, comes }
    }

    /// The same in pieces of so many bytes.
    pub(crate) fn chopped(mut self, chop: usize) -> Self {
        self.chop = chop;
        self
    }
}

/// Nothing comes.
pub(crate) fn nothing() -> Comes {
    Comes::default()
}

/// The connection is closed with that code.
pub(crate) fn closes(code: u16) -> Comes {
    nothing().then_closes(code)
}

/// So many answers to `PING`.
pub(crate) fn pongs(count: usize) -> Comes {
    Comes { answers: vec![json!({"type": "pong"}); count], ..Comes::default() }
}

/// The answer to `says(text)`.
pub(crate) fn echo(text: &str) -> Comes {
    let code = "realtime.unknown_type";
    let answer = json!({"type": "error", "ref": text, "code": code, "message": format!("text of {code}")});
    Comes { answers: vec![answer], ..Comes::default() }
}

/// The answer to a text that is no JSON.
pub(crate) fn malformed() -> Comes {
    let code = "realtime.malformed";
    let answer = json!({"type": "error", "code": code, "message": format!("text of {code}")});
    Comes { answers: vec![answer], ..Comes::default() }
}

impl Comes {
    pub(crate) fn then_closes(mut self, code: u16) -> Self {
        self.close = Some(code);
        self
    }

    pub(crate) fn with_pongs(mut self, payloads: &[&[u8]]) -> Self {
        self.pongs = payloads.iter().map(|payload| payload.to_vec()).collect();
        self
    }
}

/// A message whose `ref` comes back: at most 128 bytes of text.
pub(crate) fn says(text: &[u8]) -> Vec<u8> {
    [br#"{"type":"launch","ref":""#, text, br#""}"#].concat()
}

/// `PING` with white space behind it, so many bytes in all.
pub(crate) fn padded(bytes: usize) -> Vec<u8> {
    let mut message = PING.to_vec();
    message.resize(bytes, b' ');
    message
}

/// A text in fragments of at most so many bytes each.
pub(crate) fn fragments(message: &[u8], size: usize) -> Vec<u8> {
    let pieces: Vec<&[u8]> = message.chunks(size).collect();
    in_fragments(&pieces)
}

/// A text in these fragments.
pub(crate) fn in_fragments(pieces: &[&[u8]]) -> Vec<u8> {
    let last = pieces.len() - 1;
    let frames = pieces.iter().enumerate().map(|(at, piece)| {
        let first = if at == 0 { START } else { MORE };
        frame(if at == last { first | 0x80 } else { first }, piece)
    });
    frames.collect::<Vec<_>>().concat()
}

/// Runs the cases of a section, each on a connection of its own, many at a time, beside somebody who must not
/// notice.
pub(crate) async fn run(cases: Vec<Case>) {
    let node = Node::with(Limits { user_connections: usize::MAX, ..Limits::default() }, None);
    let mut bystander = node.client("agent").await;
    let count = cases.len();
    futures_util::stream::iter(cases).for_each_concurrent(100, |case| run_one(&node, case)).await;
    bystander.text(r#"{"type":"ping"}"#).await;
    assert_eq!(bystander.next().await["type"], "pong");
    eprintln!("{count} cases");
    node.stop().await;
}

async fn run_one(node: &Node, case: Case) {
    let name = format!("{} ({})", case.number, case.what);
    let mut socket = open(node.address).await;
    socket.set_nodelay(true).unwrap();
    let mut sent = true;
    for piece in case.sends.chunks(case.chop) {
        sent = sent && socket.write_all(piece).await.is_ok();
    }
    if case.comes.close.is_none() {
        // Frames are answered in order: what is still to come has come when this one is answered.
        assert!(sent, "{name}: the server let go too early");
        socket.write_all(&frame(CLOSE, &1000_u16.to_be_bytes())).await.unwrap();
    }
    let (mut answers, mut got_pongs) = (Vec::new(), Vec::new());
    let code = loop {
        let Some((first, payload)) = read(&mut socket).await else { break None };
        match first {
            TEXT => answers.push(serde_json::from_slice::<Value>(&payload).unwrap()),
            WS_PONG => got_pongs.push(payload),
            CLOSE => break Some(u16::from_be_bytes([payload[0], payload[1]])),
            WS_PING => {}
            other => panic!("{name}: a frame that begins with {other:#x}"),
        }
    };
    answers.retain(|answer| answer["type"] != "presence");
    assert_eq!(answers, case.comes.answers, "{name}");
    assert_eq!(code, Some(case.comes.close.unwrap_or(1000)), "{name}");
    assert_eq!(got_pongs.last(), case.comes.pongs.last(), "{name}");
    let mut expected = case.comes.pongs.iter();
    assert!(got_pongs.iter().all(|got| expected.any(|one| one == got)), "{name}: {got_pongs:?}");
    if case.comes.close.is_none() {
        // Our close was answered, so the server may let go at once.
        assert_eq!(read(&mut socket).await, None, "{name}: and nothing comes after a close");
    }
}

macro_rules! sections {
    ($($test:ident: $section:ident),+ $(,)?) => {
        $(#[actix_web::test]
        async fn $test() {
            run($section::cases()).await;
        })+

        #[test]
        fn every_case_has_a_number_of_its_own() {
            let mut numbers = BTreeSet::new();
            $(for case in $section::cases() {
                assert!(numbers.insert(case.number.clone()), "{} is there twice", case.number);
            })+
            eprintln!("{} cases in all", numbers.len());
            for section in ["1.1", "1.2", "2", "3", "4.1", "4.2", "5", "6", "7", "9", "10"] {
                assert!(numbers.iter().any(|number| number.starts_with(&format!("{section}."))), "{section}");
            }
        }
    };
}

sections!(
    s01_messages_of_every_size_are_read: sizes,
    s02_pings_are_answered_and_pongs_are_taken: pings,
    s03_reserved_bits_are_refused_everywhere: reserved,
    s04_reserved_opcodes_are_refused_everywhere: opcodes,
    s05_fragments_make_messages_in_the_right_order_only: fragments,
    s06_texts_are_utf_8_or_refused: utf8,
    s07_a_close_ends_it_and_a_wrong_one_too: close,
    s09_limits_hold_and_fast_clients_are_served: limits,
    s10_a_message_in_automatic_fragments_is_one_message: autofragment,
);
