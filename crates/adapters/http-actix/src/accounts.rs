//! Accounts that people make and keep by themselves, by way of letters.

use std::{future::Future, time::Duration};

use actix_web::{HttpRequest, HttpResponse, post, rt::time::sleep, web::Data};
use futures_util::future::join;
use identity::{Acceptance, Email, Invitation, Organization, OrganizationRef, Registration};
use kernel::{FieldError, Role, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    Api,
    answer::{Answer, nothing, ok},
    checks::Checks,
    extract::{Json, Known},
    failure::Failure,
    problem::Problem,
    public::host,
    users::{User, UserLanguage, UserRole, word},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(register).service(verify_email).service(forgot_password).service(reset_password);
    config.service(invite).service(accept_invitation);
}

/// How long a call takes at least whose answer must not tell who has an account: longer than its work, so that the
/// time is the same.
pub(crate) const EVEN: Duration = Duration::from_millis(250);
/// The same where a password is hashed.
const EVEN_WITH_PASSWORD: Duration = Duration::from_secs(1);

/// Gives what the work gives, and not before that time.
pub(crate) async fn evenly<T>(least: Duration, work: impl Future<Output = T>) -> T {
    join(work, sleep(least)).await.0
}

/// That it was heard, and nothing else.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// Always `accepted`.
    #[schema(example = "accepted")]
    status: &'static str,
}

/// 202.
pub(crate) fn accepted() -> HttpResponse {
    HttpResponse::Accepted().json(Accepted { status: "accepted" })
}

/// A registration.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"organization": "demo", "email": "lea@example.com", "password": "quatre chevaux verts",
    "first_name": "Léa", "last_name": "Martin"}))]
struct Register {
    /// Short name or widget key; else the organisation of the host name, else the only one there is.
    organization: Option<String>,
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
}

/// Registers a customer.
///
/// A letter goes to the address: with a link that makes the account, or, if there is one already, without. The answer
/// is the same, and takes as long.
#[utoipa::path(tag = "auth", request_body = Register, responses(
    (status = 202, description = "A letter goes to the address.", body = Accepted),
    (status = 404, description = "No such organisation.", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many for now.", body = Problem, content_type = "application/problem+json"),
))]
#[post("/auth/register")]
async fn register(request: HttpRequest, api: Data<Api>, Json(body): Json<Register>) -> Answer {
    let (meant, organization) = called(&request, &api, body.organization).await?;
    api.pace.attempt(&api.identity, organization.id, &request).await?;
    let language = word("language", body.language.as_deref()).map_err(wrong)?;
    let registration = Registration {
        email: body.email,
        password: Secret::new(body.password),
        first_name: body.first_name,
        last_name: body.last_name,
        phone: body.phone,
        language,
    };
    // Whoever mistypes does not use up the letters of the address.
    registration.check(&organization)?;
    api.pace.letter(&api.identity, organization.id, &parsed_email(&registration.email)?).await?;
    evenly(EVEN_WITH_PASSWORD, api.identity.register(&meant, &registration)).await?;
    Ok(accepted())
}

/// Who has read the letter of a registration, and registered.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"token": "act_…", "password": "quatre chevaux verts"}))]
struct VerifyEmail {
    /// What the letter's link carries behind `#`.
    #[serde(default)]
    #[schema(required)]
    token: String,
    /// The password of the registration.
    #[serde(default)]
    #[schema(required)]
    password: String,
}

/// Makes the account of a registration, for whoever has read its letter and knows its password.
///
/// What was asked under this address before, without an account, belongs to it from now on. The password is asked
/// for because anybody can register an address that is not theirs: an owner who does not know it sets another with
/// `POST /auth/password/forgot`, which makes the account as well. Another registration of the address ends this one.
#[utoipa::path(tag = "auth", request_body = VerifyEmail, responses(
    (status = 200, description = "The account, which can sign in.", body = User),
    (status = 401, description = "Not the password of the registration. The link stays good.", body = Problem,
        content_type = "application/problem+json"),
    (status = 404, description = "The link is unknown, was used, or is over: the three are not told apart.",
        body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The address has got an account meanwhile.", body = Problem,
        content_type = "application/problem+json"),
    (status = 429, description = "Too many for now.", body = Problem, content_type = "application/problem+json"),
))]
#[post("/auth/email/verify")]
async fn verify_email(request: HttpRequest, api: Data<Api>, Json(body): Json<VerifyEmail>) -> Answer {
    let token = given_token(body.token)?;
    if body.password.is_empty() {
        return Err(Failure::field("password", "required"));
    }
    let organization = api.identity.organization_of_link(&token).await?;
    api.pace.attempt(&api.identity, organization.id, &request).await?;
    api.pace.link(&api.identity, organization.id, &token).await?;
    ok(&User::from(api.identity.verify_email(&token, &Secret::new(body.password)).await?))
}

/// Somebody who has forgotten their password.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"organization": "demo", "email": "customer@demo.test"}))]
struct ForgotPassword {
    /// Short name or widget key; else the organisation of the host name, else the only one there is.
    organization: Option<String>,
    #[serde(default)]
    #[schema(required)]
    email: String,
}

