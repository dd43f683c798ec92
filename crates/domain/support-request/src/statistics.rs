//! What there is, in numbers.

use std::{collections::BTreeMap, time::Duration};

use kernel::ParticipantId;

use crate::{Category, Priority, Status};

/// Somebody who asks, as they are named in a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// By id.
    Id(ParticipantId),
    /// By e-mail, compared without case.
    Email(String),
}

/// Requests that have status, priority and category in common, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Where they stand.
    pub status: Status,
    /// How urgent they are.
    pub priority: Priority,
    /// The organisation's word for them.
    pub category: Category,
    /// How many there are.
    pub requests: u64,
    /// Those that an agent has answered in public.
    pub answered: u64,
    /// From opening to the first answer, of all of those.
    pub first_response: Duration,
    /// Those that were resolved, or closed by somebody who had not resolved them.
    pub settled: u64,
    /// From opening to that, of all of those.
    pub resolution: Duration,
    /// Those that were rated.
    pub rated: u64,
    /// Their points.
    pub points: u64,
    /// Those that were escalated.
    pub escalated: u64,
}

/// The numbers of what a caller sees.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statistics {
    /// All requests.
    pub total: u64,
    /// Those that nobody answers yet.
    pub open: u64,
    /// Those that are over.
    pub closed: u64,
    /// Those that are neither resolved nor closed: what is left to do.
    pub pending: u64,
    /// Messages that wait to be read, as [`RequestViews::unread`](crate::RequestViews::unread) counts them.
    pub unread: u64,
    /// From opening to the first public answer of an agent, on average over those that have one.
    pub avg_first_response: Option<Duration>,
    /// From opening to resolution, or closing without it, on average over those that came there.
    pub avg_resolution: Option<Duration>,
    /// Every status.
    pub by_status: BTreeMap<Status, u64>,
    /// Every priority.
    pub by_priority: BTreeMap<Priority, u64>,
    /// Every category that a request has.
    pub by_category: BTreeMap<String, u64>,
    /// The average rating, 1 to 5.
    pub score: Option<f64>,
    /// How many ratings there are.
    pub responses: u64,
    /// The share of requests that were escalated, 0 to 1.
    pub escalation_rate: f64,
}

impl Statistics {
    /// Adds up.
    pub fn of(tallies: &[Tally], unread: u64) -> Self {
        let sum = |number: fn(&Tally) -> u64| tallies.iter().map(number).sum::<u64>();
        let status = |wanted: Status| tallies.iter().filter(|one| one.status == wanted).map(|one| one.requests).sum();
        let priority = |wanted| tallies.iter().filter(|one| one.priority == wanted).map(|one| one.requests).sum();
        let mut by_category = BTreeMap::new();
        for one in tallies {
            *by_category.entry(one.category.as_str().to_owned()).or_insert(0) += one.requests;
        }
        let by_status: BTreeMap<Status, u64> = Status::ALL.iter().map(|word| (*word, status(*word))).collect();
        let (total, responses) = (sum(|one| one.requests), sum(|one| one.rated));
        Self {
            total,
            open: status(Status::Open),
            closed: status(Status::Closed),
            pending: by_status.iter().filter(|(status, _)| !status.is_settled()).map(|(_, count)| count).sum(),
            unread,
            avg_first_response: mean(tallies.iter().map(|one| one.first_response).sum(), sum(|one| one.answered)),
            avg_resolution: mean(tallies.iter().map(|one| one.resolution).sum(), sum(|one| one.settled)),
            by_status,
            by_priority: Priority::ALL.iter().map(|word| (*word, priority(*word))).collect(),
            by_category,
            score: share(sum(|one| one.points), responses),
            responses,
            escalation_rate: share(sum(|one| one.escalated), total).unwrap_or(0.0),
        }
    }
}

fn mean(sum: Duration, count: u64) -> Option<Duration> {
    let micros = sum.as_micros().checked_div(count.into())?;
    Some(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(status: Status, priority: Priority, category: &str, requests: u64) -> Tally {
        let category = Category::stored(category.to_owned());
        let (answered, settled, rated, points, escalated) = (0, 0, 0, 0, 0);
        let (first_response, resolution) = (Duration::ZERO, Duration::ZERO);
        Tally {
            status,
            priority,
            category,
            requests,
            answered,
            first_response,
            settled,
            resolution,
            rated,
            points,
            escalated,
        }
    }

    #[test]
    fn nothing_has_no_averages() {
        let none = Statistics::of(&[], 0);
        assert_eq!((none.total, none.avg_first_response, none.avg_resolution, none.score), (0, None, None, None));
        assert!(none.escalation_rate.abs() < f64::EPSILON);
        assert_eq!((none.by_status.len(), none.by_priority.len(), none.by_category.len()), (6, 4, 0));
    }

    #[test]
    fn tallies_are_added_up_by_each_of_their_words() {
        let rated = Tally {
            answered: 3,
            first_response: Duration::from_hours(9),
            settled: 2,
            resolution: Duration::from_hours(10),
            rated: 2,
            points: 7,
            escalated: 1,
            ..tally(Status::Closed, Priority::Low, "billing", 3)
        };
        let others = [
            tally(Status::Resolved, Priority::Low, "delivery", 2),
            tally(Status::Open, Priority::High, "billing", 4),
            tally(Status::WaitingCustomer, Priority::High, "billing", 1),
        ];
        let all: Vec<_> = std::iter::once(rated).chain(others).collect();
        let sum = Statistics::of(&all, 5);
        assert_eq!((sum.total, sum.open, sum.closed, sum.pending, sum.unread), (10, 4, 3, 5, 5));
        assert_eq!(sum.avg_first_response, Some(Duration::from_hours(3)));
        assert_eq!(sum.avg_resolution, Some(Duration::from_hours(5)));
        assert_eq!((sum.by_status[&Status::Resolved], sum.by_status[&Status::Assigned]), (2, 0));
        assert_eq!((sum.by_priority[&Priority::Low], sum.by_priority[&Priority::High]), (5, 5));
        assert_eq!((sum.by_category["billing"], sum.by_category["delivery"]), (8, 2));
        assert_eq!((sum.score, sum.responses), (Some(3.5), 2));
        assert!((sum.escalation_rate - 0.1).abs() < f64::EPSILON);
    }
}
