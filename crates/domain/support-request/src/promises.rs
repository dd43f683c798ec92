//! What an organisation promises its customers, and how it is changed.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{AuditAction, AuditEntry, Caller, Env, OrganizationId, PortError};

use crate::{BusinessHours, Priority, SlaPolicy, SlaTerms, SupportRequestError, WorkingTime};

/// Where what was set is kept.
#[async_trait]
pub trait PromiseStore: Send + Sync {
    /// What the organisation has set; nothing of what it has left at the defaults.
    async fn promises(&self, organization: OrganizationId) -> Result<Promises, PortError>;

    /// Stores these policies, in the place of those of the same priorities, all or none, with the entry of
    /// the audit log.
    async fn set_policies(
        &self,
        organization: OrganizationId,
        policies: &[(Priority, SlaPolicy)],
        audit: &AuditEntry,
    ) -> Result<(), PortError>;

    /// Stores what the clock counts; nothing: every minute. With the entry of the audit log.
    async fn set_business_hours(
        &self,
        organization: OrganizationId,
        hours: Option<&BusinessHours>,
        audit: &AuditEntry,
    ) -> Result<(), PortError>;
}

/// What an organisation has set.
#[derive(Debug, Clone, PartialEq)]
pub struct Promises {
    /// Its own policies.
    pub policies: Vec<(Priority, SlaPolicy)>,
    /// Its business hours; without them every minute counts.
    pub hours: Option<BusinessHours>,
    /// The organisation's time zone (IANA).
    pub time_zone: String,
}

impl Promises {
    /// With the defaults for all that is not set.
    ///
    /// # Errors
    /// As [`SlaTerms::new`].
    pub fn terms(self) -> Result<SlaTerms, kernel::FieldError> {
        SlaTerms::new(self.policies, self.hours.map_or(WorkingTime::Always, WorkingTime::BusinessHours))
    }
}

/// The settings of deadlines. A change counts for requests that are opened later, and for those whose clock stands
/// still or whose priority changes, from then on; deadlines that were promised already do not move.
pub struct Promising {
    store: Arc<dyn PromiseStore>,
    env: Arc<dyn Env>,
}

impl Promising {
    /// Puts it together.
    pub fn new(store: Arc<dyn PromiseStore>, env: Arc<dyn Env>) -> Self {
        Self { store, env }
    }

    /// What is promised, to staff.
    ///
    /// # Errors
    /// `NotAllowed` for anybody else.
    pub async fn read(&self, caller: &Caller) -> Result<Promises, SupportRequestError> {
        caller.agent()?;
        Ok(self.store.promises(caller.organization()).await?)
    }

    /// Sets policies; those of the priorities that are not named stay as they are.
    ///
    /// # Errors
    /// `NotAllowed` but for admins; `Invalid` as [`SlaTerms::new`].
    pub async fn set_policies(
        &self,
        caller: &Caller,
        policies: &[(Priority, SlaPolicy)],
    ) -> Result<Promises, SupportRequestError> {
        caller.at_least(kernel::Role::Admin)?;
        SlaTerms::new(policies.iter().copied(), WorkingTime::Always)?;
        let priorities: Vec<&str> = policies.iter().map(|(priority, _)| priority.as_str()).collect();
        let audit = self.audit(caller, "sla_policies.changed").with("priorities", priorities);
        self.store.set_policies(caller.organization(), policies, &audit).await?;
        self.read(caller).await
    }

    /// Sets what the clock counts; nothing: every minute.
    ///
    /// # Errors
    /// `NotAllowed` but for admins.
    pub async fn set_business_hours(
        &self,
        caller: &Caller,
        hours: Option<&BusinessHours>,
    ) -> Result<Promises, SupportRequestError> {
        caller.at_least(kernel::Role::Admin)?;
        let audit = self.audit(caller, "business_hours.changed").with("enabled", hours.is_some());
        self.store.set_business_hours(caller.organization(), hours, &audit).await?;
        self.read(caller).await
    }

    fn audit(&self, caller: &Caller, action: AuditAction) -> AuditEntry {
        AuditEntry::by(caller, action, self.env.as_ref()).on("organization", caller.organization().uuid())
    }
}
