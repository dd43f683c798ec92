//! Who looks at a request, and who wants to be asked: who is told, and that all end with the same picture.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kernel::{Availability, Caller, ParticipantId, Role, SupportRequestId, UserId};
use support_request::RequestFeed;

use super::{
    people::{self, agent, audience, customer, guest, id, supervisor, user},
    presence::change,
    world::{World, job},
};
use crate::{Conn, Inbound, Limits, ServerFrame, Standing, ViewState};

fn world() -> World {
    World::new(Limits::default())
}

fn request(n: u128) -> SupportRequestId {
    audience(n, None).support_request
}

fn colleague() -> Caller {
    user(21, Role::Agent)
}

fn say(world: &World, conn: &Arc<Conn>, n: u128, state: Option<ViewState>) {
    world.hub.receive(conn, Inbound::View { support_request: request(n), state }, world.now);
}

fn view(world: &mut World, conn: &Arc<Conn>, n: u128, state: ViewState) -> Vec<ServerFrame> {
    say(world, conn, n, Some(state));
    world.run(conn)
}

/// The pictures of a request in these frames, in order: who, and how strongly.
fn pictures(frames: &[ServerFrame], n: u128) -> Vec<Vec<(ParticipantId, ViewState)>> {
    let picture = |frame: &ServerFrame| match frame {
        ServerFrame::Viewers { support_request_id, viewers } if *support_request_id == request(n) => {
            Some(viewers.iter().map(|viewer| (viewer.id, viewer.state)).collect())
        }
        _ => None,
    };
    frames.iter().filter_map(picture).collect()
}

fn errors(frames: &[ServerFrame]) -> Vec<&str> {
    frames.iter().filter_map(error).collect()
}

fn error(frame: &ServerFrame) -> Option<&str> {
    if let ServerFrame::Error { code, .. } = frame { Some(code) } else { None }
}

const VIEWING: ViewState = ViewState::Viewing;
const REPLYING: ViewState = ViewState::Replying;

#[test]
fn two_who_look_at_one_request_see_each_other_until_one_leaves() {
    let mut world = world();
    let (here, there) = (world.connect(&agent()), world.connect(&colleague()));
    let (me, other) = (agent().participant(), colleague().participant());
    assert_eq!(pictures(&view(&mut world, &here, 1, VIEWING), 1), [[(me, VIEWING)]], "at once, also when alone");
    assert_eq!(pictures(&view(&mut world, &there, 1, VIEWING), 1), [[(me, VIEWING), (other, VIEWING)]]);
    assert_eq!(pictures(&world.run(&here), 1), [[(me, VIEWING), (other, VIEWING)]]);
    view(&mut world, &there, 1, REPLYING);
    assert_eq!(pictures(&world.run(&here), 1), [[(me, VIEWING), (other, REPLYING)]]);
    say(&world, &there, 1, None);
    assert_eq!(pictures(&world.run(&here), 1), [[(me, VIEWING)]]);
    assert!(pictures(&world.run(&there), 1).is_empty(), "not to the one who left");
    view(&mut world, &there, 1, VIEWING);
    world.run(&here);
    world.hub.leave(&there);
    assert_eq!(pictures(&world.run(&here), 1), [[(me, VIEWING)]], "the end of a connection ends what it looked at");
}

#[test]
fn a_person_counts_once_with_the_strongest_state_of_all_tabs() {
    let mut world = world();
    let (first, second) = (world.connect(&agent()), world.connect(&agent()));
    let chief = world.connect(&supervisor());
    let (me, other) = (agent().participant(), supervisor().participant());
    view(&mut world, &chief, 1, VIEWING);
    view(&mut world, &first, 1, REPLYING);
    assert_eq!(pictures(&world.run(&chief), 1), [[(other, VIEWING), (me, REPLYING)]]);
    let told = view(&mut world, &second, 1, VIEWING);
    assert_eq!(pictures(&told, 1), [[(other, VIEWING), (me, REPLYING)]], "the new tab hears at once");
    assert!(pictures(&world.run(&chief), 1).is_empty(), "for others nothing has changed");
    say(&world, &first, 1, None);
    assert_eq!(pictures(&world.run(&chief), 1), [[(other, VIEWING), (me, VIEWING)]]);
}

#[test]
fn what_is_said_again_is_no_news() {
    let mut world = world();
    let (here, there) = (world.connect(&agent()), world.connect(&colleague()));
    view(&mut world, &here, 1, VIEWING);
    view(&mut world, &there, 1, REPLYING);
    world.run(&here);
    for _ in 0..3 {
        assert!(view(&mut world, &there, 1, REPLYING).is_empty());
    }
    assert!(world.run(&here).is_empty());
}

