//! What a client is told, case by case.

use std::time::Duration;

use chat::{ChatError, Head, Seq};
use kernel::{Caller, GuestTokenId, PortError, Role, Secret, SessionId};
use serde_json::Value;

use super::{
    people::{self, agent, customer, guest, id, supervisor, user},
    world::{Fault, World, job, may_read, texts},
};
use crate::{Close, Conn, Done, Inbound, Job, Limits, Out, Revoked, ServerFrame};

fn world() -> World {
    World::new(Limits::default())
}

/// Frames in short: the type, and the place where there is one.
pub(super) fn short(frames: &[ServerFrame]) -> Vec<String> {
    let word = |frame: &ServerFrame| {
        let value = serde_json::to_value(frame).unwrap();
        let kind = value["type"].as_str().unwrap().to_owned();
        match &value["seq"] {
            Value::Null => kind,
            seq => format!("{kind} {seq}"),
        }
    };
    frames.iter().map(word).collect()
}

fn closed(world: &World, conn: &std::sync::Arc<Conn>) -> Option<Close> {
    let out = world.out(conn, usize::MAX);
    out.iter().find_map(|out| if let Out::Close(close) = out { Some(*close) } else { None })
}

pub(super) fn authenticate(world: &World, conn: &std::sync::Arc<Conn>) {
    world.hub.receive(conn, Inbound::Authenticate { token: Secret::new("t") }, world.now);
}

#[derive(Debug)]
struct Refused(kernel::RefusalKind, &'static str);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.1)
    }
}

impl std::error::Error for Refused {}

impl kernel::Refusal for Refused {
    fn kind(&self) -> kernel::RefusalKind {
        self.0
    }
    fn code(&self) -> &'static str {
        self.1
    }
}

pub(super) fn refuse(world: &World, conn: &std::sync::Arc<Conn>, kind: kernel::RefusalKind, code: &'static str) {
    assert!(matches!(job(conn), Some(Job::Authenticate { .. })));
    let revocations = world.hub.revocations();
    world.hub.done(conn, Done::Authenticated { revocations, result: Err(Box::new(Refused(kind, code))) });
}

#[test]
fn a_frame_before_a_token_ends_the_connection() {
    for inbound in [Inbound::Ping, Inbound::Typing { conversation: people::conversation(1), is_typing: true }] {
        let mut world = world();
        let conn = world.open();
        world.hub.receive(&conn, inbound, world.now);
        assert_eq!(closed(&world, &conn), Some(Close::NotAuthenticated));
    }
}

#[test]
fn frames_wait_until_it_is_known_who_sends_them() {
    let mut world = world();
    let conn = world.open();
    authenticate(&world, &conn);
    world.subscribe(&conn, 1, Some(0));
    world.send(&conn, 1, "a");
    assert!(matches!(job(&conn), Some(Job::Authenticate { .. })));
    assert!(job(&conn).is_none(), "nothing starts for somebody unknown");
    world.admit(&conn, &customer());
    let frames = short(&world.run(&conn));
    assert_eq!(frames[0], "welcome");
    assert!(frames.contains(&"ack 1".to_owned()), "{frames:?}");
}

#[test]
fn a_bad_token_ends_the_connection_and_a_part_that_is_down_does_not() {
    use kernel::RefusalKind::{Unauthenticated, Unavailable};
    for (code, close) in [
        ("identity.not_authenticated", Close::NotAuthenticated),
        ("identity.token_expired", Close::TokenEnded),
        ("identity.token_revoked", Close::TokenEnded),
    ] {
        let mut world = world();
        let conn = world.open();
        authenticate(&world, &conn);
        refuse(&world, &conn, Unauthenticated, code);
        let out = world.out(&conn, usize::MAX);
        assert_eq!(short(&texts(&out)), ["error"]);
        assert_eq!(out.last(), Some(&Out::Close(close)), "{code}");
    }
    let mut world = world();
    let conn = world.open();
    authenticate(&world, &conn);
    refuse(&world, &conn, Unavailable, "unavailable");
    assert_eq!(short(&world.read(&conn)), ["error"]);
    authenticate(&world, &conn);
    assert!(matches!(job(&conn), Some(Job::Authenticate { .. })));
    world.admit(&conn, &customer());
    assert_eq!(short(&world.read(&conn)), ["welcome"]);
}

