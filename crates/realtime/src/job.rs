//! What a session asks of the world, and what it is told.

use std::sync::Arc;

use chat::{
    ChatError, Content, Conversation, Entry, Epoch, Head, Outgoing, Position, ReadMark, Revised, Sent, Seq,
    Subscription,
};
use kernel::{Audience, Availability, Caller, ConversationId, MessageId, Refusal, Secret, SupportRequestId};
use serde::{Deserialize, Serialize};

/// Something that needs the world. Jobs MUST be *started* in the order in which they are taken, so
/// that the sends of a connection keep their order in the log; each is answered by its [`Done`].
#[derive(Debug, Clone)]
pub enum Job {
    /// Find out who this token stands for.
    Authenticate {
        /// The token.
        token: Secret,
    },
    /// Start a subscription: `Chat::subscribe`.
    Subscribe {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// Which one.
        conversation: ConversationId,
        /// Tells this subscription from an earlier one to the same conversation.
        generation: u64,
        /// Where the client stands.
        position: Option<Position>,
    },
    /// Read entries: `Chat::entries`, and `Chat::conversation` with `with_view`.
    Page {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// Which one.
        conversation: ConversationId,
        /// What of it.
        asked: PageAsked,
    },
    /// Send a message: `Chat::send`.
    Send {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// Where to.
        conversation: ConversationId,
        /// Names the answer.
        ticket: u64,
        /// The message.
        outgoing: Outgoing,
    },
    /// Edit or delete a message: `Chat::edit` or `Chat::delete`.
    Revise {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// Where.
        conversation: ConversationId,
        /// Names the answer.
        ticket: u64,
        /// Which message.
        message: MessageId,
        /// What it says from now on; nothing deletes it.
        content: Option<Content>,
    },
    /// Move a mark: `Chat::mark_read` or `Chat::mark_delivered`.
    Mark {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// Where.
        conversation: ConversationId,
        /// Which mark.
        kind: MarkKind,
        /// The place.
        seq: Seq,
    },
    /// Find the conversations that are the caller's: `Chat::own`.
    FollowOwn {
        /// Whose.
        caller: Arc<Caller>,
        /// At most how many.
        most: usize,
        /// Nobody waits for it, and many connections may ask at once: only a few of these are to run at a time.
        again: bool,
    },
    /// Look at a conversation that is to be followed: `Chat::conversation`.
    Follow {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// Which one.
        conversation: ConversationId,
        /// As in [`Job::Subscribe`].
        generation: u64,
    },
    /// Find out where logs end: `Chat::heads`.
    Heads {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// Of which.
        conversations: Vec<ConversationId>,
    },
    /// Move the mark of what is read: `Chat::mark_message_read`.
    MarkRead {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// The client's own string.
        reference: Option<String>,
        /// Where.
        conversation: ConversationId,
        /// Up to which message; to the end when none is named.
        message: Option<MessageId>,
    },
    /// Find the conversation of a request by its number: `Desk::view_by_number`.
    Find {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// The number.
        number: String,
    },
    /// Find out who may see a request, if the caller may: `Desk::view`.
    View {
        /// On whose behalf.
        caller: Arc<Caller>,
        /// Which one.
        support_request: SupportRequestId,
        /// Names the answer.
        ticket: u64,
    },
    /// Store whether the caller wants to be asked: `Identity::update_me`. Once that is durable, the hub is told by
    /// [`crate::Hub::stands`].
    Availability {
        /// Whose.
        caller: Arc<Caller>,
        /// Whether.
        value: Availability,
    },
}

/// What a [`Job::Page`] asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageAsked {
    /// As in [`Job::Subscribe`].
    pub generation: u64,
    /// After which place.
    pub after: Seq,
    /// At most how many.
    pub limit: u32,
    /// Whether everybody's marks are wanted too; they MUST be read before the entries.
    pub with_view: bool,
    /// How often marks had been given up when it was asked.
    pub lost_marks: u64,
    /// How many reads before this one have failed in a row; the first one's cause is enough for a log.
    pub failures: u32,
}

/// Which mark moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// What was received.
    Delivered,
    /// What was read.
    Read,
}

/// Who a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The caller.
    pub caller: Caller,
    /// The present epoch of the caller's organisation.
    pub epoch: Epoch,
    /// What the caller said last about being asked; of staff only.
    pub standing: Option<Standing>,
}

/// What a member of staff said last about being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether they want to be.
    pub availability: Availability,
    /// Grows with each change: of two standings of a person the greater is of now.
    pub version: i64,
}

/// What a [`Job::Page`] read.
#[derive(Debug, Clone)]
pub struct PageRead {
    /// The conversation, when it was asked for.
    pub view: Option<Box<Conversation>>,
    /// The entries, ascending and dense.
    pub entries: Vec<Entry>,
}

/// How a job ended.
#[derive(Debug)]
pub enum Done {
    /// [`Job::Authenticate`].
    Authenticated {
        /// [`crate::Hub::revocations`] as it was before the token was looked at, so that what was revoked in
        /// the meantime is not missed.
        revocations: u64,
        /// The caller, or the refusal.
        result: Result<Admitted, Box<dyn Refusal>>,
    },
    /// [`Job::Subscribe`].
    Subscribed {
        /// Of the job.
        conversation: ConversationId,
        /// Of the job.
        generation: u64,
        /// What the chat said.
        result: Result<Box<Subscription>, ChatError>,
    },
    /// [`Job::Page`].
    Page {
        /// Of the job.
        conversation: ConversationId,
        /// Of the job.
        asked: PageAsked,
        /// What the chat said.
        result: Result<PageRead, ChatError>,
    },
    /// [`Job::Send`].
    Sent {
        /// Of the job.
        ticket: u64,
        /// What the chat said.
        result: Result<Sent, ChatError>,
    },
    /// [`Job::Revise`].
    Revised {
        /// Of the job.
        ticket: u64,
        /// What the chat said.
        result: Result<Box<Revised>, ChatError>,
    },
    /// [`Job::Mark`].
    Marked {
        /// Of the job.
        conversation: ConversationId,
        /// Of the job.
        kind: MarkKind,
        /// What the chat said.
        result: Result<(), ChatError>,
    },
    /// [`Job::View`].
    Viewed {
        /// Of the job.
        support_request: SupportRequestId,
        /// Of the job.
        ticket: u64,
        /// Who may see it.
        result: Result<Audience, Box<dyn Refusal>>,
    },
    /// [`Job::FollowOwn`].
    FollowsOwn {
        /// What the chat said.
        result: Result<Vec<Conversation>, ChatError>,
    },
    /// [`Job::Follow`].
    Follows {
        /// Of the job.
        conversation: ConversationId,
        /// Of the job.
        generation: u64,
        /// What the chat said.
        result: Result<Box<Conversation>, ChatError>,
    },
    /// [`Job::Heads`].
    Heads {
        /// What the chat said; none when it could not, since heads are compared again anyhow.
        heads: Vec<Head>,
    },
    /// [`Job::MarkRead`].
    MarkedRead {
        /// Of the job.
        reference: Option<String>,
        /// Of the job.
        conversation: ConversationId,
        /// Of the job.
        message: Option<MessageId>,
        /// Where the caller's marks stand.
        result: Result<ReadMark, ChatError>,
    },
    /// [`Job::Find`].
    Found {
        /// The conversation, or the refusal.
        result: Result<ConversationId, Box<dyn Refusal>>,
    },
    /// [`Job::Availability`].
    AvailabilitySaid {
        /// Nothing, or the refusal.
        result: Result<(), Box<dyn Refusal>>,
    },
}
