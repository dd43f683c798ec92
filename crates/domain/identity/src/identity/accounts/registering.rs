//! Registering: an account is made once its address is proven to be its owner's.

use kernel::{Language, Role, Secret};

use super::{Account, Person, password_of, unreadable};
use crate::{
    AccountTokenKind, Email, Identity, IdentityError, LetterContent, Organization, OrganizationRef, Password,
    PasswordHash, UserView, Verdict,
    account::{Pending, PendingPerson},
    identity::persist,
    values::Fields,
};

/// A registration as written by whoever registers.
#[derive(Debug, Clone)]
pub struct Registration {
    /// E-mail.
    pub email: String,
    /// The password to be.
    pub password: Secret,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Telephone.
    pub phone: Option<String>,
    /// The language to be answered in; the organisation's when not given.
    pub language: Option<Language>,
}

/// The same, parsed.
struct Parsed {
    email: Email,
    password: Password,
    person: Person,
}

impl Registration {
    /// Whether its fields are as they have to be, for whoever counts registrations before one is made.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn check(&self, organization: &Organization) -> Result<(), IdentityError> {
        self.parse(organization).map(drop)
    }

    fn parse(&self, organization: &Organization) -> Result<Parsed, IdentityError> {
        let mut fields = Fields::default();
        let email = fields.take("email", Email::parse(&self.email));
        let password = password_of(&mut fields, &self.password, organization);
        let person = Person::parse(&mut fields, &self.first_name, &self.last_name, self.phone.as_deref());
        match (email, password, person) {
            (Some(email), Some(password), Some(person)) => Ok(Parsed { email, password, person }),
            _ => Err(IdentityError::Invalid(fields.into_errors())),
        }
    }
}

impl Identity {
    /// Registers a customer. Nobody has an account by that: a letter goes to the address, and whoever follows its link
    /// within 24 hours, with the same password, has one; an earlier registration of the address is good no more. To an
    /// address that has an account another letter goes, which says so; the answer and
    /// the work are the same.
    ///
    /// # Errors
    /// `OrganizationNotFound`; `Invalid`; a port error.
    pub async fn register(
        &self,
        organization: &OrganizationRef,
        registration: &Registration,
    ) -> Result<(), IdentityError> {
        let organization = self.organization(organization).await?;
        let Parsed { email, password, person } = registration.parse(&organization)?;
        let hash = self.parts.passwords.hash(&password).await?;
        let language = registration.language.unwrap_or(organization.language);
        let pending = Pending {
            role: Role::Customer,
            language,
            person: Some(PendingPerson {
                first_name: person.first_name.as_str().to_owned(),
                last_name: person.last_name.as_str().to_owned(),
                phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
                password_hash: Some(hash.as_str().to_owned()),
            }),
        };
        let minted = self.mint(organization.id, AccountTokenKind::EmailVerification, &email, None, Some(&pending))?;
        let known = match self.parts.views.credentials(organization.id, &email).await? {
            Some(found) => self.parts.views.user(organization.id, found.user).await?,
            None => None,
        };
        let name = person.first_name.as_str().to_owned();
        let (content, language) = match &known {
            // Whoever has the account is told in their own words; what the stranger typed is not passed on.
            Some(user) => (LetterContent::AlreadyRegistered { name: user.first_name.clone() }, user.language),
            None => (LetterContent::EmailVerification { name, token: minted.clear.expose().to_owned() }, language),
        };
        let letter = self.letter(&organization, &email, language, content)?;
        persist(|| async {
            let mut tx = self.parts.store.begin(organization.id).await?;
            tx.account_tokens().use_up(AccountTokenKind::EmailVerification, &email, self.now()).await?;
            // Without its letter the token of a known address is good for nothing; it is stored all the same, so that
            // both ways take as long.
            tx.account_tokens().insert(&minted.stored).await?;
            tx.letters().insert(&letter).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Makes the account of a registration, for whoever has read its letter and knows its password. The guest of the
    /// same address and the account are one from now on.
    ///
    /// The link alone is not enough: anybody can register an address that is not theirs, and would know the password
    /// of the account that its owner then confirms. An owner who does not know it sets another by
    /// [`forgot_password`](Self::forgot_password).
    ///
    /// # Errors
    /// `LinkInvalid` for a link that is unknown, used or ended; `BadCredentials` for another password, which leaves
    /// the link good: whoever calls MUST count attempts; `EmailTaken` when an administrator was faster; a port error.
    pub async fn verify_email(&self, link: &Secret, password: &Secret) -> Result<UserView, IdentityError> {
        let (_, token) = self.follow_link(link, AccountTokenKind::EmailVerification).await?;
        let pending = self.unseal_pending(&token)?;
        let person = pending.person.as_ref().ok_or_else(unreadable)?;
        let hash = PasswordHash::new(person.password_hash.clone().ok_or_else(unreadable)?);
        if self.parts.passwords.verify(password, Some(&hash)).await? == Verdict::Different {
            return Err(IdentityError::BadCredentials);
        }
        let account = Account::registered(&token, &pending, person, hash)?;
        let user = persist(|| self.open_account(&token, &account)).await?;
        Ok(user.record().view())
    }
}
