//! Users: who makes, sees and changes them.

use kernel::{Availability, Caller, FieldError, IdempotentCall, Once, PageRequest, Refusal, Role, Secret};

use crate::{
    Authority, IdentityError, NewUser, OwnChange, PasswordChange, UserChange, UserFilter, UserView,
    testing::{Fixture, PASSWORD},
};

fn code<T>(outcome: Result<T, IdentityError>) -> &'static str {
    outcome.err().map_or("none", |error| error.code())
}

fn fields<T: std::fmt::Debug>(outcome: Result<T, IdentityError>) -> Vec<(&'static str, &'static str)> {
    outcome.unwrap_err().fields().into_iter().map(|FieldError { field, code }| (field, code)).collect()
}

fn new_user(email: &str) -> NewUser {
    NewUser {
        email: email.into(),
        password: Secret::new(PASSWORD),
        first_name: "Eve".into(),
        last_name: "Martin".into(),
        phone: Some("+33 1 23 45 67 89".into()),
        language: None,
        role: Role::Agent,
    }
}

async fn id_of(fixture: &Fixture, role: Role) -> kernel::UserId {
    fixture.login(&format!("{role}@demo.test")).await.unwrap().user.id
}

#[tokio::test]
async fn only_administrators_make_users() {
    let fixture = Fixture::new().await;
    for role in [Role::Customer, Role::Agent, Role::Supervisor] {
        let caller = fixture.caller(role).await;
        let refused = fixture.identity.create_user(Authority::Caller(&caller), &new_user("x@demo.test")).await;
        assert_eq!(code(refused), "forbidden", "{role}");
    }
    let admin = fixture.caller(Role::Admin).await;
    let made = fixture.identity.create_user(Authority::Caller(&admin), &new_user("X@demo.test")).await.unwrap();
    assert_eq!((made.email.as_str(), made.active, made.language), ("x@demo.test", true, fixture.organization.language));
    assert!(fixture.login("x@demo.test").await.is_ok());
    let event = fixture.store.events().pop().unwrap();
    assert_eq!((event.name, event.key), ("user.created", made.id.uuid()));
    let again = fixture.identity.create_user(Authority::Caller(&admin), &new_user("x@demo.TEST")).await;
    assert_eq!(code(again), "identity.email_taken");
}

#[tokio::test]
async fn all_wrong_fields_are_told_at_once() {
    let fixture = Fixture::new().await;
    let before = fixture.store.dump();
    let wrong = NewUser {
        email: "a@b\r\nRCPT TO:<c@d>".into(),
        password: Secret::new("maisondemo1"),
        first_name: " ".into(),
        last_name: "x".repeat(101),
        phone: Some("call me".into()),
        language: None,
        role: Role::Agent,
    };
    let outcome = fixture.identity.create_user(Authority::Operator(fixture.organization.id), &wrong).await;
    assert_eq!(
        fields(outcome),
        [
            ("email", "invalid"),
            ("password", "password_names_organization"),
            ("first_name", "required"),
            ("last_name", "too_long"),
            ("phone", "invalid")
        ]
    );
    assert_eq!(fixture.store.dump(), before);
}

#[tokio::test]
async fn staff_see_staff_and_administrators_see_all() {
    let fixture = Fixture::new().await;
    let list = async |caller: &Caller, roles: &[Role]| {
        let filter = UserFilter { roles: roles.to_vec(), ..UserFilter::default() };
        let page = fixture.identity.list_users(caller, filter, PageRequest::default()).await?;
        Ok::<_, IdentityError>(page.map(|user: UserView| user.role).items)
    };
    let all = [Role::Admin, Role::Agent, Role::Customer, Role::Supervisor];
    let staff = [Role::Admin, Role::Agent, Role::Supervisor];
    for (role, seen) in [(Role::Agent, &staff[..]), (Role::Supervisor, &staff[..]), (Role::Admin, &all[..])] {
        let caller = fixture.caller(role).await;
        assert_eq!(list(&caller, &[]).await.unwrap(), seen, "{role}");
        let customers = list(&caller, &[Role::Customer]).await;
        assert_eq!(code(customers), if role == Role::Admin { "none" } else { "forbidden" });
        for other in all {
            let found = fixture.identity.user(&caller, id_of(&fixture, other).await).await;
            assert_eq!(code(found), if seen.contains(&other) { "none" } else { "identity.user_not_found" });
        }
    }
    let customer = fixture.caller(Role::Customer).await;
    assert_eq!(code(list(&customer, &[]).await), "forbidden");
    assert!(fixture.identity.user(&customer, customer.user().unwrap().id).await.is_ok());
    let agent = id_of(&fixture, Role::Agent).await;
    assert_eq!(code(fixture.identity.user(&customer, agent).await), "identity.user_not_found");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let fixture = Fixture::new().await;
    let admin = fixture.caller(Role::Admin).await;
    let id = admin.user().unwrap().id;
    let demote = || UserChange { role: Some(Role::Agent), ..UserChange::default() };
    let deactivate = || UserChange { active: Some(false), ..UserChange::default() };
    for change in [demote(), deactivate()] {
        let refused = fixture.identity.update_user(&admin, id, change).await;
        assert_eq!(code(refused), "identity.last_admin");
    }
    fixture.add("second@demo.test", Role::Admin).await.unwrap();
    fixture.identity.update_user(&admin, id, demote()).await.unwrap();
    assert!(fixture.identity.watch().is_revoked(&admin), "what it was signed in as is over");
}

