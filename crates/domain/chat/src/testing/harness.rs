//! What a store must offer so that the contract suite can run on it.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{ConversationId, Env, OrganizationId, ParticipantId, SupportRequestId, UserId};

use super::RecordedHints;
use crate::{Attachments, ChatSessions, ConversationLog, Conversations, LogFeed};

/// One store under test. The suite makes organisations of its own and looks at nothing else, so one
/// harness may serve many tests side by side.
#[async_trait]
pub trait Harness: Send + Sync {
    /// The log under test. It tells [`Self::hints`].
    fn log(&self) -> Arc<dyn ConversationLog>;

    /// The same log as another node has it: another committer, the same database. The same one,
    /// where the store serves a single node.
    fn other_log(&self) -> Arc<dyn ConversationLog> {
        self.log()
    }

    /// The conversations under test.
    fn conversations(&self) -> Arc<dyn Conversations>;

    /// The chat sessions under test.
    fn sessions(&self) -> Arc<dyn ChatSessions>;

    /// What is known of files.
    fn attachments(&self) -> Arc<dyn Attachments>;

    /// The log as an outbox.
    fn feed(&self) -> Arc<dyn LogFeed>;

    /// What the log has told so far.
    fn hints(&self) -> Arc<RecordedHints>;

    /// Time and fresh ids.
    fn env(&self) -> Arc<dyn Env>;

    /// Lets at least a millisecond go by on the store's clock, and lets other tasks run.
    async fn time_goes_by(&self);

    /// A fresh organisation.
    async fn organization(&self) -> OrganizationId;

    /// A fresh member of staff with the role `agent`.
    async fn agent(&self, organization: OrganizationId) -> UserId;

    /// A fresh customer.
    async fn customer(&self, organization: OrganizationId) -> ParticipantId;

    /// A request with its conversation, without messages; its requester takes part.
    async fn thread(&self, setup: Setup) -> Thread;

    /// Changes what the log checks under its lock, as the desk would.
    async fn set(&self, thread: &Thread, state: ThreadState);
}

/// A thread to be made.
#[derive(Debug, Clone)]
pub struct Setup {
    /// In which organisation.
    pub organization: OrganizationId,
    /// Who asks.
    pub requester: ParticipantId,
    /// Agents who were added to the request.
    pub members: Vec<UserId>,
    /// The rest.
    pub state: ThreadState,
}

/// What the log knows of a request.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own that the log looks at")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThreadState {
    /// Who answers.
    pub assignee: Option<UserId>,
    /// The request is resolved or closed.
    pub resolved: bool,
    /// No more messages are taken.
    pub closed: bool,
    /// The request that took this one in.
    pub merged_into: Option<SupportRequestId>,
    /// A request that this one took in.
    pub took_in: Option<SupportRequestId>,
    /// Put away.
    pub archived: bool,
    /// The request is deleted.
    pub deleted: bool,
}

/// A thread that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thread {
    /// The organisation.
    pub organization: OrganizationId,
    /// The conversation.
    pub id: ConversationId,
    /// Its request.
    pub support_request: SupportRequestId,
    /// Who asks.
    pub requester: ParticipantId,
}
