//! The arithmetic of working time: by example where people know the answer, by law everywhere else.

use std::{collections::BTreeSet, time::Duration};

use jiff::{civil::Date, tz::TimeZone};
use kernel::Timestamp;
use proptest::prelude::*;

use crate::business_hours::{BusinessHours, Stretch, WorkingTime};

const HOUR: Duration = Duration::from_hours(1);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn office(zone: &str, holidays: &[&str]) -> WorkingTime {
    let day = vec![Stretch { from: 13 * 60, to: 18 * 60 }, Stretch { from: 9 * 60, to: 12 * 60 }];
    let week = [day.clone(), day.clone(), day.clone(), day.clone(), day, vec![], vec![]];
    let holidays = holidays.iter().map(|day| day.parse().unwrap()).collect();
    WorkingTime::BusinessHours(BusinessHours::new(TimeZone::get(zone).unwrap(), week, holidays).unwrap())
}

fn night(zone: &str) -> WorkingTime {
    let night = vec![Stretch { from: 0, to: 6 * 60 }, Stretch { from: 22 * 60, to: 24 * 60 }];
    let week = std::array::from_fn(|_| night.clone());
    WorkingTime::BusinessHours(BusinessHours::new(TimeZone::get(zone).unwrap(), week, BTreeSet::new()).unwrap())
}

#[test]
fn a_deadline_waits_for_lunch_and_for_the_weekend() {
    let office = office("Europe/Paris", &[]);
    // Friday 11:00 in Paris, winter.
    let friday = at("2024-01-19T10:00:00Z");
    assert_eq!(office.after(friday, HOUR), at("2024-01-19T11:00:00Z"), "noon");
    assert_eq!(office.after(friday, 2 * HOUR), at("2024-01-19T13:00:00Z"), "an hour before lunch, one after");
    assert_eq!(office.after(friday, 8 * HOUR), at("2024-01-22T10:00:00Z"), "Monday");
    assert_eq!(office.between(friday, at("2024-01-22T10:00:00Z")), 8 * HOUR);
    // What comes in at night is due in the morning.
    assert_eq!(office.after(at("2024-01-19T23:00:00Z"), HOUR), at("2024-01-22T09:00:00Z"));
}

#[test]
fn a_holiday_and_the_end_of_a_month_are_stepped_over() {
    let office = office("Europe/Paris", &["2024-05-01"]);
    let tuesday = at("2024-04-30T15:00:00Z");
    assert_eq!(office.after(tuesday, 2 * HOUR), at("2024-05-02T08:00:00Z"), "17:00, then Thursday 9:00 to 10:00");
    // The leap day is a day like any other.
    assert_eq!(office.after(at("2024-02-28T17:00:00Z"), 8 * HOUR), at("2024-02-29T17:00:00Z"));
}

#[test]
fn hours_follow_the_clock_on_the_wall_when_it_is_changed() {
    let office = office("Europe/Paris", &[]);
    // 2024-03-31 the clock was put forward: Friday 9:00 is 8:00 UTC, Monday 9:00 is 7:00 UTC.
    assert_eq!(office.after(at("2024-03-29T08:00:00Z"), 9 * HOUR), at("2024-04-01T08:00:00Z"));
    // 2024-10-27 it was put back.
    assert_eq!(office.after(at("2024-10-25T07:00:00Z"), 9 * HOUR), at("2024-10-28T09:00:00Z"));
}

#[test]
fn the_hour_that_is_missing_or_doubled_counts_as_it_is_lived() {
    let night = night("Europe/Paris");
    let (eve, morning) = (at("2024-03-30T21:00:00Z"), at("2024-03-31T04:00:00Z"));
    assert_eq!(night.between(eve, morning), 7 * HOUR, "22:00 to 6:00, without the hour that there was not");
    let (eve, morning) = (at("2024-10-26T20:00:00Z"), at("2024-10-27T05:00:00Z"));
    assert_eq!(night.between(eve, morning), 9 * HOUR, "with the hour that came twice");
}

#[test]
fn a_day_that_a_country_skipped_is_nobodys_working_day() {
    // Samoa went from 29 to 31 December 2011.
    let week = std::array::from_fn(|_| vec![Stretch { from: 0, to: 1_440 }]);
    let zone = TimeZone::get("Pacific/Apia").unwrap();
    let always = WorkingTime::BusinessHours(BusinessHours::new(zone, week, BTreeSet::new()).unwrap());
    let (before, after) = (at("2011-12-28T00:00:00Z"), at("2012-01-03T00:00:00Z"));
    assert_eq!(always.between(before, after), after.since(before), "nothing is counted twice or left out");
}

