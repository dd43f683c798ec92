//! Who is where.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use kernel::{
    Audience, Availability, Caller, ConnectionId, ConversationId, GuestTokenId, OrganizationId, ParticipantId, Scope,
    UserId,
};

use super::{
    Colleague, Revoked,
    roster::Peers,
    views::{DeskId, Looks},
};
use crate::{
    Close, Conn, Standing, ViewState, Viewer,
    bus::{Here, Looked, Moved, Said},
};

/// The connections of this node under every name they are looked for. A leaf: nothing is locked inside it.
#[derive(Default)]
pub(super) struct Index {
    connections: HashMap<ConnectionId, Member>,
    rooms: HashMap<RoomId, Room>,
    rooms_of: HashMap<ParticipantId, Vec<RoomId>>,
    /// Whose place each transport takes, and how many each holder has taken.
    places: HashMap<ConnectionId, Holder>,
    taken: HashMap<Holder, usize>,
    persons: HashMap<ParticipantId, Vec<Arc<Conn>>>,
    staff: HashMap<OrganizationId, Vec<Arc<Conn>>>,
    /// What each member of staff said last about being asked. Never forgotten, because what is told and what is
    /// read may cross; there are no more than accounts of staff.
    standings: HashMap<ParticipantId, Standing>,
    pub(super) looks: Looks,
    revoked: VecDeque<Revoked>,
    revocations: u64,
    pub(super) peers: Peers,
    /// How often it was said to other nodes who is there with this one.
    version: u64,
}

/// A conversation as those of one organisation follow it: somebody who names another's gets a room apart, in
/// which nothing is ever told.
pub(super) type RoomId = (OrganizationId, ConversationId);

/// Whose connections are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    User(UserId),
    Token(GuestTokenId),
}

impl Holder {
    fn of(caller: &Caller) -> Self {
        match caller {
            Caller::User(user) => Self::User(user.id),
            Caller::Guest(guest) => Self::Token(guest.token),
        }
    }
}

struct Member {
    conn: Arc<Conn>,
    caller: Option<Arc<Caller>>,
}

/// Who follows a conversation here, and who is known to take part in it.
#[derive(Default)]
struct Room {
    conns: Vec<Arc<Conn>>,
    participants: Vec<ParticipantId>,
    /// Those of whom it is known that the store has them as participants.
    joined: Vec<ParticipantId>,
}

/// What became of naming a connection.
pub(super) struct Named {
    /// The person had none before, here or elsewhere.
    pub(super) first: bool,
    /// The person had none here before.
    pub(super) first_here: bool,
    /// Why it ends at once: the token was revoked while it was looked at, or there was no place left.
    pub(super) closes: Option<Close>,
}

impl Index {
    /// Remembered revocations; more than these while one token is looked at, and the token counts as revoked.
    const REVOCATIONS: usize = 1_024;

    pub(super) fn enter(&mut self, conn: &Arc<Conn>) {
        self.connections.insert(conn.id(), Member { conn: conn.clone(), caller: None });
    }

    /// It is known who a connection is. Nothing when the connection has left already.
    pub(super) fn name(&mut self, conn: &Arc<Conn>, caller: &Arc<Caller>, since: u64, most: usize) -> Option<Named> {
        let member = self.connections.get_mut(&conn.id())?;
        let known = member.caller.replace(caller.clone());
        let person = self.persons.entry(caller.participant()).or_default();
        let first_here = person.is_empty();
        add(person, conn);
        if caller.is_staff() {
            add(self.staff.entry(caller.organization()).or_default(), conn);
        } else if known.is_some_and(|known| known.is_staff()) {
            remove(&mut self.staff, &caller.organization(), conn);
        }
        let missed = usize::try_from(self.revocations - since).unwrap_or(usize::MAX);
        let revoked = missed > self.revoked.len() || self.revoked.iter().rev().take(missed).any(|it| it.names(caller));
        let too_many = self.take_place(conn.id(), Holder::of(caller)).is_some_and(|taken| taken > most);
        let first = first_here && !self.peers.has(caller.participant());
        let closes = match (revoked, too_many) {
            (true, _) => Some(Close::TokenEnded),
            (false, true) => Some(Close::TooFast),
            (false, false) => None,
        };
        Some(Named { first, first_here, closes })
    }

