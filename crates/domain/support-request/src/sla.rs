//! Deadlines by priority.

use std::time::Duration;

use kernel::{FieldError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Priority, Snapshot, WorkingTime, values::words};

/// How long the first response and the resolution may take, in working time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlaPolicy {
    /// From opening to the first public answer of an agent.
    pub first_response: Duration,
    /// From opening to resolution, without the time in which the customer was waited for.
    pub resolution: Duration,
}

impl SlaPolicy {
    /// The shortest and the longest that may be promised.
    pub const BOUNDS: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(24 * 365));

    /// Whether it can be promised.
    ///
    /// # Errors
    /// `first_response_minutes` or `resolution_minutes` `out_of_range` outside [`Self::BOUNDS`], the latter also when
    /// it is due before the first response.
    pub fn check(self) -> Result<(), FieldError> {
        let (least, most) = Self::BOUNDS;
        let fits = |promised: Duration| promised >= least && promised <= most;
        match (fits(self.first_response), fits(self.resolution) && self.resolution >= self.first_response) {
            (true, true) => Ok(()),
            (false, _) => Err(FieldError::new("first_response_minutes", "out_of_range")),
            (true, false) => Err(FieldError::new("resolution_minutes", "out_of_range")),
        }
    }

    /// The defaults: urgent 1 h / 4 h, high 2 h / 8 h, normal 4 h / 24 h, low 8 h / 48 h.
    pub const fn of(priority: Priority) -> Self {
        let (first, whole) = match priority {
            Priority::Urgent => (1, 4),
            Priority::High => (2, 8),
            Priority::Normal => (4, 24),
            Priority::Low => (8, 48),
        };
        Self { first_response: Duration::from_secs(first * 3_600), resolution: Duration::from_secs(whole * 3_600) }
    }
}

/// What an organisation promises: how long by priority, and what its clock counts.
#[derive(Debug, Clone, PartialEq)]
pub struct SlaTerms {
    policies: [SlaPolicy; 4],
    /// What the clock counts.
    pub time: WorkingTime,
}

impl Default for SlaTerms {
    fn default() -> Self {
        Self { policies: std::array::from_fn(|at| SlaPolicy::of(Priority::ALL[at])), time: WorkingTime::Always }
    }
}

impl SlaTerms {
    /// The defaults, but for these policies.
    ///
    /// # Errors
    /// As [`SlaPolicy::check`].
    pub fn new(own: impl IntoIterator<Item = (Priority, SlaPolicy)>, time: WorkingTime) -> Result<Self, FieldError> {
        let mut terms = Self { time, ..Self::default() };
        for (priority, policy) in own {
            policy.check()?;
            terms.policies[place(priority)] = policy;
        }
        Ok(terms)
    }

    /// What is promised for a priority.
    pub fn policy(&self, priority: Priority) -> SlaPolicy {
        self.policies[place(priority)]
    }

    /// When a warning is due and when the promise is broken, that much working time after opening.
    fn goal(&self, opened: Timestamp, promised: Duration, waited: Duration) -> (Timestamp, Timestamp) {
        let early = promised / 100 * Sla::WARNED_AT_PERCENT;
        (self.time.after(opened, early + waited), self.time.after(opened, promised + waited))
    }
}

fn place(priority: Priority) -> usize {
    Priority::ALL.iter().position(|one| *one == priority).unwrap_or_default()
}

words! {
    /// How much of a goal's time staff have been told to be over.
    SlaTold, "told" {
        /// Nothing yet.
        Nothing = "nothing",
        /// Most of it.
        Warned = "warned",
        /// All of it.
        Breached = "breached",
    }
}

words! {
    /// What is promised.
    SlaGoal, "goal" {
        /// A public answer of an agent.
        FirstResponse = "first_response",
        /// The resolution.
        Resolution = "resolution",
    }
}

/// A request's deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sla {
    /// When the first response is due.
    pub first_response_due_at: Timestamp,
    /// When staff are warned of that.
    pub first_response_warn_at: Timestamp,
    /// What they were told.
    pub first_response_told: SlaTold,
    /// When the resolution is due. While the request waits for the customer, it stands as it was before.
    pub resolution_due_at: Timestamp,
    /// When staff are warned of that.
    pub resolution_warn_at: Timestamp,
    /// What they were told.
    pub resolution_told: SlaTold,
    /// The working time in which the customer was waited for, up to when that last ended.
    pub waited: Duration,
}

impl Sla {
    /// How much of the time is over when staff are warned.
    pub const WARNED_AT_PERCENT: u32 = 80;

    /// The deadlines of a request opened at this moment.
    pub fn opened(at: Timestamp, priority: Priority, terms: &SlaTerms) -> Self {
        let policy = terms.policy(priority);
        let (first_response_warn_at, first_response_due_at) = terms.goal(at, policy.first_response, Duration::ZERO);
        let (resolution_warn_at, resolution_due_at) = terms.goal(at, policy.resolution, Duration::ZERO);
        Self {
            first_response_due_at,
            first_response_warn_at,
            first_response_told: SlaTold::Nothing,
            resolution_due_at,
            resolution_warn_at,
            resolution_told: SlaTold::Nothing,
            waited: Duration::ZERO,
        }
    }

