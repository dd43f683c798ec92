//! A plain WebSocket client, written from the description of the native protocol, against the real server.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::HashSet;
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{number, text};
use tests::server::Server;
use tests::socket::{Read, Socket, contents, send_frame, seqs};
use uuid::Uuid;

over_both_stores!(
    a_message_is_acked_to_its_sender_and_shown_to_the_other,
    the_sender_gets_the_ack_in_the_place_of_the_message,
    a_client_resumes_from_its_position,
    a_fresh_subscription_gives_the_last_fifty_messages,
    a_position_of_another_history_or_of_the_future_is_reset,
    fifty_parallel_retries_make_one_message,
    one_connection_s_sends_keep_their_order,
    the_same_id_with_another_content_is_refused,
    a_stranger_may_neither_subscribe_nor_send_nor_read,
    a_renewed_token_keeps_the_connection,
    whoever_does_not_authenticate_hears_nothing,
);

async fn a_message_is_acked_to_its_sender_and_shown_to_the_other(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let mut asking = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    let mut answering = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    assert_eq!(asking.welcome["user"]["id"], json!(visitor.id));
    assert_eq!(answering.welcome["user"]["role"], "agent");
    let (subscribed, entries) = answering.subscribe(&visitor.conversation, Some(0)).await;
    assert_eq!((number(&subscribed["last_seq"]), entries.len()), (0, 0));
    asking.subscribe(&visitor.conversation, Some(0)).await;

    let ack = asking.send_message(&visitor.conversation, "one", "Bonjour").await;
    assert_eq!((&ack["seq"], &ack["duplicate"], &ack["ref"]), (&json!(1), &json!(false), &json!("one")));
    let seen = answering.message(&visitor.conversation, "Bonjour").await;
    assert_eq!(seen["seq"], json!(1));
    assert_eq!(seen["message"]["id"], ack["message_id"]);
    assert_eq!(seen["message"]["sender"]["type"], "customer");
    assert_eq!(
        seen["message"].get("client_message_id").unwrap_or(&Value::Null),
        &Value::Null,
        "it is the sender's own"
    );

    let stored = agent.rest.all_messages(&visitor.conversation).await;
    assert_eq!(stored.len(), 1);
    assert_eq!((&stored[0]["id"], &stored[0]["content"]), (&ack["message_id"], &json!("Bonjour")));
}

async fn the_sender_gets_the_ack_in_the_place_of_the_message(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let mut first = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    let mut second = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    first.subscribe(&visitor.conversation, Some(0)).await;
    second.subscribe(&visitor.conversation, Some(0)).await;
    first.send_message(&visitor.conversation, "one", "d'ici").await;
    let other = second.message(&visitor.conversation, "d'ici").await;
    assert_eq!(other["message"]["client_message_id"], "one", "the sender's other tab knows its own id");
    second.send_message(&visitor.conversation, "two", "de là").await;
    assert_eq!(first.message(&visitor.conversation, "de là").await["seq"], json!(2));
    let own = |frame: &Value| frame["type"] == "message" && frame["message"]["content"] == "d'ici";
    assert!(first.stays_silent(own).await, "the sending connection gets no message for its own send");
}

async fn a_client_resumes_from_its_position(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let url = server.socket_url();
    let mut socket = Socket::connect(&url, visitor.rest.token()).await.unwrap();
    socket.subscribe(&visitor.conversation, Some(0)).await;
    socket.send_message(&visitor.conversation, "one", "un").await;
    socket.send_message(&visitor.conversation, "two", "deux").await;
    socket.close().await;
    for (id, content) in [("a", "trois"), ("b", "quatre"), ("c", "cinq")] {
        agent.rest.send_message(&visitor.conversation, id, content).await.expect(201);
    }
    for after in 0..=5 {
        let mut again = Socket::connect(&url, visitor.rest.token()).await.unwrap();
        let (subscribed, entries) = again.subscribe(&visitor.conversation, Some(after)).await;
        assert_eq!(subscribed["last_seq"], json!(5));
        assert_eq!(seqs(&entries), (after + 1..=5).collect::<Vec<_>>(), "after {after}");
        again.close().await;
    }
    let mut again = Socket::connect(&url, visitor.rest.token()).await.unwrap();
    let (_, entries) = again.subscribe(&visitor.conversation, Some(2)).await;
    assert_eq!(contents(&entries), ["trois", "quatre", "cinq"]);
    agent.rest.send_message(&visitor.conversation, "d", "six").await.expect(201);
    let next = again.expect("message").await;
    assert_eq!(
        (&next["seq"], &next["message"]["content"]),
        (&json!(6), &json!("six")),
        "no hole, no repeat at the seam"
    );
}

