//! Replies, as a consumer of the log tells them.

use kernel::{Caller, Env, MessageId, Order, PageRequest, PortErrorKind, Refusal, RefusalKind, SupportRequestId};

use super::scene::{Scene, id, names};
use crate::{Action, Reply, RequestFilter, RequestStore, Status, TimelineKind};

fn reply(scene: &Scene, request: SupportRequestId, sender: &Caller) -> Reply {
    Reply {
        organization: scene.organization,
        support_request: request,
        message: MessageId::new(scene.env.uuid()),
        sender: sender.participant(),
        name: sender.name().to_owned(),
        at: scene.env.now(),
    }
}

#[tokio::test]
async fn the_first_answer_takes_an_open_request() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.pass(60);
    let answer = reply(&scene, request, &scene.agent);
    scene.pass(5);
    assert!(scene.desk.agent_replied(&answer).await.unwrap());
    let now = scene.stored(request);
    assert_eq!((now.status, now.assignee, now.version), (Status::InProgress, Some(id(&scene.agent)), 2));
    assert_eq!(now.first_response_at, Some(answer.at), "when it was written, not when it was noticed");
    let conversation = scene.store.conversation(scene.organization, now.conversation).unwrap();
    assert_eq!(conversation.state.assignee, now.assignee);
    let kinds: Vec<_> = scene.timeline(request).iter().map(|entry| entry.kind).collect();
    let wanted = [
        TimelineKind::Created,
        TimelineKind::FirstResponse,
        TimelineKind::AssigneeChanged,
        TimelineKind::StatusChanged,
    ];
    assert_eq!(kinds, wanted);
    assert_eq!(scene.timeline(request)[2].metadata["new_name"], "Dominique Leroy");
    assert_eq!(names(&scene.events_after(2)), ["ticket.assigned", "ticket.status_changed"]);
    let told = scene.feed.take();
    assert_eq!((told.len(), &*told[0].event, told[0].timeline.len()), (1, "status_changed", 3));
}

#[tokio::test]
async fn an_answer_that_is_noticed_after_the_resolution_still_assigns_who_gave_it() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let answer = reply(&scene, request, &scene.agent);
    scene.pass(1);
    scene.act(&scene.agent, request, Action::Resolve { resolution: None }).await.unwrap();
    assert_eq!(scene.stored(request).assignee, None);
    assert!(scene.desk.agent_replied(&answer).await.unwrap());
    let now = scene.stored(request);
    assert_eq!((now.status, now.assignee), (Status::Resolved, Some(id(&scene.agent))));
    assert_eq!(now.first_response_at, Some(answer.at));

    scene.pass(1);
    let thanks = reply(&scene, request, &scene.supervisor);
    scene.desk.agent_replied(&thanks).await.unwrap();
    assert_eq!(scene.stored(request).assignee, Some(id(&scene.agent)), "somebody has it already");
}

#[tokio::test]
async fn a_line_after_the_resolution_assigns_nobody() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.agent, request, Action::Resolve { resolution: None }).await.unwrap();
    scene.pass(1);
    scene.desk.agent_replied(&reply(&scene, request, &scene.agent)).await.unwrap();
    assert_eq!(scene.stored(request).assignee, None);
}

#[tokio::test]
async fn a_reply_is_taken_once() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let answer = reply(&scene, request, &scene.agent);
    assert!(scene.desk.agent_replied(&answer).await.unwrap());
    scene.act(&scene.agent, request, Action::Wait).await.unwrap();
    let writes = reply(&scene, request, &scene.customer);
    assert!(scene.desk.customer_replied(&writes).await.unwrap());
    scene.act(&scene.agent, request, Action::Wait).await.unwrap();
    let (before, told) = (scene.stored(request), scene.store.outbox());
    scene.feed.take();
    assert!(!scene.desk.agent_replied(&answer).await.unwrap());
    assert!(!scene.desk.customer_replied(&writes).await.unwrap());
    assert_eq!((scene.stored(request), scene.store.outbox(), scene.feed.take()), (before, told, vec![]));
}

