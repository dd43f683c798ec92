//! What [`RequestViews`](crate::RequestViews) must do.

use std::time::Duration;

use kernel::{MessageId, Order, OrganizationId, PageRequest, ParticipantId, Scope, SupportRequestId, Timestamp};

use super::{Scene, save_after, store};
use crate::{
    Action, Activity, Category, Kind, NewMessage, Priority, References, RequestFilter, RequestSort, RequestView,
    Snapshot, Source, Status, Tags, testing::Harness,
};

impl Scene {
    async fn view(&self, h: &impl Harness, id: SupportRequestId) -> RequestView {
        h.views().find(self.organization, Scope::All, self.agent.into(), id).await.unwrap().unwrap()
    }

    /// The consumer of the log notices a message in the conversation of a request; as of when.
    async fn noticed(&self, h: &impl Harness, request: &Snapshot) -> Timestamp {
        let at = h.env().now();
        let activity = Activity { organization: self.organization, support_request: request.id, at };
        h.store().note_activity(&[activity]).await.unwrap();
        at
    }

    /// The ids of all that a supervisor sees with this filter, in the order of the list.
    async fn list(&self, h: &impl Harness, filter: RequestFilter) -> Vec<SupportRequestId> {
        let page = PageRequest::parse(None, Some(100)).unwrap();
        let list = h.views().list(self.organization, Scope::All, self.agent.into(), &filter, page).await.unwrap();
        assert_eq!(list.total, list.items.len() as u64);
        list.items.into_iter().map(|view| view.request.id).collect()
    }

    /// That exactly these are listed with this filter, in whatever order.
    async fn assert_listed(&self, h: &impl Harness, filter: RequestFilter, wanted: &[&Snapshot]) {
        let mut listed = self.list(h, filter.clone()).await;
        let mut wanted: Vec<_> = wanted.iter().map(|request| request.id).collect();
        listed.sort();
        wanted.sort();
        assert_eq!(listed, wanted, "{filter:?}");
    }
}

/// The request, who may see it, and the name of who answers.
pub async fn a_view_shows_all_that_is_stored(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let view = scene.view(h, request.id).await;
    assert_eq!((view.request, view.assignee_name), (request.clone(), None));
    assert_eq!((view.last_message, view.unread_count), (None, 0));
    let member = h.agent(scene.organization, "Claude", "Blanc").await;
    h.add_member(scene.organization, request.id, member).await;
    let taken = save_after(h, &request, scene.agent, Action::Take).await;
    let view = scene.view(h, request.id).await;
    assert_eq!(view.audience, taken.audience(vec![member.into()]));
    assert_eq!(view.request, taken);
    assert_eq!(view.assignee_name.as_deref(), Some("Dominique Leroy"));
}

/// All of it, as of the last commit.
pub async fn a_snapshot_is_what_is_stored(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let snapshot = async |organization, id| h.views().snapshot(organization, id).await.unwrap();
    assert_eq!(snapshot(scene.organization, request.id).await, Some(request.clone()));
    let taken = save_after(h, &request, scene.agent, Action::Take).await;
    assert_eq!(snapshot(scene.organization, request.id).await, Some(taken));
    assert_eq!(snapshot(h.organization().await, request.id).await, None);
    assert_eq!(snapshot(scene.organization, SupportRequestId::new(h.env().uuid())).await, None);
}

