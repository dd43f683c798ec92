//! A person who is erased is found nowhere: canaries are planted wherever a person can leave something, and looked for
//! in a full dump of the database, in the bytes of its files, in the files' folder and in the server's log.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::dump::dump;
use tests::over_both_stores;
use tests::people::{ORGANIZATION, text};
use tests::rest::{Rest, send};
use tests::server::{Server, Settings};
use tests::socket::Socket;
use tests::upload::Form;

over_both_stores!(
    nothing_of_an_erased_customer_is_left,
    nothing_of_an_erased_visitor_is_left,
    an_erased_agent_is_named_nowhere_and_what_others_said_stays,
    a_visitors_token_erases_its_own_request_only,
    what_a_restored_copy_brings_back_goes_again,
);

const PASSWORD: &str = "une-phrase-bien-longue";

/// Words that are nowhere else, by what they are planted in.
#[derive(Default)]
struct Canaries(BTreeMap<&'static str, String>);

impl Canaries {
    fn plant(&mut self, place: &'static str) -> String {
        let word = format!("canary{:02}{}", self.0.len() + 1, place.replace([' ', '-', '\''], ""));
        self.0.insert(place, word.clone());
        word
    }

    /// A number that is one.
    fn phone(&mut self, place: &'static str) -> String {
        let number = format!("+33 6 99 88 77 {:02}", self.0.len() + 10);
        self.0.insert(place, number.clone());
        number
    }

    /// Those that are in the text.
    fn found(&self, bytes: &[u8]) -> Vec<&'static str> {
        // What is searched is the same in capitals: sort keys and addresses are kept in small letters.
        let bytes = bytes.to_ascii_lowercase();
        let is_in = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        self.0.iter().filter(|(_, word)| is_in(&word.to_ascii_lowercase())).map(|(place, _)| *place).collect()
    }

    fn all(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    /// Everywhere a server keeps something.
    fn look(&self, server: &Server) -> BTreeMap<String, Vec<&'static str>> {
        let mut places = BTreeMap::new();
        places.insert("the dump".to_owned(), self.found(dump(server).as_bytes()));
        self.look_in(server.home(), &mut places);
        places.retain(|_, found| !found.is_empty());
        places
    }

    fn look_in(&self, folder: &Path, places: &mut BTreeMap<String, Vec<&'static str>>) {
        for path in std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            let name = path.display().to_string();
            places.insert(format!("the name of {name}"), self.found(name.as_bytes()));
            if path.is_dir() {
                self.look_in(&path, places);
            } else if let Ok(bytes) = std::fs::read(&path) {
                places.insert(name, self.found(&bytes));
            }
        }
    }
}

