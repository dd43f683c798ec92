use std::time::Duration;

use kernel::{Caller, Language, Refusal, Role, Secret, SupportRequestId};
use uuid::Uuid;

use crate::{
    Acceptance, Dispatch, IdentityError, Invitation, LetterContent, LostRequest, NewGuest, OrganizationRef,
    Registration, UserChange, UserView,
    testing::{FakeMailer, Fixture, PASSWORD},
};

fn code<T: std::fmt::Debug>(result: Result<T, IdentityError>) -> &'static str {
    result.unwrap_err().code()
}

fn demo() -> OrganizationRef {
    OrganizationRef::named("demo")
}

fn registration(email: &str) -> Registration {
    Registration {
        email: email.to_owned(),
        password: Secret::new(PASSWORD),
        first_name: "Anna".to_owned(),
        last_name: "Martin".to_owned(),
        phone: None,
        language: Some(Language::En),
    }
}

/// The token of the only letter that waits.
async fn link(fixture: &Fixture) -> Secret {
    let letters = fixture.letters().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    match &letters[0].content {
        LetterContent::EmailVerification { token, .. }
        | LetterContent::PasswordReset { token, .. }
        | LetterContent::Invitation { token, .. }
        | LetterContent::AccessLink { token, .. } => Secret::new(token),
        LetterContent::AlreadyRegistered { .. } => panic!("no link in it"),
    }
}

async fn verify(fixture: &Fixture, link: &Secret) -> Result<UserView, IdentityError> {
    fixture.identity.verify_email(link, &Secret::new(PASSWORD)).await
}

fn new_guest(email: &str) -> NewGuest {
    NewGuest { name: "Anna".into(), email: Some(email.into()), phone: None, language: Language::En }
}

fn request(n: u128) -> SupportRequestId {
    SupportRequestId::new(Uuid::from_u128(n))
}

#[tokio::test]
async fn a_registration_becomes_an_account_by_its_link_and_once() {
    let fixture = Fixture::new().await;
    fixture.identity.register(&demo(), &registration("Anna@Mail.test")).await.unwrap();
    assert_eq!(code(fixture.login("anna@mail.test").await), "identity.bad_credentials", "nobody has an account yet");
    assert!(!fixture.store.dump().contains("Martin"), "what was typed is sealed until then");
    let link = link(&fixture).await;
    assert!(!fixture.store.dump().contains(link.expose()), "only its hash is stored");
    let user = verify(&fixture, &link).await.unwrap();
    assert_eq!((user.email.as_str(), user.role, user.language), ("anna@mail.test", Role::Customer, Language::En));
    assert_eq!((user.first_name.as_str(), user.last_name.as_str()), ("Anna", "Martin"));
    fixture.login("anna@mail.test").await.unwrap();
    assert_eq!(code(verify(&fixture, &link).await), "identity.link_invalid");
    assert!(fixture.store.events().iter().any(|event| event.name == "user.created"));
}

#[tokio::test]
async fn the_link_of_a_registration_asks_for_its_password_and_stays_good_until_it_is_given() {
    let fixture = Fixture::new().await;
    fixture.identity.register(&demo(), &registration("anna@mail.test")).await.unwrap();
    let link = link(&fixture).await;
    for wrong in ["", "cinq chevaux bleus", &"x".repeat(73)] {
        let refused = fixture.identity.verify_email(&link, &Secret::new(wrong)).await;
        assert_eq!(code(refused), "identity.bad_credentials");
    }
    assert_eq!(code(fixture.login("anna@mail.test").await), "identity.bad_credentials", "no account by that");
    assert_eq!(fixture.identity.organization_of_link(&link).await.unwrap().id, fixture.organization.id);
    verify(&fixture, &link).await.unwrap();
    fixture.login("anna@mail.test").await.unwrap();
}

