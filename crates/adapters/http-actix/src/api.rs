//! What the handlers work with.

use std::sync::Arc;

use async_trait::async_trait;
use chat::{Chat, Sessions, Uploads};
use identity::{Auditing, Identity};
use kernel::{Availability, Env, OrganizationId, ParticipantId, Role, Secret, Texts, Timestamp, UserId};
use privacy::{Erasing, Exporting};
use support_request::{
    Automation, CannedReplies, Categories, Customers, Desk, Promising, Queues, RoutingRules, SavedViews,
};

use crate::{Arrivals, Mailbox, Pace, PageSource, routes::RouteTable};

/// What the HTTP side is put together from.
pub struct Parts {
    /// Who somebody is.
    pub identity: Arc<Identity>,
    /// Support requests.
    pub desk: Arc<Desk>,
    /// What is promised: deadlines and business hours.
    pub promising: Arc<Promising>,
    /// The words that requests are sorted by.
    pub categories: Arc<Categories>,
    /// What agents write often.
    pub canned_replies: Arc<CannedReplies>,
    /// What agents look at often.
    pub saved_views: Arc<SavedViews>,
    /// What Guichet does by itself with requests.
    pub automation: Arc<Automation>,
    /// Who is given what by itself.
    pub routing: Arc<RoutingRules>,
    /// The audit log.
    pub auditing: Arc<Auditing>,
    /// Those who ask.
    pub customers: Arc<Customers>,
    /// Erasure and retention.
    pub erasing: Arc<Erasing>,
    /// Export.
    pub exporting: Arc<Exporting>,
    /// Conversations.
    pub chat: Arc<Chat>,
    /// Their files.
    pub uploads: Arc<Uploads>,
    /// Their live periods.
    pub sessions: Arc<Sessions>,
    /// Who waits for an agent.
    pub queues: Arc<Queues>,
    /// The texts of codes: those of `wire` and of every domain.
    pub texts: Arc<dyn Texts>,
    /// The clock and the source of ids.
    pub env: Arc<dyn Env>,
    /// Who is there.
    pub presence: Arc<dyn Presence>,
    /// Wakes those who wait for messages; to be told of each committed entry as `chat::Hints`.
    pub arrivals: Arc<Arrivals>,
    /// How the parts of the server are.
    pub health: Arc<dyn Health>,
    /// Which sites may call.
    pub origins: Arc<dyn Origins>,
    /// The built browser pages.
    pub pages: Arc<dyn PageSource>,
    /// The figures in Prometheus form, where they are served here.
    pub metrics: Option<MetricsPage>,
    /// How often somebody may call who is not known yet.
    pub pace: Pace,
    /// The mails of a demonstration, where they are shown.
    pub mailbox: Option<Arc<dyn Mailbox>>,
    /// How it is reached.
    pub settings: Settings,
}

/// How the server is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The origin of our own pages, as a browser writes it, e.g. `https://help.example.com`.
    pub public_origin: String,
    /// Whether `/api/docs`, the OpenAPI and the AsyncAPI document are served.
    pub docs: bool,
}

impl Settings {
    /// Whether browsers reach us by TLS: cookies are then bound to it, and browsers told to stay with it.
    pub fn is_secure(&self) -> bool {
        self.public_origin.starts_with("https://")
    }
}

/// The figures of the process in Prometheus form.
#[derive(Clone)]
pub struct MetricsPage {
    /// Writes them.
    pub render: Arc<dyn Fn() -> String + Send + Sync>,
    /// The bearer token that reading them takes.
    pub token: Secret,
}

/// Who is there: at least one connection of theirs is open, on any node.
pub trait Presence: Send + Sync {
    /// Whether a participant is.
    fn is_online(&self, organization: OrganizationId, participant: ParticipantId) -> bool;
    /// The members of staff who are, each once, in no particular order.
    fn staff_online(&self, organization: OrganizationId) -> Vec<StaffMember>;
}

/// A member of staff who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Who.
    pub id: UserId,
    /// First and last name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they want to be asked.
    pub availability: Availability,
}

/// How the parts of the server are.
#[async_trait]
pub trait Health: Send + Sync {
    /// Looks at each part. MUST answer within 5 seconds. The database is named `database`.
    async fn look(&self) -> Vec<Part>;
}

/// How one part of the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Whether it works.
    pub works: bool,
    /// Whether the server does its work only with it; without another part it does it worse.
    pub needed: bool,
    /// How long it took to find out, in milliseconds.
    pub took_ms: u64,
}

/// Which sites may call, apart from our own pages. Asked on every call: to be answered from memory.
pub trait Origins: Send + Sync {
    /// Whether pages of this origin may call in the name of an organisation; without one, of any.
    fn allows(&self, organization: Option<OrganizationId>, origin: &str) -> bool;
}

/// The state shared by all handlers.
pub struct Api {
    parts: Parts,
    pub(crate) routes: RouteTable,
    pub(crate) document: String,
}

impl Api {
    /// Puts the HTTP side together.
    pub fn new(parts: Parts) -> Self {
        let document = crate::document();
        Self { parts, routes: RouteTable::of(&document), document: document.to_json().unwrap_or_default() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.parts.env.now()
    }
}

impl std::ops::Deref for Api {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}