async fn nothing_of_an_erased_customer_is_left(store: Store) {
    let server = Server::over(store).await;
    let (admin, agent) = (server.sign_in("admin").await, server.sign_in("agent").await);
    let mut canaries = Canaries::default();
    let email = format!("{}@example.com", canaries.plant("e-mail"));
    let user = json!({
        "email": email, "password": PASSWORD, "first_name": canaries.plant("first name"),
        "last_name": canaries.plant("last name"), "phone": canaries.phone("phone"), "role": "customer",
    });
    let id = text(&admin.rest.post("/users", &user).await.expect(201)["id"]).to_owned();
    let login = json!({ "organization": ORGANIZATION, "email": email, "password": PASSWORD });
    let login = server.rest().request(Method::POST, "/auth/login").json(&login);
    let login = send(login.header("user-agent", canaries.plant("user agent"))).await.expect(200);
    let customer = server.rest().with_token(text(&login["access_token"]));

    let request = open_request(&customer, &mut canaries).await;
    let (request, conversation) = (text(&request["id"]), text(&request["conversation_id"]));
    let said = talk(&customer, conversation, &mut canaries).await;
    let path = format!("/support-requests/{request}");
    let answer = agent.rest.send_message(conversation, "answer", "Nous regardons cela.").await.expect(201);
    agent.rest.post(&format!("{path}/resolve"), &json!({ "note": "Note du service" })).await.expect(200);
    let reopen = json!({ "reason": canaries.plant("reason of a reopening") });
    customer.post(&format!("{path}/reopen"), &reopen).await.expect(200);

    let planted = canaries.found(dump(&server).as_bytes());
    assert!(planted.len() >= 15, "the search itself finds what is there: {planted:?}");
    let export = archive(&customer).await;
    let exported = canaries.found(&export);
    // What was edited or deleted is not there any more, and names of calls are not what somebody said.
    let not_shown = ["edited away", "deleted message", "client's name for a message", "idempotency key"];
    let missing: Vec<_> =
        canaries.all().into_iter().filter(|place| !exported.contains(place) && !not_shown.contains(place)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "an export has all that is shown");

    let mut socket = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    socket.subscribe(conversation, None).await;
    let erased = customer.post("/privacy/erase", &json!({})).await.expect(200);
    assert_eq!(erased["items"][0]["person_id"], json!(id));
    assert_eq!(canaries.look(&server), BTreeMap::new());

    customer.get("/auth/me").await.problem(401);
    let again = json!({ "organization": ORGANIZATION, "email": email, "password": PASSWORD });
    server.rest().post("/auth/login", &again).await.problem(401);
    let gone = |frame: &Value| frame["type"] == "message_deleted" && frame["message"]["id"] == said[0];
    socket.expect_where("a tombstone", gone).await;
    let told = |frame: &Value| frame["type"] == "support_request" && frame["event"] == "erased";
    let frame = socket.expect_where("the request", told).await;
    assert_eq!(frame["support_request"]["requester"]["email"], Value::Null);

    let kept = agent.rest.get(&path).await.expect(200);
    assert_eq!((&kept["subject"], &kept["description"]), (&json!("Demande effacée"), &json!("")));
    let messages = agent.rest.all_messages(conversation).await;
    let stays = messages.iter().find(|message| message["id"] == answer["message"]["id"]).unwrap();
    assert_eq!(stays["content"], "Nous regardons cela.", "what others wrote stays");
    let timeline = agent.rest.get(&format!("{path}/timeline")).await.expect(200).to_string();
    assert!(timeline.contains("Note du service") && timeline.contains("Personne effacée"), "{timeline}");
    // Whoever looks again finds it as it is, and the figures count it.
    assert!(agent.rest.get("/support-requests?limit=100").await.expect(200)["total"].as_i64().unwrap() > 0);
}

async fn open_request(customer: &Rest, canaries: &mut Canaries) -> Value {
    let body = json!({
        "subject": canaries.plant("subject"), "description": format!("{} voilà", canaries.plant("description")),
        "metadata": { "vin": canaries.plant("metadata") },
        "context": { "order_id": canaries.plant("order") },
    });
    let request = customer.request(Method::POST, "/support-requests").json(&body);
    send(request.header("idempotency-key", canaries.plant("idempotency key"))).await.expect(201)
}

/// Messages and files of every sort; the ids of the messages.
async fn talk(person: &Rest, conversation: &str, canaries: &mut Canaries) -> Vec<Value> {
    let name = canaries.plant("client's name for a message");
    let first = person.send_message(conversation, &name, &canaries.plant("message")).await.expect(201);
    let path = format!("/conversations/{conversation}/messages");
    let before = canaries.plant("edited away");
    let edited = person.send_message(conversation, "edited", &before).await.expect(201)["message"]["id"].clone();
    let edit = person.request(Method::PATCH, &format!("{path}/{}", text(&edited)));
    send(edit.json(&json!({ "content": canaries.plant("edited message") }))).await.expect(200);
    let deleted = canaries.plant("deleted message");
    let deleted = person.send_message(conversation, "deleted", &deleted).await.expect(201)["message"]["id"].clone();
    person.delete(&format!("{path}/{}", text(&deleted))).await.expect(200);
    let form = Form::default().text("client_message_id", "file");
    let (name, content) = (canaries.plant("file name"), canaries.plant("file content"));
    let form = form.file(&format!("{name}.txt"), content.as_bytes());
    person.upload(conversation, "?send=true", form).await.expect(201);
    let (name, content) = (canaries.plant("name of an unsent file"), canaries.plant("content of an unsent file"));
    person.uploaded(conversation, &format!("{name}.txt"), content.as_bytes()).await;
    vec![first["message"]["id"].clone(), edited]
}

async fn archive(person: &Rest) -> Vec<u8> {
    let answer = person.request(Method::GET, "/privacy/export").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let bytes = answer.bytes().await.unwrap().to_vec();
    assert!(bytes.starts_with(b"PK") && bytes[bytes.len() - 22..].starts_with(b"PK\x05\x06"));
    bytes
}

