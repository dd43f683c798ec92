//! Hubs of several nodes, and a bus that is told what to carry.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use chat::Hints;
use kernel::{Availability, Caller, NodeId, UserId};
use support_request::{Description, RequestFeed};

use super::{
    behaviour::short,
    people::{self, agent, customer, id, organization, supervisor},
    presence::{change, noted},
    world::World,
};
use crate::{
    Conn, Hearing, Hub, Inbound, Limits, ServerFrame, Standing, ViewState,
    bus::{About, Bus, Envelope, Said},
};

/// What was handed over and not carried yet.
#[derive(Default)]
struct Line(Mutex<VecDeque<Bytes>>);

impl Bus for Line {
    fn send(&self, message: Bytes) {
        self.0.lock().unwrap().push_back(message);
    }

    fn largest(&self) -> usize {
        7 * 1024
    }
}

/// Two nodes and the line between them.
struct Two {
    one: World,
    other: World,
    line: Arc<Line>,
    now: Instant,
    lost: usize,
}

impl Two {
    #[expect(clippy::disallowed_methods, reason = "any moment will do, and this is how one is made")]
    fn new() -> Self {
        let line = Arc::new(Line::default());
        let world = |n| {
            let world = World::new(Limits::default());
            let about = About { name: format!("node-{n}"), local_files: n == 2 };
            world.hub.join(NodeId::new(id(n)), about, line.clone());
            world
        };
        let mut two = Self { one: world(1), other: world(2), line: line.clone(), now: Instant::now(), lost: 0 };
        two.beat();
        two
    }

    fn take(&self) -> Vec<Bytes> {
        self.line.0.lock().unwrap().drain(..).collect()
    }

    fn carry(&mut self, message: &Bytes) {
        for hub in [&self.one.hub, &self.other.hub] {
            match hub.overhear(message, self.now) {
                Hearing::Other { lost, left } => {
                    self.lost += usize::from(lost);
                    match left {
                        Some(Said::Entry(committed)) => hub.publish(&[*committed]),
                        Some(Said::Note(change)) => hub.tell_note(&change),
                        _ => {}
                    }
                }
                Hearing::Own => {}
                Hearing::Nothing => panic!("{message:?}"),
            }
        }
    }

    /// Carries all there is, and what it leads to.
    fn settle(&mut self) {
        loop {
            let messages = self.take();
            if messages.is_empty() {
                return;
            }
            for message in &messages {
                self.carry(message);
            }
        }
    }

    /// Half a second goes by.
    fn beat(&mut self) {
        self.now += Hub::BEAT;
        for hub in [&self.one.hub, &self.other.hub] {
            hub.beat();
            hub.forget_silent(self.now);
        }
        self.settle();
    }
}

/// Who came (`true`) or went, as told.
fn presence(frames: Vec<ServerFrame>, of: &Caller) -> Vec<bool> {
    let told = frames.into_iter().filter_map(|frame| match frame {
        ServerFrame::Presence { participant_id, online, .. } => (participant_id == of.participant()).then_some(online),
        _ => None,
    });
    told.collect()
}

fn looks(world: &mut World, conn: &Arc<Conn>) {
    let inbound =
        Inbound::View { support_request: people::audience(1, None).support_request, state: Some(ViewState::Viewing) };
    world.hub.receive(conn, inbound, world.now);
    world.run(conn);
}

#[test]
fn somebody_comes_with_the_first_connection_to_any_node_and_goes_with_the_last() {
    let mut two = Two::new();
    let chief = two.one.connect(&supervisor());
    two.settle();
    two.one.read(&chief);
    let first = two.other.connect(&agent());
    two.settle();
    assert_eq!(presence(two.one.read(&chief), &agent()), [true]);
    let second = two.one.connect(&agent());
    two.settle();
    assert_eq!(presence(two.one.read(&chief), &agent()), [false; 0], "they were there already");
    assert_eq!(two.one.hub.staff_online(organization()).len(), 2, "each once");
    assert_eq!(two.other.hub.staff_online(organization()).len(), 2);
    two.other.hub.leave(&first);
    two.settle();
    assert_eq!(presence(two.one.read(&chief), &agent()), [false; 0], "one is left");
    two.one.hub.leave(&second);
    two.settle();
    assert_eq!(presence(two.one.read(&chief), &agent()), [false]);
    assert_eq!(two.other.hub.staff_online(organization()).len(), 1);
}

