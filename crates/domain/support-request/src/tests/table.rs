//! The table of transitions, every state with every action, beside a second writing of it.

use kernel::{Env, OrganizationId, ParticipantId, UserId, testing::FixedEnv};
use uuid::Uuid;

use crate::{
    Action, Actor, By, Command, Hand, Outcome, Person, RequestEvent, Requester, SlaTerms, Snapshot, Status,
    SupportRequest, SupportRequestError, TimelineKind, testing::builders,
};
use Status::{Assigned, Closed, InProgress, Open, Resolved, WaitingCustomer};

const fn user(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}

const ANNE: UserId = user(901);
const BEN: UserId = user(902);

fn person(id: UserId) -> Person {
    Person { id, name: if id == ANNE { "Anne" } else { "Ben" }.to_owned() }
}

/// A request in a state that some life leads to.
fn request(env: &FixedEnv, status: Status, assignee: Option<UserId>) -> SupportRequest {
    let requester = Requester {
        id: ParticipantId::new(Uuid::from_u128(900)),
        name: "Camille".to_owned(),
        email: None,
        phone: None,
    };
    let fresh = builders::request(env, OrganizationId::new(Uuid::from_u128(1)), &requester, 1);
    let at = env.now();
    SupportRequest::restore(Snapshot {
        status,
        assignee,
        waiting_since: (status == WaitingCustomer).then_some(at),
        resolved_at: (status == Resolved).then_some(at),
        closed_at: (status == Closed).then_some(at),
        version: 5,
        ..fresh
    })
}

/// What is done to it; the last two are replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Assign(UserId),
    Unassign,
    Take,
    Start,
    Wait,
    Resolve,
    Reopen,
    Close,
    AgentReplies,
    CustomerReplies,
}

const DEEDS: [Deed; 11] = [
    Deed::Assign(ANNE),
    Deed::Assign(BEN),
    Deed::Unassign,
    Deed::Take,
    Deed::Start,
    Deed::Wait,
    Deed::Resolve,
    Deed::Reopen,
    Deed::Close,
    Deed::AgentReplies,
    Deed::CustomerReplies,
];

/// Ben does it.
fn attempt(deed: Deed, request: &mut SupportRequest, env: &FixedEnv) -> Result<Outcome, SupportRequestError> {
    let (anne, ben) = (person(ANNE), person(BEN));
    let actor = Actor { id: Some(BEN.into()), name: "Ben".to_owned() };
    let terms = SlaTerms::default();
    let by = |hand| By { actor: &actor, hand, env, terms: &terms };
    let act = |request: &mut SupportRequest, action, hand| request.act(&action, &Command::default(), &by(hand));
    match deed {
        Deed::Assign(id) => {
            let agent = if id == ANNE { &anne } else { &ben };
            act(request, Action::Assign { agent: Some(id) }, Hand::To(agent))
        }
        Deed::Unassign => act(request, Action::Assign { agent: None }, Hand::Nobody),
        Deed::Take => act(request, Action::Take, Hand::To(&ben)),
        Deed::Start => act(request, Action::Start, Hand::Stays),
        Deed::Wait => act(request, Action::Wait, Hand::Stays),
        Deed::Resolve => act(request, Action::Resolve { resolution: None }, Hand::Stays),
        Deed::Reopen => act(request, Action::Reopen, Hand::Stays),
        Deed::Close => act(request, Action::Close, Hand::Stays),
        Deed::AgentReplies => Ok(request.agent_replied(&ben, env.now(), &by(Hand::Stays))),
        Deed::CustomerReplies => Ok(request.customer_replied(&by(Hand::Stays))),
    }
}

/// What is to come of it: where the request then stands and who answers it, or that it stays as it
/// is (`Same`), or that it is refused.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Moves(Status, Option<UserId>),
    Same,
    Refused,
}

/// The table, written a second time: by state, not by action.
#[expect(clippy::match_same_arms, reason = "each state is written out by itself, to be read beside the specification")]
fn wanted(deed: Deed, status: Status, assignee: Option<UserId>) -> Wanted {
    use Wanted::{Moves, Refused, Same};
    let hands = |to: Option<UserId>| {
        let then = match (status, to) {
            (Open, Some(_)) => Assigned,
            (Assigned, None) => Open,
            _ => status,
        };
        if to == assignee { Same } else { Moves(then, to) }
    };
    let reopened = if assignee.is_some() { InProgress } else { Open };
    match (status, deed) {
        (Closed, Deed::Unassign) if assignee.is_none() => Same,
        (Closed, Deed::Assign(id)) if assignee == Some(id) => Same,
        (Closed, Deed::Take) if assignee == Some(BEN) => Same,
        (Closed, Deed::Close | Deed::AgentReplies | Deed::CustomerReplies) => Same,
        (Closed, _) => Refused,
        (_, Deed::Assign(id)) => hands(Some(id)),
        (_, Deed::Take) => hands(Some(BEN)),
        (_, Deed::Unassign) => hands(None),
        (_, Deed::Close) => Moves(Closed, assignee),

        (Open, Deed::Resolve) => Moves(Resolved, assignee),
        (Open, Deed::AgentReplies) => Moves(InProgress, Some(BEN)),
        (Open, Deed::CustomerReplies) => Same,

        (Assigned, Deed::Start | Deed::AgentReplies) => Moves(InProgress, assignee),
        (Assigned, Deed::Wait) => Moves(WaitingCustomer, assignee),
        (Assigned, Deed::Resolve) => Moves(Resolved, assignee),
        (Assigned, Deed::CustomerReplies) => Same,

        (InProgress, Deed::Start | Deed::AgentReplies | Deed::CustomerReplies) => Same,
        (InProgress, Deed::Wait) => Moves(WaitingCustomer, assignee),
        (InProgress, Deed::Resolve) => Moves(Resolved, assignee),

        (WaitingCustomer, Deed::Wait | Deed::AgentReplies) => Same,
        (WaitingCustomer, Deed::Start | Deed::CustomerReplies) => Moves(InProgress, assignee),
        (WaitingCustomer, Deed::Resolve) => Moves(Resolved, assignee),

        (Resolved, Deed::Resolve | Deed::AgentReplies) => Same,
        (Resolved, Deed::Reopen | Deed::CustomerReplies) => Moves(reopened, assignee),

        (Open | Resolved, Deed::Start | Deed::Wait)
        | (Open | Assigned | InProgress | WaitingCustomer, Deed::Reopen) => Refused,
    }
}