#[tokio::test]
async fn a_stranger_who_registers_an_address_knows_no_password_of_its_owner() {
    let fixture = Fixture::new().await;
    let organization = fixture.organization.id;
    let before =
        fixture.identity.admit_guest(organization, &new_guest("anna@mail.test"), request(1)).await.unwrap().guest;
    let stranger = Registration { phone: Some("+33612345678".into()), ..registration("anna@mail.test") };
    fixture.identity.register(&demo(), &stranger).await.unwrap();
    let strangers = link(&fixture).await;
    let own = Secret::new("cinq chevaux bleus");
    let refused = fixture.identity.verify_email(&strangers, &own).await;
    assert_eq!(code(refused), "identity.bad_credentials", "the owner does not know what the stranger typed");

    fixture.identity.forgot_password(&demo(), "anna@mail.test").await.unwrap();
    let first = link(&fixture).await;
    fixture.identity.forgot_password(&demo(), "Anna@Mail.test").await.unwrap();
    let reset = link(&fixture).await;
    assert_eq!(code(fixture.identity.reset_password(&first, &own).await), "identity.link_invalid");
    assert_eq!(code(fixture.identity.reset_password(&reset, &Secret::new("motdepasse")).await), "invalid");
    fixture.identity.reset_password(&reset, &own).await.unwrap();
    assert_eq!(code(verify(&fixture, &strangers).await), "identity.link_invalid", "the registration is over");
    assert_eq!(code(fixture.identity.reset_password(&reset, &own).await), "identity.link_invalid");
    assert_eq!(code(fixture.login("anna@mail.test").await), "identity.bad_credentials", "the stranger's password");
    let client = crate::ClientInfo::default();
    let user = fixture.identity.login(&demo(), "anna@mail.test", own, client).await.unwrap().user;
    assert_eq!((user.id.uuid(), user.role), (before.uuid(), Role::Customer));
    assert_eq!(user.phone, None, "nor is the stranger's number the account's");
}

#[tokio::test]
async fn another_registration_of_an_address_ends_the_one_before() {
    let fixture = Fixture::new().await;
    fixture.identity.register(&demo(), &registration("anna@mail.test")).await.unwrap();
    let first = link(&fixture).await;
    fixture.identity.forgot_password(&demo(), "anna@mail.test").await.unwrap();
    let reset = link(&fixture).await;
    let own = Secret::new("cinq chevaux bleus");
    let again = Registration { password: own.clone(), first_name: "Anne".into(), ..registration("anna@mail.test") };
    fixture.identity.register(&demo(), &again).await.unwrap();
    let second = link(&fixture).await;
    assert_eq!(code(verify(&fixture, &first).await), "identity.link_invalid");
    assert_eq!(code(verify(&fixture, &second).await), "identity.bad_credentials", "a password of the first");
    let user = fixture.identity.verify_email(&second, &own).await.unwrap();
    assert_eq!(user.first_name, "Anne");
    let late = fixture.identity.reset_password(&reset, &Secret::new("six chevaux rouges")).await;
    assert_eq!(code(late), "identity.link_invalid", "what would have made the account makes no other password");
}

#[tokio::test]
async fn a_registration_that_is_over_has_no_forgotten_password() {
    let fixture = Fixture::new().await;
    fixture.identity.register(&demo(), &registration("anna@mail.test")).await.unwrap();
    fixture.letters().await;
    fixture.env.pass(Duration::from_hours(24));
    fixture.identity.forgot_password(&demo(), "anna@mail.test").await.unwrap();
    assert!(fixture.letters().await.is_empty());
}

#[tokio::test]
async fn a_link_ends_and_does_nothing_else_than_it_was_sent_for() {
    let fixture = Fixture::new().await;
    fixture.identity.register(&demo(), &registration("anna@mail.test")).await.unwrap();
    let verification = link(&fixture).await;
    let password = Secret::new("cinq chevaux bleus");
    assert_eq!(code(fixture.identity.reset_password(&verification, &password).await), "identity.link_invalid");
    fixture.env.pass(Duration::from_hours(24));
    assert_eq!(code(verify(&fixture, &verification).await), "identity.link_invalid");
    let organization = fixture.organization.id;
    for unknown in [
        String::new(),
        "act_".into(),
        format!("act_{organization}_x"),
        format!("act_{}_x", Uuid::from_u128(9)),
        "x".repeat(500),
    ] {
        assert_eq!(code(verify(&fixture, &Secret::new(unknown)).await), "identity.link_invalid");
    }
    fixture.identity.forgot_password(&demo(), "customer@demo.test").await.unwrap();
    let reset = link(&fixture).await;
    fixture.env.pass(Duration::from_hours(1));
    assert_eq!(code(fixture.identity.reset_password(&reset, &password).await), "identity.link_invalid");
}