#[test]
fn whoever_misses_a_change_of_who_is_there_asks_for_all_of_it() {
    let mut two = Two::new();
    let chief = two.one.connect(&supervisor());
    two.settle();
    let gone = two.other.connect(&customer());
    two.settle();
    let _agent = two.other.connect(&agent());
    two.other.hub.leave(&gone);
    let swallowed = two.take();
    assert!(!swallowed.is_empty());
    assert!(presence(two.one.read(&chief), &agent()).is_empty());
    two.beat();
    assert!(two.lost > 0, "the numbers show it");
    assert_eq!(presence(two.one.read(&chief), &agent()), [true], "the beat shows it, and the answer mends it");
    assert!(!crate::Presence::is_online(&two.one.hub, customer().participant()));
    // What was swallowed comes late.
    for message in &swallowed {
        two.carry(message);
    }
    two.settle();
    assert!(presence(two.one.read(&chief), &agent()).is_empty());
    assert!(crate::Presence::is_online(&two.one.hub, agent().participant()));
    assert!(!crate::Presence::is_online(&two.one.hub, customer().participant()));
}

#[test]
fn changes_in_another_order_and_twice_end_as_they_were_made() {
    let mut two = Two::new();
    for _ in 0..5 {
        let conn = two.other.connect(&customer());
        two.other.hub.leave(&conn);
    }
    let stays = two.other.connect(&customer());
    let mut messages = two.take();
    messages.reverse();
    for message in &messages {
        two.carry(message);
    }
    for message in &messages {
        two.carry(message);
    }
    two.settle();
    assert!(crate::Presence::is_online(&two.one.hub, customer().participant()));
    two.other.hub.leave(&stays);
    two.settle();
    assert!(!crate::Presence::is_online(&two.one.hub, customer().participant()));
}

#[test]
fn a_silent_node_is_forgotten_with_everybody_and_comes_back_whole() {
    let mut two = Two::new();
    let chief = two.one.connect(&supervisor());
    looks(&mut two.one, &chief);
    let there = two.other.connect(&agent());
    looks(&mut two.other, &there);
    two.settle();
    let viewers = |frames: Vec<ServerFrame>| {
        frames.into_iter().rev().find_map(|frame| match frame {
            ServerFrame::Viewers { viewers, .. } => Some(viewers.len()),
            _ => None,
        })
    };
    assert_eq!(viewers(two.one.read(&chief)), Some(2));
    let about = About { name: "node-2".to_owned(), local_files: true };
    assert_eq!(two.one.hub.nodes(), [(NodeId::new(id(2)), about)]);
    two.now += Hub::LIFE;
    assert!(two.one.hub.forget_silent(two.now).is_empty(), "not a moment too early");
    two.now += Duration::from_millis(1);
    assert_eq!(two.one.hub.forget_silent(two.now)[0].name, "node-2");
    let frames = two.one.read(&chief);
    assert_eq!(presence(frames.clone(), &agent()), [false]);
    assert_eq!(viewers(frames), Some(1));
    assert!(two.one.hub.nodes().is_empty());
    two.beat();
    let frames = two.one.read(&chief);
    assert_eq!(presence(frames.clone(), &agent()), [true]);
    assert_eq!(viewers(frames), Some(2));
    two.other.hub.part();
    two.settle();
    assert_eq!(presence(two.one.read(&chief), &agent()), [false], "who says goodbye is gone at once");
}

#[test]
fn an_entry_of_another_node_is_told_once_however_often_and_in_whatever_order_it_comes() {
    let mut two = Two::new();
    let answers = two.other.follow(&agent(), 1, Some(0));
    two.other.read(&answers);
    two.settle();
    for name in ["a", "b", "c"] {
        let entry = two.one.append(1, &customer(), name, None);
        two.other.logs.entry(entry.conversation).or_default().push(entry.clone());
        two.one.hub.committed(&[entry]);
    }
    let messages = two.take();
    for at in [1, 0, 0, 2, 1] {
        two.carry(&messages[at]);
    }
    let told = short(&two.other.run(&answers));
    let entries: Vec<String> = told.into_iter().filter(|frame| frame.starts_with("message")).collect();
    assert_eq!(entries, ["message 1", "message 2", "message 3"]);
}

