//! Who is there with the other nodes, as far as this one has heard.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

use kernel::{NodeId, OrganizationId, ParticipantId};

use super::views::DeskId;
use crate::{
    Viewer,
    bus::{About, Here, Looked, Moved, Roster},
};

/// The other nodes.
#[derive(Default)]
pub(super) struct Peers(HashMap<NodeId, Peer>);

/// What one node has told of itself.
struct Peer {
    /// Nothing before its first beat.
    about: Option<About>,
    heard: Instant,
    /// The number of its last message.
    number: u64,
    /// The last change that is part of what is known here; nothing before the first roster.
    version: Option<u64>,
    /// Changes that came before one that they follow.
    early: BTreeMap<u64, Moved>,
    parts: BTreeMap<u32, Roster>,
    asked: Option<Instant>,
    people: HashMap<ParticipantId, Here>,
    looks: HashMap<DeskId, Vec<Viewer>>,
}

/// Who is to be told that something is otherwise than before.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Who has come to, or gone from, a node.
    pub(super) people: Vec<Here>,
    /// Requests that others look at.
    pub(super) desks: Vec<DeskId>,
}

/// What a message's number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    /// The node is heard for the first time, or was forgotten.
    pub(super) is_new: bool,
    /// Messages of it are missing before this one.
    pub(super) lost: bool,
}

impl Peers {
    /// Changes that may wait for an earlier one; with more, the whole is asked for.
    const EARLY: usize = 4_096;
    /// How long an answer to a question may take before it is asked again.
    const ASK_AGAIN: Duration = Duration::from_secs(1);

    /// A message of another node has come.
    pub(super) fn hear(&mut self, node: NodeId, number: u64, now: Instant) -> Order {
        let mut is_new = false;
        let peer = self.0.entry(node).or_insert_with(|| {
            is_new = true;
            Peer::new(now)
        });
        // Of one that was forgotten, or was there before this node, the beginning is missing.
        let lost = number > peer.number + 1;
        (peer.heard, peer.number) = (now, peer.number.max(number));
        Order { is_new, lost }
    }

    /// Whether a node is to be asked who is there with it, when it says that its last change is `version`.
    pub(super) fn is_to_be_asked(&mut self, node: NodeId, version: Option<u64>, now: Instant) -> bool {
        let Some(peer) = self.0.get_mut(&node) else { return false };
        let behind = peer.version.is_none() || version.is_some_and(|version| peer.version < Some(version));
        let asked = peer.asked.is_some_and(|asked| now.duration_since(asked) < Self::ASK_AGAIN);
        if behind && !asked {
            peer.asked = Some(now);
        }
        behind && !asked
    }

    /// A change; what it changes here, with those that waited for it.
    pub(super) fn moved(&mut self, node: NodeId, version: u64, moved: Moved) -> Changed {
        let Some(peer) = self.0.get_mut(&node) else { return Changed::default() };
        if peer.version.is_some_and(|known| version <= known) {
            return Changed::default();
        }
        if peer.early.len() >= Self::EARLY {
            peer.early.clear();
        }
        peer.early.insert(version, moved);
        peer.catch_up()
    }

    /// A part of a node's roster; what it changes here, once it is the last that was missing.
    pub(super) fn roster(&mut self, node: NodeId, roster: Roster) -> Changed {
        let Some(peer) = self.0.get_mut(&node) else { return Changed::default() };
        if peer.version.is_some_and(|known| roster.version < known) {
            return Changed::default();
        }
        // Each telling begins with the first part, and is taken by itself.
        if roster.part == 0 || peer.parts.values().any(|part| part.version != roster.version) {
            peer.parts.clear();
        }
        let parts = roster.parts as usize;
        peer.parts.insert(roster.part, roster);
        if peer.parts.len() < parts { Changed::default() } else { peer.replace() }
    }

    /// A node has gone.
    pub(super) fn remove(&mut self, node: NodeId) -> Changed {
        self.0.remove(&node).map(Peer::all).unwrap_or_default()
    }

