//! From bytes to messages: framing by actix-http's parser, with the bounds and the states around it.

use actix_http::ws::{OpCode, Parser};
use bytes::{Bytes, BytesMut};
use realtime::Close;

/// What a client has sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// A whole message, gathered from its fragments.
    Text(String),
    /// A ping, with what the pong must say.
    Ping(Bytes),
    /// A pong.
    Pong,
    /// The client ends the connection.
    Close,
}

/// Gathers frames into messages. Each way in which RFC 6455 can be broken has its close.
#[derive(Debug)]
pub(crate) struct Frames {
    max_bytes: usize,
    buffer: BytesMut,
    message: Option<BytesMut>,
}

impl Frames {
    /// With this largest message.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, buffer: BytesMut::new(), message: None }
    }

    /// More bytes have come.
    pub(crate) fn feed(&mut self, bytes: &Bytes) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, if it is whole.
    ///
    /// # Errors
    /// The close that the client has earned.
    pub(crate) fn next(&mut self) -> Result<Option<Received>, Close> {
        loop {
            // Before the frame is gathered: what is too big is not read at all.
            if announced(&self.buffer).is_some_and(|length| length > self.max_bytes as u64) {
                return Err(Close::TooBig);
            }
            let parsed = Parser::parse(&mut self.buffer, true, self.max_bytes).map_err(|_| Close::Protocol)?;
            let Some((last, code, payload)) = parsed else {
                return Ok(None);
            };
            if self.buffer.is_empty() {
                // Gives the memory back; most connections are idle most of the time.
                self.buffer = BytesMut::new();
            }
            let payload = payload.unwrap_or_default();
            match code {
                OpCode::Ping | OpCode::Pong | OpCode::Close if !last => return Err(Close::Protocol),
                OpCode::Ping => return Ok(Some(Received::Ping(Bytes::copy_from_slice(&payload)))),
                OpCode::Pong => return Ok(Some(Received::Pong)),
                OpCode::Close => {
                    Parser::try_parse_close_payload(&payload).map_err(|_| Close::Protocol)?;
                    return Ok(Some(Received::Close));
                }
                OpCode::Binary => return Err(Close::Malformed),
                OpCode::Text => {
                    if self.message.is_some() {
                        return Err(Close::Protocol);
                    }
                    if last {
                        return text(&payload).map(Some);
                    }
                    self.message = Some(payload);
                }
                OpCode::Continue => {
                    let Some(message) = &mut self.message else { return Err(Close::Protocol) };
                    if message.len() + payload.len() > self.max_bytes {
                        return Err(Close::TooBig);
                    }
                    message.extend_from_slice(&payload);
                    if last && let Some(message) = self.message.take() {
                        return text(&message).map(Some);
                    }
                }
                OpCode::Bad => return Err(Close::Protocol),
            }
        }
    }
}

fn text(payload: &[u8]) -> Result<Received, Close> {
    std::str::from_utf8(payload).map(|text| Received::Text(text.to_owned())).map_err(|_| Close::InvalidText)
}

/// The length that a data frame's head announces, as soon as it is there. Nothing for control frames, which
/// the parser refuses above 125 bytes, and nothing for the coding with the top bit set, which it refuses too.
fn announced(head: &[u8]) -> Option<u64> {
    let (first, second) = (*head.first()?, *head.get(1)?);
    if first & 0x08 != 0 {
        return None;
    }
    match second & 0x7f {
        126 => Some(u64::from(u16::from_be_bytes(head.get(2..4)?.try_into().ok()?))),
        127 => Some(u64::from_be_bytes(head.get(2..10)?.try_into().ok()?)).filter(|length| length >> 63 == 0),
        length => Some(u64::from(length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            length => {
                bytes.push(0xfe);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        let mask = [1, 2, 3, 4];
        bytes.extend(mask);
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Vec<Received>, Close> {
        let mut frames = Frames::new(1_000);
        let mut all = Vec::new();
        // In the worst cut: a byte at a time.
        for byte in bytes {
            frames.feed(&Bytes::copy_from_slice(&[*byte]));
            while let Some(received) = frames.next()? {
                all.push(received);
            }
        }
        Ok(all)
    }

    #[test]
    fn fragments_make_one_message_with_control_frames_in_between() {
        let bytes = [frame(0x01, "é".as_bytes().split_at(1).0), frame(0x89, b"x"), frame(0x80, &"é".as_bytes()[1..])];
        assert_eq!(
            read(&bytes.concat()),
            Ok(vec![Received::Ping(Bytes::from_static(b"x")), Received::Text("é".to_owned())])
        );
    }

    #[test]
    fn what_breaks_the_protocol_has_its_close() {
        let cases: [(&str, Vec<u8>, Close); 16] = [
            ("unmasked", vec![0x81, 0x01, b'a'], Close::Protocol),
            ("reserved bits", frame(0xc1, b"a"), Close::Protocol),
            ("reserved opcode", frame(0x83, b"a"), Close::Protocol),
            ("reserved control opcode", frame(0x8b, b"a"), Close::Protocol),
            ("fragmented control", frame(0x09, b"a"), Close::Protocol),
            ("long control", frame(0x89, &[0; 126]), Close::Protocol),
            ("continuation without a start", frame(0x80, b"a"), Close::Protocol),
            ("a start within a message", [frame(0x01, b"a"), frame(0x81, b"b")].concat(), Close::Protocol),
            ("top bit of the length", vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4], Close::Protocol),
            ("a close of one byte", frame(0x88, b"\x03"), Close::Protocol),
            ("close code 1005", frame(0x88, &1005_u16.to_be_bytes()), Close::Protocol),
            ("close code 5000", frame(0x88, &5000_u16.to_be_bytes()), Close::Protocol),
            ("a close reason that is no UTF-8", frame(0x88, b"\x03\xe8\xff"), Close::Protocol),
            ("binary", frame(0x82, b"a"), Close::Malformed),
            ("no UTF-8", frame(0x81, b"\xc3\x28"), Close::InvalidText),
            ("too big", frame(0x81, &[b'a'; 1_001]), Close::TooBig),
        ];
        for (name, bytes, close) in cases {
            assert_eq!(read(&bytes), Err(close), "{name}");
        }
    }

    #[test]
    fn a_frame_is_refused_by_its_head_and_fragments_by_their_sum() {
        let mut frames = Frames::new(1_000);
        frames.feed(&Bytes::from_static(&[0x81, 0xff, 0, 0, 0, 255, 0, 0, 0, 0]));
        assert_eq!(frames.next(), Err(Close::TooBig));
        let sum = [frame(0x01, &[b'a'; 600]), frame(0x00, &[b'a'; 600])].concat();
        assert_eq!(read(&sum), Err(Close::TooBig));
        assert_eq!(read(&frame(0x81, &[b'a'; 1_000])).unwrap().len(), 1);
    }
}
