//! The conversation of a request, as far as the desk steers it.

use async_trait::async_trait;
use chat::{MessageKind, SenderKind};
use kernel::{ConversationId, PortError, PortErrorKind, SupportRequestId, UserId};
use support_request::{ConversationState, Conversations, NewConversation, NewMessage};

use super::row;
use crate::{sql::Sql, tx::SeaTx};

#[async_trait]
impl Conversations for SeaTx {
    async fn open(&mut self, conversation: &NewConversation) -> Result<(), PortError> {
        let has_first = i64::from(conversation.first.is_some());
        let sql =
            "INSERT INTO conversation (organization_id, id, support_request_id, requester_id, assignee_id, resolved,
                     closed, merged_into, last_seq, last_message_at, created_at, took_in, archived_at, deleted_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        let state = &conversation.state;
        let sql = Sql::new(sql)
            .uuid(self.organization.uuid())
            .uuid(conversation.id.uuid())
            .uuid(conversation.support_request.uuid())
            .uuid(conversation.requester.id.uuid())
            .maybe_uuid(state.assignee.map(UserId::uuid))
            .bool(state.resolved)
            .bool(state.closed)
            .maybe_uuid(state.merged_into.map(SupportRequestId::uuid))
            .int(has_first)
            .maybe_time(conversation.first.as_ref().map(|_| conversation.at))
            .time(conversation.at)
            .json(row::took_in_column(&state.took_in))
            .maybe_time(state.archived_at)
            .maybe_time(state.deleted_at);
        self.run(sql).await?;
        let sql = "INSERT INTO participant (organization_id, conversation_id, participant_id, kind, name, joined_at)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let sql = Sql::new(sql)
            .uuid(self.organization.uuid())
            .uuid(conversation.id.uuid())
            .uuid(conversation.requester.id.uuid())
            .int(SenderKind::Customer.as_number().into())
            .text(&conversation.requester.name)
            .time(conversation.at);
        self.run(sql).await?;
        match &conversation.first {
            Some(first) => self.first_entry(conversation, first).await,
            None => Ok(()),
        }
    }

    async fn follow(&mut self, id: ConversationId, state: &ConversationState) -> Result<(), PortError> {
        let sql = "UPDATE conversation SET assignee_id = $3, resolved = $4, closed = $5, merged_into = $6,
                     took_in = $7, archived_at = $8, deleted_at = $9
                   WHERE organization_id = $1 AND id = $2";
        let sql = Sql::new(sql)
            .uuid(self.organization.uuid())
            .uuid(id.uuid())
            .maybe_uuid(state.assignee.map(UserId::uuid))
            .bool(state.resolved)
            .bool(state.closed)
            .maybe_uuid(state.merged_into.map(SupportRequestId::uuid))
            .json(row::took_in_column(&state.took_in))
            .maybe_time(state.archived_at)
            .maybe_time(state.deleted_at);
        if self.run(sql).await? == 1 {
            return Ok(());
        }
        Err(self.fail(PortErrorKind::Corrupt, "no such conversation"))
    }
}

impl SeaTx {
    /// The conversation was made by this transaction, so nobody else can be numbering in it.
    async fn first_entry(&mut self, conversation: &NewConversation, first: &NewMessage) -> Result<(), PortError> {
        let (column, value) = if self.is_postgres() { (", tx_row", ", 0") } else { ("", "") };
        let sql = format!(
            "INSERT INTO entry (organization_id, conversation_id, seq, entry_seq, id, change, sender_id, sender_kind,
               sender_name, message_kind, created_at, content_hash, client_message_id, content{column})
             VALUES ($1, $2, 1, 1, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11{value})"
        );
        let sql = Sql::new(sql)
            .uuid(self.organization.uuid())
            .uuid(conversation.id.uuid())
            .uuid(first.id.uuid())
            .uuid(conversation.requester.id.uuid())
            .int(SenderKind::Customer.as_number().into())
            .text(&conversation.requester.name)
            .int(MessageKind::Text.as_number().into())
            .time(conversation.at)
            .int(first.content_hash)
            .text(&first.client_message_id)
            .text(&first.content);
        self.run(sql).await.map(drop)
    }
}
