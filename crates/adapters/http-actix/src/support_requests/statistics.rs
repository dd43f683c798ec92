//! Requests in numbers.

use std::{collections::BTreeMap, time::Duration};

use actix_web::{get, web::Data};
use serde::{Deserialize, Serialize};
use support_request::{Asker, Statistics};
use utoipa::{IntoParams, ToSchema};

use super::filter::requester;
use crate::{
    Api,
    answer::{Answer, ok},
    extract::{Known, Query},
};

/// Of whom.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatisticsQuery {
    /// Only what this participant asked for: an id, or an e-mail.
    requester: Option<String>,
}

/// The numbers of the requests in the caller's sight. What was deleted is not counted; what is archived is.
#[derive(Debug, Serialize, ToSchema)]
struct RequestStatistics {
    /// All requests.
    total: u64,
    /// Those with the status `open`: nobody answers them yet.
    open: u64,
    /// Those with the status `closed`.
    closed: u64,
    /// Those that are neither resolved nor closed: what is left to do.
    pending: u64,
    /// Messages that wait to be read in requests that are not closed: for staff, the customers' that no agent has
    /// read; for others, those of others that they have not read.
    unread: u64,
    /// From opening to the first public answer of an agent, on average over those that have one; in hours.
    #[schema(required)]
    avg_first_response_hours: Option<f64>,
    /// From opening to resolution, or to closing where nobody resolved it before, on average over those that came
    /// there; in hours.
    #[schema(required)]
    avg_resolution_hours: Option<f64>,
    /// How many of each status, zeros included.
    #[schema(example = json!({"open": 3, "assigned": 1, "in_progress": 4, "waiting_customer": 2, "resolved": 5, "closed": 90}))]
    by_status: BTreeMap<&'static str, u64>,
    /// How many of each priority, zeros included.
    #[schema(example = json!({"low": 10, "normal": 80, "high": 12, "urgent": 3}))]
    by_priority: BTreeMap<&'static str, u64>,
    /// How many of each category that a request has.
    #[schema(example = json!({"billing": 40, "delivery": 65}))]
    by_category: BTreeMap<String, u64>,
    satisfaction: Satisfaction,
    /// The share of requests that were escalated, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    escalation_rate: f64,
}

/// What requesters thought.
#[derive(Debug, Serialize, ToSchema)]
struct Satisfaction {
    /// The average rating, 1 to 5; nothing without a rating.
    #[schema(required, minimum = 1, maximum = 5)]
    score: Option<f64>,
    /// How many ratings there are.
    responses: u64,
}

impl From<Statistics> for RequestStatistics {
    fn from(of: Statistics) -> Self {
        let hours = |time: Duration| time.as_secs_f64() / 3_600.0;
        Self {
            total: of.total,
            open: of.open,
            closed: of.closed,
            pending: of.pending,
            unread: of.unread,
            avg_first_response_hours: of.avg_first_response.map(hours),
            avg_resolution_hours: of.avg_resolution.map(hours),
            by_status: of.by_status.into_iter().map(|(word, count)| (word.as_str(), count)).collect(),
            by_priority: of.by_priority.into_iter().map(|(word, count)| (word.as_str(), count)).collect(),
            by_category: of.by_category,
            satisfaction: Satisfaction { score: of.score, responses: of.responses },
            escalation_rate: of.escalation_rate,
        }
    }
}

/// The requests in the caller's sight, in numbers.
#[utoipa::path(tag = "support requests", params(StatisticsQuery), security(("bearer" = [])),
    responses((status = 200, description = "As of now.", body = RequestStatistics)))]
#[get("/support-requests/statistics")]
pub(super) async fn get_statistics(
    api: Data<Api>,
    Known(caller): Known,
    Query(query): Query<StatisticsQuery>,
) -> Answer {
    let asker = match requester(query.requester) {
        (Some(id), _) => Some(Asker::Id(id)),
        (None, email) => email.map(Asker::Email),
    };
    ok(&RequestStatistics::from(api.desk.statistics(&caller, asker.as_ref()).await?))
}
