use chat::{ChatError, Seq};
use kernel::PortError;
use proptest::{collection::vec, prelude::*};

use support_request::RequestFeed;

use super::talk::{Talk, Told, app, names, seqs};
use crate::{
    Close, Done, Job, Limits,
    tests::{people, presence::noted, world::job},
};

const EVENTS: &str = "SUBSCRIBE\nid:e\ndestination:/user/queue/events\n\n\0";

fn delivered(talk: &mut Talk) -> Option<u64> {
    match job(&talk.conn) {
        Some(Job::Mark { kind, conversation, seq, .. }) => {
            talk.done(Done::Marked { conversation, kind, result: Ok(()) });
            Some(seq.get())
        }
        None => None,
        other => panic!("{other:?}"),
    }
}

fn follower(headers: &str, entries: u64) -> (Talk, Vec<Told>) {
    let mut talk = Talk::of(&people::customer());
    let told = talk.follows(1, &format!("id:s\nafter-seq:0\n{headers}"));
    assert_eq!(told, []);
    for n in 1..=entries {
        talk.others_say(1, &format!("m{n}"));
    }
    let told = talk.run();
    assert_eq!(seqs(&told, "s"), (1..=entries).collect::<Vec<_>>());
    (talk, told)
}

#[test]
fn an_entry_is_a_message_with_its_place() {
    let (_, told) = follower("", 1);
    let message = &told[0];
    assert_eq!((message.header("subscription"), message.header("seq"), message.header("event")), ("s", "1", "message"));
    assert_eq!(message.header("destination"), format!("/topic/conversations/{}", people::conversation(1)));
    assert_eq!((message.header("content-type"), message.header("ack")), ("application/json", ""));
    let body: serde_json::Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!((&body["id"], &body["content"]), (&message.header("message-id").into(), &"says m1".into()));
}

#[test]
fn edits_and_deletions_are_messages_with_names_of_their_own() {
    let (mut talk, told) = follower("", 1);
    let id = talk.world.logs[&people::conversation(1)][0].entry.message.id;
    for content in [Some(chat::Content::parse("else").unwrap()), None] {
        let revised = talk.world.revised(people::conversation(1), id, content.as_ref(), None).unwrap();
        talk.world.hub.publish(&[revised.1.unwrap()]);
    }
    let later = talk.run();
    assert_eq!(names(&later), ["message_edited 2", "message_deleted 3"]);
    let name = told[0].header("message-id");
    assert_eq!(later[0].header("message-id"), format!("{name}@2"), "no two MESSAGEs have one id");
    assert!(later[0].body.contains(name), "the message itself keeps its own");
}

#[test]
fn a_client_that_knows_messages_only_is_told_of_nothing_else() {
    let (mut talk, _) = follower("", 1);
    let agent = talk.world.follow(&people::agent(), 1, Some(1));
    talk.world.hub.receive(
        &agent,
        crate::Inbound::Typing { conversation: people::conversation(1), is_typing: true },
        talk.world.now,
    );
    assert_eq!(talk.run(), []);
}

#[test]
fn a_client_that_asks_for_all_is_told_of_all() {
    let mut talk = Talk::of(&people::customer());
    let told = talk.follows(1, "id:s\nevents:all\nreceipt:r\n");
    assert_eq!(names(&told), ["subscribed", "live", "RECEIPT r"]);
    assert!(!told[0].body.contains("\"ref\""), "{}", told[0].body);
    let agent = talk.world.follow(&people::agent(), 1, Some(0));
    talk.world.hub.receive(
        &agent,
        crate::Inbound::Typing { conversation: people::conversation(1), is_typing: true },
        talk.world.now,
    );
    let told = talk.run();
    assert_eq!(names(&told), ["typing"]);
    assert!(told[0].header("message-id").starts_with("e-"));
}

#[test]
fn a_subscription_without_a_place_begins_with_the_last_messages() {
    let mut talk = Talk::of(&people::customer());
    for n in 1..=60 {
        talk.world.append(1, &people::agent(), &format!("m{n}"), None);
    }
    assert_eq!(seqs(&talk.follows(1, "id:s\n"), "s"), (11..=60).collect::<Vec<_>>());
    talk.others_say(1, "next");
    assert_eq!(seqs(&talk.run(), "s"), [61]);
}

