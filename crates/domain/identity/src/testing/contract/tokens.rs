//! Guests' tokens, revocations, signing keys, and the end of all of them.

use std::time::Duration;

use kernel::testing::FixedEnv;

use super::{
    Stores,
    samples::{given, given_sessions, guest, guest_token, moment, organization, revocation, session, user},
};
use crate::{
    GuestToken, KeyMaterial, Revocation, Revoked, Sealed, SessionEnd, SessionRecord, SigningKey, TokenHash,
    testing::concurrency::{Job, join_all},
};

/// Before any organisation is known; a revoked one is found too, so that it can be told so.
pub async fn a_guest_token_is_found_by_its_hash(stores: &Stores) {
    let demo = organization(1, "demo");
    given(stores, &demo, &[]).await;
    let anna = guest(demo.id, 2, Some("anna@mail.test"));
    let bare = crate::Guest { phone: None, ..guest(demo.id, 3, None) };
    let (one, two) = (guest_token(&anna, 4), guest_token(&bare, 5));
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    assert_eq!(tx.guests().find_or_insert(&anna).await.unwrap(), anna);
    assert_eq!(tx.guests().find_or_insert(&bare).await.unwrap(), bare);
    tx.guest_tokens().insert(&one).await.unwrap();
    tx.guest_tokens().insert(&two).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stores.views.guest_token(&one.hash).await.unwrap().as_ref(), Some(&one));
    assert_eq!(stores.views.guest_token(&two.hash).await.unwrap().as_ref(), Some(&two));
    assert_eq!(stores.views.guest_token(&TokenHash::new("0")).await.unwrap(), None);
    assert_eq!(stores.views.guest(demo.id, bare.id).await.unwrap(), Some(bare));

    let mut tx = stores.store.begin(demo.id).await.unwrap();
    assert_eq!(tx.guest_tokens().lock(one.id).await.unwrap().as_ref(), Some(&one));
    let revoked = GuestToken { revoked_at: Some(moment(9)), ..one.clone() };
    assert_eq!(tx.guest_tokens().lock_of(anna.id).await.unwrap(), std::slice::from_ref(&one));
    tx.guest_tokens().save(&revoked).await.unwrap();
    assert_eq!(tx.guest_tokens().lock_of(anna.id).await.unwrap(), [], "a revoked one is not one of them");
    tx.commit().await.unwrap();
    assert_eq!(stores.views.guest_token(&one.hash).await.unwrap(), Some(revoked));
}

