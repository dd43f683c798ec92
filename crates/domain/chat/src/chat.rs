//! The use cases of the chat.

mod revising;

use std::{collections::HashSet, sync::Arc, time::Duration};

use kernel::{
    AttachmentId, Caller, ConnectionId, ConversationId, Env, MessageId, PageRequest, SupportRequestId, Timestamp,
};

use crate::{
    Allowance, Append, AppendError, AttachedFile, Author, Budgets, ChatError, ClientMessageId, Content, ContentHash,
    Conversation, ConversationFilter, ConversationLog, ConversationPage, Conversations, Entry, Epoch, Head, Mark,
    Marked, Message, MessageKind, ReadMark, Receipt, ReceiptFeed, Right, SenderKind, Seq,
};

/// What a client wants to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The sender's own name for it.
    pub client_message_id: ClientMessageId,
    /// What it says.
    pub content: Content,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
    /// The files it takes along.
    pub attachments: Vec<AttachmentId>,
}

impl Outgoing {
    /// Tells whether two sends under one name say the same.
    pub fn hash(&self) -> ContentHash {
        ContentHash::with_files(&self.content, self.in_reply_to, &self.attachments)
    }
}

/// A send that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The message.
    pub message_id: MessageId,
    /// Its place.
    pub seq: Seq,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Whether it had been sent before.
    pub duplicate: bool,
}

/// Where a client stands: the history it knows, and the last entry it has of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The history, when the client knows one.
    pub epoch: Option<Epoch>,
    /// The last entry it has.
    pub after: Seq,
}

/// Why a client's position cannot be honoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetReason {
    /// It belongs to another history.
    EpochChanged,
    /// It is past the end of the log: the client knows more than the server.
    Ahead,
    /// The caller may not see the conversation.
    Forbidden,
}

impl ResetReason {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EpochChanged => "epoch_changed",
            Self::Ahead => "ahead",
            Self::Forbidden => "forbidden",
        }
    }
}

/// The start of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The conversation, with everybody's marks.
    pub conversation: Conversation,
    /// Set when the client must forget what it has; the entries then start afresh.
    pub reset: Option<ResetReason>,
    /// The place after which dense delivery starts: what the client has, or, for a fresh
    /// start, the end of the log as of this reading.
    pub from: Seq,
    /// For a fresh start, the last messages up to `from`; otherwise empty, as the missing
    /// entries are read by [`Chat::entries`].
    pub recent: Vec<Message>,
}

/// A page of messages, oldest first, with what is needed to show how far each has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The conversation as the caller sees it.
    pub conversation: Conversation,
    /// The messages, ascending.
    pub messages: Vec<Message>,
    /// Whether there is more in the direction that was asked for.
    pub has_more: bool,
}

/// Messages that changed since a place.
pub type Changes = History;

/// The chat: one struct, one method a use case.
pub struct Chat {
    log: Arc<dyn ConversationLog>,
    conversations: Arc<dyn Conversations>,
    receipts: Arc<dyn ReceiptFeed>,
    budgets: Arc<dyn Budgets>,
    env: Arc<dyn Env>,
}

impl Chat {
    /// How many messages a fresh subscription starts with, and a page holds when none is named.
    pub const RECENT: u32 = 50;
    /// The most entries or messages a page holds.
    pub const MAX_PAGE: u32 = 200;
    /// What a guest or a customer may send.
    pub const BUDGET: Allowance = Allowance { count: 20, within: Duration::from_secs(10) };
    /// What staff may send.
    pub const STAFF_BUDGET: Allowance = Allowance { count: 60, within: Duration::from_secs(10) };
    /// How long after it was stored a message may be edited, by an admin too.
    pub const EDITABLE_FOR: Duration = Duration::from_hours(24);

    /// Puts the chat together.
    pub fn new(
        log: Arc<dyn ConversationLog>,
        conversations: Arc<dyn Conversations>,
        receipts: Arc<dyn ReceiptFeed>,
        budgets: Arc<dyn Budgets>,
        env: Arc<dyn Env>,
    ) -> Self {
        Self { log, conversations, receipts, budgets, env }
    }

    /// Sends a message: durable, numbered and handed to those who watch when this returns. The same
    /// again, by any way, gives the same answer with `duplicate`, and costs as much of the budget.
    ///
    /// # Errors
    /// [`ChatError::RateLimited`] above the budget, before anything is looked at; else as the log refuses; after a port error of kind `Unknown`, sending the same again resolves it.
    pub async fn send(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        outgoing: Outgoing,
        origin: Option<ConnectionId>,
    ) -> Result<Sent, ChatError> {
        self.take_budget(caller).await?;
        check_files(&outgoing.attachments)?;
        let append = Append {
            organization: caller.organization(),
            conversation,
            author: author(caller),
            id: MessageId::new(self.env.uuid()),
            hash: outgoing.hash(),
            client_message_id: outgoing.client_message_id,
            content: outgoing.content,
            kind: MessageKind::Text,
            attachments: outgoing.attachments,
            in_reply_to: outgoing.in_reply_to,
            origin,
        };
        let done = self.log.append(append).await?;
        Ok(Sent { message_id: done.message_id, seq: done.seq, created_at: done.created_at, duplicate: done.duplicate })
    }

