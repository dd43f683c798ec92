//! Reads outside transactions.

use async_trait::async_trait;
use identity::{
    Credentials, Email, Guest, GuestToken, IdentityViews, Organization, PasswordHash, SessionRecord, TokenHash,
    UserFilter, UserView,
};
use kernel::{GuestId, OrganizationId, Page, PageRequest, PortError, Timestamp, UserId};

use super::{
    gate,
    guests::{self, GUEST},
    organizations::{self, ORGANIZATION},
    sessions::{self, SESSION},
    users::{self, USER},
};
use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore};

#[async_trait]
impl IdentityViews for SeaStore {
    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, PortError> {
        let sql = Sql::new(format!("SELECT {ORGANIZATION} FROM organization o WHERE o.id = $1")).uuid(id.uuid());
        self.app(id).await.one(sql).await?.as_ref().map(organizations::organization).transpose()
    }

    async fn organization_named(&self, name: &str) -> Result<Option<Organization>, PortError> {
        gate::organization_named(&mut self.gate().await, name).await
    }

    async fn organizations(&self) -> Result<Vec<Organization>, PortError> {
        gate::organizations(&mut self.gate().await, i64::MAX).await
    }

    async fn only_organization(&self) -> Result<Option<Organization>, PortError> {
        let mut some = gate::organizations(&mut self.gate().await, 2).await?;
        Ok(if some.len() == 1 { some.pop() } else { None })
    }

    async fn credentials(&self, organization: OrganizationId, email: &Email) -> Result<Option<Credentials>, PortError> {
        let sql = "SELECT id, password_hash, active FROM user_account WHERE organization_id = $1 AND email = $2";
        let sql = Sql::new(sql).uuid(organization.uuid()).text(email.as_str());
        let Some(row) = self.app(organization).await.one(sql).await? else { return Ok(None) };
        Ok(Some(Credentials {
            user: UserId::new(row.uuid("id")?),
            password_hash: row.maybe_text("password_hash")?.map(PasswordHash::new),
            active: row.get("active")?,
        }))
    }

    async fn user(&self, organization: OrganizationId, id: UserId) -> Result<Option<UserView>, PortError> {
        let sql = format!("SELECT {USER} FROM user_account u WHERE u.organization_id = $1 AND u.id = $2");
        let row = self.app(organization).await.one(Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid())).await?;
        row.map(|row| users::user(&row).map(|user| user.view())).transpose()
    }

    async fn users(
        &self,
        organization: OrganizationId,
        filter: &UserFilter,
        page: PageRequest,
    ) -> Result<Page<UserView>, PortError> {
        let matching = |select: &str| {
            let sql = format!("SELECT {select} FROM user_account u WHERE u.organization_id = $1");
            restrict(Sql::new(sql).uuid(organization.uuid()), filter)
        };
        let db = &mut self.app(organization).await;
        let total = match db.one(matching("count(*) AS total")).await? {
            Some(row) => row.count("total")?,
            None => 0,
        };
        let sql = matching(USER)
            .and(" ORDER BY u.sort_key, u.id LIMIT $")
            .int(page.limit().into())
            .and(" OFFSET $")
            .count(page.offset());
        let users: Result<_, PortError> =
            db.all(sql).await?.iter().map(|row| users::user(row).map(|user| user.view())).collect();
        Ok(Page { items: users?, request: page, total })
    }

    async fn sessions(
        &self,
        organization: OrganizationId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, PortError> {
        let sql = format!(
            "SELECT {SESSION} FROM user_session s
             WHERE s.organization_id = $1 AND s.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > $3
             ORDER BY s.created_at DESC, s.id DESC"
        );
        let sql = Sql::new(sql).uuid(organization.uuid()).uuid(user.uuid()).time(now);
        self.app(organization).await.all(sql).await?.iter().map(sessions::session).collect()
    }

    async fn guest(&self, organization: OrganizationId, id: GuestId) -> Result<Option<Guest>, PortError> {
        let sql = format!("SELECT {GUEST} FROM guest g WHERE g.organization_id = $1 AND g.id = $2");
        let row = self.app(organization).await.one(Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid())).await?;
        row.as_ref().map(guests::guest).transpose()
    }

    async fn guest_token(&self, hash: &TokenHash) -> Result<Option<GuestToken>, PortError> {
        gate::guest_token(&mut self.gate().await, hash).await
    }
}

/// Texts are compared as pieces, so that no character is a wildcard.
fn restrict(mut sql: Sql, filter: &UserFilter) -> Sql {
    for (at, role) in filter.roles.iter().enumerate() {
        sql = sql.and(if at == 0 { " AND u.role IN ($" } else { ", $" }).text(role.as_str());
    }
    if !filter.roles.is_empty() {
        sql = sql.and(")");
    }
    if let Some(active) = filter.active {
        sql = sql.and(" AND u.active = $").bool(active);
    }
    if let Some(text) = &filter.text {
        sql = sql.and(" AND ({strpos}(u.sort_key, $) > 0 OR {strpos}(u.email, $) > 0)").text(text.to_lowercase());
    }
    sql
}
