//! Internal notes and members, in memory.

use async_trait::async_trait;
use kernel::{
    InternalNoteId, OrganizationId, ParticipantId, PortError, PortErrorKind, Role, SupportRequestId, Timestamp, UserId,
};

use super::{FakeStore, State, tx::FakeTx};
use crate::{InternalNote, Member, Members, Notes, Person};

impl State {
    /// The agents who were added to a request, in the order of their ids.
    pub(super) fn members_of(&self, key: (OrganizationId, SupportRequestId)) -> Vec<ParticipantId> {
        let mut members: Vec<ParticipantId> =
            self.members.get(&key).into_iter().flatten().map(|(id, _)| (*id).into()).collect();
        members.sort_unstable();
        members
    }
}

impl FakeStore {
    pub(super) fn notes_of(&self, organization: OrganizationId, request: SupportRequestId) -> Vec<InternalNote> {
        let state = self.state();
        let own = state.notes.iter().filter(|(of, note)| (*of, note.support_request) == (organization, request));
        let mut notes: Vec<InternalNote> = own.map(|(_, note)| note.clone()).collect();
        notes.sort_by_key(|note| note.id);
        notes
    }

    /// All that is known of an agent here is the name.
    pub(super) fn members_shown(&self, organization: OrganizationId, request: SupportRequestId) -> Vec<Member> {
        let state = self.state();
        let mut members = state.members.get(&(organization, request)).cloned().unwrap_or_default();
        members.sort_unstable_by_key(|(id, at)| (*at, *id));
        let name = |id| state.names.get(&(organization, id)).cloned().unwrap_or_default();
        let one = |(id, added_at)| Member { id, name: name(id), role: Role::Agent, added_at };
        members.into_iter().map(one).collect()
    }
}

#[async_trait]
impl Notes for FakeTx {
    async fn insert(&mut self, note: &InternalNote) -> Result<(), PortError> {
        self.enter("notes.insert")?;
        if !self.work.requests.contains_key(&(self.organization, note.support_request)) {
            return self.die(PortErrorKind::Corrupt, "no such request");
        }
        self.work.notes.push((self.organization, note.clone()));
        Ok(())
    }

    async fn get(&mut self, request: SupportRequestId, id: InternalNoteId) -> Result<Option<InternalNote>, PortError> {
        self.enter("notes.get")?;
        let is = |(of, note): &&(OrganizationId, InternalNote)| {
            (*of, note.support_request, note.id) == (self.organization, request, id)
        };
        Ok(self.work.notes.iter().find(is).map(|(_, note)| note.clone()))
    }

    async fn save(&mut self, note: &InternalNote) -> Result<(), PortError> {
        self.enter("notes.save")?;
        let key = (self.organization, note.id);
        match self.work.notes.iter_mut().find(|(of, one)| (*of, one.id) == key) {
            Some((_, stored)) => {
                *stored = note.clone();
                Ok(())
            }
            None => self.die(PortErrorKind::Conflict, "no such note"),
        }
    }
}

#[async_trait]
impl Members for FakeTx {
    async fn add(&mut self, request: SupportRequestId, agent: &Person, at: Timestamp) -> Result<(), PortError> {
        self.enter("members.add")?;
        if !self.work.requests.contains_key(&(self.organization, request)) {
            return self.die(PortErrorKind::Corrupt, "no such request");
        }
        let members = self.work.members.entry((self.organization, request)).or_default();
        if members.iter().all(|(id, _)| *id != agent.id) {
            members.push((agent.id, at));
        }
        Ok(())
    }

    async fn remove(&mut self, request: SupportRequestId, agent: UserId) -> Result<(), PortError> {
        self.enter("members.remove")?;
        let members = self.work.members.entry((self.organization, request)).or_default();
        members.retain(|(id, _)| *id != agent);
        Ok(())
    }
}
