//! What is given up when the client reads too slowly, and how it is made good.

use chat::Seq;
use kernel::ConversationId;

use super::Session;
use crate::{Inbound, Limits, ServerFrame, subscription::Paging};

impl Session {
    /// Gives up what must be given up, and notes how it is made good.
    pub(super) fn keep_bounds(&mut self, limits: &Limits) {
        if !self.queue.is_over(limits) {
            return;
        }
        let mut shed = self.queue.shed(limits);
        self.overflows += u64::from(!shed.is_nothing());
        #[cfg(feature = "faults")]
        if limits.planted == Some(crate::Planted::OverflowDrops) {
            shed.positions.clear();
        }
        for (conversation, position) in std::mem::take(&mut shed.positions) {
            let announce = shed.caught.contains(&conversation);
            self.rewind(conversation, Some(position), announce, false);
        }
        for (conversation, seq, ack) in shed.acks {
            self.sends.put_back(conversation, seq, ack);
        }
        for _ in 0..shed.settled {
            self.backlog.push_front(Inbound::Settle);
        }
        for conversation in shed.receipts {
            self.resync |= !self.subs.contains_key(&conversation);
            self.rewind(conversation, None, false, true);
        }
        for conversation in shed.notices {
            self.rewind(conversation, None, false, true);
            self.notice_again(conversation);
        }
        self.resync |= shed.lists;
        for request in shed.viewers {
            self.views.lost(request);
        }
    }

    /// One `resync` makes all good that was left out before it; it waits until the client reads.
    pub(super) fn tell_resync(&mut self, limits: &Limits) {
        if self.resync && !self.is_closed() && self.queue.is_low(limits) {
            self.resync = false;
            self.reply(&ServerFrame::Resync);
        }
    }

    pub(super) fn rewind(&mut self, conversation: ConversationId, position: Option<Seq>, announce: bool, marks: bool) {
        let Some(sub) = self.subs.get_mut(&conversation) else { return };
        sub.rewind(position.unwrap_or(sub.position), announce);
        sub.lost_marks += u64::from(marks);
        if let Some(catching) = sub.catching() {
            if marks {
                catching.marks = true;
                catching.view = None;
            }
            if catching.paging == Paging::Due && !self.due.contains(&conversation) {
                self.due.push_back(conversation);
            }
        }
    }

    /// What is so around a conversation is to be told once the client has caught up.
    pub(super) fn notice_again(&mut self, conversation: ConversationId) {
        if let Some(catching) = self.subs.get_mut(&conversation).and_then(|sub| sub.catching()) {
            catching.notices = true;
        }
    }
}
