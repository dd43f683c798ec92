//! What is made: how many of each, and in which order.

use std::time::Duration;

use jiff::tz::TimeZone;
use kernel::Timestamp;
use support_request::Number;

use crate::{chance::Chance, life, opening::Birth, people::People, story::Story};

/// What to make. The same plan makes the same data.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The short name of the organisation.
    pub slug: String,
    /// Support requests.
    pub requests: u64,
    /// Messages, about so many.
    pub messages: u64,
    /// Agents, beside one admin and two supervisors.
    pub agents: u64,
    /// Customers and guests together; half of each.
    pub askers: u64,
    /// Where the chance begins.
    pub random: u64,
    /// The end of the two years that it spans: nothing is later.
    pub until: Timestamp,
}

/// The time zone by which days are counted.
pub(crate) const ZONE: &str = "Europe/Paris";
pub(crate) const PREFIX: &str = "TICKET";
const SPAN_DAYS: u64 = 730;
const DAY_MICROS: u64 = 86_400_000_000;

impl Plan {
    /// A fifth of a customer or guest for each request, and an agent for each four thousand, but not fewer than two.
    pub fn of(slug: &str, requests: u64, messages: u64, random: u64, until: Timestamp) -> Self {
        let askers = (requests / 5).max(4);
        Self { slug: slug.to_owned(), requests, messages, agents: (requests / 4_000).max(2), askers, random, until }
    }

    /// The beginning of the two years.
    pub(crate) fn since(&self) -> Timestamp {
        self.until - Duration::from_micros(SPAN_DAYS * DAY_MICROS)
    }

    /// All who work there and ask.
    pub fn people(&self) -> People {
        People::of(self.random, &self.slug, self.agents, self.askers, self.since())
    }

    /// Every request with all that belongs to it, the oldest first.
    pub fn stories<'a>(&'a self, people: &'a People) -> impl Iterator<Item = Story> + 'a {
        let mean = self.messages.div_ceil(self.requests.max(1));
        let (mut day, mut counter) = (0, 0);
        let place = format!("{}/request", self.slug);
        self.openings().into_iter().zip(0..).map(move |(at, index)| {
            let today = day_of(at);
            counter = if today == day { counter + 1 } else { 1 };
            day = today;
            let birth = Birth { index, at, number: Number::new(PREFIX, day, counter) };
            life::live(self.random, &place, people, birth, mean, self.until)
        })
    }

    /// When requests are opened: by day mostly, on working days more than at weekends, and more from year to year.
    fn openings(&self) -> Vec<Timestamp> {
        let mut chance = Chance::of(self.random, &format!("{}/opening", self.slug), 0);
        let mut at: Vec<Timestamp> = (0..self.requests)
            .map(|_| {
                loop {
                    let day = chance
                        .below(SPAN_DAYS)
                        .max(chance.below(SPAN_DAYS * 2) % SPAN_DAYS * u64::from(chance.percent(30)));
                    let hour = if chance.percent(85) { chance.between(8, 20) } else { chance.below(24) };
                    let second = hour * 3_600 + chance.below(3_600);
                    let at = self.since()
                        + Duration::from_micros(day * DAY_MICROS + second * 1_000_000 + chance.below(1_000_000));
                    if at < self.until && (!is_weekend(at) || chance.percent(35)) {
                        break at;
                    }
                }
            })
            .collect();
        at.sort_unstable();
        at
    }
}

fn date_of(at: Timestamp) -> Option<jiff::civil::Date> {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).ok()?;
    Some(at.to_zoned(TimeZone::get(ZONE).ok()?).date())
}

fn is_weekend(at: Timestamp) -> bool {
    use jiff::civil::Weekday::{Saturday, Sunday};
    date_of(at).is_some_and(|date| matches!(date.weekday(), Saturday | Sunday))
}

/// The day in the organisation's time zone, as the number `YYYYMMDD`.
fn day_of(at: Timestamp) -> u32 {
    let number = |date: jiff::civil::Date| {
        i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day())
    };
    date_of(at).and_then(|date| u32::try_from(number(date)).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chat::SenderKind;
    use support_request::Status;

    use super::*;

    fn plan() -> Plan {
        Plan::of("atelier", 2_000, 20_000, 7, "2026-11-20T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_same_plan_makes_the_same_data() {
        let plan = Plan { requests: 50, ..plan() };
        let people = plan.people();
        let told = |plan: &Plan| format!("{:?}", plan.stories(&people).collect::<Vec<_>>());
        assert_eq!(told(&plan), told(&plan));
        assert_ne!(told(&plan), told(&Plan { random: 8, ..plan.clone() }));
    }

    #[test]
    fn there_is_some_of_everything_and_about_as_many_messages_as_asked_for() {
        let plan = plan();
        let people = plan.people();
        let mut statuses = BTreeMap::new();
        let (mut messages, mut rated, mut escalated, mut unread, mut members) = (0, 0, 0, 0, 0);
        for story in plan.stories(&people) {
            *statuses.entry(story.request.status).or_insert(0) += 1;
            messages += story.messages.len();
            rated += usize::from(story.request.rating.is_some());
            escalated += usize::from(story.request.escalated_at.is_some());
            unread += story.unread_by_staff();
            members += story.participants.iter().filter(|one| one.member).count();
        }
        assert_eq!(statuses.len(), Status::ALL.len(), "{statuses:?}");
        assert!((18_000..22_000).contains(&messages), "{messages}");
        assert!(rated > 100 && escalated > 20 && unread > 5 && members > 5);
    }

    #[test]
    fn every_story_is_told_in_order_and_is_over_by_the_end() {
        let plan = plan();
        let people = plan.people();
        let mut numbers = std::collections::BTreeSet::new();
        for story in plan.stories(&people) {
            let request = &story.request;
            assert!(numbers.insert(request.number.as_str().to_owned()));
            assert!(story.messages.is_sorted_by(|a, b| a.at < b.at));
            assert!(story.timeline.is_sorted_by_key(|entry| entry.created_at));
            assert!(story.active_at <= plan.until && request.created_at <= story.active_at);
            assert!(story.participants.iter().all(|one| one.read_seq <= story.messages.len() as u64));
            assert!(request.sla_next_at().is_none_or(|next| next > plan.until), "nothing is left to be told of");
            let answer = story.messages.iter().find(|one| one.kind == SenderKind::Agent);
            assert_eq!(request.first_response_at, answer.map(|one| one.at));
        }
    }
}
