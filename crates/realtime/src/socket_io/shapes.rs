//! How things look in the payloads of events.

use kernel::{ConversationId, ParticipantId};
use serde_json::{Value, json};
use wire::SenderType;

use super::threads::Known;

/// A message.
pub(super) fn message(message: &wire::Message, conversation: ConversationId, known: Option<&Known>) -> Value {
    let thread = known.map(|known| &known.thread);
    let staff = match message.sender.kind {
        SenderType::Agent => Some(ParticipantId::new(message.sender.id)),
        SenderType::Customer | SenderType::System => thread.and_then(|thread| thread.assignee),
    };
    json!({
        "id": message.id,
        "seq": message.seq,
        "conversationId": conversation,
        "ticketNumber": thread.map(|thread| &thread.number),
        "senderId": message.sender.id,
        "senderType": message.sender.kind,
        "senderName": message.sender.name,
        "customerId": thread.map(|thread| thread.requester),
        "staffId": staff,
        "content": message.content,
        "attachments": message.attachments.iter().map(attachment).collect::<Vec<_>>(),
        "createdAt": message.created_at,
        "isRead": message.status == wire::MessageStatus::Read,
    })
}

fn attachment(file: &wire::Attachment) -> Value {
    json!({
        "id": file.id,
        "fileName": file.file_name,
        "mimeType": file.mime_type,
        "size": file.size,
        "status": file.status,
    })
}

/// A request.
pub(super) fn ticket(request: &wire::SupportRequest) -> Value {
    json!({
        "id": request.id,
        "number": request.number,
        "subject": request.subject,
        "status": request.status,
        "priority": request.priority,
        "category": request.category,
        "conversationId": request.conversation_id,
        "customerId": request.requester.id,
        "staffId": request.assignee.as_ref().map(|assignee| assignee.id),
        "version": request.version,
        "createdAt": request.created_at,
        "updatedAt": request.updated_at,
    })
}
