//! What a slow, silent or greedy client costs, and whom.

use std::sync::Arc;

use bytes::Bytes;
use kernel::Caller;

use super::{
    behaviour::short,
    people::{self, agent, conversation, customer, guest, supervisor},
    world::{World, job, may_read, texts},
};
use crate::{Close, Conn, Inbound, Limits, Out, ServerFrame};

fn world() -> World {
    World::new(Limits::default())
}

fn close_of(world: &World, conn: &Arc<Conn>) -> Option<Close> {
    let out = world.out(conn, usize::MAX);
    out.iter().find_map(|out| if let Out::Close(close) = out { Some(*close) } else { None })
}

pub(super) fn flood(world: &mut World, count: usize) {
    for n in 0..count {
        let hint = world.append(1, &agent(), &format!("flood {n}"), None);
        world.hub.publish(&[hint]);
    }
}

#[test]
fn a_slow_reader_is_refilled_from_the_log_without_gap_or_repeat() {
    let mut world = world();
    let slow = world.follow(&customer(), 1, Some(0));
    let quick = world.follow(&supervisor(), 1, Some(0));
    flood(&mut world, 1_000);
    assert!(slow.take_overflows() > 0 && slow.take_overflows() == 0, "it is told once that the queue overflowed");
    let frames = world.run(&slow);
    let places: Vec<_> = short(&frames).into_iter().filter(|frame| frame.starts_with("message")).collect();
    let expected: Vec<_> = (1..=1_000).map(|seq| format!("message {seq}")).collect();
    assert_eq!(places, expected);
    assert!(!frames.iter().any(|frame| matches!(frame, ServerFrame::Live { .. })), "live is said once");
    assert!(world.run(&quick).len() >= 1_000);
}

#[test]
fn no_more_than_the_bound_waits_for_a_slow_reader() {
    let mut world = world();
    let slow = world.follow(&customer(), 1, Some(0));
    flood(&mut world, 10_000);
    let out = world.out(&slow, usize::MAX);
    assert!(out.len() <= 256, "{}", out.len());
}

#[test]
fn acks_outlive_a_flood_and_keep_their_place() {
    let mut world = world();
    let slow = world.follow(&customer(), 1, Some(0));
    flood(&mut world, 10);
    world.send(&slow, 1, "mine");
    let send = job(&slow).unwrap();
    let (done, hint) = world.perform(&slow, send, None);
    world.hub.publish(&[hint.unwrap()]);
    world.hub.done(&slow, done);
    flood(&mut world, 500);
    let frames = short(&world.run(&slow));
    let at = frames.iter().position(|frame| frame == "ack 11").unwrap();
    assert_eq!((&*frames[at - 1], &*frames[at + 1]), ("message 10", "message 12"));
    assert_eq!(frames.iter().filter(|frame| frame.starts_with("ack")).count(), 1);
    assert_eq!(frames.last().unwrap(), "message 511");
}

#[test]
fn typing_and_presence_go_first() {
    let mut world = World::new(Limits { queue_frames: 4, queue_low: 1, ..Limits::default() });
    let slow = world.follow(&customer(), 1, Some(0));
    let busy = world.follow(&agent(), 1, Some(0));
    world.run(&slow);
    let typing = Inbound::Typing { conversation: people::conversation(1), is_typing: true };
    world.hub.receive(&busy, typing, world.now);
    flood(&mut world, 4);
    assert_eq!(short(&world.read(&slow)), ["message 1", "message 2", "message 3", "message 4"]);
}

#[test]
fn receipts_that_were_given_up_are_told_again_from_the_store() {
    let mut world = world();
    let slow = world.follow(&customer(), 1, Some(0));
    let mark = chat::ReadMark { delivered_seq: chat::Seq::new(1), read_seq: chat::Seq::new(1), read_at: None };
    let receipt = chat::Receipt {
        organization: people::organization(),
        conversation: people::conversation(1),
        support_request: people::audience(1, None).support_request,
        participant: agent().participant(),
        kind: chat::SenderKind::Agent,
        mark,
    };
    chat::ReceiptFeed::moved(&world.hub, &receipt);
    flood(&mut world, 300);
    let frames = world.run(&slow);
    assert!(matches!(frames.last(), Some(ServerFrame::Receipt { .. })), "{:?}", frames.last());
}

