//! The marks that a client moves: of each, only the highest waits.

use chat::Seq;
use kernel::ConversationId;

use crate::MarkKind;

/// Marks on their way to the store.
#[derive(Debug, Default)]
pub(crate) struct Marks(Vec<Marking>);

#[derive(Debug)]
struct Marking {
    conversation: ConversationId,
    kind: MarkKind,
    asked: Seq,
    next: Option<Seq>,
}

impl Marks {
    /// A mark is to be moved: `true` when that is to be asked at once, `false` when it waits for the same
    /// mark's move before, or is part of it.
    pub(crate) fn ask(&mut self, conversation: ConversationId, kind: MarkKind, seq: Seq) -> bool {
        let Some(one) = self.0.iter_mut().find(|one| one.is(conversation, kind)) else {
            self.0.push(Marking { conversation, kind, asked: seq, next: None });
            return true;
        };
        if seq > one.next.unwrap_or(one.asked) {
            one.next = Some(seq);
        }
        false
    }

    /// A move has ended; where to the same mark moves next.
    pub(crate) fn done(&mut self, conversation: ConversationId, kind: MarkKind) -> Option<Seq> {
        let at = self.0.iter().position(|one| one.is(conversation, kind))?;
        self.0.swap_remove(at).next
    }
}

impl Marking {
    fn is(&self, conversation: ConversationId, kind: MarkKind) -> bool {
        self.conversation == conversation && self.kind == kind
    }
}
