//! Parts of the path, and the query.

use std::{
    future::{Ready, ready},
    str::FromStr,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use kernel::{InternalNoteId, MessageId};
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// The `{id}` of a path. What is no id names nothing: 404.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id<T>(pub(crate) T);

/// The `{message_id}` of a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message(pub(crate) MessageId);

/// The `{note_id}` of a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Note(pub(crate) InternalNoteId);

/// The `{number}` of a path.
#[derive(Debug, Clone)]
pub(crate) struct Number(pub(crate) String);

/// The query. Each parameter is given once at most; what is not known is left out.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: FromStr> FromRequest for Id<T> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(part(request, "id").map(Self))
    }
}

impl FromRequest for Message {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(part(request, "message_id").map(Self))
    }
}

impl FromRequest for Note {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(part(request, "note_id").map(Self))
    }
}

impl FromRequest for Number {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Longer than any number, or with what no number has: nothing is looked up for it.
        let fits = |text: &String| text.len() <= 64 && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
        ready(part(request, "number").and_then(|text| Some(text).filter(fits).ok_or_else(Failure::not_found)).map(Self))
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed = web::Query::<T>::from_query(request.query_string());
        // The parser's own words quote the query, which is never logged.
        let refused = |_| Failure::field("query", "invalid");
        ready(parsed.map(|query| Self(query.into_inner())).map_err(refused))
    }
}

fn part<T: FromStr>(request: &HttpRequest, name: &str) -> Result<T, Failure> {
    request.match_info().get(name).and_then(|text| text.parse().ok()).ok_or_else(Failure::not_found)
}
