//! Steering requests: one command, one transaction.

use kernel::{Audience, AuditAction, AuditEntry, Caller, SupportRequestId};

use super::{Desk, Done, Result, actor, check_category, expect_version, sighted};
use crate::{Action, By, Command, Hand, Outcome, Person, RequestView, Snapshot, SupportRequestError};

impl Desk {
    /// Does what a caller wants with a request they see. Customers and guests may reopen and rate their own, admins
    /// delete and restore; all else is for staff, and rating for nobody else than who asked. The same again succeeds
    /// and changes nothing.
    ///
    /// # Errors
    /// `NotFound` for what the caller does not see, deleted ones too (but for an admin who restores one),
    /// `NotAllowed`, `Stale`, `IllegalTransition`, `RatingWindowOver`, `AppointmentTaken`, `Invalid` when the agent
    /// it is handed to is unknown, another category than it has is not on the list, or a time to put it aside until is
    /// none.
    pub async fn act(&self, caller: &Caller, id: SupportRequestId, action: Action, command: Command) -> Result<Done> {
        let hand = self.hand(caller, id, &action, &command).await?;
        // Once it is deleted it is not shown any more, and its readers are to hear of that.
        let shown = if action == Action::Delete { Some(self.seen(caller, id).await?) } else { None };
        let acted = self.again(|| self.try_act(caller, id, &action, &command, &hand)).await;
        let (outcome, before, now) = match acted {
            Err(error) => return Err(self.explain_update(caller, &action, error).await?),
            Ok(acted) => acted,
        };
        let view = match shown {
            Some(shown) => RequestView { request: now, ..shown },
            None => self.seen(caller, id).await?,
        };
        let changed = outcome.changed;
        if changed {
            self.tell(action.event(), Some(before), &view, outcome);
        }
        let view = if action == Action::Delete { view } else { self.own(caller, view).await? };
        Ok(Done { view, changed })
    }

    async fn try_act(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        action: &Action,
        command: &Command,
        hand: &Hand<Person>,
    ) -> Result<(Outcome, Audience, Snapshot)> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let (mut request, before) = sighted(&mut *tx, caller, id).await?;
        may_act(caller, request.snapshot(), action, command)?;
        expect_version(&request, command)?;
        if let Action::Update(changes) = action
            && let Some(category) = &changes.category
            && *category != request.snapshot().category
        {
            check_category(&mut *tx, category).await?;
        }
        let conversation = request.conversation_state();
        let actor = actor(caller);
        let terms = tx.requests().terms().await?;
        let by = By { actor: &actor, hand: hand.as_ref(), env: &*self.env, terms: &terms };
        let outcome = request.act(action, command, &by)?;
        if outcome.changed {
            self.keep(&mut *tx, &request, &conversation, &outcome).await?;
            let audited = match action {
                Action::Delete => Some("support_request.deleted"),
                Action::Restore => Some("support_request.restored"),
                _ => None,
            };
            if let Some(audited) = audited {
                tx.audit().record(&self.audited(caller, audited, request.snapshot())).await?;
            }
            tx.commit().await?;
        }
        Ok((outcome, before, request.snapshot().clone()))
    }

    /// What the audit log is told of a request. Its number stays when nothing else of it does.
    pub(super) fn audited(&self, caller: &Caller, action: AuditAction, request: &Snapshot) -> AuditEntry {
        let entry = AuditEntry::by(caller, action, &*self.env).on("support_request", request.id.uuid());
        entry.with("number", request.number.as_str())
    }

    /// Who the command hands the request to, looked up before the transaction begins.
    async fn hand(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        action: &Action,
        command: &Command,
    ) -> Result<Hand<Person>> {
        let wanted = match action {
            Action::Assign { agent: None } => Hand::Nobody,
            Action::Assign { agent: Some(agent) } => Hand::To(*agent),
            Action::Take => caller.user().map_or(Hand::Nobody, |user| Hand::To(user.id)),
            _ => command.agent_id.map_or(Hand::Stays, Hand::To),
        };
        let wrong = |code| SupportRequestError::from(kernel::FieldError::new("agent_id", code));
        if command.agent_id.is_some_and(|agent| wanted != Hand::To(agent)) {
            return Err(wrong("invalid"));
        }
        if wanted != Hand::Stays {
            // Who sees nothing here, or may hand over nothing, is not told which agents there are.
            self.view(caller, id).await?;
            caller.agent()?;
        }
        match wanted {
            Hand::Stays => Ok(Hand::Stays),
            Hand::Nobody => Ok(Hand::Nobody),
            Hand::To(agent) => {
                let person = self.people.agent(caller.organization(), agent).await?;
                person.map(Hand::To).ok_or_else(|| wrong("unknown"))
            }
        }
    }

    /// Tells an appointment that another request has from a mere collision.
    async fn explain_update(
        &self,
        caller: &Caller,
        action: &Action,
        error: SupportRequestError,
    ) -> Result<SupportRequestError> {
        let taken = match action {
            Action::Update(changes) if error.is_conflict() => match &changes.references.appointment_id {
                Some(Some(appointment)) => self.has_appointment(caller, appointment).await?,
                _ => false,
            },
            _ => false,
        };
        Ok(if taken { SupportRequestError::AppointmentTaken } else { error })
    }
}

/// The table of `access`: what is one's own may be reopened and rated; the rest, and notes, are for staff, deleting
/// for admins.
fn may_act(caller: &Caller, request: &Snapshot, action: &Action, command: &Command) -> Result<()> {
    let says_more = command.note.is_some() || command.agent_id.is_some();
    match action {
        Action::Rate { .. } if request.requester.id != caller.participant() || says_more => {
            return Err(kernel::NotAllowed.into());
        }
        Action::Rate { .. } => {}
        Action::Delete | Action::Restore => drop(caller.at_least(kernel::Role::Admin)?),
        Action::Reopen if !says_more => {}
        _ => drop(caller.agent()?),
    }
    Ok(())
}
