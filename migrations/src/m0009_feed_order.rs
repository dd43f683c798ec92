//! The order in which consumers of the log are told the entries of one conversation.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::DbBackend,
};

use crate::ddl;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A batch has its transaction id before it has waited for a conversation, so an entry may follow one whose
/// id is greater; it then takes that one's place in the feed, and a row behind it. `last_tx` and
/// `last_tx_row` are the place of the conversation's last entry. SQLite has one writer and needs none of it.
const UP: &[&str] = &[
    "ALTER TABLE entry ALTER COLUMN tx_row TYPE bigint",
    "ALTER TABLE conversation ADD COLUMN last_tx xid8, ADD COLUMN last_tx_row bigint",
];

const DOWN: &[&str] = &[
    "ALTER TABLE conversation DROP COLUMN last_tx, DROP COLUMN last_tx_row",
    "ALTER TABLE entry ALTER COLUMN tx_row TYPE int USING (tx_row & 4095)::int",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::only(manager, DbBackend::Postgres, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::only(manager, DbBackend::Postgres, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
