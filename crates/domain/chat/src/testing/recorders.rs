//! Recorders for what the log and the chat tell at once.

use std::sync::{Mutex, PoisonError};

use kernel::ConversationId;

use crate::{Committed, Hints, Receipt, ReceiptFeed, Seq};

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
