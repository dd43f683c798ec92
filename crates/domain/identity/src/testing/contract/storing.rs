//! What is stored, and how far it reaches.

use kernel::{Claim, Event, EventId, IdempotentCall, OrganizationId, Repeat, UserId};
use serde_json::json;

use super::{
    Stores,
    samples::{given, given_sessions, guest, guest_token, moment, organization, revocation, session, user, uuid},
};
use crate::{Inserted, Session, SessionEnd, User};

/// With the user it made, or not at all.
pub async fn a_call_is_remembered_with_what_it_made(stores: &Stores) {
    let demo = organization(1, "demo");
    given(stores, &demo, &[]).await;
    let call = IdempotentCall {
        principal: uuid(9),
        operation: "create_user",
        key: "key".to_owned(),
        body: "body".to_owned(),
        kept: Some("sealed".to_owned()),
    };
    let claim = async |call: &IdempotentCall, n: u128, commit: bool| {
        let mut tx = stores.store.begin(demo.id).await.unwrap();
        let claim = tx.calls().claim(call, uuid(n), moment(1)).await.unwrap();
        if claim == Claim::New {
            let made = User::create(user(demo.id, n, "ada@demo.test"));
            assert_eq!(tx.users().insert(&made).await.unwrap(), Inserted::Done);
        }
        if commit {
            tx.commit().await.unwrap();
        }
        claim
    };
    assert_eq!(claim(&call, 2, false).await, Claim::New);
    assert_eq!(claim(&call, 3, true).await, Claim::New, "what is dropped is forgotten");
    let repeat = Claim::Repeat(Repeat { resource: uuid(3), kept: call.kept.clone() });
    assert_eq!(claim(&call, 4, true).await, repeat);
    let other = IdempotentCall { body: "another body".to_owned(), ..call.clone() };
    assert_eq!(claim(&other, 5, true).await, Claim::OtherBody);
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    assert_eq!(tx.calls().find(&call, moment(2)).await.unwrap(), repeat);
    assert!(tx.users().find(UserId::new(uuid(3))).await.unwrap().is_some());
}

/// Every field comes back as it was written, by transactions and by views.
pub async fn what_is_committed_is_found_again(stores: &Stores) {
    let demo = organization(1, "demo");
    let ada = user(demo.id, 2, "ada@demo.test");
    let bare = crate::UserRecord {
        password_hash: None,
        phone: None,
        active: false,
        availability: kernel::Availability::Offline,
        ..user(demo.id, 3, "b@demo.test")
    };
    given(stores, &demo, &[ada.clone(), bare.clone()]).await;
    let over = crate::SessionRecord {
        ended: Some((moment(9), SessionEnd::TokenReused)),
        client: crate::ClientInfo::default(),
        ..session(&ada, 5)
    };
    given_sessions(stores, &[session(&ada, 4), over.clone()]).await;

    let mut tx = stores.store.begin(demo.id).await.unwrap();
    assert_eq!(tx.organizations().find().await.unwrap().as_ref(), Some(&demo));
    assert_eq!(tx.users().find(ada.id).await.unwrap().unwrap().record(), &ada);
    assert_eq!(tx.users().lock(bare.id).await.unwrap().unwrap().record(), &bare);
    assert!(tx.users().find(UserId::new(uuid(99))).await.unwrap().is_none());
    assert_eq!(tx.sessions().lock(session(&ada, 4).id).await.unwrap().unwrap().record(), &session(&ada, 4));
    assert_eq!(tx.sessions().lock(over.id).await.unwrap().unwrap().record(), &over);

    let changed = crate::SessionRecord {
        generation: 7,
        rotated_at: moment(20),
        expires_at: moment(2_000),
        ended: Some((moment(21), SessionEnd::SignedOut)),
        ..session(&ada, 4)
    };
    tx.sessions().save(&Session::from_record(changed.clone())).await.unwrap();
    assert_eq!(tx.sessions().lock(changed.id).await.unwrap().unwrap().record(), &changed, "its own writes are seen");
    let renamed = crate::UserRecord {
        first_name: crate::PersonName::parse("Ada").unwrap(),
        role: kernel::Role::Admin,
        phone: None,
        availability: kernel::Availability::Away,
        capacity: crate::Capacity::parse(3).unwrap(),
        skills: crate::Skills::parse(&["delivery".to_owned()], &[kernel::Language::En]).unwrap(),
        updated_at: moment(30),
        ..ada.clone()
    };
    assert_eq!(tx.users().save(&User::from_record(renamed.clone())).await.unwrap(), Inserted::Done);
    tx.commit().await.unwrap();

    let saved = crate::UserRecord { version: 2, ..renamed };
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    assert_eq!(tx.users().find(ada.id).await.unwrap().unwrap().record(), &saved);
    assert_eq!(tx.sessions().lock(changed.id).await.unwrap().unwrap().record(), &changed);
    drop(tx);

    let views = &stores.views;
    assert_eq!(views.organization(demo.id).await.unwrap().as_ref(), Some(&demo));
    assert_eq!(views.organization_named("demo").await.unwrap().as_ref(), Some(&demo));
    assert_eq!(views.organization_named("pk_demo").await.unwrap().as_ref(), Some(&demo));
    assert_eq!(views.organization_named("Demo").await.unwrap(), None, "names are compared exactly");
    assert_eq!(views.user(demo.id, ada.id).await.unwrap(), Some(saved.view()));
    let credentials = views.credentials(demo.id, &ada.email).await.unwrap().unwrap();
    assert_eq!((credentials.user, credentials.password_hash, credentials.active), (ada.id, ada.password_hash, true));
    let credentials = views.credentials(demo.id, &bare.email).await.unwrap().unwrap();
    assert_eq!((credentials.user, credentials.password_hash, credentials.active), (bare.id, None, false));
}

