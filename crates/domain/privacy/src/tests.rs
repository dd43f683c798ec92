//! The use cases over ports that record what is asked of them, in one list.

use std::sync::Arc;

use kernel::{
    Caller, GuestCaller, GuestId, GuestTokenId, Language, OrganizationId, ParticipantId, Role, SessionId,
    SupportRequestId, UserCaller, UserId, testing::FixedEnv,
};
use uuid::Uuid;

use crate::{Erasing, ErasureRequest, Exporting, Extent, PrivacyError, testing::FakePrivacy};

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn user(n: u128, role: Role) -> Caller {
    Caller::User(UserCaller {
        organization: OrganizationId::new(uuid(1)),
        id: UserId::new(uuid(n)),
        role,
        name: "A B".into(),
        session: SessionId::new(uuid(n)),
        language: Language::Fr,
        expires_at: FixedEnv::START,
    })
}

fn guest() -> Caller {
    Caller::Guest(GuestCaller {
        organization: OrganizationId::new(uuid(1)),
        id: GuestId::new(uuid(5)),
        support_request: SupportRequestId::new(uuid(6)),
        name: "G".into(),
        token: GuestTokenId::new(uuid(9)),
        language: Language::Fr,
        expires_at: FixedEnv::START,
    })
}

fn erasing() -> (Arc<FakePrivacy>, Erasing) {
    let world = Arc::new(FakePrivacy::default());
    let env = Arc::new(FixedEnv::new());
    let (store, live, audit) = (world.clone(), world.clone(), world.clone());
    let erasing = Erasing::new(store, world.clone(), world.clone(), world.clone(), world.clone(), live, audit, env);
    (world, erasing)
}

fn of(person: Option<u128>, email: Option<&str>) -> ErasureRequest {
    ErasureRequest { person: person.map(|n| UserId::new(uuid(n))), email: email.map(str::to_owned) }
}

fn extents(world: &FakePrivacy) -> Vec<Extent> {
    world.noted.lock().unwrap().iter().map(|erasure| erasure.extent).collect()
}

#[tokio::test]
async fn the_way_in_is_closed_first_and_it_is_noted_before_anything_goes() {
    let (world, erasing) = erasing();
    let done = erasing.erase(&user(2, Role::Customer), &of(None, None)).await.unwrap();
    assert_eq!(done.len(), 1);
    assert_eq!(
        *world.happened.lock().unwrap(),
        ["close", "note", "delete messages", "mark files", "remove files", "remove mails", "blank", "tell"]
    );
    assert_eq!(extents(&world), [Extent::Person(ParticipantId::new(uuid(2)))]);
    assert_eq!(*world.audited.lock().unwrap(), ["privacy.erased"]);
}

#[tokio::test]
async fn a_guests_token_reaches_no_further_than_its_request() {
    let (world, erasing) = erasing();
    erasing.erase(&guest(), &of(None, None)).await.unwrap();
    assert_eq!(extents(&world), [Extent::PersonIn(ParticipantId::new(uuid(5)), SupportRequestId::new(uuid(6)))]);
    let exporting = Exporting::new(world.clone(), world.clone(), Arc::new(FixedEnv::new()));
    exporting.export(&guest(), None).await.unwrap();
    assert_eq!(*world.audited.lock().unwrap(), ["privacy.erased", "privacy.exported"]);
    assert_eq!(*world.exported.lock().unwrap(), [(ParticipantId::new(uuid(5)), Some(SupportRequestId::new(uuid(6))))]);
}

#[tokio::test]
async fn only_an_admin_names_somebody_else() {
    let (world, erasing) = erasing();
    let exporting = Exporting::new(world.clone(), world.clone(), Arc::new(FixedEnv::new()));
    for caller in [guest(), user(2, Role::Customer), user(2, Role::Agent), user(2, Role::Supervisor)] {
        for other in [of(Some(3), None), of(None, Some("lea@example.com")), of(Some(2), Some("lea@example.com"))] {
            let refused = erasing.erase(&caller, &other).await.unwrap_err();
            assert!(matches!(refused, PrivacyError::NotAllowed(_)), "{caller:?}: {other:?}");
        }
        let refused = exporting.export(&caller, Some(UserId::new(uuid(3)))).await.unwrap_err();
        assert!(matches!(refused, PrivacyError::NotAllowed(_)));
    }
    assert!(world.happened.lock().unwrap().is_empty(), "nothing was done");
    erasing.erase(&user(2, Role::Agent), &of(Some(2), None)).await.unwrap();
    let admin = user(4, Role::Admin);
    assert_eq!(erasing.erase(&admin, &of(None, Some("lea@example.com"))).await.unwrap().len(), 2);
    let unknown = erasing.erase(&admin, &of(None, Some("nobody@example.com"))).await.unwrap_err();
    assert!(matches!(unknown, PrivacyError::PersonNotFound));
    exporting.export(&admin, Some(UserId::new(uuid(3)))).await.unwrap();
    let unknown = exporting.export(&admin, Some(UserId::new(uuid(99)))).await.unwrap_err();
    assert!(matches!(unknown, PrivacyError::PersonNotFound));
}

#[tokio::test]
async fn the_last_admin_is_not_erased() {
    let (world, erasing) = erasing();
    *world.last_admin.lock().unwrap() = true;
    let refused = erasing.erase(&user(4, Role::Admin), &of(None, None)).await.unwrap_err();
    assert!(matches!(refused, PrivacyError::LastAdmin));
    assert_eq!(*world.happened.lock().unwrap(), ["close"]);
}

#[tokio::test]
async fn what_was_interrupted_is_carried_on_and_all_of_it_can_be_repeated() {
    let (world, erasing) = erasing();
    *world.storage_is_down.lock().unwrap() = true;
    assert!(erasing.erase(&user(2, Role::Customer), &of(None, None)).await.is_err());
    assert!(erasing.carry_on().await.is_err(), "the storage is still down");
    assert!(world.done.lock().unwrap().is_empty());
    *world.storage_is_down.lock().unwrap() = false;
    assert_eq!(erasing.carry_on().await.unwrap(), 1);
    assert_eq!(erasing.carry_on().await.unwrap(), 0);
    let log = erasing.log().await.unwrap();
    assert_eq!(erasing.repeat(&[]).await.unwrap(), 1);

    // A copy of before: it knows of nothing, and is told.
    let (older, repeating) = self::erasing();
    assert_eq!(repeating.repeat(&log).await.unwrap(), 1);
    assert_eq!(*older.done.lock().unwrap(), [log[0].id]);
}

#[tokio::test]
async fn requests_whose_time_is_over_are_erased_as_a_whole() {
    let (world, erasing) = erasing();
    let organization = OrganizationId::new(uuid(1));
    assert_eq!(erasing.erase_expired(organization, FixedEnv::START).await.unwrap(), 2);
    assert_eq!(extents(&world), [31, 32].map(|n| Extent::Request(SupportRequestId::new(uuid(n)))));
    assert!(!world.happened.lock().unwrap().contains(&"close"), "nobody loses their account by it");
}
