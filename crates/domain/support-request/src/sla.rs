//! Deadlines by priority.

use std::time::Duration;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Priority, Snapshot};

/// How long the first response and the resolution may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlaPolicy {
    /// From opening to the first public answer of an agent.
    pub first_response: Duration,
    /// From opening to resolution.
    pub resolution: Duration,
}

impl SlaPolicy {
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

/// A request's deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sla {
    /// When the first response is due.
    pub first_response_due_at: Timestamp,
    /// When the resolution is due.
    pub resolution_due_at: Timestamp,
}

impl Sla {
    /// The deadlines of a request opened at this moment.
    pub fn opened(at: Timestamp, priority: Priority) -> Self {
        let policy = SlaPolicy::of(priority);
        Self { first_response_due_at: at + policy.first_response, resolution_due_at: at + policy.resolution }
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

    /// Whether a deadline was missed that is still to be met.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let first = self.first_response_at.is_none() && self.first_response_breached(now);
        !self.status.is_settled() && (first || self.resolution_breached(now))
    }

    fn settled_at(&self) -> Option<Timestamp> {
        self.resolved_at.or(self.closed_at)
    }
}
