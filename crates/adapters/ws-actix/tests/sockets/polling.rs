//! Sessions of Socket.IO that begin with long polling.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::server::{
    Node, PATIENCE,
    raw::{self, frame, handshake, status},
};

async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(PATIENCE, socket.read_u8()).await.expect("an answer in time").unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Opens a session; gives its name.
async fn session(node: &Node) -> String {
    let line = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1";
    let (head, mut socket) = handshake(node.address, line, &[("Host", "localhost")]).await;
    assert_eq!(status(&head), 200, "{head}");
    let length = head.to_lowercase().split_once("content-length: ").unwrap().1.split_once("\r\n").unwrap().0.parse();
    let mut body = vec![0; length.unwrap()];
    socket.read_exact(&mut body).await.unwrap();
    let opening: serde_json::Value = serde_json::from_slice(&body[1..]).unwrap();
    opening["sid"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn what_is_pushed_until_after_the_change_to_a_socket_is_refused_and_does_not_hang() {
    let node = Node::start();
    let sid = session(&node).await;
    let mut push = TcpStream::connect(node.address).await.unwrap();
    let lines = format!(
        "POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: localhost\r\n\
         Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    );
    push.write_all(lines.as_bytes()).await.unwrap();
    assert_eq!(status(&head(&mut push).await), 100, "the push has begun");

    let line = format!("GET /socket.io/?EIO=4&transport=websocket&sid={sid} HTTP/1.1");
    let (answer, mut socket) = handshake(node.address, &line, &raw::with(&[])).await;
    assert_eq!(status(&answer), 101, "{answer}");
    socket.write_all(&frame(0x81, b"2probe")).await.unwrap();
    assert_eq!(raw::read(&mut socket).await.unwrap(), (0x81, b"3probe".to_vec()));
    socket.write_all(&frame(0x81, b"5")).await.unwrap();
    // It is on the socket once it is answered there.
    socket.write_all(&frame(0x81, b"40")).await.unwrap();
    let (code, told) = raw::read(&mut socket).await.unwrap();
    assert!(code == 0x81 && told.starts_with(b"44{"), "{}", String::from_utf8_lossy(&told));

    push.write_all(b"40").await.unwrap();
    assert_eq!(status(&head(&mut push).await), 400);
    node.stop().await;
}
