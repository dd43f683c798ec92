//! The keys that sign access tokens.

use std::{sync::PoisonError, time::Duration};

use kernel::Timestamp;
use tracing::info;

use super::Identity;
use crate::{IdentityError, SigningKey};

impl Identity {
    /// How long a new key is published before it signs, so that every node has loaded it by then.
    pub const KEY_LEAD: Duration = Duration::from_mins(2);
    /// How long after its last token has ended a key still verifies: clocks of nodes differ.
    pub const KEY_SLACK: Duration = Duration::from_mins(1);
    /// How old loaded keys may be.
    pub(super) const KEY_RELOAD: Duration = Duration::from_secs(30);
    /// How soon a token with an unknown key may cause the keys to be loaded again.
    pub(super) const KEY_RETRY: Duration = Duration::from_mins(1);

    /// Loads the signing keys, and makes the first one where there is none; several nodes may do so at
    /// once. Then catches up with the revocations. To be called once, before anybody is let in.
    pub async fn prepare(&self) -> Result<(), IdentityError> {
        if self.parts.keys.list().await?.is_empty() {
            let now = self.now();
            let first = self.fresh_key(now, now)?;
            if self.parts.keys.insert_first(&first).await? {
                info!(key = first.material.id, "made the first signing key");
            }
        }
        self.reload_keys().await?;
        self.catch_up().await
    }

    /// Makes a new signing key. It signs from two minutes on; the old one verifies until the last token
    /// it signed has ended. When another node did the same at the same moment, that one's key stays.
    pub async fn rotate_signing_key(&self) -> Result<(), IdentityError> {
        let now = self.now();
        let keys = self.parts.keys.list().await?;
        if let Some(old) = keys.iter().rev().find(|key| key.verifies_until.is_none()) {
            let new = self.fresh_key(now, now + Self::KEY_LEAD)?;
            let verifies_until = new.signs_from + Self::ACCESS_LIFE + Self::KEY_SLACK;
            if self.parts.keys.replace(&old.material.id, verifies_until, &new).await? {
                info!(old = old.material.id, new = new.material.id, "made a new signing key");
            }
        }
        self.reload_keys().await
    }

    /// The public keys, for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> serde_json::Value {
        self.parts.tokens.jwks(self.now())
    }

    fn fresh_key(&self, created_at: Timestamp, signs_from: Timestamp) -> Result<SigningKey, IdentityError> {
        Ok(SigningKey { material: self.parts.tokens.generate()?, created_at, signs_from, verifies_until: None })
    }

    async fn reload_keys(&self) -> Result<(), IdentityError> {
        let keys = self.parts.keys.list().await?;
        self.parts.tokens.load(&keys)?;
        *self.keys_loaded.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.now());
        Ok(())
    }

    /// Whether the keys were loaded again. The moment is noted before the attempt, so that many
    /// callers at once, or a store that is down, still cause one attempt only.
    pub(super) async fn reload_keys_if_older_than(&self, age: Duration) -> Result<bool, IdentityError> {
        {
            let now = self.now();
            let mut loaded = self.keys_loaded.lock().unwrap_or_else(PoisonError::into_inner);
            if loaded.is_some_and(|at| now.since(at) < age) {
                return Ok(false);
            }
            *loaded = Some(now);
        }
        self.reload_keys().await?;
        Ok(true)
    }
}
