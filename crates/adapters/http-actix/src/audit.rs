//! The audit log.

use actix_web::{get, web::Data};
use identity::{AuditFilter, AuditRecord};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, ok},
    checks::Checks,
    extract::{Known, Query},
    lists::{self, AuditPage},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_audit_log);
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditActor {
    id: Uuid,
    #[schema(required, example = "Camille Durand")]
    name: Option<String>,
}

/// What it was done to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditTarget {
    /// `user`, `person`, `support_request`, `organization` …
    #[serde(rename = "type")]
    #[schema(example = "user")]
    kind: String,
    id: Uuid,
    #[schema(required, example = "TICKET-20240115-001")]
    name: Option<String>,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditLogEntry {
    id: Uuid,
    /// Nobody: the operator of the server, or somebody who was not known.
    #[schema(required)]
    actor: Option<AuditActor>,
    #[schema(example = "user.changed")]
    action: String,
    #[schema(required)]
    target: Option<AuditTarget>,
    /// From where, as far as it is known.
    #[schema(required, example = "203.0.113.7")]
    address: Option<String>,
    /// Old and new words, and names of fields; never what somebody wrote.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    details: Value,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<AuditRecord> for AuditLogEntry {
    fn from(record: AuditRecord) -> Self {
        Self {
            id: record.id,
            actor: record.actor.map(|(id, name)| AuditActor { id, name }),
            action: record.action,
            target: record.target.map(|(kind, id, name)| AuditTarget { kind, id, name }),
            address: record.address,
            details: record.details,
            created_at: record.at,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Who did it.
    #[param(value_type = Option<Uuid>)]
    actor: Option<String>,
    /// What was done: an action, or all that begin with it and a dot.
    #[param(example = "user")]
    action: Option<String>,
    /// What it was done to.
    #[param(value_type = Option<Uuid>)]
    target: Option<String>,
    /// Not before.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Before.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
    /// Which page, from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// How many a page holds.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// Who did what to what, from where, the newest first. For administrators.
#[utoipa::path(tag = "privacy", params(AuditQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of it.", body = AuditPage)))]
#[get("/audit-log")]
async fn list_audit_log(api: Data<Api>, Known(caller): Known, Query(query): Query<AuditQuery>) -> Answer {
    let mut checks = Checks::default();
    let page = lists::page(&mut checks, query.page.as_deref(), query.limit.as_deref());
    let filter = AuditFilter {
        actor: checks.parse("actor", "invalid", query.actor.as_deref()),
        action: query.action,
        target: checks.parse("target", "invalid", query.target.as_deref()),
        from: checks.moment("from", query.from.as_deref()),
        to: checks.moment("to", query.to.as_deref()),
    };
    checks.done()?;
    let found = api.auditing.read(&caller, &filter, page).await?;
    ok(&AuditPage::from(found.map(AuditLogEntry::from)))
}
