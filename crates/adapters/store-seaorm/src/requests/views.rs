//! Requests as their viewers see them.

use async_trait::async_trait;
use chat::SenderKind;
use kernel::{OrganizationId, Page, PageRequest, ParticipantId, PortError, Scope, SupportRequestId};
use sea_orm::QueryResult;
use support_request::{Asker, LastMessage, RequestFilter, RequestView, RequestViews, Snapshot, Tally, TimelineEntry};
use uuid::Uuid;

use super::{
    filter,
    row::{self, REQUEST},
    statistics,
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
        Ok(shown(&mut self.app(organization).await, organization, scope, viewer, vec![id.uuid()]).await?.pop())
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
        let sql = Sql::new("SELECT id FROM support_request WHERE organization_id = $1 AND number = $2");
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

    async fn tallies(
        &self,
        organization: OrganizationId,
        scope: Scope,
        asker: Option<&Asker>,
    ) -> Result<Vec<Tally>, PortError> {
        let sql = statistics::tallies(organization, scope, asker, self.is_postgres());
        self.app(organization).await.all(sql).await?.iter().map(statistics::tally).collect()
    }

    async fn unread(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        asker: Option<&Asker>,
    ) -> Result<u64, PortError> {
        let row = self.app(organization).await.one(statistics::unread(organization, scope, viewer, asker)).await?;
        row.map_or(Ok(0), |row| row.count("unread"))
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
    let unread = format!("{} AND e.seq > {}", of_others(scope, 3), read_seq(scope, "c.organization_id", "c.id", 3));
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

/// Up to where a conversation is read: for staff, by any agent; for others, by the viewer, the argument of that
/// number.
pub(super) fn read_seq(scope: Scope, organization: &str, conversation: &str, viewer: u8) -> String {
    let whose = if is_for_staff(scope) {
        format!("max(p.read_seq) FROM participant p WHERE p.kind = 1 AND ${viewer} = ${viewer}")
    } else {
        format!("p.read_seq FROM participant p WHERE p.participant_id = ${viewer}")
    };
    format!(
        "coalesce((SELECT {whose} AND p.organization_id = {organization} AND p.conversation_id = {conversation}), 0)"
    )
}

/// The condition on a message `e` that reading it tells something: for staff, the customer's; for others, those of
/// others than the viewer, the argument of that number.
pub(super) fn of_others(scope: Scope, viewer: u8) -> String {
    if is_for_staff(scope) { "e.sender_kind = 0".to_owned() } else { format!("e.sender_id <> ${viewer}") }
}

fn is_for_staff(scope: Scope) -> bool {
    matches!(scope, Scope::All | Scope::Agent(_))
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
