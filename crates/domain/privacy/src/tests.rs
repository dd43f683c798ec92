//! The use cases over ports that record what is asked of them, in one list.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use kernel::{
    Caller, ConversationId, GuestCaller, GuestId, GuestTokenId, Language, MessageId, OrganizationId, ParticipantId,
    PortError, Role, SessionId, SupportRequestId, Timestamp, UserCaller, UserId, testing::FixedEnv,
};
use uuid::Uuid;

use crate::{
    Accounts, Closing, Erasing, Erasure, ErasureRequest, ErasureStore, Exporting, Extent, FilesLeft, Live, Messages,
    PersonalData, PersonalDataStore, PrivacyError,
};

/// What is behind all ports: a list of what happened, and what is noted.
#[derive(Default)]
struct World {
    happened: Mutex<Vec<&'static str>>,
    noted: Mutex<Vec<Erasure>>,
    done: Mutex<Vec<Uuid>>,
    exported: Mutex<Vec<(ParticipantId, Option<SupportRequestId>)>>,
    last_admin: Mutex<bool>,
    storage_is_down: Mutex<bool>,
}

impl World {
    fn say(&self, what: &'static str) {
        self.happened.lock().unwrap().push(what);
    }
}

#[async_trait]
impl ErasureStore for World {
    async fn people(
        &self,
        _: OrganizationId,
        id: Option<UserId>,
        email: Option<&str>,
    ) -> Result<Vec<ParticipantId>, PortError> {
        let known = email == Some("lea@example.com");
        let by_email = known.then(|| [ParticipantId::new(uuid(7)), ParticipantId::new(uuid(8))]);
        Ok(id.map(Into::into).into_iter().chain(by_email.into_iter().flatten()).collect())
    }
    async fn note(&self, erasure: &Erasure) -> Result<(), PortError> {
        self.say("note");
        self.noted.lock().unwrap().push(*erasure);
        Ok(())
    }
    async fn messages(&self, _: &Erasure) -> Result<Vec<(ConversationId, MessageId)>, PortError> {
        Ok(vec![(ConversationId::new(uuid(20)), MessageId::new(uuid(21)))])
    }
    async fn mark_files(&self, _: &Erasure) -> Result<(), PortError> {
        self.say("mark files");
        Ok(())
    }
    async fn blank(&self, erasure: &Erasure, _: Timestamp) -> Result<Vec<SupportRequestId>, PortError> {
        self.say("blank");
        self.done.lock().unwrap().push(erasure.id);
        Ok(vec![SupportRequestId::new(uuid(30))])
    }
    async fn erasures(&self, only_open: bool) -> Result<Vec<Erasure>, PortError> {
        let done = self.done.lock().unwrap().clone();
        let noted = self.noted.lock().unwrap().clone();
        Ok(noted.into_iter().filter(|one| !only_open || !done.contains(&one.id)).collect())
    }
    async fn closed_before(&self, _: OrganizationId, _: Timestamp, _: u32) -> Result<Vec<SupportRequestId>, PortError> {
        Ok(vec![SupportRequestId::new(uuid(31)), SupportRequestId::new(uuid(32))])
    }
}

#[async_trait]
impl Accounts for World {
    async fn close(
        &self,
        _: OrganizationId,
        _: ParticipantId,
        _: Option<SupportRequestId>,
    ) -> Result<Closing, PortError> {
        self.say("close");
        Ok(if *self.last_admin.lock().unwrap() { Closing::LastAdmin } else { Closing::Closed })
    }
}

#[async_trait]
impl Messages for World {
    async fn delete(&self, _: OrganizationId, messages: Vec<(ConversationId, MessageId)>) -> Result<(), PortError> {
        assert_eq!(messages.len(), 1);
        self.say("delete messages");
        Ok(())
    }
}

#[async_trait]
impl FilesLeft for World {
    async fn remove_deleted(&self) -> Result<(), PortError> {
        self.say("remove files");
        if *self.storage_is_down.lock().unwrap() { Err(PortError::unavailable("the storage is down")) } else { Ok(()) }
    }
}

#[async_trait]
impl Live for World {
    async fn erased(&self, _: OrganizationId, requests: &[SupportRequestId]) {
        assert_eq!(requests, [SupportRequestId::new(uuid(30))]);
        self.say("tell");
    }
}

#[async_trait]
impl PersonalDataStore for World {
    async fn personal_data(
        &self,
        _: OrganizationId,
        person: ParticipantId,
        support_request: Option<SupportRequestId>,
    ) -> Result<PersonalData, PortError> {
        self.exported.lock().unwrap().push((person, support_request));
        let person = (person != ParticipantId::new(uuid(99))).then(|| serde_json::json!({}));
        Ok(PersonalData { person, ..PersonalData::default() })
    }
}

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

fn erasing() -> (Arc<World>, Erasing) {
    let world = Arc::new(World::default());
    let env = Arc::new(FixedEnv::new());
    let erasing = Erasing::new(world.clone(), world.clone(), world.clone(), world.clone(), world.clone(), env);
    (world, erasing)
}

fn of(person: Option<u128>, email: Option<&str>) -> ErasureRequest {
    ErasureRequest { person: person.map(|n| UserId::new(uuid(n))), email: email.map(str::to_owned) }
}

fn extents(world: &World) -> Vec<Extent> {
    world.noted.lock().unwrap().iter().map(|erasure| erasure.extent).collect()
}

#[tokio::test]
async fn the_way_in_is_closed_first_and_it_is_noted_before_anything_goes() {
    let (world, erasing) = erasing();
    let done = erasing.erase(&user(2, Role::Customer), &of(None, None)).await.unwrap();
    assert_eq!(done.len(), 1);
    assert_eq!(
        *world.happened.lock().unwrap(),
        ["close", "note", "delete messages", "mark files", "remove files", "blank", "tell"]
    );
    assert_eq!(extents(&world), [Extent::Person(ParticipantId::new(uuid(2)))]);
}

#[tokio::test]
async fn a_guests_token_reaches_no_further_than_its_request() {
    let (world, erasing) = erasing();
    erasing.erase(&guest(), &of(None, None)).await.unwrap();
    assert_eq!(extents(&world), [Extent::PersonIn(ParticipantId::new(uuid(5)), SupportRequestId::new(uuid(6)))]);
    let exporting = Exporting::new(world.clone());
    exporting.export(&guest(), None).await.unwrap();
    assert_eq!(*world.exported.lock().unwrap(), [(ParticipantId::new(uuid(5)), Some(SupportRequestId::new(uuid(6))))]);
}

#[tokio::test]
async fn only_an_admin_names_somebody_else() {
    let (world, erasing) = erasing();
    let exporting = Exporting::new(world.clone());
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
