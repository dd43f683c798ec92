//! Looking at requests, and being there, over real sockets.

use serde_json::{Value, json};

use crate::server::Node;

fn view(node: &Node, state: &str) -> Value {
    json!({"type": "view", "support_request_id": node.thread.support_request, "state": state})
}

#[actix_web::test]
async fn who_closes_the_tab_is_not_seen_any_more() {
    let node = Node::start();
    let agent = node.agent.participant().to_string();
    let (mut here, mut tab) = (node.client("agent").await, node.client("agent").await);
    here.send(view(&node, "viewing")).await;
    let first = here.next().await;
    assert_eq!((&first["type"], &first["viewers"][0]["state"]), (&json!("viewers"), &json!("viewing")));
    tab.send(view(&node, "replying")).await;
    let both = here.next().await;
    assert_eq!(
        both["viewers"],
        json!([{"id": agent, "name": "user 512", "state": "replying"}]),
        "a person counts once"
    );
    assert_eq!(tab.next().await["viewers"], both["viewers"], "told at once to the one who begins");
    tab.close().await;
    assert_eq!(here.next().await["viewers"][0]["state"], "viewing");
    node.stop().await;
}

#[actix_web::test]
async fn customers_neither_look_at_requests_nor_have_an_availability() {
    let node = Node::start();
    let mut client = node.client("customer").await;
    for frame in [view(&node, "viewing"), json!({"type": "availability", "value": "away"})] {
        client.send(frame).await;
        let refused = client.next().await;
        assert_eq!((&refused["type"], &refused["code"]), (&json!("error"), &json!("forbidden")));
    }
    node.stop().await;
}

#[actix_web::test]
async fn an_availability_is_stored_and_comes_with_the_next_welcome() {
    let node = Node::start();
    let mut client = node.client("agent").await;
    client.send(json!({"type": "availability", "value": "away"})).await;
    loop {
        // It is stored beside the frames that follow; the token presented again tells when.
        client.send(json!({"type": "authenticate", "token": "agent"})).await;
        let welcome = client.next().await;
        assert_eq!(welcome["type"], "welcome");
        if welcome["user"]["availability"] == "away" {
            break;
        }
    }
    node.stop().await;
}
