//! The fake's transaction. After an error it is dead, as on PostgreSQL.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use kernel::{
    AuditEntry, AuditLog, Claim, Event, GuestId, GuestTokenId, IdempotentCall, IdempotentCalls, OrganizationId,
    PortError, PortErrorKind, Role, SessionId, Timestamp, UserId,
};
use uuid::Uuid;

use super::{
    concurrency::Turn,
    store::{FakeLetter, Faults, State},
};
use crate::{
    AccountToken, AccountTokenKind, AccountTokens, Email, Guest, GuestToken, GuestTokens, Guests, IdentityTx, Inserted,
    Letter, Letters, Organization, Organizations, Outbox, Revocation, Session, Sessions, TokenHash, User, Users,
};

/// Works on a copy of the state; a commit puts the copy in its place.
pub(super) struct FakeTx {
    organization: OrganizationId,
    copy: State,
    committed: Arc<Mutex<State>>,
    faults: Arc<Faults>,
    dead: bool,
    _turn: Turn,
}

impl FakeTx {
    pub(super) fn new(
        organization: OrganizationId,
        copy: State,
        committed: Arc<Mutex<State>>,
        faults: Arc<Faults>,
        turn: Turn,
    ) -> Self {
        Self { organization, copy, committed, faults, dead: false, _turn: turn }
    }

    /// What every call does first.
    fn call(&mut self) -> Result<&mut State, PortError> {
        if self.dead {
            return Err(PortError::unavailable("the transaction failed before"));
        }
        if let Err(error) = self.faults.pass() {
            self.dead = true;
            return Err(error);
        }
        Ok(&mut self.copy)
    }

    fn fail<T>(&mut self, kind: PortErrorKind, why: &'static str) -> Result<T, PortError> {
        self.dead = true;
        Err(PortError::new(kind, why))
    }
}

#[async_trait]
impl IdentityTx for FakeTx {
    fn organizations(&mut self) -> &mut dyn Organizations {
        self
    }
    fn users(&mut self) -> &mut dyn Users {
        self
    }
    fn sessions(&mut self) -> &mut dyn Sessions {
        self
    }
    fn guests(&mut self) -> &mut dyn Guests {
        self
    }
    fn guest_tokens(&mut self) -> &mut dyn GuestTokens {
        self
    }
    fn account_tokens(&mut self) -> &mut dyn AccountTokens {
        self
    }
    fn letters(&mut self) -> &mut dyn Letters {
        self
    }
    async fn revoke(&mut self, revocation: &Revocation) -> Result<(), PortError> {
        if revocation.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        self.call()?.revocations.push(*revocation);
        Ok(())
    }
    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }
    fn calls(&mut self) -> &mut dyn IdempotentCalls {
        self
    }
    fn audit(&mut self) -> &mut dyn AuditLog {
        self
    }
    async fn commit(mut self: Box<Self>) -> Result<(), PortError> {
        self.call()?;
        *self.committed.lock().unwrap_or_else(PoisonError::into_inner) = std::mem::take(&mut self.copy);
        Ok(())
    }
}

#[async_trait]
impl Organizations for FakeTx {
    async fn insert(&mut self, organization: &Organization) -> Result<Inserted, PortError> {
        if organization.id != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        let state = self.call()?;
        let same = |o: &Organization| o.slug == organization.slug || o.widget_key == organization.widget_key;
        if state.organizations.values().any(same) {
            return Ok(Inserted::Taken);
        }
        state.organizations.insert(organization.id, organization.clone());
        Ok(Inserted::Done)
    }

    async fn find(&mut self) -> Result<Option<Organization>, PortError> {
        let id = self.organization;
        Ok(self.call()?.organizations.get(&id).cloned())
    }

    async fn lock(&mut self) -> Result<Option<Organization>, PortError> {
        Organizations::find(self).await
    }

