//! Thousands of seeds: hints reordered and lost, answers interleaved, sends that fail in the middle of others,
//! pages that cannot be read or are read at bad moments, slow readers, lost connections. Whatever happens: no
//! gap, no repeat, one answer a send, each ack at its place, the order in which each client sends, and of
//! messages that are edited and deleted meanwhile never a content older than one that was told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chat::{Change, Committed, Seq};
use kernel::{Caller, ConversationId, MessageId};

use super::{
    people,
    world::{Fault, World, end, job, may_read},
};
use crate::{Conn, Done, Inbound, Job, Limits, ServerFrame};

/// As many as an ordinary run can wait for.
const SEEDS: u64 = 1_000;

/// Xorshift: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % below.max(1) as u64).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.roll(n) == 0
    }
}

/// How far a client is with one conversation.
#[derive(Debug, Default, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "what a client knows, fact by fact")]
struct Place {
    /// The last entry it has; `None` before anything is known.
    last: Option<u64>,
    /// `subscribe` is sent, `subscribed` has not come.
    asked: bool,
    subscribed: bool,
    live: bool,
    /// The start brings recent messages, up to `last`.
    fresh: bool,
}

struct Client {
    caller: Caller,
    conn: Arc<Conn>,
    places: BTreeMap<ConversationId, Place>,
    /// Sends without an answer on this connection.
    open: Vec<(ConversationId, String)>,
    /// Sends to be repeated, by rights of the contract, in the order in which they were first sent.
    again: Vec<(ConversationId, String)>,
    /// Conversations in which everything was answered since a send failed: what is in `again` goes, in order.
    repeating: BTreeSet<ConversationId>,
    /// How many pages in a row could not be read.
    unreadable: BTreeMap<ConversationId, u32>,
    /// Conversations in which answers may have stopped to wait for the log.
    given_up: BTreeSet<ConversationId>,
    /// What was sent more than once: its entry may be on its way to the client as a message already.
    repeated: BTreeSet<String>,
    /// Edits and deletions without an answer on this connection, with the sends that went before each.
    revising: Vec<(ConversationId, String, Vec<String>)>,
    /// Those that were stored: where, at which place, and the sends that went before.
    revised: Vec<(ConversationId, u64, Vec<String>)>,
    /// Of each message the last entry that was told.
    told: BTreeMap<(ConversationId, MessageId), u64>,
    answers: usize,
    names: usize,
}

impl Client {
    /// A send is to be repeated, after those that were sent before it, once all of them are answered.
    fn repeat_later(&mut self, send: (ConversationId, String)) {
        self.repeating.remove(&send.0);
        self.again.push(send);
        self.again.sort_by_key(|(_, name)| number(name));
    }

    /// The edit or deletion that an answer is for; there is one.
    fn revision(&mut self, reference: Option<&str>, seed: u64) -> (ConversationId, String, Vec<String>) {
        let at = self.revising.iter().position(|(_, name, _)| Some(name.as_str()) == reference);
        self.answers += 1;
        self.revising.remove(at.unwrap_or_else(|| panic!("seed {seed}: an answer too many: {reference:?}")))
    }

    fn waits(&self, conversation: ConversationId) -> bool {
        self.open.iter().any(|(of, _)| *of == conversation)
    }
}

/// The place of a send among all of its client.
fn number(name: &str) -> u32 {
    name.split_once('-').unwrap().1.parse().unwrap()
}

/// What happened, to show that the simulation does something.
#[derive(Default)]
struct Seen {
    prior_failed: usize,
    abandoned: usize,
    early_acks: usize,
    revised: usize,
    former: usize,
}

