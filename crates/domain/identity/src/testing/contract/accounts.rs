//! Tokens of links, letters, and guests who have an account.

use std::time::Duration;

use kernel::{AccountTokenId, Language, LetterId, OrganizationId, Timestamp};

use super::{
    Stores,
    samples::{given, guest, moment, organization, uuid},
};
use crate::{
    AccountToken, AccountTokenKind, Email, Guest, Letter, Sealed, TokenHash,
    testing::concurrency::{Job, join_all},
};

fn token(organization: OrganizationId, n: u128, kind: AccountTokenKind, email: &str) -> AccountToken {
    AccountToken {
        id: AccountTokenId::new(uuid(n)),
        organization,
        kind,
        hash: TokenHash::new(format!("{n:064x}")),
        email: Email::parse(email).unwrap(),
        user: None,
        pending: Some(Sealed::new("sealed account")),
        created_at: moment(1),
        expires_at: moment(1_000),
        used_at: None,
    }
}

fn letter(organization: OrganizationId, n: u128, at: Timestamp) -> Letter {
    Letter {
        id: LetterId::new(uuid(n)),
        organization,
        to: Email::parse("anna@mail.test").unwrap(),
        language: Language::En,
        content: Sealed::new("sealed content"),
        created_at: at,
    }
}

async fn post(stores: &Stores, letters: &[&Letter]) {
    for letter in letters {
        let mut tx = stores.store.begin(letter.organization).await.unwrap();
        tx.letters().insert(letter).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// With all that were sent to the same address for the same purpose, and nothing else.
pub async fn a_link_is_used_up_once(stores: &Stores) {
    use AccountTokenKind::{EmailVerification, Invitation, PasswordReset};
    let (demo, other) = (organization(1, "demo"), organization(2, "other"));
    given(stores, &demo, &[super::samples::user(demo.id, 9, "ada@demo.test")]).await;
    given(stores, &other, &[]).await;
    let first = token(demo.id, 10, EmailVerification, "anna@mail.test");
    let second = token(demo.id, 11, EmailVerification, "anna@mail.test");
    let others = [
        AccountToken {
            user: Some(kernel::UserId::new(uuid(9))),
            pending: None,
            ..token(demo.id, 12, PasswordReset, "anna@mail.test")
        },
        token(demo.id, 13, EmailVerification, "bob@mail.test"),
        token(demo.id, 14, Invitation, "anna@mail.test"),
        token(other.id, 15, EmailVerification, "anna@mail.test"),
    ];
    for one in [&first, &second].into_iter().chain(&others) {
        let mut tx = stores.store.begin(one.organization).await.unwrap();
        tx.account_tokens().insert(one).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    assert_eq!(tx.account_tokens().lock(&first.hash).await.unwrap().as_ref(), Some(&first));
    assert_eq!(tx.account_tokens().lock(&others[0].hash).await.unwrap().as_ref(), Some(&others[0]));
    assert_eq!(tx.account_tokens().lock(&others[3].hash).await.unwrap(), None, "another organisation's");
    assert_eq!(tx.account_tokens().lock(&TokenHash::new("0")).await.unwrap(), None);
    drop(tx);

    // Two who follow the link at once: the second sees that it was used.
    let follow = async || {
        loop {
            let mut tx = stores.store.begin(demo.id).await.unwrap();
            let Ok(found) = tx.account_tokens().lock(&first.hash).await else { continue };
            if found.unwrap().used_at.is_some() {
                return false;
            }
            tx.account_tokens().use_up(EmailVerification, &first.email, moment(5)).await.unwrap();
            if tx.commit().await.is_ok() {
                return true;
            }
        }
    };
    let follow = &follow;
    let jobs: Vec<Job<'_, bool>> = (0..3).map(|_| Box::pin(follow()) as Job<'_, bool>).collect();
    assert_eq!(join_all(jobs).await.into_iter().filter(|used| *used).count(), 1);

    let mut tx = stores.store.begin(demo.id).await.unwrap();
    for one in [&first, &second] {
        let found = tx.account_tokens().lock(&one.hash).await.unwrap();
        assert_eq!(found, Some(AccountToken { used_at: Some(moment(5)), ..one.clone() }));
    }
    for one in &others[..3] {
        assert_eq!(tx.account_tokens().lock(&one.hash).await.unwrap().as_ref(), Some(one));
    }
    // When it was used stays as it was.
    tx.account_tokens().use_up(EmailVerification, &first.email, moment(7)).await.unwrap();
    assert_eq!(tx.account_tokens().lock(&first.hash).await.unwrap().unwrap().used_at, Some(moment(5)));
    tx.commit().await.unwrap();
}

/// Of its kind, address and organisation, as long as it is unused and not over.
pub async fn the_newest_good_link_of_an_address_is_found(stores: &Stores) {
    use AccountTokenKind::{EmailVerification, Invitation};
    let (demo, other) = (organization(1, "demo"), organization(2, "other"));
    given(stores, &demo, &[]).await;
    given(stores, &other, &[]).await;
    let made = |n, organization, kind, email, at, until| AccountToken {
        created_at: moment(at),
        expires_at: moment(until),
        ..token(organization, n, kind, email)
    };
    let first = made(20, demo.id, EmailVerification, "anna@mail.test", 1, 1_000);
    let twin = made(19, demo.id, EmailVerification, "anna@mail.test", 2, 900);
    let second = made(21, demo.id, EmailVerification, "anna@mail.test", 2, 900);
    let short = made(10, demo.id, EmailVerification, "anna@mail.test", 3, 500);
    let others = [
        made(30, demo.id, EmailVerification, "bob@mail.test", 9, 1_000),
        made(31, demo.id, Invitation, "anna@mail.test", 9, 1_000),
        made(32, other.id, EmailVerification, "anna@mail.test", 9, 1_000),
        AccountToken { used_at: Some(moment(9)), ..made(33, demo.id, EmailVerification, "anna@mail.test", 9, 1_000) },
    ];
    for one in [&first, &twin, &second, &short].into_iter().chain(&others) {
        let mut tx = stores.store.begin(one.organization).await.unwrap();
        tx.account_tokens().insert(one).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    for (now, expected) in [(499, Some(&short)), (500, Some(&second)), (900, Some(&first)), (1_000, None)] {
        let found = tx.account_tokens().newest(EmailVerification, &first.email, moment(now)).await.unwrap();
        assert_eq!(found.as_ref(), expected, "at {now}");
    }
    tx.account_tokens().use_up(EmailVerification, &first.email, moment(5)).await.unwrap();
    assert_eq!(tx.account_tokens().newest(EmailVerification, &first.email, moment(5)).await.unwrap(), None);
}

/// Known by another e-mail, by none, or made for it; never in another guest's place.
pub async fn a_guest_follows_its_account(stores: &Stores) {
    let demo = organization(1, "demo");
    given(stores, &demo, &[]).await;
    let (anna, bob) = (guest(demo.id, 2, Some("anna@mail.test")), guest(demo.id, 3, Some("bob@mail.test")));
    let follow = async |guest: &Guest| {
        let mut tx = stores.store.begin(demo.id).await.unwrap();
        tx.guests().follow(guest).await.unwrap();
        tx.commit().await.unwrap();
    };
    let kept = async |one: &Guest| stores.views.guest(demo.id, one.id).await.unwrap();
    follow(&anna).await;
    follow(&bob).await;
    assert_eq!((kept(&anna).await, kept(&bob).await), (Some(anna.clone()), Some(bob.clone())));
    let named = |one: &Guest, email: Option<&str>| Guest {
        email: email.map(|text| Email::parse(text).unwrap()),
        ..one.clone()
    };
    let moved = named(&anna, Some("a@mail.test"));
    follow(&moved).await;
    assert_eq!(kept(&anna).await, Some(moved.clone()));
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    let fresh = guest(demo.id, 4, Some("anna@mail.test"));
    assert_eq!(tx.guests().find_or_insert(&fresh).await.unwrap().id, fresh.id, "the old address is somebody else's");
    tx.commit().await.unwrap();
    follow(&named(&anna, Some("bob@mail.test"))).await;
    assert_eq!(kept(&anna).await, Some(named(&anna, None)), "bob stays who he is");
    assert_eq!(kept(&bob).await, Some(bob.clone()));
    follow(&named(&bob, None)).await;
    assert_eq!(kept(&bob).await, Some(named(&bob, None)));
    let nobody = guest(demo.id, 5, None);
    follow(&nobody).await;
    assert_eq!(kept(&nobody).await, None);
    follow(&named(&nobody, Some("anna@mail.test"))).await;
    assert_eq!(kept(&nobody).await, None, "the address is another guest's");
}

/// Or not at all.
pub async fn a_letter_leaves_with_its_transaction(stores: &Stores) {
    let demo = organization(1, "demo");
    given(stores, &demo, &[]).await;
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    tx.letters().insert(&letter(demo.id, 2, moment(1))).await.unwrap();
    drop(tx);
    assert_eq!(stores.letters.claim(moment(100), moment(200), 10).await.unwrap(), []);
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    tx.letters().insert(&letter(demo.id, 3, moment(1))).await.unwrap();
    tx.commit().await.unwrap();
    let claimed = stores.letters.claim(moment(1), moment(200), 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!((&claimed[0].letter, claimed[0].attempts), (&letter(demo.id, 3, moment(1)), 1));
}

/// The longest due first, over all organisations, and again when the claim is over.
pub async fn a_letter_is_claimed_by_one_and_forgotten_once_it_is_out(stores: &Stores) {
    let (demo, other) = (organization(1, "demo"), organization(2, "other"));
    given(stores, &demo, &[]).await;
    given(stores, &other, &[]).await;
    let queue = &stores.letters;
    let letters: Vec<_> =
        (0..6).map(|n| letter(if n % 2 == 0 { demo.id } else { other.id }, 10 + n, moment(1))).collect();
    post(stores, &letters.iter().collect::<Vec<_>>()).await;
    post(stores, &[&letter(demo.id, 30, moment(50))]).await;

    let claim = async || -> Vec<LetterId> {
        let claimed = queue.claim(moment(10), moment(20), 4).await.unwrap();
        claimed.into_iter().map(|waiting| waiting.letter.id).collect()
    };
    let claim = &claim;
    let jobs: Vec<Job<'_, Vec<LetterId>>> = (0..3).map(|_| Box::pin(claim()) as Job<'_, Vec<LetterId>>).collect();
    let mut claimed = join_all(jobs).await.concat();
    claimed.extend(claim().await);
    claimed.sort();
    assert_eq!(claimed, letters.iter().map(|one| one.id).collect::<Vec<_>>(), "each once");
    assert_eq!(claim().await, []);

    let (out, later, given_up) = (&letters[0], &letters[1], &letters[2]);
    queue.sent(out.organization, out.id, moment(11)).await.unwrap();
    queue.failed(later.organization, later.id, Some(moment(60)), moment(11)).await.unwrap();
    queue.failed(given_up.organization, given_up.id, None, moment(11)).await.unwrap();
    let again = queue.claim(moment(20), moment(70), 100).await.unwrap();
    let mut again: Vec<_> = again.into_iter().map(|waiting| (waiting.letter.id, waiting.attempts)).collect();
    again.sort();
    let expected: Vec<_> = letters[3..].iter().map(|one| (one.id, 2)).collect();
    assert_eq!(again, expected, "what was claimed and not said to be out");
    for longest_due in [LetterId::new(uuid(30)), later.id] {
        let next = queue.claim(moment(60), moment(61), 1).await.unwrap();
        assert_eq!(next.into_iter().map(|waiting| waiting.letter.id).collect::<Vec<_>>(), [longest_due]);
    }
    let end = queue.claim(moment(1_000_000), moment(1_000_001), 100).await.unwrap();
    assert!(end.iter().all(|one| one.letter.id != out.id && one.letter.id != given_up.id));
    assert_eq!(end.len(), 5);
}

/// Those that wait stay, however old.
pub async fn letters_are_purged_once_they_are_over(stores: &Stores) {
    let demo = organization(1, "demo");
    given(stores, &demo, &[]).await;
    let (out, late, waiting) =
        (letter(demo.id, 2, moment(1)), letter(demo.id, 3, moment(1)), letter(demo.id, 4, moment(1)));
    post(stores, &[&out, &late, &waiting]).await;
    assert_eq!(stores.letters.claim(moment(2), moment(3), 100).await.unwrap().len(), 3);
    stores.letters.sent(demo.id, out.id, moment(99)).await.unwrap();
    stores.letters.failed(demo.id, late.id, None, moment(101)).await.unwrap();
    let (used, ended) = (
        token(demo.id, 10, AccountTokenKind::Invitation, "a@mail.test"),
        AccountToken { expires_at: moment(99), ..token(demo.id, 11, AccountTokenKind::Invitation, "b@mail.test") },
    );
    let good = token(demo.id, 12, AccountTokenKind::Invitation, "c@mail.test");
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    for one in [&used, &ended, &good] {
        tx.account_tokens().insert(one).await.unwrap();
    }
    tx.account_tokens().use_up(used.kind, &used.email, moment(99)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(stores.expired.purge(moment(100)).await.unwrap(), 3, "a letter and two tokens");
    assert_eq!(stores.expired.purge(moment(101) + Duration::from_micros(1)).await.unwrap(), 1, "the letter given up");
    let left = stores.letters.claim(moment(200), moment(300), 100).await.unwrap();
    assert_eq!(left.into_iter().map(|one| one.letter.id).collect::<Vec<_>>(), [waiting.id]);
    let mut tx = stores.store.begin(demo.id).await.unwrap();
    assert_eq!(tx.account_tokens().lock(&good.hash).await.unwrap(), Some(good));
    assert_eq!(tx.account_tokens().lock(&used.hash).await.unwrap(), None);
}
