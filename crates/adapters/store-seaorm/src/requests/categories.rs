//! The lists of categories.

use async_trait::async_trait;
use kernel::{AuditEntry, AuditLog, Claim, IdempotentCall, IdempotentCalls, OrganizationId, PortError, Timestamp};
use sea_orm::QueryResult;
use support_request::{Category, CategoryName, CategoryStore, ListedCategory, Removal, Stored};

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore, tx::SeaTx};

/// The list, over any connection, a transaction's too.
pub(super) async fn read(
    db: &mut impl Queries,
    organization: OrganizationId,
) -> Result<Vec<ListedCategory>, PortError> {
    let sql = "SELECT id, name_fr, name_en, position, active FROM category WHERE organization_id = $1
               ORDER BY position, id";
    let rows = db.all(Sql::new(sql).uuid(organization.uuid())).await?;
    if rows.is_empty() {
        return Ok(ListedCategory::defaults());
    }
    rows.iter().map(category).collect()
}

#[async_trait]
impl CategoryStore for SeaStore {
    async fn categories(&self, organization: OrganizationId) -> Result<Vec<ListedCategory>, PortError> {
        read(&mut self.app(organization).await, organization).await
    }

    async fn insert_category(
        &self,
        organization: OrganizationId,
        category: &ListedCategory,
        call: Option<&IdempotentCall>,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<Stored, PortError> {
        let mut tx = self.transaction(organization).await?;
        if let Some(call) = call {
            let claim = tx.claim(call, organization.uuid(), now).await?;
            if claim != Claim::New {
                return Ok(Stored::Before(claim));
            }
        }
        settle(&mut tx).await?;
        if !insert(&mut tx, category).await? {
            return Ok(Stored::Taken);
        }
        tx.record(audit).await?;
        tx.commit_all().await?;
        Ok(Stored::Done)
    }

    async fn update_category(
        &self,
        organization: OrganizationId,
        category: &ListedCategory,
        audit: &AuditEntry,
    ) -> Result<bool, PortError> {
        let mut tx = self.transaction(organization).await?;
        settle(&mut tx).await?;
        let sql = "UPDATE category SET name_fr = $3, name_en = $4, position = $5, active = $6
                   WHERE organization_id = $1 AND id = $2";
        let is_there = tx.run(values(sql, organization, category)).await? == 1;
        if is_there {
            tx.record(audit).await?;
        }
        tx.commit_all().await?;
        Ok(is_there)
    }

    async fn remove_category(
        &self,
        organization: OrganizationId,
        category: &Category,
        audit: &AuditEntry,
    ) -> Result<Removal, PortError> {
        let mut tx = self.transaction(organization).await?;
        settle(&mut tx).await?;
        let named = |sql: &'static str| Sql::new(sql).uuid(organization.uuid()).text(category.as_str());
        let used = "SELECT 1 AS one FROM support_request WHERE organization_id = $1 AND category = $2 LIMIT 1";
        let is_used = tx.one(named(used)).await?.is_some();
        let gone = "DELETE FROM category WHERE organization_id = $1 AND id = $2";
        if tx.run(named(gone)).await? == 0 {
            return Ok(Removal::Missing);
        }
        if is_used {
            return Ok(Removal::InUse);
        }
        tx.record(audit).await?;
        tx.commit_all().await?;
        Ok(Removal::Done)
    }
}

/// Stores the usual list of an organisation that has changed nothing yet. The general category is never taken off:
/// where it is stored, all that is left of the list is. Of two first changes the second waits for it here.
async fn settle(tx: &mut SeaTx) -> Result<(), PortError> {
    let mut usual = ListedCategory::defaults().into_iter();
    if let Some(general) = usual.next()
        && insert(tx, &general).await?
    {
        for category in usual {
            insert(tx, &category).await?;
        }
    }
    Ok(())
}

/// Whether the word was not there yet.
async fn insert(tx: &mut SeaTx, category: &ListedCategory) -> Result<bool, PortError> {
    let sql = "INSERT INTO category (organization_id, id, name_fr, name_en, position, active)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, id) DO NOTHING";
    let organization = tx.organization;
    Ok(tx.run(values(sql, organization, category)).await? == 1)
}

fn values(sql: &'static str, organization: OrganizationId, category: &ListedCategory) -> Sql {
    Sql::new(sql)
        .uuid(organization.uuid())
        .text(category.id.as_str())
        .text(category.name_fr.as_str())
        .text(category.name_en.as_str())
        .int(category.position.into())
        .bool(category.active)
}

fn category(row: &QueryResult) -> Result<ListedCategory, PortError> {
    Ok(ListedCategory {
        id: Category::stored(row.text("id")?),
        name_fr: CategoryName::stored(row.text("name_fr")?),
        name_en: CategoryName::stored(row.text("name_en")?),
        position: u32::try_from(row.int("position")?).map_err(PortError::corrupt)?,
        active: row.get("active")?,
    })
}