async fn a_fresh_subscription_gives_the_last_fifty_messages(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    for count in 1..=60 {
        socket.send_message(&visitor.conversation, &format!("m{count}"), &format!("message {count}")).await;
    }
    let (subscribed, entries) = socket.subscribe(&visitor.conversation, None).await;
    assert_eq!(subscribed["last_seq"], json!(60));
    assert_eq!(seqs(&entries), (11..=60).collect::<Vec<_>>());
    let me =
        subscribed["participants"].as_array().unwrap().iter().find(|one| one["id"] == visitor.id.as_str()).unwrap();
    assert_eq!(me["online"], json!(true));
    assert!(me["read_seq"].is_i64() && me["delivered_seq"].is_i64());
}

async fn a_position_of_another_history_or_of_the_future_is_reset(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    for (epoch, after, reason) in [(None, 9, "ahead"), (Some(Uuid::now_v7().to_string()), 1, "epoch_changed")] {
        let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
        let epoch = epoch.map_or_else(|| socket.welcome["epoch"].clone(), |other| json!(other));
        let frame =
            json!({ "type": "subscribe", "conversation_id": visitor.conversation, "epoch": epoch, "after_seq": after });
        socket.send(&frame).await;
        let reset = socket.expect("reset").await;
        assert_eq!((text(&reset["reason"]), &reset["conversation_id"]), (reason, &json!(visitor.conversation)));
    }
}

async fn fifty_parallel_retries_make_one_message(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap());
    }
    let conversation = &visitor.conversation;
    let over_sockets = sockets.into_iter().map(|mut socket| async move {
        for _ in 0..5 {
            socket.send(&send_frame(conversation, "once", "une seule fois")).await;
        }
        let mut acks = Vec::new();
        for _ in 0..5 {
            acks.push(socket.expect("ack").await);
        }
        acks
    });
    let over_rest = (0..25).map(|_| async {
        let answer = visitor.rest.send_message(conversation, "once", "une seule fois").await;
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
        let duplicate = answer.status == 200;
        assert_eq!(answer.body["duplicate"], json!(duplicate));
        json!({ "message_id": answer.body["message"]["id"], "seq": answer.body["message"]["seq"], "duplicate": duplicate })
    });
    let (acks, answers) = tokio::join!(join_all(over_sockets), join_all(over_rest));
    let all: Vec<Value> = acks.into_iter().flatten().chain(answers).collect();

    assert_eq!(all.len(), 50);
    assert_eq!(all.iter().filter(|answer| answer["duplicate"] == json!(true)).count(), 49);
    let ids: HashSet<&str> = all.iter().map(|answer| text(&answer["message_id"])).collect();
    let places: HashSet<i64> = all.iter().map(|answer| number(&answer["seq"])).collect();
    assert_eq!((ids.len(), places), (1, HashSet::from([1])));
    assert_eq!(visitor.rest.all_messages(conversation).await.len(), 1);
}

async fn one_connection_s_sends_keep_their_order(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    for count in 1..=100 {
        socket.send(&send_frame(&visitor.conversation, &format!("m{count}"), &format!("message {count}"))).await;
    }
    for count in 1..=100 {
        let ack = socket.expect("ack").await;
        assert_eq!((&ack["client_message_id"], &ack["seq"]), (&json!(format!("m{count}")), &json!(count)));
    }
}

async fn the_same_id_with_another_content_is_refused(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    socket.send_message(&visitor.conversation, "one", "Bonjour").await;
    let nack = socket.refused_message(&visitor.conversation, "one", "Bonsoir").await;
    assert_eq!((text(&nack["code"]), &nack["retry"]), ("idempotency_mismatch", &json!(false)));
    let answer = visitor.rest.send_message(&visitor.conversation, "one", "Bonsoir").await;
    assert_eq!(answer.problem(422), "idempotency_mismatch");
    // The id is the person's own: another person may use the same.
    agent.rest.send_message(&visitor.conversation, "one", "Bonsoir").await.expect(201);
    let stored = agent.rest.all_messages(&visitor.conversation).await;
    assert_eq!(stored.iter().map(|message| text(&message["content"])).collect::<Vec<_>>(), ["Bonjour", "Bonsoir"]);
}

