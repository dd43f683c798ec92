//! People without a desk: lost links, accounts, and the letters that lead to them, over both stores.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be done fails the test")]

use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{ORGANIZATION, text};
use tests::rest::{Rest, send};
use tests::server::{Server, Settings};
use tests::upload::{Form, PIXEL};
use tokio::time::sleep;

over_both_stores!(
    a_visitor_finds_the_way_back_by_mail_and_goes_on,
    a_customer_registers_by_mail_and_sees_what_they_asked_before,
    an_address_that_a_stranger_registered_stays_its_owners,
    a_forgotten_password_is_chosen_anew_by_mail,
    an_invited_colleague_signs_in,
);

const PASSWORD: &str = "quatre-chevaux-verts";

async fn a_visitor_finds_the_way_back_by_mail_and_goes_on(store: Store) {
    let server = Server::over(store).await;
    let opened = contact_form(&server, "lea@example.com").await;
    let number = text(&opened["number"]).to_owned();

    let lost = json!({ "organization": ORGANIZATION, "number": number, "email": "Lea@Example.com" });
    server.rest().post("/public/support-requests/access-link", &lost).await.expect(202);
    let token = link(&server, &format!("/r/{number}#"), 1).await;
    let visitor = server.rest().with_token(&token);
    let tracked = visitor.get(&format!("/public/support-requests/{number}")).await.expect(200);
    assert_eq!(tracked["support_request"]["id"], opened["id"]);
    assert_eq!(tracked["timeline"][0]["kind"], "created");

    let conversation = text(&opened["conversation_id"]);
    visitor.send_message(conversation, "m1", "Toujours rien reçu.").await.expect(201);
    let photo = Form::default().text("client_message_id", "photo").file("colis.png", PIXEL);
    visitor.upload(conversation, "?send=true", photo).await.expect(201);
    assert_eq!(visitor.all_messages(conversation).await.len(), 2);

    let path = format!("/public/support-requests/{number}");
    visitor.post(&format!("{path}/rate"), &json!({ "rating": 5 })).await.problem(409);
    let agent = server.sign_in("agent").await;
    let id = text(&opened["id"]);
    agent.rest.post(&format!("/support-requests/{id}/resolve"), &json!({ "resolution": "Livrée" })).await.expect(200);
    let rating = json!({ "rating": 4, "comment": "Merci." });
    let rated = visitor.post(&format!("{path}/rate"), &rating).await.expect(200);
    assert_eq!(rated["rating"]["score"], 4);
    agent.rest.post(&format!("/support-requests/{id}/close"), &json!({})).await.expect(200);
    let refused = visitor.send_message(conversation, "m2", "Encore une chose.").await;
    assert_eq!(refused.problem(409), "closed");
    let follow_up = json!({ "content": "Le colis est cassé.", "client_message_id": "again" });
    let next = visitor.post(&format!("{path}/follow-up"), &follow_up).await.expect(201);
    let on = server.rest().with_token(text(&next["access_token"]));
    let tracked = on.get(&format!("/public/support-requests/{}", text(&next["number"]))).await.expect(200);
    assert_eq!(tracked["support_request"]["id"], next["id"]);
    assert_eq!(on.all_messages(text(&next["conversation_id"])).await.len(), 1);
    on.get(&path).await.problem(404);
}

