//! What a store must offer so that the contract suite can run on it.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{ConversationId, Env, Event, OrganizationId, SupportRequestId, UserId};

use crate::{
    CannedReplyStore, CategoryStore, ConversationState, NewMessage, PromiseStore, QueueViews, RequestStore,
    RequestViews, Requester, SavedViewStore,
};

/// One store under test. The suite makes organisations of its own and looks at nothing else, so one
/// harness may serve many tests side by side.
#[async_trait]
pub trait Harness: Send + Sync {
    /// The store under test.
    fn store(&self) -> Arc<dyn RequestStore>;

    /// The views over the same data.
    fn views(&self) -> Arc<dyn RequestViews>;

    /// What is promised, over the same data.
    fn promises(&self) -> Arc<dyn PromiseStore>;

    /// The lists of categories, over the same data.
    fn categories(&self) -> Arc<dyn CategoryStore>;

    /// Canned replies, over the same data.
    fn canned_replies(&self) -> Arc<dyn CannedReplyStore>;

    /// Saved views, over the same data.
    fn saved_views(&self) -> Arc<dyn SavedViewStore>;

    /// The queue over the same data.
    fn queue(&self) -> Arc<dyn QueueViews>;

    /// Time and fresh ids.
    fn env(&self) -> Arc<dyn Env>;

    /// Lets at least a millisecond go by on the store's clock, and lets other tasks run.
    async fn time_goes_by(&self);

    /// A fresh organisation with the ticket prefix `TICKET` in the time zone `Europe/Paris`.
    async fn organization(&self) -> OrganizationId;

    /// A fresh, active member of staff with the role `agent` and this first and last name.
    async fn agent(&self, organization: OrganizationId, first_name: &str, last_name: &str) -> UserId;

    /// A fresh customer with an account, with an e-mail of their own.
    async fn customer(&self, organization: OrganizationId) -> Requester;

    /// Makes an agent take part in a request.
    async fn add_member(&self, organization: OrganizationId, request: SupportRequestId, agent: UserId);

    /// Lets the requester write one more message in the conversation of a request, in the way the
    /// store's own log does it.
    async fn customer_writes(&self, organization: OrganizationId, request: SupportRequestId, content: &str);

    /// The events of a request that wait to leave, in their order, each once however many sinks want it.
    async fn outbox(&self, organization: OrganizationId, request: SupportRequestId) -> Vec<Event>;

    /// Those whom the customer sees taking part in the conversation of a request, in any order.
    async fn shown_to_customer(
        &self,
        organization: OrganizationId,
        request: SupportRequestId,
    ) -> Vec<kernel::ParticipantId>;

    /// What is stored of a conversation.
    async fn conversation(&self, organization: OrganizationId, id: ConversationId) -> Option<StoredConversation>;
}

/// What is stored of a conversation, as far as the desk writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConversation {
    /// Its request.
    pub support_request: SupportRequestId,
    /// What the log checks.
    pub state: ConversationState,
    /// Who takes part: the requester's id is among them.
    pub participants: Vec<kernel::ParticipantId>,
    /// Its first message, which is entry 1.
    pub first: Option<NewMessage>,
    /// The place of its last entry.
    pub last_seq: u64,
}
