//! Typing, presence, marks and changes of requests: who is told what.

use std::sync::Arc;

use chat::{ReadMark, Receipt, ReceiptFeed, SenderKind, Seq};
use kernel::{InternalNoteId, TimelineEntryId, UserId, testing::FixedEnv};
use support_request::{
    Actor, Category, Description, InternalNote, Kind, Metadata, NoteChange, NoteContent, Number, Person, Priority,
    References, RequestChange, RequestFeed, RequestView, Requester, Sla, SlaTerms, Snapshot, Source, Status, Subject,
    Tags, TimelineEntry, TimelineKind,
};

use super::{
    people::{self, agent, audience, customer, guest, id, supervisor, user},
    world::World,
};
use crate::{Conn, Inbound, Limits, ServerFrame, ViewState};

fn world() -> World {
    World::new(Limits::default())
}

fn types(world: &World, conn: &Arc<Conn>, is_typing: bool) {
    let conversation = people::conversation(1);
    world.hub.receive(conn, Inbound::Typing { conversation, is_typing }, world.now);
}

#[test]
fn typing_is_told_to_the_others_and_at_most_once_a_second() {
    let mut world = world();
    let asks = world.follow(&customer(), 1, Some(0));
    let same = world.follow(&customer(), 1, Some(0));
    let answers = world.follow(&agent(), 1, Some(0));
    for conn in [&asks, &same, &answers] {
        world.read(conn);
    }
    types(&world, &asks, true);
    types(&world, &asks, true);
    let frames = world.read(&answers);
    assert!(matches!(&frames[..], [ServerFrame::Typing { name, is_typing: true, .. }] if name == "user 10"));
    world.pass(1);
    types(&world, &asks, true);
    types(&world, &asks, false);
    types(&world, &asks, false);
    let frames = world.read(&answers);
    assert!(
        matches!(
            &frames[..],
            [ServerFrame::Typing { is_typing: true, .. }, ServerFrame::Typing { is_typing: false, .. }]
        ),
        "{frames:?}"
    );
    assert!(world.read(&asks).is_empty() && world.read(&same).is_empty(), "not to the one who types");
}

#[test]
fn typing_on_and_off_in_quick_turns_is_not_passed_on() {
    let mut world = world();
    let asks = world.follow(&customer(), 1, Some(0));
    let answers = world.follow(&agent(), 1, Some(0));
    world.read(&answers);
    for _ in 0..100 {
        types(&world, &asks, true);
        types(&world, &asks, false);
    }
    assert_eq!(world.read(&answers).len(), 2, "once on, once off");
    world.pass(1);
    types(&world, &asks, true);
    assert_eq!(world.read(&answers).len(), 1);
}

#[test]
fn typing_after_a_message_is_told_at_once_and_after_a_refused_one_it_is_not() {
    let mut world = world();
    let asks = world.follow(&customer(), 1, Some(0));
    let answers = world.follow(&agent(), 1, Some(0));
    world.read(&answers);
    types(&world, &asks, true);
    world.send(&asks, 1, "a");
    world.run(&asks);
    types(&world, &asks, true);
    let kinds = |frames: Vec<ServerFrame>| super::behaviour::short(&frames);
    assert_eq!(kinds(world.read(&answers)), ["typing", "message 1", "typing"]);
    for _ in 0..50 {
        world.send(&asks, 1, "no\nname");
        types(&world, &asks, true);
        world.read(&asks);
    }
    assert_eq!(kinds(world.read(&answers)), [""; 0]);
}

#[test]
fn typing_needs_a_subscription() {
    let mut world = world();
    let answers = world.follow(&agent(), 1, Some(0));
    let stranger = world.connect(&user(11, kernel::Role::Customer));
    types(&world, &stranger, true);
    let frames = world.read(&stranger);
    assert!(matches!(&frames[..], [ServerFrame::Error { code, .. }] if code == "realtime.not_subscribed"));
    world.subscribe(&stranger, 1, Some(0));
    types(&world, &stranger, true);
    assert!(world.read(&answers).is_empty(), "one that is not proven does not count");
}

