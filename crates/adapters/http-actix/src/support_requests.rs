//! Requests, and what is done with them.

use actix_web::{get, http::StatusCode, post, web::Data};
use identity::{Email, InvalidValue, NewGuest, PersonName, Phone};
use kernel::{Caller, FieldError, Once, SupportRequestId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_request::{Description, Kind, OpenRequest, RequestView, Requester, Source, Subject};
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
mod bulk;
mod filter;
mod following;
mod life;
mod notes;
mod participants;
mod statistics;

pub(crate) use actions::Remarks;
use filter::RequestQuery;
pub(crate) use filter::{Answering, saved_words};
pub(crate) use following::{OpenFollowUp, OpenedFollowUp, follow_up};
pub(crate) use life::{Fields, Rate, rate};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_support_requests).service(open_support_request).service(get_support_request_by_number);
    config.service(statistics::get_statistics).service(get_support_request).service(get_timeline);
    actions::configure(config);
    notes::configure(config);
    participants::configure(config);
    life::configure(config);
    config.service(following::follow_up_support_request).service(bulk::change_support_requests);
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
    /// Who asks, when it is not the caller; for staff.
    requester: Option<ForSomebody>,
    /// `web` when not given; for staff.
    #[schema(value_type = Option<wire::RequestSource>)]
    source: Option<String>,
    /// Who is to answer it from the beginning; for staff.
    #[schema(value_type = Option<Uuid>)]
    agent_id: Option<String>,
}

/// Who asks: a user, or somebody without an account, who is known again by their e-mail.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"name": "Léa Martin", "email": "lea@example.com"}))]
struct ForSomebody {
    /// A user of the organisation; then nothing else is needed.
    #[schema(value_type = Option<Uuid>)]
    user_id: Option<String>,
    /// 1 to 100 characters.
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

impl ForSomebody {
    /// The guest they are when they have no account, after having noted what is wrong.
    fn guest(&self, checks: &mut Checks, language: kernel::Language) -> NewGuest {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let (name, email, phone) = (said(&self.name), said(&self.email), said(&self.phone));
        let at = |field| move |invalid: InvalidValue| -> FieldError { invalid.at(field) };
        checks.take(PersonName::parse(name.as_deref().unwrap_or_default()).map_err(at("requester.name")));
        checks.take(email.as_deref().map(Email::parse).transpose().map_err(at("requester.email")));
        checks.take(phone.as_deref().map(Phone::parse).transpose().map_err(at("requester.phone")));
        if email.is_none() {
            // Whoever cannot be reached cannot be answered.
            checks.wrong("requester.email", "required");
        }
        NewGuest { name: name.unwrap_or_default(), email, phone, language }
    }
}

/// Opens a request, together with its conversation: in one's own name, or, for staff, in somebody else's.
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
    let is_staff = caller.is_staff();
    checks.refuse("requester", body.requester.is_some() && !is_staff);
    checks.refuse("source", body.source.is_some() && !is_staff);
    checks.refuse("agent_id", body.agent_id.is_some() && !is_staff);
    checks.refuse("tags", !body.tags.is_empty() && !is_staff);
    let source = checks.take(body.source.map_or(Ok(Source::Web), |word| word.parse()));
    let agent = checks.parse::<UserId>("agent_id", "invalid", body.agent_id.as_deref());
    let user = body.requester.as_ref().and_then(|one| one.user_id.as_deref());
    let user = checks.parse::<UserId>("requester.user_id", "invalid", user);
    let guest = body.requester.as_ref().filter(|one| one.user_id.is_none() && is_staff);
    let guest = guest.map(|one| one.guest(&mut checks, caller.language()));
    let subject = checks.take(Subject::parse(&body.subject));
    let description = body.description.ok_or(FieldError::new("description", "required"));
    let description = checks.take(description.and_then(|text| Description::parse(&text)));
    let kind = checks.take(body.kind.map_or(Ok(Kind::ContactForm), |word| word.parse()));
    let (priority, category, tags) = (body.priority, body.category, body.tags);
    let about = About { priority, category, tags, metadata: body.metadata, context: body.context }.parse(&mut checks);
    let (Some(subject), Some(description), Some(kind), Some(about), Some(source)) =
        (subject, description, kind, about, source)
    else {
        return Err(refused(checks));
    };
    checks.done()?;
    if let Some(call) = &call
        && let Some(repeat) = api.desk.opened_before(caller.organization(), call).await?
    {
        // Nobody is let in for it once more.
        let view = api.desk.view(&caller, SupportRequestId::new(repeat.resource)).await?;
        return replayed(one(&api, &caller, StatusCode::CREATED, &view));
    }
    let requester = match guest {
        Some(guest) => known_guest(&api, &caller, &guest).await?,
        None => api.desk.requester(&caller, user).await?,
    };
    let words = Words { subject, description, first: None };
    let order = OpenRequest { agent, ..about.order(None, requester, kind, source, words) };
    match open(&api, &caller, order, call).await? {
        Once::Done(opened) => one(&api, &caller, StatusCode::CREATED, &opened.view),
        Once::Repeat(repeat) => {
            let view = api.desk.view(&caller, SupportRequestId::new(repeat.resource)).await?;
            replayed(one(&api, &caller, StatusCode::CREATED, &view))
        }
    }
}

/// Somebody without an account, as the requester of a request.
async fn known_guest(api: &Api, caller: &Caller, guest: &NewGuest) -> Result<Requester, Failure> {
    let guest = api.identity.know_guest(caller, guest).await?;
    Ok(Requester {
        id: guest.id.into(),
        name: guest.name.as_str().to_owned(),
        email: guest.email.map(|email| email.as_str().to_owned()),
        phone: guest.phone.map(|phone| phone.as_str().to_owned()),
    })
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
