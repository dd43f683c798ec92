//! The words that an organisation sorts its requests by.

use std::str::FromStr;

use actix_web::{HttpRequest, delete, get, patch, post, web::Data};
use kernel::{FieldError, Once, Role};
use serde::{Deserialize, Serialize};
use support_request::{Category, CategoryChange, CategoryName, ListedCategory};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    Api,
    answer::{Answer, created, nothing, ok, replayed},
    checks::Checks,
    extract::{Id, Json, Key, Known, Query},
    problem::Problem,
    public::organization_of,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_categories).service(add_category).service(change_category).service(remove_category);
    config.service(list_public_categories);
}

/// The `{id}` of a path.
struct Word(Category);

impl FromStr for Word {
    type Err = FieldError;
    fn from_str(text: &str) -> Result<Self, FieldError> {
        Category::parse_id(text).map(Self)
    }
}

/// An organisation's list of categories.
#[derive(Debug, Serialize, ToSchema)]
struct CategoryList {
    /// By position.
    items: Vec<ShownCategory>,
}

impl From<Vec<ListedCategory>> for CategoryList {
    fn from(all: Vec<ListedCategory>) -> Self {
        Self { items: all.into_iter().map(ShownCategory::from).collect() }
    }
}

/// A category of the list.
#[derive(Debug, Serialize, ToSchema)]
struct ShownCategory {
    /// The word that requests carry.
    #[schema(example = "delivery")]
    id: String,
    /// What people call it.
    names: CategoryNames,
    /// Its place on the list.
    #[schema(example = 3)]
    position: u32,
    /// Whether new requests may carry it.
    active: bool,
}

/// What people call a category, by language: 1 to 60 characters each.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"fr": "Livraison", "en": "Delivery"}))]
struct CategoryNames {
    /// In French.
    #[serde(default)]
    #[schema(required, value_type = String)]
    fr: Option<String>,
    /// In English.
    #[serde(default)]
    #[schema(required, value_type = String)]
    en: Option<String>,
}

impl From<ListedCategory> for ShownCategory {
    fn from(one: ListedCategory) -> Self {
        let name = |name: &CategoryName| Some(name.as_str().to_owned());
        let names = CategoryNames { fr: name(&one.name_fr), en: name(&one.name_en) };
        Self { id: one.id.as_str().to_owned(), names, position: one.position, active: one.active }
    }
}

impl CategoryNames {
    fn parse(&self, checks: &mut Checks) -> (Option<CategoryName>, Option<CategoryName>) {
        let mut one = |field, text: &Option<String>| {
            let parsed = text.as_deref().map(CategoryName::parse).transpose();
            checks.take(parsed.map_err(|wrong| FieldError::new(field, wrong.code))).flatten()
        };
        (one("names.fr", &self.fr), one("names.en", &self.en))
    }
}

/// The categories of the organisation, by position: all for staff, for others those that new requests may carry.
#[utoipa::path(tag = "settings", security(("bearer" = [])),
    responses((status = 200, description = "The list.", body = CategoryList)))]
#[get("/categories")]
async fn list_categories(api: Data<Api>, Known(caller): Known) -> Answer {
    ok(&CategoryList::from(api.categories.list(&caller).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OrganizationQuery {
    /// Short name or widget key; else the organisation of the host name, else the only one there is.
    organization: Option<String>,
}

/// The categories that a visitor's request may carry, by position.
#[utoipa::path(tag = "public", params(OrganizationQuery), responses(
    (status = 200, description = "The list.", body = CategoryList),
    (status = 404, description = "No such organisation.", body = Problem, content_type = "application/problem+json"),
))]
#[get("/public/categories")]
async fn list_public_categories(
    request: HttpRequest,
    api: Data<Api>,
    Query(query): Query<OrganizationQuery>,
) -> Answer {
    let organization = organization_of(&request, &api, query.organization).await?;
    ok(&CategoryList::from(api.categories.offered(organization).await?))
}

