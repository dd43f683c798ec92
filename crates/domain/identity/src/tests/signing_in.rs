//! Passwords, refresh tokens, and what ends them.

use std::time::Duration;

use kernel::{Caller, Env, Refusal, RefusalKind, Role, Secret};

use crate::{
    ClientInfo, IdentityError, OrganizationRef, Revocation, Session, SessionEnd, UserChange,
    testing::{Fixture, PASSWORD},
};

fn code<T>(outcome: Result<T, IdentityError>) -> &'static str {
    outcome.err().map_or("none", |error| error.code())
}

#[tokio::test]
async fn a_user_signs_in_and_is_known_by_the_token() {
    let fixture = Fixture::new().await;
    let signed_in = fixture.login("Agent@Demo.test").await.unwrap();
    assert_eq!((signed_in.expires_in_s, signed_in.user.role), (900, Role::Agent));
    let caller = fixture.identity.authenticate(signed_in.access_token.expose()).await.unwrap();
    let me = fixture.identity.me(&caller).await.unwrap();
    assert_eq!(me, signed_in.user);
    assert_eq!((caller.name(), caller.organization()), ("Ada agent", fixture.organization.id));
    let sessions = fixture.identity.sessions(&caller).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert!(sessions[0].current);
    assert_eq!(sessions[0].client.address.as_deref(), Some("192.0.2.1"));
}

#[tokio::test]
async fn whoever_cannot_sign_in_gets_one_answer_after_one_amount_of_work() {
    let fixture = Fixture::new().await;
    let admin = fixture.caller(Role::Admin).await;
    let customer = fixture.identity.me(&fixture.caller(Role::Customer).await).await.unwrap();
    let off = UserChange { active: Some(false), ..UserChange::default() };
    fixture.identity.update_user(&admin, customer.id, off).await.unwrap();
    let (before, entries) = (without_audit(&fixture.store.dump()), fixture.store.audit().len());
    for (email, password) in [
        ("agent@demo.test", "wrong password"),
        ("nobody@demo.test", PASSWORD),
        ("no e-mail at all", PASSWORD),
        ("customer@demo.test", PASSWORD),
        ("customer@demo.test", "wrong password"),
        ("agent@demo.test", ""),
        ("agent@demo.test", &format!("{PASSWORD}{}", "x".repeat(100))),
    ] {
        let work = fixture.passwords.comparisons();
        let demo = OrganizationRef::named("demo");
        let outcome = fixture.identity.login(&demo, email, Secret::new(password), ClientInfo::default()).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), error.kind()), ("identity.bad_credentials", RefusalKind::Unauthenticated));
        assert_eq!(fixture.passwords.comparisons() - work, 1, "{email}");
    }
    assert_eq!(without_audit(&fixture.store.dump()), before, "nothing else was stored");
    assert_eq!(fixture.store.audit().len(), entries + 7, "but that it was tried");
}

fn without_audit(dump: &str) -> String {
    let (before, rest) = dump.split_once("\n    audit: [").unwrap();
    format!("{before}{}", rest.split_once("\n    calls:").unwrap().1)
}

