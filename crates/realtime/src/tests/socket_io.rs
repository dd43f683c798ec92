//! Clients of Socket.IO: what they are told unasked is as dense as what is asked for.

use std::sync::Arc;

use kernel::Caller;
use serde_json::{Value, json};
use support_request::RequestFeed;

use super::{
    people::{self, agent, customer},
    world::{World, job, may_read},
};
use crate::{Close, Conn, Heard, Job, Limits, Out, Protocol};

/// A client in words of the protocol.
struct Client {
    conn: Arc<Conn>,
}

impl World {
    fn socket_io(&mut self, caller: &Caller) -> Client {
        let client = Client { conn: self.open_as(Protocol::SocketIo) };
        client.says(self, r#"0/messaging,{"token":"t"}"#);
        assert!(matches!(job(&client.conn), Some(Job::Authenticate { .. })));
        self.admit(&client.conn, caller);
        let told = client.run(self);
        assert!(told[0].starts_with("0/messaging,{\"sid\""), "{told:?}");
        assert_eq!(event(&told[1]).0, "connected");
        client
    }

    fn written(&mut self, n: u128, by: &Caller, name: &str) {
        let hint = self.append(n, by, name, None);
        self.hub.publish(&[hint]);
    }
}

impl Client {
    fn says(&self, world: &World, text: &str) {
        self.hears(world, Heard::Text(text));
    }

    fn hears(&self, world: &World, heard: Heard<'_>) {
        world.hub.hear(&self.conn, heard, world.now);
        while self.conn.has_heard() && may_read(world, &self.conn) && !self.conn.is_closed() {
            world.hub.pursue(&self.conn, world.now);
        }
    }

    fn emits(&self, world: &World, name: &str, argument: &Value, ack: u64) {
        self.says(world, &format!("2/messaging,{ack}{}", json!([name, argument])));
    }

    fn read(&self, world: &World) -> Vec<String> {
        let texts = world.out(&self.conn, usize::MAX).into_iter().filter_map(|out| match out {
            Out::Text(text) => Some(String::from_utf8(text.to_vec()).unwrap()),
            _ => None,
        });
        texts.collect()
    }

    /// Does all jobs and reads all words, until nothing moves.
    fn run(&self, world: &mut World) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            let mut moved = false;
            while let Some(job) = job(&self.conn) {
                moved = true;
                let (done, hint) = world.perform(&self.conn, job, None);
                world.hub.publish(hint.as_slice());
                world.hub.done(&self.conn, done);
            }
            while self.conn.has_heard() && may_read(world, &self.conn) {
                moved = true;
                world.hub.pursue(&self.conn, world.now);
            }
            let read = self.read(world);
            moved |= !read.is_empty();
            told.extend(read);
            if !moved {
                return told;
            }
        }
    }
}

fn event(text: &str) -> (String, Value) {
    let data = text.strip_prefix("2/messaging,").unwrap_or_else(|| panic!("no event: {text}"));
    let data: Vec<Value> = serde_json::from_str(data).unwrap();
    (data[0].as_str().unwrap().to_owned(), data[1].clone())
}

fn answer(told: &[String], ack: u64) -> Value {
    let prefix = format!("3/messaging,{ack}[");
    let found: Vec<_> = told.iter().filter_map(|text| text.strip_prefix(&prefix)).collect();
    assert_eq!(found.len(), 1, "{told:?}");
    serde_json::from_str(found[0].strip_suffix(']').unwrap()).unwrap()
}

/// Name and place of each message that was told, in order.
fn messages(told: &[String]) -> Vec<(String, u64)> {
    let events = told.iter().filter(|text| text.starts_with("2/messaging,[")).map(|text| event(text));
    events.filter_map(|(name, payload)| Some((name, payload["message"]["seq"].as_u64()?))).collect()
}

fn new(seqs: &[u64]) -> Vec<(String, u64)> {
    seqs.iter().map(|seq| ("newMessage".to_owned(), *seq)).collect()
}

