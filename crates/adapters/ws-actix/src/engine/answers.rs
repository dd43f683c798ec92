//! What is answered over HTTP.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use bytes::Bytes;

/// Why a request is refused, as the protocol says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Transport,
    Session,
    Method,
    Request,
    Version,
    Origin,
    TooBig,
    TooMany,
    Draining,
}

impl Wrong {
    pub(super) fn answer(self) -> HttpResponse {
        let (status, code, message) = match self {
            Self::Transport => (StatusCode::BAD_REQUEST, 0, "Transport unknown"),
            Self::Session => (StatusCode::BAD_REQUEST, 1, "Session ID unknown"),
            Self::Method => (StatusCode::BAD_REQUEST, 2, "Bad handshake method"),
            Self::Request => (StatusCode::BAD_REQUEST, 3, "Bad request"),
            Self::Version => (StatusCode::BAD_REQUEST, 5, "Unsupported protocol version"),
            Self::Origin => (StatusCode::FORBIDDEN, 4, "Forbidden"),
            Self::TooBig => (StatusCode::PAYLOAD_TOO_LARGE, 3, "Payload too large"),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, 4, "Too many connections"),
            Self::Draining => (StatusCode::SERVICE_UNAVAILABLE, 4, "Restarting"),
        };
        let mut answer = HttpResponse::build(status);
        match self {
            Self::Draining => drop(answer.insert_header((header::RETRY_AFTER, "1"))),
            Self::TooMany => drop(answer.insert_header((header::RETRY_AFTER, "10"))),
            // What is left of it is not read.
            Self::TooBig => drop(answer.force_close()),
            _ => {}
        }
        answer.insert_header((header::CACHE_CONTROL, "no-store"));
        answer.json(serde_json::json!({ "code": code, "message": message }))
    }
}

/// Packets for a client that polls, or the word that its own have come.
pub(super) fn payload(text: impl Into<Bytes>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=UTF-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Not compressed, as sockets are not: secrets stand beside text that others chose.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .body(text.into())
}
