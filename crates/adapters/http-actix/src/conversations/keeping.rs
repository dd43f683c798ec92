//! Conversations that are changed, put away or purged, all by way of their requests.

use actix_web::{HttpRequest, delete, patch, post, web::Data};
use kernel::{Caller, ConversationId, SupportRequestId};
use serde::Deserialize;
use support_request::{Action, Command};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use wire::Conversation;

use super::shown;
use crate::{
    Api,
    answer::{Answer, nothing, ok},
    checks::Checks,
    extract::{Id, Json, Known, OptionalJson, if_match},
    failure::Failure,
    problem::Problem,
    support_requests::{Fields, Remarks},
};

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(update_conversation).service(delete_conversation);
    config.service(archive_conversation).service(unarchive_conversation);
}

/// What is to change of its request; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({"subject": "Colis perdu", "priority": "high"}))]
struct UpdateConversation {
    /// 3 to 200 characters.
    #[schema(min_length = 3, max_length = 200)]
    subject: Option<String>,
    #[schema(value_type = Option<wire::RequestPriority>)]
    priority: Option<String>,
    /// All of them, at most 20.
    tags: Option<Vec<String>>,
}

/// Changes subject, priority or tags of the conversation's request.
#[utoipa::path(tag = "conversations", request_body = UpdateConversation, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation."),
        ("If-Match" = Option<String>, Header, description = "The request's version acted on, as its `ETag`.",
            example = "\"1\"")),
    responses(
        (status = 200, description = "The conversation.", body = Conversation),
        (status = 409, description = "The request is closed.", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[patch("/conversations/{id}")]
async fn update_conversation(
    request: HttpRequest,
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    Json(body): Json<UpdateConversation>,
) -> Answer {
    let mut checks = Checks::default();
    let UpdateConversation { subject, priority, tags } = body;
    let action = Fields { subject, priority, tags, ..Fields::default() }.action(&mut checks);
    let command = Command { if_match: if_match(&request)?, ..Command::default() };
    let Some(action) = action else { return Err(checks.failure()) };
    checks.done()?;
    act(&api, &caller, id, action, command).await
}

/// Puts a conversation away, whose request is resolved or closed: out of the usual lists.
#[utoipa::path(tag = "conversations", request_body = Remarks, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses(
        (status = 200, description = "The conversation; the same again changes nothing.", body = Conversation),
        (status = 409, description = "Its request is neither resolved nor closed.", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[post("/conversations/{id}/archive")]
async fn archive_conversation(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    OptionalJson(body): OptionalJson<Remarks>,
) -> Answer {
    put(&api, &caller, id, Action::Archive, body).await
}

/// Takes a conversation back into the usual lists.
#[utoipa::path(tag = "conversations", request_body = Remarks, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = 200, description = "The conversation; the same again changes nothing.", body = Conversation)))]
#[post("/conversations/{id}/unarchive")]
async fn unarchive_conversation(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    OptionalJson(body): OptionalJson<Remarks>,
) -> Answer {
    put(&api, &caller, id, Action::Unarchive, body).await
}

/// Purges a conversation at once, with its messages, its files and its request. It cannot be restored.
#[utoipa::path(tag = "conversations", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = 204, description = "Nothing is left of it.")))]
#[delete("/conversations/{id}")]
async fn delete_conversation(api: Data<Api>, Known(caller): Known, Id(id): Id<ConversationId>) -> Answer {
    let request = request_of(&api, &caller, id).await?;
    api.desk.purge(&caller, request).await?;
    nothing()
}

async fn put(api: &Api, caller: &Caller, id: ConversationId, action: Action, body: Remarks) -> Answer {
    let mut checks = Checks::default();
    checks.refuse("agent_id", body.agent_id.is_some());
    let command = body.parse(&mut checks, None);
    checks.done()?;
    act(api, caller, id, action, command).await
}

async fn act(api: &Api, caller: &Caller, id: ConversationId, action: Action, command: Command) -> Answer {
    let request = request_of(api, caller, id).await?;
    api.desk.act(caller, request, action, command).await?;
    ok(&shown(api, &api.chat.conversation(caller, id).await?))
}

async fn request_of(api: &Api, caller: &Caller, id: ConversationId) -> Result<SupportRequestId, Failure> {
    Ok(api.chat.conversation(caller, id).await?.audience.support_request)
}
