//! What stores must do with what is put aside, put away, merged or deleted, and what they find for the clock.

use std::time::Duration;

use kernel::{Order, PageRequest, Scope, SupportRequestId, Timestamp};

use super::{Scene, notes, read, save_after, store};
use crate::{
    Action, Due, Priority, Rating, References, RequestFilter, Score, Snapshot, Status, SupportRequest, TimelineKind,
    testing::Harness,
};

const DAY: Duration = Duration::from_hours(24);

impl Scene {
    /// A request changed by hand, stored.
    async fn with(&self, h: &impl Harness, counter: u32, change: impl FnOnce(&mut Snapshot)) -> Snapshot {
        let mut request = self.request(h, counter);
        change(&mut request);
        store(h, request, None).await
    }

    async fn due(&self, h: &impl Harness, due: Due) -> Vec<SupportRequestId> {
        h.store().due(self.organization, due, 100).await.unwrap()
    }

    async fn listed(&self, h: &impl Harness, filter: RequestFilter) -> Vec<SupportRequestId> {
        let filter = RequestFilter { order: Order::Ascending, sort: crate::RequestSort::Number, ..filter };
        let page = PageRequest::default();
        let list = h.views().list(self.organization, Scope::All, self.agent.into(), &filter, page).await.unwrap();
        assert_eq!(list.total, list.items.len() as u64);
        list.items.into_iter().map(|view| view.request.id).collect()
    }
}

async fn purge(h: &impl Harness, request: &Snapshot) -> bool {
    let mut tx = h.store().begin(request.organization).await.unwrap();
    let is_gone = tx.requests().purge(request.id).await.unwrap();
    tx.commit().await.unwrap();
    is_gone
}

async fn deleted(h: &impl Harness, request: &Snapshot) -> Snapshot {
    let mut tx = h.store().begin(request.organization).await.unwrap();
    let read = tx.requests().get(request.id).await.unwrap().unwrap();
    let mut next = SupportRequest::restore(read.snapshot().clone());
    (next.state.deleted_at, next.state.version) = (Some(h.env().now()), next.state.version + 1);
    tx.requests().save(&next).await.unwrap();
    tx.conversations().follow(request.conversation, &next.conversation_state()).await.unwrap();
    tx.commit().await.unwrap();
    next.snapshot().clone()
}

/// Each by itself, and all that is not deleted where nothing is said.
pub async fn what_is_put_aside_away_or_deleted_is_listed_as_asked(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let now = h.env().now();
    let plain = scene.stored(h, 1).await.id;
    let snoozed = scene.with(h, 2, |one| one.snoozed_until = Some(now + DAY)).await.id;
    let archived = scene.with(h, 3, |one| one.archived_at = Some(now)).await.id;
    let deleted = scene.with(h, 4, |one| one.deleted_at = Some(now)).await.id;
    let filter = RequestFilter::default;
    for (filter, wanted) in [
        (filter(), vec![plain, snoozed, archived]),
        (RequestFilter { snoozed: Some(false), archived: Some(false), ..filter() }, vec![plain]),
        (RequestFilter { snoozed: Some(true), ..filter() }, vec![snoozed]),
        (RequestFilter { archived: Some(true), ..filter() }, vec![archived]),
        (RequestFilter { deleted: true, ..filter() }, vec![deleted]),
    ] {
        assert_eq!(scene.listed(h, filter.clone()).await, wanted, "{filter:?}");
    }
}

/// By no way to look for it, and neither the queue nor the watch over deadlines knows of it.
pub async fn a_deleted_request_is_found_by_nobody(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let gone = deleted(h, &request).await;
    let views = h.views();
    for scope in [Scope::All, Scope::Agent(scene.agent), Scope::Requester(scene.customer.id)] {
        let found = views.find(scene.organization, scope, scene.agent.into(), request.id).await.unwrap();
        assert_eq!(found, None, "{scope:?}");
    }
    assert_eq!(views.by_number(scene.organization, request.number.as_str()).await.unwrap(), None);
    assert_eq!(h.queue().waiting(scene.organization).await.unwrap(), []);
    let late = request.sla.resolution_due_at + DAY;
    let due = h.store().deadlines_passed(late, 10_000).await.unwrap();
    assert!(!due.contains(&(scene.organization, request.id)));
    assert_eq!(read(h, &request).await, Some(gone), "it is still there, to be restored");
}

