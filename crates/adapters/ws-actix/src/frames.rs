//! From bytes to messages: framing by actix-http's parser, with the bounds and the states around it.

use std::time::Instant;

use actix_http::ws::{OpCode, Parser};
use bytes::{Bytes, BytesMut};
use realtime::{Close, Limits};

/// What a client has sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// A whole message, gathered from its fragments.
    Text(String),
    /// As [`Self::Text`], of bytes.
    Binary(Bytes),
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
    takes_binary: bool,
    buffer: BytesMut,
    message: Option<Gathered>,
    pace: Pace,
}

impl Frames {
    /// With the largest message and the pace of these limits. A protocol without binary messages refuses them before
    /// they are gathered.
    pub(crate) fn new(limits: &Limits, takes_binary: bool) -> Self {
        let pace = Pace { left: limits.frame_burst, counted: Instant::now() };
        Self { max_bytes: limits.frame_bytes, takes_binary, buffer: BytesMut::new(), message: None, pace }
    }

    /// More bytes have come.
    pub(crate) fn feed(&mut self, bytes: &Bytes) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The protocol was broken: nothing that comes is a message any more, and nothing of it is kept.
    pub(crate) fn give_up(&mut self) {
        (self.max_bytes, self.pace.left) = (0, u32::MAX);
        (self.buffer, self.message) = (BytesMut::new(), None);
    }

    /// The next message, if it is whole.
    ///
    /// # Errors
    /// The close that the client has earned.
    pub(crate) fn next(&mut self, limits: &Limits) -> Result<Option<Received>, Close> {
        loop {
            // Before the frame is gathered: what is too big is not read at all.
            look_at_head(&self.buffer, self.max_bytes as u64)?;
            let parsed = Parser::parse(&mut self.buffer, true, self.max_bytes).map_err(|_| Close::Protocol)?;
            let Some((last, code, payload)) = parsed else {
                return Ok(None);
            };
            if self.buffer.is_empty() {
                // Gives the memory back; most connections are idle most of the time.
                self.buffer = BytesMut::new();
            }
            self.pace.take(limits)?;
            let payload = payload.unwrap_or_default();
            match code {
                OpCode::Ping | OpCode::Pong | OpCode::Close if !last => return Err(Close::Protocol),
                OpCode::Ping => return Ok(Some(Received::Ping(Bytes::copy_from_slice(&payload)))),
                OpCode::Pong => return Ok(Some(Received::Pong)),
                OpCode::Close => {
                    return closed(&payload).map(Some);
                }
                OpCode::Text | OpCode::Binary if self.message.is_some() => return Err(Close::Protocol),
                OpCode::Binary if !self.takes_binary => return Err(Close::Malformed),
                OpCode::Text | OpCode::Binary => {
                    let message = Gathered { is_text: code == OpCode::Text, payload };
                    if last {
                        return message.whole().map(Some);
                    }
                    self.message = Some(message);
                }
                OpCode::Continue => {
                    let Some(message) = &mut self.message else { return Err(Close::Protocol) };
                    if message.payload.len() + payload.len() > self.max_bytes {
                        return Err(Close::TooBig);
                    }
                    message.payload.extend_from_slice(&payload);
                    if last && let Some(message) = self.message.take() {
                        return message.whole().map(Some);
                    }
                }
                OpCode::Bad => return Err(Close::Protocol),
            }
        }
    }
}

/// A message of which fragments may still be to come.
#[derive(Debug)]
struct Gathered {
    is_text: bool,
    payload: BytesMut,
}

impl Gathered {
    fn whole(self) -> Result<Received, Close> {
        if !self.is_text {
            return Ok(Received::Binary(self.payload.freeze()));
        }
        std::str::from_utf8(&self.payload).map(|text| Received::Text(text.to_owned())).map_err(|_| Close::InvalidText)
    }
}

/// A close with a code that may not be sent breaks the protocol; a reason that is no UTF-8 is a wrong text.
fn closed(payload: &[u8]) -> Result<Received, Close> {
    let (code, reason) = payload.split_at(payload.len().min(2));
    Parser::try_parse_close_payload(code).map_err(|_| Close::Protocol)?;
    std::str::from_utf8(reason).map(|_| Received::Close).map_err(|_| Close::InvalidText)
}