#[test]
fn a_change_that_is_told_late_is_told_once() {
    let mut world = world();
    let (here, there) = (world.connect(&agent()), world.connect(&colleague()));
    view(&mut world, &there, 1, VIEWING);
    assert_eq!(pictures(&view(&mut world, &here, 1, VIEWING), 1).len(), 1);
    // As when another thread tells of a change that is in the picture already.
    let desk = (people::organization(), request(1));
    world.hub.tell_viewers(desk, Some(there.id()));
    assert!(pictures(&world.run(&here), 1).is_empty());
    view(&mut world, &there, 1, REPLYING);
    assert_eq!(pictures(&world.run(&here), 1).len(), 1);
}

#[test]
fn only_staff_look_at_requests_and_only_at_those_they_see() {
    let mut world = world();
    for caller in [customer(), guest(1)] {
        let conn = world.connect(&caller);
        say(&world, &conn, 1, Some(VIEWING));
        assert!(job(&conn).is_none(), "not even asked");
        assert_eq!(errors(&world.run(&conn)), ["forbidden"]);
    }
    world.audiences.insert(request(2), audience(2, Some(UserId::new(id(21)))));
    let conn = world.connect(&agent());
    assert_eq!(errors(&view(&mut world, &conn, 2, VIEWING)), ["support_request.not_found"], "a colleague's");
    assert_eq!(errors(&view(&mut world, &conn, 99, VIEWING)), ["support_request.not_found"], "nobody's");
    let owner = world.connect(&colleague());
    let told = view(&mut world, &owner, 2, VIEWING);
    assert_eq!(pictures(&told, 2), [[(colleague().participant(), VIEWING)]], "who was refused is not shown");
    assert!(pictures(&world.run(&conn), 2).is_empty(), "and hears nothing");
}

#[test]
fn nobody_hears_of_it_before_it_is_proven() {
    let mut world = world();
    let (here, there) = (world.connect(&agent()), world.connect(&colleague()));
    view(&mut world, &here, 1, VIEWING);
    say(&world, &there, 1, Some(VIEWING));
    assert!(world.read(&here).is_empty() && world.read(&there).is_empty());
    let asked = job(&there).unwrap();
    say(&world, &there, 1, None);
    let (done, _) = world.perform(&there, asked, None);
    world.hub.done(&there, done);
    assert!(world.run(&here).is_empty() && world.run(&there).is_empty(), "it had left before the answer");
}

#[test]
fn who_loses_sight_of_a_request_is_seen_there_no_more() {
    let mut world = world();
    let (here, chief) = (world.connect(&agent()), world.connect(&supervisor()));
    view(&mut world, &here, 1, REPLYING);
    view(&mut world, &chief, 1, VIEWING);
    world.run(&here);
    let other = Some(UserId::new(id(21)));
    world.audiences.insert(request(1), audience(1, other));
    world.hub.changed(&change(other));
    assert_eq!(pictures(&world.run(&chief), 1), [[(supervisor().participant(), VIEWING)]]);
    say(&world, &chief, 1, Some(REPLYING));
    world.run(&chief);
    assert!(pictures(&world.run(&here), 1).is_empty(), "and hears of nobody there");
    assert_eq!(errors(&view(&mut world, &here, 1, VIEWING)), ["support_request.not_found"]);
}

#[test]
fn sight_that_was_lost_while_it_was_asked_for_is_not_given() {
    let mut world = world();
    let (here, chief) = (world.connect(&agent()), world.connect(&supervisor()));
    view(&mut world, &chief, 1, VIEWING);
    say(&world, &here, 1, Some(VIEWING));
    let asked = job(&here).unwrap();
    let (granted, _) = world.perform(&here, asked, None);
    world.hub.changed(&change(Some(UserId::new(id(21)))));
    world.hub.done(&here, granted);
    assert!(pictures(&world.run(&here), 1).is_empty() && pictures(&world.run(&chief), 1).is_empty());
}

/// Lets time go by for connections that answer pings; gives the frames of each.
fn wait(world: &mut World, conns: [&Arc<Conn>; 2], seconds: u64) -> [Vec<ServerFrame>; 2] {
    let mut frames = [Vec::new(), Vec::new()];
    for _ in 0..seconds {
        world.pass(1);
        for (conn, frames) in conns.iter().zip(&mut frames) {
            frames.extend(world.run(conn));
            world.hub.heard(conn, None);
        }
    }
    frames
}

