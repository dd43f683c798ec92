//! Accounts that people make and keep by themselves, by way of letters.
//!
//! What is asked by somebody who is not known yet answers the same, whoever has an account: who it concerns hears it
//! by letter.

mod inviting;
mod registering;
mod resetting;

use kernel::{AccountTokenId, Language, LetterId, OrganizationId, Role, Secret, Timestamp, UserId};

use super::Identity;
use crate::{
    AccountToken, AccountTokenKind, Email, Guest, IdentityError, IdentityTx, Inserted, Letter, LetterContent,
    Organization, PasswordHash, PersonName, Phone, Sealed, User, UserRecord,
    account::{LinkText, Pending, PendingPerson},
    events::Happened,
    values::{Fields, Password},
};

pub use inviting::{Acceptance, Invitation};
pub use registering::Registration;

/// A person about to have an account, parsed.
pub(super) struct Person {
    pub(super) first_name: PersonName,
    pub(super) last_name: PersonName,
    pub(super) phone: Option<Phone>,
}

/// A token for a link, and what is kept of it.
struct Minted {
    clear: Secret,
    stored: AccountToken,
}

/// What the accounts of an organisation are made of.
struct Account {
    email: Email,
    person: Person,
    password_hash: PasswordHash,
    language: Language,
    role: Role,
}

impl Identity {
    /// The organisation that a link names, for whoever counts attempts. Says nothing of whether the link is good.
    ///
    /// # Errors
    /// `LinkInvalid` for what is no link, or of no organisation; a port error.
    pub async fn organization_of_link(&self, link: &Secret) -> Result<Organization, IdentityError> {
        let link = LinkText::parse(link).ok_or(IdentityError::LinkInvalid)?;
        match self.organization_by_id(link.organization).await {
            Err(IdentityError::OrganizationNotFound) => Err(IdentityError::LinkInvalid),
            found => found,
        }
    }

    /// A token for a link to this address.
    fn mint(
        &self,
        organization: OrganizationId,
        kind: AccountTokenKind,
        email: &Email,
        user: Option<UserId>,
        pending: Option<&Pending>,
    ) -> Result<Minted, IdentityError> {
        let now = self.now();
        let id = AccountTokenId::new(self.parts.env.uuid());
        let link = LinkText::new(organization, &self.parts.secrets.token()?);
        let stored = AccountToken {
            id,
            organization,
            kind,
            hash: self.parts.secrets.hash(link.text.expose()),
            email: email.clone(),
            user,
            pending: pending.map(|pending| self.seal_pending(id, pending)).transpose()?,
            created_at: now,
            expires_at: now + kind.life(),
            used_at: None,
        };
        Ok(Minted { clear: link.text, stored })
    }

    fn seal_pending(&self, id: AccountTokenId, pending: &Pending) -> Result<Sealed, IdentityError> {
        let text = serde_json::to_string(pending).map_err(kernel::PortError::corrupt)?;
        Ok(self.parts.secrets.seal(&pending_purpose(id), &Secret::new(text))?)
    }

    fn unseal_pending(&self, token: &AccountToken) -> Result<Pending, IdentityError> {
        let sealed = token.pending.as_ref().ok_or_else(|| kernel::PortError::corrupt("a token without its account"))?;
        let text = self.parts.secrets.unseal(&pending_purpose(token.id), sealed)?;
        Ok(serde_json::from_str(text.expose()).map_err(kernel::PortError::corrupt)?)
    }

    /// A letter of the organisation to this address.
    pub(super) fn letter(
        &self,
        organization: &Organization,
        to: &Email,
        language: Language,
        content: LetterContent,
    ) -> Result<Letter, IdentityError> {
        let id = LetterId::new(self.parts.env.uuid());
        let content = Letter::seal(id, &organization.name, content, self.parts.secrets.as_ref())?;
        let created_at = self.now();
        Ok(Letter { id, organization: organization.id, to: to.clone(), language, content, created_at })
    }

    /// The organisation of a link and the token behind it, as long as it is good. What is unknown, used and ended is
    /// not told apart.
    async fn follow_link(
        &self,
        link: &Secret,
        kind: AccountTokenKind,
    ) -> Result<(Organization, AccountToken), IdentityError> {
        let organization = self.organization_of_link(link).await?;
        let mut tx = self.parts.store.begin(organization.id).await?;
        let token = self.good_token(tx.as_mut(), &self.parts.secrets.hash(link.expose()), kind).await?;
        Ok((organization, token))
    }

    async fn good_token(
        &self,
        tx: &mut dyn IdentityTx,
        hash: &crate::TokenHash,
        kind: AccountTokenKind,
    ) -> Result<AccountToken, IdentityError> {
        let token = tx.account_tokens().lock(hash).await?;
        token.filter(|token| token.is_good(kind, self.now())).ok_or(IdentityError::LinkInvalid)
    }

