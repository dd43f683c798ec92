//! The parts list: which adapter fills which port.

use std::{fs, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use chat::{Budgets, Chat, ConversationLog, LogFeed, Sessions};
use crypto_aws_lc::{AwsLcSecrets, Bcrypt, EdDsaTokens, Issuer};
use http_actix::Arrivals;
use identity::{Identity, IdentityParts, Secrets};
use kernel::{Env, SystemEnv, Texts};
use local::{LocalBudgets, Unlimited};
use realtime::{Hub, Limits};
use store_seaorm::{History, SeaStore, StoreOptions};
use support_request::{Desk, Promising, Queues};
use texts_fluent::FluentTexts;
use tokio::sync::Notify;
use ws_actix::{CloseRevoked, TellAvailability};

use crate::{
    activity::Activity,
    api::KnownOrigins,
    around::Around,
    bridges::{AfterCommit, Staff},
    config::Config,
    relay::StatusRelay,
    secret_key,
};

/// Everything that runs in this process.
pub(crate) struct Parts {
    pub(crate) env: Arc<dyn Env>,
    pub(crate) texts: Arc<dyn Texts>,
    pub(crate) store: Arc<SeaStore>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) promising: Arc<Promising>,
    pub(crate) chat: Arc<Chat>,
    /// The live periods of conversations.
    pub(crate) sessions: Arc<Sessions>,
    /// Who waits for an agent.
    pub(crate) queues: Arc<Queues>,
    pub(crate) hub: Arc<Hub>,
    /// Wakes those who wait for messages without a socket.
    pub(crate) arrivals: Arc<Arrivals>,
    /// The sites that may call.
    pub(crate) origins: Arc<KnownOrigins>,
    /// The requests whose conversation has moved since the lists were last told.
    pub(crate) activity: Arc<Activity>,
    /// What happens around conversations here.
    pub(crate) around: Arc<Around>,
    /// Rung after each commit to the log.
    pub(crate) wake: Arc<Notify>,
}

impl Parts {
    /// Puts the parts together over a database whose schema is up to date.
    ///
    /// # Errors
    /// A sentence for whoever started it: the database cannot be reached, its schema is behind,
    /// the key is wrong.
    pub(crate) async fn assemble(config: &Config) -> anyhow::Result<Self> {
        fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("the data folder {} cannot be made", config.data_dir.display()))?;
        let env: Arc<dyn Env> = Arc::new(SystemEnv);
        let texts: Arc<dyn Texts> = Arc::new(FluentTexts::new(&[
            wire::TEXTS,
            realtime::TEXTS,
            identity::TEXTS,
            support_request::TEXTS,
            chat::TEXTS,
        ])?);
        let address_connections = config.limits.address_connections;
        let limits = Limits { address_connections, ..Limits::default() };
        let limits = if config.limits.enabled { limits } else { limits.without_budgets() };
        #[cfg(feature = "faults")]
        let limits = crate::faults::plant(&limits);
        let hub = Arc::new(Hub::new(Arc::clone(&texts), limits));
        let (wake, arrivals, activity) = (Arc::new(Notify::new()), Arc::new(Arrivals::default()), Arc::default());
        let around = Arc::new(Around::default());
        hub.watch(around.clone());
        let told = Arc::new(AfterCommit {
            hub: Arc::clone(&hub),
            arrivals: Arc::clone(&arrivals),
            activity: Arc::clone(&activity),
            around: Arc::clone(&around),
            wake: Arc::clone(&wake),
        });
        let store = open_store(config, told.clone()).await?;

        let key = secret_key::load(config.secret_key.as_ref(), &config.data_dir)?;
        let secrets: Arc<dyn Secrets> = Arc::new(AwsLcSecrets::new(&key)?);
        let identity = Arc::new(Identity::new(IdentityParts {
            env: Arc::clone(&env),
            store: store.clone(),
            views: store.clone(),
            revocations: store.clone(),
            expired: store.clone(),
            keys: store.clone(),
            passwords: Arc::new(Bcrypt::new(config.password_cost, Bcrypt::PERMITS)?),
            tokens: Arc::new(EdDsaTokens::new(issuer(config), Arc::clone(&secrets))),
            secrets,
        }));
        identity
            .prepare()
            .await
            .context("the signing keys cannot be read: is secret_key the one they were made with?")?;
        identity.watch().listen(Arc::new(CloseRevoked::new(Arc::clone(&hub))));
        identity.on_availability(Arc::new(TellAvailability::new(Arc::clone(&hub))));
        let origins = Arc::new(KnownOrigins::default());
        origins.refresh(&identity).await?;

        let people = Arc::new(Staff { users: store.clone() });
        let desk = Desk::new(store.clone(), store.clone(), people, told.clone(), Arc::clone(&env));
        let budgets: Arc<dyn Budgets> =
            if config.limits.enabled { Arc::new(LocalBudgets::new(Arc::clone(&env))) } else { Arc::new(Unlimited) };
        let chat = Chat::new(store.clone(), store.clone(), told, budgets, Arc::clone(&env));
        let timeout = Duration::from_secs(config.chat_timeout_s);
        let sessions = Sessions::new(store.clone(), store.clone(), hub.clone(), Arc::clone(&env), timeout);
        let queues = Arc::new(Queues::new(store.clone(), Arc::clone(&env)));
        let promising = Arc::new(Promising::new(store.clone()));
        let (desk, chat, sessions) = (Arc::new(desk), Arc::new(chat), Arc::new(sessions));
        Ok(Self {
            env,
            texts,
            store,
            identity,
            desk,
            promising,
            chat,
            sessions,
            queues,
            hub,
            arrivals,
            origins,
            activity,
            around,
            wake,
        })
    }

    /// The consumer of the log that lets the status of requests follow their conversations.
    pub(crate) fn status_relay(&self) -> StatusRelay {
        let feed: Arc<dyn LogFeed> = self.store.clone();
        StatusRelay { feed, desk: Arc::clone(&self.desk), wake: Arc::clone(&self.wake) }
    }

    /// The log of conversations.
    pub(crate) fn log(&self) -> Arc<dyn ConversationLog> {
        self.store.clone()
    }
}

/// The issuer that tokens name. Without a public address it is a fixed word, so that tokens outlive a
/// restart on another port.
fn issuer(config: &Config) -> Issuer {
    let address = config.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    Issuer { issuer: address.unwrap_or_else(|| "guichet".to_owned()), audience: "guichet".to_owned() }
}

async fn open_store(config: &Config, hints: Arc<dyn chat::Hints>) -> anyhow::Result<Arc<SeaStore>> {
    let url = config.database();
    let steps = store_seaorm::migrate_status(url.expose()).await.context("the database cannot be reached")?;
    let pending = steps.iter().filter(|step| !step.applied).count();
    if pending > 0 && (config.migrate || pending == steps.len()) {
        store_seaorm::migrate_up(url.expose()).await.context("the database schema cannot be brought up to date")?;
    } else if pending > 0 {
        bail!("the database schema is {pending} steps behind: run `guichet migrate up`, or start with --migrate");
    }
    let history = store_seaorm::recognise_history(url.expose()).await.context("the database cannot be used")?;
    if let History::Other { recorded, found } = history {
        bail!(
            "the database is on another PostgreSQL cluster or timeline ({found}) than its epochs were minted on \
             ({recorded}): messages may be missing that clients have seen. If that is so, or you are not sure, run \
             `guichet epoch renew` with all nodes stopped; clients then start afresh with what is stored"
        );
    }
    SeaStore::connect(StoreOptions::new(url.expose(), hints)).await.context("the database cannot be used")
}
