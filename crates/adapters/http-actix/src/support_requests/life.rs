//! What happens to requests beside their status: fields, escalation, rating, and being put aside, merged or deleted.

use actix_web::{HttpRequest, delete, http::StatusCode, patch, post, web::Data};
use kernel::{Caller, FieldError, SupportRequestId, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use support_request::{
    Action, Category, Changes, Command, Comment, Description, Metadata, Priority, ReferenceChanges, Score, Subject,
    Tags,
};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use wire::SupportRequest;

use super::{
    actions::{Remarks, act, is_said},
    one,
};
use crate::{
    Api,
    answer::{Answer, nothing},
    checks::Checks,
    extract::{Given, Id, Json, Known, OptionalJson, if_match},
    problem::Problem,
};

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(update_support_request).service(escalate_support_request).service(rate_support_request);
    config.service(snooze_support_request).service(merge_support_request);
    config.service(delete_support_request).service(restore_support_request);
}

/// What is to change; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({"priority": "high", "tags": ["vip"], "note": "Client important."}))]
struct UpdateSupportRequest {
    /// 3 to 200 characters.
    #[schema(min_length = 3, max_length = 200)]
    subject: Option<String>,
    /// Up to 10 000 characters.
    #[schema(max_length = 10_000)]
    description: Option<String>,
    /// Another one promises the deadlines anew.
    #[schema(value_type = Option<wire::RequestPriority>)]
    priority: Option<String>,
    /// A word of the organisation's list.
    category: Option<String>,
    /// All of them, at most 20.
    tags: Option<Vec<String>>,
    /// All of it, at most 16 KiB.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    metadata: Option<Map<String, Value>>,
    #[serde(default)]
    context: ContextChanges,
    /// Why, for the customer's eyes too.
    reason: Option<String>,
    /// Why, for staff only.
    note: Option<String>,
    /// Whether the customer is to be told; they are, unless said otherwise.
    notify_customer: Option<bool>,
}

/// Other systems' ids to be set; `null` takes one away, what is left out stays.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "these are the names on the wire")]
pub(crate) struct ContextChanges {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    order_id: Given<String>,
    /// One request an appointment.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    appointment_id: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    warranty_id: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    claim_id: Given<String>,
}

/// The fields of a request as they come in.
#[derive(Debug, Default, Clone)]
pub(crate) struct Fields {
    pub(crate) subject: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) priority: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) context: ContextChanges,
}

impl Fields {
    /// The action, after having noted what is wrong.
    pub(crate) fn action(self, checks: &mut Checks) -> Option<Action> {
        let priority: Result<Option<Priority>, FieldError> = self.priority.map(|word| word.parse()).transpose();
        let ContextChanges { order_id, appointment_id, warranty_id, claim_id } = self.context;
        let references = ReferenceChanges {
            order_id: order_id.change(),
            appointment_id: appointment_id.change(),
            warranty_id: warranty_id.change(),
            claim_id: claim_id.change(),
        };
        let subject = checks.take(self.subject.as_deref().map(Subject::parse).transpose());
        let description = checks.take(self.description.as_deref().map(Description::parse).transpose());
        let priority = checks.take(priority);
        let category = checks.take(self.category.as_deref().map(Category::parse).transpose());
        let tags = checks.take(self.tags.as_deref().map(Tags::parse).transpose());
        let metadata = checks.take(self.metadata.map(Metadata::parse).transpose());
        let references = checks.take(ReferenceChanges::parse(references));
        let changes = Changes {
            subject: subject?,
            description: description?,
            priority: priority?,
            category: category?,
            tags: tags?,
            metadata: metadata?,
            references: references?,
        };
        Some(Action::Update(Box::new(changes)))
    }
}