#[test]
fn presence_is_told_once_per_person_to_those_who_share_a_conversation() {
    let mut world = world();
    let asks = world.follow(&customer(), 1, Some(0));
    let elsewhere = world.follow(&user(11, kernel::Role::Customer), 2, Some(0));
    world.read(&asks);
    let first = world.connect(&agent());
    let second = world.connect(&agent());
    let online = |frames: Vec<ServerFrame>| -> Vec<bool> {
        let online = |frame| match frame {
            ServerFrame::Presence { participant_id, online, .. } if participant_id == agent().participant() => online,
            other => panic!("{other:?}"),
        };
        frames.into_iter().map(online).collect()
    };
    assert_eq!(online(world.read(&asks)), [true]);
    world.hub.leave(&first);
    assert!(world.read(&asks).is_empty(), "one is left");
    world.hub.leave(&second);
    assert_eq!(online(world.read(&asks)), [false]);
    world.hub.leave(&asks);
    assert!(world.hub.staff_online(people::organization()).is_empty());
    drop(elsewhere);
}

#[test]
fn staff_hear_of_staff_and_customers_do_not_hear_of_staff_elsewhere() {
    let mut world = world();
    let chief = world.connect(&supervisor());
    let stranger = world.connect(&user(11, kernel::Role::Customer));
    let conn = world.connect(&agent());
    assert!(matches!(&world.read(&chief)[..], [ServerFrame::Presence { online: true, .. }]));
    assert!(world.read(&stranger).is_empty());
    assert_eq!(world.hub.staff_online(people::organization()).len(), 2);
    world.hub.leave(&conn);
    assert_eq!(world.hub.staff_online(people::organization()).len(), 1);
}

#[test]
fn subscribed_tells_who_is_there() {
    let mut world = world();
    let answers = world.connect(&agent());
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(0));
    let frames = world.run(&conn);
    let ServerFrame::Subscribed { participants, reference, .. } = &frames[0] else { panic!("{frames:?}") };
    assert_eq!(reference.as_deref(), Some("s"));
    assert!(participants.iter().all(|person| person.online));
    world.hub.leave(&answers);
}

#[test]
fn receipts_go_to_the_conversation_and_to_the_readers_own_connections() {
    let mut world = world();
    let asks = world.follow(&customer(), 1, Some(0));
    let reads = world.follow(&agent(), 1, Some(0));
    let other_tab = world.connect(&agent());
    let stranger = world.connect(&supervisor());
    for conn in [&asks, &reads, &other_tab, &stranger] {
        world.read(conn);
    }
    world.hub.moved(&Receipt {
        organization: people::organization(),
        conversation: people::conversation(1),
        support_request: audience(1, None).support_request,
        participant: agent().participant(),
        kind: SenderKind::Agent,
        mark: ReadMark { delivered_seq: Seq::new(3), read_seq: Seq::new(2), read_at: None },
    });
    for conn in [&asks, &reads, &other_tab] {
        let frames = world.read(conn);
        assert!(matches!(&frames[..], [ServerFrame::Receipt { read_seq, .. }] if read_seq.get() == 2), "{frames:?}");
    }
    assert!(world.read(&stranger).is_empty());
}

pub(super) fn change(assignee: Option<UserId>) -> RequestChange {
    let request = Snapshot {
        id: audience(1, None).support_request,
        organization: people::organization(),
        number: Number::stored("TICKET-20240115-001".to_owned()),
        kind: Kind::Chat,
        source: Source::Chat,
        status: Status::Assigned,
        priority: Priority::Normal,
        category: Category::parse("general").unwrap(),
        subject: Subject::parse("a subject").unwrap(),
        description: Description::parse("").unwrap(),
        tags: Tags::parse(&["inside".to_owned()]).unwrap(),
        metadata: Metadata::default(),
        references: References::default(),
        requester: Requester { id: customer().participant(), name: "user 10".to_owned(), email: None, phone: None },
        assignee,
        conversation: people::conversation(1),
        sla: Sla::opened(FixedEnv::START, Priority::Normal, &SlaTerms::default()),
        first_response_at: None,
        resolved_at: None,
        closed_at: None,
        resolution: None,
        rating: None,
        escalated_at: None,
        snoozed_until: None,
        surveyed_at: None,
        archived_at: None,
        deleted_at: None,
        merged_into: None,
        took_in: Vec::new(),
        follow_up_of: None,
        language: kernel::Language::Fr,
        version: 2,
        last_command: None,
        waiting_since: None,
        created_at: FixedEnv::START,
        updated_at: FixedEnv::START,
    };
    let entry = TimelineEntry {
        id: TimelineEntryId::new(id(8)),
        kind: TimelineKind::AssigneeChanged,
        old: None,
        new: None,
        actor: Actor { id: None, name: "Guichet".to_owned() },
        reason: None,
        note: Some("for staff only".to_owned()),
        metadata: serde_json::Map::new(),
        customer_told: false,
        customer_told_at: None,
        created_at: FixedEnv::START,
    };
    RequestChange {
        event: "assigned".into(),
        organization: people::organization(),
        audience: audience(1, assignee),
        before: Some(audience(1, None)),
        view: RequestView {
            request,
            audience: audience(1, assignee),
            assignee_name: None,
            last_message: None,
            unread_count: 3,
        },
        timeline: vec![entry],
    }
}

