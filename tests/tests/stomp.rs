//! `@stomp/stompjs` as it is published, against the real server.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use serde_json::{Value, json};
use tests::database::Store;
use tests::over_both_stores;
use tests::server::Server;
use tests::socket::Socket;
use tests::stomp::StompClient;

over_both_stores!(a_message_goes_both_ways_between_stomp_and_the_native_protocol,);

async fn a_message_goes_both_ways_between_stomp_and_the_native_protocol(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", None).await;
    let agent = server.sign_in("agent").await;
    let room = &visitor.conversation;
    let mut asking = StompClient::connect(&server, visitor.rest.token()).await;
    let mut answering = Socket::connect(&server.socket_url(), agent.rest.token()).await.unwrap();
    answering.subscribe(room, Some(0)).await;
    asking.follow(room, Some(0));

    let receipt = asking.sent(room, "one", "Bonjour").await;
    assert_eq!((&receipt["seq"], &receipt["duplicate"]), (&json!("1"), &json!("false")));
    let seen = answering.message(room, "Bonjour").await;
    assert_eq!((&seen["seq"], &seen["message"]["id"]), (&json!(1), &receipt["message-id"]));
    let own = asking.message("Bonjour").await;
    assert_eq!(own["message"]["seq"], "1", "a STOMP client is shown its own message");
    assert_eq!(own["body"]["client_message_id"], "one");

    let ack = answering.send_message(room, "two", "Bonsoir : à vous").await;
    let told = asking.message("Bonsoir : à vous").await;
    assert_eq!(told["message"]["message-id"], ack["message_id"]);
    assert_eq!(told["message"]["destination"], json!(format!("/topic/conversations/{room}")));
    assert_eq!(told["message"]["content-type"], "application/json");
    assert_eq!(told["body"]["sender"]["type"], "agent");
    assert_eq!(asking.leftovers(), Vec::<Value>::new(), "nothing twice, and nothing else");
}