#[tokio::test]
async fn a_first_answer_that_moves_nothing_makes_no_version_but_is_kept() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.agent, request, Action::Take).await.unwrap();
    scene.act(&scene.agent, request, Action::Start).await.unwrap();
    scene.feed.take();
    let events = scene.store.outbox();
    let answer = reply(&scene, request, &scene.agent);
    assert!(scene.desk.agent_replied(&answer).await.unwrap());
    let now = scene.stored(request);
    assert_eq!((now.version, now.first_response_at), (3, Some(answer.at)));
    assert_eq!(scene.timeline(request).last().unwrap().kind, TimelineKind::FirstResponse);
    assert_eq!(scene.store.outbox(), events);
    assert_eq!(scene.feed.take()[0].event, "first_response");
    let again = reply(&scene, request, &scene.agent);
    assert!(!scene.desk.agent_replied(&again).await.unwrap(), "there is one first answer");
}

#[tokio::test]
async fn what_waited_for_the_customer_goes_on_when_they_write() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.agent, request, Action::Take).await.unwrap();
    scene.act(&scene.agent, request, Action::Wait).await.unwrap();
    let due = scene.stored(request).sla;
    scene.pass(3_600);
    assert!(scene.desk.customer_replied(&reply(&scene, request, &scene.customer)).await.unwrap());
    let now = scene.stored(request);
    assert_eq!((now.status, now.waiting_since), (Status::InProgress, None));
    let moved = now.sla.resolution_due_at.since(due.resolution_due_at);
    assert_eq!(moved.as_secs(), 3_600, "the hour it waited does not count");
    assert_eq!(now.sla.first_response_due_at, due.first_response_due_at);
}

#[tokio::test]
async fn a_customer_who_writes_reopens_what_was_resolved() {
    for (agent, wanted) in [(None, Status::Open), (Some(()), Status::InProgress)] {
        let scene = Scene::new();
        let request = scene.opened().await;
        if agent.is_some() {
            scene.act(&scene.agent, request, Action::Take).await.unwrap();
        }
        scene.act(&scene.agent, request, Action::Resolve { resolution: None }).await.unwrap();
        assert!(scene.desk.customer_replied(&reply(&scene, request, &scene.customer)).await.unwrap());
        let now = scene.stored(request);
        assert_eq!((now.status, now.resolved_at, now.resolution), (wanted, None, None));
        let state = scene.store.conversation(scene.organization, now.conversation).unwrap().state;
        assert!(!state.resolved);
        let again = scene.act(&scene.agent, request, Action::Resolve { resolution: None }).await.unwrap();
        assert!(again.changed, "it is resolved anew, not a repeat");
    }
}

#[tokio::test]
async fn a_reply_on_a_closed_or_unknown_request_does_nothing() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.agent, request, Action::Close).await.unwrap();
    scene.feed.take();
    let (before, told) = (scene.stored(request), scene.store.outbox());
    let unknown = SupportRequestId::new(scene.env.uuid());
    for request in [request, unknown] {
        assert!(!scene.desk.agent_replied(&reply(&scene, request, &scene.agent)).await.unwrap());
        assert!(!scene.desk.customer_replied(&reply(&scene, request, &scene.customer)).await.unwrap());
    }
    assert_eq!((scene.stored(request), scene.store.outbox(), scene.feed.take()), (before, told, vec![]));
}

#[tokio::test]
async fn a_reply_that_could_not_be_stored_is_not_taken() {
    for at in [
        "views.snapshot",
        "begin",
        "inbox.take",
        "requests.get",
        "requests.save",
        "timeline.append",
        "outbox.append",
        "commit",
    ] {
        let scene = Scene::new();
        let request = scene.opened().await;
        let answer = reply(&scene, request, &scene.agent);
        scene.store.fail(at, PortErrorKind::Unavailable);
        let failed = scene.desk.agent_replied(&answer).await.unwrap_err();
        assert_eq!((failed.kind(), scene.stored(request).version), (RefusalKind::Unavailable, 1), "{at}");
        assert!(scene.desk.agent_replied(&answer).await.unwrap(), "{at}: told again, it is done");
        assert_eq!(scene.stored(request).version, 2, "{at}");
    }
}

