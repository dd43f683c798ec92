//! The handshake of the native protocol, byte by byte.

use tests::database::Store;
use tests::server::{Server, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The lines of a handshake that would do, which a case replaces or adds to.
const GOOD: [(&str, &str); 5] = [
    ("Host", "HOST"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_that_is_wrong_is_refused_before_the_upgrade() {
    let server = Settings::over(Store::Sqlite).start().await;
    assert_eq!(status(&server, &[]).await, 101, "the good one must do, else the others show nothing");
    for (name, replaced, allowed) in [
        ("no key", ("Sec-WebSocket-Key", ""), &[400][..]),
        ("version 8", ("Sec-WebSocket-Version", "8"), &[400, 426]),
        ("version 14", ("Sec-WebSocket-Version", "14"), &[400, 426]),
        ("no upgrade", ("Upgrade", ""), &[400, 426]),
        ("another upgrade", ("Upgrade", "h2c"), &[400, 426]),
        ("an evil origin", ("Origin", "https://evil.example"), &[403]),
        ("the null origin", ("Origin", "null"), &[403]),
        ("an origin that looks alike", ("Origin", "http://127.0.0.1.evil.example"), &[403]),
        ("another scheme", ("Origin", "ftp://127.0.0.1"), &[403]),
        ("only unknown subprotocols", ("Sec-WebSocket-Protocol", "soap"), &[400]),
    ] {
        let got = status(&server, &[replaced]).await;
        assert!(allowed.contains(&got), "{name}: {got}");
    }
    let own = server.base().to_owned();
    assert_eq!(status(&server, &[("Origin", &own)]).await, 101, "the pages of the server itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_in_the_address_is_accepted_and_never_logged() {
    let server = Settings::over(Store::Sqlite).with("GUICHET_LOG", "debug").start().await;
    let visitor = server.visitor("Ana", None).await;
    let token = visitor.rest.token();
    let mut socket = tests::socket::Socket::open(&format!("{}?token={token}", server.socket_url())).await.unwrap();
    socket.expect("welcome").await;
    socket.subscribe(&visitor.conversation, Some(0)).await;
    assert!(!server.log().contains(token), "the log has the token");
}

/// The status of a handshake with these lines in the place of the good ones; an empty value leaves a line out.
async fn status(server: &Server, changes: &[(&str, &str)]) -> u16 {
    let host = server.base().trim_start_matches("http://").to_owned();
    let mut lines: Vec<(&str, &str)> = GOOD.to_vec();
    for (name, value) in changes {
        lines.retain(|(known, _)| known != name);
        lines.push((name, value));
    }
    let mut request = vec!["GET /api/v1/realtime HTTP/1.1".to_owned()];
    let lines = lines.into_iter().filter(|(_, value)| !value.is_empty());
    request.extend(lines.map(|(name, value)| format!("{name}: {}", value.replace("HOST", &host))));
    let request = format!("{}\r\n\r\n", request.join("\r\n"));
    let mut stream = TcpStream::connect(&host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(2).any(|pair| pair == b"\r\n") {
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the server closed without a status");
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap().parse().unwrap()
}
