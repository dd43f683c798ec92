//! Two organisations with somebody of every role, and what they can be called upon.

use crate::marks::{On, Role, Whose};
use kernel::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tests::database::Store;
use tests::people::{Person, Visitor, text};
use tests::rest::{Rest, send};
use tests::server::Server;
use tests::upload::{Form, PIXEL};

pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) customer: Person,
    other_customer: Person,
    pub(crate) agent: Person,
    other_agent: Person,
    supervisor: Person,
    pub(crate) admin: Person,
    /// A guest whose token is good for another request.
    visitor: Visitor,
    foreign_customer: Person,
    pub(crate) foreign_agent: Person,
    foreign_admin: Person,
}

/// What an operation is done to in one case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subject {
    /// What `{id}` of a path is, where that is neither a request, a conversation nor a file.
    pub(crate) id: String,
    pub(crate) request: String,
    pub(crate) conversation: String,
    pub(crate) number: String,
    pub(crate) message: String,
    pub(crate) note: String,
    /// The other request, where there are two.
    twin: String,
    pub(crate) file: String,
    /// A path at the root.
    pub(crate) link: String,
    /// The guest's token, where a guest asked.
    token: String,
}

/// What of a request is needed beside its requester's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum With {
    Nothing,
    /// A message of the caller's.
    OwnMessage,
    /// A file of the caller's that no message has.
    OwnFile,
    /// A file in a message of the requester's.
    File,
    /// The same, and the link to it.
    Link,
    /// A note of somebody's on the staff other than the caller.
    Note,
    /// A note of the caller's.
    OwnNote,
}

/// Whether agents can be made participants.
static HAS_PARTICIPANTS: LazyLock<bool> =
    LazyLock::new(|| document()["paths"]["/api/v1/support-requests/{id}/participants"]["post"].is_object());