async fn nothing_of_an_erased_visitor_is_left(store: Store) {
    let server = Server::over(store).await;
    let admin = server.sign_in("admin").await;
    let mut canaries = Canaries::default();
    let email = format!("{}@example.com", canaries.plant("e-mail"));
    let form = json!({
        "organization": ORGANIZATION, "name": canaries.plant("name"), "email": email, "phone": canaries.phone("phone"),
        "subject": canaries.plant("subject"), "description": format!("{} voilà", canaries.plant("description")),
        "metadata": { "vin": canaries.plant("metadata") }, "context": { "claim_id": canaries.plant("claim") },
    });
    let request = server.rest().request(Method::POST, "/public/support-requests").json(&form);
    let opened = send(request.header("idempotency-key", canaries.plant("idempotency key"))).await.expect(201);
    let visitor = server.rest().with_token(text(&opened["access_token"]));
    let conversation = text(&opened["support_request"]["conversation_id"]).to_owned();
    talk(&visitor, &conversation, &mut canaries).await;
    // The same person again, under another name.
    let chat = json!({
        "organization": ORGANIZATION, "name": canaries.plant("second name"), "email": email,
        "content": canaries.plant("first message"),
    });
    let second = server.rest().post("/public/conversations", &chat).await.expect(201);
    assert!(canaries.found(dump(&server).as_bytes()).len() >= 12);
    // A letter that went out, and is kept.
    let number = &opened["support_request"]["number"];
    let asked = json!({ "organization": ORGANIZATION, "number": number, "email": email });
    server.rest().post("/public/support-requests/access-link", &asked).await.expect(202);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !canaries.look(&server).iter().any(|(place, found)| place.contains(".eml") && found.contains(&"e-mail")) {
        assert!(Instant::now() < deadline, "no mail came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let erased = admin.rest.post("/privacy/erase", &json!({ "email": email.to_uppercase() })).await.expect(200);
    assert_eq!(erased["items"].as_array().unwrap().len(), 1, "one person under two names");
    assert_eq!(canaries.look(&server), BTreeMap::new());
    for token in [&opened["access_token"], &second["access_token"]] {
        server.rest().with_token(text(token)).get("/conversations").await.problem(401);
    }
    // The address is free, and whoever comes by it is somebody else.
    let anew = json!({ "organization": ORGANIZATION, "name": "Une autre", "email": email });
    server.rest().post("/public/conversations", &anew).await.expect(201);
}

async fn an_erased_agent_is_named_nowhere_and_what_others_said_stays(store: Store) {
    let server = Server::over(store).await;
    let (admin, visitor) = (server.sign_in("admin").await, server.visitor("Ana", Some("Bonjour")).await);
    let mut canaries = Canaries::default();
    let email = format!("{}@example.com", canaries.plant("e-mail"));
    let user = json!({
        "email": email, "password": PASSWORD, "first_name": canaries.plant("first name"),
        "last_name": canaries.plant("last name"), "role": "agent",
    });
    let id = text(&admin.rest.post("/users", &user).await.expect(201)["id"]).to_owned();
    let login = json!({ "organization": ORGANIZATION, "email": email, "password": PASSWORD });
    let login = server.rest().post("/auth/login", &login).await.expect(200);
    let agent = server.rest().with_token(text(&login["access_token"]));
    let path = format!("/support-requests/{}", visitor.support_request);
    let take = json!({ "note": canaries.plant("note"), "reason": canaries.plant("reason") });
    agent.post(&format!("{path}/take"), &take).await.expect(200);
    agent.send_message(&visitor.conversation, "answer", &canaries.plant("answer")).await.expect(201);
    let note = json!({ "content": canaries.plant("internal note") });
    agent.post(&format!("{path}/notes"), &note).await.expect(201);
    let mention = json!({ "content": "À voir ensemble", "mentions": [id] });
    admin.rest.post(&format!("{path}/notes"), &mention).await.expect(201);
    let reply = json!({
        "title": canaries.plant("title of a reply"), "shortcut": "mienne", "content": canaries.plant("canned reply"),
    });
    agent.post("/canned-replies", &reply).await.expect(201);
    let view = json!({ "name": canaries.plant("name of a view"), "filter": { "status": "open" } });
    agent.post("/saved-views", &view).await.expect(201);
    let others = json!({ "name": "Les leurs", "filter": { "requester": email } });
    admin.rest.post("/saved-views", &others).await.expect(201);
    // The admin names them: the name stands in an entry of somebody else.
    admin.rest.post(&format!("{path}/assign"), &json!({ "agent_id": null })).await.expect(200);
    admin.rest.post(&format!("{path}/assign"), &json!({ "agent_id": id, "note": "Pour vous" })).await.expect(200);

    admin.rest.post("/privacy/erase", &json!({ "user_id": id })).await.expect(200);
    assert_eq!(canaries.look(&server), BTreeMap::new());
    let messages = visitor.rest.all_messages(&visitor.conversation).await;
    assert_eq!(messages[0]["content"], "Bonjour");
    let timeline = admin.rest.get(&format!("{path}/timeline")).await.expect(200).to_string();
    assert!(timeline.contains("Pour vous"), "{timeline}");
    let notes = admin.rest.get(&format!("{path}/notes")).await.expect(200);
    assert_eq!(notes["items"][0]["content"], Value::Null, "{notes}");
    assert_eq!(notes["items"][1]["content"], "À voir ensemble");
    assert_eq!(notes["items"][1]["mentions"], json!([{ "id": id, "name": "Personne effacée" }]));
    let last = admin.rest.post("/privacy/erase", &json!({})).await;
    assert_eq!(last.problem(409), "identity.last_admin");
}

async fn a_visitors_token_erases_its_own_request_only(store: Store) {
    let server = Server::over(store).await;
    let open = async |content: &str| {
        let body =
            json!({ "organization": ORGANIZATION, "name": "Ana", "email": "ana@example.com", "content": content });
        let opened = server.rest().post("/public/conversations", &body).await.expect(201);
        let rest = server.rest().with_token(text(&opened["access_token"]));
        (rest, text(&opened["conversation"]["id"]).to_owned(), text(&opened["support_request"]["id"]).to_owned())
    };
    let (owner, kept, _) = open("Ma vraie demande").await;
    let (stranger, gone, request) = open("canary of a stranger").await;
    let bytes = archive(&stranger).await;
    let has = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    assert!(has("canary of a stranger") && !has("Ma vraie demande"), "nor is more of it handed out");
    stranger.post("/privacy/erase", &json!({})).await.expect(200);
    stranger.get(&format!("/conversations/{gone}")).await.problem(401);
    assert_eq!(owner.all_messages(&kept).await[0]["content"], "Ma vraie demande");
    let admin = server.sign_in("admin").await;
    let seen = admin.rest.get("/support-requests?limit=100").await.expect(200);
    let of = |id: &str| seen["items"].as_array().unwrap().iter().find(|one| one["id"] == *id).unwrap().clone();
    assert_eq!(of(&request)["requester"]["email"], Value::Null);
    assert!(seen.to_string().contains("ana@example.com"), "the other request is as it was");
    assert!(!dump(&server).contains("canary of a stranger"));
}

/// What an older copy of the database brings back goes again.
async fn what_a_restored_copy_brings_back_goes_again(store: Store) {
    let mut server = Settings::over(store).start().await;
    let admin = server.sign_in("admin").await;
    let visitor = server.visitor("Canary Twenty", Some("canary of before")).await;
    let log = server.command(&["erasures", "list"], "").unwrap();
    assert_eq!(log, "");
    let person = json!({ "user_id": visitor.id });
    admin.rest.post("/privacy/erase", &person).await.expect(200);
    let log = server.command(&["erasures", "list"], "").unwrap();
    assert!(log.contains(&visitor.id) && !log.contains("anary"), "ids and nothing else: {log}");

    // As after a restore: somebody with the same id and words is there, and the log of erasures is an older one.
    let other = server.visitor("Canary Other", Some("canary of after")).await;
    let line = log.replace(&visitor.id, &other.id);
    let erasure: Value = serde_json::from_str(&line).unwrap();
    let line = line.replace(text(&erasure["id"]), &uuid::Uuid::now_v7().to_string());
    server.terminate();
    server.ended(std::time::Duration::from_secs(30)).await;
    let said = server.command(&["erasures", "repeat"], &line).unwrap();
    assert!(said.contains('2'), "{said}");
    assert!(!dump(&server).to_lowercase().contains("canary"));
    server.restart().await;
    other.rest.get(&format!("/conversations/{}", other.conversation)).await.problem(401);
}
