//! Access tokens: JWT after RFC 9068 (`typ: at+jwt`), signed with Ed25519, checked as strictly as
//! RFC 8725 asks, because nobody but us makes them.

mod claims;
mod keys;

use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::{AccessTokens, Claims, KeyMaterial, Secrets, SigningKey, TokenRejection};
use jsonwebtoken::{Algorithm, Header, Validation};
use kernel::{PortError, Secret, Timestamp};
use serde_json::{Value, json};

use claims::WireClaims;
use keys::LoadedKey;

/// No token of ours is longer: a name has 201 characters at most.
const MAX_TOKEN_BYTES: usize = 4096;

/// What the type of a token says; another kind of JWT under the same key would have another.
const TOKEN_TYPE: &str = "at+jwt";

/// Who issues the tokens, and for whom: the same on all nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// `iss`: the public address of the server.
    pub issuer: String,
    /// `aud`: the API.
    pub audience: String,
}

/// Tokens signed with Ed25519, whose keys are sealed at rest.
pub struct EdDsaTokens {
    issuer: Issuer,
    secrets: Arc<dyn Secrets>,
    validation: Validation,
    loaded: RwLock<Arc<Vec<LoadedKey>>>,
}

impl EdDsaTokens {
    /// Has no key until one is loaded.
    pub fn new(issuer: Issuer, secrets: Arc<dyn Secrets>) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&issuer.issuer]);
        validation.set_audience(&[&issuer.audience]);
        // The library reads the machine's clock; the time is checked here against the given one.
        validation.validate_exp = false;
        Self { issuer, secrets, validation, loaded: RwLock::default() }
    }

    fn keys(&self) -> Arc<Vec<LoadedKey>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl AccessTokens for EdDsaTokens {
    fn generate(&self) -> Result<KeyMaterial, PortError> {
        keys::generate(self.secrets.as_ref())
    }

    fn load(&self, keys: &[SigningKey]) -> Result<(), PortError> {
        let loaded: Vec<_> =
            keys.iter().map(|key| LoadedKey::open(key, self.secrets.as_ref())).collect::<Result<_, _>>()?;
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        Ok(())
    }

    fn sign(&self, claims: &Claims, now: Timestamp) -> Result<Secret, PortError> {
        let keys = self.keys();
        let key = keys.iter().filter(|key| key.signs_from <= now).max_by_key(|key| key.signs_from);
        let key = key.ok_or_else(|| PortError::unavailable("no signing key is loaded"))?;
        let wire = WireClaims::new(claims, &self.issuer);
        let token = jsonwebtoken::encode(&header(&key.id), &wire, &key.signing).map_err(PortError::corrupt)?;
        Ok(Secret::new(token))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenRejection> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenRejection::Invalid);
        }
        let found = jsonwebtoken::decode_header(token).map_err(|_| TokenRejection::Invalid)?;
        let id = found.kid.as_deref().ok_or(TokenRejection::Invalid)?;
        // The whole header is what we write, or the token is not ours: no other algorithm or type, no
        // key or address of a key brought along, nothing critical.
        if found != header(id) {
            return Err(TokenRejection::Invalid);
        }
        let keys = self.keys();
        let key = keys.iter().find(|key| key.id == id).ok_or(TokenRejection::UnknownKey)?;
        if key.verifies_until.is_some_and(|until| until <= now) {
            return Err(TokenRejection::UnknownKey);
        }
        let decoded = jsonwebtoken::decode::<WireClaims>(token, &key.checking, &self.validation)
            .map_err(|_| TokenRejection::Invalid)?;
        decoded.claims.read(now)
    }

    fn jwks(&self, now: Timestamp) -> Value {
        let keys = self.keys();
        let public = keys.iter().rev().filter(|key| key.verifies_until.is_none_or(|until| until > now));
        let public: Vec<_> = public.map(LoadedKey::jwk).collect();
        json!({ "keys": public })
    }
}

fn header(key: &str) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TOKEN_TYPE.to_owned());
    header.kid = Some(key.to_owned());
    header
}

/// RFC 7638: the key names itself by the hash of its canonical JWK.
fn thumbprint(public: &str) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    /// The example of RFC 8037, appendix A.3.
    #[test]
    fn a_key_is_named_as_the_standard_names_it() {
        assert_eq!(
            super::thumbprint("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }
}
