//! What time does to a connection: pings, silence, tokens that are looked at for too long.

use std::{sync::Arc, time::Duration};

use kernel::{RefusalKind, Secret};

use super::{
    behaviour::{authenticate, refuse, short},
    bounds::flood,
    people::customer,
    world::{World, job, may_read, texts},
};
use crate::{Close, Conn, Inbound, Limits, Out};

fn world() -> World {
    World::new(Limits::default())
}

/// The close, when the end has been decided; what waits before it is passed over.
fn close_of(world: &World, conn: &Arc<Conn>) -> Option<Close> {
    let out = world.out(conn, usize::MAX);
    out.iter().find_map(|out| if let Out::Close(close) = out { Some(*close) } else { None })
}

#[test]
fn the_time_to_answer_a_ping_begins_when_the_ping_leaves() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.pass(25);
    world.pass(12);
    assert!(!conn.is_closed(), "the socket has not taken the ping yet");
    assert_eq!(world.out(&conn, usize::MAX), [Out::Ping]);
    world.pass(9);
    assert!(!conn.is_closed());
    world.pass(1);
    assert_eq!(close_of(&world, &conn), Some(Close::NoHeartbeat));
}

#[test]
fn a_client_that_reads_nothing_is_too_slow_and_not_silent() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    flood(&mut world, 10);
    for _ in 0..70 {
        world.pass(1);
    }
    assert!(matches!(world.out(&conn, usize::MAX)[..], [.., Out::Close(Close::TooSlow)]));
}

#[test]
fn a_slow_client_has_no_more_time_to_answer_than_others() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    flood(&mut world, 40);
    world.pass(25);
    assert!(world.out(&conn, 1).contains(&Out::Ping), "with the first of many frames");
    world.pass(9);
    assert!(!conn.is_closed());
    world.out(&conn, 1);
    world.pass(1);
    assert_eq!(close_of(&world, &conn), Some(Close::NoHeartbeat));
}

#[test]
fn a_client_that_says_nothing_at_all_is_given_up_even_if_a_socket_takes_what_is_sent() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    let mut seconds = 0;
    while !conn.is_closed() && seconds < 1_000 {
        flood(&mut world, 1);
        world.out(&conn, usize::MAX);
        world.pass(5);
        seconds += 5;
    }
    assert_eq!(close_of(&world, &conn), Some(Close::NoHeartbeat));
    assert_eq!(seconds, 35, "a line may swallow what nobody reads");
}

#[test]
fn a_connection_that_is_drained_is_not_asked_for_a_sign_of_life() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    let send = job(&conn).unwrap();
    world.pass(25);
    assert_eq!(world.out(&conn, usize::MAX), [Out::Ping]);
    world.hub.drain(Duration::ZERO);
    assert_eq!(short(&world.read(&conn)), ["bye"]);
    assert!(!may_read(&world, &conn), "so that no pong can be heard");
    world.pass(12);
    world.pass(13);
    assert!(!conn.is_closed());
    let (done, _) = world.perform(&conn, send, None);
    world.hub.done(&conn, done);
    let out = world.out(&conn, usize::MAX);
    assert_eq!(short(&texts(&out)), ["ack 1"]);
    assert_eq!(out[1..], [Out::Close(Close::Restart)], "no ping either");
}

#[test]
fn a_part_that_is_down_while_a_token_is_looked_at_sends_the_client_back_and_not_away() {
    use RefusalKind::{Internal, StorageFull, Unauthenticated, Unavailable};
    for (kind, close) in [
        (Unavailable, Close::Restart),
        (Internal, Close::Restart),
        (StorageFull, Close::Restart),
        (RefusalKind::TooMany(Duration::from_secs(1)), Close::TooFast),
        (RefusalKind::Forbidden, Close::NotAuthenticated),
    ] {
        let mut world = world();
        let conn = world.open();
        authenticate(&world, &conn);
        refuse(&world, &conn, kind, "unavailable");
        assert_eq!(short(&world.read(&conn)), ["error"]);
        world.pass(9);
        assert!(!conn.is_closed(), "it may try again");
        world.pass(1);
        assert_eq!(close_of(&world, &conn), Some(close), "{kind:?}");

        let conn = world.open();
        authenticate(&world, &conn);
        world.subscribe(&conn, 1, Some(0));
        refuse(&world, &conn, kind, "unavailable");
        let out = world.out(&conn, usize::MAX);
        assert_eq!(short(&texts(&out)), ["error"]);
        assert_eq!(out.last(), Some(&Out::Close(close)), "{kind:?}, with a frame behind the token");
    }
    // A second, bad token is the client's own fault again.
    let world = &mut world();
    let conn = world.open();
    authenticate(world, &conn);
    refuse(world, &conn, Unavailable, "unavailable");
    authenticate(world, &conn);
    refuse(world, &conn, Unauthenticated, "identity.not_authenticated");
    assert_eq!(close_of(world, &conn), Some(Close::NotAuthenticated));
}

#[test]
fn a_token_that_is_still_looked_at_when_the_time_is_up_is_no_bad_token() {
    let mut world = world();
    let conn = world.open();
    authenticate(&world, &conn);
    assert!(job(&conn).is_some());
    world.pass(10);
    assert_eq!(close_of(&world, &conn), Some(Close::Restart));
}

#[test]
fn nothing_is_read_of_somebody_whose_first_token_is_looked_at() {
    let mut world = world();
    let conn = world.open();
    assert!(may_read(&world, &conn));
    authenticate(&world, &conn);
    assert!(!may_read(&world, &conn), "31 frames of 64 KiB could wait otherwise");
    assert!(job(&conn).is_some());
    world.admit(&conn, &customer());
    assert!(may_read(&world, &conn));
    world.hub.receive(&conn, Inbound::Authenticate { token: Secret::new("renewed") }, world.now);
    assert!(may_read(&world, &conn), "who is known goes on while renewing");
}
