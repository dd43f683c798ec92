//! The cluster of PostgreSQL that the epochs were minted on.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::DbBackend,
};

use crate::ddl;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// One row, read and written as the owner only. SQLite has no cluster: its history changes hands only
/// with its file.
const TABLE: &str = "CREATE TABLE cluster (
       only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
       system_identifier bigint NOT NULL,
       timeline int NOT NULL,
       recorded_at timestamptz NOT NULL
     )";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::only(manager, DbBackend::Postgres, &[TABLE]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::only(manager, DbBackend::Postgres, &["DROP TABLE cluster"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
