//! What the client says.

use std::sync::Arc;

use chat::{ChatError, ClientMessageId, Content, ContentHash, Outgoing, Position, Seq};
use kernel::{Caller, ConversationId, MessageId, Refusal, RefusalKind, Timestamp};

use super::{Context, Effect, Session};
use crate::{
    Close, Inbound, Job, MarkKind, ServerFrame,
    subscription::{Phase, Sub},
};

/// A message as the client wrote it.
struct Written {
    client_message_id: String,
    content: String,
    in_reply_to: Option<MessageId>,
    has_attachments: bool,
}

impl Session {
    /// A frame has come. Frames run in order: what may not start yet waits, and with it all after it.
    pub fn receive(&mut self, inbound: Inbound, now: Timestamp, context: &Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.is_closed() || self.draining {
            return effects;
        }
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
        while !self.is_closed() && !self.authenticating {
            let Some(next) = self.backlog.pop_front() else { break };
            // One subscription at a time, and only when the client reads: each may bring a page of history.
            let busy = self.starting || !self.queue.is_low(context.limits);
            if matches!(next, Inbound::Subscribe { .. }) && busy {
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
                return self.run(Job::Authenticate { token });
            }
            (_, None) => return self.close(Close::NotAuthenticated),
            (inbound, Some(caller)) => (inbound, caller),
        };
        match caller {
            (Inbound::Authenticate { .. } | Inbound::Typing { .. }, _) => {}
            (Inbound::Subscribe { reference, conversation, epoch, after }, caller) => {
                let position = after.map(|after| Position { epoch, after });
                self.subscribe(caller, reference, conversation, position, context, effects);
            }
            (Inbound::Unsubscribe { conversation }, _) => self.unsubscribe(conversation, effects),
            (
                Inbound::Send { reference, conversation, client_message_id, content, in_reply_to, has_attachments },
                caller,
            ) => {
                let written = Written { client_message_id, content, in_reply_to, has_attachments };
                self.send(caller, reference, conversation, written, context);
            }
            (Inbound::Read { conversation, seq }, caller) => self.mark(caller, conversation, MarkKind::Read, seq),
            (Inbound::Delivered { conversation, seq }, caller) => {
                self.mark(caller, conversation, MarkKind::Delivered, seq);
            }
            (Inbound::Ping, _) => self.reply(&ServerFrame::Pong),
            (Inbound::Unsupported { reference }, _) => self.refuse(context, reference, "realtime.not_supported"),
            (Inbound::Unreadable { reference, code }, _) => self.refuse(context, reference, code),
        }
    }

    fn run(&mut self, job: Job) {
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
        let known = self.subs.contains_key(&conversation);
        if !known && self.subs.len() >= context.limits.subscriptions_of(&caller) {
            return self.refuse(context, reference, "realtime.too_many_subscriptions");
        }
        self.queue.forget(conversation);
        self.generations += 1;
        let generation = self.generations;
        self.subs.insert(conversation, Sub::starting(generation, reference));
        self.starting = true;
        effects.push(Effect::Join(conversation));
        self.run(Job::Subscribe { caller, conversation, generation, position });
    }

    fn unsubscribe(&mut self, conversation: ConversationId, effects: &mut Vec<Effect>) {
        if self.subs.remove(&conversation).is_some() {
            self.queue.forget(conversation);
            effects.push(Effect::Leave(conversation));
        }
        let reason = "requested".to_owned();
        self.reply(&ServerFrame::Unsubscribed { conversation_id: conversation, reason });
        self.settle(conversation);
    }

    fn send(
        &mut self,
        caller: Arc<Caller>,
        reference: Option<String>,
        conversation: ConversationId,
        written: Written,
        context: &Context<'_>,
    ) {
        // A message ends the sign of typing at its readers; the next sign is a new one and comes at once.
        // Sends have a budget of their own, so this lets no flood in.
        if let Some(sub) = self.subs.get_mut(&conversation) {
            sub.typing = None;
        }
        let Written { client_message_id: name, content: text, in_reply_to, has_attachments } = written;
        if has_attachments {
            let code = "realtime.not_supported";
            let message = self.text_of(context, code, &[]);
            return self.nack(reference, conversation, name, code, message, None);
        }
        let parsed = ClientMessageId::parse(name.clone()).and_then(|id| Ok((id, Content::parse(text)?)));
        let (client_message_id, said) = match parsed {
            Ok(parsed) => parsed,
            Err(field) => return self.nack_with(context, reference, conversation, name, &ChatError::from(field)),
        };
        let hash = ContentHash::of(&said, in_reply_to);
        let ticket = self.sends.start(conversation, name, hash, reference);
        let outgoing = Outgoing { client_message_id, content: said, in_reply_to };
        self.run(Job::Send { caller, conversation, ticket, outgoing });
    }

    fn mark(&mut self, caller: Arc<Caller>, conversation: ConversationId, kind: MarkKind, seq: Seq) {
        self.run(Job::Mark { caller, conversation, kind, seq });
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
                self.close(Close::NotAuthenticated);
            }
            return;
        }
        let every = context.limits.typing_every;
        match self.subs.get_mut(&conversation) {
            None => self.refuse(context, None, "realtime.not_subscribed"),
            Some(Sub { phase: Phase::Starting { .. }, .. }) => {}
            Some(sub) => {
                let pass = match sub.typing {
                    Some(last) if is_typing => now.since(last) >= every,
                    None => is_typing,
                    Some(_) => true,
                };
                if pass {
                    sub.typing = is_typing.then_some(now);
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
        name: String,
        error: &ChatError,
    ) {
        let message = self.text(context, error);
        let retry_after = error.may_retry().then(|| match error.kind() {
            RefusalKind::TooMany(wait) => u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            _ => 1_000,
        });
        self.nack(reference, conversation, name, error.code(), message, retry_after);
    }

    /// `retry_after_ms` tells that the same send may go through later, and when.
    fn nack(
        &mut self,
        reference: Option<String>,
        conversation_id: ConversationId,
        client_message_id: String,
        code: &str,
        message: String,
        retry_after_ms: Option<u64>,
    ) {
        let (code, retry) = (code.to_owned(), retry_after_ms.is_some());
        self.reply(&ServerFrame::Nack {
            reference,
            conversation_id,
            client_message_id,
            code,
            message,
            retry,
            retry_after_ms,
        });
    }
}