#[tokio::test]
async fn whoever_has_an_account_is_told_by_letter_and_the_asker_learns_nothing() {
    let fixture = Fixture::new().await;
    fixture.identity.register(&demo(), &registration("agent@demo.test")).await.unwrap();
    let letters = fixture.letters().await;
    let name = "Ada".to_owned();
    assert_eq!(letters[0].content, LetterContent::AlreadyRegistered { name }, "not the name that was typed");
    assert_eq!(letters[0].language, Language::Fr);
    fixture.identity.forgot_password(&demo(), "nobody@demo.test").await.unwrap();
    assert!(fixture.letters().await.is_empty());
}

#[tokio::test]
async fn wrong_fields_of_a_registration_are_all_named() {
    let fixture = Fixture::new().await;
    let wrong = Registration {
        email: "x".into(),
        password: Secret::new("Maison demo 24"),
        first_name: String::new(),
        phone: Some("x".into()),
        ..registration("")
    };
    let refused = fixture.identity.register(&demo(), &wrong).await.unwrap_err();
    let fields: Vec<_> = refused.fields().into_iter().map(|field| (field.field, field.code)).collect();
    assert_eq!(
        fields,
        [
            ("email", "invalid"),
            ("password", "password_names_organization"),
            ("first_name", "required"),
            ("phone", "invalid")
        ]
    );
    assert!(fixture.letters().await.is_empty());
    let elsewhere = fixture.identity.register(&OrganizationRef::named("x"), &registration("a@mail.test")).await;
    assert_eq!(code(elsewhere), "identity.organization_not_found");
}

#[tokio::test]
async fn the_guest_of_an_address_and_the_account_of_its_owner_are_one() {
    let fixture = Fixture::new().await;
    let organization = fixture.organization.id;
    let admit =
        async |n| fixture.identity.admit_guest(organization, &new_guest("anna@mail.test"), request(n)).await.unwrap();
    let before = admit(1).await;
    fixture.identity.register(&demo(), &registration("anna@mail.test")).await.unwrap();
    let user = verify(&fixture, &link(&fixture).await).await.unwrap();
    assert_eq!(user.id.uuid(), before.guest.uuid(), "the participant keeps its id");
    let signed_in = fixture.login("anna@mail.test").await.unwrap();
    let caller = fixture.identity.authenticate(signed_in.access_token.expose()).await.unwrap();
    assert_eq!(caller.participant(), before.guest.into());
    let after = admit(2).await;
    assert_eq!(after.guest, before.guest, "so is whoever writes under this address later");
    assert!(
        matches!(fixture.identity.authenticate(before.token.expose()).await, Ok(Caller::Guest(_))),
        "not signed in"
    );

    // An account that an administrator made is its guest too; a member of staff never is.
    let customer = fixture.caller(Role::Customer).await.user().unwrap().id;
    let admitted =
        fixture.identity.admit_guest(organization, &new_guest("customer@demo.test"), request(3)).await.unwrap();
    assert_eq!(admitted.guest.uuid(), customer.uuid());
    let agent = fixture.caller(Role::Agent).await.user().unwrap().id;
    let admitted = fixture.identity.admit_guest(organization, &new_guest("agent@demo.test"), request(4)).await.unwrap();
    assert_ne!(admitted.guest.uuid(), agent.uuid());
}