#[test]
fn what_is_not_renewed_fades() {
    let mut world = world();
    let (here, there) = (world.connect(&agent()), world.connect(&colleague()));
    let (me, other) = (agent().participant(), colleague().participant());
    view(&mut world, &here, 1, VIEWING);
    view(&mut world, &there, 1, REPLYING);
    world.run(&here);
    assert!(wait(&mut world, [&here, &there], 29)[0].is_empty());
    view(&mut world, &there, 1, REPLYING);
    assert!(wait(&mut world, [&here, &there], 29)[0].is_empty(), "it was renewed");
    let [told, _] = wait(&mut world, [&here, &there], 1);
    assert_eq!(pictures(&told, 1), [[(me, VIEWING), (other, VIEWING)]]);
    view(&mut world, &here, 1, VIEWING);
    assert!(wait(&mut world, [&here, &there], 269)[0].is_empty());
    let [told, to_other] = wait(&mut world, [&here, &there], 1);
    assert_eq!(pictures(&told, 1), [[(me, VIEWING)]], "nobody looks at anything for five minutes in silence");
    assert!(to_other.is_empty());
    assert!(!there.is_closed(), "the connection goes on");
}

#[test]
fn a_connection_looks_at_fifty_requests_and_no_more() {
    let mut world = world();
    let conn = world.connect(&agent());
    for n in 1..=50 {
        assert!(errors(&view(&mut world, &conn, n, VIEWING)).is_empty());
    }
    assert_eq!(errors(&view(&mut world, &conn, 51, VIEWING)), ["realtime.too_many_views"]);
    assert!(errors(&view(&mut world, &conn, 50, REPLYING)).is_empty(), "one of those may change");
    say(&world, &conn, 50, None);
    assert!(errors(&view(&mut world, &conn, 51, VIEWING)).is_empty());
}

#[test]
fn of_many_changes_a_slow_reader_hears_the_last() {
    let mut world = world();
    let (slow, busy) = (world.connect(&agent()), world.connect(&colleague()));
    view(&mut world, &slow, 1, VIEWING);
    for _ in 0..300 {
        view(&mut world, &busy, 1, REPLYING);
        view(&mut world, &busy, 1, VIEWING);
    }
    let (me, other) = (agent().participant(), colleague().participant());
    assert_eq!(pictures(&world.run(&slow), 1), [[(me, VIEWING), (other, VIEWING)]]);
}

#[test]
fn who_looks_is_told_again_when_it_was_left_out_for_a_slow_reader() {
    let mut world = World::new(Limits { queue_frames: 4, queue_low: 2, ..Limits::default() });
    let (slow, other) = (world.connect(&supervisor()), world.connect(&colleague()));
    view(&mut world, &slow, 1, VIEWING);
    for _ in 0..10 {
        world.hub.changed(&change(None));
    }
    view(&mut world, &other, 1, REPLYING);
    let frames = world.run(&slow);
    assert_eq!(
        pictures(&frames, 1).last().unwrap()[..],
        [(supervisor().participant(), VIEWING), (colleague().participant(), REPLYING)]
    );
}

#[test]
fn a_part_that_is_down_takes_nothing_away_that_was_proven() {
    let mut world = world();
    let (here, there) = (world.connect(&agent()), world.connect(&colleague()));
    view(&mut world, &here, 1, VIEWING);
    say(&world, &there, 1, Some(VIEWING));
    let asked = job(&there).unwrap();
    world.fail(&there, asked);
    assert_eq!(errors(&world.run(&there)), ["unavailable"]);
    assert!(world.run(&here).is_empty());
    view(&mut world, &there, 1, VIEWING);
    world.run(&here);
    say(&world, &there, 1, Some(REPLYING));
    let asked = job(&there).unwrap();
    world.fail(&there, asked);
    assert_eq!(errors(&world.run(&there)), ["unavailable"]);
    assert!(world.run(&here).is_empty(), "still viewing");
}

#[test]
fn of_states_said_in_quick_turns_the_last_is_shown() {
    let mut world = world();
    let (here, there) = (world.connect(&agent()), world.connect(&colleague()));
    view(&mut world, &here, 1, VIEWING);
    for state in [VIEWING, REPLYING, VIEWING, REPLYING] {
        say(&world, &there, 1, Some(state));
    }
    let first = job(&there).unwrap();
    assert!(job(&there).is_none(), "one question at a time");
    let (done, _) = world.perform(&there, first, None);
    world.hub.done(&there, done);
    world.run(&there);
    let last = pictures(&world.run(&here), 1).pop().unwrap();
    assert_eq!(last, [(agent().participant(), VIEWING), (colleague().participant(), REPLYING)]);
}

