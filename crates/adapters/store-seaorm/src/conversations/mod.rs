//! Conversations as their viewers see them.

mod find;
mod list;
mod sessions;

use async_trait::async_trait;
use chat::{Conversation, ConversationFilter, Conversations, Epoch, Mark, Marked};
use kernel::{
    Audience, ConversationId, OrganizationId, Page, PageRequest, ParticipantId, PortError, Scope, SupportRequestId,
};

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore};

pub(crate) use find::members;
#[cfg(test)]
pub(crate) use sessions::{idle, last_sessions, moved_on};

#[async_trait]
impl Conversations for SeaStore {
    async fn audience(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Audience>, PortError> {
        let db = &mut self.app(organization).await;
        Ok(find::audiences(db, organization, vec![id.uuid()]).await?.pop().map(|(_, audience)| audience))
    }

    async fn audiences(
        &self,
        organization: OrganizationId,
        ids: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Audience)>, PortError> {
        let ids = ids.iter().map(|id| id.uuid()).collect();
        find::audiences(&mut self.app(organization).await, organization, ids).await
    }

    async fn find(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, PortError> {
        let db = &mut self.app(organization).await;
        Ok(find::shown(db, organization, scope, viewer, vec![id.uuid()]).await?.pop())
    }

    async fn of_request(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        request: SupportRequestId,
    ) -> Result<Option<Conversation>, PortError> {
        let db = &mut self.app(organization).await;
        let sql = Sql::new("SELECT id FROM conversation WHERE organization_id = $1 AND support_request_id = $2");
        match db.one(sql.uuid(organization.uuid()).uuid(request.uuid())).await? {
            Some(row) => Ok(find::shown(db, organization, scope, viewer, vec![row.uuid("id")?]).await?.pop()),
            None => Ok(None),
        }
    }

    async fn list(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        filter: &ConversationFilter,
        page: PageRequest,
    ) -> Result<Page<Conversation>, PortError> {
        list::page(&mut self.app(organization).await, organization, scope, viewer, filter, page).await
    }

    async fn mark(&self, scope: Scope, mark: Mark) -> Result<Marked, PortError> {
        self.marks.mark(scope, mark).await
    }

    async fn epoch(&self, organization: OrganizationId) -> Result<Option<Epoch>, PortError> {
        let sql = Sql::new("SELECT epoch FROM organization WHERE id = $1").uuid(organization.uuid());
        let row = self.app(organization).await.one(sql).await?;
        row.map(|row| row.uuid("epoch").map(Epoch::new)).transpose()
    }
}
