//! `Idempotency-Key`.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode};
use kernel::{Caller, IdempotencyKey, IdempotentCall, OrganizationId};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{Api, failure::Failure};

/// The header's name.
pub(crate) const HEADER: &str = "Idempotency-Key";

/// How long a key is at least when nobody is known behind it: it then stands for the person who got the
/// first answer, a token among it, and must not be met by chance. A random UUID has 36 characters.
const LEAST_OF_NOBODY: usize = 16;

/// The caller's own name for the call, if it has one.
pub(crate) struct Key(Option<IdempotencyKey>);

impl FromRequest for Key {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut given = request.headers().get_all(HEADER);
        let key = match (given.next(), given.next()) {
            (None, _) => Ok(Self(None)),
            (Some(one), None) => parse(one.as_bytes()).map(|key| Self(Some(key))),
            // Of two names nobody knows which one a retry will have.
            (Some(_), Some(_)) => Err(Failure::unusable_key()),
        };
        ready(key)
    }
}

fn parse(value: &[u8]) -> Result<IdempotencyKey, Failure> {
    let text = std::str::from_utf8(value).map_err(|error| Failure::unusable_key().caused_by(error))?;
    IdempotencyKey::parse(text).map_err(|error| Failure::unusable_key().caused_by(error))
}

impl Key {
    /// The key itself.
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.0.as_ref().map(IdempotencyKey::as_str)
    }

    /// The call of somebody who is known.
    pub(crate) fn call(
        &self,
        api: &Api,
        caller: &Caller,
        operation: &'static str,
        body: &impl Serialize,
    ) -> Result<Option<IdempotentCall>, Failure> {
        self.call_by(api, caller.organization(), caller.participant().uuid(), operation, body)
    }

    /// The call of somebody without an account, who is one with whoever has the same key.
    pub(crate) fn call_of_nobody(
        &self,
        api: &Api,
        organization: OrganizationId,
        operation: &'static str,
        body: &impl Serialize,
    ) -> Result<Option<IdempotentCall>, Failure> {
        if self.as_str().is_some_and(|key| key.len() < LEAST_OF_NOBODY) {
            return Err(Failure::unusable_key());
        }
        self.call_by(api, organization, organization.uuid(), operation, body)
    }

    fn call_by(
        &self,
        api: &Api,
        organization: OrganizationId,
        principal: Uuid,
        operation: &'static str,
        body: &impl Serialize,
    ) -> Result<Option<IdempotentCall>, Failure> {
        let Some(key) = self.as_str() else { return Ok(None) };
        let internal =
            |error: serde_json::Error| Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR).caused_by(error);
        let body = canonical(serde_json::to_value(body).map_err(internal)?).to_string();
        // Whose it is goes into both, so that nobody can see that two people sent the same.
        let fingerprint = |what, text: &str| {
            api.identity.fingerprint(&format!("{what}\n{organization}\n{principal}\n{operation}\n{text}"))
        };
        let (key, body) = (fingerprint("key", key), fingerprint("body", &body));
        Ok(Some(IdempotentCall { principal, operation, key, body, kept: None }))
    }
}

/// The same with the members of each object in the order of their names, whatever order they came in.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            Value::Object(members.into_iter().map(|(name, value)| (name, canonical(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        other => other,
    }
}