#[test]
fn what_staff_say_about_being_asked_reaches_every_node() {
    let mut two = Two::new();
    let chief = two.one.connect(&supervisor());
    let _there = two.other.connect(&agent());
    two.settle();
    two.one.read(&chief);
    let away = Standing { availability: Availability::Away, version: 2 };
    two.other.hub.stands(organization(), UserId::new(agent().participant().uuid()), away);
    two.settle();
    let frames = two.one.read(&chief);
    assert!(
        matches!(&frames[..], [ServerFrame::Presence { online: true, availability: Some(Availability::Away), .. }]),
        "{frames:?}"
    );
    let known = two.one.hub.staff_online(organization());
    assert_eq!(known.iter().filter(|one| one.availability == Availability::Away).count(), 1);
}

#[test]
fn a_goodbye_hides_nothing_that_was_lost_before_it() {
    let two = Two::new();
    two.other.hub.part();
    let goodbye = two.take();
    let hears = |two: &Two, message: &Bytes| two.one.hub.overhear(message, two.now);
    assert_eq!(hears(&two, &goodbye[0]), Hearing::Other { lost: false, left: Some(Said::Gone) });
    assert!(two.one.hub.nodes().is_empty());

    let mut two = Two::new();
    let entry = two.other.append(1, &customer(), "the last word", None);
    two.other.hub.committed(&[entry]);
    assert_eq!(two.take().len(), 1, "and it is swallowed");
    two.other.hub.part();
    let goodbye = two.take();
    assert_eq!(hears(&two, &goodbye[0]), Hearing::Other { lost: true, left: Some(Said::Gone) });
    assert!(two.one.hub.nodes().is_empty());
}

#[test]
fn a_change_that_is_too_large_keeps_its_timeline_where_that_fits() {
    let said = |note: usize, subject: usize| {
        let two = Two::new();
        let mut change = change(None);
        change.timeline[0].note = Some("n".repeat(note));
        change.view.request.description = Description::parse(&"d".repeat(subject)).unwrap();
        two.one.hub.changed(&change);
        let messages = two.take();
        (Envelope::read(&messages[0]).unwrap().said, change.timeline)
    };
    assert!(matches!(said(10, 10).0, Said::Request(_)));
    let (told, timeline) = said(10, 8_000);
    assert!(matches!(&told, Said::RequestPlace { timeline: Some(told), .. } if *told == timeline), "{told:?}");
    let (told, _) = said(8_000, 10);
    assert!(matches!(&told, Said::RequestPlace { timeline: None, .. }), "{told:?}");
}

#[test]
fn a_note_reaches_staff_of_every_node_and_no_customer() {
    let mut two = Two::new();
    let staff = [two.one.connect(&agent()), two.other.connect(&supervisor())];
    let (asks, visits) = (two.other.connect(&customer()), two.other.connect(&people::guest(1)));
    two.settle();
    two.one.read(&staff[0]);
    for conn in [&staff[1], &asks, &visits] {
        two.other.read(conn);
    }
    two.one.hub.noted(&noted(None, "for staff only"));
    two.settle();
    let frames = (two.one.read(&staff[0]), two.other.read(&staff[1]));
    assert!(matches!((&frames.0[..], &frames.1[..]), ([ServerFrame::Note { .. }], [ServerFrame::Note { .. }])));
    assert!(two.other.read(&asks).is_empty() && two.other.read(&visits).is_empty());
}

#[test]
fn a_note_that_is_too_large_is_to_be_read() {
    let said = |length: usize| {
        let two = Two::new();
        let change = noted(None, &"n".repeat(length));
        two.one.hub.noted(&change);
        (Envelope::read(&two.take()[0]).unwrap().said, change)
    };
    let (told, change) = said(100);
    assert_eq!(told, Said::Note(Box::new(change)));
    let (told, change) = said(9_000);
    let place = (change.organization, change.note.support_request, change.note.id);
    assert!(
        matches!(told, Said::NotePlace { organization, support_request, note } if (organization, support_request, note) == place)
    );
}
