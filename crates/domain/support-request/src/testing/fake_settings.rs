//! Settings in memory.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use kernel::{AuditEntry, OrganizationId, PortError};

use crate::{RequestSettings, Settings};

/// The settings that were put in.
#[derive(Debug, Default)]
pub struct FakeSettings(Mutex<BTreeMap<OrganizationId, RequestSettings>>);

impl FakeSettings {
    /// Puts an organisation's settings in, in the place of those it had.
    pub fn set(&self, organization: OrganizationId, settings: RequestSettings) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(organization, settings);
    }
}

#[async_trait]
impl Settings for FakeSettings {
    async fn of(&self, organization: OrganizationId) -> Result<RequestSettings, PortError> {
        let settings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        settings.get(&organization).copied().ok_or_else(|| PortError::corrupt("no such organisation"))
    }

    async fn all(&self) -> Result<Vec<(OrganizationId, RequestSettings)>, PortError> {
        let settings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(settings.iter().map(|(organization, settings)| (*organization, *settings)).collect())
    }

    async fn set(
        &self,
        organization: OrganizationId,
        changed: &RequestSettings,
        _: &AuditEntry,
    ) -> Result<(), PortError> {
        Self::set(self, organization, *changed);
        Ok(())
    }
}
