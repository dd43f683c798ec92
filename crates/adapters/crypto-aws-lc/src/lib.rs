#![doc = include_str!("../README.md")]

mod access_tokens;
mod passwords;
mod secret_key;
mod secrets;

pub use access_tokens::{EdDsaTokens, Issuer};
pub use passwords::Bcrypt;
pub use secret_key::{InvalidSecretKey, SecretKey};
pub use secrets::AwsLcSecrets;
