//! What an access token says, as JSON.

use std::{str::FromStr, time::Duration};

use identity::{Claims, TokenRejection};
use kernel::{Language, Timestamp};
use serde::{Deserialize, Serialize};

use super::Issuer;

/// How far into our future a token may begin: clocks of nodes differ.
const LEEWAY: Duration = Duration::from_mins(1);

/// The claims on the wire. Every one is required, and of one type: a time is a whole number, an
/// audience one text.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireClaims {
    iss: String,
    aud: String,
    sub: String,
    org: String,
    role: String,
    name: String,
    sid: String,
    lang: String,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

impl WireClaims {
    pub(super) fn new(claims: &Claims, issuer: &Issuer) -> Self {
        Self {
            iss: issuer.issuer.clone(),
            aud: issuer.audience.clone(),
            sub: claims.user.to_string(),
            org: claims.organization.to_string(),
            role: claims.role.to_string(),
            name: claims.name.clone(),
            sid: claims.session.to_string(),
            lang: claims.language.to_string(),
            iat: to_seconds(claims.issued_at),
            exp: to_seconds(claims.expires_at),
            nbf: None,
        }
    }

    /// The claims, if they hold now.
    pub(super) fn read(self, now: Timestamp) -> Result<Claims, TokenRejection> {
        let claims = Claims {
            organization: parse(&self.org)?,
            user: parse(&self.sub)?,
            role: parse(&self.role)?,
            session: parse(&self.sid)?,
            language: parse::<Language>(&self.lang)?,
            name: self.name,
            issued_at: from_seconds(self.iat)?,
            expires_at: from_seconds(self.exp)?,
        };
        let begins = self.nbf.map_or(Ok(claims.issued_at), from_seconds)?.max(claims.issued_at);
        if begins > now + LEEWAY || claims.expires_at <= claims.issued_at {
            return Err(TokenRejection::Invalid);
        }
        if claims.expires_at <= now {
            return Err(TokenRejection::Expired);
        }
        Ok(claims)
    }
}

fn parse<T: FromStr>(text: &str) -> Result<T, TokenRejection> {
    text.parse().map_err(|_| TokenRejection::Invalid)
}

fn to_seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

fn from_seconds(seconds: i64) -> Result<Timestamp, TokenRejection> {
    let micros = seconds.checked_mul(1_000_000).filter(|micros| *micros >= 0);
    micros.map(Timestamp::from_micros).ok_or(TokenRejection::Invalid)
}
