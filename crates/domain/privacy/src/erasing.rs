//! Erasure: what a person left goes, and stays gone.

use std::sync::Arc;

use kernel::{
    AuditEntry, AuditTrail, Caller, Env, OrganizationId, ParticipantId, PortErrorKind, Role, Timestamp, UserId,
};
use uuid::Uuid;

use crate::{Accounts, Closing, Erasure, ErasureStore, Extent, FilesLeft, Live, MailsLeft, Messages, PrivacyError};

/// How many requests whose time is over are erased in one go.
const BATCH: u32 = 200;

/// Who is to be forgotten; nobody named: whoever asks.
#[derive(Debug, Clone, Default)]
pub struct ErasureRequest {
    /// A user, or a guest.
    pub person: Option<UserId>,
    /// Everybody who is known by this e-mail.
    pub email: Option<String>,
}

/// An erasure that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Its id in the log of erasures.
    pub id: Uuid,
    /// Who was forgotten.
    pub person: ParticipantId,
    /// When.
    pub at: Timestamp,
}

/// The use cases of erasure.
pub struct Erasing {
    store: Arc<dyn ErasureStore>,
    accounts: Arc<dyn Accounts>,
    messages: Arc<dyn Messages>,
    files: Arc<dyn FilesLeft>,
    mails: Arc<dyn MailsLeft>,
    live: Arc<dyn Live>,
    audit: Arc<dyn AuditTrail>,
    env: Arc<dyn Env>,
}

impl Erasing {
    /// Puts it together.
    #[expect(clippy::too_many_arguments, reason = "each is a port of its own")]
    pub fn new(
        store: Arc<dyn ErasureStore>,
        accounts: Arc<dyn Accounts>,
        messages: Arc<dyn Messages>,
        files: Arc<dyn FilesLeft>,
        mails: Arc<dyn MailsLeft>,
        live: Arc<dyn Live>,
        audit: Arc<dyn AuditTrail>,
        env: Arc<dyn Env>,
    ) -> Self {
        Self { store, accounts, messages, files, mails, live, audit, env }
    }

    /// Erases a person: all of it is done when this returns. Everybody may have themselves erased, a guest as far as
    /// the token reaches; an administrator anybody.
    ///
    /// # Errors
    /// `NotAllowed` for somebody else; `PersonNotFound`; `LastAdmin`; a port error, after which what was begun is
    /// carried on by [`Self::carry_on`].
    pub async fn erase(&self, caller: &Caller, request: &ErasureRequest) -> Result<Vec<Erased>, PrivacyError> {
        let mut done = Vec::new();
        for extent in self.extents(caller, request).await? {
            let (person, support_request) = match extent {
                Extent::Person(person) => (person, None),
                Extent::PersonIn(person, support_request) => (person, Some(support_request)),
                Extent::Request(_) => continue,
            };
            let organization = caller.organization();
            // First the way in, so that nothing comes after what was looked for.
            if self.accounts.close(organization, person, support_request).await? == Closing::LastAdmin {
                return Err(PrivacyError::LastAdmin);
            }
            let at = self.env.now();
            let erasure = Erasure { id: self.env.uuid(), organization, extent, requested_at: at };
            self.store.note(&erasure).await?;
            let entry = AuditEntry::by(caller, "privacy.erased", &*self.env).on("person", person.uuid());
            self.audit.record_alone(&entry.with("erasure_id", erasure.id.to_string())).await?;
            self.carry_out(&erasure).await?;
            done.push(Erased { id: erasure.id, person, at });
        }
        Ok(done)
    }

    /// Erases requests that were closed before this moment, with all that was said in them. How many; those that are
    /// left when there are many wait for the next call.
    ///
    /// # Errors
    /// A port error; what was begun is carried on by [`Self::carry_on`].
    pub async fn erase_expired(&self, organization: OrganizationId, before: Timestamp) -> Result<usize, PrivacyError> {
        let expired = self.store.closed_before(organization, before, BATCH).await?;
        for request in &expired {
            let (id, requested_at) = (self.env.uuid(), self.env.now());
            let erasure = Erasure { id, organization, extent: Extent::Request(*request), requested_at };
            self.store.note(&erasure).await?;
            self.carry_out(&erasure).await?;
        }
        Ok(expired.len())
    }

