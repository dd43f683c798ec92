//! Signing in and out, and one's sessions.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    delete, get,
    http::header,
    post,
    web::Data,
};
use identity::{OrganizationRef, Session, SessionView, SignedIn};
use kernel::{Refusal, RefusalKind, Secret, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, nothing, ok},
    edge::expect_same_origin,
    extract::{Id, Json, Known, OptionalJson, bearer, client_info},
    failure::{Failure, WrongField},
    public::host,
    users::User,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(login).service(refresh).service(logout).service(me).service(list_sessions).service(end_session);
}

/// A sign-in.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"organization": "demo", "email": "agent@demo.test", "password": "guichet-demo"}))]
struct Login {
    /// Short name or widget key; else the organisation of the host name, else the only one there is.
    organization: Option<String>,
    #[serde(default)]
    #[schema(required)]
    email: String,
    #[serde(default)]
    #[schema(required)]
    password: String,
}

/// Who has signed in, and with what to go on.
#[derive(Serialize, ToSchema)]
struct LoginAnswer {
    /// Proves who calls: `Authorization: Bearer …`.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// How many seconds the access token lives.
    #[schema(example = 900)]
    expires_in: u64,
    /// Good once, for `POST /auth/refresh`. Left out for browsers: theirs is in a cookie that no
    /// script can read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    user: User,
}

/// Signs in.
///
/// A browser sends the header `X-Guichet-Client: browser`, here and to refresh and to sign out: its
/// refresh token is then kept in a cookie.
#[utoipa::path(tag = "auth", request_body = Login, params(
    ("X-Guichet-Client" = Option<String>, Header, description = "`browser` for our own pages.")),
    responses((status = 200, description = "Signed in.", body = LoginAnswer),
    (status = 401, description = "Unknown e-mail, wrong password, or deactivated: the three are not told apart.",
        body = crate::problem::Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many for now.", body = crate::problem::Problem,
        content_type = "application/problem+json")))]
#[post("/auth/login")]
async fn login(request: HttpRequest, api: Data<Api>, Json(body): Json<Login>) -> Answer {
    let browser = is_browser(&request, &api)?;
    let missing = [("email", body.email.is_empty()), ("password", body.password.is_empty())];
    let missing: Vec<_> =
        missing.into_iter().filter(|(_, is)| *is).map(|(field, _)| WrongField::new(field, "required")).collect();
    if !missing.is_empty() {
        return Err(Failure::invalid(missing));
    }
    let organization = OrganizationRef { given: body.organization, host: host(&request) };
    let called = api.identity.organization(&organization).await?;
    api.pace.login(&api.identity, called.id, &request).await?;
    let client = client_info(&request, browser);
    let signed_in = api.identity.login(&organization, &body.email, Secret::new(body.password), client).await?;
    Ok(answer(&api, signed_in, browser))
}

/// The refresh token of a program that is no browser.
#[derive(Default, Deserialize, ToSchema)]
#[schema(example = json!({"refresh_token": "grt_…"}))]
struct RefreshToken {
    /// Left out by browsers.
    refresh_token: Option<String>,
}

/// Trades a refresh token for fresh tokens.
///
/// Each refresh token is good once. The same again within ten seconds gets the same answer, in case
/// that was lost; later, the whole session is ended.
#[utoipa::path(tag = "auth", request_body = RefreshToken, params(
    ("X-Guichet-Client" = Option<String>, Header, description = "`browser` for our own pages.")),
    responses((status = 200, description = "Fresh tokens.", body = LoginAnswer),
    (status = 401, description = "The session has ended, or the token was used before.",
        body = crate::problem::Problem, content_type = "application/problem+json")))]