/// The one rule for all: [`Scope::covers`].
pub async fn a_scope_decides_who_finds_a_request(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let member = h.agent(scene.organization, "Claude", "Blanc").await;
    let colleague = h.agent(scene.organization, "Alix", "Roux").await;
    let stranger = h.customer(scene.organization).await.id;
    let open = scene.stored(h, 1).await;
    let taken = scene.stored(h, 2).await;
    let taken = save_after(h, &taken, scene.agent, Action::Take).await;
    let colleague_asks = Snapshot {
        requester: crate::Requester { id: colleague.into(), ..scene.customer.clone() },
        ..scene.request(h, 3)
    };
    let own = store(h, colleague_asks, None).await;
    let own = save_after(h, &own, scene.agent, Action::Take).await;
    for request in [&open, &taken] {
        h.add_member(scene.organization, request.id, member).await;
    }
    let customer = scene.customer.id;
    let page = PageRequest::parse(None, Some(100)).unwrap();
    for scope in [
        Scope::All,
        Scope::Agent(scene.agent),
        Scope::Agent(member),
        Scope::Agent(colleague),
        Scope::Requester(customer),
        Scope::Requester(stranger),
        Scope::Requester(colleague.into()),
        Scope::One(open.id, customer),
        Scope::One(open.id, stranger),
        Scope::One(taken.id, customer),
    ] {
        let mut wanted = Vec::new();
        for request in [&open, &taken, &own] {
            let members = if request.id == own.id { Vec::new() } else { vec![member.into()] };
            let covered = scope.covers(&request.audience(members));
            let found = h.views().find(scene.organization, scope, customer, request.id).await.unwrap();
            assert_eq!(found.map(|view| view.request.id), covered.then_some(request.id), "{scope:?}");
            wanted.extend(covered.then_some(request.id));
        }
        let filter =
            RequestFilter { sort: RequestSort::CreatedAt, order: Order::Ascending, ..RequestFilter::default() };
        let list = h.views().list(scene.organization, scope, customer, &filter, page).await.unwrap();
        let mut listed: Vec<_> = list.items.iter().map(|view| view.request.id).collect();
        listed.sort();
        wanted.sort();
        assert_eq!((listed, list.total), (wanted.clone(), wanted.len() as u64), "{scope:?}");
    }
}

/// Whoever asks: rights are checked by what follows.
pub async fn a_number_finds_its_request(h: &impl Harness) {
    let (scene, abroad) = (Scene::new(h).await, Scene::new(h).await);
    let request = scene.stored(h, 1).await;
    let same_number = abroad.stored(h, 1).await;
    let find =
        async |organization: OrganizationId, number: &str| h.views().by_number(organization, number).await.unwrap();
    let number = request.number.as_str();
    assert_eq!(find(scene.organization, number).await, Some(request.id));
    assert_eq!(find(abroad.organization, number).await, Some(same_number.id));
    for wrong in ["", "TICKET-20240115-002", "TICKET-20240115-00%", "TICKET-20240115-001 ", "'"] {
        assert_eq!(find(scene.organization, wrong).await, None, "{wrong}");
    }
}

/// For staff, what no agent has read; for the requester, what others wrote, which is nothing here.
pub async fn the_last_message_and_the_unread_ones_are_shown(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = NewMessage {
        id: MessageId::new(h.env().uuid()),
        client_message_id: "first".to_owned(),
        content: "é".repeat(300),
        content_hash: 1,
    };
    let request = store(h, scene.request(h, 1), Some(first)).await;
    let view = scene.view(h, request.id).await;
    let last = view.last_message.unwrap();
    assert_eq!((last.sender_type.as_str(), last.sender_name.as_str()), ("customer", scene.customer.name.as_str()));
    assert_eq!((last.excerpt, last.seq, view.unread_count), (Some("é".repeat(140)), 1, 1));

    h.customer_writes(scene.organization, request.id, "Encore moi").await;
    let view = scene.view(h, request.id).await;
    let last = view.last_message.unwrap();
    assert_eq!((last.excerpt.as_deref(), last.seq, view.unread_count), (Some("Encore moi"), 2, 2));
    let scope = Scope::Requester(scene.customer.id);
    let own = h.views().find(scene.organization, scope, scene.customer.id, request.id).await.unwrap().unwrap();
    assert_eq!(own.unread_count, 0, "one's own messages are read");
}