/// From the given moment on, that moment included, oldest first.
pub async fn revocations_of_all_organizations_are_found(stores: &Stores) {
    let (demo, other) = (organization(1, "demo"), organization(2, "other"));
    let (ada, eve) = (user(demo.id, 3, "ada@demo.test"), user(other.id, 4, "eve@other.test"));
    given(stores, &demo, std::slice::from_ref(&ada)).await;
    given(stores, &other, std::slice::from_ref(&eve)).await;
    given_sessions(stores, &[session(&ada, 5), session(&ada, 6)]).await;
    given_sessions(stores, &[session(&eve, 7)]).await;
    let anna = guest(other.id, 8, None);
    let mut tx = stores.store.begin(other.id).await.unwrap();
    tx.guests().find_or_insert(&anna).await.unwrap();
    tx.guest_tokens().insert(&guest_token(&anna, 9)).await.unwrap();
    tx.commit().await.unwrap();

    let what = Revoked::GuestToken { token: guest_token(&anna, 9).id, guest: anna.id };
    let of_guest = Revocation { organization: other.id, what, at: moment(11) };
    let (first, last) = (revocation(&session(&ada, 5), moment(10)), revocation(&session(&eve, 7), moment(12)));
    for one in [last, first, of_guest] {
        let mut tx = stores.store.begin(one.organization).await.unwrap();
        tx.revoke(&one).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(stores.revocations.since(moment(0)).await.unwrap(), [first, of_guest, last]);
    assert_eq!(stores.revocations.since(moment(11)).await.unwrap(), [of_guest, last]);
    assert_eq!(stores.revocations.since(moment(12) + Duration::from_micros(1)).await.unwrap(), []);

    let mut tx = stores.store.begin(demo.id).await.unwrap();
    tx.revoke(&first).await.unwrap();
    tx.commit().await.unwrap();
    let twice = stores.revocations.since(moment(10)).await.unwrap();
    assert!(twice.contains(&first), "the same again is no error");
}

/// What may still be used, or still be refused by name, stays.
pub async fn only_what_has_ended_is_purged(stores: &Stores) {
    let demo = organization(1, "demo");
    let ada = user(demo.id, 2, "ada@demo.test");
    given(stores, &demo, std::slice::from_ref(&ada)).await;
    let (live, ended_late) =
        (session(&ada, 10), SessionRecord { ended: Some((moment(101), SessionEnd::SignedOut)), ..session(&ada, 11) });
    let ended = SessionRecord { ended: Some((moment(99), SessionEnd::SignedOut)), ..session(&ada, 12) };
    let expired = SessionRecord { expires_at: moment(99), ..session(&ada, 13) };
    given_sessions(stores, &[live.clone(), ended_late.clone(), ended.clone(), expired.clone()]).await;
    let anna = guest(demo.id, 20, None);
    let (good, late) = (guest_token(&anna, 21), GuestToken { expires_at: moment(99), ..guest_token(&anna, 22) });
    let revoked = GuestToken { revoked_at: Some(moment(99)), ..guest_token(&anna, 23) };
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    tx.guests().find_or_insert(&anna).await.unwrap();
    for token in [&good, &late, &revoked] {
        tx.guest_tokens().insert(token).await.unwrap();
    }
    tx.revoke(&revocation(&ended, moment(99))).await.unwrap();
    tx.revoke(&revocation(&ended_late, moment(101))).await.unwrap();
    tx.commit().await.unwrap();
    assert!(stores.keys.insert_first(&key("old", 0)).await.unwrap());
    assert!(stores.keys.replace("old", moment(99), &key("middle", 1)).await.unwrap());
    assert!(stores.keys.replace("middle", moment(101), &key("new", 2)).await.unwrap());

    assert_eq!(stores.expired.purge(moment(100)).await.unwrap(), 6, "2 sessions, 2 tokens, a revocation, a key");
    assert_eq!(stores.expired.purge(moment(100)).await.unwrap(), 0);
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    for (session, kept) in [(&live, true), (&ended_late, true), (&ended, false), (&expired, false)] {
        assert_eq!(tx.sessions().lock(session.id).await.unwrap().is_some(), kept, "{session:?}");
    }
    drop(tx);
    for (token, kept) in [(&good, true), (&late, false), (&revoked, false)] {
        assert_eq!(stores.views.guest_token(&token.hash).await.unwrap().is_some(), kept, "{token:?}");
    }
    assert_eq!(stores.revocations.since(FixedEnv::START).await.unwrap(), [revocation(&ended_late, moment(101))]);
    let left: Vec<_> = stores.keys.list().await.unwrap().into_iter().map(|key| key.material.id).collect();
    assert_eq!(left, ["middle", "new"]);
    assert_eq!(stores.views.guest(demo.id, anna.id).await.unwrap(), Some(anna), "a guest stays");
}

/// The first one, and each that replaces another: whoever comes second stores nothing.
pub async fn signing_keys_are_made_once(stores: &Stores) {
    let candidates = [key("a", 0), key("b", 0), key("c", 0)];
    let insert = async |key: &SigningKey| stores.keys.insert_first(key).await.unwrap();
    let insert = &insert;
    let jobs = candidates.iter().map(|key| Box::pin(insert(key)) as Job<'_, bool>).collect();
    let won = join_all(jobs).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let first = candidates.iter().zip(&won).find(|(_, won)| **won).unwrap().0.clone();
    assert_eq!(stores.keys.list().await.unwrap(), std::slice::from_ref(&first));

    let successors = [key("d", 5), key("e", 5)];
    let replace = async |new: &SigningKey| stores.keys.replace(&first.material.id, moment(30), new).await.unwrap();
    let replace = &replace;
    let jobs = successors.iter().map(|key| Box::pin(replace(key)) as Job<'_, bool>).collect();
    let won = join_all(jobs).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let second = successors.iter().zip(&won).find(|(_, won)| **won).unwrap().0.clone();
    let retired = SigningKey { verifies_until: Some(moment(30)), ..first };
    assert_eq!(stores.keys.list().await.unwrap(), [retired, second]);
    assert!(!stores.keys.replace("unknown", moment(40), &key("f", 9)).await.unwrap());
    assert_eq!(stores.keys.list().await.unwrap().len(), 2);
}

fn key(id: &str, seconds: u64) -> SigningKey {
    SigningKey {
        material: KeyMaterial {
            id: id.to_owned(),
            sealed_private: Sealed::new(format!("sealed {id}")),
            public: format!("public {id}"),
        },
        created_at: moment(seconds),
        signs_from: moment(seconds + 1),
        verifies_until: None,
    }
}