    async fn take_budget(&self, caller: &Caller) -> Result<(), ChatError> {
        let allowance = if caller.is_staff() { Self::STAFF_BUDGET } else { Self::BUDGET };
        let taken = self.budgets.take(caller.organization(), caller.participant(), allowance).await;
        taken.map_err(ChatError::RateLimited)
    }

    /// One conversation.
    pub async fn conversation(&self, caller: &Caller, id: ConversationId) -> Result<Conversation, ChatError> {
        self.conversations
            .find(caller.organization(), caller.scope(), caller.participant(), id)
            .await?
            .ok_or(ChatError::ConversationNotFound)
    }

    /// The conversation of a request.
    pub async fn conversation_of(&self, caller: &Caller, request: SupportRequestId) -> Result<Conversation, ChatError> {
        self.conversations
            .of_request(caller.organization(), caller.scope(), caller.participant(), request)
            .await?
            .ok_or(ChatError::ConversationNotFound)
    }

    /// A page of the conversations in the caller's sight.
    pub async fn conversations(
        &self,
        caller: &Caller,
        filter: &ConversationFilter,
        page: PageRequest,
    ) -> Result<ConversationPage, ChatError> {
        Ok(self.conversations.list(caller.organization(), caller.scope(), caller.participant(), filter, page).await?)
    }

    /// The conversations that the caller opened, is assigned or takes part in, newest activity first, at most so
    /// many.
    pub async fn own(&self, caller: &Caller, most: usize) -> Result<Vec<Conversation>, ChatError> {
        let filter = ConversationFilter { party: Some(caller.participant()), ..ConversationFilter::default() };
        let (mut own, mut seen) = (Vec::new(), HashSet::new());
        for page in 1.. {
            let Some(page) = PageRequest::parse(Some(page), Some(PageRequest::MAX_LIMIT)) else { break };
            let read = self.conversations(caller, &filter, page).await?;
            let more = read.items.len() == page.limit() as usize;
            // One in which somebody wrote between the reading of two pages is on both.
            own.extend(read.items.into_iter().filter(|one| seen.insert(one.id)));
            if !more || own.len() >= most {
                break;
            }
        }
        own.truncate(most);
        Ok(own)
    }

    /// Where the logs of these conversations end. It is no secret to those who knew them before; to be asked only of
    /// conversations that the caller was shown.
    pub async fn heads(&self, caller: &Caller, ids: &[ConversationId]) -> Result<Vec<Head>, ChatError> {
        let ids: Vec<_> = ids.iter().map(|id| (caller.organization(), *id)).collect();
        Ok(self.log.heads(&ids).await?)
    }

