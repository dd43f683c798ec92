//! What a client may say, whatever the protocol it says it in.

use chat::{Epoch, Seq};
use kernel::{Availability, ConversationId, MessageId, Secret, SupportRequestId};

use crate::ViewState;

/// A command of a client, read by a codec. Texts that have rules of their own (`client_message_id`,
/// `content`) are still unparsed: what is wrong with them is answered with a nack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// Says who it is, at first or to renew.
    Authenticate {
        /// An access token.
        token: Secret,
    },
    /// Wants the entries of a conversation.
    Subscribe {
        /// The client's own string, returned on the answer.
        reference: Option<String>,
        /// Which one.
        conversation: ConversationId,
        /// The history that `after` belongs to.
        epoch: Option<Epoch>,
        /// The last entry the client has; without it the subscription starts afresh.
        after: Option<Seq>,
    },
    /// Wants them no more.
    Unsubscribe {
        /// Which one.
        conversation: ConversationId,
    },
    /// Sends a message.
    Send {
        /// The client's own string, returned on the answer.
        reference: Option<String>,
        /// Where to.
        conversation: ConversationId,
        /// The sender's own name for it.
        client_message_id: String,
        /// What it says.
        content: String,
        /// The message it answers.
        in_reply_to: Option<MessageId>,
        /// Whether it names files.
        has_attachments: bool,
    },
    /// Gives a message another content.
    Edit {
        /// The client's own string, returned on the answer.
        reference: Option<String>,
        /// Where.
        conversation: ConversationId,
        /// Which message.
        message: MessageId,
        /// What it says from now on.
        content: String,
    },
    /// Deletes a message.
    Delete {
        /// The client's own string, returned on the answer.
        reference: Option<String>,
        /// Where.
        conversation: ConversationId,
        /// Which message.
        message: MessageId,
    },
    /// Gives up a send that failed and may be retried: those after it need not wait for it.
    Abandon {
        /// Where to.
        conversation: ConversationId,
        /// The sender's own name for it.
        client_message_id: String,
    },
    /// Has read all up to a place.
    Read {
        /// Where.
        conversation: ConversationId,
        /// The place.
        seq: Seq,
    },
    /// Has received all up to a place.
    Delivered {
        /// Where.
        conversation: ConversationId,
        /// The place.
        seq: Seq,
    },
    /// Is writing, or has stopped.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Writing, or not any more.
        is_typing: bool,
    },
    /// Looks at a request, or does not any more; staff only.
    View {
        /// Which one.
        support_request: SupportRequestId,
        /// How; nothing: not any more.
        state: Option<ViewState>,
    },
    /// Says whether its user wants to be asked; staff only.
    Availability {
        /// Whether.
        value: Availability,
    },
    /// Wants a `pong`.
    Ping,
    /// Wants to know when all that it said before is answered; what it says after this waits as long. The answer is
    /// [`crate::Told::Settled`].
    Settle,
    /// A command of the protocol that this server does not do yet.
    Unsupported {
        /// The client's own string, returned on the answer.
        reference: Option<String>,
    },
    /// Something that is no command; the connection is kept.
    Unreadable {
        /// The client's own string, where one could be made out.
        reference: Option<String>,
        /// What is wrong.
        code: &'static str,
    },
}
