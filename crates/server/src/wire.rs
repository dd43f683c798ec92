//! The parts list: which adapter fills which port.

use std::{fs, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use chat::{Budgets, Chat, ConversationLog, Files, LogFeed, Scanner, Sessions, UploadLimits, Uploads};
use clamd::Clamd;
use crypto_aws_lc::{AwsLcSecrets, Bcrypt, EdDsaTokens, Issuer, SecretKey};
use http_actix::Arrivals;
use identity::{Auditing, Identity, IdentityParts, Secrets};
use kernel::{Env, SystemEnv, Texts};
use local::{LocalBudgets, Unlimited};
use privacy::{Erasing, Exporting};
use realtime::{Hub, Limits};
use store_seaorm::{History, SeaStore, StoreOptions};
use support_request::{
    Automation, CannedReplies, Categories, Customers, Desk, Promising, Queues, RoutingRules, SavedViews,
};
use texts_fluent::FluentTexts;
use tokio::sync::Notify;
use ws_actix::{CloseRevoked, TellAvailability};

use crate::{
    activity::Activity,
    api::KnownOrigins,
    around::Around,
    assigning::Assigning,
    bridges::{AfterCommit, Staff},
    config::Config,
    files, forgetting,
    nodes::{Ear, Nodes, SayRevoked},
    relay::StatusRelay,
    secret_key,
};

/// Everything that runs in this process.
pub(crate) struct Parts {
    pub(crate) env: Arc<dyn Env>,
    pub(crate) texts: Arc<dyn Texts>,
    pub(crate) store: Arc<SeaStore>,
    pub(crate) identity: Arc<Identity>,
    /// What seals what is kept.
    pub(crate) secrets: Arc<dyn Secrets>,
    /// How often visitors call, counted.
    pub(crate) pace: Arc<dyn Budgets>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) promising: Arc<Promising>,
    pub(crate) categories: Arc<Categories>,
    pub(crate) canned_replies: Arc<CannedReplies>,
    pub(crate) saved_views: Arc<SavedViews>,
    /// What Guichet does by itself with requests.
    pub(crate) automation: Arc<Automation>,
    /// The rules of who is given what.
    pub(crate) routing: Arc<RoutingRules>,
    /// Rung where somebody may have a place, or a request nobody.
    pub(crate) assigning: Arc<Assigning>,
    /// The audit log.
    pub(crate) auditing: Arc<Auditing>,
    /// Those who ask.
    pub(crate) customers: Arc<Customers>,
    /// Erasure and retention.
    pub(crate) erasing: Arc<Erasing>,
    /// Export.
    pub(crate) exporting: Arc<Exporting>,
    pub(crate) chat: Arc<Chat>,
    /// The files of conversations.
    pub(crate) uploads: Arc<Uploads>,
    /// Their bytes.
    pub(crate) files: Arc<dyn Files>,
    /// The name of the installation, which is also that of their owner.
    pub(crate) installation: String,
    /// What looks into them, if anything does.
    pub(crate) clamd: Option<Arc<Clamd>>,
    /// Rung when files were deleted with their message.
    pub(crate) deleted: Arc<Notify>,
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
    /// The other nodes; nothing where this one is alone.
    pub(crate) nodes: Option<Arc<Nodes>>,
    /// What happens after a commit, here or there.
    told: Arc<AfterCommit>,
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
        let known =
            [wire::TEXTS, realtime::TEXTS, identity::TEXTS, support_request::TEXTS, chat::TEXTS, privacy::TEXTS];
        let texts: Arc<dyn Texts> = Arc::new(FluentTexts::new(&known)?);
        let hub = Arc::new(Hub::new(Arc::clone(&texts), limits(config)));
        let (wake, arrivals, activity) = (Arc::new(Notify::new()), Arc::new(Arrivals::default()), Arc::default());
        let around = Arc::new(Around::default());
        let assigning = Arc::new(Assigning::default());
        let deleted = Arc::new(Notify::new());
        hub.watch(around.clone());
        let told = Arc::new(AfterCommit {
            hub: Arc::clone(&hub),
            arrivals: Arc::clone(&arrivals),
            activity: Arc::clone(&activity),
            around: Arc::clone(&around),
            assigning: Arc::clone(&assigning),
            wake: Arc::clone(&wake),
            deleted: Arc::clone(&deleted),
        });
        let store = open_store(config, told.clone()).await?;

        let key = secret_key::load(config.secret_key.as_ref(), &config.data_dir)?;
        let secrets: Arc<dyn Secrets> = Arc::new(AwsLcSecrets::new(&key)?);
        let installation = installation(&key, secrets.as_ref());
        let nodes = Nodes::join(config, &installation, files::are_local(config)?, &hub)?;
        let identity = Arc::new(identity(config, &env, &store, Arc::clone(&secrets))?);
        identity
            .prepare()
            .await
            .context("the signing keys cannot be read: is secret_key the one they were made with?")?;
        identity.watch().listen(Arc::new(CloseRevoked::new(Arc::clone(&hub))));
        if nodes.is_some() {
            identity.watch().listen(Arc::new(SayRevoked(Arc::clone(&hub))));
        }
        identity.on_availability(Arc::new(TellAvailability::new(Arc::clone(&hub))));
        identity.on_availability(assigning.clone());
        let origins = Arc::new(KnownOrigins::default());
        origins.refresh(&identity).await?;

        let people = Arc::new(Staff { users: store.clone() });
        let desk = Desk::new(store.clone(), store.clone(), people.clone(), told.clone(), Arc::clone(&env));
        let send_budgets = budgets(config, &env, nodes.as_deref(), &installation);
        let chat = Chat::new(store.clone(), store.clone(), told.clone(), send_budgets, Arc::clone(&env));
        let files = files::open(config)?;
        let clamd = files::scanner(config)?;
        let scanner = clamd.clone().map(|clamd| clamd as Arc<dyn Scanner>);
        let upload_budgets = budgets(config, &env, nodes.as_deref(), &format!("{installation}:uploads"));
        let pace = budgets(config, &env, nodes.as_deref(), &format!("{installation}:pace"));
        let (known, limits) = (store.clone(), upload_limits(config));
        let uploads =
            Uploads::new(known, files.clone(), scanner, store.clone(), upload_budgets, Arc::clone(&env), limits);
        let timeout = Duration::from_secs(config.chat_timeout_s);
        let sessions = Sessions::new(store.clone(), store.clone(), hub.clone(), Arc::clone(&env), timeout);
        let queues = Arc::new(Queues::new(store.clone(), Arc::clone(&env)));
        let (desk, chat, sessions) = (Arc::new(desk), Arc::new(chat), Arc::new(sessions));
        let uploads = Arc::new(uploads);
        Ok(Self {
            promising: Arc::new(Promising::new(store.clone(), Arc::clone(&env))),
            automation: Arc::new(Automation::new(store.clone(), Arc::clone(&env))),
            canned_replies: Arc::new(CannedReplies::new(store.clone(), store.clone(), Arc::clone(&env))),
            categories: Arc::new(Categories::new(store.clone(), Arc::clone(&env))),
            saved_views: Arc::new(SavedViews::new(store.clone(), Arc::clone(&env))),
            routing: Arc::new(RoutingRules::new(store.clone(), people, Arc::clone(&env))),
            auditing: Arc::new(Auditing::new(store.clone())),
            customers: Arc::new(Customers::new(store.clone())),
            erasing: Arc::new(erasing(config, &env, &store, &identity, &uploads, &desk)),
            exporting: Arc::new(Exporting::new(store.clone(), store.clone(), Arc::clone(&env))),
            env,
            texts,
            store,
            identity,
            secrets,
            pace,
            desk,
            assigning,
            chat,
            uploads,
            files,
            installation,
            clamd,
            deleted,
            sessions,
            queues,
            hub,
            arrivals,
            origins,
            activity,
            around,
            wake,
            nodes,
            told,
        })
    }

    /// The consumer of the log that lets the status of requests follow their conversations.
    pub(crate) fn status_relay(&self) -> StatusRelay {
        let feed: Arc<dyn LogFeed> = self.store.clone();
        StatusRelay { feed, desk: Arc::clone(&self.desk), wake: Arc::clone(&self.wake) }
    }

    /// What hearing other nodes needs.
    pub(crate) fn ear(&self) -> Ear {
        Ear { after: Arc::clone(&self.told), store: Arc::clone(&self.store) }
    }

    /// The log of conversations.
    pub(crate) fn log(&self) -> Arc<dyn ConversationLog> {
        self.store.clone()
    }
}

