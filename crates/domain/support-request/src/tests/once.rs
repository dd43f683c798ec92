//! Calls that count once.

use kernel::{IdempotentCall, KeyRefused, Once, PortErrorKind, Refusal, RefusalKind, SupportRequestId};

use super::scene::Scene;
use crate::{OpenRequest, References, SupportRequestError};

fn call(scene: &Scene, key: &str, body: &str) -> IdempotentCall {
    IdempotentCall {
        principal: scene.customer.participant().uuid(),
        operation: "open_support_request",
        key: key.to_owned(),
        body: body.to_owned(),
        kept: None,
    }
}

/// Opens a request of the customer; its id, and whether it was opened by this call.
async fn open(scene: &Scene, call: &IdempotentCall) -> Result<(SupportRequestId, bool), SupportRequestError> {
    let order = Scene::order_of(&scene.customer);
    Ok(match scene.desk.open_once(&scene.customer, order, call).await? {
        Once::Done(opened) => (opened.view.request.id, true),
        Once::Repeat(repeat) => (SupportRequestId::new(repeat.resource), false),
    })
}

#[tokio::test]
async fn the_same_call_again_opens_nothing_and_tells_nobody() {
    let scene = Scene::new();
    let (first, now) = open(&scene, &call(&scene, "k", "b")).await.unwrap();
    assert!(now);
    assert_eq!(scene.feed.take().len(), 1);
    let events = scene.store.outbox().len();
    assert_eq!(open(&scene, &call(&scene, "k", "b")).await.unwrap(), (first, false));
    assert!(scene.feed.take().is_empty());
    assert_eq!(scene.store.outbox().len(), events);
    let (second, now) = open(&scene, &call(&scene, "other", "b")).await.unwrap();
    assert!(now && second != first);
    assert_eq!(scene.stored(second).number.as_str(), "TICKET-20240115-002", "the repeat took no number");
}

#[tokio::test]
async fn another_body_under_the_key_is_refused() {
    let scene = Scene::new();
    open(&scene, &call(&scene, "k", "b")).await.unwrap();
    let refused = open(&scene, &call(&scene, "k", "another body")).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Invalid, "idempotency_mismatch"));
    let before = scene.desk.opened_before(scene.organization, &call(&scene, "k", "another body")).await.unwrap_err();
    assert_eq!(before.code(), "idempotency_mismatch");
    assert_eq!(scene.desk.opened_before(scene.organization, &call(&scene, "new", "b")).await.unwrap(), None);
}

#[tokio::test]
async fn a_call_that_is_refused_or_fails_leaves_its_key_free() {
    let scene = Scene::new();
    let about = |appointment: &str| OpenRequest {
        references: References { appointment_id: Some(appointment.to_owned()), ..References::default() },
        ..Scene::order_of(&scene.customer)
    };
    scene.desk.open(&scene.customer, about("a-1")).await.unwrap();
    let taken = scene.desk.open_once(&scene.customer, about("a-1"), &call(&scene, "k", "b")).await.unwrap_err();
    assert_eq!(taken.code(), "support_request.appointment_taken");
    scene.store.fail("commit", PortErrorKind::Unavailable);
    let failed = open(&scene, &call(&scene, "k", "another body")).await.unwrap_err();
    assert_eq!(failed.kind(), RefusalKind::Unavailable);
    assert!(open(&scene, &call(&scene, "k", "a third")).await.unwrap().1);
}

#[tokio::test]
async fn a_commit_of_unknown_outcome_is_told_by_the_same_call_again() {
    let scene = Scene::new();
    scene.store.fail("commit", PortErrorKind::Unknown);
    let unknown = open(&scene, &call(&scene, "k", "b")).await.unwrap_err();
    assert_eq!(unknown.code(), "unknown");
    let (id, now) = open(&scene, &call(&scene, "k", "b")).await.unwrap();
    assert!(!now, "it had happened");
    assert_eq!(scene.stored(id).number.as_str(), "TICKET-20240115-001");
}

#[tokio::test]
async fn nobody_opens_for_others_under_a_key_either() {
    let scene = Scene::new();
    let order = Scene::order_of(&scene.agent);
    let refused = scene.desk.open_once(&scene.customer, order, &call(&scene, "k", "b")).await.unwrap_err();
    assert_eq!(refused.kind(), RefusalKind::Forbidden);
}

#[test]
fn a_running_call_says_when_to_ask_again() {
    let running = SupportRequestError::from(KeyRefused::Running);
    assert_eq!((running.kind(), running.code()), (RefusalKind::Conflict, "idempotency_running"));
    assert!(running.retry_after().is_some());
    assert_eq!(SupportRequestError::NotFound.retry_after(), None);
}
