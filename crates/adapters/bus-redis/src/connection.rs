//! The one connection of a node, made again whenever it is lost.

use std::time::Duration;

use redis::{
    AsyncConnectionConfig, Client, ProtocolVersion, PushInfo, PushKind, RedisError, aio::MultiplexedConnection,
};
use tokio::sync::{mpsc::UnboundedSender, watch};

/// An address that names no Redis.
#[derive(Debug, thiserror::Error)]
#[error("no address of a Redis: it must look like redis://host:6379/0, or rediss:// for TLS")]
pub struct BadAddress;

/// How long a connection may take to be made, its handshake included.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take before the connection counts as lost.
const ANSWER: Duration = Duration::from_secs(1);

/// The connection as it is now: nothing while there is none.
pub(crate) type Current = watch::Receiver<Option<MultiplexedConnection>>;

/// The client of an address. RESP3 carries answers and messages over one connection.
pub(crate) fn client(address: &str) -> Result<Client, BadAddress> {
    use redis::IntoConnectionInfo;
    let info = address.into_connection_info().map_err(|_| BadAddress)?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Client::open(info.set_redis_settings(settings)).map_err(|_| BadAddress)
}

/// A connection that hears this channel, and pushes what comes.
pub(crate) async fn subscribed(
    client: &Client,
    channel: &str,
    pushed: UnboundedSender<PushInfo>,
) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(ANSWER))
        .set_push_sender(pushed);
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    connection.subscribe(channel).await?;
    Ok(connection)
}

/// The payload of a message of a channel.
pub(crate) fn payload(push: PushInfo) -> Option<Vec<u8>> {
    if push.kind != PushKind::Message {
        return None;
    }
    match push.data.into_iter().nth(1) {
        Some(redis::Value::BulkString(bytes)) => Some(bytes),
        _ => None,
    }
}
