//! Socket.IO 4 over a WebSocket, as far as somebody who follows a conversation needs it.

use super::{Dialect, Frame, Heard, handshake};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::handshake::client::Request;

pub(super) struct Socketio {
    token: String,
    /// Which conversation is followed.
    conversation: String,
}

impl Socketio {
    pub(super) fn new(token: &str) -> Self {
        Self { token: token.to_owned(), conversation: String::new() }
    }
}

impl Dialect for Socketio {
    fn request(&self, address: SocketAddr, _: &str) -> Result<Request> {
        handshake(address, "/socket.io/?EIO=4&transport=websocket", None)
    }

    fn subscribe(&mut self, conversation: &str, from: Option<(&str, u64)>) -> String {
        conversation.clone_into(&mut self.conversation);
        let mut join = json!({ "conversationId": conversation });
        if let Some((epoch, seq)) = from {
            join["epoch"] = json!(epoch);
            join["afterSeq"] = json!(seq);
        }
        format!("42/messaging,1{}", json!(["joinConversation", join]))
    }

    fn read(&mut self, text: &str) -> Result<Heard> {
        let no_packet = || format!("this is no packet: {text}");
        // The first figure is the transport's, the second the protocol's.
        if text.starts_with('0') {
            return Ok(Heard::answer(format!("40/messaging,{}", json!({ "token": self.token }))));
        }
        if let Some(probe) = text.strip_prefix('2') {
            return Ok(Heard::answer(format!("3{probe}")));
        }
        let (kind, rest) = text.split_once("/messaging,").with_context(no_packet)?;
        match kind {
            "40" => Ok(Heard::frame(Frame::Welcome { epoch: String::new() })),
            "42" => {
                let event: Value = serde_json::from_str(rest).with_context(no_packet)?;
                Ok(self.event(&event))
            }
            "43" => {
                let answer: Value = serde_json::from_str(rest.trim_start_matches(char::is_numeric))?;
                joined(&answer[0])
            }
            "44" => Ok(Heard::frame(Frame::Error { code: rest.to_owned() })),
            _ => bail!(no_packet()),
        }
    }
}

impl Socketio {
    fn event(&self, event: &Value) -> Heard {
        let message = &event[1]["message"];
        if event[0] != "newMessage" || message["conversationId"] != self.conversation.as_str() {
            return Heard::default();
        }
        let Some(seq) = message["seq"].as_u64() else { return Heard::default() };
        Heard::frame(Frame::Message { seq, content: message["content"].as_str().map(str::to_owned) })
    }
}

/// The answer to the one thing that was asked: the history comes with it.
fn joined(answer: &Value) -> Result<Heard> {
    if !answer["error"].is_null() {
        return Ok(Heard::frame(Frame::Error { code: answer["error"].to_string() }));
    }
    let last_seq = answer["lastSeq"].as_u64().context("joined without a place")?;
    Ok(Heard { frames: vec![Frame::Subscribed { last_seq }, Frame::Live { seq: Some(last_seq) }], answer: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handshake_is_answered_and_the_namespace_welcomes() {
        let mut socketio = Socketio::new("t");
        assert_eq!(socketio.read("0{\"sid\":\"a\"}").unwrap(), Heard::answer("40/messaging,{\"token\":\"t\"}"));
        let welcome = Frame::Welcome { epoch: String::new() };
        assert_eq!(socketio.read("40/messaging,{\"sid\":\"b\"}").unwrap().frames, [welcome]);
        assert_eq!(socketio.read("2").unwrap(), Heard::answer("3"));
        assert!(socketio.read("hello").is_err());
    }

    #[test]
    fn messages_of_the_conversation_that_is_followed_are_heard() {
        let mut socketio = Socketio::new("t");
        socketio.subscribe("here", None);
        let joined = socketio.read("43/messaging,1[{\"lastSeq\":3,\"messages\":[]}]").unwrap().frames;
        assert_eq!(joined, [Frame::Subscribed { last_seq: 3 }, Frame::Live { seq: Some(3) }]);
        let message = |room: &str| {
            let message = json!({ "seq": 4, "conversationId": room, "content": "a" });
            format!("42/messaging,{}", json!(["newMessage", { "message": message, "type": "new_message" }]))
        };
        let heard = Frame::Message { seq: 4, content: Some("a".to_owned()) };
        assert_eq!(socketio.read(&message("here")).unwrap().frames, [heard]);
        assert_eq!(socketio.read(&message("there")).unwrap(), Heard::default());
        let refused = socketio.read("43/messaging,1[{\"error\":{\"code\":\"not_found\"}}]").unwrap().frames;
        assert_eq!(refused, [Frame::Error { code: "{\"code\":\"not_found\"}".to_owned() }]);
    }
}
