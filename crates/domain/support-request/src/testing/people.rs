//! The people of an organisation, and those who are told.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use kernel::{OrganizationId, PortError, UserId};

use crate::{NoteChange, People, Person, RequestChange, RequestFeed, Requester};

/// People who were put in.
#[derive(Debug, Default)]
pub struct FakePeople {
    agents: Mutex<BTreeMap<(OrganizationId, UserId), Person>>,
    requesters: Mutex<BTreeMap<(OrganizationId, UserId), Requester>>,
}

impl FakePeople {
    /// Puts an active member of staff in.
    pub fn add_agent(&self, organization: OrganizationId, person: Person) {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner).insert((organization, person.id), person);
    }

    /// Puts somebody in who may ask.
    pub fn add_requester(&self, organization: OrganizationId, requester: Requester) {
        let id = UserId::new(requester.id.uuid());
        self.requesters.lock().unwrap_or_else(PoisonError::into_inner).insert((organization, id), requester);
    }
}

#[async_trait]
impl People for FakePeople {
    async fn agent(&self, organization: OrganizationId, id: UserId) -> Result<Option<Person>, PortError> {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(agents.get(&(organization, id)).cloned())
    }

    async fn requester(&self, organization: OrganizationId, id: UserId) -> Result<Option<Requester>, PortError> {
        let requesters = self.requesters.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(requesters.get(&(organization, id)).cloned())
    }
}

/// Keeps every change it is told of.
#[derive(Debug, Default)]
pub struct RecordedFeed {
    changes: Mutex<Vec<RequestChange>>,
    notes: Mutex<Vec<NoteChange>>,
}

impl RecordedFeed {
    /// All that was told since this was last asked.
    pub fn take(&self) -> Vec<RequestChange> {
        std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All that was told of notes since this was last asked.
    pub fn take_notes(&self) -> Vec<NoteChange> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RequestFeed for RecordedFeed {
    fn changed(&self, change: &RequestChange) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change.clone());
    }

    fn noted(&self, change: &NoteChange) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(change.clone());
    }
}