/// The bounds of the real-time side.
fn limits(config: &Config) -> Limits {
    let address_connections = config.limits.address_connections;
    let limits = Limits { address_connections, ..Limits::default() };
    let limits = if config.limits.enabled { limits } else { limits.without_budgets() };
    #[cfg(feature = "faults")]
    let limits = crate::faults::plant(&limits);
    limits
}

/// Who somebody is.
fn identity(
    config: &Config,
    env: &Arc<dyn Env>,
    store: &Arc<SeaStore>,
    secrets: Arc<dyn Secrets>,
) -> anyhow::Result<Identity> {
    Ok(Identity::new(IdentityParts {
        env: Arc::clone(env),
        store: store.clone(),
        views: store.clone(),
        revocations: store.clone(),
        expired: store.clone(),
        keys: store.clone(),
        passwords: Arc::new(Bcrypt::new(config.password_cost, Bcrypt::PERMITS)?),
        tokens: Arc::new(EdDsaTokens::new(issuer(config), Arc::clone(&secrets))),
        secrets,
    }))
}

/// A name for all nodes that share a secret key, and for nobody else; says nothing of the key.
fn installation(key: &SecretKey, secrets: &dyn Secrets) -> String {
    let name = secrets.hash(&format!("installation {}", key.to_text().expose()));
    name.as_str().chars().take(16).collect()
}

/// Budgets of this name: those that nodes share, this node's own, or none.
fn budgets(config: &Config, env: &Arc<dyn Env>, nodes: Option<&Nodes>, name: &str) -> Arc<dyn Budgets> {
    if !config.limits.enabled {
        return Arc::new(Unlimited);
    }
    let own = Arc::new(LocalBudgets::new(Arc::clone(env)));
    match nodes {
        Some(nodes) => nodes.budgets(name, own),
        None => own,
    }
}

fn upload_limits(config: &Config) -> UploadLimits {
    let limits = UploadLimits { file_bytes: config.max_attachment_mb << 20, ..UploadLimits::default() };
    if config.limits.enabled { limits } else { limits.without_quotas() }
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

/// Erasure, and all that it takes back with a person.
fn erasing(
    config: &Config,
    env: &Arc<dyn Env>,
    store: &Arc<SeaStore>,
    identity: &Arc<Identity>,
    uploads: &Arc<Uploads>,
    desk: &Arc<Desk>,
) -> Erasing {
    Erasing::new(
        store.clone(),
        Arc::new(forgetting::Closing(Arc::clone(identity))),
        Arc::new(forgetting::Deleting { log: store.clone() }),
        Arc::new(forgetting::Removing(Arc::clone(uploads))),
        Arc::new(forgetting::Unsending(crate::letters::folder(config))),
        Arc::new(forgetting::Telling(Arc::clone(desk))),
        store.clone(),
        Arc::clone(env),
    )
}
