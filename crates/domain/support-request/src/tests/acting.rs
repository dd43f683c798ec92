//! Acting on a request: rights, versions, repeats, and what is stored and told.

use kernel::{Caller, FieldError, PortErrorKind, Refusal, RefusalKind, Role, SupportRequestId, UserId};

use super::scene::{Scene, id, names};
use crate::{Action, Command, Desk, Note, Reason, Resolution, Status, SupportRequestError, TimelineKind};

fn resolve() -> Action {
    Action::Resolve { resolution: None }
}

fn all_actions(agent: UserId) -> [Action; 8] {
    [
        Action::Assign { agent: Some(agent) },
        Action::Assign { agent: None },
        Action::Take,
        Action::Start,
        Action::Wait,
        resolve(),
        Action::Reopen,
        Action::Close,
    ]
}

#[tokio::test]
async fn a_take_is_stored_and_told_whole() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.pass(60);
    let done = scene.act(&scene.agent, request, Action::Take).await.unwrap();
    assert!(done.changed);
    assert_eq!((done.view.request.status, done.view.request.version), (Status::Assigned, 2));
    assert_eq!(done.view.assignee_name.as_deref(), Some("Dominique Leroy"));
    assert_eq!(scene.stored(request), done.view.request);
    let conversation = scene.store.conversation(scene.organization, done.view.request.conversation).unwrap();
    assert_eq!(conversation.state.assignee, Some(id(&scene.agent)));

    let timeline = scene.timeline(request);
    let kinds: Vec<_> = timeline.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [TimelineKind::Created, TimelineKind::AssigneeChanged, TimelineKind::StatusChanged]);
    assert_eq!(timeline[1].metadata["new_name"], "Dominique Leroy");
    assert_eq!(timeline[1].actor.id, Some(scene.agent.participant()));
    assert_eq!(names(&scene.events_after(2)), ["ticket.assigned", "ticket.status_changed"]);

    let told = scene.feed.take();
    assert_eq!((told.len(), &*told[0].event), (1, "assigned"));
    assert_eq!(told[0].view, done.view);
    assert_eq!(told[0].timeline, timeline[1..]);
    let before = told[0].before.as_ref().unwrap();
    assert_eq!((before.assignee, told[0].audience.assignee), (None, Some(id(&scene.agent))));
}

#[tokio::test]
async fn resolve_with_a_note_and_hand_to_another_is_one_change() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let command = Command {
        reason: Some(Reason::stored("c’est réglé".to_owned())),
        note: Some(Note::stored("vérifier demain".to_owned())),
        agent_id: Some(id(&scene.agent)),
        ..Command::default()
    };
    let action = Action::Resolve { resolution: Some(Resolution::stored("remboursé".to_owned())) };
    let done = scene.desk.act(&scene.supervisor, request, action.clone(), command.clone()).await.unwrap();
    let now = &done.view.request;
    assert_eq!((now.status, now.version, now.assignee), (Status::Resolved, 2, Some(id(&scene.agent))));
    assert_eq!(now.resolution.as_ref().map(Resolution::as_str), Some("remboursé"));
    assert_eq!(now.resolved_at, Some(now.updated_at));
    assert_eq!(names(&scene.events_after(2)), ["ticket.assigned", "ticket.status_changed", "ticket.resolved"]);

    let timeline = scene.timeline(request);
    assert_eq!((timeline[1].kind, &timeline[1].note), (TimelineKind::AssigneeChanged, &None));
    let status = &timeline[2];
    assert_eq!((status.old.as_deref(), status.new.as_deref()), (Some("open"), Some("resolved")));
    assert_eq!(status.reason.as_deref(), Some("c’est réglé"), "a remark is kept once, with what it is about");
    assert_eq!(status.note.as_deref(), Some("vérifier demain"));
    assert_eq!(status.metadata["resolution"], "remboursé");
    assert_eq!(scene.feed.take().len(), 1);

    let again = scene.desk.act(&scene.supervisor, request, action, command).await.unwrap();
    assert!(!again.changed);
    assert_eq!(again.view.request, *now);
    assert_eq!((scene.store.outbox().len(), scene.timeline(request).len()), (5, 3));
    assert_eq!(scene.feed.take(), []);
}

