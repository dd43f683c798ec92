//! Files of conversations, from one end to the other, over both stores.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use serde_json::{Value, json};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::text;
use tests::server::Server;
use tests::socket::Socket;
use tests::upload::{Form, PIXEL};

over_both_stores!(
    a_file_goes_with_a_message_and_is_read_by_the_other_side,
    files_can_be_sent_in_one_call,
    a_file_goes_with_its_message_only,
);

/// The bytes behind an address, with their headers.
async fn fetch(url: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    client.get(url).send().await.unwrap()
}

/// An address of the server, as a client of this test reaches it.
fn here(server: &Server, url: &str) -> String {
    let at = url.find("/api/").unwrap();
    format!("{}{}", server.base(), &url[at..])
}

async fn a_file_goes_with_a_message_and_is_read_by_the_other_side(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana Diaz", Some("Voici une photo")).await;
    let agent = server.sign_in("agent").await;
    let room = &visitor.conversation;
    let mut console = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    console.subscribe(room, Some(0)).await;

    let kept = visitor.rest.upload(room, "", Form::default().file("../photo n° 1.png", PIXEL)).await.expect(201);
    let file = &kept["items"][0];
    assert_eq!((&file["file_name"], &file["mime_type"]), (&json!("photo n° 1.png"), &json!("image/png")));
    assert_eq!((&file["status"], &file["size"]), (&json!("ready"), &json!(PIXEL.len())));
    assert_eq!((&file["message_id"], &file["uploaded_by"]), (&Value::Null, &json!(visitor.id)));
    let id = text(&file["id"]);
    agent.rest.get(&format!("/attachments/{id}")).await.problem(404);
    let own = visitor.rest.get(&format!("/conversations/{room}/attachments")).await.expect(200);
    assert_eq!(own["items"][0]["id"], id);

    widget
        .send(&json!({"type": "send", "conversation_id": room, "client_message_id": "photo", "content": "",
                      "attachment_ids": [id]}))
        .await;
    let ack = widget.expect("ack").await;
    let told =
        console.expect_where("the photo", |frame| frame["type"] == "message" && frame["seq"] == ack["seq"]).await;
    assert_eq!((&told["message"]["type"], &told["message"]["content"]), (&json!("image"), &json!("")));
    let mut bound = file.clone();
    bound["message_id"] = ack["message_id"].clone();
    assert_eq!(told["message"]["attachments"], json!([bound]));
    let path = format!("/conversations/{room}/messages/{}", text(&ack["message_id"]));
    assert_eq!(agent.rest.get(&path).await.expect(200)["attachments"], json!([bound]));
    let of_message = format!("/conversations/{room}/attachments?message_id={}", text(&ack["message_id"]));
    assert_eq!(agent.rest.get(&of_message).await.expect(200)["items"], json!([bound]));

    let link = agent.rest.get(&format!("/attachments/{id}/link")).await.expect(200);
    let answer = fetch(&here(&server, text(&link["url"]))).await;
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-disposition").starts_with("attachment; "), "{}", header("content-disposition"));
    assert!(header("content-disposition").contains("filename*=UTF-8''photo%20n%C2%B0%201.png"));
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(answer.bytes().await.unwrap(), PIXEL);
    let shown = agent.rest.get(&format!("/attachments/{id}/link?inline=true")).await.expect(200);
    let shown = fetch(&here(&server, text(&shown["url"]))).await;
    assert!(shown.headers()["content-disposition"].to_str().unwrap().starts_with("inline; "));
    let forged = here(&server, text(&link["url"])).replace("expires=", "expires=9");
    assert_eq!(fetch(&forged).await.status(), 404);
    let inline = here(&server, text(&link["url"])) + "&inline=true";
    assert_eq!(fetch(&inline).await.status(), 404, "how it is shown is signed too");
}

async fn files_can_be_sent_in_one_call(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana Diaz", Some("Bonjour")).await;
    let room = &visitor.conversation;
    let form = || {
        let named = Form::default().text("client_message_id", "files").text("content", "Voici");
        named.file("a.txt", b"un").file("b.csv", b"a;b\n1;2\n")
    };
    let sent = visitor.rest.upload(room, "?send=true", form()).await.expect(201);
    let message = &sent["message"];
    assert_eq!((&message["type"], &message["content"]), (&json!("file"), &json!("Voici")));
    assert_eq!(message["attachments"], sent["items"]);
    assert_eq!(sent["items"][1]["mime_type"], "text/csv");
    assert_eq!(sent["items"][0]["message_id"], message["id"]);
    let again = visitor.rest.upload(room, "?send=true", form()).await.expect(200);
    assert_eq!(again, sent);
    let other = Form::default().text("client_message_id", "files").file("a.txt", b"deux").file("b.csv", b"a;b\n1;2\n");
    assert_eq!(visitor.rest.upload(room, "?send=true", other).await.problem(422), "idempotency_mismatch");
    let all = visitor.rest.get(&format!("/conversations/{room}/attachments")).await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 2, "nothing more was kept");
    assert_eq!(visitor.rest.all_messages(room).await.len(), 2);
}

async fn a_file_goes_with_its_message_only(store: Store) {
    let server = Server::over(store).await;
    let (visitor, other) = (server.visitor("Ana Diaz", Some("A")).await, server.visitor("Bo Li", Some("B")).await);
    let room = &visitor.conversation;
    let (mine, theirs) = (
        visitor.rest.uploaded(room, "a.txt", b"mine").await,
        other.rest.uploaded(&other.conversation, "b.txt", b"theirs").await,
    );
    let post = |name: &str, ids: Value| {
        let body = json!({"client_message_id": name, "content": "x", "attachment_ids": ids});
        let (rest, path) = (visitor.rest.clone(), format!("/conversations/{room}/messages"));
        async move { rest.post(&path, &body).await }
    };
    assert_eq!(post("a", json!([theirs])).await.problem(422), "chat.attachment_unusable");
    assert_eq!(post("a", json!([mine, mine])).await.problem(422), "invalid");
    let sent = post("a", json!([mine])).await.expect(201);
    assert_eq!(post("b", json!([mine])).await.problem(422), "chat.attachment_unusable");
    assert_eq!(visitor.rest.delete(&format!("/attachments/{mine}")).await.problem(409), "chat.attachment_bound");
    visitor.rest.get(&format!("/attachments/{theirs}/link")).await.problem(404);
    let link = visitor.rest.get(&format!("/attachments/{mine}/link")).await.expect(200);
    let url = here(&server, text(&link["url"]));
    assert_eq!(fetch(&url).await.status(), 200);
    let message = format!("/conversations/{room}/messages/{}", text(&sent["message"]["id"]));
    assert_eq!(visitor.rest.delete(&message).await.expect(200)["message"]["attachments"], json!([]));
    assert_eq!(fetch(&url).await.status(), 404, "the address leads nowhere any more");
    visitor.rest.get(&format!("/attachments/{mine}")).await.problem(404);
    let again = post("a", json!([mine])).await.expect(200);
    assert_eq!((&again["duplicate"], &again["message"]["content"]), (&json!(true), &Value::Null));
    let removed = visitor.rest.uploaded(room, "c.txt", b"unbound").await;
    visitor.rest.delete(&format!("/attachments/{removed}")).await.expect(204);
    visitor.rest.get(&format!("/attachments/{removed}")).await.problem(404);
}
