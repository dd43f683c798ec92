//! Section 5: fragments, in every order.

use super::{
    BINARY, CLOSE, Case, Comes, END, MORE, PING, START, TEXT, WHOLE, WS_PING, WS_PONG, closes, fragments, in_fragments,
    nothing, pongs,
};
use crate::server::raw::frame;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = named();
    // Every way to cut the message in two, and in three.
    for at in 0..=PING.len() {
        let (head, tail) = PING.split_at(at);
        let sends = in_fragments(&[head, tail]);
        cases.push(Case::new(format!("5.30.{at}"), format!("two fragments, cut at {at}"), sends, pongs(1)));
        for second in at..=PING.len() {
            let sends = in_fragments(&[head, &PING[at..second], &PING[second..]]);
            let what = format!("three fragments, cut at {at} and {second}");
            cases.push(Case::new(format!("5.31.{at}.{second}"), what, sends, pongs(1)));
        }
    }
    cases.extend(orders(4));
    cases
}

fn named() -> Vec<Case> {
    let (head, tail) = PING.split_at(7);
    let (first, last) = (frame(START, head), frame(END, tail));
    let (ping, message) = (frame(WS_PING, b"between"), frame(TEXT, PING));
    let two = [&first[..], &last].concat();
    let with_ping = [&first[..], &ping, &last].concat();
    let five = [
        frame(START, &PING[..3]),
        frame(MORE, &PING[3..6]),
        frame(WS_PING, b"first"),
        frame(MORE, &PING[6..9]),
        frame(MORE, &PING[9..12]),
        frame(WS_PING, b"second"),
        frame(END, &PING[12..]),
    ]
    .concat();
    let stray = |code: u8| [&frame(code, b"stray")[..], &message].concat();
    let after = |code: u8| [&two[..], &frame(code, b"stray"), &message].concat();
    let mut cases = vec![
        Case::new("5.1", "a ping in two fragments", [frame(0x09, b"a"), frame(END, b"b")].concat(), closes(1002)),
        Case::new("5.2", "a pong in two fragments", [frame(0x0a, b"a"), frame(END, b"b")].concat(), closes(1002)),
        Case::new(
            "5.2.1",
            "a close in two fragments",
            [frame(0x08, b"\x03"), frame(END, b"\xe8")].concat(),
            closes(1002),
        ),
        Case::new("5.3", "a text in two fragments", two.clone(), pongs(1)),
        Case::new("5.4", "a text in two fragments, by sevens", two.clone(), pongs(1)).chopped(7),
        Case::new("5.5", "a text in two fragments, byte by byte", two.clone(), pongs(1)).chopped(1),
        Case::new("5.18", "both fragments are texts", [&first[..], &frame(TEXT, tail)].concat(), closes(1002)),
        Case::new(
            "5.18.1",
            "a text, then a binary fragment",
            [&first[..], &frame(BINARY, tail)].concat(),
            closes(1002),
        ),
        Case::new("5.18.2", "a fragment of a binary message", frame(0x02, PING), closes(4000)),
        Case::new("5.18.3", "nothing but empty fragments before the last", empty_but_last(), pongs(1)),
        Case::new("5.18.4", "an empty last fragment", in_fragments(&[PING, b""]), pongs(1)),
        Case::new("5.18.5", "fragments of a byte each", fragments(PING, 1), pongs(1)),
        Case::new(
            "5.18.6",
            "a pong and two pings between fragments",
            [&first[..], &frame(WS_PONG, b"x"), &frame(WS_PING, b"one"), &frame(WS_PING, b"two"), &last].concat(),
            pongs(1).with_pongs(&[b"one", b"two"]),
        ),
        Case::new(
            "5.18.7",
            "a close between fragments",
            [&first[..], &frame(CLOSE, b"\x03\xe8"), &last].concat(),
            closes(1000),
        ),
    ];
    for (chop, n) in [(WHOLE, 0), (7, 1), (1, 2)] {
        let mut add = |number: usize, what: &str, sends: &[u8], comes: Comes| {
            cases.push(Case::new(format!("5.{}", number + n), what, sends.to_vec(), comes).chopped(chop));
        };
        add(6, "a ping between two fragments", &with_ping, pongs(1).with_pongs(&[b"between"]));
        add(9, "the end of nothing, then a text", &stray(END), closes(1002));
        add(12, "the middle of nothing, then a text", &stray(MORE), closes(1002));
    }
    cases.extend([
        Case::new("5.15", "a message, the middle of nothing, a message", after(MORE), pongs(1).then_closes(1002)),
        Case::new("5.15.1", "a message, the end of nothing, a message", after(END), pongs(1).then_closes(1002)),
        Case::new("5.16", "the middle of nothing, then a text, twice", stray(MORE).repeat(2), closes(1002)),
        Case::new("5.17", "the end of nothing, then a text, twice", stray(END).repeat(2), closes(1002)),
        Case::new("5.19", "five fragments and two pings", five.clone(), pongs(1).with_pongs(&[b"first", b"second"])),
        Case::new("5.20", "the same byte by byte", five, pongs(1).with_pongs(&[b"first", b"second"])).chopped(1),
    ]);
    cases
}

fn empty_but_last() -> Vec<u8> {
    in_fragments(&[b"", b"", b"", PING])
}

/// Every sequence of up to `longest` frames of a text's start, middle and end, whole texts and pings, with what
/// the rules of RFC 6455 (5.4) make of it.
fn orders(longest: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut sequences = vec![String::new()];
    for _ in 0..longest {
        sequences =
            sequences.iter().flat_map(|before| "SMEWP".chars().map(move |next| format!("{before}{next}"))).collect();
        for sequence in &sequences {
            let sends = sequence.chars().flat_map(bytes_of).collect();
            cases.push(Case::new(format!("5.40.{sequence}"), "frames in this order", sends, meaning(sequence)));
        }
    }
    cases
}

fn bytes_of(kind: char) -> Vec<u8> {
    match kind {
        'S' => frame(START, br#"{"type":"#),
        'M' => frame(MORE, b"  "),
        'E' => frame(END, br#""ping"}"#),
        'W' => frame(TEXT, PING),
        _ => frame(WS_PING, b"order"),
    }
}

fn meaning(sequence: &str) -> Comes {
    let (mut within, mut messages, mut pings) = (false, 0, 0);
    for kind in sequence.chars() {
        match (kind, within) {
            ('P', _) => pings += 1,
            ('S', false) => within = true,
            ('M', true) => {}
            ('E', true) => {
                within = false;
                messages += 1;
            }
            ('W', false) => messages += 1,
            _ => return pongs(messages).with_pongs(&vec![b"order".as_slice(); pings]).then_closes(1002),
        }
    }
    let comes = if messages == 0 { nothing() } else { pongs(messages) };
    comes.with_pongs(&vec![b"order".as_slice(); pings])
}