/// Changes fields of a request; not of a closed one.
#[utoipa::path(tag = "support requests", request_body = UpdateSupportRequest, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The request."),
        ("If-Match" = Option<String>, Header, description = "The version acted on, as its `ETag`.", example = "\"1\"")),
    responses(
        (status = 200, description = "The request of now; the same again changes nothing.", body = SupportRequest),
        (status = 409, description = "It is closed, or another request has the appointment.", body = Problem,
            content_type = "application/problem+json"),
        (status = 412, description = "It has changed since that version.", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[patch("/support-requests/{id}")]
async fn update_support_request(
    request: HttpRequest,
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    Json(body): Json<UpdateSupportRequest>,
) -> Answer {
    let mut checks = Checks::default();
    let UpdateSupportRequest { subject, description, priority, category, tags, metadata, context, .. } = body;
    let action = Fields { subject, description, priority, category, tags, metadata, context }.action(&mut checks);
    let (reason, note, notify_customer) = (body.reason, body.note, body.notify_customer);
    let remarks = Remarks { reason, note, agent_id: None, notify_customer };
    let command = remarks.parse(&mut checks, if_match(&request)?);
    checks.done()?;
    act(&api, &caller, id, action, command).await
}

/// Why it is pressing, and who is to answer.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "Troisième relance du client."}))]
struct Escalate {
    /// Why, for the customer's eyes too: up to 1 000 characters.
    #[serde(default)]
    #[schema(required, max_length = 1_000)]
    reason: String,
    /// Why, for staff only.
    note: Option<String>,
    /// Who is to answer from then on; without, the same as before, and the supervisors are told.
    #[schema(value_type = Option<Uuid>)]
    agent_id: Option<String>,
    /// Whether the customer is to be told; they are, unless said otherwise.
    notify_customer: Option<bool>,
}

/// Escalates a request that is still to be resolved: it becomes urgent.
#[utoipa::path(tag = "support requests", request_body = Escalate, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The request."),
        ("If-Match" = Option<String>, Header, description = "The version acted on, as its `ETag`.", example = "\"1\"")),
    responses(
        (status = 200, description = "The request of now; the same again changes nothing.", body = SupportRequest),
        (status = 409, description = "It is resolved or closed.", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[post("/support-requests/{id}/escalate")]
async fn escalate_support_request(
    request: HttpRequest,
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    Json(body): Json<Escalate>,
) -> Answer {
    let mut checks = Checks::default();
    let Escalate { reason, note, agent_id, notify_customer } = body;
    if !is_said(&reason.as_str()) {
        checks.wrong("reason", "required");
    }
    let remarks = Remarks { reason: Some(reason), note, agent_id, notify_customer };
    let command = remarks.parse(&mut checks, if_match(&request)?);
    checks.done()?;
    act(&api, &caller, id, Some(Action::Escalate), command).await
}

/// What the requester thinks of the help.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"rating": 5, "comment": "Réponse rapide, merci."}))]
pub(crate) struct Rate {
    /// 1, poor, to 5, excellent.
    #[schema(required, value_type = u8, minimum = 1, maximum = 5)]
    rating: Option<i64>,
    /// Up to 2 000 characters.
    #[schema(max_length = 2_000)]
    comment: Option<String>,
}

/// Rates the help, once the request is resolved or closed; by its requester only, who may change it for 7 days.
#[utoipa::path(tag = "support requests", request_body = Rate, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The request.")),
    responses(
        (status = 200, description = "The request of now.", body = SupportRequest),
        (status = 409, description = "It is neither resolved nor closed, or the rating is older than 7 days.",
            body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/support-requests/{id}/rate")]
async fn rate_support_request(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    Json(body): Json<Rate>,
) -> Answer {
    rate(&api, &caller, id, body).await
}

/// Rates a request, however it was named.
pub(crate) async fn rate(api: &Api, caller: &Caller, id: SupportRequestId, body: Rate) -> Answer {
    let mut checks = Checks::default();
    let score = checks.take(body.rating.ok_or(FieldError::new("rating", "required")).and_then(Score::parse));
    let comment = body.comment.as_deref().filter(is_said).map(Comment::parse).transpose();
    let comment = checks.take(comment.map_err(|wrong| FieldError { field: "comment", ..wrong }));
    let action = score.zip(comment).map(|(score, comment)| Action::Rate { score, comment });
    checks.done()?;
    act(api, caller, id, action, Command::default()).await
}

/// Until when it is put aside.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"until": "2024-01-16T08:00:00Z"}))]
struct Snooze {
    /// At most a year from now; `null` wakes it.
    #[serde(default)]
    #[schema(required, value_type = Option<String>, format = DateTime)]
    until: Given<String>,
}

/// The time in `until`; nothing to wake it.
pub(super) fn until(checks: &mut Checks, given: &Given<String>) -> Option<Action> {
    let until = match given {
        Given::Absent => Err(FieldError::new("until", "required")),
        Given::Null => Ok(None),
        Given::Value(text) => text.parse::<Timestamp>().map(Some).map_err(|_| FieldError::new("until", "invalid")),
    };
    checks.take(until).map(|until| Action::Snooze { until })
}

/// Puts a request aside until a time, out of the inbox; the customer's next message wakes it before.
#[utoipa::path(tag = "support requests", request_body = Snooze, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The request."),
        ("If-Match" = Option<String>, Header, description = "The version acted on, as its `ETag`.", example = "\"1\"")),
    responses(
        (status = 200, description = "The request of now; the same again changes nothing.", body = SupportRequest),
        (status = 409, description = "It is resolved or closed.", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[post("/support-requests/{id}/snooze")]
async fn snooze_support_request(
    request: HttpRequest,
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    Json(body): Json<Snooze>,
) -> Answer {
    let mut checks = Checks::default();
    let action = until(&mut checks, &body.until);
    let command = Command { if_match: if_match(&request)?, ..Command::default() };
    checks.done()?;
    act(&api, &caller, id, action, command).await
}

/// Which request takes this one in.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"into": "01929b5e-8f4a-7c3e-9d21-5f6a7b8c9d0e"}))]
struct Merge {
    /// Another request of the same requester, which is not closed.
    #[schema(required, value_type = Uuid)]
    into: Option<String>,
    /// Why, for the customer's eyes too.
    reason: Option<String>,
    /// Why, for staff only.
    note: Option<String>,
    /// Whether the customer is to be told; they are, unless said otherwise.
    notify_customer: Option<bool>,
}

/// Merges a request into another of the same requester: it is closed, its messages stay where they are, and what
/// opens it opens the other too.
#[utoipa::path(tag = "support requests", request_body = Merge, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The request that is closed."),
        ("If-Match" = Option<String>, Header, description = "The version acted on, as its `ETag`.", example = "\"1\"")),
    responses(
        (status = 200, description = "The closed request; the same again changes nothing.", body = SupportRequest),
        (status = 409, description = "One of them is closed, or they are of different people.", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[post("/support-requests/{id}/merge")]
async fn merge_support_request(
    request: HttpRequest,
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    Json(body): Json<Merge>,
) -> Answer {
    let mut checks = Checks::default();
    let Merge { into, reason, note, notify_customer } = body;
    if into.is_none() {
        checks.wrong("into", "required");
    }
    let into = checks.parse::<SupportRequestId>("into", "invalid", into.as_deref());
    let remarks = Remarks { reason, note, agent_id: None, notify_customer };
    let command = remarks.parse(&mut checks, if_match(&request)?);
    let Some(into) = into else { return Err(checks.failure()) };
    checks.done()?;
    let merged = api.desk.merge(&caller, id, into, command).await?;
    one(&api, &caller, StatusCode::OK, &merged.view)
}

/// Deletes a request: hidden from everybody, to be restored within 30 days, then purged with its conversation.
#[utoipa::path(tag = "support requests", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The request.")),
    responses((status = 204, description = "It is deleted; the same again finds nothing.")))]
#[delete("/support-requests/{id}")]
async fn delete_support_request(api: Data<Api>, Known(caller): Known, Id(id): Id<SupportRequestId>) -> Answer {
    api.desk.act(&caller, id, Action::Delete, Command::default()).await?;
    nothing()
}

/// Restores a deleted request, within 30 days.
#[utoipa::path(tag = "support requests", request_body = Remarks, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The request.")),
    responses((status = 200, description = "The request, as it was.", body = SupportRequest)))]
#[post("/support-requests/{id}/restore")]
async fn restore_support_request(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    OptionalJson(body): OptionalJson<Remarks>,
) -> Answer {
    let mut checks = Checks::default();
    checks.refuse("agent_id", body.agent_id.is_some());
    let command = body.parse(&mut checks, None);
    checks.done()?;
    act(&api, &caller, id, Some(Action::Restore), command).await
}
