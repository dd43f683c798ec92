//! Canned replies, for staff.

use actix_web::{delete, get, patch, post, web::Data};
use kernel::{CannedReplyId, FieldError, Language, Once, Timestamp};
use serde::{Deserialize, Serialize};
use support_request::{CannedReply, Category, ReplyChange, ReplyContent, ReplyDraft, ReplyTitle, Shortcut};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, created, nothing, ok, replayed},
    checks::Checks,
    extract::{Given, Id, Json, Key, Known, Query},
    problem::Problem,
    users::{UserLanguage, word},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_canned_replies).service(add_canned_reply);
    config.service(change_canned_reply).service(remove_canned_reply);
}

/// Canned replies.
#[derive(Debug, Serialize, ToSchema)]
struct CannedReplyList {
    /// By shortcut.
    items: Vec<ShownReply>,
}

/// What agents write often. The console fills in its placeholders before the answer is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CannedReply)]
struct ShownReply {
    id: Uuid,
    #[schema(example = "Délai de remboursement")]
    title: String,
    /// What it is found by.
    #[schema(example = "delai")]
    shortcut: String,
    #[schema(example = "Bonjour {{customer.first_name}}, comptez 5 jours.")]
    content: String,
    /// The language it is written in, where that matters.
    #[schema(required, value_type = Option<UserLanguage>)]
    language: Option<UserLanguage>,
    /// The category it is for, where it is for one.
    #[schema(required)]
    category: Option<String>,
    /// Whether it is there for all agents.
    shared: bool,
    /// Who made it.
    owner_id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<CannedReply> for ShownReply {
    fn from(reply: CannedReply) -> Self {
        let CannedReply { id, owner, draft, created_at, updated_at } = reply;
        Self {
            id: id.uuid(),
            title: draft.title.as_str().to_owned(),
            shortcut: draft.shortcut.as_str().to_owned(),
            content: draft.content.as_str().to_owned(),
            language: draft.language.map(UserLanguage::from),
            category: draft.category.map(|category| category.as_str().to_owned()),
            shared: draft.shared,
            owner_id: owner.uuid(),
            created_at,
            updated_at,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReplyQuery {
    /// A piece of the title, the shortcut or the text.
    q: Option<String>,
    /// Those for this category, and those for any.
    #[param(example = "billing")]
    category: Option<String>,
}

/// The shared canned replies and one's own, by shortcut. For staff.
#[utoipa::path(tag = "settings", params(ReplyQuery), security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = CannedReplyList)))]
#[get("/canned-replies")]
async fn list_canned_replies(api: Data<Api>, Known(caller): Known, Query(query): Query<ReplyQuery>) -> Answer {
    caller.agent().map_err(crate::failure::not_allowed)?;
    let mut checks = Checks::default();
    let category = checks.take(query.category.as_deref().map(Category::parse).transpose()).flatten();
    checks.done()?;
    let found = api.canned_replies.list(&caller, query.q.as_deref(), category.as_ref()).await?;
    ok(&CannedReplyList { items: found.into_iter().map(ShownReply::from).collect() })
}

/// A canned reply to be added.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"title": "Délai de remboursement", "shortcut": "delai",
    "content": "Bonjour {{customer.first_name}}, comptez 5 jours."}))]
struct AddReply {
    /// 1 to 100 characters.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 100)]
    title: String,
    /// 1 to 30 letters, digits, `-` and `_`; no two of one agent's own, and no two shared ones, have the same.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 30)]
    shortcut: String,
    /// 1 to 10 000 characters. Placeholders: `{{customer.name}}`, `{{customer.first_name}}`, `{{agent.name}}`,
    /// `{{request.number}}`, `{{request.subject}}`, `{{organization.name}}`; any other is refused.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 10_000)]
    content: String,
    #[schema(value_type = Option<UserLanguage>)]
    language: Option<String>,
    /// A word of the organisation's list.
    category: Option<String>,
    /// Whether it is to be there for all agents; that takes a supervisor.
    shared: Option<bool>,
}

