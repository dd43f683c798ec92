//! What may happen to a request when: the one place that knows the table of transitions.

use kernel::{Env, Timestamp, UserId};
use serde_json::json;

use crate::{
    Actor, Changes, Comment, Note, Person, Reason, RequestEvent, Resolution, Score, SlaGoal, SlaTerms, SlaTold,
    Snapshot, Status, SupportRequest, SupportRequestError, TimelineEntry, TimelineKind, Told, life,
    telling::{Remarks, entry, fingerprint},
};

/// What somebody wants done with a request.
#[derive(Debug, Clone, PartialEq)]
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
    /// Some of its fields are other ones.
    Update(Box<Changes>),
    /// It is pressing, and somebody else or the supervisors are to know.
    Escalate,
    /// Its requester says what they think of the help.
    Rate {
        /// How good it was.
        score: Score,
        /// In their own words.
        comment: Option<Comment>,
    },
    /// Staff put it aside.
    Snooze {
        /// Until when; nothing wakes it.
        until: Option<Timestamp>,
    },
    /// It is put away, out of the usual lists.
    Archive,
    /// It is back in the usual lists.
    Unarchive,
    /// It is hidden from everybody, and purged later.
    Delete,
    /// It is there again.
    Restore,
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
            Self::Update(_) => "update",
            Self::Escalate => "escalate",
            Self::Rate { .. } => "rate",
            Self::Snooze { .. } => "snooze",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }

    /// What has happened, as frames of real time name it.
    pub(crate) fn event(&self) -> &'static str {
        match self {
            Self::Assign { .. } | Self::Take => "assigned",
            Self::Start | Self::Wait | Self::Resolve { .. } | Self::Reopen | Self::Close => "status_changed",
            Self::Update(_) => "updated",
            Self::Escalate => "escalated",
            Self::Rate { .. } => "rated",
            Self::Snooze { until: Some(_) } => "snoozed",
            Self::Snooze { until: None } => "woken",
            Self::Archive => "archived",
            Self::Unarchive => "unarchived",
            Self::Delete => "deleted",
            Self::Restore => "restored",
        }
    }

    /// The entry that its reason and note belong to.
    fn main(&self) -> TimelineKind {
        match self {
            Self::Assign { .. } | Self::Take => TimelineKind::AssigneeChanged,
            Self::Start | Self::Wait | Self::Resolve { .. } | Self::Reopen | Self::Close => TimelineKind::StatusChanged,
            Self::Update(_) => TimelineKind::DetailsChanged,
            Self::Escalate => TimelineKind::Escalated,
            Self::Rate { .. } => TimelineKind::Rated,
            Self::Snooze { until: Some(_) } => TimelineKind::Snoozed,
            Self::Snooze { until: None } => TimelineKind::Woken,
            Self::Archive => TimelineKind::Archived,
            Self::Unarchive => TimelineKind::Unarchived,
            Self::Delete => TimelineKind::Deleted,
            Self::Restore => TimelineKind::Restored,
        }
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

impl Command {
    /// Whether neither the customer nor staff are told a word beside what is done.
    fn says_nothing(&self) -> bool {
        self.reason.is_none() && self.note.is_none()
    }
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
        if self.state.deleted_at.is_some() && !matches!(action, Action::Delete | Action::Restore) {
            return Err(SupportRequestError::NotFound);
        }
        let hand = by.hand.map(|agent| agent.id);
        let fingerprint = fingerprint(action, command, hand);
        if self.state.last_command == Some(fingerprint) || self.is_already(action, command, hand) {
            return Ok(Outcome::default());
        }
        let refused = |status| SupportRequestError::IllegalTransition { action: action.name(), status };
        let mut next = self.state.clone();
        hand_to(&mut next, hand).map_err(refused)?;
        match action {
            Action::Assign { .. } | Action::Take => {}
            Action::Start | Action::Wait | Action::Resolve { .. } | Action::Reopen | Action::Close => {
                let to = target(next.status, action, next.assignee.is_some()).ok_or_else(|| refused(next.status))?;
                move_to(&mut next, to, by.env.now(), by.terms);
            }
            _ => {
                life::live(&mut next, action, by)?;
                if next == self.state && command.says_nothing() {
                    return Ok(Outcome::default());
                }
            }
        }
        if let Action::Resolve { resolution } = action {
            next.resolution.clone_from(resolution);
        }
        next.last_command = Some(fingerprint);
        Ok(self.become_next(next, by, &Remarks::of(command, action.main())))
    }

    /// An agent has answered in public at this moment. The first answer is kept; an open request
    /// becomes theirs. A closed request stays as it is.
    pub fn agent_replied(&mut self, agent: &Person, at: Timestamp, by: &By<'_>) -> Outcome {
        if self.state.status == Status::Closed || self.state.deleted_at.is_some() {
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

    /// The customer has written: what waited for them goes on, what was resolved is reopened, what was put aside
    /// wakes.
    pub fn customer_replied(&mut self, by: &By<'_>) -> Outcome {
        let to = match self.state.status {
            _ if self.state.deleted_at.is_some() => return Outcome::default(),
            Status::WaitingCustomer => Status::InProgress,
            Status::Resolved => reopened(self.state.assignee.is_some()),
            same @ (Status::Open | Status::Assigned | Status::InProgress) if self.state.snoozed_until.is_some() => same,
            Status::Open | Status::Assigned | Status::InProgress | Status::Closed => return Outcome::default(),
        };
        let mut next = self.state.clone();
        if to != next.status {
            move_to(&mut next, to, by.env.now(), by.terms);
        }
        next.snoozed_until = None;
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
        command.says_nothing()
            && hand.from(state.assignee) == state.assignee
            && match action {
                Action::Assign { .. } | Action::Take => true,
                Action::Start => state.status == Status::InProgress,
                Action::Wait => state.status == Status::WaitingCustomer,
                Action::Resolve { resolution } => state.status == Status::Resolved && *resolution == state.resolution,
                Action::Close => state.status == Status::Closed,
                // Whether it was reopened, or never resolved, its status alone does not say; of what is not in the table,
                // doing it tells.
                _ => false,
            }
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

/// Moves the status, and with it the times that hang on it. What is settled is not put aside any more, and what goes
/// on is not put away.
pub(crate) fn move_to(next: &mut Snapshot, to: Status, at: Timestamp, terms: &SlaTerms) {
    if let Some(since) = next.waiting_since.take() {
        next.sla.stood_still(since, at, terms);
    }
    match to {
        Status::WaitingCustomer => next.waiting_since = Some(at),
        Status::Resolved => next.resolved_at = Some(at),
        Status::Closed => next.closed_at = Some(at),
        Status::Open | Status::Assigned | Status::InProgress => {}
    }
    if to.is_settled() {
        next.snoozed_until = None;
    } else {
        next.resolved_at = None;
        next.resolution = None;
        next.archived_at = None;
    }
    next.status = to;
}
