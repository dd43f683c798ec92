//! Section 7: the end, in its right and its wrong forms.

use super::{CLOSE, Case, END, PING, START, TEXT, WS_PING, closes, padded, pongs};
use crate::server::raw::frame;

pub(crate) fn cases() -> Vec<Case> {
    let close = |payload: &[u8]| frame(CLOSE, payload);
    let with_reason = |reason: &[u8]| close(&[b"\x03\xe8", reason].concat());
    let normal = close(b"\x03\xe8");
    let (ping, message) = (frame(WS_PING, b"too late"), frame(TEXT, PING));
    let answered = || pongs(1).then_closes(1000);
    let mut cases = vec![
        Case::new("7.1.1", "a message, then a close", [&message[..], &normal].concat(), answered()),
        Case::new("7.1.2", "two closes", normal.repeat(2), closes(1000)),
        Case::new("7.1.3", "a ping after the close", [&normal[..], &ping].concat(), closes(1000)),
        Case::new("7.1.4", "a message after the close", [&normal[..], &message].concat(), closes(1000)),
        Case::new(
            "7.1.5",
            "a close within a message",
            [&frame(START, br#"{"type":"#)[..], &normal, &frame(END, br#""ping"}"#)].concat(),
            closes(1000),
        ),
        Case::new(
            "7.1.6",
            "64 KiB, a close, a ping",
            [&frame(TEXT, &padded(65_536))[..], &normal, &ping].concat(),
            answered(),
        ),
        Case::new("7.1.7", "nonsense after the close", [&normal[..], &[0xff; 200]].concat(), closes(1000)),
        Case::new("7.3.1", "a close that says nothing", close(b""), closes(1000)),
        Case::new("7.3.2", "a close of one byte", close(b"\x03"), closes(1002)),
        Case::new("7.3.3", "a close with a code", normal.clone(), closes(1000)),
        Case::new("7.3.4", "a close with a reason", with_reason(b"Hello World!"), closes(1000)),
        Case::new("7.3.5", "a reason of 123 bytes", with_reason(&[b'*'; 123]), closes(1000)),
        Case::new("7.3.6", "a reason of 124 bytes", with_reason(&[b'*'; 124]), closes(1002)),
        Case::new("7.3.7", "a reason of 123 bytes, byte by byte", with_reason(&[b'*'; 123]), closes(1000)).chopped(1),
        Case::new("7.3.8", "an unmasked close", vec![CLOSE, 2, 0x03, 0xe8], closes(1002)),
        Case::new("7.5.1", "a reason that is no UTF-8", with_reason(b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80"), closes(1007)),
        Case::new(
            "7.5.2",
            "a reason that ends within a character",
            with_reason("é".as_bytes().split_at(1).0),
            closes(1007),
        ),
        Case::new("7.5.3", "a wrong code and a wrong reason", close(b"\x03\xe7\xff"), closes(1002)),
    ];
    // 1012 to 1014 were registered after RFC 6455.
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999_u16] {
        cases.push(Case::new(
            format!("7.7.{code}"),
            "a code that may be sent",
            close(&code.to_be_bytes()),
            closes(1000),
        ));
    }
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999_u16] {
        cases.push(Case::new(
            format!("7.9.{code}"),
            "a code that may not be sent",
            close(&code.to_be_bytes()),
            closes(1002),
        ));
        let sends = close(&[&code.to_be_bytes()[..], b"reason"].concat());
        cases.push(Case::new(format!("7.9.{code}.reason"), "a code that may not be sent", sends, closes(1002)));
    }
    for code in [5000, 32_768, 65_535_u16] {
        cases.push(Case::new(
            format!("7.13.{code}"),
            "a code that means nothing",
            close(&code.to_be_bytes()),
            closes(1002),
        ));
    }
    cases
}
