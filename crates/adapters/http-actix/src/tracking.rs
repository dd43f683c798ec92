//! For visitors who come back to their request.

use actix_web::{HttpRequest, post, web::Data};
use identity::LostRequest;
use kernel::OrganizationId;
use serde::Deserialize;
use support_request::Snapshot;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use wire::SupportRequest;

use crate::{
    Api,
    accounts::{Accepted, EVEN, accepted, evenly, parsed_email},
    answer::Answer,
    extract::{Json, Key, Known, Number, OptionalJson},
    failure::Failure,
    problem::Problem,
    public::Visit,
    support_requests::{OpenFollowUp, OpenedFollowUp, Rate, follow_up, rate},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(send_access_link).service(rate_public_support_request).service(follow_up_public_support_request);
}

/// Somebody who has lost the link to their request.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"organization": "demo", "number": "TICKET-20240115-001", "email": "lea@example.com"}))]
struct AccessLink {
    /// Short name or widget key; else the organisation of the host name, else the only one there is.
    organization: Option<String>,
    /// The request's number.
    #[serde(default)]
    #[schema(required)]
    number: String,
    /// The address that was given with it.
    #[serde(default)]
    #[schema(required)]
    email: String,
}

/// Sends a fresh link to a request, if this is the address that was given with it.
///
/// The answer is the same if it is not, or if there is no such request, and takes as long.
#[utoipa::path(tag = "public", request_body = AccessLink, responses(
    (status = 202, description = "Heard.", body = Accepted),
    (status = 404, description = "No such organisation.", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many for now.", body = Problem, content_type = "application/problem+json"),
))]
#[post("/public/support-requests/access-link")]
async fn send_access_link(request: HttpRequest, api: Data<Api>, Json(body): Json<AccessLink>) -> Answer {
    let visit = Visit::of(&request, &api, body.organization).await?;
    let organization = &visit.organization;
    api.pace.attempt(&api.identity, organization.id, &request).await?;
    if body.number.trim().is_empty() {
        return Err(Failure::field("number", "required"));
    }
    let email = parsed_email(&body.email)?;
    api.pace.letter(&api.identity, organization.id, &email).await?;
    evenly(EVEN, async {
        let found = lost_request(&api, organization.id, &body.number).await?;
        Ok::<_, Failure>(api.identity.send_access_link(organization, &body.email, found.as_ref()).await?)
    })
    .await?;
    Ok(accepted())
}

/// Rates the help, once the visitor's request is resolved or closed; it may be changed for 7 days.
#[utoipa::path(tag = "public", request_body = Rate, security(("bearer" = [])),
    params(("number" = String, Path, description = "The number.", example = "TICKET-20240115-001")),
    responses(
        (status = 200, description = "The request of now.", body = SupportRequest),
        (status = 409, description = "It is neither resolved nor closed, or the rating is older than 7 days.",
            body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/public/support-requests/{number}/rate")]
async fn rate_public_support_request(
    api: Data<Api>,
    Known(caller): Known,
    Number(number): Number,
    Json(body): Json<Rate>,
) -> Answer {
    let id = api.desk.view_by_number(&caller, &number).await?.request.id;
    rate(&api, &caller, id, body).await
}

/// Opens a new request that follows the visitor's closed one, with a token of its own.
#[utoipa::path(tag = "public", request_body = OpenFollowUp, security(("bearer" = [])),
    params(("number" = String, Path, description = "The closed request's.", example = "TICKET-20240115-001"),
        ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "The new request; its version is the `ETag`.", body = OpenedFollowUp),
        (status = 409, description = "The request is not closed.", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[post("/public/support-requests/{number}/follow-up")]
async fn follow_up_public_support_request(
    api: Data<Api>,
    Known(caller): Known,
    Number(number): Number,
    key: Key,
    OptionalJson(body): OptionalJson<OpenFollowUp>,
) -> Answer {
    let id = api.desk.view_by_number(&caller, &number).await?.request.id;
    follow_up(&api, &caller, id, &key, body).await
}

/// People write numbers as they please; what is longer than any number is none.
async fn lost_request(api: &Api, organization: OrganizationId, number: &str) -> Result<Option<LostRequest>, Failure> {
    let number = number.trim().to_ascii_uppercase();
    if number.len() > 64 || !number.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
        return Ok(None);
    }
    let found = api.desk.behind_number(organization, &number).await?;
    Ok(found.map(|Snapshot { id, requester, number, subject, .. }| LostRequest {
        id,
        requester: requester.id,
        name: requester.name,
        email: requester.email,
        number: number.as_str().to_owned(),
        subject: subject.as_str().to_owned(),
    }))
}
