//! Whether a member of staff wants to be asked.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

// With a default, so that a program that does not know the column yet can still add users.
const UP: &[&str] = &["ALTER TABLE user_account ADD COLUMN availability {word} NOT NULL DEFAULT 'online'"];

const DOWN: &[&str] = &["ALTER TABLE user_account DROP COLUMN availability"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
