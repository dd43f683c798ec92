//! Live chats: waiting, being taken, being live, and the end, over both stores; and what is unread meanwhile.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use serde_json::{Value, json};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{Visitor, number, text};
use tests::rest::Rest;
use tests::server::{Server, Settings};
use tests::socket::Socket;

over_both_stores!(
    a_chat_waits_is_taken_is_live_and_is_ended,
    a_chat_in_which_nobody_writes_times_out_once,
    a_killed_server_opens_and_ends_nothing_twice,
    what_is_unread_is_the_same_in_every_view,
);

async fn a_chat_waits_is_taken_is_live_and_is_ended(store: Store) {
    let server = Server::over(store).await;
    let agent = server.sign_in("agent").await;
    let before = waiting(&server).await;
    let first = server.visitor("Ana Diaz", Some("Ma batterie est vide")).await;
    let visitor = server.visitor("Bob Roy", Some("Ma roue est voilée")).await;
    let room = &visitor.conversation;
    assert_eq!(waiting(&server).await, before + 2);

    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    widget.subscribe(room, Some(0)).await;
    let opened = event(&mut widget, room, "session_opened").await;
    assert_eq!(
        (&opened["status"], &opened["first_seq"], &opened["last_seq"]),
        (&json!("active"), &json!(1), &json!(1))
    );
    assert_eq!(place(&mut widget, room).await["position"], json!(before + 2));
    assert!(sessions(&visitor.rest, &first.conversation).await.is_none(), "another's");

    take(&agent.rest, &first).await;
    assert_eq!(place(&mut widget, room).await["position"], json!(before + 1));
    take(&agent.rest, &visitor).await;
    assert_eq!(place(&mut widget, room).await["position"], json!(0), "somebody is there");
    let availability = server.rest().get("/public/availability?organization=demo").await.expect(200);
    assert!(availability["queue"]["estimated_wait_s"].is_u64(), "measured by now: {availability}");

    let mut console = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    console.subscribe(room, Some(0)).await;
    assert_eq!(event(&mut console, room, "session_opened").await["id"], opened["id"]);
    agent.rest.post(&format!("/conversations/{room}/read"), &json!({ "seq": 1 })).await.expect(200);
    let joined = event(&mut widget, room, "participant_joined").await;
    assert_eq!((&joined["id"], &joined["type"]), (&json!(agent.id), &json!("agent")));
    agent.rest.send_message(room, "a1", "Je regarde.").await.expect(201);
    let active = &sessions(&visitor.rest, room).await.unwrap()[0];
    assert_eq!((&active["id"], &active["last_seq"]), (&opened["id"], &json!(2)), "each side prolongs it");

    let end = format!("/conversations/{room}/end");
    let ended = agent.rest.post(&end, &json!({})).await.expect(200);
    assert_eq!((&ended["id"], &ended["status"]), (&opened["id"], &json!("closed")));
    for socket in [&mut widget, &mut console] {
        let told = event(socket, room, "session_closed").await;
        assert_eq!((&told, &told["ended_by"]), (&ended, &json!(agent.id)));
    }
    assert_eq!(visitor.rest.post(&end, &json!({})).await.expect(200), ended, "the same again");
    assert!(widget.stays_silent(|frame| is_event(frame, room, "session_closed")).await);
    first.rest.post(&end, &json!({})).await.problem(404);

    // Coming back is told how it stands; only writing makes it live again.
    let mut again = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    again.subscribe(room, Some(2)).await;
    assert_eq!(event(&mut again, room, "session_closed").await, ended);
    again.send_message(room, "v2", "Encore une question").await;
    let second = event(&mut again, room, "session_opened").await;
    assert_ne!(second["id"], opened["id"]);
    assert_eq!(second["first_seq"], json!(3));
    let all = sessions(&agent.rest, room).await.unwrap();
    assert_eq!(all.iter().map(|one| &one["status"]).collect::<Vec<_>>(), [&json!("active"), &json!("closed")]);

    agent.rest.post(&format!("/support-requests/{}/close", visitor.support_request), &json!({})).await.expect(200);
    let closed = event(&mut again, room, "session_closed").await;
    assert_eq!((&closed["id"], &closed["ended_by"]), (&second["id"], &Value::Null), "it ends with its request");
}

async fn a_chat_in_which_nobody_writes_times_out_once(store: Store) {
    let mut server = Settings::over(store).with("GUICHET_CHAT_TIMEOUT_S", "2").start().await;
    let visitor = server.visitor("Ana Diaz", None).await;
    let room = &visitor.conversation;
    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    widget.subscribe(room, Some(0)).await;
    let opened = event(&mut widget, room, "session_opened").await;
    let ended = event(&mut widget, room, "session_timeout").await;
    assert_eq!((&ended["id"], &ended["ended_by"], &ended["first_seq"]), (&opened["id"], &Value::Null, &Value::Null));
    let end = visitor.rest.post(&format!("/conversations/{room}/end"), &json!({})).await;
    assert_eq!(end.problem(409), "chat.no_active_session");
    server.kill();
    server.restart().await;
    assert_eq!(sessions(&visitor.rest, room).await.unwrap(), std::slice::from_ref(&ended));
    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    widget.subscribe(room, Some(0)).await;
    assert_eq!(event(&mut widget, room, "session_timeout").await, ended);
    widget.send_message(room, "v1", "Me revoilà").await;
    let second = event(&mut widget, room, "session_opened").await;
    assert_eq!((&second["first_seq"], second["id"] == opened["id"]), (&json!(1), false));
}

