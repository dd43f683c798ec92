//! Inviting: an administrator offers an account, and whoever reads the letter makes it theirs.

use kernel::{Caller, FieldError, Language, Role, Secret, Timestamp};

use super::{Account, Person, password_of};
use crate::{
    AccountTokenKind, Email, Identity, IdentityError, LetterContent, UserView, account::Pending, identity::persist,
    values::Fields,
};

/// An account that an administrator offers.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// E-mail.
    pub email: String,
    /// What the user will be allowed to do.
    pub role: Role,
    /// The language of the letter and of the account; the organisation's when not given.
    pub language: Option<Language>,
}

/// What whoever takes an invitation says of themselves.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Telephone.
    pub phone: Option<String>,
    /// The language to be answered in; the invitation's when not given.
    pub language: Option<Language>,
    /// The password to be.
    pub password: Secret,
}

impl Identity {
    /// Invites somebody, as an administrator: a letter goes to the address, good for 7 days. An earlier invitation of
    /// the same address is good no more. Gives when this one ends.
    ///
    /// # Errors
    /// `NotAllowed`; `Invalid`; `EmailTaken`; a port error.
    pub async fn invite(&self, caller: &Caller, invitation: &Invitation) -> Result<Timestamp, IdentityError> {
        let admin = caller.at_least(Role::Admin)?;
        let organization = self.organization_by_id(admin.organization()).await?;
        let at = |invalid: crate::InvalidValue| -> FieldError { invalid.at("email") };
        let email = Email::parse(&invitation.email).map_err(at)?;
        if self.parts.views.credentials(organization.id, &email).await?.is_some() {
            return Err(IdentityError::EmailTaken);
        }
        let language = invitation.language.unwrap_or(organization.language);
        let pending = Pending { role: invitation.role, language, person: None };
        let minted = self.mint(organization.id, AccountTokenKind::Invitation, &email, None, Some(&pending))?;
        let (inviter, token) = (admin.name().to_owned(), minted.clear.expose().to_owned());
        let letter = self.letter(&organization, &email, language, LetterContent::Invitation { inviter, token })?;
        persist(|| async {
            let mut tx = self.parts.store.begin(organization.id).await?;
            tx.account_tokens().use_up(AccountTokenKind::Invitation, &email, self.now()).await?;
            tx.account_tokens().insert(&minted.stored).await?;
            tx.letters().insert(&letter).await?;
            Ok::<_, IdentityError>(tx.commit().await?)
        })
        .await?;
        Ok(minted.stored.expires_at)
    }

    /// Makes the account that was offered.
    ///
    /// # Errors
    /// `LinkInvalid` for a link that is unknown, used or ended; `Invalid`; `EmailTaken` when the address got an
    /// account meanwhile; a port error.
    pub async fn accept_invitation(&self, link: &Secret, acceptance: &Acceptance) -> Result<UserView, IdentityError> {
        let (organization, token) = self.follow_link(link, AccountTokenKind::Invitation).await?;
        let pending = self.unseal_pending(&token)?;
        let mut fields = Fields::default();
        let phone = acceptance.phone.as_deref();
        let person = Person::parse(&mut fields, &acceptance.first_name, &acceptance.last_name, phone);
        let password = password_of(&mut fields, &acceptance.password, &organization);
        let (Some(person), Some(password)) = (person, password) else {
            return Err(IdentityError::Invalid(fields.into_errors()));
        };
        let account = Account {
            email: token.email.clone(),
            person,
            password_hash: self.parts.passwords.hash(&password).await?,
            language: acceptance.language.unwrap_or(pending.language),
            role: pending.role,
        };
        let user = persist(|| self.open_account(&token, &account)).await?;
        Ok(user.record().view())
    }
}
