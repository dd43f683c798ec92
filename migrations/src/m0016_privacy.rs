//! What was erased, who did what, and the role that may erase.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::DbBackend,
};

use crate::{
    ddl::{self, Access},
    roles::ERASER_ROLE,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    // Ids only: the log says what must stay erased, and nothing of it. Kept for good, to be carried out again after an
    // older copy of the database was restored. Without a person it is a request as a whole.
    "CREATE TABLE erasure (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {uuid} NOT NULL,
       person_id {uuid},
       support_request_id {uuid},
       requested_at {time} NOT NULL,
       done_at {time},
       PRIMARY KEY (organization_id, id),
       CHECK (person_id IS NOT NULL OR support_request_id IS NOT NULL)
     {end}",
    "CREATE INDEX erasure_open ON erasure (requested_at) WHERE done_at IS NULL",
    // Ids, not names: names are looked up when it is read, so that an erasure has nothing to rewrite but where
    // somebody was. Without an actor: somebody who was not known, or the operator of the server.
    "CREATE TABLE audit_log (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {uuid} NOT NULL,
       actor_id {uuid},
       action {word} NOT NULL,
       target_type {word},
       target_id {uuid},
       address text,
       details {json} NOT NULL,
       created_at {time} NOT NULL,
       PRIMARY KEY (organization_id, id)
     {end}",
    "CREATE INDEX audit_log_by_time ON audit_log (organization_id, created_at, id)",
];

const COLUMNS: &[&str] = &["ALTER TABLE support_request ADD COLUMN erased_at {time}"];

/// What is looked for by the clock: requests whose time is over.
const INDEX: &[&str] = &["CREATE INDEX support_request_closed ON support_request (organization_id, closed_at)
   WHERE status = 'closed' AND erased_at IS NULL"];

/// The exact columns in which a person can have left something.
const ERASABLE: &[(&str, &str, &str)] = &[
    ("organization", "id", "SELECT"),
    ("conversation", "organization_id", "SELECT"),
    ("user_account", "organization_id", "SELECT, UPDATE"),
    ("user_session", "organization_id", "SELECT, DELETE"),
    ("guest", "organization_id", "SELECT, UPDATE (name, email, phone)"),
    ("guest_token", "organization_id", "SELECT, UPDATE (name)"),
    (
        "support_request",
        "organization_id",
        "SELECT, UPDATE (subject, description, tags, metadata, order_id, appointment_id, warranty_id, claim_id,
           requester_name, requester_email, requester_phone, rating_comment, last_command, version, updated_at,
           active_at, erased_at)",
    ),
    ("participant", "organization_id", "SELECT, UPDATE (name)"),
    (
        "entry",
        "organization_id",
        "SELECT, UPDATE (sender_name, content, attachments, client_message_id, content_hash, deleted_at)",
    ),
    ("timeline_entry", "organization_id", "SELECT, UPDATE (old, new, actor_name, reason, note, metadata)"),
    ("attachment", "organization_id", "SELECT, UPDATE (deleted_at)"),
    ("outbox", "organization_id", "SELECT, INSERT, DELETE, UPDATE (payload)"),
    ("idempotent_call", "organization_id", "SELECT, DELETE"),
    ("erasure", "organization_id", "SELECT, UPDATE (done_at)"),
    ("audit_log", "organization_id", "SELECT, UPDATE (address)"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        ddl::both(manager, COLUMNS).await?;
        ddl::both(manager, INDEX).await?;
        // The gate finds, of all organisations, what is to be carried out.
        let erasures = Access { app: "SELECT, INSERT", gate: "SELECT", ..Access::default() };
        ddl::guard(manager, "erasure", "organization_id", erasures).await?;
        // Append only, also for a server that is broken into.
        let audit = Access { app: "SELECT, INSERT", ..Access::default() };
        ddl::guard(manager, "audit_log", "organization_id", audit).await?;
        for (table, column, rights) in ERASABLE {
            ddl::erasable(manager, table, column, rights).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["erasure", "audit_log"]).await?;
        let own = ["erasure", "audit_log"];
        for (table, ..) in ERASABLE.iter().filter(|(table, ..)| !own.contains(table)) {
            let taken_back =
                [format!("DROP POLICY {ERASER_ROLE} ON {table}"), format!("REVOKE ALL ON {table} FROM {ERASER_ROLE}")];
            let taken_back: Vec<&str> = taken_back.iter().map(String::as_str).collect();
            ddl::only(manager, DbBackend::Postgres, &taken_back).await?;
        }
        ddl::both(manager, &["DROP INDEX support_request_closed", "ALTER TABLE support_request DROP COLUMN erased_at"])
            .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
