//! People with an account.

use std::str::FromStr;

use actix_web::{get, patch, post, web::Data};
use identity::{Authority, NewUser, Skills, UserChange, UserFilter, UserView};
use kernel::{FieldError, Language, Once, Role, Secret, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, created, ok, replayed},
    checks::Checks,
    extract::{Given, Id, Json, Key, Known, Query},
    lists::{self, UserPage},
    presence::StaffAvailability,
    problem::Problem,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_users).service(create_user).service(get_user).service(update_user);
}

/// Somebody with an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct User {
    id: Uuid,
    #[schema(example = "agent@demo.test")]
    email: String,
    #[schema(example = "Camille")]
    first_name: String,
    #[schema(example = "Durand")]
    last_name: String,
    /// What they may do.
    role: UserRole,
    /// The language to be answered in.
    language: UserLanguage,
    organization_id: Uuid,
    #[schema(required)]
    phone: Option<String>,
    /// Whether they can sign in.
    active: bool,
    /// Whether they want to be asked; of staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    availability: Option<StaffAvailability>,
    /// How many requests they take at a time; of staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 1000, example = 10)]
    capacity: Option<u32>,
    /// What they know about and speak; of staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    skills: Option<UserSkills>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// What a member of staff knows about and speaks, for requests that are given out by themselves. An empty list stands
/// for anything.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"categories": ["delivery"], "languages": ["fr", "en"]}))]
pub(crate) struct UserSkills {
    /// Categories of requests, and other words that routing rules ask for; at most 50.
    #[serde(default)]
    #[schema(required, max_items = 50)]
    categories: Vec<String>,
    /// `fr`, `en`.
    #[serde(default)]
    #[schema(required, value_type = Vec<UserLanguage>)]
    languages: Vec<String>,
}

impl From<&Skills> for UserSkills {
    fn from(skills: &Skills) -> Self {
        let languages = skills.languages().iter().map(|language| language.as_str().to_owned()).collect();
        Self { categories: skills.categories().to_vec(), languages }
    }
}

impl From<UserView> for User {
    fn from(user: UserView) -> Self {
        let is_staff = user.role.is_staff();
        Self {
            id: user.id.uuid(),
            email: user.email.as_str().to_owned(),
            first_name: user.first_name,
            last_name: user.last_name,
            role: user.role.into(),
            language: user.language.into(),
            organization_id: user.organization.uuid(),
            phone: user.phone,
            active: user.active,
            availability: is_staff.then(|| user.availability.into()),
            capacity: is_staff.then(|| user.capacity.get()),
            skills: is_staff.then(|| (&user.skills).into()),
            created_at: user.created_at,
        }
    }
}

/// What a user may do; each staff role includes the one before it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserRole {
    Customer,
    Agent,
    Supervisor,
    Admin,
}

impl From<Role> for UserRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Customer => Self::Customer,
            Role::Agent => Self::Agent,
            Role::Supervisor => Self::Supervisor,
            Role::Admin => Self::Admin,
        }
    }
}

/// A language that Guichet speaks.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserLanguage {
    Fr,
    En,
}

impl From<Language> for UserLanguage {
    fn from(language: Language) -> Self {
        match language {
            Language::Fr => Self::Fr,
            Language::En => Self::En,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UserQuery {
    /// Roles, separated by commas. Staff below administrators see staff only.
    #[param(example = "agent,supervisor")]
    role: Option<String>,
    /// Active ones, or deactivated ones.
    #[param(value_type = Option<bool>)]
    active: Option<String>,
    /// A piece of the e-mail or of a name.
    q: Option<String>,
    /// Which page, from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// How many a page holds.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// People with an account, by name.
///
/// Staff see staff, to assign requests; administrators see everybody.
#[utoipa::path(tag = "users", params(UserQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of them.", body = UserPage)))]
#[get("/users")]
async fn list_users(api: Data<Api>, Known(caller): Known, Query(query): Query<UserQuery>) -> Answer {
    let mut checks = Checks::default();
    let page = lists::page(&mut checks, query.page.as_deref(), query.limit.as_deref());
    let roles = checks.list("role", query.role.as_deref());
    let active = checks.parse("active", "invalid", query.active.as_deref());
    checks.done()?;
    let users = api.identity.list_users(&caller, UserFilter { roles, active, text: query.q }, page).await?;
    ok(&UserPage::from(users.map(User::from)))
}

/// A user to be made.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"email": "agent2@demo.test", "password": "quatre chevaux verts", "first_name": "Alex",
    "last_name": "Petit", "role": "agent", "language": "fr"}))]
struct CreateUser {
    #[serde(default)]
    #[schema(required)]
    email: String,
    /// 10 to 72 bytes; common ones and the organisation's name are refused.
    #[serde(default)]
    #[schema(required)]
    password: String,
    #[serde(default)]
    #[schema(required)]
    first_name: String,
    #[serde(default)]
    #[schema(required)]
    last_name: String,
    phone: Option<String>,
    /// The organisation's, when not given.
    #[schema(value_type = Option<UserLanguage>)]
    language: Option<String>,
    #[serde(default)]
    #[schema(required, value_type = UserRole)]
    role: String,
}