#[test]
fn whoever_owns_a_conversation_gets_its_messages_without_joining() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "before", None);
    let client = world.socket_io(&customer());
    world.written(1, &agent(), "a");
    world.written(1, &customer(), "b");
    world.written(1, &agent(), "c");
    let told = client.run(&mut world);
    let expected = [("newMessage", 2), ("messageSent", 3), ("newMessage", 4)].map(|(name, seq)| (name.to_owned(), seq));
    assert_eq!(messages(&told), expected, "from now on, each once, and one's own by its own name");
    let (_, payload) = event(&told[0]);
    assert_eq!(payload["message"]["ticketNumber"], "TICKET-20240115-001");
    assert_eq!(payload["message"]["customerId"], json!(customer().participant()));
    assert_eq!(payload["message"]["staffId"], json!(agent().participant()));
    assert_eq!(payload["type"], "new_message");
}

#[test]
fn what_is_committed_while_it_is_found_out_what_to_follow_is_told() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "before", None);
    let client = Client { conn: world.open_as(Protocol::SocketIo) };
    client.says(&world, r#"0/messaging,{"token":"t"}"#);
    assert!(matches!(job(&client.conn), Some(Job::Authenticate { .. })));
    world.admit(&client.conn, &customer());
    let follow = job(&client.conn).unwrap();
    assert!(matches!(follow, Job::FollowOwn { .. }));
    let (done, _) = world.perform(&client.conn, follow, None);
    // After the reading, before the entering: the hint finds nobody, and none follows it.
    let hint = world.append(1, &agent(), "between", None);
    drop(hint);
    world.hub.done(&client.conn, done);
    assert_eq!(messages(&client.run(&mut world)), new(&[2]));
}

#[test]
fn a_swallowed_hint_is_repaired_and_a_late_one_is_put_in_order() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "before", None);
    let client = world.socket_io(&customer());
    world.append(1, &agent(), "swallowed", None);
    world.written(1, &agent(), "c");
    assert_eq!(messages(&client.run(&mut world)), new(&[2, 3]));
    world.append(1, &agent(), "swallowed too", None);
    let heads = world.heads();
    assert!(world.hub.watched().contains(&(people::organization(), people::conversation(1))));
    world.hub.heads(&heads);
    assert_eq!(messages(&client.run(&mut world)), new(&[4]));
}

#[test]
fn a_conversation_that_shows_itself_as_ones_own_is_followed_from_that_entry_on() {
    let mut world = World::new(Limits::default());
    let client = world.socket_io(&agent());
    world.append(2, &customer(), "first", None);
    let second = world.append(2, &agent(), "second", None);
    world.hub.publish(&[second]);
    // More comes before it has been looked at, and out of order.
    let third = world.append(2, &customer(), "third", None);
    let fourth = world.append(2, &customer(), "fourth", None);
    world.hub.publish(&[fourth]);
    world.hub.publish(&[third]);
    let mut expected = new(&[2, 3, 4]);
    expected[0].0 = "messageSent".to_owned();
    assert_eq!(messages(&client.run(&mut world)), expected);
    world.written(2, &customer(), "fifth");
    assert_eq!(messages(&client.run(&mut world)), new(&[5]));
}

#[test]
fn what_the_caller_opened_since_all_was_known_is_told_from_its_beginning() {
    let mut world = World::new(Limits { subscriptions: 2, ..Limits::default() });
    world.append(1, &agent(), "known", None);
    let client = world.socket_io(&customer());
    world.append(2, &agent(), "swallowed", None);
    world.written(2, &agent(), "second");
    assert_eq!(messages(&client.run(&mut world)), new(&[1, 2]));
    // With as many as may be followed, there may be others that were there before.
    let client = world.socket_io(&customer());
    world.append(3, &agent(), "before", None);
    world.written(3, &agent(), "second");
    assert_eq!(messages(&client.run(&mut world)), new(&[2]));
}

