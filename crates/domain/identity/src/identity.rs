//! The use cases.

mod accounts;
mod authenticating;
mod closing;
mod guests;
mod keys;
mod organizations;
mod refresh_token;
mod sessions;
mod signing_in;
mod users;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{Env, PortErrorKind, Secret, Timestamp};

use crate::{
    AccessTokens, ExpiredTokens, IdentityError, IdentityStore, IdentityTx, IdentityViews, OnAvailability, Passwords,
    Revocation, RevocationWatch, Revocations, Secrets, Session, SessionEnd, SigningKeyStore, UserView,
};

pub use accounts::{Acceptance, Invitation, Registration};
pub use guests::LostRequest;
pub use users::{Authority, NewUser, OwnChange, PasswordChange, UserChange};

/// What [`Identity`] works with.
pub struct IdentityParts {
    /// The clock and the source of ids.
    pub env: Arc<dyn Env>,
    /// Where everything is kept.
    pub store: Arc<dyn IdentityStore>,
    /// Reads.
    pub views: Arc<dyn IdentityViews>,
    /// The revocations of all organisations.
    pub revocations: Arc<dyn Revocations>,
    /// Removal of what has ended.
    pub expired: Arc<dyn ExpiredTokens>,
    /// The keys that sign access tokens.
    pub keys: Arc<dyn SigningKeyStore>,
    /// Hashing of passwords.
    pub passwords: Arc<dyn Passwords>,
    /// Access tokens.
    pub tokens: Arc<dyn AccessTokens>,
    /// Random tokens and encryption at rest.
    pub secrets: Arc<dyn Secrets>,
}

/// Organisations, users, sessions, guests: who somebody is, and what proves it.
///
/// Before anything else [`prepare`](Self::prepare) is to be called once, and then
/// [`catch_up`](Self::catch_up) every second.
pub struct Identity {
    parts: IdentityParts,
    watch: Arc<RevocationWatch>,
    on_availability: Mutex<Vec<Arc<dyn OnAvailability>>>,
    caught_up: Mutex<Option<Timestamp>>,
    keys_loaded: Mutex<Option<Timestamp>>,
}

/// A user who has signed in, or gone on.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The access token.
    pub access_token: Secret,
    /// How many seconds it lives.
    pub expires_in_s: u64,
    /// The refresh token, good once.
    pub refresh_token: Secret,
    /// The user.
    pub user: UserView,
}

impl Identity {
    /// How long an access token lives.
    pub const ACCESS_LIFE: Duration = Duration::from_mins(15);
    /// How long a guest's token lives.
    pub const GUEST_TOKEN_LIFE: Duration = Duration::from_hours(90 * 24);
    /// What a guest's token begins with.
    pub const GUEST_TOKEN_PREFIX: &'static str = "gst_";
    /// How long what has ended is kept before [`purge`](Self::purge) removes it.
    pub const KEPT_AFTER_END: Duration = Duration::from_hours(24);

    /// Puts the parts together.
    pub fn new(parts: IdentityParts) -> Self {
        let watch = Arc::new(RevocationWatch::new(parts.env.clone(), Self::ACCESS_LIFE));
        Self {
            parts,
            watch,
            on_availability: Mutex::default(),
            caught_up: Mutex::default(),
            keys_loaded: Mutex::default(),
        }
    }

    /// The revocations this node knows; connections subscribe to it.
    pub fn watch(&self) -> &Arc<RevocationWatch> {
        &self.watch
    }

    /// From now on, tells the listener when a member of staff says another availability.
    pub fn on_availability(&self, listener: Arc<dyn OnAvailability>) {
        self.on_availability.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Removes what ended more than a day ago: sessions, tokens, revocations, keys. Gives how many there
    /// were. For the daily task `token-cleanup`.
    pub async fn purge(&self) -> Result<u64, IdentityError> {
        Ok(self.parts.expired.purge(self.now() - Self::KEPT_AFTER_END).await?)
    }

    fn now(&self) -> Timestamp {
        self.parts.env.now()
    }

    /// Ends a locked session and revokes its tokens; nothing when it was over already.
    async fn end_session_in(
        &self,
        tx: &mut dyn IdentityTx,
        mut session: Session,
        why: SessionEnd,
    ) -> Result<Option<Revocation>, IdentityError> {
        let now = self.now();
        if !session.end(why, now) {
            return Ok(None);
        }
        tx.sessions().save(&session).await?;
        let revocation = session.revocation(now);
        tx.revoke(&revocation).await?;
        Ok(Some(revocation))
    }
}

/// Runs a transaction again, three times at most, when somebody else changed the same thing first.
///
/// Not an `AsyncFn`: what that gives is not known to be `Send`, and use cases run on any thread.
async fn persist<T, F>(attempt: impl Fn() -> F) -> Result<T, IdentityError>
where
    F: Future<Output = Result<T, IdentityError>>,
{
    for _ in 0..3 {
        match attempt().await {
            Err(IdentityError::Port(error)) if error.kind() == PortErrorKind::Conflict => {}
            done => return done,
        }
    }
    attempt().await
}
