//! Those who ask, with how much they asked for.

use std::collections::HashMap;

use async_trait::async_trait;
use kernel::{OrganizationId, Page, PageRequest, ParticipantId, PortError};
use sea_orm::QueryResult;
use support_request::{Customer, CustomerViews};
use uuid::Uuid;

use crate::{
    db::{Db, Queries},
    row::Columns,
    sql::Sql,
    store::SeaStore,
};

/// `$1` is the organisation. A guest who has an account since is that account. `folded` is what is searched beside the
/// rest: names in small letters.
const PEOPLE: &str = "(SELECT u.organization_id, u.id, {false} AS is_guest, u.first_name || ' ' || u.last_name AS name,
    u.email, u.phone, u.sort_key AS folded, u.created_at FROM user_account u
    WHERE u.organization_id = $1 AND u.role = 'customer'
  UNION ALL SELECT g.organization_id, g.id, {true} AS is_guest, g.name, g.email, g.phone, lower(g.name) AS folded,
    g.created_at FROM guest g WHERE g.organization_id = $1
      AND NOT EXISTS (SELECT 1 FROM user_account u WHERE u.organization_id = g.organization_id AND u.id = g.id)) p";

#[async_trait]
impl CustomerViews for SeaStore {
    async fn customers(
        &self,
        organization: OrganizationId,
        text: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Customer>, PortError> {
        let db = &mut self.app(organization).await;
        let matching = |select: &str| {
            let sql = Sql::new(format!("SELECT {select} FROM {PEOPLE} WHERE p.organization_id = $1"));
            restrict(sql.uuid(organization.uuid()), text)
        };
        let total = match db.one(matching("count(*) AS total")).await? {
            Some(row) => row.count("total")?,
            None => 0,
        };
        let sql = matching("p.id, p.is_guest, p.name, p.email, p.phone")
            .and(" ORDER BY p.created_at DESC, p.id DESC LIMIT $")
            .int(page.limit().into())
            .and(" OFFSET $")
            .count(page.offset());
        let items = with_counts(db, organization, sql).await?;
        Ok(Page { items, request: page, total })
    }

    async fn customer(&self, organization: OrganizationId, id: ParticipantId) -> Result<Option<Customer>, PortError> {
        let sql = format!("SELECT p.id, p.is_guest, p.name, p.email, p.phone FROM {PEOPLE} WHERE p.id = $2");
        let sql = Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid());
        Ok(with_counts(&mut self.app(organization).await, organization, sql).await?.pop())
    }
}

fn restrict(sql: Sql, text: Option<&str>) -> Sql {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return sql };
    sql.and(" AND ({strpos}(p.name, $) > 0 OR {strpos}(coalesce(p.phone, ''), $) > 0")
        .text(text)
        .and(" OR {strpos}(p.folded, $) > 0 OR {strpos}(coalesce(p.email, ''), $) > 0 OR {strpos}(lower(p.name), $) > 0)")
        .text(text.to_lowercase())
}

async fn with_counts(db: &mut Db<'_>, organization: OrganizationId, sql: Sql) -> Result<Vec<Customer>, PortError> {
    let people = db.all(sql).await?;
    let ids = people.iter().map(|row| row.uuid("id")).collect::<Result<Vec<_>, _>>()?;
    let counts = "SELECT requester_id, count(*) AS requests, max(created_at) AS last_request_at,
                    CAST(sum(CASE WHEN status IN ('resolved', 'closed') THEN 0 ELSE 1 END) AS bigint) AS open_requests
                  FROM support_request WHERE organization_id = $1 AND requester_id {in $2} AND deleted_at IS NULL
                  GROUP BY requester_id";
    let rows = db.all(Sql::new(counts).uuid(organization.uuid()).uuids(ids)).await?;
    let counted = |row: QueryResult| Ok((row.uuid("requester_id")?, row));
    let counted = rows.into_iter().map(counted).collect::<Result<HashMap<Uuid, QueryResult>, PortError>>()?;
    let customer = |row: &QueryResult| {
        let id = row.uuid("id")?;
        let counted = counted.get(&id);
        let count = |column| counted.map_or(Ok(0), |row| row.count(column));
        Ok(Customer {
            id: ParticipantId::new(id),
            is_guest: row.get("is_guest")?,
            name: row.text("name")?,
            email: row.maybe_text("email")?,
            phone: row.maybe_text("phone")?,
            requests: count("requests")?,
            open_requests: count("open_requests")?,
            last_request_at: counted.map_or(Ok(None), |row| row.maybe_time("last_request_at"))?,
        })
    };
    people.iter().map(customer).collect()
}
