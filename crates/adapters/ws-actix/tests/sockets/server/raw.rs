//! A client that says what no library would say.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use ws_actix::Realtime;

use super::PATIENCE;

/// The headers of a handshake that is right.
pub(crate) const RIGHT: [(&str, &str); 5] = [
    ("Host", "localhost"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// The right headers with some put in the place of those of the same name, or left out when empty.
pub(crate) fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut headers = RIGHT.to_vec();
    headers.retain(|(name, _)| !changes.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
    headers.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    headers
}

/// Sends a handshake; gives the head of the answer and the open socket.
pub(crate) async fn handshake(address: SocketAddr, line: &str, headers: &[(&str, &str)]) -> (String, TcpStream) {
    handshake_from("127.0.0.1", address, line, headers).await
}

/// The same from an address of one's own; the loopback has many.
pub(crate) async fn handshake_from(
    own: &str,
    address: SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
) -> (String, TcpStream) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(own.parse().unwrap(), 0)).unwrap();
    // Little room, so that a client that does not read is soon felt.
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let mut socket = socket.connect(address).await.unwrap();
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let text = format!("{line}\r\n{}\r\n", headers.concat());
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = timeout(PATIENCE, socket.read_u8()).await.unwrap();
        let Ok(byte) = byte else { break };
        head.push(byte);
    }
    (String::from_utf8(head).unwrap(), socket)
}

pub(crate) fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

pub(crate) fn get() -> String {
    format!("GET {} HTTP/1.1", Realtime::PATH)
}

/// An open connection of the customer.
pub(crate) async fn open(address: SocketAddr) -> TcpStream {
    let headers = with(&[("Authorization", "Bearer customer")]);
    let (head, mut socket) = handshake(address, &get(), &headers).await;
    assert_eq!(status(&head), 101, "{head}");
    let (code, payload) = read(&mut socket).await.unwrap();
    assert_eq!(code, 0x81);
    assert!(payload.starts_with(b"{\"type\":\"welcome\""));
    socket
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

/// The next frame of the server: its first byte and payload. Nothing at the end.
pub(crate) async fn read(socket: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    timeout(PATIENCE, async {
        let first = socket.read_u8().await.ok()?;
        let length = match socket.read_u8().await.ok()? {
            126 => u64::from(socket.read_u16().await.ok()?),
            127 => socket.read_u64().await.ok()?,
            length => u64::from(length),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        socket.read_exact(&mut payload).await.ok()?;
        Some((first, payload))
    })
    .await
    .expect("a frame in time")
}

/// The code of the close that comes, past all other frames.
pub(crate) async fn close_code(socket: &mut TcpStream) -> u16 {
    while let Some((first, payload)) = read(socket).await {
        if first == 0x88 {
            return u16::from_be_bytes([payload[0], payload[1]]);
        }
    }
    0
}
