//! STOMP 1.2, as far as somebody who follows a conversation needs it.

use super::{Dialect, Frame, Heard, handshake};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::handshake::client::Request;

pub(super) struct Stomp {
    token: String,
}

/// The receipt of the subscription.
const FOLLOWS: &str = "follows";

impl Stomp {
    pub(super) fn new(token: &str) -> Self {
        Self { token: token.to_owned() }
    }
}

impl Dialect for Stomp {
    fn request(&self, address: SocketAddr, _: &str) -> Result<Request> {
        handshake(address, "/ws", Some("v12.stomp"))
    }

    fn hello(&self) -> Option<String> {
        // No heart-beats: the server pings by the WebSocket, as in the native protocol.
        let token = &self.token;
        Some(format!("CONNECT\naccept-version:1.2\nhost:guichet\nheart-beat:0,0\nAuthorization:Bearer {token}\n\n\0"))
    }

    fn begins(&self) -> Option<u64> {
        // All of the log: a fresh subscription does not say where its history ends.
        Some(0)
    }

    fn subscribe(&mut self, conversation: &str, from: Option<(&str, u64)>) -> String {
        let place = match from {
            Some((epoch, seq)) if !epoch.is_empty() => format!("epoch:{epoch}\nafter-seq:{seq}\n"),
            Some((_, seq)) => format!("after-seq:{seq}\n"),
            None => String::new(),
        };
        format!(
            "SUBSCRIBE\nid:0\ndestination:/topic/conversations/{conversation}\nack:auto\nreceipt:{FOLLOWS}\n{place}\n\0"
        )
    }

    fn read(&mut self, text: &str) -> Result<Heard> {
        let mut heard = Heard::default();
        // Ends of lines between frames are heart-beats. No body that is looked at has a NUL.
        for frame in text.split('\0').map(|frame| frame.trim_start_matches(['\r', '\n'])) {
            if !frame.is_empty() {
                heard.frames.extend(said(frame)?);
            }
        }
        Ok(heard)
    }
}

fn said(frame: &str) -> Result<Option<Frame>> {
    let (head, body) = frame.split_once("\n\n").context("a frame without a body")?;
    let mut lines = head.lines();
    let command = lines.next().unwrap_or_default();
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    Ok(match command {
        "CONNECTED" => Some(Frame::Welcome { epoch: String::new() }),
        "RECEIPT" if header("receipt-id") == Some(FOLLOWS) => Some(Frame::Live { seq: None }),
        "MESSAGE" if header("event") == Some("message") => {
            let seq = header("seq").context("a message without its place")?.parse()?;
            let message: Value = serde_json::from_str(body)?;
            Some(Frame::Message { seq, content: message["content"].as_str().map(str::to_owned) })
        }
        "MESSAGE" | "RECEIPT" => None,
        "ERROR" => Some(Frame::Error { code: format!("{} {body}", header("message").unwrap_or_default()) }),
        other => bail!("the server says {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_one_text_are_read_one_after_another() {
        let text = "\nRECEIPT\nreceipt-id:follows\n\n\0\n\nMESSAGE\nseq:7\nevent:message\n\n{\"content\":\"a\"}\0\n";
        let frames = Stomp::new("t").read(text).unwrap().frames;
        assert_eq!(frames, [Frame::Live { seq: None }, Frame::Message { seq: 7, content: Some("a".to_owned()) }]);
    }

    #[test]
    fn a_heart_beat_says_nothing_and_an_error_its_words() {
        let mut stomp = Stomp::new("t");
        assert_eq!(stomp.read("\n").unwrap(), Heard::default());
        let frames = stomp.read("ERROR\nmessage:forbidden\n\nwhy\0").unwrap().frames;
        assert_eq!(frames, [Frame::Error { code: "forbidden why".to_owned() }]);
        assert!(stomp.read("NONSENSE\n\n\0").is_err());
    }
}