#[tokio::test]
async fn the_same_command_again_succeeds_and_tells_nothing() {
    let scene = Scene::new();
    let request = scene.opened().await;
    for action in [Action::Take, Action::Start, Action::Wait, resolve(), Action::Reopen, Action::Close] {
        let first = scene.act(&scene.agent, request, action.clone()).await.unwrap();
        let told = (scene.store.outbox(), scene.timeline(request));
        assert!(first.changed && scene.feed.take().len() == 1, "{action:?}");
        scene.pass(60);
        let again = scene.act(&scene.agent, request, action.clone()).await.unwrap();
        assert_eq!((again.changed, again.view.request), (false, first.view.request), "{action:?}");
        assert_eq!((scene.store.outbox(), scene.timeline(request)), told, "{action:?}");
        assert_eq!(scene.feed.take(), [], "{action:?}");
    }
}

#[tokio::test]
async fn another_resolution_or_note_is_another_command() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let resolve = |text: &str| Action::Resolve { resolution: Some(Resolution::stored(text.to_owned())) };
    scene.act(&scene.agent, request, resolve("remboursé")).await.unwrap();
    let other = scene.act(&scene.agent, request, resolve("échangé")).await.unwrap_err();
    assert_eq!((other.kind(), other.code()), (RefusalKind::Conflict, "support_request.illegal_transition"));
    let noted = Command { note: Some(Note::stored("à revoir".to_owned())), ..Command::default() };
    let other = scene.desk.act(&scene.agent, request, resolve("remboursé"), noted.clone()).await.unwrap_err();
    assert_eq!(other.code(), "support_request.illegal_transition", "a note is never dropped in silence");
    scene.act(&scene.agent, request, Action::Take).await.unwrap();
    let kept = scene.desk.act(&scene.agent, request, Action::Take, noted.clone()).await.unwrap();
    assert!(kept.changed, "a note on what is there already is kept");
    assert_eq!(scene.timeline(request).last().unwrap().note.as_deref(), Some("à revoir"));
    assert!(!scene.desk.act(&scene.agent, request, Action::Take, noted).await.unwrap().changed);
}

#[tokio::test]
async fn a_command_after_another_change_is_no_repeat() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.agent, request, Action::Take).await.unwrap();
    for _ in 0..2 {
        assert!(scene.act(&scene.agent, request, resolve()).await.unwrap().changed);
        assert!(scene.act(&scene.agent, request, Action::Reopen).await.unwrap().changed);
    }
    let refused = scene.act(&scene.agent, request, Action::Close).await.unwrap();
    assert_eq!((refused.changed, refused.view.request.version), (true, 7));
    let refused = scene.act(&scene.agent, request, Action::Reopen).await.unwrap_err();
    assert_eq!(refused.arguments(), [("action", "reopen".to_owned()), ("status", "closed".to_owned())]);
}

#[tokio::test]
async fn a_refusal_stores_and_tells_nothing() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let before = scene.stored(request);
    for action in [Action::Start, Action::Wait, Action::Reopen] {
        let refused = scene.act(&scene.agent, request, action).await.unwrap_err();
        assert_eq!(refused.code(), "support_request.illegal_transition");
    }
    assert_eq!(scene.stored(request), before);
    assert_eq!((scene.store.outbox().len(), scene.timeline(request).len(), scene.feed.take().len()), (2, 1, 0));
}

#[tokio::test]
async fn a_stale_version_is_refused() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let at = |version| Command { if_match: Some(version), ..Command::default() };
    for wrong in [0, 2] {
        let refused = scene.desk.act(&scene.agent, request, Action::Take, at(wrong)).await.unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (RefusalKind::Stale, "support_request.stale"));
        assert_eq!(refused.arguments(), [("version", "1".to_owned())]);
    }
    scene.desk.act(&scene.agent, request, Action::Take, at(1)).await.unwrap();
    let refused = scene.desk.act(&scene.agent, request, Action::Close, at(1)).await.unwrap_err();
    assert_eq!(refused.code(), "support_request.stale");
    scene.desk.act(&scene.agent, request, Action::Close, at(2)).await.unwrap();
}

