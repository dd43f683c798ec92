//! Messages as rows.

use chat::{Change, ClientMessageId, Entry, Message, MessageKind, Sender, SenderKind, Seq};
use kernel::{MessageId, ParticipantId, PortError};
use sea_orm::QueryResult;

use super::files;
use crate::row::Columns;

/// The columns of a message, from the row `m` of `entry`.
pub(crate) const MESSAGE: &str = "m.id AS m_id, m.seq AS m_seq, m.entry_seq AS m_entry_seq, m.sender_id AS m_sender_id,
  m.sender_kind AS m_sender_kind, m.sender_name AS m_sender_name, m.message_kind AS m_kind, m.content AS m_content,
  m.in_reply_to AS m_in_reply_to, m.client_message_id AS m_client_message_id, m.created_at AS m_created_at,
  m.edited_at AS m_edited_at, m.deleted_at AS m_deleted_at, m.attachments AS m_attachments";

/// Reads the columns of [`MESSAGE`].
pub(crate) fn message(row: &QueryResult) -> Result<Message, PortError> {
    let name = row.maybe_text("m_client_message_id")?;
    Ok(Message {
        id: MessageId::new(row.uuid("m_id")?),
        seq: Seq::new(row.count("m_seq")?),
        entry_seq: Seq::new(row.count("m_entry_seq")?),
        sender: Sender {
            id: ParticipantId::new(row.uuid("m_sender_id")?),
            kind: row.number("m_sender_kind", SenderKind::from_number)?,
            name: row.text("m_sender_name")?,
        },
        kind: row.number("m_kind", MessageKind::from_number)?,
        content: row.maybe_text("m_content")?,
        attachments: files::carried(row.get("m_attachments")?)?,
        in_reply_to: row.maybe_uuid("m_in_reply_to")?.map(MessageId::new),
        client_message_id: name
            .map(ClientMessageId::parse)
            .transpose()
            .map_err(|field| PortError::corrupt(field.code))?,
        created_at: row.time("m_created_at")?,
        edited_at: row.maybe_time("m_edited_at")?,
        deleted_at: row.maybe_time("m_deleted_at")?,
    })
}

/// Reads `e_seq` and `e_change`, and the message of now.
pub(crate) fn entry(row: &QueryResult) -> Result<Entry, PortError> {
    Ok(Entry {
        seq: Seq::new(row.count("e_seq")?),
        change: row.number("e_change", Change::from_number)?,
        message: message(row)?,
    })
}