    async fn save(&mut self, organization: &Organization) -> Result<(), PortError> {
        if organization.id != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        let state = self.call()?;
        let Some(stored) = state.organizations.get_mut(&organization.id) else {
            return self.fail(PortErrorKind::Corrupt, "no such organisation");
        };
        let Organization { slug, widget_key, epoch, created_at, .. } = stored.clone();
        *stored = Organization { slug, widget_key, epoch, created_at, ..organization.clone() };
        Ok(())
    }
}

#[async_trait]
impl Users for FakeTx {
    async fn insert(&mut self, user: &User) -> Result<Inserted, PortError> {
        let record = user.record();
        if record.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        let state = self.call()?;
        if state.users.values().any(|one| one.organization == record.organization && one.email == record.email) {
            return Ok(Inserted::Taken);
        }
        state.users.insert(record.id, record.clone());
        Ok(Inserted::Done)
    }

    async fn find(&mut self, id: UserId) -> Result<Option<User>, PortError> {
        let organization = self.organization;
        let found = self.call()?.users.get(&id).filter(|user| user.organization == organization);
        Ok(found.cloned().map(User::from_record))
    }

    async fn lock(&mut self, id: UserId) -> Result<Option<User>, PortError> {
        Users::find(self, id).await
    }

    async fn lock_admins(&mut self) -> Result<Vec<UserId>, PortError> {
        let organization = self.organization;
        let users = self.call()?.users.values();
        let admins = users.filter(|user| user.organization == organization && user.active && user.role == Role::Admin);
        Ok(admins.map(|user| user.id).collect())
    }

    async fn save(&mut self, user: &User) -> Result<Inserted, PortError> {
        let mut record = user.record().clone();
        let state = self.call()?;
        let stored = state.users.get(&record.id).filter(|stored| stored.organization == record.organization);
        if stored.is_none_or(|stored| stored.version != record.version) {
            return self.fail(PortErrorKind::Conflict, "a stale user");
        }
        let same = |one: &&crate::UserRecord| one.organization == record.organization && one.email == record.email;
        if state.users.values().filter(same).any(|one| one.id != record.id) {
            return Ok(Inserted::Taken);
        }
        record.version += 1;
        state.users.insert(record.id, record);
        Ok(Inserted::Done)
    }
}

#[async_trait]
impl Sessions for FakeTx {
    async fn insert(&mut self, session: &Session) -> Result<(), PortError> {
        Sessions::save(self, session).await
    }

    async fn lock(&mut self, id: SessionId) -> Result<Option<Session>, PortError> {
        let organization = self.organization;
        let found = self.call()?.sessions.get(&id).filter(|session| session.organization == organization);
        Ok(found.cloned().map(Session::from_record))
    }

    async fn lock_of(&mut self, user: UserId) -> Result<Vec<Session>, PortError> {
        let organization = self.organization;
        let sessions = self.call()?.sessions.values();
        let own = sessions.filter(|one| one.organization == organization && one.user == user && one.ended.is_none());
        Ok(own.cloned().map(Session::from_record).collect())
    }

    async fn save(&mut self, session: &Session) -> Result<(), PortError> {
        let record = session.record().clone();
        if record.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        self.call()?.sessions.insert(record.id, record);
        Ok(())
    }
}

#[async_trait]
impl Guests for FakeTx {
    async fn find_or_insert(&mut self, guest: &Guest) -> Result<Guest, PortError> {
        if guest.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        let state = self.call()?;
        let same = |one: &&Guest| one.organization == guest.organization && one.email == guest.email;
        if guest.email.is_some()
            && let Some(known) = state.guests.values().find(same)
        {
            return Ok(known.clone());
        }
        state.guests.insert(guest.id, guest.clone());
        Ok(guest.clone())
    }

    async fn follow(&mut self, guest: &Guest) -> Result<(), PortError> {
        if guest.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        let state = self.call()?;
        let same = |one: &Guest| one.organization == guest.organization && one.email == guest.email;
        let taken = guest.email.is_some() && state.guests.values().any(|one| one.id != guest.id && same(one));
        match state.guests.get_mut(&guest.id) {
            Some(stored) => stored.email = guest.email.clone().filter(|_| !taken),
            None if guest.email.is_some() && !taken => drop(state.guests.insert(guest.id, guest.clone())),
            None => {}
        }
        Ok(())
    }
}

