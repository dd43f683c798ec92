//! The browser pages.

use std::borrow::Cow;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, get,
    http::header::{self, AcceptEncoding, ContentEncoding, Encoding},
    web::{Bytes, Data},
};

use crate::{Api, answer::Answer, failure::Failure};

/// Where the built browser pages come from.
pub trait PageSource: Send + Sync {
    /// Whether the pages were built; if not, [`Self::page`] finds nothing.
    fn are_built(&self) -> bool;
    /// The file behind the path of an address, e.g. `/console/settings`.
    fn page(&self, path: &str) -> Option<Page>;
}

/// One file of the browser pages.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// The same, compressed by brotli ahead, for whoever takes that.
    pub brotli: Option<Cow<'static, [u8]>>,
    /// The same, compressed by gzip ahead.
    pub gzip: Option<Cow<'static, [u8]>>,
    /// Its media type.
    pub mime: String,
    /// Names this content, quoted. Each compressed form gets a tag of its own from it.
    pub etag: String,
    /// Whether this address never has another content.
    pub immutable: bool,
}

/// Nothing inline, nothing from elsewhere, no frame on other sites. Blobs are previews of files.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// What other sites load: the widget, with the scripts that it fetches once they are needed, and the tracker.
fn is_for_other_sites(path: &str) -> bool {
    matches!(path, "/widget.js" | "/tracker.js")
        || (path.starts_with("/widget-") && path.rsplit_once('.').is_some_and(|(_, kind)| kind == "js"))
}

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Guichet</title>\
    <h1>The pages were not built</h1><p>This server was compiled without its browser pages. \
    Run <code>cargo xtask web</code>, then build it again. The API is there: see <code>/api/docs/</code>.</p></html>\n";

#[get("/{path:.*}")]
pub(crate) async fn browser_page(request: HttpRequest, api: Data<Api>) -> Answer {
    let path = request.path();
    // Below the API nothing is a page, and what is unknown there has to say so as a problem.
    if path.starts_with("/api/") {
        return crate::routes::nothing_here(request, api).await;
    }
    match api.pages.page(path) {
        Some(page) => Ok(file(&request, page)),
        None if is_page(path) => Ok(missing(&api)?),
        None => Err(Failure::not_found()),
    }
}

/// Whether a page is at this address, once the pages are built.
fn is_page(path: &str) -> bool {
    matches!(path, "/" | "/console" | "/account" | "/help/contact")
        || ["/console/", "/account/", "/r/"].iter().any(|below| path.starts_with(below))
}

/// Why a page that should be there is not.
fn missing(api: &Api) -> Answer {
    if api.pages.are_built() {
        return Err(Failure::not_found());
    }
    let mut answer = HttpResponse::ServiceUnavailable();
    answer.insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY));
    Ok(answer.content_type("text/html; charset=utf-8").body(NOT_BUILT))
}

fn file(request: &HttpRequest, page: Page) -> HttpResponse {
    let Sent { bytes, coding, etag } = sent(request, &page);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::ETAG, etag))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((
            header::CACHE_CONTROL,
            if page.immutable { "public, max-age=31536000, immutable" } else { "no-cache" },
        ));
    if is_for_other_sites(request.path()) {
        // A script that any site may load, also a site that isolates itself from others.
        answer.insert_header(("cross-origin-resource-policy", "cross-origin"));
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    }
    if is_known {
        return answer.finish();
    }
    if let Some(coding) = coding {
        answer.insert_header(coding);
    }
    answer.content_type(page.mime).body(bytes)
}

/// What goes over the wire of a page.
struct Sent {
    bytes: Bytes,
    /// Also says that nothing else may compress it; absent where nothing would.
    coding: Option<ContentEncoding>,
    etag: String,
}

/// The form that the asker likes best; of equals, the shorter one.
fn sent(request: &HttpRequest, page: &Page) -> Sent {
    let accepted = request.get_header::<AcceptEncoding>();
    let forms = [
        (ContentEncoding::Brotli, page.brotli.as_ref(), "-br\""),
        (ContentEncoding::Gzip, page.gzip.as_ref(), "-gz\""),
        (ContentEncoding::Identity, Some(&page.bytes), "\""),
    ];
    let there: Vec<Encoding> =
        forms.iter().filter(|(_, form, _)| form.is_some()).map(|(coding, ..)| Encoding::Known(*coding)).collect();
    let wanted = accepted.as_ref().and_then(|accepted| accepted.negotiate(there.iter()));
    let (coding, bytes, suffix) = forms
        .into_iter()
        .find_map(|(coding, form, suffix)| (wanted == Some(Encoding::Known(coding))).then_some((coding, form?, suffix)))
        .unwrap_or((ContentEncoding::Identity, &page.bytes, "\""));
    let bytes = match bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::copy_from_slice(bytes),
    };
    let etag = format!("{}{suffix}", page.etag.strip_suffix('"').unwrap_or(&page.etag));
    Sent { bytes, coding: accepted.map(|_| coding), etag }
}
