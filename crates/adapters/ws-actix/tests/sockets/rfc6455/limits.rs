//! Section 9: the largest messages in all their forms, and many small ones.

use super::{BINARY, Case, END, MORE, PING, START, TEXT, WS_PING, closes, fragments, padded, pongs};
use crate::server::raw::frame;

const MOST: usize = 65_536;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (n, size) in (1..).zip([1_024, 4_096, 16_384, 32_768, MOST]) {
        cases.push(Case::new(format!("9.1.{n}"), format!("{size} bytes"), frame(TEXT, &padded(size)), pongs(1)));
    }
    for (n, size) in (1..).zip([64, 256, 1_024, 4_096, 16_384, 32_768, MOST]) {
        let sends = fragments(&padded(MOST), size);
        cases.push(Case::new(format!("9.3.{n}"), format!("64 KiB in fragments of {size}"), sends, pongs(1)));
    }
    for (n, chop) in (1..).zip([64, 128, 256, 512, 1_024, 2_048]) {
        let sends = frame(TEXT, &padded(MOST));
        cases.push(Case::new(format!("9.5.{n}"), format!("64 KiB in pieces of {chop}"), sends, pongs(1)).chopped(chop));
    }
    for (n, size) in (1..).zip([15, 16, 64, 256, 1_024, 4_096]) {
        // As many as may be unread: the answers wait until the client reads.
        let sends = frame(TEXT, &padded(size)).repeat(200);
        cases.push(Case::new(format!("9.7.{n}"), format!("200 messages of {size} bytes"), sends, pongs(200)));
    }
    let pings: Vec<Vec<u8>> = (0..1_000).map(|n: u32| n.to_be_bytes().to_vec()).collect();
    let pings: Vec<&[u8]> = pings.iter().map(Vec::as_slice).collect();
    let sends = pings.iter().flat_map(|payload| frame(WS_PING, payload)).collect();
    cases.push(Case::new("9.8.1", "a thousand pings", sends, super::nothing().with_pongs(&pings)));

    let half = padded(MOST / 2);
    let over = |last: &[u8]| [frame(START, &half), frame(MORE, &half), frame(END, last)].concat();
    cases.extend([
        Case::new("9.9.1", "fragments of 64 KiB in all", over(b""), super::malformed()),
        Case::new("9.9.2", "fragments of 64 KiB and a byte", over(b" "), closes(4009)),
        Case::new("9.9.3", "a frame of 64 KiB and a byte", frame(TEXT, &padded(MOST + 1)), closes(4009)),
        Case::new(
            "9.9.4",
            "a head that announces a gigabyte",
            vec![TEXT, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0],
            closes(4009),
        ),
        Case::new(
            "9.9.5",
            "a head that announces 2^62 bytes",
            vec![TEXT, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0],
            closes(4009),
        ),
        Case::new("9.9.6", "a binary one of a gigabyte", vec![BINARY, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0], closes(4009)),
        Case::new("9.9.7", "a fragment of a gigabyte", vec![START, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0], closes(4009)),
        Case::new("9.9.8", "frames without end", frame(0x8a, b"").repeat(2_200), closes(4008)),
        Case::new(
            "9.9.9",
            "empty fragments without end",
            [frame(START, b""), frame(MORE, b"").repeat(2_200)].concat(),
            closes(4008),
        ),
        Case::new(
            "9.9.10",
            "a message before what is too big",
            [frame(TEXT, PING), frame(TEXT, &padded(MOST + 1))].concat(),
            pongs(1).then_closes(4009),
        ),
    ]);
    cases
}
