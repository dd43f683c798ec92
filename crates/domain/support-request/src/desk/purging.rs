//! The end of a request: nothing is left of it.

use std::time::Duration;

use kernel::{AuditEntry, Caller, OrganizationId, Role, SupportRequestId};

use super::{Desk, Result, actor, sighted};
use crate::{Action, By, Command, Due, Hand, RequestView, Settings};

impl Desk {
    /// Purges a request at once, with its conversation and its files. For admins. Whatever is left of it on the
    /// screens of others is told to go, as with a deletion.
    ///
    /// # Errors
    /// `NotFound`, `NotAllowed`.
    pub async fn purge(&self, caller: &Caller, id: SupportRequestId) -> Result<()> {
        let shown = self.view(caller, id).await?;
        caller.at_least(Role::Admin)?;
        let (outcome, before, now) = self.again(|| self.try_purge(caller, id)).await?;
        self.tell("deleted", Some(before), &RequestView { request: now, ..shown }, outcome);
        Ok(())
    }

    /// Purges what was deleted so long ago, in all organisations. How many were purged; those that have files are
    /// emptied first, and go with a later run, once the files are gone.
    ///
    /// # Errors
    /// When the organisations, or the requests of one of them, cannot be asked for; the others are purged all the same.
    pub async fn purge_deleted(&self, settings: &dyn Settings, after: Duration) -> Result<usize> {
        let (mut purged, mut failed) = (0, None);
        for (organization, _) in settings.all().await? {
            match self.purge_of(organization, after).await {
                Ok(count) => purged += count,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(purged), Err)
    }

    async fn purge_of(&self, organization: OrganizationId, after: Duration) -> Result<usize> {
        let due = Due::Purging { deleted_before: self.env.now() - after };
        let mut purged = 0;
        for id in self.store.due(organization, due, super::clock::AT_A_TIME).await? {
            match self.again(|| self.try_purge_deleted(organization, id, after)).await {
                Ok(is_gone) => purged += usize::from(is_gone),
                Err(error) => tracing::warn!(support_request_id = %id, %error, "a request could not be purged"),
            }
        }
        Ok(purged)
    }

    async fn try_purge(
        &self,
        caller: &Caller,
        id: SupportRequestId,
    ) -> Result<(crate::Outcome, kernel::Audience, crate::Snapshot)> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let (mut request, before) = sighted(&mut *tx, caller, id).await?;
        let conversation = request.conversation_state();
        let actor = actor(caller);
        let terms = tx.requests().terms().await?;
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let outcome = request.act(&Action::Delete, &Command::default(), &by)?;
        if outcome.changed {
            self.keep(&mut *tx, &request, &conversation, &outcome).await?;
        }
        tx.audit().record(&self.audited(caller, "support_request.purged", request.snapshot())).await?;
        tx.requests().purge(id).await?;
        tx.commit().await?;
        Ok((outcome, before, request.snapshot().clone()))
    }

    async fn try_purge_deleted(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
        after: Duration,
    ) -> Result<bool> {
        let mut tx = self.store.begin(organization).await?;
        // Somebody may have restored it, or purged it, since it was looked for.
        let before = self.env.now() - after;
        let found = tx.requests().get(id).await?;
        let due = found.filter(|one| one.snapshot().deleted_at.is_some_and(|at| at < before));
        let Some(request) = due else { return Ok(false) };
        let is_gone = tx.requests().purge(id).await?;
        if is_gone {
            // By nobody: the clock.
            let entry = AuditEntry::by_operator(organization, "support_request.purged", &*self.env);
            let entry = entry.on("support_request", id.uuid());
            tx.audit().record(&entry.with("number", request.snapshot().number.as_str())).await?;
        }
        tx.commit().await?;
        Ok(is_gone)
    }
}
