//! The queue of chats that nobody has taken yet.

use std::time::Duration;

use async_trait::async_trait;
use kernel::{ConversationId, OrganizationId, ParticipantId, PortError, Timestamp};
use support_request::{QueueViews, Waiting};

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore};

#[async_trait]
impl QueueViews for SeaStore {
    async fn waiting(&self, organization: OrganizationId) -> Result<Vec<Waiting>, PortError> {
        let rows = self.app(organization).await.all(waiting(organization)).await?;
        let one = |row: &sea_orm::QueryResult| {
            Ok(Waiting {
                conversation: ConversationId::new(row.uuid("conversation_id")?),
                requester: ParticipantId::new(row.uuid("requester_id")?),
            })
        };
        rows.iter().map(one).collect()
    }

    async fn waits(
        &self,
        organization: OrganizationId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Duration>, PortError> {
        let rows = self.app(organization).await.all(waits(organization, since, limit)).await?;
        rows.iter().map(|row| Ok(row.time("taken_at")?.since(row.time("opened_at")?))).collect()
    }
}

/// The words stand in the statement, because only then the partial index is known to fit.
pub(super) fn waiting(organization: OrganizationId) -> Sql {
    let sql = "SELECT r.conversation_id, r.requester_id FROM support_request r
               WHERE r.organization_id = $1 AND r.kind = 'chat' AND r.status = 'open' AND r.assignee_id IS NULL
                 AND r.deleted_at IS NULL
               ORDER BY r.created_at, r.id";
    Sql::new(sql).uuid(organization.uuid())
}

/// The first time that somebody was assigned ends the wait.
pub(super) fn waits(organization: OrganizationId, since: Timestamp, limit: u32) -> Sql {
    let sql = "SELECT t.created_at AS taken_at, r.created_at AS opened_at FROM timeline_entry t
               JOIN support_request r ON r.organization_id = t.organization_id AND r.id = t.support_request_id
               WHERE t.organization_id = $1 AND t.kind = 'assignee_changed' AND t.old IS NULL AND t.new IS NOT NULL
                 AND t.created_at >= $2 AND r.kind = 'chat' AND NOT EXISTS (
                   SELECT 1 FROM timeline_entry f WHERE f.organization_id = t.organization_id
                   AND f.support_request_id = t.support_request_id AND f.position < t.position
                   AND f.kind = 'assignee_changed' AND f.old IS NULL AND f.new IS NOT NULL)
               ORDER BY t.created_at DESC LIMIT $3";
    Sql::new(sql).uuid(organization.uuid()).time(since).int(limit.into())
}
