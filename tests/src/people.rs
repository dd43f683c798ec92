//! The people of the demo organisation, and visitors.

use crate::rest::Rest;
use crate::server::Server;
use serde_json::{Value, json};

/// The password of every user of the demo.
pub const PASSWORD: &str = "guichet-demo";

/// The demo organisation.
pub const ORGANIZATION: &str = "demo";

const FOREIGN: &str = "ailleurs";
const FOREIGN_PASSWORD: &str = "une-phrase-bien-longue";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// Calls as this person.
    pub rest: Rest,
    /// The participant's id in conversations.
    pub id: String,
    /// The refresh token.
    pub refresh_token: String,
}

/// Somebody without an account who has opened a conversation.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Calls with the guest's token, which is good for this conversation.
    pub rest: Rest,
    /// The conversation.
    pub conversation: String,
    /// Its support request.
    pub support_request: String,
    /// The request's number.
    pub number: String,
    /// The guest's participant id.
    pub id: String,
}

impl Server {
    /// Signs in as `NAME@demo.test`.
    pub async fn sign_in(&self, name: &str) -> Person {
        let login = json!({ "organization": ORGANIZATION, "email": format!("{name}@demo.test"), "password": PASSWORD });
        let answer = self.rest().post("/auth/login", &login).await.expect(200);
        self.person(&answer)
    }

    fn person(&self, answer: &Value) -> Person {
        Person {
            rest: self.rest().with_token(text(&answer["access_token"])),
            id: text(&answer["user"]["id"]).to_owned(),
            refresh_token: text(&answer["refresh_token"]).to_owned(),
        }
    }

    /// Somebody of another organisation on the same server, with that role; the organisation is made when needed.
    pub async fn foreigner(&self, role: &str) -> Person {
        let email = format!("{role}@{FOREIGN}.test");
        // A second call finds both made already.
        let _ = self.command(&["organization", "create", "--name", "Ailleurs", "--slug", FOREIGN], "");
        let user = ["user", "create", "--organization", FOREIGN, "--email", &email, "--role", role];
        let user = [&user[..], &["--first-name", "Alex", "--last-name", "Ailleurs"]].concat();
        let made = self.command(&user, FOREIGN_PASSWORD);
        let login = json!({ "organization": FOREIGN, "email": email, "password": FOREIGN_PASSWORD });
        let answer = self.rest().post("/auth/login", &login).await;
        assert_eq!(answer.status, 200, "{}; the command said {made:?}", answer.text);
        self.person(&answer.body)
    }

    /// Opens a conversation as a visitor; `content` is the first message, when there is one.
    pub async fn visitor(&self, name: &str, content: Option<&str>) -> Visitor {
        let mut body = json!({ "organization": ORGANIZATION, "name": name });
        if let Some(content) = content {
            body["content"] = json!(content);
        }
        let answer = self.rest().post("/public/conversations", &body).await.expect(201);
        let conversation = &answer["conversation"];
        let guest =
            conversation["participants"].as_array().expect("participants").iter().find(|one| one["type"] == "customer");
        Visitor {
            rest: self.rest().with_token(text(&answer["access_token"])),
            conversation: text(&conversation["id"]).to_owned(),
            support_request: text(&answer["support_request"]["id"]).to_owned(),
            number: text(&answer["support_request"]["number"]).to_owned(),
            id: text(&guest.expect("the guest takes part")["id"]).to_owned(),
        }
    }
}

/// The text of a field that must be one.
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The number of a field that must be one.
#[track_caller]
pub fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no number"))
}
