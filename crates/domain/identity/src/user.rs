//! Users: people with an account.

use kernel::{Availability, Language, OrganizationId, Role, Timestamp, UserId};

use crate::{Capacity, Email, PasswordHash, PersonName, Phone, Skills, UserView};

/// A user as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// The user's id.
    pub id: UserId,
    /// The organisation.
    pub organization: OrganizationId,
    /// Unique within the organisation.
    pub email: Email,
    /// Nothing while no password was set: such a user cannot sign in with one.
    pub password_hash: Option<PasswordHash>,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// Telephone.
    pub phone: Option<Phone>,
    /// The language to be answered in.
    pub language: Language,
    /// What the user may do.
    pub role: Role,
    /// A deactivated user cannot sign in; nobody is ever deleted.
    pub active: bool,
    /// Whether the user wants to be asked; of staff only.
    pub availability: Availability,
    /// How many requests the user takes at a time; of staff only.
    pub capacity: Capacity,
    /// What the user knows about and speaks; of staff only.
    pub skills: Skills,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it has been saved; a store refuses a save over another's (see
    /// [`Users::save`](crate::Users::save)).
    pub version: i64,
}

impl UserRecord {
    /// First and last name, as others see them.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name.as_str(), self.last_name.as_str())
    }

    /// What may be shown of the user.
    pub fn view(&self) -> UserView {
        UserView {
            id: self.id,
            organization: self.organization,
            email: self.email.clone(),
            first_name: self.first_name.as_str().to_owned(),
            last_name: self.last_name.as_str().to_owned(),
            phone: self.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            language: self.language,
            role: self.role,
            active: self.active,
            availability: self.availability,
            capacity: self.capacity,
            skills: self.skills.clone(),
            version: self.version,
            created_at: self.created_at,
        }
    }
}

/// A user whose rules are kept.
#[derive(Debug, Clone)]
pub struct User(UserRecord);

/// What is to become of a user; what is `None` stays. Parsed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Amendment {
    pub(crate) role: Option<Role>,
    pub(crate) active: Option<bool>,
    pub(crate) email: Option<Email>,
    pub(crate) first_name: Option<PersonName>,
    pub(crate) last_name: Option<PersonName>,
    /// `Some(None)` takes the number away.
    #[expect(clippy::option_option, reason = "absent, taken away and another are three things")]
    pub(crate) phone: Option<Option<Phone>>,
    pub(crate) language: Option<Language>,
    pub(crate) availability: Option<Availability>,
    pub(crate) capacity: Option<Capacity>,
    pub(crate) skills: Option<Skills>,
    pub(crate) password_hash: Option<PasswordHash>,
}

/// What an amendment changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Amended {
    /// Anything at all.
    pub(crate) anything: bool,
    /// The role it had before, when it has another now.
    pub(crate) role_before: Option<Role>,
    /// Whether it is active, when it was not before or the other way round.
    pub(crate) active: Option<bool>,
    /// The availability, when it is another than before.
    pub(crate) availability: Option<Availability>,
    /// Has another e-mail.
    pub(crate) email: bool,
    /// Has another password.
    pub(crate) password: bool,
}

impl Amended {
    /// Whether what was signed in before must not go on.
    pub(crate) fn ends_sessions(self) -> bool {
        self.role_before.is_some() || self.active == Some(false) || self.password
    }
}

impl User {
    /// A new user, stored by its first insert.
    pub(crate) fn create(record: UserRecord) -> Self {
        Self(record)
    }

    /// A user as stored.
    pub fn from_record(record: UserRecord) -> Self {
        Self(record)
    }

    /// What to store.
    pub fn record(&self) -> &UserRecord {
        &self.0
    }

    /// Whether the organisation would lack this administrator after the amendment.
    pub(crate) fn stops_administrating(&self, amendment: &Amendment) -> bool {
        let administrates = self.0.active && self.0.role == Role::Admin;
        let would = amendment.active.unwrap_or(self.0.active) && amendment.role.unwrap_or(self.0.role) == Role::Admin;
        administrates && !would
    }

    /// Applies an amendment; what is already so counts as no change.
    pub(crate) fn amend(&mut self, amendment: Amendment, now: Timestamp) -> Amended {
        let before = self.0.clone();
        let user = &mut self.0;
        user.role = amendment.role.unwrap_or(user.role);
        user.active = amendment.active.unwrap_or(user.active);
        user.language = amendment.language.unwrap_or(user.language);
        user.availability = amendment.availability.unwrap_or(user.availability);
        user.capacity = amendment.capacity.unwrap_or(user.capacity);
        if let Some(skills) = amendment.skills {
            user.skills = skills;
        }
        if let Some(email) = amendment.email {
            user.email = email;
        }
        if let Some(first_name) = amendment.first_name {
            user.first_name = first_name;
        }
        if let Some(last_name) = amendment.last_name {
            user.last_name = last_name;
        }
        if let Some(phone) = amendment.phone {
            user.phone = phone;
        }
        if let Some(hash) = amendment.password_hash {
            user.password_hash = Some(hash);
        }
        let anything = *user != before;
        if anything {
            user.updated_at = now;
        }
        Amended {
            anything,
            role_before: (user.role != before.role).then_some(before.role),
            active: (user.active != before.active).then_some(user.active),
            availability: (user.availability != before.availability).then_some(user.availability),
            email: user.email != before.email,
            password: user.password_hash != before.password_hash,
        }
    }

    /// Takes a stronger hash of the same password.
    pub(crate) fn strengthen(&mut self, hash: PasswordHash) {
        self.0.password_hash = Some(hash);
    }
}
