//! Files that messages take along, on SQLite.

use std::collections::HashMap;

use chat::{Append, AttachedFile, MessageKind};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, Value};

use super::{
    super::{batch::Outcome, files},
    known,
};
use crate::attachments::attached_file;

/// The files named by each row that can be bound to its message, by place in the batch, in the sender's order.
/// No file is named by two rows.
pub(super) async fn usable(
    tx: &DatabaseTransaction,
    rows: &[&Append],
) -> Result<HashMap<usize, Vec<AttachedFile>>, DbErr> {
    let mut named = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let hex = |id: uuid::Uuid| id.simple().to_string();
        let (organization, conversation) = (hex(row.organization.uuid()), hex(row.conversation.uuid()));
        let sender = hex(row.author.id.uuid());
        named.extend(
            row.attachments
                .iter()
                .map(|file| serde_json::json!([at, organization, conversation, sender, hex(file.uuid())])),
        );
    }
    let mut usable: HashMap<usize, Vec<AttachedFile>> = HashMap::new();
    if named.is_empty() {
        return Ok(usable);
    }
    let sql =
        "SELECT g.value ->> 0 AS at, a.id, a.file_name, a.mime_type, a.size, a.sha256, a.uploaded_by, a.created_at
               FROM json_each($1) g
               JOIN attachment a ON a.organization_id = unhex(g.value ->> 1) AND a.id = unhex(g.value ->> 4)
               WHERE a.conversation_id = unhex(g.value ->> 2) AND a.uploaded_by = unhex(g.value ->> 3)
                 AND a.status = 'ready' AND a.message_id IS NULL AND a.deleted_at IS NULL
               ORDER BY g.key";
    for row in known::all(tx, sql, serde_json::Value::Array(named).to_string()).await? {
        let file = attached_file(&row).map_err(|error| DbErr::Custom(error.to_string()))?;
        usable.entry(known::place(&row)?).or_default().push(file);
    }
    Ok(usable)
}

/// Binds the files of what was stored, and writes them into their messages.
pub(super) async fn bind(tx: &DatabaseTransaction, rows: &[&Append], outcomes: &[Outcome]) -> Result<(), DbErr> {
    for (row, outcome) in rows.iter().zip(outcomes) {
        let Outcome::Stored { seq, files, .. } = outcome else { continue };
        if files.is_empty() {
            continue;
        }
        let entry = "UPDATE entry SET attachments = $1, message_kind = $2 WHERE conversation_id = $3 AND seq = $4";
        let values: [Value; 4] = [
            files::column(files).to_string().into(),
            MessageKind::with(files).as_number().into(),
            row.conversation.uuid().into(),
            seq.get().cast_signed().into(),
        ];
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, entry, values)).await?;
        for file in files {
            let bound = "UPDATE attachment SET message_id = $1 WHERE organization_id = $2 AND id = $3";
            let values: [Value; 3] = [row.id.uuid().into(), row.organization.uuid().into(), file.id.uuid().into()];
            tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, bound, values)).await?;
        }
    }
    Ok(())
}
