//! A plain caller of the REST interface.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Calls one server, as one person or as nobody.
#[derive(Debug, Clone)]
pub struct Rest {
    base: String,
    token: Option<String>,
    http: Client,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null when there was none or it was no JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Rest {
    /// Nobody, calling the server at `base`.
    pub fn new(base: &str) -> Self {
        // Certificates of tests are made by the test; that the right one came is what the WSS test checks.
        // A connection that the server closes for being idle at this moment would fail a POST, which nobody repeats.
        let http = Client::builder().pool_idle_timeout(Duration::from_secs(2));
        let http = http.tls_danger_accept_invalid_certs(true).timeout(Duration::from_secs(30));
        Self { base: base.to_owned(), token: None, http: http.build().expect("an HTTP client") }
    }

    /// The same caller with that access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The token it calls with.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("this caller is not signed in")
    }

    /// Whether `/health/ready` says so.
    pub async fn is_ready(&self) -> bool {
        let asked = self.http.get(format!("{}/health/ready", self.base)).timeout(Duration::from_secs(5)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// GET under `/api/v1`.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// POST of JSON under `/api/v1`.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// DELETE under `/api/v1`.
    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    /// Any request: built by the test, sent by [`send`]. A path that begins with `/` is under `/api/v1`;
    /// `~/…` is at the root.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = match path.strip_prefix('~') {
            Some(root) => format!("{}{root}", self.base),
            None => format!("{}/api/v1{path}", self.base),
        };
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// One message to a conversation.
    pub async fn send_message(&self, conversation: &str, client_message_id: &str, content: &str) -> Answer {
        let body = json!({ "client_message_id": client_message_id, "content": content });
        self.post(&format!("/conversations/{conversation}/messages"), &body).await
    }

    /// Every message of a conversation, in the order of its log, over as many pages as there are. A server that is
    /// busy (503) is asked again, for half a minute.
    pub async fn all_messages(&self, conversation: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut after = 0;
        loop {
            let path = format!("/conversations/{conversation}/messages?after_seq={after}&limit=200");
            let deadline = Instant::now() + Duration::from_secs(30);
            let page = loop {
                let page = self.get(&path).await;
                if page.status != 503 || Instant::now() > deadline {
                    break page.expect(200);
                }
                sleep(Duration::from_millis(200)).await;
            };
            let items = page["items"].as_array().expect("items").clone();
            let last = items.last().map(|item| item["entry_seq"].as_i64().expect("entry_seq"));
            all.extend(items);
            match last {
                Some(last) if page["has_more"] == json!(true) => after = last,
                _ => return all,
            }
        }
    }
}

impl Answer {
    /// The body, when the status is that one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    /// The `code` of an answer in problem+json of that status, with all that such an answer must have.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        let kind = self.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(kind.starts_with("application/problem+json"), "content-type {kind:?}: {}", self.text);
        assert_eq!(self.body["status"], json!(status), "{}", self.text);
        for field in ["type", "title", "code", "request_id"] {
            assert!(self.body[field].as_str().is_some_and(|text| !text.is_empty()), "no {field}: {}", self.text);
        }
        assert!(self.headers.contains_key("x-request-id"), "no X-Request-Id");
        let inside = ["sqlx", "sea_orm", "SELECT ", "INSERT ", "panicked", ".rs:", "src/"];
        assert!(!inside.iter().any(|word| self.text.contains(word)), "the inside leaks: {}", self.text);
        self.body["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends what a test built.
pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("the server answers");
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await.expect("a body in UTF-8");
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, headers, body, text }
}