#[test]
fn a_place_that_cannot_be_honoured_is_said_to_who_gave_one() {
    let mut talk = Talk::of(&people::customer());
    talk.world.append(1, &people::agent(), "a", None);
    let told = talk.follows(1, "id:s\nafter-seq:7\n");
    assert_eq!(names(&told), ["reset", "message 1"]);
    assert!(told[0].body.contains("\"ahead\""));
    let mut talk = Talk::of(&people::customer());
    talk.world.append(1, &people::agent(), "a", None);
    let epoch = people::id(99);
    let told = talk.follows(1, &format!("id:s\nafter-seq:1\nepoch:{epoch}\n"));
    assert_eq!(names(&told), ["reset", "message 1"]);
    assert!(told[0].body.contains("\"epoch_changed\""));
}

#[test]
fn what_may_not_be_followed_is_not_there() {
    let mut talk = Talk::of(&people::customer());
    talk.says(&format!("SUBSCRIBE\nid:s\nreceipt:r\ndestination:{}\n\n\0", super::talk::topic(1)));
    let Some(Job::Subscribe { conversation, generation, .. }) = job(&talk.conn) else { panic!("no subscribe") };
    talk.done(Done::Subscribed { conversation, generation, result: Err(ChatError::ConversationNotFound) });
    let told = talk.run();
    assert_eq!(names(&told), ["ERROR forbidden"]);
    assert_eq!(told[0].header("receipt-id"), "r");
    assert_eq!(talk.closed, Some(Close::Gone));

    let mut talk = Talk::of(&people::customer());
    talk.asks(EVENTS);
    talk.says(&format!("SUBSCRIBE\nid:s\nreceipt:r\ndestination:{}\n\n\0", super::talk::topic(1)));
    let Some(Job::Subscribe { conversation, generation, .. }) = job(&talk.conn) else { panic!("no subscribe") };
    let result = Err(PortError::unavailable("test").into());
    talk.done(Done::Subscribed { conversation, generation, result });
    let told = talk.run();
    assert_eq!(names(&told), ["ERROR unavailable"], "a subscription that is not there must not look as if it were");
    assert_eq!((told[0].header("receipt-id"), talk.closed), ("r", Some(Close::Restart)));
}

#[test]
fn sight_that_is_lost_is_told_where_the_client_listens_or_ends_the_connection() {
    for listens in [true, false] {
        let (mut talk, _) = follower("", 1);
        if listens {
            talk.asks(EVENTS);
        }
        let mut hint = talk.world.append(1, &people::agent(), "gone", None);
        hint.audience.requester = people::agent().participant();
        talk.world.hub.publish(&[hint]);
        let told = talk.run();
        assert_eq!(names(&told), if listens { ["unsubscribed"] } else { ["ERROR forbidden"] });
        assert_eq!(talk.closed, if listens { None } else { Some(Close::Gone) });
    }
}

#[test]
fn several_subscriptions_to_a_conversation_are_each_told() {
    let mut talk = Talk::of(&people::customer());
    for n in 1..=3 {
        talk.world.append(1, &people::agent(), &format!("m{n}"), None);
    }
    assert_eq!(seqs(&talk.follows(1, "id:a\nafter-seq:1\n"), "a"), [2, 3]);
    let told = talk.follows(1, "id:b\nafter-seq:0\nack:client\n");
    assert_eq!((seqs(&told, "a"), seqs(&told, "b")), (vec![], vec![1, 2, 3]));
    let told = talk.follows(1, "id:c\n");
    assert_eq!((seqs(&told, "b"), seqs(&told, "c")), (vec![], vec![1, 2, 3]));
    talk.others_say(1, "next");
    let told = talk.run();
    assert_eq!(["a", "b", "c"].map(|id| seqs(&told, id)), [vec![4], vec![4], vec![4]]);
    assert_eq!(talk.asks("UNSUBSCRIBE\nid:a\n\n\0"), []);
    talk.others_say(1, "next");
    let told = talk.run();
    assert_eq!(["a", "b", "c"].map(|id| seqs(&told, id)), [vec![], vec![5], vec![5]]);
    talk.asks("UNSUBSCRIBE\nid:b\n\n\0");
    assert_eq!(names(&talk.asks("UNSUBSCRIBE\nid:c\nreceipt:r\n\n\0")), ["RECEIPT r"]);
    talk.others_say(1, "next");
    assert_eq!(talk.run(), [], "nobody follows it any more");
    assert_eq!(seqs(&talk.follows(1, "id:a\nafter-seq:4\n"), "a"), [5, 6]);
}

