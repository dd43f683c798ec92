//! Which other sites' pages may call (the Fetch standard's CORS protocol). Credentials are never
//! allowed across sites: tokens travel in a header, and the cookie is for our own pages.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    dev::ServiceRequest,
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
    web::Data,
};

use super::{Asking, same_origin};
use crate::Api;

const METHODS: &str = "GET, HEAD, POST, PATCH, PUT, DELETE";
const REQUEST_HEADERS: &str = "authorization, content-type, accept-language, idempotency-key, if-match, x-request-id";
const EXPOSED: &str = "etag, x-request-id, retry-after, idempotency-replayed, content-language";

/// The answer to a browser that asks before it calls.
pub(crate) fn preflight(request: &ServiceRequest) -> Option<HttpResponse> {
    let asks = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !asks {
        return None;
    }
    let mut answer = HttpResponse::NoContent();
    if is_allowed(request.request()) {
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS));
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS));
        answer.insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"));
    }
    Some(answer.finish())
}

/// Lets the page that called read the answer, if its site may.
pub(crate) fn allow(request: &HttpRequest, headers: &mut HeaderMap) {
    if !["/api/", "/socket.io/"].iter().any(|base| request.path().starts_with(base)) {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = request.headers().get(header::ORIGIN).filter(|_| is_allowed(request)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}

/// Our own pages, and those of the caller's organisation; before a caller is known, of any.
fn is_allowed(request: &HttpRequest) -> bool {
    let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let (Some(origin), Some(api)) = (origin, request.app_data::<Data<Api>>()) else { return false };
    let organization = request.extensions().get::<Asking>().map(|asking| asking.organization);
    same_origin::is_ours(request, api, origin) || api.origins.allows(organization, origin)
}
