//! Entries of logs: pushed, or read again; dense per subscription, with acks at their place.

use bytes::Bytes;
use chat::{Change, ChatError, Committed, Entry, MessageStatus, Seq};
use kernel::ConversationId;

use super::{Context, Effect, Session};
use crate::{
    Job, PageAsked, PageRead, ServerFrame, Told,
    queue::Kind,
    subscription::{Catching, Paging, Phase},
};

impl Session {
    /// An entry was committed. `told` gives its frame: with the sender's own name for the message, or
    /// without.
    pub fn committed(
        &mut self,
        committed: &Committed,
        told: &dyn Fn(bool) -> Told,
        context: &Context<'_>,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(caller) = self.caller.clone().filter(|_| !self.is_closed()) else { return effects };
        let (conversation, entry) = (committed.conversation, &committed.entry);
        let answered = committed.origin == Some(self.id) && self.sends.committed(conversation, entry);
        if !caller.scope().covers(&committed.audience) {
            self.lose_sight(conversation, &mut effects);
        }
        if self.covers(&committed.audience) && self.has_part(&committed.audience, Some(entry.message.sender.id)) {
            let first = self.first_of(&committed.audience, Some(entry.seq));
            self.follow(conversation, first, context, &mut effects);
        }
        if let Some(sub) = self.subs.get_mut(&conversation) {
            sub.hint(entry.seq);
            // Nobody has received a message that is new. How far one has come that is revised, only the log
            // knows: it is read from there.
            let is_new = entry.change == Change::Created;
            if is_new && matches!(sub.phase, Phase::Live) && entry.seq == sub.position.next() {
                let own = caller.participant() == entry.message.sender.id;
                self.place(conversation, entry.seq, || told(own));
            } else if sub.lag(entry.seq) {
                self.due.push_back(conversation);
            }
        }
        self.settle(conversation);
        if answered {
            self.send_waiting(conversation, context);
        }
        self.keep_bounds(context.limits);
        self.ask_pages(context);
        self.pump(context, &mut effects);
        self.close_when_drained();
        effects
    }

    /// The log of a conversation is known to end at `head` or later.
    pub fn head(&mut self, conversation: ConversationId, head: Seq, context: &Context<'_>) {
        if !self.is_closed()
            && let Some(sub) = self.subs.get_mut(&conversation)
            && sub.lag(head)
        {
            self.due.push_back(conversation);
            self.ask_pages(context);
        }
    }

    /// The caller may see a conversation no more, or never could: one who is still waiting for the chat's
    /// word is told nothing before it.
    pub fn lose_sight(&mut self, conversation: ConversationId, effects: &mut Vec<Effect>) {
        if let Some(Phase::Starting { lost, .. }) = self.subs.get_mut(&conversation).map(|sub| &mut sub.phase) {
            *lost = true;
            return;
        }
        if self.subs.remove(&conversation).is_some() {
            self.queue.forget(conversation);
            effects.push(Effect::Leave(conversation));
            let reason = "forbidden".to_owned();
            self.reply(&ServerFrame::Unsubscribed { conversation_id: conversation, reason });
            self.settle(conversation);
        }
    }

    /// Queues what stands at the next place: the acks that wait for it, else, or behind them where the protocol shows
    /// a sender its own messages, the entry's frame.
    fn place(&mut self, conversation: ConversationId, seq: Seq, entry: impl FnOnce() -> Told) {
        let acks = self.sends.take_at(conversation, seq);
        let is_shown = acks.is_empty() || self.protocol.shows_own();
        for (seq, ack) in acks {
            self.tell(ack, Kind::AckInPlace(conversation, seq));
        }
        if is_shown {
            self.tell(entry(), Kind::Entry(conversation, seq));
        }
        if let Some(sub) = self.subs.get_mut(&conversation) {
            sub.position = seq;
            sub.head = sub.head.max(seq);
        }
    }

    /// Tells the acks whose place has come or gone by; a conversation that is not followed has no places.
    pub(super) fn settle(&mut self, conversation: ConversationId) {
        let Some(sub) = self.subs.get_mut(&conversation) else {
            return self.tell_acks(conversation, None);
        };
        if sub.catching().is_some_and(|catching| catching.is_given_up()) {
            return self.tell_acks_anyhow(conversation);
        }
        if !sub.is_proven() {
            return;
        }
        let position = sub.position;
        self.tell_acks(conversation, Some(position));
        if self.subs.get(&conversation).is_some_and(|sub| matches!(sub.phase, Phase::Live)) {
            self.place_acks(conversation);
        }
        let highest = self.sends.highest(conversation);
        let Some(sub) = self.subs.get_mut(&conversation) else { return };
        let stalled = sub.catching().is_some_and(|catching| catching.paging == Paging::Stalled);
        if let Some(catching) = sub.catching().filter(|_| stalled) {
            catching.paging = Paging::Due;
        }
        if stalled | highest.is_some_and(|seq| sub.lag(seq)) {
            self.due.push_back(conversation);
        }
    }

    /// Tells the acks whose entries stand at the next places, unless the entries are to be shown behind them: those
    /// are read.
    fn place_acks(&mut self, conversation: ConversationId) {
        if self.protocol.shows_own() {
            return;
        }
        while let Some(next) = self.subs.get(&conversation).map(|sub| sub.position.next())
            && self.sends.holds(conversation, next)
        {
            self.place(conversation, next, || Told::Text(Bytes::new()));
        }
    }

