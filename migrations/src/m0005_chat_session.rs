//! Chat sessions, and what the queue of waiting chats is read from.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::ConnectionTrait,
};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    // last_activity_at and last_seq are the log's as of the end; while a session is active they are
    // read from the conversation, and last_activity_at is what the sweep last saw. first_seq: where
    // the session begins, also while there is no entry there yet.
    "CREATE TABLE chat_session (
       organization_id {uuid} NOT NULL,
       id {uuid} NOT NULL,
       conversation_id {uuid} NOT NULL,
       status {word} NOT NULL,
       started_at {time} NOT NULL,
       last_activity_at {time} NOT NULL,
       ended_at {time},
       ended_by {uuid},
       first_seq {bigint} NOT NULL,
       last_seq {bigint},
       PRIMARY KEY (organization_id, id),
       FOREIGN KEY (organization_id, conversation_id) REFERENCES conversation (organization_id, id) ON DELETE CASCADE,
       CHECK ((status = 'active') = (ended_at IS NULL) AND (status = 'active') = (last_seq IS NULL))
     {end}",
    "CREATE UNIQUE INDEX chat_session_active ON chat_session (organization_id, conversation_id) WHERE status = 'active'",
    "CREATE INDEX chat_session_by_conversation ON chat_session (organization_id, conversation_id, started_at, id)",
    "CREATE INDEX chat_session_idle ON chat_session (last_activity_at) WHERE status = 'active'",
];

const QUEUE: &[&str] = &[
    "CREATE INDEX support_request_queue ON support_request (organization_id, created_at, id)
       WHERE kind = 'chat' AND status = 'open' AND assignee_id IS NULL",
    "CREATE INDEX timeline_entry_taken ON timeline_entry (organization_id, created_at)
       WHERE kind = 'assignee_changed' AND old IS NULL AND new IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        ddl::both(manager, QUEUE).await?;
        // The sweep serves all organisations.
        let access = Access { app: "SELECT, INSERT, UPDATE", log: "SELECT, UPDATE", ..Access::default() };
        ddl::guard(manager, "chat_session", "organization_id", access).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection.execute_unprepared("DROP INDEX timeline_entry_taken").await?;
        connection.execute_unprepared("DROP INDEX support_request_queue").await?;
        ddl::drop(manager, &["chat_session"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
