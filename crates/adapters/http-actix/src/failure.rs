//! Why a call is not answered as asked.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use kernel::{FieldError, NotAllowed, Refusal, RefusalKind};

/// A call that is not answered as asked: any domain's refusal, or one of HTTP's own. It becomes
/// problem+json at the edge, where the caller's language is known.
#[derive(Debug)]
pub(crate) struct Failure(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    title: &'static str,
    code: &'static str,
    fields: Vec<WrongField>,
    arguments: Vec<(&'static str, String)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// A field that is wrong, by its name on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrongField {
    pub(crate) field: Cow<'static, str>,
    pub(crate) code: &'static str,
}

impl WrongField {
    pub(crate) fn new(field: impl Into<Cow<'static, str>>, code: &'static str) -> Self {
        Self { field: field.into(), code }
    }
}

impl From<FieldError> for WrongField {
    fn from(error: FieldError) -> Self {
        Self::new(error.field, error.code)
    }
}

impl Failure {
    fn of(status: StatusCode, title: &'static str, code: &'static str) -> Self {
        Self(Box::new(Inner {
            status,
            title,
            code,
            fields: Vec::new(),
            arguments: Vec::new(),
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// The body cannot be read (400).
    pub(crate) fn malformed() -> Self {
        Self::of(StatusCode::BAD_REQUEST, "malformed", "malformed")
    }
    /// The `Idempotency-Key` cannot be used (400).
    pub(crate) fn unusable_key() -> Self {
        Self::of(StatusCode::BAD_REQUEST, "malformed", "idempotency_key_invalid")
    }
    /// No token (401).
    pub(crate) fn unauthenticated() -> Self {
        Self::of(StatusCode::UNAUTHORIZED, "unauthenticated", "unauthenticated")
    }
    /// Known, but not allowed (403).
    pub(crate) fn forbidden() -> Self {
        Self::of(StatusCode::FORBIDDEN, "forbidden", "forbidden")
    }
    /// Nothing there (404).
    pub(crate) fn not_found() -> Self {
        Self::of(StatusCode::NOT_FOUND, "not_found", "not_found")
    }
    /// Something there, but not for this method (405).
    pub(crate) fn method_not_allowed(allowed: &str) -> Self {
        let failure = Self::of(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "method_not_allowed");
        match HeaderValue::from_str(allowed) {
            Ok(allowed) => failure.with_header(header::ALLOW, allowed),
            Err(_) => failure,
        }
    }
    /// Acted on an older version (412).
    pub(crate) fn stale() -> Self {
        Self::of(StatusCode::PRECONDITION_FAILED, "stale", "stale")
    }
    /// The body is larger than the limit, in bytes (413).
    pub(crate) fn too_large(limit: usize) -> Self {
        let mut failure = Self::of(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "too_large");
        failure.0.arguments = vec![("limit_kib", (limit / 1024).to_string())];
        failure
    }
    /// Not one range that the file has, which has so many bytes (416).
    pub(crate) fn no_such_range(size: u64) -> Self {
        let failure = Self::of(StatusCode::RANGE_NOT_SATISFIABLE, "malformed", "malformed");
        match HeaderValue::from_str(&format!("bytes */{size}")) {
            Ok(size) => failure.with_header(header::CONTENT_RANGE, size),
            Err(_) => failure,
        }
    }
    /// The body is no plain JSON (415).
    pub(crate) fn unsupported_media_type() -> Self {
        Self::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "unsupported_media_type")
    }
    /// Some fields are wrong (422).
    pub(crate) fn invalid(fields: Vec<WrongField>) -> Self {
        let mut failure = Self::of(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "invalid");
        failure.0.fields = fields;
        failure
    }
    /// One field is wrong (422).
    pub(crate) fn field(field: impl Into<Cow<'static, str>>, code: &'static str) -> Self {
        Self::invalid(vec![WrongField::new(field, code)])
    }
    /// What the server framework answered by itself; only its status is passed on.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::unauthenticated(),
            StatusCode::FORBIDDEN => Self::forbidden(),
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::method_not_allowed(""),
            StatusCode::SERVICE_UNAVAILABLE => Self::from_kind(RefusalKind::Unavailable, "unavailable"),
            status if status.is_client_error() => Self::of(status, "malformed", "malformed"),
            _ => Self::from_kind(RefusalKind::Internal, "internal"),
        }
    }

    /// The same with a header on the answer.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same, with what led to it, for the log only.
    pub(crate) fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    pub(crate) fn from_kind(kind: RefusalKind, code: &'static str) -> Self {
        let (status, title) = match kind {
            RefusalKind::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
            RefusalKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            RefusalKind::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            RefusalKind::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            RefusalKind::Conflict => (StatusCode::CONFLICT, "conflict"),
            RefusalKind::Stale => (StatusCode::PRECONDITION_FAILED, "stale"),
            RefusalKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            RefusalKind::UnsupportedType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            RefusalKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            RefusalKind::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
            RefusalKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            RefusalKind::StorageFull => (StatusCode::INSUFFICIENT_STORAGE, "storage_full"),
            RefusalKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let failure = Self::of(status, title, code);
        match kind {
            RefusalKind::TooMany(wait) => failure.worth_a_retry(wait),
            RefusalKind::Unavailable => failure.worth_a_retry(Duration::from_secs(1)),
            _ => failure,
        }
    }

    /// The same with when to try again.
    fn worth_a_retry(self, after: Duration) -> Self {
        // Rounded up: who keeps to it must not be too early.
        let seconds = u64::try_from(after.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1);
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }
    pub(crate) fn title(&self) -> &'static str {
        self.0.title
    }
    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }
    pub(crate) fn fields(&self) -> &[WrongField] {
        &self.0.fields
    }
    pub(crate) fn arguments(&self) -> &[(&'static str, String)] {
        &self.0.arguments
    }
    pub(crate) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }

    /// What led to it, cause by cause, for the log.
    pub(crate) fn chain(&self) -> String {
        let mut chain = String::new();
        let mut next = self.0.cause.as_deref().map(|cause| cause as &dyn Error);
        while let Some(error) = next {
            if !chain.is_empty() {
                chain.push_str(": ");
            }
            chain.push_str(&error.to_string());
            next = error.source();
        }
        chain
    }
}

impl<R: Refusal> From<R> for Failure {
    fn from(refusal: R) -> Self {
        let mut failure = Self::from_kind(refusal.kind(), refusal.code());
        if let Some(after) = refusal.retry_after() {
            failure = failure.worth_a_retry(after);
        }
        failure.0.fields = refusal.fields().into_iter().map(WrongField::from).collect();
        failure.0.arguments = refusal.arguments();
        failure.caused_by(refusal)
    }
}

/// A caller without the role that an operation takes.
pub(crate) fn not_allowed(_: NotAllowed) -> Failure {
    Failure::forbidden()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.code)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }
    /// An empty answer: the edge writes the problem.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.0.status)
    }
}