pub(crate) fn document() -> Value {
    let text = std::fs::read_to_string(xtask::tree::root().join("api-spec/openapi.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A word that was not used before.
pub(crate) fn key() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("key-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Stage {
    pub(crate) async fn over(store: Store) -> Self {
        let server = Server::over(store).await;
        Self {
            customer: server.sign_in("customer").await,
            other_customer: server.sign_in("customer2").await,
            agent: server.sign_in("agent").await,
            other_agent: server.sign_in("agent2").await,
            supervisor: server.sign_in("supervisor").await,
            admin: server.sign_in("admin").await,
            visitor: server.visitor("Zoé", Some("Une autre demande")).await,
            foreign_customer: server.foreigner("customer").await,
            foreign_agent: server.foreigner("agent").await,
            foreign_admin: server.foreigner("admin").await,
            server,
        }
    }

    /// Whether this case can be shown with what the server offers.
    pub(crate) fn has(whose: Whose) -> bool {
        whose != Whose::Joined || *HAS_PARTICIPANTS
    }

    /// The caller of a case.
    pub(crate) fn caller(&self, role: Role, whose: Whose, subject: &Subject) -> Rest {
        match role {
            Role::Nobody => self.server.rest(),
            Role::Guest if whose == Whose::Own && !subject.token.is_empty() => {
                self.server.rest().with_token(&subject.token)
            }
            Role::Guest => self.visitor.rest.clone(),
            _ => self.person(role).rest.clone(),
        }
    }

    pub(crate) fn person(&self, role: Role) -> &Person {
        match role {
            Role::Customer => &self.customer,
            Role::Agent => &self.agent,
            Role::Supervisor => &self.supervisor,
            Role::Admin => &self.admin,
            Role::Nobody | Role::Guest => panic!("{role:?} has no account"),
        }
    }

    /// What that case is about.
    pub(crate) async fn subject(&self, on: On, role: Role, whose: Whose, with: With) -> Subject {
        match on {
            On::Nothing => Subject::default(),
            On::User => self.user(role, whose),
            On::Customer if whose == Whose::Foreign => named(&self.foreign_customer),
            On::Customer => named(&self.other_customer),
            On::Session => self.session(role, whose).await,
            On::Thing(path, body) => thing(self.admin_of(whose == Whose::Foreign), path, body).await,
            On::OwnThing(path, body) => thing(&self.owner(role, whose), path, body).await,
            On::Twin => {
                let twin = self.request(role, whose, With::Nothing).await.request;
                Subject { twin, ..self.request(role, whose, with).await }
            }
            _ => self.request(role, whose, with).await,
        }
    }

    async fn request(&self, role: Role, whose: Whose, with: With) -> Subject {
        let foreign = whose == Whose::Foreign;
        let asks_as_guest = role == Role::Guest && whose == Whose::Own;
        let mut subject = match (asks_as_guest, role, whose) {
            (true, ..) => self.opened_by_visitor().await,
            (_, Role::Customer, Whose::Own) => opened_by(&self.customer.rest).await,
            (_, _, Whose::Foreign) => opened_by(&self.foreign_customer.rest).await,
            _ => opened_by(&self.other_customer.rest).await,
        };
        let requester = match (asks_as_guest, role, whose) {
            (true, ..) => self.server.rest().with_token(&subject.token),
            (_, Role::Customer, Whose::Own) => self.customer.rest.clone(),
            (_, _, Whose::Foreign) => self.foreign_customer.rest.clone(),
            _ => self.other_customer.rest.clone(),
        };
        let admin = self.admin_of(foreign);
        let to = match whose {
            Whose::Assigned => Some(&self.agent),
            Whose::Joined | Whose::OtherAgents => Some(&self.other_agent),
            _ => None,
        };
        if let Some(agent) = to {
            let path = format!("/support-requests/{}/assign", subject.request);
            admin.post(&path, &json!({ "agent_id": agent.id })).await.expect(200);
        }
        if whose == Whose::Joined {
            let path = format!("/support-requests/{}/participants", subject.request);
            admin.post(&path, &json!({ "user_id": self.agent.id })).await.expect(201);
        }
        let caller = self.caller(role, whose, &subject);
        match with {
            With::Nothing => {}
            With::OwnMessage => {
                let said = caller.send_message(&subject.conversation, &key(), "Un message").await.expect(201);
                text(&said["message"]["id"]).clone_into(&mut subject.message);
            }
            With::Note | With::OwnNote => {
                let writer = match with {
                    With::OwnNote => &caller,
                    _ if foreign || role == Role::Supervisor => admin,
                    _ => &self.supervisor.rest,
                };
                let path = format!("/support-requests/{}/notes", subject.request);
                let note = writer.post(&path, &json!({ "content": "Une note" })).await.expect(201);
                text(&note["id"]).clone_into(&mut subject.note);
            }
            With::OwnFile => subject.file = caller.uploaded(&subject.conversation, "photo.png", PIXEL).await,
            With::File | With::Link => {
                let form = Form::default().text("client_message_id", &key()).file("photo.png", PIXEL);
                let sent = requester.upload(&subject.conversation, "?send=true", form).await.expect(201);
                text(&sent["items"][0]["id"]).clone_into(&mut subject.file);
            }
        }
        if with == With::Link {
            let link = requester.get(&format!("/attachments/{}/link", subject.file)).await.expect(200);
            let url = text(&link["url"]);
            let path = url.split_once("/api/v1/").map_or(url, |(_, path)| path);
            subject.link = format!("/api/v1/{path}");
        }
        subject
    }

    async fn opened_by_visitor(&self) -> Subject {
        let body = json!({ "organization": "demo", "name": "Ana", "content": "Une demande" });
        let opened = self.server.rest().post("/public/conversations", &body).await.expect(201);
        let token = text(&opened["access_token"]).to_owned();
        let rest = self.server.rest().with_token(&token);
        Subject { token, ..described(&rest, &opened).await }
    }

    fn user(&self, role: Role, whose: Whose) -> Subject {
        let id = match whose {
            Whose::Own => &self.person(role).id,
            Whose::Colleagues => &self.other_agent.id,
            Whose::Foreign => &self.foreign_agent.id,
            _ => &self.other_customer.id,
        };
        Subject { id: id.clone(), ..Subject::default() }
    }

    async fn session(&self, role: Role, whose: Whose) -> Subject {
        let rest = match whose {
            Whose::Own => &self.person(role).rest,
            Whose::Foreign => &self.foreign_agent.rest,
            _ => &self.other_agent.rest,
        };
        // A further one, so that what the others call with goes on.
        if whose == Whose::Own {
            let names = [(Role::Customer, "customer"), (Role::Agent, "agent"), (Role::Supervisor, "supervisor")];
            let name = names.iter().find(|(one, _)| *one == role).map_or("admin", |(_, name)| name);
            self.server.sign_in(name).await;
        }
        let sessions = rest.get("/auth/sessions").await.expect(200);
        let items = sessions.get("items").unwrap_or(&sessions).as_array().unwrap().clone();
        let further = items.iter().find(|one| one["current"] == json!(false)).unwrap_or(&items[0]);
        Subject { id: text(&further["id"]).to_owned(), ..Subject::default() }
    }

    /// Who makes what is its maker's own.
    fn owner(&self, role: Role, whose: Whose) -> Rest {
        match (whose, role) {
            (Whose::Own, _) => self.person(role).rest.clone(),
            (Whose::Foreign, _) => self.foreign_admin.rest.clone(),
            (_, Role::Admin) => self.supervisor.rest.clone(),
            _ => self.admin.rest.clone(),
        }
    }

    pub(crate) fn admin_of(&self, foreign: bool) -> &Rest {
        if foreign { &self.foreign_admin.rest } else { &self.admin.rest }
    }

    /// What the words in braces of a path, a query or a body stand for.
    pub(crate) fn fill(&self, words: &str, subject: &Subject) -> String {
        let id = match words {
            path if path.contains("/conversations/{id}") => &subject.conversation,
            path if path.contains("/support-requests/{id}") => &subject.request,
            path if path.contains("/attachments/{id}") || path.contains("/files/{id}") => &subject.file,
            _ => &subject.id,
        };
        let mut filled = words.replace("{id}", id).replace("{number}", &subject.number);
        filled = filled.replace("{message_id}", &subject.message).replace("{agent}", &self.agent.id);
        filled = filled.replace("{note_id}", &subject.note).replace("{twin}", &subject.twin);
        filled = filled.replace("{this}", &subject.request).replace("{colleague}", &self.other_agent.id);
        filled = filled.replace("{customer}", &self.other_customer.id);
        filled = filled.replace("{request}", &self.visitor.support_request);
        filled = filled.replace("{tomorrow}", &tomorrow());
        if filled.contains("{key}") { filled.replace("{key}", &key()) } else { filled }
    }
}

fn tomorrow() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (Timestamp::from_micros(0) + now + Duration::from_hours(24)).to_string()
}

/// What is made by a `POST` there, of that body.
async fn thing(by: &Rest, path: &str, body: &str) -> Subject {
    let body = body.replace("{key}", &key());
    let request = by.request(Method::POST, path).header("content-type", "application/json").body(body);
    let made = send(request).await;
    assert!(matches!(made.status, 200 | 201), "POST {path}: {}", made.text);
    Subject { id: text(&made.body["id"]).to_owned(), ..Subject::default() }
}

fn named(person: &Person) -> Subject {
    Subject { id: person.id.clone(), ..Subject::default() }
}

async fn opened_by(rest: &Rest) -> Subject {
    let body = json!({ "subject": "Une demande", "content": "Bonjour", "client_message_id": key() });
    let opened = rest.post("/conversations", &body).await.expect(201);
    described(rest, &opened).await
}

async fn described(rest: &Rest, opened: &Value) -> Subject {
    let conversation = text(&opened["conversation"]["id"]).to_owned();
    let messages = rest.get(&format!("/conversations/{conversation}/messages?after_seq=0")).await.expect(200);
    Subject {
        request: text(&opened["support_request"]["id"]).to_owned(),
        number: text(&opened["support_request"]["number"]).to_owned(),
        message: text(&messages["items"][0]["id"]).to_owned(),
        conversation,
        ..Subject::default()
    }
}
