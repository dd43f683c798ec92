//! Export: what is known of a person, for them to take along.

use std::sync::Arc;

use kernel::{AttachmentId, AuditEntry, AuditTrail, Caller, Env, ParticipantId, Role, UserId};
use serde_json::Value;

use crate::{Extent, PersonalDataStore, PrivacyError, erasing::own};

/// What is known of somebody. Each part is a list of JSON objects, named as everywhere else in the API.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PersonalData {
    /// The account, or what a guest said of themselves.
    pub person: Option<Value>,
    /// Where they are signed in.
    pub sessions: Vec<Value>,
    /// The requests that they opened.
    pub support_requests: Vec<Value>,
    /// What was said in those, and what they said elsewhere.
    pub messages: Vec<Value>,
    /// What they did to requests.
    pub timeline: Vec<Value>,
    /// The files that they sent.
    pub files: Vec<OwnFile>,
}

/// A file that somebody sent.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnFile {
    /// The file.
    pub id: AttachmentId,
    /// What is known of it.
    pub about: Value,
}

/// The use case of export.
pub struct Exporting {
    store: Arc<dyn PersonalDataStore>,
    audit: Arc<dyn AuditTrail>,
    env: Arc<dyn Env>,
}

impl Exporting {
    /// Puts it together.
    pub fn new(store: Arc<dyn PersonalDataStore>, audit: Arc<dyn AuditTrail>, env: Arc<dyn Env>) -> Self {
        Self { store, audit, env }
    }

    /// All that is stored of whoever asks, a guest's as far as the token reaches; for an administrator, of anybody.
    ///
    /// # Errors
    /// `NotAllowed` for somebody else; `PersonNotFound`.
    pub async fn export(&self, caller: &Caller, person: Option<UserId>) -> Result<PersonalData, PrivacyError> {
        let named = person.map(ParticipantId::from).filter(|person| *person != caller.participant());
        let extent = match named {
            None => own(caller),
            Some(person) => {
                caller.at_least(Role::Admin)?;
                Extent::Person(person)
            }
        };
        let (person, request) = match extent {
            Extent::Person(person) => (person, None),
            Extent::PersonIn(person, request) => (person, Some(request)),
            Extent::Request(_) => return Err(PrivacyError::PersonNotFound),
        };
        let data = self.store.personal_data(caller.organization(), person, request).await?;
        if data.person.is_none() {
            return Err(PrivacyError::PersonNotFound);
        }
        let entry = AuditEntry::by(caller, "privacy.exported", &*self.env).on("person", person.uuid());
        self.audit.record_alone(&entry).await?;
        Ok(data)
    }
}
