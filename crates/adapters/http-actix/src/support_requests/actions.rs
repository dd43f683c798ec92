//! What is done with requests: one call, one transaction each.

use actix_web::{HttpRequest, http::StatusCode, post, web::Data};
use kernel::{Caller, FieldError, SupportRequestId, UserId};
use serde::Deserialize;
use support_request::{Action, Command, Note, Reason, Resolution};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use wire::SupportRequest;

use crate::{
    Api,
    answer::Answer,
    checks::Checks,
    extract::{Given, Id, Json, Known, OptionalJson, if_match},
    failure::Failure,
    problem::Problem,
};

use super::one;

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(assign_support_request).service(take_support_request).service(start_support_request);
    config.service(wait_support_request).service(resolve_support_request);
    config.service(reopen_support_request).service(close_support_request);
}

/// What may come with every action.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "Le colis est retrouvé.", "note": "Vu avec le transporteur."}))]
pub(crate) struct Remarks {
    /// Why, for the customer's eyes too.
    pub(crate) reason: Option<String>,
    /// Why, for staff only.
    pub(crate) note: Option<String>,
    /// Who is to answer from then on.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) agent_id: Option<String>,
    /// Whether the customer is to be told; they are, unless said otherwise.
    pub(crate) notify_customer: Option<bool>,
}

/// Who is to answer, and what may come with it.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"agent_id": "01929b5e-8f4a-7c3e-9d21-5f6a7b8c9d0e"}))]
struct Assign {
    /// An agent, or `null` for nobody.
    #[serde(default)]
    #[schema(required, value_type = Option<Uuid>)]
    agent_id: Given<String>,
    /// Why, for the customer's eyes too.
    reason: Option<String>,
    /// Why, for staff only.
    note: Option<String>,
    /// Whether the customer is to be told; they are, unless said otherwise.
    notify_customer: Option<bool>,
}

/// How it was resolved, and what may come with it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({"resolution": "Nouvel envoi expédié ce jour."}))]
struct Resolve {
    /// How, for the customer's eyes too.
    resolution: Option<String>,
    /// Why, for the customer's eyes too.
    reason: Option<String>,
    /// Why, for staff only.
    note: Option<String>,
    /// Who is to answer from then on.
    #[schema(value_type = Option<Uuid>)]
    agent_id: Option<String>,
    /// Whether the customer is to be told; they are, unless said otherwise.
    notify_customer: Option<bool>,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $handler:ident, $path:literal, $body:ident, $extractor:ident, |$given:ident, $checks:ident| $parse:expr;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(tag = "support requests", request_body = $body, security(("bearer" = [])),
            params(("id" = Uuid, Path, description = "The request."),
                ("If-Match" = Option<String>, Header, description = "The version acted on, as its `ETag`.", example = "\"1\"")),
            responses(
                (status = 200, description = "The request of now; the same command again changes nothing.", body = SupportRequest),
                (status = 409, description = "Not possible while the request is where it is; nothing changed.",
                    body = Problem, content_type = "application/problem+json"),
                (status = 412, description = "It has changed since that version.", body = Problem,
                    content_type = "application/problem+json"),
            ))]
        #[post($path)]
        async fn $handler(
            request: HttpRequest,
            api: Data<Api>,
            Known(caller): Known,
            Id(id): Id<SupportRequestId>,
            $extractor($given): $extractor<$body>,
        ) -> Answer {
            let mut $checks = Checks::default();
            let (action, remarks): (Option<Action>, Remarks) = $parse;
            let command = remarks.parse(&mut $checks, if_match(&request)?);
            $checks.done()?;
            act(&api, &caller, id, action, command).await
        }
    )+};
}

actions! {
    /// Hands a request to an agent, or to nobody.
    assign_support_request, "/support-requests/{id}/assign", Assign, Json, |body, checks| {
        let action = body.action(&mut checks);
        (action, body.remarks())
    };
    /// Takes a request: the caller will answer it.
    take_support_request, "/support-requests/{id}/take", Remarks, OptionalJson, |body, checks| (Some(Action::Take), body);
    /// Begins work on a request.
    start_support_request, "/support-requests/{id}/start", Remarks, OptionalJson, |body, checks| (Some(Action::Start), body);
    /// Gives the customer the next word; the clock of the resolution stops.
    wait_support_request, "/support-requests/{id}/wait", Remarks, OptionalJson, |body, checks| (Some(Action::Wait), body);
    /// Resolves a request.
    resolve_support_request, "/support-requests/{id}/resolve", Resolve, OptionalJson, |body, checks| {
        let action = body.action(&mut checks);
        (action, body.remarks())
    };
    /// Reopens a resolved request.
    reopen_support_request, "/support-requests/{id}/reopen", Remarks, OptionalJson, |body, checks| (Some(Action::Reopen), body);
    /// Closes a request for good: it takes no more messages.
    close_support_request, "/support-requests/{id}/close", Remarks, OptionalJson, |body, checks| (Some(Action::Close), body);
}

impl Assign {
    fn action(&self, checks: &mut Checks) -> Option<Action> {
        let agent = match &self.agent_id {
            Given::Absent => Err(FieldError::new("agent_id", "required")),
            Given::Null => Ok(None),
            Given::Value(id) => agent_id(id).map(Some),
        };
        let agent = checks.take(agent)?;
        Some(Action::Assign { agent })
    }

    fn remarks(self) -> Remarks {
        Remarks { reason: self.reason, note: self.note, agent_id: None, notify_customer: self.notify_customer }
    }
}

impl Resolve {
    fn action(&self, checks: &mut Checks) -> Option<Action> {
        let resolution = checks.take(self.resolution.as_deref().filter(is_said).map(Resolution::parse).transpose())?;
        Some(Action::Resolve { resolution })
    }

    fn remarks(self) -> Remarks {
        let Self { reason, note, agent_id, notify_customer, .. } = self;
        Remarks { reason, note, agent_id, notify_customer }
    }
}

impl Remarks {
    pub(crate) fn parse(self, checks: &mut Checks, if_match: Option<u64>) -> Command {
        let reason = self.reason.as_deref().filter(is_said).map(Reason::parse).transpose();
        let note = self.note.as_deref().filter(is_said).map(Note::parse).transpose();
        let agent = self.agent_id.as_deref().map(agent_id).transpose();
        Command {
            reason: checks.take(reason).flatten(),
            note: checks.take(note).flatten(),
            agent_id: checks.take(agent).flatten(),
            notify_customer: self.notify_customer.unwrap_or(true),
            if_match,
        }
    }
}

/// An empty field of a form says nothing.
pub(crate) fn is_said(text: &&str) -> bool {
    !text.trim().is_empty()
}

pub(super) fn agent_id(text: &str) -> Result<UserId, FieldError> {
    text.parse().map_err(|_| FieldError::new("agent_id", "invalid"))
}

pub(super) async fn act(
    api: &Api,
    caller: &Caller,
    id: SupportRequestId,
    action: Option<Action>,
    command: Command,
) -> Answer {
    let action = action.ok_or_else(Failure::malformed)?;
    let done = api.desk.act(caller, id, action, command).await?;
    one(api, caller, StatusCode::OK, &done.view)
}