#[test]
fn a_conversation_whose_hints_were_all_lost_is_found_by_looking_again() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "before", None);
    let (client, native) = (world.socket_io(&customer()), world.connect(&customer()));
    world.append(2, &agent(), "swallowed", None);
    world.append(1, &agent(), "swallowed too", None);
    world.hub.heads(&[]);
    assert!(client.run(&mut world).is_empty(), "nothing tells of it");
    world.hub.look_for_own();
    assert!(job(&native).is_none(), "who is told what was asked for misses nothing");
    let told = client.run(&mut world);
    let found: Vec<_> = told.iter().map(|text| event(text).1["message"]["ticketNumber"].clone()).collect();
    assert_eq!(found.len(), 2, "{told:?}");
    assert!(found.contains(&json!("TICKET-20240115-001")) && found.contains(&json!("TICKET-20240115-002")));
    world.written(2, &agent(), "followed");
    assert_eq!(messages(&client.run(&mut world)), new(&[2]));
}

#[test]
fn there_is_one_look_at_a_time_and_none_that_a_command_waits_for() {
    let mut world = World::new(Limits::default());
    let client = world.socket_io(&customer());
    for _ in 0..3 {
        world.hub.look_for_own();
    }
    let look = job(&client.conn).unwrap();
    assert!(matches!(look, Job::FollowOwn { again: true, .. }) && job(&client.conn).is_none());
    world.append(2, &agent(), "a", None);
    let failed = World::failed(look);
    world.hub.done(&client.conn, failed);
    assert!(client.run(&mut world).is_empty() && !client.conn.is_closed());
    world.hub.look_for_own();
    world.hub.drain(std::time::Duration::ZERO);
    assert_eq!(client.conn.closing(), Some(Close::Restart), "the end does not wait for it");
}

#[test]
fn what_gave_way_goes_on_where_it_stood() {
    let mut world = World::new(Limits { subscriptions: 2, ..Limits::default() });
    for n in 1..=2 {
        world.append(n, &agent(), "a", None);
    }
    let client = world.socket_io(&customer());
    // It was queued, and not written yet, when it had to give way.
    world.written(1, &agent(), "b");
    world.written(3, &agent(), "a");
    assert_eq!(messages(&client.run(&mut world)), new(&[1]));
    world.append(1, &agent(), "swallowed", None);
    world.written(1, &agent(), "d");
    assert_eq!(messages(&client.run(&mut world)), new(&[2, 3, 4]));
}

#[test]
fn what_could_not_be_looked_at_is_looked_at_again() {
    let mut world = World::new(Limits::default());
    let client = world.socket_io(&customer());
    world.written(2, &agent(), "first");
    for _ in 0..3 {
        let follow = job(&client.conn).unwrap();
        assert!(matches!(follow, Job::Follow { .. }));
        world.fail(&client.conn, follow);
        assert!(client.run(&mut world).is_empty());
        world.pass(1);
    }
    assert_eq!(messages(&client.run(&mut world)), new(&[1]));
}

#[test]
fn staff_follow_what_they_take_part_in_and_not_what_is_nobodys() {
    let mut world = World::new(Limits::default());
    world.written(1, &customer(), "a");
    let client = world.socket_io(&agent());
    world.written(1, &customer(), "b");
    assert!(messages(&client.run(&mut world)).is_empty(), "nobody's yet");
    world.written(1, &agent(), "c");
    assert_eq!(messages(&client.run(&mut world)), [("messageSent".to_owned(), 3)]);
    world.written(1, &customer(), "d");
    assert_eq!(messages(&client.run(&mut world)), new(&[4]));
}