/// Each filter by itself, several together, and empty lists, which do not restrict.
pub async fn lists_are_filtered(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let other = h.customer(scene.organization).await;
    let plain = scene.stored(h, 1).await;
    let special = Snapshot {
        kind: Kind::Claim,
        source: Source::Phone,
        priority: Priority::Urgent,
        category: Category::stored("billing".to_owned()),
        tags: Tags::stored(vec!["vip".to_owned(), "x".to_owned()]),
        requester: other.clone(),
        references: References {
            order_id: Some("o-1".to_owned()),
            appointment_id: Some("a-1".to_owned()),
            warranty_id: Some("w-1".to_owned()),
            claim_id: Some("c-1".to_owned()),
        },
        ..scene.request(h, 2)
    };
    let special = store(h, special, None).await;
    let special = save_after(h, &special, scene.agent, Action::Take).await;
    let any = RequestFilter::default;
    let text = |value: &str| Some(value.to_owned());
    scene.assert_listed(h, any(), &[&plain, &special]).await;
    let narrow = [
        RequestFilter { status: vec![Status::Assigned], ..any() },
        RequestFilter { priority: vec![Priority::Urgent, Priority::Low], ..any() },
        RequestFilter { category: Some(Category::stored("billing".to_owned())), ..any() },
        RequestFilter { kind: vec![Kind::Claim], ..any() },
        RequestFilter { source: vec![Source::Phone, Source::Email], ..any() },
        RequestFilter { assignee: Some(Some(scene.agent)), ..any() },
        RequestFilter { requester: Some(other.id), ..any() },
        RequestFilter { requester_email: other.email.as_deref().map(str::to_uppercase), ..any() },
        RequestFilter { tag: text("vip"), ..any() },
        RequestFilter { order_id: text("o-1"), ..any() },
        RequestFilter { appointment_id: text("a-1"), ..any() },
        RequestFilter { warranty_id: text("w-1"), ..any() },
        RequestFilter { claim_id: text("c-1"), ..any() },
        RequestFilter { kind: vec![Kind::Claim], tag: text("x"), order_id: text("o-1"), ..any() },
    ];
    for filter in narrow {
        scene.assert_listed(h, filter, &[&special]).await;
    }
    scene.assert_listed(h, RequestFilter { assignee: Some(None), ..any() }, &[&plain]).await;
    let either = RequestFilter { status: vec![Status::Open, Status::Assigned], ..any() };
    scene.assert_listed(h, either, &[&plain, &special]).await;
    let nothing = [
        RequestFilter { tag: text("vi"), ..any() },
        RequestFilter { tag: text("v%"), ..any() },
        RequestFilter { order_id: text("O-1"), ..any() },
        RequestFilter { requester_email: text("%"), ..any() },
        RequestFilter { status: vec![Status::Closed], ..any() },
        RequestFilter { tag: text("vip"), kind: vec![Kind::Chat], ..any() },
        RequestFilter { requester: Some(ParticipantId::new(h.env().uuid())), ..any() },
    ];
    for filter in nothing {
        scene.assert_listed(h, filter, &[]).await;
    }
}

/// From is included, to is not; a message that was noticed counts as a change for lists.
pub async fn lists_are_filtered_by_time(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = scene.stored(h, 1).await;
    h.time_goes_by().await;
    let second = scene.stored(h, 2).await;
    let any = RequestFilter::default;
    let from = RequestFilter { created_from: Some(second.created_at), ..any() };
    scene.assert_listed(h, from, &[&second]).await;
    let to = RequestFilter { created_to: Some(second.created_at), ..any() };
    scene.assert_listed(h, to, &[&first]).await;
    let since = |at: Timestamp| RequestFilter { changed_since: Some(at), ..any() };
    scene.assert_listed(h, since(second.updated_at), &[&second]).await;
    h.time_goes_by().await;
    let mark = h.env().now();
    scene.assert_listed(h, since(mark), &[]).await;
    h.time_goes_by().await;
    h.customer_writes(scene.organization, first.id, "Encore moi").await;
    let noticed = scene.noticed(h, &first).await;
    scene.assert_listed(h, since(mark), &[&first]).await;
    scene.assert_listed(h, since(noticed), &[&first]).await;
    scene.assert_listed(h, since(noticed + Duration::from_micros(1)), &[]).await;
    let second = save_after(h, &second, scene.agent, Action::Take).await;
    scene.assert_listed(h, since(mark), &[&first, &second]).await;
}