#[async_trait]
impl AccountTokens for FakeTx {
    async fn insert(&mut self, token: &AccountToken) -> Result<(), PortError> {
        if token.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        self.call()?.account_tokens.insert(token.id, token.clone());
        Ok(())
    }

    async fn lock(&mut self, hash: &TokenHash) -> Result<Option<AccountToken>, PortError> {
        let organization = self.organization;
        let tokens = &self.call()?.account_tokens;
        Ok(tokens.values().find(|one| one.organization == organization && one.hash == *hash).cloned())
    }

    async fn newest(
        &mut self,
        kind: AccountTokenKind,
        email: &Email,
        now: Timestamp,
    ) -> Result<Option<AccountToken>, PortError> {
        let organization = self.organization;
        let tokens = self.call()?.account_tokens.values();
        let found =
            tokens.filter(|one| one.organization == organization && one.email == *email && one.is_good(kind, now));
        Ok(found.max_by_key(|one| (one.created_at, one.id)).cloned())
    }

    async fn use_up(&mut self, kind: AccountTokenKind, email: &Email, now: Timestamp) -> Result<(), PortError> {
        let organization = self.organization;
        for one in self.call()?.account_tokens.values_mut() {
            if one.organization == organization && one.kind == kind && one.email == *email {
                one.used_at = one.used_at.or(Some(now));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Letters for FakeTx {
    async fn insert(&mut self, letter: &Letter) -> Result<(), PortError> {
        if letter.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        let waiting =
            FakeLetter { letter: letter.clone(), attempts: 0, next_at: Some(letter.created_at), over_at: None };
        self.call()?.letters.insert(letter.id, waiting);
        Ok(())
    }
}

#[async_trait]
impl GuestTokens for FakeTx {
    async fn insert(&mut self, token: &GuestToken) -> Result<(), PortError> {
        GuestTokens::save(self, token).await
    }

    async fn lock(&mut self, id: GuestTokenId) -> Result<Option<GuestToken>, PortError> {
        let organization = self.organization;
        Ok(self.call()?.guest_tokens.get(&id).filter(|token| token.organization == organization).cloned())
    }

    async fn lock_of(&mut self, guest: GuestId) -> Result<Vec<GuestToken>, PortError> {
        let organization = self.organization;
        let tokens = self.call()?.guest_tokens.values();
        let own =
            tokens.filter(|one| one.organization == organization && one.guest == guest && one.revoked_at.is_none());
        Ok(own.cloned().collect())
    }

    async fn save(&mut self, token: &GuestToken) -> Result<(), PortError> {
        if token.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        self.call()?.guest_tokens.insert(token.id, token.clone());
        Ok(())
    }
}

#[async_trait]
impl AuditLog for FakeTx {
    async fn record(&mut self, entry: &AuditEntry) -> Result<(), PortError> {
        if entry.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        self.call()?.audit.push(entry.clone());
        Ok(())
    }
}

#[async_trait]
impl Outbox for FakeTx {
    async fn append(&mut self, event: &Event) -> Result<(), PortError> {
        if event.organization != self.organization {
            return self.fail(PortErrorKind::Corrupt, "another organisation's");
        }
        self.call()?.events.push(event.clone());
        Ok(())
    }
}

#[async_trait]
impl IdempotentCalls for FakeTx {
    async fn claim(&mut self, call: &IdempotentCall, resource: Uuid, now: Timestamp) -> Result<Claim, PortError> {
        let organization = self.organization;
        Ok(self.call()?.calls.claim(organization, call, resource, now))
    }

    async fn find(&mut self, call: &IdempotentCall, now: Timestamp) -> Result<Claim, PortError> {
        let organization = self.organization;
        Ok(self.call()?.calls.find(organization, call, now))
    }
}
