//! What the chat needs from outside.

use std::time::Duration;

use async_trait::async_trait;
use kernel::{
    AttachmentId, Audience, ConnectionId, ConversationId, MessageId, OrganizationId, Page, PageRequest, ParticipantId,
    PortError, Scope, SupportRequestId, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

use crate::{
    ClientMessageId, Content, ContentHash, Conversation, ConversationFilter, Entry, Epoch, Message, Receipt, Revised,
    Revision, SenderKind, Seq,
};

/// What proves, under the conversation's lock, that an author may write in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The author MUST be who opened the request.
    Requester,
    /// As [`Self::Requester`], and the conversation MUST be that of this request, or of one that took it in: a
    /// guest's token.
    Token(SupportRequestId),
    /// The request MUST be assigned to this agent or to nobody, or they opened it, or take part in it.
    Agent(UserId),
    /// A supervisor, an admin, or Guichet itself.
    Always,
}

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The participant; retries are recognised per person, whatever device, token or protocol.
    pub id: ParticipantId,
    /// Which side.
    pub kind: SenderKind,
    /// The name that is kept with the message.
    pub name: String,
    /// What proves that they may.
    pub right: Right,
}

/// A message on its way into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Who writes.
    pub author: Author,
    /// The id the message gets if it is not a retry.
    pub id: MessageId,
    /// The sender's own name for it.
    pub client_message_id: ClientMessageId,
    /// What it says.
    pub content: Content,
    /// What kind of message it is. The log makes it [`MessageKind::Image`](crate::MessageKind::Image) or
    /// [`MessageKind::File`](crate::MessageKind::File) by the files it names.
    pub kind: crate::MessageKind,
    /// The files it takes along, at most [`AttachedFile::MAX_PER_MESSAGE`](crate::AttachedFile::MAX_PER_MESSAGE),
    /// each once.
    pub attachments: Vec<AttachmentId>,
    /// The message it answers, in the same conversation.
    pub in_reply_to: Option<MessageId>,
    /// Tells a retry from another message under the same name.
    pub hash: ContentHash,
    /// The connection it came by, so that the hub answers it with the ack instead of the message.
    pub origin: Option<ConnectionId>,
}

/// Where an append ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The message: of the first send, if this was a retry.
    pub message_id: MessageId,
    /// Its place.
    pub seq: Seq,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Whether it had been stored before; nothing new was stored then.
    pub duplicate: bool,
}

/// Why an entry was not appended. Nothing was stored, except after a [`PortError`] of kind `Unknown`.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// No such conversation in the organisation, or the author has no right to it.
    #[error("no such conversation")]
    NotFound,
    /// `in_reply_to` names no message of the conversation.
    #[error("no such message to answer")]
    ReplyNotFound,
    /// The request is closed.
    #[error("the request is closed")]
    Closed,
    /// The request was merged into this one.
    #[error("the request was merged")]
    Merged(SupportRequestId),
    /// A file it names is not there, not checked, somebody else's, of another conversation, or another message's.
    #[error("a file cannot be used")]
    FileUnusable,
    /// The same name was used for another content.
    #[error("used for another content")]
    Mismatch,
    /// The message to revise is none of the conversation.
    #[error("no such message")]
    MessageNotFound,
    /// The message to revise is somebody else's.
    #[error("not the author of the message")]
    NotTheAuthor,
    /// A deleted message is not edited.
    #[error("the message was deleted")]
    Deleted,
    /// The message is too old to be edited.
    #[error("the message is too old to be edited")]
    TooLate,
    /// The queue is full.
    #[error("too much to store")]
    Overloaded,
    /// The store could not do it.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The log of each conversation. The heart of the promise: nothing lost, nothing twice, one order.
