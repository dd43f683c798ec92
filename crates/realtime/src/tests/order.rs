//! The order of one connection's sends, also when one of them fails.

use std::sync::Arc;

use chat::ChatError;
use kernel::PortError;

use super::{
    people::{self, agent, customer},
    world::{Fault, World, job},
};
use crate::{Close, Conn, Done, Inbound, Job, Limits, Out, ServerFrame};

fn world() -> World {
    World::new(Limits::default())
}

/// Answers in short: the word or the code, and the send's name.
fn answers(frames: &[ServerFrame]) -> Vec<String> {
    let word = |frame: &ServerFrame| match frame {
        ServerFrame::Ack { client_message_id: Some(name), .. } => format!("ack {name}"),
        ServerFrame::Ack { message_id, .. } => format!("ack of {message_id}"),
        ServerFrame::Nack { client_message_id: Some(name), code, .. } => format!("{code} {name}"),
        ServerFrame::Nack { message_id: Some(message), code, .. } => format!("{code} of {message}"),
        other => panic!("{other:?}"),
    };
    frames.iter().map(word).collect()
}

fn stored(world: &World, n: u128) -> Vec<String> {
    let log = world.logs.get(&people::conversation(n)).map(Vec::as_slice).unwrap_or_default();
    log.iter().map(|one| one.entry.message.client_message_id.as_ref().unwrap().to_string()).collect()
}

/// Performs the next job, which must be this send.
fn perform(world: &mut World, conn: &Arc<Conn>, name: &str, fault: Option<Fault>) {
    let send = job(conn).unwrap();
    assert!(matches!(&send, Job::Send { outgoing, .. } if outgoing.client_message_id.as_str() == name), "{send:?}");
    let (done, _) = world.perform(conn, send, fault);
    world.hub.done(conn, done);
}

fn abandon(world: &World, conn: &Arc<Conn>, n: u128, name: &str) {
    let inbound = Inbound::Abandon { conversation: people::conversation(n), client_message_id: name.to_owned() };
    world.hub.receive(conn, inbound, world.now);
}

#[test]
fn after_a_send_that_may_be_retried_later_ones_are_refused_until_it_is_sent_again() {
    for fault in [Fault::Refused, Fault::Unknown] {
        let mut world = world();
        let conn = world.connect(&customer());
        for name in ["a", "b", "c"] {
            world.send(&conn, 1, name);
        }
        perform(&mut world, &conn, "a", None);
        perform(&mut world, &conn, "b", Some(fault));
        assert!(job(&conn).is_none(), "what waited behind it does not go");
        let code = if fault == Fault::Refused { "unavailable" } else { "unknown" };
        let frames = world.read(&conn);
        assert_eq!(answers(&frames), ["ack a".to_owned(), format!("{code} b"), "prior_failed c".to_owned()]);
        let ServerFrame::Nack { reference, message, retry, .. } = &frames[2] else { unreachable!() };
        assert_eq!((reference.as_deref(), &**message, *retry), (Some("r-c"), "en:prior_failed", true));
        world.send(&conn, 1, "d");
        assert_eq!(answers(&world.run(&conn)), ["prior_failed d"]);
        for name in ["b", "c", "d"] {
            world.send(&conn, 1, name);
        }
        assert_eq!(answers(&world.run(&conn)), ["ack b", "ack c", "ack d"]);
        assert_eq!(stored(&world, 1), ["a", "b", "c", "d"]);
    }
}

#[test]
fn a_send_waits_for_the_answer_of_the_one_before_it_in_the_same_conversation_only() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    world.send(&conn, 1, "b");
    world.send(&conn, 2, "elsewhere");
    let first = job(&conn).unwrap();
    perform(&mut world, &conn, "elsewhere", None);
    assert_eq!(answers(&world.read(&conn)), ["ack elsewhere"]);
    assert!(job(&conn).is_none());
    // The hint is an answer as good as the log's own.
    let (done, hint) = world.perform(&conn, first, None);
    world.hub.publish(&[hint.unwrap()]);
    perform(&mut world, &conn, "b", None);
    world.hub.done(&conn, done);
    assert_eq!(answers(&world.run(&conn)), ["ack a", "ack b"]);
}

