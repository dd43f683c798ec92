//! Answers.

#![expect(clippy::unnecessary_wraps, reason = "a handler ends with its answer, and can fail before")]

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;

use crate::failure::Failure;

/// Says that an answer was given before.
const REPLAYED: header::HeaderName = header::HeaderName::from_static("idempotency-replayed");

/// What a handler gives.
pub(crate) type Answer = Result<HttpResponse, Failure>;

/// 200 with a body.
pub(crate) fn ok(body: &impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(body))
}

/// 201 with a body.
pub(crate) fn created(body: &impl Serialize) -> Answer {
    Ok(HttpResponse::Created().json(body))
}

/// The same, when nothing was done for it because it had been done before.
pub(crate) fn replayed(answer: Answer) -> Answer {
    answer.map(|mut answer| {
        answer.headers_mut().insert(REPLAYED, header::HeaderValue::from_static("true"));
        answer
    })
}

/// 204.
pub(crate) fn nothing() -> Answer {
    Ok(HttpResponse::NoContent().finish())
}

/// A body with the version it shows as its `ETag`.
pub(crate) fn versioned(status: StatusCode, version: u64, body: &impl Serialize) -> Answer {
    Ok(HttpResponse::build(status).insert_header((header::ETAG, format!("\"{version}\""))).json(body))
}
