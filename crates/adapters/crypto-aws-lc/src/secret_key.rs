//! The server's own key, under which everything secret in the database is sealed.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use kernel::{PortError, Secret};

/// 256 bits: what `GUICHET_SECRET_KEY` says. Never printed.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret key has to be 32 bytes, in base64 (44 characters) or in hexadecimal (64 characters)")]
pub struct InvalidSecretKey;

impl SecretKey {
    /// A fresh random key.
    pub fn generate() -> Result<Self, PortError> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(PortError::unavailable)?;
        Ok(Self(bytes))
    }

    /// Reads a key: 64 hexadecimal digits, or base64 in either alphabet, with padding or without.
    /// White space around it, as a file has it, is dropped.
    ///
    /// # Errors
    /// [`InvalidSecretKey`] for anything else, and for a key of one repeated byte, which is no key
    /// but a placeholder.
    pub fn parse(text: &Secret) -> Result<Self, InvalidSecretKey> {
        let text = text.expose().trim();
        let bytes = match text.len() {
            64 => from_hex(text),
            _ => [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
                .iter()
                .find_map(|engine| engine.decode(text).ok()),
        };
        let key: [u8; 32] = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(InvalidSecretKey)?;
        if key.iter().all(|byte| *byte == key[0]) { Err(InvalidSecretKey) } else { Ok(Self(key)) }
    }

    /// The key as base64, to be kept in a file that only the server can read.
    pub fn to_text(&self) -> Secret {
        Secret::new(STANDARD.encode(self.0))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: &u8| char::from(*c).to_digit(16);
    let byte = |pair: &[u8]| u8::try_from(digit(&pair[0])? * 16 + digit(&pair[1])?).ok();
    text.as_bytes().chunks_exact(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<[u8; 32], InvalidSecretKey> {
        SecretKey::parse(&Secret::new(text)).map(|key| key.0)
    }

    #[test]
    fn a_key_is_read_from_base64_or_hex() {
        let key = SecretKey([
            0xfb, 0xff, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
            28, 29, 30, 31,
        ]);
        let text = key.to_text().expose().to_owned();
        assert_eq!(read(&text), Ok(key.0));
        assert_eq!(read(&format!("  {text}\n")), Ok(key.0));
        assert_eq!(read(text.trim_end_matches('=')), Ok(key.0));
        assert_eq!(read(&text.replace('+', "-").replace('/', "_")), Ok(key.0));
        let hex = key.0.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"));
        assert_eq!(read(&hex), Ok(key.0));
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let short = STANDARD.encode([7, 8, 9]);
        let (zeros, sevens) = ("0".repeat(64), STANDARD.encode([7; 32]));
        let long = STANDARD.encode((0..33).collect::<Vec<u8>>());
        for text in ["", "change me", &short, &long, &"g".repeat(64), &"é".repeat(32), &zeros, &sevens] {
            assert_eq!(read(text), Err(InvalidSecretKey), "{text}");
        }
    }

    #[test]
    fn two_fresh_keys_differ() {
        assert_ne!(SecretKey::generate().unwrap().0, SecretKey::generate().unwrap().0);
    }
}