///
/// The conversation of a deleted request MUST be as if there were none, for everybody, here and in
/// [`Conversations`].
#[async_trait]
pub trait ConversationLog: Send + Sync {
    /// Stores a message.
    ///
    /// - MUST have it durable and numbered when it returns `Ok`: the commit is synchronous.
    /// - MUST give the conversation's next `seq`, taken under a lock on the conversation in the
    ///   committing transaction: 1, 2, 3 … without hole or reuse.
    /// - MUST recognise (conversation, author, `client_message_id`) for the life of the message,
    ///   within a batch and across batches and nodes, answer the first one's place with
    ///   `duplicate: true`, and store nothing.
    /// - A retry is recognised before the state is checked: it succeeds on a closed request too.
    /// - MUST check right and state under that lock; of both, the right first.
    /// - Appends of one conversation that were called in order MUST be numbered in that order.
    /// - MUST bind the files it names to the message in the same transaction, and last of all refuse with
    ///   [`AppendError::FileUnusable`] unless each is of this conversation, was uploaded by the author, is
    ///   [`ready`](crate::AttachmentStatus::Ready), and no message has it.
    /// - A refused append MUST NOT fail its neighbours.
    /// - MUST hand each stored entry to [`Hints::committed`], in order of `seq`, after the commit
    ///   and before it returns.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// Edits or deletes a message: an entry like any other, with all that [`Self::append`] promises of
    /// durability, numbers, order, neighbours and hints.
    ///
    /// - MUST give the message its content of now (nothing, once deleted) in the same transaction: no
    ///   former content stays in the log.
    /// - MUST check under the lock, in this order: the right to the conversation
    ///   ([`AppendError::NotFound`]), that it has the message ([`AppendError::MessageNotFound`]), that the
    ///   author sent it or may revise others' ([`AppendError::NotTheAuthor`]); then whether the message is so
    ///   already, which is answered with what stands and `duplicate: true`, and stores nothing.
    /// - MUST then refuse to edit what was deleted, and edits where no message would be taken, and last
    ///   those that come too late. A deletion is not bound to the state of the request.
    /// - MUST keep what a retry of the send is recognised by: a deleted message's name is never free again.
    /// - MUST mark the files of a deleted message as deleted in the same transaction; an edited one keeps its own.
    /// - MUST leave the time of the conversation's last message as it is.
    async fn revise(&self, revision: Revision) -> Result<Revised, AppendError>;

