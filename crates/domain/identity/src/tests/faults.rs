//! A part that is down: nothing half done, nothing told that did not happen.

use kernel::{PortErrorKind, Refusal, Role, Secret};

use crate::{IdentityError, UserChange, testing::Fixture};

/// Runs a use case with the n-th call of its transaction failing, for every n until it gets through.
async fn at_every_call<T: std::fmt::Debug>(
    fixture: &Fixture,
    kind: PortErrorKind,
    use_case: impl AsyncFn() -> Result<T, IdentityError>,
) -> usize {
    for n in 1.. {
        let before = fixture.store.dump();
        fixture.store.fail_at(n, kind);
        let outcome = use_case().await;
        if fixture.store.fault_is_pending() {
            fixture.store.fail_at(0, kind);
            outcome.unwrap();
            return n - 1;
        }
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), fixture.store.dump() == before), ("unavailable", true), "call {n}: {error}");
    }
    unreachable!("every use case ends")
}

#[tokio::test]
async fn whatever_call_fails_nothing_is_stored_and_the_next_attempt_succeeds() {
    let fixture = Fixture::new().await;
    let down = PortErrorKind::Unavailable;
    assert!(at_every_call(&fixture, down, async || fixture.login("agent@demo.test").await).await >= 4);
    let first = fixture.login("agent@demo.test").await.unwrap();
    assert!(at_every_call(&fixture, down, async || fixture.identity.refresh(&first.refresh_token).await).await >= 5);
    let admin = fixture.caller(Role::Admin).await;
    let agent = fixture.caller(Role::Agent).await;
    let change = UserChange { password: Some(Secret::new("cinq chevaux bleus")), ..UserChange::default() };
    let update = async || {
        assert!(!fixture.identity.watch().is_revoked(&agent), "told before it happened");
        fixture.identity.update_user(&admin, first.user.id, change.clone()).await
    };
    assert!(at_every_call(&fixture, down, update).await >= 8);
    assert!(fixture.identity.watch().is_revoked(&agent));
}

#[tokio::test]
async fn a_conflict_is_tried_again() {
    let fixture = Fixture::new().await;
    for n in 1..=4 {
        fixture.store.fail_at(n, PortErrorKind::Conflict);
        fixture.login("agent@demo.test").await.unwrap();
        assert!(!fixture.store.fault_is_pending());
    }
}

#[tokio::test]
async fn a_refresh_whose_commit_is_in_doubt_can_be_repeated() {
    let fixture = Fixture::new().await;
    let first = fixture.login("agent@demo.test").await.unwrap();
    // Begin, lock, save, find, commit: the fifth call is the commit.
    fixture.store.fail_at(5, PortErrorKind::Unknown);
    let error = fixture.identity.refresh(&first.refresh_token).await.unwrap_err();
    assert_eq!(error.code(), "unknown");
    assert!(fixture.identity.refresh(&first.refresh_token).await.is_ok());
}