#[test]
fn a_client_that_sends_without_waiting_is_not_read_above_the_bound() {
    let mut world = world();
    let conn = world.connect(&customer());
    for n in 0..32 {
        assert!(may_read(&world, &conn), "{n}");
        world.send(&conn, 1, &format!("m{n}"));
    }
    assert!(!may_read(&world, &conn));
    let mut names = Vec::new();
    while let Some(job) = job(&conn) {
        if let crate::Job::Send { outgoing, .. } = &job {
            names.push(outgoing.client_message_id.to_string());
        }
        let (done, hint) = world.perform(&conn, job, None);
        world.hub.publish(&[hint.unwrap()]);
        world.hub.done(&conn, done);
    }
    assert_eq!(names, (0..32).map(|n| format!("m{n}")).collect::<Vec<_>>(), "in the order of the frames");
    assert!(may_read(&world, &conn));
}

#[test]
fn a_client_that_never_reads_its_answers_is_not_read_either() {
    let mut world = world();
    let conn = world.connect(&customer());
    let mut sent = 0;
    while may_read(&world, &conn) && sent < 10_000 {
        world.hub.receive(&conn, Inbound::Ping, world.now);
        sent += 1;
    }
    assert!(sent < 300, "{sent}");
    assert_eq!(world.read(&conn).len(), sent);
    assert!(may_read(&world, &conn));
}

#[test]
fn a_flood_of_transport_pings_is_answered_once() {
    let mut world = world();
    let conn = world.connect(&customer());
    for n in 0..10_000_u32 {
        world.hub.heard(&conn, Some(Bytes::copy_from_slice(&n.to_be_bytes())));
    }
    assert_eq!(world.out(&conn, usize::MAX), [Out::Pong(Bytes::copy_from_slice(&9_999_u32.to_be_bytes()))]);
}

#[test]
fn many_subscriptions_at_once_do_not_fill_the_queue() {
    let mut world = World::new(Limits::default());
    for n in 1..=30 {
        for entry in 0..50 {
            world.append(n, &agent(), &format!("{entry}"), None);
        }
    }
    let conn = world.connect(&customer());
    for n in 1..=30 {
        world.subscribe(&conn, n, None);
    }
    while let Some(job) = job(&conn) {
        let (done, _) = world.perform(&conn, job, None);
        world.hub.done(&conn, done);
    }
    let waiting = texts(&world.out(&conn, usize::MAX)).len();
    assert!(waiting <= 256, "{waiting}");
    let rest = world.run(&conn);
    let lives = rest.iter().filter(|frame| matches!(frame, ServerFrame::Live { .. })).count();
    assert!(lives >= 25, "{lives}");
}

#[test]
fn a_person_follows_no_more_conversations_than_the_bound() {
    let mut world = World::new(Limits { subscriptions: 2, staff_subscriptions: 3, ..Limits::default() });
    for (caller, bound) in [(customer(), 2), (agent(), 3)] {
        let conn = world.connect(&caller);
        for n in 1..=4 {
            world.subscribe(&conn, n, Some(0));
        }
        let frames = world.run(&conn);
        let started = frames.iter().filter(|frame| matches!(frame, ServerFrame::Subscribed { .. })).count();
        assert_eq!(started, bound);
        assert!(frames.iter().any(
            |frame| matches!(frame, ServerFrame::Error { code, .. } if code == "realtime.too_many_subscriptions")
        ));
        world.subscribe(&conn, 1, Some(0));
        assert_eq!(short(&world.run(&conn)), ["subscribed", "live 0"], "again is not one more");
    }
}

#[test]
fn who_asks_for_the_same_conversation_all_the_time_waits_and_is_answered_once_in_two_seconds() {
    let mut world = World::new(Limits::default());
    let conn = world.connect(&customer());
    for _ in 0..10 {
        world.subscribe(&conn, 1, Some(0));
    }
    world.hub.receive(&conn, Inbound::Ping, world.now);
    let started =
        |frames: &[ServerFrame]| frames.iter().filter(|frame| matches!(frame, ServerFrame::Subscribed { .. })).count();
    assert_eq!(started(&world.run(&conn)), 4, "some at once, as after a gap");
    let (mut later, mut seconds) = (0, 0);
    loop {
        world.pass(1);
        seconds += 1;
        let frames = world.run(&conn);
        later += started(&frames);
        if frames.iter().any(|frame| matches!(frame, ServerFrame::Pong)) {
            break;
        }
        assert!(seconds < 60, "what was said after it is answered too");
    }
    assert_eq!((later, seconds), (6, 12));
    assert!(!conn.is_closed());
}

