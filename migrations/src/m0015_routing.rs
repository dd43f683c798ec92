//! What organisations set for themselves, routing rules, what agents take, and the runs of scheduled tasks.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// With defaults, so that a program that does not know the columns yet can still write. A period that is null is
/// switched off.
const COLUMNS: &[&str] = &[
    "ALTER TABLE organization ADD COLUMN auto_assign {bool} NOT NULL DEFAULT {false}",
    "ALTER TABLE organization ADD COLUMN escalation_hours {bigint} DEFAULT 2",
    "ALTER TABLE organization ADD COLUMN auto_close_days {bigint} DEFAULT 7",
    "ALTER TABLE organization ADD COLUMN archive_days {bigint} DEFAULT 90",
    "ALTER TABLE organization ADD COLUMN retention_years {bigint} DEFAULT 3",
    "ALTER TABLE organization ADD COLUMN surveys {bool} NOT NULL DEFAULT {true}",
    "ALTER TABLE user_account ADD COLUMN capacity {bigint} NOT NULL DEFAULT 10",
    "ALTER TABLE user_account ADD COLUMN skills {json} NOT NULL DEFAULT '{\"categories\":[],\"languages\":[]}'",
    // When a request was last given to somebody by itself: who waits longest is next among equals.
    "ALTER TABLE user_account ADD COLUMN routed_at {time}",
];

const TABLES: &[&str] = &[
    "CREATE TABLE routing_rule (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {uuid} NOT NULL,
       name text NOT NULL,
       position {bigint} NOT NULL,
       enabled {bool} NOT NULL,
       conditions {json} NOT NULL,
       outcome {json} NOT NULL,
       PRIMARY KEY (organization_id, id)
     {end}",
    // slot: the begin of the period that the run is for; one that was asked for by hand has its own moment. claim tells
    // the runs of one slot apart. seen_at: the last sign of life of whoever runs it.
    "CREATE TABLE job_run (
       name {word} NOT NULL,
       slot {time} NOT NULL,
       claim {uuid} NOT NULL,
       node {word} NOT NULL,
       claimed_at {time} NOT NULL,
       seen_at {time} NOT NULL,
       finished_at {time},
       outcome {word},
       count {bigint},
       said text,
       PRIMARY KEY (name, slot)
     {end}",
];

const INDEXES: &[&str] = &[
    // Few of all users answer.
    "CREATE INDEX user_account_staff ON user_account (organization_id, id) WHERE role <> 'customer'",
    // In the order in which they are given out.
    "CREATE INDEX support_request_unassigned ON support_request (organization_id,
       (CASE priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END), created_at, id)
       WHERE status = 'open' AND assignee_id IS NULL AND deleted_at IS NULL",
    // What an agent has to do, without all that they have done.
    "CREATE INDEX support_request_load ON support_request (organization_id, assignee_id)
       WHERE resolved_at IS NULL AND closed_at IS NULL AND deleted_at IS NULL",
];

const DOWN: &[&str] = &[
    "DROP INDEX support_request_load",
    "DROP INDEX support_request_unassigned",
    "DROP INDEX user_account_staff",
    "ALTER TABLE user_account DROP COLUMN routed_at",
    "ALTER TABLE user_account DROP COLUMN skills",
    "ALTER TABLE user_account DROP COLUMN capacity",
    "ALTER TABLE organization DROP COLUMN surveys",
    "ALTER TABLE organization DROP COLUMN retention_years",
    "ALTER TABLE organization DROP COLUMN archive_days",
    "ALTER TABLE organization DROP COLUMN auto_close_days",
    "ALTER TABLE organization DROP COLUMN escalation_hours",
    "ALTER TABLE organization DROP COLUMN auto_assign",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, COLUMNS).await?;
        ddl::both(manager, TABLES).await?;
        ddl::both(manager, INDEXES).await?;
        let set = Access { app: "SELECT, INSERT, UPDATE, DELETE", ..Access::default() };
        ddl::guard(manager, "routing_rule", "organization_id", set).await?;
        let of_all = Access { gate: "SELECT, INSERT, UPDATE, DELETE", ..Access::default() };
        ddl::open(manager, "job_run", of_all).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, DOWN).await?;
        ddl::drop(manager, &["routing_rule", "job_run"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
