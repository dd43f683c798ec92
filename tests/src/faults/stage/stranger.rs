use crate::server::Server;
use crate::socket::{Read, Socket};
use anyhow::Result;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Somebody who asks for every conversation of a load and may see none of them.
#[derive(Debug)]
pub(super) struct Stranger {
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Stranger {
    pub(super) async fn start(server: &Server, conversations: impl Iterator<Item = &str>) -> Self {
        let visitor = server.visitor("Stranger", None).await;
        let (url, token) = (server.socket_url(), visitor.rest.token().to_owned());
        let conversations: Vec<String> = conversations.map(str::to_owned).collect();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            loop {
                // The server goes and comes as the row likes.
                let _ = listen(&url, &token, &conversations, &notes).await;
                sleep(Duration::from_millis(500)).await;
            }
        });
        Self { heard, task }
    }

    /// What reached them.
    pub(super) async fn leave(self) -> Vec<String> {
        self.task.abort();
        // The socket closes with the task.
        let _ = self.task.await;
        self.heard.lock().expect("the stranger does not panic").clone()
    }
}

async fn listen(url: &str, token: &str, conversations: &[String], notes: &Mutex<Vec<String>>) -> Result<()> {
    let mut socket = Socket::connect(url, token).await?;
    for conversation in conversations {
        socket.try_send(&json!({ "type": "subscribe", "conversation_id": conversation, "after_seq": 0 })).await?;
    }
    while let Read::Frame(frame) = socket.next_frame().await? {
        if tells(&frame, conversations) {
            notes.lock().expect("the stranger does not panic").push(format!("a stranger heard {frame}"));
        }
    }
    Ok(())
}

/// Refusals name the conversation that was asked for; nothing else may.
fn tells(frame: &Value, conversations: &[String]) -> bool {
    let of_theirs = conversations.iter().any(|conversation| frame.to_string().contains(conversation));
    let refusal = matches!(frame["type"].as_str(), Some("reset" | "error" | "nack" | "unsubscribed"));
    of_theirs && !refusal
}
