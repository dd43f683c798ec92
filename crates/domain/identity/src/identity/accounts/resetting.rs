//! Another password for somebody who has forgotten theirs.

use kernel::{Language, Secret, UserId};

use super::{Account, password_of, unreadable};
use crate::{
    AccountToken, AccountTokenKind, Email, Identity, IdentityError, Inserted, LetterContent, Organization,
    OrganizationRef, PasswordHash, Revocation, account::Pending, identity::persist, user::Amendment, values::Fields,
};

/// Who may set a password for an address: its account, or its registration.
struct Forgetful {
    first_name: String,
    language: Language,
    user: Option<UserId>,
    pending: Option<Pending>,
}

impl Identity {
    /// Sends a link to set another password, good for one hour, if an active account has this address, or a
    /// registration that was not confirmed yet; an earlier one is good no more. The answer is the same if none has, and whoever asks is to be kept waiting alike.
    ///
    /// # Errors
    /// `OrganizationNotFound`; `Invalid` for what is no address; a port error.
    pub async fn forgot_password(&self, organization: &OrganizationRef, email: &str) -> Result<(), IdentityError> {
        let organization = self.organization(organization).await?;
        let email = Email::parse(email).map_err(|invalid| invalid.at("email"))?;
        let Some(found) = self.forgetful(&organization, &email).await? else { return Ok(()) };
        let kind = AccountTokenKind::PasswordReset;
        let minted = self.mint(organization.id, kind, &email, found.user, found.pending.as_ref())?;
        let token = minted.clear.expose().to_owned();
        let content = LetterContent::PasswordReset { name: found.first_name, token };
        let letter = self.letter(&organization, &email, found.language, content)?;
        persist(|| async {
            let mut tx = self.parts.store.begin(organization.id).await?;
            tx.account_tokens().use_up(AccountTokenKind::PasswordReset, &email, self.now()).await?;
            tx.account_tokens().insert(&minted.stored).await?;
            tx.letters().insert(&letter).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Sets another password. All sessions of the user end by that. The letter proves the address: where it was only
    /// registered, there is an account from now on, and no link to confirm that registration, or another, is good any
    /// more.
    ///
    /// # Errors
    /// `LinkInvalid` for a link that is unknown, used or ended, or whose account was deactivated, has another address
    /// now, or was made by somebody else; `Invalid` for a password that may not be set, which leaves the link good; a port error.
    pub async fn reset_password(&self, link: &Secret, password: &Secret) -> Result<(), IdentityError> {
        let (organization, token) = self.follow_link(link, AccountTokenKind::PasswordReset).await?;
        let mut fields = Fields::default();
        let Some(password) = password_of(&mut fields, password, &organization) else {
            return Err(IdentityError::Invalid(fields.into_errors()));
        };
        let hash = self.parts.passwords.hash(&password).await?;
        let Some(user) = token.user else { return self.open_registered(&token, hash).await };
        let revocations = persist(|| self.try_reset(&token, user, hash.clone())).await?;
        self.watch.learn(&revocations);
        Ok(())
    }

    async fn forgetful(&self, organization: &Organization, email: &Email) -> Result<Option<Forgetful>, IdentityError> {
        if let Some(found) = self.parts.views.credentials(organization.id, email).await? {
            let user = self.parts.views.user(organization.id, found.user).await?.filter(|user| user.active);
            return Ok(user.map(|user| Forgetful {
                first_name: user.first_name,
                language: user.language,
                user: Some(user.id),
                pending: None,
            }));
        }
        let mut tx = self.parts.store.begin(organization.id).await?;
        let newest = tx.account_tokens().newest(AccountTokenKind::EmailVerification, email, self.now()).await?;
        let Some(registration) = newest else { return Ok(None) };
        let mut pending = self.unseal_pending(&registration)?;
        let person = pending.person.as_mut().ok_or_else(unreadable)?;
        // Whoever does not know the password may be another than who registered: nothing that the account could be
        // reached or opened by is taken over.
        person.password_hash = None;
        person.phone = None;
        let (first_name, language) = (person.first_name.clone(), pending.language);
        Ok(Some(Forgetful { first_name, language, user: None, pending: Some(pending) }))
    }

    async fn open_registered(&self, token: &AccountToken, hash: PasswordHash) -> Result<(), IdentityError> {
        let pending = self.unseal_pending(token)?;
        let person = pending.person.as_ref().ok_or_else(unreadable)?;
        let account = Account::registered(token, &pending, person, hash)?;
        match persist(|| self.open_account(token, &account)).await {
            Err(IdentityError::EmailTaken) => Err(IdentityError::LinkInvalid),
            opened => opened.map(drop),
        }
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
