//! A PostgreSQL whose history forked: the server does not serve it under the old epochs.

use serde_json::json;
use std::time::Duration;
use tests::database::Store;
use tests::faults::postgres::{self, Stop, cluster_of};
use tests::people::text;
use tests::server::Settings;
use tests::socket::Socket;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_is_not_served_until_its_epochs_are_renewed() {
    let mut settings = Settings::over(Store::Postgres);
    settings.durable = true;
    let mut server = settings.start().await;
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let before = visitor.rest.get(&format!("/conversations/{}", visitor.conversation)).await.expect(200);
    let epoch = text(&before["epoch"]).to_owned();

    server.terminate();
    assert!(server.ended(Duration::from_secs(30)).await.success());
    let cluster = cluster_of(&server);
    postgres::stop(&cluster, Stop::Fast).await;
    postgres::promote(&cluster).await;

    let said = server.refuses_to_restart().await;
    assert!(said.contains("guichet epoch renew"), "{said}");
    assert!(server.refuses_to_restart().await.contains("timeline"), "and it refuses again");

    let told = server.command(&["epoch", "renew"], "").unwrap();
    assert!(told.contains("new epochs"), "{told}");
    server.restart().await;
    let after = visitor.rest.get(&format!("/conversations/{}", visitor.conversation)).await.expect(200);
    assert_ne!(after["epoch"], epoch);

    // Whoever knows the old history is told to forget it, and gets what is stored.
    let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
    let subscribe =
        json!({ "type": "subscribe", "conversation_id": visitor.conversation, "epoch": epoch, "after_seq": 1 });
    socket.send(&subscribe).await;
    assert_eq!(socket.expect("reset").await["reason"], "epoch_changed");
    assert_eq!(socket.expect("message").await["message"]["content"], "Bonjour");
}