struct Run {
    world: World,
    dice: Dice,
    clients: Vec<Client>,
    hints: Vec<Committed>,
    /// Jobs taken, in order, per client; sends are performed in order, the rest at any time.
    jobs: Vec<Vec<Job>>,
    dones: Vec<(usize, Arc<Conn>, Done)>,
    seed: u64,
    acked: BTreeMap<(ConversationId, String), u64>,
    /// For so many steps no page can be read.
    outage: usize,
    seen: Seen,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        // Tight bounds, so that everything that is given up under load is given up often.
        let limits = Limits {
            queue_frames: 4 + dice.roll(12),
            queue_low: 2,
            queue_bytes: 4_000 + dice.roll(20_000),
            page_entries: 1 + u32::try_from(dice.roll(5)).unwrap(),
            waiting: 2 + dice.roll(6),
            ..Limits::default()
        };
        let mut world = World::new(limits.without_budgets());
        world.recent = 3;
        let callers = [people::customer(), people::customer(), people::agent(), people::supervisor()];
        let clients = callers.map(|caller| Client {
            conn: world.connect(&caller),
            caller,
            places: BTreeMap::new(),
            open: Vec::new(),
            again: Vec::new(),
            repeating: BTreeSet::new(),
            unreadable: BTreeMap::new(),
            given_up: BTreeSet::new(),
            repeated: BTreeSet::new(),
            revising: Vec::new(),
            revised: Vec::new(),
            told: BTreeMap::new(),
            answers: 0,
            names: 0,
        });
        let clients = Vec::from(clients);
        let jobs = clients.iter().map(|_| Vec::new()).collect();
        let (hints, dones, acked) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { world, dice, clients, hints, jobs, dones, seed, acked, outage: 0, seen: Seen::default() }
    }

    fn step(&mut self) {
        let at = self.dice.roll(self.clients.len());
        self.outage = self.outage.saturating_sub(1);
        match self.dice.roll(26) {
            0..=5 => self.send(at),
            24..=25 => self.revise(at),
            6..=7 => self.subscribe(at),
            8..=11 => self.perform(at),
            12..=14 => self.hint(),
            15..=17 => self.done(),
            18..=21 => self.read(at),
            22 => match self.dice.roll(8) {
                0 => self.reconnect(at),
                1 => self.unsubscribe(at),
                2 => self.compare_heads(),
                3 => self.world.pass(1),
                // In every other run, so that the others hold each ack to its place.
                4 if self.seed.is_multiple_of(2) => self.outage = 150,
                _ => {}
            },
            _ => self.repeat(at),
        }
    }

    fn conversation(&mut self) -> u128 {
        1 + u128::from(self.dice.one_in(3))
    }

    fn send(&mut self, at: usize) {
        let n = self.conversation();
        let conversation = people::conversation(n);
        let client = &mut self.clients[at];
        let behind = client.again.iter().any(|(of, _)| *of == conversation);
        if may_read(&self.world, &client.conn) && client.names < 60 && !behind {
            client.names += 1;
            let name = format!("{at}-{}", client.names);
            client.open.push((conversation, name.clone()));
            let conn = client.conn.clone();
            self.world.send(&conn, n, &name);
        }
    }

    /// Any message of the conversation: who may revise it is not for the session to know.
    fn revise(&mut self, at: usize) {
        let n = self.conversation();
        let conversation = people::conversation(n);
        let log = self.world.logs.get(&conversation).map_or(0, Vec::len);
        let client = &mut self.clients[at];
        if log == 0 || !may_read(&self.world, &client.conn) {
            return;
        }
        let message = self.world.logs[&conversation][self.dice.roll(log)].entry.message.id;
        client.names += 1;
        let name = format!("{at}-{}", client.names);
        let content = format!("edit {name}");
        let content = (!self.dice.one_in(4)).then_some(content.as_str());
        let before = client.open.iter().filter(|(of, _)| *of == conversation).map(|(_, name)| name.clone());
        client.revising.push((conversation, name.clone(), before.collect()));
        let conn = client.conn.clone();
        self.world.revise(&conn, n, message, content, &name);
    }

    /// What was not answered, or nacked for now, is sent again, or given up.
    fn repeat(&mut self, at: usize) {
        let client = &mut self.clients[at];
        let ready = client.again.iter().position(|(of, _)| client.repeating.contains(of) || !client.waits(*of));
        let Some(first) = ready.filter(|_| may_read(&self.world, &client.conn)) else { return };
        let (conversation, name) = client.again.remove(first);
        let n = conversation.uuid().as_u128() - 0xc000;
        let is_first = client.repeating.insert(conversation);
        if is_first && self.dice.one_in(8) {
            self.seen.abandoned += 1;
            client.repeating.remove(&conversation);
            let inbound = Inbound::Abandon { conversation, client_message_id: name };
            return self.world.hub.receive(&client.conn, inbound, self.world.now);
        }
        client.repeated.insert(name.clone());
        client.open.push((conversation, name.clone()));
        self.world.send(&client.conn, n, &name);
        if !client.again.iter().any(|(of, _)| *of == conversation) {
            client.repeating.remove(&conversation);
        }
    }

    fn subscribe(&mut self, at: usize) {
        let n = self.conversation();
        let afresh = self.dice.one_in(3);
        let client = &mut self.clients[at];
        let place = client.places.entry(people::conversation(n)).or_default();
        if place.asked || (place.subscribed && self.dice.roll(6) != 0) || !may_read(&self.world, &client.conn) {
            return;
        }
        if afresh {
            place.last = None;
        }
        (place.asked, place.subscribed, place.live, place.fresh) = (true, false, false, place.last.is_none());
        let after = place.last;
        self.world.subscribe(&client.conn, n, after);
    }

    fn unsubscribe(&mut self, at: usize) {
        let n = self.conversation();
        let client = &mut self.clients[at];
        let place = client.places.entry(people::conversation(n)).or_default();
        if place.subscribed && may_read(&self.world, &client.conn) {
            place.subscribed = false;
            let conversation = people::conversation(n);
            self.world.hub.receive(&client.conn, Inbound::Unsubscribe { conversation }, self.world.now);
        }
    }

    fn perform(&mut self, at: usize) {
        let conn = self.clients[at].conn.clone();
        while let Some(job) = job(&conn) {
            self.jobs[at].push(job);
        }
        let jobs = &mut self.jobs[at];
        if jobs.is_empty() {
            return;
        }
        let mut pick = self.dice.roll(jobs.len());
        let writes = |job: &Job| matches!(job, Job::Send { .. } | Job::Revise { .. });
        if writes(&jobs[pick]) {
            pick = jobs.iter().position(writes).unwrap();
        }
        let job = jobs.remove(pick);
        if self.outage > 0 && matches!(job, Job::Page { .. }) {
            return self.dones.push((at, conn, World::failed(job)));
        }
        let fault = match self.dice.roll(12) {
            0 => Some(Fault::Refused),
            1 => Some(Fault::Unknown),
            _ => None,
        };
        let (done, hint) = self.world.perform(&conn, job, fault);
        self.hints.extend(hint);
        self.dones.push((at, conn, done));
    }

    fn hint(&mut self) {
        if self.hints.is_empty() {
            return;
        }
        // Mostly in order, sometimes not, sometimes never.
        let pick = if self.dice.one_in(4) { self.dice.roll(self.hints.len()) } else { 0 };
        let hint = self.hints.remove(pick);
        if !self.dice.one_in(8) {
            self.world.hub.publish(std::slice::from_ref(&hint));
        }
        if self.dice.one_in(8) {
            self.hints.push(hint);
        }
    }

    fn done(&mut self) {
        if !self.dones.is_empty() {
            let pick = self.dice.roll(self.dones.len());
            let (at, conn, done) = self.dones.remove(pick);
            if let Done::Page { conversation, result, .. } = &done {
                let client = &mut self.clients[at];
                let failures = client.unreadable.entry(*conversation).or_default();
                // A log that has less than a head promised counts as one that cannot be read.
                let bad = result.as_ref().map_or(true, |read| read.entries.is_empty());
                *failures = if bad { *failures + 1 } else { 0 };
                if *failures >= 3 {
                    client.given_up.insert(*conversation);
                }
            }
            self.world.hub.done(&conn, done);
        }
    }

    fn compare_heads(&mut self) {
        let mut heads = self.world.heads();
        if self.dice.one_in(2) {
            // Read a while ago.
            for head in &mut heads {
                head.last_seq = Seq::new(head.last_seq.get().saturating_sub(2));
            }
        }
        self.world.hub.heads(&heads);
    }

    fn reconnect(&mut self, at: usize) {
        self.world.hub.leave(&self.clients[at].conn);
        self.world.hub.gone(&self.clients[at].conn);
        let conn = self.world.connect(&self.clients[at].caller.clone());
        let client = &mut self.clients[at];
        client.conn = conn;
        for send in std::mem::take(&mut client.open) {
            client.repeat_later(send);
        }
        client.repeating.clear();
        client.revising.clear();
        (client.unreadable, client.given_up) = (BTreeMap::new(), BTreeSet::new());
        for place in client.places.values_mut() {
            let last = if place.fresh && !place.live { None } else { place.last };
            *place = Place { last, ..Place::default() };
        }
        // Its jobs go on; nobody listens.
        let orphans = std::mem::take(&mut self.jobs[at]);
        let gone = self.clients[at].conn.clone();
        for job in orphans {
            let (_, hint) = self.world.perform(&gone, job, None);
            self.hints.extend(hint.map(|hint| Committed { origin: None, ..hint }));
        }
        self.dones.retain(|(of, ..)| *of != at);
    }

    fn read(&mut self, at: usize) {
        let max_bytes = 1 + self.dice.roll(6_000);
        let conn = self.clients[at].conn.clone();
        let out = self.world.out(&conn, max_bytes);
        for frame in super::world::texts(&out) {
            self.check(at, frame);
        }
    }

    /// An entry that is told: the message of the log, as it was then or later, never as it was before what
    /// the client knows. Whether it is the next one of this subscription; the others are of no account.
    fn check_entry(
        &mut self,
        at: usize,
        conversation: ConversationId,
        seq: Seq,
        change: Change,
        message: &wire::Message,
    ) -> bool {
        let (seed, client) = (self.seed, &mut self.clients[at]);
        let log = &self.world.logs[&conversation];
        let stored = &log[usize::try_from(seq.get()).unwrap() - 1];
        assert_eq!(stored.entry.message.id.uuid(), message.id, "seed {seed}: another message at {seq}");
        assert_eq!(stored.entry.change, change, "seed {seed}: something else was done at {seq}");
        let shown = &log[usize::try_from(message.entry_seq).unwrap() - 1].entry;
        assert_eq!(shown.message.id.uuid(), message.id, "seed {seed}: the message at {seq} never was so");
        assert!(message.entry_seq >= seq.get(), "seed {seed}: client {at}: a former content at {seq}");
        self.seen.former += usize::from(shown.message.content != message.content);
        assert_eq!(message.content.is_none(), shown.change == Change::Deleted, "seed {seed}: at {seq}");
        let told = client.told.entry((conversation, stored.entry.message.id)).or_default();
        assert!(*told <= message.entry_seq, "seed {seed}: client {at}: a former content comes back at {seq}");
        *told = message.entry_seq;
        let own = message.sender.id == client.caller.participant().uuid();
        assert_eq!(message.client_message_id.is_some(), own, "seed {seed}: a name told to others");
        let place = client.places.get_mut(&conversation).unwrap();
        if place.asked || !place.subscribed {
            // Of the subscription before, which goes on until the new one starts.
            return false;
        }
        let last = place.last.unwrap();
        if place.fresh && !place.live && seq.get() <= last {
            assert_eq!(change, Change::Created, "seed {seed}: recent messages are told as messages");
            return false;
        }
        assert_eq!(seq.get(), last + 1, "seed {seed}: client {at} has a gap or a repeat");
        place.last = Some(seq.get());
        true
    }

    fn check(&mut self, at: usize, frame: ServerFrame) {
        let seed = self.seed;
        let client = &mut self.clients[at];
        match frame {
            ServerFrame::Subscribed { conversation_id, last_seq, .. } => {
                let place = client.places.get_mut(&conversation_id).unwrap();
                assert!(place.asked, "seed {seed}: subscribed without being asked");
                (place.asked, place.subscribed) = (false, true);
                if place.fresh {
                    place.last = Some(last_seq.get());
                }
            }
            ServerFrame::Message { conversation_id, seq, message } => {
                if !self.check_entry(at, conversation_id, seq, Change::Created, &message) {
                    return;
                }
                let stored = &self.world.logs[&conversation_id][usize::try_from(seq.get()).unwrap() - 1];
                let client = &self.clients[at];
                let flying = message.client_message_id.as_ref().is_some_and(|name| {
                    stored.origin == Some(client.conn.id())
                        && !client.repeated.contains(name)
                        && client.open.iter().any(|(of, open)| *of == conversation_id && open == name)
                });
                assert!(!flying, "seed {seed}: client {at} got its own {seq} as a message before its answer");
            }
            ServerFrame::MessageEdited { conversation_id, seq, message } => {
                self.check_entry(at, conversation_id, seq, Change::Edited, &message);
            }
            ServerFrame::MessageDeleted { conversation_id, seq, message } => {
                self.check_entry(at, conversation_id, seq, Change::Deleted, &message);
            }
            ServerFrame::Ack {
                conversation_id,
                client_message_id: None,
                message_id,
                seq,
                reference,
                duplicate,
                ..
            } => {
                let (of, _, before) = client.revision(reference.as_deref(), seed);
                assert_eq!(of, conversation_id);
                let entry = &self.world.logs[&of][usize::try_from(seq.get()).unwrap() - 1].entry;
                assert_eq!(entry.message.id, message_id, "seed {seed}: another message was revised at {seq}");
                if !duplicate {
                    self.seen.revised += 1;
                    client.revised.push((of, seq.get(), before));
                }
            }
            ServerFrame::Nack { client_message_id: None, message_id, retry, code, reference, .. } => {
                client.revision(reference.as_deref(), seed);
                assert!(message_id.is_some());
                assert_eq!(retry, code != "chat.message_deleted", "seed {seed}: {code}");
            }
            ServerFrame::Ack {
                conversation_id, client_message_id: Some(client_message_id), seq, reference, ..
            } => {
                let key = (conversation_id, client_message_id.clone());
                let open = client.open.iter().position(|open| *open == key);
                let open = open.unwrap_or_else(|| panic!("seed {seed}: client {at}: an answer too many: {key:?}"));
                client.open.remove(open);
                client.answers += 1;
                assert_eq!(reference, Some(format!("r-{client_message_id}")));
                let first = *self.acked.entry(key).or_insert(seq.get());
                assert_eq!(first, seq.get(), "seed {seed}: two places for one message");
                let Some(place) = client.places.get_mut(&conversation_id).filter(|place| place.subscribed) else {
                    return;
                };
                let last = place.last.unwrap();
                if seq.get() > last + 1 && client.given_up.contains(&conversation_id) {
                    // The message itself still comes at its place.
                    self.seen.early_acks += 1;
                    return;
                }
                assert!(seq.get() <= last + 1, "seed {seed}: client {at}: the ack of {seq} came before {}", last + 1);
                place.last = Some(last.max(seq.get()));
            }
            ServerFrame::Nack { conversation_id, client_message_id: Some(client_message_id), retry, code, .. } => {
                let key = (conversation_id, client_message_id);
                let open = client.open.iter().position(|open| *open == key);
                client.open.remove(open.unwrap_or_else(|| panic!("seed {seed}: an answer too many: {key:?}")));
                client.answers += 1;
                assert!(retry);
                self.seen.prior_failed += usize::from(code == "prior_failed");
                client.repeat_later(key);
            }
            ServerFrame::Live { conversation_id, seq } => {
                let place = client.places.get_mut(&conversation_id).unwrap();
                if place.asked || !place.subscribed {
                    return;
                }
                assert_eq!(place.last, Some(seq.get()), "seed {seed}: live at another place");
                assert!(!place.live, "seed {seed}: live twice");
                place.live = true;
            }
            ServerFrame::Unsubscribed { .. } | ServerFrame::Receipt { .. } | ServerFrame::Presence { .. } => {}
            other => panic!("seed {seed}: {other:?}"),
        }
    }

    fn is_settled(&self) -> bool {
        self.clients.iter().all(|client| {
            client.open.is_empty()
                && client.revising.is_empty()
                && client.again.is_empty()
                && client.places.iter().all(|(conversation, place)| {
                    let end = self.world.logs.get(conversation).map(|log| end(log)).unwrap_or_default();
                    !place.asked && (!place.subscribed || (place.live && place.last == Some(end.get())))
                })
        })
    }

    /// All quiet: what was lost is repaired by the heads, and everybody has everything.
    fn settle(&mut self) {
        for _ in 0..400 {
            if self.is_settled() {
                break;
            }
            for at in 0..self.clients.len() {
                for _ in 0..8 {
                    self.repeat(at);
                }
                let conn = self.clients[at].conn.clone();
                while let Some(job) = job(&conn) {
                    self.jobs[at].push(job);
                }
                for job in std::mem::take(&mut self.jobs[at]) {
                    let (done, hint) = self.world.perform(&conn, job, None);
                    // Every hint is swallowed.
                    drop(hint);
                    self.dones.push((at, conn.clone(), done));
                }
                while !self.dones.is_empty() {
                    self.done();
                }
                self.read(at);
                self.read(at);
            }
            self.hints.clear();
            self.world.hub.heads(&self.world.heads());
            // The clock stands still, so that no ping and no end of a token disturbs; retries are due.
            self.world.hub.tick(self.world.now);
        }
        let seed = self.seed;
        for (at, client) in self.clients.iter().enumerate() {
            assert!(client.open.is_empty(), "seed {seed}: client {at} waits for {:?}", client.open);
            assert!(client.again.is_empty(), "seed {seed}");
            assert!(client.revising.is_empty(), "seed {seed}: client {at} waits for {:?}", client.revising);
            for (conversation, seq, before) in &client.revised {
                for name in before.iter().filter(|name| !client.repeated.contains(*name)) {
                    let sent = self.acked.get(&(*conversation, name.clone()));
                    assert!(sent.is_none_or(|sent| sent < seq), "seed {seed}: client {at}: {name} after {seq}");
                }
            }
            for (conversation, place) in &client.places {
                assert!(!place.asked, "seed {seed}: client {at} was never subscribed");
                if place.subscribed {
                    let end = self.world.logs.get(conversation).map(|log| end(log)).unwrap_or_default();
                    assert_eq!(
                        place.last,
                        Some(end.get()),
                        "seed {seed}: client {at} stays behind: {:#?}",
                        client.conn
                    );
                    assert!(place.live, "seed {seed}: client {at} never heard live");
                }
            }
        }
        for log in self.world.logs.values() {
            let log: Vec<_> = log.iter().filter(|one| one.entry.change == Change::Created).collect();
            let mut names: Vec<_> = log.iter().map(|one| one.entry.message.client_message_id.clone()).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), log.len(), "seed {seed}: something was stored twice");
            for at in 0..self.clients.len() {
                let mine = |one: &&Committed| {
                    let name = one.entry.message.client_message_id.as_ref().unwrap().as_str();
                    name.starts_with(&format!("{at}-")).then(|| number(name))
                };
                let order: Vec<_> = log.iter().filter_map(mine).collect();
                assert!(order.is_sorted(), "seed {seed}: client {at} sent in another order: {order:?}");
            }
        }
    }
}

#[test]
fn whatever_happens_each_client_has_each_entry_once_and_in_order() {
    let (mut answers, mut entries, mut seen) = (0, 0, Seen::default());
    for seed in 1..=SEEDS {
        let mut run = Run::new(seed);
        for _ in 0..600 {
            run.step();
        }
        run.settle();
        answers += run.clients.iter().map(|client| client.answers).sum::<usize>();
        entries += run.world.logs.values().map(Vec::len).sum::<usize>();
        seen.prior_failed += run.seen.prior_failed;
        seen.abandoned += run.seen.abandoned;
        seen.early_acks += run.seen.early_acks;
        seen.revised += run.seen.revised;
        seen.former += run.seen.former;
    }
    // The simulation itself does something.
    assert!(answers > 10_000 && entries > 10_000, "{answers} answers, {entries} entries");
    let Seen { prior_failed, abandoned, early_acks, revised, former } = seen;
    assert!(revised > 1_000 && former > 100, "{revised} revised, {former} told as they were then");
    assert!(
        prior_failed > 500 && abandoned > 100 && early_acks > 10,
        "{prior_failed} held up, {abandoned} given up, {early_acks} acks before their place"
    );
}