#[test]
fn another_conversation_and_another_connection_are_not_held_up_by_a_failed_send() {
    let mut world = world();
    let (conn, other) = (world.connect(&customer()), world.connect(&customer()));
    world.send(&conn, 1, "a");
    perform(&mut world, &conn, "a", Some(Fault::Refused));
    world.read(&conn);
    world.send(&conn, 2, "b");
    assert_eq!(answers(&world.run(&conn)), ["ack b"]);
    world.send(&other, 1, "c");
    assert_eq!(answers(&world.run(&other)), ["ack c"]);
}

#[test]
fn a_failed_send_that_is_given_up_lets_later_ones_through() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    perform(&mut world, &conn, "a", Some(Fault::Refused));
    assert_eq!(answers(&world.read(&conn)), ["unavailable a"]);
    abandon(&world, &conn, 2, "a");
    abandon(&world, &conn, 1, "b");
    world.send(&conn, 1, "b");
    assert_eq!(answers(&world.run(&conn)), ["prior_failed b"], "another one was given up");
    abandon(&world, &conn, 1, "a");
    world.send(&conn, 1, "b");
    assert_eq!(answers(&world.run(&conn)), ["ack b"]);
}

#[test]
fn a_send_that_is_refused_for_good_holds_up_nothing() {
    let mut world = world();
    let conn = world.connect(&customer());
    for error in [ChatError::Closed, ChatError::IdempotencyMismatch, ChatError::ConversationNotFound] {
        world.send(&conn, 1, "a");
        world.send(&conn, 1, "b");
        let Some(Job::Send { ticket, .. }) = job(&conn) else { panic!() };
        world.hub.done(&conn, Done::Sent { ticket, result: Err(error) });
        assert_eq!(answers(&world.run(&conn))[1..], ["ack b"]);
    }
}

#[test]
fn the_failed_send_is_found_among_those_that_wait_behind_it() {
    let mut world = world();
    let conn = world.connect(&customer());
    for name in ["a", "b", "a", "c"] {
        world.send(&conn, 1, name);
    }
    perform(&mut world, &conn, "a", Some(Fault::Refused));
    assert_eq!(answers(&world.run(&conn)), ["unavailable a", "prior_failed b", "ack a", "ack c"]);
}

#[test]
fn the_failed_send_comes_again_with_a_fault_of_its_own_and_is_answered_for_good() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    perform(&mut world, &conn, "a", Some(Fault::Refused));
    let broken = Inbound::Send {
        reference: None,
        conversation: people::conversation(1),
        client_message_id: "a".to_owned(),
        content: String::new(),
        in_reply_to: None,
        attachments: Vec::new(),
    };
    world.hub.receive(&conn, broken, world.now);
    world.send(&conn, 1, "b");
    assert_eq!(answers(&world.run(&conn)), ["unavailable a", "invalid a", "ack b"]);
}

#[test]
fn a_client_that_leaves_failed_sends_behind_everywhere_is_closed() {
    let mut world = World::new(Limits { subscriptions: 3, staff_subscriptions: 5, ..Limits::default() });
    for (caller, bound) in [(customer(), 3), (agent(), 5)] {
        let conn = world.connect(&caller);
        for n in 1..=bound + 1 {
            assert!(!conn.is_closed(), "{n}");
            world.send(&conn, n, "a");
            perform(&mut world, &conn, "a", Some(Fault::Refused));
        }
        assert!(matches!(world.out(&conn, usize::MAX)[..], [.., Out::Close(Close::TooFast)]));
    }
}

#[test]
fn what_waits_is_answered_before_a_node_stops() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    world.send(&conn, 1, "b");
    world.hub.drain(std::time::Duration::ZERO);
    perform(&mut world, &conn, "a", None);
    assert!(!conn.is_closed());
    perform(&mut world, &conn, "b", None);
    assert!(conn.is_closed());
    let frames = super::world::texts(&world.out(&conn, usize::MAX));
    assert_eq!(answers(&frames[1..]), ["ack a", "ack b"]);
}

fn refuse(world: &World, conn: &Arc<Conn>, error: ChatError) {
    let Some(Job::Send { ticket, .. }) = job(conn) else { panic!() };
    world.hub.done(conn, Done::Sent { ticket, result: Err(error) });
}

fn too_fast() -> ChatError {
    ChatError::RateLimited(std::time::Duration::from_micros(1_200_500))
}

#[test]
fn a_send_over_the_budget_says_when_to_come_again_and_holds_up_nothing() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    world.send(&conn, 1, "b");
    refuse(&world, &conn, too_fast());
    let frames = world.run(&conn);
    assert_eq!(answers(&frames), ["rate_limited a", "ack b"]);
    let ServerFrame::Nack { retry, retry_after_ms, .. } = &frames[0] else { unreachable!() };
    assert_eq!((*retry, *retry_after_ms), (true, Some(1_201)), "never too early");
}