#[tokio::test]
async fn a_change_that_cannot_be_shown_is_stored_all_the_same() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.store.fail("views.find", PortErrorKind::Unavailable);
    assert!(scene.desk.agent_replied(&reply(&scene, request, &scene.agent)).await.unwrap());
    assert_eq!((scene.stored(request).status, scene.feed.take()), (Status::InProgress, vec![]));
}

#[tokio::test]
async fn a_message_that_moves_nothing_writes_nothing() {
    let scene = Scene::new();
    let request = scene.opened().await;
    assert!(scene.desk.agent_replied(&reply(&scene, request, &scene.agent)).await.unwrap());
    // A transaction would fail.
    scene.store.fail("begin", PortErrorKind::Unavailable);
    assert!(!scene.desk.agent_replied(&reply(&scene, request, &scene.agent)).await.unwrap());
    assert!(!scene.desk.customer_replied(&reply(&scene, request, &scene.customer)).await.unwrap());
    scene.act(&scene.agent, request, Action::Wait).await.unwrap_err();
}

#[tokio::test]
async fn what_changed_between_the_look_and_the_lock_decides() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.agent, request, Action::Take).await.unwrap();
    scene.act(&scene.agent, request, Action::Wait).await.unwrap();
    let writes = reply(&scene, request, &scene.customer);
    let (closed, replied) = {
        // The close has the lock first; the reply has looked before and waits for its turn.
        let blocker = RequestStore::begin(&scene.store, scene.organization).await.unwrap();
        let close = scene.act(&scene.agent, request, Action::Close);
        let replies = scene.desk.customer_replied(&writes);
        let mut both = Box::pin(async { tokio::join!(close, replies) });
        assert!(std::future::poll_fn(|context| std::task::Poll::Ready(both.as_mut().poll(context).is_pending())).await);
        drop(blocker);
        both.await
    };
    assert!(closed.unwrap().changed);
    assert!(!replied.unwrap());
    assert_eq!(scene.stored(request).status, Status::Closed);
}

#[tokio::test]
async fn activity_in_the_thread_is_told_without_a_new_version() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.store.customer_writes(scene.organization, request, "Encore moi", scene.env.now());
    scene.desk.tell_activity(scene.organization, request).await.unwrap();
    let told = scene.feed.take();
    assert_eq!((told.len(), &*told[0].event, told[0].view.request.version), (1, "message", 1));
    assert_eq!((told[0].view.unread_count, &told[0].before, told[0].timeline.len()), (1, &None, 0));
    scene.desk.tell_activity(scene.organization, SupportRequestId::new(scene.env.uuid())).await.unwrap();
    assert_eq!(scene.feed.take(), []);
}

#[tokio::test]
async fn messages_that_came_are_in_the_lists_of_what_changed_since_any_look_before() {
    let scene = Scene::new();
    let (first, second) = (scene.opened().await, scene.opened().await);
    scene.pass(60);
    // A message is written; somebody looks before it is noticed, and asks since then.
    scene.store.customer_writes(scene.organization, first, "Encore moi", scene.env.now());
    scene.pass(1);
    let looked = scene.env.now();
    let filter = RequestFilter { changed_since: Some(looked), order: Order::Ascending, ..RequestFilter::default() };
    let listed = async || {
        let page = scene.desk.list(&scene.supervisor, &filter, PageRequest::default()).await.unwrap();
        page.items.iter().map(|view| view.request.id).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, []);
    scene.pass(1);
    let came = [second, first, second].map(|request| (scene.organization, request));
    scene.desk.messages_came(came).await.unwrap();
    assert_eq!(listed().await, [first, second], "in the order of their last messages");
    scene.store.fail("note_activity", PortErrorKind::Unavailable);
    assert_eq!(scene.desk.messages_came(came).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    scene.desk.messages_came([]).await.unwrap();
}
