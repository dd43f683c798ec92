//! One request from its opening on, lived by the rules of the domain itself.

use std::{sync::Mutex, time::Duration};

use chat::{Content, ContentHash, SenderKind};
use kernel::{Env, ParticipantId, Timestamp};
use support_request::{
    Action, Actor, By, Command, Hand, Kind, Person, Priority, Rating, Reason, Resolution, Score, SlaTerms, Snapshot,
    Status, SupportRequest, TimelineEntry, TimelineKind,
};
use uuid::Uuid;

use crate::{
    chance::Chance,
    opening::{Birth, opened},
    people::People,
    story::{Participant, Story, Written},
    words,
};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The clock of a story, and its ids.
struct Moment(Mutex<(Timestamp, Chance)>);

impl Moment {
    fn set(&self, at: Timestamp) {
        if let Ok(mut now) = self.0.lock() {
            now.0 = at;
        }
    }
}

impl Env for Moment {
    fn now(&self) -> Timestamp {
        self.0.lock().map_or(Timestamp::from_micros(0), |now| now.0)
    }

    fn uuid(&self) -> Uuid {
        self.0.lock().map_or(Uuid::nil(), |mut now| {
            let at = now.0;
            now.1.uuid(at)
        })
    }
}

/// A request while it is lived.
struct Life<'a> {
    people: &'a People,
    chance: Chance,
    moment: Moment,
    until: Timestamp,
    request: SupportRequest,
    timeline: Vec<TimelineEntry>,
    messages: Vec<Written>,
    agent: Option<Person>,
    french: bool,
}

/// Lives a request up to `until`; with `mean` messages, more or less.
pub(crate) fn live(random: u64, place: &str, people: &People, birth: Birth, mean: u64, until: Timestamp) -> Story {
    let mut chance = Chance::of(random, place, birth.index);
    let moment = Moment(Mutex::new((birth.at, Chance::of(random, &format!("{place}/ids"), birth.index))));
    let (snapshot, french) = opened(&mut chance, &moment, people, birth);
    let created = TimelineEntry {
        id: kernel::TimelineEntryId::new(moment.uuid()),
        kind: TimelineKind::Created,
        old: None,
        new: Some(Status::Open.as_str().to_owned()),
        actor: Actor { id: Some(snapshot.requester.id), name: snapshot.requester.name.clone() },
        reason: None,
        note: None,
        metadata: serde_json::Map::new(),
        customer_told: true,
        customer_told_at: None,
        created_at: snapshot.created_at,
    };
    let request = SupportRequest::restore(snapshot);
    let (timeline, messages) = (vec![created], Vec::new());
    let mut life = Life { people, chance, moment, until, request, timeline, messages, agent: None, french };
    life.run(mean);
    life.told()
}

