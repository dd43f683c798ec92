//! The rest of a request's life: ratings, escalations, what is put aside, put away or deleted.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Without values, so that a program that does not know the columns yet can still write.
const COLUMNS: &[&str] = &[
    "ALTER TABLE support_request ADD COLUMN rating {bigint}",
    "ALTER TABLE support_request ADD COLUMN rating_comment text",
    "ALTER TABLE support_request ADD COLUMN rated_at {time}",
    "ALTER TABLE support_request ADD COLUMN escalated_at {time}",
    "ALTER TABLE support_request ADD COLUMN snoozed_until {time}",
    "ALTER TABLE support_request ADD COLUMN surveyed_at {time}",
    "ALTER TABLE support_request ADD COLUMN archived_at {time}",
    "ALTER TABLE support_request ADD COLUMN deleted_at {time}",
];

const DOWN: &[&str] = &[
    "ALTER TABLE support_request DROP COLUMN deleted_at",
    "ALTER TABLE support_request DROP COLUMN archived_at",
    "ALTER TABLE support_request DROP COLUMN surveyed_at",
    "ALTER TABLE support_request DROP COLUMN snoozed_until",
    "ALTER TABLE support_request DROP COLUMN escalated_at",
    "ALTER TABLE support_request DROP COLUMN rated_at",
    "ALTER TABLE support_request DROP COLUMN rating_comment",
    "ALTER TABLE support_request DROP COLUMN rating",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, COLUMNS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
