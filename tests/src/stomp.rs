//! An existing STOMP client: `@stomp/stompjs` as it is published, in Node, told what to do.

use crate::people::text;
use crate::server::Server;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// One client, with all that it said and nobody has asked for yet.
#[derive(Debug)]
pub struct StompClient {
    child: Child,
    orders: ChildStdin,
    said: UnboundedReceiver<Value>,
    waiting: VecDeque<Value>,
}

impl Server {
    /// The address for STOMP clients.
    pub fn stomp_url(&self) -> String {
        format!("{}/ws", self.base().replacen("http", "ws", 1))
    }
}

impl StompClient {
    /// Starts it; it does nothing yet.
    pub fn start() -> Self {
        let folder = xtask::tree::root().join("tests/clients");
        assert!(
            folder.join("node_modules/@stomp/stompjs").is_dir(),
            "the clients are missing: `npm ci` in {} (and Node 20 or later)",
            folder.display()
        );
        let mut command = Command::new("node");
        command.args(["--no-warnings", "stomp.mjs"]).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node starts");
        let orders = child.stdin.take().expect("a pipe");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (sender, said) = unbounded_channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the client says {line}"));
                // Nobody may be listening any more.
                let _ = sender.send(line);
            }
        });
        Self { child, orders, said, waiting: VecDeque::new() }
    }

    /// Starts it and connects it with a token.
    pub async fn connect(server: &Server, token: &str) -> Self {
        Self::connect_with(&server.stomp_url(), token, &json!({})).await
    }

    /// The same with settings of the client's own.
    pub async fn connect_with(url: &str, token: &str, options: &Value) -> Self {
        let mut client = Self::start();
        client.order(&json!({ "order": "activate", "url": url, "token": token, "options": options }));
        client.expect("connected").await;
        client
    }

    /// Tells it what to do.
    pub fn order(&mut self, order: &Value) {
        writeln!(self.orders, "{order}").expect("the client reads");
    }

    /// Follows a conversation from a place, or afresh; after a reconnect from where it stands then.
    pub fn follow(&mut self, conversation: &str, after: Option<i64>) {
        let mut order = json!({ "order": "follow", "conversation": conversation });
        if let Some(after) = after {
            order["after"] = json!(after);
        }
        self.order(&order);
    }

    /// Subscribes once.
    pub fn subscribe(&mut self, destination: &str, headers: &Value) {
        self.order(&json!({ "order": "subscribe", "destination": destination, "headers": headers }));
    }

    /// Sends a message, again after each reconnect until there is a receipt.
    pub fn send(&mut self, conversation: &str, id: &str, content: &str) {
        self.order(&json!({ "order": "send", "conversation": conversation, "id": id, "content": content }));
    }

    /// Sends a message and waits for its receipt; gives that.
    pub async fn sent(&mut self, conversation: &str, id: &str, content: &str) -> Value {
        self.send(conversation, id, content);
        self.receipt(id).await
    }

    /// Publishes a frame as it is.
    pub fn publish(&mut self, destination: &str, headers: &Value, body: &str) {
        self.order(&json!({ "order": "publish", "destination": destination, "headers": headers, "body": body }));
    }

    /// Waits for a receipt; gives its headers.
    pub async fn receipt(&mut self, id: &str) -> Value {
        let said = self.expect_where(&format!("receipt {id}"), |said| said["receipt"]["receipt-id"] == id).await;
        said["receipt"].clone()
    }

    /// Waits for a message of a conversation with that content.
    pub async fn message(&mut self, content: &str) -> Value {
        self.expect_where(content, |said| said.get("message").is_some() && said["body"]["content"] == content).await
    }

    /// Waits for a `MESSAGE` of that event.
    pub async fn event(&mut self, event: &str) -> Value {
        self.expect_where(event, |said| said["message"]["event"] == event).await
    }

    /// Waits for something of that kind.
    pub async fn expect(&mut self, kind: &str) -> Value {
        self.expect_where(kind, |said| said.get(kind).is_some()).await
    }

    /// Waits for the first that fits, and keeps all that comes before it.
    pub async fn expect_where(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&fits) {
            return self.waiting.remove(at).expect("it is there");
        }
        loop {
            let said = match timeout(PATIENCE, self.said.recv()).await {
                Ok(Some(said)) => said,
                Ok(None) => panic!("the client ended before {what}; it said {:?}", self.waiting),
                Err(late) => panic!("no {what}: {late}; the client said {:?}", self.waiting),
            };
            if fits(&said) {
                return said;
            }
            self.waiting.push_back(said);
        }
    }

    /// All that was said up to now and nobody has asked for.
    pub fn leftovers(&mut self) -> Vec<Value> {
        while let Ok(said) = self.said.try_recv() {
            self.waiting.push_back(said);
        }
        self.waiting.drain(..).collect()
    }

    /// The contents of the messages among these, in the order in which they came.
    pub fn contents(said: &[Value]) -> Vec<&str> {
        said.iter()
            .filter(|one| one["message"]["event"] == "message")
            .map(|one| text(&one["body"]["content"]))
            .collect()
    }
}

impl Drop for StompClient {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
