//! How what was asked of the world ended.

use std::sync::Arc;

use chat::{ChatError, ReadMark, ResetReason, Revised, SenderKind, Sent, Seq, Subscription};
use kernel::{ConversationId, MessageId, Refusal, RefusalKind};

use super::{Context, Effect, Session};
use crate::{
    Admitted, Aside, Close, ConversationEvent, Done, MarkKind, ServerFrame, Thread, WelcomeUser,
    queue::Kind,
    sends::{Flying, Named, Settled},
    subscription::{Catching, Phase},
};

impl Session {
    /// A job has ended.
    pub fn done(&mut self, done: Done, context: &Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        match done {
            Done::Page { .. } => self.pages = self.pages.saturating_sub(1),
            // No client waits for a further look.
            Done::FollowsOwn { .. } if self.welcome.is_none() => {}
            _ => self.running = self.running.saturating_sub(1),
        }
        if self.is_closed() {
            return effects;
        }
        match done {
            Done::Authenticated { revocations, result } => {
                self.authenticated(revocations, result, context, &mut effects);
            }
            Done::Subscribed { conversation, generation, result } => {
                self.starting = false;
                self.subscribed(conversation, generation, result, context, &mut effects);
            }
            Done::Page { conversation, asked, result } => {
                self.page(conversation, asked, result, context, &mut effects);
            }
            Done::Sent { ticket, result } => self.sent(ticket, &result, context),
            Done::Revised { ticket, result } => self.revised(ticket, result, context),
            Done::Marked { conversation, kind, result } => self.marked(conversation, kind, result, context),
            Done::Viewed { support_request, ticket, result } => {
                self.viewed(support_request, ticket, result, context, &mut effects);
            }
            Done::AvailabilitySaid { result } => self.availability_said(result, context),
            Done::FollowsOwn { result } => self.following_own(result, context, &mut effects),
            Done::Follows { conversation, generation, result } => {
                self.following(conversation, generation, result, &mut effects);
            }
            Done::Heads { heads } => self.heads(&heads),
            Done::MarkedRead { reference, conversation, message, result } => {
                self.marked_read(reference, conversation, message, result, context);
            }
            Done::Found { result } => self.found(result, context, &mut effects),
        }
        self.keep_bounds(context.limits);
        self.ask_pages(context);
        self.pump(context, &mut effects);
        self.close_when_drained();
        effects
    }

    fn authenticated(
        &mut self,
        revocations: u64,
        result: Result<Admitted, Box<dyn Refusal>>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        self.authenticating = false;
        let admitted = match result {
            Ok(admitted) => admitted,
            Err(refusal) => return self.not_admitted(refusal.as_ref(), context),
        };
        let caller = Arc::new(admitted.caller);
        if let Some(before) = &self.caller
            && (before.participant(), before.organization()) != (caller.participant(), caller.organization())
        {
            self.refuse(context, None, "realtime.already_authenticated");
            return self.close(Close::NotAuthenticated);
        }
        let availability = admitted.standing.map(|read| context.presence.availability(caller.participant(), read));
        let first = self.caller.replace(caller.clone()).is_none();
        self.epoch = Some(admitted.epoch);
        let welcome = ServerFrame::Welcome {
            connection_id: self.id,
            user: WelcomeUser::of(&caller, availability),
            epoch: admitted.epoch,
            heartbeat_ms: u64::try_from(context.limits.ping_every.as_millis()).unwrap_or(u64::MAX),
            max_frame_bytes: context.limits.frame_bytes,
        };
        if self.protocol.follows_own() && first {
            self.follow_own(caller.clone(), welcome, context);
        } else {
            self.reply(&welcome);
        }
        effects.push(Effect::Known { caller, revocations, standing: admitted.standing });
    }

    /// A bad token ends a connection that has none yet; one that only failed to renew lives as long as
    /// its token does. When a part is down, the client may try again until its time is up, and is then
    /// told to come back, not that its token is bad.
    fn not_admitted(&mut self, refusal: &dyn Refusal, context: &Context<'_>) {
        self.refuse_with(context, None, refusal);
        self.unknown = match refusal.kind() {
            RefusalKind::Unavailable | RefusalKind::StorageFull | RefusalKind::Internal => Close::Restart,
            RefusalKind::TooMany(_) => Close::TooFast,
            _ => Close::NotAuthenticated,
        };
        if self.caller.is_none() && refusal.kind() == RefusalKind::Unauthenticated {
            let ended = refusal.code().ends_with("token_expired") || refusal.code().ends_with("token_revoked");
            self.close(if ended { Close::TokenEnded } else { Close::NotAuthenticated });
        }
    }

