//! Another password for somebody who has forgotten theirs.

use kernel::{Secret, UserId};

use super::password_of;
use crate::{
    AccountToken, AccountTokenKind, Email, Identity, IdentityError, Inserted, LetterContent, OrganizationRef,
    PasswordHash, Revocation, UserView, identity::persist, user::Amendment, values::Fields,
};

impl Identity {
    /// Sends a link to set another password, good for one hour, if an active account has this address; an earlier one
    /// is good no more. The answer is the same if none has, and whoever asks is to be kept waiting alike.
    ///
    /// # Errors
    /// `OrganizationNotFound`; `Invalid` for what is no address; a port error.
    pub async fn forgot_password(&self, organization: &OrganizationRef, email: &str) -> Result<(), IdentityError> {
        let organization = self.organization(organization).await?;
        let email = Email::parse(email).map_err(|invalid| invalid.at("email"))?;
        let Some(user) = self.active_user(&organization, &email).await? else { return Ok(()) };
        let minted = self.mint(organization.id, AccountTokenKind::PasswordReset, &email, Some(user.id), None)?;
        let token = minted.clear.expose().to_owned();
        let content = LetterContent::PasswordReset { name: user.first_name, token };
        let letter = self.letter(&organization, &email, user.language, content)?;
        persist(|| async {
            let mut tx = self.parts.store.begin(organization.id).await?;
            tx.account_tokens().use_up(AccountTokenKind::PasswordReset, &email, self.now()).await?;
            tx.account_tokens().insert(&minted.stored).await?;
            tx.letters().insert(&letter).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Sets another password. All sessions of the user end by that.
    ///
    /// # Errors
    /// `LinkInvalid` for a link that is unknown, used or ended, or whose account was deactivated or has another
    /// address now; `Invalid` for a password that may not be set, which leaves the link good; a port error.
    pub async fn reset_password(&self, link: &Secret, password: &Secret) -> Result<(), IdentityError> {
        let (organization, token) = self.follow_link(link, AccountTokenKind::PasswordReset).await?;
        let user = token.user.ok_or(IdentityError::LinkInvalid)?;
        let mut fields = Fields::default();
        let Some(password) = password_of(&mut fields, password, &organization) else {
            return Err(IdentityError::Invalid(fields.into_errors()));
        };
        let hash = self.parts.passwords.hash(&password).await?;
        let revocations = persist(|| self.try_reset(&token, user, hash.clone())).await?;
        self.watch.learn(&revocations);
        Ok(())
    }

    async fn active_user(
        &self,
        organization: &crate::Organization,
        email: &Email,
    ) -> Result<Option<UserView>, IdentityError> {
        let found = self.parts.views.credentials(organization.id, email).await?;
        let Some(found) = found.filter(|found| found.active) else { return Ok(None) };
        Ok(self.parts.views.user(organization.id, found.user).await?)
    }

    async fn try_reset(
        &self,
        token: &AccountToken,
        user: UserId,
        hash: PasswordHash,
    ) -> Result<Vec<Revocation>, IdentityError> {
        let mut tx = self.parts.store.begin(token.organization).await?;
        let now = self.now();
        self.good_token(tx.as_mut(), &token.hash, token.kind).await?;
        let user = tx.users().lock(user).await?;
        let still = user.filter(|user| user.record().active && user.record().email == token.email);
        let mut user = still.ok_or(IdentityError::LinkInvalid)?;
        let amended = user.amend(Amendment { password_hash: Some(hash), ..Amendment::default() }, now);
        if tx.users().save(&user).await? == Inserted::Taken {
            return Err(IdentityError::EmailTaken);
        }
        tx.account_tokens().use_up(AccountTokenKind::PasswordReset, &token.email, now).await?;
        let revocations = self.end_all_sessions(tx.as_mut(), user.record().id).await?;
        self.tell(tx.as_mut(), &user, amended).await?;
        tx.commit().await?;
        Ok(revocations)
    }
}
