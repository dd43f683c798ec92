//! Waiting for messages, for clients without a socket.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use chat::{Committed, Hints};
use kernel::ConversationId;
use tokio::sync::Notify;

/// Wakes those who wait for a conversation's next entry. It is a hint like all hints: an entry that
/// another node stored may come without one, so nobody waits for it longer than [`Self::LOOK`].
#[derive(Debug, Default)]
pub struct Arrivals {
    waiting: Mutex<HashMap<ConversationId, Weak<Notify>>>,
}

impl Arrivals {
    /// After how long whoever waits looks for itself.
    pub const LOOK: Duration = Duration::from_secs(2);

    /// To be taken before looking whether there is something: what is stored from then on wakes it.
    pub(crate) fn bell(&self, conversation: ConversationId) -> Arc<Notify> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = waiting.get(&conversation).and_then(Weak::upgrade) {
            return bell;
        }
        waiting.retain(|_, bell| bell.strong_count() > 0);
        let bell = Arc::new(Notify::new());
        waiting.insert(conversation, Arc::downgrade(&bell));
        bell
    }
}

impl Hints for Arrivals {
    fn committed(&self, entries: &[Committed]) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_empty() {
            return;
        }
        for entry in entries {
            if let Some(bell) = waiting.get(&entry.conversation).and_then(Weak::upgrade) {
                bell.notify_waiters();
            }
        }
    }
}