#[test]
fn one_that_is_still_catching_up_misses_nothing_when_another_comes() {
    let mut talk = Talk::with(Limits { page_entries: 10, queue_low: 4, ..Limits::default() });
    talk.connect(&people::customer(), "accept-version:1.2\n");
    for n in 1..=200 {
        talk.world.append(1, &people::agent(), &format!("m{n}"), None);
    }
    assert_eq!(seqs(&talk.follows(1, "id:a\nafter-seq:200\n"), "a"), [0_u64; 0]);
    let topic = super::talk::topic(1);
    talk.says(&format!("SUBSCRIBE\nid:b\nafter-seq:0\ndestination:{topic}\n\n\0"));
    talk.step(None);
    talk.read();
    talk.step(None);
    let mut told = talk.read();
    assert_eq!(seqs(&told, "b"), (1..=10).collect::<Vec<_>>(), "the first page");
    talk.says(&format!("SUBSCRIBE\nid:c\ndestination:{topic}\n\n\0"));
    told.extend(talk.run());
    assert_eq!(seqs(&told, "a"), [0_u64; 0]);
    assert_eq!(seqs(&told, "b"), (1..=200).collect::<Vec<_>>());
    assert_eq!(seqs(&told, "c"), (151..=200).collect::<Vec<_>>());
}

#[test]
fn a_place_that_nobody_was_told_of_hides_nothing() {
    let (mut talk, _) = follower("", 3);
    assert_eq!(seqs(&talk.follows(1, "id:b\nafter-seq:500\n"), "b"), [0_u64; 0]);
    talk.others_say(1, "next");
    assert_eq!(seqs(&talk.run(), "b"), [4]);
}

#[test]
fn one_destination_is_not_followed_more_often_than_anybody_needs() {
    for destination in [super::talk::topic(1), "/user/queue/events".to_owned()] {
        let mut talk = Talk::of(&people::customer());
        for n in 0..8 {
            assert_eq!(talk.asks(&format!("SUBSCRIBE\nid:{n}\ndestination:{destination}\n\n\0")), []);
            talk.world.pass(2);
        }
        let told = talk.asks(&format!("SUBSCRIBE\nid:8\ndestination:{destination}\n\n\0"));
        assert_eq!(names(&told), ["ERROR realtime.too_many_subscriptions"]);
        assert_eq!(talk.closed, Some(Close::TooFast));
    }
}

#[test]
fn two_that_subscribe_at_once_are_told_the_same() {
    let mut talk = Talk::of(&people::customer());
    for n in 1..=3 {
        talk.world.append(1, &people::agent(), &format!("m{n}"), None);
    }
    let topic = super::talk::topic(1);
    let told =
        talk.asks(&format!("SUBSCRIBE\nid:a\ndestination:{topic}\n\n\0SUBSCRIBE\nid:b\ndestination:{topic}\n\n\0"));
    assert_eq!((seqs(&told, "a"), seqs(&told, "b")), (vec![1, 2, 3], vec![1, 2, 3]));
    assert_eq!(names(&talk.asks(&format!("SUBSCRIBE\nid:a\ndestination:{topic}\n\n\0"))), ["ERROR realtime.malformed"]);
}