impl Life<'_> {
    fn run(&mut self, mean: u64) {
        let born = self.moment.now();
        let is_chat = self.state().kind == Kind::Chat;
        let wanted = 1 + usize::try_from(self.chance.spread(mean.saturating_sub(1)).min(400)).unwrap_or(0);
        if is_chat || self.chance.percent(30) {
            self.customer_writes();
        }
        let age = self.until.since(born).as_secs();
        // Nobody has come to it yet.
        if age < 2 * DAY && self.chance.percent(40) || self.chance.below(1_000) < 2 {
            while self.messages.len() < wanted.min(3) && self.later(MINUTE, HOUR) {
                self.customer_writes();
            }
            return self.time_passes();
        }
        if !self.later(MINUTE, if is_chat { 10 * MINUTE } else { 2 * HOUR }) {
            return;
        }
        let agent = self.chance.pick(self.people.agents()).person();
        self.agent = Some(agent.clone());
        self.acts(&agent, &Action::Take, &Command::default());
        let waits = age < DAY && self.chance.percent(30);
        if !waits && self.later(30, if is_chat { 10 * MINUTE } else { HOUR }) {
            self.agent_writes();
            self.talk(wanted, is_chat);
        }
        if !waits {
            self.end(age);
        }
        self.time_passes();
    }

    fn talk(&mut self, wanted: usize, is_chat: bool) {
        let mut by_agent = true;
        while self.messages.len() < wanted && self.later(20, if is_chat { 4 * MINUTE } else { 5 * HOUR }) {
            by_agent ^= self.chance.percent(65);
            if !by_agent {
                self.customer_writes();
                continue;
            }
            if self.chance.percent(4) {
                let other = self.chance.pick(self.people.agents()).person();
                let by = self.agent.replace(other.clone()).unwrap_or_else(|| other.clone());
                let reason = Some(Reason::stored("Dossier transmis au bon service.".to_owned()));
                let command = Command { reason, ..Command::default() };
                self.acts(&by, &Action::Assign { agent: Some(other.id) }, &command);
            }
            self.agent_writes();
            let agent = self.agent.clone();
            if let (true, Some(agent)) = (self.chance.percent(20), agent) {
                self.acts(&agent, &Action::Wait, &Command::default());
            }
        }
    }

    /// What is old is over, mostly.
    fn end(&mut self, age: u64) {
        let Some(agent) = self.agent.clone() else { return };
        if self.chance.percent(4) {
            self.escalated();
        }
        // In a thousand; some are never settled.
        let share = match age / DAY {
            0 => 300,
            1..=3 => 600,
            4..=13 => 850,
            _ => 997,
        };
        if self.chance.below(1_000) >= share || !self.later(MINUTE, HOUR) {
            return;
        }
        if self.chance.percent(5) {
            let reason = Some(Reason::stored("Doublon d’une autre demande.".to_owned()));
            return self.acts(&agent, &Action::Close, &Command { reason, ..Command::default() });
        }
        let resolution = self.chance.percent(70).then(|| Resolution::stored("Résolu avec le client.".to_owned()));
        self.acts(&agent, &Action::Resolve { resolution }, &Command::default());
        if self.chance.percent(35) && self.later(MINUTE, 8 * HOUR) {
            self.rated();
        }
        // After a week it is closed by itself.
        let quiet = HOUR + self.chance.spread(3 * DAY).min(7 * DAY - HOUR);
        if self.later(quiet, 0) {
            let guichet = Actor { id: None, name: "Guichet".to_owned() };
            self.does(&guichet, &Action::Close, Hand::Stays, &Command::default());
        }
        let quiet = self.moment.now() + Duration::from_secs(90 * DAY);
        if self.state().status == Status::Closed && quiet <= self.until {
            self.changed(|state| state.archived_at = Some(quiet));
        }
    }

    fn customer_writes(&mut self) {
        let (id, name) = (self.state().requester.id, self.state().requester.name.clone());
        self.writes(id, SenderKind::Customer, name.clone());
        let actor = Actor { id: Some(id), name };
        let by = By { actor: &actor, hand: Hand::Stays, env: &self.moment, terms: &SlaTerms::default() };
        let outcome = self.request.customer_replied(&by);
        self.timeline.extend(outcome.timeline);
    }

    fn agent_writes(&mut self) {
        let Some(agent) = self.agent.clone() else { return };
        self.writes(agent.id.into(), SenderKind::Agent, agent.name.clone());
        let actor = Actor { id: Some(agent.id.into()), name: agent.name.clone() };
        let by = By { actor: &actor, hand: Hand::Stays, env: &self.moment, terms: &SlaTerms::default() };
        let outcome = self.request.agent_replied(&agent, self.moment.now(), &by);
        self.timeline.extend(outcome.timeline);
    }

    fn writes(&mut self, sender: ParticipantId, kind: SenderKind, name: String) {
        let content = words::message(&mut self.chance, self.french, kind == SenderKind::Agent);
        let hash = Content::parse(content.as_str()).map_or(0, |content| ContentHash::of(&content, None).as_i64());
        let (id, at) = (self.moment.uuid(), self.moment.now());
        self.messages.push(Written { id, sender, kind, name, content, hash, at });
    }

    fn acts(&mut self, agent: &Person, action: &Action, command: &Command) {
        let actor = Actor { id: Some(agent.id.into()), name: agent.name.clone() };
        let to = match (action, &self.agent) {
            (Action::Take, _) => Some(agent.clone()),
            (Action::Assign { .. }, Some(other)) => Some(other.clone()),
            _ => None,
        };
        self.does(&actor, action, to.as_ref().map_or(Hand::Stays, Hand::To), command);
    }

    /// What the table refuses at this moment is left out.
    fn does(&mut self, actor: &Actor, action: &Action, hand: Hand<&Person>, command: &Command) {
        let by = By { actor, hand, env: &self.moment, terms: &SlaTerms::default() };
        if let Ok(outcome) = self.request.act(action, command, &by) {
            self.timeline.extend(outcome.timeline);
        }
    }

    fn escalated(&mut self) {
        let now = self.moment.now();
        self.changed(|state| {
            state.escalated_at = Some(now);
            state.priority = Priority::Urgent;
        });
    }

    fn rated(&mut self) {
        let score = self.chance.weighed(&[(5_u8, 50), (4, 28), (3, 10), (2, 5), (1, 7)]);
        let rating = Rating { score: Score::stored(score), comment: None, at: self.moment.now() };
        self.changed(|state| state.rating = Some(rating));
    }

    /// A change that makes a version like any other.
    fn changed(&mut self, change: impl FnOnce(&mut Snapshot)) {
        let mut state = self.state().clone();
        change(&mut state);
        state.version += 1;
        state.updated_at = state.updated_at.max(self.moment.now());
        self.request = SupportRequest::restore(state);
    }

    /// Lets time go by; not beyond the end, where the story stops.
    fn later(&mut self, least: u64, mean: u64) -> bool {
        let micros = (least + self.chance.spread(mean)) * 1_000_000 + self.chance.below(1_000_000);
        let next = self.moment.now() + Duration::from_micros(micros);
        if next >= self.until {
            return false;
        }
        self.deadlines(next);
        self.moment.set(next);
        true
    }

    /// Nothing more happens until today.
    fn time_passes(&mut self) {
        self.deadlines(self.until);
    }

    /// Staff are told of the deadlines that come near or are missed up to then.
    fn deadlines(&mut self, next: Timestamp) {
        let guichet = Actor { id: None, name: "Guichet".to_owned() };
        while let Some(at) = self.state().sla_next_at().filter(|at| *at <= next) {
            self.moment.set(at.max(self.moment.now()));
            let by = By { actor: &guichet, hand: Hand::Stays, env: &self.moment, terms: &SlaTerms::default() };
            let outcome = self.request.deadlines_passed(&by);
            if !outcome.changed {
                break;
            }
            self.timeline.extend(outcome.timeline);
        }
    }

    fn state(&self) -> &Snapshot {
        self.request.snapshot()
    }

    fn told(mut self) -> Story {
        let participants = self.participants();
        let request = self.request.snapshot().clone();
        let last = self.messages.last().map(|message| message.at);
        let session = self.messages.first().filter(|_| request.kind == Kind::Chat).and(last);
        let session = session.map(|at| (at + Duration::from_secs(30 * MINUTE)).min(self.until));
        Story {
            active_at: last.map_or(request.updated_at, |at| at.max(request.updated_at)),
            session: session.map(|ended| (self.moment.uuid(), ended)),
            timeline: self.timeline,
            messages: self.messages,
            participants,
            request,
        }
    }

    fn participants(&mut self) -> Vec<Participant> {
        let state = self.request.snapshot();
        let (all, settled) = (self.messages.len() as u64, state.status.is_settled());
        let asks = state.requester.clone();
        let opened = state.created_at;
        let read_seq = if self.chance.percent(92) { all } else { self.chance.below(all + 1) };
        let customer = SenderKind::Customer;
        let mut found = vec![Participant {
            id: asks.id,
            kind: customer,
            name: asks.name,
            member: false,
            read_seq,
            joined_at: opened,
        }];
        let written = |(place, message): (usize, &Written)| (place as u64 + 1, message.clone());
        let replies: Vec<_> = self.messages.iter().enumerate().map(written).collect();
        for (seq, message) in replies.into_iter().filter(|(_, message)| message.kind == SenderKind::Agent) {
            match found.iter_mut().find(|one| one.id == message.sender) {
                Some(one) => one.read_seq = seq,
                None => found.push(Participant {
                    id: message.sender,
                    kind: message.kind,
                    name: message.name,
                    member: false,
                    read_seq: seq,
                    joined_at: message.at,
                }),
            }
        }
        let seen = self.chance.percent(if settled { 99 } else { 70 });
        if let Some(last) = found.iter_mut().rev().find(|one| seen && one.kind == SenderKind::Agent) {
            last.read_seq = all;
        }
        if self.chance.percent(2) {
            let added = self.chance.pick(self.people.agents());
            let id = ParticipantId::from(added.id);
            match found.iter_mut().find(|one| one.id == id) {
                Some(one) => one.member = true,
                None => found.push(Participant {
                    id,
                    kind: SenderKind::Agent,
                    name: added.name(),
                    member: true,
                    read_seq: 0,
                    joined_at: opened,
                }),
            }
        }
        found
    }
}
