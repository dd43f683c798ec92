//! What organisations promise, in memory.

use async_trait::async_trait;
use kernel::{AuditEntry, OrganizationId, PortError};

use super::{FakeStore, State};
use crate::{BusinessHours, Priority, PromiseStore, Promises, SlaPolicy};

impl State {
    pub(super) fn promises(&self, organization: OrganizationId) -> Option<Promises> {
        let (_, time_zone) = self.organizations.get(&organization)?;
        let policies = self.policies.iter().filter(|((of, _), _)| *of == organization);
        Some(Promises {
            policies: policies.map(|((_, priority), policy)| (*priority, *policy)).collect(),
            hours: self.hours.get(&organization).cloned(),
            time_zone: time_zone.clone(),
        })
    }
}

#[async_trait]
impl PromiseStore for FakeStore {
    async fn promises(&self, organization: OrganizationId) -> Result<Promises, PortError> {
        self.state().promises(organization).ok_or_else(|| PortError::corrupt("no such organisation"))
    }

    async fn set_policies(
        &self,
        organization: OrganizationId,
        policies: &[(Priority, SlaPolicy)],
        audit: &AuditEntry,
    ) -> Result<(), PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        state.audit.push(audit.clone());
        state.policies.extend(policies.iter().map(|(priority, policy)| ((organization, *priority), *policy)));
        Ok(())
    }

    async fn set_business_hours(
        &self,
        organization: OrganizationId,
        hours: Option<&BusinessHours>,
        audit: &AuditEntry,
    ) -> Result<(), PortError> {
        let _held = self.turn.take().await;
        self.state().audit.push(audit.clone());
        match hours {
            Some(hours) => drop(self.state().hours.insert(organization, hours.clone())),
            None => drop(self.state().hours.remove(&organization)),
        }
        Ok(())
    }
}