#[test]
fn what_came_for_a_subscription_that_is_gone_is_not_for_the_next_of_that_name() {
    let (mut talk, _) = follower("", 3);
    for n in 4..=80 {
        talk.others_say(1, &format!("m{n}"));
    }
    // All of it waits unread; the subscription ends and begins anew before any of it is.
    talk.says("UNSUBSCRIBE\nid:s\n\n\0");
    talk.says(&format!("SUBSCRIBE\nid:s\nafter-seq:70\ndestination:{}\n\n\0", super::talk::topic(1)));
    assert_eq!(seqs(&talk.run(), "s"), (71..=80).collect::<Vec<_>>());
}

#[test]
fn in_1_0_a_subscription_needs_no_id() {
    let mut talk = Talk::of_version(&people::customer(), "1.0");
    assert_eq!(talk.follows(1, "ack:client\n"), []);
    talk.others_say(1, "m1");
    let told = talk.run();
    assert_eq!((names(&told), told[0].header("subscription")), (vec!["message 1".to_owned()], ""));
    talk.says(&format!("ACK\nmessage-id:{}\n\n\0", told[0].header("message-id")));
    assert_eq!(delivered(&mut talk), Some(1));
    assert_eq!(talk.asks(&format!("UNSUBSCRIBE\ndestination:{}\n\n\0", super::talk::topic(1))), []);
    talk.others_say(1, "m2");
    assert_eq!(talk.run(), []);
    assert_eq!(names(&talk.asks("NACK\nmessage-id:x\n\n\0")), ["ERROR realtime.malformed"], "1.0 has none");
}

#[test]
fn an_ack_moves_the_mark_up_to_its_message() {
    let (mut talk, told) = follower("ack:client\n", 5);
    let ack = |n: usize| format!("ACK\nid:{}\n\n\0", told[n - 1].header("ack"));
    talk.says(&ack(3));
    assert_eq!(delivered(&mut talk), Some(3));
    talk.says(&ack(2));
    talk.says(&ack(3));
    assert_eq!(delivered(&mut talk), None, "they are acknowledged already");
    talk.says(&ack(5));
    assert_eq!(delivered(&mut talk), Some(5));
    assert_eq!((talk.run(), talk.closed), (vec![], None));
}

#[test]
fn each_by_itself_the_mark_moves_as_far_as_all_have_come() {
    let (mut talk, told) = follower("ack:client-individual\n", 5);
    let mut ack = |n: usize, command: &str| {
        talk.says(&format!("{command}\nid:{}\n\n\0", told[n - 1].header("ack")));
        delivered(&mut talk)
    };
    assert_eq!(ack(2, "ACK"), None);
    assert_eq!(ack(1, "ACK"), Some(2));
    assert_eq!(ack(3, "NACK"), None, "it was not taken");
    assert_eq!(ack(5, "ACK"), None);
    assert_eq!(ack(4, "ACK"), None, "the third has not come");
    assert_eq!(ack(3, "ACK"), Some(5));
}

#[test]
fn in_1_1_an_ack_names_message_and_subscription() {
    let mut talk = Talk::of_version(&people::customer(), "1.1");
    talk.follows(1, "id:s\nafter-seq:0\nack:client\n");
    for n in 1..=3 {
        talk.others_say(1, &format!("m{n}"));
    }
    let told = talk.run();
    assert_eq!(told[0].header("ack"), "");
    talk.says(&format!("ACK\nmessage-id:{}\nsubscription:s\nreceipt:r\n\n\0", told[1].header("message-id")));
    assert_eq!(delivered(&mut talk), Some(2));
    assert_eq!(names(&talk.run()), ["RECEIPT r"]);
    let told = talk.asks(&format!("ACK\nmessage-id:{}\n\n\0", told[2].header("message-id")));
    assert_eq!(names(&told), ["ERROR realtime.malformed"], "without a subscription");
}

#[test]
fn an_ack_may_be_part_of_a_transaction() {
    let (mut talk, told) = follower("ack:client\n", 2);
    talk.says("BEGIN\ntransaction:t\n\n\0");
    talk.says(&format!("ACK\nid:{}\ntransaction:t\n\n\0", told[1].header("ack")));
    assert_eq!(delivered(&mut talk), None);
    talk.says("COMMIT\ntransaction:t\nreceipt:r\n\n\0");
    assert_eq!(talk.read(), []);
    assert_eq!(delivered(&mut talk), Some(2));
    assert_eq!(names(&talk.run()), ["RECEIPT r"]);
}

