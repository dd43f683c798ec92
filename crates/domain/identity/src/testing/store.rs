//! A store in memory: one transaction at a time, on a copy that a commit puts in place.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use kernel::{
    AccountTokenId, AuditEntry, Event, GuestId, GuestTokenId, LetterId, OrganizationId, Page, PageRequest,
    ParticipantId, PortError, PortErrorKind, SessionId, Timestamp, UserId, Whence, testing::CallsInMemory,
};

use super::{concurrency::Turnstile, transaction::FakeTx};
use crate::{
    AccountToken, AuditFilter, AuditRecord, AuditViews, Credentials, Email, ExpiredTokens, Guest, GuestToken,
    IdentityStore, IdentityTx, IdentityViews, Letter, LetterQueue, Organization, Revocation, Revocations, Sealed,
    SessionRecord, SigningKey, SigningKeyStore, TokenHash, UserFilter, UserRecord, UserView, WaitingLetter,
};

/// Everything that is stored.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) organizations: BTreeMap<OrganizationId, Organization>,
    pub(super) users: BTreeMap<UserId, UserRecord>,
    pub(super) sessions: BTreeMap<SessionId, SessionRecord>,
    pub(super) guests: BTreeMap<GuestId, Guest>,
    pub(super) guest_tokens: BTreeMap<GuestTokenId, GuestToken>,
    pub(super) account_tokens: BTreeMap<AccountTokenId, AccountToken>,
    pub(super) letters: BTreeMap<LetterId, FakeLetter>,
    pub(super) revocations: Vec<Revocation>,
    pub(super) events: Vec<Event>,
    pub(super) audit: Vec<AuditEntry>,
    pub(super) calls: CallsInMemory,
    keys: Vec<SigningKey>,
}

/// A letter and how far it has come.
#[derive(Debug, Clone)]
pub(super) struct FakeLetter {
    pub(super) letter: Letter,
    pub(super) attempts: u32,
    /// Nothing once it was sent or given up.
    pub(super) next_at: Option<Timestamp>,
    pub(super) over_at: Option<Timestamp>,
}

/// Faults that a test plants.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// The calls of transactions until one fails; 0 is none.
    countdown: AtomicUsize,
    kind: Mutex<Option<PortErrorKind>>,
}

impl Faults {
    /// Fails when the planted call is reached.
    pub(super) fn pass(&self) -> Result<(), PortError> {
        let reached = self.countdown.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)) == Ok(1);
        match (reached, *self.kind.lock().unwrap_or_else(PoisonError::into_inner)) {
            (true, Some(kind)) => Err(PortError::new(kind, "a planted fault")),
            _ => Ok(()),
        }
    }
}

/// A store in memory that fills all ports of storage.
#[derive(Debug, Clone, Default)]
pub struct FakeStore {
    state: Arc<Mutex<State>>,
    turnstile: Turnstile,
    faults: Arc<Faults>,
}