/// Refuses by its head, as soon as it is there, a frame that must not be gathered: a control frame above 125
/// bytes (RFC 6455, 5.5), a length that is not in its shortest form or has its top bit set (5.2), and a frame
/// above the limit.
fn look_at_head(head: &[u8], max_bytes: u64) -> Result<(), Close> {
    let (Some(first), Some(second)) = (head.first(), head.get(1)) else { return Ok(()) };
    let (is_control, short) = (first & 0x08 != 0, second & 0x7f);
    if short < 126 {
        return if u64::from(short) > max_bytes { Err(Close::TooBig) } else { Ok(()) };
    }
    if is_control {
        return Err(Close::Protocol);
    }
    let (bytes, least) = if short == 126 { (head.get(2..4), 126) } else { (head.get(2..10), 1 << 16) };
    let Some(bytes) = bytes else { return Ok(()) };
    let length = bytes.iter().fold(0, |length, byte| (length << 8) | u64::from(*byte));
    if length < least || length >> 63 != 0 {
        return Err(Close::Protocol);
    }
    if length > max_bytes { Err(Close::TooBig) } else { Ok(()) }
}

/// How many frames a client may still send. What comes free is counted only when there is none left, so that
/// a frame costs no look at the clock.
#[derive(Debug)]
struct Pace {
    left: u32,
    counted: Instant,
}

impl Pace {
    fn take(&mut self, limits: &Limits) -> Result<(), Close> {
        if self.left == 0 {
            let free = self.counted.elapsed().as_secs_f64() * f64::from(limits.frames_per_second);
            if free < 1.0 {
                return Err(Close::TooFast);
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1, and bounded")]
            let free = free.min(f64::from(limits.frame_burst)) as u32;
            (self.left, self.counted) = (free, Instant::now());
        }
        self.left -= 1;
        Ok(())
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

    fn limits() -> Limits {
        Limits { frame_bytes: 1_000, frame_burst: 50, frames_per_second: 1, ..Limits::default() }
    }

    fn read(bytes: &[u8]) -> Result<Vec<Received>, Close> {
        let limits = limits();
        let mut frames = Frames::new(&limits, false);
        let mut all = Vec::new();
        // In the worst cut: a byte at a time.
        for byte in bytes {
            frames.feed(&Bytes::copy_from_slice(&[*byte]));
            while let Some(received) = frames.next(&limits)? {
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
        let cases: [(&str, Vec<u8>, Close); 21] = [
            ("unmasked", vec![0x81, 0x01, b'a'], Close::Protocol),
            ("reserved bits", frame(0xc1, b"a"), Close::Protocol),
            ("reserved opcode", frame(0x83, b"a"), Close::Protocol),
            ("reserved control opcode", frame(0x8b, b"a"), Close::Protocol),
            ("fragmented control", frame(0x09, b"a"), Close::Protocol),
            ("long control", frame(0x89, &[0; 126]), Close::Protocol),
            ("continuation without a start", frame(0x80, b"a"), Close::Protocol),
            ("a start within a message", [frame(0x01, b"a"), frame(0x81, b"b")].concat(), Close::Protocol),
            ("top bit of the length", vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4], Close::Protocol),
            ("a long control frame, by its head", vec![0x89, 0xff, 0, 0, 0, 0, 0x40], Close::Protocol),
            ("125 bytes in two bytes of length", vec![0x81, 0xfe, 0, 125], Close::Protocol),
            ("65 535 bytes in eight bytes of length", vec![0x81, 0xff, 0, 0, 0, 0, 0, 0, 255, 255], Close::Protocol),
            ("binary within a message", [frame(0x01, b"a"), frame(0x82, b"b")].concat(), Close::Protocol),
            ("more frames than are free", frame(0x8a, b"").repeat(51), Close::TooFast),
            ("a close of one byte", frame(0x88, b"\x03"), Close::Protocol),
            ("close code 1005", frame(0x88, &1005_u16.to_be_bytes()), Close::Protocol),
            ("close code 5000", frame(0x88, &5000_u16.to_be_bytes()), Close::Protocol),
            ("a close reason that is no UTF-8", frame(0x88, b"\x03\xe8\xff"), Close::InvalidText),
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
        let mut frames = Frames::new(&limits(), false);
        frames.feed(&Bytes::from_static(&[0x81, 0xff, 0, 0, 0, 255, 0, 0, 0, 0]));
        assert_eq!(frames.next(&limits()), Err(Close::TooBig));
        let sum = [frame(0x01, &[b'a'; 600]), frame(0x00, &[b'a'; 600])].concat();
        assert_eq!(read(&sum), Err(Close::TooBig));
        assert_eq!(read(&frame(0x81, &[b'a'; 1_000])).unwrap().len(), 1);
    }

    #[test]
    fn frames_come_free_again() {
        let limits = Limits { frame_burst: 3, frames_per_second: 1_000, ..limits() };
        let mut frames = Frames::new(&limits, false);
        for _ in 0..10 {
            // What the clock has not freed yet is waited for.
            while frames.pace.left == 0 && frames.pace.counted.elapsed().as_millis() < 3 {
                std::thread::yield_now();
            }
            frames.feed(&Bytes::from(frame(0x8a, b"")));
            assert_eq!(frames.next(&limits), Ok(Some(Received::Pong)));
        }
    }
}