async fn a_customer_registers_by_mail_and_sees_what_they_asked_before(store: Store) {
    let server = Server::over(store).await;
    let before = contact_form(&server, "lea@example.com").await;
    let registration = json!({
        "organization": ORGANIZATION, "email": "Lea@Example.com", "password": PASSWORD, "first_name": "Léa",
        "last_name": "Martin", "language": "en",
    });
    server.rest().post("/auth/register", &registration).await.expect(202);
    assert!(sign_in(&server, "lea@example.com", PASSWORD).await.is_none(), "not before the address is proven");
    let token = link(&server, "/account/verify#", 1).await;
    let wrong = json!({ "token": token, "password": "cinq-chevaux-bleus" });
    assert_eq!(server.rest().post("/auth/email/verify", &wrong).await.problem(401), "identity.bad_credentials");
    let proof = json!({ "token": token, "password": PASSWORD });
    let user = server.rest().post("/auth/email/verify", &proof).await.expect(200);
    server.rest().post("/auth/email/verify", &proof).await.problem(404);
    assert_eq!(user["id"], before["requester"]["id"], "the participant keeps its id");

    let customer = sign_in(&server, "lea@example.com", PASSWORD).await.unwrap();
    let after = contact_form(&server, "lea@example.com").await;
    let own = customer.get("/support-requests").await.expect(200);
    let ids: Vec<&Value> = own["items"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&&before["id"]) && ids.contains(&&after["id"]), "{own}");
    let conversation = text(&before["conversation_id"]);
    customer.send_message(conversation, "m1", "Je réponds depuis mon compte.").await.expect(201);
    let message = customer.all_messages(conversation).await.remove(0);
    assert_eq!((&message["sender"]["id"], &message["sender"]["type"]), (&user["id"], &json!("customer")));
    let other = server.visitor("Bob", None).await;
    customer.get(&format!("/conversations/{}", other.conversation)).await.problem(404);

    // Again with the same address: the letter says that there is an account, and the answer nothing.
    server.rest().post("/auth/register", &registration).await.expect(202);
    let text = mail(&server, 2, "already have an account").await;
    assert!(!text.contains("/account/verify"), "{text}");
}

async fn an_address_that_a_stranger_registered_stays_its_owners(store: Store) {
    let server = Server::over(store).await;
    let before = contact_form(&server, "lea@example.com").await;
    let registration = json!({
        "organization": ORGANIZATION, "email": "lea@example.com", "password": PASSWORD, "first_name": "Léa",
        "last_name": "Martin", "phone": "+33612345678",
    });
    server.rest().post("/auth/register", &registration).await.expect(202);
    let strangers = link(&server, "/account/verify#", 1).await;
    let forgotten = json!({ "organization": ORGANIZATION, "email": "lea@example.com" });
    server.rest().post("/auth/password/forgot", &forgotten).await.expect(202);
    let token = link(&server, "/account/reset#", 2).await;
    let own = "cinq-chevaux-bleus";
    server.rest().post("/auth/password/reset", &json!({ "token": token, "password": own })).await.expect(204);

    let proof = json!({ "token": strangers, "password": PASSWORD });
    server.rest().post("/auth/email/verify", &proof).await.problem(404);
    assert!(sign_in(&server, "lea@example.com", PASSWORD).await.is_none(), "the stranger's password opens nothing");
    let owner = sign_in(&server, "lea@example.com", own).await.unwrap();
    let me = owner.get("/auth/me").await.expect(200);
    assert_eq!((&me["id"], &me["phone"]), (&before["requester"]["id"], &Value::Null));
    assert_eq!(owner.get("/support-requests").await.expect(200)["items"][0]["id"], before["id"]);
}

async fn a_forgotten_password_is_chosen_anew_by_mail(store: Store) {
    let server = Server::over(store).await;
    let session = server.sign_in("customer").await;
    let forgotten = json!({ "organization": ORGANIZATION, "email": "customer@demo.test" });
    server.rest().post("/auth/password/forgot", &forgotten).await.expect(202);
    let token = link(&server, "/account/reset#", 1).await;
    let reset = json!({ "token": token, "password": PASSWORD });
    server.rest().post("/auth/password/reset", &reset).await.expect(204);
    server.rest().post("/auth/password/reset", &reset).await.problem(404);
    session.rest.get("/auth/me").await.problem(401);
    assert!(sign_in(&server, "customer@demo.test", tests::people::PASSWORD).await.is_none());
    let customer = sign_in(&server, "customer@demo.test", PASSWORD).await.unwrap();

    let change = json!({ "password": "cinq-chevaux-bleus", "current_password": PASSWORD });
    send(customer.request(Method::PATCH, "/auth/me").json(&change)).await.expect(200);
    customer.get("/auth/me").await.problem(401);
    assert!(sign_in(&server, "customer@demo.test", "cinq-chevaux-bleus").await.is_some());
}

