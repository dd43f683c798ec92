//! What is to be done by the clock.

use kernel::{OrganizationId, PortError, SupportRequestId, Timestamp};
use support_request::Due;

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore, tx::SeaTx};

pub(super) async fn due(
    store: &SeaStore,
    organization: OrganizationId,
    due: Due,
    limit: u32,
) -> Result<Vec<SupportRequestId>, PortError> {
    let rows = store.app(organization).await.all(due_sql(organization, due, limit)).await?;
    rows.iter().map(|row| row.uuid("id").map(SupportRequestId::new)).collect()
}

/// The words stand in the statement, because only then a partial index is known to fit. A message counts from when it
/// was stored, though lists notice it a little later.
pub(super) fn due_sql(organization: OrganizationId, due: Due, limit: u32) -> Sql {
    let quiet = "AND r.active_at < $2 AND NOT EXISTS (SELECT 1 FROM conversation c
                   WHERE c.organization_id = r.organization_id AND c.support_request_id = r.id
                   AND c.last_message_at >= $2)";
    let there = "r.deleted_at IS NULL";
    let (condition, order, at) = match due {
        Due::Escalation { opened_before } => (
            format!(
                "{there} AND r.priority = 'urgent' AND r.first_response_at IS NULL AND r.escalated_at IS NULL
                 AND r.closed_at IS NULL AND r.status IN ('open', 'assigned', 'in_progress') AND r.created_at < $2"
            ),
            "created_at",
            opened_before,
        ),
        Due::Closing { quiet_since } => {
            (format!("{there} AND r.status = 'resolved' {quiet}"), "active_at", quiet_since)
        }
        Due::Archiving { quiet_since } => {
            (format!("{there} AND r.status = 'closed' AND r.archived_at IS NULL {quiet}"), "active_at", quiet_since)
        }
        Due::Waking { until } => {
            (format!("{there} AND r.snoozed_until IS NOT NULL AND r.snoozed_until <= $2"), "snoozed_until", until)
        }
        Due::Survey { closed_after } => (
            format!(
                "{there} AND r.status = 'closed' AND r.surveyed_at IS NULL AND r.rating IS NULL
                 AND r.merged_into IS NULL AND r.closed_at >= $2"
            ),
            "closed_at",
            closed_after,
        ),
        Due::Purging { deleted_before } => {
            ("r.deleted_at IS NOT NULL AND r.deleted_at < $2".to_owned(), "deleted_at", deleted_before)
        }
    };
    let sql = format!(
        "SELECT r.id FROM support_request r WHERE r.organization_id = $1 AND {condition}
         ORDER BY r.{order}, r.id LIMIT $3"
    );
    Sql::new(sql).uuid(organization.uuid()).time(at).int(limit.into())
}

pub(super) async fn last_activity(tx: &mut SeaTx, id: SupportRequestId) -> Result<Option<Timestamp>, PortError> {
    let sql = "SELECT {greatest}(r.active_at, coalesce(c.last_message_at, r.active_at)) AS at
               FROM support_request r
               JOIN conversation c ON c.organization_id = r.organization_id AND c.support_request_id = r.id
               WHERE r.organization_id = $1 AND r.id = $2";
    let row = tx.one(Sql::new(sql).uuid(tx.organization.uuid()).uuid(id.uuid())).await?;
    row.map(|row| row.time("at")).transpose()
}
