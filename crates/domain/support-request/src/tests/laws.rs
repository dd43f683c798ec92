//! What holds of a request whatever is done to it, in whatever order.

use std::{collections::BTreeSet, time::Duration};

use jiff::tz::TimeZone;
use kernel::{Env, OrganizationId, ParticipantId, UserId, testing::FixedEnv};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    Action, Actor, BusinessHours, By, Command, Hand, Note, Outcome, Person, RequestEvent, Requester, Resolution, Sla,
    SlaTerms, Snapshot, Status, Stretch, SupportRequest, WorkingTime, testing::builders,
};

#[derive(Debug, Clone)]
enum Step {
    Act(Action, Command),
    AgentReplies(u128),
    CustomerReplies,
    TimeGoesBy(u64),
    /// The command that was given last, once more.
    Again,
    /// Somebody looks at the deadlines.
    Watch,
}

fn agent() -> impl Strategy<Value = Option<UserId>> {
    proptest::option::of((1..4_u128).prop_map(|n| UserId::new(Uuid::from_u128(n))))
}

fn command() -> impl Strategy<Value = Command> {
    let note = proptest::option::of("[ab]").prop_map(|note| note.map(Note::stored));
    (note, proptest::option::weighted(0.2, agent())).prop_map(|(note, agent)| Command {
        note,
        agent_id: agent.flatten(),
        ..Command::default()
    })
}

fn action() -> impl Strategy<Value = Action> {
    let resolution = proptest::option::of("[ab]").prop_map(|text| text.map(Resolution::stored));
    prop_oneof![
        2 => agent().prop_map(|agent| Action::Assign { agent }),
        1 => Just(Action::Take),
        2 => Just(Action::Start),
        2 => Just(Action::Wait),
        3 => resolution.prop_map(|resolution| Action::Resolve { resolution }),
        2 => Just(Action::Reopen),
        // Rare, or there would be nothing to see after it.
        1 => Just(Action::Close),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (action(), command()).prop_map(|(action, command)| Step::Act(action, command)),
        2 => (1..4_u128).prop_map(Step::AgentReplies),
        2 => Just(Step::CustomerReplies),
        2 => (1..100_000_u64).prop_map(Step::TimeGoesBy),
        2 => Just(Step::Again),
        2 => Just(Step::Watch),
    ]
}

/// One life of a request.
struct Life {
    env: FixedEnv,
    request: SupportRequest,
    last: Option<(Action, Command)>,
    terms: SlaTerms,
    /// The working time in which it has waited for the customer, counted apart.
    waited: Duration,
    /// What of that came before the resolution was overdue.
    spared: Duration,
}

impl Life {
    fn new(terms: SlaTerms) -> Self {
        let env = FixedEnv::new();
        let id = ParticipantId::new(Uuid::from_u128(99));
        let requester = Requester { id, name: "Camille".to_owned(), email: None, phone: None };
        let mut fresh = builders::request(&env, OrganizationId::new(env.uuid()), &requester, 1);
        fresh.sla = Sla::opened(fresh.created_at, fresh.priority, &terms);
        let request = SupportRequest::restore(fresh);
        Self { env, request, last: None, terms, waited: Duration::ZERO, spared: Duration::ZERO }
    }

    /// Takes a step; what it did, where it did something.
    fn take(&mut self, step: Step) -> Option<Outcome> {
        let actor = Actor { id: None, name: "Anne".to_owned() };
        match step {
            Step::Act(action, command) => {
                self.last = Some((action.clone(), command.clone()));
                self.act(&action, &command)
            }
            Step::Again => {
                let (action, command) = self.last.clone()?;
                self.act(&action, &command)
            }
            Step::Watch => {
                let next = self.request.snapshot().sla_next_at();
                let by = By { actor: &actor, hand: Hand::Stays, env: &self.env, terms: &self.terms };
                let outcome = self.request.deadlines_passed(&by);
                assert_eq!(outcome.changed, next.is_some_and(|at| at <= self.env.now()), "found when there is news");
                assert_eq!(self.request.deadlines_passed(&by), Outcome::default(), "each thing once");
                Some(outcome)
            }
            Step::AgentReplies(n) => {
                let person = Person { id: UserId::new(Uuid::from_u128(n)), name: "Anne".to_owned() };
                let by = By { actor: &actor, hand: Hand::Stays, env: &self.env, terms: &self.terms };
                Some(self.request.agent_replied(&person, self.env.now(), &by))
            }
            Step::CustomerReplies => Some(self.request.customer_replied(&By {
                actor: &actor,
                hand: Hand::Stays,
                env: &self.env,
                terms: &self.terms,
            })),
            Step::TimeGoesBy(seconds) => {
                let by = Duration::from_secs(seconds);
                let now = self.request.snapshot();
                if let Some(since) = now.waiting_since {
                    let worked = self.terms.time.between(self.env.now(), self.env.now() + by);
                    self.waited += worked;
                    if now.sla.resolution_due_at > since {
                        self.spared += worked;
                    }
                }
                self.env.pass(by);
                None
            }
        }
    }

