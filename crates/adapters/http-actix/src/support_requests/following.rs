//! A new request that follows a closed one.

use actix_web::{http::StatusCode, post, web::Data};
use kernel::{Caller, Once, SupportRequestId};
use serde::{Deserialize, Serialize};
use support_request::{Description, FollowUp, Subject};
use utoipa::ToSchema;
use wire::{Eyes, SupportRequest};

use super::actions::is_said;
use crate::{
    Api,
    answer::{Answer, replayed, versioned},
    checks::Checks,
    extract::{Id, Key, Known, OptionalJson},
    opening::first_message,
    problem::Problem,
};

/// What the new request says; what is left out is as it was.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"content": "Le problème est revenu."}))]
pub(crate) struct OpenFollowUp {
    /// 3 to 200 characters.
    #[schema(min_length = 3, max_length = 200)]
    subject: Option<String>,
    /// Up to 10 000 characters; empty when not given.
    #[schema(max_length = 10_000)]
    description: Option<String>,
    /// The first message of its conversation: 1 to 5 000 characters; for its requester.
    content: Option<String>,
    /// The sender's own name for the first message.
    client_message_id: Option<String>,
}

/// A request that was opened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenedFollowUp {
    #[serde(flatten)]
    support_request: SupportRequest,
    /// A guest's: good for the new request and its conversation. Left out for accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    access_token: Option<String>,
}

/// Opens a new request that follows a closed one, with a conversation of its own.
#[utoipa::path(tag = "support requests", request_body = OpenFollowUp, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The closed request."), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "The new request; its version is the `ETag`.", body = OpenedFollowUp),
        (status = 409, description = "The request is not closed.", body = Problem,
            content_type = "application/problem+json"),
    ))]
#[post("/support-requests/{id}/follow-up")]
pub(super) async fn follow_up_support_request(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    key: Key,
    OptionalJson(body): OptionalJson<OpenFollowUp>,
) -> Answer {
    follow_up(&api, &caller, id, &key, body).await
}

/// Opens what follows a request, however that was named.
pub(crate) async fn follow_up(
    api: &Api,
    caller: &Caller,
    id: SupportRequestId,
    key: &Key,
    body: OpenFollowUp,
) -> Answer {
    // The request is part of what is asked, so the same key names another call for another one.
    let call = key.call(api, caller, "follow_up_support_request", &(id.to_string(), &body))?;
    let mut checks = Checks::default();
    let subject = checks.take(body.subject.as_deref().filter(is_said).map(Subject::parse).transpose());
    let description = checks.take(body.description.as_deref().map(Description::parse).transpose());
    let first = checks.take(first_message(body.content, body.client_message_id));
    let (Some(subject), Some(description), Some(first)) = (subject, description, first) else {
        return Err(checks.failure());
    };
    checks.done()?;
    match api.desk.follow_up(caller, id, FollowUp { subject, description, first }, call.as_ref()).await? {
        Once::Done(opened) => answer(api, caller, opened).await,
        Once::Repeat(repeat) => {
            let opened = api.desk.opened_as_follow_up(caller, SupportRequestId::new(repeat.resource)).await?;
            replayed(answer(api, caller, opened).await)
        }
    }
}

/// A guest's token is good for the request it was given for, so the new one takes another.
async fn answer(api: &Api, caller: &Caller, opened: support_request::Opened) -> Answer {
    let request = &opened.view.request;
    let access_token = match caller {
        Caller::Guest(guest) => Some(api.identity.admit_again(guest, request.id).await?.expose().to_owned()),
        Caller::User(_) => None,
    };
    let support_request = SupportRequest::of(&opened.view, Eyes::of(caller), api.now());
    versioned(StatusCode::CREATED, request.version, &OpenedFollowUp { support_request, access_token })
}