/// Each its own, the longest due first, and of one organisation.
pub async fn what_is_due_by_the_clock_is_found(h: &impl Harness) {
    let (scene, abroad) = (Scene::new(h).await, Scene::new(h).await);
    let now = h.env().now();
    let ago = |days: u32| now - DAY * days;
    let old = |days: u32| {
        move |one: &mut Snapshot| {
            (one.created_at, one.updated_at) = (ago(days), ago(days));
            one.priority = Priority::Urgent;
        }
    };
    let with = |days: u32, change: fn(&mut Snapshot, Timestamp)| {
        move |one: &mut Snapshot| {
            old(days)(one);
            change(one, ago(days));
        }
    };
    let closed = |one: &mut Snapshot, at| (one.status, one.closed_at) = (Status::Closed, Some(at));
    let resolved = |one: &mut Snapshot, at| (one.status, one.resolved_at) = (Status::Resolved, Some(at));

    let urgent = scene.with(h, 1, old(2)).await.id;
    let older = scene.with(h, 2, old(3)).await.id;
    scene.with(h, 3, with(3, |one, at| one.first_response_at = Some(at))).await;
    scene.with(h, 4, with(3, |one, at| one.escalated_at = Some(at))).await;
    scene.with(h, 5, with(3, |one, at| one.deleted_at = Some(at))).await;
    scene.with(h, 6, with(3, |one, _| one.priority = Priority::High)).await;
    let waiting = |one: &mut Snapshot, at| (one.status, one.waiting_since) = (Status::WaitingCustomer, Some(at));
    scene.with(h, 7, with(3, waiting)).await;
    abroad.with(h, 1, old(3)).await;
    assert_eq!(scene.due(h, Due::Escalation { opened_before: ago(1) }).await, [older, urgent]);
    assert_eq!(scene.due(h, Due::Escalation { opened_before: ago(2) }).await, [older]);
    assert_eq!(h.store().due(scene.organization, Due::Escalation { opened_before: ago(1) }, 1).await.unwrap(), [older]);

    let quiet = scene.with(h, 11, with(9, resolved)).await;
    let written = scene.with(h, 12, with(8, resolved)).await;
    assert_eq!(scene.due(h, Due::Closing { quiet_since: ago(7) }).await, [quiet.id, written.id]);
    h.customer_writes(scene.organization, written.id, "Et maintenant ?").await;
    assert_eq!(scene.due(h, Due::Closing { quiet_since: ago(7) }).await, [quiet.id], "a message is activity");
    assert_eq!(scene.due(h, Due::Closing { quiet_since: ago(10) }).await, []);
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    assert_eq!(tx.requests().last_activity(quiet.id).await.unwrap(), Some(quiet.updated_at));
    assert!(tx.requests().last_activity(written.id).await.unwrap() > Some(ago(1)));
    assert_eq!(tx.requests().last_activity(SupportRequestId::new(h.env().uuid())).await.unwrap(), None);
    drop(tx);

    let put = scene.with(h, 21, with(100, closed)).await.id;
    let away = scene.with(h, 22, with(100, closed)).await;
    save_after(h, &away, scene.agent, Action::Archive).await;
    assert_eq!(scene.due(h, Due::Archiving { quiet_since: ago(90) }).await, [put]);

    let asleep = scene.with(h, 31, |one| one.snoozed_until = Some(now)).await.id;
    assert_eq!(scene.due(h, Due::Waking { until: now - Duration::from_micros(1) }).await, []);
    assert_eq!(scene.due(h, Due::Waking { until: now }).await, [asleep]);

    let asked = scene.with(h, 41, with(1, closed)).await.id;
    scene
        .with(h, 42, |one| {
            with(1, closed)(one);
            one.rating = Some(Rating { score: Score::stored(4), comment: None, at: now });
        })
        .await;
    scene
        .with(h, 43, |one| {
            with(1, closed)(one);
            one.surveyed_at = Some(now);
        })
        .await;
    scene
        .with(h, 44, |one| {
            with(1, closed)(one);
            one.merged_into = Some(asked);
        })
        .await;
    assert_eq!(scene.due(h, Due::Survey { closed_after: ago(7) }).await, [asked]);

    let gone = scene.due(h, Due::Purging { deleted_before: ago(1) }).await;
    assert_eq!(gone.len(), 1, "what was deleted three days ago");
    assert_eq!(scene.due(h, Due::Purging { deleted_before: ago(3) }).await, []);
}

