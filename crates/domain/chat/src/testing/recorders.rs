//! Recorders for what the log and the chat tell at once, and budgets that count.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use kernel::{ConversationId, OrganizationId, ParticipantId};

use crate::{Allowance, Budgets, ChatSession, Committed, Hints, Receipt, ReceiptFeed, Seq, SessionFeed};

/// Keeps every committed entry it is told of.
#[derive(Debug, Default)]
pub struct RecordedHints(Mutex<Vec<Committed>>);

impl RecordedHints {
    /// What was told of a conversation, in the order it was told.
    pub fn of(&self, conversation: ConversationId) -> Vec<Committed> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().filter(|one| one.conversation == conversation).cloned().collect()
    }

    /// The places that were told of a conversation, in the order they were told.
    pub fn seqs(&self, conversation: ConversationId) -> Vec<Seq> {
        self.of(conversation).iter().map(|one| one.entry.seq).collect()
    }
}

impl Hints for RecordedHints {
    fn committed(&self, entries: &[Committed]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(entries);
    }
}

/// Keeps every receipt it is told of.
#[derive(Debug, Default)]
pub struct RecordedReceipts(Mutex<Vec<Receipt>>);

impl RecordedReceipts {
    /// All that was told.
    pub fn all(&self) -> Vec<Receipt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ReceiptFeed for RecordedReceipts {
    fn moved(&self, receipt: &Receipt) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(receipt.clone());
    }
}

/// Keeps every session it is told of, as it then was.
#[derive(Debug, Default)]
pub struct RecordedSessions(Mutex<Vec<ChatSession>>);

impl RecordedSessions {
    /// All that was told.
    pub fn all(&self) -> Vec<ChatSession> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl SessionFeed for RecordedSessions {
    fn session(&self, session: &ChatSession) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(session.clone());
    }
}

/// Budgets that never fill up again; without bounds unless they are made by [`Self::bounded`].
#[derive(Debug, Default)]
pub struct CountedBudgets {
    bounded: bool,
    taken: Mutex<HashMap<(OrganizationId, ParticipantId), u32>>,
}

impl CountedBudgets {
    /// What somebody has to wait who asks for more.
    pub const WAIT: Duration = Duration::from_millis(2_500);

    /// Those that refuse what is above the allowance.
    pub fn bounded() -> Self {
        Self { bounded: true, ..Self::default() }
    }

    /// Everybody may send as much again.
    pub fn refill(&self) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[async_trait]
impl Budgets for CountedBudgets {
    async fn take(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        allowance: Allowance,
    ) -> Result<(), Duration> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = taken.entry((organization, person)).or_default();
        if self.bounded && *taken >= allowance.count {
            return Err(Self::WAIT);
        }
        *taken += 1;
        Ok(())
    }
}
