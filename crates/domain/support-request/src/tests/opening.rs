//! Opening a request.

use kernel::{Caller, Env, PortErrorKind, Refusal, RefusalKind, Role, SupportRequestId, testing::FixedEnv};
use uuid::Uuid;

use super::scene::{Scene, names};
use crate::{FirstMessage, References, Requester, Sla, SlaTerms, Status, SupportRequestError, TimelineKind};

#[tokio::test]
async fn a_request_is_opened_with_its_number_conversation_timeline_and_events() {
    let scene = Scene::new();
    let mut order = Scene::order_of(&scene.customer);
    order.first = Some(FirstMessage {
        client_message_id: "a".to_owned(),
        content: "Où est mon colis ?".to_owned(),
        content_hash: 7,
    });
    let opened = scene.desk.open(&scene.customer, order).await.unwrap();
    let request = &opened.view.request;
    assert_eq!(request.number.as_str(), "TICKET-20240115-001");
    assert_eq!((request.status, request.version, request.assignee), (Status::Open, 1, None));
    assert_eq!(request.sla, Sla::opened(FixedEnv::START, request.priority, &SlaTerms::default()));
    assert_eq!(request.requester.id, scene.customer.participant());
    assert_eq!(scene.stored(request.id), *request);

    let conversation = scene.store.conversation(scene.organization, request.conversation).unwrap();
    assert_eq!((conversation.support_request, conversation.last_seq), (request.id, 1));
    let first = conversation.first.unwrap();
    assert_eq!((first.client_message_id.as_str(), first.content_hash), ("a", 7));
    assert_eq!(first.content, "Où est mon colis ?");

    let timeline = scene.timeline(request.id);
    assert_eq!(timeline.len(), 1);
    assert_eq!((timeline[0].kind, timeline[0].actor.id), (TimelineKind::Created, Some(request.requester.id)));
    let events = scene.events_after(0);
    assert_eq!(names(&events), ["ticket.created", "conversation.created"]);
    assert!(events.iter().all(|event| event.key == request.id.uuid() && event.organization == scene.organization));

    let told = scene.feed.take();
    assert_eq!(told.len(), 1);
    assert_eq!((&*told[0].event, &told[0].before, &told[0].timeline), ("created", &None, &timeline));
    assert_eq!((told[0].view.unread_count, opened.view.unread_count), (1, 0), "staff have it to read, its writer not");
}

#[tokio::test]
async fn numbers_count_by_the_day_in_the_organizations_time_zone() {
    let scene = Scene::new();
    let open = async || {
        let opened = scene.desk.open(&scene.customer, Scene::order_of(&scene.customer)).await.unwrap();
        opened.view.request.number.as_str().to_owned()
    };
    assert_eq!(open().await, "TICKET-20240115-001");
    assert_eq!(open().await, "TICKET-20240115-002");
    // 22:59 and 23:00 in UTC are 23:59 and midnight in Paris.
    scene.pass(12 * 3_600 + 29 * 60);
    assert_eq!(open().await, "TICKET-20240115-003");
    scene.pass(60);
    assert_eq!(open().await, "TICKET-20240116-001");
}

#[tokio::test]
async fn a_time_zone_that_does_not_exist_is_a_defect_of_what_is_stored() {
    let scene = Scene::new();
    scene.store.add_organization(scene.organization, "TICKET", "Europe/Atlantis");
    let refused = scene.desk.open(&scene.customer, Scene::order_of(&scene.customer)).await.unwrap_err();
    assert_eq!(refused.kind(), RefusalKind::Internal);
    assert_eq!(scene.store.outbox(), []);
}

