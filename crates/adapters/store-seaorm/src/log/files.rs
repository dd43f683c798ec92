//! The files of a message, as its row in the log carries them.

use chat::{AttachedFile, FileName};
use kernel::{AttachmentId, ParticipantId, PortError, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// One file in the column `attachments`. [`column`], and the statements that fill it on PostgreSQL, write the same names.
#[derive(Deserialize)]
struct Carried {
    id: Uuid,
    file_name: String,
    mime_type: String,
    size: u64,
    sha256: String,
    uploaded_by: Uuid,
    /// In microseconds since 1970.
    created_at: i64,
}

/// Reads the column.
pub(crate) fn carried(column: Option<Value>) -> Result<Vec<AttachedFile>, PortError> {
    let Some(column) = column else { return Ok(Vec::new()) };
    let files: Vec<Carried> = serde_json::from_value(column).map_err(PortError::corrupt)?;
    Ok(files.into_iter().map(file).collect())
}

/// What the column gets.
pub(super) fn column(files: &[AttachedFile]) -> Value {
    let carried = files.iter().map(|file| {
        json!({
            "id": file.id.uuid(), "file_name": file.file_name.as_str(), "mime_type": file.mime_type, "size": file.size,
            "sha256": file.sha256, "uploaded_by": file.uploaded_by.uuid(), "created_at": file.created_at.as_micros(),
        })
    });
    carried.collect()
}

fn file(one: Carried) -> AttachedFile {
    AttachedFile {
        id: AttachmentId::new(one.id),
        file_name: FileName::clean(&one.file_name),
        mime_type: one.mime_type,
        size: one.size,
        sha256: one.sha256,
        uploaded_by: ParticipantId::new(one.uploaded_by),
        created_at: Timestamp::from_micros(one.created_at),
    }
}
