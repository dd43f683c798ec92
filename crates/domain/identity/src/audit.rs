//! Reading the audit log. What is written into it is written by the use cases themselves.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{Caller, OrganizationId, Page, PageRequest, PortError, Role, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::IdentityError;

/// Which entries; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this actor.
    pub actor: Option<Uuid>,
    /// This action, or all whose name begins with it and a dot.
    pub action: Option<String>,
    /// Done to this.
    pub target: Option<Uuid>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// An entry as it is read, with the names of now.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    /// Its id.
    pub id: Uuid,
    /// Who; without a name, where nobody has that id any more.
    pub actor: Option<(Uuid, Option<String>)>,
    /// What was done.
    pub action: String,
    /// To what: kind, id, and how it is called.
    pub target: Option<(String, Uuid, Option<String>)>,
    /// From where.
    pub address: Option<String>,
    /// More.
    pub details: Value,
    /// When.
    pub at: Timestamp,
}

/// Reads of the audit log.
#[async_trait]
pub trait AuditViews: Send + Sync {
    /// A page, newest first.
    async fn audit_log(
        &self,
        organization: OrganizationId,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditRecord>, PortError>;
}

/// The use case of reading it.
pub struct Auditing {
    views: Arc<dyn AuditViews>,
}

impl Auditing {
    /// Puts it together.
    pub fn new(views: Arc<dyn AuditViews>) -> Self {
        Self { views }
    }

    /// A page of the log, newest first.
    ///
    /// # Errors
    /// `NotAllowed` but for administrators.
    pub async fn read(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditRecord>, IdentityError> {
        let admin = caller.at_least(Role::Admin)?;
        Ok(self.views.audit_log(admin.organization(), filter, page).await?)
    }
}
