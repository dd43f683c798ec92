//! A database with conversations to write to, made by the real server, which has stopped when it is measured.

use anyhow::{Context, Result};
use chat::{Committed, Hints};
use kernel::{ConversationId, OrganizationId, ParticipantId};
use std::sync::Arc;
use std::time::Duration;
use store_seaorm::{SeaStore, StoreOptions};
use tests::database::Store;
use tests::server::{Server, Settings};

/// Conversations that senders are spread over.
const CONVERSATIONS: usize = 50;

/// Where a sender writes, and as whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) organization: OrganizationId,
    pub(crate) conversation: ConversationId,
    pub(crate) sender: ParticipantId,
}

/// The database; it is deleted with this value.
pub(crate) struct Scene {
    server: Server,
    store: Store,
    pub(crate) places: Vec<Place>,
}

impl Scene {
    /// Makes the database, durable as in production.
    pub(crate) async fn over(store: Store) -> Result<Self> {
        let mut server = Settings { durable: true, ..Settings::over(store) }.start().await;
        let me = server.sign_in("admin").await.rest.get("/auth/me").await.expect(200);
        let organization = id(&me["organization_id"])?;
        let mut places = Vec::new();
        for count in 0..CONVERSATIONS {
            let visitor = server.visitor(&format!("Visitor {count}"), None).await;
            let (conversation, sender) = (visitor.conversation.parse()?, visitor.id.parse()?);
            places.push(Place { organization, conversation, sender });
        }
        server.terminate();
        server.ended(Duration::from_secs(30)).await;
        Ok(Self { server, store, places })
    }

    /// Opens the store on it; `options` may change what is compared.
    pub(crate) async fn open(&self, options: impl FnOnce(&mut StoreOptions)) -> Result<Arc<SeaStore>> {
        let file = || format!("sqlite://{}?mode=rwc", self.server.home().join("demo/guichet.sqlite").display());
        let url = self.server.database().url().unwrap_or_else(file);
        let mut chosen = StoreOptions::new(url, Arc::new(Nobody));
        options(&mut chosen);
        SeaStore::connect(chosen).await.context("the store does not open")
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.store {
            Store::Sqlite => "SQLite",
            Store::Postgres => "PostgreSQL",
        }
    }
}

/// Nobody listens: what is measured is the store.
struct Nobody;

impl Hints for Nobody {
    fn committed(&self, _: &[Committed]) {}
}

fn id<T: std::str::FromStr>(value: &serde_json::Value) -> Result<T> {
    let text = value.as_str().context("no id")?;
    text.parse().map_err(|_| anyhow::anyhow!("{text} is no id"))
}
