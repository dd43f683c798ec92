//! What happens to requests by the clock. Each may run on many nodes at once: a request is changed under its lock,
//! and only if there is still something to do.

use std::time::Duration;

use kernel::{Audience, OrganizationId, ParticipantId, Scope, SupportRequestId, Timestamp};

use super::{Desk, Result};
use crate::{
    Action, Actor, By, Command, Due, Hand, Outcome, RequestSettings, Settings, Status, SupportRequest,
    SupportRequestError,
};

/// How many requests are asked for at a time.
pub(super) const AT_A_TIME: u32 = 200;
/// Whose survey was not due in this time is not asked any more: surveys may have been off for long.
const SURVEYED_WITHIN: Duration = Duration::from_hours(24 * 7);

/// One of the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Escalate,
    Close,
    Archive,
    Wake,
    Survey,
}

impl Desk {
    /// Escalates urgent requests that have waited for their first answer longer than their organisation lets them,
    /// each once. How many.
    ///
    /// # Errors
    /// As all of these: when the organisations, or the requests of one of them, cannot be asked for; what can be done
    /// for the others is done. A request that fails is left for the next run and does not hold up the others.
    pub async fn escalate_urgent(&self, settings: &dyn Settings) -> Result<usize> {
        self.run(Task::Escalate, settings).await
    }

    /// Closes requests that were resolved so many days ago and in which nothing has happened since. How many.
    ///
    /// # Errors
    /// As [`Self::escalate_urgent`].
    pub async fn close_resolved(&self, settings: &dyn Settings) -> Result<usize> {
        self.run(Task::Close, settings).await
    }

    /// Archives closed requests in which nothing has happened for so many days. How many.
    ///
    /// # Errors
    /// As [`Self::escalate_urgent`].
    pub async fn archive_closed(&self, settings: &dyn Settings) -> Result<usize> {
        self.run(Task::Archive, settings).await
    }

    /// Wakes requests whose time of being put aside is over. How many.
    ///
    /// # Errors
    /// As [`Self::escalate_urgent`].
    pub async fn wake_snoozed(&self, settings: &dyn Settings) -> Result<usize> {
        self.run(Task::Wake, settings).await
    }

    /// Marks closed requests as those whose requester is asked now what they think, each once, where the
    /// organisation asks. It is on the timeline for staff; the question itself is told by whoever reads
    /// `ticket.closed`, so no event leaves here. How many.
    ///
    /// # Errors
    /// As [`Self::escalate_urgent`].
    pub async fn survey_closed(&self, settings: &dyn Settings) -> Result<usize> {
        self.run(Task::Survey, settings).await
    }

    async fn run(&self, task: Task, settings: &dyn Settings) -> Result<usize> {
        let (mut done, mut failed) = (0, None);
        for (organization, settings) in settings.all().await? {
            let Some(due) = task.due(&settings, self.env.now()) else { continue };
            match self.run_in(organization, task, due).await {
                Ok(count) => done += count,
                Err(error) => {
                    tracing::warn!(%organization, ?task, %error, "requests could not be asked for");
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(done), Err)
    }

    async fn run_in(&self, organization: OrganizationId, task: Task, due: Due) -> Result<usize> {
        let mut done = 0;
        loop {
            let found = self.store.due(organization, due, AT_A_TIME).await?;
            let before = done;
            for id in &found {
                match self.again(|| self.try_run(organization, *id, task, due)).await {
                    Ok(Some((outcome, audience))) => {
                        done += 1;
                        self.tell_by_clock(task.event(), organization, *id, audience, outcome).await;
                    }
                    Ok(None) => {}
                    Err(error) => tracing::warn!(support_request_id = %id, ?task, %error, "left for the next run"),
                }
            }
            // Nothing came of a whole round: what is left has to wait for the next run.
            if found.len() < AT_A_TIME as usize || done == before {
                return Ok(done);
            }
        }
    }

    async fn try_run(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
        task: Task,
        due: Due,
    ) -> Result<Option<(Outcome, Audience)>> {
        let mut tx = self.store.begin(organization).await?;
        let (Some(mut request), Some(before)) = (tx.requests().get(id).await?, tx.requests().audience(id).await?)
        else {
            return Ok(None);
        };
        if let Due::Closing { quiet_since } | Due::Archiving { quiet_since } = due {
            // Somebody may have written since it was looked for.
            let last = tx.requests().last_activity(id).await?;
            if last.is_none_or(|last| last >= quiet_since) {
                return Ok(None);
            }
        }
        let conversation = request.conversation_state();
        let terms = tx.requests().terms().await?;
        let actor = Actor { id: None, name: "Guichet".to_owned() };
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let outcome = task.take_on(&mut request, &by)?;
        if !outcome.changed {
            // Somebody else was faster, on this node or another.
            return Ok(None);
        }
        self.keep(&mut *tx, &request, &conversation, &outcome).await?;
        tx.commit().await?;
        Ok(Some((outcome, before)))
    }

    /// Tells those who watch of a change that nobody asked for.
    pub(super) async fn tell_by_clock(
        &self,
        event: &'static str,
        organization: OrganizationId,
        id: SupportRequestId,
        before: Audience,
        outcome: Outcome,
    ) {
        match self.views.find(organization, Scope::All, ParticipantId::new(id.uuid()), id).await {
            Ok(Some(view)) => self.tell(event, Some(before), &view, outcome),
            // It is stored; who watches is told by the next change, or fetches.
            Ok(None) => tracing::debug!(support_request_id = %id, "gone before it could be shown"),
            Err(error) => tracing::warn!(support_request_id = %id, %error, "a change could not be shown"),
        }
    }
}

impl Task {
    /// What to look for; nothing where the organisation does without.
    fn due(self, settings: &RequestSettings, now: Timestamp) -> Option<Due> {
        let ago = |hours: u32| now - Duration::from_hours(hours.into());
        let days = |days: u32| now - Duration::from_hours(u64::from(days) * 24);
        match self {
            Self::Escalate => settings.escalation_hours.map(|hours| Due::Escalation { opened_before: ago(hours) }),
            Self::Close => settings.auto_close_days.map(|count| Due::Closing { quiet_since: days(count) }),
            Self::Archive => settings.archive_days.map(|count| Due::Archiving { quiet_since: days(count) }),
            Self::Wake => Some(Due::Waking { until: now }),
            Self::Survey => settings.surveys.then(|| Due::Survey { closed_after: now - SURVEYED_WITHIN }),
        }
    }

    fn event(self) -> &'static str {
        match self {
            Self::Escalate => "escalated",
            Self::Close => "status_changed",
            Self::Archive => "archived",
            Self::Wake => "woken",
            Self::Survey => "surveyed",
        }
    }

    fn take_on(self, request: &mut SupportRequest, by: &By<'_>) -> std::result::Result<Outcome, SupportRequestError> {
        let status = request.snapshot().status;
        let is_there = request.snapshot().deleted_at.is_none();
        Ok(match self {
            Self::Escalate => request.escalate_unanswered(by),
            Self::Wake => request.wake(by),
            Self::Survey => request.survey(by),
            Self::Close if status == Status::Resolved && is_there => {
                request.act(&Action::Close, &Command::default(), by)?
            }
            Self::Archive if status == Status::Closed && is_there => {
                request.act(&Action::Archive, &Command::default(), by)?
            }
            Self::Close | Self::Archive => Outcome::default(),
        })
    }
}