#[tokio::test]
async fn a_deactivated_administrator_does_not_count() {
    let fixture = Fixture::new().await;
    let admin = fixture.caller(Role::Admin).await;
    let second = fixture.add("second@demo.test", Role::Admin).await.unwrap();
    let deactivate = || UserChange { active: Some(false), ..UserChange::default() };
    fixture.identity.update_user(&admin, second.id, deactivate()).await.unwrap();
    let refused = fixture.identity.update_user(&admin, admin.user().unwrap().id, deactivate()).await;
    assert_eq!(code(refused), "identity.last_admin");
}

#[tokio::test]
async fn two_administrators_who_demote_each_other_leave_one() {
    let fixture = Fixture::new().await;
    let one = fixture.caller(Role::Admin).await;
    let second = fixture.add("second@demo.test", Role::Admin).await.unwrap();
    let token = fixture.login("second@demo.test").await.unwrap().access_token;
    let two = fixture.identity.authenticate(token.expose()).await.unwrap();
    let demote = || UserChange { role: Some(Role::Agent), ..UserChange::default() };
    let (left, right) = tokio::join!(
        fixture.identity.update_user(&one, second.id, demote()),
        fixture.identity.update_user(&two, one.user().unwrap().id, demote())
    );
    assert_eq!([code(left), code(right)].iter().filter(|code| **code == "identity.last_admin").count(), 1);
}

#[tokio::test]
async fn a_change_of_password_role_or_state_ends_all_sessions() {
    for (change, told) in [
        (UserChange { role: Some(Role::Supervisor), ..UserChange::default() }, "role"),
        (UserChange { active: Some(false), ..UserChange::default() }, "active"),
        (UserChange { password: Some(Secret::new("cinq chevaux bleus")), ..UserChange::default() }, "password_changed"),
    ] {
        let fixture = Fixture::new().await;
        let (admin, agent) = (fixture.caller(Role::Admin).await, fixture.caller(Role::Agent).await);
        let signed_in = fixture.login("agent@demo.test").await.unwrap();
        fixture.identity.update_user(&admin, signed_in.user.id, change).await.unwrap();
        assert!(fixture.identity.watch().is_revoked(&agent), "{told}");
        let refused = fixture.identity.authenticate(signed_in.access_token.expose()).await;
        assert_eq!(code(refused), "identity.token_revoked", "{told}");
        assert_eq!(code(fixture.identity.refresh(&signed_in.refresh_token).await), "identity.session_ended");
        assert!(!fixture.identity.watch().is_revoked(&admin));
        let event = fixture.store.events().pop().unwrap();
        assert_eq!(event.name, "user.changed");
        assert!(event.data.get(told).is_some(), "{}", event.data);
        assert!(!event.data.to_string().contains("chevaux"));
    }
}

#[tokio::test]
async fn a_user_who_signs_in_right_after_a_change_is_not_hit_by_it() {
    let fixture = Fixture::new().await;
    let other_node = fixture.another_node().await;
    let (admin, agent) = (fixture.caller(Role::Admin).await, fixture.caller(Role::Agent).await);
    let change = UserChange { role: Some(Role::Supervisor), ..UserChange::default() };
    fixture.identity.update_user(&admin, agent.user().unwrap().id, change).await.unwrap();
    let again = fixture.login("agent@demo.test").await.unwrap();
    other_node.catch_up().await.unwrap();
    let caller = other_node.authenticate(again.access_token.expose()).await.unwrap();
    assert_eq!(caller.user().unwrap().role, Role::Supervisor);
}

