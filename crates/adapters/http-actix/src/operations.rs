//! For whoever runs the server: health, figures, keys. At the root, not under the API's base.

use actix_web::{HttpRequest, HttpResponse, get, http::header, web::Data};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    Api,
    answer::{Answer, ok},
    extract::bearer,
    failure::Failure,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(health).service(live).service(ready).service(status).service(jwks);
}

/// That the process answers.
#[derive(Serialize, ToSchema)]
struct Healthy {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// Always `guichet`.
    #[schema(example = "guichet")]
    service: &'static str,
}

const HEALTHY: Healthy = Healthy { status: "ok", service: "guichet" };

/// How the server is, part by part.
#[derive(Serialize, ToSchema)]
struct Ready {
    /// `ok` when every part works, `degraded` when one does not that the server can do without, else `unavailable`.
    #[schema(example = "ok")]
    status: &'static str,
    /// Each part.
    parts: Vec<PartHealth>,
}

/// How one part of the server is.
#[derive(Serialize, ToSchema)]
struct PartHealth {
    /// Its name.
    #[schema(example = "database")]
    name: &'static str,
    /// `ok` or `unavailable`.
    #[schema(example = "ok")]
    status: &'static str,
    /// How long it took to find out.
    took_ms: u64,
}

/// How the server is, for old monitors.
#[derive(Serialize, ToSchema)]
struct Status {
    /// `ok` or `unavailable`.
    #[schema(example = "ok")]
    status: &'static str,
    /// `connected` or `disconnected`.
    #[schema(example = "connected")]
    database: &'static str,
}

/// The process answers.
#[utoipa::path(tag = "operations", operation_id = "health", responses((status = 200, description = "It does.", body = Healthy)))]
#[get("/health")]
async fn health() -> Answer {
    ok(&HEALTHY)
}

/// The process answers; for a probe that restarts it.
#[utoipa::path(tag = "operations", operation_id = "health_live", responses((status = 200, description = "It does.", body = Healthy)))]
#[get("/health/live")]
async fn live() -> Answer {
    ok(&HEALTHY)
}

/// Every part that the server needs works; for a probe that sends it traffic.
#[utoipa::path(tag = "operations", operation_id = "health_ready", responses(
    (status = 200, description = "They do.", body = Ready),
    (status = 503, description = "At least one does not.", body = Ready),
))]
#[get("/health/ready")]
async fn ready(api: Data<Api>) -> Answer {
    let parts = api.health.look().await;
    let works = parts.iter().all(|part| part.works || !part.needed);
    let whole = parts.iter().all(|part| part.works);
    let word = |works| if works { "ok" } else { "unavailable" };
    let parts =
        parts.iter().map(|part| PartHealth { name: part.name, status: word(part.works), took_ms: part.took_ms });
    let overall = if works && !whole { "degraded" } else { word(works) };
    let body = Ready { status: overall, parts: parts.collect() };
    let mut answer = if works { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    Ok(answer.json(body))
}

/// The database works; for old monitors.
#[utoipa::path(tag = "operations", operation_id = "status", responses(
    (status = 200, description = "It does.", body = Status),
    (status = 503, description = "It does not.", body = Status),
))]
#[get("/status")]
async fn status(api: Data<Api>) -> Answer {
    let parts = api.health.look().await;
    let works = parts.iter().filter(|part| part.name == "database").all(|part| part.works);
    Ok(if works {
        HttpResponse::Ok().json(Status { status: "ok", database: "connected" })
    } else {
        HttpResponse::ServiceUnavailable().json(Status { status: "unavailable", database: "disconnected" })
    })
}

/// The public keys that our access tokens are signed with (RFC 7517).
#[utoipa::path(tag = "keys", operation_id = "jwks", responses((status = 200, description = "The keys, newest first.", body = Object)))]
#[get("/.well-known/jwks.json")]
async fn jwks(api: Data<Api>) -> Answer {
    let keys = api.identity.jwks();
    // A new key is published two minutes before it signs: whoever asks every minute never misses one.
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=60")).json(keys))
}

/// The figures in Prometheus form, for whoever has the token. To anybody else there is nothing here.
#[get("/metrics")]
pub(crate) async fn metrics(request: HttpRequest, api: Data<Api>) -> Answer {
    let page = api.metrics.as_ref().ok_or_else(Failure::not_found)?;
    let given = bearer(&request).ok_or_else(Failure::unauthenticated)?;
    if !is_same(given.as_bytes(), page.token.expose().as_bytes()) {
        return Err(Failure::unauthenticated());
    }
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body((page.render)()))
}

/// Compares in a time that does not depend on where two texts differ.
fn is_same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |sum, (l, r)| sum | (l ^ r)) == 0
}