    /// Forgets the nodes that were not heard for `life`.
    pub(super) fn forget_silent(&mut self, now: Instant, life: Duration) -> Vec<(About, Changed)> {
        let silent: Vec<NodeId> = self
            .0
            .iter()
            .filter(|(_, peer)| now.saturating_duration_since(peer.heard) > life)
            .map(|(node, _)| *node)
            .collect();
        let about = |peer: &Peer| peer.about.clone().unwrap_or_default();
        silent.into_iter().map(|node| (self.0.get(&node).map(about).unwrap_or_default(), self.remove(node))).collect()
    }

    /// Whether a node was not heard for so long.
    pub(super) fn is_any_silent(&self, now: Instant, since: Duration) -> bool {
        self.0.values().any(|peer| now.saturating_duration_since(peer.heard) > since)
    }

    /// What a node tells of itself.
    pub(super) fn tells(&mut self, node: NodeId, about: &About) {
        if let Some(peer) = self.0.get_mut(&node).filter(|peer| peer.about.as_ref() != Some(about)) {
            peer.about = Some(about.clone());
        }
    }

    pub(super) fn nodes(&self) -> Vec<(NodeId, About)> {
        self.0.iter().filter_map(|(node, peer)| Some((*node, peer.about.clone()?))).collect()
    }

    pub(super) fn has(&self, who: ParticipantId) -> bool {
        self.0.values().any(|peer| peer.people.contains_key(&who))
    }

    pub(super) fn staff(&self, organization: OrganizationId) -> impl Iterator<Item = &Here> {
        let people = self.0.values().flat_map(|peer| peer.people.values());
        people.filter(move |here| here.organization == organization && here.staff.is_some())
    }

    pub(super) fn viewers(&self, desk: DeskId) -> impl Iterator<Item = &Viewer> {
        self.0.values().filter_map(move |peer| peer.looks.get(&desk)).flatten()
    }
}

impl Peer {
    fn new(now: Instant) -> Self {
        Self {
            about: None,
            heard: now,
            number: 0,
            version: None,
            early: BTreeMap::new(),
            parts: BTreeMap::new(),
            asked: None,
            people: HashMap::new(),
            looks: HashMap::new(),
        }
    }

    /// Takes the changes that follow what is known without a hole.
    fn catch_up(&mut self) -> Changed {
        let mut changed = Changed::default();
        while let Some(known) = self.version
            && let Some(moved) = self.early.remove(&(known + 1))
        {
            self.version = Some(known + 1);
            match moved {
                Moved::Came(here) => {
                    self.people.insert(here.id, here.clone());
                    changed.people.push(here);
                }
                Moved::Went(here) => {
                    self.people.remove(&here.id);
                    changed.people.push(here);
                }
                Moved::Looks(looked) => {
                    changed.desks.push(self.look(looked));
                }
            }
        }
        changed
    }

    /// All parts are there: they take the place of what was known.
    fn replace(&mut self) -> Changed {
        let parts = std::mem::take(&mut self.parts);
        let (people, looks) = (std::mem::take(&mut self.people), std::mem::take(&mut self.looks));
        for roster in parts.into_values() {
            self.version = Some(roster.version);
            self.people.extend(roster.people.into_iter().map(|here| (here.id, here)));
            for looked in roster.looks {
                self.look(looked);
            }
        }
        self.asked = None;
        let mut changed = Changed::default();
        changed.people.extend(people.values().filter(|here| !self.people.contains_key(&here.id)).cloned());
        changed.people.extend(self.people.values().filter(|here| people.get(&here.id) != Some(here)).cloned());
        let desks: HashSet<DeskId> = looks.keys().chain(self.looks.keys()).copied().collect();
        changed.desks.extend(desks.into_iter().filter(|desk| looks.get(desk) != self.looks.get(desk)));
        let known = self.version.unwrap_or_default();
        self.early.retain(|version, _| *version > known);
        let later = self.catch_up();
        changed.people.extend(later.people);
        changed.desks.extend(later.desks);
        changed
    }

    fn look(&mut self, looked: Looked) -> DeskId {
        let desk = (looked.organization, looked.support_request);
        if looked.viewers.is_empty() {
            self.looks.remove(&desk);
        } else {
            self.looks.insert(desk, looked.viewers);
        }
        desk
    }

    fn all(self) -> Changed {
        Changed { people: self.people.into_values().collect(), desks: self.looks.into_keys().collect() }
    }
}