fn be(world: &mut World, conn: &Arc<Conn>, value: Availability) -> Vec<ServerFrame> {
    world.hub.receive(conn, Inbound::Availability { value }, world.now);
    world.run(conn)
}

fn said(frames: &[ServerFrame], who: &Caller) -> Vec<(bool, Option<Availability>)> {
    let said = |frame: &ServerFrame| match frame {
        ServerFrame::Presence { participant_id, online, availability } if *participant_id == who.participant() => {
            Some((*online, *availability))
        }
        _ => None,
    };
    frames.iter().filter_map(said).collect()
}

#[test]
fn an_availability_is_told_to_colleagues_to_ones_own_tabs_and_to_those_in_a_conversation() {
    let mut world = world();
    let (here, tab) = (world.connect(&agent()), world.connect(&agent()));
    let (chief, asks) = (world.connect(&supervisor()), world.follow(&customer(), 1, Some(0)));
    let stranger = world.connect(&user(11, Role::Customer));
    for conn in [&here, &tab, &chief, &asks] {
        world.run(conn);
    }
    let away = [(true, Some(Availability::Away))];
    assert_eq!(said(&be(&mut world, &here, Availability::Away), &agent()), away, "the answer to the one who says it");
    for conn in [&tab, &chief, &asks] {
        assert_eq!(said(&world.run(conn), &agent()), away);
    }
    assert!(world.run(&stranger).is_empty());
    be(&mut world, &here, Availability::Away);
    for conn in [&here, &tab, &chief, &asks] {
        assert!(world.run(conn).is_empty(), "the same again is no news");
    }
    let online = world.hub.staff_online(people::organization());
    let of = |caller: &Caller| online.iter().find(|one| ParticipantId::from(one.id) == caller.participant()).unwrap();
    assert_eq!(of(&agent()).availability, Availability::Away);
    assert_eq!(of(&supervisor()).availability, Availability::Online);
}

#[test]
fn who_comes_and_goes_is_told_with_their_availability_and_customers_have_none() {
    let mut world = world();
    let chief = world.connect(&supervisor());
    world.standings.insert(agent().participant(), (Availability::Offline, 7));
    let conn = world.connect(&agent());
    assert_eq!(said(&world.run(&chief), &agent()), [(true, Some(Availability::Offline))]);
    world.hub.leave(&conn);
    assert_eq!(said(&world.run(&chief), &agent()), [(false, Some(Availability::Offline))]);
    world.follow(&supervisor(), 1, Some(0));
    let watching = world.follow(&supervisor(), 1, Some(0));
    world.connect(&customer());
    assert_eq!(said(&world.run(&watching), &customer()), [(true, None)]);
}

#[test]
fn only_staff_have_an_availability() {
    let mut world = world();
    let conn = world.connect(&customer());
    assert_eq!(errors(&be(&mut world, &conn, Availability::Away)), ["forbidden"]);
}

#[test]
fn a_refused_availability_says_so_and_the_last_of_many_is_stored() {
    let mut world = world();
    let conn = world.connect(&agent());
    for value in [Availability::Away, Availability::Online, Availability::Offline] {
        world.hub.receive(&conn, Inbound::Availability { value }, world.now);
    }
    let first = job(&conn).unwrap();
    assert!(job(&conn).is_none(), "one at a time");
    world.fail(&conn, first);
    let frames = world.run(&conn);
    assert_eq!(errors(&frames), ["unavailable"]);
    assert_eq!(said(&frames, &agent()), [(true, Some(Availability::Offline))]);
}

#[test]
fn what_was_read_before_a_change_does_not_undo_it() {
    let mut world = world();
    world.connect(&agent());
    let user = UserId::new(id(20));
    let stands = |availability, version| Standing { availability, version };
    world.hub.stands(people::organization(), user, stands(Availability::Away, 5));
    world.hub.stands(people::organization(), user, stands(Availability::Online, 4));
    // A second tab is let in with what was read before the change.
    world.standings.insert(agent().participant(), (Availability::Online, 3));
    let conn = world.open();
    world.hub.receive(&conn, Inbound::Authenticate { token: kernel::Secret::new("t") }, world.now);
    job(&conn).unwrap();
    world.admit(&conn, &agent());
    let frames = world.read(&conn);
    let [ServerFrame::Welcome { user, .. }] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(user.availability, Some(Availability::Away));
    assert_eq!(world.hub.staff_online(people::organization())[0].availability, Availability::Away);
}

/// Xorshift: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }
}