#[test]
fn joining_gives_history_and_leaving_goes_on_without_a_gap() {
    let mut world = World::new(Limits::default());
    for name in ["a", "b", "c"] {
        world.append(1, &agent(), name, None);
    }
    let client = world.socket_io(&customer());
    let room = people::conversation(1);
    client.emits(&world, "joinConversation", &json!({ "conversationId": room, "afterSeq": 1 }), 7);
    let told = client.run(&mut world);
    let joined = answer(&told, 7);
    assert_eq!((&joined["lastSeq"], joined["messages"].as_array().unwrap().len()), (&json!(3), 2));
    assert!(messages(&told).is_empty(), "what is in the answer is not told again");
    client.emits(&world, "joinConversation", &json!({ "conversationId": "TICKET-20240115-001" }), 8);
    assert_eq!(answer(&client.run(&mut world), 8)["messages"].as_array().unwrap().len(), 3);
    client.emits(&world, "leaveConversation", &json!({ "conversationId": room }), 9);
    world.written(1, &agent(), "d");
    let told = client.run(&mut world);
    assert_eq!((answer(&told, 9), messages(&told)), (json!({ "conversationId": room }), new(&[4])));
}

#[test]
fn a_join_that_fails_takes_nothing_away() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "a", None);
    let client = world.socket_io(&customer());
    client.emits(&world, "joinConversation", &json!({ "conversationId": people::conversation(1) }), 1);
    let subscribe = job(&client.conn).unwrap();
    world.written(1, &agent(), "b");
    world.fail(&client.conn, subscribe);
    let told = client.run(&mut world);
    assert_eq!(answer(&told, 1)["error"]["code"], "unavailable");
    assert_eq!(messages(&told), new(&[2]));
}

#[test]
fn a_join_that_fails_ends_the_one_that_it_was_to_replace() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "a", None);
    let client = world.socket_io(&customer());
    let room = json!({ "conversationId": people::conversation(1) });
    client.emits(&world, "joinConversation", &room, 1);
    let first = job(&client.conn).unwrap();
    let (done, _) = world.perform(&client.conn, first, None);
    world.hub.done(&client.conn, done);
    // Nothing of it was written yet.
    client.emits(&world, "joinConversation", &room, 2);
    let second = job(&client.conn).unwrap();
    assert!(matches!(second, Job::Subscribe { .. }));
    world.fail(&client.conn, second);
    let told = client.run(&mut world);
    assert_eq!((&answer(&told, 1)["lastSeq"], &answer(&told, 2)["error"]["code"]), (&json!(1), &json!("unavailable")));
    world.written(1, &agent(), "b");
    assert_eq!(messages(&client.run(&mut world)), new(&[2]), "it is told, and not kept for an answer");
}

#[test]
fn a_join_that_is_left_before_its_answer_takes_nothing_away() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "a", None);
    let client = world.socket_io(&customer());
    let room = json!({ "conversationId": people::conversation(1) });
    client.emits(&world, "joinConversation", &room, 1);
    client.emits(&world, "leaveConversation", &room, 2);
    world.written(1, &agent(), "b");
    let told = client.run(&mut world);
    assert_eq!(messages(&told), new(&[2]));
    assert_eq!(answer(&told, 1)["error"]["code"], "realtime.not_subscribed", "it is overtaken, and answered");
    world.written(1, &agent(), "c");
    assert_eq!(messages(&client.run(&mut world)), new(&[3]));
}

#[test]
fn what_was_queued_before_a_join_that_comes_to_nothing_is_told_behind_it() {
    for fails in [true, false] {
        let mut world = World::new(Limits::default());
        world.append(1, &agent(), "a", None);
        let client = world.socket_io(&customer());
        let room = json!({ "conversationId": people::conversation(1) });
        for name in ["b", "c"] {
            world.written(1, &agent(), name);
        }
        client.emits(&world, "joinConversation", &room, 1);
        if fails {
            let subscribe = job(&client.conn).unwrap();
            world.fail(&client.conn, subscribe);
            client.emits(&world, "joinConversation", &room, 2);
        }
        client.emits(&world, "leaveConversation", &room, 3);
        assert_eq!(messages(&client.run(&mut world)), new(&[2, 3]), "{fails}");
    }
}

