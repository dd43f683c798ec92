//! Requests, and what is done with them.

use actix_web::{get, http::StatusCode, post, web::Data};
use kernel::{Caller, FieldError, Once, SupportRequestId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_request::{Description, Kind, RequestView, Source, Subject};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use wire::{Eyes, SupportRequest, TimelineEntry};

use crate::{
    Api,
    answer::{Answer, ok, replayed, versioned},
    checks::Checks,
    extract::{Id, Json, Key, Known, Number, Query},
    failure::Failure,
    lists::SupportRequestPage,
    opening::{About, Context, Words, open, refused},
    problem::Problem,
};

mod actions;
mod filter;
mod notes;
mod participants;

use filter::RequestQuery;
pub(crate) use filter::{Answering, saved_words};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_support_requests).service(open_support_request).service(get_support_request_by_number);
    config.service(get_support_request).service(get_timeline);
    actions::configure(config);
    notes::configure(config);
    participants::configure(config);
}

/// The requests in the caller's sight.
#[utoipa::path(tag = "support requests", params(RequestQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of them.", body = SupportRequestPage)))]
#[get("/support-requests")]
async fn list_support_requests(api: Data<Api>, Known(caller): Known, Query(query): Query<RequestQuery>) -> Answer {
    let (filter, page) = query.parse(&caller, api.now())?;
    let (eyes, now) = (Eyes::of(&caller), api.now());
    let found = api.desk.list(&caller, &filter, page).await?;
    ok(&SupportRequestPage::from(found.map(|view| SupportRequest::of(&view, eyes, now))))
}

/// A request to be opened.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"subject": "Retard de livraison", "description": "Ma commande 1234 n’est pas arrivée.",
    "priority": "normal", "category": "delivery", "context": {"order_id": "1234"}}))]
struct OpenSupportRequest {
    /// 3 to 200 characters.
    #[serde(default)]
    #[schema(required, min_length = 3, max_length = 200)]
    subject: String,
    /// Up to 10 000 characters.
    #[schema(required, value_type = String, max_length = 10_000)]
    description: Option<String>,
    #[schema(value_type = Option<wire::RequestPriority>)]
    priority: Option<String>,
    /// A word of the organisation's list; `general` when not given.
    category: Option<String>,
    /// `contact_form` when not given.
    #[schema(value_type = Option<wire::RequestKind>)]
    kind: Option<String>,
    /// At most 20; for staff.
    #[serde(default)]
    tags: Vec<String>,
    /// At most 16 KiB.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    metadata: Map<String, Value>,
    #[serde(default)]
    context: Context,
    /// Opening for somebody else is not possible yet, and refused.
    #[schema(ignore)]
    requester: Option<Value>,
}

/// Opens a request in one's own name, together with its conversation.
#[utoipa::path(tag = "support requests", params(("Idempotency-Key" = Option<String>, Header)),
    request_body = OpenSupportRequest, security(("bearer" = [])), responses(
    (status = 201, description = "The request; its version is the `ETag`.", body = SupportRequest),
    (status = 409, description = "The appointment has a request already.", body = Problem,
        content_type = "application/problem+json"),
))]
#[post("/support-requests")]
async fn open_support_request(
    api: Data<Api>,
    Known(caller): Known,
    key: Key,
    Json(body): Json<OpenSupportRequest>,
) -> Answer {
    let call = key.call(&api, &caller, "open_support_request", &body)?;
    let mut checks = Checks::default();
    checks.refuse("requester", body.requester.is_some());
    checks.refuse("tags", !body.tags.is_empty() && !caller.is_staff());
    let subject = checks.take(Subject::parse(&body.subject));
    let description = body.description.ok_or(FieldError::new("description", "required"));
    let description = checks.take(description.and_then(|text| Description::parse(&text)));
    let kind = checks.take(body.kind.map_or(Ok(Kind::ContactForm), |word| word.parse()));
    let (priority, category, tags) = (body.priority, body.category, body.tags);
    let about = About { priority, category, tags, metadata: body.metadata, context: body.context }.parse(&mut checks);
    let (Some(subject), Some(description), Some(kind), Some(about)) = (subject, description, kind, about) else {
        return Err(refused(checks));
    };
    checks.done()?;
    let requester = api.desk.requester(&caller, None).await?;
    let words = Words { subject, description, first: None };
    let order = about.order(None, requester, kind, Source::Web, words);
    match open(&api, &caller, order, call).await? {
        Once::Done(opened) => one(&api, &caller, StatusCode::CREATED, &opened.view),
        Once::Repeat(repeat) => {
            let view = api.desk.view(&caller, SupportRequestId::new(repeat.resource)).await?;
            replayed(one(&api, &caller, StatusCode::CREATED, &view))
        }
    }
}

/// One request.
#[utoipa::path(tag = "support requests", params(("id" = Uuid, Path, description = "The request.")),
    security(("bearer" = [])),
    responses((status = 200, description = "The request; its version is the `ETag`.", body = SupportRequest)))]
#[get("/support-requests/{id}")]
async fn get_support_request(api: Data<Api>, Known(caller): Known, Id(id): Id<SupportRequestId>) -> Answer {
    one(&api, &caller, StatusCode::OK, &api.desk.view(&caller, id).await?)
}

/// One request by its number.
#[utoipa::path(tag = "support requests",
    params(("number" = String, Path, description = "The number.", example = "TICKET-20240115-001")),
    security(("bearer" = [])),
    responses((status = 200, description = "The request; its version is the `ETag`.", body = SupportRequest)))]
#[get("/support-requests/by-number/{number}")]
async fn get_support_request_by_number(api: Data<Api>, Known(caller): Known, Number(number): Number) -> Answer {
    one(&api, &caller, StatusCode::OK, &api.desk.view_by_number(&caller, &number).await?)
}

/// What happened to a request.
#[derive(Debug, Serialize, ToSchema)]
struct RequestTimeline {
    /// Oldest first.
    items: Vec<TimelineEntry>,
}

/// What happened to a request, oldest first.
#[utoipa::path(tag = "support requests", params(("id" = Uuid, Path, description = "The request.")),
    security(("bearer" = [])),
    responses((status = 200, description = "All of it.", body = RequestTimeline)))]
#[get("/support-requests/{id}/timeline")]
async fn get_timeline(api: Data<Api>, Known(caller): Known, Id(id): Id<SupportRequestId>) -> Answer {
    ok(&RequestTimeline { items: timeline(&api, &caller, id).await? })
}

pub(crate) async fn timeline(api: &Api, caller: &Caller, id: SupportRequestId) -> Result<Vec<TimelineEntry>, Failure> {
    let eyes = Eyes::of(caller);
    let entries = api.desk.timeline(caller, id).await?;
    Ok(entries.iter().map(|entry| TimelineEntry::of(entry, eyes)).collect())
}

/// One request as an answer.
fn one(api: &Api, caller: &Caller, status: StatusCode, view: &RequestView) -> Answer {
    versioned(status, view.request.version, &SupportRequest::of(view, Eyes::of(caller), api.now()))
}