/// Adds a canned reply of one's own; supervisors, also a shared one. For staff.
#[utoipa::path(tag = "settings", params(("Idempotency-Key" = Option<String>, Header)), request_body = AddReply,
    security(("bearer" = [])), responses(
    (status = 201, description = "The reply.", body = ShownReply),
    (status = 409, description = "The shortcut is taken.", body = Problem, content_type = "application/problem+json"),
))]
#[post("/canned-replies")]
async fn add_canned_reply(api: Data<Api>, Known(caller): Known, key: Key, Json(body): Json<AddReply>) -> Answer {
    caller.agent().map_err(crate::failure::not_allowed)?;
    let call = key.call(&api, &caller, "add_canned_reply", &body)?;
    let mut checks = Checks::default();
    let title = checks.take(ReplyTitle::parse(&body.title));
    let shortcut = checks.take(Shortcut::parse(&body.shortcut));
    let content = checks.take(ReplyContent::parse(&body.content));
    let language = checks.take(word::<Language>("language", body.language.as_deref()));
    let category = checks.take(listed(body.category.as_deref()));
    let (Some(title), Some(shortcut), Some(content), Some(language), Some(category)) =
        (title, shortcut, content, language, category)
    else {
        return Err(checks.failure());
    };
    let shared = body.shared.unwrap_or(false);
    let draft = ReplyDraft { title, shortcut, content, language, category, shared };
    match api.canned_replies.add(&caller, draft, call.as_ref()).await? {
        Once::Done(reply) => created(&ShownReply::from(reply)),
        Once::Repeat(repeat) => {
            let reply = api.canned_replies.find(&caller, CannedReplyId::new(repeat.resource)).await?;
            replayed(created(&ShownReply::from(reply)))
        }
    }
}

/// What is to change of a canned reply; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"content": "Bonjour {{customer.name}}, comptez 7 jours."}))]
struct ChangeReply {
    title: Option<String>,
    shortcut: Option<String>,
    content: Option<String>,
    /// `null` takes it away.
    #[serde(default)]
    #[schema(value_type = Option<UserLanguage>)]
    language: Given<String>,
    /// `null` takes it away.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    category: Given<String>,
    /// Sharing it, and taking it back, takes a supervisor.
    shared: Option<bool>,
}

/// Changes a canned reply of one's own; supervisors, also a shared one. For staff.
#[utoipa::path(tag = "settings", params(("id" = Uuid, Path, description = "The reply.")), request_body = ChangeReply,
    security(("bearer" = [])), responses(
    (status = 200, description = "The reply of now.", body = ShownReply),
    (status = 409, description = "The shortcut is taken.", body = Problem, content_type = "application/problem+json"),
))]
#[patch("/canned-replies/{id}")]
async fn change_canned_reply(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<CannedReplyId>,
    Json(body): Json<ChangeReply>,
) -> Answer {
    api.canned_replies.find(&caller, id).await?;
    let mut checks = Checks::default();
    let language = body.language.change();
    let language = language.map(|text| checks.take(word::<Language>("language", text.as_deref())).flatten());
    let category = body.category.change();
    let category = category.map(|text| checks.take(listed(text.as_deref())).flatten());
    let change = ReplyChange {
        title: checks.take(body.title.as_deref().map(ReplyTitle::parse).transpose()).flatten(),
        shortcut: checks.take(body.shortcut.as_deref().map(Shortcut::parse).transpose()).flatten(),
        content: checks.take(body.content.as_deref().map(ReplyContent::parse).transpose()).flatten(),
        language,
        category,
        shared: body.shared,
    };
    checks.done()?;
    ok(&ShownReply::from(api.canned_replies.change(&caller, id, change).await?))
}

/// Removes a canned reply of one's own; supervisors, also a shared one. For staff.
#[utoipa::path(tag = "settings", params(("id" = Uuid, Path, description = "The reply.")), security(("bearer" = [])),
    responses((status = 204, description = "It is gone.")))]
#[delete("/canned-replies/{id}")]
async fn remove_canned_reply(api: Data<Api>, Known(caller): Known, Id(id): Id<CannedReplyId>) -> Answer {
    api.canned_replies.remove(&caller, id).await?;
    nothing()
}

/// A word that may be on the organisation's list.
fn listed(text: Option<&str>) -> Result<Option<Category>, FieldError> {
    text.map(Category::parse).transpose()
}
