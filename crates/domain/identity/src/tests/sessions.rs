//! Signing out.

use std::sync::{Arc, Mutex};

use kernel::{Refusal, Role, SessionId};
use uuid::Uuid;

use crate::{OnRevoked, Revoked, testing::Fixture};

#[derive(Default)]
struct Heard(Mutex<Vec<Revoked>>);

impl OnRevoked for Heard {
    fn revoked(&self, what: Revoked) {
        self.0.lock().unwrap().push(what);
    }
}

#[tokio::test]
async fn signing_out_ends_this_session_only_and_may_be_repeated() {
    let fixture = Fixture::new().await;
    let heard = Arc::new(Heard::default());
    fixture.identity.watch().listen(heard.clone());
    let (one, other) = (fixture.caller(Role::Agent).await, fixture.caller(Role::Agent).await);
    fixture.identity.logout(&one).await.unwrap();
    fixture.identity.logout(&one).await.unwrap();
    assert_eq!(*heard.0.lock().unwrap(), [Revoked::behind(&one)], "connections are closed at once");
    let left = fixture.identity.sessions(&other).await.unwrap();
    assert_eq!(left.iter().map(|session| session.current).collect::<Vec<_>>(), [true]);
}

#[tokio::test]
async fn a_session_can_be_ended_by_its_refresh_token_even_a_used_one() {
    let fixture = Fixture::new().await;
    let first = fixture.login("agent@demo.test").await.unwrap();
    let second = fixture.identity.refresh(&first.refresh_token).await.unwrap();
    fixture.identity.logout_by_refresh(&first.refresh_token).await.unwrap();
    fixture.identity.logout_by_refresh(&second.refresh_token).await.unwrap();
    let refused = fixture.identity.authenticate(second.access_token.expose()).await.unwrap_err();
    assert_eq!(refused.code(), "identity.token_revoked");
}

#[tokio::test]
async fn a_user_ends_own_sessions_and_nobody_elses() {
    let fixture = Fixture::new().await;
    let (agent, other_session) = (fixture.caller(Role::Agent).await, fixture.caller(Role::Agent).await);
    let admin = fixture.caller(Role::Admin).await;
    let id = other_session.user().unwrap().session;
    let refused = fixture.identity.end_session(&admin, id).await.unwrap_err();
    assert_eq!(refused.code(), "identity.session_not_found", "an administrator neither");
    let unknown = SessionId::new(Uuid::from_u128(12_345));
    assert_eq!(fixture.identity.end_session(&agent, unknown).await.unwrap_err().code(), "identity.session_not_found");
    fixture.identity.end_session(&agent, id).await.unwrap();
    assert!(fixture.identity.watch().is_revoked(&other_session));
    assert!(!fixture.identity.watch().is_revoked(&agent));
    assert_eq!(fixture.identity.sessions(&agent).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_long_or_broken_client_name_is_tidied() {
    let fixture = Fixture::new().await;
    let client = crate::ClientInfo {
        address: None,
        user_agent: Some(format!("a\r\nb\u{0}{}", "é".repeat(10_000))),
        browser: true,
    };
    let (demo, password) = (crate::OrganizationRef::named("demo"), kernel::Secret::new(crate::testing::PASSWORD));
    let signed_in = fixture.identity.login(&demo, "agent@demo.test", password, client).await.unwrap();
    let caller = fixture.identity.authenticate(signed_in.access_token.expose()).await.unwrap();
    let kept = fixture.identity.sessions(&caller).await.unwrap().remove(0).client;
    assert_eq!(kept.user_agent.unwrap(), format!("ab{}", "é".repeat(398)));
    assert!(kept.browser);
}