    fn subscribed(
        &mut self,
        conversation: ConversationId,
        generation: u64,
        result: Result<Box<Subscription>, ChatError>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(sub) = self.subs.get_mut(&conversation).filter(|sub| sub.generation == generation) else { return };
        let Phase::Starting { reference, lost, stale } = &mut sub.phase else { return };
        let (reference, lost, stale) = (reference.take(), *lost, *stale);
        // The chat's word may be from before the loss; a client that has gained the right since asks again.
        let result = result.and_then(|found| if lost { Err(ChatError::ConversationNotFound) } else { Ok(found) });
        let subscription = match result {
            Ok(subscription) => *subscription,
            Err(error) => {
                let is_gone = matches!(error, ChatError::ConversationNotFound);
                let goes_on = sub.own && !is_gone;
                if is_gone && !self.protocol.follows_own() {
                    self.reset(conversation, ResetReason::Forbidden);
                } else {
                    self.refuse_with(context, reference, &error);
                }
                if goes_on {
                    return self.quieten(conversation, effects);
                }
                self.subs.remove(&conversation);
                effects.push(Effect::Leave(conversation));
                return self.settle(conversation);
            }
        };
        if let Some(reason) = subscription.reset {
            self.reset(conversation, reason);
        }
        self.begin(conversation, reference, subscription, context, effects);
        if stale {
            self.rewind(conversation, None, false, true);
            self.notice_again(conversation);
        }
    }

    fn reset(&mut self, conversation_id: ConversationId, reason: ResetReason) {
        self.reply(&ServerFrame::Reset { conversation_id, reason: reason.as_str().to_owned() });
    }

    fn begin(
        &mut self,
        conversation: ConversationId,
        reference: Option<String>,
        subscription: Subscription,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let Subscription { conversation: view, from, recent, .. } = subscription;
        let participants = view
            .participants
            .iter()
            .map(|person| wire::Participant::of(person, context.presence.is_online(person.id)))
            .collect();
        effects.push(Effect::TakePart(conversation, view.participants.iter().map(|person| person.id).collect()));
        effects.push(Effect::Came(conversation));
        self.aside(Aside::Thread(Thread::of(&view)));
        let last_seq = view.last_seq;
        self.reply(&ServerFrame::Subscribed { reference, conversation_id: conversation, last_seq, participants });
        let me = self.caller.as_ref().map(|caller| caller.participant());
        for message in recent {
            let status = view.status_of(&message);
            let frame = ServerFrame::Message {
                conversation_id: conversation,
                seq: message.seq,
                message: Box::new(wire::Message::of(&message, status, me == Some(message.sender.id))),
            };
            self.tell(self.protocol.told(&frame), Kind::Recent(conversation));
        }
        let Some(sub) = self.subs.get_mut(&conversation) else { return };
        sub.position = from;
        #[cfg(feature = "faults")]
        if context.limits.planted == Some(crate::Planted::ResumeOffByOne) && from < last_seq {
            sub.position = from.next();
        }
        sub.head = sub.head.max(last_seq);
        let view = Some(Box::new(view));
        sub.phase = Phase::Catching(Catching { announce: true, view, ..Catching::default() });
        if sub.position == sub.head {
            self.go_live(conversation, context);
        } else {
            self.due.push_back(conversation);
        }
        self.settle(conversation);
    }

    fn sent(&mut self, ticket: u64, result: &Result<Sent, ChatError>, context: &Context<'_>) {
        match self.sends.done(ticket, result.as_ref().ok()) {
            Settled::Before => {}
            Settled::Acked(conversation) => {
                self.settle(conversation);
                self.send_waiting(conversation, context);
            }
            Settled::Refused(send) => {
                if let Err(error) = result {
                    self.not_sent(send, error, context);
                }
            }
        }
    }

    /// An edit or a deletion is answered at once: what it did comes to everybody at its place.
    fn revised(&mut self, ticket: u64, result: Result<Box<Revised>, ChatError>, context: &Context<'_>) {
        let Some(flying) = self.sends.landed(ticket) else { return };
        match result {
            Ok(revised) => {
                let conversation = flying.conversation;
                self.reply(&ServerFrame::revised(flying.reference, conversation, &revised));
                self.send_waiting(conversation, context);
            }
            Err(error) => self.not_sent(flying, &error, context),
        }
    }

    /// Only a send that may be retried holds up what comes after it.
    fn not_sent(&mut self, one: Flying, error: &ChatError, context: &Context<'_>) {
        let conversation = one.conversation;
        let too_fast = matches!(error.kind(), RefusalKind::TooMany(_));
        let mut too_many = false;
        if too_fast {
            too_many = self.is_over_budget_again(context);
        } else if let Named::Send(name) = &one.named
            && error.may_retry()
        {
            // As many as it may follow: nobody works in more conversations at a time.
            let most = self.caller.as_ref().map_or(0, |caller| context.limits.subscriptions_of(caller));
            too_many = self.sends.fail(conversation, name) > most;
        }
        self.nack_with(context, one.reference, conversation, one.named, error);
        self.settle(conversation);
        if too_many {
            return self.close(Close::TooFast);
        }
        self.send_waiting(conversation, context);
    }

