//! How often a connection asks for the same conversation: each time may cost a page of history.

use std::collections::BTreeMap;

use kernel::{ConversationId, Timestamp};

use crate::Limits;

/// Until when the subscriptions of the last seconds are paid for, by conversation; empty when nobody hurries.
#[derive(Debug, Default)]
pub(crate) struct Asking(BTreeMap<ConversationId, Timestamp>);

impl Asking {
    /// Whether the conversation may be asked for now; if so, this counts as asking.
    pub(crate) fn may(&mut self, conversation: ConversationId, now: Timestamp, limits: &Limits) -> bool {
        let paid = self.0.get(&conversation).copied().unwrap_or(now).max(now);
        if paid.since(now) > limits.subscribe_every * limits.subscribe_burst.saturating_sub(1) {
            return false;
        }
        self.0.insert(conversation, paid + limits.subscribe_every);
        true
    }

    /// Forgets what is long ago.
    pub(crate) fn pass(&mut self, now: Timestamp) {
        if !self.0.is_empty() {
            self.0.retain(|_, paid| *paid > now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn some_may_be_asked_for_at_once_and_then_one_in_two_seconds() {
        let (limits, mut asking) = (Limits::default(), Asking::default());
        let (one, other) = (ConversationId::new(Uuid::from_u128(1)), ConversationId::new(Uuid::from_u128(2)));
        let start = Timestamp::from_micros(0);
        for _ in 0..limits.subscribe_burst {
            assert!(asking.may(one, start, &limits));
        }
        assert!(!asking.may(one, start, &limits));
        assert!(asking.may(other, start, &limits), "each conversation by itself");
        let (mut now, mut allowed) = (start, 0);
        for _ in 0..100 {
            now = now + Duration::from_secs(1);
            allowed += u32::from(asking.may(one, now, &limits));
        }
        assert_eq!(allowed, 50);
        asking.pass(now + limits.subscribe_every * (limits.subscribe_burst + 1));
        assert!(asking.0.is_empty(), "nothing is kept of those who do not hurry");
    }
}