async fn a_killed_server_opens_and_ends_nothing_twice(store: Store) {
    let mut server = Settings { durable: true, ..Settings::over(store) }.start().await;
    let visitor = server.visitor("Ana Diaz", Some("Bonjour")).await;
    let room = &visitor.conversation;
    let mut opened = Value::Null;
    for round in 0..3 {
        let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
        widget.subscribe(room, Some(0)).await;
        let told = event(&mut widget, room, "session_opened").await;
        assert!(round == 0 || told["id"] == opened["id"], "{told}");
        opened = told;
        // Killed while what follows from the message may be under way.
        widget.send_message(room, &format!("v{round}"), "Toujours là ?").await;
        server.kill();
        server.restart().await;
    }
    assert_eq!(sessions(&visitor.rest, room).await.unwrap().len(), 1);
    let end = format!("/conversations/{room}/end");
    let ended = visitor.rest.post(&end, &json!({})).await.expect(200);
    server.kill();
    server.restart().await;
    assert_eq!(visitor.rest.post(&end, &json!({})).await.expect(200), ended);
    let mut widget = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    widget.subscribe(room, Some(0)).await;
    assert_eq!(event(&mut widget, room, "session_closed").await, ended);
    // What was written before the end opens nothing, however often somebody comes back.
    place(&mut widget, room).await;
    assert!(widget.stays_silent(|frame| is_event(frame, room, "session_opened")).await);
    assert_eq!(sessions(&visitor.rest, room).await.unwrap(), [ended]);
}

async fn what_is_unread_is_the_same_in_every_view(store: Store) {
    let server = Server::over(store).await;
    let (agent, supervisor) = (server.sign_in("agent").await, server.sign_in("supervisor").await);
    let visitor = server.visitor("Ana Diaz", Some("un")).await;
    let (room, request) = (&visitor.conversation, &visitor.support_request);
    let mut console = Socket::connect(&server.socket_url(), supervisor.rest.token()).await.unwrap();
    let mut told = async |count: i64| {
        let wanted = |frame: &Value| {
            frame["support_request"]["id"] == request.as_str()
                && frame["support_request"]["unread_count"] == json!(count)
        };
        console.expect_where("the count of staff", wanted).await
    };
    let own = async |rest: &Rest| {
        let alone = rest.get(&format!("/conversations/{room}/unread-count")).await.expect(200);
        let whole = rest.get(&format!("/conversations/{room}")).await.expect(200);
        assert_eq!(alone["unread_count"], whole["unread_count"]);
        number(&whole["unread_count"])
    };
    let shared = async || {
        let conversation = agent.rest.get(&format!("/conversations/{room}")).await.expect(200);
        let request = agent.rest.get(&format!("/support-requests/{request}")).await.expect(200);
        assert_eq!(conversation["unread_staff"], request["unread_count"]);
        number(&conversation["unread_staff"])
    };

    visitor.rest.send_message(room, "v2", "deux").await.expect(201);
    told(2).await;
    assert_eq!((own(&agent.rest).await, own(&supervisor.rest).await, own(&visitor.rest).await), (2, 2, 0));
    assert_eq!(shared().await, 2);

    // One agent reads for all of staff, and for themselves only.
    agent.rest.post(&format!("/conversations/{room}/read"), &json!({ "seq": 2 })).await.expect(200);
    told(0).await;
    assert_eq!((own(&agent.rest).await, own(&supervisor.rest).await, shared().await), (0, 2, 0));

    agent.rest.send_message(room, "a1", "trois").await.expect(201);
    assert_eq!((own(&agent.rest).await, own(&supervisor.rest).await, own(&visitor.rest).await), (0, 3, 1));
    visitor.rest.send_message(room, "v3", "quatre").await.expect(201);
    told(1).await;
    let resolved = agent.rest.post(&format!("/support-requests/{request}/resolve"), &json!({})).await.expect(200);
    assert_eq!(resolved["unread_count"], json!(1), "what was not read is not read by resolving");
    assert_eq!(told(1).await["support_request"]["id"], json!(request));
    assert_eq!((shared().await, own(&visitor.rest).await), (1, 1));
    visitor.rest.post(&format!("/conversations/{room}/read"), &json!({ "seq": 4 })).await.expect(200);
    assert_eq!((shared().await, own(&visitor.rest).await), (1, 0));
    let last = agent.rest.get(&format!("/conversations/{room}/messages?limit=1")).await.expect(200);
    agent.rest.post(&format!("/conversations/{room}/read"), &json!({ "seq": last["last_seq"] })).await.expect(200);
    told(0).await;
    assert_eq!((shared().await, own(&agent.rest).await), (0, 0));
}

/// The data of the next such event of that conversation.
async fn event(socket: &mut Socket, room: &str, event: &str) -> Value {
    socket.expect_where(event, |frame| is_event(frame, room, event)).await["data"].clone()
}

fn is_event(frame: &Value, room: &str, event: &str) -> bool {
    frame["type"] == "conversation" && frame["conversation_id"] == room && frame["event"] == event
}

async fn place(socket: &mut Socket, room: &str) -> Value {
    event(socket, room, "queue_position").await
}

async fn take(agent: &Rest, visitor: &Visitor) {
    let taken =
        agent.post(&format!("/support-requests/{}/take", visitor.support_request), &json!({})).await.expect(200);
    assert_eq!(text(&taken["status"]), "assigned");
}

/// Its sessions, newest first; nothing when it is not seen.
async fn sessions(rest: &Rest, room: &str) -> Option<Vec<Value>> {
    let answer = rest.get(&format!("/conversations/{room}/sessions")).await;
    if answer.status == 404 {
        return None;
    }
    let page = answer.expect(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!(page["total"], json!(items.len()));
    Some(items.clone())
}

/// How many wait.
async fn waiting(server: &Server) -> i64 {
    let availability = server.rest().get("/public/availability?organization=demo").await.expect(200);
    number(&availability["queue"]["waiting"])
}
