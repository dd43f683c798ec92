//! What makes lists and numbers quick among very many requests.
//!
//! PostgreSQL looks nothing up by a function or an operator that might tell what row-level security hides: `lower`
//! and "contains" are such, equality is not. So what is compared folded is a column of its own, and tags are rows.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::DbBackend,
};

use crate::ddl::{self, Access};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FOLDED: (&str, &str) = (
    "ALTER TABLE support_request ADD COLUMN requester_email_folded text COLLATE \"C\"
       GENERATED ALWAYS AS (lower(requester_email)) STORED",
    "ALTER TABLE support_request ADD COLUMN requester_email_folded TEXT
       GENERATED ALWAYS AS (lower(requester_email)) VIRTUAL",
);

const TAGS: &[&str] = &[
    "CREATE TABLE support_request_tag (
       organization_id {uuid} NOT NULL,
       tag {word} NOT NULL,
       support_request_id {uuid} NOT NULL,
       PRIMARY KEY (organization_id, tag, support_request_id),
       FOREIGN KEY (organization_id, support_request_id) REFERENCES support_request (organization_id, id)
         ON DELETE CASCADE
     {end}",
    "CREATE INDEX support_request_tag_of ON support_request_tag (organization_id, support_request_id)",
];

/// The rows follow the column `tags` by themselves, whoever writes it.
const FOLLOW_ON_POSTGRES: &[&str] = &[
    "CREATE FUNCTION support_request_tags() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       DELETE FROM support_request_tag WHERE organization_id = NEW.organization_id AND support_request_id = NEW.id;
       INSERT INTO support_request_tag (organization_id, tag, support_request_id)
         SELECT DISTINCT NEW.organization_id, tag, NEW.id FROM jsonb_array_elements_text(NEW.tags) AS tag;
       RETURN NULL;
     END $$",
    "CREATE TRIGGER support_request_tagged AFTER INSERT ON support_request FOR EACH ROW
       WHEN (NEW.tags <> '[]'::jsonb) EXECUTE FUNCTION support_request_tags()",
    "CREATE TRIGGER support_request_retagged AFTER UPDATE OF tags ON support_request FOR EACH ROW
       WHEN (OLD.tags IS DISTINCT FROM NEW.tags) EXECUTE FUNCTION support_request_tags()",
    "INSERT INTO support_request_tag (organization_id, tag, support_request_id)
       SELECT DISTINCT r.organization_id, tag, r.id
       FROM support_request r CROSS JOIN jsonb_array_elements_text(r.tags) AS tag",
];

const FOLLOW_ON_SQLITE: &[&str] = &[
    "CREATE TRIGGER support_request_tagged AFTER INSERT ON support_request WHEN NEW.tags <> '[]' BEGIN
       INSERT OR IGNORE INTO support_request_tag (organization_id, tag, support_request_id)
         SELECT NEW.organization_id, value, NEW.id FROM json_each(NEW.tags);
     END",
    "CREATE TRIGGER support_request_retagged AFTER UPDATE OF tags ON support_request WHEN OLD.tags <> NEW.tags BEGIN
       DELETE FROM support_request_tag WHERE organization_id = NEW.organization_id AND support_request_id = NEW.id;
       INSERT OR IGNORE INTO support_request_tag (organization_id, tag, support_request_id)
         SELECT NEW.organization_id, value, NEW.id FROM json_each(NEW.tags);
     END",
    "INSERT OR IGNORE INTO support_request_tag (organization_id, tag, support_request_id)
       SELECT r.organization_id, t.value, r.id FROM support_request r, json_each(r.tags) t",
];

