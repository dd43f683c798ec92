//! The queue: chats that nobody has taken yet.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{ConversationId, Env, OrganizationId, ParticipantId, PortError, Timestamp};

use crate::SupportRequestError;

/// Somebody who waits for an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The conversation of the chat.
    pub conversation: ConversationId,
    /// Who waits.
    pub requester: ParticipantId,
}

/// Reads of the queue, straight from the store.
#[async_trait]
pub trait QueueViews: Send + Sync {
    /// The chats (kind `chat`) that are `open` and that nobody answers, by when they were opened, then by id.
    async fn waiting(&self, organization: OrganizationId) -> Result<Vec<Waiting>, PortError>;

    /// How long chats had waited, from their opening until somebody was first assigned, of those that
    /// were taken at or after `since`; of the latest `limit`, in no particular order.
    async fn waits(
        &self,
        organization: OrganizationId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Duration>, PortError>;
}

/// Who waits, and how long that takes at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    /// In the order in which they came: the first one's position is 1.
    pub waiting: Vec<Waiting>,
    /// How long those who were taken lately had waited; nothing when nobody was.
    pub estimated_wait: Option<Duration>,
}

/// The queues of all organisations.
pub struct Queues {
    views: Arc<dyn QueueViews>,
    env: Arc<dyn Env>,
}

impl Queues {
    /// How far back a wait tells what to expect now.
    pub const RECENT: Duration = Duration::from_hours(1);
    /// Of so many the middle one is the estimate.
    pub const MEASURED: u32 = 20;

    /// Puts them together.
    pub fn new(views: Arc<dyn QueueViews>, env: Arc<dyn Env>) -> Self {
        Self { views, env }
    }

    /// The queue of an organisation as it is now. The estimate is the median of the latest waits of the
    /// last hour, so that one forgotten chat does not frighten everybody.
    pub async fn of(&self, organization: OrganizationId) -> Result<Queue, SupportRequestError> {
        let waiting = self.views.waiting(organization).await?;
        let since = self.env.now() - Self::RECENT;
        let mut waits = self.views.waits(organization, since, Self::MEASURED).await?;
        waits.sort_unstable();
        let middle = waits.len() / 2;
        Ok(Queue { waiting, estimated_wait: waits.get(middle).copied() })
    }
}
