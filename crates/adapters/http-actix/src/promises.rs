//! What the organisation promises: deadlines by priority, and business hours.

use std::time::Duration;

use actix_web::{get, put, web::Data};
use jiff::{civil::Date, tz::TimeZone};
use kernel::{FieldError, Role};
use serde::{Deserialize, Serialize};
use support_request::{BusinessHours, Priority, Promises, SlaPolicy, Stretch};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    Api,
    answer::{Answer, ok},
    checks::Checks,
    extract::{Json, Known},
    failure::Failure,
};

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_policies).service(set_policies).service(get_hours).service(set_hours);
}

/// What is promised, by priority, the most urgent last.
#[derive(Serialize, ToSchema)]
struct SlaPolicies {
    items: Vec<SlaPolicyOf>,
}

/// What is promised for one priority.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"priority": "urgent", "first_response_minutes": 60, "resolution_minutes": 240}))]
struct SlaPolicyOf {
    /// `low`, `normal`, `high` or `urgent`.
    #[serde(default)]
    #[schema(example = "urgent")]
    priority: String,
    /// From opening to the first public answer of an agent, 1 to 525 600, in working time.
    #[schema(minimum = 1, maximum = 525_600)]
    first_response_minutes: u64,
    /// From opening to resolution, not less than to the first answer. The time in which the customer is waited for
    /// does not count.
    #[schema(minimum = 1, maximum = 525_600)]
    resolution_minutes: u64,
}

impl SlaPolicies {
    fn of(promises: Promises) -> Result<Self, Failure> {
        let terms = promises.terms().map_err(|field| Failure::invalid(vec![field.into()]))?;
        let one = |priority: &Priority| {
            let SlaPolicy { first_response, resolution } = terms.policy(*priority);
            SlaPolicyOf {
                priority: priority.as_str().to_owned(),
                first_response_minutes: first_response.as_secs() / 60,
                resolution_minutes: resolution.as_secs() / 60,
            }
        };
        Ok(Self { items: Priority::ALL.iter().map(one).collect() })
    }
}

/// How long the first response and the resolution may take, by priority. For staff.
#[utoipa::path(tag = "settings", security(("bearer" = [])),
    responses((status = 200, description = "One policy for each priority.", body = SlaPolicies)))]
#[get("/sla-policies")]
async fn get_policies(api: Data<Api>, Known(caller): Known) -> Answer {
    ok(&SlaPolicies::of(api.promising.read(&caller).await?)?)
}

/// Policies to be set.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"items": [{"priority": "urgent", "first_response_minutes": 60, "resolution_minutes": 240}]}))]
struct SetPolicies {
    /// One for each priority that is to change.
    #[serde(default)]
    #[schema(required, min_items = 1, max_items = 4)]
    items: Vec<SlaPolicyOf>,
}

/// Sets policies; those of priorities that are not named stay. Counts for requests opened from then on. For
/// administrators.
#[utoipa::path(tag = "settings", request_body = SetPolicies, security(("bearer" = [])),
    responses((status = 200, description = "All of them, as they are now.", body = SlaPolicies)))]
#[put("/sla-policies")]
async fn set_policies(api: Data<Api>, Known(caller): Known, Json(body): Json<SetPolicies>) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    let mut checks = Checks::default();
    let mut policies: Vec<(Priority, SlaPolicy)> = Vec::with_capacity(body.items.len().min(4));
    if body.items.is_empty() {
        checks.wrong("items", "required");
    }
    for (at, item) in body.items.iter().enumerate() {
        let minutes = |minutes: u64| Duration::from_secs(minutes.saturating_mul(60));
        let policy = SlaPolicy {
            first_response: minutes(item.first_response_minutes),
            resolution: minutes(item.resolution_minutes),
        };
        match item.priority.parse::<Priority>() {
            Ok(priority) if policies.iter().any(|(other, _)| *other == priority) => {
                checks.wrong(format!("items.{at}.priority"), "invalid");
            }
            Ok(priority) => policies.push((priority, policy)),
            Err(_) => checks.wrong(format!("items.{at}.priority"), "unknown"),
        }
        if let Err(field) = policy.check() {
            checks.wrong(format!("items.{at}.{}", field.field), field.code);
        }
    }
    checks.done()?;
    ok(&SlaPolicies::of(api.promising.set_policies(&caller, &policies).await?)?)
}

/// When the organisation works.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"enabled": true, "time_zone": "Europe/Paris",
    "week": [{"day": "monday", "from": "09:00", "to": "12:00"}, {"day": "monday", "from": "13:00", "to": "18:00"}],
    "holidays": ["2026-12-25"]}))]
