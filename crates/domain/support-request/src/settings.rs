//! What an organisation has Guichet do by itself with its requests.

use std::{ops::RangeInclusive, sync::Arc};

use async_trait::async_trait;
use kernel::{Caller, FieldError, OrganizationId, PortError, Role};

use crate::SupportRequestError;

/// The switches and periods of one organisation. A period that is nothing is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSettings {
    /// Requests that nobody answers are given to the least loaded agent who can take them.
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
            auto_assign: false,
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

    /// Stores the settings of an organisation, all of them. MUST fail with `Corrupt` when there is no such
    /// organisation.
    async fn set(&self, organization: OrganizationId, settings: &RequestSettings) -> Result<(), PortError>;
}

/// What is to become of the settings; what is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SettingsChange {
    /// See [`RequestSettings::auto_assign`].
    pub auto_assign: Option<bool>,
    /// 1 hour to 30 days; see [`RequestSettings::escalation_hours`].
    pub escalation_hours: Option<Option<u32>>,
    /// 1 to 365; see [`RequestSettings::auto_close_days`].
    pub auto_close_days: Option<Option<u32>>,
    /// 1 to 3 650; see [`RequestSettings::archive_days`].
    pub archive_days: Option<Option<u32>>,
    /// 1 to 100; see [`RequestSettings::retention_years`].
    pub retention_years: Option<Option<u32>>,
    /// See [`RequestSettings::surveys`].
    pub surveys: Option<bool>,
}

impl SettingsChange {
    /// What is wrong with it.
    pub fn check(&self) -> Vec<FieldError> {
        let fits = |value: Option<Option<u32>>, range: RangeInclusive<u32>| {
            value.flatten().is_none_or(|value| range.contains(&value))
        };
        let checked = [
            ("escalation_hours", fits(self.escalation_hours, 1..=720)),
            ("auto_close_days", fits(self.auto_close_days, 1..=365)),
            ("archive_days", fits(self.archive_days, 1..=3_650)),
            ("retention_years", fits(self.retention_years, 1..=100)),
        ];
        let wrong = checked.into_iter().filter(|(_, fits)| !fits);
        wrong.map(|(field, ..)| FieldError::new(field, "out_of_range")).collect()
    }

    fn apply(self, to: RequestSettings) -> RequestSettings {
        RequestSettings {
            auto_assign: self.auto_assign.unwrap_or(to.auto_assign),
            escalation_hours: self.escalation_hours.unwrap_or(to.escalation_hours),
            auto_close_days: self.auto_close_days.unwrap_or(to.auto_close_days),
            archive_days: self.archive_days.unwrap_or(to.archive_days),
            retention_years: self.retention_years.unwrap_or(to.retention_years),
            surveys: self.surveys.unwrap_or(to.surveys),
        }
    }
}

/// The use cases of these settings.
pub struct Automation {
    settings: Arc<dyn Settings>,
}

impl Automation {
    /// Puts it together.
    pub fn new(settings: Arc<dyn Settings>) -> Self {
        Self { settings }
    }

    /// What is set, to staff.
    ///
    /// # Errors
    /// `NotAllowed` for anybody else.
    pub async fn read(&self, caller: &Caller) -> Result<RequestSettings, SupportRequestError> {
        Ok(self.settings.of(caller.agent()?.organization()).await?)
    }

    /// Changes settings, which counts from the next run of each task on.
    ///
    /// # Errors
    /// `NotAllowed` but for admins; `Invalid` for a period out of its range.
    pub async fn change(
        &self,
        caller: &Caller,
        change: SettingsChange,
    ) -> Result<RequestSettings, SupportRequestError> {
        let organization = caller.at_least(Role::Admin)?.organization();
        let wrong = change.check();
        if !wrong.is_empty() {
            return Err(SupportRequestError::Invalid(wrong));
        }
        let before = self.settings.of(organization).await?;
        let after = change.apply(before);
        if after != before {
            self.settings.set(organization, &after).await?;
        }
        Ok(after)
    }
}