#[test]
fn a_fresh_token_prolongs_a_connection_and_another_persons_ends_it() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.now = people::later() - Duration::from_secs(1);
    authenticate(&world, &conn);
    let Caller::User(mut renewed) = customer() else { unreachable!() };
    renewed.expires_at = people::later() + Duration::from_mins(15);
    job(&conn).unwrap();
    world.admit(&conn, &Caller::User(renewed.clone()));
    assert_eq!(short(&world.read(&conn)), ["welcome"]);
    world.hub.heard(&conn, None);
    world.now = people::later() + Duration::from_secs(1);
    world.hub.tick(world.now);
    assert!(!conn.is_closed());

    authenticate(&world, &conn);
    job(&conn).unwrap();
    world.admit(&conn, &user(11, Role::Customer));
    assert_eq!(closed(&world, &conn), Some(Close::NotAuthenticated));
}

#[test]
fn a_token_that_failed_to_renew_leaves_the_connection_its_time() {
    let mut world = world();
    let conn = world.connect(&customer());
    authenticate(&world, &conn);
    refuse(&world, &conn, kernel::RefusalKind::Unauthenticated, "identity.not_authenticated");
    assert_eq!(short(&world.read(&conn)), ["error"]);
    assert!(!conn.is_closed());
    world.now = people::later();
    world.hub.tick(world.now);
    assert_eq!(closed(&world, &conn), Some(Close::TokenEnded));
}

#[test]
fn a_subscription_replays_what_is_missing_then_says_live_then_pushes() {
    let mut world = world();
    for n in 1..=5 {
        world.append(1, &agent(), &format!("a{n}"), None);
    }
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(2));
    assert_eq!(short(&world.run(&conn)), ["subscribed", "message 3", "message 4", "message 5", "live 5"]);
    let hint = world.append(1, &agent(), "a6", None);
    world.hub.publish(std::slice::from_ref(&hint));
    world.hub.publish(&[hint]);
    assert_eq!(short(&world.read(&conn)), ["message 6"], "once");
}

#[test]
fn a_replay_comes_in_pages_and_misses_nothing_that_is_committed_meanwhile() {
    let mut world = world();
    for n in 1..=450 {
        world.append(1, &agent(), &format!("a{n}"), None);
    }
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(0));
    let subscribe = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, subscribe, None);
    world.hub.done(&conn, done);
    let page = job(&conn).unwrap();
    assert!(matches!(&page, Job::Page { asked, .. } if asked.limit == 200));
    let (done, _) = world.perform(&conn, page, None);
    let hint = world.append(1, &agent(), "late", None);
    world.hub.publish(&[hint]);
    world.hub.done(&conn, done);
    let frames = world.read(&conn);
    assert_eq!(frames.len(), 201, "subscribed and a page");
    let rest = short(&world.run(&conn));
    assert_eq!(rest.len(), 252);
    assert_eq!(rest[0], "message 201");
    assert_eq!(rest[250..], ["message 451", "live 451"]);
}

#[test]
fn a_fresh_subscription_starts_with_the_last_fifty() {
    let mut world = world();
    for n in 1..=60 {
        world.append(1, &agent(), &format!("a{n}"), None);
    }
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, None);
    let frames = short(&world.run(&conn));
    assert_eq!(frames.len(), 52);
    assert_eq!((&*frames[0], &*frames[1], &*frames[51]), ("subscribed", "message 11", "live 60"));
}

#[test]
fn a_position_that_cannot_be_honoured_starts_afresh_with_the_reason() {
    let mut world = world();
    world.append(1, &agent(), "a", None);
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(9));
    let frames = world.run(&conn);
    assert_eq!(short(&frames), ["reset", "subscribed", "message 1", "live 1"]);
    assert!(matches!(&frames[0], ServerFrame::Reset { reason, .. } if reason == "ahead"));
    let inbound = Inbound::Subscribe {
        reference: None,
        conversation: people::conversation(1),
        epoch: Some(chat::Epoch::new(id(99))),
        after: Some(Seq::new(1)),
    };
    world.hub.receive(&conn, inbound, world.now);
    let frames = world.run(&conn);
    assert!(matches!(&frames[0], ServerFrame::Reset { reason, .. } if reason == "epoch_changed"));
    assert_eq!(short(&frames)[1..], ["subscribed", "message 1", "live 1"]);
}