const INDEXES: &[&str] = &[
    "DROP INDEX support_request_by_email",
    "CREATE INDEX support_request_by_email ON support_request (organization_id, requester_email_folded)",
    // As before, and with the times that lists are restricted by.
    "DROP INDEX support_request_inbox",
    "CREATE INDEX support_request_inbox ON support_request
       (organization_id, active_at, id, status, priority, assignee_id, requester_id, conversation_id, created_at,
        deleted_at, archived_at, snoozed_until)",
    // What the numbers of an organisation are made of, so that they are read from the index alone.
    "CREATE INDEX support_request_tally ON support_request
       (organization_id, status, priority, category, kind, source, deleted_at, archived_at, created_at,
        first_response_at, resolved_at, closed_at, rating, escalated_at)",
    // How many there are, and which are put away: few pages, as its values are few.
    "CREATE INDEX support_request_there ON support_request (organization_id, archived_at) WHERE deleted_at IS NULL",
    // What is not over is little of all that there is.
    "CREATE INDEX support_request_unsettled ON support_request
       (organization_id, active_at, id, status, priority, assignee_id, requester_id, conversation_id, deleted_at)
       WHERE status <> 'closed'",
    // The other orders of lists.
    "CREATE INDEX support_request_by_due ON support_request (organization_id, resolution_due_at, id)",
    "CREATE INDEX support_request_by_number ON support_request (organization_id, number_day, number_count, id)",
    "CREATE INDEX support_request_by_priority ON support_request (organization_id,
       (CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END), id)",
    // What an agent was added to.
    "CREATE INDEX support_request_by_conversation ON support_request (organization_id, conversation_id)",
    "CREATE INDEX participant_added ON participant (organization_id, participant_id, conversation_id) WHERE member",
];

const DOWN: &[&str] = &[
    "DROP INDEX participant_added",
    "DROP INDEX support_request_by_conversation",
    "DROP INDEX support_request_by_priority",
    "DROP INDEX support_request_by_number",
    "DROP INDEX support_request_by_due",
    "DROP INDEX support_request_unsettled",
    "DROP INDEX support_request_there",
    "DROP INDEX support_request_tally",
    "DROP INDEX support_request_inbox",
    "CREATE INDEX support_request_inbox ON support_request
       (organization_id, active_at, id, status, priority, assignee_id, requester_id, conversation_id)",
    "DROP INDEX support_request_by_email",
    "CREATE INDEX support_request_by_email ON support_request (organization_id, lower(requester_email))",
];

const UNFOLLOW_ON_POSTGRES: &[&str] = &[
    "DROP TRIGGER support_request_retagged ON support_request",
    "DROP TRIGGER support_request_tagged ON support_request",
    "DROP FUNCTION support_request_tags()",
];

const UNFOLLOW_ON_SQLITE: &[&str] = &["DROP TRIGGER support_request_retagged", "DROP TRIGGER support_request_tagged"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (on_postgres, on_sqlite) = FOLDED;
        ddl::only(manager, DbBackend::Postgres, &[on_postgres]).await?;
        ddl::only(manager, DbBackend::Sqlite, &[on_sqlite]).await?;
        ddl::both(manager, TAGS).await?;
        ddl::only(manager, DbBackend::Postgres, FOLLOW_ON_POSTGRES).await?;
        ddl::only(manager, DbBackend::Sqlite, FOLLOW_ON_SQLITE).await?;
        ddl::both(manager, INDEXES).await?;
        let access = Access { app: "SELECT, INSERT, DELETE", ..Access::default() };
        ddl::guard(manager, "support_request_tag", "organization_id", access).await?;
        // Its rows follow an erasure under the rights of the eraser.
        ddl::erasable(manager, "support_request_tag", "organization_id", "SELECT, INSERT, DELETE").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, DOWN).await?;
        ddl::only(manager, DbBackend::Postgres, UNFOLLOW_ON_POSTGRES).await?;
        ddl::only(manager, DbBackend::Sqlite, UNFOLLOW_ON_SQLITE).await?;
        ddl::drop(manager, &["support_request_tag"]).await?;
        ddl::both(manager, &["ALTER TABLE support_request DROP COLUMN requester_email_folded"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