/// Open has nobody, assigned has somebody; the others may have either.
fn states() -> impl Iterator<Item = (Status, Option<UserId>)> {
    let all = Status::ALL.iter().flat_map(|status| [None, Some(ANNE), Some(BEN)].map(|assignee| (*status, assignee)));
    all.filter(|(status, assignee)| match status {
        Open => assignee.is_none(),
        Assigned => assignee.is_some(),
        _ => true,
    })
}

#[test]
fn every_state_with_every_deed_does_what_the_table_says() {
    let mut seen = 0;
    for (status, assignee) in states() {
        for deed in DEEDS {
            seen += 1;
            let env = FixedEnv::new();
            let mut request = request(&env, status, assignee);
            // The first answer was given before, so that a reply moves the status or nothing.
            request.state.first_response_at = Some(env.now());
            let before = request.clone();
            let case = format!("{deed:?} in {status:?} of {assignee:?}");
            let outcome = attempt(deed, &mut request, &env);
            match wanted(deed, status, assignee) {
                Wanted::Refused => {
                    let Err(SupportRequestError::IllegalTransition { status: told, .. }) = outcome else {
                        panic!("{case}: {outcome:?}")
                    };
                    assert_eq!((told, &request), (status, &before), "{case}: a refusal changes nothing");
                }
                Wanted::Same => {
                    assert_eq!(outcome.unwrap(), Outcome::default(), "{case}");
                    assert_eq!(request, before, "{case}");
                }
                Wanted::Moves(to, agent) => {
                    check_move(&case, &before, &request, outcome.unwrap(), (to, agent));
                    let again = request.clone();
                    if !matches!(deed, Deed::AgentReplies | Deed::CustomerReplies) {
                        assert_eq!(attempt(deed, &mut request, &env).unwrap(), Outcome::default(), "{case}, again");
                    }
                    assert_eq!(request, again, "{case}: again changes nothing");
                }
            }
        }
    }
    assert_eq!(seen, 15 * 11, "no state or deed was left out");
}

fn check_move(
    case: &str,
    before: &SupportRequest,
    after: &SupportRequest,
    outcome: Outcome,
    (to, agent): (Status, Option<UserId>),
) {
    let (before, after) = (before.snapshot(), after.snapshot());
    assert_eq!((after.status, after.assignee), (to, agent), "{case}");
    assert_eq!(after.version, before.version + 1, "{case}");
    assert!(outcome.changed, "{case}");
    let (moved, handed) = (before.status != to, before.assignee != agent);
    let mut events = Vec::new();
    let mut entries = Vec::new();
    if handed {
        events.push(RequestEvent::Assigned { from: before.assignee });
        entries.push((TimelineKind::AssigneeChanged, agent.map(|id| id.to_string())));
    }
    if moved {
        events.push(RequestEvent::StatusChanged { from: before.status });
        entries.push((TimelineKind::StatusChanged, Some(to.as_str().to_owned())));
        events.extend((to == Resolved).then_some(RequestEvent::Resolved));
        events.extend((to == Closed).then_some(RequestEvent::Closed));
    }
    assert_eq!(outcome.events, events, "{case}");
    let told: Vec<_> = outcome.timeline.into_iter().map(|entry| (entry.kind, entry.new)).collect();
    assert_eq!(told, entries, "{case}");
}

#[test]
fn the_first_public_answer_is_kept_and_no_other() {
    for (status, assignee) in states() {
        let env = FixedEnv::new();
        let mut request = request(&env, status, assignee);
        let version = request.snapshot().version;
        let first = env.now();
        let outcome = attempt(Deed::AgentReplies, &mut request, &env).unwrap();
        if status == Closed {
            assert_eq!((outcome, request.snapshot().first_response_at), (Outcome::default(), None));
            continue;
        }
        assert_eq!(request.snapshot().first_response_at, Some(first), "{status:?}");
        assert_eq!(outcome.timeline[0].kind, TimelineKind::FirstResponse, "{status:?}");
        assert_eq!(outcome.timeline[0].new, Some(first.to_string()));
        let moved = request.snapshot().status != status;
        assert_eq!(request.snapshot().version, version + u64::from(moved), "a message alone makes no version");
        env.pass(std::time::Duration::from_mins(1));
        assert_eq!(attempt(Deed::AgentReplies, &mut request, &env).unwrap(), Outcome::default(), "{status:?}");
        assert_eq!(request.snapshot().first_response_at, Some(first), "{status:?}");
    }
}