#[test]
fn what_one_may_not_see_looks_as_if_it_were_not_there() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(0));
    let Some(Job::Subscribe { conversation, generation, .. }) = job(&conn) else { panic!() };
    let result = Err(ChatError::ConversationNotFound);
    world.hub.done(&conn, Done::Subscribed { conversation, generation, result });
    let frames = world.run(&conn);
    assert!(matches!(&frames[..], [ServerFrame::Reset { reason, .. }] if reason == "forbidden"), "{frames:?}");
    assert!(world.hub.watched().is_empty());
    let hint = world.append(1, &agent(), "a", None);
    world.hub.publish(&[hint]);
    assert!(world.read(&conn).is_empty());
}

#[test]
fn a_log_that_cannot_be_read_at_first_is_read_at_the_next_tick() {
    let mut world = world();
    world.append(1, &agent(), "a", None);
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(0));
    let subscribe = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, subscribe, None);
    world.hub.done(&conn, done);
    let Some(Job::Page { conversation, asked, .. }) = job(&conn) else { panic!() };
    let result = Err(ChatError::Port(PortError::unavailable("down")));
    world.hub.done(&conn, Done::Page { conversation, asked, result });
    assert!(job(&conn).is_none(), "not at once again");
    world.pass(1);
    assert_eq!(short(&world.run(&conn)), ["subscribed", "message 1", "live 1"]);
}

#[test]
fn the_ack_takes_the_place_of_the_message_whichever_word_comes_first() {
    for hint_first in [true, false] {
        let mut world = world();
        let conn = world.follow(&customer(), 1, Some(0));
        let other = world.follow(&customer(), 1, Some(0));
        let reader = world.follow(&agent(), 1, Some(0));
        for conn in [&conn, &other, &reader] {
            world.read(conn);
        }
        world.send(&conn, 1, "a");
        let send = job(&conn).unwrap();
        let (done, hint) = world.perform(&conn, send, None);
        let after = world.append(1, &agent(), "b", None);
        if hint_first {
            world.hub.publish(&[hint.unwrap(), after]);
            world.hub.done(&conn, done);
        } else {
            world.hub.done(&conn, done);
            world.hub.publish(&[hint.unwrap(), after]);
        }
        let frames = world.run(&conn);
        assert_eq!(short(&frames), ["ack 1", "message 2"], "hint first: {hint_first}");
        assert!(
            matches!(&frames[0], ServerFrame::Ack { reference: Some(reference), duplicate: false, .. } if reference == "r-a")
        );
        let names = |frames: Vec<ServerFrame>| {
            let ServerFrame::Message { message, .. } = &frames[0] else { panic!() };
            message.client_message_id.clone()
        };
        assert_eq!(names(world.run(&other)), Some("a".to_owned()), "the sender's other connection");
        assert_eq!(names(world.run(&reader)), None, "others are not told the sender's name for it");
    }
}

#[test]
fn an_ack_waits_for_the_entries_before_it() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    let swallowed = world.append(1, &agent(), "swallowed", None);
    drop(swallowed);
    world.send(&conn, 1, "a");
    let send = job(&conn).unwrap();
    let (done, hint) = world.perform(&conn, send, None);
    world.hub.publish(&[hint.unwrap()]);
    world.hub.done(&conn, done);
    assert!(world.read(&conn).is_empty());
    assert_eq!(short(&world.run(&conn)), ["message 1", "ack 2"]);
}

#[test]
fn a_sender_that_does_not_follow_gets_the_ack_alone() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    assert_eq!(short(&world.run(&conn)), ["ack 1"]);
    world.send(&conn, 1, "a");
    let frames = world.run(&conn);
    assert!(matches!(&frames[..], [ServerFrame::Ack { duplicate: true, seq, .. }] if seq.get() == 1), "{frames:?}");
}

#[test]
fn each_of_two_equal_sends_is_answered() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    world.send(&conn, 1, "a");
    world.send(&conn, 1, "a");
    let duplicate = |frame| match frame {
        ServerFrame::Ack { duplicate, .. } => duplicate,
        other => panic!("{other:?}"),
    };
    let duplicates: Vec<_> = world.run(&conn).into_iter().map(duplicate).collect();
    assert_eq!(duplicates, [false, true]);
}

