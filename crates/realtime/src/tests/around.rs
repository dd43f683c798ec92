//! What happens around a conversation: told to those who follow it, and never stale for good.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chat::{ChatSession, ReadMark, Receipt, ReceiptFeed, SenderKind, Seq, SessionFeed, SessionStatus};
use kernel::{Caller, ChatSessionId, ConversationId, OrganizationId, ParticipantId, testing::FixedEnv};
use support_request::{Queue, Waiting};

use super::{
    bounds::flood,
    people::{self, agent, audience, customer, id, supervisor},
    world::{World, job},
};
use crate::{ConversationEvent, Inbound, Limits, QueuePosition, ServerFrame, Watch};

fn session(status: SessionStatus) -> ChatSession {
    ChatSession {
        id: ChatSessionId::new(id(70)),
        organization: people::organization(),
        conversation: people::conversation(1),
        status,
        started_at: FixedEnv::START,
        last_activity_at: FixedEnv::START,
        ended_at: (status != SessionStatus::Active).then_some(FixedEnv::START),
        ended_by: None,
        first_seq: Some(Seq::new(1)),
        last_seq: Some(Seq::new(1)),
    }
}

/// A queue of so many, in which the customer's conversation stands at this place; 0: not at all.
fn queue(position: usize, estimated_wait: Option<u64>) -> Queue {
    let other =
        |n: u128| Waiting { conversation: people::conversation(100 + n), requester: ParticipantId::new(id(99)) };
    let mut waiting: Vec<_> = (0..5).map(other).collect();
    if position > 0 {
        let own = Waiting { conversation: people::conversation(1), requester: customer().participant() };
        waiting.insert(position - 1, own);
    }
    Queue { waiting, estimated_wait: estimated_wait.map(Duration::from_secs) }
}

fn told(frames: &[ServerFrame]) -> Vec<String> {
    let event = |frame: &ServerFrame| match frame {
        ServerFrame::Live { .. } => Some("live".to_owned()),
        ServerFrame::Conversation { event, .. } => Some(match event {
            ConversationEvent::SessionOpened(_) => "opened".to_owned(),
            ConversationEvent::SessionClosed(_) => "closed".to_owned(),
            ConversationEvent::SessionTimeout(_) => "timeout".to_owned(),
            ConversationEvent::QueuePosition(QueuePosition { position, estimated_wait_s }) => {
                format!("place {position} {estimated_wait_s:?}")
            }
            ConversationEvent::ParticipantJoined(person) => format!("joined {}", person.name),
        }),
        _ => None,
    };
    frames.iter().filter_map(event).collect()
}

#[test]
fn whoever_comes_is_told_what_is_so_and_then_what_happens() {
    let mut world = World::new(Limits::default());
    world.session = Some(session(SessionStatus::Active));
    world.hub.queue(people::organization(), &queue(3, None));
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(0));
    assert_eq!(told(&world.run(&conn)), ["live", "opened", "place 3 None"]);
    world.hub.session(&session(SessionStatus::Closed));
    assert_eq!(told(&world.run(&conn)), ["closed"]);
    let stranger = world.follow(&customer(), 2, Some(0));
    world.hub.session(&session(SessionStatus::Timeout));
    assert_eq!(told(&world.run(&stranger)), [""; 0], "of another conversation");
    assert_eq!(told(&world.run(&conn)), ["timeout"]);
}

#[test]
fn a_place_in_the_queue_is_told_when_it_changes_and_to_the_customer_only() {
    let mut world = World::new(Limits::default());
    let (waiting, watching) = (world.follow(&customer(), 1, Some(0)), world.follow(&supervisor(), 1, Some(0)));
    for (step, expected) in [
        (queue(3, None), vec!["place 3 None"]),
        (queue(3, None), vec![]),
        (queue(2, None), vec!["place 2 None"]),
        (queue(2, Some(90)), vec!["place 2 Some(90)"]),
        (queue(0, Some(90)), vec!["place 0 None"]),
        (queue(0, Some(60)), vec![]),
    ] {
        world.hub.queue(people::organization(), &step);
        assert_eq!(told(&world.run(&waiting)), expected);
    }
    assert_eq!(told(&world.run(&watching)), [""; 0]);
    let other = OrganizationId::new(id(9));
    world.hub.queue(other, &queue(1, None));
    assert_eq!(told(&world.run(&waiting)), [""; 0], "the queue of others");
    assert_eq!(world.hub.queued().len(), 2);
    world.hub.queue(other, &Queue::default());
    assert_eq!(world.hub.queued(), [people::organization()]);
}