#[test]
fn a_late_ack_of_a_subscription_that_is_gone_changes_nothing() {
    let (mut talk, told) = follower("ack:client\n", 1);
    talk.asks("UNSUBSCRIBE\nid:s\n\n\0");
    assert_eq!(talk.asks(&format!("ACK\nid:{}\n\n\0", told[0].header("ack"))), []);
    assert_eq!(talk.closed, None);
}

#[test]
fn a_client_that_never_acknowledges_is_given_up() {
    let mut talk = Talk::of(&people::customer());
    talk.follows(1, "id:s\nafter-seq:0\nack:client\n");
    for n in 1..=5_000 {
        talk.others_say(1, &format!("m{n}"));
        if n % 100 == 0 {
            assert_eq!(talk.run().len(), 100);
        }
    }
    talk.others_say(1, "one more");
    assert_eq!(names(&talk.run()), ["ERROR realtime.malformed"]);
    assert_eq!(talk.closed, Some(Close::TooSlow));
}

#[test]
fn what_concerns_the_person_goes_to_the_queue_of_events() {
    let mut talk = Talk::of(&people::agent());
    assert_eq!(
        names(&talk.asks("SUBSCRIBE\nid:e\ndestination:/user/queue/events\nack:client\nreceipt:r\n\n\0")),
        ["RECEIPT r"]
    );
    talk.world.connect(&people::supervisor());
    let told = talk.run();
    assert_eq!(names(&told), ["presence"]);
    assert_eq!(told[0].header("destination"), "/user/queue/events");
    let name = told[0].header("ack");
    assert_eq!(
        names(&talk.asks(&format!("ACK\nid:{name}\nreceipt:a\n\n\0"))),
        ["RECEIPT a"],
        "there is no mark to move"
    );
}

#[test]
fn a_note_goes_to_the_queue_of_events_of_staff_and_to_no_customer_or_guest() {
    for (caller, expected) in [
        (people::agent(), vec!["note"]),
        (people::supervisor(), vec!["note"]),
        (people::customer(), vec![]),
        (people::guest(1), vec![]),
    ] {
        let mut talk = Talk::of(&caller);
        talk.asks(EVENTS);
        talk.follows(1, "id:s\nafter-seq:0\nevents:all\n");
        talk.run();
        talk.world.hub.noted(&noted(Some(kernel::UserId::new(people::id(20))), "for staff only"));
        let told = talk.run();
        assert_eq!(names(&told), expected);
        assert_eq!(told.iter().any(|one| one.body.contains("for staff only")), !expected.is_empty());
    }
}

#[test]
fn a_reader_that_is_slow_misses_nothing() {
    let limits = Limits { queue_frames: 8, queue_low: 4, page_entries: 3, ..Limits::default() };
    let mut talk = Talk::with(limits);
    talk.connect(&people::customer(), "accept-version:1.2\n");
    talk.follows(1, "id:s\nafter-seq:0\n");
    let mut told = Vec::new();
    for n in 1..=200 {
        talk.others_say(1, &format!("m{n}"));
        if n % 20 == 0 {
            told.extend(talk.read_some(1));
            talk.step(None);
        }
    }
    told.extend(talk.run());
    assert_eq!(seqs(&told, "s"), (1..=200).collect::<Vec<_>>());
}

