use super::*;

const ROOM: &str = "room";

/// Two clients, four messages, one cut with a resend: nothing wrong.
fn sound() -> History {
    let log = vec![entry(1, "a1"), entry(2, "b1"), entry(3, "a2"), entry(4, "b2")];
    History {
        events: vec![
            event(0, Kind::Subscribe { after: 0 }),
            event(1, Kind::Subscribe { after: 0 }),
            event(0, invoke("a1")),
            event(0, ack("a1", 1)),
            event(1, Kind::Receive(entry(1, "a1"))),
            event(1, invoke("b1")),
            event(1, ack("b1", 2)),
            event(0, Kind::Receive(entry(2, "b1"))),
            event(0, invoke("a2")),
            event(0, Kind::Disconnect),
            event(1, Kind::Receive(entry(3, "a2"))),
            event(0, Kind::Subscribe { after: 2 }),
            event(0, Kind::Receive(entry(3, "a2"))),
            event(0, again("a2", 3)),
            event(1, invoke("b2")),
            event(1, ack("b2", 4)),
            event(0, Kind::Receive(entry(4, "b2"))),
        ],
        logs: [(ROOM.to_owned(), log)].into(),
        subscribed: vec![(0, ROOM.to_owned()), (1, ROOM.to_owned())],
    }
}

fn event(client: Client, kind: Kind) -> Event {
    Event { client, conversation: ROOM.to_owned(), kind }
}

fn invoke(name: &str) -> Kind {
    Kind::Invoke { id: name.to_owned(), content: format!("content of {name}") }
}

fn ack(name: &str, seq: i64) -> Kind {
    Kind::Ack { id: name.to_owned(), message_id: format!("id of {name}"), seq, duplicate: false }
}

/// The answer to a resend of what was stored already.
fn again(name: &str, seq: i64) -> Kind {
    Kind::Ack { id: name.to_owned(), message_id: format!("id of {name}"), seq, duplicate: true }
}

fn entry(seq: i64, name: &str) -> Entry {
    Entry { seq, message_id: format!("id of {name}"), content: format!("content of {name}"), by_system: false }
}

fn found_in(change: impl FnOnce(&mut History)) -> Vec<Finding> {
    let mut history = sound();
    change(&mut history);
    check(&history)
}

fn log(history: &mut History) -> &mut Log {
    history.logs.get_mut(ROOM).unwrap()
}

#[test]
fn a_sound_history_has_no_finding() {
    assert_eq!(check(&sound()), []);
}

#[test]
fn an_acked_message_that_is_not_stored_is_lost() {
    let found = found_in(|history| drop(log(history).pop()));
    assert!(found.contains(&Finding::Lost("b2".into())), "{found:?}");
}

#[test]
fn a_message_stored_twice_is_doubled() {
    let found = found_in(|history| log(history).push(entry(5, "a1")));
    assert!(found.iter().any(|finding| matches!(finding, Finding::Doubled(_))), "{found:?}");
}

#[test]
fn a_stored_message_that_nobody_sent_is_unexpected() {
    let found = found_in(|history| log(history).push(entry(5, "ghost")));
    assert!(found.iter().any(|finding| matches!(finding, Finding::Unexpected(_))), "{found:?}");
}

#[test]
fn a_line_of_the_system_is_expected() {
    let found = found_in(|history| {
        let line = Entry { by_system: true, ..entry(5, "taken by Ana") };
        log(history).push(line.clone());
        history.events.extend([event(0, Kind::Receive(line.clone())), event(1, Kind::Receive(line))]);
    });
    assert_eq!(found, []);
}

#[test]
fn a_stored_message_that_was_refused_is_unexpected() {
    let found = found_in(|history| {
        history.events.extend([event(0, invoke("a3")), event(0, Kind::Refuse { id: "a3".into() })]);
        log(history).push(entry(5, "a3"));
        history.events.extend([event(0, Kind::Receive(entry(5, "a3"))), event(1, Kind::Receive(entry(5, "a3")))]);
    });
    assert!(matches!(found.as_slice(), [Finding::Unexpected(_)]), "{found:?}");
}

#[test]
fn a_hole_in_the_log_is_a_gap() {
    let found = found_in(|history| drop(log(history).remove(1)));
    assert!(found.iter().any(|finding| matches!(finding, Finding::Gap(_))), "{found:?}");
}

#[test]
fn two_entries_in_one_place_are_a_divergence() {
    let found = found_in(|history| history.events[4].kind = Kind::Receive(entry(1, "b1")));
    assert!(found.iter().any(|finding| matches!(finding, Finding::Divergence(_))), "{found:?}");
}

#[test]
fn an_entry_that_a_stream_leaves_out_is_a_skip_and_undelivered() {
    let found = found_in(|history| drop(history.events.remove(7)));
    assert!(found.iter().any(|finding| matches!(finding, Finding::Undelivered(_))), "{found:?}");
    let found = found_in(|history| drop(history.events.remove(10)));
    assert!(found.iter().any(|finding| matches!(finding, Finding::Skip(_))), "{found:?}");
}

#[test]
fn an_entry_that_a_stream_repeats_is_a_skip() {
    let found = found_in(|history| history.events.push(event(0, Kind::Receive(entry(4, "b2")))));
    assert!(matches!(found.as_slice(), [Finding::Skip(_)]), "{found:?}");
}

#[test]
fn a_replay_that_starts_one_late_is_a_skip() {
    let found = found_in(|history| history.events[11].kind = Kind::Subscribe { after: 1 });
    assert!(matches!(found.as_slice(), [Finding::Skip(_)]), "{found:?}");
}

