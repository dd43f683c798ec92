//! What an organisation has Guichet do by itself with its requests.

use async_trait::async_trait;
use kernel::{OrganizationId, PortError};

/// The switches and periods of one organisation. A period that is nothing is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSettings {
    /// New requests are given to the least loaded agent who can take them.
    pub auto_assign: bool,
    /// After how many hours an urgent request without an answer is escalated.
    pub escalation_hours: Option<u32>,
    /// How many days after its resolution a request without activity is closed.
    pub auto_close_days: Option<u32>,
    /// How many days after its last activity a closed request is archived.
    pub archive_days: Option<u32>,
    /// How many years after its closing a request is erased.
    pub retention_years: Option<u32>,
    /// Requesters are asked what they think once their request is closed.
    pub surveys: bool,
}

impl Default for RequestSettings {
    fn default() -> Self {
        Self {
            auto_assign: true,
            escalation_hours: Some(2),
            auto_close_days: Some(7),
            archive_days: Some(90),
            retention_years: Some(3),
            surveys: true,
        }
    }
}

/// Where the settings are kept; each tells the defaults for whatever was not set.
#[async_trait]
pub trait Settings: Send + Sync {
    /// The settings of an organisation. MUST fail with `Corrupt` when there is no such organisation.
    async fn of(&self, organization: OrganizationId) -> Result<RequestSettings, PortError>;

    /// Every organisation with its settings: for tasks that look after all of them.
    async fn all(&self) -> Result<Vec<(OrganizationId, RequestSettings)>, PortError>;
}
