//! What stores of promises must do, and how deadlines are found.

use std::{collections::BTreeSet, time::Duration};

use jiff::tz::TimeZone;
use kernel::{AuditEntry, OrganizationId, SupportRequestId, SystemEnv, Timestamp};

use super::{Scene, save_after, store};
use crate::{
    Action, BusinessHours, Priority, SlaPolicy, SlaTerms, SlaTold, Snapshot, Stretch, SupportRequest, WorkingTime,
    testing::Harness,
};

const HOUR: Duration = Duration::from_hours(1);

fn office() -> BusinessHours {
    let day = vec![Stretch { from: 540, to: 720 }, Stretch { from: 780, to: 1_080 }];
    let week = [day.clone(), day.clone(), day.clone(), day.clone(), day, vec![], vec![]];
    let holidays = BTreeSet::from(["2024-05-01".parse().unwrap(), "2024-12-25".parse().unwrap()]);
    BusinessHours::new(TimeZone::get("Europe/Paris").unwrap(), week, holidays).unwrap()
}

async fn terms(h: &impl Harness, organization: OrganizationId) -> SlaTerms {
    h.store().begin(organization).await.unwrap().requests().terms().await.unwrap()
}

/// Policies one by one, business hours on and off.
pub async fn what_is_promised_reads_back_and_counts_from_then_on(h: &impl Harness) {
    let organization = h.organization().await;
    let untouched = h.promises().promises(organization).await.unwrap();
    assert_eq!((untouched.policies.len(), untouched.hours, untouched.time_zone.as_str()), (0, None, "Europe/Paris"));
    assert_eq!(terms(h, organization).await, SlaTerms::default());

    let fast = SlaPolicy { first_response: HOUR / 4, resolution: HOUR };
    h.promises()
        .set_policies(organization, &[(Priority::Urgent, fast), (Priority::Low, fast)], &audited(organization))
        .await
        .unwrap();
    let slow = SlaPolicy { first_response: 10 * HOUR, resolution: 100 * HOUR };
    h.promises().set_policies(organization, &[(Priority::Low, slow)], &audited(organization)).await.unwrap();
    h.promises().set_business_hours(organization, Some(&office()), &audited(organization)).await.unwrap();
    let read = terms(h, organization).await;
    assert_eq!((read.policy(Priority::Urgent), read.policy(Priority::Low)), (fast, slow));
    assert_eq!(read.policy(Priority::Normal), SlaPolicy::of(Priority::Normal));
    assert_eq!(read.time, WorkingTime::BusinessHours(office()));

    h.promises().set_business_hours(organization, None, &audited(organization)).await.unwrap();
    assert_eq!(terms(h, organization).await.time, WorkingTime::Always);
    assert_eq!(terms(h, organization).await.policy(Priority::Urgent), fast);
}

/// Neither policies nor hours.
pub async fn promises_are_not_read_across_organizations(h: &impl Harness) {
    let (one, other) = (h.organization().await, h.organization().await);
    let fast = SlaPolicy { first_response: HOUR / 4, resolution: HOUR };
    h.promises().set_policies(one, &[(Priority::Urgent, fast)], &audited(one)).await.unwrap();
    h.promises().set_business_hours(one, Some(&office()), &audited(one)).await.unwrap();
    assert_eq!(terms(h, other).await, SlaTerms::default());
    h.promises().set_business_hours(other, None, &audited(other)).await.unwrap();
    assert_eq!(terms(h, one).await.time, WorkingTime::BusinessHours(office()));
}

/// A request whose first response is due so long after the opening, with a warning half way.
async fn due_after(h: &impl Harness, scene: &Scene, counter: u32, first: Duration) -> Snapshot {
    let mut request = scene.request(h, counter);
    request.sla.first_response_due_at = request.created_at + first;
    request.sla.first_response_warn_at = request.created_at + first / 2;
    store(h, request, None).await
}

async fn found(h: &impl Harness, scene: &Scene, at: Timestamp) -> Vec<SupportRequestId> {
    let all = h.store().deadlines_passed(at, 10_000).await.unwrap();
    all.into_iter().filter(|(of, _)| *of == scene.organization).map(|(_, id)| id).collect()
}

/// Before the warning, between, after the breach; told, waiting, settled.
pub async fn a_deadline_is_found_once_it_has_news_and_while_its_clock_runs(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = due_after(h, &scene, 1, HOUR).await;
    let at = |minutes| request.created_at + Duration::from_mins(minutes);
    assert_eq!(found(h, &scene, at(29)).await, []);
    assert_eq!(found(h, &scene, at(30)).await, [request.id]);

    let mut told = request.clone();
    (told.sla.first_response_told, told.version) = (SlaTold::Warned, 2);
    save(h, &told).await;
    assert_eq!(found(h, &scene, at(59)).await, []);
    assert_eq!(found(h, &scene, at(60)).await, [request.id]);
    let (warn, due) = (request.sla.resolution_warn_at, request.sla.resolution_due_at);
    (told.sla.first_response_told, told.version) = (SlaTold::Breached, 3);
    save(h, &told).await;
    assert_eq!(found(h, &scene, warn - Duration::from_micros(1)).await, []);
    assert_eq!(found(h, &scene, warn).await, [request.id]);

    save_after(h, &request, scene.agent, Action::Take).await;
    save_after(h, &request, scene.agent, Action::Wait).await;
    assert_eq!(found(h, &scene, due).await, [], "the clock stands still");
    let going = save_after(h, &request, scene.agent, Action::Start).await;
    assert_eq!(found(h, &scene, going.sla.resolution_due_at).await, [request.id]);
    save_after(h, &request, scene.agent, Action::Resolve { resolution: None }).await;
    assert_eq!(found(h, &scene, going.sla.resolution_due_at).await, [], "settled");
    let again = save_after(h, &request, scene.agent, Action::Reopen).await;
    assert_eq!(found(h, &scene, again.sla.resolution_due_at).await, [request.id]);
}

/// And no more than wanted.
pub async fn deadlines_of_all_organizations_are_found_the_longest_due_first(h: &impl Harness) {
    let (one, other) = (Scene::new(h).await, Scene::new(h).await);
    let late = due_after(h, &one, 1, 3 * HOUR).await;
    let early = due_after(h, &other, 1, HOUR).await;
    let middle = due_after(h, &one, 2, 2 * HOUR).await;
    let all = h.store().deadlines_passed(late.created_at + 3 * HOUR, 10_000).await.unwrap();
    let mine: Vec<_> = all.iter().map(|(_, id)| *id).filter(|id| [late.id, early.id, middle.id].contains(id)).collect();
    assert_eq!(mine, [early.id, middle.id, late.id]);
    assert_eq!(h.store().deadlines_passed(late.created_at + 3 * HOUR, 2).await.unwrap().len(), 2);
}

async fn save(h: &impl Harness, changed: &Snapshot) {
    let mut tx = h.store().begin(changed.organization).await.unwrap();
    let read = tx.requests().get(changed.id).await.unwrap().unwrap();
    let mut next = SupportRequest::restore(Snapshot { version: read.read_version(), ..changed.clone() });
    next.state.version = changed.version;
    tx.requests().save(&next).await.unwrap();
    tx.commit().await.unwrap();
}

/// An entry of the audit log, for changes that ask for one.
pub(super) fn audited(organization: OrganizationId) -> AuditEntry {
    AuditEntry::by_operator(organization, "settings.changed", &SystemEnv)
}
