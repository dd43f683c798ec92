use super::*;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

/// A server that says back what it hears, and counts who is with it.
struct Echo {
    address: SocketAddr,
    guests: watch::Receiver<usize>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, guests) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let sender = sender.clone();
                sender.send_modify(|count| *count += 1);
                tokio::spawn(async move {
                    let mut buffer = [0; 1024];
                    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                        if stream.write_all(&buffer[..count]).await.is_err() {
                            break;
                        }
                    }
                    sender.send_modify(|count| *count -= 1);
                });
            }
        });
        Self { address, guests }
    }
}

async fn scene() -> (Echo, Proxy, TcpStream) {
    let echo = Echo::start().await;
    let proxy = Proxy::before(echo.address, 1).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(said_back(&mut stream, b"hello").await, b"hello");
    (echo, proxy, stream)
}

async fn said_back(stream: &mut TcpStream, words: &[u8]) -> Vec<u8> {
    stream.write_all(words).await.unwrap();
    heard(stream, words.len()).await
}

async fn heard(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut back = vec![0; count];
    timeout(Duration::from_secs(10), stream.read_exact(&mut back)).await.unwrap().unwrap();
    back
}

async fn hears_nothing(stream: &mut TcpStream) {
    let silence = timeout(Duration::from_millis(150), stream.read(&mut [0; 64])).await;
    assert!(silence.is_err(), "something came: {silence:?}");
}

#[tokio::test]
async fn good_weather_passes_everything_and_the_end() {
    let (mut echo, _proxy, mut stream) = scene().await;
    let long: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let (mut reading, mut writing) = stream.split();
    let mut back = vec![0; long.len()];
    let (wrote, read) = tokio::join!(writing.write_all(&long), reading.read_exact(&mut back));
    wrote.unwrap();
    read.unwrap();
    assert!(back == long);
    drop(stream);
    echo.guests.wait_for(|count| *count == 0).await.unwrap();
}

#[tokio::test]
async fn latency_holds_for_both_ways_and_jitter_keeps_the_order() {
    let (_echo, proxy, mut stream) = scene().await;
    proxy.set(Weather { latency: Duration::from_millis(60), jitter: Duration::from_millis(40), ..Weather::default() });
    let started = Instant::now();
    for word in 0..20_u8 {
        stream.write_all(&[word]).await.unwrap();
        sleep(Duration::from_millis(3)).await;
    }
    assert_eq!(heard(&mut stream, 20).await, (0..20).collect::<Vec<u8>>());
    assert!(started.elapsed() >= Duration::from_millis(120), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_narrow_line_takes_its_time() {
    let (_echo, proxy, mut stream) = scene().await;
    proxy.set(Weather { bytes_a_second: Some(10_000), ..Weather::default() });
    let started = Instant::now();
    assert_eq!(said_back(&mut stream, &[7; 4_000]).await, [7; 4_000]);
    assert!(started.elapsed() >= Duration::from_millis(400), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_cut_comes_after_exactly_so_many_bytes() {
    let (_echo, proxy, mut stream) = scene().await;
    let connection = proxy.connections().remove(0);
    let before = connection.carried();
    connection.cut_after(15);
    stream.write_all(b"0123456789").await.unwrap();
    let mut back = Vec::new();
    let end = timeout(Duration::from_secs(10), stream.read_to_end(&mut back)).await.unwrap();
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(connection.carried() - before, 15, "ten up, five down");
}

#[tokio::test]
async fn a_reset_reaches_both_sides() {
    let (mut echo, proxy, mut stream) = scene().await;
    proxy.end_all(End::Reset);
    let end = timeout(Duration::from_secs(10), stream.read(&mut [0; 1])).await.unwrap();
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    echo.guests.wait_for(|count| *count == 0).await.unwrap();
    assert!(proxy.connections().is_empty());
}

#[tokio::test]
async fn a_close_ends_the_stream_without_an_error() {
    let (_echo, proxy, mut stream) = scene().await;
    proxy.end_all(End::Close);
    let end = timeout(Duration::from_secs(10), stream.read(&mut [0; 1])).await.unwrap();
    assert_eq!(end.unwrap(), 0);
}

#[tokio::test]
async fn a_half_open_line_loses_one_direction_and_tells_nobody() {
    for (weather, passes_up) in [
        (Weather { up: Flow::Swallowed, ..Weather::default() }, 0),
        (Weather { down: Flow::Swallowed, ..Weather::default() }, 4),
    ] {
        let (_echo, proxy, mut stream) = scene().await;
        let connection = proxy.connections().remove(0);
        let before = connection.carried();
        proxy.set(weather);
        stream.write_all(b"lost").await.unwrap();
        hears_nothing(&mut stream).await;
        assert_eq!(connection.carried() - before, passes_up);
        proxy.set(Weather::default());
        assert_eq!(said_back(&mut stream, b"again").await, b"again", "what was swallowed stays lost");
    }
}

#[tokio::test]
async fn the_end_of_a_swallowed_stream_is_told_only_when_it_opens() {
    let (mut echo, proxy, stream) = scene().await;
    proxy.set(Weather { up: Flow::Swallowed, down: Flow::Swallowed, ..Weather::default() });
    drop(stream);
    let gone = timeout(Duration::from_millis(150), echo.guests.wait_for(|count| *count == 0)).await.is_ok();
    assert!(!gone, "the server heard of an end that was swallowed");
    proxy.set(Weather::default());
    echo.guests.wait_for(|count| *count == 0).await.unwrap();
}

#[tokio::test]
async fn slices_arrive_whole_in_single_bytes() {
    let (_echo, proxy, mut stream) = scene().await;
    let connection = proxy.connections().remove(0);
    let before = connection.pieces();
    proxy.set(Weather { slice: Some(1), ..Weather::default() });
    assert_eq!(said_back(&mut stream, b"slowly but surely").await, b"slowly but surely");
    assert_eq!(connection.pieces() - before, 2 * 17, "every byte by itself, up and down");
}

#[tokio::test]
async fn a_frozen_line_keeps_everything_for_later() {
    let (_echo, proxy, mut stream) = scene().await;
    proxy.set(Weather { up: Flow::Frozen, down: Flow::Frozen, ..Weather::default() });
    stream.write_all(b"kept").await.unwrap();
    hears_nothing(&mut stream).await;
    proxy.set(Weather::default());
    assert_eq!(heard(&mut stream, 4).await, b"kept");
}

#[tokio::test]
async fn one_connection_is_spoilt_and_the_others_are_not() {
    let (_echo, proxy, mut first) = scene().await;
    let mut second = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(said_back(&mut second, b"two").await, b"two");
    proxy.connections()[0].set(Weather { down: Flow::Frozen, ..Weather::default() });
    first.write_all(b"one").await.unwrap();
    hears_nothing(&mut first).await;
    assert_eq!(said_back(&mut second, b"still").await, b"still");
}

#[tokio::test]
async fn a_server_that_is_down_is_a_connection_that_goes() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let proxy = Proxy::before(nobody, 1).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let end = timeout(Duration::from_secs(10), stream.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}
