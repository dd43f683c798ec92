//! Saved views, for staff.

use std::collections::BTreeMap;

use actix_web::{delete, get, patch, post, web::Data};
use kernel::{Once, SavedViewId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_request::{SavedView, ViewChange, ViewDraft, ViewName};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, created, nothing, ok, replayed},
    checks::Checks,
    extract::{Given, Id, Json, Key, Known},
    support_requests::saved_words,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_saved_views).service(add_saved_view).service(change_saved_view).service(remove_saved_view);
}

/// Saved views.
#[derive(Debug, Serialize, ToSchema)]
struct SavedViewList {
    /// By position.
    items: Vec<ShownView>,
}

/// A list of requests that is looked at again and again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavedView)]
struct ShownView {
    id: Uuid,
    #[schema(example = "Mes urgentes")]
    name: String,
    /// Parameters of the list of requests by name, as they were written: `me` is whoever looks.
    #[schema(example = json!({"assignee": "me", "priority": "high,urgent"}))]
    filter: BTreeMap<String, String>,
    /// What the list is sorted by; as usual when `null`.
    #[schema(required, example = "priority")]
    sort: Option<String>,
    /// Which way; as usual when `null`.
    #[schema(required, example = "desc")]
    order: Option<String>,
    /// Whether it is there for all agents.
    shared: bool,
    /// Its place among others.
    #[schema(example = 0)]
    position: u32,
    /// Who made it.
    owner_id: Uuid,
}

impl From<SavedView> for ShownView {
    fn from(view: SavedView) -> Self {
        let SavedView { id, owner, draft, .. } = view;
        let ViewDraft { name, filter, sort, order, shared, position } = draft;
        let name = name.as_str().to_owned();
        Self { id: id.uuid(), name, filter, sort, order, shared, position, owner_id: owner.uuid() }
    }
}

/// The shared views and one's own, by position. For staff.
#[utoipa::path(tag = "settings", security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = SavedViewList)))]
#[get("/saved-views")]
async fn list_saved_views(api: Data<Api>, Known(caller): Known) -> Answer {
    let found = api.saved_views.list(&caller).await?;
    ok(&SavedViewList { items: found.into_iter().map(ShownView::from).collect() })
}

/// A view to be saved.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"name": "Mes urgentes", "filter": {"assignee": "me", "priority": "high,urgent"}}))]
struct AddView {
    /// 1 to 60 characters.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 60)]
    name: String,
    /// Parameters of the list of requests by name, but for the page: what the list would refuse is refused.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, String>)]
    filter: Map<String, Value>,
    sort: Option<String>,
    order: Option<String>,
    /// Whether it is to be there for all agents; that takes a supervisor.
    shared: Option<bool>,
    /// Behind all others when not given.
    position: Option<u32>,
}

/// Saves a view of one's own; supervisors, also a shared one. For staff.
#[utoipa::path(tag = "settings", params(("Idempotency-Key" = Option<String>, Header)), request_body = AddView,
    security(("bearer" = [])), responses((status = 201, description = "The view.", body = ShownView)))]
#[post("/saved-views")]
async fn add_saved_view(api: Data<Api>, Known(caller): Known, key: Key, Json(body): Json<AddView>) -> Answer {
    caller.agent().map_err(crate::failure::not_allowed)?;
    let call = key.call(&api, &caller, "add_saved_view", &body)?;
    let mut checks = Checks::default();
    let name = checks.take(ViewName::parse(&body.name));
    let ways = (body.sort.as_deref(), body.order.as_deref());
    let filter = saved_words(&mut checks, &caller, api.now(), &body.filter, ways);
    let Some(name) = name else { return Err(checks.failure()) };
    checks.done()?;
    let shared = body.shared.unwrap_or(false);
    let draft = ViewDraft { name, filter, sort: body.sort, order: body.order, shared, position: 0 };
    match api.saved_views.add(&caller, draft, body.position, call.as_ref()).await? {
        Once::Done(view) => created(&ShownView::from(view)),
        Once::Repeat(repeat) => {
            let view = api.saved_views.find(&caller, SavedViewId::new(repeat.resource)).await?;
            replayed(created(&ShownView::from(view)))
        }
    }
}

/// What is to change of a view; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"name": "Urgentes", "position": 0}))]
struct ChangeView {
    name: Option<String>,
    /// All parameters together.
    #[schema(value_type = Option<std::collections::HashMap<String, String>>)]
    filter: Option<Map<String, Value>>,
    /// `null`: as usual.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    sort: Given<String>,
    /// `null`: as usual.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    order: Given<String>,
    /// Sharing it, and taking it back, takes a supervisor.
    shared: Option<bool>,
    position: Option<u32>,
}

/// Changes a view of one's own; supervisors, also a shared one. For staff.
#[utoipa::path(tag = "settings", params(("id" = Uuid, Path, description = "The view.")), request_body = ChangeView,
    security(("bearer" = [])), responses((status = 200, description = "The view of now.", body = ShownView)))]
#[patch("/saved-views/{id}")]
async fn change_saved_view(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SavedViewId>,
    Json(body): Json<ChangeView>,
) -> Answer {
    api.saved_views.find(&caller, id).await?;
    let mut checks = Checks::default();
    let name = checks.take(body.name.as_deref().map(ViewName::parse).transpose()).flatten();
    let (sort, order) = (body.sort.change(), body.order.change());
    let ways = (sort.as_ref().and_then(Option::as_deref), order.as_ref().and_then(Option::as_deref));
    let words = saved_words(&mut checks, &caller, api.now(), body.filter.as_ref().unwrap_or(&Map::new()), ways);
    checks.done()?;
    let filter = body.filter.map(|_| words);
    let change = ViewChange { name, filter, sort, order, shared: body.shared, position: body.position };
    ok(&ShownView::from(api.saved_views.change(&caller, id, change).await?))
}

/// Removes a view of one's own; supervisors, also a shared one. For staff.
#[utoipa::path(tag = "settings", params(("id" = Uuid, Path, description = "The view.")), security(("bearer" = [])),
    responses((status = 204, description = "It is gone.")))]
#[delete("/saved-views/{id}")]
async fn remove_saved_view(api: Data<Api>, Known(caller): Known, Id(id): Id<SavedViewId>) -> Answer {
    api.saved_views.remove(&caller, id).await?;
    nothing()
}
