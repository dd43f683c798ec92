//! Lists that live: a message or a read mark changes the last line and the counts of a request without
//! being a change of the request, so the lists are told of it from here, a little later and together.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{OrganizationId, SupportRequestId};
use support_request::Desk;
use tokio::sync::Notify;

/// How long moves are gathered, so that a lively conversation costs a few reads a second, not one a message.
const GATHER: Duration = Duration::from_millis(250);

/// The requests whose conversation has moved since the lists were last told.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    moved: Mutex<HashSet<(OrganizationId, SupportRequestId)>>,
    wake: Notify,
}

impl Activity {
    /// A message was stored, or a mark moved.
    pub(crate) fn moved(&self, organization: OrganizationId, request: SupportRequestId) {
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        if moved.insert((organization, request)) && moved.len() == 1 {
            self.wake.notify_one();
        }
    }

    /// Tells the lists, until it is dropped. A hint: a request that cannot be read now is told by its next move.
    pub(crate) async fn run(self: Arc<Self>, desk: Arc<Desk>) {
        loop {
            self.wake.notified().await;
            tokio::time::sleep(GATHER).await;
            let moved = mem::take(&mut *self.moved.lock().unwrap_or_else(PoisonError::into_inner));
            for (organization, request) in moved {
                if let Err(error) = desk.tell_activity(organization, request).await {
                    tracing::debug!(%request, %error, "the lists were not told");
                }
            }
        }
    }
}
