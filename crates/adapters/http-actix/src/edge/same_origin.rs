//! Telling our own pages from other sites'.

use actix_web::{HttpRequest, http::header};

use crate::{Api, failure::Failure};

/// Refuses a call that a page of another site makes a browser do: what a cookie proves must not be
/// used by strangers. Programs that are no browsers send neither header.
pub(crate) fn expect_same_origin(request: &HttpRequest, api: &Api) -> Result<(), Failure> {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("null"));
    let origin_is_ours = text(header::ORIGIN.as_str()).is_none_or(|origin| is_ours(request, api, origin));
    let site_is_ours = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    if origin_is_ours && site_is_ours { Ok(()) } else { Err(Failure::forbidden()) }
}

/// Whether an origin is that of our own pages: the configured one, or the very host that was called.
/// A browser sets both headers by itself, so that no page can make up a match.
pub(crate) fn is_ours(request: &HttpRequest, api: &Api, origin: &str) -> bool {
    if origin.eq_ignore_ascii_case(&api.settings.public_origin) {
        return true;
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let secure = api.settings.is_secure() || request.app_config().secure();
    let called = if secure { origin.strip_prefix("https://") } else { origin.strip_prefix("http://") };
    matches!((called, host), (Some(called), Some(host)) if called.eq_ignore_ascii_case(host))
}
