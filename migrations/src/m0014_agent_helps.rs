//! Internal notes, members, categories, canned replies, saved views.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    // mentions: a list of {id, name}. No content and no mentions once it was deleted. It goes with its request.
    "CREATE TABLE internal_note (
       organization_id {uuid} NOT NULL,
       support_request_id {uuid} NOT NULL,
       id {uuid} NOT NULL,
       author_id {uuid} NOT NULL,
       author_name text NOT NULL,
       content text,
       mentions {json} NOT NULL,
       created_at {time} NOT NULL,
       edited_at {time},
       deleted_at {time},
       PRIMARY KEY (organization_id, support_request_id, id),
       FOREIGN KEY (organization_id, support_request_id) REFERENCES support_request (organization_id, id)
         ON DELETE CASCADE,
       FOREIGN KEY (organization_id, author_id) REFERENCES user_account (organization_id, id)
     {end}",
    // An organisation without rows has never changed its list, and has the usual categories. Requests point here by
    // a word, without a key: they keep it when it is taken off the list.
    "CREATE TABLE category (
       organization_id {uuid} NOT NULL REFERENCES organization (id),
       id {word} NOT NULL,
       name_fr text NOT NULL,
       name_en text NOT NULL,
       position {bigint} NOT NULL,
       active {bool} NOT NULL,
       PRIMARY KEY (organization_id, id)
     {end}",
    "CREATE TABLE canned_reply (
       organization_id {uuid} NOT NULL,
       id {uuid} NOT NULL,
       owner_id {uuid} NOT NULL,
       title text NOT NULL,
       shortcut {word} NOT NULL,
       content text NOT NULL,
       language {word},
       category {word},
       shared {bool} NOT NULL,
       created_at {time} NOT NULL,
       updated_at {time} NOT NULL,
       PRIMARY KEY (organization_id, id),
       FOREIGN KEY (organization_id, owner_id) REFERENCES user_account (organization_id, id)
     {end}",
    "CREATE UNIQUE INDEX canned_reply_shared ON canned_reply (organization_id, shortcut) WHERE shared",
    "CREATE UNIQUE INDEX canned_reply_own ON canned_reply (organization_id, owner_id, shortcut) WHERE NOT shared",
    "CREATE TABLE saved_view (
       organization_id {uuid} NOT NULL,
       id {uuid} NOT NULL,
       owner_id {uuid} NOT NULL,
       name {word} NOT NULL,
       filter {json} NOT NULL,
       sort_by {word},
       sort_order {word},
       shared {bool} NOT NULL,
       position {bigint} NOT NULL,
       created_at {time} NOT NULL,
       PRIMARY KEY (organization_id, id),
       FOREIGN KEY (organization_id, owner_id) REFERENCES user_account (organization_id, id)
     {end}",
    "CREATE INDEX saved_view_by_owner ON saved_view (organization_id, owner_id)",
    // When a member was added; nothing for those of whom an older program knew no time.
    "ALTER TABLE participant ADD COLUMN added_at {time}",
];

/// What erasures may do, see the migration of privacy.
const ERASABLE: &[(&str, &str)] = &[
    ("internal_note", "SELECT, UPDATE (author_name, content, mentions, deleted_at)"),
    ("canned_reply", "SELECT, DELETE"),
    ("saved_view", "SELECT, DELETE"),
];

const NAMES: [&str; 4] = ["internal_note", "category", "canned_reply", "saved_view"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, TABLES).await?;
        let own = Access { app: "SELECT, INSERT, UPDATE, DELETE", ..Access::default() };
        // A note goes with its request only.
        let kept = Access { app: "SELECT, INSERT, UPDATE", ..Access::default() };
        for table in NAMES {
            let access = if table == "internal_note" { kept } else { own };
            ddl::guard(manager, table, "organization_id", access).await?;
        }
        for (table, rights) in ERASABLE {
            ddl::erasable(manager, table, "organization_id", rights).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, &["ALTER TABLE participant DROP COLUMN added_at"]).await?;
        ddl::drop(manager, &NAMES).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