    fn act(&mut self, action: &Action, command: &Command) -> Option<Outcome> {
        let actor = Actor { id: None, name: "Anne".to_owned() };
        let wanted = match action {
            Action::Assign { agent } => agent.map_or(Hand::Nobody, Hand::To),
            Action::Take => Hand::To(UserId::new(Uuid::from_u128(1))),
            _ => command.agent_id.map_or(Hand::Stays, Hand::To),
        };
        let person = wanted.map(|id| Person { id, name: "Anne".to_owned() });
        let hand = person.as_ref();
        let before = self.request.clone();
        let outcome =
            self.request.act(action, command, &By { actor: &actor, hand, env: &self.env, terms: &self.terms });
        if outcome.is_err() {
            assert_eq!(self.request, before, "a refusal changes nothing");
        }
        let outcome = outcome.ok()?;
        let after = self.request.clone();
        let again =
            self.request.act(action, command, &By { actor: &actor, hand, env: &self.env, terms: &self.terms }).unwrap();
        assert_eq!((again, &self.request), (Outcome::default(), &after), "the same again changes nothing");
        Some(outcome)
    }
}

fn office_hours() -> SlaTerms {
    let day = vec![Stretch { from: 9 * 60, to: 12 * 60 }, Stretch { from: 13 * 60, to: 18 * 60 }];
    let week = [day.clone(), day.clone(), day.clone(), day.clone(), day, vec![], vec![]];
    let hours = BusinessHours::new(TimeZone::get("Europe/Paris").unwrap(), week, BTreeSet::new()).unwrap();
    SlaTerms::new([], WorkingTime::BusinessHours(hours)).unwrap()
}

fn assert_sound(life: &Life, now: &Snapshot) {
    let set = |wanted: bool, value: bool, what| assert_eq!(value, wanted, "{what} in {:?}", now.status);
    set(now.status == Status::WaitingCustomer, now.waiting_since.is_some(), "waiting_since");
    set(now.status == Status::Closed, now.closed_at.is_some(), "closed_at");
    match now.status {
        Status::Resolved => assert!(now.resolved_at.is_some()),
        // What was closed without being resolved never was.
        Status::Closed => {}
        _ => assert_eq!((now.resolved_at, &now.resolution), (None, &None)),
    }
    assert!(now.resolution.is_none() || now.resolved_at.is_some());
    assert!(now.status != Status::Open || now.assignee.is_none(), "an open request is nobody's");
    assert!(now.status != Status::Assigned || now.assignee.is_some(), "an assigned one is somebody's");
    let terms = &life.terms;
    if now.waiting_since.is_none() {
        let promised = terms.policy(now.priority).resolution;
        assert_eq!(now.sla.waited, life.waited);
        assert_eq!(
            now.sla.resolution_due_at,
            terms.time.after(now.created_at, promised + life.spared),
            "it stands still"
        );
    }
    let opened = Sla::opened(now.created_at, now.priority, terms);
    assert_eq!(now.sla.first_response_due_at, opened.first_response_due_at);
    assert!(now.sla.first_response_warn_at <= now.sla.first_response_due_at);
    assert!(now.sla.resolution_warn_at <= now.sla.resolution_due_at);
    let log = life.request.conversation_state();
    assert_eq!((log.assignee, log.closed), (now.assignee, now.status == Status::Closed));
    assert_eq!(log.resolved, matches!(now.status, Status::Resolved | Status::Closed));
}

fn assert_lawful(before: &Snapshot, now: &Snapshot, outcome: Option<&Outcome>) {
    let moved = before.status != now.status;
    let handed = before.assignee != now.assignee;
    if before.status == Status::Closed {
        assert_eq!(before, now, "closed is for good");
    }
    if before.first_response_at.is_some() {
        assert_eq!(before.first_response_at, now.first_response_at, "the first answer is set once");
    }
    assert!(now.updated_at >= before.updated_at);
    let Some(outcome) = outcome.filter(|outcome| outcome.changed) else {
        assert_eq!(before, now, "what did nothing changed nothing");
        return;
    };
    assert!(!outcome.timeline.is_empty(), "every change is on the timeline");
    let told = |event: &RequestEvent| outcome.events.contains(event);
    assert_eq!(told(&RequestEvent::StatusChanged { from: before.status }), moved);
    assert_eq!(told(&RequestEvent::Assigned { from: before.assignee }), handed);
    assert_eq!(told(&RequestEvent::Resolved), moved && now.status == Status::Resolved);
    assert_eq!(told(&RequestEvent::Closed), moved && now.status == Status::Closed);
    let first_answer_alone = before.first_response_at != now.first_response_at && !moved;
    assert_eq!(now.version, before.version + u64::from(!first_answer_alone), "one version a change");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_life_is_lawful(office in any::<bool>(), steps in proptest::collection::vec(step(), 1..40)) {
        let mut life = Life::new(if office { office_hours() } else { SlaTerms::default() });
        for step in steps {
            let before = life.request.snapshot().clone();
            let outcome = life.take(step);
            let now = life.request.snapshot().clone();
            assert_lawful(&before, &now, outcome.as_ref());
            assert_sound(&life, &now);
        }
    }
}