#[tokio::test]
async fn customers_and_guests_may_reopen_their_own_and_nothing_else() {
    let scene = Scene::new();
    let token = SupportRequestId::new(kernel::Env::uuid(&*scene.env));
    let guest = scene.guest(token);
    let order = crate::OpenRequest { id: Some(token), ..Scene::order_of(&guest) };
    let theirs = scene.desk.open(&guest, order).await.unwrap().view.request.id;
    for (caller, request) in [(&scene.customer, scene.opened().await), (&guest, theirs)] {
        scene.act(&scene.agent, request, Action::Take).await.unwrap();
        scene.act(&scene.agent, request, resolve()).await.unwrap();
        for action in all_actions(id(&scene.agent)).into_iter().filter(|action| *action != Action::Reopen) {
            let refused = scene.act(caller, request, action.clone()).await.unwrap_err();
            assert_eq!(refused.kind(), RefusalKind::Forbidden, "{action:?}");
        }
        for command in [
            Command { note: Some(Note::stored("x".to_owned())), ..Command::default() },
            Command { agent_id: Some(id(&scene.agent)), ..Command::default() },
        ] {
            let refused = scene.desk.act(caller, request, Action::Reopen, command).await.unwrap_err();
            assert_eq!(refused.kind(), RefusalKind::Forbidden);
        }
        assert_eq!(scene.stored(request).status, Status::Resolved);
        let reason = Command { reason: Some(Reason::stored("toujours rien".to_owned())), ..Command::default() };
        let done = scene.desk.act(caller, request, Action::Reopen, reason).await.unwrap();
        assert_eq!(done.view.request.status, Status::InProgress);
        assert_eq!(scene.timeline(request).last().unwrap().actor.id, Some(caller.participant()));
    }
}

#[tokio::test]
async fn what_one_does_not_see_does_not_exist() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.supervisor, request, Action::Take).await.unwrap();
    let Caller::User(mut foreign) = scene.user(Role::Admin, "Ange Morel") else { panic!("a user") };
    foreign.organization = kernel::OrganizationId::new(kernel::Env::uuid(&*scene.env));
    scene.store.add_organization(foreign.organization, "TICKET", "Europe/Paris");
    let blind = [
        scene.user(Role::Customer, "Alix Roux"),
        scene.user(Role::Agent, "Claude Blanc"),
        scene.guest(request),
        Caller::User(foreign),
    ];
    let before = scene.stored(request);
    for caller in &blind {
        for action in all_actions(UserId::new(kernel::Env::uuid(&*scene.env))) {
            let refused = scene.act(caller, request, action.clone()).await.unwrap_err();
            assert!(matches!(refused, SupportRequestError::NotFound), "{action:?}: {refused:?}");
        }
        let stale = Command { if_match: Some(9), ..Command::default() };
        let refused = scene.desk.act(caller, request, Action::Close, stale).await.unwrap_err();
        assert!(matches!(refused, SupportRequestError::NotFound), "{refused:?}");
    }
    assert_eq!(scene.stored(request), before);
}

#[tokio::test]
async fn an_agent_who_hands_a_request_away_is_still_answered() {
    let scene = Scene::new();
    let (request, other) = (scene.opened().await, scene.user(Role::Agent, "Claude Blanc"));
    scene.act(&scene.agent, request, Action::Take).await.unwrap();
    scene.feed.take();
    let done = scene.act(&scene.agent, request, Action::Assign { agent: Some(id(&other)) }).await.unwrap();
    assert_eq!((done.view.request.assignee, done.view.request.status), (Some(id(&other)), Status::Assigned));
    let told = scene.feed.take().pop().unwrap();
    assert_eq!(told.before.unwrap().assignee, Some(id(&scene.agent)), "so that it leaves their list");
    let refused = scene.act(&scene.agent, request, Action::Start).await.unwrap_err();
    assert!(matches!(refused, SupportRequestError::NotFound), "{refused:?}");
}

