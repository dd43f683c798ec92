//! A WebSocket client that says what no library would say, from any address of the loopback.

use serde_json::Value;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tests::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

/// Longer than any answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Where most attackers come from.
pub(crate) const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// The lines of a handshake that would do, which a case replaces or adds to.
pub(crate) const GOOD: [(&str, &str); 5] = [
    ("Host", "HOST"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// The good lines with some in the place of those of the same name; an empty value leaves a line out.
pub(crate) fn with(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = GOOD.iter().map(|(name, value)| owned(name, value)).collect();
    lines.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    lines.extend(changes.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| owned(name, value)));
    lines
}

/// The good lines and more of the same or other names.
pub(crate) fn and(more: &[(&str, &str)]) -> Vec<(String, String)> {
    GOOD.iter().chain(more).map(|(name, value)| owned(name, value)).collect()
}

fn owned(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// What a handshake was answered.
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// The head in lower case.
    pub(crate) head: String,
    /// The body of a refusal.
    pub(crate) body: String,
    pub(crate) raw: Raw,
}

/// A connection, of which the bytes are the caller's.
pub(crate) struct Raw {
    incoming: Incoming,
    writer: OwnedWriteHalf,
}

struct Incoming {
    reader: OwnedReadHalf,
    read: VecDeque<u8>,
}

/// What a connection gave.
#[derive(Debug, PartialEq)]
pub(crate) enum Came {
    Text(Value),
    /// A text that is no JSON.
    Words(String),
    Pong(Vec<u8>),
    Closed(u16),
    /// The socket ended without a close.
    Ended,
}

/// The handshake with these lines.
pub(crate) async fn shake(server: &Server, lines: &[(String, String)]) -> Answered {
    shake_from(HERE, server, "GET /api/v1/realtime HTTP/1.1", lines).await
}

/// The handshake with that first line, from that address.
pub(crate) async fn shake_from(from: Ipv4Addr, server: &Server, first: &str, lines: &[(String, String)]) -> Answered {
    let host = server.address().to_string();
    let lines = lines.iter().map(|(name, value)| format!("{name}: {}\r\n", value.replace("HOST", &host)));
    let request = format!("{first}\r\n{}\r\n", lines.collect::<String>());
    let mut raw = Raw::connect(from, server.address()).await;
    // A server that has heard enough may let go before all is written.
    let _ = raw.writer.write_all(request.as_bytes()).await;
    let head = raw.incoming.head().await;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).and_then(|text| text.parse().ok());
    let body =
        if status == 101 { Vec::new() } else { raw.incoming.exactly(length.unwrap_or(0)).await.unwrap_or_default() };
    Answered { status, head, body: String::from_utf8_lossy(&body).into_owned(), raw }
}

/// An open connection, with the token in the handshake.
pub(crate) async fn open(server: &Server, token: &str) -> Raw {
    let bearer = format!("Bearer {token}");
    let mut answered = shake(server, &and(&[("Authorization", &bearer)])).await;
    assert_eq!(answered.status, 101, "{}", answered.head);
    match answered.raw.next().await {
        Came::Text(welcome) if welcome["type"] == "welcome" => answered.raw,
        other => panic!("no welcome but {other:?}"),
    }
}

impl Raw {
    pub(crate) async fn connect(from: Ipv4Addr, to: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let (reader, writer) = timeout(PATIENCE, socket.connect(to)).await.unwrap().unwrap().into_split();
        Self { incoming: Incoming { reader, read: VecDeque::new() }, writer }
    }

    /// Writes bytes; whether the server still took them.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> bool {
        timeout(PATIENCE, self.writer.write_all(bytes)).await.is_ok_and(|written| written.is_ok())
    }

    /// The next of what came, past the server's own pings.
    pub(crate) async fn next(&mut self) -> Came {
        self.incoming.next().await
    }

    /// The next text, as it is.
    pub(crate) async fn words(&mut self) -> String {
        self.incoming.words().await
    }

    /// How it ends, past all that comes before; 0 without a close.
    pub(crate) async fn ends(&mut self) -> u16 {
        self.incoming.ends().await
    }

    /// The same while bytes are written; those that the server does not take any more are nobody's.
    pub(crate) async fn ends_while(&mut self, bytes: &[u8]) -> u16 {
        let Self { incoming, writer } = self;
        tokio::join!(incoming.ends(), writer.write_all(bytes)).0
    }

    /// Goes without a word, as a network does that fails: the server gets a RST.
    pub(crate) fn reset(self) {
        self.writer.as_ref().set_zero_linger().unwrap();
    }

    /// Waits until the server lets go of the socket.
    pub(crate) async fn let_go(&mut self) {
        while self.incoming.exactly(1).await.is_some() {}
    }
}

impl Incoming {
    async fn next(&mut self) -> Came {
        loop {
            let Some((first, payload)) = self.message().await else { return Came::Ended };
            match first {
                0x81 => {
                    let words = String::from_utf8(payload).unwrap();
                    return serde_json::from_str(&words).map_or(Came::Words(words), Came::Text);
                }
                0x88 => return Came::Closed(u16::from_be_bytes([payload[0], payload[1]])),
                0x89 => {}
                0x8a => return Came::Pong(payload),
                other => panic!("a frame that begins with {other:#x}"),
            }
        }
    }

    async fn ends(&mut self) -> u16 {
        loop {
            match self.message().await {
                Some((0x88, payload)) => return u16::from_be_bytes([payload[0], payload[1]]),
                None => return 0,
                Some(_) => {}
            }
        }
    }

    async fn words(&mut self) -> String {
        match self.message().await {
            Some((0x81, payload)) => String::from_utf8(payload).unwrap(),
            other => panic!("no text but {other:?}"),
        }
    }

    /// The first byte and the payload of the next frame; nothing when the server has let go.
    async fn message(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.exactly(2).await?;
        let extended = match head[1] {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let bytes = self.exactly(extended).await?;
        let long = bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
        let length = if extended == 0 { usize::from(head[1]) } else { long };
        Some((head[0], self.exactly(length).await?))
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Some(byte) = self.exactly(1).await else { break };
            head.extend(byte);
        }
        String::from_utf8_lossy(&head).into_owned()
    }

    /// So many bytes; nothing once the server has let go.
    async fn exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.read.len() < count {
            let mut buffer = vec![0; 16 * 1024];
            match timeout(PATIENCE, self.reader.read(&mut buffer)).await.expect("something comes within 20 s") {
                Ok(0) => return None,
                Ok(length) => self.read.extend(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
        Some(self.read.drain(..count).collect())
    }
}

/// A frame, masked as a client's must be.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..65_536 => {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(0xff);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    let mask = [7, 1, 9, 3];
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A text frame.
pub(crate) fn says(value: &Value) -> Vec<u8> {
    frame(0x81, value.to_string().as_bytes())
}
