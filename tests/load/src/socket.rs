//! A lean client of the native protocol: what it costs must not drown what is measured.

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use socket2::SockRef;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// How long a handshake or an answer may take before the attempt counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a server says, as far as it is looked at.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Frame {
    Welcome {
        epoch: String,
    },
    Subscribed {
        last_seq: u64,
    },
    Live {
        seq: u64,
    },
    Message {
        seq: u64,
        message: Words,
    },
    Ack {
        client_message_id: String,
        seq: u64,
    },
    Nack {
        client_message_id: String,
        code: String,
        #[serde(default)]
        retry_after_ms: Option<u64>,
        retry: bool,
    },
    Reset {
        reason: String,
    },
    Error {
        code: String,
    },
    #[serde(other)]
    Other,
}

/// What a message says.
#[derive(Debug, Deserialize)]
pub(crate) struct Words {
    pub(crate) content: Option<String>,
}

/// How the socket below a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Line {
    /// As the system makes it.
    #[default]
    Plain,
    /// One that holds little: a small window and the packets of a real network, where the loopback device
    /// would take megabytes before the server notices that nobody reads.
    Narrow,
}

/// One authenticated connection.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    pub(crate) epoch: String,
}

impl Socket {
    /// Connects, with the token in the handshake, and waits for the welcome.
    ///
    /// # Errors
    /// The server is not there, or does not welcome the token.
    pub(crate) async fn open(address: SocketAddr, token: &str, line: Line) -> Result<Self> {
        timeout(PATIENCE, Self::try_open(address, token, line)).await.context("no welcome in time")?
    }

    async fn try_open(address: SocketAddr, token: &str, line: Line) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if line == Line::Narrow {
            socket.set_recv_buffer_size(16 * 1024)?;
            SockRef::from(&socket).set_tcp_mss(1_400)?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{address}/api/v1/realtime").into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(0);
        let (stream, _) = client_async_with_config(request, stream, Some(config)).await?;
        let mut socket = Self { stream, epoch: String::new() };
        match socket.next().await? {
            Frame::Welcome { epoch } => socket.epoch = epoch,
            other => bail!("no welcome but {other:?}"),
        }
        Ok(socket)
    }

    /// Follows a conversation: from that place of that history on, or afresh. Answers come by [`Self::next`].
    pub(crate) async fn subscribe(&mut self, conversation: &str, from: Option<(&str, u64)>) -> Result<()> {
        let mut frame = json!({ "type": "subscribe", "conversation_id": conversation });
        if let Some((epoch, seq)) = from {
            frame["epoch"] = json!(epoch);
            frame["after_seq"] = json!(seq);
        }
        self.write(frame.to_string()).await
    }

    /// Sends a message; its answer comes by [`Self::next`].
    pub(crate) async fn send(&mut self, conversation: &str, name: &str, content: &str) -> Result<()> {
        let frame = json!({
            "type": "send", "conversation_id": conversation, "client_message_id": name, "content": content,
        });
        self.write(frame.to_string()).await
    }

    /// The next frame. May be given up while it waits, and be called again.
    ///
    /// # Errors
    /// The connection is over, or the frame is none.
    pub(crate) async fn next(&mut self) -> Result<Frame> {
        loop {
            match self.stream.next().await.context("the connection is gone")?? {
                Message::Text(text) => {
                    return serde_json::from_str(&text).with_context(|| format!("this is no frame: {text}"));
                }
                Message::Close(frame) => bail!("the server closed: {frame:?}"),
                message => ensure!(!message.is_binary(), "a binary message"),
            }
        }
    }

    async fn write(&mut self, text: String) -> Result<()> {
        self.stream.send(Message::Text(Utf8Bytes::from(text))).await.context("the frame was not written")
    }
}