#[derive(Debug, Clone)]
enum Move {
    Subscribe(u8, Option<u64>),
    Unsubscribe(u8),
    Append,
    Send,
    Step,
    Read,
    Pass,
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        2 => (0_u8..4, proptest::option::of(0_u64..20)).prop_map(|(id, after)| Move::Subscribe(id, after)),
        1 => (0_u8..4).prop_map(Move::Unsubscribe),
        6 => Just(Move::Append),
        2 => Just(Move::Send),
        6 => Just(Move::Step),
        4 => Just(Move::Read),
        2 => Just(Move::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever comes and goes beside it: each subscription is told every entry after its place once, in order.
    #[test]
    fn each_subscription_is_told_every_entry_once_and_in_order(moves in vec(moves(), 1..80)) {
        let mut talk = Talk::of(&people::customer());
        // A place that the log does not have yet would be reset, and rightly so.
        for n in 0..20 {
            talk.world.append(1, &people::agent(), &format!("old{n}"), None);
        }
        // By id: the place it began with, and what it was told since.
        let mut open: [Option<(Option<u64>, Vec<u64>)>; 4] = Default::default();
        let mut sent = 0;
        let take = |told: &[Told], open: &mut [Option<(Option<u64>, Vec<u64>)>; 4]| {
            for (id, one) in open.iter_mut().enumerate() {
                if let Some((_, seen)) = one {
                    seen.extend(seqs(told, &id.to_string()));
                }
            }
            told.iter().find(|one| one.command == "ERROR").cloned()
        };
        for (n, one) in moves.into_iter().enumerate() {
            match one {
                Move::Subscribe(id, after) if open[usize::from(id)].is_none() => {
                    let after_seq = after.map(|after| format!("after-seq:{after}\n")).unwrap_or_default();
                    talk.says(&format!("SUBSCRIBE\nid:{id}\n{after_seq}destination:{}\n\n\0", super::talk::topic(1)));
                    open[usize::from(id)] = Some((after, Vec::new()));
                }
                Move::Unsubscribe(id) if open[usize::from(id)].is_some() => {
                    talk.says(&format!("UNSUBSCRIBE\nid:{id}\n\n\0"));
                    open[usize::from(id)] = None;
                }
                Move::Subscribe(..) | Move::Unsubscribe(_) => {}
                Move::Append => talk.others_say(1, &format!("n{n}")),
                Move::Send => {
                    sent += 1;
                    talk.says(&format!("SEND\ndestination:{}\nclient-message-id:{n}\n\nx\0", app(1, "send")));
                }
                Move::Step => drop(talk.step(None)),
                Move::Read => {
                    let told = talk.read_some(2_000);
                    prop_assert_eq!(take(&told, &mut open), None);
                }
                Move::Pass => talk.world.pass(1),
            }
            talk.pursue();
        }
        for _ in 0..100 {
            talk.world.pass(1);
            talk.world.hub.heard(&talk.conn, None);
            let told = talk.run();
            prop_assert_eq!(take(&told, &mut open), None);
        }
        let head = talk.world.logs[&people::conversation(1)].len() as u64;
        prop_assert!(head >= 20 + sent);
        for (after, seen) in open.into_iter().flatten() {
            let first = seen.first().copied().unwrap_or(head + 1);
            prop_assert_eq!(&seen, &(first..=head).collect::<Vec<_>>(), "{:?}", after);
            if let Some(after) = after {
                prop_assert!(first <= after + 1, "began with {:?}, told {:?}", after, seen);
            }
        }
    }
}

#[test]
fn places_are_numbers_below_two_to_the_fifty_third() {
    assert_eq!(Seq::new((1 << 53) - 1).get(), 9_007_199_254_740_991);
    let mut talk = Talk::of(&people::customer());
    assert_eq!(names(&talk.follows(1, "id:s\nafter-seq:9007199254740991\n")), ["reset"]);
}

#[test]
fn a_fresh_subscription_beside_one_that_resumes_begins_with_the_past() {
    let mut talk = Talk::of(&people::customer());
    for n in 1..=80 {
        talk.world.append(1, &people::agent(), &format!("m{n}"), None);
    }
    let room = super::talk::topic(1);
    talk.says(&format!("SUBSCRIBE\nid:fresh\ndestination:{room}\n\n\0"));
    talk.says(&format!("SUBSCRIBE\nid:resumes\nafter-seq:78\ndestination:{room}\n\n\0"));
    // What the first one was to begin with has not left when the second one starts.
    while talk.step(None) {}
    let told = talk.run();
    assert_eq!(seqs(&told, "resumes"), [79, 80]);
    let fresh = seqs(&told, "fresh");
    assert!(fresh.len() >= 50 && fresh.is_sorted() && fresh.last() == Some(&80), "{fresh:?}");
}