#[tokio::test]
async fn an_account_that_changes_its_address_or_role_leaves_the_old_address_behind() {
    let fixture = Fixture::new().await;
    let organization = fixture.organization.id;
    let admin = fixture.caller(Role::Admin).await;
    let customer = fixture.caller(Role::Customer).await.user().unwrap().id;
    let guest = async |email| {
        fixture.identity.admit_guest(organization, &new_guest(email), request(1)).await.unwrap().guest.uuid()
    };
    let change = async |change| fixture.identity.update_user(&admin, customer, change).await.unwrap();
    change(UserChange { email: Some("new@demo.test".into()), ..UserChange::default() }).await;
    assert_eq!(guest("new@demo.test").await, customer.uuid());
    assert_ne!(guest("customer@demo.test").await, customer.uuid(), "whoever has the old address now is another person");
    change(UserChange { role: Some(Role::Agent), ..UserChange::default() }).await;
    assert_ne!(guest("new@demo.test").await, customer.uuid(), "nobody writes in the name of staff");
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_and_ends_all_sessions() {
    let fixture = Fixture::new().await;
    let session = fixture.login("customer@demo.test").await.unwrap();
    fixture.identity.forgot_password(&demo(), "customer@demo.test").await.unwrap();
    let first = link(&fixture).await;
    fixture.identity.forgot_password(&demo(), "customer@demo.test").await.unwrap();
    let reset = link(&fixture).await;
    let new = Secret::new("cinq chevaux bleus");
    assert_eq!(
        code(fixture.identity.reset_password(&first, &new).await),
        "identity.link_invalid",
        "the last one counts"
    );
    assert_eq!(code(fixture.identity.reset_password(&reset, &Secret::new("motdepasse")).await), "invalid");
    fixture.identity.reset_password(&reset, &new).await.unwrap();
    assert_eq!(code(fixture.login("customer@demo.test").await), "identity.bad_credentials");
    assert_eq!(code(fixture.identity.authenticate(session.access_token.expose()).await), "identity.token_revoked");
    assert_eq!(code(fixture.identity.refresh(&session.refresh_token).await), "identity.session_ended");
    let client = crate::ClientInfo::default();
    fixture.identity.login(&demo(), "customer@demo.test", new.clone(), client).await.unwrap();
    assert_eq!(code(fixture.identity.reset_password(&reset, &new).await), "identity.link_invalid");
}

#[tokio::test]
async fn nobody_gets_back_in_by_a_link_who_was_shut_out_or_moved() {
    let fixture = Fixture::new().await;
    let admin = fixture.caller(Role::Admin).await;
    let customer = fixture.caller(Role::Customer).await.user().unwrap().id;
    fixture.identity.forgot_password(&demo(), "customer@demo.test").await.unwrap();
    let reset = link(&fixture).await;
    let away = UserChange { active: Some(false), ..UserChange::default() };
    fixture.identity.update_user(&admin, customer, away).await.unwrap();
    let new = Secret::new("cinq chevaux bleus");
    assert_eq!(code(fixture.identity.reset_password(&reset, &new).await), "identity.link_invalid");
    fixture.identity.forgot_password(&demo(), "customer@demo.test").await.unwrap();
    assert!(fixture.letters().await.is_empty(), "nothing for a deactivated account");
    let moved = UserChange { active: Some(true), email: Some("elsewhere@demo.test".into()), ..UserChange::default() };
    fixture.identity.update_user(&admin, customer, moved).await.unwrap();
    assert_eq!(code(fixture.identity.reset_password(&reset, &new).await), "identity.link_invalid");
}

#[tokio::test]
async fn an_invitation_makes_the_account_that_was_offered() {
    let fixture = Fixture::new().await;
    let invitation = |email: &str| Invitation { email: email.into(), role: Role::Supervisor, language: None };
    for role in [Role::Customer, Role::Agent, Role::Supervisor] {
        let caller = fixture.caller(role).await;
        assert_eq!(code(fixture.identity.invite(&caller, &invitation("new@demo.test")).await), "forbidden");
    }
    let admin = fixture.caller(Role::Admin).await;
    assert_eq!(code(fixture.identity.invite(&admin, &invitation("agent@demo.test")).await), "identity.email_taken");
    assert_eq!(code(fixture.identity.invite(&admin, &invitation("x")).await), "invalid");
    fixture.identity.invite(&admin, &invitation("new@demo.test")).await.unwrap();
    let first = link(&fixture).await;
    fixture.identity.invite(&admin, &invitation("new@demo.test")).await.unwrap();
    let second = link(&fixture).await;
    let acceptance = |password: &str| Acceptance {
        first_name: "Noé".into(),
        last_name: "Petit".into(),
        phone: None,
        language: Some(Language::En),
        password: Secret::new(password),
    };
    assert_eq!(code(fixture.identity.accept_invitation(&first, &acceptance(PASSWORD)).await), "identity.link_invalid");
    assert_eq!(code(fixture.identity.accept_invitation(&second, &acceptance("court")).await), "invalid");
    let user = fixture.identity.accept_invitation(&second, &acceptance(PASSWORD)).await.unwrap();
    assert_eq!((user.role, user.language, user.first_name.as_str()), (Role::Supervisor, Language::En, "Noé"));
    fixture.login("new@demo.test").await.unwrap();
    assert_eq!(code(fixture.identity.accept_invitation(&second, &acceptance(PASSWORD)).await), "identity.link_invalid");
}

#[tokio::test]
async fn a_link_to_a_request_goes_to_the_address_given_with_it_and_to_no_other() {
    let fixture = Fixture::new().await;
    let organization = &fixture.organization;
    let admitted =
        fixture.identity.admit_guest(organization.id, &new_guest("anna@mail.test"), request(1)).await.unwrap();
    let lost = LostRequest {
        id: request(1),
        requester: admitted.guest.into(),
        name: "Anna".into(),
        email: Some("anna@mail.test".into()),
        number: "TICKET-20240115-001".into(),
        subject: "Colis perdu".into(),
    };
    let send = async |email: &str, found: Option<&LostRequest>| {
        fixture.identity.send_access_link(organization, email, found).await
    };
    send("mallory@mail.test", Some(&lost)).await.unwrap();
    send("anna@mail.test", None).await.unwrap();
    send("anna@mail.test", Some(&LostRequest { email: None, ..lost.clone() })).await.unwrap();
    assert!(fixture.letters().await.is_empty());
    assert_eq!(code(send("x", Some(&lost)).await), "invalid");
    let agent = fixture.caller(Role::Agent).await.participant();
    let of_staff = LostRequest { requester: agent, email: Some("agent@demo.test".into()), ..lost.clone() };
    send("agent@demo.test", Some(&of_staff)).await.unwrap();
    assert!(fixture.letters().await.is_empty(), "staff sign in");
    send(" Anna@MAIL.test ", Some(&lost)).await.unwrap();
    let token = link(&fixture).await;
    let Ok(Caller::Guest(guest)) = fixture.identity.authenticate(token.expose()).await else { panic!("a guest") };
    assert_eq!((guest.id, guest.support_request, guest.name.as_str()), (admitted.guest, request(1), "Anna"));
    assert!(fixture.identity.authenticate(admitted.token.expose()).await.is_ok(), "the first one stays good");
}

#[tokio::test]
async fn a_letter_that_cannot_be_delivered_is_tried_again_later_and_in_the_end_given_up() {
    let fixture = Fixture::new().await;
    fixture.identity.forgot_password(&demo(), "customer@demo.test").await.unwrap();
    let (store, mailer) = (std::sync::Arc::new(fixture.store.clone()), std::sync::Arc::new(FakeMailer::default()));
    let dispatch = Dispatch::new(store, mailer.clone(), fixture.secrets.clone(), fixture.env.clone());
    mailer.break_down(true);
    assert_eq!(dispatch.send_waiting().await.unwrap(), 0);
    mailer.break_down(false);
    assert_eq!(dispatch.send_waiting().await.unwrap(), 0, "not at once");
    fixture.env.pass(Duration::from_mins(1));
    assert_eq!(dispatch.send_waiting().await.unwrap(), 1);
    assert_eq!(dispatch.send_waiting().await.unwrap(), 0);
    assert_eq!(mailer.delivered().len(), 1);
    assert!(!fixture.store.dump().contains("sealed|letter"), "nothing is kept of what is out");

    fixture.identity.forgot_password(&demo(), "customer@demo.test").await.unwrap();
    mailer.break_down(true);
    for _ in 0..Dispatch::ATTEMPTS {
        assert!(fixture.store.dump().contains("sealed|letter"));
        assert_eq!(dispatch.send_waiting().await.unwrap(), 0);
        fixture.env.pass(Duration::from_hours(1));
    }
    assert!(!fixture.store.dump().contains("sealed|letter"), "given up");
    mailer.break_down(false);
    assert_eq!(dispatch.send_waiting().await.unwrap(), 0);
}
