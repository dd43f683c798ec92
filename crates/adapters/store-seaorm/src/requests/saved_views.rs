//! Saved views.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{Claim, IdempotentCall, IdempotentCalls, OrganizationId, PortError, SavedViewId, UserId};
use sea_orm::QueryResult;
use serde_json::Value;
use support_request::{SavedView, SavedViewStore, Stored, ViewDraft, ViewName};

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore};

#[async_trait]
impl SavedViewStore for SeaStore {
    async fn saved_views(&self, organization: OrganizationId, agent: UserId) -> Result<Vec<SavedView>, PortError> {
        let sql = "SELECT id, owner_id, name, filter, sort_by, sort_order, shared, position, created_at
                   FROM saved_view WHERE organization_id = $1 AND (shared OR owner_id = $2)
                   ORDER BY position, name, id";
        let sql = Sql::new(sql).uuid(organization.uuid()).uuid(agent.uuid());
        self.app(organization).await.all(sql).await?.iter().map(view).collect()
    }

    async fn insert_saved_view(
        &self,
        organization: OrganizationId,
        view: &SavedView,
        call: Option<&IdempotentCall>,
    ) -> Result<Stored, PortError> {
        let mut tx = self.transaction(organization).await?;
        if let Some(call) = call {
            let claim = tx.claim(call, view.id.uuid(), view.created_at).await?;
            if claim != Claim::New {
                return Ok(Stored::Before(claim));
            }
        }
        let sql = "INSERT INTO saved_view (organization_id, id, owner_id, name, filter, sort_by, sort_order, shared,
                     position, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        tx.run(values(sql, organization, view).time(view.created_at)).await?;
        tx.commit_all().await?;
        Ok(Stored::Done)
    }

    async fn update_saved_view(&self, organization: OrganizationId, view: &SavedView) -> Result<(), PortError> {
        let mut tx = self.transaction(organization).await?;
        let sql = "UPDATE saved_view SET owner_id = $3, name = $4, filter = $5, sort_by = $6, sort_order = $7,
                     shared = $8, position = $9 WHERE organization_id = $1 AND id = $2";
        tx.run(values(sql, organization, view)).await?;
        tx.commit_all().await
    }

    async fn remove_saved_view(&self, organization: OrganizationId, id: SavedViewId) -> Result<(), PortError> {
        let mut tx = self.transaction(organization).await?;
        let sql = "DELETE FROM saved_view WHERE organization_id = $1 AND id = $2";
        tx.run(Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid())).await?;
        tx.commit_all().await
    }
}

fn values(sql: &'static str, organization: OrganizationId, view: &SavedView) -> Sql {
    let draft = &view.draft;
    let words = draft.filter.iter().map(|(name, word)| (name.clone(), Value::from(word.as_str())));
    Sql::new(sql)
        .uuid(organization.uuid())
        .uuid(view.id.uuid())
        .uuid(view.owner.uuid())
        .text(draft.name.as_str())
        .json(Value::Object(words.collect()))
        .maybe_text(draft.sort.as_deref())
        .maybe_text(draft.order.as_deref())
        .bool(draft.shared)
        .int(draft.position.into())
}

fn view(row: &QueryResult) -> Result<SavedView, PortError> {
    let filter: BTreeMap<String, String> = serde_json::from_value(row.json("filter")?).map_err(PortError::corrupt)?;
    Ok(SavedView {
        id: SavedViewId::new(row.uuid("id")?),
        owner: UserId::new(row.uuid("owner_id")?),
        draft: ViewDraft {
            name: ViewName::stored(row.text("name")?),
            filter,
            sort: row.maybe_text("sort_by")?,
            order: row.maybe_text("sort_order")?,
            shared: row.get("shared")?,
            position: u32::try_from(row.int("position")?).map_err(PortError::corrupt)?,
        },
        created_at: row.time("created_at")?,
    })
}
