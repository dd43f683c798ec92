//! Deadlines: what organisations promise, and what staff were told of each request.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::DbBackend,
};

use crate::{
    ddl::{self, Access},
    roles::LOG_ROLE,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    "CREATE TABLE sla_policy (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       priority {word} NOT NULL,
       first_response_s {bigint} NOT NULL,
       resolution_s {bigint} NOT NULL,
       PRIMARY KEY (organization_id, priority)
     {end}",
    // week: seven lists of [from, to] in minutes, from Monday on.
    "CREATE TABLE business_hours (
       organization_id {uuid} NOT NULL PRIMARY KEY REFERENCES organization (id),
       time_zone {word} NOT NULL,
       week {json} NOT NULL,
       holidays {json} NOT NULL
     {end}",
];

/// With defaults, so that a program that does not know the columns yet can still write. What it writes is looked at
/// by the next watch: the default of `sla_next_at` is long ago. `sla_waited` is in microseconds.
const COLUMNS: &[&str] = &[
    "ALTER TABLE support_request ADD COLUMN first_response_warn_at {time}",
    "ALTER TABLE support_request ADD COLUMN first_response_told {word} NOT NULL DEFAULT 'nothing'",
    "ALTER TABLE support_request ADD COLUMN resolution_warn_at {time}",
    "ALTER TABLE support_request ADD COLUMN resolution_told {word} NOT NULL DEFAULT 'nothing'",
    "ALTER TABLE support_request ADD COLUMN sla_waited {bigint} NOT NULL DEFAULT 0",
];

const NEXT: (&str, &str) = (
    "ALTER TABLE support_request ADD COLUMN sla_next_at timestamptz DEFAULT 'epoch'",
    "ALTER TABLE support_request ADD COLUMN sla_next_at INTEGER DEFAULT 0",
);

/// What was missed before anybody watched is not told of now, all at once.
const MISSED: (&str, &str) = (
    "UPDATE support_request SET
       first_response_told = CASE WHEN first_response_due_at <= now() THEN 'breached' ELSE 'nothing' END,
       resolution_told = CASE WHEN resolution_due_at <= now() THEN 'breached' ELSE 'nothing' END,
       sla_next_at = CASE WHEN status IN ('resolved', 'closed') THEN NULL ELSE sla_next_at END",
    "UPDATE support_request SET
       first_response_told =
         CASE WHEN first_response_due_at <= unixepoch() * 1000000 THEN 'breached' ELSE 'nothing' END,
       resolution_told = CASE WHEN resolution_due_at <= unixepoch() * 1000000 THEN 'breached' ELSE 'nothing' END,
       sla_next_at = CASE WHEN status IN ('resolved', 'closed') THEN NULL ELSE sla_next_at END",
);

const INDEX: &[&str] = &["CREATE INDEX support_request_deadline ON support_request (sla_next_at, organization_id, id)
       WHERE sla_next_at IS NOT NULL"];

const DOWN: &[&str] = &[
    "DROP INDEX support_request_deadline",
    "ALTER TABLE support_request DROP COLUMN sla_next_at",
    "ALTER TABLE support_request DROP COLUMN sla_waited",
    "ALTER TABLE support_request DROP COLUMN resolution_told",
    "ALTER TABLE support_request DROP COLUMN resolution_warn_at",
    "ALTER TABLE support_request DROP COLUMN first_response_told",
    "ALTER TABLE support_request DROP COLUMN first_response_warn_at",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        ddl::both(manager, COLUMNS).await?;
        for (on_postgres, on_sqlite) in [NEXT, MISSED] {
            ddl::only(manager, DbBackend::Postgres, &[on_postgres]).await?;
            ddl::only(manager, DbBackend::Sqlite, &[on_sqlite]).await?;
        }
        ddl::both(manager, INDEX).await?;
        // The watch serves all organisations: it finds by this one time, and sees no more.
        let watch = format!("GRANT SELECT (sla_next_at) ON support_request TO {LOG_ROLE}");
        ddl::only(manager, DbBackend::Postgres, &[&watch]).await?;
        let set = Access { app: "SELECT, INSERT, UPDATE, DELETE", ..Access::default() };
        ddl::guard(manager, "sla_policy", "organization_id", set).await?;
        ddl::guard(manager, "business_hours", "organization_id", set).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, DOWN).await?;
        ddl::drop(manager, &["sla_policy", "business_hours"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
