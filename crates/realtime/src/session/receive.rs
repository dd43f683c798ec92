//! What the client says.

use std::sync::Arc;

use chat::{ChatError, ClientMessageId, Content, Outgoing, Position, Seq};
use kernel::{AttachmentId, Caller, ConversationId, MessageId, Refusal, RefusalKind, Timestamp};

use super::{Context, Effect, Session};
use crate::{
    Close, Inbound, Job, MarkKind, ServerFrame, Told,
    queue::Kind,
    sends::{Asked, Named, Waiting},
    subscription::{Phase, Sub},
};

/// A message as the client wrote it.
struct Written {
    client_message_id: String,
    content: String,
    in_reply_to: Option<MessageId>,
    attachments: Vec<AttachmentId>,
}

/// Whether a send that was refused may go through later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    Never,
    /// As soon as the one before it has come again.
    Behind,
    /// After so many milliseconds.
    After(u64),
}

impl Session {
    /// A frame has come. Frames run in order: what may not start yet waits, and with it all after it.
    pub fn receive(&mut self, inbound: Inbound, now: Timestamp, context: &Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.is_closed() || self.draining {
            return effects;
        }
        self.clock.pass(now);
        self.heard();
        if let Inbound::Typing { conversation, is_typing } = inbound {
            // Typing carries the time; nothing it needs can come from a frame that still waits,
            // except a subscription that is not proven yet, and then it is dropped.
            self.typing(conversation, is_typing, now, context, &mut effects);
            return effects;
        }
        self.backlog.push_back(inbound);
        self.pump(context, &mut effects);
        effects
    }

    /// Starts what may start.
    pub(super) fn pump(&mut self, context: &Context<'_>, effects: &mut Vec<Effect>) {
        while !self.is_closed() && !self.authenticating && self.welcome.is_none() && self.finding.is_none() {
            let Some(next) = self.backlog.pop_front() else { break };
            // One subscription at a time, and only when the client reads: each may bring a page of history.
            let busy = self.starting || !self.queue.is_low(context.limits);
            // A node that stops does not wait for one that asks too often.
            let mut may_ask = |of| self.draining || self.asking.may(of, self.clock.now(), context.limits);
            if let Inbound::Subscribe { conversation, .. } = next
                && (busy || !may_ask(conversation))
            {
                self.backlog.push_front(next);
                break;
            }
            if matches!(next, Inbound::Settle) && self.running + self.sends.waiting() > 0 {
                self.backlog.push_front(next);
                break;
            }
            self.start(next, context, effects);
        }
    }

    fn start(&mut self, inbound: Inbound, context: &Context<'_>, effects: &mut Vec<Effect>) {
        let caller = match (inbound, self.caller.clone()) {
            (Inbound::Authenticate { token }, _) => {
                self.authenticating = true;
                // As long as it is looked at, it is not the client that keeps us waiting.
                self.unknown = Close::Restart;
                return self.run(Job::Authenticate { token });
            }
            (_, None) => return self.close(self.unknown),
            (inbound, Some(caller)) => (inbound, caller),
        };
        match caller {
            (Inbound::Authenticate { .. } | Inbound::Typing { .. }, _) => {}
            (Inbound::Subscribe { reference, conversation, epoch, after }, caller) => {
                let position = after.map(|after| Position { epoch, after });
                self.subscribe(caller, reference, conversation, position, context, effects);
            }
            (Inbound::Unsubscribe { conversation }, _) => self.unsubscribe(conversation, context, effects),
            (Inbound::Send { reference, conversation, client_message_id, content, in_reply_to, attachments }, _) => {
                let written = Written { client_message_id, content, in_reply_to, attachments };
                self.send(reference, conversation, written, context);
            }
            (Inbound::Edit { reference, conversation, message, content }, _) => {
                self.revise(reference, conversation, message, Some(content), context);
            }
            (Inbound::Delete { reference, conversation, message }, _) => {
                self.revise(reference, conversation, message, None, context);
            }
            (Inbound::Abandon { conversation, client_message_id }, _) => {
                self.sends.give_up(conversation, &client_message_id);
            }
            (Inbound::Read { conversation, seq }, caller) => self.mark(caller, conversation, MarkKind::Read, seq),
            (Inbound::Delivered { conversation, seq }, caller) => {
                self.mark(caller, conversation, MarkKind::Delivered, seq);
            }
            (Inbound::View { support_request, state }, caller) => {
                self.view(caller, support_request, state, context, effects);
            }
            (Inbound::Availability { value }, caller) => self.say_availability(caller, value, context),
            (Inbound::MarkRead { reference, conversation, message }, caller) => {
                self.run(Job::MarkRead { caller, reference, conversation, message });
            }
            (Inbound::ByNumber { number, inbound }, caller) => {
                self.finding = Some(inbound);
                self.run(Job::Find { caller, number });
            }
            (Inbound::Ping, _) => self.reply(&ServerFrame::Pong),
            (Inbound::Settle, _) => self.tell(Told::Settled, Kind::Reply),
            (Inbound::Unsupported { reference }, _) => self.refuse(context, reference, "realtime.not_supported"),
            (Inbound::Unreadable { reference, code }, _) => self.refuse(context, reference, code),
        }
    }

