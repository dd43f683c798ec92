//! Organisations, users, sessions, guests and their tokens, revocations, signing keys.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    "CREATE TABLE organization (
       id {uuid} NOT NULL PRIMARY KEY,
       name text NOT NULL,
       slug {word} NOT NULL UNIQUE,
       widget_key {word} NOT NULL UNIQUE,
       allowed_origins {json} NOT NULL,
       language {word} NOT NULL,
       time_zone {word} NOT NULL,
       ticket_prefix {word} NOT NULL,
       epoch {uuid} NOT NULL,
       created_at {time} NOT NULL
     {end}",
    // Names are sorted by what they were folded to by the server, alike on both databases.
    "CREATE TABLE user_account (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {uuid} NOT NULL,
       email {word} NOT NULL,
       password_hash text,
       first_name text NOT NULL,
       last_name text NOT NULL,
       sort_key {word} NOT NULL,
       phone text,
       language {word} NOT NULL,
       role {word} NOT NULL,
       active {bool} NOT NULL,
       created_at {time} NOT NULL,
       updated_at {time} NOT NULL,
       version {bigint} NOT NULL,
       PRIMARY KEY (organization_id, id),
       UNIQUE (organization_id, email)
     {end}",
    "CREATE INDEX user_account_by_name ON user_account (organization_id, sort_key, id)",
    "CREATE TABLE user_session (
       organization_id {uuid} NOT NULL,
       id {uuid} NOT NULL,
       user_id {uuid} NOT NULL,
       seed text NOT NULL,
       generation {bigint} NOT NULL,
       rotated_at {time} NOT NULL,
       expires_at {time} NOT NULL,
       created_at {time} NOT NULL,
       address text,
       user_agent text,
       browser {bool} NOT NULL,
       ended_at {time},
       ended_why {word},
       PRIMARY KEY (organization_id, id),
       FOREIGN KEY (organization_id, user_id) REFERENCES user_account (organization_id, id)
     {end}",
    "CREATE INDEX user_session_by_user ON user_session (organization_id, user_id)",
    "CREATE INDEX user_session_by_end ON user_session (expires_at)",
    "CREATE TABLE guest (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {uuid} NOT NULL,
       name text NOT NULL,
       email {word},
       phone text,
       language {word} NOT NULL,
       created_at {time} NOT NULL,
       PRIMARY KEY (organization_id, id),
       UNIQUE (organization_id, email)
     {end}",
    // The request that a token names may be stored after it, so there is no foreign key to it.
    "CREATE TABLE guest_token (
       organization_id {uuid} NOT NULL,
       id {uuid} NOT NULL,
       guest_id {uuid} NOT NULL,
       support_request_id {uuid} NOT NULL,
       hash {word} NOT NULL UNIQUE,
       name text NOT NULL,
       language {word} NOT NULL,
       created_at {time} NOT NULL,
       expires_at {time} NOT NULL,
       revoked_at {time},
       PRIMARY KEY (organization_id, id),
       FOREIGN KEY (organization_id, guest_id) REFERENCES guest (organization_id, id)
     {end}",
    "CREATE INDEX guest_token_by_guest ON guest_token (organization_id, guest_id)",
    "CREATE INDEX guest_token_by_end ON guest_token (expires_at)",
    "CREATE TABLE revocation (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       kind {word} NOT NULL CHECK (kind IN ('session', 'guest_token')),
       target_id {uuid} NOT NULL,
       person_id {uuid} NOT NULL,
       at {time} NOT NULL,
       PRIMARY KEY (organization_id, kind, target_id, at)
     {end}",
    "CREATE INDEX revocation_by_time ON revocation (at)",
    // Belongs to no organisation: tokens of all are signed by the same keys. At most one key has
    // no end, so that two nodes cannot both make the first.
    "CREATE TABLE signing_key (
       id {word} NOT NULL PRIMARY KEY,
       sealed_private text NOT NULL,
       public text NOT NULL,
       created_at {time} NOT NULL,
       signs_from {time} NOT NULL,
       verifies_until {time}
     {end}",
    "CREATE UNIQUE INDEX signing_key_newest ON signing_key ((1)) WHERE verifies_until IS NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        let organization = Access { app: "SELECT, INSERT, UPDATE", log: "SELECT", gate: "SELECT" };
        ddl::guard(manager, "organization", "id", organization).await?;
        let of_people = Access { app: "SELECT, INSERT, UPDATE", ..Access::default() };
        ddl::guard(manager, "user_account", "organization_id", of_people).await?;
        ddl::guard(manager, "guest", "organization_id", of_people).await?;
        // The gate also removes what can never be used again, of all organisations.
        let of_tokens = Access { app: "SELECT, INSERT, UPDATE", gate: "SELECT, DELETE", ..Access::default() };
        ddl::guard(manager, "user_session", "organization_id", of_tokens).await?;
        ddl::guard(manager, "guest_token", "organization_id", of_tokens).await?;
        ddl::guard(manager, "revocation", "organization_id", of_tokens).await?;
        let of_keys = Access { gate: "SELECT, INSERT, UPDATE, DELETE", ..Access::default() };
        ddl::open(manager, "signing_key", of_keys).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["organization", "user_account", "user_session", "guest", "guest_token", "revocation", "signing_key"];
        ddl::drop(manager, &tables).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