/// What a client knows: the last picture of each request, and the last word of each person.
#[derive(Default)]
struct Knows {
    viewers: BTreeMap<SupportRequestId, Vec<(ParticipantId, ViewState)>>,
    people: BTreeMap<ParticipantId, (bool, Option<Availability>)>,
}

impl Knows {
    fn apply(&mut self, frames: &[ServerFrame]) {
        for frame in frames {
            match frame {
                ServerFrame::Viewers { support_request_id, viewers } => {
                    let picture = viewers.iter().map(|viewer| (viewer.id, viewer.state)).collect();
                    self.viewers.insert(*support_request_id, picture);
                }
                ServerFrame::Presence { participant_id, online, availability } => {
                    self.people.insert(*participant_id, (*online, *availability));
                }
                _ => {}
            }
        }
    }
}

/// Jobs end late and in any order, clients read late, come and go, lose sight; once all is quiet, everybody who
/// looks at a request has the same picture of it, which is that of what each one said last, and every member of
/// staff knows of each colleague whether they are there and want to be asked.
#[test]
fn whatever_happens_all_end_with_the_same_picture() {
    for seed in 1..=300 {
        converge(seed);
    }
}

/// Who, over which connection, what it knows, and what was said over it last of each request.
type Client = (Caller, Arc<Conn>, Knows, BTreeMap<u128, ViewState>);

fn converge(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut world = world();
    let staff = [agent(), colleague(), supervisor(), user(31, Role::Admin)];
    let mut conns: Vec<Client> = Vec::new();
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let at = usize::try_from(dice.roll(8)).unwrap();
        if at >= conns.len() {
            let caller = staff[usize::try_from(dice.roll(4)).unwrap()].clone();
            let conn = world.connect(&caller);
            conns.push((caller, conn, Knows::default(), BTreeMap::new()));
            continue;
        }
        let n = 1 + u128::from(dice.roll(2));
        match dice.roll(10) {
            0..=3 => {
                let state = [Some(VIEWING), Some(REPLYING), None][usize::try_from(dice.roll(3)).unwrap()];
                say(&world, &conns[at].1, n, state);
                match state {
                    Some(state) => conns[at].3.insert(n, state),
                    None => conns[at].3.remove(&n),
                };
            }
            4 => {
                let value = [Availability::Online, Availability::Away, Availability::Offline];
                let value = value[usize::try_from(dice.roll(3)).unwrap()];
                world.hub.receive(&conns[at].1, Inbound::Availability { value }, world.now);
            }
            5 => {
                let (_, conn, ..) = conns.swap_remove(at);
                waiting.retain(|(of, _): &(Arc<Conn>, _)| of.id() != conn.id());
                world.hub.leave(&conn);
            }
            6 => {
                let frames = world.read(&conns[at].1);
                conns[at].2.apply(&frames);
            }
            _ => {
                let conn = conns[at].1.clone();
                while let Some(job) = job(&conn) {
                    let (done, _) = world.perform(&conn, job, None);
                    waiting.push((conn.clone(), done));
                }
                if !waiting.is_empty() {
                    let which = usize::try_from(dice.roll(waiting.len() as u64)).unwrap();
                    let (conn, done) = waiting.swap_remove(which);
                    world.hub.done(&conn, done);
                }
            }
        }
        assert!(world.now.since(kernel::testing::FixedEnv::START) < Duration::from_secs(1));
    }
    for (conn, done) in waiting {
        world.hub.done(&conn, done);
    }
    for _ in 0..3 {
        for (_, conn, knows, _) in &mut conns {
            let frames = world.run(conn);
            knows.apply(&frames);
        }
    }
    for n in 1..=2 {
        let mut truth: BTreeMap<ParticipantId, ViewState> = BTreeMap::new();
        for (caller, _, _, views) in &conns {
            if let Some(state) = views.get(&n) {
                let known = truth.entry(caller.participant()).or_insert(*state);
                *known = (*known).max(*state);
            }
        }
        for (_, _, knows, _) in conns.iter().filter(|(.., views)| views.contains_key(&n)) {
            let mut picture = knows.viewers.get(&request(n)).cloned().unwrap_or_default();
            picture.sort();
            assert_eq!(picture, truth.clone().into_iter().collect::<Vec<_>>(), "seed {seed}, request {n}");
        }
    }
    for (caller, _, knows, _) in &conns {
        for (who, (online, availability)) in &knows.people {
            let there = conns.iter().any(|(other, ..)| other.participant() == *who);
            let stands = world.standings.get(who).map_or(Availability::Online, |known| known.0);
            let own = *who == caller.participant();
            assert!(own || (*online, *availability) == (there, Some(stands)), "seed {seed}: {who} to {caller:?}");
        }
    }
}
