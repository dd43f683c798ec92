#![doc = include_str!("../README.md")]

use std::{borrow::Cow, fmt::Write as _};

use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../../web/dist"]
#[allow_missing = true]
struct Dist;

/// What the build puts behind the name of a file for its compressed forms.
const BROTLI: &str = ".br";
const GZIP: &str = ".gz";

/// One file of the build.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// The same, compressed by brotli, where that is shorter.
    pub brotli: Option<Cow<'static, [u8]>>,
    /// The same, compressed by gzip, where that is shorter.
    pub gzip: Option<Cow<'static, [u8]>>,
    /// Its media type, with a charset for texts.
    pub mime: String,
    /// Names this content, quoted as the header `ETag` wants it.
    pub etag: String,
    /// Whether the name carries a hash of the content, so that it never has another.
    pub immutable: bool,
}

/// The built pages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pages;

impl Pages {
    /// Whether the pages were built; if not, nothing is found.
    pub fn built() -> bool {
        Dist::get("demo/index.html").is_some()
    }

    /// The file behind the path of an address, e.g. `/console/settings`.
    pub fn get(path: &str) -> Option<Asset> {
        let path = path.strip_prefix('/').unwrap_or(path);
        // The compressed forms are ways to send a file, and no files of their own.
        if [BROTLI, GZIP].iter().any(|ending| path.ends_with(ending)) {
            return None;
        }
        candidates(path).find_map(|name| Some(asset(&name, Dist::get(&name)?)))
    }
}

/// The files that may stand behind a path, best first.
fn candidates(path: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let page = |name: &'static str| Some(Cow::Borrowed(name));
    // What looks like a file and is none is missing: a page in place of a script would only confuse.
    let looks_like_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let (file, fallback) = match path {
        "" | "demo" | "demo/" => (None, page("demo/index.html")),
        "console" | "console/" => (None, page("console/index.html")),
        _ if path.starts_with("console/") => {
            (Some(Cow::Borrowed(path)), page("console/index.html").filter(|_| !looks_like_file))
        }
        "account" | "help/contact" => (None, page(customers_page(path))),
        _ if path.starts_with("r/") || path.starts_with("account/") => {
            (None, page(customers_page(path)).filter(|_| !looks_like_file))
        }
        // The demo page is served at the root, and so are its files.
        _ if path.starts_with("assets/") => (Some(Cow::Owned(format!("demo/{path}"))), None),
        _ => (Some(Cow::Borrowed(path)), None),
    };
    [file, fallback].into_iter().flatten()
}

/// Which of the customers' pages an address shows.
fn customers_page(path: &str) -> &'static str {
    match path.split('/').next() {
        Some("r") => "pages/request.html",
        Some("help") => "pages/contact.html",
        _ => "pages/account.html",
    }
}

fn asset(name: &str, file: EmbeddedFile) -> Asset {
    let mime = file.metadata.mimetype();
    let is_text = mime.starts_with("text/") || matches!(mime, "application/json" | "image/svg+xml");
    let mime = if is_text { format!("{mime}; charset=utf-8") } else { mime.to_owned() };
    let mut etag = String::from("\"");
    for byte in &file.metadata.sha256_hash()[..16] {
        // Writing to a String cannot fail.
        let _ = write!(etag, "{byte:02x}");
    }
    etag.push('"');
    let compressed = |ending: &str| Dist::get(&format!("{name}{ending}")).map(|file| file.data);
    Asset {
        bytes: file.data,
        brotli: compressed(BROTLI),
        gzip: compressed(GZIP),
        mime,
        etag,
        immutable: is_hashed(name),
    }
}

/// Vite puts what it names by a hash into `assets/`, as `name-HASH8.ext`; the widget's parts are beside it.
fn is_hashed(name: &str) -> bool {
    let in_assets =
        ["demo/assets/", "console/assets/", "pages/assets/", "widget-"].iter().any(|folder| name.starts_with(folder));
    let stem = name.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
    let hash = stem.get(stem.len().saturating_sub(9)..).unwrap_or_default();
    in_assets
        && hash.starts_with('-')
        && hash.len() == 9
        && hash.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str) -> Vec<String> {
        candidates(path).map(Cow::into_owned).collect()
    }

    #[test]
    fn a_path_below_the_console_is_a_file_or_the_console() {
        assert_eq!(names("console"), ["console/index.html"]);
        assert_eq!(names("console/requests/7"), ["console/requests/7", "console/index.html"]);
        assert_eq!(names("console/assets/index-Ab12Cd34.js"), ["console/assets/index-Ab12Cd34.js"]);
    }

    #[test]
    fn the_root_is_the_demo_page_with_its_files_beside_it() {
        assert_eq!(names(""), ["demo/index.html"]);
        assert_eq!(names("assets/shop-Ab12Cd34.css"), ["demo/assets/shop-Ab12Cd34.css"]);
        assert_eq!(names("widget.js"), ["widget.js"]);
    }

    #[test]
    fn customers_have_pages_at_addresses_of_their_own() {
        assert_eq!(names("r/TICKET-20240115-001"), ["pages/request.html"]);
        assert_eq!(names("help/contact"), ["pages/contact.html"]);
        for path in ["account", "account/", "account/reset"] {
            assert_eq!(names(path), ["pages/account.html"], "{path}");
        }
        assert_eq!(names("pages/assets/request-Ab12Cd34.js"), ["pages/assets/request-Ab12Cd34.js"]);
        assert!(names("account/logo.svg").is_empty() && names("r/x.js").is_empty());
        assert_eq!(names("tracker.js"), ["tracker.js"]);
    }

    #[test]
    fn only_a_name_with_a_hash_is_for_ever() {
        assert!(is_hashed("console/assets/index-Ab12Cd34.js"));
        assert!(is_hashed("demo/assets/shop-a_-2Cd34.css"));
        assert!(is_hashed("pages/assets/page-Ab12Cd34.css"));
        assert!(is_hashed("widget-files-Ab12Cd34.js"));
        assert!(!is_hashed("widget-files.js"));
        assert!(!is_hashed("console/assets/logo.svg"));
        assert!(!is_hashed("console/index.html"));
        assert!(!is_hashed("widget.js"));
    }

    #[test]
    fn a_file_comes_with_what_the_build_compressed_of_it() {
        let Some(widget) = Pages::get("/widget.js") else { return assert!(!Pages::built()) };
        let file = |name| std::fs::read(format!("{}/../../../web/dist/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(widget.bytes, file("widget.js"));
        assert_eq!(widget.brotli.unwrap(), file("widget.js.br"));
        assert_eq!(widget.gzip.unwrap(), file("widget.js.gz"));
    }

    #[test]
    fn nothing_outside_of_the_build_is_reached() {
        for path in [
            "/../package.json",
            "/console/../../package.json",
            "/..%2fpackage.json",
            "//etc/passwd",
            "/etc/passwd",
            "/widget.js/..",
            "/widget.js.br",
            "/console/index.html.gz",
        ] {
            assert!(Pages::get(path).is_none(), "{path}");
        }
    }
}
