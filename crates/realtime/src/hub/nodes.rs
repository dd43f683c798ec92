//! The other nodes: what is said to them, and what is heard.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kernel::{NodeId, ParticipantId};

use super::{Hub, roster::Changed, views::DeskId};
use crate::bus::{About, Bus, Envelope, Here, Roster, Said, Voice};

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Hearing {
    /// It was none, or of a version that this node does not know.
    Nothing,
    /// It was this node's own: the bus carries.
    Own,
    /// Another node's.
    Other {
        /// Messages of that node are missing before this one.
        lost: bool,
        /// What concerns more than the connections: it is still to be done.
        left: Option<Said>,
    },
}

impl Hub {
    /// How often a node says that it is there; see [`Hub::beat`].
    pub const BEAT: Duration = Duration::from_millis(500);
    /// After so much silence a node, and everybody who is there with it, counts as gone.
    pub const LIFE: Duration = Duration::from_secs(6);

    /// From now on this hub speaks to the hubs of other nodes; the first bus stays. To be called before there are
    /// connections.
    pub fn join(&self, node: NodeId, about: About, bus: Arc<dyn Bus>) {
        self.voice.get_or_init(|| Voice::new(node, about, bus));
    }

    /// Says that this node is there. To be called every [`Hub::BEAT`].
    pub fn beat(&self) {
        let Some(voice) = self.voice.get() else { return };
        let roster = self.index().version();
        voice.say(&Said::Beat { roster, about: voice.about().clone() });
    }

    /// Says that this node stops.
    pub fn part(&self) {
        self.say(|| Said::Gone);
    }

    /// Something was revoked here.
    pub fn say_revoked(&self) {
        self.say(|| Said::Revoked);
    }

    /// This node, where it speaks to others, and what it tells of itself.
    pub fn node(&self) -> Option<(NodeId, &About)> {
        self.voice.get().map(|voice| (voice.node(), voice.about()))
    }

    /// The nodes that were heard of late, by what they told of themselves; not this one, and none that has not told
    /// anything yet.
    pub fn nodes(&self) -> Vec<(NodeId, About)> {
        self.index().peers.nodes()
    }

    /// Whether a node that has not said goodbye was not heard for `since`: it was killed, or cut off from the bus and
    /// goes on.
    pub fn is_any_silent(&self, now: Instant, since: Duration) -> bool {
        self.index().peers.is_any_silent(now, since)
    }

    /// Forgets the nodes that have been silent for [`Hub::LIFE`], and everybody who was there with them. To be
    /// called every [`Hub::BEAT`].
    pub fn forget_silent(&self, now: Instant) -> Vec<About> {
        let forgotten = self.index().peers.forget_silent(now, Self::LIFE);
        let each = forgotten.into_iter().map(|(about, changed)| {
            self.tell_changed(changed);
            about
        });
        each.collect()
    }

    /// A message has come by the bus.
    pub fn overhear(&self, message: &[u8], now: Instant) -> Hearing {
        let (Some(envelope), Some(voice)) = (Envelope::read(message), self.voice.get()) else {
            return Hearing::Nothing;
        };
        let Envelope { from, number, said } = envelope;
        if from == voice.node() {
            return Hearing::Own;
        }
        if said == Said::Gone {
            let (order, changed) = {
                let mut index = self.index();
                // What it said before, and was lost, shows by this number and by no later one.
                (index.peers.hear(from, number, now), index.peers.remove(from))
            };
            self.tell_changed(changed);
            return Hearing::Other { lost: order.lost, left: Some(said) };
        }
        let (order, ask) = {
            let mut index = self.index();
            let order = index.peers.hear(from, number, now);
            let mut version = None;
            if let Said::Beat { roster, about } = &said {
                index.peers.tells(from, about);
                version = Some(*roster);
            }
            let ask = version.is_some() || order.is_new;
            (order, ask && index.peers.is_to_be_asked(from, version, now))
        };
        if ask {
            self.say(|| Said::Ask { of: from });
        }
        Hearing::Other { lost: order.lost, left: self.take(from, said, voice) }
    }

    /// Does what concerns connections only; gives back the rest.
    fn take(&self, from: NodeId, said: Said, voice: &Voice) -> Option<Said> {
        match said {
            Said::Ask { of } if of == voice.node() => self.say_roster(voice),
            Said::Roster(roster) => {
                let changed = self.index().peers.roster(from, roster);
                self.tell_changed(changed);
            }
            Said::Moved { version, moved } => {
                let changed = self.index().peers.moved(from, version, moved);
                self.tell_changed(changed);
            }
            Said::Receipt(receipt) => self.tell_receipt(&receipt),
            Said::Typing { organization, conversation, participant, name, is_typing } => {
                self.tell_typing((organization, conversation), participant, &name, is_typing);
            }
            Said::Standing { organization, user, standing } => self.tell_standing(organization, user, standing),
            Said::Beat { .. } | Said::Gone | Said::Ask { .. } | Said::Unknown => {}
            Said::Entry(_)
            | Said::Place { .. }
            | Said::Session(_)
            | Said::Request(_)
            | Said::RequestPlace { .. }
            | Said::Note(_)
            | Said::NotePlace { .. }
            | Said::Revoked => return Some(said),
        }
        None
    }

    /// Says something, when there is somebody to say it to.
    pub(super) fn say(&self, said: impl FnOnce() -> Said) {
        if let Some(voice) = self.voice.get() {
            voice.say(&said());
        }
    }

    /// Says who is there with this node now, if somebody has come or gone.
    pub(super) fn say_person(&self, who: ParticipantId, here: impl FnOnce() -> Here) {
        if let Some(voice) = self.voice.get() {
            // Made under the lock that numbers it: the last number tells how it is now.
            let said = self.index().person_moved(who, here());
            voice.say(&said);
        }
    }

    /// Says who looks at a request by way of this node now.
    pub(super) fn say_looks(&self, desk: DeskId) {
        if let Some(voice) = self.voice.get() {
            let said = self.index().looks_moved(desk);
            voice.say(&said);
        }
    }

    fn say_roster(&self, voice: &Voice) {
        let (version, people, looks) = self.index().roster();
        for part in Roster::in_parts(version, people, looks, voice.room()) {
            voice.say(&Said::Roster(part));
        }
    }

    /// Another node's people have come or gone, or look at other things.
    fn tell_changed(&self, changed: Changed) {
        for here in changed.people {
            let (is_only, moved) = {
                let mut index = self.index();
                let standing = here.staff.as_ref().and_then(|staff| staff.standing);
                let moved = standing.is_some_and(|standing| index.stands(here.id, standing));
                (!index.is_here(here.id), moved)
            };
            // Who is also here was there before, and is still.
            if is_only || moved {
                self.tell_presence(here.organization, here.id, here.staff.is_some());
            }
        }
        for desk in changed.desks {
            self.tell_viewers(desk, None);
        }
    }
}
