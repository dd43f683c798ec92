//! What others do, told to this connection.

use chat::Receipt;
use kernel::{Audience, ConversationId, ParticipantId, Scope, SupportRequestId};

use super::{Context, Effect, Session};
use crate::{Close, Told, queue::Kind, subscription::Phase};

impl Session {
    /// Marks of somebody moved in a conversation; told when it is followed, and to the person's own connections: by
    /// a guest's token only those of its request, because others may have a token under the same address.
    pub fn receipt(&mut self, receipt: &Receipt, told: impl FnOnce() -> Told, context: &Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let conversation = receipt.conversation;
        let own = self.is(receipt.participant) && self.is_open(receipt.support_request);
        if own && self.protocol.follows_own() {
            // Who reads takes part.
            self.follow(conversation, None, context, &mut effects);
        }
        if own || self.sees(conversation) {
            self.tell(told(), Kind::Receipt(conversation));
            self.keep_bounds(context.limits);
        }
        effects
    }

    /// Something happened around a conversation. Whoever has not caught up reads what is so now, after this.
    pub fn noticed(&mut self, conversation: ConversationId, told: impl FnOnce() -> Told, context: &Context<'_>) {
        let Some(sub) = self.subs.get_mut(&conversation).filter(|_| self.queue.closing().is_none()) else { return };
        if sub.notices() {
            self.tell(told(), Kind::Notice(conversation));
            self.keep_bounds(context.limits);
        } else if sub.is_proven() {
            self.rewind(conversation, None, false, true);
            self.ask_pages(context);
        }
    }

    /// The queue has moved.
    pub fn queue_moved(&mut self, conversation: ConversationId, context: &Context<'_>) {
        if self.subs.get(&conversation).is_some_and(|sub| matches!(sub.phase, Phase::Live)) && !self.is_closed() {
            self.place_now(conversation, false, context);
            self.keep_bounds(context.limits);
        }
    }

    /// Somebody else writes in a conversation.
    pub fn typing_of(
        &mut self,
        conversation: ConversationId,
        who: ParticipantId,
        told: impl FnOnce() -> Told,
        context: &Context<'_>,
    ) {
        if self.sees(conversation) && !self.is(who) {
            self.volatile(told(), context);
        }
    }

    /// Somebody else came or went who takes part in these conversations.
    pub fn presence_in(
        &mut self,
        conversations: &[ConversationId],
        who: ParticipantId,
        told: impl FnOnce() -> Told,
        context: &Context<'_>,
    ) {
        if !self.is(who) && conversations.iter().any(|conversation| self.sees(*conversation)) {
            self.volatile(told(), context);
        }
    }

    /// Another member of staff came or went; told to staff, whatever they follow.
    pub fn presence_of_staff(&mut self, who: ParticipantId, told: impl FnOnce() -> Told, context: &Context<'_>) {
        if self.caller().is_some_and(|caller| caller.is_staff()) && !self.is(who) {
            self.volatile(told(), context);
        }
    }

    /// The caller wants to be asked, or does not any more; said perhaps over another connection.
    pub fn own_availability(&mut self, told: impl FnOnce() -> Told, context: &Context<'_>) {
        self.volatile(told(), context);
    }

    /// A change of a request, if the caller may see it.
    pub fn listed(&mut self, audience: &Audience, told: impl FnOnce() -> Told, context: &Context<'_>) {
        if self.covers(audience) {
            self.tell(told(), Kind::List);
            self.keep_bounds(context.limits);
        }
    }

    /// A note of a request, if the caller is staff and may see the request.
    pub fn noted(&mut self, audience: &Audience, told: impl FnOnce() -> Told, context: &Context<'_>) {
        if self.caller().is_some_and(|caller| caller.is_staff()) {
            self.listed(audience, told, context);
        }
    }

    /// A request has left the caller's sight: its lists are to be fetched again.
    pub fn unlisted(&mut self, before: &Audience, now: &Audience) {
        self.resync |= self.covers(before) && !self.covers(now);
    }

    /// Something may have been missed that is told once: the marks and what is around each conversation are read
    /// again where the client asked for it, and lists are to be fetched. Entries are compared by their heads.
    pub fn make_good(&mut self, context: &Context<'_>) {
        if self.is_closed() || self.caller().is_none() {
            return;
        }
        let joined = self.subs.iter().filter(|(_, sub)| sub.joined && sub.is_proven());
        for conversation in joined.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.rewind(conversation, None, false, true);
            self.notice_again(conversation);
        }
        self.resync = true;
        self.ask_pages(context);
    }

    /// Whether the caller may see what has this audience.
    pub fn covers(&self, audience: &Audience) -> bool {
        self.caller().is_some_and(|caller| caller.scope().covers(audience))
    }

    /// Too many connections of one person: this one goes.
    pub fn too_many(&mut self) {
        self.close(Close::TooFast);
    }

    fn volatile(&mut self, told: Told, context: &Context<'_>) {
        // Not worth dropping anything else for.
        if self.queue.has_room(context.limits, told.len()) {
            self.tell(told, Kind::Volatile);
        }
    }

    fn sees(&self, conversation: ConversationId) -> bool {
        self.subs.get(&conversation).is_some_and(|sub| sub.is_proven())
    }

    /// Whether the caller's token is good for more than one request, or for this one.
    fn is_open(&self, request: SupportRequestId) -> bool {
        self.caller().is_some_and(|caller| match caller.scope() {
            Scope::One(one, _) => one == request,
            Scope::All | Scope::Agent(_) | Scope::Requester(_) => true,
        })
    }

    fn is(&self, who: ParticipantId) -> bool {
        self.caller().is_some_and(|caller| caller.participant() == who)
    }
}
