//! What members of staff know of each other: who looks at what, who is there, who wants to be asked.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{Person, Visitor};
use tests::rest::send;
use tests::server::Server;
use tests::socket::Socket;

over_both_stores!(
    two_agents_on_one_request_see_each_other,
    a_request_that_is_handed_to_another_is_not_looked_at_any_more,
    a_request_of_another_organisation_is_not_there_to_look_at,
    an_availability_reaches_colleagues_visitors_and_the_next_start,
    a_note_reaches_colleagues_and_whom_it_mentions_and_never_the_customer,
);

fn view(support_request: &str, state: &str) -> Value {
    json!({ "type": "view", "support_request_id": support_request, "state": state })
}

fn seen(who: &[(&Person, &str)]) -> Vec<(String, String)> {
    who.iter().map(|(person, state)| (person.id.clone(), (*state).to_owned())).collect()
}

/// Waits until the last word about who looks at the request is this.
async fn shows(socket: &mut Socket, visitor: &Visitor, who: &[(&Person, &str)]) -> Value {
    let wanted = seen(who);
    let is = |frame: &Value| {
        let viewers = frame["viewers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found: Vec<_> = viewers.iter().map(|viewer| (text(&viewer["id"]), text(&viewer["state"]))).collect();
        frame["type"] == "viewers" && frame["support_request_id"] == visitor.support_request.as_str() && found == wanted
    };
    socket.expect_where("who looks at the request", is).await
}

async fn two_agents_on_one_request_see_each_other(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let (agent, chief) = (server.sign_in("agent").await, server.sign_in("supervisor").await);
    let mut here = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    let mut there = Socket::connect(&server.socket_url(), chief.rest.token()).await.unwrap();
    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();

    here.send(&view(&visitor.support_request, "viewing")).await;
    let alone = shows(&mut here, &visitor, &[(&agent, "viewing")]).await;
    assert_eq!(alone["viewers"][0]["name"], here.welcome["user"]["name"]);
    there.send(&view(&visitor.support_request, "viewing")).await;
    shows(&mut there, &visitor, &[(&agent, "viewing"), (&chief, "viewing")]).await;
    shows(&mut here, &visitor, &[(&agent, "viewing"), (&chief, "viewing")]).await;
    there.send(&view(&visitor.support_request, "replying")).await;
    shows(&mut here, &visitor, &[(&agent, "viewing"), (&chief, "replying")]).await;

    let closed = Instant::now();
    there.close().await;
    shows(&mut here, &visitor, &[(&agent, "viewing")]).await;
    assert!(closed.elapsed() < Duration::from_secs(1), "took {:?}", closed.elapsed());

    let mut there = Socket::connect(&server.socket_url(), chief.rest.token()).await.unwrap();
    there.send(&view(&visitor.support_request, "viewing")).await;
    shows(&mut here, &visitor, &[(&agent, "viewing"), (&chief, "viewing")]).await;
    there.reset();
    shows(&mut here, &visitor, &[(&agent, "viewing")]).await;

    assert!(widget.stays_silent(|frame| frame["type"] == "viewers").await, "visitors hear nothing of it");
}

async fn a_request_that_is_handed_to_another_is_not_looked_at_any_more(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let (agent, chief) = (server.sign_in("agent").await, server.sign_in("supervisor").await);
    let mut here = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    let mut there = Socket::connect(&server.socket_url(), chief.rest.token()).await.unwrap();
    there.send(&view(&visitor.support_request, "viewing")).await;
    shows(&mut there, &visitor, &[(&chief, "viewing")]).await;
    here.send(&view(&visitor.support_request, "replying")).await;
    shows(&mut there, &visitor, &[(&chief, "viewing"), (&agent, "replying")]).await;
    shows(&mut here, &visitor, &[(&chief, "viewing"), (&agent, "replying")]).await;

    chief.rest.post(&format!("/support-requests/{}/take", visitor.support_request), &json!({})).await.expect(200);
    shows(&mut there, &visitor, &[(&chief, "viewing")]).await;
    here.send(&view(&visitor.support_request, "viewing")).await;
    assert_eq!(here.expect("error").await["code"], "support_request.not_found");
    there.send(&view(&visitor.support_request, "replying")).await;
    shows(&mut there, &visitor, &[(&chief, "replying")]).await;
    assert!(here.stays_silent(|frame| frame["type"] == "viewers").await, "who sees it no more hears no more of it");
}

async fn a_request_of_another_organisation_is_not_there_to_look_at(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let (agent, stranger) = (server.sign_in("agent").await, server.foreigner("admin").await);
    let mut here = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    let mut elsewhere = Socket::connect(&server.socket_url(), stranger.rest.token()).await.unwrap();
    here.send(&view(&visitor.support_request, "viewing")).await;
    shows(&mut here, &visitor, &[(&agent, "viewing")]).await;
    elsewhere.send(&view(&visitor.support_request, "viewing")).await;
    assert_eq!(elsewhere.expect("error").await["code"], "support_request.not_found");
    assert!(elsewhere.stays_silent(|frame| frame["type"] == "viewers").await);
    assert!(here.stays_silent(|frame| frame["type"] == "viewers").await);
    elsewhere.send(&json!({ "type": "availability", "value": "away" })).await;
    elsewhere.expect_where("one's own word", |frame| frame["type"] == "presence").await;
    assert!(here.stays_silent(|frame| frame["type"] == "presence").await, "organisations hear nothing of each other");
}

async fn an_availability_reaches_colleagues_visitors_and_the_next_start(store: Store) {
    let mut server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let (agent, chief) = (server.sign_in("agent").await, server.sign_in("supervisor").await);
    let there = |server: &Server| {
        let rest = server.rest();
        async move { rest.get("/public/availability?organization=demo").await.expect(200)["online"].clone() }
    };
    assert_eq!(there(&server).await, json!(false), "nobody is connected");
    let mut here = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    assert_eq!(here.welcome["user"]["availability"], "online");
    assert_eq!(there(&server).await, json!(true));
    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    widget.subscribe(&visitor.conversation, Some(0)).await;
    agent.rest.send_message(&visitor.conversation, "a1", "Je regarde").await.expect(201);
    widget.message(&visitor.conversation, "Je regarde").await;
    let mut office = Socket::connect(&server.socket_url(), chief.rest.token()).await.unwrap();
    let change = json!({ "availability": "away" });
    send(chief.rest.request(reqwest::Method::PATCH, "/auth/me").json(&change)).await.expect(200);

    here.send(&json!({ "type": "availability", "value": "away" })).await;
    for socket in [&mut here, &mut office, &mut widget] {
        let told = socket.expect_where("that the agent is away", |frame| {
            frame["type"] == "presence"
                && frame["participant_id"] == agent.id.as_str()
                && frame["availability"] == "away"
        });
        assert_eq!(told.await["online"], json!(true));
    }
    assert_eq!(there(&server).await, json!(false), "connected, but not to be asked");
    let present = chief.rest.get("/presence").await.expect(200);
    let states: Vec<_> = present["items"].as_array().unwrap().iter().map(|one| &one["availability"]).collect();
    assert_eq!(states, ["away", "away"]);

    server.kill();
    server.restart().await;
    let mut here = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    assert_eq!(here.welcome["user"]["availability"], "away");
    assert_eq!(there(&server).await, json!(false));
    here.send(&json!({ "type": "availability", "value": "online" })).await;
    here.expect_where("that one is there again", |frame| {
        frame["type"] == "presence" && frame["participant_id"] == agent.id.as_str()
    })
    .await;
    assert_eq!(there(&server).await, json!(true));
}

async fn a_note_reaches_colleagues_and_whom_it_mentions_and_never_the_customer(store: Store) {
    const SECRET: &str = "canary-note-4417";
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let (agent, chief) = (server.sign_in("agent").await, server.sign_in("supervisor").await);
    let request = format!("/support-requests/{}", visitor.support_request);
    chief.rest.post(&format!("{request}/take"), &json!({})).await.expect(200);
    let mut there = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    let mut office = Socket::connect(&server.socket_url(), chief.rest.token()).await.unwrap();
    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    widget.subscribe(&visitor.conversation, Some(0)).await;
    agent.rest.get(&request).await.problem(404);

    let note = json!({ "content": SECRET, "mentions": [agent.id] });
    let note = chief.rest.post(&format!("{request}/notes"), &note).await.expect(201);
    let joined = there.expect_where("the request that one is asked to help with", |frame| {
        frame["type"] == "support_request" && frame["event"] == "participant_added"
    });
    assert_eq!(joined.await["support_request"]["id"], visitor.support_request.as_str());
    for socket in [&mut there, &mut office] {
        let told = socket.expect("note").await;
        assert_eq!((&told["support_request_id"], &told["note"]), (&json!(visitor.support_request), &note));
    }
    assert_eq!(agent.rest.get(&format!("{request}/notes")).await.expect(200)["items"], json!([note]));
    chief.rest.send_message(&visitor.conversation, "c1", "Nous regardons").await.expect(201);
    let heard = widget.expect_where("the next message", |frame| {
        let text = frame.to_string();
        assert!(!text.contains(SECRET) && !text.contains(&agent.id), "{text}");
        frame["type"] == "message" && frame["message"]["content"] == "Nous regardons"
    });
    heard.await;
    for path in [format!("{request}/timeline"), format!("/conversations/{}", visitor.conversation)] {
        let text = visitor.rest.get(&path).await.expect(200).to_string();
        assert!(!text.contains(SECRET) && !text.contains(&agent.id), "{path}: {text}");
    }

    let path = format!("{request}/participants?user_id={}", agent.id);
    send(chief.rest.request(reqwest::Method::DELETE, &path)).await.expect(204);
    there.expect("resync").await;
    agent.rest.get(&request).await.problem(404);
    chief.rest.post(&format!("{request}/notes"), &json!({ "content": "Entre nous" })).await.expect(201);
    office.expect_where("the second note", |frame| frame["note"]["content"] == "Entre nous").await;
    assert!(there.stays_silent(|frame| frame["type"] == "note").await, "who sees it no more hears no more of it");
}