    /// Makes the account that a link stands for, once: the link is used up, and all others that would make one for
    /// the same address, so that nobody's registration outlives the account.
    async fn open_account(&self, token: &AccountToken, account: &Account) -> Result<User, IdentityError> {
        let mut tx = self.parts.store.begin(token.organization).await?;
        let now = self.now();
        self.good_token(tx.as_mut(), &token.hash, token.kind).await?;
        let mut user = self.account_record(token.organization, account, now);
        self.become_guest_of_email(tx.as_mut(), &mut user).await?;
        let user = User::create(user);
        if tx.users().insert(&user).await? == Inserted::Taken {
            return Err(IdentityError::EmailTaken);
        }
        for kind in [AccountTokenKind::EmailVerification, AccountTokenKind::PasswordReset, AccountTokenKind::Invitation]
        {
            tx.account_tokens().use_up(kind, &token.email, now).await?;
        }
        let happened = Happened::UserCreated { user: user.record().id, role: user.record().role };
        tx.outbox().append(&happened.event(token.organization, self.parts.env.as_ref())).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// A customer's account is the guest of its e-mail with a password: it has the guest's id, so that what the guest
    /// opened, and what is opened later under this address without signing in, is the account's own. The e-mail has
    /// to be the owner's: proven by a letter, or vouched for by an administrator.
    pub(super) async fn become_guest_of_email(
        &self,
        tx: &mut dyn IdentityTx,
        user: &mut UserRecord,
    ) -> Result<(), IdentityError> {
        if user.role == Role::Customer {
            let guest = tx.guests().find_or_insert(&guest_of(user)).await?;
            user.id = UserId::new(guest.id.uuid());
        }
        Ok(())
    }

    fn account_record(&self, organization: OrganizationId, account: &Account, now: Timestamp) -> UserRecord {
        UserRecord {
            id: UserId::new(self.parts.env.uuid()),
            organization,
            email: account.email.clone(),
            password_hash: Some(account.password_hash.clone()),
            first_name: account.person.first_name.clone(),
            last_name: account.person.last_name.clone(),
            phone: account.person.phone.clone(),
            language: account.language,
            role: account.role,
            active: true,
            capacity: crate::Capacity::default(),
            skills: crate::Skills::default(),
            availability: kernel::Availability::default(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}

impl Account {
    /// The account that was registered for the address of a token, with the password that proved itself.
    fn registered(
        token: &AccountToken,
        pending: &Pending,
        person: &PendingPerson,
        password_hash: PasswordHash,
    ) -> Result<Self, IdentityError> {
        let wrong = |_| unreadable();
        Ok(Self {
            email: token.email.clone(),
            person: Person {
                first_name: PersonName::parse(&person.first_name).map_err(wrong)?,
                last_name: PersonName::parse(&person.last_name).map_err(wrong)?,
                phone: person.phone.as_deref().map(Phone::parse).transpose().map_err(wrong)?,
            },
            password_hash,
            language: pending.language,
            role: pending.role,
        })
    }
}

/// What was sealed is not what was stored.
fn unreadable() -> kernel::PortError {
    kernel::PortError::corrupt("a registration that cannot be read")
}

/// The guest that a customer's account is, known by its e-mail; of staff, one who is known by none.
pub(super) fn guest_of(user: &UserRecord) -> Guest {
    Guest {
        id: kernel::GuestId::new(user.id.uuid()),
        organization: user.organization,
        // A whole name may be too long for one name.
        name: PersonName::parse(&user.full_name()).unwrap_or_else(|_| user.first_name.clone()),
        email: (user.role == Role::Customer).then(|| user.email.clone()),
        phone: user.phone.clone(),
        language: user.language,
        created_at: user.created_at,
    }
}

impl Person {
    fn parse(fields: &mut Fields, first_name: &str, last_name: &str, phone: Option<&str>) -> Option<Self> {
        let first_name = fields.take("first_name", PersonName::parse(first_name));
        let last_name = fields.take("last_name", PersonName::parse(last_name));
        let phone = fields.take("phone", phone.map(Phone::parse).transpose());
        Some(Self { first_name: first_name?, last_name: last_name?, phone: phone? })
    }
}

fn password_of(fields: &mut Fields, text: &Secret, organization: &Organization) -> Option<Password> {
    fields.take("password", Password::parse(text, &organization.password_taboos()))
}

/// One purpose a token, so that nothing sealed can be moved to another token in the database.
fn pending_purpose(id: AccountTokenId) -> String {
    format!("pending-account:{id}")
}