#[tokio::test]
async fn nothing_secret_is_stored_in_clear() {
    let fixture = Fixture::new().await;
    let first = fixture.login("agent@demo.test").await.unwrap();
    let second = fixture.identity.refresh(&first.refresh_token).await.unwrap();
    let proof = |token: &Secret| token.expose().rsplit('_').next().unwrap().to_owned();
    let stored = fixture.store.dump();
    for secret in [PASSWORD.to_owned(), proof(&first.refresh_token), proof(&second.refresh_token)] {
        assert!(secret.len() > 15 && !stored.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let fixture = Fixture::new().await;
    let other_node = fixture.another_node().await;
    let first = fixture.login("agent@demo.test").await.unwrap();
    let second = fixture.identity.refresh(&first.refresh_token).await.unwrap();
    assert_ne!(second.refresh_token, first.refresh_token);
    assert!(fixture.identity.authenticate(second.access_token.expose()).await.is_ok());
    fixture.env.pass(Session::GRACE + Duration::from_micros(1));

    let error = fixture.identity.refresh(&first.refresh_token).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("identity.token_reused", RefusalKind::Unauthenticated));
    assert_eq!(code(fixture.identity.refresh(&second.refresh_token).await), "identity.session_ended");
    for token in [&first.access_token, &second.access_token] {
        assert_eq!(code(fixture.identity.authenticate(token.expose()).await), "identity.token_revoked");
        other_node.catch_up().await.unwrap();
        assert_eq!(code(other_node.authenticate(token.expose()).await), "identity.token_revoked");
    }
    let told: Vec<_> = fixture.store.events().iter().map(|event| event.name).collect();
    assert_eq!(told.last(), Some(&"session.token_reused"));
    assert!(fixture.login("agent@demo.test").await.is_ok(), "the account itself is fine");
}

#[tokio::test]
async fn a_lost_answer_can_be_fetched_again_for_ten_seconds() {
    let fixture = Fixture::new().await;
    let first = fixture.login("agent@demo.test").await.unwrap();
    let second = fixture.identity.refresh(&first.refresh_token).await.unwrap();
    fixture.env.pass(Session::GRACE);
    let again = fixture.identity.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(again.refresh_token, second.refresh_token);
    assert!(fixture.identity.refresh(&again.refresh_token).await.is_ok());
    assert_eq!(
        code(fixture.identity.refresh(&first.refresh_token).await),
        "identity.token_reused",
        "once the successor was used, its answer has arrived"
    );
}

#[tokio::test]
async fn two_parallel_refreshes_get_the_same_successor() {
    let fixture = Fixture::new().await;
    let other_node = fixture.another_node().await;
    let first = fixture.login("agent@demo.test").await.unwrap();
    let (here, there) =
        tokio::join!(fixture.identity.refresh(&first.refresh_token), other_node.refresh(&first.refresh_token));
    let (here, there) = (here.unwrap(), there.unwrap());
    assert_eq!(here.refresh_token, there.refresh_token);
    assert!(fixture.identity.refresh(&here.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_forged_refresh_token_ends_nothing() {
    let fixture = Fixture::new().await;
    let first = fixture.login("agent@demo.test").await.unwrap();
    let agent = fixture.login("supervisor@demo.test").await.unwrap();
    let parts: Vec<_> = first.refresh_token.expose().split('_').collect();
    let of_other = agent.refresh_token.expose().split('_').nth(4).unwrap().to_owned();
    let (organization, session, proof) = (parts[1], parts[2], parts[4..].join("_"));
    let zero = "00000000-0000-0000-0000-000000000000";
    let forged = [
        format!("grt_{organization}_{session}_2_{proof}"),
        format!("grt_{organization}_{session}_0_{proof}"),
        format!("grt_{organization}_{session}_-1_{proof}"),
        format!("grt_{organization}_{session}_9223372036854775807_{proof}"),
        format!("grt_{organization}_{session}_9223372036854775808_{proof}"),
        format!("grt_{organization}_{session}_1_{of_other}"),
        format!("grt_{organization}_{session}_1_"),
        format!("grt_{organization}_{zero}_1_{proof}"),
        format!("grt_{zero}_{session}_1_{proof}"),
        format!("grt_{organization}_{session}_1"),
        "grt_".to_owned(),
        String::new(),
        "x".repeat(100_000),
        first.access_token.expose().to_owned(),
    ];
    for text in forged {
        let token = Secret::new(text);
        assert_eq!(code(fixture.identity.refresh(&token).await), "identity.session_ended", "{}", token.expose());
        assert_eq!(code(fixture.identity.logout_by_refresh(&token).await), "identity.session_ended");
    }
    assert!(fixture.identity.refresh(&first.refresh_token).await.is_ok());
}

#[tokio::test]
async fn an_unused_session_ends_after_30_days() {
    let fixture = Fixture::new().await;
    let first = fixture.login("agent@demo.test").await.unwrap();
    fixture.env.pass(Duration::from_hours(30 * 24 - 1));
    let second = fixture.identity.refresh(&first.refresh_token).await.unwrap();
    fixture.env.pass(Session::REFRESH_LIFE);
    assert_eq!(code(fixture.identity.refresh(&second.refresh_token).await), "identity.session_ended");
}

#[tokio::test]
async fn an_access_token_lives_15_minutes() {
    let fixture = Fixture::new().await;
    let signed_in = fixture.login("agent@demo.test").await.unwrap();
    fixture.env.pass(Duration::from_secs(899));
    assert!(fixture.identity.authenticate(signed_in.access_token.expose()).await.is_ok());
    fixture.env.pass(Duration::from_secs(1));
    assert_eq!(code(fixture.identity.authenticate(signed_in.access_token.expose()).await), "identity.token_expired");
    for nonsense in ["", "x", "gst_", "gst_x", "Bearer x", &"gst_".repeat(100_000), &"x".repeat(1_000_000)] {
        assert_eq!(code(fixture.identity.authenticate(nonsense).await), "identity.not_authenticated");
    }
}

#[tokio::test]
async fn a_password_is_hashed_again_when_hashes_become_stronger() {
    let fixture = Fixture::new().await;
    let stored = |fixture: &Fixture| fixture.store.dump().matches("PasswordHash(…)").count();
    assert_eq!(stored(&fixture), 4, "a hash is not even printed");
    fixture.passwords.strengthen();
    fixture.login("agent@demo.test").await.unwrap();
    let email = crate::Email::parse("agent@demo.test").unwrap();
    let hash = async || {
        let found = crate::IdentityViews::credentials(&fixture.store, fixture.organization.id, &email).await;
        found.unwrap().unwrap().password_hash.unwrap().as_str().to_owned()
    };
    let stronger = hash().await;
    assert!(stronger.starts_with("2$"));
    fixture.login("agent@demo.test").await.unwrap();
    assert_eq!(hash().await, stronger, "once is enough");
}

#[tokio::test]
async fn a_sign_in_that_overlaps_a_change_of_the_password_fails() {
    let fixture = Fixture::new().await;
    let admin = fixture.caller(Role::Admin).await;
    let agent = fixture.login("agent@demo.test").await.unwrap().user;
    let change = UserChange { password: Some(Secret::new("cinq chevaux bleus")), ..UserChange::default() };
    // The comparison of the old password gives way to the change, and goes on afterwards.
    let login = fixture.login("agent@demo.test");
    let change = fixture.identity.update_user(&admin, agent.id, change);
    let (login, changed) = tokio::join!(login, change);
    changed.unwrap();
    assert_eq!(code(login), "identity.bad_credentials");
}

#[tokio::test]
async fn what_is_revoked_here_is_refused_here_at_once_and_elsewhere_at_the_next_poll() {
    let fixture = Fixture::new().await;
    let other_node = fixture.another_node().await;
    let agent = fixture.login("agent@demo.test").await.unwrap();
    let token = agent.access_token.expose();
    let caller = other_node.authenticate(token).await.unwrap();
    fixture.identity.logout(&caller).await.unwrap();
    assert_eq!(code(fixture.identity.authenticate(token).await), "identity.token_revoked");
    assert!(other_node.authenticate(token).await.is_ok(), "not yet known");
    fixture.env.pass(Duration::from_secs(1));
    other_node.catch_up().await.unwrap();
    assert_eq!(code(other_node.authenticate(token).await), "identity.token_revoked");
    fixture.env.pass(Duration::from_mins(14));
    let third_node = fixture.another_node().await;
    assert_eq!(code(third_node.authenticate(token).await), "identity.token_revoked", "known from its start");
}

#[tokio::test]
async fn a_revocation_that_is_committed_late_is_found_by_a_later_poll() {
    let fixture = Fixture::new().await;
    let other_node = fixture.another_node().await;
    let caller = fixture.caller(Role::Agent).await;
    let happened_at = fixture.env.now();
    fixture.env.pass(Duration::from_secs(55));
    other_node.catch_up().await.unwrap();
    let mut tx = crate::IdentityStore::begin(&fixture.store, caller.organization()).await.unwrap();
    let what = crate::Revoked::behind(&caller);
    tx.revoke(&Revocation { organization: caller.organization(), what, at: happened_at }).await.unwrap();
    tx.commit().await.unwrap();
    fixture.env.pass(Duration::from_secs(1));
    other_node.catch_up().await.unwrap();
    assert!(other_node.watch().is_revoked(&caller));
}

#[tokio::test]
async fn every_use_case_can_run_on_any_thread() {
    fn sendable<T: Send>(future: T) -> T {
        future
    }
    let fixture = Fixture::new().await;
    let first = sendable(fixture.identity.login(
        &OrganizationRef::named("demo"),
        "agent@demo.test",
        Secret::new(PASSWORD),
        ClientInfo::default(),
    ))
    .await
    .unwrap();
    let caller: Caller = sendable(fixture.identity.authenticate(first.access_token.expose())).await.unwrap();
    sendable(fixture.identity.refresh(&first.refresh_token)).await.unwrap();
    sendable(fixture.identity.end_session(&caller, caller.user().unwrap().session)).await.unwrap();
    sendable(fixture.identity.update_me(&caller, crate::OwnChange::default())).await.unwrap();
    sendable(fixture.identity.catch_up()).await.unwrap();
    let ended = fixture.store.session(caller.user().unwrap().session).unwrap().ended;
    assert_eq!(ended.map(|(_, why)| why), Some(SessionEnd::SignedOut));
}