#[post("/auth/refresh")]
async fn refresh(request: HttpRequest, api: Data<Api>, OptionalJson(body): OptionalJson<RefreshToken>) -> Answer {
    let browser = is_browser(&request, &api)?;
    let token = presented(&request, &api, browser, body).ok_or_else(Failure::unauthenticated)?;
    match api.identity.refresh(&token).await {
        Ok(signed_in) => Ok(answer(&api, signed_in, browser)),
        // A cookie that is good for nothing any more goes; one that could not be checked stays.
        Err(error) if browser && error.kind() == RefusalKind::Unauthenticated => {
            Err(with_cookie(Failure::from(error), &no_cookie(&api)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Signs out: ends the session that the refresh token, or else the access token, belongs to.
#[utoipa::path(tag = "auth", request_body = RefreshToken, params(
    ("X-Guichet-Client" = Option<String>, Header, description = "`browser` for our own pages.")),
    security((), ("bearer" = [])),
    responses((status = 204, description = "Signed out, also when it was so already.")))]
#[post("/auth/logout")]
async fn logout(request: HttpRequest, api: Data<Api>, OptionalJson(body): OptionalJson<RefreshToken>) -> Answer {
    let browser = is_browser(&request, &api)?;
    let ended = match (presented(&request, &api, browser, body), bearer(&request)) {
        (Some(token), _) => api.identity.logout_by_refresh(&token).await,
        (None, Some(token)) => match api.identity.authenticate(token).await {
            Ok(caller) => api.identity.logout(&caller).await,
            Err(error) => Err(error),
        },
        (None, None) if browser => Ok(()),
        (None, None) => return Err(Failure::unauthenticated()),
    };
    match ended {
        // Whoever is signed out already has what they asked for.
        Err(error) if error.kind() != RefusalKind::Unauthenticated => return Err(error.into()),
        _ => {}
    }
    let mut answer = HttpResponse::NoContent();
    if browser {
        answer.cookie(no_cookie(&api));
    }
    Ok(answer.finish())
}

/// The user who asks.
#[utoipa::path(tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "The user.", body = User)))]
#[get("/auth/me")]
async fn me(api: Data<Api>, Known(caller): Known) -> Answer {
    ok(&User::from(api.identity.me(&caller).await?))
}

/// A live session.
#[derive(Serialize, ToSchema)]
struct SessionItem {
    id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its refresh token was last used.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// When it ends if it is not used.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The network address of the sign-in.
    #[schema(required)]
    address: Option<String>,
    #[schema(required)]
    user_agent: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

impl From<SessionView> for SessionItem {
    fn from(session: SessionView) -> Self {
        Self {
            id: session.id.uuid(),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            address: session.client.address,
            user_agent: session.client.user_agent,
            current: session.current,
        }
    }
}

/// One's live sessions.
#[derive(Serialize, ToSchema)]
struct SessionList {
    /// Newest first.
    items: Vec<SessionItem>,
}

/// One's live sessions, newest first.
#[utoipa::path(tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = SessionList)))]
#[get("/auth/sessions")]
async fn list_sessions(api: Data<Api>, Known(caller): Known) -> Answer {
    let sessions = api.identity.sessions(&caller).await?;
    ok(&SessionList { items: sessions.into_iter().map(SessionItem::from).collect() })
}

/// Ends one of one's own sessions.
#[utoipa::path(tag = "auth", params(("id" = Uuid, Path, description = "The session.")), security(("bearer" = [])),
    responses((status = 204, description = "It has ended, also when it had before.")))]
#[delete("/auth/sessions/{id}")]
async fn end_session(api: Data<Api>, Known(caller): Known, Id(id): Id<SessionId>) -> Answer {
    api.identity.end_session(&caller, id).await?;
    nothing()
}

/// Whether our own page calls, whose refresh token travels in a cookie.
///
/// # Errors
/// 403 when a page of another site says so.
fn is_browser(request: &HttpRequest, api: &Api) -> Result<bool, Failure> {
    let says_so = request.headers().get("x-guichet-client").is_some_and(|client| client == "browser");
    if says_so {
        expect_same_origin(request, api)?;
    }
    Ok(says_so)
}

/// The refresh token: of a browser, from its cookie only; of a program, from the body only.
fn presented(request: &HttpRequest, api: &Api, browser: bool, body: RefreshToken) -> Option<Secret> {
    if browser {
        request.cookie(cookie_name(api)).map(|cookie| Secret::new(cookie.value()))
    } else {
        body.refresh_token.filter(|token| !token.is_empty()).map(Secret::new)
    }
}

fn answer(api: &Api, signed_in: SignedIn, browser: bool) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    let refresh_token = signed_in.refresh_token.expose().to_owned();
    let refresh_token = if browser {
        answer.cookie(cookie(api, refresh_token));
        None
    } else {
        Some(refresh_token)
    };
    answer.json(LoginAnswer {
        access_token: signed_in.access_token.expose().to_owned(),
        token_type: "Bearer",
        expires_in: signed_in.expires_in_s,
        refresh_token,
        user: signed_in.user.into(),
    })
}

/// With TLS the name binds the cookie to this very host (RFC 6265bis, section 4.1.3.2).
fn cookie_name(api: &Api) -> &'static str {
    if api.settings.is_secure() { "__Host-guichet_refresh" } else { "guichet_refresh" }
}

fn cookie(api: &Api, token: String) -> Cookie<'static> {
    let secure = api.settings.is_secure();
    // `__Host-` wants the root; without it, the cookie goes where it is read only.
    let path = if secure { "/" } else { "/api/v1/auth" };
    let life = i64::try_from(Session::REFRESH_LIFE.as_secs()).unwrap_or(i64::MAX);
    Cookie::build(cookie_name(api), token)
        .path(path)
        .secure(secure)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(Duration::seconds(life))
        .finish()
}

fn no_cookie(api: &Api) -> Cookie<'static> {
    let mut cookie = cookie(api, String::new());
    cookie.make_removal();
    cookie
}

fn with_cookie(failure: Failure, cookie: &Cookie<'static>) -> Failure {
    match header::HeaderValue::from_str(&cookie.encoded().to_string()) {
        Ok(value) => failure.with_header(header::SET_COOKIE, value),
        Err(_) => failure,
    }
}
