//! The ports of privacy, over a list of what was asked of them.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use kernel::{
    AuditEntry, AuditTrail, ConversationId, MessageId, OrganizationId, ParticipantId, PortError, SupportRequestId,
    Timestamp, UserId,
};
use uuid::Uuid;

use crate::{
    Accounts, Closing, Erasure, ErasureStore, FilesLeft, Live, MailsLeft, Messages, PersonalData, PersonalDataStore,
};

/// What is behind all ports: a list of what happened, and what is noted. Two people are known by the e-mail
/// `lea@example.com`, nobody by another, and everybody by an id but [`FakePrivacy::NOBODY`].
#[derive(Debug, Default)]
pub struct FakePrivacy {
    /// What was asked for, in order.
    pub happened: Mutex<Vec<&'static str>>,
    /// What was noted.
    pub noted: Mutex<Vec<Erasure>>,
    /// What was done.
    pub done: Mutex<Vec<Uuid>>,
    /// What was handed out.
    pub exported: Mutex<Vec<(ParticipantId, Option<SupportRequestId>)>>,
    /// What the audit log was told.
    pub audited: Mutex<Vec<&'static str>>,
    /// Whether everybody is the last administrator.
    pub last_admin: Mutex<bool>,
    /// Whether the bytes of files cannot be removed.
    pub storage_is_down: Mutex<bool>,
}

impl FakePrivacy {
    /// The id that nobody has.
    pub const NOBODY: ParticipantId = ParticipantId::new(Uuid::from_u128(99));

    fn say(&self, what: &'static str) {
        self.happened.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}

#[async_trait]
impl ErasureStore for FakePrivacy {
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
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).push(*erasure);
        Ok(())
    }
    async fn messages(&self, _: &Erasure) -> Result<Vec<(ConversationId, MessageId)>, PortError> {
        Ok(vec![(ConversationId::new(uuid(20)), MessageId::new(uuid(21)))])
    }
    async fn mark_files(&self, _: &Erasure) -> Result<(), PortError> {
        self.say("mark files");
        Ok(())
    }
    async fn addresses(&self, _: &Erasure) -> Result<Vec<String>, PortError> {
        Ok(vec!["lea@example.com".to_owned()])
    }
    async fn blank(&self, erasure: &Erasure, _: Timestamp) -> Result<Vec<SupportRequestId>, PortError> {
        self.say("blank");
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(erasure.id);
        Ok(vec![SupportRequestId::new(uuid(30))])
    }
    async fn erasures(&self, only_open: bool) -> Result<Vec<Erasure>, PortError> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(noted.into_iter().filter(|one| !only_open || !done.contains(&one.id)).collect())
    }
    async fn closed_before(&self, _: OrganizationId, _: Timestamp, _: u32) -> Result<Vec<SupportRequestId>, PortError> {
        Ok(vec![SupportRequestId::new(uuid(31)), SupportRequestId::new(uuid(32))])
    }
}

#[async_trait]
impl Accounts for FakePrivacy {
    async fn close(
        &self,
        _: OrganizationId,
        _: ParticipantId,
        _: Option<SupportRequestId>,
    ) -> Result<Closing, PortError> {
        self.say("close");
        Ok(if *self.last_admin.lock().unwrap_or_else(PoisonError::into_inner) {
            Closing::LastAdmin
        } else {
            Closing::Closed
        })
    }
}

#[async_trait]
impl Messages for FakePrivacy {
    async fn delete(&self, _: OrganizationId, messages: Vec<(ConversationId, MessageId)>) -> Result<(), PortError> {
        debug_assert_eq!(messages.len(), 1);
        self.say("delete messages");
        Ok(())
    }
}

#[async_trait]
impl FilesLeft for FakePrivacy {
    async fn remove_deleted(&self) -> Result<(), PortError> {
        self.say("remove files");
        if *self.storage_is_down.lock().unwrap_or_else(PoisonError::into_inner) {
            Err(PortError::unavailable("the storage is down"))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl MailsLeft for FakePrivacy {
    async fn remove(&self, addresses: &[String]) -> Result<(), PortError> {
        debug_assert_eq!(addresses, ["lea@example.com"]);
        self.say("remove mails");
        Ok(())
    }
}

#[async_trait]
impl Live for FakePrivacy {
    async fn erased(&self, _: OrganizationId, requests: &[SupportRequestId]) {
        debug_assert_eq!(requests, [SupportRequestId::new(uuid(30))]);
        self.say("tell");
    }
}

#[async_trait]
impl AuditTrail for FakePrivacy {
    async fn record_alone(&self, entry: &AuditEntry) -> Result<(), PortError> {
        self.audited.lock().unwrap_or_else(PoisonError::into_inner).push(entry.action);
        Ok(())
    }
}

#[async_trait]
impl PersonalDataStore for FakePrivacy {
    async fn personal_data(
        &self,
        _: OrganizationId,
        person: ParticipantId,
        support_request: Option<SupportRequestId>,
    ) -> Result<PersonalData, PortError> {
        self.exported.lock().unwrap_or_else(PoisonError::into_inner).push((person, support_request));
        let person = (person != Self::NOBODY).then(|| serde_json::json!({ "id": person }));
        Ok(PersonalData { person, ..PersonalData::default() })
    }
}

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
