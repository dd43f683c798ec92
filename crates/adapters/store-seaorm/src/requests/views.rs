//! Requests as their viewers see them.

use async_trait::async_trait;
use chat::SenderKind;
use kernel::{OrganizationId, Page, PageRequest, ParticipantId, PortError, Scope, SupportRequestId};
use sea_orm::QueryResult;
use support_request::{LastMessage, RequestFilter, RequestView, RequestViews, Snapshot, TimelineEntry};
use uuid::Uuid;

use super::{
    filter,
    row::{self, REQUEST},
};
use crate::{conversations, db::Queries, row::Columns, scope, sql::Sql, store::SeaStore};

#[async_trait]
impl RequestViews for SeaStore {
    async fn find(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        id: SupportRequestId,
    ) -> Result<Option<RequestView>, PortError> {
        let db = &mut self.app(organization).await;
        let found = shown(db, organization, scope, viewer, vec![id.uuid()]).await?.pop();
        Ok(found.filter(|view| view.request.deleted_at.is_none()))
    }

    /// One row by its key.
    async fn snapshot(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
    ) -> Result<Option<Snapshot>, PortError> {
        let sql = format!("SELECT {REQUEST} FROM support_request r WHERE r.organization_id = $1 AND r.id = $2");
        let row = self.app(organization).await.one(Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid())).await?;
        row.as_ref().map(row::request).transpose()
    }

    async fn by_number(
        &self,
        organization: OrganizationId,
        number: &str,
    ) -> Result<Option<SupportRequestId>, PortError> {
        let sql = "SELECT id FROM support_request WHERE organization_id = $1 AND number = $2 AND deleted_at IS NULL";
        let sql = Sql::new(sql);
        let row = self.app(organization).await.one(sql.uuid(organization.uuid()).text(number)).await?;
        row.map(|row| row.uuid("id").map(SupportRequestId::new)).transpose()
    }

    /// First the ids of the page, then what is shown of them, so that nothing is read for the rest.
    async fn list(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        filter: &RequestFilter,
        page: PageRequest,
    ) -> Result<Page<RequestView>, PortError> {
        let db = &mut self.app(organization).await;
        let total = match db.one(count(organization, scope, filter)).await? {
            Some(row) => row.count("total")?,
            None => 0,
        };
        let ids = db
            .all(ids(organization, scope, filter, page))
            .await?
            .iter()
            .map(|row| row.uuid("id"))
            .collect::<Result<Vec<Uuid>, _>>()?;
        Ok(Page { items: shown(db, organization, scope, viewer, ids).await?, request: page, total })
    }

    async fn timeline(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
    ) -> Result<Vec<TimelineEntry>, PortError> {
        let sql = "SELECT id, kind, old, new, actor_id, actor_name, reason, note, metadata, customer_told,
                          customer_told_at, created_at
                   FROM timeline_entry WHERE organization_id = $1 AND support_request_id = $2 ORDER BY position";
        let sql = Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid());
        self.app(organization).await.all(sql).await?.iter().map(row::timeline).collect()
    }
}

fn matching(select: &str, organization: OrganizationId, scope: Scope, filter: &RequestFilter) -> Sql {
    let sql = Sql::new(format!("SELECT {select} FROM support_request r WHERE r.organization_id = $1"));
    let sql = scope::within(sql.uuid(organization.uuid()), scope, "r", "id", "conversation_id");
    filter::restrict(sql, filter)
}

/// How many match.
pub(super) fn count(organization: OrganizationId, scope: Scope, filter: &RequestFilter) -> Sql {
    matching("count(*) AS total", organization, scope, filter)
}

/// The ids of a page.
pub(super) fn ids(organization: OrganizationId, scope: Scope, filter: &RequestFilter, page: PageRequest) -> Sql {
    matching("r.id", organization, scope, filter)
        .and(&filter::order(filter))
        .and(" LIMIT $")
        .int(page.limit().into())
        .and(" OFFSET $")
        .count(page.offset())
}

