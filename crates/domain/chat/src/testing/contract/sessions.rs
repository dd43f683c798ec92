//! What [`ChatSessions`](crate::ChatSessions) must do.

use std::time::Duration;

use kernel::{OrganizationId, PageRequest, ParticipantId, Scope, Timestamp};

use super::Scene;
use crate::{
    ChatSession, Seq, SessionStatus,
    testing::{Harness, RecordedSessions, Thread, ThreadState, side_by_side},
};

/// Long enough for a suite on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(30);
const MOMENT: Duration = Duration::from_micros(1);

async fn open_at(h: &impl Harness, thread: &Thread, at: Timestamp) -> Vec<ChatSession> {
    let feed = RecordedSessions::default();
    let opened = h.sessions().open(&[(thread.organization, thread.id)], at, TIMEOUT, &feed).await.unwrap();
    assert_eq!(feed.all(), opened, "each is told");
    opened
}

async fn open(h: &impl Harness, thread: &Thread) -> Vec<ChatSession> {
    open_at(h, thread, h.env().now()).await
}

async fn end(h: &impl Harness, thread: &Thread, by: ParticipantId) -> Option<ChatSession> {
    h.sessions().end(thread.organization, thread.id, Some(by), h.env().now()).await.unwrap()
}

/// A sweep; what it ended of one organisation, since a store may be shared.
async fn sweep(h: &impl Harness, of: OrganizationId, before: Timestamp) -> Vec<ChatSession> {
    let mut ended = h.sessions().time_out(before, h.env().now(), 1_000).await.unwrap();
    ended.retain(|session| session.organization == of);
    ended
}

async fn all(h: &impl Harness, thread: &Thread) -> Vec<ChatSession> {
    h.sessions().list(thread.organization, thread.id, PageRequest::default()).await.unwrap().items
}

/// From the first message that is new, and as far as the log goes.
pub async fn a_session_opens_where_the_customer_has_written(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.answered(h, "a1").await;
    scene.asked(h, "c1").await;
    let at = h.env().now();
    let opened = open_at(h, &scene.thread, at).await;
    let [session] = &opened[..] else { panic!("{opened:?}") };
    assert_eq!((session.organization, session.conversation), (scene.organization, scene.thread.id));
    assert_eq!((session.status, session.started_at, session.ended_at), (SessionStatus::Active, at, None));
    assert_eq!((session.first_seq, session.last_seq), (Some(Seq::new(2)), Some(Seq::new(2))));
    h.time_goes_by().await;
    let answer = scene.answered(h, "a2").await;
    let [shown] = &all(h, &scene.thread).await[..] else { panic!("one session") };
    assert_eq!((shown.first_seq, shown.last_seq), (Some(Seq::new(2)), Some(Seq::new(3))));
    assert_eq!(shown.last_activity_at, answer.created_at, "each side prolongs it");
}

/// The customer is there before anybody has written.
pub async fn a_conversation_just_opened_gets_its_first_session(h: &impl Harness) {
    let scene = Scene::new(h).await;
    assert_eq!(open_at(h, &scene.thread, h.env().now() + TIMEOUT + MOMENT).await, [], "opened too long ago");
    let opened = open(h, &scene.thread).await;
    assert_eq!(opened.len(), 1);
    assert_eq!((opened[0].first_seq, opened[0].last_seq), (None, None), "there is no entry yet");
    assert_eq!(opened[0].last_activity_at, opened[0].started_at);
    scene.asked(h, "c1").await;
    assert_eq!(all(h, &scene.thread).await[0].first_seq, Some(Seq::new(1)));
}

/// Coming back is not writing.
pub async fn an_ended_session_is_followed_only_by_a_new_message(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "c1").await;
    let first = open(h, &scene.thread).await;
    assert_eq!(open(h, &scene.thread).await, [], "it goes on");
    h.time_goes_by().await;
    let ended = end(h, &scene.thread, scene.agent.into()).await.unwrap();
    assert_eq!(
        (ended.id, ended.status, ended.ended_by),
        (first[0].id, SessionStatus::Closed, Some(scene.agent.into()))
    );
    assert!(ended.ended_at > Some(ended.started_at));
    scene.answered(h, "a1").await;
    assert_eq!(open(h, &scene.thread).await, [], "only what the customer writes makes it live again");
    h.time_goes_by().await;
    scene.asked(h, "c2").await;
    assert_eq!(open_at(h, &scene.thread, h.env().now() + TIMEOUT + TIMEOUT).await, [], "written too long ago");
    let second = open(h, &scene.thread).await;
    assert_eq!((second[0].first_seq, second[0].last_seq), (Some(Seq::new(3)), Some(Seq::new(3))));
    assert_eq!(all(h, &scene.thread).await, [second[0].clone(), ended], "newest first; an ended one stays as it was");
}