#[test]
fn a_send_that_fails_is_nacked_with_a_reason_and_whether_to_retry() {
    let mut world = world();
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    let send = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, send, Some(Fault::Refused));
    world.hub.done(&conn, done);
    let frames = world.read(&conn);
    let ServerFrame::Nack { reference, code, message, retry, retry_after_ms, .. } = &frames[0] else { panic!() };
    assert_eq!((reference.as_deref(), &**code, &**message), (Some("r-a"), "unavailable", "en:unavailable"));
    assert_eq!((*retry, *retry_after_ms), (true, Some(1_000)));

    world.send(&conn, 2, "b");
    let Some(Job::Send { ticket, .. }) = job(&conn) else { panic!() };
    world.hub.done(&conn, Done::Sent { ticket, result: Err(ChatError::Closed) });
    let frames = world.read(&conn);
    assert!(
        matches!(&frames[..], [ServerFrame::Nack { code, retry: false, retry_after_ms: None, .. }] if code == "closed")
    );
}

#[test]
fn what_breaks_the_rules_of_a_message_is_nacked_and_what_is_not_there_yet_is_an_error() {
    let mut world = world();
    let conn = world.connect(&customer());
    let send = |name: &str, content: &str| Inbound::Send {
        reference: None,
        conversation: people::conversation(1),
        client_message_id: name.to_owned(),
        content: content.to_owned(),
        in_reply_to: None,
        attachments: Vec::new(),
    };
    let long = "x".repeat(5_001);
    for (inbound, expected) in [
        (send("", "text"), "invalid"),
        (send("a\nb", "text"), "invalid"),
        (send(&"n".repeat(65), "text"), "invalid"),
        (send("a", ""), "invalid"),
        (send("a", " \n "), "invalid"),
        (send("a", &long), "invalid"),
        (send("a", "nul\0"), "invalid"),
    ] {
        world.hub.receive(&conn, inbound, world.now);
        assert!(job(&conn).is_none(), "nothing reaches the log");
        let frames = world.read(&conn);
        assert!(
            matches!(&frames[..], [ServerFrame::Nack { code, retry: false, .. }] if code == expected),
            "{frames:?}"
        );
    }
    let file = kernel::AttachmentId::new(uuid::Uuid::from_u128(1));
    let Inbound::Send { reference, conversation, client_message_id, in_reply_to, .. } = send("photo", "") else {
        panic!()
    };
    let photo = Inbound::Send {
        reference,
        conversation,
        client_message_id,
        content: String::new(),
        in_reply_to,
        attachments: vec![file],
    };
    world.hub.receive(&conn, photo, world.now);
    let Some(Job::Send { outgoing, .. }) = job(&conn) else { panic!("a file needs no words") };
    assert_eq!((outgoing.content.as_str(), &outgoing.attachments[..]), ("", &[file][..]));
    world.hub.receive(&conn, Inbound::Unsupported { reference: Some("e".to_owned()) }, world.now);
    let frames = world.read(&conn);
    assert!(matches!(&frames[..], [ServerFrame::Error { reference: Some(reference), code, .. }]
        if reference == "e" && code == "realtime.not_supported"));
}

#[test]
fn swallowed_hints_are_repaired_by_the_heads() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    world.append(1, &agent(), "swallowed", None);
    assert!(world.run(&conn).is_empty());
    assert_eq!(world.hub.watched(), [(people::organization(), people::conversation(1))]);
    world.hub.heads(&world.heads());
    assert_eq!(short(&world.run(&conn)), ["message 1"]);
    world.hub.heads(&world.heads());
    assert!(job(&conn).is_none(), "nothing to repair");
}

#[test]
fn a_head_that_the_log_does_not_have_is_no_endless_errand() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    let head = Head { conversation: people::conversation(1), last_seq: Seq::new(7) };
    world.hub.heads(&[head]);
    let mut jobs = 0;
    while let Some(job) = job(&conn) {
        jobs += 1;
        let (done, _) = world.perform(&conn, job, None);
        world.hub.done(&conn, done);
    }
    assert_eq!(jobs, 1);
}