#[tokio::test]
async fn people_open_their_own_and_staff_for_anybody() {
    let scene = Scene::new();
    let other = scene.user(Role::Customer, "Alix Roux");
    let token = SupportRequestId::new(scene.env.uuid());
    let guest = scene.guest(token);
    let with_id = |caller: &Caller, id| crate::OpenRequest { id: Some(id), ..Scene::order_of(caller) };
    let elsewhere = SupportRequestId::new(scene.env.uuid());
    for (caller, order, allowed) in [
        (&scene.customer, Scene::order_of(&scene.customer), true),
        (&scene.customer, Scene::order_of(&other), false),
        (&scene.agent, Scene::order_of(&other), true),
        (&scene.agent, Scene::order_of(&scene.agent), true),
        (&guest, with_id(&guest, elsewhere), false),
        (&guest, Scene::order_of(&guest), false),
        (&guest, with_id(&other, token), false),
        (&guest, with_id(&guest, token), true),
    ] {
        let requester = order.requester.id;
        match scene.desk.open(caller, order).await {
            Ok(opened) => {
                assert!(allowed, "{caller:?}");
                assert_eq!(opened.view.request.requester.id, requester);
                assert_eq!(opened.view.request.language, caller.language());
            }
            Err(SupportRequestError::NotAllowed(_)) => assert!(!allowed, "{caller:?}"),
            Err(other) => panic!("{caller:?}: {other:?}"),
        }
    }
    assert_eq!(scene.stored(token).id, token);
}

#[tokio::test]
async fn an_appointment_has_one_request() {
    let scene = Scene::new();
    let mut order = Scene::order_of(&scene.customer);
    order.references = References { appointment_id: Some("a-1".to_owned()), ..References::default() };
    scene.desk.open(&scene.customer, order.clone()).await.unwrap();
    let refused = scene.desk.open(&scene.customer, order).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Conflict, "support_request.appointment_taken"));
    assert_eq!(scene.store.outbox().len(), 2, "the second one told nothing");
}

#[tokio::test]
async fn a_part_that_fails_leaves_nothing_behind() {
    for at in [
        "begin",
        "requests.numbering",
        "requests.next_number",
        "requests.insert",
        "conversations.open",
        "timeline.append",
        "outbox.append",
        "commit",
    ] {
        let scene = Scene::new();
        scene.store.fail(at, PortErrorKind::Unavailable);
        let order = crate::OpenRequest {
            id: Some(SupportRequestId::new(Uuid::from_u128(7))),
            ..Scene::order_of(&scene.customer)
        };
        let refused = scene.desk.open(&scene.customer, order.clone()).await.unwrap_err();
        assert_eq!(refused.kind(), RefusalKind::Unavailable, "{at}");
        assert_eq!(scene.store.stored(scene.organization, SupportRequestId::new(Uuid::from_u128(7))), None, "{at}");
        assert_eq!((scene.store.outbox(), scene.feed.take()), (vec![], vec![]), "{at}");
        let opened = scene.desk.open(&scene.customer, order).await.unwrap();
        assert_eq!(opened.view.request.number.as_str(), "TICKET-20240115-001", "{at}");
    }
}

#[tokio::test]
async fn who_a_request_is_opened_for_is_asked_of_identity() {
    let scene = Scene::new();
    let other = scene.user(Role::Customer, "Alix Roux");
    let known = |caller: &Caller| Requester {
        id: caller.participant(),
        name: caller.name().to_owned(),
        email: Some("c@example.org".to_owned()),
        phone: None,
    };
    for caller in [&scene.customer, &other] {
        scene.people.add_requester(scene.organization, known(caller));
    }
    let id = |caller: &Caller| Some(super::scene::id(caller));
    assert_eq!(scene.desk.requester(&scene.customer, None).await.unwrap(), known(&scene.customer));
    assert_eq!(scene.desk.requester(&scene.customer, id(&scene.customer)).await.unwrap(), known(&scene.customer));
    assert_eq!(scene.desk.requester(&scene.agent, id(&other)).await.unwrap(), known(&other));
    let refused = scene.desk.requester(&scene.customer, id(&other)).await.unwrap_err();
    assert_eq!(refused.kind(), RefusalKind::Forbidden);
    let unknown = scene.desk.requester(&scene.agent, id(&scene.supervisor)).await.unwrap_err();
    assert_eq!(unknown.kind(), RefusalKind::Invalid);
    let guest = scene.guest(SupportRequestId::new(scene.env.uuid()));
    assert_eq!(scene.desk.requester(&guest, None).await.unwrap_err().kind(), RefusalKind::Forbidden);
}