#[test]
fn what_a_slow_reader_missed_is_told_as_it_is_by_then() {
    let mut world = World::new(Limits { queue_frames: 8, queue_low: 4, ..Limits::default() });
    world.session = Some(session(SessionStatus::Active));
    world.hub.queue(people::organization(), &queue(3, None));
    let conn = world.follow(&customer(), 1, Some(0));
    world.session = Some(session(SessionStatus::Closed));
    world.hub.session(&session(SessionStatus::Closed));
    world.hub.queue(people::organization(), &queue(0, None));
    flood(&mut world, 20);
    let frames = world.run(&conn);
    let entries = frames.iter().filter(|frame| matches!(frame, ServerFrame::Message { .. })).count();
    assert_eq!(entries, 20);
    let told = told(&frames);
    assert!(told.iter().any(|one| one == "closed") && told.iter().any(|one| one == "place 0 None"), "{told:?}");
    assert!(told.iter().any(|one| one == "joined user 20"), "who has joined may have been missed too: {told:?}");
    assert!(!told.iter().any(|one| one == "opened"), "{told:?}");
}

#[test]
fn what_happens_while_a_subscription_starts_or_catches_up_is_not_lost() {
    let mut world = World::new(Limits::default());
    world.session = Some(session(SessionStatus::Active));
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(0));
    let start = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, start, None);
    // The chat's answer is on its way, and does not know it yet.
    world.session = Some(session(SessionStatus::Timeout));
    world.hub.session(&session(SessionStatus::Timeout));
    world.hub.done(&conn, done);
    let last = told(&world.run(&conn)).pop();
    assert!(last.as_deref() == Some("joined user 20"), "{last:?}");

    let mut world = World::new(Limits::default());
    world.session = Some(session(SessionStatus::Active));
    let conn = world.follow(&customer(), 1, Some(0));
    world.append(1, &agent(), "swallowed", None);
    world.hub.heads(&world.heads());
    let page = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, page, None);
    world.session = Some(session(SessionStatus::Closed));
    world.hub.session(&session(SessionStatus::Closed));
    world.hub.done(&conn, done);
    let told = told(&world.run(&conn));
    assert_eq!(told.iter().filter(|one| ["opened", "closed"].contains(&one.as_str())).collect::<Vec<_>>(), ["closed"]);
}

#[test]
fn the_last_word_of_a_start_that_was_overtaken_is_the_newer_one() {
    let mut world = World::new(Limits::default());
    world.session = Some(session(SessionStatus::Active));
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(0));
    let start = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, start, None);
    world.session = Some(session(SessionStatus::Closed));
    world.hub.session(&session(SessionStatus::Closed));
    world.hub.done(&conn, done);
    let mut told = told(&world.run(&conn));
    told.retain(|one| ["opened", "closed", "live"].contains(&one.as_str()));
    assert_eq!(told, ["live", "opened", "closed"]);
}

#[derive(Default)]
struct Watched(Mutex<Vec<String>>);

impl Watch for Watched {
    fn came(&self, _: OrganizationId, conversation: ConversationId) {
        self.0.lock().unwrap().push(format!("came {conversation}"));
    }
    fn joined(&self, _: OrganizationId, _: ConversationId, who: ParticipantId) {
        self.0.lock().unwrap().push(format!("joined {who}"));
    }
}

fn receipt(of: &Caller) -> Receipt {
    Receipt {
        organization: people::organization(),
        conversation: people::conversation(1),
        support_request: audience(1, None).support_request,
        participant: of.participant(),
        kind: if of.is_staff() { SenderKind::Agent } else { SenderKind::Customer },
        mark: ReadMark { delivered_seq: Seq::new(1), read_seq: Seq::new(1), read_at: None },
    }
}

#[test]
fn it_is_seen_once_who_comes_and_who_joins() {
    let mut world = World::new(Limits::default());
    let seen = Arc::new(Watched::default());
    world.hub.watch(seen.clone());
    world.hub.moved(&receipt(&supervisor()));
    let conn = world.follow(&customer(), 1, Some(0));
    assert!(world.hub.follows(people::organization(), people::conversation(1), customer().participant()));
    assert!(!world.hub.follows(people::organization(), people::conversation(1), agent().participant()));
    assert!(!world.hub.follows(people::organization(), people::conversation(2), customer().participant()));
    let came = format!("came {}", people::conversation(1));
    let _watching = world.follow(&agent(), 1, Some(0));
    // The supervisor writes before reading, which makes nobody a participant; the agent is one already.
    let hint = world.append(1, &supervisor(), "a", None);
    world.hub.publish(&[hint]);
    for caller in [agent(), customer(), supervisor(), supervisor()] {
        world.hub.moved(&receipt(&caller));
    }
    assert_eq!(*seen.0.lock().unwrap(), [came, format!("joined {}", supervisor().participant())]);
    let person = chat::Participant {
        id: supervisor().participant(),
        kind: SenderKind::Agent,
        name: "Andrea".to_owned(),
        mark: ReadMark::default(),
    };
    world.run(&conn);
    world.hub.participant_joined(people::organization(), people::conversation(1), &person);
    assert_eq!(told(&world.run(&conn)), ["joined Andrea"]);
    world.hub.receive(&conn, Inbound::Unsubscribe { conversation: people::conversation(1) }, world.now);
    world.run(&conn);
    world.hub.session(&session(SessionStatus::Active));
    assert_eq!(told(&world.run(&conn)), [""; 0]);
    assert!(!world.hub.follows(people::organization(), people::conversation(1), customer().participant()));
}