    /// The entries after a place, ascending and dense, at most `limit`, each with its message of now.
    async fn after(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Entry>, PortError>;

    /// The last `limit` messages before a place (of all, when none is given), ascending.
    async fn before(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<Message>, PortError>;

    /// The messages whose `entry_seq` is greater than `after`, ascending by it, at most `limit`.
    async fn changed(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Message>, PortError>;

    /// One message.
    async fn message(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, PortError>;

    /// Where the logs of these conversations end; unknown ones are left out.
    async fn heads(&self, conversations: &[(OrganizationId, ConversationId)]) -> Result<Vec<Head>, PortError>;
}

/// Where a conversation's log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The conversation.
    pub conversation: ConversationId,
    /// The place of its last entry.
    pub last_seq: Seq,
}

/// An entry that has just been committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The request, and who may see it, as it stood under the lock.
    pub audience: Audience,
    /// The entry.
    pub entry: Entry,
    /// The connection it came by.
    pub origin: Option<ConnectionId>,
}

/// Told of each committed entry at once. A hint, never the truth: whoever misses one reads the log.
pub trait Hints: Send + Sync {
    /// Entries in order of `seq` per conversation. MUST NOT block and cannot fail.
    fn committed(&self, entries: &[Committed]);
}

/// Told of each mark that moved, after it was stored. A hint.
pub trait ReceiptFeed: Send + Sync {
    /// MUST NOT block and cannot fail.
    fn moved(&self, receipt: &Receipt);
}

/// How much somebody may do: at most `count` at once, and as many again spread over each `within`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How many.
    pub count: u32,
    /// In which time.
    pub within: Duration,
}

/// What each person may still send: one budget, whatever protocol, device or token they send by. Uploads are counted
/// in budgets of their own.
#[async_trait]
pub trait Budgets: Send + Sync {
    /// Takes one send out of a person's budget.
    ///
    /// - A person is one of an organisation: the same id elsewhere MUST have another budget.
    /// - MUST NOT take anything when it refuses, so that knocking does not prolong the wait.
    /// - It cannot fail: what cannot reach the budget that nodes share falls back to one of its own,
    ///   and never to none.
    ///
    /// # Errors
    /// How long the person has to wait until the budget has one again.
    async fn take(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        allowance: Allowance,
    ) -> Result<(), Duration>;
}

/// Conversations and the marks of those who take part.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Whose thread it is.
    async fn audience(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Audience>, PortError>;

    /// Whose threads these are, in any order; unknown ones are left out.
    async fn audiences(
        &self,
        organization: OrganizationId,
        ids: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Audience)>, PortError>;

    /// One conversation as the viewer sees it, if the scope covers it.
    async fn find(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, PortError>;

    /// The conversation of a request.
    async fn of_request(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        request: SupportRequestId,
    ) -> Result<Option<Conversation>, PortError>;

    /// A page within the scope, newest activity first.
    async fn list(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        filter: &ConversationFilter,
        page: PageRequest,
    ) -> Result<Page<Conversation>, PortError>;

    /// Moves a participant's marks forward: `delivered` to at least `delivered`, `read` to at
    /// least `read` (which also delivers). MUST decide and move in one step: what the scope does not
    /// cover is [`Marked::NotFound`] and moves nothing. MUST never move one back, MUST cap both at the
    /// end of the log, and MUST make a staff member who reads a participant. Marks of many callers MAY
    /// share a commit; of several of one participant the store MAY answer one for all with the receipt.
    async fn mark(&self, scope: Scope, mark: Mark) -> Result<Marked, PortError>;

    /// The epoch of an organisation.
    async fn epoch(&self, organization: OrganizationId) -> Result<Option<Epoch>, PortError>;
}

/// A move of marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose.
    pub participant: ParticipantId,
    /// Which side.
    pub kind: SenderKind,
    /// The name, for a staff member who becomes a participant by reading.
    pub name: String,
    /// Received up to here.
    pub delivered: Seq,
    /// Read up to here; zero for a mere delivery.
    pub read: Seq,
    /// When.
    pub at: Timestamp,
}

/// What became of a move of marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marked {
    /// At least one moved.
    Moved(Receipt),
    /// Nothing moved: they stood there or further already, or the participant has none here.
    Stands,
    /// No such conversation in the scope.
    NotFound,
}

/// Where a consumer of the log stands: opaque, ordered as the store commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct LogCursor {
    /// The transaction (PostgreSQL) or zero (SQLite).
    pub transaction: u64,
    /// The row within it.
    pub row: u64,
}

/// One entry as a consumer of the log sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// The place after which to go on.
    pub cursor: LogCursor,
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its request.
    pub support_request: SupportRequestId,
    /// The entry.
    pub entry: Entry,
}

/// The log as an outbox: for notifications, webhooks, the search index and the status of requests.
#[async_trait]
pub trait LogFeed: Send + Sync {
    /// Entries of all organisations after a cursor, at most `limit`. MUST NOT skip an entry whose
    /// transaction commits late: it reads only below the oldest transaction still open.
    async fn next(&self, after: LogCursor, limit: u32) -> Result<Vec<LogRecord>, PortError>;

    /// Where this consumer stands; zero for a new one.
    async fn position(&self, consumer: &str) -> Result<LogCursor, PortError>;

    /// Remembers where this consumer stands. MUST never move it back.
    async fn advance(&self, consumer: &str, to: LogCursor) -> Result<(), PortError>;

    /// How many seconds old the oldest entry is that this consumer has not taken; 0 when none.
    async fn lag_seconds(&self, consumer: &str) -> Result<f64, PortError>;
}