struct Hours {
    /// Whether deadlines count business hours only; else every minute counts.
    #[serde(default)]
    #[schema(required, value_type = bool)]
    enabled: Option<bool>,
    /// IANA name; the organisation's own when left out.
    #[schema(required)]
    time_zone: Option<String>,
    /// Stretches of working time by the clock of the time zone.
    #[serde(default)]
    week: Vec<HoursOfDay>,
    /// Days on which nobody works, as `YYYY-MM-DD`; at most 1 000.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["2026-12-25"]))]
    holidays: Vec<String>,
}

/// A stretch of working time.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"day": "monday", "from": "09:00", "to": "12:00"}))]
struct HoursOfDay {
    /// `monday` to `sunday`.
    #[schema(example = "monday")]
    day: String,
    /// `HH:MM`.
    #[schema(example = "09:00")]
    from: String,
    /// `HH:MM`, up to `24:00`.
    #[schema(example = "12:00")]
    to: String,
}

impl Hours {
    fn of(promises: &Promises) -> Self {
        let Some(hours) = &promises.hours else {
            let time_zone = Some(promises.time_zone.clone());
            return Self { enabled: Some(false), time_zone, week: Vec::new(), holidays: Vec::new() };
        };
        let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let stretches = DAYS.iter().zip(hours.week()).flat_map(|(day, stretches)| {
            let one = |one: &Stretch| HoursOfDay { day: (*day).to_owned(), from: clock(one.from), to: clock(one.to) };
            stretches.iter().map(one).collect::<Vec<_>>()
        });
        Self {
            enabled: Some(true),
            time_zone: hours.zone().iana_name().map(str::to_owned),
            week: stretches.collect(),
            holidays: hours.holidays().iter().map(ToString::to_string).collect(),
        }
    }

    /// The calendar that was written, where it is one.
    fn calendar(&self, own_zone: &str) -> Result<BusinessHours, Failure> {
        let mut checks = Checks::default();
        let zone = TimeZone::get(self.time_zone.as_deref().unwrap_or(own_zone)).ok();
        if zone.as_ref().is_none_or(|zone| zone.iana_name().is_none()) {
            checks.wrong("time_zone", "unknown");
        }
        let mut week: [Vec<Stretch>; 7] = Default::default();
        for (at, one) in self.week.iter().enumerate() {
            let day = DAYS.iter().position(|day| *day == one.day);
            let (from, to) = (minutes(&one.from), minutes(&one.to));
            for (field, is_wrong) in [("day", day.is_none()), ("from", from.is_none()), ("to", to.is_none())] {
                if is_wrong {
                    checks.wrong(format!("week.{at}.{field}"), "invalid");
                }
            }
            if let (Some(day), Some(from), Some(to)) = (day, from, to) {
                if from >= to {
                    checks.wrong(format!("week.{at}.to"), "invalid");
                }
                week[day].push(Stretch { from, to });
            }
        }
        let mut holidays = std::collections::BTreeSet::new();
        for (at, day) in self.holidays.iter().enumerate() {
            match day.parse::<Date>() {
                Ok(day) => drop(holidays.insert(day)),
                Err(_) => checks.wrong(format!("holidays.{at}"), "invalid"),
            }
        }
        checks.done()?;
        let zone = zone.unwrap_or(TimeZone::UTC);
        BusinessHours::new(zone, week, holidays).map_err(|field| Failure::invalid(vec![field.into()]))
    }
}

/// `HH:MM` as minutes since midnight.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then_some(());
    digits(hour).and(digits(minute))?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

/// When the organisation works, as deadlines count it. For staff.
#[utoipa::path(tag = "settings", security(("bearer" = [])),
    responses((status = 200, description = "The calendar.", body = Hours)))]
#[get("/business-hours")]
async fn get_hours(api: Data<Api>, Known(caller): Known) -> Answer {
    ok(&Hours::of(&api.promising.read(&caller).await?))
}

/// Sets when the organisation works, as a whole. Counts for requests opened from then on, and for those whose clock
/// stands still. For administrators.
#[utoipa::path(tag = "settings", request_body = Hours, security(("bearer" = [])),
    responses((status = 200, description = "The calendar, as it is now.", body = Hours)))]
#[put("/business-hours")]
async fn set_hours(api: Data<Api>, Known(caller): Known, Json(body): Json<Hours>) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    let own_zone = api.promising.read(&caller).await?.time_zone;
    let calendar = match body.enabled {
        Some(true) => Some(body.calendar(&own_zone)?),
        Some(false) => None,
        None => return Err(Failure::invalid(vec![FieldError::new("enabled", "required").into()])),
    };
    ok(&Hours::of(&api.promising.set_business_hours(&caller, calendar.as_ref()).await?))
}
