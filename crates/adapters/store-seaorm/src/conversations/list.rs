//! Pages of conversations, newest activity first.

use chat::{Conversation, ConversationFilter, ConversationStatus};
use kernel::{OrganizationId, Page, PageRequest, ParticipantId, PortError, Scope};
use uuid::Uuid;

use super::find;
use crate::{db::Queries, row::Columns, scope, sql::Sql};

/// First the ids of the page, then what is shown of them, so that nothing is read for the rest.
pub(crate) async fn page(
    db: &mut impl Queries,
    organization: OrganizationId,
    scope: Scope,
    viewer: ParticipantId,
    filter: &ConversationFilter,
    page: PageRequest,
) -> Result<Page<Conversation>, PortError> {
    let matching = |select: &str| {
        let sql = Sql::new(format!(
            "SELECT {select} FROM conversation c WHERE c.organization_id = $1
                                   AND c.deleted_at IS NULL"
        ));
        restrict(scope::within(sql.uuid(organization.uuid()), scope, "c", "support_request_id", "id"), viewer, filter)
    };
    let total = match db.one(matching("count(*) AS total")).await? {
        Some(row) => row.count("total")?,
        None => 0,
    };
    let sql = matching("c.id")
        .and(" ORDER BY coalesce(c.last_message_at, c.created_at) DESC, c.id DESC LIMIT $")
        .int(page.limit().into())
        .and(" OFFSET $")
        .count(page.offset());
    let ids = db.all(sql).await?.iter().map(|row| row.uuid("id")).collect::<Result<Vec<Uuid>, _>>()?;
    Ok(Page { items: find::shown(db, organization, scope, viewer, ids).await?, request: page, total })
}

fn restrict(mut sql: Sql, viewer: ParticipantId, filter: &ConversationFilter) -> Sql {
    sql = match filter.status {
        None => sql,
        Some(ConversationStatus::Active) => sql.and(" AND NOT c.resolved AND NOT c.closed AND c.archived_at IS NULL"),
        Some(ConversationStatus::Resolved) => sql.and(" AND (c.resolved OR c.closed) AND c.archived_at IS NULL"),
        Some(ConversationStatus::Archived) => sql.and(" AND c.archived_at IS NOT NULL"),
    };
    sql = match filter.assignee {
        None => sql,
        Some(None) => sql.and(" AND c.assignee_id IS NULL"),
        Some(Some(agent)) => sql.and(" AND c.assignee_id = $").uuid(agent.uuid()),
    };
    if let Some(requester) = filter.requester {
        sql = sql.and(" AND c.requester_id = $").uuid(requester.uuid());
    }
    if let Some(party) = filter.party {
        sql = sql
            .and(" AND (c.requester_id = $")
            .uuid(party.uuid())
            .and(" OR c.assignee_id = $")
            .uuid(party.uuid())
            .and(
                " OR EXISTS (SELECT 1 FROM participant p WHERE p.organization_id = c.organization_id
                    AND p.conversation_id = c.id AND p.participant_id = $))",
            )
            .uuid(party.uuid());
    }
    if filter.unread {
        sql = sql
            .and(
                " AND EXISTS (SELECT 1 FROM entry e WHERE e.conversation_id = c.id AND e.change = 0
                    AND e.deleted_at IS NULL AND e.sender_id <> $ AND e.seq > coalesce((
                      SELECT v.read_seq FROM participant v WHERE v.organization_id = c.organization_id
                      AND v.conversation_id = c.id AND v.participant_id = $), 0))",
            )
            .uuid(viewer.uuid());
    }
    sql
}