#[test]
fn three_times_over_the_budget_within_the_window_closes() {
    let mut world = world();
    let conn = world.connect(&customer());
    let over = |world: &World| {
        world.send(&conn, 1, "a");
        refuse(world, &conn, too_fast());
        world.out(&conn, usize::MAX)
    };
    for _ in 0..4 {
        over(&world);
        world.pass(5);
        world.hub.heard(&conn, None);
        assert!(!conn.is_closed(), "each third one comes after more than the window");
    }
    world.pass(6);
    for _ in 0..2 {
        over(&world);
        assert!(!conn.is_closed());
    }
    let out = over(&world);
    assert!(matches!(out[..], [Out::Text(_), Out::Close(Close::TooFast)]), "answered, then closed: {out:?}");
}

#[test]
fn a_part_that_is_down_is_not_the_clients_haste() {
    let mut world = world();
    let conn = world.connect(&customer());
    for _ in 0..10 {
        world.send(&conn, 1, "a");
        refuse(&world, &conn, PortError::unavailable("down").into());
        world.out(&conn, usize::MAX);
    }
    assert!(!conn.is_closed());
}

/// Performs the next job, which must revise a message.
fn perform_revision(world: &mut World, conn: &Arc<Conn>, fault: Option<Fault>) {
    let revision = job(conn).unwrap();
    assert!(matches!(&revision, Job::Revise { .. }), "{revision:?}");
    let (done, _) = world.perform(conn, revision, fault);
    world.hub.done(conn, done);
}

#[test]
fn an_edit_waits_for_the_send_before_it_and_a_send_for_the_edit() {
    let mut world = world();
    let id = world.append(1, &customer(), "first", None).entry.message.id;
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    world.revise(&conn, 1, id, Some("better"), "e");
    world.send(&conn, 1, "b");
    perform(&mut world, &conn, "a", None);
    perform_revision(&mut world, &conn, None);
    perform(&mut world, &conn, "b", None);
    let wanted = ["ack a".to_owned(), format!("ack of {id}"), "ack b".to_owned()];
    assert_eq!(answers(&world.read(&conn)), wanted);
    let log = &world.logs[&people::conversation(1)];
    assert_eq!(log.iter().filter(|one| one.entry.change == chat::Change::Edited).count(), 1);
    assert_eq!(log[2].entry.change, chat::Change::Edited);
}

#[test]
fn an_edit_behind_a_failed_send_is_held_up_and_a_failed_edit_holds_up_nothing() {
    let mut world = world();
    let id = world.append(1, &customer(), "first", None).entry.message.id;
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    world.revise(&conn, 1, id, Some("better"), "waits");
    perform(&mut world, &conn, "a", Some(Fault::Refused));
    world.revise(&conn, 1, id, None, "comes later");
    let held_up = format!("prior_failed of {id}");
    assert_eq!(answers(&world.run(&conn)), ["unavailable a".to_owned(), held_up.clone(), held_up]);
    world.send(&conn, 1, "a");
    for fault in [Fault::Refused, Fault::Unknown] {
        world.revise(&conn, 1, id, Some("better"), "fails");
        world.send(&conn, 1, "b");
        while let Some(next) = job(&conn) {
            let fault = matches!(next, Job::Revise { .. }).then_some(fault);
            let (done, _) = world.perform(&conn, next, fault);
            world.hub.done(&conn, done);
        }
    }
    let failed = |code: &str| format!("{code} of {id}");
    let wanted = ["ack a".to_owned(), failed("unavailable"), "ack b".into(), failed("unknown"), "ack b".into()];
    assert_eq!(answers(&world.run(&conn)), wanted);
}

#[test]
fn revisions_over_the_budget_count_as_sends_do() {
    let mut world = world();
    let id = world.append(1, &customer(), "first", None).entry.message.id;
    let conn = world.connect(&customer());
    for _ in 0..3 {
        assert!(!conn.is_closed());
        world.revise(&conn, 1, id, Some("better"), "e");
        let Some(Job::Revise { ticket, .. }) = job(&conn) else { panic!() };
        world.hub.done(&conn, Done::Revised { ticket, result: Err(too_fast()) });
    }
    assert!(matches!(world.out(&conn, usize::MAX)[..], [.., Out::Close(Close::TooFast)]));
}