#[test]
fn a_calendar_without_working_time_is_refused_and_a_full_year_of_holidays_ends_somewhere() {
    let zone = TimeZone::UTC;
    let nothing = BusinessHours::new(zone.clone(), Default::default(), BTreeSet::new()).unwrap_err();
    assert_eq!((nothing.field, nothing.code), ("week", "required"));
    for wrong in [Stretch { from: 60, to: 60 }, Stretch { from: 61, to: 60 }, Stretch { from: 0, to: 1_441 }] {
        let week = [vec![wrong], vec![], vec![], vec![], vec![], vec![], vec![]];
        assert_eq!(BusinessHours::new(zone.clone(), week, BTreeSet::new()).unwrap_err().code, "invalid");
    }
}

#[test]
fn without_work_it_is_due_at_once() {
    let saturday = at("2024-01-20T10:00:00Z");
    assert_eq!(office("Europe/Paris", &[]).after(saturday, Duration::ZERO), saturday);
}

#[test]
fn stretches_that_touch_are_one() {
    let day = vec![Stretch { from: 600, to: 720 }, Stretch { from: 480, to: 600 }, Stretch { from: 500, to: 660 }];
    let week = [day, vec![], vec![], vec![], vec![], vec![], vec![]];
    let hours = BusinessHours::new(TimeZone::UTC, week, BTreeSet::new()).unwrap();
    assert_eq!(hours.week()[0], [Stretch { from: 480, to: 720 }]);
}

prop_compose! {
    fn stretch()(from in 0_u16..1_410, length in 30_u16..1_440) -> Stretch {
        Stretch { from, to: (from + length).min(1_440) }
    }
}

fn calendar() -> impl Strategy<Value = WorkingTime> {
    let zones = [
        "UTC",
        "Europe/Paris",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Africa/Cairo",
        "America/Santiago",
        "Pacific/Apia",
    ];
    let day = proptest::collection::vec(stretch(), 0..3);
    let week =
        proptest::collection::vec(day, 7).prop_filter("some working time", |week| !week.iter().all(Vec::is_empty));
    let holidays = proptest::collection::btree_set((2011..2030_i16, 1..13_i8, 1..29_i8), 0..20);
    (proptest::sample::select(zones.to_vec()), week, holidays).prop_map(|(zone, week, holidays)| {
        let holidays = holidays.into_iter().map(|(year, month, day)| Date::new(year, month, day).unwrap()).collect();
        let week = <[Vec<Stretch>; 7]>::try_from(week).unwrap();
        WorkingTime::BusinessHours(BusinessHours::new(TimeZone::get(zone).unwrap(), week, holidays).unwrap())
    })
}

fn moment() -> impl Strategy<Value = Timestamp> {
    // 2011 to 2029, to the second, and often near a change of the clock or the end of a year.
    let any = 1_293_840_000_i64..1_893_456_000;
    let near =
        proptest::sample::select(vec![1_711_846_800_i64, 1_729_990_800, 1_325_203_200, 1_704_063_600, 1_709_161_200]);
    let near = (near, -200_000..200_000_i64).prop_map(|(change, by)| change + by);
    prop_oneof![any, near].prop_map(|seconds| Timestamp::from_micros(seconds * 1_000_000))
}

fn work() -> impl Strategy<Value = Duration> {
    (1..200_000_u64).prop_map(Duration::from_secs)
}

proptest! {
    #[test]
    fn as_much_is_worked_until_the_deadline_as_was_asked(calendar in calendar(), start in moment(), work in work()) {
        prop_assert_eq!(calendar.between(start, calendar.after(start, work)), work);
    }

    #[test]
    fn no_moment_before_the_deadline_would_do(calendar in calendar(), start in moment(), work in work()) {
        let due = calendar.after(start, work);
        prop_assert!(calendar.between(start, due - Duration::from_micros(1)) < work);
    }

    #[test]
    fn work_may_be_done_in_parts(calendar in calendar(), start in moment(), one in work(), two in work()) {
        prop_assert_eq!(calendar.after(calendar.after(start, one), two), calendar.after(start, one + two));
    }

    #[test]
    fn times_add_up_and_never_exceed_what_went_by(calendar in calendar(), mut moments in proptest::collection::vec(moment(), 3)) {
        moments.sort();
        let [a, b, c] = moments[..] else { unreachable!() };
        prop_assert_eq!(calendar.between(a, b) + calendar.between(b, c), calendar.between(a, c));
        prop_assert!(calendar.between(a, c) <= c.since(a));
        prop_assert_eq!(calendar.between(c, a), Duration::ZERO);
    }

    #[test]
    fn who_starts_later_is_not_done_earlier(calendar in calendar(), mut starts in proptest::collection::vec(moment(), 2), work in work()) {
        starts.sort();
        prop_assert!(calendar.after(starts[0], work) <= calendar.after(starts[1], work));
    }
}
