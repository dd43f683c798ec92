//! Random tokens, hashes, and encryption at rest.

use std::fmt::Write;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    constant_time, digest, hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::{Sealed, Secrets, TokenHash};
use kernel::{PortError, Secret};

use crate::SecretKey;

/// Begins what is sealed, so that another way of sealing can be told apart one day.
const FORM: &str = "v1.";

/// Names the key of the fingerprints among those that come from the server's.
const FINGERPRINTS: &[u8] = b"guichet fingerprints v1";

/// The secrets of a server that has a [`SecretKey`].
///
/// Sealing is AES-256-GCM with a random nonce of 96 bits, which is good for 2^32 seals under one key
/// (NIST SP 800-38D, section 8.3): a sign-in takes one.
pub struct AwsLcSecrets {
    sealing: RandomizedNonceKey,
    fingerprints: hmac::Key,
}

impl AwsLcSecrets {
    /// Seals under this key.
    pub fn new(key: &SecretKey) -> Result<Self, PortError> {
        let sealing = RandomizedNonceKey::new(&AES_256_GCM, key.bytes()).map_err(PortError::unavailable)?;
        // A key of its own, so that what one use gives away says nothing about the other.
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.bytes()), FINGERPRINTS);
        Ok(Self { sealing, fingerprints: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()) })
    }
}

impl Secrets for AwsLcSecrets {
    fn token(&self) -> Result<Secret, PortError> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(PortError::unavailable)?;
        Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    fn hash(&self, text: &str) -> TokenHash {
        let mut hex = String::with_capacity(64);
        for byte in digest::digest(&digest::SHA256, text.as_bytes()).as_ref() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        TokenHash::new(hex)
    }

    fn derive(&self, key: &Secret, message: &str) -> Secret {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
        Secret::new(URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
    }

    fn fingerprint(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.fingerprints, text.as_bytes()))
    }

    fn same(&self, left: &str, right: &str) -> bool {
        constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
    }

    fn seal(&self, purpose: &str, clear: &Secret) -> Result<Sealed, PortError> {
        let mut hidden = clear.expose().as_bytes().to_vec();
        let nonce = self
            .sealing
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut hidden)
            .map_err(PortError::unavailable)?;
        let bytes = [nonce.as_ref().as_slice(), &hidden].concat();
        Ok(Sealed::new(format!("{FORM}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    fn unseal(&self, purpose: &str, sealed: &Sealed) -> Result<Secret, PortError> {
        let clear = self.open(purpose, sealed).ok_or_else(|| {
            PortError::corrupt("a sealed secret does not open: another GUICHET_SECRET_KEY, or it was changed")
        })?;
        String::from_utf8(clear).map(Secret::new).map_err(|_| PortError::corrupt("a sealed secret is no text"))
    }
}

impl AwsLcSecrets {
    fn open(&self, purpose: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed.as_str().strip_prefix(FORM)?).ok()?;
        let (nonce, hidden) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut hidden = hidden.to_vec();
        let clear = self.sealing.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut hidden).ok()?;
        Some(clear.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use identity::testing::contract;

    use super::*;

    fn secrets() -> AwsLcSecrets {
        AwsLcSecrets::new(&SecretKey::generate().unwrap()).unwrap()
    }

    #[test]
    fn the_contract_is_kept() {
        contract::secrets_keep_their_promises(&secrets());
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time_and_opens_under_its_own_key_only() {
        let (one, other) = (secrets(), secrets());
        assert_ne!(one.fingerprint("text"), other.fingerprint("text"));
        let clear = Secret::new("le mot secret");
        let (first, second) = (one.seal("p", &clear).unwrap(), one.seal("p", &clear).unwrap());
        assert_ne!(first, second);
        assert!(other.unseal("p", &first).is_err());
        assert!(one.unseal("p", &Sealed::new(first.as_str().replacen("v1.", "v2.", 1))).is_err());
        assert!(one.unseal("p", &Sealed::new("v1.AAAA")).is_err());
    }

    /// FIPS 180-4's example for SHA-256, and test case 2 of RFC 4231 for HMAC-SHA-256.
    #[test]
    fn hashes_are_those_of_the_standards() {
        let secrets = secrets();
        assert_eq!(secrets.hash("abc").as_str(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let expected = [
            0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00,
            0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
        ];
        let derived = secrets.derive(&Secret::new("Jefe"), "what do ya want for nothing?");
        assert_eq!(URL_SAFE_NO_PAD.decode(derived.expose()).unwrap(), expected);
    }
}