    /// How many the holder has taken with it; nothing when it had this one already.
    fn take_place(&mut self, conn: ConnectionId, holder: Holder) -> Option<usize> {
        if self.places.get(&conn) == Some(&holder) {
            return None;
        }
        self.free_place(conn);
        self.places.insert(conn, holder);
        let taken = self.taken.entry(holder).or_default();
        *taken += 1;
        Some(*taken)
    }

    /// The transport of a connection is gone, and its holder may open another.
    pub(super) fn free_place(&mut self, conn: ConnectionId) {
        let Some(holder) = self.places.remove(&conn) else { return };
        if let Some(taken) = self.taken.get_mut(&holder) {
            *taken -= 1;
            if *taken == 0 {
                self.taken.remove(&holder);
            }
        }
    }

    pub(super) fn join(&mut self, conn: &Arc<Conn>, room: RoomId) {
        if self.connections.contains_key(&conn.id()) {
            add(&mut self.rooms.entry(room).or_default().conns, conn);
        }
    }

    pub(super) fn leave(&mut self, conn: &Arc<Conn>, id: RoomId) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        room.conns.retain(|other| other.id() != conn.id());
        if !room.conns.is_empty() {
            return;
        }
        let participants = self.rooms.remove(&id).map(|room| room.participants).unwrap_or_default();
        for who in participants {
            if let Some(rooms) = self.rooms_of.get_mut(&who) {
                rooms.retain(|room| *room != id);
                if rooms.is_empty() {
                    self.rooms_of.remove(&who);
                }
            }
        }
    }

    /// Somebody takes part in a conversation; `true` when that was not known.
    pub(super) fn take_part(&mut self, id: RoomId, who: ParticipantId) -> bool {
        let Some(room) = self.rooms.get_mut(&id) else { return false };
        if room.participants.contains(&who) {
            return false;
        }
        room.participants.push(who);
        self.rooms_of.entry(who).or_default().push(id);
        true
    }

    /// The store has somebody as a participant of a conversation; `true` when it is followed and that was not known.
    pub(super) fn join_in(&mut self, id: RoomId, who: ParticipantId) -> bool {
        let Some(room) = self.rooms.get_mut(&id).filter(|room| !room.joined.contains(&who)) else { return false };
        room.joined.push(who);
        true
    }

    /// A connection is gone. Its caller, when that was the person's last one.
    pub(super) fn exit(
        &mut self,
        conn: &Arc<Conn>,
        followed: impl Iterator<Item = ConversationId>,
    ) -> Option<Arc<Caller>> {
        let caller = self.connections.remove(&conn.id())?.caller?;
        followed.for_each(|conversation| self.leave(conn, (caller.organization(), conversation)));
        remove(&mut self.staff, &caller.organization(), conn);
        remove(&mut self.persons, &caller.participant(), conn);
        (!self.persons.contains_key(&caller.participant())).then_some(caller)
    }

    pub(super) fn connection(&self, id: ConnectionId) -> Option<Arc<Conn>> {
        self.connections.get(&id).map(|member| member.conn.clone())
    }

    pub(super) fn all(&self) -> Vec<Arc<Conn>> {
        self.connections.values().map(|member| member.conn.clone()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.connections.len()
    }

    pub(super) fn followers(&self, room: RoomId) -> Vec<Arc<Conn>> {
        self.rooms.get(&room).map(|room| room.conns.clone()).unwrap_or_default()
    }

    /// Whether one of somebody's connections follows a conversation. Asked for every message: nothing is copied.
    pub(super) fn follows(&self, room: RoomId, who: ParticipantId) -> bool {
        let (Some(room), Some(own)) = (self.rooms.get(&room), self.persons.get(&who)) else { return false };
        own.iter().any(|conn| room.conns.iter().any(|other| other.id() == conn.id()))
    }

    pub(super) fn watched(&self) -> Vec<RoomId> {
        self.rooms.keys().copied().collect()
    }

    pub(super) fn watched_by_agents(&self) -> Vec<RoomId> {
        let is_agent = |conn: &Arc<Conn>| {
            let caller = self.connections.get(&conn.id()).and_then(|member| member.caller.as_ref());
            caller.is_some_and(|caller| matches!(caller.scope(), Scope::Agent(_)))
        };
        self.rooms.iter().filter(|(_, room)| room.conns.iter().any(is_agent)).map(|(id, _)| *id).collect()
    }

    pub(super) fn person(&self, who: ParticipantId) -> Vec<Arc<Conn>> {
        self.persons.get(&who).cloned().unwrap_or_default()
    }

    /// Adds the connections of those who have a part in what has this audience, or wrote in it, as far as they follow
    /// their own unasked.
    pub(super) fn add_parties(&self, conns: &mut Vec<Arc<Conn>>, audience: &Audience, sender: Option<ParticipantId>) {
        let assignee = audience.assignee.map(ParticipantId::from);
        let parties = [Some(audience.requester), assignee, sender].into_iter().flatten();
        for who in parties.chain(audience.members.iter().copied()) {
            let own = self.persons.get(&who).into_iter().flatten();
            own.filter(|conn| conn.protocol().follows_own()).for_each(|conn| add(conns, conn));
        }
    }

    /// Whether somebody has a connection, to this node or another.
    pub(super) fn is_online(&self, who: ParticipantId) -> bool {
        self.is_here(who) || self.peers.has(who)
    }

    /// Whether somebody has a connection to this node.
    pub(super) fn is_here(&self, who: ParticipantId) -> bool {
        self.persons.contains_key(&who)
    }

    pub(super) fn staff(&self, organization: OrganizationId) -> Vec<Arc<Conn>> {
        self.staff.get(&organization).cloned().unwrap_or_default()
    }

    /// Staff of an organisation that have a connection, to this node or another, each once.
    pub(super) fn staff_online(&self, organization: OrganizationId) -> Vec<Colleague> {
        let mut seen: Vec<Colleague> = Vec::new();
        let conns = self.staff.get(&organization).into_iter().flatten();
        let here = conns.filter_map(|conn| self.connections.get(&conn.id())?.caller.as_ref()?.user());
        let here = here.map(|user| (user.id, user.name.as_str(), user.role));
        let elsewhere = self.peers.staff(organization).filter_map(|here| {
            let staff = here.staff.as_ref()?;
            Some((UserId::new(here.id.uuid()), staff.name.as_str(), staff.role))
        });
        for (id, name, role) in here.chain(elsewhere) {
            if !seen.iter().any(|other| other.id == id) {
                let availability = self.availability(id.into()).unwrap_or_default();
                seen.push(Colleague { id, name: name.to_owned(), role, availability });
            }
        }
        seen
    }

    /// Who looks at a request by way of any node: each person once, with the strongest state.
    pub(super) fn viewers(&self, desk: DeskId) -> Vec<Viewer> {
        let mut viewers = self.looks.viewers(desk);
        for viewer in self.peers.viewers(desk) {
            match viewers.iter_mut().find(|other| other.id == viewer.id) {
                Some(known) => known.state = known.state.max(viewer.state),
                None => viewers.push(viewer.clone()),
            }
        }
        viewers
    }

    /// How often it was said who is there with this node.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Somebody has perhaps come to this node, or gone: how it is now, to be said to the others.
    pub(super) fn person_moved(&mut self, who: ParticipantId, as_gone: Here) -> Said {
        self.version += 1;
        let moved = match self.here(who) {
            Some(here) => Moved::Came(here),
            None => Moved::Went(as_gone),
        };
        Said::Moved { version: self.version, moved }
    }

    /// Others look at a request by way of this node than before: who does now, to be said to the others.
    pub(super) fn looks_moved(&mut self, desk: DeskId) -> Said {
        self.version += 1;
        Said::Moved { version: self.version, moved: Moved::Looks(self.looked(desk)) }
    }

    /// Who is there with this node, and what they look at.
    pub(super) fn roster(&self) -> (u64, Vec<Here>, Vec<Looked>) {
        let people = self.persons.keys().filter_map(|who| self.here(*who)).collect();
        let looks = self.looks.desks().map(|desk| self.looked(desk));
        (self.version, people, looks.filter(|looked| !looked.viewers.is_empty()).collect())
    }

    fn here(&self, who: ParticipantId) -> Option<Here> {
        let caller = self.connections.get(&self.persons.get(&who)?.first()?.id())?.caller.as_ref()?;
        let mut here = Here::of(caller);
        if let Some(staff) = &mut here.staff {
            staff.standing = self.standing(who);
        }
        Some(here)
    }

    fn looked(&self, desk: DeskId) -> Looked {
        Looked { organization: desk.0, support_request: desk.1, viewers: self.looks.viewers(desk) }
    }

    /// A connection looks at a request, or asks to; `true` when others see something else than before. Nothing once
    /// it has left.
    pub(super) fn looks(
        &mut self,
        conn: &Arc<Conn>,
        caller: &Arc<Caller>,
        desk: DeskId,
        state: Option<ViewState>,
    ) -> bool {
        self.connections.contains_key(&conn.id()) && self.looks.look(conn, caller, desk, state)
    }

    /// Somebody said something about being asked: `true` when it is of now and another thing than was known.
    pub(super) fn stands(&mut self, who: ParticipantId, standing: Standing) -> bool {
        let known = self.standings.get(&who);
        if known.is_some_and(|known| known.version >= standing.version) {
            return false;
        }
        let before = known.map(|known| known.availability);
        self.standings.insert(who, standing);
        before.is_some_and(|before| before != standing.availability)
    }

    /// Somebody is not staff any more.
    pub(super) fn stands_no_more(&mut self, who: ParticipantId) {
        self.standings.remove(&who);
    }

    /// What somebody said last about being asked; nothing of those who are not staff.
    pub(super) fn standing(&self, who: ParticipantId) -> Option<Standing> {
        self.standings.get(&who).copied()
    }

    pub(super) fn availability(&self, who: ParticipantId) -> Option<Availability> {
        self.standing(who).map(|standing| standing.availability)
    }

    /// Who may be told that somebody came or went: those who follow conversations in which the person takes
    /// part, with these conversations.
    pub(super) fn neighbours(&self, who: ParticipantId) -> Vec<(Arc<Conn>, Vec<ConversationId>)> {
        let mut found: HashMap<ConnectionId, (Arc<Conn>, Vec<ConversationId>)> = HashMap::new();
        for id in self.rooms_of.get(&who).into_iter().flatten() {
            for conn in self.rooms.get(id).into_iter().flat_map(|room| &room.conns) {
                found.entry(conn.id()).or_insert_with(|| (conn.clone(), Vec::new())).1.push(id.1);
            }
        }
        found.into_values().collect()
    }

    pub(super) fn revocations(&self) -> u64 {
        self.revocations
    }

    /// Remembers a revocation; gives the connections that it ends.
    pub(super) fn revoke(&mut self, what: Revoked) -> Vec<Arc<Conn>> {
        self.revocations += 1;
        self.revoked.push_back(what);
        if self.revoked.len() > Self::REVOCATIONS {
            self.revoked.pop_front();
        }
        let ended = |member: &&Member| member.caller.as_ref().is_some_and(|caller| what.names(caller));
        self.connections.values().filter(ended).map(|member| member.conn.clone()).collect()
    }
}

fn add(conns: &mut Vec<Arc<Conn>>, conn: &Arc<Conn>) {
    if !conns.iter().any(|other| other.id() == conn.id()) {
        conns.push(conn.clone());
    }
}

fn remove<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Vec<Arc<Conn>>>, key: &K, conn: &Arc<Conn>) {
    if let Some(conns) = map.get_mut(key) {
        conns.retain(|other| other.id() != conn.id());
        if conns.is_empty() {
            map.remove(key);
        }
    }
}
