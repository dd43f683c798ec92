use super::{Connection, End, Flow, Weather};
use crate::faults::report::count;
use crate::storm::Random;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// What is on its way at most, in pieces of this size: little, so that a slow reader is felt on the other side.
const CHUNK: usize = 4 * 1024;
const CHUNKS: usize = 16;

type Piece = (Instant, Vec<u8>);

/// Carries one direction to its end.
pub(super) async fn run(
    connection: &Connection,
    flow: fn(&Weather) -> Flow,
    from: impl AsyncRead + Unpin,
    to: impl AsyncWrite + Unpin,
    random: Random,
) -> io::Result<()> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let (reads, writes) = (connection.weather.subscribe(), connection.weather.subscribe());
    let reading = read(reads, flow, from, sender, random);
    let writing = write(connection, writes, flow, to, receiver);
    tokio::try_join!(reading, writing).map(drop)
}

/// Gives every piece the time at which it is to arrive.
async fn read(
    mut weather: watch::Receiver<Weather>,
    flow: fn(&Weather) -> Flow,
    mut from: impl AsyncRead + Unpin,
    queue: mpsc::Sender<Piece>,
    mut random: Random,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut due = Instant::now();
    loop {
        until(&mut weather, |weather| flow(weather) != Flow::Frozen).await;
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            Ok(()) = weather.changed() => continue,
        };
        let now = *weather.borrow_and_update();
        if flow(&now) == Flow::Swallowed {
            match read {
                Ok(1..) => continue,
                // The other side learns of the end when the direction opens again.
                Ok(0) | Err(_) => until(&mut weather, |weather| flow(weather) != Flow::Swallowed).await,
            }
        }
        let length = read?;
        if length == 0 {
            return Ok(());
        }
        let jitter = random.between(0, u64::try_from(now.jitter.as_micros()).unwrap_or(u64::MAX - 1));
        due = due.max(Instant::now() + now.latency + Duration::from_micros(jitter));
        if queue.send((due, buffer[..length].to_vec())).await.is_err() {
            return Ok(());
        }
    }
}

async fn write(
    connection: &Connection,
    mut weather: watch::Receiver<Weather>,
    flow: fn(&Weather) -> Flow,
    mut to: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<Piece>,
) -> io::Result<()> {
    while let Some((due, bytes)) = queue.recv().await {
        sleep_until(due).await;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            until(&mut weather, |weather| flow(weather) != Flow::Frozen).await;
            let now = *weather.borrow_and_update();
            if flow(&now) == Flow::Swallowed {
                break;
            }
            let size = now.slice.unwrap_or(CHUNK).min(now.bytes_a_second.map_or(CHUNK, a_twentieth)).max(1);
            let piece = &rest[..rest.len().min(size)];
            if let Some(speed) = now.bytes_a_second {
                sleep(Duration::from_secs_f64(count(piece.len()) / f64::from(speed.max(1)))).await;
            }
            let passing = &piece[..connection.may_pass(piece.len())];
            to.write_all(passing).await?;
            connection.passed(passing.len());
            if passing.len() < piece.len() {
                connection.end(End::Reset);
                return std::future::pending().await;
            }
            rest = &rest[piece.len()..];
        }
    }
    to.shutdown().await
}

/// A slow line gives a little twenty times a second, not much once.
fn a_twentieth(bytes_a_second: u32) -> usize {
    usize::try_from(bytes_a_second / 20).unwrap_or(CHUNK)
}

/// Waits until the weather is such; as long as the connection lives.
async fn until(weather: &mut watch::Receiver<Weather>, wanted: impl Fn(&Weather) -> bool) {
    if weather.wait_for(|weather| wanted(weather)).await.is_err() {
        std::future::pending::<()>().await;
    }
}
