//! Each shape against the JSON that clients rely on.

use std::time::Duration;

use kernel::{Env, OrganizationId, ParticipantId, Timestamp, UserId, testing::FixedEnv};
use serde_json::{Value, json};
use support_request::{Actor, RequestView, Requester, Snapshot, TimelineEntry, testing::request};

use crate::{Conversation, Eyes, Message, SupportRequest};

fn uuid(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

fn person(n: u128) -> ParticipantId {
    ParticipantId::new(uuid(n))
}

fn id(n: u128) -> String {
    uuid(n).to_string()
}

const AT: &str = "2024-01-15T10:30:00.000000Z";

fn message() -> chat::Message {
    chat::Message {
        id: kernel::MessageId::new(uuid(1)),
        seq: chat::Seq::new(3),
        entry_seq: chat::Seq::new(5),
        sender: chat::Sender { id: person(2), kind: chat::SenderKind::Customer, name: "Léa".into() },
        kind: chat::MessageKind::StatusUpdate,
        content: Some("Bonjour".into()),
        attachments: Vec::new(),
        in_reply_to: None,
        client_message_id: chat::ClientMessageId::parse("mine").ok(),
        created_at: FixedEnv::START,
        edited_at: None,
        deleted_at: None,
    }
}

#[test]
fn a_message_tells_its_senders_own_name_for_it_to_the_sender_only() {
    let own = serde_json::to_value(Message::of(&message(), chat::MessageStatus::Read, true)).unwrap();
    let expected = json!({
        "id": id(1), "seq": 3, "entry_seq": 5, "sender": {"id": id(2), "type": "customer", "name": "Léa"},
        "type": "status_update", "content": "Bonjour", "attachments": [], "in_reply_to": null,
        "client_message_id": "mine", "status": "read", "created_at": AT, "edited_at": null, "deleted_at": null,
    });
    assert_eq!(own, expected);
    let others = serde_json::to_value(Message::of(&message(), chat::MessageStatus::Read, false)).unwrap();
    assert!(others.get("client_message_id").is_none());
}

#[test]
fn a_conversation_tells_who_takes_part_and_who_is_there() {
    let mark = chat::ReadMark { delivered_seq: chat::Seq::new(2), read_seq: chat::Seq::new(1), read_at: None };
    let conversation = chat::Conversation {
        id: kernel::ConversationId::new(uuid(1)),
        organization: OrganizationId::new(uuid(9)),
        audience: kernel::Audience {
            support_request: kernel::SupportRequestId::new(uuid(2)),
            requester: person(3),
            assignee: None,
            members: Vec::new(),
            took_in: Vec::new(),
        },
        number: "TICKET-20240115-001".into(),
        status: chat::ConversationStatus::Active,
        closed: false,
        epoch: chat::Epoch::new(uuid(4)),
        last_seq: chat::Seq::new(2),
        last_message_at: Some(FixedEnv::START),
        last_message: None,
        unread_count: 1,
        unread_staff: 2,
        session: None,
        participants: vec![chat::Participant {
            id: person(3),
            kind: chat::SenderKind::Customer,
            name: "Léa".into(),
            mark,
        }],
    };
    let shape = serde_json::to_value(Conversation::of(&conversation, |one| one == person(3))).unwrap();
    let expected = json!({
        "id": id(1), "support_request_id": id(2), "status": "active", "closed": false, "epoch": id(4), "last_seq": 2,
        "last_message_at": AT, "unread_count": 1, "unread_staff": 2,
        "participants": [{"id": id(3), "type": "customer", "name": "Léa", "delivered_seq": 2, "read_seq": 1,
            "read_at": null, "online": true}],
    });
    assert_eq!(shape, expected);
}

fn view(change: impl FnOnce(&mut Snapshot)) -> RequestView {
    let env = FixedEnv::new();
    let requester =
        Requester { id: person(700), name: "Léa".into(), email: Some("lea@example.com".into()), phone: None };
    let mut request = request(&env, OrganizationId::new(env.uuid()), &requester, 1);
    change(&mut request);
    RequestView {
        audience: request.audience(Vec::new()),
        request,
        assignee_name: Some("Camille Durand".into()),
        last_message: None,
        unread_count: 4,
    }
}

fn shape(view: &RequestView, eyes: Eyes, now: Timestamp) -> Value {
    serde_json::to_value(SupportRequest::of(view, eyes, now)).unwrap()
}

#[test]
fn a_request_has_the_fields_that_clients_rely_on() {
    let view = view(|request| request.assignee = Some(UserId::new(uuid(8))));
    let staff = shape(&view, Eyes::Staff, FixedEnv::START);
    let expected = json!({
        "id": view.request.id.to_string(), "number": "TICKET-20240115-001", "kind": "chat", "source": "chat",
        "subject": "Colis en retard", "description": "", "status": "open", "priority": "normal", "category": "delivery",
        "tags": [], "metadata": {},
        "context": {"order_id": null, "appointment_id": null, "warranty_id": null, "claim_id": null},
        "conversation_id": view.request.conversation.to_string(),
        "requester": {"id": id(700), "name": "Léa", "email": "lea@example.com", "phone": null},
        "assignee": {"id": id(8), "name": "Camille Durand"}, "version": 1,
        "sla": {"first_response_due_at": "2024-01-15T14:30:00.000000Z", "resolution_due_at": "2024-01-16T10:30:00.000000Z",
            "first_response_breached": false, "resolution_breached": false},
        "first_response_at": null, "resolved_at": null, "closed_at": null, "resolution": null, "rating": null,
        "escalated_at": null, "archived_at": null, "merged_into": null,
        "follow_up_of": null, "created_at": AT, "updated_at": AT, "last_message": null, "unread_count": 4,
    });
    assert_eq!(staff, expected);
}

#[test]
fn requesters_are_not_told_tags_nor_the_count_of_staff() {
    let view = view(|request| request.tags = support_request::Tags::stored(vec!["vip".into()]));
    assert_eq!(shape(&view, Eyes::Staff, FixedEnv::START)["tags"], json!(["vip"]));
    assert!(shape(&view, Eyes::Requester, FixedEnv::START).get("tags").is_none());
    let told = |eyes| serde_json::to_value(SupportRequest::told(&view, eyes)).unwrap();
    assert!(told(Eyes::Requester).get("unread_count").is_none() && told(Eyes::Requester).get("tags").is_none());
    assert_eq!(told(Eyes::Staff)["unread_count"], 4);
}

#[test]
fn a_missed_deadline_is_told() {
    let view = view(|_| {});
    let sla =
        |hours: u64| shape(&view, Eyes::Requester, FixedEnv::START + Duration::from_secs(hours * 3_600))["sla"].clone();
    assert_eq!(sla(4)["first_response_breached"], false);
    assert_eq!(sla(5)["first_response_breached"], true);
    assert_eq!(sla(5)["resolution_breached"], false);
    assert_eq!(sla(25)["resolution_breached"], true);
}

#[test]
fn the_note_of_a_timeline_is_for_staff_only() {
    let entry = TimelineEntry {
        id: kernel::TimelineEntryId::new(uuid(1)),
        kind: support_request::TimelineKind::StatusChanged,
        old: Some("open".into()),
        new: Some("resolved".into()),
        actor: Actor { id: None, name: "Guichet".into() },
        reason: Some("Colis retrouvé".into()),
        note: Some("Vu avec le transporteur".into()),
        metadata: serde_json::Map::new(),
        customer_told: true,
        customer_told_at: None,
        created_at: FixedEnv::START,
    };
    let shape = |eyes| serde_json::to_value(crate::TimelineEntry::of(&entry, eyes)).unwrap();
    let mut expected = json!({
        "id": id(1), "kind": "status_changed", "old": "open", "new": "resolved", "actor": {"id": null, "name": "Guichet"},
        "reason": "Colis retrouvé", "note": "Vu avec le transporteur", "metadata": {}, "customer_told": true,
        "customer_told_at": null, "created_at": AT,
    });
    assert_eq!(shape(Eyes::Staff), expected);
    expected.as_object_mut().unwrap().remove("note");
    assert_eq!(shape(Eyes::Requester), expected);
}

#[test]
fn words_on_the_wire_are_those_of_the_domains() {
    fn word(word: impl serde::Serialize) -> String {
        serde_json::to_value(word).unwrap().as_str().unwrap().to_owned()
    }
    for status in support_request::Status::ALL {
        assert_eq!(word(crate::RequestStatus::from(*status)), status.as_str());
    }
    for kind in support_request::Kind::ALL {
        assert_eq!(word(crate::RequestKind::from(*kind)), kind.as_str());
    }
    for source in support_request::Source::ALL {
        assert_eq!(word(crate::RequestSource::from(*source)), source.as_str());
    }
    for priority in support_request::Priority::ALL {
        assert_eq!(word(crate::RequestPriority::from(*priority)), priority.as_str());
    }
    for kind in support_request::TimelineKind::ALL {
        assert_eq!(word(crate::TimelineKind::from(*kind)), kind.as_str());
    }
}

#[test]
fn what_is_written_reads_back() {
    let message = Message::of(&message(), chat::MessageStatus::Sent, true);
    assert_eq!(serde_json::from_value::<Message>(serde_json::to_value(&message).unwrap()).unwrap(), message);
    let request = SupportRequest::of(&view(|_| {}), Eyes::Staff, FixedEnv::START);
    assert_eq!(serde_json::from_value::<SupportRequest>(serde_json::to_value(&request).unwrap()).unwrap(), request);
}
