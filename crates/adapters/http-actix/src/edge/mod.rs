//! What happens to every request and every answer: names, logs, figures, security headers, and
//! failures turned into problems in the caller's language.

mod cors;
mod headers;
mod request_id;
mod same_origin;

use std::time::Instant;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::Data,
};
use kernel::Language;
use tracing::Instrument;

use crate::{Api, extract::Asking, failure::Failure, language, problem::Problem};

pub(crate) use same_origin::expect_same_origin;

use request_id::RequestId;

/// Wraps every service of the application.
pub(crate) async fn serve<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    // A HEAD is answered like a GET; the server leaves the body out.
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let span = tracing::info_span!("request", request_id = %id, %method);
    let answer = async {
        if let Some(answer) = cors::preflight(&request) {
            return Ok(request.into_response(answer));
        }
        // Handlers and extractors answer with their errors; only a service of the framework itself
        // could fail without an answer, and there is none among ours.
        next.call(request).await.map(ServiceResponse::map_into_boxed_body)
    };
    let answer = async { answer.await.map(|answer| finish(answer, &id, &method, started)) };
    answer.instrument(span).await
}

fn finish(answer: ServiceResponse, id: &RequestId, method: &Method, started: Instant) -> ServiceResponse {
    let (request, answer) = answer.into_parts();
    let mut answer = problem(&request, &answer, id).unwrap_or(answer);
    id.put_on(answer.headers_mut());
    cors::allow(&request, answer.headers_mut());
    headers::secure(&request, &mut answer);
    // The pattern, never the path: figures have few names, and paths hold ids.
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = answer.status().as_u16();
    let took = started.elapsed();
    tracing::debug!(route, status, took_ms = took.as_millis(), "answered");
    let labels = [("route", route), ("method", known(method).to_owned()), ("status", status.to_string())];
    metrics::counter!("guichet_http_requests_total", &labels).increment(1);
    metrics::histogram!("guichet_http_request_seconds", &labels[..2]).record(took.as_secs_f64());
    ServiceResponse::new(request, answer)
}

/// The failure behind an answer in words, where there is one: ours, or the server framework's own,
/// of which only the status is passed on.
fn problem(request: &HttpRequest, answer: &HttpResponse, id: &RequestId) -> Option<HttpResponse> {
    let framework = |failure: Failure| in_words(request, &failure, id);
    let status = answer.status();
    match answer.error() {
        Some(error) => Some(match error.as_error::<Failure>() {
            Some(failure) => in_words(request, failure, id),
            None => framework(Failure::of_status(status).caused_by(error.to_string())),
        }),
        None if status.is_client_error() && answer.body().size().is_eof() => {
            let mut problem = framework(Failure::of_status(status));
            // What it says in headers counts, e.g. which version of the protocol would do.
            for (name, value) in answer.headers() {
                problem.headers_mut().append(name.clone(), value.clone());
            }
            Some(problem)
        }
        None => None,
    }
}

fn in_words(request: &HttpRequest, failure: &Failure, id: &RequestId) -> HttpResponse {
    log(failure);
    match request.app_data::<Data<Api>>() {
        Some(api) => Problem::answer(failure, api.texts.as_ref(), language_of(request), id.as_str()),
        None => HttpResponse::new(failure.status()),
    }
}

/// A failure of a part of a call, as part of its answer.
pub(crate) fn problem_of(request: &HttpRequest, api: &Api, failure: &Failure) -> Problem {
    log(failure);
    let id = request.extensions().get::<RequestId>().map(|id| id.as_str().to_owned()).unwrap_or_default();
    Problem::of(failure, api.texts.as_ref(), language_of(request), &id)
}

/// What the call asks for, else what the caller speaks, else French.
pub(crate) fn language_of(request: &HttpRequest) -> Language {
    let asked = language::accepted(request.headers());
    asked.or_else(|| request.extensions().get::<Asking>().map(|asking| asking.language)).unwrap_or_default()
}

/// The one place where failures are logged: ours with what led to them, others in short.
fn log(failure: &Failure) {
    let (status, code) = (failure.status().as_u16(), failure.code());
    if status >= 500 {
        tracing::error!(status, code, cause = failure.chain(), "failed");
    } else {
        tracing::debug!(status, code, cause = failure.chain(), "refused");
    }
}

/// A method from the known ones: a stranger's word must not become a figure's name.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