#[tokio::test]
async fn what_is_already_so_is_no_change() {
    let fixture = Fixture::new().await;
    let (admin, agent) = (fixture.caller(Role::Admin).await, fixture.caller(Role::Agent).await);
    let before = fixture.store.dump();
    let same = UserChange {
        role: Some(Role::Agent),
        active: Some(true),
        first_name: Some("Ada".into()),
        phone: Some(None),
        email: Some("AGENT@demo.test".into()),
        ..UserChange::default()
    };
    fixture.identity.update_user(&admin, agent.user().unwrap().id, same).await.unwrap();
    assert_eq!(fixture.store.dump(), before);
    assert!(!fixture.identity.watch().is_revoked(&agent));
}

#[tokio::test]
async fn another_name_ends_no_session_and_an_email_must_be_free() {
    let fixture = Fixture::new().await;
    let (admin, agent) = (fixture.caller(Role::Admin).await, fixture.caller(Role::Agent).await);
    let id = agent.user().unwrap().id;
    let change = UserChange {
        last_name: Some("Ézéchiel".into()),
        phone: Some(Some("0123456789".into())),
        email: Some("new@demo.test".into()),
        ..UserChange::default()
    };
    let changed = fixture.identity.update_user(&admin, id, change).await.unwrap();
    assert_eq!((changed.last_name.as_str(), changed.phone.as_deref()), ("Ézéchiel", Some("0123456789")));
    assert!(!fixture.identity.watch().is_revoked(&agent));
    assert!(fixture.login("new@demo.test").await.is_ok());
    let taken = UserChange { email: Some("customer@demo.test".into()), ..UserChange::default() };
    assert_eq!(code(fixture.identity.update_user(&admin, id, taken).await), "identity.email_taken");
    let wrong = UserChange { phone: Some(Some("x".into())), password: Some(Secret::new("a")), ..UserChange::default() };
    let told = fields(fixture.identity.update_user(&admin, id, wrong).await);
    assert_eq!(told, [("phone", "invalid"), ("password", "too_short")]);
}

#[tokio::test]
async fn a_supervisor_changes_nobody_and_an_administrator_nobody_elsewhere() {
    let fixture = Fixture::new().await;
    let (supervisor, admin) = (fixture.caller(Role::Supervisor).await, fixture.caller(Role::Admin).await);
    let up = || UserChange { role: Some(Role::Admin), ..UserChange::default() };
    let own = supervisor.user().unwrap().id;
    assert_eq!(code(fixture.identity.update_user(&supervisor, own, up()).await), "forbidden");

    let elsewhere = fixture.identity.create_organization(crate::testing::new_organization("other")).await.unwrap();
    let foreign = fixture.identity.create_user(Authority::Operator(elsewhere.id), &new_user("e@other.test")).await;
    let foreign = foreign.unwrap();
    assert_eq!(code(fixture.identity.update_user(&admin, foreign.id, up()).await), "identity.user_not_found");
    assert_eq!(code(fixture.identity.user(&admin, foreign.id).await), "identity.user_not_found");
}

#[tokio::test]
async fn users_change_themselves_but_not_their_rights() {
    let fixture = Fixture::new().await;
    let agent = fixture.caller(Role::Agent).await;
    let change = OwnChange { first_name: Some("Zoë".into()), phone: Some(None), ..OwnChange::default() };
    let changed = fixture.identity.update_me(&agent, change).await.unwrap();
    assert_eq!((changed.first_name.as_str(), changed.role), ("Zoë", Role::Agent));
    assert!(!fixture.identity.watch().is_revoked(&agent));
}

#[tokio::test]
async fn a_new_password_needs_the_present_one_and_ends_all_sessions() {
    let fixture = Fixture::new().await;
    let (agent, other) = (fixture.caller(Role::Agent).await, fixture.caller(Role::Agent).await);
    let change = |current: &str, new: &str| OwnChange {
        password: Some(PasswordChange { current: Secret::new(current), new: Secret::new(new) }),
        ..OwnChange::default()
    };
    let wrong = fixture.identity.update_me(&agent, change("wrong password", "cinq chevaux bleus")).await;
    assert_eq!(fields(wrong), [("current_password", "password_wrong")]);
    let common = fixture.identity.update_me(&agent, change(PASSWORD, "motdepasse123")).await;
    assert_eq!(fields(common), [("password", "password_too_common")]);
    assert!(!fixture.identity.watch().is_revoked(&agent));
    fixture.identity.update_me(&agent, change(PASSWORD, "cinq chevaux bleus")).await.unwrap();
    assert!(fixture.identity.watch().is_revoked(&agent) && fixture.identity.watch().is_revoked(&other));
    assert_eq!(code(fixture.login("agent@demo.test").await), "identity.bad_credentials");
}

