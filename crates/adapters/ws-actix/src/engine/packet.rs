//! Packets of Engine.IO 4.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use realtime::Out;

/// What stands between the packets of a payload.
const SEPARATOR: char = '\x1e';

/// A packet of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packet {
    /// It closes the session.
    Close,
    /// It asks whether the other transport works.
    Probe,
    /// It answers a ping.
    Pong,
    /// A message.
    Message(String),
    /// A message of bytes.
    Bytes(Bytes),
    /// From here on the other transport is used.
    Upgrade,
}

impl Packet {
    /// A packet in a text; nothing when it is none that a client may send.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self::Close),
            "2probe" => Some(Self::Probe),
            "3" => Some(Self::Pong),
            "5" => Some(Self::Upgrade),
            _ => text.strip_prefix('4').map(|message| Self::Message(message.to_owned())),
        }
    }

    /// The packets of a payload of long polling, where bytes are written in base64.
    pub(super) fn parse_payload(text: &str) -> Option<Vec<Self>> {
        let packet = |text: &str| match text.strip_prefix('b') {
            Some(bytes) => BASE64_STANDARD.decode(bytes).ok().map(|bytes| Self::Bytes(bytes.into())),
            None => Self::parse(text),
        };
        text.split(SEPARATOR).map(packet).collect()
    }
}

/// A message to a client.
pub(crate) fn message(text: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(text.len() + 1);
    bytes.extend_from_slice(b"4");
    bytes.extend_from_slice(text);
    bytes.freeze()
}

/// What waits for a client, as a payload of long polling; whether that is the end.
pub(super) fn payload(out: &[Out]) -> (Bytes, bool) {
    let (mut bytes, mut ends) = (BytesMut::new(), false);
    for one in out {
        let (kind, text): (&[u8], &[u8]) = match one {
            Out::Text(text) => (b"4", text),
            Out::Ping => (b"2", b""),
            Out::Pong(_) => continue,
            Out::Close(_) => {
                ends = true;
                (b"1", b"")
            }
        };
        if !bytes.is_empty() {
            bytes.extend_from_slice(&[SEPARATOR as u8]);
        }
        bytes.extend_from_slice(kind);
        bytes.extend_from_slice(text);
    }
    (bytes.freeze(), ends)
}

#[cfg(test)]
mod tests {
    use realtime::Close;

    use super::*;

    #[test]
    fn a_payload_is_read_packet_by_packet() {
        let text = |text: &str| Packet::Message(text.to_owned());
        assert_eq!(Packet::parse_payload("4a\x1e4\x1e3"), Some(vec![text("a"), text(""), Packet::Pong]));
        assert_eq!(
            Packet::parse_payload("4é\x1ebAQIDBA=="),
            Some(vec![text("é"), Packet::Bytes(vec![1, 2, 3, 4].into())])
        );
        for wrong in ["", "abc", "2", "0", "6", "3probe", "11", "4a\x1e", "\x1e4a", "bA", "b?", "7"] {
            assert_eq!(Packet::parse_payload(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_waits_is_one_payload() {
        let out = [Out::Text("x".into()), Out::Ping, Out::Pong("".into()), Out::Text("y".into())];
        assert_eq!(payload(&out), ("4x\x1e2\x1e4y".into(), false));
        assert_eq!(payload(&[Out::Text("x".into()), Out::Close(Close::Restart)]), ("4x\x1e1".into(), true));
        assert_eq!(payload(&[]).0, "");
    }
}