/// Nothing that was part of it, and nothing else goes with it; only what is deleted is purged.
pub async fn a_purged_request_leaves_nothing(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (request, other) = (scene.stored(h, 1).await, scene.stored(h, 2).await);
    let merged = scene.with(h, 3, |one| one.merged_into = Some(request.id)).await;
    let follows = scene.with(h, 4, |one| one.follow_up_of = Some(request.id)).await;
    for one in [&request, &other] {
        h.customer_writes(scene.organization, one.id, "Bonjour").await;
        notes::write(h, scene.organization, &[&notes::note(h, one, scene.agent, "À suivre.")]).await;
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        let mut now = tx.requests().get(one.id).await.unwrap().unwrap();
        for entry in super::act(h, &mut now, scene.agent, &Action::Take) {
            tx.timeline().append(one.id, &entry).await.unwrap();
        }
        tx.requests().save(&now).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert!(!purge(h, &request).await, "it is not deleted");
    assert!(read(h, &request).await.is_some());
    assert_eq!(h.views().timeline(scene.organization, request.id).await.unwrap().len(), 2);

    deleted(h, &request).await;
    assert!(purge(h, &request).await);
    assert_eq!(read(h, &request).await, None);
    assert_eq!(h.conversation(scene.organization, request.conversation).await, None);
    assert_eq!(h.views().timeline(scene.organization, request.id).await.unwrap(), []);
    assert_eq!(h.views().notes(scene.organization, request.id).await.unwrap(), []);
    assert_eq!(h.views().notes(scene.organization, other.id).await.unwrap().len(), 1);
    assert!(!purge(h, &request).await, "there is nothing left");
    assert_eq!(read(h, &merged).await.unwrap().merged_into, None);
    assert_eq!(read(h, &follows).await.unwrap().follow_up_of, None);

    assert!(read(h, &other).await.is_some());
    let timeline = h.views().timeline(scene.organization, other.id).await.unwrap();
    assert_eq!(timeline.iter().map(|entry| entry.kind).collect::<Vec<_>>()[0], TimelineKind::AssigneeChanged);
    assert_eq!(h.conversation(scene.organization, other.conversation).await.unwrap().last_seq, 1);
    // Nor what belongs to another organisation.
    let foreign = Snapshot { organization: h.organization().await, ..other.clone() };
    deleted(h, &other).await;
    assert!(!purge(h, &foreign).await);
    assert!(read(h, &other).await.is_some());
}

/// As with a new one.
pub async fn an_appointment_is_not_taken_over_by_a_change(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let about = |id: &str| References { appointment_id: Some(id.to_owned()), ..References::default() };
    scene.with(h, 1, |one| one.references = about("a-1")).await;
    let request = scene.stored(h, 2).await;
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let mut read = tx.requests().get(request.id).await.unwrap().unwrap();
    read.state.references = about("a-1");
    read.state.version += 1;
    let error = tx.requests().save(&read).await.unwrap_err();
    assert_eq!(error.kind(), kernel::PortErrorKind::Conflict);
    assert!(tx.commit().await.is_err());
    assert_eq!(super::read(h, &request).await, Some(request));
}
