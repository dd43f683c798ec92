//! The HTTP side and the sockets, with what they ask of the process.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use actix_web::web::Data;
use http_actix::{Api, Mailbox, MetricsPage, Origins, Pace, Page, PageSource, Presence, Settings, StaffMember};
use identity::Identity;
use kernel::{OrganizationId, ParticipantId};
use metrics_exporter_prometheus::PrometheusHandle;
use realtime::{Colleague, Hub};
use url::Url;
use web_assets::{Asset, Pages};
use ws_actix::{IdentityGate, Realtime};

use crate::{config::Config, health::HowItIs, wire::Parts};

/// The HTTP side, put together.
pub(crate) fn build(
    config: &Config,
    parts: &Parts,
    base: &Url,
    metrics: &PrometheusHandle,
    mailbox: Option<Arc<dyn Mailbox>>,
) -> Data<Api> {
    let page = config.metrics_token.clone().map(|token| {
        let metrics = metrics.clone();
        MetricsPage { render: Arc::new(move || metrics.render()), token }
    });
    Data::new(Api::new(http_actix::Parts {
        identity: Arc::clone(&parts.identity),
        desk: Arc::clone(&parts.desk),
        promising: Arc::clone(&parts.promising),
        categories: Arc::clone(&parts.categories),
        canned_replies: Arc::clone(&parts.canned_replies),
        saved_views: Arc::clone(&parts.saved_views),
        automation: Arc::clone(&parts.automation),
        routing: Arc::clone(&parts.routing),
        auditing: Arc::clone(&parts.auditing),
        customers: Arc::clone(&parts.customers),
        erasing: Arc::clone(&parts.erasing),
        exporting: Arc::clone(&parts.exporting),
        chat: Arc::clone(&parts.chat),
        uploads: Arc::clone(&parts.uploads),
        sessions: Arc::clone(&parts.sessions),
        queues: Arc::clone(&parts.queues),
        texts: Arc::clone(&parts.texts),
        env: Arc::clone(&parts.env),
        presence: Arc::new(WhoIsThere(Arc::clone(&parts.hub))),
        arrivals: Arc::clone(&parts.arrivals),
        health: Arc::new(HowItIs::new(parts, config)),
        origins: parts.origins.clone(),
        pages: Arc::new(BuiltPages),
        metrics: page,
        pace: pace(config, parts),
        mailbox,
        settings: Settings { public_origin: base.origin().ascii_serialization(), docs: config.docs },
    }))
}

/// How often visitors may call.
fn pace(config: &Config, parts: &Parts) -> Pace {
    let mut pace = Pace::new(Arc::clone(&parts.pace));
    pace.public_creations.count = config.limits.public_creations;
    pace.accounts.count = config.limits.account_attempts;
    pace.logins.count = config.limits.logins;
    pace.letters.count = config.limits.letters;
    pace
}

/// The sockets, put together; its timer runs until the last handle is dropped.
pub(crate) fn realtime(parts: &Parts, base: &Url) -> Arc<Realtime> {
    let node = parts.nodes.as_ref().map(|nodes| nodes.name().to_owned());
    Realtime::start(ws_actix::Parts {
        hub: Arc::clone(&parts.hub),
        chat: Arc::clone(&parts.chat),
        gate: Arc::new(IdentityGate::new(Arc::clone(&parts.identity))),
        sight: parts.desk.clone(),
        origins: parts.origins.clone(),
        env: Arc::clone(&parts.env),
        runtime: tokio::runtime::Handle::current(),
        settings: ws_actix::Settings { public_origin: Some(base.origin().ascii_serialization()), node },
    })
}

struct WhoIsThere(Arc<Hub>);

impl Presence for WhoIsThere {
    fn is_online(&self, _: OrganizationId, participant: ParticipantId) -> bool {
        realtime::Presence::is_online(self.0.as_ref(), participant)
    }

    fn staff_online(&self, organization: OrganizationId) -> Vec<StaffMember> {
        let member =
            |Colleague { id, name, role, availability }: Colleague| StaffMember { id, name, role, availability };
        self.0.staff_online(organization).into_iter().map(member).collect()
    }
}

struct BuiltPages;

impl PageSource for BuiltPages {
    fn are_built(&self) -> bool {
        Pages::built()
    }

    fn page(&self, path: &str) -> Option<Page> {
        let Asset { bytes, brotli, gzip, mime, etag, immutable } = Pages::get(path)?;
        Some(Page { bytes, brotli, gzip, mime, etag, immutable })
    }
}

/// The sites that may call, kept in memory and read again every few seconds.
#[derive(Default)]
pub(crate) struct KnownOrigins {
    by_organization: RwLock<HashMap<OrganizationId, HashSet<String>>>,
}

impl KnownOrigins {
    /// Reads them again.
    ///
    /// # Errors
    /// When the database does not answer; the ones known before stay.
    pub(crate) async fn refresh(&self, identity: &Identity) -> anyhow::Result<()> {
        let now = identity.organizations().await?;
        let now = now
            .into_iter()
            .map(|one| (one.id, one.allowed_origins.iter().map(|origin| origin.as_str().to_owned()).collect()))
            .collect();
        *self.by_organization.write().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }
}

impl Origins for KnownOrigins {
    fn allows(&self, organization: Option<OrganizationId>, origin: &str) -> bool {
        let known = self.by_organization.read().unwrap_or_else(PoisonError::into_inner);
        match organization {
            Some(organization) => known.get(&organization).is_some_and(|origins| origins.contains(origin)),
            None => known.values().any(|origins| origins.contains(origin)),
        }
    }
}

impl ws_actix::Origins for KnownOrigins {
    fn allows(&self, origin: &str, organization: Option<OrganizationId>) -> bool {
        Origins::allows(self, organization, origin)
    }
}