/// Sends a link to choose another password, if the address has an account, or a registration to be confirmed.
///
/// The answer is the same if it has none, and takes as long.
#[utoipa::path(tag = "auth", request_body = ForgotPassword, responses(
    (status = 202, description = "Heard.", body = Accepted),
    (status = 404, description = "No such organisation.", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many for now.", body = Problem, content_type = "application/problem+json"),
))]
#[post("/auth/password/forgot")]
async fn forgot_password(request: HttpRequest, api: Data<Api>, Json(body): Json<ForgotPassword>) -> Answer {
    let (meant, organization) = called(&request, &api, body.organization).await?;
    api.pace.attempt(&api.identity, organization.id, &request).await?;
    let email = parsed_email(&body.email)?;
    api.pace.letter(&api.identity, organization.id, &email).await?;
    evenly(EVEN, api.identity.forgot_password(&meant, &body.email)).await?;
    Ok(accepted())
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"token": "act_…", "password": "quatre chevaux verts"}))]
struct ResetPassword {
    /// What the letter's link carries behind `#`.
    #[serde(default)]
    #[schema(required)]
    token: String,
    /// 10 to 72 bytes; common ones and the organisation's name are refused.
    #[serde(default)]
    #[schema(required)]
    password: String,
}

/// Sets another password. All sessions of the user end.
///
/// The letter proves the address: where it was only registered, this makes the account, and ends all links of
/// registrations.
#[utoipa::path(tag = "auth", request_body = ResetPassword, responses(
    (status = 204, description = "It is set: sign in with it."),
    (status = 404, description = "The link is unknown, was used, or is over: the three are not told apart.",
        body = Problem, content_type = "application/problem+json"),
))]
#[post("/auth/password/reset")]
async fn reset_password(api: Data<Api>, Json(body): Json<ResetPassword>) -> Answer {
    let token = given_token(body.token)?;
    api.identity.reset_password(&token, &Secret::new(body.password)).await?;
    nothing()
}

/// An account to be offered.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"email": "alex@example.com", "role": "agent"}))]
struct Invite {
    #[serde(default)]
    #[schema(required)]
    email: String,
    #[serde(default)]
    #[schema(required, value_type = UserRole)]
    role: String,
    /// The organisation's, when not given.
    #[schema(value_type = Option<UserLanguage>)]
    language: Option<String>,
}

/// An account that is offered.
#[derive(Serialize, ToSchema)]
struct Invited {
    #[schema(example = "alex@example.com")]
    email: String,
    role: UserRole,
    /// Until when the letter's link is good.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Invites somebody: a letter goes to the address, with a link to choose a password. For administrators.
///
/// An earlier invitation of the same address is good no more.
#[utoipa::path(tag = "users", request_body = Invite, security(("bearer" = [])), responses(
    (status = 202, description = "The letter goes out.", body = Invited),
    (status = 409, description = "The address has an account.", body = Problem,
        content_type = "application/problem+json"),
))]
#[post("/auth/invitations")]
async fn invite(api: Data<Api>, Known(caller): Known, Json(body): Json<Invite>) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    let mut checks = Checks::default();
    let email = checks.take(Email::parse(&body.email).map_err(|invalid| -> FieldError { invalid.at("email") }));
    let role =
        if body.role.is_empty() { Err(FieldError::new("role", "required")) } else { word("role", Some(&body.role)) };
    let (role, language) = (checks.take(role), checks.take(word("language", body.language.as_deref())));
    let (Some(email), Some(Some(role)), Some(language)) = (email, role, language) else { return Err(checks.failure()) };
    let expires_at = api.identity.invite(&caller, &Invitation { email: body.email, role, language }).await?;
    let invited = Invited { email: email.as_str().to_owned(), role: role.into(), expires_at };
    Ok(HttpResponse::Accepted().json(invited))
}

/// An invitation that somebody takes.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"token": "act_…", "password": "quatre chevaux verts", "first_name": "Alex",
    "last_name": "Petit"}))]
struct AcceptInvitation {
    /// What the letter's link carries behind `#`.
    #[serde(default)]
    #[schema(required)]
    token: String,
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
    /// The invitation's, when not given.
    #[schema(value_type = Option<UserLanguage>)]
    language: Option<String>,
}

/// Makes the account that was offered.
#[utoipa::path(tag = "auth", request_body = AcceptInvitation, responses(
    (status = 200, description = "The account, which can sign in.", body = User),
    (status = 404, description = "The link is unknown, was used, or is over: the three are not told apart.",
        body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The address has got an account meanwhile.", body = Problem,
        content_type = "application/problem+json"),
))]
#[post("/auth/invitations/accept")]
async fn accept_invitation(api: Data<Api>, Json(body): Json<AcceptInvitation>) -> Answer {
    let token = given_token(body.token)?;
    let language = word("language", body.language.as_deref()).map_err(wrong)?;
    let acceptance = Acceptance {
        first_name: body.first_name,
        last_name: body.last_name,
        phone: body.phone,
        language,
        password: Secret::new(body.password),
    };
    ok(&User::from(api.identity.accept_invitation(&token, &acceptance).await?))
}

/// The organisation that is called.
async fn called(
    request: &HttpRequest,
    api: &Api,
    given: Option<String>,
) -> Result<(OrganizationRef, Organization), Failure> {
    let meant = OrganizationRef { given, host: host(request) };
    let organization = api.identity.organization(&meant).await?;
    Ok((meant, organization))
}

fn wrong(field: FieldError) -> Failure {
    Failure::invalid(vec![field.into()])
}

fn given_token(token: String) -> Result<Secret, Failure> {
    if token.is_empty() {
        return Err(Failure::field("token", "required"));
    }
    Ok(Secret::new(token))
}

pub(crate) fn parsed_email(text: &str) -> Result<Email, Failure> {
    Email::parse(text).map_err(|invalid| wrong(invalid.at("email")))
}
