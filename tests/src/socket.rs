//! A plain WebSocket client, written from the description of the native protocol and nothing else.

use crate::people::{number, text};
use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The one subprotocol of the native protocol.
pub const SUBPROTOCOL: &str = "guichet.v1";

/// How long a test waits for a frame that must come.
const PATIENCE: Duration = Duration::from_secs(10);

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One connection.
#[derive(Debug)]
pub struct Socket {
    stream: Stream,
    /// Frames that were read while another was waited for.
    waiting: VecDeque<Value>,
    /// The `welcome`, once authenticated.
    pub welcome: Value,
}

/// What a connection gave when it was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// A JSON text frame.
    Frame(Value),
    /// The server closed, with that code; 1006 when it went without a word.
    Closed(u16),
}

impl Socket {
    /// Opens the socket and says nothing yet.
    ///
    /// # Errors
    /// The server is not there or refuses the handshake.
    pub async fn open(url: &str) -> Result<Self> {
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse()?);
        let (stream, answer) = connect_async(request).await?;
        let chosen = answer.headers().get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
        if chosen != Some(SUBPROTOCOL) {
            bail!("the server chose the subprotocol {chosen:?}");
        }
        Ok(Self { stream, waiting: VecDeque::new(), welcome: Value::Null })
    }

    /// Opens the socket, authenticates in the first frame and waits for the welcome.
    ///
    /// # Errors
    /// The server is not there, or does not welcome this token.
    pub async fn connect(url: &str, token: &str) -> Result<Self> {
        let mut socket = Self::open(url).await?;
        socket.try_send(&json!({ "type": "authenticate", "token": token })).await?;
        match socket.read().await? {
            Read::Frame(frame) if frame["type"] == "welcome" => socket.welcome = frame,
            other => bail!("no welcome but {other:?}"),
        }
        Ok(socket)
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn try_send(&mut self, frame: &Value) -> Result<()> {
        self.stream.send(Message::text(frame.to_string())).await.context("the frame was not sent")
    }

    /// Sends one frame on a connection that must be there.
    pub async fn send(&mut self, frame: &Value) {
        self.try_send(frame).await.unwrap();
    }

    /// Sends a text as it is, JSON or not.
    pub async fn send_text(&mut self, raw: &str) {
        self.stream.send(Message::text(raw.to_owned())).await.unwrap();
    }

    /// Sends a binary frame.
    pub async fn send_binary(&mut self, raw: &[u8]) {
        self.stream.send(Message::binary(raw.to_vec())).await.unwrap();
    }

    /// Writes bytes under the WebSocket layer, to break its rules.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        let stream = self.stream.get_mut();
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
    }

    /// The next frame, or how the connection ended; pings are answered on the way.
    ///
    /// # Errors
    /// Nothing came within 10 s, or what came is no JSON text.
    pub async fn read(&mut self) -> Result<Read> {
        if let Some(frame) = self.waiting.pop_front() {
            return Ok(Read::Frame(frame));
        }
        self.read_fresh().await
    }

    /// The next frame of that type; what comes before it is kept for later.
    #[track_caller]
    pub fn expect(&mut self, kind: &str) -> impl Future<Output = Value> {
        let kind = kind.to_owned();
        async move { self.expect_where(&kind, |frame| frame["type"] == *kind).await }
    }

    /// The next frame that `wanted` takes; what comes before it is kept for later.
    pub async fn expect_where(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&wanted) {
            return self.waiting.remove(at).unwrap();
        }
        loop {
            match self.read_fresh().await {
                Ok(Read::Frame(frame)) if wanted(&frame) => return frame,
                Ok(Read::Frame(frame)) => self.waiting.push_back(frame),
                other => panic!("waiting for {name}: {other:?}; before it came {:?}", self.waiting),
            }
        }
    }

    /// The code that the server closes with; frames before it are dropped.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Read::Closed(code) = self.read_fresh().await.expect("the server closes") {
                return code;
            }
        }
    }

    /// Whether no frame that `unwanted` takes comes before the server answers a ping sent now.
    ///
    /// Frames of a connection run in order, so what the server had to say about earlier ones came before the pong.
    pub async fn stays_silent(&mut self, unwanted: impl Fn(&Value) -> bool) -> bool {
        self.send(&json!({ "type": "ping" })).await;
        self.expect("pong").await;
        !self.waiting.iter().any(unwanted)
    }

    /// Subscribes and reads up to `live`; gives the `subscribed` frame and the entries between.
    pub async fn subscribe(&mut self, conversation: &str, after_seq: Option<i64>) -> (Value, Vec<Value>) {
        let mut frame = json!({ "type": "subscribe", "ref": "sub", "conversation_id": conversation });
        if let Some(after) = after_seq {
            frame["after_seq"] = json!(after);
            frame["epoch"] = self.welcome["epoch"].clone();
        }
        self.send(&frame).await;
        let subscribed = self.expect_where("subscribed", |frame| of(frame, "subscribed", conversation)).await;
        let mut entries = Vec::new();
        loop {
            let next = self.expect_where("entries, then live", |frame| {
                is_entry(frame, conversation) || of(frame, "live", conversation)
            });
            let next = next.await;
            if next["type"] == "live" {
                return (subscribed, entries);
            }
            entries.push(next);
        }
    }

    /// Sends a message and waits for its ack; gives the ack.
    pub async fn send_message(&mut self, conversation: &str, client_message_id: &str, content: &str) -> Value {
        self.send(&send_frame(conversation, client_message_id, content)).await;
        self.expect_where("ack", |frame| answers(frame, "ack", client_message_id)).await
    }

    /// Sends a message and waits for its refusal; gives the nack.
    pub async fn refused_message(&mut self, conversation: &str, client_message_id: &str, content: &str) -> Value {
        self.send(&send_frame(conversation, client_message_id, content)).await;
        self.expect_where("nack", |frame| answers(frame, "nack", client_message_id)).await
    }

    /// Waits for the message with that content.
    pub async fn message(&mut self, conversation: &str, content: &str) -> Value {
        let wanted = |frame: &Value| of(frame, "message", conversation) && frame["message"]["content"] == content;
        self.expect_where("message", wanted).await
    }

    /// Says goodbye as a browser does that leaves the page.
    pub async fn close(mut self) {
        // The server may be gone already, which is as well.
        let _ = self.stream.close(None).await;
    }

    /// Goes without a word, as a network does that fails: the server gets a RST, and what it had sent is lost.
    pub fn reset(self) {
        if let MaybeTlsStream::Plain(stream) = self.stream.get_ref() {
            stream.set_zero_linger().expect("the socket can be told to reset");
        }
    }

    async fn read_fresh(&mut self) -> Result<Read> {
        timeout(PATIENCE, self.next_frame()).await.context("nothing came within 10 s")?
    }

    /// The next frame as it comes, however long that takes; nothing is lost when the caller stops waiting.
    ///
    /// # Errors
    /// What came is no JSON text.
    pub async fn next_frame(&mut self) -> Result<Read> {
        loop {
            return match self.stream.next().await {
                Some(Ok(Message::Text(words))) => {
                    Ok(Read::Frame(serde_json::from_str(&words).with_context(|| format!("no JSON: {words}"))?))
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(frame))) => Ok(Read::Closed(code(frame.as_ref()))),
                Some(Ok(other)) => bail!("a frame that is no text: {other:?}"),
                None
                | Some(Err(Error::ConnectionClosed | Error::AlreadyClosed | Error::Io(_) | Error::Protocol(_))) => {
                    Ok(Read::Closed(1006))
                }
                Some(Err(error)) => Err(error.into()),
            };
        }
    }
}

/// The frame that sends a message.
pub fn send_frame(conversation: &str, client_message_id: &str, content: &str) -> Value {
    json!({
        "type": "send",
        "ref": client_message_id,
        "conversation_id": conversation,
        "client_message_id": client_message_id,
        "content": content,
    })
}

/// The `seq`s of entries, in the order they came.
pub fn seqs(entries: &[Value]) -> Vec<i64> {
    entries.iter().map(|entry| number(&entry["seq"])).collect()
}

/// The contents of message frames, in the order they came.
pub fn contents(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| text(&entry["message"]["content"])).collect()
}

fn of(frame: &Value, kind: &str, conversation: &str) -> bool {
    frame["type"] == kind && frame["conversation_id"] == conversation
}

fn is_entry(frame: &Value, conversation: &str) -> bool {
    ["message", "message_edited", "message_deleted"].iter().any(|kind| of(frame, kind, conversation))
}

fn answers(frame: &Value, kind: &str, client_message_id: &str) -> bool {
    frame["type"] == kind && frame["client_message_id"] == client_message_id
}

fn code(frame: Option<&CloseFrame>) -> u16 {
    frame.map_or(1005, |frame| frame.code.into())
}
