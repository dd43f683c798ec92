//! Section 4: opcodes that mean nothing.

use super::{Case, END, PING, START, TEXT, WHOLE, WS_PING, closes, pongs};
use crate::server::raw::frame;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for opcode in (3..=7_u8).chain(11..=15) {
        let (section, n) = if opcode < 8 { ("4.1", opcode - 2) } else { ("4.2", opcode - 10) };
        let number = |kind: &str| format!("{section}.{n}.{kind}");
        let what = |kind: &str| format!("opcode {opcode}, {kind}");
        let (empty, full) = (frame(0x80 | opcode, b""), frame(0x80 | opcode, b"reserved"));
        let late = frame(WS_PING, b"too late");
        cases.push(Case::new(number("empty"), what("empty"), empty.clone(), closes(1002)));
        cases.push(Case::new(number("full"), what("with a payload"), full.clone(), closes(1002)));
        cases.push(Case::new(number("fragment"), what("as a fragment"), frame(opcode, b"x"), closes(1002)));
        for (kind, bad) in [("empty-after", &empty), ("full-after", &full)] {
            let sends = [&frame(TEXT, PING)[..], bad, &late].concat();
            for (chop, suffix) in [(WHOLE, ""), (1, "-bytes")] {
                let number = number(&format!("{kind}{suffix}"));
                let comes = pongs(1).then_closes(1002);
                cases.push(Case::new(number, what("after a message"), sends.clone(), comes).chopped(chop));
            }
        }
        let within = [&frame(START, br#"{"type":"#)[..], &full, &frame(END, br#""ping"}"#)].concat();
        cases.push(Case::new(number("within"), what("between fragments"), within, closes(1002)));
    }
    cases
}
