//! What [`RequestStore`](crate::RequestStore) and its transactions must do.

use std::time::Duration;

use kernel::{Event, EventId, Language, MessageId, PortErrorKind, TimelineEntryId, UserId};
use serde_json::json;

use super::{Scene, act, conversation_of, read, save_after, store};
use crate::{
    Action, Actor, Category, Description, Kind, Metadata, NewMessage, Priority, References, RequestEvent, Resolution,
    Snapshot, Source, Status, Subject, SupportRequest, Tags, TimelineEntry, TimelineKind, Told,
    testing::{Harness, side_by_side},
};

/// Both with nothing and with everything in it.
pub async fn a_request_reads_back_as_it_was_stored(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let bare = scene.stored(h, 1).await;
    assert_eq!(read(h, &bare).await, Some(bare.clone()));
    let full = store(h, full(h, &scene, &bare), None).await;
    assert_eq!(read(h, &full).await, Some(full));
}

/// A request with a value in every field.
fn full(h: &impl Harness, scene: &Scene, other: &Snapshot) -> Snapshot {
    let at = h.env().now();
    let object = json!({"vehicle": {"brand": "Renault", "year": 2019}, "π": [1.5, null, true, "\u{1F697} \" ' \\"]});
    Snapshot {
        kind: Kind::Claim,
        source: Source::Email,
        status: Status::Closed,
        priority: Priority::Urgent,
        category: Category::stored("réclamation".to_owned()),
        subject: Subject::stored("L’« été » \u{1F697} ' \" \\ % _".to_owned()),
        description: Description::stored("première ligne\nseconde\tligne".to_owned()),
        tags: Tags::stored(vec!["a".to_owned(), "b c".to_owned()]),
        metadata: Metadata::stored(object.as_object().unwrap().clone()),
        references: References {
            order_id: Some("o-1".to_owned()),
            appointment_id: Some("a-1".to_owned()),
            warranty_id: Some("w-1".to_owned()),
            claim_id: Some("c-1".to_owned()),
        },
        assignee: Some(scene.agent),
        waiting_since: Some(at + Duration::from_micros(1)),
        first_response_at: Some(at + Duration::from_micros(2)),
        resolved_at: Some(at + Duration::from_micros(3)),
        closed_at: Some(at + Duration::from_micros(4)),
        resolution: Some(Resolution::stored("remboursé\nsous 3 jours".to_owned())),
        merged_into: Some(other.id),
        took_in: vec![other.id],
        follow_up_of: Some(other.id),
        language: Language::En,
        last_command: Some(i64::MIN),
        version: 1,
        updated_at: at + Duration::from_micros(5),
        ..scene.request(h, 2)
    }
}

/// Every status, kind, source and priority that there is.
pub async fn every_word_reads_back(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let mut counter = 0;
    let mut next = || {
        counter += 1;
        scene.request(h, counter)
    };
    let mut all = Vec::new();
    all.extend(Status::ALL.iter().map(|status| Snapshot { status: *status, ..next() }));
    all.extend(Kind::ALL.iter().map(|kind| Snapshot { kind: *kind, ..next() }));
    all.extend(Source::ALL.iter().map(|source| Snapshot { source: *source, ..next() }));
    all.extend(Priority::ALL.iter().map(|priority| Snapshot { priority: *priority, ..next() }));
    for request in all {
        let request = store(h, request, None).await;
        assert_eq!(read(h, &request).await, Some(request));
    }
}

/// Also what became nothing again.
pub async fn a_saved_request_reads_back_with_all_its_changes(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let bare = scene.stored(h, 1).await;
    let other = scene.stored(h, 3).await;
    let save = async |wanted: Snapshot| {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        let stored = tx.requests().get(bare.id).await.unwrap().unwrap();
        let mut next = SupportRequest::restore(Snapshot { version: stored.read_version(), ..wanted });
        next.state.version += 1;
        tx.requests().save(&next).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(read(h, &bare).await.as_ref(), Some(next.snapshot()));
    };
    // What never changes is that of the first request.
    let fixed = |wanted: Snapshot| Snapshot {
        id: bare.id,
        number: bare.number.clone(),
        conversation: bare.conversation,
        created_at: bare.created_at,
        kind: bare.kind,
        source: bare.source,
        follow_up_of: bare.follow_up_of,
        ..wanted
    };
    save(fixed(full(h, &scene, &other))).await;
    save(bare.clone()).await;
}

