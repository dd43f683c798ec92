//! Support requests: transactions and views.

mod conversation;
mod filter;
mod row;
mod tx;
mod views;

use async_trait::async_trait;
use kernel::{OrganizationId, PortError};
use support_request::{RequestStore, RequestTx};

use crate::store::SeaStore;

#[async_trait]
impl RequestStore for SeaStore {
    async fn begin(&self, organization: OrganizationId) -> Result<Box<dyn RequestTx>, PortError> {
        Ok(Box::new(self.transaction(organization).await?))
    }
}