/// A time that comes late says nothing new; a change after it does.
pub async fn activity_never_moves_back_and_is_no_change_of_the_request(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    h.time_goes_by().await;
    let before = h.env().now();
    h.time_goes_by().await;
    let noticed = scene.noticed(h, &request).await;
    let early = Activity { organization: scene.organization, support_request: request.id, at: before };
    h.store().note_activity(&[early]).await.unwrap();
    let since = |at: Timestamp| RequestFilter { changed_since: Some(at), ..RequestFilter::default() };
    scene.assert_listed(h, since(noticed), &[&request]).await;
    assert_eq!(scene.view(h, request.id).await.request, request, "neither version nor time of change moved");
    // As of an earlier clock: of two nodes, one may be a little behind.
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let late = tx.requests().get(request.id).await.unwrap().unwrap();
    tx.requests().save(&late).await.unwrap();
    tx.commit().await.unwrap();
    scene.assert_listed(h, since(noticed), &[&request]).await;
    h.time_goes_by().await;
    let changed = save_after(h, &request, scene.agent, Action::Take).await;
    assert!(changed.updated_at > noticed);
    scene.assert_listed(h, since(changed.updated_at), &[&changed]).await;
}

/// Of several organisations, and one that is not there, whose neighbours are noted all the same.
pub async fn activity_is_noted_for_many_at_once(h: &impl Harness) {
    let (one, two) = (Scene::new(h).await, Scene::new(h).await);
    let (first, second) = (one.stored(h, 1).await, two.stored(h, 1).await);
    h.time_goes_by().await;
    let at = h.env().now();
    let active = |scene: &Scene, id| Activity { organization: scene.organization, support_request: id, at };
    let unknown = SupportRequestId::new(h.env().uuid());
    // The second under the wrong organisation too, where it is not.
    let noted = [active(&one, unknown), active(&one, first.id), active(&one, second.id), active(&two, second.id)];
    h.store().note_activity(&noted).await.unwrap();
    let since = RequestFilter { changed_since: Some(at), ..RequestFilter::default() };
    one.assert_listed(h, since.clone(), &[&first]).await;
    two.assert_listed(h, since, &[&second]).await;
    h.store().note_activity(&[]).await.unwrap();
}

/// By each key, both ways.
pub async fn lists_are_sorted(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let opened = |counter, priority| Snapshot { priority, ..scene.request(h, counter) };
    let mut requests = Vec::new();
    // Its number, its priority, its deadline and its last activity each sort the three in another order.
    for (counter, priority, due) in [(2, Priority::Urgent, 30), (3, Priority::Low, 10), (1, Priority::High, 20)] {
        let mut request = opened(counter, priority);
        request.sla.resolution_due_at = request.created_at + Duration::from_secs(due);
        requests.push(store(h, request, None).await);
        h.time_goes_by().await;
    }
    h.customer_writes(scene.organization, requests[0].id, "Encore moi").await;
    scene.noticed(h, &requests[0]).await;
    for (sort, wanted) in [
        (RequestSort::CreatedAt, [0, 1, 2]),
        (RequestSort::UpdatedAt, [1, 2, 0]),
        (RequestSort::Priority, [1, 2, 0]),
        (RequestSort::DueAt, [1, 2, 0]),
        (RequestSort::Number, [2, 0, 1]),
    ] {
        let mut wanted = wanted.map(|at| requests[at].id);
        let up = RequestFilter { sort, order: Order::Ascending, ..RequestFilter::default() };
        assert_eq!(scene.list(h, up).await, wanted, "{sort:?}");
        wanted.reverse();
        let down = RequestFilter { sort, order: Order::Descending, ..RequestFilter::default() };
        assert_eq!(scene.list(h, down).await, wanted, "{sort:?} down");
    }
}

