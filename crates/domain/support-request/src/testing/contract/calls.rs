//! What the calls that count once must do within a transaction.

use std::time::Duration;

use kernel::{Claim, IdempotentCall, KeyRefused, OrganizationId, Repeat};
use uuid::Uuid;

use super::Scene;
use crate::testing::{Harness, side_by_side};

fn call(principal: Uuid, operation: &'static str, key: &str, body: &str) -> IdempotentCall {
    IdempotentCall { principal, operation, key: key.to_owned(), body: body.to_owned(), kept: None }
}

/// Claims a call in a transaction of its own, which commits.
async fn claim(h: &impl Harness, organization: OrganizationId, call: &IdempotentCall, resource: Uuid) -> Claim {
    let mut tx = h.store().begin(organization).await.unwrap();
    let claim = tx.calls().claim(call, resource, h.env().now()).await.unwrap();
    tx.commit().await.unwrap();
    claim
}

fn repeat(resource: Uuid, kept: Option<&str>) -> Claim {
    Claim::Repeat(Repeat { resource, kept: kept.map(str::to_owned) })
}

/// The first gets to work, the same again gets what the first created, another body gets neither.
pub async fn a_call_is_claimed_once(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let [resource, other, principal] = [(); 3].map(|()| h.env().uuid());
    let first = IdempotentCall { kept: Some("sealed".to_owned()), ..call(principal, "open", "k", "b") };
    assert_eq!(claim(h, scene.organization, &first, resource).await, Claim::New);
    let again = call(principal, "open", "k", "b");
    assert_eq!(claim(h, scene.organization, &again, other).await, repeat(resource, Some("sealed")));
    let another = call(principal, "open", "k", "another body");
    assert_eq!(claim(h, scene.organization, &another, other).await, Claim::OtherBody);
    assert_eq!(Claim::OtherBody.repeat(), Err(KeyRefused::OtherBody));
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let now = h.env().now();
    assert_eq!(tx.calls().find(&again, now).await.unwrap(), repeat(resource, Some("sealed")));
    assert_eq!(tx.calls().find(&another, now).await.unwrap(), Claim::OtherBody);
    assert_eq!(tx.calls().find(&call(principal, "open", "other", "b"), now).await.unwrap(), Claim::New);
    assert_eq!(tx.calls().claim(&call(principal, "open", "mine", "b"), other, now).await.unwrap(), Claim::New);
    let own = tx.calls().claim(&call(principal, "open", "mine", "b"), resource, now).await.unwrap();
    assert_eq!(own, repeat(other, None), "also within one transaction");
}

/// The same key of somebody else, for something else, or in another organisation is another key.
pub async fn calls_of_others_are_others(h: &impl Harness) {
    let (scene, abroad) = (Scene::new(h).await, Scene::new(h).await);
    let (principal, somebody) = (h.env().uuid(), h.env().uuid());
    for (organization, principal, operation, key) in [
        (scene.organization, principal, "open", "k"),
        (abroad.organization, principal, "open", "k"),
        (scene.organization, somebody, "open", "k"),
        (scene.organization, principal, "create", "k"),
        (scene.organization, principal, "open", "K"),
    ] {
        let call = call(principal, operation, key, &format!("{organization} {principal} {operation} {key}"));
        let resource = h.env().uuid();
        assert_eq!(claim(h, organization, &call, resource).await, Claim::New, "{call:?}");
        assert_eq!(claim(h, organization, &call, h.env().uuid()).await, repeat(resource, None), "{call:?}");
    }
}

/// A call that was refused or failed may come again with another body.
pub async fn a_call_that_is_not_committed_is_not_remembered(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (principal, resource) = (h.env().uuid(), h.env().uuid());
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    let failed = call(principal, "open", "k", "wrong");
    assert_eq!(tx.calls().claim(&failed, h.env().uuid(), h.env().now()).await.unwrap(), Claim::New);
    drop(tx);
    let corrected = call(principal, "open", "k", "right");
    assert_eq!(claim(h, scene.organization, &corrected, resource).await, Claim::New);
    assert_eq!(claim(h, scene.organization, &corrected, h.env().uuid()).await, repeat(resource, None));
}

/// After a day, and not a moment before, a key is free again.
pub async fn a_call_is_forgotten_after_a_day(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (principal, now) = (h.env().uuid(), h.env().now());
    let (first, second) = (h.env().uuid(), h.env().uuid());
    let claim = async |body: &str, resource, at| {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        let claim = tx.calls().claim(&call(principal, "open", "k", body), resource, at).await.unwrap();
        tx.commit().await.unwrap();
        claim
    };
    assert_eq!(claim("b", first, now).await, Claim::New);
    let last = now + IdempotentCall::LIFE - Duration::from_millis(1);
    assert_eq!(claim("b", second, last).await, repeat(first, None));
    let over = now + IdempotentCall::LIFE;
    assert_eq!(claim("another body", second, over).await, Claim::New);
    assert_eq!(claim("another body", first, over).await, repeat(second, None));
    assert_eq!(claim("b", first, over).await, Claim::OtherBody);
}

/// However many come at once, one gets to work, and nobody is told of something that is not there.
pub async fn of_many_calls_at_once_one_is_carried_out(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let store = h.store();
    let call = call(h.env().uuid(), "open", "k", "b");
    let calls = (0..20).map(|_| async {
        let mut tx = store.begin(scene.organization).await.unwrap();
        let resource = h.env().uuid();
        let claim = tx.calls().claim(&call, resource, h.env().now()).await.unwrap();
        if claim == Claim::New {
            h.time_goes_by().await;
            tx.commit().await.unwrap();
        }
        (resource, claim)
    });
    let answers = side_by_side(calls).await;
    let new: Vec<_> = answers.iter().filter(|(_, claim)| *claim == Claim::New).map(|(resource, _)| *resource).collect();
    assert_eq!(new.len(), 1, "{answers:?}");
    for (_, claim) in answers {
        let told = claim == Claim::New || claim == Claim::Running || claim == repeat(new[0], None);
        assert!(told, "{claim:?}");
    }
    let mut tx = store.begin(scene.organization).await.unwrap();
    let last = tx.calls().claim(&call, h.env().uuid(), h.env().now()).await.unwrap();
    assert_eq!(last, repeat(new[0], None), "whoever comes after all of them is told");
}
