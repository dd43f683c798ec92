//! Clients of Socket.IO: what they are told unasked is as dense as what is asked for.

use std::sync::Arc;

use kernel::Caller;
use serde_json::{Value, json};

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
    let client = world.socket_io(&customer());
    world.append(2, &agent(), "first", None);
    let second = world.append(2, &agent(), "second", None);
    world.hub.publish(&[second]);
    // More comes before it has been looked at, and out of order.
    let third = world.append(2, &agent(), "third", None);
    let fourth = world.append(2, &agent(), "fourth", None);
    world.hub.publish(&[fourth]);
    world.hub.publish(&[third]);
    assert_eq!(messages(&client.run(&mut world)), new(&[2, 3, 4]));
    world.written(2, &agent(), "fifth");
    assert_eq!(messages(&client.run(&mut world)), new(&[5]));
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
    world.written(1, &agent(), "c");
    assert_eq!(messages(&client.run(&mut world)), new(&[3]));
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
