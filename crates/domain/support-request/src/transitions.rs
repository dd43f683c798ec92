//! What may happen to a request when: the one place that knows the table of transitions.

use kernel::{Env, TimelineEntryId, Timestamp, UserId};
use serde_json::{Map, Value, json};

use crate::{
    Actor, Note, Person, Reason, RequestEvent, Resolution, SlaGoal, SlaTerms, SlaTold, Snapshot, Status,
    SupportRequest, SupportRequestError, TimelineEntry, TimelineKind, Told,
};

/// What somebody wants done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Another agent is to answer it, or nobody.
    Assign {
        /// Who; nobody gives it back.
        agent: Option<UserId>,
    },
    /// The caller will answer it.
    Take,
    /// Work on it begins.
    Start,
    /// The customer is to answer.
    Wait,
    /// It is answered.
    Resolve {
        /// How, for the customer's eyes too.
        resolution: Option<Resolution>,
    },
    /// It was not answered after all.
    Reopen,
    /// It is over, for good.
    Close,
}

impl Action {
    /// The word on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assign { agent: Some(_) } => "assign",
            Self::Assign { agent: None } => "unassign",
            Self::Take => "take",
            Self::Start => "start",
            Self::Wait => "wait",
            Self::Resolve { .. } => "resolve",
            Self::Reopen => "reopen",
            Self::Close => "close",
        }
    }

    /// Whether it is about who answers, and moves the status only along with that.
    fn only_hands(&self) -> bool {
        matches!(self, Self::Assign { .. } | Self::Take)
    }
}

/// What comes with every action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Why, for the customer's eyes too.
    pub reason: Option<Reason>,
    /// Why, for staff only.
    pub note: Option<Note>,
    /// Who is to answer it from then on, so that "resolve, and hand to X" is one command.
    pub agent_id: Option<UserId>,
    /// Whether the customer is to be told; they are, unless said otherwise.
    pub notify_customer: bool,
    /// The version the caller acts on; another one refuses the command.
    pub if_match: Option<u64>,
}

impl Default for Command {
    fn default() -> Self {
        Self { reason: None, note: None, agent_id: None, notify_customer: true, if_match: None }
    }
}

/// Who is to answer a request from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand<P> {
    /// Whoever did before.
    Stays,
    /// Nobody.
    Nobody,
    /// This one.
    To(P),
}

impl<P> Hand<P> {
    /// The same with another way to name the person.
    pub fn map<Q>(self, name: impl FnOnce(P) -> Q) -> Hand<Q> {
        match self {
            Self::Stays => Hand::Stays,
            Self::Nobody => Hand::Nobody,
            Self::To(person) => Hand::To(name(person)),
        }
    }

    /// The same, borrowed.
    pub fn as_ref(&self) -> Hand<&P> {
        match self {
            Self::Stays => Hand::Stays,
            Self::Nobody => Hand::Nobody,
            Self::To(person) => Hand::To(person),
        }
    }
}

impl Hand<UserId> {
    /// Who answers by this, where somebody did before.
    fn from(self, before: Option<UserId>) -> Option<UserId> {
        match self {
            Self::Stays => before,
            Self::Nobody => None,
            Self::To(agent) => Some(agent),
        }
    }
}

/// Who changes a request, and with what clock and ids.
pub struct By<'a> {
    /// Who it is.
    pub actor: &'a Actor,
    /// Who is to answer from then on.
    pub hand: Hand<&'a Person>,
    /// The time and fresh ids.
    pub env: &'a dyn Env,
    /// What the organisation promises.
    pub terms: &'a SlaTerms,
}

/// What a change did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Whether there is anything to store.
    pub changed: bool,
    /// What is added to the timeline.
    pub timeline: Vec<TimelineEntry>,
    /// What the world is told, in this order.
    pub events: Vec<RequestEvent>,
    /// What its readers are to tell the customer.
    pub told: Told,
}