/// Dropping a transaction forgets all of it.
pub async fn nothing_is_stored_without_a_commit(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let kept = scene.stored(h, 1).await;
    let lost = scene.request(h, 2);
    let event = EventId::new(h.env().uuid());
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let aggregate = SupportRequest::restore(lost.clone());
    tx.requests().insert(&aggregate).await.unwrap();
    tx.conversations().open(&conversation_of(&aggregate, None)).await.unwrap();
    let mut changed = tx.requests().get(kept.id).await.unwrap().unwrap();
    for entry in act(h, &mut changed, scene.agent, &Action::Take) {
        tx.timeline().append(kept.id, &entry).await.unwrap();
    }
    tx.requests().save(&changed).await.unwrap();
    tx.conversations().follow(kept.conversation, &changed.conversation_state()).await.unwrap();
    tx.outbox().append(&RequestEvent::Resolved.stored(changed.snapshot(), &Told::default(), &*h.env())).await.unwrap();
    assert!(tx.inbox().take("test", event).await.unwrap());
    drop(tx);

    assert_eq!(read(h, &lost).await, None);
    assert_eq!(h.conversation(scene.organization, lost.conversation).await, None);
    assert_eq!(read(h, &kept).await, Some(kept.clone()));
    assert_eq!(h.views().timeline(scene.organization, kept.id).await.unwrap(), []);
    assert_eq!(h.conversation(scene.organization, kept.conversation).await.unwrap().state.assignee, None);
    assert_eq!(h.outbox(scene.organization, kept.id).await, []);
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    assert!(tx.inbox().take("test", event).await.unwrap(), "what was rolled back was not taken");
}

/// Whoever read before another one saved, and whoever saves what is not there.
pub async fn a_stale_save_is_a_conflict(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let mut stale = SupportRequest::restore(request.clone());
    act(h, &mut stale, scene.agent, &Action::Take);
    let newer = save_after(h, &request, scene.agent, Action::Close).await;
    let unknown = SupportRequest::restore(scene.request(h, 2));
    for wrong in [stale, unknown] {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        let refused = tx.requests().save(&wrong).await.unwrap_err();
        assert_eq!(refused.kind(), PortErrorKind::Conflict);
    }
    assert_eq!(read(h, &request).await, Some(newer));
}

/// The time of the first answer alone makes no version.
pub async fn a_save_without_a_new_version_is_stored(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let mut answered = tx.requests().get(request.id).await.unwrap().unwrap();
    answered.state.first_response_at = Some(request.created_at + Duration::from_mins(1));
    tx.requests().save(&answered).await.unwrap();
    tx.commit().await.unwrap();
    let stored = read(h, &request).await.unwrap();
    assert_eq!(stored.version, request.version);
    assert_eq!(stored.first_response_at, answered.snapshot().first_response_at);
}

/// Everything on it fails, it cannot commit, and what it did before is gone.
pub async fn after_a_port_error_the_transaction_is_dead(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let event = EventId::new(h.env().uuid());
    let dead = async || {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        assert!(tx.inbox().take("test", event).await.unwrap());
        tx.requests().save(&SupportRequest::restore(Snapshot { version: 7, ..request.clone() })).await.unwrap_err();
        tx
    };
    dead().await.requests().numbering().await.unwrap_err();
    dead().await.requests().next_number(20_240_115).await.unwrap_err();
    dead().await.requests().get(request.id).await.unwrap_err();
    dead().await.requests().audience(request.id).await.unwrap_err();
    dead().await.requests().insert(&SupportRequest::restore(scene.request(h, 2))).await.unwrap_err();
    dead().await.requests().save(&SupportRequest::restore(request.clone())).await.unwrap_err();
    dead().await.timeline().append(request.id, &entry(h, TimelineKind::Created)).await.unwrap_err();
    let state = SupportRequest::restore(request.clone()).conversation_state();
    dead().await.conversations().follow(request.conversation, &state).await.unwrap_err();
    let told = RequestEvent::Created.stored(&request, &Told::default(), &*h.env());
    dead().await.outbox().append(&told).await.unwrap_err();
    dead().await.inbox().take("test", EventId::new(h.env().uuid())).await.unwrap_err();
    let call = kernel::IdempotentCall {
        principal: h.env().uuid(),
        operation: "test",
        key: "k".to_owned(),
        body: "b".to_owned(),
        kept: None,
    };
    dead().await.calls().claim(&call, h.env().uuid(), h.env().now()).await.unwrap_err();
    dead().await.calls().find(&call, h.env().now()).await.unwrap_err();
    dead().await.commit().await.unwrap_err();
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    assert!(tx.inbox().take("test", event).await.unwrap(), "a dead transaction stores nothing");
}

