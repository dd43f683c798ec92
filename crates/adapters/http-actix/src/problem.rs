//! Problem details (RFC 9457).

use actix_web::{HttpResponse, http::StatusCode, http::header};
use kernel::{Language, Texts};
use serde::Serialize;
use utoipa::ToSchema;
use wire::FieldProblem;

use crate::failure::Failure;

/// Why a call was not answered as asked. Texts are in the caller's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Names the problem: `urn:guichet:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:guichet:problem:invalid")]
    kind: String,
    /// What sort of problem it is.
    #[schema(example = "Champs à corriger")]
    title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong this time.
    #[schema(example = "Certains champs sont à corriger.")]
    detail: String,
    /// A stable code.
    #[schema(example = "invalid")]
    code: String,
    /// Names the call, for whoever looks into it.
    #[schema(example = "01929b5e-8f4a-7c3e-9d21-5f6a7b8c9d0e")]
    request_id: String,
    /// The wrong fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
}

impl Problem {
    pub(crate) const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A failure in words.
    pub(crate) fn of(failure: &Failure, texts: &dyn Texts, language: Language, request_id: &str) -> Self {
        let text = |code: &str| texts.text(language, code, failure.arguments()).unwrap_or_else(|| code.to_owned());
        let fields = failure.fields().iter().map(|wrong| FieldProblem {
            field: wrong.field.clone().into_owned(),
            code: wrong.code.to_owned(),
            message: text(&format!("field.{}", wrong.code)),
        });
        Self {
            kind: format!("urn:guichet:problem:{}", failure.code()),
            title: text(&format!("title.{}", failure.title())),
            status: failure.status().as_u16(),
            detail: text(failure.code()),
            code: failure.code().to_owned(),
            request_id: request_id.to_owned(),
            errors: fields.collect(),
        }
    }

    /// The answer that carries a failure.
    pub(crate) fn answer(failure: &Failure, texts: &dyn Texts, language: Language, request_id: &str) -> HttpResponse {
        let mut answer = HttpResponse::build(failure.status());
        for (name, value) in failure.headers() {
            answer.append_header((name.clone(), value.clone()));
        }
        if failure.status() == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read, so nothing that follows it could be.
            answer.force_close();
        }
        if failure.status() == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"guichet\""));
        }
        answer.insert_header((header::CONTENT_LANGUAGE, language.as_str()));
        answer.insert_header((header::CONTENT_TYPE, Self::MEDIA_TYPE));
        answer.json(Self::of(failure, texts, language, request_id))
    }
}
