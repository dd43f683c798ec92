//! Support requests: transactions and views.

mod activity;
mod clock;
mod conversation;
mod filter;
#[cfg(test)]
mod plans;
mod promises;
mod purging;
mod queue;
pub(crate) mod row;
mod tx;
mod views;

use async_trait::async_trait;
use kernel::{OrganizationId, PortError, SupportRequestId, Timestamp};
use support_request::{Activity, Due, RequestStore, RequestTx};

use crate::store::SeaStore;

#[async_trait]
impl RequestStore for SeaStore {
    async fn begin(&self, organization: OrganizationId) -> Result<Box<dyn RequestTx>, PortError> {
        Ok(Box::new(self.transaction(organization).await?))
    }

    async fn note_activity(&self, activity: &[Activity]) -> Result<(), PortError> {
        activity::note(self, activity).await
    }

    async fn deadlines_passed(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(OrganizationId, SupportRequestId)>, PortError> {
        promises::passed(self, now, limit).await
    }

    async fn due(
        &self,
        organization: OrganizationId,
        due: Due,
        limit: u32,
    ) -> Result<Vec<SupportRequestId>, PortError> {
        clock::due(self, organization, due, limit).await
    }
}
