//! What this connection looks at, and who else looks at the same.

use std::sync::Arc;

use kernel::{Audience, Caller, Refusal, RefusalKind, SupportRequestId};
use support_request::SupportRequestError;

use super::{Context, Effect, Session};
use crate::{
    Job, ServerFrame,
    queue::Kind,
    views::{Faded, Said, ViewState},
};

impl Session {
    /// The client says how it looks at a request, or that it does not any more. Staff only; each state but
    /// the last is proven anew, so that a right that is gone is noticed.
    pub(super) fn view(
        &mut self,
        caller: Arc<Caller>,
        request: SupportRequestId,
        state: Option<ViewState>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        if !caller.is_staff() {
            return self.refuse(context, None, "forbidden");
        }
        let Some(state) = state else { return self.look_away(request, effects) };
        self.generations += 1;
        let ticket = self.generations;
        match self.views.say(request, state, ticket, context.limits.views) {
            Said::Ask { new } => {
                if new {
                    effects.push(Effect::Looks { request, state: None });
                }
                self.run(Job::View { caller, support_request: request, ticket });
            }
            Said::Waits => {}
            Said::TooMany => self.refuse(context, None, "realtime.too_many_views"),
        }
    }

    /// It is known whether the request is in sight.
    pub(super) fn viewed(
        &mut self,
        request: SupportRequestId,
        ticket: u64,
        result: Result<Audience, Box<dyn Refusal>>,
        context: &Context<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(settled) = self.views.answered(request, ticket) else { return };
        let result = result.and_then(|audience| {
            let foreign = || -> Box<dyn Refusal> { Box::new(SupportRequestError::NotFound) };
            self.covers(&audience).then_some(()).ok_or_else(foreign)
        });
        match result {
            Ok(()) => {
                let begins = !self.views.is_shown(request);
                self.views.show(request, settled.state, self.clock.now());
                if begins {
                    self.views.changed(request);
                }
                effects.push(Effect::Looks { request, state: Some(settled.state) });
            }
            Err(refusal) => {
                self.refuse_with(context, None, refusal.as_ref());
                // When a part is down, what was proven before still holds.
                let gone = matches!(refusal.kind(), RefusalKind::NotFound | RefusalKind::Forbidden);
                if gone || !self.views.is_shown(request) {
                    return self.look_away(request, effects);
                }
            }
        }
        if let (Some(state), Some(caller)) = (settled.next, self.caller.clone()) {
            self.view(caller, request, Some(state), context, effects);
        }
    }

    /// The request has left the caller's sight. Nothing is told of it any more.
    pub fn lose_view(&mut self, audience: &Audience, is_there: bool, effects: &mut Vec<Effect>) {
        if !is_there || !self.covers(audience) {
            self.look_away(audience.support_request, effects);
        }
    }

    /// Who looks at a request has changed: the client is told what is so when it reads.
    pub fn viewers_changed(&mut self, request: SupportRequestId) {
        self.views.changed(request);
    }

    /// The requests that it looks at, or asks to.
    pub fn viewed_requests(&self) -> impl Iterator<Item = SupportRequestId> {
        self.views.requests()
    }

    /// Says who looks at what, as it is at this moment; only when the client reads, so that of many changes
    /// only the last waits.
    pub(super) fn tell_viewers(&mut self, context: &Context<'_>) {
        if self.is_closed() || !self.views.is_due() || !self.queue.is_low(context.limits) {
            return;
        }
        let Some(caller) = self.caller.clone() else { return };
        for request in self.views.take_due() {
            let viewers = context.presence.viewers(caller.organization(), request);
            let frame = self.protocol.told(&ServerFrame::Viewers { support_request_id: request, viewers });
            if self.views.is_news(request, &frame) {
                self.queue.forget_viewers(request);
                self.tell(frame, Kind::Viewers(request));
            }
        }
    }

    pub(super) fn fade_views(&mut self, context: &Context<'_>, effects: &mut Vec<Effect>) {
        for faded in self.views.fade(self.clock.now(), context.limits) {
            match faded {
                Faded::ToViewing(request) => {
                    effects.push(Effect::Looks { request, state: Some(ViewState::Viewing) });
                }
                Faded::Away(request) => self.look_away(request, effects),
            }
        }
    }

    fn look_away(&mut self, request: SupportRequestId, effects: &mut Vec<Effect>) {
        if self.views.leave(request) {
            self.queue.forget_viewers(request);
            effects.push(Effect::LooksAway(request));
        }
    }
}
