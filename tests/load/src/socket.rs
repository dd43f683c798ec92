//! A lean client: what it costs must not drown what is measured.

use crate::dialect::{Dialect, Frame, Heard, Protocol, send};
use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use socket2::SockRef;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// How long a handshake or an answer may take before the attempt counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);

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
    dialect: Box<dyn Dialect>,
    /// Frames that came in one text with another.
    waiting: VecDeque<Frame>,
    /// Of the places; empty where the protocol does not tell it.
    pub(crate) epoch: String,
}

impl Socket {
    /// Connects with the token, and waits for the welcome.
    ///
    /// # Errors
    /// The server is not there, or does not welcome the token.
    pub(crate) async fn open(address: SocketAddr, token: &str, protocol: Protocol, line: Line) -> Result<Self> {
        timeout(PATIENCE, Self::try_open(address, token, protocol, line)).await.context("no welcome in time")?
    }

    async fn try_open(address: SocketAddr, token: &str, protocol: Protocol, line: Line) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if line == Line::Narrow {
            socket.set_recv_buffer_size(16 * 1024)?;
            SockRef::from(&socket).set_tcp_mss(1_400)?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        let dialect = protocol.speak(token);
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(0);
        let request = dialect.request(address, token)?;
        let (stream, _) = client_async_with_config(request, stream, Some(config)).await?;
        let mut socket = Self { stream, dialect, waiting: VecDeque::new(), epoch: String::new() };
        if let Some(hello) = socket.dialect.hello() {
            socket.write(hello).await?;
        }
        match socket.next().await? {
            Frame::Welcome { epoch } => socket.epoch = epoch,
            other => bail!("no welcome but {other:?}"),
        }
        Ok(socket)
    }

    /// From where on a client without a place counts; nothing when the server says so.
    pub(crate) fn begins(&self) -> Option<u64> {
        self.dialect.begins()
    }

    /// Follows a conversation: from that place of that history on, or afresh. Answers come by [`Self::next`].
    pub(crate) async fn subscribe(&mut self, conversation: &str, from: Option<(&str, u64)>) -> Result<()> {
        let text = self.dialect.subscribe(conversation, from);
        self.write(text).await
    }

    /// Sends a message, in the native protocol; its answer comes by [`Self::next`].
    pub(crate) async fn send(&mut self, conversation: &str, name: &str, content: &str) -> Result<()> {
        self.write(send(conversation, name, content)).await
    }

    /// The next frame. May be given up while it waits, and be called again, where the protocol wants nothing said
    /// in between: in the native one.
    ///
    /// # Errors
    /// The connection is over, or the frame is none.
    pub(crate) async fn next(&mut self) -> Result<Frame> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Ok(frame);
            }
            match self.stream.next().await.context("the connection is gone")?? {
                Message::Text(text) => {
                    let Heard { frames, answer } = self.dialect.read(&text)?;
                    self.waiting.extend(frames);
                    if let Some(answer) = answer {
                        self.write(answer).await?;
                    }
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