/// Whoever asks, and on whatever node.
pub async fn many_who_open_at_once_open_one_session(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "c1").await;
    let opened: Vec<_> = side_by_side((0..20).map(|_| open(h, &scene.thread))).await.concat();
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert_eq!(all(h, &scene.thread).await, opened);
}

/// As above.
pub async fn many_who_end_at_once_end_it_once(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "c1").await;
    open(h, &scene.thread).await;
    let ended = side_by_side((0..20).map(|_| end(h, &scene.thread, scene.customer))).await;
    assert_eq!(ended.iter().flatten().count(), 1, "{ended:?}");
    assert_eq!(end(h, &scene.thread, scene.customer).await, None);
}

/// To the microsecond, with each side's messages counted.
pub async fn a_session_without_messages_for_too_long_times_out(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "c1").await;
    open(h, &scene.thread).await;
    h.time_goes_by().await;
    let last = scene.answered(h, "a1").await.created_at;
    assert_eq!(sweep(h, scene.organization, last).await, [], "it was just prolonged");
    let swept = side_by_side((0..10).map(|_| sweep(h, scene.organization, last + MOMENT))).await.concat();
    let [ended] = &swept[..] else { panic!("ended {swept:?}") };
    assert_eq!((ended.status, ended.ended_by, ended.last_activity_at), (SessionStatus::Timeout, None, last));
    assert_eq!((ended.first_seq, ended.last_seq), (Some(Seq::new(1)), Some(Seq::new(2))));
    assert_eq!(all(h, &scene.thread).await, swept);
    assert_eq!(end(h, &scene.thread, scene.customer).await, None, "it is over");
    let another = scene.another(h, ThreadState::default()).await;
    let started = open(h, &another).await[0].started_at;
    assert_eq!(sweep(h, scene.organization, started).await, []);
    assert_eq!(sweep(h, scene.organization, started + MOMENT).await.len(), 1, "its opening counts when nobody writes");
}

/// Nothing more can be written there.
pub async fn a_closed_conversation_opens_no_session(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "c1").await;
    h.set(&scene.thread, ThreadState { closed: true, resolved: true, ..ThreadState::default() }).await;
    assert_eq!(open(h, &scene.thread).await, []);
}

/// One that another organisation names is not there.
pub async fn no_session_is_reached_across_organizations(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "c1").await;
    let elsewhere = Thread { organization: h.organization().await, ..scene.thread };
    assert_eq!(open(h, &elsewhere).await, []);
    open(h, &scene.thread).await;
    assert_eq!(end(h, &elsewhere, scene.customer).await, None);
    assert_eq!(all(h, &elsewhere).await, []);
    assert_eq!(all(h, &scene.thread).await[0].status, SessionStatus::Active);
}

/// What a subscription starts with.
pub async fn a_conversation_shows_its_last_session(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "c1").await;
    let find = || async {
        let found = h.conversations().find(scene.organization, Scope::All, scene.customer, scene.thread.id).await;
        found.unwrap().unwrap().session
    };
    assert_eq!(find().await, None);
    let first = open(h, &scene.thread).await;
    assert_eq!(find().await.as_ref(), first.first());
    let ended = end(h, &scene.thread, scene.customer).await;
    assert_eq!(find().await, ended);
    h.time_goes_by().await;
    scene.asked(h, "c2").await;
    let second = open(h, &scene.thread).await;
    assert_eq!(find().await.as_ref(), second.first());
}

/// Newest first.
pub async fn sessions_are_listed_in_pages(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let mut ids = Vec::new();
    for n in 1..=3 {
        h.time_goes_by().await;
        scene.asked(h, &format!("c{n}")).await;
        ids.insert(0, open(h, &scene.thread).await[0].id);
        end(h, &scene.thread, scene.customer).await;
    }
    let page = |number| {
        let request = PageRequest::parse(Some(number), Some(2)).unwrap();
        let sessions = h.sessions();
        async move { sessions.list(scene.organization, scene.thread.id, request).await.unwrap() }
    };
    let (first, second) = (page(1).await, page(2).await);
    assert_eq!((first.total, second.total), (3, 3));
    let listed: Vec<_> = first.items.iter().chain(&second.items).map(|session| session.id).collect();
    assert_eq!((listed, first.items.len()), (ids, 2));
}
