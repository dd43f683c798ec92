//! Bodies.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH},
};
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::error::Category;

use crate::failure::Failure;

/// The largest body, in bytes.
const LIMIT: usize = 256 * 1024;
/// How long a body may take to come in.
const PATIENCE: Duration = Duration::from_secs(10);

/// A JSON body. What is no JSON is 400, JSON that does not fit is 422 and names the field.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            expect_json(&request)?;
            parse(&read(&request, payload).await?).map(Self)
        })
    }
}

/// A JSON body that may be left out altogether.
#[derive(Debug)]
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalJson<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = read(&request, payload).await?;
            if body.is_empty() {
                return Ok(Self(T::default()));
            }
            expect_json(&request)?;
            parse(&body).map(Self)
        })
    }
}

/// A field that may be absent, `null` or a value; with `#[serde(default)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Given<T> {
    #[default]
    Absent,
    Null,
    Value(T),
}

impl<T> Given<T> {
    /// As a domain takes a change: nothing, taken away, or another value.
    #[expect(clippy::option_option, reason = "absent, taken away and another are three things")]
    pub(crate) fn change(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        Option::deserialize(field).map(|value| value.map_or(Self::Null, Self::Value))
    }
}

fn expect_json(request: &HttpRequest) -> Result<(), Failure> {
    let kind = request.content_type().trim().to_ascii_lowercase();
    let is_json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    let encoding = request.headers().get(CONTENT_ENCODING).map(actix_web::http::header::HeaderValue::as_bytes);
    if is_json && encoding.is_none_or(|encoding| encoding.eq_ignore_ascii_case(b"identity")) {
        Ok(())
    } else {
        Err(Failure::unsupported_media_type())
    }
}

async fn read(request: &HttpRequest, payload: Payload) -> Result<Vec<u8>, Failure> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > LIMIT) {
        return Err(Failure::too_large(LIMIT));
    }
    let read = tokio::time::timeout(PATIENCE, gather(payload)).await;
    read.unwrap_or_else(|late| Err(Failure::malformed().caused_by(late)))
}

async fn gather(mut payload: Payload) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|error| Failure::malformed().caused_by(error.to_string()))?;
        if body.len() + piece.len() > LIMIT {
            return Err(Failure::too_large(LIMIT));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let body = std::str::from_utf8(body).map_err(|error| Failure::malformed().caused_by(error))?;
    // A struct would also be read from an array, field by field: that is nobody's intention.
    if !body.trim_ascii_start().starts_with('{') {
        let other: Result<IgnoredAny, _> = serde_json::from_str(body);
        return Err(other.map_or_else(|_| Failure::malformed(), |_| Failure::field("body", "invalid")));
    }
    // serde_json refuses more than 128 levels by itself, so the stack is safe.
    let mut json = serde_json::Deserializer::from_str(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        match error.inner().classify() {
            Category::Data => Failure::field(if path == "." { "body".to_owned() } else { path }, "invalid"),
            _ => Failure::malformed(),
        }
        .caused_by(place(error.inner()))
    })?;
    json.end().map_err(|error| Failure::malformed().caused_by(place(&error)))?;
    Ok(value)
}

/// For the log: the parser's own words quote what was sent, which may be a password.
fn place(error: &serde_json::Error) -> String {
    format!("{:?} at line {} column {}", error.classify(), error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    struct Body {
        #[serde(default)]
        #[expect(dead_code, reason = "only its parsing counts")]
        name: String,
        #[serde(default)]
        inner: Inner,
        #[serde(default)]
        agent: Given<String>,
    }

    #[derive(Debug, Default, Deserialize)]
    struct Inner {
        #[serde(default)]
        n: u32,
    }

    fn refusal(body: &[u8]) -> (u16, Vec<String>) {
        let failure = parse::<Body>(body).unwrap_err();
        let fields = failure.fields().iter().map(|wrong| format!("{} {}", wrong.field, wrong.code));
        (failure.status().as_u16(), fields.collect())
    }

    #[test]
    fn what_is_no_json_is_unreadable() {
        let deep = format!("{{\"x\":{}", "[".repeat(10_000));
        let cases: [&[u8]; 11] = [
            b"",
            b"{",
            b"{}{}",
            b"\xef\xbb\xbf{}",
            b"{\0}",
            b"{\"name\":\"\\ud800\"}",
            b"{\"inner\":{\"n\":1e400}}",
            b"{\"n\":NaN}",
            b"{\"name\":\"\xff\"}",
            deep.as_bytes(),
            b"{\"name\":\"a\nb\"}",
        ];
        for body in cases {
            assert_eq!(refusal(body).0, 400, "{}", String::from_utf8_lossy(&body[..body.len().min(40)]));
        }
    }

    #[test]
    fn json_that_does_not_fit_names_the_field() {
        assert_eq!(refusal(b"[]"), (422, vec!["body invalid".into()]));
        assert_eq!(refusal(b"{\"name\":null}"), (422, vec!["name invalid".into()]));
        assert_eq!(refusal(b"{\"name\":\"a\",\"name\":\"b\"}").0, 422);
        for n in ["-1", "1.5", "9223372036854775808", "\"1\"", "true"] {
            assert_eq!(
                refusal(format!("{{\"inner\":{{\"n\":{n}}}}}").as_bytes()),
                (422, vec!["inner.n invalid".into()]),
                "{n}"
            );
        }
    }

    #[test]
    fn nothing_of_a_body_gets_into_the_log() {
        for body in ["{\"inner\":{\"n\":\"hush\"}}", "{\"inner\":\"hush\"}", "{\"name\":\"hush", "\"hush\"", "hush"] {
            let failure = parse::<Body>(body.as_bytes()).unwrap_err();
            assert!(!failure.chain().contains("hush"), "{}", failure.chain());
        }
    }

    #[test]
    fn absent_null_and_value_are_three_things() {
        let agent = |body: &str| parse::<Body>(body.as_bytes()).unwrap().agent;
        assert_eq!(agent("{}"), Given::Absent);
        assert_eq!(agent("{\"agent\":null}"), Given::Null);
        assert_eq!(agent("{\"agent\":\"x\"}"), Given::Value("x".to_owned()));
        assert_eq!(
            parse::<Body>(b"{\"inner\":{\"n\":7},\"seq\":9}").unwrap().inner.n,
            7,
            "unknown fields are left out"
        );
    }
}
