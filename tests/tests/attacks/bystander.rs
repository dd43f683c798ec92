//! Somebody who must not notice an attack, and what it must not leave behind.

use crate::stored::snapshot;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::people::{Person, Visitor};
use tests::server::{Server, Settings};
use tests::socket::Socket;

/// What the rules of the house say of every case: nobody else notices, nothing is stored, nothing breaks.
pub(crate) struct Bystander {
    admin: Person,
    pub(crate) visitor: Visitor,
    socket: Socket,
    /// Of another organisation.
    foreigner: Person,
    foreign: Socket,
    before: Value,
}

impl Bystander {
    /// A visitor with an open conversation, and somebody of another organisation, both connected.
    pub(crate) async fn at(server: &Server) -> Self {
        let visitor = server.visitor("Berthe", Some("Bonjour")).await;
        let mut socket = Socket::connect(&server.socket_url(), visitor.rest.token()).await.unwrap();
        socket.subscribe(&visitor.conversation, Some(0)).await;
        let foreigner = server.foreigner("admin").await;
        let foreign = Socket::connect(&server.socket_url(), foreigner.rest.token()).await.unwrap();
        let admin = server.sign_in("admin").await;
        // The status of a fresh request follows its first message soon after; what is compared is compared then.
        let mut before = snapshot(&admin, &visitor).await;
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let again = snapshot(&admin, &visitor).await;
            if again == before {
                break;
            }
            before = again;
        }
        Self { admin, visitor, socket, foreigner, foreign, before }
    }

    /// Whether the bystander is served within two seconds, now.
    pub(crate) async fn is_served(&mut self) {
        let since = Instant::now();
        for socket in [&mut self.socket, &mut self.foreign] {
            socket.send(&json!({ "type": "ping" })).await;
            socket.expect("pong").await;
        }
        let took = since.elapsed();
        assert!(took < Duration::from_secs(2), "a bystander waited {took:?}");
    }

    /// After the attack: both are served on the sockets they had, nothing more is stored, nothing has broken.
    pub(crate) async fn saw_nothing(mut self, server: &Server) {
        self.is_served().await;
        assert_eq!(snapshot(&self.admin, &self.visitor).await, self.before, "the attack left something behind");
        let theirs = self.foreigner.rest.get("/support-requests?limit=100").await.expect(200);
        assert_eq!(theirs["items"], json!([]), "the attack left something with others");
        server.is_sound();
    }
}

/// What the log says of the inside.
pub(crate) trait Sound {
    /// Fails when something panicked.
    fn is_sound(&self);
}

impl Sound for Server {
    fn is_sound(&self) {
        let log = self.log();
        assert!(!log.contains("panicked"), "something panicked:\n{log}");
    }
}

/// A server that keeps its limits, as in production.
pub(crate) fn limited(settings: Settings) -> Settings {
    Settings { limits: true, ..settings }
}