/// A category to be added.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"id": "warranty", "names": {"fr": "Garantie", "en": "Warranty"}}))]
struct AddCategory {
    /// The word that requests will carry: 1 to 50 lower-case letters, digits, `-` and `_`.
    #[serde(default)]
    #[schema(required, pattern = "^[a-z0-9_-]{1,50}$")]
    id: String,
    #[serde(default)]
    #[schema(required)]
    names: CategoryNames,
    /// Behind all others when not given.
    position: Option<u32>,
    /// Whether new requests may carry it; they may, unless said otherwise.
    active: Option<bool>,
}

/// Adds a category. For administrators.
#[utoipa::path(tag = "settings", params(("Idempotency-Key" = Option<String>, Header)), request_body = AddCategory,
    security(("bearer" = [])), responses(
    (status = 201, description = "The category.", body = ShownCategory),
    (status = 409, description = "The list has this word.", body = Problem, content_type = "application/problem+json"),
))]
#[post("/categories")]
async fn add_category(api: Data<Api>, Known(caller): Known, key: Key, Json(body): Json<AddCategory>) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    let call = key.call(&api, &caller, "add_category", &body)?;
    let mut checks = Checks::default();
    for (field, name) in [("names.fr", &body.names.fr), ("names.en", &body.names.en)] {
        if name.is_none() {
            checks.wrong(field, "required");
        }
    }
    let (id, (fr, en)) = (checks.take(Category::parse_id(&body.id)), body.names.parse(&mut checks));
    let (Some(id), Some(name_fr), Some(name_en)) = (id, fr, en) else { return Err(checks.failure()) };
    let active = body.active.unwrap_or(true);
    let category = ListedCategory { id: id.clone(), name_fr, name_en, position: 0, active };
    match api.categories.add(&caller, category, body.position, call.as_ref()).await? {
        Once::Done(category) => created(&ShownCategory::from(category)),
        Once::Repeat(_) => replayed(created(&ShownCategory::from(api.categories.find(&caller, &id).await?))),
    }
}

/// What is to change of a category; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"names": {"fr": "Livraisons"}, "active": false}))]
struct ChangeCategory {
    /// What is left out of them stays too.
    #[serde(default)]
    #[schema(required = false)]
    names: CategoryNames,
    position: Option<u32>,
    /// Requests that carry it keep it.
    active: Option<bool>,
}

/// Changes a category; the general one is always active. For administrators.
#[utoipa::path(tag = "settings", params(("id" = String, Path, description = "Its word.", example = "delivery")),
    request_body = ChangeCategory, security(("bearer" = [])),
    responses((status = 200, description = "The category of now.", body = ShownCategory)))]
#[patch("/categories/{id}")]
async fn change_category(
    api: Data<Api>,
    Known(caller): Known,
    Id(Word(id)): Id<Word>,
    Json(body): Json<ChangeCategory>,
) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    api.categories.find(&caller, &id).await?;
    let mut checks = Checks::default();
    let (name_fr, name_en) = body.names.parse(&mut checks);
    checks.done()?;
    let change = CategoryChange { name_fr, name_en, position: body.position, active: body.active };
    ok(&ShownCategory::from(api.categories.change(&caller, &id, change).await?))
}

/// Takes a category off the list. For administrators.
#[utoipa::path(tag = "settings", params(("id" = String, Path, description = "Its word.", example = "delivery")),
    security(("bearer" = [])), responses(
    (status = 204, description = "It is off the list."),
    (status = 409, description = "Requests carry it, or it is the general one: it can only be deactivated, if at all.",
        body = Problem, content_type = "application/problem+json"),
))]
#[delete("/categories/{id}")]
async fn remove_category(api: Data<Api>, Known(caller): Known, Id(Word(id)): Id<Word>) -> Answer {
    api.categories.remove(&caller, &id).await?;
    nothing()
}
