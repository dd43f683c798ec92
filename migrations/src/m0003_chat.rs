//! Conversations, who takes part in them, and their log.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::DbBackend,
};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    // What the log checks under the lock stands in the row itself. No index on last_seq or
    // last_message_at: an update of the head then stays within its page (HOT).
    "CREATE TABLE conversation (
       organization_id {uuid} NOT NULL,
       id {uuid} NOT NULL,
       support_request_id {uuid} NOT NULL,
       requester_id {uuid} NOT NULL,
       assignee_id {uuid},
       resolved {bool} NOT NULL,
       closed {bool} NOT NULL,
       merged_into {uuid},
       archived_at {time},
       last_seq {bigint} NOT NULL DEFAULT 0,
       last_message_at {time},
       created_at {time} NOT NULL,
       PRIMARY KEY (organization_id, id),
       UNIQUE (organization_id, support_request_id),
       FOREIGN KEY (organization_id, support_request_id) REFERENCES support_request (organization_id, id)
     {end}",
    "CREATE INDEX conversation_by_requester ON conversation (organization_id, requester_id)",
    // member: added or mentioned, and so allowed to see it; those who only read are no members.
    "CREATE TABLE participant (
       organization_id {uuid} NOT NULL,
       conversation_id {uuid} NOT NULL,
       participant_id {uuid} NOT NULL,
       kind {smallint} NOT NULL,
       name text NOT NULL,
       member {bool} NOT NULL DEFAULT {false},
       delivered_seq {bigint} NOT NULL DEFAULT 0,
       read_seq {bigint} NOT NULL DEFAULT 0,
       read_at {time},
       joined_at {time} NOT NULL,
       PRIMARY KEY (organization_id, conversation_id, participant_id),
       FOREIGN KEY (organization_id, conversation_id) REFERENCES conversation (organization_id, id)
     {end}",
    "CREATE INDEX participant_member ON participant (organization_id, conversation_id, participant_id) WHERE member",
];

/// The log. `change`: 0 created, 1 edited, 2 deleted. A created entry is the message, with its
/// content of now; the others point to it by `message_seq`. No foreign key: entries are inserted
/// only under the lock of their conversation, and a key would double what the database does.
///
/// `tx` and `tx_row` are the consumers' cursor: everything below the oldest open transaction is complete.
const LOG_ON_POSTGRES: &[&str] = &[
    "ALTER TABLE conversation SET (fillfactor = 50)",
    "ALTER TABLE participant SET (fillfactor = 70)",
    "CREATE TABLE entry (
       organization_id uuid NOT NULL,
       conversation_id uuid NOT NULL,
       seq bigint NOT NULL,
       entry_seq bigint NOT NULL,
       message_seq bigint,
       content_hash bigint NOT NULL,
       tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
       created_at timestamptz NOT NULL,
       edited_at timestamptz,
       deleted_at timestamptz,
       id uuid,
       sender_id uuid NOT NULL,
       in_reply_to uuid,
       tx_row int NOT NULL,
       change smallint NOT NULL,
       sender_kind smallint NOT NULL,
       message_kind smallint NOT NULL,
       sender_name text NOT NULL,
       client_message_id text COLLATE \"C\",
       content text,
       PRIMARY KEY (conversation_id, seq),
       CHECK ((change = 0) = (id IS NOT NULL) AND (change = 0) = (message_seq IS NULL))
     )",
    "CREATE UNIQUE INDEX entry_once ON entry (conversation_id, sender_id, client_message_id)",
    "CREATE UNIQUE INDEX entry_message ON entry (conversation_id, id)",
    "CREATE INDEX entry_feed ON entry (tx)",
];

/// As on PostgreSQL. `position` is the consumers' cursor: there is one writer, so it rises in the
/// order of commits; AUTOINCREMENT, so that a number is never given again after a deletion.
const LOG_ON_SQLITE: &[&str] = &[
    "CREATE TABLE entry (
       position INTEGER PRIMARY KEY AUTOINCREMENT,
       organization_id BLOB NOT NULL,
       conversation_id BLOB NOT NULL,
       seq INTEGER NOT NULL,
       entry_seq INTEGER NOT NULL,
       message_seq INTEGER,
       content_hash INTEGER NOT NULL,
       created_at INTEGER NOT NULL,
       edited_at INTEGER,
       deleted_at INTEGER,
       id BLOB,
       sender_id BLOB NOT NULL,
       in_reply_to BLOB,
       change INTEGER NOT NULL,
       sender_kind INTEGER NOT NULL,
       message_kind INTEGER NOT NULL,
       sender_name TEXT NOT NULL,
       client_message_id TEXT,
       content TEXT,
       UNIQUE (conversation_id, seq),
       CHECK ((change = 0) = (id IS NOT NULL) AND (change = 0) = (message_seq IS NULL))
     ) STRICT",
    "CREATE UNIQUE INDEX entry_once ON entry (conversation_id, sender_id, client_message_id)",
    "CREATE UNIQUE INDEX entry_message ON entry (conversation_id, id)",
];

/// How far each consumer of the log has come; belongs to no organisation.
const POSITIONS: &[&str] = &["CREATE TABLE log_position (
       consumer {word} NOT NULL PRIMARY KEY,
       tx {bigint} NOT NULL,
       tx_row {bigint} NOT NULL
     {end}"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        ddl::only(manager, DbBackend::Postgres, LOG_ON_POSTGRES).await?;
        ddl::only(manager, DbBackend::Sqlite, LOG_ON_SQLITE).await?;
        ddl::both(manager, POSITIONS).await?;
        let headed = Access { app: "SELECT, INSERT, UPDATE", log: "SELECT, UPDATE", ..Access::default() };
        ddl::guard(manager, "conversation", "organization_id", headed).await?;
        // Marks of all organisations share a commit.
        let marked = Access { app: "SELECT, INSERT, UPDATE", log: "SELECT, INSERT, UPDATE", ..Access::default() };
        ddl::guard(manager, "participant", "organization_id", marked).await?;
        let logged = Access { app: "SELECT, INSERT", log: "SELECT, INSERT, UPDATE", ..Access::default() };
        ddl::guard(manager, "entry", "organization_id", logged).await?;
        let positions = Access { log: "SELECT, INSERT, UPDATE", ..Access::default() };
        ddl::open(manager, "log_position", positions).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["conversation", "participant", "entry", "log_position"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
