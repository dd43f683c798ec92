//! Guests and their tokens.

use std::time::Duration;

use kernel::{Caller, Language, Refusal, Role, SupportRequestId};
use uuid::Uuid;

use crate::{Admitted, Identity, IdentityError, NewGuest, testing::Fixture};

fn code<T>(outcome: Result<T, IdentityError>) -> &'static str {
    outcome.err().map_or("none", |error| error.code())
}

fn request(n: u128) -> SupportRequestId {
    SupportRequestId::new(Uuid::from_u128(n))
}

fn new_guest(name: &str, email: Option<&str>) -> NewGuest {
    NewGuest { name: name.into(), email: email.map(Into::into), phone: None, language: Language::En }
}

async fn admit(fixture: &Fixture, name: &str, email: Option<&str>, n: u128) -> Admitted {
    fixture.identity.admit_guest(fixture.organization.id, &new_guest(name, email), request(n)).await.unwrap()
}

#[tokio::test]
async fn a_guests_token_opens_one_request_for_90_days() {
    let fixture = Fixture::new().await;
    let admitted = admit(&fixture, "Anna", Some("anna@mail.test"), 7).await;
    assert!(admitted.token.expose().starts_with("gst_") && admitted.token.expose().len() == 47);
    assert!(!fixture.store.dump().contains(admitted.token.expose()), "only its hash is stored");
    let Ok(Caller::Guest(guest)) = fixture.identity.authenticate(admitted.token.expose()).await else {
        panic!("a guest comes in");
    };
    assert_eq!((guest.id, guest.support_request, guest.token), (admitted.guest, request(7), admitted.token_id));
    assert_eq!((guest.name.as_str(), guest.language), ("Anna", Language::En));
    fixture.env.pass(Duration::from_hours(90 * 24 - 1));
    assert!(fixture.identity.authenticate(admitted.token.expose()).await.is_ok());
    fixture.env.pass(Duration::from_hours(1));
    assert_eq!(code(fixture.identity.authenticate(admitted.token.expose()).await), "identity.token_expired");
}

#[tokio::test]
async fn a_guest_is_known_again_by_email_and_a_stranger_learns_no_name() {
    let fixture = Fixture::new().await;
    let anna = admit(&fixture, "Anna Secret", Some("Anna@mail.test"), 7).await;
    let stranger = admit(&fixture, "Mallory", Some("anna@MAIL.test"), 8).await;
    assert_eq!(anna.guest, stranger.guest);
    let caller = fixture.identity.authenticate(stranger.token.expose()).await.unwrap();
    assert_eq!((caller.name(), caller.participant()), ("Mallory", anna.guest.into()));
    let stored = fixture.identity.guest(fixture.organization.id, anna.guest).await.unwrap().unwrap();
    assert_eq!(stored.name.as_str(), "Anna Secret", "nor changes it");
    assert_eq!(fixture.identity.authenticate(anna.token.expose()).await.unwrap().name(), "Anna Secret");
    let (one, two) = (admit(&fixture, "A", None, 9).await, admit(&fixture, "A", None, 10).await);
    assert_ne!(one.guest, two.guest);
    let elsewhere = fixture.identity.create_organization(crate::testing::new_organization("other")).await.unwrap();
    let other = new_guest("Anna", Some("anna@mail.test"));
    let other = fixture.identity.admit_guest(elsewhere.id, &other, request(11)).await.unwrap();
    assert_ne!(other.guest, anna.guest);
}

#[tokio::test]
async fn what_a_guest_writes_is_checked() {
    let fixture = Fixture::new().await;
    let wrong =
        NewGuest { name: "\n".into(), email: Some("a@b\r\nc".into()), phone: Some("x".into()), language: Language::Fr };
    let refused = fixture.identity.admit_guest(fixture.organization.id, &wrong, request(1)).await.unwrap_err();
    let fields: Vec<_> = refused.fields().into_iter().map(|field| (field.field, field.code)).collect();
    assert_eq!(fields, [("name", "required"), ("email", "invalid"), ("phone", "invalid")]);
}