#[test]
fn sight_that_is_taken_away_ends_the_subscription_before_the_entry() {
    let mut world = world();
    let conn = world.follow(&agent(), 1, Some(0));
    let mut hint = world.append(1, &customer(), "a", None);
    hint.audience = people::audience(1, Some(kernel::UserId::new(id(21))));
    world.hub.publish(&[hint]);
    let frames = world.run(&conn);
    assert!(matches!(&frames[..], [ServerFrame::Unsubscribed { reason, .. }] if reason == "forbidden"), "{frames:?}");
    assert!(world.hub.watched().is_empty());
}

#[test]
fn a_page_of_what_is_no_longer_in_sight_ends_the_subscription() {
    let mut world = world();
    world.append(1, &customer(), "a", None);
    let conn = world.connect(&agent());
    world.subscribe(&conn, 1, Some(0));
    let subscribe = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, subscribe, None);
    world.hub.done(&conn, done);
    let Some(Job::Page { conversation, asked, .. }) = job(&conn) else { panic!() };
    let result = Err(ChatError::ConversationNotFound);
    world.hub.done(&conn, Done::Page { conversation, asked, result });
    assert_eq!(short(&world.read(&conn)), ["subscribed", "unsubscribed"]);
}

#[test]
fn unsubscribing_stops_entries() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    world.hub.receive(&conn, Inbound::Unsubscribe { conversation: people::conversation(1) }, world.now);
    let hint = world.append(1, &agent(), "a", None);
    world.hub.publish(&[hint]);
    assert_eq!(short(&world.run(&conn)), ["unsubscribed"]);
    assert!(world.hub.watched().is_empty());
}

#[test]
fn what_is_revoked_closes_what_it_opened() {
    let mut world = world();
    let conn = world.connect(&customer());
    let bystander = world.connect(&agent());
    world.hub.revoke(Revoked::Session(SessionId::new(id(1_010))));
    assert_eq!(closed(&world, &conn), Some(Close::TokenEnded));
    let visitor = world.connect(&guest(1));
    world.hub.revoke(Revoked::GuestToken(GuestTokenId::new(id(41))));
    assert_eq!(closed(&world, &visitor), Some(Close::TokenEnded));
    let chief = world.connect(&supervisor());
    world.hub.revoke(Revoked::User(kernel::UserId::new(id(30))));
    assert_eq!(closed(&world, &chief), Some(Close::TokenEnded));
    assert!(!bystander.is_closed());
}

#[test]
fn what_is_revoked_while_it_is_let_in_does_not_stay() {
    let mut world = world();
    let conn = world.open();
    authenticate(&world, &conn);
    let Some(Job::Authenticate { .. }) = job(&conn) else { panic!() };
    let revocations = world.hub.revocations();
    world.hub.revoke(Revoked::Session(SessionId::new(id(1_010))));
    let admitted = crate::Admitted { caller: customer(), epoch: super::world::epoch(), standing: None };
    world.hub.done(&conn, Done::Authenticated { revocations, result: Ok(admitted) });
    assert_eq!(closed(&world, &conn), Some(Close::TokenEnded));
    assert!(!world.connect(&customer()).is_closed(), "only what was revoked meanwhile is looked at");
}

#[test]
fn a_node_that_stops_answers_what_it_accepted_and_takes_no_more() {
    let mut world = world();
    let idle = world.connect(&agent());
    let conn = world.connect(&customer());
    world.send(&conn, 1, "a");
    let send = job(&conn).unwrap();
    world.hub.drain(Duration::from_secs(4));
    let frames = texts(&world.out(&idle, usize::MAX));
    assert_eq!(short(&frames), ["bye"]);
    assert!(idle.is_closed());
    assert!(!conn.is_closed());
    assert!(!may_read(&world, &conn));
    world.send(&conn, 1, "too late");
    assert!(job(&conn).is_none());
    let (done, hint) = world.perform(&conn, send, None);
    world.hub.publish(&[hint.unwrap()]);
    world.hub.done(&conn, done);
    let out = world.out(&conn, usize::MAX);
    assert_eq!(short(&texts(&out)), ["bye", "ack 1"]);
    assert_eq!(out.last(), Some(&Out::Close(Close::Restart)));
    let id = kernel::ConnectionId::new(id(77));
    assert!(world.hub.open(id, crate::Protocol::Native, world.now).is_err());
}

