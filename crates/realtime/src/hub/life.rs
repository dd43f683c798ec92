//! Connections come, are revoked, and go.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use kernel::{Caller, GuestTokenId, SessionId, Timestamp, UserId};

use super::Hub;
use crate::{Close, Conn, Effect, Session, bus::Here};

/// What ends the connections it opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// One session of a user: logout, or a refresh token that came twice.
    Session(SessionId),
    /// All sessions of a user: another password, another role, deactivated.
    User(UserId),
    /// A guest's token.
    GuestToken(GuestTokenId),
}

impl Revoked {
    /// Whether this caller's token is one of those.
    pub fn names(self, caller: &Caller) -> bool {
        match (self, caller) {
            (Self::Session(session), Caller::User(user)) => user.session == session,
            (Self::User(id), Caller::User(user)) => user.id == id,
            (Self::GuestToken(token), Caller::Guest(guest)) => guest.token == token,
            _ => false,
        }
    }
}

impl Hub {
    /// A connection is over: nothing is told to it any more. Its person's place stays taken until
    /// [`Self::gone`].
    pub fn leave(&self, conn: &Arc<Conn>) {
        let (last, views) = conn.step(&self.limits, |session| {
            session.close(Close::Normal);
            let mut index = self.index();
            let views = session.caller().map(|caller| {
                let desks = session.viewed_requests().map(|request| (caller.organization(), request));
                desks.filter(|desk| index.looks.look_away(conn.id(), *desk)).collect::<Vec<_>>()
            });
            (index.exit(conn, session.followed()), views.unwrap_or_default())
        });
        for desk in views {
            self.say_looks(desk);
            self.tell_viewers(desk, Some(conn.id()));
        }
        if let Some(caller) = last {
            self.say_person(caller.participant(), || Here::of(&caller));
            self.came_or_went(&caller, false);
        }
    }

    /// The transport of a connection is gone. To be called once for each that was opened, when nothing of it
    /// is left: a client that cannot be got rid of counts as long as it holds a socket.
    pub fn gone(&self, conn: &Arc<Conn>) {
        // Once closed it gets no caller any more, and so takes no place after this.
        self.close(conn, Close::Normal);
        self.index().free_place(conn.id());
    }

    /// Closes what a token had opened; what is being let in at this moment is closed too.
    pub fn revoke(&self, what: Revoked) {
        let ended = self.index().revoke(what);
        for conn in ended {
            self.close(&conn, Close::TokenEnded);
        }
    }

    /// How often something was revoked; see [`crate::Done::Authenticated`].
    pub fn revocations(&self) -> u64 {
        self.index().revocations()
    }

    /// Time has gone by. To be called about once a second.
    pub fn tick(&self, now: Timestamp) {
        for conn in self.connections() {
            self.step(&conn, |session, context| session.tick(now, context));
            self.tick_codec(&conn, now);
        }
    }

    /// This node stops: no more connections; those there are hear `bye` and when to come again, spread
    /// over `spread` so that they do not all come at once, and are closed once what was accepted is answered.
    pub fn drain(&self, spread: Duration) {
        self.draining.store(true, Ordering::SeqCst);
        let conns = self.connections();
        let count = u128::try_from(conns.len()).unwrap_or(1).max(1);
        for (place, conn) in (0_u128..).zip(conns) {
            let wait = u64::try_from(spread.as_millis() * place / count).unwrap_or(0);
            conn.step(&self.limits, |session| session.drain(wait));
        }
    }

    /// Closes all that is still open.
    pub fn close_all(&self, close: Close) {
        for conn in self.connections() {
            self.close(&conn, close);
        }
    }

    /// How many connections are open.
    pub fn len(&self) -> usize {
        self.index().len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All that are open.
    pub fn connections(&self) -> Vec<Arc<Conn>> {
        self.index().all()
    }

    /// The part of a step's effects that must be in the index before the step's jobs can start.
    pub(super) fn enter(&self, conn: &Arc<Conn>, session: &mut Session, effects: &mut Vec<Effect>) {
        let mut others = Vec::new();
        for effect in effects.iter() {
            match effect {
                Effect::Known { caller, revocations, standing } => {
                    let most = self.limits.connections_of(caller);
                    let Some(named) = self.index().name(conn, caller, *revocations, most) else { continue };
                    if let Some(close) = named.closes {
                        session.close(close);
                    }
                    let mut index = self.index();
                    if standing.is_none() {
                        index.stands_no_more(caller.participant());
                    }
                    let moved = standing.is_some_and(|standing| index.stands(caller.participant(), standing));
                    drop(index);
                    if named.first_here {
                        self.say_person(caller.participant(), || Here::of(caller));
                    }
                    if named.first || moved {
                        others.push(Effect::Online(caller.clone()));
                    }
                }
                Effect::Join(conversation) => {
                    if let Some(caller) = session.caller() {
                        self.index().join(conn, (caller.organization(), *conversation));
                    }
                }
                Effect::Leave(conversation) => {
                    if let Some(caller) = session.caller() {
                        self.index().leave(conn, (caller.organization(), *conversation));
                    }
                }
                Effect::Looks { request, state } => {
                    let Some(caller) = session.caller() else { continue };
                    let desk = (caller.organization(), *request);
                    let changed = self.index().looks(conn, caller, desk, *state);
                    if changed {
                        self.say_looks(desk);
                        session.viewers_changed(*request);
                        others.push(Effect::Viewers(*request));
                    }
                }
                Effect::LooksAway(request) => {
                    let Some(caller) = session.caller() else { continue };
                    let desk = (caller.organization(), *request);
                    let changed = self.index().looks.look_away(conn.id(), desk);
                    if changed {
                        self.say_looks(desk);
                        others.push(Effect::Viewers(*request));
                    }
                }
                Effect::TakePart(..)
                | Effect::Came(_)
                | Effect::Typing { .. }
                | Effect::Online(_)
                | Effect::Viewers(_) => {}
            }
        }
        effects.extend(others);
    }
}