    /// Tells all acks, although entries before them cannot be read: what is durable is worth more than its
    /// place. The entry of an ack that came before its place is told as a message when its place comes.
    fn tell_acks_anyhow(&mut self, conversation: ConversationId) {
        let position = self.subs.get(&conversation).map(|sub| sub.position);
        self.tell_acks(conversation, position);
        self.place_acks(conversation);
        self.tell_acks(conversation, None);
    }

    fn tell_acks(&mut self, conversation: ConversationId, up_to: Option<Seq>) {
        for (seq, ack) in self.sends.take_up_to(conversation, up_to) {
            // An ack behind its place is in place too: if the entries before it are read again, it waits again.
            self.tell(ack, if up_to.is_some() { Kind::AckInPlace(conversation, seq) } else { Kind::Reply });
        }
    }

    /// Asks for the pages that are due, as long as the client reads.
    pub(super) fn ask_pages(&mut self, context: &Context<'_>) {
        let limits = context.limits;
        let Some(caller) = self.caller.clone() else { return };
        for _ in 0..self.due.len() {
            let may_ask = self.pages < limits.pages && self.queue.is_low(limits);
            let Some(conversation) = self.due.pop_front_if(|_| may_ask) else { break };
            let Some(sub) = self.subs.get_mut(&conversation) else { continue };
            let (generation, after, lost_marks) = (sub.generation, sub.position, sub.lost_marks);
            let Some(catching) = sub.catching() else { continue };
            match catching.paging {
                Paging::Due => {}
                Paging::Crowded if self.queue.frames() == 0 => {}
                Paging::Crowded => {
                    self.due.push_back(conversation);
                    continue;
                }
                Paging::Asked | Paging::Stalled | Paging::Failed => continue,
            }
            catching.paging = Paging::Asked;
            let (with_view, failures) = (catching.view.is_none(), catching.failures);
            let limit = limits.page_entries;
            let asked = PageAsked { generation, after, limit, with_view, lost_marks, failures };
            self.pages += 1;
            self.jobs.push_back(Job::Page { caller: caller.clone(), conversation, asked });
        }
    }

    /// A page was read: what fits is queued, the rest is read again later.
    pub(super) fn page(
        &mut self,
        conversation: ConversationId,
        asked: PageAsked,
        result: Result<PageRead, ChatError>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let PageAsked { generation, after, limit, lost_marks, .. } = asked;
        let Some(sub) = self.subs.get_mut(&conversation).filter(|sub| sub.generation == generation) else { return };
        let (position, outdated) = (sub.position, sub.lost_marks != lost_marks);
        let Some(catching) = sub.catching().filter(|catching| catching.paging == Paging::Asked) else { return };
        let read = match result {
            Ok(read) => read,
            Err(ChatError::ConversationNotFound) => return self.lose_sight(conversation, effects),
            Err(_) => return self.page_failed(conversation),
        };
        if read.view.is_some() {
            catching.view = read.view;
        }
        if !read.entries.is_empty() {
            catching.failures = 0;
        }
        let complete = read.entries.len() < limit as usize;
        let applied = position == after && self.apply(conversation, &read.entries, context);
        let Some(sub) = self.subs.get_mut(&conversation) else { return };
        let (at, head) = (sub.position, sub.head);
        let Some(catching) = sub.catching() else { return };
        if outdated {
            // Good enough for these entries, but not the last word on marks.
            catching.view = None;
        }
        if catching.paging == Paging::Stalled {
            return;
        }
        let unmarked = catching.marks && catching.view.is_none();
        // `live`, the receipts and what is so around it must not be what pushes the entries before them out again.
        let words = 3 + catching.view.as_ref().map_or(0, |view| 2 * view.participants.len());
        let fits = self.queue.has_room_for(context.limits, words.min(context.limits.queue_frames));
        let all = applied && complete && at >= head && !unmarked;
        if all && fits {
            return self.go_live(conversation, context);
        }
        // Less than was promised, and nothing that came: the store lags behind its own word.
        if applied && complete && at == after && at < head {
            return self.page_failed(conversation);
        }
        (catching.paging, catching.failures) = (if all { Paging::Crowded } else { Paging::Due }, 0);
        self.due.push_back(conversation);
    }

    /// Again at the next tick.
    fn page_failed(&mut self, conversation: ConversationId) {
        let Some(catching) = self.subs.get_mut(&conversation).and_then(|sub| sub.catching()) else { return };
        catching.paging = Paging::Failed;
        catching.failures = catching.failures.saturating_add(1);
        if Catching::is_given_up(catching) {
            self.tell_acks_anyhow(conversation);
        }
    }

    /// Queues entries as long as there is room. `true` when all were.
    fn apply(&mut self, conversation: ConversationId, entries: &[Entry], context: &Context<'_>) -> bool {
        let Some(me) = self.caller.as_ref().map(|caller| caller.participant()) else { return false };
        let mut told = 0;
        for entry in entries {
            let Some(sub) = self.subs.get_mut(&conversation) else { return false };
            if entry.seq != sub.position.next() {
                return false;
            }
            if self.sends.awaits(me, conversation, entry) {
                if let Some(catching) = sub.catching() {
                    catching.paging = Paging::Stalled;
                }
                return false;
            }
            let view = sub.catching().and_then(|catching| catching.view.as_deref());
            let status = view.map_or(MessageStatus::Sent, |view| view.status_of(&entry.message));
            let own = entry.message.sender.id == me;
            let frame = self.protocol.told(&ServerFrame::entry(conversation, entry, status, own));
            told += frame.len();
            let first = told == frame.len();
            if !self.queue.has_room(context.limits, frame.len()) || (told > context.limits.page_bytes && !first) {
                return false;
            }
            self.place(conversation, entry.seq, || frame);
        }
        true
    }
}
