//! Conversations that are followed without a word of the client, where the protocol's clients expect that: those
//! that the caller opened, is assigned or takes part in, from the moment on at which that is known.

use std::sync::Arc;

use chat::{ChatError, Conversation, Head, Seq};
use kernel::{Audience, Caller, ConversationId, ParticipantId};

use super::{Context, Effect, Session};
use crate::{
    Aside, Close, Job, ServerFrame, Thread, Told,
    queue::Kind,
    subscription::{Phase, Sub},
};

impl Session {
    /// Asks for what is to be followed. Nothing that the client says is looked at before the answer.
    pub(super) fn follow_own(&mut self, caller: Arc<Caller>, welcome: ServerFrame, context: &Context<'_>) {
        self.welcome = Some(Box::new(welcome));
        let most = context.limits.subscriptions_of(&caller);
        self.run(Job::FollowOwn { caller, most, again: false });
    }

    /// A conversation may have become the caller's without a word: whoever follows what is theirs looks again. One
    /// look at a time; the client's commands do not wait for it.
    pub fn look_for_own(&mut self, context: &Context<'_>) {
        let is_busy = self.looking || self.draining || self.welcome.is_some() || self.is_closed();
        if !self.protocol.follows_own() || is_busy {
            return;
        }
        let Some(caller) = self.caller.clone() else { return };
        self.looking = true;
        let most = context.limits.subscriptions_of(&caller);
        self.jobs.push_back(Job::FollowOwn { caller, most, again: true });
    }

    pub(super) fn following_own(
        &mut self,
        result: Result<Vec<Conversation>, ChatError>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(welcome) = self.welcome.take() else { return self.found_own(result, context, effects) };
        let own = match result {
            Ok(own) => own,
            Err(error) => {
                self.refuse_with(context, None, &error);
                return self.close(Close::Restart);
            }
        };
        self.knows_all = self.is_all(&own, context);
        for conversation in &own {
            self.aside(Aside::Thread(Thread::of(conversation)));
        }
        self.reply(&welcome);
        let mut heads = Vec::with_capacity(own.len());
        for conversation in own.into_iter().filter(|one| !self.subs.contains_key(&one.id)).collect::<Vec<_>>() {
            self.generations += 1;
            let (id, people) = (conversation.id, conversation.participants.iter().map(|person| person.id).collect());
            self.subs.insert(id, Box::new(Sub::quiet(self.generations, conversation.last_seq)));
            effects.push(Effect::Join(id));
            effects.push(Effect::TakePart(id, people));
            heads.push(id);
        }
        // What was committed after the reading and before the entering was told to nobody.
        if let Some(caller) = self.caller.clone().filter(|_| !heads.is_empty()) {
            self.run(Job::Heads { caller, conversations: heads });
        }
    }

    /// What is not followed yet goes on where it stood when it gave way; what was not there then is told whole.
    fn found_own(
        &mut self,
        result: Result<Vec<Conversation>, ChatError>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        self.looking = false;
        // One that fails is followed by the next one, as long as there is cause.
        let Ok(own) = result else { return };
        self.knows_all = self.is_all(&own, context);
        for Conversation { id, last_seq, .. } in own {
            if let Some(sub) = self.subs.get_mut(&id) {
                if sub.lag(last_seq) {
                    self.due.push_back(id);
                }
                continue;
            }
            let stood = self.gave_way.get(&id).copied().unwrap_or(Seq::START);
            if stood < last_seq {
                self.follow(id, Some(stood.next()), context, effects);
            }
        }
    }

    fn is_all(&self, own: &[Conversation], context: &Context<'_>) -> bool {
        self.caller.as_ref().is_some_and(|caller| own.len() < context.limits.subscriptions_of(caller))
    }

    pub(super) fn heads(&mut self, heads: &[Head]) {
        for head in heads {
            if let Some(sub) = self.subs.get_mut(&head.conversation)
                && sub.lag(head.last_seq)
            {
                self.due.push_back(head.conversation);
            }
        }
    }

    /// A conversation shows itself to be the caller's. With `first`, entries are told from that one on, else from
    /// where the log ends when it is looked at.
    pub(super) fn follow(
        &mut self,
        conversation: ConversationId,
        first: Option<Seq>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(caller) = self.caller.clone().filter(|_| !self.is_closed()) else { return };
        let is_full = self.subs.len() >= context.limits.subscriptions_of(&caller);
        if self.subs.contains_key(&conversation) || (is_full && !self.make_room(effects)) {
            return;
        }
        let stood = self.gave_way.remove(&conversation).map(Seq::next);
        let first = stood.map_or(first, |stood| Some(first.map_or(stood, |first| first.min(stood))));
        self.generations += 1;
        let mut sub = Sub::quiet(self.generations, Seq::START);
        sub.phase = Phase::Starting { reference: None, lost: false, stale: false };
        sub.first = first;
        self.subs.insert(conversation, Box::new(sub));
        effects.push(Effect::Join(conversation));
        self.run(Job::Follow { caller, conversation, generation: self.generations });
    }