#[test]
fn joining_and_leaving_before_it_was_looked_at_takes_nothing_away() {
    for fails in [true, false] {
        let mut world = World::new(Limits::default());
        let client = world.socket_io(&agent());
        for n in 1..=3 {
            world.append(2, &customer(), &n.to_string(), None);
        }
        world.written(2, &agent(), "mine");
        let follow = job(&client.conn).unwrap();
        assert!(matches!(follow, Job::Follow { .. }));
        let room = json!({ "conversationId": people::conversation(2) });
        client.emits(&world, "joinConversation", &room, 1);
        let subscribe = job(&client.conn).unwrap();
        if fails {
            world.fail(&client.conn, subscribe);
        } else {
            client.emits(&world, "leaveConversation", &room, 2);
        }
        let (done, _) = world.perform(&client.conn, follow, None);
        world.hub.done(&client.conn, done);
        world.written(2, &customer(), "next");
        let told = messages(&client.run(&mut world));
        assert_eq!(told, [("messageSent".to_owned(), 4), ("newMessage".to_owned(), 5)], "{fails}");
    }
}

#[test]
fn whoever_loses_sight_while_joining_and_leaves_follows_no_more() {
    let mut world = World::new(Limits::default());
    let client = world.socket_io(&agent());
    world.written(1, &agent(), "a");
    client.run(&mut world);
    let room = json!({ "conversationId": people::conversation(1) });
    client.emits(&world, "joinConversation", &room, 1);
    world.hub.changed(&super::presence::change(Some(kernel::UserId::new(people::id(21)))));
    client.emits(&world, "leaveConversation", &room, 2);
    assert!(world.hub.watched().is_empty());
    client.run(&mut world);
    world.written(1, &customer(), "theirs");
    assert!(messages(&client.run(&mut world)).is_empty());
}

