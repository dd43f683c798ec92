//! The watch over deadlines.

use kernel::{OrganizationId, ParticipantId, Scope, SupportRequestId};

use super::{Desk, Result};
use crate::{Actor, By, Hand, Outcome, RequestEvent};

/// How many requests are asked for at a time.
const AT_A_TIME: u32 = 200;

impl Desk {
    /// Tells staff, by timeline, events and live lists, of the deadlines that have come near or were missed since
    /// the last look; each thing once, on however many nodes this runs. How many requests there was something to
    /// tell of. One that cannot be told of now is left for the next look and does not hold up the others.
    ///
    /// # Errors
    /// When the requests cannot be asked for.
    pub async fn watch_deadlines(&self) -> Result<usize> {
        let mut told = 0;
        loop {
            let due = self.store.deadlines_passed(self.env.now(), AT_A_TIME).await?;
            let (found, before) = (due.len(), told);
            for (organization, id) in due {
                match self.again(|| self.try_deadlines(organization, id)).await {
                    Ok(Some(outcome)) => {
                        told += 1;
                        self.tell_deadlines(organization, id, outcome).await;
                    }
                    Ok(None) => {}
                    Err(error) => tracing::warn!(support_request_id = %id, %error, "a deadline could not be told of"),
                }
            }
            // Nothing came of a whole round: what is left has to wait for the next look.
            if found < AT_A_TIME as usize || told == before {
                return Ok(told);
            }
        }
    }

    async fn try_deadlines(&self, organization: OrganizationId, id: SupportRequestId) -> Result<Option<Outcome>> {
        let mut tx = self.store.begin(organization).await?;
        let Some(mut request) = tx.requests().get(id).await? else { return Ok(None) };
        let terms = tx.requests().terms().await?;
        let actor = Actor { id: None, name: "Guichet".to_owned() };
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let outcome = request.deadlines_passed(&by);
        tx.requests().save(&request).await?;
        if !outcome.changed {
            // Somebody else was faster, on this node or another; or it was written by a program that knew nothing of
            // deadlines, and when to look again is known only from now on.
            tx.commit().await?;
            return Ok(None);
        }
        self.store_changes(tx, &request, &outcome).await?;
        Ok(Some(outcome))
    }

    async fn tell_deadlines(&self, organization: OrganizationId, id: SupportRequestId, outcome: Outcome) {
        let breached = outcome.events.iter().any(|event| matches!(event, RequestEvent::SlaBreached { .. }));
        let event = if breached { "sla_breached" } else { "sla_warning" };
        match self.views.find(organization, Scope::All, ParticipantId::new(id.uuid()), id).await {
            Ok(Some(view)) => self.tell(event, None, &view, outcome),
            // It is stored; who watches is told by the next change, or fetches.
            Ok(None) => tracing::debug!(support_request_id = %id, "gone before it could be shown"),
            Err(error) => tracing::warn!(support_request_id = %id, %error, "a deadline could not be shown"),
        }
    }
}