impl SupportRequest {
    /// Does what somebody wants, or refuses it and changes nothing. Where [`By::hand`] names
    /// another agent, the request is handed over first, then the action is taken, in one change.
    ///
    /// The same command again, as long as nothing else happened, and a command without reason or
    /// note whose result is there already, succeed and change nothing.
    ///
    /// # Errors
    /// [`SupportRequestError::IllegalTransition`].
    pub fn act(&mut self, action: &Action, command: &Command, by: &By<'_>) -> Result<Outcome, SupportRequestError> {
        let hand = by.hand.map(|agent| agent.id);
        let fingerprint = fingerprint(action, command, hand);
        if self.state.last_command == Some(fingerprint) || self.is_already(action, command, hand) {
            return Ok(Outcome::default());
        }
        let refused = |status| SupportRequestError::IllegalTransition { action: action.name(), status };
        let mut next = self.state.clone();
        hand_to(&mut next, hand).map_err(refused)?;
        if !action.only_hands() {
            let to = target(next.status, action, next.assignee.is_some()).ok_or_else(|| refused(next.status))?;
            move_to(&mut next, to, by.env.now(), by.terms);
        }
        if let Action::Resolve { resolution } = action {
            next.resolution.clone_from(resolution);
        }
        next.last_command = Some(fingerprint);
        let remarks = Remarks {
            reason: command.reason.as_ref(),
            note: command.note.as_ref(),
            customer: command.notify_customer,
            on_assignee: action.only_hands(),
        };
        Ok(self.become_next(next, by, &remarks))
    }

    /// An agent has answered in public at this moment. The first answer is kept; an open request
    /// becomes theirs. A closed request stays as it is.
    pub fn agent_replied(&mut self, agent: &Person, at: Timestamp, by: &By<'_>) -> Outcome {
        if self.state.status == Status::Closed {
            return Outcome::default();
        }
        let mut next = self.state.clone();
        let first = next.first_response_at.is_none();
        if first {
            next.first_response_at = Some(at);
        }
        // What was written before a resolution is noticed after it: the request was open then.
        let written_before = next.resolved_at.is_some_and(|resolved| at < resolved);
        if next.status == Status::Open || (next.assignee.is_none() && written_before) {
            next.assignee = Some(agent.id);
        }
        if matches!(next.status, Status::Open | Status::Assigned) {
            move_to(&mut next, Status::InProgress, by.env.now(), by.terms);
        }
        let by = By { hand: Hand::To(agent), ..*by };
        let first = first.then(|| {
            let mut entry = entry(TimelineKind::FirstResponse, &by);
            entry.new = Some(at.to_string());
            entry
        });
        if next.status == self.state.status && next.assignee == self.state.assignee {
            // A message alone makes no version; the time of the first answer is kept all the same.
            let Some(first) = first else { return Outcome::default() };
            next.updated_at = next.updated_at.max(by.env.now());
            self.state = next;
            return Outcome { changed: true, timeline: vec![first], ..Outcome::default() };
        }
        next.last_command = None;
        let mut outcome = self.become_next(next, &by, &Remarks::NONE);
        outcome.timeline.splice(0..0, first);
        outcome
    }

    /// The customer has written: what waited for them goes on, what was resolved is reopened.
    pub fn customer_replied(&mut self, by: &By<'_>) -> Outcome {
        let to = match self.state.status {
            Status::WaitingCustomer => Status::InProgress,
            Status::Resolved => reopened(self.state.assignee.is_some()),
            Status::Open | Status::Assigned | Status::InProgress | Status::Closed => return Outcome::default(),
        };
        let mut next = self.state.clone();
        move_to(&mut next, to, by.env.now(), by.terms);
        next.last_command = None;
        self.become_next(next, by, &Remarks::NONE)
    }

    /// Guichet gives an open request that nobody answers to this agent; `rule` is what had a say in it.
    pub(crate) fn given_to(&mut self, agent: &Person, rule: Option<&str>, by: &By<'_>) -> Outcome {
        let mut next = self.state.clone();
        next.assignee = Some(agent.id);
        next.status = Status::Assigned;
        next.last_command = None;
        let mut outcome = self.become_next(next, &By { hand: Hand::To(agent), ..*by }, &Remarks::NONE);
        for entry in outcome.timeline.iter_mut().filter(|entry| entry.kind == TimelineKind::AssigneeChanged) {
            entry.metadata.extend(rule.map(|rule| ("rule".to_owned(), json!(rule))));
        }
        outcome
    }

