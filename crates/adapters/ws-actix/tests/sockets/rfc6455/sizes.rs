//! Section 1: messages of every size, in every form of the length, whole and in pieces.

use super::{BINARY, Case, PING, TEXT, closes, malformed, padded, pongs};
use crate::server::raw::frame;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("1.1.1", "an empty text", frame(TEXT, b""), malformed()),
        Case::new("1.2.1", "an empty binary message", frame(BINARY, b""), closes(4000)),
    ];
    for (n, size) in (2..).zip([PING.len(), 125, 126, 127, 128, 129, 255, 256, 65_534, 65_535, 65_536]) {
        let text = frame(TEXT, &padded(size));
        cases.push(Case::new(format!("1.1.{n}"), format!("a text of {size} bytes"), text.clone(), pongs(1)));
        for chop in [1, 997] {
            // Byte by byte the longest ones would be nothing but system calls.
            if chop == 1 && size > 256 || chop == 997 && size < 997 {
                continue;
            }
            let what = format!("a text of {size} bytes in pieces of {chop}");
            cases.push(Case::new(format!("1.1.{n}.{chop}"), what, text.clone(), pongs(1)).chopped(chop));
        }
        let binary = frame(BINARY, &padded(size));
        let what = format!("a binary message of {size} bytes");
        cases.push(Case::new(format!("1.2.{n}"), what, binary.clone(), closes(4000)));
        let what = format!("a binary message of {size} bytes in pieces");
        cases.push(Case::new(format!("1.2.{n}.997"), what, binary, closes(4000)).chopped(997));
    }
    cases.push(Case::new("1.1.20", "a text of 65 537 bytes", frame(TEXT, &padded(65_537)), closes(4009)));
    cases.push(Case::new("1.2.20", "a binary message of 65 537 bytes", frame(BINARY, &padded(65_537)), closes(4009)));
    // The length in a longer form than it needs (5.2: the minimal number of bytes MUST be used).
    for (n, head) in (30..).zip([
        vec![TEXT, 0xfe, 0, 0],
        vec![TEXT, 0xfe, 0, 125],
        vec![TEXT, 0xff, 0, 0, 0, 0, 0, 0, 0, 125],
        vec![TEXT, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
        vec![TEXT, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1],
        vec![TEXT, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ]) {
        let bytes = [&head[..], &[0, 0, 0, 0]].concat();
        cases.push(Case::new(format!("1.1.{n}"), format!("a length coded as {head:?}"), bytes, closes(1002)));
    }
    cases.push(Case::new("1.1.40", "an unmasked text", [&[TEXT, 15][..], PING].concat(), closes(1002)));
    cases.push(Case::new("1.2.40", "an unmasked binary message", vec![BINARY, 1, 0], closes(1002)));
    cases
}