    /// The customer was waited for between these moments: the resolution has as much more time. Deadlines that were
    /// over before stay as they are.
    pub(crate) fn stood_still(&mut self, since: Timestamp, until: Timestamp, terms: &SlaTerms) {
        let time = &terms.time;
        self.waited += time.between(since, until);
        for at in [&mut self.resolution_warn_at, &mut self.resolution_due_at] {
            if *at > since {
                *at = time.after(until, time.between(since, *at));
            }
        }
    }

    /// Another priority counts from now on: the deadlines are those that it would have had since the opening, with the
    /// time in which the customer was waited for. What staff were told of one that is not so near any more, they are
    /// told again when it is. `now` is the time by the clock of the first response, and by that of the resolution,
    /// which may stand still.
    pub(crate) fn promise_anew(
        &mut self,
        opened: Timestamp,
        priority: Priority,
        terms: &SlaTerms,
        now: (Timestamp, Timestamp),
    ) {
        let policy = terms.policy(priority);
        (self.first_response_warn_at, self.first_response_due_at) =
            terms.goal(opened, policy.first_response, Duration::ZERO);
        (self.resolution_warn_at, self.resolution_due_at) = terms.goal(opened, policy.resolution, self.waited);
        let by_now = |warn: Timestamp, due: Timestamp, now: Timestamp| match () {
            () if due <= now => SlaTold::Breached,
            () if warn <= now => SlaTold::Warned,
            () => SlaTold::Nothing,
        };
        let first = by_now(self.first_response_warn_at, self.first_response_due_at, now.0);
        self.first_response_told = self.first_response_told.min(first);
        let whole = by_now(self.resolution_warn_at, self.resolution_due_at, now.1);
        self.resolution_told = self.resolution_told.min(whole);
    }

    fn goal(&self, goal: SlaGoal) -> (SlaTold, Timestamp, Timestamp) {
        match goal {
            SlaGoal::FirstResponse => {
                (self.first_response_told, self.first_response_warn_at, self.first_response_due_at)
            }
            SlaGoal::Resolution => (self.resolution_told, self.resolution_warn_at, self.resolution_due_at),
        }
    }

    /// When a goal has news for staff the next time.
    fn next_of(&self, goal: SlaGoal) -> Option<Timestamp> {
        let (told, warn, due) = self.goal(goal);
        match told {
            SlaTold::Nothing => Some(warn),
            SlaTold::Warned => Some(due),
            SlaTold::Breached => None,
        }
    }

    /// What staff are to be told of a goal by now, and were not.
    pub(crate) fn news(&mut self, goal: SlaGoal, now: Timestamp) -> Option<SlaTold> {
        let (told, warn, due) = self.goal(goal);
        let by_now = if due <= now {
            SlaTold::Breached
        } else if warn <= now {
            SlaTold::Warned
        } else {
            return None;
        };
        let place = match goal {
            SlaGoal::FirstResponse => &mut self.first_response_told,
            SlaGoal::Resolution => &mut self.resolution_told,
        };
        (by_now > told).then(|| {
            *place = by_now;
            by_now
        })
    }
}

impl Snapshot {
    /// Whether the first response came too late, or has not come and is late by now.
    pub fn first_response_breached(&self, now: Timestamp) -> bool {
        let answered = self.first_response_at.or(self.settled_at());
        answered.unwrap_or(now) > self.sla.first_response_due_at
    }

    /// Whether the resolution came too late, or has not come and is late by now. While the request
    /// waits for the customer, this clock stands still.
    pub fn resolution_breached(&self, now: Timestamp) -> bool {
        self.settled_at().or(self.waiting_since).unwrap_or(now) > self.sla.resolution_due_at
    }

    /// The goals whose clock runs: those that are still to be met. The resolution's stands still while the request
    /// waits for the customer, and all of them once it is deleted.
    pub fn running_goals(&self) -> impl Iterator<Item = SlaGoal> {
        let first = self.first_response_at.is_none().then_some(SlaGoal::FirstResponse);
        let whole = self.waiting_since.is_none().then_some(SlaGoal::Resolution);
        let is_settled = self.status.is_settled() || self.deleted_at.is_some();
        first.into_iter().chain(whole).filter(move |_| !is_settled)
    }

    /// When staff are to be told something of the deadlines next, as far as that is known now.
    pub fn sla_next_at(&self) -> Option<Timestamp> {
        self.running_goals().filter_map(|goal| self.sla.next_of(goal)).min()
    }

    /// Whether a deadline was missed that is still to be met.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let first = self.first_response_at.is_none() && self.first_response_breached(now);
        !self.status.is_settled() && (first || self.resolution_breached(now))
    }

    fn settled_at(&self) -> Option<Timestamp> {
        self.resolved_at.or(self.closed_at)
    }
}
