//! Files of conversations.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// `stored`: all of it has come in and is kept. `message_id` has no foreign key, as nothing points into the log;
/// it is set in the transaction of the message. A file that is deleted stays until its bytes are gone.
const TABLES: &[&str] = &[
    "CREATE TABLE attachment (
       organization_id {uuid} NOT NULL,
       id {uuid} NOT NULL,
       conversation_id {uuid} NOT NULL,
       support_request_id {uuid} NOT NULL,
       message_id {uuid},
       uploaded_by {uuid} NOT NULL,
       upload_key {word},
       file_name text NOT NULL,
       mime_type {word} NOT NULL,
       size {bigint} NOT NULL DEFAULT 0,
       sha256 {word} NOT NULL DEFAULT '',
       status {word} NOT NULL,
       stored {bool} NOT NULL DEFAULT {false},
       created_at {time} NOT NULL,
       deleted_at {time},
       PRIMARY KEY (organization_id, id),
       FOREIGN KEY (organization_id, conversation_id) REFERENCES conversation (organization_id, id),
       CHECK (message_id IS NULL OR status = 'ready')
     {end}",
    "CREATE UNIQUE INDEX attachment_once ON attachment (organization_id, conversation_id, uploaded_by, upload_key)
       WHERE upload_key IS NOT NULL AND deleted_at IS NULL",
    "CREATE INDEX attachment_of_conversation ON attachment (organization_id, conversation_id, created_at)",
    "CREATE INDEX attachment_of_person ON attachment (organization_id, uploaded_by, created_at)",
    // What the sweeps look at: few rows at any time.
    "CREATE INDEX attachment_unbound ON attachment (created_at) WHERE message_id IS NULL AND deleted_at IS NULL",
    "CREATE INDEX attachment_deleted ON attachment (deleted_at) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX attachment_by_id ON attachment (id)",
    // A message carries its files itself, as they never change: reading it takes no second look.
    "ALTER TABLE entry ADD COLUMN attachments {json}",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        let access =
            Access { app: "SELECT, INSERT, UPDATE, DELETE", log: "SELECT, UPDATE, DELETE", ..Access::default() };
        ddl::guard(manager, "attachment", "organization_id", access).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, &["ALTER TABLE entry DROP COLUMN attachments"]).await?;
        ddl::drop(manager, &["attachment"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
