//! Key pairs: made, sealed and opened.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::{KeyMaterial, Secrets, SigningKey};
use jsonwebtoken::{DecodingKey, EncodingKey};
use kernel::{PortError, Secret, Timestamp};
use serde_json::{Value, json};

use super::thumbprint;

/// A key that is ready for use.
pub(super) struct LoadedKey {
    pub(super) id: String,
    pub(super) signing: EncodingKey,
    pub(super) checking: DecodingKey,
    pub(super) signs_from: Timestamp,
    pub(super) verifies_until: Option<Timestamp>,
    public: String,
}

impl LoadedKey {
    /// Opens a stored key. The public part has to be that of the private one, which is sealed for its
    /// id: whoever can write to the database only must not be able to slip in a key of their own.
    pub(super) fn open(key: &SigningKey, secrets: &dyn Secrets) -> Result<Self, PortError> {
        let material = &key.material;
        let private = secrets.unseal(&purpose(&material.id), &material.sealed_private)?;
        let private = URL_SAFE_NO_PAD.decode(private.expose()).map_err(PortError::corrupt)?;
        let pair = Ed25519KeyPair::from_pkcs8(&private).map_err(PortError::corrupt)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        if public != material.public {
            return Err(PortError::corrupt("the parts of a stored signing key do not belong together"));
        }
        Ok(Self {
            id: material.id.clone(),
            signing: EncodingKey::from_ed_der(&private),
            checking: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            signs_from: key.signs_from,
            verifies_until: key.verifies_until,
            public,
        })
    }

    /// The public part as a JSON Web Key (RFC 8037).
    pub(super) fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": self.public, "kid": self.id, "alg": "EdDSA", "use": "sig" })
    }
}

/// A fresh pair, its private part sealed for its own id.
pub(super) fn generate(secrets: &dyn Secrets) -> Result<KeyMaterial, PortError> {
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(PortError::unavailable)?;
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(PortError::corrupt)?;
    let public = URL_SAFE_NO_PAD.encode(pair.public_key());
    let id = thumbprint(&public);
    let clear = Secret::new(URL_SAFE_NO_PAD.encode(private.as_ref()));
    Ok(KeyMaterial { sealed_private: secrets.seal(&purpose(&id), &clear)?, public, id })
}

fn purpose(id: &str) -> String {
    format!("signing-key:{id}")
}