    /// Starts what had to wait for an answer, before all that came after it.
    pub(super) fn again(&mut self, inbound: Inbound, context: &Context<'_>, effects: &mut Vec<Effect>) {
        self.backlog.push_front(inbound);
        self.pump(context, effects);
    }

    pub(super) fn run(&mut self, job: Job) {
        self.running += 1;
        self.jobs.push_back(job);
    }

    fn subscribe(
        &mut self,
        caller: Arc<Caller>,
        reference: Option<String>,
        conversation: ConversationId,
        position: Option<Position>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let is_new = !self.subs.contains_key(&conversation);
        let is_full = is_new && self.subs.len() >= context.limits.subscriptions_of(&caller);
        if is_full && !self.make_room(effects) {
            return self.refuse(context, reference, "realtime.too_many_subscriptions");
        }
        let untold = self.queue.forget(conversation);
        self.generations += 1;
        let generation = self.generations;
        let mut sub = Sub::starting(generation, reference);
        if let Some(known) = self.subs.get(&conversation).filter(|known| known.own) {
            sub.goes_on_from(known, untold);
        }
        self.subs.insert(conversation, Box::new(sub));
        self.starting = true;
        effects.push(Effect::Join(conversation));
        self.run(Job::Subscribe { caller, conversation, generation, position });
    }

    fn unsubscribe(&mut self, conversation: ConversationId, context: &Context<'_>, effects: &mut Vec<Effect>) {
        if self.protocol.has_callbacks()
            && let Some(Phase::Starting { reference, .. }) = self.subs.get_mut(&conversation).map(|sub| &mut sub.phase)
            && let Some(reference) = reference.take()
        {
            // Nothing else is going to answer it.
            self.refuse(context, Some(reference), "realtime.not_subscribed");
        }
        if self.subs.get(&conversation).is_some_and(|sub| sub.own) {
            self.quieten(conversation, effects);
        } else if self.subs.remove(&conversation).is_some() {
            self.queue.forget(conversation);
            effects.push(Effect::Leave(conversation));
        }
        let reason = "requested".to_owned();
        self.reply(&ServerFrame::Unsubscribed { conversation_id: conversation, reason });
        self.settle(conversation);
    }

    fn send(
        &mut self,
        reference: Option<String>,
        conversation: ConversationId,
        written: Written,
        context: &Context<'_>,
    ) {
        let Written { client_message_id: name, content: text, in_reply_to, attachments } = written;
        let named = Named::Send(name.clone());
        if !self.sends.may_go(conversation, &named) {
            return self.prior_failed(reference, conversation, named, context);
        }
        let parsed =
            ClientMessageId::parse(name).and_then(|id| Ok((id, Content::with_files(text, attachments.len())?)));
        let (client_message_id, said) = match parsed {
            Ok(parsed) => parsed,
            Err(field) => return self.nack_with(context, reference, conversation, named, &ChatError::from(field)),
        };
        let outgoing = Outgoing { client_message_id, content: said, in_reply_to, attachments };
        self.sends.wait(Waiting { conversation, reference, asked: Asked::Send(outgoing) });
        self.send_waiting(conversation, context);
    }