/// So that changes of many at once all come through, one after the other.
pub async fn a_request_that_is_read_is_locked(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let store = h.store();
    let changes = (0..10).map(|_| async {
        let mut tx = store.begin(scene.organization).await.unwrap();
        let mut now = tx.requests().get(request.id).await.unwrap().unwrap();
        h.time_goes_by().await;
        let assignee = now.snapshot().assignee;
        let action = Action::Assign { agent: if assignee.is_some() { None } else { Some(scene.agent) } };
        act(h, &mut now, scene.agent, &action);
        tx.requests().save(&now).await.unwrap();
        tx.commit().await.unwrap();
    });
    side_by_side(changes).await;
    assert_eq!(read(h, &request).await.unwrap().version, 11);
}

/// Gaps are allowed; twenty at once are twenty numbers.
pub async fn numbers_are_never_given_twice(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let store = h.store();
    let numbers = (0..20).map(|_| async {
        let mut tx = store.begin(scene.organization).await.unwrap();
        let number = tx.requests().next_number(20_240_115).await.unwrap();
        tx.commit().await.unwrap();
        number
    });
    let mut numbers = side_by_side(numbers).await;
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 20);
    assert!(numbers[0] >= 1, "a counter begins at 1");
}

/// Each day begins at 1, each organisation by itself; twice in one transaction, too.
pub async fn numbers_count_by_day_and_organization(h: &impl Harness) {
    let (one, two) = (h.organization().await, h.organization().await);
    for (organization, day, wanted) in
        [(one, 20_240_115, 1), (one, 20_240_115, 2), (one, 20_240_116, 1), (two, 20_240_115, 1), (one, 20_240_115, 3)]
    {
        let mut tx = h.store().begin(organization).await.unwrap();
        assert_eq!(tx.requests().next_number(day).await.unwrap(), wanted, "{day}");
        tx.commit().await.unwrap();
    }
    let mut tx = h.store().begin(two).await.unwrap();
    assert_eq!(tx.requests().next_number(20_240_117).await.unwrap(), 1);
    assert_eq!(tx.requests().next_number(20_240_117).await.unwrap(), 2);
}

/// As the organisation has set them.
pub async fn numbering_tells_prefix_and_time_zone(h: &impl Harness) {
    let organization = h.organization().await;
    let mut tx = h.store().begin(organization).await.unwrap();
    let (prefix, zone) = tx.requests().numbering().await.unwrap();
    assert_eq!((prefix.as_str(), zone.as_str()), ("TICKET", "Europe/Paris"));
}

/// Not a second one, whoever asks; in another organisation the same id is another appointment.
pub async fn an_appointment_has_one_request(h: &impl Harness) {
    let (scene, abroad) = (Scene::new(h).await, Scene::new(h).await);
    let about = |request: Snapshot, appointment: Option<&str>| Snapshot {
        references: References { appointment_id: appointment.map(str::to_owned), ..References::default() },
        ..request
    };
    store(h, about(scene.request(h, 1), Some("a-1")), None).await;
    store(h, about(scene.request(h, 2), Some("a-2")), None).await;
    store(h, about(scene.request(h, 3), None), None).await;
    store(h, about(scene.request(h, 4), None), None).await;
    store(h, about(abroad.request(h, 1), Some("a-1")), None).await;
    let second = about(scene.request(h, 5), Some("a-1"));
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let refused = tx.requests().insert(&SupportRequest::restore(second)).await.unwrap_err();
    assert_eq!(refused.kind(), PortErrorKind::Conflict);
}