    pub(super) fn following(
        &mut self,
        conversation: ConversationId,
        generation: u64,
        result: Result<Box<Conversation>, ChatError>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(sub) = self.subs.get_mut(&conversation).filter(|sub| sub.generation == generation) else { return };
        let Phase::Starting { lost, .. } = sub.phase else { return };
        let view = match result {
            Ok(view) if !lost => *view,
            Ok(_) | Err(ChatError::ConversationNotFound) => {
                self.subs.remove(&conversation);
                effects.push(Effect::Leave(conversation));
                return self.settle(conversation);
            }
            Err(_) => {
                self.unfollowed.push(conversation);
                return;
            }
        };
        sub.position =
            sub.first.map_or(view.last_seq, |first| Seq::new(first.get().saturating_sub(1)).min(view.last_seq));
        sub.phase = Phase::Live;
        let head = view.last_seq.max(sub.head);
        if sub.lag(head) {
            self.due.push_back(conversation);
        }
        effects.push(Effect::TakePart(conversation, view.participants.iter().map(|person| person.id).collect()));
        self.aside(Aside::Thread(Thread::of(&view)));
        self.settle(conversation);
    }

    /// What could not be looked at is tried again.
    pub(super) fn follow_again(&mut self) {
        let Some(caller) = self.caller.clone() else { return };
        for conversation in std::mem::take(&mut self.unfollowed) {
            if let Some(sub) = self.subs.get(&conversation).filter(|sub| !sub.joined && !sub.is_proven()) {
                let generation = sub.generation;
                self.run(Job::Follow { caller: caller.clone(), conversation, generation });
            }
        }
    }

    /// Somebody's part in a conversation has come to light: whoever follows what is theirs follows it from now on.
    pub fn is_party(
        &mut self,
        conversation: ConversationId,
        audience: &Audience,
        first: Option<Seq>,
        context: &Context<'_>,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.covers(audience) && self.has_part(audience, None) {
            self.follow(conversation, self.first_of(audience, first), context, &mut effects);
        }
        effects
    }

    /// From which entry on a conversation is told that shows itself: one that the caller opened and that was not there
    /// when all were known has been opened since, so what came before was missed.
    pub(super) fn first_of(&self, audience: &Audience, first: Option<Seq>) -> Option<Seq> {
        let me = self.caller.as_ref().map(|caller| caller.participant());
        if self.knows_all && me == Some(audience.requester) { Some(Seq::START.next()) } else { first }
    }

    /// Whether the caller has a part in what has this audience, or said something there.
    pub(super) fn has_part(&self, audience: &Audience, sender: Option<ParticipantId>) -> bool {
        let Some(me) = self.caller.as_ref().map(|caller| caller.participant()) else { return false };
        self.protocol.follows_own()
            && (audience.requester == me
                || audience.assignee.is_some_and(|assignee| me == assignee.into())
                || audience.members.contains(&me)
                || sender == Some(me))
    }

    /// The client wants a conversation of its own no more: it is followed on without a word.
    pub(super) fn quieten(&mut self, conversation: ConversationId, effects: &mut Vec<Effect>) {
        let Some(sub) = self.subs.get_mut(&conversation) else { return };
        sub.joined = false;
        if let Phase::Starting { reference, lost, .. } = &mut sub.phase {
            *reference = None;
            if *lost {
                self.subs.remove(&conversation);
                self.queue.forget(conversation);
                effects.push(Effect::Leave(conversation));
                return self.settle(conversation);
            }
            self.generations += 1;
            sub.generation = self.generations;
            if let Some(before) = sub.quiet_at {
                sub.position = before;
                sub.phase = Phase::Live;
                let head = sub.head;
                if sub.lag(head) {
                    self.due.push_back(conversation);
                }
            } else if let Some(caller) = self.caller.clone() {
                // It never was followed yet: from where on is found out anew.
                self.run(Job::Follow { caller, conversation, generation: self.generations });
            }
        }
        effects.push(Effect::Join(conversation));
        self.settle(conversation);
    }

    /// There is no room left: the oldest of those that are merely followed gives way.
    pub(super) fn make_room(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(id) = self.subs.iter().find(|(_, sub)| !sub.joined).map(|(id, _)| *id) else { return false };
        let untold = self.queue.forget(id);
        if let Some(stood) = self.subs.remove(&id).and_then(|sub| sub.stands_at(untold)) {
            self.gave_way.insert(id, stood);
        }
        effects.push(Effect::Leave(id));
        self.settle(id);
        true
    }

    /// Tells the codec something that is no frame.
    pub(super) fn aside(&mut self, aside: Aside) {
        if self.protocol.follows_own() {
            self.tell(Told::Aside(Arc::new(aside)), Kind::Reply);
        }
    }
}
