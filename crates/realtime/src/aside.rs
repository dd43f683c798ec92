//! What a codec is told and the native protocol has no frame for.

use chat::Seq;
use kernel::{ConversationId, MessageId, ParticipantId, SupportRequestId, Timestamp};

/// A word of the session to a codec. It takes its turn among the frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aside {
    /// A conversation is followed, and this is what is known of it; later changes are in frames.
    Thread(Thread),
    /// [`crate::Inbound::MarkRead`] is done.
    Marked {
        /// The client's own string.
        reference: Option<String>,
        /// Where.
        conversation: ConversationId,
        /// The message that was named.
        message: Option<MessageId>,
        /// When the caller's mark last moved.
        read_at: Option<Timestamp>,
    },
}

/// What clients of other protocols are told with each message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its request.
    pub support_request: SupportRequestId,
    /// The request's number.
    pub number: String,
    /// Who asks.
    pub requester: ParticipantId,
    /// Who answers.
    pub assignee: Option<ParticipantId>,
    /// The last message, with its sender.
    pub last: Option<(Seq, MessageId, ParticipantId)>,
    /// How far each of those who take part has read.
    pub read: Vec<(ParticipantId, Seq)>,
}

impl Thread {
    pub(crate) fn of(conversation: &chat::Conversation) -> Self {
        Self {
            conversation: conversation.id,
            support_request: conversation.audience.support_request,
            number: conversation.number.clone(),
            requester: conversation.audience.requester,
            assignee: conversation.audience.assignee.map(ParticipantId::from),
            last: conversation.last_message.as_ref().map(|message| (message.seq, message.id, message.sender.id)),
            read: conversation.participants.iter().map(|person| (person.id, person.mark.read_seq)).collect(),
        }
    }
}