impl FakeStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the `n`-th call of a transaction from now on fail; `begin` and `commit` count as calls.
    pub fn fail_at(&self, n: usize, kind: PortErrorKind) {
        *self.faults.kind.lock().unwrap_or_else(PoisonError::into_inner) = Some(kind);
        self.faults.countdown.store(n, Ordering::SeqCst);
    }

    /// Whether a planted fault is still to come.
    pub fn fault_is_pending(&self) -> bool {
        self.faults.countdown.load(Ordering::SeqCst) > 0
    }

    /// The events committed so far.
    pub fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// The entries of the audit log committed so far, the oldest first.
    pub fn audit(&self) -> Vec<AuditEntry> {
        self.state().audit.clone()
    }

    /// A session as stored.
    pub fn session(&self, id: SessionId) -> Option<SessionRecord> {
        self.state().sessions.get(&id).cloned()
    }

    /// Everything that is stored, as one text: for comparing, and for searching secrets.
    pub fn dump(&self) -> String {
        format!("{:#?}", self.state())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl IdentityStore for FakeStore {
    async fn begin(&self, organization: OrganizationId) -> Result<Box<dyn IdentityTx>, PortError> {
        let turn = self.turnstile.enter().await;
        self.faults.pass()?;
        let copy = self.state().clone();
        Ok(Box::new(FakeTx::new(organization, copy, self.state.clone(), self.faults.clone(), turn)))
    }
}

#[async_trait]
impl AuditViews for FakeStore {
    async fn audit_log(
        &self,
        organization: OrganizationId,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditRecord>, PortError> {
        let state = self.state();
        let name = |id: uuid::Uuid| state.users.get(&UserId::new(id)).map(UserRecord::full_name);
        let is_within = |action: &str, wanted: &str| {
            action == wanted || action.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
        };
        let wanted = |entry: &&AuditEntry| {
            entry.organization == organization
                && filter.actor.is_none_or(|actor| entry.actor.map(ParticipantId::uuid) == Some(actor))
                && filter.action.as_deref().is_none_or(|action| is_within(entry.action, action))
                && filter.target.is_none_or(|target| entry.target.map(|(_, id)| id) == Some(target))
                && filter.from.is_none_or(|from| entry.at >= from)
                && filter.to.is_none_or(|to| entry.at < to)
        };
        let mut found: Vec<_> = state.audit.iter().filter(wanted).collect();
        found.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
        let total = found.len() as u64;
        let record = |entry: &AuditEntry| AuditRecord {
            id: entry.id,
            actor: entry.actor.map(|id| (id.uuid(), name(id.uuid()))),
            action: entry.action.to_owned(),
            target: entry.target.map(|(kind, id)| (kind.to_owned(), id, name(id))),
            address: match &entry.whence {
                Whence::Address(address) => address.clone(),
                Whence::Session(session) => state.sessions.get(session).and_then(|one| one.client.address.clone()),
            },
            details: serde_json::Value::Object(entry.details.clone()),
            at: entry.at,
        };
        let (offset, limit) = (usize::try_from(page.offset()).unwrap_or(usize::MAX), page.limit() as usize);
        let items = found.into_iter().skip(offset).take(limit).map(record).collect();
        Ok(Page { items, request: page, total })
    }
}

#[async_trait]
impl IdentityViews for FakeStore {
    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, PortError> {
        Ok(self.state().organizations.get(&id).cloned())
    }

    async fn organization_named(&self, name: &str) -> Result<Option<Organization>, PortError> {
        let named = |o: &&Organization| o.slug.as_str() == name || o.widget_key.as_str() == name;
        Ok(self.state().organizations.values().find(named).cloned())
    }

    async fn organizations(&self) -> Result<Vec<Organization>, PortError> {
        let mut all: Vec<_> = self.state().organizations.values().cloned().collect();
        all.sort_by_key(|organization| (organization.created_at, organization.id));
        Ok(all)
    }

    async fn only_organization(&self) -> Result<Option<Organization>, PortError> {
        let state = self.state();
        let only = state.organizations.values().next().filter(|_| state.organizations.len() == 1);
        Ok(only.cloned())
    }

    async fn credentials(&self, organization: OrganizationId, email: &Email) -> Result<Option<Credentials>, PortError> {
        let state = self.state();
        let found = state.users.values().find(|user| user.organization == organization && user.email == *email);
        Ok(found.map(|user| Credentials {
            user: user.id,
            password_hash: user.password_hash.clone(),
            active: user.active,
        }))
    }

    async fn user(&self, organization: OrganizationId, id: UserId) -> Result<Option<UserView>, PortError> {
        Ok(self.state().users.get(&id).filter(|user| user.organization == organization).map(UserRecord::view))
    }

    async fn users(
        &self,
        organization: OrganizationId,
        filter: &UserFilter,
        page: PageRequest,
    ) -> Result<Page<UserView>, PortError> {
        let shown = |user: &&UserRecord| user.organization == organization && matches(filter, user);
        let mut found: Vec<_> = self.state().users.values().filter(shown).map(UserRecord::view).collect();
        found.sort_by_key(|user| (user.last_name.to_lowercase(), user.first_name.to_lowercase(), user.id));
        let total = found.len() as u64;
        let (offset, limit) = (usize::try_from(page.offset()).unwrap_or(usize::MAX), page.limit() as usize);
        Ok(Page { items: found.into_iter().skip(offset).take(limit).collect(), request: page, total })
    }

    async fn sessions(
        &self,
        organization: OrganizationId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, PortError> {
        let live = |session: &&SessionRecord| {
            session.organization == organization
                && session.user == user
                && session.ended.is_none()
                && session.expires_at > now
        };
        let mut found: Vec<_> = self.state().sessions.values().filter(live).cloned().collect();
        found.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        Ok(found)
    }

    async fn guest(&self, organization: OrganizationId, id: GuestId) -> Result<Option<Guest>, PortError> {
        Ok(self.state().guests.get(&id).filter(|guest| guest.organization == organization).cloned())
    }

    async fn guest_token(&self, hash: &TokenHash) -> Result<Option<GuestToken>, PortError> {
        Ok(self.state().guest_tokens.values().find(|token| token.hash == *hash).cloned())
    }
}

#[async_trait]
impl Revocations for FakeStore {
    async fn since(&self, at: Timestamp) -> Result<Vec<Revocation>, PortError> {
        let mut found: Vec<_> = self.state().revocations.iter().filter(|one| one.at >= at).copied().collect();
        found.sort_by_key(|revocation| revocation.at);
        Ok(found)
    }
}

#[async_trait]
impl ExpiredTokens for FakeStore {
    async fn purge(&self, before: Timestamp) -> Result<u64, PortError> {
        let _turn = self.turnstile.enter().await;
        let mut state = self.state();
        let count = |state: &State| {
            let tokens = state.guest_tokens.len() + state.account_tokens.len();
            state.revocations.len() + state.sessions.len() + tokens + state.letters.len() + state.keys.len()
        };
        let had = count(&state);
        state.revocations.retain(|revocation| revocation.at >= before);
        state.sessions.retain(|_, session| {
            session.expires_at >= before && session.ended.is_none_or(|(ended_at, _)| ended_at >= before)
        });
        state.guest_tokens.retain(|_, token| {
            token.expires_at >= before && token.revoked_at.is_none_or(|revoked_at| revoked_at >= before)
        });
        state
            .account_tokens
            .retain(|_, token| token.expires_at >= before && token.used_at.is_none_or(|used_at| used_at >= before));
        state.letters.retain(|_, letter| letter.over_at.is_none_or(|over_at| over_at >= before));
        state.keys.retain(|key| key.verifies_until.is_none_or(|until| until >= before));
        Ok((had - count(&state)) as u64)
    }
}

#[async_trait]
impl LetterQueue for FakeStore {
    async fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<WaitingLetter>, PortError> {
        let mut state = self.state();
        let mut due: Vec<_> = state.letters.values().filter_map(|one| Some((one.next_at?, one.letter.id))).collect();
        due.retain(|(at, _)| *at <= now);
        due.sort();
        let mut claimed = Vec::new();
        for (_, id) in due.into_iter().take(limit as usize) {
            if let Some(one) = state.letters.get_mut(&id) {
                one.attempts += 1;
                one.next_at = Some(until);
                claimed.push(WaitingLetter { letter: one.letter.clone(), attempts: one.attempts });
            }
        }
        Ok(claimed)
    }

    async fn sent(&self, organization: OrganizationId, id: LetterId, at: Timestamp) -> Result<(), PortError> {
        self.failed(organization, id, None, at).await
    }

    async fn failed(
        &self,
        organization: OrganizationId,
        id: LetterId,
        again: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<(), PortError> {
        let mut state = self.state();
        let Some(one) = state.letters.get_mut(&id).filter(|one| one.letter.organization == organization) else {
            return Ok(());
        };
        one.next_at = again;
        if again.is_none() {
            one.over_at = Some(at);
            one.letter.content = Sealed::new("");
        }
        Ok(())
    }
}

#[async_trait]
impl SigningKeyStore for FakeStore {
    async fn list(&self) -> Result<Vec<SigningKey>, PortError> {
        Ok(self.state().keys.clone())
    }

    async fn insert_first(&self, key: &SigningKey) -> Result<bool, PortError> {
        let mut state = self.state();
        if state.keys.is_empty() {
            state.keys.push(key.clone());
            return Ok(true);
        }
        Ok(false)
    }

    async fn replace(&self, old: &str, verifies_until: Timestamp, new: &SigningKey) -> Result<bool, PortError> {
        let mut state = self.state();
        let Some(old) = state.keys.iter_mut().find(|key| key.material.id == old && key.verifies_until.is_none()) else {
            return Ok(false);
        };
        old.verifies_until = Some(verifies_until);
        state.keys.push(new.clone());
        Ok(true)
    }
}

fn matches(filter: &UserFilter, user: &UserRecord) -> bool {
    let contains = |text: &str| {
        let text = text.to_lowercase();
        [user.email.as_str(), user.first_name.as_str(), user.last_name.as_str()]
            .iter()
            .any(|part| part.to_lowercase().contains(&text))
    };
    (filter.roles.is_empty() || filter.roles.contains(&user.role))
        && filter.active.is_none_or(|active| active == user.active)
        && filter.text.as_deref().is_none_or(contains)
}