    /// Carries out what was asked for and is not done: a part was down, or the server ended. How many.
    ///
    /// # Errors
    /// A port error of the first that still cannot be done.
    pub async fn carry_on(&self) -> Result<usize, PrivacyError> {
        self.again(self.store.erasures(true).await?).await
    }

    /// Carries everything out again that was ever erased: after an older copy of the database was restored. `more` are
    /// those that the copy does not know of, as [`Self::log`] gave them.
    ///
    /// # Errors
    /// A port error.
    pub async fn repeat(&self, more: &[Erasure]) -> Result<usize, PrivacyError> {
        for erasure in more {
            self.store.note(erasure).await?;
        }
        self.again(self.store.erasures(false).await?).await
    }

    /// Every erasure of every organisation, the oldest first. It says nothing of anybody but their ids, and is to be
    /// kept apart from the database's copies.
    ///
    /// # Errors
    /// A port error.
    pub async fn log(&self) -> Result<Vec<Erasure>, PrivacyError> {
        Ok(self.store.erasures(false).await?)
    }

    async fn again(&self, erasures: Vec<Erasure>) -> Result<usize, PrivacyError> {
        for erasure in &erasures {
            let (person, support_request) = match erasure.extent {
                Extent::Person(person) => (Some(person), None),
                Extent::PersonIn(person, support_request) => (Some(person), Some(support_request)),
                Extent::Request(_) => (None, None),
            };
            if let Some(person) = person
                && self.accounts.close(erasure.organization, person, support_request).await? == Closing::LastAdmin
            {
                tracing::warn!(erasure = %erasure.id, "the last administrator is to be erased, and is passed over");
                continue;
            }
            self.carry_out(erasure).await?;
        }
        Ok(erasures.len())
    }

    /// Messages go by way of the log, which tells everybody who looks; then the bytes of files, whose names are their
    /// places; then mails, which are found by addresses that are stored; then what is left.
    async fn carry_out(&self, erasure: &Erasure) -> Result<(), PrivacyError> {
        let messages = self.store.messages(erasure).await?;
        self.messages.delete(erasure.organization, messages).await?;
        self.store.mark_files(erasure).await?;
        self.files.remove_deleted().await?;
        self.mails.remove(&self.store.addresses(erasure).await?).await?;
        let mut tries = 0;
        let requests = loop {
            match self.store.blank(erasure, self.env.now()).await {
                Err(error) if error.kind() == PortErrorKind::Conflict && tries < 3 => tries += 1,
                done => break done?,
            }
        };
        self.live.erased(erasure.organization, &requests).await;
        tracing::info!(erasure = %erasure.id, organization = %erasure.organization, "what a person left was erased");
        Ok(())
    }

    async fn extents(&self, caller: &Caller, request: &ErasureRequest) -> Result<Vec<Extent>, PrivacyError> {
        if request.person.is_none() && request.email.is_none() {
            return Ok(vec![own(caller)]);
        }
        let is_own = request.email.is_none() && request.person.map(ParticipantId::from) == Some(caller.participant());
        if is_own {
            return Ok(vec![own(caller)]);
        }
        caller.at_least(Role::Admin)?;
        let people = self.store.people(caller.organization(), request.person, request.email.as_deref()).await?;
        if people.is_empty() {
            return Err(PrivacyError::PersonNotFound);
        }
        Ok(people.into_iter().map(Extent::Person).collect())
    }
}

/// What a caller's own right reaches.
pub(crate) fn own(caller: &Caller) -> Extent {
    match caller {
        Caller::User(user) => Extent::Person(user.id.into()),
        Caller::Guest(guest) => Extent::PersonIn(guest.id.into(), guest.support_request),
    }
}
