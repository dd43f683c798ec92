//! Cryptography without any: quick, readable in a test's output, and keeping the ports' promises
//! towards code that does not attack it.

use std::{
    collections::hash_map::DefaultHasher,
    future::poll_fn,
    hash::{Hash, Hasher},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::Poll,
};

use async_trait::async_trait;
use kernel::{PortError, Secret, Timestamp};
use serde_json::json;

use crate::{
    AccessTokens, Claims, KeyMaterial, Password, PasswordHash, Passwords, Sealed, Secrets, SigningKey, TokenHash,
    TokenRejection, Verdict,
};

/// Hashes that name their strength and a digest.
#[derive(Debug)]
pub struct FakePasswords {
    /// The strength of new hashes; hashes of less are weak.
    strength: AtomicU32,
    /// How many comparisons were made.
    comparisons: AtomicU64,
}

impl Default for FakePasswords {
    fn default() -> Self {
        Self { strength: AtomicU32::new(1), comparisons: AtomicU64::new(0) }
    }
}

impl FakePasswords {
    /// How much work was done so far: one for each comparison, with or without a hash.
    pub fn comparisons(&self) -> u64 {
        self.comparisons.load(Ordering::SeqCst)
    }

    /// Asks for stronger hashes from now on.
    pub fn strengthen(&self) {
        self.strength.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Passwords for FakePasswords {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError> {
        let strength = self.strength.load(Ordering::SeqCst);
        Ok(PasswordHash::new(format!("{strength}${}", digest(password.expose()))))
    }

    async fn verify(&self, typed: &Secret, hash: Option<&PasswordHash>) -> Result<Verdict, PortError> {
        self.comparisons.fetch_add(1, Ordering::SeqCst);
        let Some((strength, stored)) = hash.and_then(|hash| hash.as_str().split_once('$')) else {
            return Ok(Verdict::Different);
        };
        let same = typed.expose().len() <= Password::MAX_BYTES && digest(typed.expose()) == stored;
        work_elsewhere().await;
        Ok(match (same, strength == self.strength.load(Ordering::SeqCst).to_string()) {
            (false, _) => Verdict::Different,
            (true, true) => Verdict::Same,
            (true, false) => Verdict::SameButWeak,
        })
    }
}

/// Lets others run once, as real work on another thread does.
async fn work_elsewhere() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Counted tokens, digests for hashes, and an envelope that only names its purpose.
#[derive(Debug, Default)]
pub struct FakeSecrets(AtomicU64);

impl Secrets for FakeSecrets {
    fn token(&self) -> Result<Secret, PortError> {
        Ok(Secret::new(format!("{:-<43}", format!("token{}", self.0.fetch_add(1, Ordering::SeqCst)))))
    }

    fn hash(&self, text: &str) -> TokenHash {
        TokenHash::new(digest(text))
    }

    fn derive(&self, key: &Secret, message: &str) -> Secret {
        Secret::new(digest(&format!("{}\n{message}", key.expose()))[..43].to_owned())
    }

    fn fingerprint(&self, text: &str) -> String {
        digest(&format!("fingerprint\n{text}"))[..43].to_owned()
    }

    fn same(&self, left: &str, right: &str) -> bool {
        left == right
    }

    fn seal(&self, purpose: &str, clear: &Secret) -> Result<Sealed, PortError> {
        let hidden: String = clear.expose().chars().rev().collect();
        Ok(Sealed::new(format!("sealed|{}|{}|{hidden}", purpose, digest(&format!("{purpose}|{hidden}")))))
    }

    fn unseal(&self, purpose: &str, sealed: &Sealed) -> Result<Secret, PortError> {
        let parts: Vec<_> = sealed.as_str().splitn(4, '|').collect();
        match parts[..] {
            ["sealed", sealed_for, check, hidden]
                if sealed_for == purpose && check == digest(&format!("{purpose}|{hidden}")) =>
            {
                Ok(Secret::new(hidden.chars().rev().collect::<String>()))
            }
            _ => Err(PortError::corrupt("not sealed for this purpose")),
        }
    }
}

/// Tokens that spell their claims, with a digest in place of a signature.
#[derive(Debug)]
pub struct FakeTokens {
    node: &'static str,
    made: AtomicU64,
    loaded: RwLock<Vec<SigningKey>>,
}

impl FakeTokens {
    /// Those of one node, whose name keeps its keys apart from the other nodes'.
    pub fn of_node(node: &'static str) -> Self {
        Self { node, made: AtomicU64::new(1), loaded: RwLock::default() }
    }
}

impl AccessTokens for FakeTokens {
    fn generate(&self) -> Result<KeyMaterial, PortError> {
        let id = format!("key-{}-{}", self.node, self.made.fetch_add(1, Ordering::SeqCst));
        Ok(KeyMaterial { sealed_private: Sealed::new(format!("sealed {id}")), public: format!("public {id}"), id })
    }

    fn load(&self, keys: &[SigningKey]) -> Result<(), PortError> {
        if keys.iter().any(|key| !key.material.sealed_private.as_str().starts_with("sealed ")) {
            return Err(PortError::corrupt("not a sealed key"));
        }
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = keys.to_vec();
        Ok(())
    }

    fn sign(&self, claims: &Claims, now: Timestamp) -> Result<Secret, PortError> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let key = loaded.iter().filter(|key| key.signs_from <= now).max_by_key(|key| key.signs_from);
        let key = key.ok_or_else(|| PortError::unavailable("no signing key"))?;
        let body = json!([
            claims.organization,
            claims.user,
            claims.role,
            claims.name,
            claims.session,
            claims.language,
            claims.issued_at,
            claims.expires_at
        ]);
        Ok(Secret::new(format!("{}.{body}.{}", key.material.id, digest(&format!("{}{body}", key.material.public)))))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenRejection> {
        let (id, rest) = token.split_once('.').ok_or(TokenRejection::Invalid)?;
        let (body, signature) = rest.rsplit_once('.').ok_or(TokenRejection::Invalid)?;
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let key = loaded.iter().find(|key| key.material.id == id).ok_or(TokenRejection::UnknownKey)?;
        if key.verifies_until.is_some_and(|until| until <= now) {
            return Err(TokenRejection::UnknownKey);
        }
        if signature != digest(&format!("{}{body}", key.material.public)) {
            return Err(TokenRejection::Invalid);
        }
        let (organization, user, role, name, session, language, issued_at, expires_at) =
            serde_json::from_str(body).map_err(|_| TokenRejection::Invalid)?;
        let claims = Claims { organization, user, role, name, session, language, issued_at, expires_at };
        if claims.expires_at <= now {
            return Err(TokenRejection::Expired);
        }
        if claims.issued_at > now + std::time::Duration::from_mins(1) {
            return Err(TokenRejection::Invalid);
        }
        Ok(claims)
    }

    fn jwks(&self, now: Timestamp) -> serde_json::Value {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let public = loaded.iter().rev().filter(|key| key.verifies_until.is_none_or(|until| until > now));
        let public: Vec<_> = public.map(|key| json!({ "kid": key.material.id, "x": key.material.public })).collect();
        json!({ "keys": public })
    }
}

/// 64 hex digits that depend on the text; no protection against anybody.
fn digest(text: &str) -> String {
    let part = |n: u64| {
        let mut hasher = DefaultHasher::new();
        (n, text).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    (0..4).map(part).collect()
}
