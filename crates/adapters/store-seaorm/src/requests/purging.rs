//! The end of a deleted request. On PostgreSQL a policy of each table lets nothing else be removed.

use kernel::{Env, PortError, SupportRequestId, SystemEnv};
use uuid::Uuid;

use crate::{db::Queries, row::Columns, sql::Sql, tx::SeaTx};

/// What belongs to a request: removed at once, by `organization_id` and `support_request_id`.
const OF_THE_REQUEST: &[&str] = &["timeline_entry", "internal_note", "guest_token"];
/// What belongs to its conversation: removed at once, by `organization_id` and `conversation_id`.
const OF_THE_CONVERSATION: &[&str] = &["entry", "chat_session", "participant"];
/// What points to a request and is there without it.
const POINTERS: &[(&str, &str)] =
    &[("support_request", "merged_into"), ("support_request", "follow_up_of"), ("conversation", "merged_into")];

/// What is kept of a request until its files are gone: nothing that says whose it was, or about what. It was deleted
/// so long ago that it cannot be restored.
const EMPTY: &str = "UPDATE support_request SET subject = '', description = '', tags = $4, metadata = $5,
    category = '', order_id = NULL, appointment_id = NULL, warranty_id = NULL, claim_id = NULL, requester_name = '',
    requester_email = NULL, requester_phone = NULL, resolution = NULL, rating_comment = NULL, deleted_at = $3
  WHERE organization_id = $1 AND id = $2";

pub(super) async fn purge(tx: &mut SeaTx, id: SupportRequestId) -> Result<bool, PortError> {
    let (organization, id) = (tx.organization.uuid(), id.uuid());
    let sql = "SELECT conversation_id FROM support_request
               WHERE organization_id = $1 AND id = $2 AND deleted_at IS NOT NULL";
    let Some(row) = tx.one(Sql::new(sql).uuid(organization).uuid(id)).await? else { return Ok(false) };
    let conversation = row.uuid("conversation_id")?;
    let files = "UPDATE attachment SET deleted_at = coalesce(deleted_at, $3)
                 WHERE organization_id = $1 AND conversation_id = $2";
    let files = Sql::new(files).uuid(organization).uuid(conversation).time(SystemEnv.now());
    let files_left = tx.run(files).await? > 0;
    for table in OF_THE_REQUEST {
        remove(tx, table, "support_request_id", id).await?;
    }
    for table in OF_THE_CONVERSATION {
        remove(tx, table, "conversation_id", conversation).await?;
    }
    if files_left {
        let long_ago = kernel::Timestamp::from_micros(0);
        let empty = Sql::new(EMPTY).uuid(organization).uuid(id).time(long_ago);
        tx.run(empty.json(serde_json::json!([])).json(serde_json::json!({}))).await?;
        return Ok(false);
    }
    for (table, column) in POINTERS {
        let sql = format!("UPDATE {table} SET {column} = NULL WHERE organization_id = $1 AND {column} = $2");
        tx.run(Sql::new(sql).uuid(organization).uuid(id)).await?;
    }
    remove(tx, "conversation", "id", conversation).await?;
    remove(tx, "support_request", "id", id).await?;
    Ok(true)
}

async fn remove(tx: &mut SeaTx, table: &str, column: &str, id: Uuid) -> Result<(), PortError> {
    let sql = format!("DELETE FROM {table} WHERE organization_id = $1 AND {column} = $2");
    tx.run(Sql::new(sql).uuid(tx.organization.uuid()).uuid(id)).await.map(drop)
}
