//! The audit log: rows that are added and never changed.

use async_trait::async_trait;
use identity::{AuditFilter, AuditRecord, AuditViews};
use kernel::{
    AuditEntry, AuditLog, AuditTrail, OrganizationId, Page, PageRequest, ParticipantId, PortError, PortErrorKind,
    Whence,
};
use sea_orm::QueryResult;
use serde_json::Value;

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore, tx::SeaTx};

#[async_trait]
impl AuditLog for SeaTx {
    async fn record(&mut self, entry: &AuditEntry) -> Result<(), PortError> {
        if entry.organization != self.organization {
            return Err(self.fail(PortErrorKind::Corrupt, "an entry of another organisation"));
        }
        let (session, address) = match &entry.whence {
            Whence::Session(session) => (Some(session.uuid()), None),
            Whence::Address(address) => (None, address.clone()),
        };
        let sql = "INSERT INTO audit_log (organization_id, id, actor_id, action, target_type, target_id, details,
                     created_at, address)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, (SELECT s.address FROM user_session s
                     WHERE s.organization_id = $1 AND s.id = $10)))";
        let sql = Sql::new(sql)
            .uuid(entry.organization.uuid())
            .uuid(entry.id)
            .maybe_uuid(entry.actor.map(ParticipantId::uuid))
            .text(entry.action)
            .maybe_text(entry.target.map(|(kind, _)| kind))
            .maybe_uuid(entry.target.map(|(_, id)| id))
            .json(Value::Object(entry.details.clone()))
            .time(entry.at)
            .maybe_text(address)
            .maybe_uuid(session);
        self.run(sql).await.map(drop)
    }
}

#[async_trait]
impl AuditTrail for SeaStore {
    async fn record_alone(&self, entry: &AuditEntry) -> Result<(), PortError> {
        let mut tx = self.transaction(entry.organization).await?;
        tx.record(entry).await?;
        tx.commit_all().await
    }
}

#[async_trait]
impl AuditViews for SeaStore {
    async fn audit_log(
        &self,
        organization: OrganizationId,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditRecord>, PortError> {
        let db = &mut self.app(organization).await;
        let matching = |select: &str| {
            let sql = Sql::new(format!("SELECT {select} WHERE a.organization_id = $1")).uuid(organization.uuid());
            restrict(sql, filter)
        };
        let total = match db.one(matching("count(*) AS total FROM audit_log a")).await? {
            Some(row) => row.count("total")?,
            None => 0,
        };
        // Names are those of now; whoever was erased has none to tell.
        let select = "a.id, a.actor_id, a.action, a.target_type, a.target_id, a.address, a.details, a.created_at,
                        coalesce(u.first_name || ' ' || u.last_name, g.name) AS actor_name,
                        coalesce(tu.first_name || ' ' || tu.last_name, tg.name, tr.number) AS target_name
                      FROM audit_log a
                      LEFT JOIN user_account u ON u.organization_id = a.organization_id AND u.id = a.actor_id
                      LEFT JOIN guest g ON g.organization_id = a.organization_id AND g.id = a.actor_id
                      LEFT JOIN user_account tu ON tu.organization_id = a.organization_id AND tu.id = a.target_id
                      LEFT JOIN guest tg ON tg.organization_id = a.organization_id AND tg.id = a.target_id
                      LEFT JOIN support_request tr ON tr.organization_id = a.organization_id AND tr.id = a.target_id";
        let sql = matching(select)
            .and(" ORDER BY a.created_at DESC, a.id DESC LIMIT $")
            .int(page.limit().into())
            .and(" OFFSET $")
            .count(page.offset());
        let items = db.all(sql).await?.iter().map(record).collect::<Result<_, PortError>>()?;
        Ok(Page { items, request: page, total })
    }
}

fn restrict(mut sql: Sql, filter: &AuditFilter) -> Sql {
    if let Some(actor) = filter.actor {
        sql = sql.and(" AND a.actor_id = $").uuid(actor);
    }
    if let Some(action) = &filter.action {
        sql = sql.and(" AND (a.action = $ OR {strpos}(a.action, $ || '.') = 1)").text(action);
    }
    if let Some(target) = filter.target {
        sql = sql.and(" AND a.target_id = $").uuid(target);
    }
    if let Some(from) = filter.from {
        sql = sql.and(" AND a.created_at >= $").time(from);
    }
    if let Some(to) = filter.to {
        sql = sql.and(" AND a.created_at < $").time(to);
    }
    sql
}

fn record(row: &QueryResult) -> Result<AuditRecord, PortError> {
    let actor_name = row.maybe_text("actor_name")?;
    let target_name = row.maybe_text("target_name")?;
    let target = row.maybe_text("target_type")?.zip(row.maybe_uuid("target_id")?);
    Ok(AuditRecord {
        id: row.uuid("id")?,
        actor: row.maybe_uuid("actor_id")?.map(|id| (id, actor_name)),
        action: row.text("action")?,
        target: target.map(|(kind, id)| (kind, id, target_name)),
        address: row.maybe_text("address")?,
        details: row.json("details")?,
        at: row.time("created_at")?,
    })
}