/// Makes a user, who can sign in at once. For administrators.
#[utoipa::path(tag = "users", params(("Idempotency-Key" = Option<String>, Header)),
    request_body = CreateUser, security(("bearer" = [])), responses(
    (status = 201, description = "The user.", body = User),
    (status = 409, description = "The e-mail is taken.", body = Problem, content_type = "application/problem+json"),
))]
#[post("/users")]
async fn create_user(api: Data<Api>, Known(caller): Known, key: Key, Json(body): Json<CreateUser>) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    let call = key.call(&api, &caller, "create_user", &body)?;
    let language = word("language", body.language.as_deref());
    let role =
        if body.role.is_empty() { Err(FieldError::new("role", "required")) } else { word("role", Some(&body.role)) };
    let mut checks = Checks::default();
    let (Some(language), Some(Some(role))) = (checks.take(language), checks.take(role)) else {
        return Err(checks.failure());
    };
    let new = NewUser {
        email: body.email,
        password: Secret::new(body.password),
        first_name: body.first_name,
        last_name: body.last_name,
        phone: body.phone,
        language,
        role,
    };
    let made = match call {
        Some(call) => api.identity.create_user_once(&caller, &new, &call).await?,
        None => Once::Done(api.identity.create_user(Authority::Caller(&caller), &new).await?),
    };
    match made {
        Once::Done(user) => created(&User::from(user)),
        Once::Repeat(repeat) => {
            let user = api.identity.user(&caller, UserId::new(repeat.resource)).await?;
            replayed(created(&User::from(user)))
        }
    }
}

/// One user: oneself; for staff, staff; for administrators, anybody.
#[utoipa::path(tag = "users", params(("id" = Uuid, Path, description = "The user.")), security(("bearer" = [])),
    responses((status = 200, description = "The user.", body = User)))]
#[get("/users/{id}")]
async fn get_user(api: Data<Api>, Known(caller): Known, Id(id): Id<UserId>) -> Answer {
    ok(&User::from(api.identity.user(&caller, id).await?))
}

/// What is to change of a user; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"role": "supervisor"}))]
struct UpdateUser {
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// `null` takes it away.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    phone: Given<String>,
    #[schema(value_type = Option<UserLanguage>)]
    language: Option<String>,
    /// Another role ends the user's sessions.
    #[schema(value_type = Option<UserRole>)]
    role: Option<String>,
    /// Deactivation ends the user's sessions.
    active: Option<bool>,
    /// How many requests they take at a time: 0 to 1 000.
    #[schema(minimum = 0, maximum = 1000)]
    capacity: Option<u32>,
    /// All of them, in the place of those they had.
    skills: Option<UserSkills>,
    /// Another password ends the user's sessions.
    password: Option<String>,
}

/// Changes a user. For administrators; the last one can neither be deactivated nor demoted.
#[utoipa::path(tag = "users", params(("id" = Uuid, Path, description = "The user.")), request_body = UpdateUser,
    security(("bearer" = [])), responses(
    (status = 200, description = "The user as changed.", body = User),
    (status = 409, description = "The e-mail is taken, or it is the last administrator.", body = Problem,
        content_type = "application/problem+json"),
))]
#[patch("/users/{id}")]
async fn update_user(api: Data<Api>, Known(caller): Known, Id(id): Id<UserId>, Json(body): Json<UpdateUser>) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    let mut checks = Checks::default();
    let language = checks.take(word("language", body.language.as_deref()));
    let role = checks.take(word("role", body.role.as_deref()));
    let skills = body.skills.map(|skills| parse_skills(&mut checks, skills));
    let (Some(language), Some(role)) = (language, role) else { return Err(checks.failure()) };
    checks.done()?;
    let change = UserChange {
        role,
        active: body.active,
        email: body.email,
        first_name: body.first_name,
        last_name: body.last_name,
        phone: body.phone.change(),
        language,
        capacity: body.capacity,
        skills,
        password: body.password.map(Secret::new),
    };
    ok(&User::from(api.identity.update_user(&caller, id, change).await?))
}

fn parse_skills(checks: &mut Checks, skills: UserSkills) -> (Vec<String>, Vec<Language>) {
    let mut languages = Vec::with_capacity(2);
    for (at, word) in skills.languages.iter().enumerate() {
        match word.parse() {
            Ok(language) => languages.push(language),
            Err(_) => checks.wrong(format!("skills.languages.{at}"), "unknown"),
        }
    }
    (skills.categories, languages)
}

/// A word of an enumeration, if there is one.
pub(crate) fn word<T: FromStr>(field: &'static str, text: Option<&str>) -> Result<Option<T>, FieldError> {
    text.map(|text| text.parse().map_err(|_| FieldError::new(field, "unknown"))).transpose()
}