/// A retry with an id that is known, and a number that was given, are conflicts.
pub async fn an_id_and_a_number_are_taken_once(h: &impl Harness) {
    let (scene, abroad) = (Scene::new(h).await, Scene::new(h).await);
    let first = scene.stored(h, 1).await;
    abroad.stored(h, 1).await;
    let same_id = Snapshot { id: first.id, ..scene.request(h, 2) };
    let same_number = scene.request(h, 1);
    for second in [same_id, same_number] {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        let refused = tx.requests().insert(&SupportRequest::restore(second)).await.unwrap_err();
        assert_eq!(refused.kind(), PortErrorKind::Conflict);
    }
}

/// Requester, assignee, members; nothing for what is not there.
pub async fn the_audience_names_the_members(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let member: UserId = h.agent(scene.organization, "Claude", "Blanc").await;
    h.add_member(scene.organization, request.id, member).await;
    let request = save_after(h, &request, scene.agent, Action::Take).await;
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let audience = tx.requests().audience(request.id).await.unwrap();
    assert_eq!(audience, Some(request.audience(vec![member.into()])));
    let unknown = scene.request(h, 2).id;
    assert_eq!(tx.requests().audience(unknown).await.unwrap(), None);
    assert_eq!(tx.requests().get(unknown).await.unwrap(), None);
}

fn entry(h: &impl Harness, kind: TimelineKind) -> TimelineEntry {
    TimelineEntry {
        id: TimelineEntryId::new(h.env().uuid()),
        kind,
        old: None,
        new: None,
        actor: Actor { id: None, name: "Guichet".to_owned() },
        reason: None,
        note: None,
        metadata: serde_json::Map::new(),
        customer_told: false,
        customer_told_at: None,
        created_at: h.env().now(),
    }
}

