//! What the numbers of [`RequestViews`](crate::RequestViews) must be.

use std::time::Duration;

use kernel::{ParticipantId, Scope};

use super::{Scene, save_after, store};
use crate::{Action, Asker, Category, Priority, Rating, Score, Snapshot, Statistics, Status, Tally, testing::Harness};

impl Scene {
    async fn tallies(&self, h: &impl Harness, scope: Scope, asker: Option<&Asker>) -> Vec<Tally> {
        let mut found = h.views().tallies(self.organization, scope, asker).await.unwrap();
        found.sort_by_key(|one| (one.status, one.priority, one.category.as_str().to_owned()));
        found
    }

    async fn total(&self, h: &impl Harness, scope: Scope, asker: Option<&Asker>) -> u64 {
        Statistics::of(&self.tallies(h, scope, asker).await, 0).total
    }

    async fn unread(&self, h: &impl Harness, scope: Scope, viewer: ParticipantId, asker: Option<&Asker>) -> u64 {
        h.views().unread(self.organization, scope, viewer, asker).await.unwrap()
    }
}

/// Counts and sums, to the microsecond; archived ones too, deleted ones not.
pub async fn requests_are_added_up_by_their_words(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let make = |counter: u32, change: &dyn Fn(&mut Snapshot)| {
        let mut one = scene.request(h, counter);
        one.category = Category::stored("billing".to_owned());
        change(&mut one);
        store(h, one, None)
    };
    let after = |one: &Snapshot, micros: u64| Some(one.created_at + Duration::from_micros(micros));
    make(1, &|_| ()).await;
    make(2, &|one| {
        one.status = Status::Closed;
        one.first_response_at = after(one, 90_000_000_001);
        one.resolved_at = after(one, 3 * 86_400_000_000);
        one.closed_at = after(one, 4 * 86_400_000_000);
        one.rating = Some(Rating { score: Score::stored(4), comment: None, at: one.created_at });
        one.archived_at = one.closed_at;
    })
    .await;
    make(3, &|one| {
        one.status = Status::Closed;
        one.first_response_at = after(one, 5);
        one.closed_at = after(one, 7);
        one.escalated_at = Some(one.created_at);
        one.rating = Some(Rating { score: Score::stored(1), comment: None, at: one.created_at });
    })
    .await;
    make(4, &|one| one.priority = Priority::High).await;
    make(5, &|one| one.category = Category::stored("delivery".to_owned())).await;
    make(6, &|one| one.deleted_at = Some(one.created_at)).await;
    let nothing = Tally {
        status: Status::Open,
        priority: Priority::Normal,
        category: Category::stored("billing".to_owned()),
        requests: 1,
        answered: 0,
        first_response: Duration::ZERO,
        settled: 0,
        resolution: Duration::ZERO,
        rated: 0,
        points: 0,
        escalated: 0,
    };
    let wanted = [
        nothing.clone(),
        Tally { category: Category::stored("delivery".to_owned()), ..nothing.clone() },
        Tally { priority: Priority::High, ..nothing.clone() },
        Tally {
            status: Status::Closed,
            requests: 2,
            answered: 2,
            first_response: Duration::from_micros(90_000_000_006),
            settled: 2,
            resolution: Duration::from_micros(3 * 86_400_000_000 + 7),
            rated: 2,
            points: 5,
            escalated: 1,
            ..nothing
        },
    ];
    assert_eq!(scene.tallies(h, Scope::All, None).await, wanted);
}

/// The one rule of sight, and one organisation.
pub async fn what_is_added_up_follows_the_scope_and_who_asked(h: &impl Harness) {
    let (scene, other) = (Scene::new(h).await, Scene::new(h).await);
    other.stored(h, 1).await;
    let colleague = h.agent(scene.organization, "Alix", "Roux").await;
    let open = scene.stored(h, 1).await;
    let taken = scene.stored(h, 2).await;
    save_after(h, &taken, scene.agent, Action::Take).await;
    let helped = scene.stored(h, 3).await;
    save_after(h, &helped, scene.agent, Action::Take).await;
    h.add_member(scene.organization, helped.id, colleague).await;
    let mut theirs = scene.request(h, 4);
    theirs.requester = h.customer(scene.organization).await;
    let theirs = store(h, theirs, None).await;
    let own = scene.customer.id;
    assert_eq!(scene.total(h, Scope::All, None).await, 4);
    assert_eq!(scene.total(h, Scope::Agent(scene.agent), None).await, 4);
    assert_eq!(scene.total(h, Scope::Agent(colleague), None).await, 3, "what nobody has, and where they take part");
    assert_eq!(scene.total(h, Scope::Requester(own), None).await, 3);
    assert_eq!(scene.total(h, Scope::One(open.id, own), None).await, 1);
    let asker = Asker::Id(theirs.requester.id);
    assert_eq!(scene.total(h, Scope::All, Some(&asker)).await, 1);
    assert_eq!(scene.total(h, Scope::Requester(own), Some(&asker)).await, 0);
    let email = theirs.requester.email.clone().unwrap().to_uppercase();
    assert_eq!(scene.total(h, Scope::All, Some(&Asker::Email(email))).await, 1);
    assert_eq!(scene.total(h, Scope::All, Some(&Asker::Email("nobody@example.org".to_owned()))).await, 0);
}

/// As lists count them for staff.
pub async fn unread_messages_are_counted_but_in_what_is_closed(h: &impl Harness) {
    let (scene, other) = (Scene::new(h).await, Scene::new(h).await);
    let elsewhere = other.stored(h, 1).await;
    h.customer_writes(other.organization, elsewhere.id, "Bonjour").await;
    let first = scene.stored(h, 1).await;
    let second = scene.stored(h, 2).await;
    for (request, messages) in [(&first, 2), (&second, 3)] {
        for _ in 0..messages {
            h.customer_writes(scene.organization, request.id, "Toujours rien").await;
        }
    }
    let staff = ParticipantId::from(scene.agent);
    let asker = Asker::Id(scene.customer.id);
    assert_eq!(scene.unread(h, Scope::All, staff, None).await, 5);
    assert_eq!(scene.unread(h, Scope::Agent(scene.agent), staff, Some(&asker)).await, 5);
    assert_eq!(scene.unread(h, Scope::Requester(scene.customer.id), scene.customer.id, None).await, 0, "their own");
    save_after(h, &second, scene.agent, Action::Close).await;
    assert_eq!(scene.unread(h, Scope::All, staff, None).await, 2);
    let nobody = Asker::Email("nobody@example.org".to_owned());
    assert_eq!(scene.unread(h, Scope::All, staff, Some(&nobody)).await, 0);
}
