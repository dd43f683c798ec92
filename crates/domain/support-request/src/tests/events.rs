//! The shape of what leaves: a changed expectation here is a changed contract.

use serde_json::json;

use super::scene::{Scene, id};
use crate::{Action, Command, Reason, RequestEvent, Resolution};

#[tokio::test]
async fn every_event_has_the_fields_its_readers_rely_on() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let command = Command {
        reason: Some(Reason::stored("c’est réglé".to_owned())),
        agent_id: Some(id(&scene.agent)),
        ..Command::default()
    };
    let resolve = Action::Resolve { resolution: Some(Resolution::stored("remboursé".to_owned())) };
    scene.desk.act(&scene.supervisor, request, resolve, command).await.unwrap();
    let quiet = Command { notify_customer: false, ..Command::default() };
    scene.desk.act(&scene.agent, request, Action::Close, quiet).await.unwrap();

    let stored = scene.stored(request);
    let (customer, agent) = (scene.customer.participant(), id(&scene.agent));
    let with = |more: serde_json::Value| {
        let mut all = json!({
            "ticket_id": request, "ticket_number": "TICKET-20240115-001", "user_id": customer,
            "subject": "Colis en retard", "priority": "normal", "category": "delivery",
        });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let settled = |more| {
        let mut all = with(more);
        all["agent_id"] = json!(agent);
        all
    };
    let wanted = [
        (
            "ticket.created",
            with(json!({
                "status": "open", "agent_id": null, "conversation_id": stored.conversation,
                "kind": "chat", "source": "chat",
            })),
        ),
        (
            "conversation.created",
            json!({
                "ticket_id": request, "ticket_number": "TICKET-20240115-001", "user_id": customer,
                "conversation_id": stored.conversation,
            }),
        ),
        (
            "ticket.assigned",
            settled(json!({
                "status": "resolved", "old_agent_id": null, "reason": "c’est réglé", "notify_customer": true,
            })),
        ),
        (
            "ticket.status_changed",
            settled(json!({
                "status": "resolved", "old_status": "open", "reason": "c’est réglé", "notify_customer": true,
            })),
        ),
        (
            "ticket.resolved",
            settled(json!({
                "status": "resolved", "resolution": "remboursé", "reason": "c’est réglé", "notify_customer": true,
            })),
        ),
        (
            "ticket.status_changed",
            settled(json!({
                "status": "closed", "old_status": "resolved", "reason": null, "notify_customer": false,
            })),
        ),
        ("ticket.closed", settled(json!({ "status": "closed", "reason": null, "notify_customer": false }))),
    ];
    let events = scene.store.outbox();
    assert_eq!(events.iter().map(|event| (event.name, event.data.clone())).collect::<Vec<_>>(), wanted);
    let known = |name| RequestEvent::NAMES.contains(&name);
    assert!(events.iter().all(|event| known(event.name) && event.key == request.uuid()));
    let mut ids: Vec<_> = events.iter().map(|event| event.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), events.len());
}
