//! `guichet.v1`.

use super::{Dialect, Frame, Heard, handshake};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::handshake::client::Request;

pub(super) struct Native;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
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

#[derive(Deserialize)]
struct Words {
    content: Option<String>,
}

impl Dialect for Native {
    fn request(&self, address: SocketAddr, token: &str) -> Result<Request> {
        let mut request = handshake(address, "/api/v1/realtime", None)?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        Ok(request)
    }

    fn subscribe(&mut self, conversation: &str, from: Option<(&str, u64)>) -> String {
        let mut frame = json!({ "type": "subscribe", "conversation_id": conversation });
        if let Some((epoch, seq)) = from {
            frame["epoch"] = json!(epoch);
            frame["after_seq"] = json!(seq);
        }
        frame.to_string()
    }

    fn read(&mut self, text: &str) -> Result<Heard> {
        let said = serde_json::from_str(text).with_context(|| format!("this is no frame: {text}"))?;
        Ok(Heard::frame(match said {
            Said::Welcome { epoch } => Frame::Welcome { epoch },
            Said::Subscribed { last_seq } => Frame::Subscribed { last_seq },
            Said::Live { seq } => Frame::Live { seq: Some(seq) },
            Said::Message { seq, message } => Frame::Message { seq, content: message.content },
            Said::Ack { client_message_id, seq } => Frame::Ack { client_message_id, seq },
            Said::Nack { client_message_id, code, retry_after_ms, retry } => {
                Frame::Nack { client_message_id, code, retry_after_ms, retry }
            }
            Said::Reset { reason } => Frame::Reset { reason },
            Said::Error { code } => Frame::Error { code },
            Said::Other => return Ok(Heard::default()),
        }))
    }
}

/// The text that sends a message. Those who write speak this protocol, whatever those who follow speak.
pub(crate) fn send(conversation: &str, name: &str, content: &str) -> String {
    let frame =
        json!({ "type": "send", "conversation_id": conversation, "client_message_id": name, "content": content });
    frame.to_string()
}