    /// An edit, or without content a deletion, takes its turn among the sends of its conversation.
    fn revise(
        &mut self,
        reference: Option<String>,
        conversation: ConversationId,
        message: MessageId,
        text: Option<String>,
        context: &Context<'_>,
    ) {
        let named = Named::Revision(message);
        if !self.sends.may_go(conversation, &named) {
            return self.prior_failed(reference, conversation, named, context);
        }
        let said = match text.map(Content::parse).transpose() {
            Ok(said) => said,
            Err(field) => return self.nack_with(context, reference, conversation, named, &ChatError::from(field)),
        };
        self.sends.wait(Waiting { conversation, reference, asked: Asked::Revise { message, content: said } });
        self.send_waiting(conversation, context);
    }

    /// Starts the sends of a conversation whose turn it is. After one that failed, those behind it are
    /// refused, so that they do not get in before it comes again.
    pub(super) fn send_waiting(&mut self, conversation: ConversationId, context: &Context<'_>) {
        let Some(caller) = self.caller.clone() else { return };
        while let Some(Waiting { reference, asked, .. }) = self.sends.next(conversation) {
            let named = asked.named();
            if !self.sends.may_go(conversation, &named) {
                self.prior_failed(reference, conversation, named, context);
                continue;
            }
            let (ticket, caller) = (self.sends.start(conversation, &asked, reference), caller.clone());
            match asked {
                Asked::Send(outgoing) => {
                    if let Some(sub) = self.subs.get_mut(&conversation) {
                        sub.says();
                    }
                    self.run(Job::Send { caller, conversation, ticket, outgoing });
                }
                Asked::Revise { message, content } => {
                    self.run(Job::Revise { caller, conversation, ticket, message, content });
                }
            }
        }
    }

    fn prior_failed(
        &mut self,
        reference: Option<String>,
        conversation: ConversationId,
        named: Named,
        context: &Context<'_>,
    ) {
        let code = "prior_failed";
        let message = self.text_of(context, code, &[]);
        self.nack(reference, conversation, named, code, message, Retry::Behind);
    }

    pub(super) fn mark(&mut self, caller: Arc<Caller>, conversation: ConversationId, kind: MarkKind, seq: Seq) {
        if self.marks.ask(conversation, kind, seq) {
            self.run(Job::Mark { caller, conversation, kind, seq });
        }
    }

    fn typing(
        &mut self,
        conversation: ConversationId,
        is_typing: bool,
        now: Timestamp,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        if self.caller.is_none() {
            if !self.authenticating {
                self.close(self.unknown);
            }
            return;
        }
        match self.subs.get_mut(&conversation) {
            None => self.refuse(context, None, "realtime.not_subscribed"),
            Some(sub) if !Sub::is_proven(sub) => {}
            Some(sub) => {
                if sub.types(is_typing, now, context.limits.typing_every) {
                    effects.push(Effect::Typing { conversation, is_typing });
                }
            }
        }
    }

    pub(super) fn nack_with(
        &mut self,
        context: &Context<'_>,
        reference: Option<String>,
        conversation: ConversationId,
        named: Named,
        error: &ChatError,
    ) {
        let message = self.text(context, error);
        let retry = match error.kind() {
            RefusalKind::TooMany(wait) => {
                // Rounded up, so that who keeps to it is not too early.
                Retry::After(u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX))
            }
            _ if error.may_retry() => Retry::After(1_000),
            _ => Retry::Never,
        };
        self.nack(reference, conversation, named, error.code(), message, retry);
    }

    fn nack(
        &mut self,
        reference: Option<String>,
        conversation: ConversationId,
        named: Named,
        code: &str,
        message: String,
        retry: Retry,
    ) {
        let after = if let Retry::After(ms) = retry { Some(ms) } else { None };
        let retry = retry != Retry::Never;
        self.reply(&ServerFrame::nack(reference, conversation, named, code, message, retry, after));
    }
}