async fn an_invited_colleague_signs_in(store: Store) {
    let server = Server::over(store).await;
    let admin = server.sign_in("admin").await;
    let invitation = json!({ "email": "alex@demo.test", "role": "agent" });
    admin.rest.post("/auth/invitations", &invitation).await.expect(202);
    let token = link(&server, "/account/invitation#", 1).await;
    let acceptance = json!({ "token": token, "password": PASSWORD, "first_name": "Alex", "last_name": "Petit" });
    let user = server.rest().post("/auth/invitations/accept", &acceptance).await.expect(200);
    assert_eq!(user["role"], "agent");
    let colleague = sign_in(&server, "alex@demo.test", PASSWORD).await.unwrap();
    colleague.get("/presence").await.expect(200);
}

/// Nodes share a database and send what waits, each letter by one of them.
#[tokio::test]
async fn of_two_nodes_one_sends_each_letter() {
    let first = Server::over(Store::Postgres).await;
    let second = first.beside(Settings::over(Store::Postgres)).await;
    for n in 0..10 {
        let body = json!({
            "organization": ORGANIZATION, "email": format!("a{n}@example.com"), "password": PASSWORD,
            "first_name": "Léa", "last_name": "Martin",
        });
        [&first, &second][n % 2].rest().post("/auth/register", &body).await.expect(202);
    }
    let sent = async || {
        let mut sent: BTreeMap<String, usize> = BTreeMap::new();
        for server in [&first, &second] {
            for file in std::fs::read_dir(server.home().join("demo/mail")).into_iter().flatten() {
                let name = file.unwrap().file_name().into_string().unwrap();
                if std::path::Path::new(&name).extension().is_some_and(|kind| kind == "eml") {
                    *sent.entry(name).or_default() += 1;
                }
            }
        }
        sent
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    while sent().await.len() < 10 {
        assert!(Instant::now() < deadline, "letters still wait: {:?}", sent().await);
        sleep(Duration::from_millis(50)).await;
    }
    assert!(sent().await.values().all(|times| *times == 1), "{:?}", sent().await);
}

/// The limits are on as they come out of the box.
#[tokio::test]
async fn three_letters_an_hour_go_to_an_address() {
    let server = Settings { limits: true, ..Settings::over(Store::Sqlite) }.start().await;
    let forgotten = json!({ "organization": ORGANIZATION, "email": "customer@demo.test" });
    for _ in 0..3 {
        server.rest().post("/auth/password/forgot", &forgotten).await.expect(202);
    }
    let refused = server.rest().post("/auth/password/forgot", &forgotten).await;
    assert_eq!(refused.problem(429), "rate_limited");
    let header = |name: &str| refused.headers[name].to_str().unwrap().parse::<u64>().unwrap();
    assert_eq!((header("ratelimit-limit"), header("ratelimit-remaining")), (3, 0));
    assert!((1_000..=1_200).contains(&header("retry-after")), "a third of an hour: {}", header("retry-after"));
}

async fn contact_form(server: &Server, email: &str) -> Value {
    let form = json!({
        "organization": ORGANIZATION, "name": "Léa Martin", "email": email, "subject": "Commande jamais arrivée",
        "description": "Ma commande 1234 devait arriver lundi.",
    });
    server.rest().post("/public/support-requests", &form).await.expect(201)["support_request"].clone()
}

async fn sign_in(server: &Server, email: &str, password: &str) -> Option<Rest> {
    let login = json!({ "organization": ORGANIZATION, "email": email, "password": password });
    let answer = server.rest().post("/auth/login", &login).await;
    (answer.status == 200).then(|| server.rest().with_token(text(&answer.body["access_token"])))
}

/// What follows `before` in the link of the newest mail, once there are so many.
async fn link(server: &Server, before: &str, mails: usize) -> String {
    let page = mail(server, mails, before).await;
    let at = format!("href=\"{}{before}", server.base());
    let (_, after) = page.split_once(&at).expect("the link is in the mail");
    after.split('"').next().unwrap().to_owned()
}

/// The page of the newest mail in the mailbox of the demonstration, once there are so many.
async fn mail(server: &Server, mails: usize, holds: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let list = send(server.rest().request(Method::GET, "~/dev/mailbox")).await.text;
        let found: Vec<&str> = list.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        if found.len() >= mails {
            let page = send(server.rest().request(Method::GET, &format!("~{}", found[0]))).await.text;
            assert!(page.contains(holds), "{page}");
            return page;
        }
        assert!(Instant::now() < deadline, "no mail came: {list}");
        sleep(Duration::from_millis(50)).await;
    }
}