    /// Time has gone by: what staff are to be told of the deadlines, each thing once. One that was missed while nobody
    /// looked is told as missed only.
    pub fn deadlines_passed(&mut self, by: &By<'_>) -> Outcome {
        let now = by.env.now();
        let mut next = self.state.clone();
        let goals: Vec<SlaGoal> = next.running_goals().collect();
        let news: Vec<_> = goals.into_iter().filter_map(|goal| Some((goal, next.sla.news(goal, now)?))).collect();
        if news.is_empty() {
            return Outcome::default();
        }
        next.version += 1;
        next.updated_at = next.updated_at.max(now);
        self.state = next;
        let mut outcome = Outcome { changed: true, ..Outcome::default() };
        for (goal, told) in news {
            let breached = told == SlaTold::Breached;
            let kind = if breached { TimelineKind::SlaBreached } else { TimelineKind::SlaWarning };
            let due_at = match goal {
                SlaGoal::FirstResponse => self.state.sla.first_response_due_at,
                SlaGoal::Resolution => self.state.sla.resolution_due_at,
            };
            let mut entry = entry(kind, by);
            entry.new = Some(goal.as_str().to_owned());
            entry.metadata.insert("due_at".to_owned(), json!(due_at));
            outcome.timeline.push(entry);
            outcome.events.push(if breached {
                RequestEvent::SlaBreached { goal, due_at }
            } else {
                RequestEvent::SlaWarning { goal, due_at }
            });
        }
        outcome
    }

    /// Whether a command that says nothing new asks for what is there.
    fn is_already(&self, action: &Action, command: &Command, hand: Hand<UserId>) -> bool {
        let state = &self.state;
        command.reason.is_none()
            && command.note.is_none()
            && hand.from(state.assignee) == state.assignee
            && match action {
                Action::Assign { .. } | Action::Take => true,
                Action::Start => state.status == Status::InProgress,
                Action::Wait => state.status == Status::WaitingCustomer,
                Action::Resolve { resolution } => state.status == Status::Resolved && *resolution == state.resolution,
                // Whether it was reopened, or never resolved, its status alone does not say.
                Action::Reopen => false,
                Action::Close => state.status == Status::Closed,
            }
    }

    /// Takes on the next state, and tells what is different.
    fn become_next(&mut self, mut next: Snapshot, by: &By<'_>, remarks: &Remarks<'_>) -> Outcome {
        next.version += 1;
        next.updated_at = next.updated_at.max(by.env.now());
        let before = std::mem::replace(&mut self.state, next);
        let next = &self.state;
        let told = Told { reason: remarks.reason.cloned(), customer: remarks.customer };
        let mut outcome = Outcome { changed: true, told, ..Outcome::default() };
        let handed = before.assignee != next.assignee;
        let moved = before.status != next.status;
        if handed || !moved {
            let mut entry = entry(TimelineKind::AssigneeChanged, by);
            entry.old = before.assignee.map(|id| id.to_string());
            entry.new = next.assignee.map(|id| id.to_string());
            if let Hand::To(agent) = by.hand {
                entry.metadata.insert("new_name".to_owned(), json!(agent.name));
            }
            outcome.timeline.push(remarks.on(entry, remarks.on_assignee || !moved));
        }
        if handed {
            outcome.events.push(RequestEvent::Assigned { from: before.assignee });
        }
        if moved {
            let mut entry = entry(TimelineKind::StatusChanged, by);
            entry.old = Some(before.status.as_str().to_owned());
            entry.new = Some(next.status.as_str().to_owned());
            if let Some(resolution) = next.resolution.as_ref().filter(|_| next.status == Status::Resolved) {
                entry.metadata.insert("resolution".to_owned(), json!(resolution));
            }
            outcome.timeline.push(remarks.on(entry, !(remarks.on_assignee && handed)));
            outcome.events.push(RequestEvent::StatusChanged { from: before.status });
            match next.status {
                Status::Resolved => outcome.events.push(RequestEvent::Resolved),
                Status::Closed => outcome.events.push(RequestEvent::Closed),
                Status::Open | Status::Assigned | Status::InProgress | Status::WaitingCustomer => {}
            }
        }
        outcome
    }
}