    /// A page of messages back from a place (from the end, when none is given). `limit` is cut to 200.
    pub async fn history(
        &self,
        caller: &Caller,
        id: ConversationId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<History, ChatError> {
        let conversation = self.conversation(caller, id).await?;
        let limit = limit.clamp(1, Self::MAX_PAGE);
        let mut messages = self.log.before(caller.organization(), id, before, limit + 1).await?;
        let has_more = messages.len() > limit as usize;
        if has_more {
            messages.remove(0);
        }
        Ok(History { conversation, messages, has_more })
    }

    /// The messages that changed since a place, by their last entry, with their content of now.
    pub async fn changes(
        &self,
        caller: &Caller,
        id: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Changes, ChatError> {
        let conversation = self.conversation(caller, id).await?;
        let limit = limit.clamp(1, Self::MAX_PAGE);
        let mut messages = self.log.changed(caller.organization(), id, after, limit + 1).await?;
        let has_more = messages.len() > limit as usize;
        messages.truncate(limit as usize);
        Ok(History { conversation, messages, has_more })
    }

    /// One message, with its conversation.
    pub async fn message(
        &self,
        caller: &Caller,
        id: ConversationId,
        message: MessageId,
    ) -> Result<(Conversation, Message), ChatError> {
        let conversation = self.conversation(caller, id).await?;
        let message = self.log.message(caller.organization(), id, message).await?;
        Ok((conversation, message.ok_or(ChatError::MessageNotFound)?))
    }

    /// Starts a subscription from where the client stands.
    pub async fn subscribe(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: Option<Position>,
    ) -> Result<Subscription, ChatError> {
        let conversation = self.conversation(caller, id).await?;
        let reset = position.and_then(|position| {
            if position.epoch.is_some_and(|epoch| epoch != conversation.epoch) {
                Some(ResetReason::EpochChanged)
            } else if position.after > conversation.last_seq {
                Some(ResetReason::Ahead)
            } else {
                None
            }
        });
        if let (Some(position), None) = (position, reset) {
            return Ok(Subscription { conversation, reset, from: position.after, recent: Vec::new() });
        }
        let from = conversation.last_seq;
        let recent = self.log.before(caller.organization(), id, Some(from.next()), Self::RECENT).await?;
        // An edit past the head that was read comes again as its own entry; only what is
        // stored by then is shown, so nothing is missed and nothing jumps ahead.
        Ok(Subscription { conversation, reset, from, recent })
    }

    /// The entries after a place, dense, at most 200.
    pub async fn entries(
        &self,
        caller: &Caller,
        id: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Entry>, ChatError> {
        let audience = self.conversations.audience(caller.organization(), id).await?;
        if !audience.is_some_and(|audience| caller.scope().covers(&audience)) {
            return Err(ChatError::ConversationNotFound);
        }
        Ok(self.log.after(caller.organization(), id, after, limit.clamp(1, Self::MAX_PAGE)).await?)
    }

    /// The caller has received all up to a place.
    pub async fn mark_delivered(
        &self,
        caller: &Caller,
        id: ConversationId,
        seq: Seq,
    ) -> Result<Option<Receipt>, ChatError> {
        self.mark(caller, id, seq, Seq::START).await
    }

    /// The caller has read all up to a place.
    pub async fn mark_read(&self, caller: &Caller, id: ConversationId, seq: Seq) -> Result<Option<Receipt>, ChatError> {
        self.mark(caller, id, seq, seq).await
    }

    /// The caller has read all up to a message, or to the end; where their marks stand then.
    pub async fn mark_message_read(
        &self,
        caller: &Caller,
        id: ConversationId,
        message: Option<MessageId>,
    ) -> Result<ReadMark, ChatError> {
        let (conversation, seq) = if let Some(message) = message {
            let (conversation, message) = self.message(caller, id, message).await?;
            (conversation, message.seq)
        } else {
            let conversation = self.conversation(caller, id).await?;
            let end = conversation.last_seq;
            (conversation, end)
        };
        let moved = self.mark_read(caller, id, seq).await?.map(|receipt| receipt.mark);
        let me = caller.participant();
        let before = || conversation.participants.iter().find(|person| person.id == me).map(|person| person.mark);
        Ok(moved.or_else(before).unwrap_or_default())
    }

    async fn mark(
        &self,
        caller: &Caller,
        id: ConversationId,
        delivered: Seq,
        read: Seq,
    ) -> Result<Option<Receipt>, ChatError> {
        let author = author(caller);
        let mark = Mark {
            organization: caller.organization(),
            conversation: id,
            participant: author.id,
            kind: author.kind,
            name: author.name,
            delivered,
            read,
            at: self.env.now(),
        };
        match self.conversations.mark(caller.scope(), mark).await? {
            Marked::NotFound => Err(ChatError::ConversationNotFound),
            Marked::Stands => Ok(None),
            Marked::Moved(receipt) => {
                self.receipts.moved(&receipt);
                Ok(Some(receipt))
            }
        }
    }
}

/// The caller as an author, with what the log must check.
fn author(caller: &Caller) -> Author {
    let (kind, right) = match caller {
        Caller::Guest(guest) => (SenderKind::Customer, Right::Token(guest.support_request)),
        Caller::User(user) if !user.role.is_staff() => (SenderKind::Customer, Right::Requester),
        Caller::User(user) if user.role == kernel::Role::Agent => (SenderKind::Agent, Right::Agent(user.id)),
        Caller::User(_) => (SenderKind::Agent, Right::Always),
    };
    Author { id: caller.participant(), kind, name: caller.name().to_owned(), right }
}

/// A message takes a few files along, and none twice.
fn check_files(files: &[AttachmentId]) -> Result<(), ChatError> {
    let wrong = |code| Err(kernel::FieldError::new("attachment_ids", code).into());
    if files.len() > AttachedFile::MAX_PER_MESSAGE {
        return wrong("too_many");
    }
    if files.iter().enumerate().any(|(at, id)| files[..at].contains(id)) {
        return wrong("invalid");
    }
    Ok(())
}

impl From<AppendError> for ChatError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::NotFound => Self::ConversationNotFound,
            AppendError::ReplyNotFound => Self::Invalid(vec![kernel::FieldError::new("in_reply_to", "unknown")]),
            AppendError::FileUnusable => Self::AttachmentUnusable,
            AppendError::Closed => Self::Closed,
            AppendError::Merged(into) => Self::Merged(into),
            AppendError::Mismatch => Self::IdempotencyMismatch,
            AppendError::MessageNotFound => Self::MessageNotFound,
            AppendError::NotTheAuthor => Self::NotAllowed(kernel::NotAllowed),
            AppendError::Deleted => Self::MessageDeleted,
            AppendError::TooLate => Self::EditWindowOver,
            AppendError::Overloaded => Self::Overloaded,
            AppendError::Port(port) => Self::Port(port),
        }
    }
}