#[test]
fn few_pages_are_read_at_a_time_and_marks_only_where_they_were_asked_for() {
    let mut world = World::new(Limits::default());
    for n in 1..=9 {
        world.append(n, &agent(), "a", None);
    }
    let client = world.socket_io(&customer());
    client.emits(&world, "joinConversation", &json!({ "conversationId": people::conversation(9) }), 1);
    client.run(&mut world);
    for n in 1..=9 {
        world.append(n, &agent(), "swallowed", None);
    }
    world.hub.heads(&world.heads());
    let mut jobs: Vec<_> = std::iter::from_fn(|| job(&client.conn)).collect();
    assert_eq!(jobs.len(), 4);
    for job in jobs.drain(..) {
        let (done, _) = world.perform(&client.conn, job, None);
        world.hub.done(&client.conn, done);
    }
    assert_eq!(messages(&client.run(&mut world)), new(&[2; 9]));
    for conn in world.hub.connections() {
        world.hub.make_good(&conn);
    }
    let asked: Vec<_> = std::iter::from_fn(|| job(&client.conn)).collect();
    let [Job::Page { conversation, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(*conversation, people::conversation(9));
}

#[test]
fn an_edited_message_keeps_its_place_in_the_answer_to_joining() {
    let mut world = World::new(Limits::default());
    for name in ["a", "b"] {
        world.append(1, &agent(), name, None);
    }
    let (room, id) = (people::conversation(1), people::entry(1, &agent(), "a", "").message.id);
    world.revised(room, id, Some(&chat::Content::parse("else").unwrap()), None).unwrap();
    let client = world.socket_io(&customer());
    client.emits(&world, "joinConversation", &json!({ "conversationId": room, "afterSeq": 0 }), 1);
    let joined = answer(&client.run(&mut world), 1);
    let shown: Vec<_> = joined["messages"].as_array().unwrap().iter().map(|one| one["content"].clone()).collect();
    assert_eq!(shown, ["else", "says b"]);
}

#[test]
fn what_is_joined_has_room_before_what_is_merely_followed() {
    let mut world = World::new(Limits { subscriptions: 2, ..Limits::default() });
    for n in 1..=3 {
        world.append(n, &agent(), "a", None);
    }
    let client = world.socket_io(&customer());
    for (n, ack) in [(3, 1), (2, 2)] {
        client.emits(&world, "joinConversation", &json!({ "conversationId": people::conversation(n) }), ack);
        assert_eq!(answer(&client.run(&mut world), ack)["lastSeq"], 1);
    }
    client.emits(&world, "joinConversation", &json!({ "conversationId": people::conversation(1) }), 3);
    let refused = answer(&client.run(&mut world), 3);
    assert_eq!(refused["error"]["code"], "realtime.too_many_subscriptions", "{refused}");
}

#[test]
fn a_new_conversation_has_room_before_an_old_one() {
    let mut world = World::new(Limits { subscriptions: 2, ..Limits::default() });
    for n in 1..=2 {
        world.append(n, &agent(), "a", None);
    }
    let client = world.socket_io(&customer());
    world.written(3, &agent(), "a");
    assert_eq!(messages(&client.run(&mut world)), new(&[1]));
    world.written(2, &agent(), "b");
    assert_eq!(messages(&client.run(&mut world)), new(&[2]));
}

#[test]
fn what_comes_after_a_number_waits_for_it() {
    let mut world = World::new(Limits::default());
    world.append(1, &customer(), "a", None);
    let client = world.socket_io(&agent());
    client.emits(&world, "sendMessage", &json!({ "conversationId": "TICKET-20240115-001", "content": "x" }), 1);
    client.emits(&world, "sendMessage", &json!({ "conversationId": people::conversation(1), "content": "y" }), 2);
    let find = job(&client.conn).unwrap();
    assert!(matches!(find, Job::Find { .. }));
    assert!(job(&client.conn).is_none(), "the second send waits");
    let (done, _) = world.perform(&client.conn, find, None);
    world.hub.done(&client.conn, done);
    let told = client.run(&mut world);
    assert_eq!((&answer(&told, 1)["seq"], &answer(&told, 2)["seq"]), (&json!(2), &json!(3)));
    client.emits(&world, "markConversationAsRead", &json!({ "conversationId": "TICKET-20240115-009" }), 3);
    let refused = answer(&client.run(&mut world), 3);
    assert_eq!(refused["error"]["code"], "support_request.not_found");
}

#[test]
fn a_client_of_the_names_with_hyphens_gets_those_and_no_others() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "a", None);
    let client = world.socket_io(&customer());
    client.emits(&world, "join-conversation", &json!({ "conversationId": people::conversation(1) }), 1);
    client.run(&mut world);
    world.written(1, &agent(), "b");
    assert_eq!(messages(&client.run(&mut world)), [("new-message".to_owned(), 2)]);
}

#[test]
fn a_send_is_answered_once_and_shown_behind_the_answer() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "a", None);
    let client = world.socket_io(&customer());
    let said = json!({ "conversationId": people::conversation(1), "content": "says one", "clientMessageId": "one" });
    client.emits(&world, "sendMessage", &said, 4);
    let told = client.run(&mut world);
    assert!(told[0].starts_with("3/messaging,4["), "{told:?}");
    assert_eq!((&answer(&told, 4)["seq"], &answer(&told, 4)["duplicate"]), (&json!(2), &json!(false)));
    assert_eq!(messages(&told), [("messageSent".to_owned(), 2)]);
    client.emits(&world, "sendMessage", &said, 5);
    let told = client.run(&mut world);
    assert_eq!((&answer(&told, 5)["seq"], &answer(&told, 5)["duplicate"]), (&json!(2), &json!(true)));
    assert!(messages(&told).is_empty());
    // Without a callback a refusal is an event.
    client.says(
        &world,
        &format!(
            "2/messaging,{}",
            json!(["sendMessage", { "conversationId": people::conversation(1), "content": "" }])
        ),
    );
    let (name, refused) = event(&client.run(&mut world)[0]);
    assert_eq!((name.as_str(), &refused["code"], &refused["retry"]), ("error", &json!("invalid"), &json!(false)));
}

