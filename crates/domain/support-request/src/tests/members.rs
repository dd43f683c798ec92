//! Who takes part in a request: added, removed, told.

use kernel::{Env, Role, UserId};

use super::scene::{Scene, id};
use crate::{Action, SupportRequestError, TimelineKind};

#[tokio::test]
async fn a_member_sees_a_request_that_somebody_else_answers_until_they_are_removed() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.supervisor, request, Action::Take).await.unwrap();
    scene.feed.take();
    let (agent, chief) = (id(&scene.agent), &scene.supervisor);
    let added = scene.desk.add_member(chief, request, agent).await.unwrap();
    assert_eq!((added.id, added.name.as_str(), added.added_at), (agent, "Dominique Leroy", scene.env.now()));
    let told = scene.feed.take();
    assert_eq!((told[0].event.as_ref(), told[0].view.request.version), ("participant_added", 3));
    assert!(!told[0].is_for_customer());
    scene.desk.view(&scene.agent, request).await.unwrap();
    scene.pass(60);
    assert_eq!(scene.desk.add_member(&scene.agent, request, agent).await.unwrap(), added, "the same again");
    assert_eq!((scene.feed.take().len(), scene.stored(request).version), (0, 3));

    scene.desk.remove_member(&scene.agent, request, agent).await.unwrap();
    let told = scene.feed.take();
    assert_eq!((told[0].event.as_ref(), told[0].view.request.version), ("participant_removed", 4));
    assert_eq!(told[0].before.as_ref().unwrap().members, [agent.into()]);
    assert!(matches!(scene.desk.view(&scene.agent, request).await, Err(SupportRequestError::NotFound)));
    scene.desk.remove_member(chief, request, agent).await.unwrap();
    assert!(scene.feed.take().is_empty(), "the same again");
    let kinds: Vec<TimelineKind> = scene.timeline(request).iter().rev().take(2).map(|entry| entry.kind).collect();
    assert_eq!(kinds, [TimelineKind::ParticipantRemoved, TimelineKind::ParticipantAdded]);
    let removed = scene.timeline(request).pop().unwrap();
    assert_eq!(removed.metadata["old_name"], "Dominique Leroy");
    let shown = scene.desk.timeline(&scene.customer, request).await.unwrap();
    assert!(!shown.iter().any(|entry| entry.kind == TimelineKind::ParticipantAdded), "not for the customer");
}

#[tokio::test]
async fn members_are_for_staff_who_see_the_request() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let agent = id(&scene.agent);
    for refused in [
        scene.desk.members(&scene.customer, request).await.map(drop),
        scene.desk.add_member(&scene.customer, request, agent).await.map(drop),
        scene.desk.remove_member(&scene.customer, request, agent).await,
    ] {
        assert!(matches!(refused, Err(SupportRequestError::NotAllowed(_))), "{refused:?}");
    }
    scene.act(&scene.supervisor, request, Action::Take).await.unwrap();
    let hidden = scene.desk.add_member(&scene.agent, request, agent).await;
    assert!(matches!(hidden, Err(SupportRequestError::NotFound)), "nobody adds themselves: {hidden:?}");
    for nobody in [id(&scene.customer), UserId::new(scene.env.uuid())] {
        let refused = scene.desk.add_member(&scene.supervisor, request, nobody).await;
        let Err(SupportRequestError::Invalid(fields)) = refused else { panic!("{refused:?}") };
        assert_eq!(fields, [kernel::FieldError::new("user_id", "unknown")]);
        scene.desk.remove_member(&scene.supervisor, request, nobody).await.unwrap();
    }
}

#[tokio::test]
async fn an_action_after_a_change_of_members_is_no_repeat() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.supervisor, request, Action::Take).await.unwrap();
    scene.act(&scene.supervisor, request, Action::Resolve { resolution: None }).await.unwrap();
    scene.act(&scene.supervisor, request, Action::Reopen).await.unwrap();
    scene.desk.add_member(&scene.supervisor, request, id(&scene.user(Role::Agent, "Claude Blanc"))).await.unwrap();
    let again = scene.act(&scene.supervisor, request, Action::Reopen).await;
    assert!(matches!(again, Err(SupportRequestError::IllegalTransition { .. })), "{again:?}");
}
