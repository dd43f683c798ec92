//! Reading: within the scope, and without notes for those who are not staff.

use kernel::{PageRequest, Refusal, RefusalKind, Role};

use super::scene::{Scene, id};
use crate::{Action, Command, Note, Reason, RequestFilter, SupportRequestError};

#[tokio::test]
async fn a_request_is_read_by_those_who_see_it() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.supervisor, request, Action::Take).await.unwrap();
    let member = scene.user(Role::Agent, "Claude Blanc");
    scene.store.add_member(scene.organization, request, id(&member));
    let number = scene.stored(request).number.as_str().to_owned();
    let page = PageRequest::default();
    for (caller, sees) in [
        (&scene.customer, true),
        (&scene.supervisor, true),
        (&scene.user(Role::Admin, "Ange Morel"), true),
        (&member, true),
        (&scene.agent, false),
        (&scene.user(Role::Customer, "Alix Roux"), false),
        (&scene.guest(request), false),
    ] {
        let (desk, filter) = (&scene.desk, RequestFilter::default());
        let found = [
            desk.view(caller, request).await.map(|view| view.request.id),
            desk.view_by_number(caller, &number).await.map(|view| view.request.id),
            desk.timeline(caller, request).await.map(|_| request),
        ];
        for found in found {
            match found {
                Ok(id) => assert!(sees && id == request, "{caller:?}"),
                Err(error) => assert!(!sees && matches!(error, SupportRequestError::NotFound), "{caller:?}: {error:?}"),
            }
        }
        assert_eq!(desk.list(caller, &filter, page).await.unwrap().total, u64::from(sees), "{caller:?}");
    }
    let unknown = scene.desk.view_by_number(&scene.supervisor, "TICKET-20240115-999").await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.code()), (RefusalKind::NotFound, "support_request.not_found"));
}

#[tokio::test]
async fn notes_are_for_staff_and_reasons_for_all() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let command = Command {
        reason: Some(Reason::stored("c’est réglé".to_owned())),
        note: Some(Note::stored("client difficile".to_owned())),
        ..Command::default()
    };
    scene.desk.act(&scene.agent, request, Action::Close, command).await.unwrap();
    let staff = scene.desk.timeline(&scene.agent, request).await.unwrap();
    let customer = scene.desk.timeline(&scene.customer, request).await.unwrap();
    assert_eq!(staff.last().unwrap().note.as_deref(), Some("client difficile"));
    assert_eq!(customer.last().unwrap().reason.as_deref(), Some("c’est réglé"));
    assert!(customer.iter().all(|entry| entry.note.is_none()));
    assert_eq!(customer.len(), staff.len());
    let leaks = scene.store.outbox().iter().any(|event| event.data.to_string().contains("difficile"));
    assert!(!leaks, "no event carries a note");
}

#[tokio::test]
async fn a_list_is_filtered_within_the_scope() {
    let scene = Scene::new();
    let (one, two) = (scene.opened().await, scene.opened().await);
    scene.act(&scene.agent, one, Action::Take).await.unwrap();
    scene.act(&scene.supervisor, two, Action::Take).await.unwrap();
    let list = async |caller, filter: RequestFilter| {
        let page = scene.desk.list(caller, &filter, PageRequest::default()).await.unwrap();
        page.items.into_iter().map(|view| view.request.id).collect::<Vec<_>>()
    };
    let mine = |caller| RequestFilter { assignee: Some(Some(id(caller))), ..RequestFilter::default() };
    assert_eq!(list(&scene.agent, mine(&scene.agent)).await, [one]);
    assert_eq!(list(&scene.agent, mine(&scene.supervisor)).await, [], "a filter opens nothing");
    assert_eq!(list(&scene.supervisor, mine(&scene.agent)).await, [one]);
    assert_eq!(list(&scene.customer, RequestFilter::default()).await, [two, one]);
}
