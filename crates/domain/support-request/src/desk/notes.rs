//! Internal notes: written, edited, deleted, and told to staff.

use kernel::{Audience, Caller, FieldError, IdempotentCall, InternalNoteId, Once, Role, SupportRequestId, UserId};

use super::{Desk, Result, actor};
use crate::{
    By, Hand, InternalNote, NoteChange, NoteContent, Outcome, Person, RequestTx, SupportRequest, SupportRequestError,
};

/// What a note is to become.
enum Revision {
    Edit { content: NoteContent, mentions: Option<Vec<Person>> },
    Delete,
}

/// A note that was stored, and what else that changed.
struct Noted {
    note: InternalNote,
    changed: bool,
    before: Audience,
    outcome: Outcome,
}

impl Desk {
    /// The internal notes of a request, oldest first; deleted ones without what they said.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` but for staff.
    pub async fn notes(&self, caller: &Caller, id: SupportRequestId) -> Result<Vec<InternalNote>> {
        self.may_note(caller, id).await?;
        Ok(self.views.notes(caller.organization(), id).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// As [`Self::notes`]; `NoteNotFound`.
    pub async fn note(&self, caller: &Caller, id: SupportRequestId, note: InternalNoteId) -> Result<InternalNote> {
        self.may_note(caller, id).await?;
        let found = self.views.note(caller.organization(), id, note).await?;
        found.ok_or(SupportRequestError::NoteNotFound)
    }

    /// Writes a note, once for each call that has a name. The agents it mentions take part in the request from then
    /// on, and so see it.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` but for staff; `Invalid` when a mention is no agent, or there are too many; `Key`.
    pub async fn write_note(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        content: NoteContent,
        mentions: &[UserId],
        call: Option<&IdempotentCall>,
    ) -> Result<Once<InternalNote>> {
        self.may_note(caller, id).await?;
        let mentions = self.mentioned(caller, mentions).await?;
        match self.again(|| self.try_write(caller, id, &content, &mentions, call)).await? {
            Once::Done(noted) => Ok(Once::Done(self.tell_noted(caller, id, noted).await?)),
            Once::Repeat(repeat) => Ok(Once::Repeat(repeat)),
        }
    }

    /// Lets one's own note say something else; without `mentions` it mentions whom it did. Those whom it comes to
    /// mention take part from then on; those whom it does no longer still do.
    ///
    /// # Errors
    /// As [`Self::write_note`]; `NoteNotFound`, also for a deleted one; `NotAllowed` for another's.
    pub async fn edit_note(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        note: InternalNoteId,
        content: NoteContent,
        mentions: Option<&[UserId]>,
    ) -> Result<InternalNote> {
        self.may_note(caller, id).await?;
        let mentions = match mentions {
            Some(mentions) => Some(self.mentioned(caller, mentions).await?),
            None => None,
        };
        let revision = Revision::Edit { content, mentions };
        let noted = self.again(|| self.try_revise(caller, id, note, &revision)).await?;
        self.tell_noted(caller, id, noted).await
    }

    /// Deletes one's own note, or, for administrators, anybody's. What it said is gone; that it was there is not. The
    /// same again changes nothing.
    ///
    /// # Errors
    /// `NotFound`; `NoteNotFound`; `NotAllowed`.
    pub async fn delete_note(&self, caller: &Caller, id: SupportRequestId, note: InternalNoteId) -> Result<()> {
        self.may_note(caller, id).await?;
        let noted = self.again(|| self.try_revise(caller, id, note, &Revision::Delete)).await?;
        self.tell_noted(caller, id, noted).await.map(drop)
    }

    /// Whoever sees nothing here is told so; whoever does and is no staff, that notes are not for them.
    async fn may_note(&self, caller: &Caller, id: SupportRequestId) -> Result<()> {
        self.view(caller, id).await?;
        caller.agent()?;
        Ok(())
    }

    /// The agents behind these ids, each once.
    async fn mentioned(&self, caller: &Caller, ids: &[UserId]) -> Result<Vec<Person>> {
        let mut people: Vec<Person> = Vec::with_capacity(ids.len().min(InternalNote::MOST_MENTIONS));
        for id in ids {
            if people.iter().any(|person| person.id == *id) {
                continue;
            }
            if people.len() == InternalNote::MOST_MENTIONS {
                return Err(FieldError::new("mentions", "too_many").into());
            }
            let person = self.people.agent(caller.organization(), *id).await?;
            people.push(person.ok_or_else(|| FieldError::new("mentions", "unknown"))?);
        }
        Ok(people)
    }

    async fn try_write(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        content: &NoteContent,
        mentions: &[Person],
        call: Option<&IdempotentCall>,
    ) -> Result<Once<Noted>> {
        let author = caller.agent()?;
        let now = self.env.now();
        let note = InternalNote {
            id: InternalNoteId::new(self.env.uuid()),
            support_request: id,
            author: Person { id: author.id(), name: author.name().to_owned() },
            content: Some(content.clone()),
            mentions: mentions.to_vec(),
            created_at: now,
            edited_at: None,
            deleted_at: None,
        };
        let mut tx = self.store.begin(caller.organization()).await?;
        if let Some(call) = call
            && let Some(repeat) = tx.calls().claim(call, note.id.uuid(), now).await?.repeat()?
        {
            return Ok(Once::Repeat(repeat));
        }
        let (request, before) = self.locked(&mut *tx, caller, id).await?;
        tx.notes().insert(&note).await?;
        Ok(Once::Done(self.store_noted(tx, caller, request, before, note).await?))
    }

    async fn try_revise(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        note: InternalNoteId,
        revision: &Revision,
    ) -> Result<Noted> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let (request, before) = self.locked(&mut *tx, caller, id).await?;
        let found = tx.notes().get(id, note).await?;
        let mut note = found.ok_or(SupportRequestError::NoteNotFound)?;
        let agent = caller.agent()?;
        let is_own = note.author.id == agent.id();
        let changed = match revision {
            Revision::Edit { .. } if !is_own => return Err(kernel::NotAllowed.into()),
            Revision::Edit { .. } if note.deleted_at.is_some() => return Err(SupportRequestError::NoteNotFound),
            Revision::Edit { content, mentions } => note.edit(content, mentions.as_deref(), self.env.now()),
            Revision::Delete if !is_own && agent.role() < Role::Admin => return Err(kernel::NotAllowed.into()),
            Revision::Delete => note.delete(self.env.now()),
        };
        if !changed {
            return Ok(Noted { note, changed, before, outcome: Outcome::default() });
        }
        tx.notes().save(&note).await?;
        self.store_noted(tx, caller, request, before, note).await
    }

    /// The last part of every change of a note: whom it mentions takes part, and the commit.
    async fn store_noted(
        &self,
        mut tx: Box<dyn RequestTx>,
        caller: &Caller,
        mut request: SupportRequest,
        before: Audience,
        note: InternalNote,
    ) -> Result<Noted> {
        let (actor, terms) = (actor(caller), tx.requests().terms().await?);
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let outcome = self.join(&mut *tx, &mut request, &before, &note.mentions, &by).await?;
        self.store_changes(tx, &request, &outcome).await?;
        Ok(Noted { note, changed: true, before, outcome })
    }

    /// First who sees the request from now on, then the note, so that whom it mentions is told it too.
    async fn tell_noted(&self, caller: &Caller, id: SupportRequestId, noted: Noted) -> Result<InternalNote> {
        let Noted { note, changed, before, outcome } = noted;
        if changed {
            let mut audience = before.clone();
            if outcome.changed {
                audience = self.seen(caller, id).await?.audience;
                self.tell_members(caller, id, "participant_added", before, outcome).await?;
            }
            let organization = caller.organization();
            self.feed.noted(&NoteChange { organization, audience, note: note.clone() });
        }
        Ok(note)
    }
}
