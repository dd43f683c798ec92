//! Those who ask: customers with an account and guests, with how much they asked for.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{Caller, OrganizationId, Page, PageRequest, ParticipantId, PortError, Timestamp};

use crate::SupportRequestError;

/// Somebody who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// A user's id, or a guest's.
    pub id: ParticipantId,
    /// Whether they have no account.
    pub is_guest: bool,
    /// Their name.
    pub name: String,
    /// How they are reached.
    pub email: Option<String>,
    /// How they are reached.
    pub phone: Option<String>,
    /// How many requests they opened, but for those that were deleted.
    pub requests: u64,
    /// How many of those are neither resolved nor closed.
    pub open_requests: u64,
    /// When they last opened one.
    pub last_request_at: Option<Timestamp>,
}

/// Reads of customers.
#[async_trait]
pub trait CustomerViews: Send + Sync {
    /// A page of users of the role customer and of guests, the newest first; with `text`, those whose name, e-mail or
    /// telephone has it as a part, whatever its case (beyond ASCII: as it is written, or in small letters).
    async fn customers(
        &self,
        organization: OrganizationId,
        text: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Customer>, PortError>;

    /// One of them.
    async fn customer(&self, organization: OrganizationId, id: ParticipantId) -> Result<Option<Customer>, PortError>;
}

/// The use cases, for staff.
pub struct Customers {
    views: Arc<dyn CustomerViews>,
}

impl Customers {
    /// Puts it together.
    pub fn new(views: Arc<dyn CustomerViews>) -> Self {
        Self { views }
    }

    /// A page of them.
    ///
    /// # Errors
    /// `NotAllowed` but for staff.
    pub async fn list(
        &self,
        caller: &Caller,
        text: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Customer>, SupportRequestError> {
        let agent = caller.agent()?;
        Ok(self.views.customers(agent.organization(), text, page).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotAllowed` but for staff; `CustomerNotFound`.
    pub async fn view(&self, caller: &Caller, id: ParticipantId) -> Result<Customer, SupportRequestError> {
        let agent = caller.agent()?;
        let found = self.views.customer(agent.organization(), id).await?;
        found.ok_or(SupportRequestError::CustomerNotFound)
    }
}
