//! The calls that were carried out, so that the same again creates nothing.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    // key and body tell calls apart without being what came: a key opens an answer, and a body may
    // hold a password. resource_id points to whatever the operation creates, so it has no foreign key.
    "CREATE TABLE idempotent_call (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       principal_id {uuid} NOT NULL,
       operation {word} NOT NULL,
       key {word} NOT NULL,
       body {word} NOT NULL,
       resource_id {uuid} NOT NULL,
       kept text,
       expires_at {time} NOT NULL,
       PRIMARY KEY (organization_id, principal_id, operation, key)
     {end}",
    "CREATE INDEX idempotent_call_by_end ON idempotent_call (expires_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        // A key whose time is over may be used anew before the gate has removed it.
        let access = Access { app: "SELECT, INSERT, UPDATE", gate: "SELECT, DELETE", ..Access::default() };
        ddl::guard(manager, "idempotent_call", "organization_id", access).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["idempotent_call"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
