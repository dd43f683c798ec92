//! Section 2: pings and pongs.

use super::{Case, PING, TEXT, WS_PING, WS_PONG, closes, nothing, pongs};
use crate::server::raw::frame;

pub(crate) fn cases() -> Vec<Case> {
    let odd: &[u8] = &[0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff];
    let long = [0xfe; 125];
    let ten: Vec<Vec<u8>> = (0..10).map(|n| format!("payload-{n}").into_bytes()).collect();
    let ten: Vec<&[u8]> = ten.iter().map(Vec::as_slice).collect();
    let pings = ten.iter().flat_map(|payload| frame(WS_PING, payload)).collect::<Vec<_>>();
    let ping = |payload: &[u8]| frame(WS_PING, payload);
    vec![
        Case::new("2.1", "a ping that says nothing", ping(b""), nothing().with_pongs(&[b""])),
        Case::new("2.2", "a ping with a text", ping(b"Hello, world!"), nothing().with_pongs(&[b"Hello, world!"])),
        Case::new("2.3", "a ping that is no text", ping(odd), nothing().with_pongs(&[odd])),
        Case::new("2.4", "a ping of 125 bytes", ping(&long), nothing().with_pongs(&[&long])),
        Case::new("2.5", "a ping of 126 bytes", ping(&[0xfe; 126]), closes(1002)),
        Case::new("2.5.1", "a ping of 126 bytes, byte by byte", ping(&[0xfe; 126]), closes(1002)).chopped(1),
        Case::new(
            "2.5.2",
            "a ping that announces 2^40 bytes",
            vec![WS_PING, 0xff, 0, 0, 1, 0, 0, 0, 0, 0],
            closes(1002),
        ),
        Case::new("2.5.3", "a pong of 126 bytes", frame(WS_PONG, &[0xfe; 126]), closes(1002)),
        Case::new("2.5.4", "an unmasked ping", vec![WS_PING, 0], closes(1002)),
        Case::new("2.6", "a ping of 125 bytes, byte by byte", ping(&long), nothing().with_pongs(&[&long])).chopped(1),
        Case::new("2.7", "a pong that nobody asked for", frame(WS_PONG, b""), nothing()),
        Case::new("2.8", "such a pong with a text", frame(WS_PONG, b"unsolicited"), nothing()),
        Case::new(
            "2.9",
            "such a pong, a ping, a message",
            [frame(WS_PONG, b"unsolicited"), ping(b"asked"), frame(TEXT, PING)].concat(),
            pongs(1).with_pongs(&[b"asked"]),
        ),
        Case::new("2.10", "ten pings", pings.clone(), nothing().with_pongs(&ten)),
        Case::new("2.11", "ten pings, byte by byte", pings, nothing().with_pongs(&ten)).chopped(1),
        Case::new(
            "2.12",
            "a ping between two messages",
            [frame(TEXT, PING), ping(b"between"), frame(TEXT, PING)].concat(),
            pongs(2).with_pongs(&[b"between"]),
        ),
    ]
}
