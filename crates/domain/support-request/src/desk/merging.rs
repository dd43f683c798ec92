//! Two requests of one person that turn out to be one.

use kernel::{Audience, Caller, FieldError, SupportRequestId};

use super::{Desk, Result, actor, expect_version, sighted};
use crate::{By, Command, Hand, Outcome, RequestTx, RequestView, SupportRequest, SupportRequestError};

/// A request that another took in, or had been.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The one that was closed.
    pub view: RequestView,
    /// The one that goes on.
    pub into: RequestView,
    /// Whether they changed by this call.
    pub changed: bool,
}

/// What became of one of the requests.
type Told = (SupportRequestId, Outcome, Audience);

impl Desk {
    /// Closes a request as one that another of the same requester takes in. Its log stays as it was; who sends to it
    /// is told the other's id, and what opens it opens the other too. For staff, who see both. The same again
    /// succeeds and changes nothing.
    ///
    /// # Errors
    /// `NotFound`, `NotAllowed`, `Stale`, `Invalid` when `into` is not there for the caller or is the same,
    /// `OtherRequester`, `IllegalTransition` when one of them is closed.
    pub async fn merge(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        into: SupportRequestId,
        command: Command,
    ) -> Result<Merged> {
        self.view(caller, id).await?;
        caller.agent()?;
        let told = self.again(|| self.try_merge(caller, id, into, &command)).await?;
        let changed = told.iter().any(|(_, outcome, _)| outcome.changed);
        for (id, outcome, before) in told.into_iter().filter(|(_, outcome, _)| outcome.changed) {
            let view = self.seen(caller, id).await?;
            self.tell("merged", Some(before), &view, outcome);
        }
        Ok(Merged { view: self.seen(caller, id).await?, into: self.seen(caller, into).await?, changed })
    }

    async fn try_merge(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        into: SupportRequestId,
        command: &Command,
    ) -> Result<Vec<Told>> {
        if id == into {
            return Err(FieldError::new("into", "invalid").into());
        }
        let mut tx = self.store.begin(caller.organization()).await?;
        // In one order, so that two merges never wait for each other.
        let (mut first, mut second) = (None, None);
        for one in if id < into { [id, into] } else { [into, id] } {
            let found = sighted(&mut *tx, caller, one).await;
            *(if one == id { &mut first } else { &mut second }) = Some(found);
        }
        let (mut request, before) = first.unwrap_or(Err(SupportRequestError::NotFound))?;
        let other = second.unwrap_or(Err(SupportRequestError::NotFound));
        let (mut other, other_before) = other.map_err(|error| match error {
            SupportRequestError::NotFound => FieldError::new("into", "unknown").into(),
            error => error,
        })?;
        expect_version(&request, command)?;
        let states = (request.conversation_state(), other.conversation_state());
        let pointing = request.snapshot().took_in.clone();
        let actor = actor(caller);
        let terms = tx.requests().terms().await?;
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let (closed, took) = request.merge_into(&mut other, command, &by)?;
        if !closed.changed {
            return Ok(Vec::new());
        }
        self.keep(&mut *tx, &request, &states.0, &closed).await?;
        self.keep(&mut *tx, &other, &states.1, &took).await?;
        let mut told = vec![(id, closed, before), (into, took, other_before)];
        for earlier in pointing {
            told.extend(self.point(&mut *tx, earlier, &other, &by).await?);
        }
        tx.commit().await?;
        Ok(told)
    }

    /// What was merged into the one that is merged now points to the other, so that nobody has to go the way of both.
    async fn point(
        &self,
        tx: &mut dyn RequestTx,
        earlier: SupportRequestId,
        other: &SupportRequest,
        by: &By<'_>,
    ) -> Result<Option<Told>> {
        let found = tx.requests().get(earlier).await?;
        let (Some(mut request), Some(before)) = (found, tx.requests().audience(earlier).await?) else {
            return Ok(None);
        };
        let conversation = request.conversation_state();
        let outcome = request.point_to(other.snapshot(), by);
        self.keep(tx, &request, &conversation, &outcome).await?;
        // A deleted one has nobody to be told.
        Ok(request.snapshot().deleted_at.is_none().then_some((earlier, outcome, before)))
    }
}
