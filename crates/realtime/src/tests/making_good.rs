//! What was given up under load, or could not be read, and how it is made good.

use std::sync::Arc;

use chat::{ReadMark, Receipt, ReceiptFeed, SenderKind, Seq};
use support_request::RequestFeed;

use super::{
    behaviour::short,
    people::{self, agent, audience, customer, id},
    presence::change,
    world::{World, job, may_read},
};
use crate::{Conn, Inbound, Job, Limits, MarkKind, ServerFrame};

fn receipt(read: u64) -> Receipt {
    Receipt {
        organization: people::organization(),
        conversation: people::conversation(1),
        support_request: audience(1, None).support_request,
        participant: agent().participant(),
        kind: SenderKind::Agent,
        mark: ReadMark { delivered_seq: Seq::new(read), read_seq: Seq::new(read), read_at: None },
    }
}

#[test]
fn marks_that_were_read_before_newer_ones_were_given_up_are_not_told_as_the_last_word() {
    let mut world = World::new(Limits { queue_frames: 8, queue_low: 4, ..Limits::default() });
    let conn = world.follow(&customer(), 1, Some(0));
    world.append(1, &agent(), "swallowed", None);
    world.hub.heads(&world.heads());
    let page = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, page, None);
    // The agent reads on, and what tells it is given up, while the older page is on its way.
    world.marks = 5;
    for _ in 0..9 {
        world.hub.moved(&receipt(5));
    }
    world.hub.done(&conn, done);
    let frames = world.run(&conn);
    let last = frames.iter().rev().find_map(|frame| match frame {
        ServerFrame::Receipt { read_seq, .. } => Some(read_seq.get()),
        _ => None,
    });
    assert_eq!(last, Some(5), "{frames:?}");
    assert!(frames.iter().all(|frame| !matches!(frame, ServerFrame::Receipt { read_seq, .. } if read_seq.get() < 5)));
    assert!(short(&frames).contains(&"message 1".to_owned()));
}

#[test]
fn many_requests_that_leave_a_sight_are_one_resync() {
    let mut world = World::new(Limits::default());
    let conn = world.connect(&agent());
    world.read(&conn);
    for _ in 0..1_000 {
        world.hub.changed(&change(Some(kernel::UserId::new(id(21)))));
    }
    assert_eq!(short(&world.run(&conn)), ["resync"]);
}

#[test]
fn a_resync_waits_for_a_client_that_does_not_read() {
    let mut world = World::new(Limits { queue_low: 2, ..Limits::default() });
    let conn = world.follow(&agent(), 1, Some(0));
    super::bounds::flood(&mut world, 6);
    world.hub.changed(&change(Some(kernel::UserId::new(id(21)))));
    let frames = short(&world.run(&conn));
    assert_eq!(frames.iter().filter(|frame| *frame == "resync").count(), 1, "{frames:?}");
    assert!(world.run(&conn).is_empty());
}

fn mark(world: &World, conn: &Arc<Conn>, read: bool, n: u128, seq: u64) {
    let (conversation, seq) = (people::conversation(n), Seq::new(seq));
    let inbound = if read { Inbound::Read { conversation, seq } } else { Inbound::Delivered { conversation, seq } };
    world.hub.receive(conn, inbound, world.now);
}

#[test]
fn of_many_marks_the_highest_is_stored() {
    let mut world = World::new(Limits::default());
    let conn = world.connect(&customer());
    for seq in 1..=100 {
        assert!(may_read(&world, &conn), "what is merged does not wait");
        mark(&world, &conn, true, 1, seq);
        mark(&world, &conn, false, 1, 101 - seq);
        mark(&world, &conn, true, 2, 7);
    }
    let mut stored = Vec::new();
    while let Some(job) = job(&conn) {
        let Job::Mark { conversation, kind, seq, .. } = &job else { panic!("{job:?}") };
        let n = conversation.uuid().as_u128() - 0xc000;
        stored.push((n, *kind == MarkKind::Read, seq.get()));
        let (done, _) = world.perform(&conn, job, None);
        world.hub.done(&conn, done);
    }
    assert_eq!(stored, [(1, true, 1), (1, false, 100), (2, true, 7), (1, true, 100)]);
    mark(&world, &conn, true, 1, 3);
    assert!(matches!(job(&conn), Some(Job::Mark { .. })), "the store decides that a mark never moves back");
}

#[test]
fn a_mark_that_fails_is_told_and_the_next_one_still_goes() {
    let mut world = World::new(Limits::default());
    let conn = world.connect(&customer());
    mark(&world, &conn, true, 1, 1);
    mark(&world, &conn, true, 1, 2);
    let first = job(&conn).unwrap();
    world.fail(&conn, first);
    assert!(matches!(job(&conn), Some(Job::Mark { seq, .. }) if seq.get() == 2));
    assert_eq!(short(&world.read(&conn)), ["error"]);
}

#[test]
fn an_ack_does_not_wait_for_ever_for_entries_that_cannot_be_read() {
    let mut world = World::new(Limits::default());
    let conn = world.follow(&customer(), 1, Some(0));
    world.append(1, &agent(), "swallowed", None);
    world.send(&conn, 1, "mine");
    let send = job(&conn).unwrap();
    let (done, hint) = world.perform(&conn, send, None);
    world.hub.publish(&[hint.unwrap()]);
    world.hub.done(&conn, done);
    for failures in 1..=3 {
        assert!(world.read(&conn).is_empty(), "{failures}");
        let page = job(&conn).unwrap();
        world.fail(&conn, page);
        if failures < 3 {
            world.pass(1);
        }
    }
    assert_eq!(short(&world.read(&conn)), ["ack 2"], "it is durable, whatever the client can be told around it");
    // From then on answers do not wait for the log to be readable again.
    world.send(&conn, 1, "next");
    let send = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, send, None);
    world.hub.done(&conn, done);
    assert_eq!(short(&world.read(&conn)), ["ack 3"]);
    world.pass(1);
    let frames = world.run(&conn);
    assert_eq!(short(&frames), ["message 1", "message 2", "message 3"], "each entry still comes at its place");
    let hint = world.append(1, &agent(), "later", None);
    world.hub.publish(&[hint]);
    assert_eq!(short(&world.run(&conn)), ["message 4"]);
}
