//! Lists and look-ups.

use kernel::{PageRequest, Role};

use super::{
    Stores,
    samples::{given, given_sessions, moment, organization, session, user},
};
use crate::{PersonName, SessionEnd, SessionRecord, UserFilter, UserRecord};

/// By role, state and text; no character is a wildcard, case does not count, accents do.
pub async fn a_page_of_users_is_filtered_sorted_and_counted(stores: &Stores) {
    let demo = organization(1, "demo");
    let named = |n, first: &str, last: &str, role| UserRecord {
        first_name: PersonName::parse(first).unwrap(),
        last_name: PersonName::parse(last).unwrap(),
        role,
        ..user(demo.id, n, &format!("u{n}@demo.test"))
    };
    let mut retired = named(6, "Yves", "Zola", Role::Agent);
    retired.active = false;
    let people = [
        named(2, "Élodie", "martin", Role::Agent),
        named(3, "Bob", "Martin", Role::Customer),
        named(4, "Ann", "Éluard", Role::Admin),
        named(5, "100%", "Under_score", Role::Customer),
        retired,
        named(7, "Ann", "éluard", Role::Agent),
    ];
    given(stores, &demo, &people).await;

    let find = async |filter: UserFilter, page, limit| {
        let request = PageRequest::parse(Some(page), Some(limit)).unwrap();
        let page = stores.views.users(demo.id, &filter, request).await.unwrap();
        let numbers: Vec<u128> = page.items.iter().map(|user| user.id.uuid().as_u128() & 0xff).collect();
        (numbers, page.total)
    };
    let text = |text: &str| UserFilter { text: Some(text.to_owned()), ..UserFilter::default() };
    // martin bob, martin élodie, under_score, zola, éluard (twice, by id): by code point.
    assert_eq!(find(UserFilter::default(), 1, 20).await, (vec![3, 2, 5, 6, 4, 7], 6));
    assert_eq!(find(UserFilter::default(), 2, 4).await, (vec![4, 7], 6));
    assert_eq!(find(UserFilter::default(), 3, 4).await, (vec![], 6));
    let staff = UserFilter { roles: vec![Role::Agent, Role::Admin], ..UserFilter::default() };
    assert_eq!(find(staff.clone(), 1, 20).await, (vec![2, 6, 4, 7], 4));
    assert_eq!(find(UserFilter { active: Some(false), ..staff.clone() }, 1, 20).await, (vec![6], 1));
    assert_eq!(find(UserFilter { active: Some(true), ..staff }, 1, 20).await, (vec![2, 4, 7], 3));
    assert_eq!(find(text("MARTIN"), 1, 20).await, (vec![3, 2], 2));
    assert_eq!(find(text("élUARD"), 1, 20).await, (vec![4, 7], 2));
    assert_eq!(find(text("U3@DEMO"), 1, 20).await, (vec![3], 1));
    assert_eq!(find(text("%"), 1, 20).await, (vec![5], 1));
    assert_eq!(find(text("_"), 1, 20).await, (vec![5], 1));
    assert_eq!(find(text("\\"), 1, 20).await, (vec![], 0));
    assert_eq!(find(text("' OR 1=1 --"), 1, 20).await, (vec![], 0));
}

/// Those that can still be used; a lock gives the expired ones too.
pub async fn live_sessions_are_listed_newest_first(stores: &Stores) {
    let demo = organization(1, "demo");
    let (ada, eve) = (user(demo.id, 2, "ada@demo.test"), user(demo.id, 3, "eve@demo.test"));
    given(stores, &demo, &[ada.clone(), eve.clone()]).await;
    let older = SessionRecord { created_at: moment(1), ..session(&ada, 10) };
    let newer = SessionRecord { created_at: moment(2), ..session(&ada, 11) };
    let ended = SessionRecord { ended: Some((moment(3), SessionEnd::UserChanged)), ..session(&ada, 12) };
    let expired = SessionRecord { expires_at: moment(50), ..session(&ada, 13) };
    given_sessions(stores, &[older.clone(), newer.clone(), ended, expired.clone(), session(&eve, 14)]).await;
    assert_eq!(stores.views.sessions(demo.id, ada.id, moment(50)).await.unwrap(), [newer.clone(), older.clone()]);
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    let locked = tx.sessions().lock_of(ada.id).await.unwrap();
    let locked: Vec<_> = locked.iter().map(|session| session.record().clone()).collect();
    assert_eq!(locked, [older, newer, expired]);
}

/// None is none, one is the one, two are none.
pub async fn the_only_organization_is_the_only_one(stores: &Stores) {
    assert_eq!(stores.views.only_organization().await.unwrap(), None);
    given(stores, &organization(1, "demo"), &[]).await;
    assert_eq!(stores.views.only_organization().await.unwrap(), Some(organization(1, "demo")));
    given(stores, &organization(2, "other"), &[]).await;
    assert_eq!(stores.views.only_organization().await.unwrap(), None);
    assert_eq!(stores.views.organizations().await.unwrap().len(), 2);
}
