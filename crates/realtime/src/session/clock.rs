//! What time does to a connection: the end of tokens, pings, slow readers.

use kernel::Timestamp;

use super::{Context, Effect, Session};
use crate::{Close, Limits, Out, Told, subscription::Paging};

/// Since when what is. The present moment is that of the last tick or frame, so it may be a second old.
#[derive(Debug)]
pub(super) struct Clock {
    now: Timestamp,
    opened: Timestamp,
    heard: Timestamp,
    pinged: Timestamp,
    ping: Ping,
    /// How often the writer had come by when something was first found waiting, and when that was.
    unread: Option<(u64, Timestamp)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ping {
    Answered,
    /// It waits behind what the client has not read.
    Queued,
    /// It left; since then, or since the socket took something after it, the client is silent.
    Left(Timestamp),
}

impl Clock {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, opened: now, heard: now, pinged: now, ping: Ping::Answered, unread: None }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Time never goes back here.
    pub(super) fn pass(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// The writer took this. A ping's time begins as it leaves. What the socket takes afterwards does not
    /// prolong it: a line that swallows everything looks just the same.
    pub(super) fn taken(&mut self, out: &[Out<Told>]) {
        self.unread = None;
        if out.contains(&Out::Ping) {
            self.ping = Ping::Left(self.now);
        }
    }

    fn heard(&mut self) {
        self.heard = self.now;
        self.ping = Ping::Answered;
    }

    fn is_ping_due(&self, limits: &Limits) -> bool {
        self.ping == Ping::Answered && self.now.since(self.pinged) >= limits.ping_every
    }

    fn is_silent(&self, limits: &Limits) -> bool {
        let Ping::Left(at) = self.ping else { return false };
        self.now.since(at) >= limits.pong_within || self.now.since(self.heard) >= limits.heard_within
    }

    /// Whether something waits for too long, when the writer has come by so often.
    fn is_unread(&mut self, takes: u64, limits: &Limits) -> bool {
        match self.unread {
            Some((before, since)) if before == takes => self.now.since(since) >= limits.writable_within,
            _ => {
                self.unread = Some((takes, self.now));
                false
            }
        }
    }
}

impl Session {
    /// The client was heard: a frame, or the answer to a ping.
    pub fn heard(&mut self) {
        self.clock.heard();
    }

    /// Time has gone by. A subscription that came too early may start now.
    pub fn tick(&mut self, now: Timestamp, context: &Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.is_closed() {
            return effects;
        }
        self.clock.pass(now);
        if let Some(close) = self.overdue(context.limits) {
            self.close(close);
            return effects;
        }
        self.asking.pass(self.clock.now);
        if !self.draining && self.clock.is_ping_due(context.limits) {
            self.clock.pinged = self.clock.now;
            self.clock.ping = Ping::Queued;
            self.queue.ping();
        }
        let failed = self.subs.iter_mut().filter_map(|(id, sub)| {
            let catching = sub.catching().filter(|catching| catching.paging == Paging::Failed)?;
            catching.paging = Paging::Due;
            Some(*id)
        });
        self.due.extend(failed);
        self.ask_pages(context);
        self.fade_views(context, &mut effects);
        self.pump(context, &mut effects);
        self.close_when_drained();
        effects
    }

    fn overdue(&mut self, limits: &Limits) -> Option<Close> {
        let now = self.clock.now;
        match &self.caller {
            None if now.since(self.clock.opened) >= limits.authenticate_within => return Some(self.unknown),
            Some(caller) if caller.expires_at() <= now => return Some(Close::TokenEnded),
            _ => {}
        }
        // While the server drains, nothing is read, and so no answer to a ping either.
        if !self.draining && self.clock.is_silent(limits) {
            return Some(Close::NoHeartbeat);
        }
        if self.queue.is_empty() {
            self.clock.unread = None;
            return None;
        }
        self.clock.is_unread(self.queue.takes(), limits).then_some(Close::TooSlow)
    }
}
