//! Who a token belongs to, and whether it still does.

use std::sync::PoisonError;

use kernel::{Caller, GuestCaller, UserCaller};

use super::Identity;
use crate::{Claims, IdentityError, RevocationWatch, TokenRejection};

impl Identity {
    /// Who asks. A user's access token is checked without a query; a guest's token takes one.
    ///
    /// # Errors
    /// [`IdentityError::NotAuthenticated`], [`IdentityError::TokenExpired`],
    /// [`IdentityError::TokenRevoked`], or a port error for a guest's token.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, IdentityError> {
        let caller = if token.starts_with(Self::GUEST_TOKEN_PREFIX) {
            self.guest_behind(token).await?
        } else {
            self.user_behind(token).await?
        };
        if self.watch.is_revoked(&caller) {
            return Err(IdentityError::TokenRevoked);
        }
        Ok(caller)
    }

    /// Learns what other nodes did: their revocations, and their signing keys twice a minute. To be
    /// called every second; an error is to be logged, and the next call makes up for it.
    pub async fn catch_up(&self) -> Result<(), IdentityError> {
        let now = self.now();
        let last = *self.caught_up.lock().unwrap_or_else(PoisonError::into_inner);
        let from = last.unwrap_or(now - Self::ACCESS_LIFE) - RevocationWatch::OVERLAP;
        let revocations = self.parts.revocations.since(from).await?;
        self.watch.learn(&revocations);
        *self.caught_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        self.reload_keys_if_older_than(Self::KEY_RELOAD).await?;
        Ok(())
    }

    async fn user_behind(&self, token: &str) -> Result<Caller, IdentityError> {
        let mut checked = self.parts.tokens.verify(token, self.now());
        // Another node may have made a key since; at most one look a minute, whatever comes in.
        if checked == Err(TokenRejection::UnknownKey) && self.reload_keys_if_older_than(Self::KEY_RETRY).await? {
            checked = self.parts.tokens.verify(token, self.now());
        }
        match checked {
            Ok(claims) => Ok(Caller::User(user_caller(claims))),
            Err(TokenRejection::Expired) => Err(IdentityError::TokenExpired),
            Err(TokenRejection::UnknownKey | TokenRejection::Invalid) => Err(IdentityError::NotAuthenticated),
        }
    }

    async fn guest_behind(&self, token: &str) -> Result<Caller, IdentityError> {
        // Nothing longer than what we issue is hashed.
        if token.len() > Self::GUEST_TOKEN_PREFIX.len() + 64 {
            return Err(IdentityError::NotAuthenticated);
        }
        let hash = self.parts.secrets.hash(token);
        let found = self.parts.views.guest_token(&hash).await?.ok_or(IdentityError::NotAuthenticated)?;
        if found.revoked_at.is_some() {
            return Err(IdentityError::TokenRevoked);
        }
        if found.expires_at <= self.now() {
            return Err(IdentityError::TokenExpired);
        }
        Ok(Caller::Guest(GuestCaller {
            organization: found.organization,
            id: found.guest,
            support_request: found.support_request,
            name: found.name.as_str().to_owned(),
            token: found.id,
            language: found.language,
            expires_at: found.expires_at,
        }))
    }
}

fn user_caller(claims: Claims) -> UserCaller {
    UserCaller {
        organization: claims.organization,
        id: claims.user,
        role: claims.role,
        name: claims.name,
        session: claims.session,
        language: claims.language,
        expires_at: claims.expires_at,
    }
}
