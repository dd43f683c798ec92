//! The settings of an organisation.

use actix_web::{get, patch, web::Data};
use identity::{Organization, OrganizationChange};
use kernel::{FieldError, Role};
use serde::{Deserialize, Serialize};
use support_request::{RequestSettings, SettingsChange};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, ok},
    checks::Checks,
    extract::{Given, Json, Known},
    users::{UserLanguage, word},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_organization).service(update_organization);
}

/// An organisation and what it has set. A period that is `null` is switched off.
#[derive(Serialize, ToSchema)]
struct OwnOrganization {
    id: Uuid,
    #[schema(example = "Maison Dupont")]
    name: String,
    /// Its short name; it stays.
    #[schema(example = "demo")]
    slug: String,
    /// The public key of its widget; it stays.
    widget_key: String,
    /// The sites whose pages may call it.
    #[schema(example = json!(["https://www.exemple.fr"]))]
    allowed_origins: Vec<String>,
    /// The language of those who name none.
    language: UserLanguage,
    /// The time zone of its days and hours, by its IANA name.
    #[schema(example = "Europe/Paris")]
    time_zone: String,
    /// What its request numbers begin with.
    #[schema(example = "TICKET")]
    ticket_prefix: String,
    /// Whether requests that nobody answers are given to the agent who is online, has a place and the skill, and has
    /// the least to do.
    auto_assign: bool,
    /// After how many hours an urgent request without an answer is escalated.
    #[schema(required, minimum = 1, maximum = 720)]
    escalation_hours: Option<u32>,
    /// How many days after its resolution a request without activity is closed.
    #[schema(required, minimum = 1, maximum = 365)]
    auto_close_days: Option<u32>,
    /// How many days after its last activity a closed request is archived.
    #[schema(required, minimum = 1, maximum = 3650)]
    archive_days: Option<u32>,
    /// How many years after its closing a request is erased.
    #[schema(required, minimum = 1, maximum = 100)]
    retention_years: Option<u32>,
    /// Whether requesters are asked what they think once their request is closed.
    surveys: bool,
}

impl OwnOrganization {
    fn of(organization: Organization, settings: RequestSettings) -> Self {
        let origins = organization.allowed_origins.iter().map(|origin| origin.as_str().to_owned()).collect();
        Self {
            id: organization.id.uuid(),
            name: organization.name,
            slug: organization.slug.as_str().to_owned(),
            widget_key: organization.widget_key.as_str().to_owned(),
            allowed_origins: origins,
            language: organization.language.into(),
            time_zone: organization.time_zone.as_str().to_owned(),
            ticket_prefix: organization.ticket_prefix.as_str().to_owned(),
            auto_assign: settings.auto_assign,
            escalation_hours: settings.escalation_hours,
            auto_close_days: settings.auto_close_days,
            archive_days: settings.archive_days,
            retention_years: settings.retention_years,
            surveys: settings.surveys,
        }
    }
}

/// One's own organisation, and what it has set. For staff.
#[utoipa::path(tag = "settings", security(("bearer" = [])),
    responses((status = 200, description = "The organisation.", body = OwnOrganization)))]
#[get("/organization")]
async fn get_organization(api: Data<Api>, Known(caller): Known) -> Answer {
    let organization = api.identity.own_organization(&caller).await?;
    ok(&OwnOrganization::of(organization, api.automation.read(&caller).await?))
}

/// What is to change of an organisation; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"auto_assign": true, "archive_days": null}))]
struct UpdateOrganization {
    /// 1 to 100 characters.
    name: Option<String>,
    /// All of them, in the place of those there were; at most 100. A browser's page of any other site may not call.
    allowed_origins: Option<Vec<String>>,
    #[schema(value_type = Option<UserLanguage>)]
    language: Option<String>,
    /// IANA name.
    time_zone: Option<String>,
    /// A capital, then up to 11 capitals or digits; for the numbers of later requests.
    ticket_prefix: Option<String>,
    auto_assign: Option<bool>,
    /// `null` switches it off.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 720)]
    escalation_hours: Given<u32>,
    /// `null` switches it off.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 365)]
    auto_close_days: Given<u32>,
    /// `null` switches it off.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 3650)]
    archive_days: Given<u32>,
    /// `null` switches it off.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100)]
    retention_years: Given<u32>,
    surveys: Option<bool>,
}

/// Changes one's own organisation. For administrators.
#[utoipa::path(tag = "settings", request_body = UpdateOrganization, security(("bearer" = [])),
    responses((status = 200, description = "The organisation as changed.", body = OwnOrganization)))]
#[patch("/organization")]
async fn update_organization(api: Data<Api>, Known(caller): Known, Json(body): Json<UpdateOrganization>) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    let mut checks = Checks::default();
    let language = checks.take(word("language", body.language.as_deref())).flatten();
    let zone = body.time_zone.as_deref();
    if zone.is_some_and(|zone| !jiff::tz::TimeZone::get(zone).is_ok_and(|known| known.iana_name() == Some(zone))) {
        checks.wrong("time_zone", "unknown");
    }
    let change = OrganizationChange {
        name: body.name,
        allowed_origins: body.allowed_origins,
        language,
        time_zone: body.time_zone.filter(|zone| !zone.is_empty()),
        ticket_prefix: body.ticket_prefix,
    };
    let settings = SettingsChange {
        auto_assign: body.auto_assign,
        escalation_hours: body.escalation_hours.change(),
        auto_close_days: body.auto_close_days.change(),
        archive_days: body.archive_days.change(),
        retention_years: body.retention_years.change(),
        surveys: body.surveys,
    };
    // Both are checked before either is stored. Each is stored by itself: where the second fails, the same call again
    // makes it good.
    for field in change.check().into_iter().chain(settings.check()) {
        let FieldError { field, code } = field;
        checks.wrong(field, code);
    }
    checks.done()?;
    let organization = api.identity.update_organization(&caller, &change).await?;
    ok(&OwnOrganization::of(organization, api.automation.change(&caller, settings).await?))
}
