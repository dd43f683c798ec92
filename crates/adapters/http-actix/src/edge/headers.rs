//! Headers that make browsers careful.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderName, HeaderValue},
    web::Data,
};

use crate::Api;

/// Answers that are no pages: nothing of them may be shown or run.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

/// Puts them on an answer; what a handler set itself stays.
pub(crate) fn secure(request: &HttpRequest, answer: &mut HttpResponse) {
    let secure =
        request.app_config().secure() || request.app_data::<Data<Api>>().is_some_and(|api| api.settings.is_secure());
    let is_api = request.path().starts_with("/api/");
    let headers = answer.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(header::CONTENT_SECURITY_POLICY, NO_PAGE);
    if is_api {
        put(header::CACHE_CONTROL, "no-store");
    }
    if secure {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
