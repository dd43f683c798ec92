//! Chat sessions: the periods in which a conversation is live.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{
    Caller, ChatSessionId, ConversationId, Env, OrganizationId, Page, PageRequest, ParticipantId, PortError, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{ChatError, Conversations, Seq};

/// Where a session stands. It is active once, and over for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// It goes on.
    Active,
    /// Somebody ended it.
    Closed,
    /// Nobody wrote for too long.
    Timeout,
}

impl SessionStatus {
    /// The word on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Closed => "closed",
            Self::Timeout => "timeout",
        }
    }
}

impl std::str::FromStr for SessionStatus {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [Self::Active, Self::Closed, Self::Timeout];
        all.into_iter().find(|status| status.as_str() == word).ok_or_else(|| word.to_owned())
    }
}

/// A live period on a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSession {
    /// Its id.
    pub id: ChatSessionId,
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Where it stands.
    pub status: SessionStatus,
    /// When it was opened.
    pub started_at: Timestamp,
    /// When somebody last wrote in it; its opening, when nobody did.
    pub last_activity_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Who ended it; nobody, when it timed out or Guichet ended it.
    pub ended_by: Option<ParticipantId>,
    /// The place of its first entry; nothing, while there is none.
    pub first_seq: Option<Seq>,
    /// The place of its last entry; nothing, while there is none.
    pub last_seq: Option<Seq>,
}

/// Where the sessions of all conversations are kept. What they derive from messages is read from the
/// log, so that no message ever waits for a session.
#[async_trait]
pub trait ChatSessions: Send + Sync {
    /// Opens a session in each of these conversations, whose customers are there now, and gives those
    /// that were opened by this call.
    ///
    /// - MUST open one only where the customer has written since the last session, less than `timeout`
    ///   ago, or where there was none yet and the conversation was opened less than `timeout` ago; so a
    ///   session that was ended is not opened again by somebody who merely comes back.
    /// - MUST open none in a closed, or an unknown, conversation.
    /// - MUST never leave two active ones in a conversation, whoever calls at the same moment; one of
    ///   many calls gives it.
    /// - MUST tell `feed` of each as soon as it is stored: when a later one fails, nobody else knows of it.
    async fn open(
        &self,
        conversations: &[(OrganizationId, ConversationId)],
        at: Timestamp,
        timeout: Duration,
        feed: &dyn SessionFeed,
    ) -> Result<Vec<ChatSession>, PortError>;

    /// Ends the active session, and gives it; nothing when there is none. MUST give it to one of many
    /// that end it at the same moment. What is committed to the log later belongs to no session.
    async fn end(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        by: Option<ParticipantId>,
        at: Timestamp,
    ) -> Result<Option<ChatSession>, PortError>;

    /// Ends the sessions, of all organisations, in which nobody has written since `before`, at most
    /// `limit`, and gives them. MUST give each to one of many that sweep at the same moment.
    async fn time_out(&self, before: Timestamp, at: Timestamp, limit: u32) -> Result<Vec<ChatSession>, PortError>;

    /// The sessions of a conversation, newest first.
    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<ChatSession>, PortError>;
}

/// Told of each session that was opened or has ended, after it was stored. A hint.
pub trait SessionFeed: Send + Sync {
    /// MUST NOT block and cannot fail.
    fn session(&self, session: &ChatSession);
}

/// The sessions: one struct, one method a use case.
pub struct Sessions {
    store: Arc<dyn ChatSessions>,
    conversations: Arc<dyn Conversations>,
    feed: Arc<dyn SessionFeed>,
    env: Arc<dyn Env>,
    timeout: Duration,
}

impl Sessions {
    /// How long a session lasts without a message, unless it is set otherwise.
    pub const TIMEOUT: Duration = Duration::from_mins(30);
    /// How many are ended in one statement.
    const SWEEP: u32 = 500;

    /// Puts them together.
    pub fn new(
        store: Arc<dyn ChatSessions>,
        conversations: Arc<dyn Conversations>,
        feed: Arc<dyn SessionFeed>,
        env: Arc<dyn Env>,
        timeout: Duration,
    ) -> Self {
        Self { store, conversations, feed, env, timeout }
    }

    /// How long a session lasts without a message.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The customers of these conversations are there, and have come or written: opens the sessions that
    /// this opens. Saying it again opens nothing twice.
    pub async fn came_live(&self, conversations: &[(OrganizationId, ConversationId)]) -> Result<(), PortError> {
        self.store.open(conversations, self.env.now(), self.timeout, &*self.feed).await.map(drop)
    }

    /// Ends the session of a conversation that the caller sees. Ending it again gives the same and tells nobody.
    ///
    /// # Errors
    /// `ConversationNotFound`; `NoActiveSession` when there was none, or the last one timed out.
    pub async fn end(&self, caller: &Caller, conversation: ConversationId) -> Result<ChatSession, ChatError> {
        self.sees(caller, conversation).await?;
        let organization = caller.organization();
        let by = Some(caller.participant());
        if let Some(ended) = self.store.end(organization, conversation, by, self.env.now()).await? {
            self.feed.session(&ended);
            return Ok(ended);
        }
        let last = self.store.list(organization, conversation, PageRequest::default()).await?.items.into_iter().next();
        last.filter(|last| last.status == SessionStatus::Closed).ok_or(ChatError::NoActiveSession)
    }

    /// The conversation takes no more messages: its session, if there is one, ends with it.
    pub async fn end_with_request(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
    ) -> Result<(), PortError> {
        if let Some(ended) = self.store.end(organization, conversation, None, self.env.now()).await? {
            self.feed.session(&ended);
        }
        Ok(())
    }

    /// Ends the sessions in which nobody has written for too long; how many.
    pub async fn time_out(&self) -> Result<usize, PortError> {
        let mut count = 0;
        loop {
            let now = self.env.now();
            let ended = self.store.time_out(now - self.timeout, now, Self::SWEEP).await?;
            for session in &ended {
                self.feed.session(session);
            }
            count += ended.len();
            if ended.len() < Self::SWEEP as usize {
                return Ok(count);
            }
        }
    }

    /// A page of the sessions of a conversation, newest first.
    pub async fn list(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<ChatSession>, ChatError> {
        self.sees(caller, conversation).await?;
        Ok(self.store.list(caller.organization(), conversation, page).await?)
    }

    async fn sees(&self, caller: &Caller, conversation: ConversationId) -> Result<(), ChatError> {
        let audience = self.conversations.audience(caller.organization(), conversation).await?;
        let seen = audience.is_some_and(|audience| caller.scope().covers(&audience));
        if seen { Ok(()) } else { Err(ChatError::ConversationNotFound) }
    }
}
