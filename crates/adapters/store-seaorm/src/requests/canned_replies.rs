//! Canned replies.

use async_trait::async_trait;
use kernel::{CannedReplyId, Claim, IdempotentCall, IdempotentCalls, Language, OrganizationId, PortError, UserId};
use sea_orm::QueryResult;
use support_request::{
    CannedReply, CannedReplyStore, Category, ReplyContent, ReplyDraft, ReplyTitle, Shortcut, Stored,
};

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore};

#[async_trait]
impl CannedReplyStore for SeaStore {
    async fn canned_replies(&self, organization: OrganizationId, agent: UserId) -> Result<Vec<CannedReply>, PortError> {
        let sql = "SELECT id, owner_id, title, shortcut, content, language, category, shared, created_at, updated_at
                   FROM canned_reply WHERE organization_id = $1 AND (shared OR owner_id = $2) ORDER BY shortcut, id";
        let sql = Sql::new(sql).uuid(organization.uuid()).uuid(agent.uuid());
        self.app(organization).await.all(sql).await?.iter().map(reply).collect()
    }

    async fn insert_canned_reply(
        &self,
        organization: OrganizationId,
        reply: &CannedReply,
        call: Option<&IdempotentCall>,
    ) -> Result<Stored, PortError> {
        let mut tx = self.transaction(organization).await?;
        if let Some(call) = call {
            let claim = tx.claim(call, reply.id.uuid(), reply.created_at).await?;
            if claim != Claim::New {
                return Ok(Stored::Before(claim));
            }
        }
        let sql = "INSERT INTO canned_reply (organization_id, id, owner_id, title, shortcut, content, language,
                     category, shared, updated_at, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        if tx.run_unless_taken(values(sql, organization, reply).time(reply.created_at)).await?.is_none() {
            return Ok(Stored::Taken);
        }
        tx.commit_all().await?;
        Ok(Stored::Done)
    }

    async fn update_canned_reply(
        &self,
        organization: OrganizationId,
        reply: &CannedReply,
    ) -> Result<Stored, PortError> {
        let mut tx = self.transaction(organization).await?;
        let sql = "UPDATE canned_reply SET owner_id = $3, title = $4, shortcut = $5, content = $6, language = $7,
                     category = $8, shared = $9, updated_at = $10 WHERE organization_id = $1 AND id = $2";
        if tx.run_unless_taken(values(sql, organization, reply)).await?.is_none() {
            return Ok(Stored::Taken);
        }
        tx.commit_all().await?;
        Ok(Stored::Done)
    }

    async fn remove_canned_reply(&self, organization: OrganizationId, id: CannedReplyId) -> Result<(), PortError> {
        let mut tx = self.transaction(organization).await?;
        let sql = "DELETE FROM canned_reply WHERE organization_id = $1 AND id = $2";
        tx.run(Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid())).await?;
        tx.commit_all().await
    }
}

fn values(sql: &'static str, organization: OrganizationId, reply: &CannedReply) -> Sql {
    let draft = &reply.draft;
    Sql::new(sql)
        .uuid(organization.uuid())
        .uuid(reply.id.uuid())
        .uuid(reply.owner.uuid())
        .text(draft.title.as_str())
        .text(draft.shortcut.as_str())
        .text(draft.content.as_str())
        .maybe_text(draft.language.map(Language::as_str))
        .maybe_text(draft.category.as_ref().map(Category::as_str))
        .bool(draft.shared)
        .time(reply.updated_at)
}

fn reply(row: &QueryResult) -> Result<CannedReply, PortError> {
    let language = row.maybe_text("language")?.map(|word| word.parse().map_err(PortError::corrupt)).transpose()?;
    Ok(CannedReply {
        id: CannedReplyId::new(row.uuid("id")?),
        owner: UserId::new(row.uuid("owner_id")?),
        draft: ReplyDraft {
            title: ReplyTitle::stored(row.text("title")?),
            shortcut: Shortcut::stored(row.text("shortcut")?),
            content: ReplyContent::stored(row.text("content")?),
            language,
            category: row.maybe_text("category")?.map(Category::stored),
            shared: row.get("shared")?,
        },
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}
