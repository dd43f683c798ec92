//! RFC 6455 over real sockets: what breaks it is closed with its code, and nobody else notices.

use crate::server::{
    Node,
    raw::{close_code, frame, open, read},
};
use realtime::Limits;
use tokio::io::AsyncWriteExt;

const PING: &[u8] = br#"{"type":"ping"}"#;

#[actix_web::test]
async fn what_breaks_the_protocol_is_closed_with_its_code() {
    let node = Node::start();
    let mut bystander = node.client("agent").await;
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("unmasked", [&[0x81, 15][..], PING].concat(), 1002),
        ("reserved bits", frame(0xc1, PING), 1002),
        ("reserved opcode", frame(0x83, PING), 1002),
        ("reserved control opcode", frame(0x8b, b""), 1002),
        ("fragmented ping", frame(0x09, b""), 1002),
        ("long ping", frame(0x89, &[0; 126]), 1002),
        ("continuation without a start", frame(0x80, PING), 1002),
        ("a start within a message", [frame(0x01, b"{"), frame(0x81, PING)].concat(), 1002),
        ("length with the top bit", vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], 1002),
        ("close of one byte", frame(0x88, b"\x03"), 1002),
        ("close 999", frame(0x88, &999_u16.to_be_bytes()), 1002),
        ("close 1005", frame(0x88, &1005_u16.to_be_bytes()), 1002),
        ("close 1006", frame(0x88, &1006_u16.to_be_bytes()), 1002),
        ("close 5000", frame(0x88, &5000_u16.to_be_bytes()), 1002),
        ("close with a reason that is no UTF-8", frame(0x88, b"\x03\xe8\xff"), 1007),
        ("binary", frame(0x82, PING), 4000),
        ("no UTF-8", frame(0x81, b"\xff\xfe"), 1007),
        ("no UTF-8 over two fragments", [frame(0x01, b"\xc3"), frame(0x80, b"\x28")].concat(), 1007),
        ("one byte over the limit", frame(0x81, &vec![b' '; 65_537]), 4009),
        ("a head that announces a gigabyte", vec![0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0], 4009),
        (
            "fragments over the limit",
            [frame(0x01, &vec![b' '; 40_000]), frame(0x80, &vec![b' '; 40_000])].concat(),
            4009,
        ),
    ];
    for (name, bytes, code) in cases {
        let mut socket = open(node.address).await;
        socket.write_all(&bytes).await.unwrap();
        assert_eq!(close_code(&mut socket).await, code, "{name}");
    }
    bystander.text(r#"{"type":"ping"}"#).await;
    assert_eq!(bystander.next().await["type"], "pong");
    node.stop().await;
}

#[actix_web::test]
async fn what_is_odd_and_allowed_is_taken() {
    let node = Node::start();
    let mut socket = open(node.address).await;
    // A message in fragments of a byte, with a ping in between; then one of exactly the limit.
    let (first, rest) = PING.split_first().unwrap();
    let (last, middle) = rest.split_last().unwrap();
    socket.write_all(&frame(0x01, &[*first])).await.unwrap();
    for byte in middle {
        socket.write_all(&frame(0x00, &[*byte])).await.unwrap();
    }
    socket.write_all(&frame(0x89, b"are you there")).await.unwrap();
    socket.write_all(&frame(0x80, &[*last])).await.unwrap();
    let mut got = [read(&mut socket).await.unwrap(), read(&mut socket).await.unwrap()];
    got.sort();
    assert_eq!(got[0], (0x81, br#"{"type":"pong"}"#.to_vec()));
    assert_eq!(got[1], (0x8a, b"are you there".to_vec()));

    let mut padded = PING.to_vec();
    padded.resize(65_536, b' ');
    socket.write_all(&frame(0x81, &padded)).await.unwrap();
    assert_eq!(read(&mut socket).await.unwrap().1, br#"{"type":"pong"}"#);

    // A pong that nobody asked for.
    socket.write_all(&frame(0x8a, b"x")).await.unwrap();
    socket.write_all(&frame(0x81, PING)).await.unwrap();
    assert_eq!(read(&mut socket).await.unwrap().1, br#"{"type":"pong"}"#);

    socket.write_all(&frame(0x88, &1000_u16.to_be_bytes())).await.unwrap();
    assert_eq!(close_code(&mut socket).await, 1000);
    assert_eq!(read(&mut socket).await, None, "and the socket is closed");
    node.stop().await;
}

/// Whatever a flood is made of, its client is closed, and one that is only fast is not.
#[actix_web::test]
async fn a_flood_of_frames_is_closed_with_4008() {
    let node = Node::with(Limits { frame_burst: 100, frames_per_second: 1, ..Limits::default() }, None);
    for (name, one, mut start) in [
        ("pings", frame(0x89, b"x"), vec![]),
        ("pongs", frame(0x8a, b""), vec![]),
        ("empty texts", frame(0x81, b""), vec![]),
        ("empty fragments", frame(0x00, b""), frame(0x01, b"")),
        ("messages", frame(0x81, PING), vec![]),
    ] {
        let mut socket = open(node.address).await;
        start.extend(one.repeat(90));
        socket.write_all(&start).await.unwrap();
        let end_of_message = if name == "empty fragments" { frame(0x80, PING) } else { frame(0x81, PING) };
        socket.write_all(&end_of_message).await.unwrap();
        while !read(&mut socket).await.unwrap_or_else(|| panic!("{name}")).1.ends_with(br#""pong"}"#) {}
        socket.write_all(&frame(0x8a, b"").repeat(20)).await.unwrap();
        assert_eq!(close_code(&mut socket).await, 4008, "{name}");
    }
    node.stop().await;
}

#[actix_web::test]
async fn a_client_that_goes_without_a_word_is_forgotten() {
    let node = Node::start();
    let socket = open(node.address).await;
    assert_eq!(node.realtime.hub().len(), 1);
    drop(socket);
    while !node.realtime.hub().is_empty() {
        tokio::task::yield_now().await;
    }
    node.stop().await;
}