#[test]
fn pages_of_a_replay_say_how_far_each_message_has_come() {
    let mut world = world();
    world.append(1, &customer(), "a", None);
    world.append(1, &customer(), "b", None);
    let conn = world.connect(&customer());
    world.subscribe(&conn, 1, Some(0));
    let status = |frame| match frame {
        ServerFrame::Message { message, .. } => Some(chat::MessageStatus::from(message.status)),
        _ => None,
    };
    let status: Vec<_> = world.run(&conn).into_iter().filter_map(status).collect();
    assert_eq!(status, [chat::MessageStatus::Read, chat::MessageStatus::Sent], "the agent has read the first");
}

#[test]
fn an_edit_is_an_entry_of_its_own() {
    let mut world = world();
    let conn = world.follow(&customer(), 1, Some(0));
    let hint = world.append(1, &agent(), "a", None);
    world.hub.publish(&[hint]);
    let (conversation, id) = (people::conversation(1), world.logs[&people::conversation(1)][0].entry.message.id);
    let content = chat::Content::parse("better").unwrap();
    let (_, hint) = world.revised(conversation, id, Some(&content), None).unwrap();
    world.hub.publish(&[hint.unwrap()]);
    let frames = world.run(&conn);
    assert_eq!(short(&frames), ["message 1", "message_edited 2"]);
    let ServerFrame::MessageEdited { message, .. } = &frames[1] else { panic!("{frames:?}") };
    // A hint does not know that it was read since it was sent.
    assert_eq!((message.content.as_deref(), message.status), (Some("better"), wire::MessageStatus::Read));
}

#[test]
fn a_revision_is_acked_and_told_to_everybody_who_follows() {
    let mut world = world();
    let hint = world.append(1, &customer(), "a", None);
    let (conn, other) = (world.follow(&customer(), 1, Some(0)), world.follow(&agent(), 1, Some(0)));
    let id = hint.entry.message.id;
    world.revise(&conn, 1, id, Some("better"), "e");
    world.revise(&conn, 1, id, None, "d");
    let frames = world.run(&conn);
    let acks: Vec<_> = frames.iter().filter(|frame| matches!(frame, ServerFrame::Ack { .. })).collect();
    let ack = |name: &str, seq| ServerFrame::Ack {
        reference: Some(name.to_owned()),
        conversation_id: people::conversation(1),
        client_message_id: None,
        message_id: id,
        seq: Seq::new(seq),
        created_at: hint.entry.message.created_at,
        duplicate: false,
    };
    assert_eq!(acks, [&ack("e", 2), &ack("d", 3)]);
    for frames in [frames, world.run(&other)] {
        let entries = short(&frames).into_iter().filter(|frame| frame.starts_with("message"));
        assert_eq!(entries.collect::<Vec<_>>(), ["message_edited 2", "message_deleted 3"]);
    }
    world.revise(&conn, 1, id, None, "again");
    let frames = world.run(&conn);
    assert!(matches!(&frames[..], [ServerFrame::Ack { duplicate: true, seq, .. }] if seq.get() == 3), "{frames:?}");
    assert!(world.run(&other).is_empty());
}

#[test]
fn a_revision_that_is_refused_is_nacked_with_its_message() {
    let mut world = world();
    let hint = world.append(1, &customer(), "a", None);
    let conn = world.connect(&customer());
    let id = hint.entry.message.id;
    world.revise(&conn, 1, id, Some(" "), "empty");
    world.revise(&conn, 1, id, None, "d");
    world.revise(&conn, 1, id, Some("better"), "late");
    let frames = world.run(&conn);
    let nack = |name: &str, wanted: &str| ServerFrame::Nack {
        reference: Some(name.to_owned()),
        conversation_id: people::conversation(1),
        client_message_id: None,
        message_id: Some(id),
        code: wanted.to_owned(),
        message: format!("en:{wanted}"),
        retry: false,
        retry_after_ms: None,
    };
    assert_eq!(frames[0], nack("empty", "invalid"));
    assert!(matches!(&frames[1], ServerFrame::Ack { reference, .. } if reference.as_deref() == Some("d")));
    assert_eq!(frames[2], nack("late", "chat.message_deleted"));
}