#[test]
fn who_has_no_token_or_a_bad_one_is_told_so_and_follows_nothing() {
    let mut world = World::new(Limits::default());
    let client = Client { conn: world.open_as(Protocol::SocketIo) };
    client.says(&world, "0/admin,");
    client.says(&world, "0");
    let told = client.read(&world);
    assert_eq!(told[0], r#"4/admin,{"message":"Invalid namespace"}"#);
    assert!(told[1].starts_with("4{") && told[1].contains("identity.not_authenticated"), "{told:?}");
    assert!(!client.conn.is_closed(), "it may try again");
    client.says(&world, r#"0{"token":"bad"}"#);
    assert!(matches!(job(&client.conn), Some(Job::Authenticate { .. })));
    let refusal = Box::new(identity_refusal());
    world.hub.done(&client.conn, crate::Done::Authenticated { revocations: 0, result: Err(refusal) });
    let told = client.read(&world);
    assert!(told[0].contains(r#""data":{"code":"identity.not_authenticated"}"#), "{told:?}");
    assert_eq!(client.conn.closing(), Some(Close::NotAuthenticated));
}

#[test]
fn whoever_never_connects_is_closed_in_time() {
    let mut world = World::new(Limits::default());
    let client = Client { conn: world.open_as(Protocol::SocketIo) };
    world.pass(9);
    assert!(!client.conn.is_closed());
    world.pass(1);
    assert_eq!(client.conn.closing(), Some(Close::NotAuthenticated));
}

#[test]
fn both_namespaces_are_one_person() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "a", None);
    let client = world.socket_io(&customer());
    client.says(&world, r#"0{"token":"t"}"#);
    assert!(matches!(job(&client.conn), Some(Job::Authenticate { .. })));
    world.admit(&client.conn, &customer());
    let told = client.run(&mut world);
    assert!(told[0].starts_with("0{\"sid\""), "{told:?}");
    world.written(1, &agent(), "b");
    let told = client.run(&mut world);
    assert_eq!(told.len(), 2, "one for each of its sockets: {told:?}");
    assert!(told[0].starts_with("2[") && told[1].starts_with("2/messaging,["));
    client.says(&world, "1");
    client.says(&world, r#"0{"token":"another's"}"#);
    assert!(matches!(job(&client.conn), Some(Job::Authenticate { .. })));
    world.admit(&client.conn, &agent());
    assert!(client.read(&world)[0].contains("realtime.already_authenticated"));
    assert!(client.conn.is_closed());
}

#[test]
fn what_is_refused_meanwhile_is_no_answer_to_a_namespace_that_is_asked_for() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "a", None);
    let client = world.socket_io(&customer());
    client.says(&world, r#"0{"token":"t"}"#);
    client.emits(&world, "typing", &json!({ "conversationId": people::conversation(9), "isTyping": true }), 1);
    let told = client.read(&world);
    let (name, refused) = event(&told[0]);
    assert_eq!((name.as_str(), &refused["code"]), ("error", &json!("realtime.not_subscribed")), "{told:?}");
    assert!(matches!(job(&client.conn), Some(Job::Authenticate { .. })));
    world.admit(&client.conn, &customer());
    assert!(client.run(&mut world)[0].starts_with("0{\"sid\""));
}

#[test]
fn a_namespace_may_be_asked_for_twice_and_with_a_fresh_token() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "a", None);
    let client = world.socket_io(&customer());
    client.says(&world, r#"0/messaging,{"token":"fresh"}"#);
    world.written(1, &agent(), "b");
    assert!(matches!(job(&client.conn), Some(Job::Authenticate { .. })));
    world.admit(&client.conn, &customer());
    let told = client.run(&mut world);
    assert_eq!(messages(&told), new(&[2]), "nothing is lost meanwhile");
    assert_eq!(told.iter().filter(|text| text.starts_with("0/messaging,")).count(), 1);
}

#[test]
fn an_event_with_bytes_is_refused_whole_and_the_next_one_is_read() {
    let mut world = World::new(Limits::default());
    let client = world.socket_io(&customer());
    client.says(&world, r#"52-/messaging,3["upload",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#);
    client.hears(&world, Heard::Binary(b"0123"));
    client.hears(&world, Heard::Binary(br#"2["sendMessage"]"#));
    assert_eq!(answer(&client.run(&mut world), 3)["error"]["code"], "realtime.not_supported");
    client.emits(&world, "nonsense", &json!({}), 4);
    assert_eq!(answer(&client.run(&mut world), 4)["error"]["code"], "realtime.unknown_type");
    client.hears(&world, Heard::Binary(b"0123"));
    assert_eq!(client.conn.closing(), Some(Close::Malformed), "bytes that nobody announced");
    let client = world.socket_io(&customer());
    client.says(&world, r#"51-/messaging,3["upload",{"_placeholder":true,"num":0}]"#);
    client.says(&world, r#"2/messaging,["typing",{}]"#);
    assert_eq!(client.conn.closing(), Some(Close::Malformed), "a text in the place of bytes");
}

#[test]
fn what_is_no_packet_closes() {
    let mut world = World::new(Limits::default());
    for text in
        [r"2{}", r#"2abc["x"]"#, r#"218446744073709551616["x"]"#, r#"2/messaging,["connect"]"#, r#"2["x"]"#, "abc"]
    {
        let client = world.socket_io(&customer());
        client.says(&world, text);
        assert_eq!(client.conn.closing(), Some(Close::Malformed), "{text}");
        let out = world.out(&client.conn, usize::MAX);
        assert_eq!(out, [Out::Text("1/messaging,".into()), Out::Close(Close::Malformed)], "told not to come back");
    }
}

#[test]
fn typing_and_reading_reach_the_other_side() {
    let mut world = World::new(Limits::default());
    world.append(1, &agent(), "a", None);
    let asking = world.socket_io(&customer());
    let answering = world.follow(&agent(), 1, Some(0));
    asking.emits(&world, "typing", &json!({ "recipientId": agent().participant(), "isTyping": true }), 1);
    asking.run(&mut world);
    assert!(matches!(world.read(&answering)[..], [crate::ServerFrame::Typing { is_typing: true, .. }]));
    world.hub.receive(
        &answering,
        crate::Inbound::Typing { conversation: people::conversation(1), is_typing: true },
        world.now,
    );
    let (name, typing) = event(&asking.run(&mut world)[0]);
    assert_eq!(
        (name.as_str(), &typing["userId"], &typing["isTyping"]),
        ("userTyping", &json!(agent().participant()), &json!(true))
    );
    world.written(1, &agent(), "b");
    asking.run(&mut world);
    let message = people::entry(2, &agent(), "b", "").message.id;
    asking.emits(&world, "markAsRead", &json!({ "messageId": message }), 2);
    let told = asking.run(&mut world);
    assert_eq!(answer(&told, 2)["messageId"], json!(message));
    assert_eq!(event(&told[0]).0, "readConfirmation");
}

fn identity_refusal() -> impl kernel::Refusal {
    #[derive(Debug)]
    struct Refused;
    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("refused")
        }
    }
    impl std::error::Error for Refused {}
    impl kernel::Refusal for Refused {
        fn kind(&self) -> kernel::RefusalKind {
            kernel::RefusalKind::Unauthenticated
        }
        fn code(&self) -> &'static str {
            "identity.not_authenticated"
        }
    }
    Refused
}

#[test]
fn no_client_is_told_a_note_as_the_protocol_has_no_word_for_one() {
    let mut world = World::new(Limits::default());
    for caller in [agent(), customer(), people::guest(1)] {
        let client = world.socket_io(&caller);
        client.run(&mut world);
        world.hub.noted(&super::presence::noted(Some(kernel::UserId::new(people::id(20))), "for staff only"));
        assert_eq!(client.run(&mut world), Vec::<String>::new());
    }
}