#[test]
fn a_loop_of_subscribing_and_leaving_is_held_up_as_well() {
    let mut world = World::new(Limits::default());
    let conn = world.connect(&customer());
    for _ in 0..10 {
        world.subscribe(&conn, 1, Some(0));
        world.hub.receive(&conn, Inbound::Unsubscribe { conversation: conversation(1) }, world.now);
    }
    // One that is left before it began is answered by that alone.
    let left = |frames: &[ServerFrame]| {
        frames.iter().filter(|frame| matches!(frame, ServerFrame::Unsubscribed { .. })).count()
    };
    assert_eq!(left(&world.run(&conn)), 4);
    world.pass(2);
    assert_eq!(left(&world.run(&conn)), 1);
    world.subscribe(&conn, 2, Some(0));
    world.pass(20);
    assert_eq!(left(&world.run(&conn)), 4, "as many as at once; not all that time was saved up");
}

#[test]
fn a_node_that_stops_does_not_wait_for_who_asks_too_often() {
    let mut world = World::new(Limits::default());
    let conn = world.connect(&customer());
    for _ in 0..10 {
        world.subscribe(&conn, 1, Some(0));
    }
    world.run(&conn);
    world.hub.drain(std::time::Duration::ZERO);
    for _ in 0..2 {
        world.pass(1);
        world.run(&conn);
    }
    assert!(conn.is_closed());
}

#[test]
fn a_person_has_no_more_connections_than_the_bound() {
    let count = |caller: &Caller| {
        let mut world = World::new(Limits::default());
        let mut open = 0;
        while !{
            let conn = world.connect(caller);
            world.out(&conn, usize::MAX);
            conn.is_closed()
        } {
            open += 1;
        }
        open
    };
    assert_eq!(count(&guest(1)), 5);
    assert_eq!(count(&customer()), 20);
}

#[test]
fn a_guest_with_two_requests_has_the_connections_of_two_tokens() {
    let mut world = World::new(Limits { guest_connections: 2, ..Limits::default() });
    let all: Vec<_> = [1, 1, 2, 2].map(|n| world.connect(&guest(n))).into();
    assert!(all.iter().all(|conn| !conn.is_closed()));
    assert!(world.connect(&guest(2)).is_closed());
}

#[test]
fn who_does_not_authenticate_in_time_is_closed() {
    let mut world = world();
    let conn = world.open();
    world.pass(9);
    assert!(!conn.is_closed());
    world.pass(1);
    assert_eq!(close_of(&world, &conn), Some(Close::NotAuthenticated));
}

#[test]
fn a_client_is_pinged_and_closed_when_it_does_not_answer() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.pass(24);
    assert!(world.out(&conn, usize::MAX).is_empty());
    world.pass(1);
    assert_eq!(world.out(&conn, usize::MAX), [Out::Ping]);
    world.hub.heard(&conn, None);
    world.pass(25);
    assert_eq!(world.out(&conn, usize::MAX), [Out::Ping]);
    world.pass(9);
    assert!(!conn.is_closed());
    world.pass(1);
    assert_eq!(close_of(&world, &conn), Some(Close::NoHeartbeat));
}

#[test]
fn a_client_that_reads_nothing_for_half_a_minute_is_closed_and_its_queue_freed() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    flood(&mut world, 10);
    for _ in 0..30 {
        world.pass(1);
        world.hub.heard(&conn, None);
    }
    assert!(!conn.is_closed());
    world.pass(1);
    assert!(matches!(world.out(&conn, usize::MAX)[..], [.., Out::Close(Close::TooSlow)]));
}

#[test]
fn the_end_of_a_token_ends_the_connection() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.now = people::later();
    world.hub.tick(world.now);
    assert_eq!(close_of(&world, &conn), Some(Close::TokenEnded));
}

#[test]
fn a_closed_connection_is_told_nothing_more() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    world.hub.close(&conn, Close::Gone);
    flood(&mut world, 3);
    world.send(&conn, 1, "a");
    assert_eq!(world.out(&conn, usize::MAX), [Out::Close(Close::Gone)]);
    assert!(world.out(&conn, usize::MAX).is_empty(), "and once");
}

#[test]
fn each_close_has_its_own_code_and_a_short_reason() {
    let mut codes = Close::ALL.map(Close::code);
    assert!(codes.is_sorted());
    assert!(Close::ALL.iter().all(|close| close.reason().len() <= 123));
    codes.sort_unstable();
    assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
}