async fn a_stranger_may_neither_subscribe_nor_send_nor_read(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("secret")).await;
    let strangers = [
        server.visitor("Bob", None).await.rest,
        server.sign_in("customer").await.rest,
        server.foreigner("admin").await.rest,
    ];
    let nowhere = Uuid::now_v7().to_string();
    for stranger in strangers {
        let mut refusals = Vec::new();
        for conversation in [&visitor.conversation, &nowhere] {
            let mut socket = Socket::connect(&server.socket_url(), stranger.token()).await.unwrap();
            let mut said = Vec::new();
            for frame in [
                json!({ "type": "subscribe", "ref": "r", "conversation_id": conversation }),
                json!({ "type": "send", "ref": "r", "conversation_id": conversation, "client_message_id": "x", "content": "?" }),
            ] {
                socket.send(&frame).await;
                let refusal = |frame: &Value| frame["ref"] == "r" || frame["type"] == "reset";
                said.push(socket.expect_where("a refusal", refusal).await);
            }
            for frame in [
                json!({ "type": "typing", "conversation_id": conversation, "is_typing": true }),
                json!({ "type": "read", "conversation_id": conversation, "seq": 1 }),
                json!({ "type": "delivered", "conversation_id": conversation, "seq": 1 }),
            ] {
                socket.send(&frame).await;
            }
            let leaks = |frame: &Value| frame.to_string().contains("secret") || frame["type"] == "live";
            assert!(socket.stays_silent(leaks).await);
            assert_eq!((text(&said[0]["type"]), text(&said[0]["reason"])), ("reset", "forbidden"));
            assert_eq!((text(&said[1]["type"]), &said[1]["retry"]), ("nack", &json!(false)));
            for path in ["", "/messages", "/unread-count"] {
                let answer = stranger.get(&format!("/conversations/{conversation}{path}")).await;
                said.push(json!([answer.problem(404), answer.body["title"], answer.body["detail"]]));
            }
            let answer = stranger.send_message(conversation, "x", "?").await;
            said.push(json!(answer.problem(404)));
            refusals.push(json!(said).to_string().replace(conversation.as_str(), "…"));
        }
        assert_eq!(refusals[0], refusals[1], "another's looks like what does not exist");
    }
    assert_eq!(visitor.rest.all_messages(&visitor.conversation).await.len(), 1);
    let conversation = visitor.rest.get(&format!("/conversations/{}", visitor.conversation)).await.expect(200);
    let participants = conversation["participants"].as_array().unwrap();
    assert!(participants.iter().all(|one| one["id"] == visitor.id.as_str()), "a stranger left a mark: {conversation}");
}

async fn a_renewed_token_keeps_the_connection(store: Store) {
    let server = Server::over(store).await;
    let agent = server.sign_in("agent").await;
    let visitor = server.visitor("Ana", None).await;
    let mut socket = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    socket.subscribe(&visitor.conversation, Some(0)).await;
    let fresh = server.sign_in("agent").await;
    socket.send(&json!({ "type": "authenticate", "token": fresh.rest.token() })).await;
    assert_eq!(socket.expect("welcome").await["user"]["id"], json!(agent.id));
    visitor.rest.send_message(&visitor.conversation, "one", "Toujours là ?").await.expect(201);
    socket.message(&visitor.conversation, "Toujours là ?").await;
    // Another person's token does not turn one person's connection into the other's.
    socket.send(&json!({ "type": "authenticate", "token": visitor.rest.token() })).await;
    assert_eq!(socket.closed().await, 4001);
}

async fn whoever_does_not_authenticate_hears_nothing(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("secret")).await;
    let garbled = format!("{}x", visitor.rest.token());
    for first in [
        json!({ "type": "authenticate", "token": "gst_nobody" }),
        json!({ "type": "authenticate", "token": garbled }),
        json!({ "type": "authenticate", "token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0." }),
        json!({ "type": "subscribe", "conversation_id": visitor.conversation }),
        send_frame(&visitor.conversation, "x", "?"),
    ] {
        let mut socket = Socket::open(&server.socket_url()).await.unwrap();
        socket.send(&first).await;
        loop {
            match socket.read().await.unwrap() {
                Read::Closed(code) => break assert_eq!(code, 4001, "{first}"),
                Read::Frame(frame) => assert_eq!(frame["type"], "error", "{first}"),
            }
        }
    }
    assert_eq!(visitor.rest.all_messages(&visitor.conversation).await.len(), 1);
}
