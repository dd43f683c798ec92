//! Signing in with a password, and going on with a refresh token.

use kernel::{AuditEntry, OrganizationId, Secret, SessionId, Timestamp, UserId, Whence};
use tracing::{info, warn};

use super::{Identity, SignedIn, persist, refresh_token};
use crate::{
    Claims, ClientInfo, Credentials, Email, IdentityError, OrganizationRef, Password, PasswordHash, Session,
    SessionRecord, UserRecord, Verdict, events::Happened, identity::refresh_token::RefreshToken, session::Rotation,
};

impl Identity {
    /// Signs in. An unknown e-mail, a wrong password and a deactivated account take the same time and
    /// get the same answer, [`IdentityError::BadCredentials`].
    pub async fn login(
        &self,
        organization: &OrganizationRef,
        email: &str,
        password: Secret,
        client: ClientInfo,
    ) -> Result<SignedIn, IdentityError> {
        let organization = self.organization(organization).await?.id;
        let found = match Email::parse(email) {
            Ok(email) => self.parts.views.credentials(organization, &email).await?,
            Err(_) => None,
        };
        let hash = found.as_ref().and_then(|found| found.password_hash.as_ref());
        let verdict = self.parts.passwords.verify(&password, hash).await?;
        let known = found.as_ref().map(|found| found.user);
        let Some(found) = found.filter(|found| found.active && verdict != Verdict::Different) else {
            info!(%organization, address = client.address.as_deref(), "sign-in refused");
            self.note_refused(organization, known, client.address).await?;
            return Err(IdentityError::BadCredentials);
        };
        let stronger = match verdict {
            Verdict::SameButWeak => Some(self.parts.passwords.hash(&Password::set_before(&password)).await?),
            Verdict::Same | Verdict::Different => None,
        };
        let (session, user) =
            persist(|| self.open_session(organization, &found, stronger.clone(), client.clone())).await?;
        info!(%organization, user = %user.id, session = %session.id, "signed in");
        self.signed_in(&session, &user)
    }

    /// Goes on with a refresh token, which is thereby used up. Its successor is the same for whoever
    /// asks within 10 seconds; after that it counts as stolen, and the session ends.
    pub async fn refresh(&self, refresh_token: &Secret) -> Result<SignedIn, IdentityError> {
        let token = RefreshToken::parse(refresh_token).ok_or(IdentityError::SessionEnded)?;
        match persist(|| self.try_refresh(&token)).await? {
            Some((session, user)) => self.signed_in(&session, &user),
            None => Err(IdentityError::TokenReused),
        }
    }

    /// The user is locked and looked at again: between the check of the password and this moment it may
    /// have been changed, and whoever changed it ended the sessions that were there then.
    async fn open_session(
        &self,
        organization: OrganizationId,
        checked: &Credentials,
        stronger: Option<PasswordHash>,
        client: ClientInfo,
    ) -> Result<(SessionRecord, UserRecord), IdentityError> {
        let mut tx = self.parts.store.begin(organization).await?;
        let mut user = tx.users().lock(checked.user).await?.ok_or(IdentityError::BadCredentials)?;
        if !user.record().active || user.record().password_hash != checked.password_hash {
            return Err(IdentityError::BadCredentials);
        }
        if let Some(hash) = stronger {
            user.strengthen(hash);
            // The e-mail is as it was, so that it cannot be taken.
            let _same_email = tx.users().save(&user).await?;
        }
        let id = SessionId::new(self.parts.env.uuid());
        let seed = self.parts.secrets.seal(&refresh_token::seed_purpose(id), &self.parts.secrets.token()?)?;
        let session = Session::open(id, organization, checked.user, seed, client, self.now());
        tx.sessions().insert(&session).await?;
        let entry = AuditEntry {
            actor: Some(checked.user.into()),
            whence: Whence::Session(id),
            ..AuditEntry::by_operator(organization, "auth.login", self.parts.env.as_ref())
        };
        tx.audit().record(&entry).await?;
        tx.commit().await?;
        Ok((session.record().clone(), user.record().clone()))
    }

    /// As much work whether there is such a user or not. An e-mail that nobody has is not kept: it may be a password.
    async fn note_refused(
        &self,
        organization: OrganizationId,
        known: Option<UserId>,
        address: Option<String>,
    ) -> Result<(), IdentityError> {
        let entry = AuditEntry {
            whence: Whence::Address(address),
            target: known.map(|user| ("user", user.uuid())),
            ..AuditEntry::by_operator(organization, "auth.login_refused", self.parts.env.as_ref())
        };
        let mut tx = self.parts.store.begin(organization).await?;
        tx.audit().record(&entry).await?;
        Ok(tx.commit().await?)
    }

    /// Nothing when the token was used before: that is a refusal whose transaction is committed.
    async fn try_refresh(&self, token: &RefreshToken) -> Result<Option<(SessionRecord, UserRecord)>, IdentityError> {
        let mut tx = self.parts.store.begin(token.organization).await?;
        let mut session = tx.sessions().lock(token.session).await?.ok_or(IdentityError::SessionEnded)?;
        if !token.is_of(session.record(), self.parts.secrets.as_ref())? {
            return Err(IdentityError::SessionEnded);
        }
        let now = self.now();
        let rotation = session.rotate(token.generation, now);
        match rotation {
            Rotation::Over => return Err(IdentityError::SessionEnded),
            Rotation::Advanced | Rotation::Reused => tx.sessions().save(&session).await?,
            Rotation::Repeated => {}
        }
        let record = session.record().clone();
        if rotation == Rotation::Reused {
            let revocation = session.revocation(now);
            tx.revoke(&revocation).await?;
            let happened = Happened::RefreshTokenReused { user: record.user, session: record.id };
            tx.outbox().append(&happened.event(record.organization, self.parts.env.as_ref())).await?;
            tx.commit().await?;
            warn!(organization = %record.organization, user = %record.user, session = %record.id,
                "a used refresh token came again; its session was ended");
            self.watch.learn(&[revocation]);
            return Ok(None);
        }
        let user = tx.users().find(record.user).await?.ok_or(IdentityError::SessionEnded)?;
        if !user.record().active {
            return Err(IdentityError::SessionEnded);
        }
        tx.commit().await?;
        Ok(Some((record, user.record().clone())))
    }

    fn signed_in(&self, session: &SessionRecord, user: &UserRecord) -> Result<SignedIn, IdentityError> {
        let now = self.now();
        let issued_at = whole_second(now);
        let claims = Claims {
            organization: user.organization,
            user: user.id,
            role: user.role,
            name: user.full_name(),
            session: session.id,
            language: user.language,
            issued_at,
            expires_at: issued_at + Self::ACCESS_LIFE,
        };
        Ok(SignedIn {
            access_token: self.parts.tokens.sign(&claims, now)?,
            expires_in_s: Self::ACCESS_LIFE.as_secs(),
            refresh_token: RefreshToken::of(session, self.parts.secrets.as_ref())?,
            user: user.view(),
        })
    }
}

/// A JWT counts in whole seconds.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros() - at.as_micros().rem_euclid(1_000_000))
}
