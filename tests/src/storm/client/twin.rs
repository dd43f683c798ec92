use super::{Client, memory::Memory};
use crate::checker::{Event, Kind};
use crate::people::{number, text};
use crate::rest::Rest;
use anyhow::{Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// In the history, what a client does over REST is done by somebody of this number more: REST has no stream,
/// so its answers must not stand for entries of the socket's.
const TWIN: usize = 1_000_000;

impl Client {
    /// Everything unanswered once more over REST, oldest first, each until it is settled.
    pub(super) async fn settle_over_rest(&self, memory: &mut Memory, rest: &Rest) -> Result<()> {
        while let Some(pending) = memory.pending.front() {
            let (id, content) = (pending.id.clone(), pending.content.clone());
            self.send_over_rest(rest, &id, &content).await?;
            self.answered(memory, &id);
        }
        Ok(())
    }

    /// One message over REST, again and again until it is acked or refused for good.
    pub(super) async fn send_over_rest(&self, rest: &Rest, id: &str, content: &str) -> Result<()> {
        let path = format!("/conversations/{}/messages", self.conversation);
        let body = json!({ "client_message_id": id, "content": content });
        let deadline = Instant::now() + Duration::from_mins(1);
        while Instant::now() < deadline {
            self.recorder.count(|counters| counters.over_rest += 1);
            let asked = rest.request(Method::POST, &path).json(&body).send().await;
            let status = asked.as_ref().ok().map(|answer| answer.status().as_u16());
            let body = match asked {
                Ok(answer) => answer.json::<Value>().await.unwrap_or_default(),
                Err(_) => Value::Null,
            };
            match status {
                Some(200 | 201) if body["message"].is_object() => {
                    let duplicate = body["duplicate"] == json!(true);
                    self.recorder.count(|counters| {
                        counters.acked += 1;
                        counters.duplicates += usize::from(duplicate);
                    });
                    self.twin_event(Kind::Ack {
                        id: id.to_owned(),
                        message_id: text(&body["message"]["id"]).to_owned(),
                        seq: number(&body["message"]["seq"]),
                        duplicate,
                    });
                    return Ok(());
                }
                Some(400..=499) => {
                    self.twin_event(Kind::Refuse { id: id.to_owned() });
                    return Ok(());
                }
                // Down, or cut half-way: the same again.
                _ => sleep(Duration::from_millis(100)).await,
            }
        }
        bail!("{id} was not settled over REST within a minute")
    }

    fn twin_event(&self, kind: Kind) {
        let client = self.number + TWIN;
        self.recorder.event(Event { client, conversation: self.conversation.clone(), kind });
    }
}
