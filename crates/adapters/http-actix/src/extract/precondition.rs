//! `If-Match`.

use actix_web::{HttpRequest, http::header::IF_MATCH};

use crate::failure::Failure;

/// The version a call acts on, if it says one: `If-Match: "3"`. `*` fits every version.
///
/// # Errors
/// 412 for what can fit no version of ours, weak tags too (RFC 9110, section 13.1.1).
pub(crate) fn if_match(request: &HttpRequest) -> Result<Option<u64>, Failure> {
    let Some(tag) = request.headers().get(IF_MATCH) else { return Ok(None) };
    let tag = tag.to_str().unwrap_or_default().trim();
    if tag == "*" {
        return Ok(None);
    }
    let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|version| version.parse().ok());
    version.map(Some).ok_or_else(Failure::stale)
}