fn told(frames: &[ServerFrame]) -> (Option<Vec<String>>, Option<u64>, Option<String>) {
    match frames {
        [ServerFrame::SupportRequest { event, support_request }, ServerFrame::Timeline { entry, .. }] => {
            assert_eq!(event, "assigned");
            (support_request.tags.clone(), support_request.unread_count, entry.note.clone())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn staff_are_told_all_of_a_change_and_the_requester_what_is_public() {
    let mut world = world();
    let all = [supervisor(), agent(), customer(), user(11, kernel::Role::Customer)].map(|one| world.connect(&one));
    for conn in &all {
        world.read(conn);
    }
    world.hub.changed(&change(Some(UserId::new(id(20)))));
    let [chief, answers, asks, stranger] = all;
    let inside = (Some(vec!["inside".to_owned()]), Some(3), Some("for staff only".to_owned()));
    assert_eq!(told(&world.read(&chief)), inside);
    assert_eq!(told(&world.read(&answers)), inside);
    assert_eq!(told(&world.read(&asks)), (None, None, None));
    assert!(world.read(&stranger).is_empty());
}

/// A note of the first request, which this agent answers.
pub(crate) fn noted(assignee: Option<UserId>, content: &str) -> NoteChange {
    let agent = |n| Person { id: UserId::new(id(n)), name: format!("user {n}") };
    let audience = audience(1, assignee);
    let note = InternalNote {
        id: InternalNoteId::new(id(9)),
        support_request: audience.support_request,
        author: agent(20),
        content: Some(NoteContent::parse(content).unwrap()),
        mentions: vec![agent(21)],
        created_at: FixedEnv::START,
        edited_at: None,
        deleted_at: None,
    };
    NoteChange { organization: people::organization(), audience, note }
}

#[test]
fn a_note_is_told_to_staff_who_see_its_request_and_to_nobody_else() {
    let mut world = world();
    let colleague = user(21, kernel::Role::Agent);
    let staff = [supervisor(), agent()].map(|one| world.connect(&one));
    let others = [customer(), guest(1), colleague.clone()].map(|one| world.connect(&one));
    let asks = world.follow(&customer(), 1, Some(0));
    for conn in staff.iter().chain(&others).chain([&asks]) {
        world.read(conn);
    }
    world.hub.noted(&noted(Some(UserId::new(id(20))), "for staff only"));
    for conn in &staff {
        let frames = world.read(conn);
        let [ServerFrame::Note { support_request_id, note }] = &frames[..] else { panic!("{frames:?}") };
        assert_eq!(*support_request_id, audience(1, None).support_request);
        assert_eq!((note.content.as_deref(), note.mentions[0].id), (Some("for staff only"), id(21)));
    }
    for conn in others.iter().chain([&asks]) {
        assert!(world.read(conn).is_empty());
    }
    let mut mentioned = noted(Some(UserId::new(id(20))), "for you too");
    mentioned.audience.members = vec![colleague.participant()];
    world.hub.noted(&mentioned);
    assert_eq!(world.read(&others[2]).len(), 1, "a member sees the request");
    for conn in [&others[0], &others[1], &asks] {
        assert!(world.read(conn).is_empty());
    }
}

#[test]
fn an_agent_who_is_removed_is_told_to_fetch_lists_again_and_hears_no_note() {
    let mut world = world();
    let colleague = user(21, kernel::Role::Agent);
    let conn = world.connect(&colleague);
    world.read(&conn);
    let mut removed = change(Some(UserId::new(id(20))));
    let mut before = removed.audience.clone();
    before.members = vec![colleague.participant()];
    removed.before = Some(before);
    world.hub.changed(&removed);
    let frames = world.read(&conn);
    assert!(matches!(&frames[..], [ServerFrame::Resync]), "{frames:?}");
    world.hub.noted(&noted(Some(UserId::new(id(20))), "not for you"));
    assert!(world.read(&conn).is_empty());
}

#[test]
fn a_token_under_the_same_address_is_told_of_no_other_request_s_receipts() {
    let mut world = world();
    let (here, there) = (world.connect(&guest(1)), world.connect(&guest(2)));
    for conn in [&here, &there] {
        world.read(conn);
    }
    world.hub.moved(&Receipt {
        organization: people::organization(),
        conversation: people::conversation(1),
        support_request: audience(1, None).support_request,
        participant: guest(1).participant(),
        kind: SenderKind::Customer,
        mark: ReadMark { delivered_seq: Seq::new(3), read_seq: Seq::new(2), read_at: None },
    });
    assert!(matches!(&world.read(&here)[..], [ServerFrame::Receipt { .. }]));
    assert!(world.read(&there).is_empty(), "it may be a stranger's, who knew the address");
}

#[test]
fn a_guest_is_told_of_the_one_request_of_the_token() {
    let mut world = world();
    let mut other = change(None);
    let (here, there) = (world.connect(&guest(1)), world.connect(&guest(2)));
    other.audience.requester = guest(1).participant();
    world.hub.changed(&other);
    assert_eq!(world.read(&here).len(), 2);
    assert!(world.read(&there).is_empty());
}

#[test]
fn an_agent_who_loses_sight_loses_the_subscription_and_is_told_to_fetch_lists_again() {
    let mut world = world();
    let conn = world.follow(&agent(), 1, Some(0));
    world.read(&conn);
    world.hub.changed(&change(Some(UserId::new(id(21)))));
    let frames = world.read(&conn);
    assert!(matches!(&frames[..], [ServerFrame::Unsubscribed { .. }, ServerFrame::Resync]), "{frames:?}");
    let hint = world.append(1, &customer(), "a", None);
    world.hub.publish(&[hint]);
    assert!(world.run(&conn).is_empty());
}

#[test]
fn lists_that_were_given_up_are_to_be_fetched_again() {
    let mut world = World::new(Limits { queue_frames: 4, queue_low: 2, ..Limits::default() });
    let chief = world.connect(&supervisor());
    for _ in 0..10 {
        world.hub.changed(&change(None));
    }
    let frames = world.run(&chief);
    assert!(frames.iter().any(|frame| matches!(frame, ServerFrame::Resync)), "{frames:?}");
}

#[test]
fn a_stranger_who_starts_to_take_part_is_shown_as_there() {
    let mut world = world();
    let asks = world.follow(&customer(), 1, Some(0));
    let chief = world.connect(&supervisor());
    world.read(&asks);
    let hint = world.append(1, &supervisor(), "a", None);
    world.hub.publish(&[hint]);
    let frames = world.read(&asks);
    assert!(
        matches!(&frames[..], [ServerFrame::Message { .. }, ServerFrame::Presence { online: true, .. }]),
        "{frames:?}"
    );
    drop(chief);
}

#[test]
fn who_may_see_a_conversation_no_more_by_what_is_stored_follows_it_no_longer() {
    let mut world = world();
    let (answers, chief) = (world.follow(&agent(), 1, Some(0)), world.follow(&supervisor(), 1, Some(0)));
    let _asks = world.follow(&customer(), 2, Some(0));
    let look = Inbound::View { support_request: audience(1, None).support_request, state: Some(ViewState::Viewing) };
    world.hub.receive(&answers, look, world.now);
    for conn in [&answers, &chief] {
        world.run(conn);
    }
    let room = (people::organization(), people::conversation(1));
    assert_eq!(world.hub.watched_by_agents(), [room], "only an agent's own may leave the sight");
    let mut sees = |assignee| {
        world.hub.sights(room.0, &[(room.1, audience(1, assignee))]);
        (world.run(&answers), world.run(&chief))
    };
    let (told, _) = sees(None);
    assert!(told.is_empty(), "{told:?}");
    let (told, of_chief) = sees(Some(UserId::new(id(21))));
    assert!(
        told.iter().any(|frame| matches!(frame, ServerFrame::Unsubscribed { reason, .. } if reason == "forbidden")),
        "{told:?}"
    );
    assert!(!of_chief.iter().any(|frame| matches!(frame, ServerFrame::Unsubscribed { .. })), "{of_chief:?}");
    assert!(world.hub.watched_by_agents().is_empty());
    let hint = world.append(1, &customer(), "not for you", None);
    world.hub.heads(&[chat::Head { conversation: hint.conversation, last_seq: hint.entry.seq }]);
    assert!(world.run(&answers).is_empty());
}