/// With every field, and every kind, oldest first.
pub async fn a_timeline_reads_back_in_its_order(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (request, other) = (scene.stored(h, 1).await, scene.stored(h, 2).await);
    let mut entries: Vec<_> = TimelineKind::ALL.iter().map(|kind| entry(h, *kind)).collect();
    entries.push(TimelineEntry {
        old: Some("open".to_owned()),
        new: Some("resolved".to_owned()),
        actor: Actor { id: Some(scene.agent.into()), name: "Dominique Leroy".to_owned() },
        reason: Some("c’est réglé".to_owned()),
        note: Some("à suivre\nsous 3 jours".to_owned()),
        metadata: json!({"resolution": "remboursé", "n": 1}).as_object().unwrap().clone(),
        customer_told: true,
        customer_told_at: Some(h.env().now() + Duration::from_micros(7)),
        ..entry(h, TimelineKind::StatusChanged)
    });
    for entry in &entries {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        tx.timeline().append(request.id, entry).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(h.views().timeline(scene.organization, request.id).await.unwrap(), entries);
    assert_eq!(h.views().timeline(scene.organization, other.id).await.unwrap(), []);
}

/// With its requester as participant; its first message is entry 1.
pub async fn a_conversation_is_born_with_its_request(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = NewMessage {
        id: MessageId::new(h.env().uuid()),
        client_message_id: "first".to_owned(),
        content: "Bonjour, où est mon colis ?".to_owned(),
        content_hash: -42,
    };
    let spoken = store(h, scene.request(h, 1), Some(first.clone())).await;
    let silent = scene.stored(h, 2).await;
    for (request, first, last_seq) in [(spoken, Some(first), 1), (silent, None, 0)] {
        let stored = h.conversation(scene.organization, request.conversation).await.unwrap();
        assert_eq!(stored.support_request, request.id);
        assert_eq!(stored.participants, [scene.customer.id]);
        assert_eq!((stored.first, stored.last_seq), (first, last_seq));
        assert_eq!(stored.state, SupportRequest::restore(request).conversation_state());
    }
}

/// Who answers, and whether messages are still taken.
pub async fn a_conversation_follows_its_request(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (mut request, other) = (scene.stored(h, 1).await, scene.stored(h, 2).await);
    for action in [Action::Take, Action::Resolve { resolution: None }, Action::Reopen, Action::Close] {
        request = save_after(h, &request, scene.agent, action).await;
        let stored = h.conversation(scene.organization, request.conversation).await.unwrap();
        assert_eq!(stored.state, SupportRequest::restore(request.clone()).conversation_state());
    }
    let merged = crate::ConversationState {
        resolved: true,
        closed: true,
        merged_into: Some(other.id),
        took_in: vec![request.id, other.id],
        archived_at: Some(request.created_at),
        ..crate::ConversationState::default()
    };
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    tx.conversations().follow(request.conversation, &merged).await.unwrap();
    tx.commit().await.unwrap();
    let stored = h.conversation(scene.organization, request.conversation).await.unwrap();
    assert_eq!(stored.state, merged);
    let untouched = h.conversation(scene.organization, other.conversation).await.unwrap();
    assert!(!untouched.state.closed);
}

/// Of one transaction and of several.
pub async fn the_outbox_keeps_events_in_their_order(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (request, other) = (scene.stored(h, 1).await, scene.stored(h, 2).await);
    let told = Told { reason: None, customer: true };
    let event = |event: RequestEvent| event.stored(&request, &told, &*h.env());
    let created = [event(RequestEvent::Created), event(RequestEvent::ConversationCreated(request.conversation))];
    let closed = [event(RequestEvent::StatusChanged { from: Status::Open }), event(RequestEvent::Closed)];
    for batch in [&created, &closed] {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        for event in batch {
            tx.outbox().append(event).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let wanted: Vec<Event> = created.into_iter().chain(closed).collect();
    assert_eq!(h.outbox(scene.organization, request.id).await, wanted);
    assert_eq!(h.outbox(scene.organization, other.id).await, []);
}

/// Another consumer takes it for itself.
pub async fn an_event_is_taken_once_by_each_consumer(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let event = EventId::new(h.env().uuid());
    for (consumer, wanted) in [("one", true), ("one", false), ("two", true), ("two", false)] {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        assert_eq!(tx.inbox().take(consumer, event).await.unwrap(), wanted);
        tx.commit().await.unwrap();
    }
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let other = EventId::new(h.env().uuid());
    assert!(tx.inbox().take("one", other).await.unwrap());
    assert!(!tx.inbox().take("one", other).await.unwrap(), "nor twice in one transaction");
}

/// Two nodes that relay the same event at once do its work once.
pub async fn of_many_who_take_an_event_one_does(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (event, store) = (EventId::new(h.env().uuid()), h.store());
    let takes = (0..10).map(|_| async {
        let mut tx = store.begin(scene.organization).await.unwrap();
        let taken = tx.inbox().take("test", event).await.unwrap();
        h.time_goes_by().await;
        tx.commit().await.unwrap();
        taken
    });
    let answers = side_by_side(takes).await;
    assert_eq!(answers.iter().filter(|taken| **taken).count(), 1);
}

/// A transaction is of one organisation, and touches no other.
pub async fn nothing_is_written_across_organizations(h: &impl Harness) {
    let (scene, abroad) = (Scene::new(h).await, Scene::new(h).await);
    let request = scene.stored(h, 1).await;
    let begin = async || h.store().begin(abroad.organization).await.unwrap();
    assert_eq!(begin().await.requests().get(request.id).await.unwrap(), None);
    assert_eq!(begin().await.requests().audience(request.id).await.unwrap(), None);
    let mut changed = SupportRequest::restore(request.clone());
    act(h, &mut changed, scene.agent, &Action::Close);
    begin().await.requests().save(&changed).await.unwrap_err();
    begin().await.timeline().append(request.id, &entry(h, TimelineKind::Created)).await.unwrap_err();
    begin().await.conversations().follow(request.conversation, &changed.conversation_state()).await.unwrap_err();
    let foreign = SupportRequest::restore(scene.request(h, 2));
    begin().await.requests().insert(&foreign).await.unwrap_err();
    assert_eq!(read(h, &request).await, Some(request.clone()));
    assert!(!h.conversation(scene.organization, request.conversation).await.unwrap().state.closed);
    assert_eq!(h.conversation(abroad.organization, request.conversation).await, None);
}