/// Without a commit nothing happened.
pub async fn a_dropped_transaction_leaves_nothing(stores: &Stores) {
    let demo = organization(1, "demo");
    let ada = user(demo.id, 2, "ada@demo.test");
    given(stores, &demo, std::slice::from_ref(&ada)).await;
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    let eve = user(demo.id, 3, "eve@demo.test");
    assert_eq!(tx.users().insert(&User::from_record(eve.clone())).await.unwrap(), Inserted::Done);
    tx.sessions().insert(&Session::from_record(session(&ada, 4))).await.unwrap();
    tx.revoke(&revocation(&session(&ada, 4), moment(1))).await.unwrap();
    tx.outbox().append(&event(demo.id, 5, "one")).await.unwrap();
    let anna = guest(demo.id, 6, Some("anna@mail.test"));
    tx.guests().find_or_insert(&anna).await.unwrap();
    tx.guest_tokens().insert(&guest_token(&anna, 7)).await.unwrap();
    drop(tx);

    assert_eq!(stores.views.user(demo.id, eve.id).await.unwrap(), None);
    assert_eq!(stores.views.guest(demo.id, anna.id).await.unwrap(), None);
    assert_eq!(stores.views.guest_token(&guest_token(&anna, 7).hash).await.unwrap(), None);
    assert!(stores.views.sessions(demo.id, ada.id, moment(0)).await.unwrap().is_empty());
    assert!(stores.revocations.since(moment(0)).await.unwrap().is_empty());
    assert!(stores.outbox.stored().await.is_empty());
}

/// Over all organisations; the transaction that was refused goes on.
pub async fn short_names_and_widget_keys_are_unique(stores: &Stores) {
    given(stores, &organization(1, "demo"), &[]).await;
    let same_slug = crate::Organization { widget_key: crate::WidgetKey::new("pk_x"), ..organization(2, "demo") };
    let mut tx = stores.store.begin(same_slug.id).await.unwrap();
    assert_eq!(tx.organizations().insert(&same_slug).await.unwrap(), Inserted::Taken);
    let same_key = crate::Organization { widget_key: crate::WidgetKey::new("pk_demo"), ..organization(2, "other") };
    assert_eq!(tx.organizations().insert(&same_key).await.unwrap(), Inserted::Taken);
    assert_eq!(tx.organizations().insert(&organization(2, "other")).await.unwrap(), Inserted::Done);
    tx.commit().await.unwrap();
    assert_eq!(stores.views.organizations().await.unwrap(), [organization(1, "demo"), organization(2, "other")]);
}

