//! The watch over deadlines, and what is promised.

use std::time::Duration;

use kernel::{PortErrorKind, Role};
use serde_json::json;

use super::scene::{Scene, names};
use crate::{Action, Priority, Promising, SlaPolicy, SlaTold, SupportRequestError, TimelineKind};

const HOUR: u64 = 3_600;

#[tokio::test]
async fn staff_are_warned_once_and_told_of_the_breach_once() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let before = scene.store.outbox().len();
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 0);
    // Normal: 4 h for the first response, 80 % of that is 3 h 12 min.
    scene.pass(3 * HOUR + 12 * 60);
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 1);
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 0, "once");
    let told = scene.feed.take();
    assert_eq!((told.len(), told[0].event.as_ref(), told[0].view.request.version), (1, "sla_warning", 2));
    scene.pass(48 * 60);
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 1);
    assert_eq!(scene.feed.take()[0].event, "sla_breached");
    let timeline = scene.timeline(request);
    let [.., warning, breach] = &timeline[..] else { unreachable!("two entries were added") };
    assert_eq!((warning.kind, breach.kind), (TimelineKind::SlaWarning, TimelineKind::SlaBreached));
    assert_eq!((warning.new.as_deref(), warning.actor.id), (Some("first_response"), None));
    let events = scene.events_after(before);
    assert_eq!(names(&events), ["ticket.sla.warning", "ticket.sla.breached"]);
    assert_eq!(events[1].data["goal"], "first_response");
    assert_eq!(events[1].data["due_at"], json!(scene.stored(request).sla.first_response_due_at));
}

#[tokio::test]
async fn what_was_missed_while_nobody_looked_is_told_as_missed_only() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let before = scene.store.outbox().len();
    scene.pass(24 * HOUR);
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 1);
    assert_eq!(names(&scene.events_after(before)), ["ticket.sla.breached", "ticket.sla.breached"]);
    let sla = scene.stored(request).sla;
    assert_eq!((sla.first_response_told, sla.resolution_told), (SlaTold::Breached, SlaTold::Breached));
}

#[tokio::test]
async fn what_waits_for_the_customer_is_not_overdue() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.agent, request, Action::Take).await.unwrap();
    scene.act(&scene.agent, request, Action::Wait).await.unwrap();
    scene.pass(100 * HOUR);
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 1, "the first response was missed all the same");
    assert_eq!(scene.stored(request).sla.resolution_told, SlaTold::Nothing);
    scene.act(&scene.agent, request, Action::Start).await.unwrap();
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 0);
    scene.pass(24 * HOUR);
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 1);
    assert_eq!(scene.stored(request).sla.resolution_told, SlaTold::Breached);
}

#[tokio::test]
async fn a_request_that_cannot_be_told_of_does_not_hold_up_the_others() {
    let scene = Scene::new();
    let (first, second) = (scene.opened().await, scene.opened().await);
    scene.pass(5 * HOUR);
    scene.store.fail("requests.save", PortErrorKind::Unavailable);
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 1);
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 1, "the next look makes it good");
    for request in [first, second] {
        assert_eq!(scene.stored(request).sla.first_response_told, SlaTold::Breached);
    }
}

#[tokio::test]
async fn promises_are_read_by_staff_and_set_by_admins() {
    let scene = Scene::new();
    let promising = Promising::new(std::sync::Arc::new(scene.store.clone()), scene.env.clone());
    let admin = scene.user(Role::Admin, "Alix Roy");
    let fast = SlaPolicy { first_response: Duration::from_mins(5), resolution: Duration::from_mins(50) };
    for caller in [&scene.customer, &scene.agent, &scene.supervisor] {
        let refused = promising.set_policies(caller, &[(Priority::Normal, fast)]).await;
        assert!(matches!(refused, Err(SupportRequestError::NotAllowed(_))), "{refused:?}");
        assert!(promising.set_business_hours(caller, None).await.is_err());
    }
    assert!(promising.read(&scene.customer).await.is_err());
    promising.set_policies(&admin, &[(Priority::Normal, fast)]).await.unwrap();
    let audited: Vec<_> = scene.store.audit().iter().map(|entry| (entry.action, entry.actor)).collect();
    assert_eq!(audited, [("sla_policies.changed", Some(admin.participant()))], "what was refused is not there");
    assert_eq!(promising.read(&scene.agent).await.unwrap().policies, [(Priority::Normal, fast)]);

    let request = scene.opened().await;
    let sla = scene.stored(request).sla;
    assert_eq!(sla.resolution_due_at.since(sla.first_response_due_at), Duration::from_mins(45));

    for (first, whole, field, code) in [
        (0, 10, "first_response_minutes", "out_of_range"),
        (10, 1_000_000, "resolution_minutes", "out_of_range"),
        (10, 9, "resolution_minutes", "out_of_range"),
    ] {
        let policy = SlaPolicy { first_response: Duration::from_mins(first), resolution: Duration::from_mins(whole) };
        let refused = promising.set_policies(&admin, &[(Priority::Low, policy)]).await;
        let Err(SupportRequestError::Invalid(errors)) = refused else { panic!("{refused:?}") };
        assert_eq!(errors, [kernel::FieldError::new(field, code)]);
    }
    assert_eq!(promising.read(&admin).await.unwrap().policies.len(), 1, "nothing was half done");
}
