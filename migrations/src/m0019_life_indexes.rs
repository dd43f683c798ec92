//! What the rest of a request's life is looked for by, and the way to its end.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::DbBackend,
};

use crate::{ddl, roles::APP_ROLE};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Without values, so that a program that does not know the columns yet can still write. `took_in` is a list of ids.
const COLUMNS: &[&str] = &[
    "ALTER TABLE support_request ADD COLUMN took_in {json}",
    "ALTER TABLE conversation ADD COLUMN took_in {json}",
    "ALTER TABLE conversation ADD COLUMN deleted_at {time}",
];

const INDEXES: &[&str] = &[
    // The inbox as before, with what keeps a request out of it.
    "DROP INDEX support_request_inbox",
    "CREATE INDEX support_request_inbox ON support_request
       (organization_id, active_at, id, status, priority, assignee_id, requester_id, conversation_id, deleted_at,
        archived_at, snoozed_until)",
    // What the clock looks for: few rows each, at any time.
    "CREATE INDEX support_request_unanswered ON support_request (organization_id, created_at)
       WHERE priority = 'urgent' AND first_response_at IS NULL AND escalated_at IS NULL AND closed_at IS NULL",
    "CREATE INDEX support_request_resolved ON support_request (organization_id, active_at) WHERE status = 'resolved'",
    "CREATE INDEX support_request_unarchived ON support_request (organization_id, active_at)
       WHERE status = 'closed' AND archived_at IS NULL",
    "CREATE INDEX support_request_snoozed ON support_request (organization_id, snoozed_until)
       WHERE snoozed_until IS NOT NULL",
    "CREATE INDEX support_request_deleted ON support_request (organization_id, deleted_at)
       WHERE deleted_at IS NOT NULL",
    "CREATE INDEX support_request_unsurveyed ON support_request (organization_id, closed_at)
       WHERE status = 'closed' AND surveyed_at IS NULL AND rating IS NULL AND merged_into IS NULL",
    // What points to a request, for when it goes.
    "CREATE INDEX support_request_merged ON support_request (organization_id, merged_into)
       WHERE merged_into IS NOT NULL",
    "CREATE INDEX support_request_follow_up ON support_request (organization_id, follow_up_of)
       WHERE follow_up_of IS NOT NULL",
];

const DOWN: &[&str] = &[
    "DROP INDEX support_request_follow_up",
    "DROP INDEX support_request_merged",
    "DROP INDEX support_request_unsurveyed",
    "DROP INDEX support_request_deleted",
    "DROP INDEX support_request_snoozed",
    "DROP INDEX support_request_unarchived",
    "DROP INDEX support_request_resolved",
    "DROP INDEX support_request_unanswered",
    "DROP INDEX support_request_inbox",
    "CREATE INDEX support_request_inbox ON support_request
       (organization_id, active_at, id, status, priority, assignee_id, requester_id, conversation_id)",
    "ALTER TABLE conversation DROP COLUMN deleted_at",
    "ALTER TABLE conversation DROP COLUMN took_in",
    "ALTER TABLE support_request DROP COLUMN took_in",
];

/// Each table with what says, of a row of it, that its request is deleted: nothing else of it may be removed.
const PURGED: &[(&str, &str)] = &[
    (
        "timeline_entry",
        "EXISTS (SELECT 1 FROM support_request r WHERE r.organization_id = timeline_entry.organization_id
       AND r.id = timeline_entry.support_request_id AND r.deleted_at IS NOT NULL)",
    ),
    (
        "internal_note",
        "EXISTS (SELECT 1 FROM support_request r WHERE r.organization_id = internal_note.organization_id
       AND r.id = internal_note.support_request_id AND r.deleted_at IS NOT NULL)",
    ),
    (
        "entry",
        "EXISTS (SELECT 1 FROM conversation c WHERE c.organization_id = entry.organization_id
       AND c.id = entry.conversation_id AND c.deleted_at IS NOT NULL)",
    ),
    (
        "participant",
        "EXISTS (SELECT 1 FROM conversation c WHERE c.organization_id = participant.organization_id
       AND c.id = participant.conversation_id AND c.deleted_at IS NOT NULL)",
    ),
    (
        "chat_session",
        "EXISTS (SELECT 1 FROM conversation c WHERE c.organization_id = chat_session.organization_id
       AND c.id = chat_session.conversation_id AND c.deleted_at IS NOT NULL)",
    ),
    (
        "guest_token",
        "EXISTS (SELECT 1 FROM support_request r WHERE r.organization_id = guest_token.organization_id
       AND r.id = guest_token.support_request_id AND r.deleted_at IS NOT NULL)",
    ),
    ("conversation", "deleted_at IS NOT NULL"),
    ("support_request", "deleted_at IS NOT NULL"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::both(manager, COLUMNS).await?;
        ddl::both(manager, INDEXES).await?;
        for (table, is_deleted) in PURGED {
            // Beside the policy of the organisation's rows, not instead of it.
            let policy =
                format!("CREATE POLICY purge ON {table} AS RESTRICTIVE FOR DELETE TO {APP_ROLE} USING ({is_deleted})");
            let grant = format!("GRANT DELETE ON {table} TO {APP_ROLE}");
            ddl::only(manager, DbBackend::Postgres, &[&policy, &grant]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _) in PURGED {
            let revoke = format!("REVOKE DELETE ON {table} FROM {APP_ROLE}");
            let policy = format!("DROP POLICY purge ON {table}");
            ddl::only(manager, DbBackend::Postgres, &[&revoke, &policy]).await?;
        }
        ddl::both(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