/// Each on one page, also where the sort key is the same for all.
pub async fn lists_are_paged(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let mut wanted = Vec::new();
    for counter in 1..=7 {
        wanted.push(scene.stored(h, counter).await.id);
    }
    let filter = RequestFilter { sort: RequestSort::Priority, ..RequestFilter::default() };
    let mut listed = Vec::new();
    for page in 1..=4 {
        let request = PageRequest::parse(Some(page), Some(2)).unwrap();
        let list = h.views().list(scene.organization, Scope::All, scene.agent.into(), &filter, request).await.unwrap();
        assert_eq!((list.total, list.request), (7, request));
        listed.extend(list.items.into_iter().map(|view| view.request.id));
    }
    let past = PageRequest::parse(Some(5), Some(2)).unwrap();
    let past = h.views().list(scene.organization, Scope::All, scene.agent.into(), &filter, past).await.unwrap();
    assert_eq!((past.items.len(), past.total), (0, 7));
    listed.sort();
    wanted.sort();
    assert_eq!(listed, wanted);
}

/// As [`Snapshot::is_overdue`] says, for every state that matters to it.
pub async fn overdue_means_a_missed_deadline_still_to_be_met(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let at = h.env().now();
    let hour = |n: u64| at + Duration::from_secs(n * 3_600);
    let mut requests = Vec::new();
    let mut counter = 0;
    for (first_due, due) in [(1, 3), (3, 4)] {
        for status in Status::ALL {
            for first_response_at in [None, Some(at)] {
                counter += 1;
                let mut request = Snapshot { status: *status, first_response_at, ..scene.request(h, counter) };
                request.sla.first_response_due_at = hour(first_due);
                request.sla.resolution_due_at = hour(due);
                request.waiting_since = (*status == Status::WaitingCustomer).then(|| hour(2));
                request.resolved_at = (*status == Status::Resolved).then(|| hour(5));
                request.closed_at = (*status == Status::Closed).then(|| hour(5));
                requests.push(store(h, request, None).await);
            }
        }
    }
    let late_waiting = {
        let mut request = Snapshot { status: Status::WaitingCustomer, ..scene.request(h, 99) };
        request.first_response_at = Some(at);
        request.sla.resolution_due_at = hour(1);
        request.waiting_since = Some(hour(2));
        store(h, request, None).await
    };
    requests.push(late_waiting);
    for moment in [hour(0), hour(1), hour(1) + Duration::from_micros(1), hour(2), hour(3), hour(4), hour(9)] {
        let wanted: Vec<_> = requests.iter().filter(|request| request.is_overdue(moment)).collect();
        let filter = RequestFilter { overdue_at: Some(moment), ..RequestFilter::default() };
        scene.assert_listed(h, filter, &wanted).await;
    }
}

/// Every query takes the organisation by construction.
pub async fn nothing_is_read_across_organizations(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let mut taken = tx.requests().get(request.id).await.unwrap().unwrap();
    for entry in super::act(h, &mut taken, scene.agent, &Action::Take) {
        tx.timeline().append(request.id, &entry).await.unwrap();
    }
    tx.requests().save(&taken).await.unwrap();
    tx.commit().await.unwrap();
    let (abroad, viewer) = (h.organization().await, scene.agent.into());
    let views = h.views();
    assert_eq!(views.find(abroad, Scope::All, viewer, request.id).await.unwrap(), None);
    assert_eq!(views.by_number(abroad, request.number.as_str()).await.unwrap(), None);
    assert_eq!(views.timeline(abroad, request.id).await.unwrap(), []);
    let filter = RequestFilter::default();
    let list = views.list(abroad, Scope::All, viewer, &filter, PageRequest::default()).await.unwrap();
    assert_eq!(list.total, 0);
    assert!(!views.timeline(scene.organization, request.id).await.unwrap().is_empty());
}
