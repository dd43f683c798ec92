//! What users change of themselves.

use actix_web::{patch, web::Data};
use identity::{OwnChange, PasswordChange};
use kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    Api,
    answer::{Answer, ok},
    checks::Checks,
    extract::{Given, Json, Known},
    presence::StaffAvailability,
    users::{User, UserLanguage, word},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(update_me);
}

/// What is to change of oneself; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"language": "en", "availability": "away"}))]
struct UpdateMe {
    first_name: Option<String>,
    last_name: Option<String>,
    /// `null` takes it away.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    phone: Given<String>,
    #[schema(value_type = Option<UserLanguage>)]
    language: Option<String>,
    /// Whether one wants to be asked; of staff only. Kept until one says otherwise.
    #[schema(value_type = Option<StaffAvailability>)]
    availability: Option<String>,
    /// Another password: 10 to 72 bytes; common ones and the organisation's name are refused. Ends all sessions, the
    /// one that asks too.
    password: Option<String>,
    /// The present password, without which there is no other.
    current_password: Option<String>,
}

/// Changes the user who asks.
#[utoipa::path(tag = "auth", request_body = UpdateMe, security(("bearer" = [])),
    responses((status = 200, description = "The user as changed.", body = User)))]
#[patch("/auth/me")]
async fn update_me(api: Data<Api>, Known(caller): Known, Json(body): Json<UpdateMe>) -> Answer {
    let mut checks = Checks::default();
    let language = checks.take(word("language", body.language.as_deref()));
    let availability = checks.take(word("availability", body.availability.as_deref()));
    let password = match (body.current_password, body.password) {
        (Some(current), Some(new)) => Some(PasswordChange { current: Secret::new(current), new: Secret::new(new) }),
        (None, None) => None,
        (missing, _) => {
            checks.wrong(if missing.is_none() { "current_password" } else { "password" }, "required");
            None
        }
    };
    let (Some(language), Some(availability)) = (language, availability) else { return Err(checks.failure()) };
    checks.done()?;
    let (first_name, last_name, phone) = (body.first_name, body.last_name, body.phone.change());
    let change = OwnChange { first_name, last_name, phone, language, availability, password };
    ok(&User::from(api.identity.update_me(&caller, change).await?))
}
