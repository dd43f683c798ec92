//! Signing out, and a user's own sessions.

use kernel::{Caller, NotAllowed, OrganizationId, Secret, SessionId, UserCaller, UserId};

use super::{Identity, persist, refresh_token::RefreshToken};
use crate::{IdentityError, SessionEnd, SessionView, UserView};

impl Identity {
    /// The user who asks.
    pub async fn me(&self, caller: &Caller) -> Result<UserView, IdentityError> {
        let me = signed_in_user(caller)?;
        self.parts.views.user(me.organization, me.id).await?.ok_or(IdentityError::UserNotFound)
    }

    /// Ends the session that asks. Once more is as good as once.
    pub async fn logout(&self, caller: &Caller) -> Result<(), IdentityError> {
        let me = signed_in_user(caller)?;
        persist(|| self.try_end_session(me.organization, me.id, me.session)).await
    }

    /// Ends the session of a refresh token, a used one too.
    pub async fn logout_by_refresh(&self, refresh_token: &Secret) -> Result<(), IdentityError> {
        let token = RefreshToken::parse(refresh_token).ok_or(IdentityError::SessionEnded)?;
        persist(|| self.try_logout(&token)).await
    }

    /// The live sessions of whoever asks, newest first.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<SessionView>, IdentityError> {
        let me = signed_in_user(caller)?;
        let sessions = self.parts.views.sessions(me.organization, me.id, self.now()).await?;
        let view = |session: crate::SessionRecord| SessionView {
            id: session.id,
            created_at: session.created_at,
            last_used_at: session.rotated_at,
            expires_at: session.expires_at,
            current: session.id == me.session,
            client: session.client,
        };
        Ok(sessions.into_iter().map(view).collect())
    }

    /// Ends one of the caller's own sessions.
    pub async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<(), IdentityError> {
        let me = signed_in_user(caller)?;
        persist(|| self.try_end_session(me.organization, me.id, id)).await
    }

    async fn try_end_session(
        &self,
        organization: OrganizationId,
        user: UserId,
        id: SessionId,
    ) -> Result<(), IdentityError> {
        let mut tx = self.parts.store.begin(organization).await?;
        let session = tx.sessions().lock(id).await?.filter(|session| session.record().user == user);
        let session = session.ok_or(IdentityError::SessionNotFound)?;
        let ended = self.end_session_in(tx.as_mut(), session, SessionEnd::SignedOut).await?;
        tx.commit().await?;
        self.watch.learn(ended.as_slice());
        Ok(())
    }

    async fn try_logout(&self, token: &RefreshToken) -> Result<(), IdentityError> {
        let mut tx = self.parts.store.begin(token.organization).await?;
        let session = tx.sessions().lock(token.session).await?.ok_or(IdentityError::SessionEnded)?;
        if !token.is_of(session.record(), self.parts.secrets.as_ref())? {
            return Err(IdentityError::SessionEnded);
        }
        let ended = self.end_session_in(tx.as_mut(), session, SessionEnd::SignedOut).await?;
        tx.commit().await?;
        self.watch.learn(ended.as_slice());
        Ok(())
    }
}

/// The caller as a user: guests have no account and no session.
pub(super) fn signed_in_user(caller: &Caller) -> Result<&UserCaller, IdentityError> {
    caller.user().ok_or(IdentityError::NotAllowed(NotAllowed))
}