/// Within one organisation; the transaction that was refused goes on.
pub async fn an_email_is_unique_within_its_organization(stores: &Stores) {
    let (demo, other) = (organization(1, "demo"), organization(2, "other"));
    given(stores, &demo, &[user(demo.id, 3, "ada@demo.test"), user(demo.id, 4, "eve@demo.test")]).await;
    given(stores, &other, &[user(other.id, 5, "ada@demo.test")]).await;

    let mut tx = stores.store.begin(demo.id).await.unwrap();
    let double = User::from_record(user(demo.id, 6, "ADA@demo.test"));
    assert_eq!(tx.users().insert(&double).await.unwrap(), Inserted::Taken);
    let renamed = User::from_record(user(demo.id, 4, "ada@demo.test"));
    assert_eq!(tx.users().save(&renamed).await.unwrap(), Inserted::Taken);
    let own = User::from_record(crate::UserRecord { updated_at: moment(50), ..user(demo.id, 4, "eve@demo.test") });
    assert_eq!(tx.users().save(&own).await.unwrap(), Inserted::Done, "one's own e-mail is not taken");
    tx.commit().await.unwrap();
    assert_eq!(stores.views.user(demo.id, double.record().id).await.unwrap(), None);
    let email = &user(demo.id, 3, "ada@demo.test").email;
    assert_eq!(stores.views.credentials(demo.id, email).await.unwrap().unwrap().user, UserId::new(uuid(3)));
    assert_eq!(stores.views.credentials(other.id, email).await.unwrap().unwrap().user, UserId::new(uuid(5)));
}

/// Another organisation's rows are not there.
pub async fn nothing_crosses_organizations(stores: &Stores) {
    let (demo, other) = (organization(1, "demo"), organization(2, "other"));
    let ada = crate::UserRecord { role: kernel::Role::Admin, ..user(demo.id, 3, "ada@demo.test") };
    given(stores, &demo, std::slice::from_ref(&ada)).await;
    given(stores, &other, &[]).await;
    given_sessions(stores, &[session(&ada, 4)]).await;
    let anna = guest(demo.id, 5, Some("anna@mail.test"));
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    tx.guests().find_or_insert(&anna).await.unwrap();
    tx.guest_tokens().insert(&guest_token(&anna, 6)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = stores.store.begin(other.id).await.unwrap();
    assert!(tx.users().find(ada.id).await.unwrap().is_none());
    assert!(tx.users().lock(ada.id).await.unwrap().is_none());
    assert!(tx.users().lock_admins().await.unwrap().is_empty());
    assert!(tx.sessions().lock(session(&ada, 4).id).await.unwrap().is_none());
    assert!(tx.sessions().lock_of(ada.id).await.unwrap().is_empty());
    assert!(tx.guest_tokens().lock(guest_token(&anna, 6).id).await.unwrap().is_none());
    let same_email = guest(other.id, 7, Some("anna@mail.test"));
    assert_eq!(tx.guests().find_or_insert(&same_email).await.unwrap(), same_email, "another organisation's guest");
    drop(tx);

    let views = &stores.views;
    assert_eq!(views.user(other.id, ada.id).await.unwrap(), None);
    assert_eq!(views.credentials(other.id, &ada.email).await.unwrap(), None);
    assert_eq!(views.guest(other.id, anna.id).await.unwrap(), None);
    assert!(views.sessions(other.id, ada.id, moment(5)).await.unwrap().is_empty());
    let everybody = crate::UserFilter::default();
    assert_eq!(views.users(other.id, &everybody, kernel::PageRequest::default()).await.unwrap().total, 0);

    let mut tx = stores.store.begin(other.id).await.unwrap();
    let stranger = User::from_record(user(demo.id, 8, "eve@demo.test"));
    assert!(tx.users().insert(&stranger).await.is_err(), "a foreign row cannot be written");
    drop(tx);
    let mut tx = stores.store.begin(other.id).await.unwrap();
    assert!(tx.sessions().insert(&Session::from_record(session(&ada, 9))).await.is_err());
    drop(tx);
    assert_eq!(stores.views.user(demo.id, stranger.record().id).await.unwrap(), None);
}

/// With the transaction, once, in the order of the calls.
pub async fn events_are_stored_in_order(stores: &Stores) {
    let demo = organization(1, "demo");
    given(stores, &demo, &[]).await;
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    tx.outbox().append(&event(demo.id, 5, "one")).await.unwrap();
    tx.outbox().append(&event(demo.id, 6, "two")).await.unwrap();
    tx.commit().await.unwrap();
    let found = stores.outbox.stored().await;
    let expected =
        |n, what| (EventId::new(uuid(n)), "user.changed".to_owned(), json!({ "what": what, "n": [1, null] }));
    assert_eq!(found, [expected(5, "one"), expected(6, "two")]);
}

fn event(organization: OrganizationId, n: u128, what: &str) -> Event {
    Event {
        id: EventId::new(uuid(n)),
        name: "user.changed",
        organization,
        at: moment(1),
        key: uuid(77),
        data: json!({ "what": what, "n": [1, null] }),
    }
}
