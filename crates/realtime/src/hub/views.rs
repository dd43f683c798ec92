//! Who looks at which request.

use std::{collections::HashMap, sync::Arc};

use kernel::{Caller, ConnectionId, OrganizationId, ParticipantId, SupportRequestId};

use super::Hub;
use crate::{Conn, ViewState, Viewer};

/// A request as those of one organisation look at it.
pub(crate) type DeskId = (OrganizationId, SupportRequestId);

/// The connections that look at requests, in the order in which they came.
#[derive(Default)]
pub(super) struct Looks(HashMap<DeskId, Vec<Look>>);

struct Look {
    conn: Arc<Conn>,
    caller: Arc<Caller>,
    /// Nothing while it is not known whether the request is in sight.
    state: Option<ViewState>,
}

impl Looks {
    /// A connection looks at a request, or asks to; `true` when others see something else than before.
    pub(super) fn look(
        &mut self,
        conn: &Arc<Conn>,
        caller: &Arc<Caller>,
        id: DeskId,
        state: Option<ViewState>,
    ) -> bool {
        self.change(id, |looks| {
            let look = Look { conn: conn.clone(), caller: caller.clone(), state };
            match looks.iter_mut().find(|look| look.conn.id() == conn.id()) {
                Some(known) => *known = look,
                None => looks.push(look),
            }
        })
    }

    /// It does not any more; `true` when others see something else than before.
    pub(super) fn look_away(&mut self, conn: ConnectionId, id: DeskId) -> bool {
        self.change(id, |looks| looks.retain(|look| look.conn.id() != conn))
    }

    /// Who looks at a request: each person once, with the strongest state of all their connections.
    pub(super) fn viewers(&self, id: DeskId) -> Vec<Viewer> {
        let mut viewers: Vec<Viewer> = Vec::new();
        for look in self.0.get(&id).into_iter().flatten() {
            let Some(state) = look.state else { continue };
            let who: ParticipantId = look.caller.participant();
            match viewers.iter_mut().find(|viewer| viewer.id == who) {
                Some(viewer) => viewer.state = viewer.state.max(state),
                None => viewers.push(Viewer { id: who, name: look.caller.name().to_owned(), state }),
            }
        }
        viewers
    }

    /// The requests that somebody looks at, or asks to.
    pub(super) fn desks(&self) -> impl Iterator<Item = DeskId> {
        self.0.keys().copied()
    }

    /// The connections that look at a request, or ask to.
    pub(super) fn conns(&self, id: DeskId) -> Vec<Arc<Conn>> {
        self.0.get(&id).into_iter().flatten().map(|look| look.conn.clone()).collect()
    }

    fn change(&mut self, id: DeskId, change: impl FnOnce(&mut Vec<Look>)) -> bool {
        let before = self.viewers(id);
        change(self.0.entry(id).or_default());
        if self.0.get(&id).is_some_and(Vec::is_empty) {
            self.0.remove(&id);
        }
        self.viewers(id) != before
    }
}

impl Hub {
    /// Who looks at a request has changed, perhaps by a connection, whose own step has told it already: told to the
    /// others who look at it.
    pub(crate) fn tell_viewers(&self, id: DeskId, by: Option<ConnectionId>) {
        let conns = self.index().looks.conns(id);
        for conn in conns.iter().filter(|conn| Some(conn.id()) != by) {
            conn.step(&self.limits, |session| session.viewers_changed(id.1));
        }
    }
}
