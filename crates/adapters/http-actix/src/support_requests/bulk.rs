//! One action on many requests, each by itself.

use actix_web::{HttpRequest, post, web::Data};
use kernel::{FieldError, SupportRequestId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_request::{Action, Resolution};
use utoipa::ToSchema;
use uuid::Uuid;
use wire::{Eyes, SupportRequest};

use super::{
    actions::{Remarks, agent_id, is_said},
    life::{ContextChanges, Fields, until},
};
use crate::{
    Api,
    answer::{Answer, ok},
    checks::Checks,
    edge,
    extract::{Given, Json, Known},
    failure::Failure,
    problem::Problem,
};

/// The most requests of one call.
const MOST: usize = 100;

/// What is to be done with which requests: an action, with the fields that the action takes by itself.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"ids": ["01929b5e-8f4a-7c3e-9d21-5f6a7b8c9d0e"], "action": "close"}))]
pub(super) struct ChangeSupportRequests {
    /// 1 to 100 requests.
    #[serde(default)]
    #[schema(required, value_type = Vec<Uuid>, min_items = 1, max_items = 100)]
    ids: Vec<String>,
    #[serde(default)]
    #[schema(required, value_type = BulkAction)]
    action: String,
    /// Who is to answer; with `assign`, `null` is nobody.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    agent_id: Given<String>,
    /// Why, for the customer's eyes too; `escalate` needs one.
    reason: Option<String>,
    /// Why, for staff only.
    note: Option<String>,
    /// Whether the customer is to be told; they are, unless said otherwise.
    notify_customer: Option<bool>,
    /// With `resolve`: how, for the customer's eyes too.
    resolution: Option<String>,
    /// With `snooze`: until when, `null` wakes.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Given<String>,
    /// With `update`, as all that follow.
    subject: Option<String>,
    description: Option<String>,
    #[schema(value_type = Option<wire::RequestPriority>)]
    priority: Option<String>,
    category: Option<String>,
    tags: Option<Vec<String>>,
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    metadata: Option<Map<String, Value>>,
    #[serde(default)]
    context: ContextChanges,
}

/// What can be done with many requests at once.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it stands for the words in the document")]
enum BulkAction {
    Assign,
    Take,
    Start,
    Wait,
    Resolve,
    Reopen,
    Close,
    Escalate,
    Snooze,
    Update,
}

/// What became of each.
#[derive(Debug, Serialize, ToSchema)]
struct ChangedSupportRequests {
    /// In the order of the call, each once.
    items: Vec<ChangedSupportRequest>,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
struct ChangedSupportRequest {
    id: Uuid,
    /// Whether it is as was asked.
    done: bool,
    /// The request of now, when it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    support_request: Option<Box<SupportRequest>>,
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<Problem>,
}

/// Does one thing with many requests, each by itself: one that is refused does not keep the others.
#[utoipa::path(tag = "support requests", request_body = ChangeSupportRequests, security(("bearer" = [])),
    responses((status = 200, description = "What became of each.", body = ChangedSupportRequests)))]
#[post("/support-requests/bulk")]
pub(super) async fn change_support_requests(
    request: HttpRequest,
    api: Data<Api>,
    Known(caller): Known,
    Json(body): Json<ChangeSupportRequests>,
) -> Answer {
    caller.agent().map_err(crate::failure::not_allowed)?;
    let mut checks = Checks::default();
    let ids = body.ids(&mut checks);
    let action = body.action(&mut checks);
    let command = body.remarks().parse(&mut checks, None);
    let Some(action) = action else { return Err(checks.failure()) };
    checks.done()?;
    let mut items = Vec::with_capacity(ids.len());
    for id in ids {
        let done = api.desk.act(&caller, id, action.clone(), command.clone()).await;
        items.push(match done {
            Ok(done) => {
                let support_request = SupportRequest::of(&done.view, Eyes::of(&caller), api.now());
                let support_request = Some(Box::new(support_request));
                ChangedSupportRequest { id: id.uuid(), done: true, support_request, problem: None }
            }
            Err(error) => {
                let problem = Some(edge::problem_of(&request, &api, &Failure::from(error)));
                ChangedSupportRequest { id: id.uuid(), done: false, support_request: None, problem }
            }
        });
    }
    ok(&ChangedSupportRequests { items })
}

impl ChangeSupportRequests {
    fn ids(&self, checks: &mut Checks) -> Vec<SupportRequestId> {
        let code = match self.ids.len() {
            0 => Some("required"),
            1..=MOST => None,
            _ => Some("too_many"),
        };
        if let Some(code) = code {
            checks.wrong("ids", code);
            return Vec::new();
        }
        let mut ids: Vec<SupportRequestId> = Vec::with_capacity(self.ids.len());
        for (text, at) in self.ids.iter().zip(0..) {
            match text.parse() {
                Ok(id) if ids.contains(&id) => {}
                Ok(id) => ids.push(id),
                Err(_) => checks.wrong(format!("ids[{at}]"), "invalid"),
            }
        }
        ids
    }

    fn action(&self, checks: &mut Checks) -> Option<Action> {
        Some(match self.action.as_str() {
            "assign" => {
                let agent = match &self.agent_id {
                    Given::Absent => Err(FieldError::new("agent_id", "required")),
                    Given::Null => Ok(None),
                    Given::Value(id) => agent_id(id).map(Some),
                };
                Action::Assign { agent: checks.take(agent)? }
            }
            "take" => Action::Take,
            "start" => Action::Start,
            "wait" => Action::Wait,
            "resolve" => {
                let resolution = self.resolution.as_deref().filter(is_said).map(Resolution::parse).transpose();
                Action::Resolve { resolution: checks.take(resolution)? }
            }
            "reopen" => Action::Reopen,
            "close" => Action::Close,
            "escalate" => {
                if !self.reason.as_deref().is_some_and(|reason| is_said(&reason)) {
                    checks.wrong("reason", "required");
                }
                Action::Escalate
            }
            "snooze" => until(checks, &self.until)?,
            "update" => self.fields().action(checks)?,
            word => {
                checks.wrong("action", if word.is_empty() { "required" } else { "unknown" });
                return None;
            }
        })
    }

    fn fields(&self) -> Fields {
        Fields {
            subject: self.subject.clone(),
            description: self.description.clone(),
            priority: self.priority.clone(),
            category: self.category.clone(),
            tags: self.tags.clone(),
            metadata: self.metadata.clone(),
            context: self.context.clone(),
        }
    }

    fn remarks(&self) -> Remarks {
        let agent_id = match &self.agent_id {
            // The action names who.
            _ if self.action == "assign" => None,
            Given::Value(id) => Some(id.clone()),
            Given::Absent | Given::Null => None,
        };
        let (reason, note) = (self.reason.clone(), self.note.clone());
        Remarks { reason, note, agent_id, notify_customer: self.notify_customer }
    }
}