#[tokio::test]
async fn a_change_of_password_that_overlaps_another_proves_the_wrong_one() {
    let fixture = Fixture::new().await;
    let (admin, agent) = (fixture.caller(Role::Admin).await, fixture.caller(Role::Agent).await);
    let own = OwnChange {
        password: Some(PasswordChange { current: Secret::new(PASSWORD), new: Secret::new("six chevaux gris") }),
        ..OwnChange::default()
    };
    let by_admin = UserChange { password: Some(Secret::new("cinq chevaux bleus")), ..UserChange::default() };
    // The comparison of the present password gives way to the other change, and goes on afterwards.
    let (own, by_admin) = tokio::join!(
        fixture.identity.update_me(&agent, own),
        fixture.identity.update_user(&admin, agent.user().unwrap().id, by_admin)
    );
    by_admin.unwrap();
    assert_eq!(fields(own), [("current_password", "password_wrong")]);
}

#[derive(Default)]
struct Told(std::sync::Mutex<Vec<crate::Standing>>);

impl crate::OnAvailability for Told {
    fn changed(&self, standing: crate::Standing) {
        self.0.lock().unwrap().push(standing);
    }
}

#[tokio::test]
async fn staff_say_whether_they_want_to_be_asked_and_it_is_told_once() {
    let fixture = Fixture::new().await;
    let told = std::sync::Arc::new(Told::default());
    fixture.identity.on_availability(told.clone());
    let agent = fixture.caller(Role::Agent).await;
    let before = fixture.identity.standing(&agent).await.unwrap().unwrap();
    assert_eq!(before.availability, Availability::Online, "as everybody begins");
    let say = |availability| OwnChange { availability: Some(availability), ..OwnChange::default() };
    let changed = fixture.identity.update_me(&agent, say(Availability::Away)).await.unwrap();
    let now = fixture.identity.standing(&agent).await.unwrap().unwrap();
    assert_eq!((now.availability, changed.availability), (Availability::Away, Availability::Away));
    assert_eq!(changed, fixture.identity.me(&agent).await.unwrap(), "what is answered is what is stored");
    assert!(now.version > before.version, "so that the later word wins, however they arrive");
    fixture.identity.update_me(&agent, say(Availability::Away)).await.unwrap();
    let other = OwnChange { first_name: Some("Zoë".into()), ..OwnChange::default() };
    fixture.identity.update_me(&agent, other).await.unwrap();
    assert_eq!(*told.0.lock().unwrap(), [now], "neither the same again nor another change is news");
    assert!(!fixture.identity.watch().is_revoked(&agent), "nobody is signed out by it");
    let node = fixture.another_node().await;
    assert_eq!(node.standing(&agent).await.unwrap().unwrap().availability, Availability::Away);
}

#[tokio::test]
async fn only_staff_have_an_availability() {
    let fixture = Fixture::new().await;
    let customer = fixture.caller(Role::Customer).await;
    let say = OwnChange { availability: Some(Availability::Away), ..OwnChange::default() };
    assert_eq!(code(fixture.identity.update_me(&customer, say).await), "forbidden");
    assert_eq!(fixture.identity.standing(&customer).await.unwrap(), None);
}

#[tokio::test]
async fn a_user_is_made_once_however_often_the_call_comes() {
    let fixture = Fixture::new().await;
    let admin = fixture.caller(Role::Admin).await;
    let call = |key: &str, body: &str| IdempotentCall {
        principal: admin.participant().uuid(),
        operation: "create_user",
        key: key.to_owned(),
        body: body.to_owned(),
        kept: None,
    };
    let create =
        async |new: &NewUser, call: &IdempotentCall| fixture.identity.create_user_once(&admin, new, call).await;
    // What is refused is not remembered: the key is good for the corrected call.
    let taken = create(&new_user("agent@demo.test"), &call("k", "taken")).await;
    assert_eq!(code(taken), "identity.email_taken");
    let Once::Done(made) = create(&new_user("x@demo.test"), &call("k", "b")).await.unwrap() else {
        panic!("the first call makes the user");
    };
    let events = fixture.store.events().len();
    let Once::Repeat(again) = create(&new_user("x@demo.test"), &call("k", "b")).await.unwrap() else {
        panic!("the same again makes nobody");
    };
    assert_eq!(again.resource, made.id.uuid());
    assert_eq!(fixture.store.events().len(), events);
    let other = create(&new_user("y@demo.test"), &call("k", "another body")).await;
    assert_eq!(code(other), "idempotency_mismatch");
    let agent = fixture.caller(Role::Agent).await;
    let low = fixture.identity.create_user_once(&agent, &new_user("z@demo.test"), &call("z", "z")).await;
    assert_eq!(code(low), "forbidden");
}
