//! Letters that wait, the tokens of their links, and the guests that customers' accounts are.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    // What a link makes is sealed until somebody follows it.
    "CREATE TABLE account_token (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {uuid} NOT NULL,
       kind {word} NOT NULL CHECK (kind IN ('email_verification', 'password_reset', 'invitation')),
       hash {word} NOT NULL UNIQUE,
       email {word} NOT NULL,
       user_id {uuid},
       pending text,
       created_at {time} NOT NULL,
       expires_at {time} NOT NULL,
       used_at {time},
       PRIMARY KEY (organization_id, id),
       FOREIGN KEY (organization_id, user_id) REFERENCES user_account (organization_id, id)
     {end}",
    "CREATE INDEX account_token_by_email ON account_token (organization_id, email, kind)",
    "CREATE INDEX account_token_by_end ON account_token (expires_at)",
    // content: sealed, and empty once the letter is over. next_at: when it is tried next; nothing once it is over.
    "CREATE TABLE letter (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {uuid} NOT NULL,
       email {word} NOT NULL,
       language {word} NOT NULL,
       content text NOT NULL,
       attempts {bigint} NOT NULL,
       created_at {time} NOT NULL,
       next_at {time},
       sent_at {time},
       given_up_at {time},
       PRIMARY KEY (organization_id, id)
     {end}",
    "CREATE INDEX letter_waiting ON letter (next_at, id) WHERE next_at IS NOT NULL",
    "CREATE INDEX letter_by_email ON letter (organization_id, email)",
];

/// A customer's account is the guest of its e-mail, who has its id, unless another guest has the address already.
const GUESTS: &[&str] = &[
    "INSERT INTO guest (organization_id, id, name, email, phone, language, created_at)
     SELECT organization_id, id, trim(substr(first_name || ' ' || last_name, 1, 100)), email, phone, language, created_at
     FROM user_account WHERE role = 'customer'
     ON CONFLICT DO NOTHING",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        ddl::both(manager, GUESTS).await?;
        // The gate claims letters of all organisations, and removes what is over.
        let tokens = Access { app: "SELECT, INSERT, UPDATE, DELETE", gate: "SELECT, DELETE", ..Access::default() };
        ddl::guard(manager, "account_token", "organization_id", tokens).await?;
        let letters =
            Access { app: "SELECT, INSERT, UPDATE, DELETE", gate: "SELECT, UPDATE, DELETE", ..Access::default() };
        ddl::guard(manager, "letter", "organization_id", letters).await?;
        ddl::erasable(manager, "account_token", "organization_id", "SELECT, DELETE").await?;
        ddl::erasable(manager, "letter", "organization_id", "SELECT, DELETE").await
    }

    /// The guests stay: what was opened under them meanwhile is theirs.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["account_token", "letter"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
