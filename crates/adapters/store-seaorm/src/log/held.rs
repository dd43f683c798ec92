//! Messages whose conversation somebody else has locked: they wait here, so that nobody waits behind them.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use kernel::ConversationId;

use super::{batch::Row, queue::Item};

/// How soon a locked conversation is tried again: after the first of these, doubled up to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));

/// How long a conversation that was locked is not waited for, but passed over when it is locked again.
const REMEMBERED: Duration = Duration::from_secs(5);

/// The messages of locked conversations, in order within each.
#[derive(Default)]
pub(super) struct Held {
    threads: HashMap<ConversationId, Thread>,
    locked: HashMap<ConversationId, Locked>,
    count: usize,
}

struct Thread {
    items: VecDeque<Item>,
    again: Instant,
}

struct Locked {
    found: Instant,
    pause: Duration,
}

impl Held {
    /// How many messages wait.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Puts a message and its repeats behind those of its conversation. They were not stored.
    pub(super) fn hold(&mut self, row: Row) {
        let conversation = row.first.write.conversation();
        let now = Instant::now();
        let locked = &mut self.locked;
        let thread = self.threads.entry(conversation).or_insert_with(|| {
            let pause = locked.get(&conversation).map_or(PAUSES.0, |locked| (locked.pause * 2).min(PAUSES.1));
            locked.insert(conversation, Locked { found: now, pause });
            Thread { items: VecDeque::new(), again: now + pause }
        });
        for item in row.into_items() {
            item.not_sent_after_all();
            thread.items.push_back(item);
            self.count += 1;
        }
    }

    /// Whether messages of this conversation wait, so that none may pass them.
    pub(super) fn holds(&self, conversation: ConversationId) -> bool {
        self.threads.contains_key(&conversation)
    }

    /// Takes those messages out whose conversation is already held.
    pub(super) fn sweep(&mut self, waiting: &mut VecDeque<Item>) {
        if self.threads.is_empty() {
            return;
        }
        for item in std::mem::take(waiting) {
            match self.threads.get_mut(&item.write.conversation()) {
                Some(thread) => {
                    thread.items.push_back(item);
                    self.count += 1;
                }
                None => waiting.push_back(item),
            }
        }
    }

    /// Puts those whose time has come before all others.
    pub(super) fn release(&mut self, waiting: &mut VecDeque<Item>) {
        let now = Instant::now();
        let count = &mut self.count;
        self.threads.retain(|_, thread| {
            if thread.again > now {
                return true;
            }
            *count -= thread.items.len();
            for item in thread.items.drain(..).rev() {
                waiting.push_front(item);
            }
            false
        });
        self.locked.retain(|_, locked| now.duration_since(locked.found) < REMEMBERED);
    }

    /// When the first of them is to be tried again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.threads.values().map(|thread| thread.again).min()
    }

    /// Whether a lock of this conversation is not to be waited for.
    pub(super) fn was_locked(&self, conversation: ConversationId) -> bool {
        self.locked.contains_key(&conversation)
    }

    /// It was not locked any more.
    pub(super) fn passed(&mut self, conversation: ConversationId) {
        self.locked.remove(&conversation);
    }
}
