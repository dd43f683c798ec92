//! What happens at the same time.

use kernel::{PortErrorKind, Role};

use super::{
    Stores,
    samples::{given, given_sessions, guest, moment, organization, session, user},
};
use crate::{
    Guest, Inserted, Session, SessionRecord, User, UserRecord,
    testing::concurrency::{Job, join_all},
};

/// How many run at the same time.
const MANY: usize = 8;

/// A save over another's is refused, and kills the transaction.
pub async fn a_stale_user_is_a_conflict(stores: &Stores) {
    let demo = organization(1, "demo");
    let ada = user(demo.id, 2, "ada@demo.test");
    given(stores, &demo, std::slice::from_ref(&ada)).await;
    let save = async |updated_at| {
        let mut tx = stores.store.begin(demo.id).await.unwrap();
        let saved = tx.users().save(&User::from_record(UserRecord { updated_at, ..ada.clone() })).await;
        if saved.is_ok() {
            tx.commit().await.unwrap();
        }
        saved
    };
    assert_eq!(save(moment(10)).await.unwrap(), Inserted::Done);
    assert_eq!(save(moment(11)).await.unwrap_err().kind(), PortErrorKind::Conflict);
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    let found = tx.users().find(ada.id).await.unwrap().unwrap();
    assert_eq!((found.record().updated_at, found.record().version), (moment(10), 2));
}

/// After an error nothing more is done, and nothing of it is kept.
pub async fn a_failed_transaction_is_dead(stores: &Stores) {
    let demo = organization(1, "demo");
    let ada = user(demo.id, 2, "ada@demo.test");
    given(stores, &demo, std::slice::from_ref(&ada)).await;
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    let eve = User::from_record(user(demo.id, 3, "eve@demo.test"));
    assert_eq!(tx.users().insert(&eve).await.unwrap(), Inserted::Done);
    let stale = User::from_record(UserRecord { version: 9, ..ada.clone() });
    assert_eq!(tx.users().save(&stale).await.unwrap_err().kind(), PortErrorKind::Conflict);
    assert!(tx.users().find(ada.id).await.is_err(), "every further call fails");
    assert!(tx.commit().await.is_err());
    assert_eq!(stores.views.user(demo.id, eve.record().id).await.unwrap(), None);
}

/// Each sees what the one before it stored: no rotation is lost.
pub async fn changes_of_one_session_wait_for_each_other(stores: &Stores) {
    let demo = organization(1, "demo");
    let ada = user(demo.id, 2, "ada@demo.test");
    given(stores, &demo, std::slice::from_ref(&ada)).await;
    given_sessions(stores, &[session(&ada, 3)]).await;
    let rotate = async || {
        let mut tx = stores.store.begin(demo.id).await?;
        let locked = tx.sessions().lock(session(&ada, 3).id).await?.unwrap();
        let mut record: SessionRecord = locked.record().clone();
        record.generation += 1;
        tx.sessions().save(&Session::from_record(record)).await?;
        tx.commit().await
    };
    let until_done = async || {
        while let Err(error) = rotate().await {
            assert_eq!(error.kind(), PortErrorKind::Conflict, "{error}");
        }
    };
    let jobs = (0..MANY).map(|_| Box::pin(until_done()) as Job<'_, ()>).collect();
    join_all(jobs).await;
    let found = stores.views.sessions(demo.id, ada.id, moment(0)).await.unwrap();
    assert_eq!(found[0].generation, 1 + i64::try_from(MANY).unwrap());
}

/// Whoever locks the administrators sees what the one before did to them.
pub async fn one_of_two_administrators_who_demote_each_other_stays(stores: &Stores) {
    let demo = organization(1, "demo");
    let admin = |n, email: &str| UserRecord { role: Role::Admin, ..user(demo.id, n, email) };
    let admins = [admin(2, "ada@demo.test"), admin(3, "eve@demo.test")];
    let retired = UserRecord { active: false, ..admin(4, "old@demo.test") };
    given(stores, &demo, &[admins[0].clone(), admins[1].clone(), retired]).await;
    let demote = async |n: usize| {
        let mut tx = stores.store.begin(demo.id).await?;
        let active = tx.users().lock_admins().await?;
        assert!(active.is_sorted(), "in the order of their ids");
        if active.len() < 2 {
            return Ok(false);
        }
        let locked = tx.users().lock(admins[n].id).await?.unwrap();
        let demoted = UserRecord { role: Role::Agent, ..locked.record().clone() };
        assert_eq!(tx.users().save(&User::from_record(demoted)).await?, Inserted::Done);
        tx.commit().await.map(|()| true)
    };
    let until_done = async |n| {
        loop {
            match demote(n).await {
                Ok(done) => return done,
                Err(error) => assert_eq!(error.kind(), PortErrorKind::Conflict, "{error}"),
            }
        }
    };
    let until_done = &until_done;
    let jobs = (0..2).map(|n| Box::pin(until_done(n)) as Job<'_, bool>).collect();
    let done: Vec<bool> = join_all(jobs).await;
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    assert_eq!(tx.users().lock_admins().await.unwrap().len(), 1);
}

/// However many come in at once; those without an e-mail stay apart.
pub async fn two_guests_with_one_email_are_one(stores: &Stores) {
    let demo = organization(1, "demo");
    given(stores, &demo, &[]).await;
    let admit = async |guest: &Guest| {
        let mut tx = stores.store.begin(demo.id).await?;
        let found = tx.guests().find_or_insert(guest).await?;
        tx.commit().await.map(|()| found)
    };
    let until_done = async |n: u128, email| {
        let guest = guest(demo.id, n, email);
        loop {
            match admit(&guest).await {
                Ok(found) => return found,
                Err(error) => assert_eq!(error.kind(), PortErrorKind::Conflict, "{error}"),
            }
        }
    };
    let until_done = &until_done;
    let email = Some("anna@mail.test");
    let jobs = (0..MANY as u128).map(|n| Box::pin(until_done(10 + n, email)) as Job<'_, Guest>).collect();
    let admitted = join_all(jobs).await;
    assert!(admitted.iter().all(|guest| *guest == admitted[0]), "{admitted:?}");
    assert_eq!(stores.views.guest(demo.id, admitted[0].id).await.unwrap().as_ref(), Some(&admitted[0]));
    assert_ne!(until_done(50, None).await.id, until_done(51, None).await.id);
}