#[test]
fn a_message_before_one_that_was_acked_before_it_was_sent_is_out_of_order() {
    let found = found_in(|history| {
        // b2 was sent after a2 was acked, and yet stands before it: everybody agrees, only time does not.
        let renumber = |entry: &mut Entry| {
            entry.seq = match entry.content.as_str() {
                "content of a2" => 4,
                "content of b2" => 3,
                _ => entry.seq,
            }
        };
        log(history).iter_mut().for_each(renumber);
        log(history).sort_by_key(|entry| entry.seq);
        for event in &mut history.events {
            match &mut event.kind {
                Kind::Receive(entry) => renumber(entry),
                Kind::Ack { id, seq, .. } if id == "a2" => *seq = 4,
                Kind::Ack { id, seq, .. } if id == "b2" => *seq = 3,
                _ => {}
            }
        }
    });
    assert!(found.iter().any(|finding| matches!(finding, Finding::OutOfOrder(_))), "{found:?}");
}

#[test]
fn sends_of_one_client_that_change_places_are_found() {
    let mut history = History::default();
    history.logs.insert(ROOM.into(), vec![entry(1, "a2"), entry(2, "a1")]);
    history.events =
        vec![event(0, invoke("a1")), event(0, invoke("a2")), event(0, ack("a2", 1)), event(0, ack("a1", 2))];
    let found = check(&history);
    assert!(matches!(found.as_slice(), [Finding::SenderOrder(_)]), "{found:?}");
}

#[test]
fn a_retry_answered_with_another_place_is_a_contradiction() {
    let found = found_in(|history| history.events.push(event(0, again("a1", 2))));
    assert!(matches!(found.as_slice(), [Finding::Contradiction(_)]), "{found:?}");
}

#[test]
fn an_ack_that_names_a_place_where_the_message_is_not_stored_is_a_contradiction() {
    let found = found_in(|history| history.events[3].kind = ack("a1", 9));
    assert!(found.iter().any(|finding| matches!(finding, Finding::Contradiction(_))), "{found:?}");
}

#[test]
fn a_send_without_an_answer_is_found() {
    let found = found_in(|history| history.events.push(event(0, invoke("a3"))));
    assert_eq!(found, [Finding::Unanswered("a3".into())]);
}

/// A model of a right server: any interleaving of sends, cuts and resends gives a history without finding,
/// and every planted change of what is stored gives one.
mod by_seed {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Send(Client),
        Cut(Client),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![4 => (0..3_usize).prop_map(Step::Send), 1 => (0..3_usize).prop_map(Step::Cut)];
        proptest::collection::vec(step, 4..60)
    }

    /// Runs the steps on a server that keeps every promise; a cut loses the ack and the stream, never the entry.
    fn run(steps: &[Step]) -> History {
        let mut history = History::default();
        let mut log: Log = Vec::new();
        let mut position = [0_usize; 3];
        let mut online = [false; 3];
        let mut unanswered: Vec<Vec<(String, i64)>> = vec![Vec::new(); 3];
        let return_to = |client: Client, history: &mut History, log: &Log, position: &mut [usize; 3]| {
            let after = i64::try_from(position[client]).unwrap();
            history.events.push(event(client, Kind::Subscribe { after }));
            for entry in &log[position[client]..] {
                history.events.push(event(client, Kind::Receive(entry.clone())));
            }
            position[client] = log.len();
        };
        for (number, step) in steps.iter().enumerate() {
            let (Step::Send(client) | Step::Cut(client)) = *step;
            if !online[client] {
                return_to(client, &mut history, &log, &mut position);
                online[client] = true;
                for (name, seq) in unanswered[client].drain(..) {
                    history.events.push(event(client, again(&name, seq)));
                }
            }
            let name = format!("m{number}");
            history.events.push(event(client, invoke(&name)));
            let seq = i64::try_from(log.len()).unwrap() + 1;
            log.push(entry(seq, &name));
            for other in (0..3).filter(|other| online[*other] && *other != client) {
                history.events.push(event(other, Kind::Receive(entry(seq, &name))));
                position[other] = log.len();
            }
            if let Step::Send(_) = step {
                history.events.push(event(client, ack(&name, seq)));
                position[client] = log.len();
            } else {
                history.events.push(event(client, Kind::Disconnect));
                online[client] = false;
                unanswered[client].push((name, seq));
            }
        }
        for client in 0..3 {
            if !online[client] {
                return_to(client, &mut history, &log, &mut position);
                for (name, seq) in unanswered[client].drain(..) {
                    history.events.push(event(client, again(&name, seq)));
                }
            }
            history.subscribed.push((client, ROOM.to_owned()));
        }
        history.logs.insert(ROOM.to_owned(), log);
        history
    }

    proptest! {
        #[test]
        fn a_right_server_has_no_finding(steps in steps()) {
            prop_assert_eq!(check(&run(&steps)), []);
        }

        #[test]
        fn a_server_that_loses_doubles_or_swaps_is_found(steps in steps(), at in any::<prop::sample::Index>(), how in 0..3) {
            let mut history = run(&steps);
            let log = history.logs.get_mut(ROOM).unwrap();
            let at = at.index(log.len() - 1);
            match how {
                0 => drop(log.remove(at)),
                1 => log.insert(at, log[at].clone()),
                _ => log.swap(at, at + 1),
            }
            prop_assert!(!check(&history).is_empty());
        }
    }
}