/// The rows of the table that are about the status, and so what each action leads to.
fn target(from: Status, action: &Action, somebody: bool) -> Option<Status> {
    use Status::{Assigned, Closed, InProgress, Open, Resolved, WaitingCustomer};
    match (action, from) {
        (Action::Start, Assigned | WaitingCustomer) => Some(InProgress),
        (Action::Wait, Assigned | InProgress) => Some(WaitingCustomer),
        (Action::Resolve { .. }, Open | Assigned | InProgress | WaitingCustomer) => Some(Resolved),
        (Action::Reopen, Resolved) => Some(reopened(somebody)),
        (Action::Close, Open | Assigned | InProgress | WaitingCustomer | Resolved) => Some(Closed),
        _ => None,
    }
}

fn reopened(somebody: bool) -> Status {
    if somebody { Status::InProgress } else { Status::Open }
}

/// The rows that are about who answers. What is closed stays as it is, for good.
fn hand_to(next: &mut Snapshot, hand: Hand<UserId>) -> Result<(), Status> {
    match (next.status, hand) {
        (_, Hand::Stays) => {}
        (Status::Closed, _) => return Err(Status::Closed),
        (Status::Open, Hand::To(_)) => next.status = Status::Assigned,
        (Status::Assigned, Hand::Nobody) => next.status = Status::Open,
        _ => {}
    }
    next.assignee = hand.from(next.assignee);
    Ok(())
}

/// Moves the status, and with it the times that hang on it.
fn move_to(next: &mut Snapshot, to: Status, at: Timestamp, terms: &SlaTerms) {
    if let Some(since) = next.waiting_since.take() {
        next.sla.stood_still(since, at, terms);
    }
    match to {
        Status::WaitingCustomer => next.waiting_since = Some(at),
        Status::Resolved => next.resolved_at = Some(at),
        Status::Closed => next.closed_at = Some(at),
        Status::Open | Status::Assigned | Status::InProgress => {}
    }
    if !to.is_settled() {
        next.resolved_at = None;
        next.resolution = None;
    }
    next.status = to;
}

/// What a command says beside what it does.
struct Remarks<'a> {
    reason: Option<&'a Reason>,
    note: Option<&'a Note>,
    customer: bool,
    /// They belong to the entry about who answers; else to the one about the status.
    on_assignee: bool,
}

impl Remarks<'_> {
    const NONE: Self = Self { reason: None, note: None, customer: false, on_assignee: false };

    /// Puts reason and note on the entry they belong to, once.
    fn on(&self, mut entry: TimelineEntry, here: bool) -> TimelineEntry {
        entry.customer_told = self.customer;
        if here {
            entry.reason = self.reason.map(|reason| reason.as_str().to_owned());
            entry.note = self.note.map(|note| note.as_str().to_owned());
        }
        entry
    }
}

pub(crate) fn entry(kind: TimelineKind, by: &By<'_>) -> TimelineEntry {
    TimelineEntry {
        id: TimelineEntryId::new(by.env.uuid()),
        kind,
        old: None,
        new: None,
        actor: by.actor.clone(),
        reason: None,
        note: None,
        metadata: Map::<String, Value>::new(),
        customer_told: false,
        customer_told_at: None,
        created_at: by.env.now(),
    }
}

/// Tells a repeat of the last command from another one: FNV-1a over 64 bits of all it says. It
/// guards against honest repeats, it is no defence; whoever may act can change the request anyway.
fn fingerprint(action: &Action, command: &Command, hand: Hand<UserId>) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    eat(action.name());
    if let Action::Resolve { resolution: Some(resolution) } = action {
        eat(resolution.as_str());
    }
    for (mark, text) in [
        ("reason", command.reason.as_ref().map(Reason::as_str)),
        ("note", command.note.as_ref().map(Note::as_str)),
        ("quiet", (!command.notify_customer).then_some("")),
    ] {
        if let Some(text) = text {
            eat(mark);
            eat(text);
        }
    }
    match hand {
        Hand::Stays => {}
        Hand::Nobody => eat("nobody"),
        Hand::To(agent) => {
            eat("agent");
            eat(&agent.to_string());
        }
    }
    hash.cast_signed()
}