/// Those of the requests that the scope covers, as the viewer sees them, in the order of the ids given.
async fn shown(
    db: &mut impl Queries,
    organization: OrganizationId,
    scope: Scope,
    viewer: ParticipantId,
    ids: Vec<Uuid>,
) -> Result<Vec<RequestView>, PortError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // For staff, what the customer wrote and no agent has read; for others, what others wrote
    // and they have not read.
    let unread = if matches!(scope, Scope::All | Scope::Agent(_)) {
        "e.sender_kind = 0 AND e.seq > coalesce((SELECT max(s.read_seq) FROM participant s
           WHERE s.organization_id = c.organization_id AND s.conversation_id = c.id AND s.kind = 1 AND $3 = $3), 0)"
    } else {
        "e.sender_id <> $3 AND e.seq > coalesce((SELECT v.read_seq FROM participant v
           WHERE v.organization_id = c.organization_id AND v.conversation_id = c.id AND v.participant_id = $3), 0)"
    };
    let sql = format!(
        "SELECT {REQUEST}, u.first_name, u.last_name, m.sender_kind AS m_sender_kind, m.sender_name AS m_sender_name,
                substr(m.content, 1, 140) AS m_excerpt, m.created_at AS m_created_at, m.seq AS m_seq,
                m.entry_seq AS m_entry_seq,
                (SELECT count(*) FROM entry e WHERE e.conversation_id = c.id AND e.change = 0
                   AND e.deleted_at IS NULL AND {unread}) AS unread_count
         FROM support_request r
         JOIN conversation c ON c.organization_id = r.organization_id AND c.support_request_id = r.id
         LEFT JOIN user_account u ON u.organization_id = r.organization_id AND u.id = r.assignee_id
         LEFT JOIN entry m ON m.conversation_id = c.id AND m.seq = (
           SELECT max(x.seq) FROM entry x WHERE x.conversation_id = c.id AND x.change = 0)
         WHERE r.organization_id = $1 AND r.id {{in $2}}"
    );
    let sql = Sql::new(sql).uuid(organization.uuid()).uuids(ids.clone()).uuid(viewer.uuid());
    let rows = db.all(scope::within(sql, scope, "r", "id", "conversation_id")).await?;
    let threads = rows.iter().map(|row| row.uuid("conversation_id")).collect::<Result<Vec<_>, _>>()?;
    let mut members = conversations::members(db, organization, threads).await?;
    let mut views = Vec::with_capacity(rows.len());
    for row in &rows {
        views.push(view(row, members.remove(&row.uuid("conversation_id")?).unwrap_or_default())?);
    }
    views.sort_by_key(|view: &RequestView| ids.iter().position(|id| *id == view.request.id.uuid()));
    Ok(views)
}

fn view(row: &QueryResult, members: Vec<ParticipantId>) -> Result<RequestView, PortError> {
    let request = row::request(row)?;
    let name = row.maybe_text("first_name")?.zip(row.maybe_text("last_name")?);
    Ok(RequestView {
        audience: request.audience(members),
        assignee_name: name.map(|(first, last)| format!("{first} {last}")),
        last_message: last_message(row)?,
        unread_count: row.count("unread_count")?,
        request,
    })
}

fn last_message(row: &QueryResult) -> Result<Option<LastMessage>, PortError> {
    if row.get::<Option<i64>>("m_seq")?.is_none() {
        return Ok(None);
    }
    Ok(Some(LastMessage {
        sender_type: row.number("m_sender_kind", SenderKind::from_number)?.as_str().to_owned(),
        sender_name: row.text("m_sender_name")?,
        excerpt: row.maybe_text("m_excerpt")?,
        created_at: row.time("m_created_at")?,
        seq: row.count("m_seq")?,
        entry_seq: row.count("m_entry_seq")?,
    }))
}