#[tokio::test]
async fn only_active_staff_can_be_handed_a_request() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let unknown = [id(&scene.customer), UserId::new(kernel::Env::uuid(&*scene.env))];
    for agent in unknown {
        let refused = scene.act(&scene.agent, request, Action::Assign { agent: Some(agent) }).await.unwrap_err();
        assert_eq!(refused.fields(), [FieldError::new("agent_id", "unknown")]);
        let hand = Command { agent_id: Some(agent), ..Command::default() };
        let refused = scene.desk.act(&scene.agent, request, resolve(), hand).await.unwrap_err();
        assert_eq!(refused.fields(), [FieldError::new("agent_id", "unknown")]);
    }
    let both = Command { agent_id: Some(id(&scene.supervisor)), ..Command::default() };
    let refused = scene.desk.act(&scene.agent, request, Action::Take, both).await.unwrap_err();
    assert_eq!(refused.fields(), [FieldError::new("agent_id", "invalid")], "taken by one, handed to another");
    assert_eq!(scene.stored(request).version, 1);
}

#[tokio::test]
async fn a_change_that_met_another_one_is_tried_again_three_times() {
    for (conflicts, done) in [(1, true), (Desk::RETRIES, true), (Desk::RETRIES + 1, false)] {
        let scene = Scene::new();
        let request = scene.opened().await;
        for _ in 0..conflicts {
            scene.store.fail("requests.save", PortErrorKind::Conflict);
        }
        let taken = scene.act(&scene.agent, request, Action::Take).await;
        assert_eq!(taken.is_ok(), done, "{conflicts} conflicts");
        if let Err(error) = taken {
            assert_eq!((error.kind(), error.code()), (RefusalKind::Unavailable, "busy"));
        }
        assert_eq!(scene.stored(request).version, if done { 2 } else { 1 });
        assert_eq!(scene.events_after(2).len(), if done { 2 } else { 0 }, "a try that failed told nothing");
    }
}

#[tokio::test]
async fn a_part_that_fails_changes_nothing_and_the_next_try_goes_through() {
    for at in [
        "begin",
        "requests.get",
        "requests.audience",
        "requests.save",
        "conversations.follow",
        "timeline.append",
        "outbox.append",
        "commit",
    ] {
        let scene = Scene::new();
        let request = scene.opened().await;
        scene.store.fail(at, PortErrorKind::Unavailable);
        let refused = scene.act(&scene.agent, request, Action::Take).await.unwrap_err();
        assert_eq!(refused.kind(), RefusalKind::Unavailable, "{at}");
        assert_eq!((scene.stored(request).version, scene.timeline(request).len()), (1, 1), "{at}");
        assert_eq!((scene.store.outbox().len(), scene.feed.take()), (2, vec![]), "{at}");
        assert!(scene.act(&scene.agent, request, Action::Take).await.unwrap().changed, "{at}");
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_resolved_by_the_same_command_again() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let noted = Command { note: Some(Note::stored("rappeler".to_owned())), ..Command::default() };
    scene.store.fail("commit", PortErrorKind::Unknown);
    let unknown = scene.desk.act(&scene.agent, request, resolve(), noted.clone()).await.unwrap_err();
    assert_eq!(unknown.code(), "unknown");
    let again = scene.desk.act(&scene.agent, request, resolve(), noted).await.unwrap();
    assert_eq!((again.changed, again.view.request.status), (false, Status::Resolved));
    assert_eq!(scene.timeline(request).len(), 2, "one note, not two");
}

#[tokio::test]
async fn many_at_once_take_one_request_and_one_has_it() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let agents: Vec<_> = (0..10).map(|n| scene.user(Role::Agent, &format!("Agent {n}"))).collect();
    let takes = agents.iter().map(|agent| scene.act(agent, request, Action::Take));
    let answers = crate::testing::side_by_side(takes).await;
    assert_eq!(answers.iter().filter(|one| one.is_ok()).count(), 1, "the others do not see it any more");
    assert_eq!(scene.stored(request).version, 2);
    assert_eq!(scene.events_after(2).len(), 2);
}

#[test]
fn what_the_desk_does_can_be_spawned() {
    fn can_be_spawned(_: impl Send) {}
    let scene = Scene::new();
    let (desk, caller) = (&scene.desk, &scene.agent);
    let request = SupportRequestId::new(kernel::Env::uuid(&*scene.env));
    can_be_spawned(desk.act(caller, request, Action::Take, Command::default()));
    can_be_spawned(desk.open(caller, Scene::order_of(caller)));
}
