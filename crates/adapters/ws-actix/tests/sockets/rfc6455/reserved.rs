//! Section 3: the three reserved bits, of which no extension makes use.

use super::{BINARY, CLOSE, Case, END, PING, START, TEXT, WHOLE, WS_PING, WS_PONG, closes, pongs};
use crate::server::raw::frame;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for bits in 1..=7_u8 {
        let rsv = bits << 4;
        for (name, first, payload) in [
            ("text", TEXT, PING),
            ("binary", BINARY, PING),
            ("ping", WS_PING, b"".as_slice()),
            ("pong", WS_PONG, b""),
            ("close", CLOSE, b"\x03\xe8"),
            ("continuation", END, PING),
            ("fragment", START, PING),
        ] {
            let bad = frame(first | rsv, payload);
            let number = format!("3.{bits}.{name}");
            cases.push(Case::new(&number, format!("{name} with reserved bits {bits:03b}"), bad.clone(), closes(1002)));
            let after = [frame(TEXT, PING), bad.clone(), frame(WS_PING, b"too late")].concat();
            for chop in [WHOLE, 1] {
                let what = format!("a message, {name} with reserved bits {bits:03b}, a ping");
                let number = format!("{number}.{}", if chop == 1 { "bytes" } else { "after" });
                cases.push(Case::new(number, what, after.clone(), pongs(1).then_closes(1002)).chopped(chop));
            }
        }
        // Within a message: the bits count on every fragment and on what comes between.
        for (name, bad) in [
            ("the last fragment", frame(END | rsv, br#""ping"}"#)),
            ("a middle fragment", frame(rsv, b"")),
            ("a ping between fragments", frame(WS_PING | rsv, b"")),
        ] {
            let sends = [frame(START, br#"{"type":"#), bad, frame(END, br#""ping"}"#)].concat();
            let number = format!("3.{bits}.{}", name.replace(' ', "-"));
            cases.push(Case::new(number, format!("{name} has reserved bits {bits:03b}"), sends, closes(1002)));
        }
    }
    cases
}
