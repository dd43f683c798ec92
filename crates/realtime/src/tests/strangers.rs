//! What somebody learns who asks for a conversation and has not been let in yet: nothing.

use std::sync::Arc;

use chat::ChatError;
use kernel::{Caller, OrganizationId, Role, UserId};
use support_request::RequestFeed;

use super::{
    behaviour::short,
    people::{self, agent, customer, id, user},
    presence::change,
    world::{World, job},
};
use crate::{Conn, Done, Inbound, Job, Limits, ServerFrame};

fn world() -> World {
    World::new(Limits::default())
}

/// A customer of another organisation.
fn foreigner() -> Caller {
    let Caller::User(mut foreign) = user(11, Role::Customer) else { unreachable!() };
    foreign.organization = OrganizationId::new(id(9));
    Caller::User(foreign)
}

/// A connection whose `subscribe` the chat has not answered yet, with the job that asks it.
fn asks(world: &mut World, caller: &Caller) -> (Arc<Conn>, Job) {
    let conn = world.connect(caller);
    world.subscribe(&conn, 1, Some(0));
    let asked = job(&conn).unwrap();
    (conn, asked)
}

fn answer(world: &World, conn: &Arc<Conn>, asked: &Job, result: Result<(), ChatError>) {
    let Job::Subscribe { conversation, generation, position, .. } = asked else { panic!("{asked:?}") };
    let result = result.map(|()| Box::new(world.subscription(*conversation, *position)));
    world.hub.done(conn, Done::Subscribed { conversation: *conversation, generation: *generation, result });
}

#[test]
fn a_stranger_whose_subscribe_is_on_its_way_does_not_learn_that_something_happens_there() {
    let mut world = world();
    let (conn, asked) = asks(&mut world, &user(11, Role::Customer));
    let hint = world.append(1, &agent(), "a", None);
    world.hub.publish(&[hint]);
    world.hub.changed(&change(Some(UserId::new(id(21)))));
    assert_eq!(short(&world.read(&conn)), [""; 0], "as of an unknown conversation");
    answer(&world, &conn, &asked, Err(ChatError::ConversationNotFound));
    let frames = world.read(&conn);
    assert!(matches!(&frames[..], [ServerFrame::Reset { reason, .. }] if reason == "forbidden"), "{frames:?}");
    assert!(world.hub.watched().is_empty());
}

#[test]
fn who_loses_a_conversation_while_asking_for_it_does_not_get_it() {
    let mut world = world();
    let (conn, asked) = asks(&mut world, &agent());
    // The chat has looked before the request went to somebody else, and its answer comes after.
    world.hub.changed(&change(Some(UserId::new(id(21)))));
    world.read(&conn);
    answer(&world, &conn, &asked, Ok(()));
    let frames = world.read(&conn);
    assert!(matches!(&frames[..], [ServerFrame::Reset { reason, .. }] if reason == "forbidden"), "{frames:?}");
    let hint = world.append(1, &customer(), "a", None);
    world.hub.publish(&[hint]);
    assert!(world.run(&conn).is_empty());
    assert!(world.hub.watched().is_empty());
}

#[test]
fn an_ack_that_waits_for_a_lost_subscription_is_told() {
    let mut world = world();
    let (conn, asked) = asks(&mut world, &agent());
    world.send(&conn, 1, "mine");
    let send = job(&conn).unwrap();
    let (done, _) = world.perform(&conn, send, None);
    world.hub.done(&conn, done);
    world.hub.changed(&change(Some(UserId::new(id(21)))));
    world.read(&conn);
    answer(&world, &conn, &asked, Ok(()));
    assert_eq!(short(&world.read(&conn)), ["reset", "ack 1"]);
}

#[test]
fn presence_is_not_told_to_whom_the_chat_has_not_let_in() {
    let mut world = world();
    let owner = world.follow(&customer(), 1, Some(0));
    let (stranger, _) = asks(&mut world, &user(11, Role::Customer));
    let (foreign, _) = asks(&mut world, &foreigner());
    world.read(&owner);
    let first = world.connect(&agent());
    let hint = world.append(1, &user(31, Role::Supervisor), "a", None);
    let takes_part = world.connect(&user(31, Role::Supervisor));
    world.hub.publish(&[hint]);
    world.hub.leave(&first);
    assert_eq!(short(&world.read(&owner)), ["presence", "message 1", "presence", "presence"]);
    for conn in [&stranger, &foreign] {
        assert_eq!(short(&world.read(conn)), [""; 0]);
    }
    drop(takes_part);
}

#[test]
fn a_foreigner_who_asks_first_does_not_switch_off_the_repair_of_a_conversation() {
    let mut world = world();
    let (foreign, asked) = asks(&mut world, &foreigner());
    let owner = world.follow(&customer(), 1, Some(0));
    let conversation = people::conversation(1);
    assert!(world.hub.watched().contains(&(people::organization(), conversation)), "{:?}", world.hub.watched());
    answer(&world, &foreign, &asked, Err(ChatError::ConversationNotFound));
    assert_eq!(world.hub.watched(), [(people::organization(), conversation)]);
    world.append(1, &agent(), "swallowed", None);
    world.hub.heads(&world.heads());
    assert_eq!(short(&world.run(&owner)), ["message 1"]);
}

#[test]
fn nobody_types_into_a_conversation_of_another_organisation() {
    let mut world = world();
    let owner = world.follow(&customer(), 1, Some(0));
    // Even if the chat let a foreigner in, which it does not.
    let foreign = world.follow(&foreigner(), 1, Some(0));
    world.read(&owner);
    let typing = Inbound::Typing { conversation: people::conversation(1), is_typing: true };
    world.hub.receive(&foreign, typing, world.now);
    assert_eq!(short(&world.read(&owner)), [""; 0]);
}