#[tokio::test]
async fn a_revoked_token_is_refused_and_its_siblings_go_on() {
    let fixture = Fixture::new().await;
    let one = admit(&fixture, "Anna", Some("anna@mail.test"), 7).await;
    let two = admit(&fixture, "Anna", Some("anna@mail.test"), 7).await;
    let caller = fixture.identity.authenticate(one.token.expose()).await.unwrap();
    let refused = fixture.identity.revoke_guest_token(&caller, two.token_id).await;
    assert_eq!(code(refused), "identity.guest_token_not_found", "a guest revokes the token in hand only");
    for role in [Role::Customer, Role::Agent, Role::Supervisor] {
        let user = fixture.caller(role).await;
        assert_eq!(code(fixture.identity.revoke_guest_token(&user, one.token_id).await), "forbidden");
    }
    let admin = fixture.caller(Role::Admin).await;
    fixture.identity.revoke_guest_token(&admin, one.token_id).await.unwrap();
    fixture.identity.revoke_guest_token(&admin, one.token_id).await.unwrap();
    assert_eq!(code(fixture.identity.authenticate(one.token.expose()).await), "identity.token_revoked");
    assert!(fixture.identity.watch().is_revoked(&caller), "open connections are closed");
    let other = fixture.identity.authenticate(two.token.expose()).await.unwrap();
    fixture.identity.revoke_guest_token(&other, two.token_id).await.unwrap();
    assert_eq!(code(fixture.identity.authenticate(two.token.expose()).await), "identity.token_revoked");
}

#[tokio::test]
async fn a_guest_has_no_account() {
    let fixture = Fixture::new().await;
    let admitted = admit(&fixture, "Anna", None, 7).await;
    let guest = fixture.identity.authenticate(admitted.token.expose()).await.unwrap();
    assert_eq!(code(fixture.identity.me(&guest).await), "forbidden");
    assert_eq!(code(fixture.identity.logout(&guest).await), "forbidden");
    assert_eq!(code(fixture.identity.sessions(&guest).await), "forbidden");
    let agent = fixture.caller(Role::Agent).await.user().unwrap().id;
    assert_eq!(code(fixture.identity.user(&guest, agent).await), "identity.user_not_found");
}

#[tokio::test]
async fn what_ended_more_than_a_day_ago_is_purged() {
    let fixture = Fixture::new().await;
    let admitted = admit(&fixture, "Anna", None, 7).await;
    let guest = fixture.identity.authenticate(admitted.token.expose()).await.unwrap();
    fixture.identity.revoke_guest_token(&guest, admitted.token_id).await.unwrap();
    fixture.env.pass(Identity::KEPT_AFTER_END);
    assert_eq!(fixture.identity.purge().await.unwrap(), 0);
    assert_eq!(code(fixture.identity.authenticate(admitted.token.expose()).await), "identity.token_revoked");
    fixture.env.pass(Duration::from_micros(1));
    assert_eq!(fixture.identity.purge().await.unwrap(), 2, "the token and its revocation");
    assert_eq!(code(fixture.identity.authenticate(admitted.token.expose()).await), "identity.not_authenticated");
}

#[tokio::test]
async fn a_guest_who_is_closed_out_comes_in_by_no_token_of_what_was_closed() {
    let fixture = Fixture::new().await;
    let comes_in = async |admitted: &Admitted| fixture.identity.authenticate(admitted.token.expose()).await;
    let (one, two) =
        (admit(&fixture, "Anna", Some("a@mail.test"), 7).await, admit(&fixture, "Anna", Some("a@mail.test"), 8).await);
    let other = admit(&fixture, "Bob", Some("b@mail.test"), 9).await;
    let close = async |request| fixture.identity.close(fixture.organization.id, one.guest.into(), request).await;
    close(Some(request(7))).await.unwrap();
    assert_eq!(code(comes_in(&one).await), "identity.token_revoked");
    assert!(comes_in(&two).await.is_ok(), "one request was named");
    close(None).await.unwrap();
    close(None).await.unwrap();
    assert_eq!(code(comes_in(&two).await), "identity.token_revoked");
    assert!(comes_in(&other).await.is_ok());
}

#[tokio::test]
async fn a_user_who_is_closed_out_is_signed_out_and_the_last_admin_is_not() {
    let fixture = Fixture::new().await;
    let admin = fixture.caller(Role::Admin).await.participant();
    let agent = fixture.login("agent@demo.test").await.unwrap();
    fixture.identity.close(fixture.organization.id, agent.user.id.into(), None).await.unwrap();
    assert_eq!(code(fixture.identity.authenticate(agent.access_token.expose()).await), "identity.token_revoked");
    let last = fixture.identity.close(fixture.organization.id, admin, None).await;
    assert_eq!(code(last), "identity.last_admin");
}
