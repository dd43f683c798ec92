//! When an organisation works, and how much of that lies between two moments.

use std::{collections::BTreeSet, time::Duration};

use jiff::{
    ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use kernel::{FieldError, Timestamp};

/// A stretch of a working day, in minutes since its midnight by the clock on the wall: `from` is in it, `to` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Stretch {
    /// 0 to 1 439.
    pub from: u16,
    /// 1 to 1 440; 1 440 is the next midnight.
    pub to: u16,
}

/// What an organisation's clock counts.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkingTime {
    /// Every minute.
    Always,
    /// The minutes of business hours.
    BusinessHours(BusinessHours),
}

/// A working week in a time zone, without the holidays.
#[derive(Debug, Clone, PartialEq)]
pub struct BusinessHours {
    zone: TimeZone,
    /// From Monday on; each day's stretches ascending, none touching another.
    week: [Vec<Stretch>; 7],
    holidays: BTreeSet<Date>,
}

/// How far ahead is looked for working time. A calendar that holds none for so long stands still.
const HORIZON_DAYS: u32 = 3_660;

impl WorkingTime {
    /// The moment at which `work` has been worked since `start`: the first one for which [`Self::between`] gives it.
    /// Without work it is `start`.
    pub fn after(&self, start: Timestamp, work: Duration) -> Timestamp {
        match self {
            Self::Always => start + work,
            Self::BusinessHours(hours) => hours.after(start, work),
        }
    }

    /// How much is worked between two moments; nothing when the second is not after the first.
    pub fn between(&self, start: Timestamp, end: Timestamp) -> Duration {
        match self {
            Self::Always => end.since(start),
            Self::BusinessHours(hours) => hours.between(start, end),
        }
    }
}

impl BusinessHours {
    /// The most holidays that are kept.
    pub const MOST_HOLIDAYS: usize = 1_000;

    /// A calendar. The stretches of a day may come in any order; those that touch or overlap become one.
    ///
    /// # Errors
    /// `week` `invalid` when a stretch ends before it begins or after midnight; `week` `required` when there is no
    /// working time in the whole week; `holidays` `too_many` above [`Self::MOST_HOLIDAYS`].
    pub fn new(zone: TimeZone, week: [Vec<Stretch>; 7], holidays: BTreeSet<Date>) -> Result<Self, FieldError> {
        let is_sound = |stretch: &Stretch| stretch.from < stretch.to && stretch.to <= 24 * 60;
        if !week.iter().flatten().all(is_sound) {
            return Err(FieldError::new("week", "invalid"));
        }
        if week.iter().all(Vec::is_empty) {
            return Err(FieldError::new("week", "required"));
        }
        if holidays.len() > Self::MOST_HOLIDAYS {
            return Err(FieldError::new("holidays", "too_many"));
        }
        Ok(Self { zone, week: week.map(joined), holidays })
    }

    /// The zone whose clock the stretches follow.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The stretches of each day, from Monday on.
    pub fn week(&self) -> &[Vec<Stretch>; 7] {
        &self.week
    }

    /// Days on which nobody works.
    pub fn holidays(&self) -> &BTreeSet<Date> {
        &self.holidays
    }

    fn after(&self, start: Timestamp, work: Duration) -> Timestamp {
        let mut left = work;
        if left.is_zero() {
            return start;
        }
        for (from, to) in self.spans(start, HORIZON_DAYS) {
            let from = from.max(start);
            let worked = to.since(from);
            if worked >= left {
                return from + left;
            }
            left -= worked;
        }
        // No working time for years: as good as never, and yet a moment that can be stored and shown.
        start + Duration::from_hours(24 * u64::from(HORIZON_DAYS))
    }

    fn between(&self, start: Timestamp, end: Timestamp) -> Duration {
        // A day more at each end than the time that goes by may touch.
        let days = end.since(start).as_secs() / (24 * 3_600) + 4;
        self.spans(start, u32::try_from(days).unwrap_or(u32::MAX))
            .take_while(|(from, _)| *from < end)
            .map(|(from, to)| to.min(end).since(from.max(start)))
            .sum()
    }

    /// The stretches of so many days that end after a moment, as moments, ascending and apart from each other.
    fn spans(&self, start: Timestamp, days: u32) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = jiff::Timestamp::from_microsecond(start.as_micros()).unwrap_or_default();
        // The day before may reach into this one where the clock was put back.
        let first = self.zone.to_datetime(first).date().saturating_sub(1.day());
        let days = first.series(1.day()).take(days as usize);
        let worked = days.filter(|day| !self.holidays.contains(day)).flat_map(move |day| {
            let stretches = &self.week[day.weekday().to_monday_zero_offset().unsigned_abs() as usize];
            stretches.iter().map(move |stretch| (self.moment(day, stretch.from), self.moment(day, stretch.to)))
        });
        let mut last = start;
        worked.filter_map(move |(from, to)| {
            // Where the clock is put forward or back, two stretches may come to lie over each other: each moment counts
            // once, and one that the day does not have counts for nothing.
            let from = from.max(last);
            last = last.max(to);
            (from < to).then_some((from, to))
        })
    }

    /// A minute of a day as a moment. One that is skipped when the clock is put forward is the moment of the change or
    /// after; of one that comes twice the first is meant (RFC 5545, 3.3.5).
    fn moment(&self, day: Date, minute: u16) -> Timestamp {
        let (day, minute) = if minute == 24 * 60 { (day.saturating_add(1.day()), 0) } else { (day, minute) };
        let (hour, minute) = (i8::try_from(minute / 60).unwrap_or(0), i8::try_from(minute % 60).unwrap_or(0));
        let time = Time::new(hour, minute, 0, 0).unwrap_or(Time::midnight());
        let moment = self.zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible();
        Timestamp::from_micros(moment.map_or(0, jiff::Timestamp::as_microsecond))
    }
}

fn joined(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match joined.last_mut() {
            Some(last) if stretch.from <= last.to => last.to = last.to.max(stretch.to),
            _ => joined.push(stretch),
        }
    }
    joined
}
