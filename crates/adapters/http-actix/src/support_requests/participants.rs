//! Who takes part in a request beside those who ask and answer, for staff.

use actix_web::{delete, get, post, web::Data};
use kernel::{FieldError, SupportRequestId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use support_request::Member;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, created, nothing, ok},
    extract::{Id, Json, Known, Query},
    failure::Failure,
    users::UserRole,
};

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_participants).service(add_participant).service(remove_participant);
}

/// The agents who were added to a request.
#[derive(Debug, Serialize, ToSchema)]
struct RequestParticipants {
    /// The longest there first.
    items: Vec<RequestParticipant>,
}

/// An agent who was added to a request, by hand or by a mention, and so sees it.
#[derive(Debug, Serialize, ToSchema)]
struct RequestParticipant {
    /// The user's id.
    id: Uuid,
    /// First and last name.
    #[schema(example = "Camille Durand")]
    name: String,
    /// What they may do.
    role: UserRole,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    added_at: Timestamp,
}

impl From<Member> for RequestParticipant {
    fn from(member: Member) -> Self {
        Self { id: member.id.uuid(), name: member.name, role: member.role.into(), added_at: member.added_at }
    }
}

/// The agents who were added to a request. For staff.
#[utoipa::path(tag = "support requests", params(("id" = Uuid, Path, description = "The request.")),
    security(("bearer" = [])), responses((status = 200, description = "All of them.", body = RequestParticipants)))]
#[get("/support-requests/{id}/participants")]
async fn list_participants(api: Data<Api>, Known(caller): Known, Id(id): Id<SupportRequestId>) -> Answer {
    let members = api.desk.members(&caller, id).await?;
    ok(&RequestParticipants { items: members.into_iter().map(RequestParticipant::from).collect() })
}

/// Who is to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"user_id": "01929b5e-8f4a-7c3e-9d21-5f6a7b8c9d0e"}))]
struct AddParticipant {
    /// An agent.
    #[schema(required, value_type = Uuid)]
    user_id: Option<String>,
}

/// Adds an agent to a request, who sees it from then on; the same again changes nothing. For staff.
#[utoipa::path(tag = "support requests", params(("id" = Uuid, Path, description = "The request.")),
    request_body = AddParticipant, security(("bearer" = [])),
    responses((status = 201, description = "The participant.", body = RequestParticipant)))]
#[post("/support-requests/{id}/participants")]
async fn add_participant(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    Json(body): Json<AddParticipant>,
) -> Answer {
    // Whoever sees nothing here is told so before what is wrong with the body.
    api.desk.view(&caller, id).await?;
    caller.agent().map_err(crate::failure::not_allowed)?;
    let member = api.desk.add_member(&caller, id, user_id(body.user_id.as_deref())?).await?;
    created(&RequestParticipant::from(member))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichParticipant {
    /// Who is to be removed.
    #[param(required, value_type = Uuid)]
    user_id: Option<String>,
}

/// Removes an agent from a request; the same again changes nothing. For staff.
#[utoipa::path(tag = "support requests", params(("id" = Uuid, Path, description = "The request."), WhichParticipant),
    security(("bearer" = [])), responses((status = 204, description = "They take part no longer.")))]
#[delete("/support-requests/{id}/participants")]
async fn remove_participant(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    Query(query): Query<WhichParticipant>,
) -> Answer {
    api.desk.view(&caller, id).await?;
    caller.agent().map_err(crate::failure::not_allowed)?;
    api.desk.remove_member(&caller, id, user_id(query.user_id.as_deref())?).await?;
    nothing()
}

fn user_id(text: Option<&str>) -> Result<UserId, Failure> {
    let parsed = match text {
        None => Err(FieldError::new("user_id", "required")),
        Some(text) => text.parse().map_err(|_| FieldError::new("user_id", "invalid")),
    };
    parsed.map_err(|field| Failure::invalid(vec![field.into()]))
}
