//! Support requests, their timelines, and the counter of their numbers.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    // Who asks is a user or a guest, so requester_id points to one of two tables and has no
    // foreign key; the conversation points to its request, not the other way round.
    "CREATE TABLE support_request (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {uuid} NOT NULL,
       number {word} NOT NULL,
       number_day {bigint} NOT NULL,
       number_count {bigint} NOT NULL,
       kind {word} NOT NULL,
       source {word} NOT NULL,
       status {word} NOT NULL,
       priority {word} NOT NULL,
       category text NOT NULL,
       subject text NOT NULL,
       description text NOT NULL,
       tags {json} NOT NULL,
       metadata {json} NOT NULL,
       order_id text,
       appointment_id text,
       warranty_id text,
       claim_id text,
       requester_id {uuid} NOT NULL,
       requester_name text NOT NULL,
       requester_email text,
       requester_phone text,
       assignee_id {uuid},
       conversation_id {uuid} NOT NULL,
       first_response_due_at {time} NOT NULL,
       resolution_due_at {time} NOT NULL,
       waiting_since {time},
       first_response_at {time},
       resolved_at {time},
       closed_at {time},
       resolution text,
       merged_into {uuid},
       follow_up_of {uuid},
       language {word} NOT NULL,
       last_command {bigint},
       version {bigint} NOT NULL,
       created_at {time} NOT NULL,
       updated_at {time} NOT NULL,
       active_at {time} NOT NULL,
       PRIMARY KEY (organization_id, id),
       UNIQUE (organization_id, number),
       UNIQUE (organization_id, appointment_id),
       FOREIGN KEY (organization_id, assignee_id) REFERENCES user_account (organization_id, id),
       FOREIGN KEY (organization_id, merged_into) REFERENCES support_request (organization_id, id),
       FOREIGN KEY (organization_id, follow_up_of) REFERENCES support_request (organization_id, id)
     {end}",
    "CREATE INDEX support_request_by_creation ON support_request (organization_id, created_at, id)",
    // The order of the inbox, with what its usual filters and the rule of sight look at, so that a
    // page and its count are read from the index alone. active_at: the last change or message.
    "CREATE INDEX support_request_inbox ON support_request
       (organization_id, active_at, id, status, priority, assignee_id, requester_id, conversation_id)",
    "CREATE INDEX support_request_by_assignee ON support_request (organization_id, assignee_id)",
    "CREATE INDEX support_request_by_requester ON support_request (organization_id, requester_id)",
    "CREATE INDEX support_request_by_email ON support_request (organization_id, lower(requester_email))",
    "CREATE INDEX support_request_by_order ON support_request (organization_id, order_id)",
    "CREATE INDEX support_request_by_warranty ON support_request (organization_id, warranty_id)",
    "CREATE INDEX support_request_by_claim ON support_request (organization_id, claim_id)",
    "CREATE TABLE request_number (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       day {bigint} NOT NULL,
       last {bigint} NOT NULL,
       PRIMARY KEY (organization_id, day)
     {end}",
    // position keeps the order of appending among entries of the same moment.
    "CREATE TABLE timeline_entry (
       organization_id {uuid} NOT NULL,
       support_request_id {uuid} NOT NULL,
       position {bigint} NOT NULL,
       id {uuid} NOT NULL,
       kind {word} NOT NULL,
       old text,
       new text,
       actor_id {uuid},
       actor_name text NOT NULL,
       reason text,
       note text,
       metadata {json} NOT NULL,
       customer_told {bool} NOT NULL,
       customer_told_at {time},
       created_at {time} NOT NULL,
       PRIMARY KEY (organization_id, support_request_id, position),
       UNIQUE (organization_id, id),
       FOREIGN KEY (organization_id, support_request_id) REFERENCES support_request (organization_id, id)
     {end}",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        let changed = Access { app: "SELECT, INSERT, UPDATE", ..Access::default() };
        // The consumer of the log serves all organisations: it moves this one time, and sees no more.
        let active = "SELECT (organization_id, id, active_at), UPDATE (active_at)";
        ddl::guard(manager, "support_request", "organization_id", Access { log: active, ..changed }).await?;
        ddl::guard(manager, "request_number", "organization_id", changed).await?;
        // Append only, also for a server that is broken into.
        let appended = Access { app: "SELECT, INSERT", ..Access::default() };
        ddl::guard(manager, "timeline_entry", "organization_id", appended).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["support_request", "request_number", "timeline_entry"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
