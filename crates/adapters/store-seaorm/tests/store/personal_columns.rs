//! Where a person can have left something: every column that holds text, JSON or bytes is named here, as one that an
//! erasure takes care of or as one that says nothing of anybody. A column that is added fails until it is.

use std::collections::BTreeSet;

use crate::database::{Backend, Fresh};

/// An erasure changes, or removes, what is in them.
const PERSONAL: &[(&str, &[&str])] = &[
    ("user_account", &["email", "password_hash", "first_name", "last_name", "sort_key", "phone", "skills"]),
    ("user_session", &["seed", "address", "user_agent"]),
    ("guest", &["name", "email", "phone"]),
    ("guest_token", &["name"]),
    (
        "support_request",
        &[
            "subject",
            "description",
            "tags",
            "metadata",
            "order_id",
            "appointment_id",
            "warranty_id",
            "claim_id",
            "requester_name",
            "requester_email",
            "requester_email_folded",
            "requester_phone",
            "rating_comment",
        ],
    ),
    // Follows the tags of its request.
    ("support_request_tag", &["tag"]),
    ("participant", &["name"]),
    ("internal_note", &["author_name", "content", "mentions"]),
    // Their own; what they share with others is the organisation's, and tells its owner by an id.
    ("canned_reply", &["title", "shortcut", "content"]),
    ("saved_view", &["name", "filter"]),
    ("letter", &["email", "content"]),
    ("account_token", &["email", "pending"]),
    ("entry", &["sender_name", "client_message_id", "content", "attachments"]),
    ("timeline_entry", &["old", "new", "actor_name", "reason", "note", "metadata"]),
    // Files go with their row.
    ("attachment", &["file_name", "upload_key", "sha256"]),
    ("outbox", &["payload"]),
    ("idempotent_call", &["key", "body", "kept"]),
    ("audit_log", &["address"]),
];

/// Words of ours, settings of organisations, what is told by an id, and what staff wrote of their work. The details of
/// the audit log are ids and names of fields.
const IMPERSONAL: &[(&str, &[&str])] = &[
    ("organization", &["name", "slug", "widget_key", "allowed_origins", "language", "time_zone", "ticket_prefix"]),
    ("user_account", &["language", "role", "availability"]),
    ("user_session", &["ended_why"]),
    ("guest", &["language"]),
    ("guest_token", &["hash", "language"]),
    ("revocation", &["kind"]),
    ("signing_key", &["id", "sealed_private", "public"]),
    (
        "support_request",
        &[
            "number",
            "kind",
            "source",
            "status",
            "priority",
            "category",
            "resolution",
            "language",
            "first_response_told",
            "resolution_told",
            "took_in",
        ],
    ),
    ("conversation", &["took_in"]),
    ("category", &["id", "name_fr", "name_en"]),
    ("canned_reply", &["language", "category"]),
    ("saved_view", &["sort_by", "sort_order"]),
    ("routing_rule", &["name", "conditions", "outcome"]),
    ("letter", &["language"]),
    ("account_token", &["kind", "hash"]),
    ("job_run", &["name", "node", "outcome", "said"]),
    ("timeline_entry", &["kind"]),
    ("chat_session", &["status"]),
    ("attachment", &["mime_type", "status"]),
    ("outbox", &["sink", "name", "trace"]),
    ("inbox", &["consumer"]),
    ("idempotent_call", &["operation"]),
    ("log_position", &["consumer"]),
    ("sla_policy", &["priority"]),
    ("business_hours", &["time_zone", "week", "holidays"]),
    ("audit_log", &["action", "target_type", "details"]),
    ("seaql_migrations", &["version"]),
];

#[tokio::test]
async fn every_column_that_can_say_something_of_a_person_is_known_to_erasures() {
    let database = Fresh::migrated(Backend::Postgres).await;
    let rows = database
        .all(
            "SELECT table_name::text AS table_name, column_name::text AS column_name FROM information_schema.columns
             WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'bytea')",
        )
        .await;
    let stored: BTreeSet<(String, String)> = rows
        .iter()
        .map(|row| (row.try_get("", "table_name").unwrap(), row.try_get("", "column_name").unwrap()))
        .collect();
    let named = |list: &[(&str, &[&str])]| -> BTreeSet<(String, String)> {
        let columns = list.iter().flat_map(|(table, columns)| columns.iter().map(|column| (*table, *column)));
        columns.map(|(table, column)| (table.to_owned(), column.to_owned())).collect()
    };
    let (personal, impersonal) = (named(PERSONAL), named(IMPERSONAL));
    assert_eq!(personal.intersection(&impersonal).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
    let known: BTreeSet<_> = personal.union(&impersonal).cloned().collect();
    let forgotten: Vec<_> = stored.difference(&known).collect();
    let gone: Vec<_> = known.difference(&stored).collect();
    assert!(forgotten.is_empty() && gone.is_empty(), "not named: {forgotten:?}; not there: {gone:?}");
}