    /// Counts a send above the budget; whether there were too many of them of late.
    fn is_over_budget_again(&mut self, context: &Context<'_>) -> bool {
        let now = self.clock.now();
        self.over_budget.retain(|at| now.since(*at) < context.limits.over_within);
        self.over_budget.push(now);
        self.over_budget.len() >= context.limits.over_budget
    }

    fn marked(
        &mut self,
        conversation: ConversationId,
        kind: MarkKind,
        result: Result<(), ChatError>,
        context: &Context<'_>,
    ) {
        if let Err(error) = result {
            self.refuse_with(context, None, &error);
        }
        let next = self.marks.done(conversation, kind);
        if let (Some(seq), Some(caller)) = (next, self.caller.clone()) {
            self.mark(caller, conversation, kind, seq);
        }
    }

    fn marked_read(
        &mut self,
        reference: Option<String>,
        conversation: ConversationId,
        message: Option<MessageId>,
        result: Result<ReadMark, ChatError>,
        context: &Context<'_>,
    ) {
        match result {
            Ok(ReadMark { read_at, .. }) => self.aside(Aside::Marked { reference, conversation, message, read_at }),
            Err(error) => self.refuse_with(context, reference, &error),
        }
    }

    /// What named a conversation by a number is done in its turn: nothing behind it has been started.
    fn found(
        &mut self,
        result: Result<ConversationId, Box<dyn Refusal>>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(inbound) = self.finding.take() else { return };
        match result {
            Ok(conversation) => self.again(inbound.at(conversation), context, effects),
            Err(refusal) => self.refuse_with(context, inbound.reference().map(str::to_owned), refusal.as_ref()),
        }
    }

    /// All that is known to exist has been told.
    pub(super) fn go_live(&mut self, conversation: ConversationId, context: &Context<'_>) {
        let Some(sub) = self.subs.get_mut(&conversation) else { return };
        let position = sub.position;
        let Phase::Catching(catching) = std::mem::replace(&mut sub.phase, Phase::Live) else { return };
        if catching.announce {
            let frame = ServerFrame::Live { conversation_id: conversation, seq: position };
            self.tell(self.protocol.told(&frame), Kind::Caught(conversation));
        }
        self.tell_around(conversation, &catching, context);
        if let Some(view) = catching.view.filter(|_| catching.marks) {
            for person in view.participants.iter().filter(|person| person.mark.delivered_seq > Seq::START) {
                let frame = ServerFrame::Receipt {
                    conversation_id: conversation,
                    participant_id: person.id,
                    delivered_seq: person.mark.delivered_seq,
                    read_seq: person.mark.read_seq,
                    read_at: person.mark.read_at,
                };
                self.tell(self.protocol.told(&frame), Kind::Receipt(conversation));
            }
        }
    }

    /// What is so around a conversation now: to whoever comes to it, and to whoever may have missed a part of it.
    fn tell_around(&mut self, conversation: ConversationId, catching: &Catching, context: &Context<'_>) {
        if let Some(view) = catching.view.as_ref().filter(|_| catching.announce || catching.notices) {
            if let Some(session) = &view.session {
                self.notice(conversation, ConversationEvent::of_session(session));
            }
            // Those who were there at the start are named in `subscribed`.
            let staff = view.participants.iter().filter(|person| person.kind == SenderKind::Agent);
            for person in staff.filter(|_| catching.notices) {
                let shown = wire::Participant::of(person, context.presence.is_online(person.id));
                self.notice(conversation, ConversationEvent::ParticipantJoined(Box::new(shown)));
            }
        }
        self.place_now(conversation, catching.notices, context);
    }

    fn notice(&mut self, conversation_id: ConversationId, event: ConversationEvent) {
        let frame = ServerFrame::Conversation { conversation_id, event };
        self.tell(self.protocol.told(&frame), Kind::Notice(conversation_id));
    }

    /// Tells the customer where they stand in the queue, when that is not what they were told last, or when they
    /// may not have got that.
    pub(super) fn place_now(&mut self, conversation: ConversationId, again: bool, context: &Context<'_>) {
        let Some(caller) = self.caller.clone() else { return };
        let place = context.places.place_of(caller.organization(), conversation, caller.participant());
        let Some(sub) = self.subs.get_mut(&conversation) else { return };
        let now = match (place, sub.place) {
            (None, None) => return,
            (place, _) => place.unwrap_or_default(),
        };
        if sub.place.replace(now) != Some(now) || again {
            self.notice(conversation, ConversationEvent::QueuePosition(now));
        }
    }
}
