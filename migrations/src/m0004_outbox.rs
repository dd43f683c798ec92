//! The events that leave with a change, and those that were taken.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    // One row a sink, so that one that is down delays no other. key and key_seq order the events
    // of one request or user within a sink.
    "CREATE TABLE outbox (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {uuid} NOT NULL,
       sink {word} NOT NULL,
       name {word} NOT NULL,
       key {uuid} NOT NULL,
       key_seq {bigint} NOT NULL,
       payload {json} NOT NULL,
       trace text,
       attempts {bigint} NOT NULL DEFAULT 0,
       created_at {time} NOT NULL,
       next_at {time} NOT NULL,
       lease_until {time},
       lease_token {uuid},
       done_at {time},
       dead_at {time},
       PRIMARY KEY (organization_id, id, sink),
       UNIQUE (organization_id, sink, key, key_seq)
     {end}",
    "CREATE INDEX outbox_due ON outbox (sink, next_at) WHERE done_at IS NULL AND dead_at IS NULL",
    "CREATE TABLE inbox (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       consumer {word} NOT NULL,
       event_id {uuid} NOT NULL,
       taken_at {time} NOT NULL,
       PRIMARY KEY (organization_id, consumer, event_id)
     {end}",
    "CREATE INDEX inbox_by_time ON inbox (consumer, taken_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        let outbox = Access { app: "SELECT, INSERT", log: "SELECT, UPDATE, DELETE", ..Access::default() };
        ddl::guard(manager, "outbox", "organization_id", outbox).await?;
        // The gate removes, of all organisations, what can never come again.
        let inbox = Access { app: "SELECT, INSERT", gate: "SELECT, DELETE", ..Access::default() };
        ddl::guard(manager, "inbox", "organization_id", inbox).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["outbox", "inbox"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
