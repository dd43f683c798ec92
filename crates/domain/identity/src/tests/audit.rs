//! What the audit log is told, and who reads it.

use kernel::{Caller, PageRequest, Refusal, Role, Secret, Whence};

use crate::{
    AuditFilter, Auditing, Authority, ClientInfo, NewUser, OrganizationRef, OwnChange, UserChange,
    testing::{Fixture, PASSWORD},
};

fn actions(fixture: &Fixture) -> Vec<&'static str> {
    fixture.store.audit().iter().map(|entry| entry.action).collect()
}

async fn sign_in(fixture: &Fixture, email: &str, password: &str) -> bool {
    let named = OrganizationRef { given: Some("demo".into()), host: None };
    let client = ClientInfo { address: Some("203.0.113.7".into()), ..ClientInfo::default() };
    fixture.identity.login(&named, email, Secret::new(password), client).await.is_ok()
}

#[tokio::test]
async fn every_sign_in_is_kept_and_every_refusal_with_where_it_came_from() {
    let fixture = Fixture::new().await;
    let before = fixture.store.audit().len();
    assert!(sign_in(&fixture, "agent@demo.test", PASSWORD).await);
    assert!(!sign_in(&fixture, "agent@demo.test", "wrong-password").await);
    assert!(!sign_in(&fixture, "my-password-typed-here@demo.test", "wrong-password").await);
    let entries = fixture.store.audit().split_off(before);
    let [good, wrong, unknown] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((good.action, good.actor.is_some()), ("auth.login", true));
    assert!(matches!(good.whence, Whence::Session(_)), "the address is that of the session");
    for refused in [wrong, unknown] {
        assert_eq!((refused.action, refused.actor), ("auth.login_refused", None));
        assert_eq!(refused.whence, Whence::Address(Some("203.0.113.7".into())));
    }
    assert_eq!(wrong.target, good.actor.map(|id| ("user", id.uuid())));
    assert_eq!(unknown.target, None);
    assert!(!format!("{unknown:?}").contains("my-password"), "what nobody is called is not kept");
}

#[tokio::test]
async fn changes_of_rights_are_kept_with_who_made_them() {
    let fixture = Fixture::new().await;
    let admin = fixture.caller(Role::Admin).await;
    let agent = fixture.caller(Role::Agent).await;
    let before = fixture.store.audit().len();
    let Caller::User(user) = &agent else { panic!("an agent is a user") };
    let change = UserChange { role: Some(Role::Supervisor), ..UserChange::default() };
    fixture.identity.update_user(&admin, user.id, change.clone()).await.unwrap();
    fixture.identity.update_user(&admin, user.id, change).await.unwrap();
    let new = NewUser {
        email: "new@demo.test".into(),
        password: Secret::new(PASSWORD),
        first_name: "Eve".into(),
        last_name: "Martin".into(),
        phone: None,
        language: None,
        role: Role::Agent,
    };
    fixture.identity.create_user(Authority::Caller(&admin), &new).await.unwrap();
    assert!(fixture.identity.create_user(Authority::Caller(&admin), &new).await.is_err(), "the e-mail is taken");
    let quiet = OwnChange { first_name: Some("Alex".into()), ..OwnChange::default() };
    fixture.identity.update_me(&admin, quiet).await.unwrap();
    let entries = fixture.store.audit().split_off(before);
    let told: Vec<_> = entries.iter().map(|entry| (entry.action, entry.actor)).collect();
    let by = Some(admin.participant());
    assert_eq!(told, [("user.changed", by), ("user.created", by)], "no change and no right leave nothing");
    assert_eq!(entries[0].target, Some(("user", user.id.uuid())));
    assert_eq!(serde_json::to_string(&entries[0].details).unwrap(), r#"{"old_role":"agent","role":"supervisor"}"#);
}

#[tokio::test]
async fn only_administrators_read_it_the_newest_first() {
    let fixture = Fixture::new().await;
    let auditing = Auditing::new(std::sync::Arc::new(fixture.store.clone()));
    let admin = fixture.caller(Role::Admin).await;
    for role in [Role::Customer, Role::Agent, Role::Supervisor] {
        let caller = fixture.caller(role).await;
        let refused = auditing.read(&caller, &AuditFilter::default(), PageRequest::default()).await.unwrap_err();
        assert_eq!(refused.code(), "forbidden");
    }
    let all = auditing.read(&admin, &AuditFilter::default(), PageRequest::default()).await.unwrap();
    assert_eq!(all.total, actions(&fixture).len() as u64);
    let of = |action: &str| AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
    let logins = auditing.read(&admin, &of("auth"), PageRequest::default()).await.unwrap();
    assert!(logins.total >= 4 && logins.items.iter().all(|one| one.action == "auth.login"), "{logins:?}");
    assert_eq!(auditing.read(&admin, &of("aut"), PageRequest::default()).await.unwrap().total, 0);
}
