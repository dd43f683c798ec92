//! New users.

use kernel::{
    AuditEntry, Availability, Caller, FieldError, IdempotentCall, Language, Once, OrganizationId, Role, Secret, UserId,
};

use crate::{
    Capacity, Email, Identity, IdentityError, IdentityTx, Inserted, Organization, Password, PersonName, Phone, Skills,
    User, UserRecord, UserView, events::Happened, identity::persist, values::Fields,
};

/// By what right somebody acts.
#[derive(Debug, Clone, Copy)]
pub enum Authority<'a> {
    /// The operator, by the command line, in this organisation.
    Operator(OrganizationId),
    /// A caller, who has to be an administrator of the organisation.
    Caller(&'a Caller),
}

impl Authority<'_> {
    /// The organisation to act in.
    fn organization(self) -> Result<OrganizationId, IdentityError> {
        match self {
            Self::Operator(organization) => Ok(organization),
            Self::Caller(caller) => Ok(caller.at_least(Role::Admin)?.organization()),
        }
    }
}

/// A user to be made, as written by whoever makes it.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// E-mail.
    pub email: String,
    /// The first password.
    pub password: Secret,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Telephone.
    pub phone: Option<String>,
    /// The language to be answered in; the organisation's when not given.
    pub language: Option<Language>,
    /// What the user may do.
    pub role: Role,
}

/// The same, parsed.
struct ParsedUser {
    email: Email,
    password: Password,
    first_name: PersonName,
    last_name: PersonName,
    phone: Option<Phone>,
}

impl NewUser {
    fn parse(&self, organization: &Organization) -> Result<ParsedUser, Vec<FieldError>> {
        let mut fields = Fields::default();
        let email = fields.take("email", Email::parse(&self.email));
        let password = fields.take("password", Password::parse(&self.password, &organization.password_taboos()));
        let first_name = fields.take("first_name", PersonName::parse(&self.first_name));
        let last_name = fields.take("last_name", PersonName::parse(&self.last_name));
        let phone = fields.take("phone", self.phone.as_deref().map(Phone::parse).transpose());
        match (email, password, first_name, last_name, phone) {
            (Some(email), Some(password), Some(first_name), Some(last_name), Some(phone)) => {
                Ok(ParsedUser { email, password, first_name, last_name, phone })
            }
            _ => Err(fields.into_errors()),
        }
    }
}

impl Identity {
    /// Makes a user, who can sign in at once.
    pub async fn create_user(&self, by: Authority<'_>, new: &NewUser) -> Result<UserView, IdentityError> {
        let user = self.new_user(by, new).await?;
        persist(|| self.try_create_user(by, user.clone())).await
    }

    /// Makes a user as [`Self::create_user`] does, unless this very call was carried out before: then
    /// nothing happens, and the user it made then is named. A call that is refused or fails is not
    /// remembered.
    pub async fn create_user_once(
        &self,
        caller: &Caller,
        new: &NewUser,
        call: &IdempotentCall,
    ) -> Result<Once<UserView>, IdentityError> {
        let user = self.new_user(Authority::Caller(caller), new).await?;
        persist(|| self.try_create_user_once(caller, user.clone(), call)).await
    }

    async fn new_user(&self, by: Authority<'_>, new: &NewUser) -> Result<UserRecord, IdentityError> {
        let organization = self.organization_by_id(by.organization()?).await?;
        let parsed = new.parse(&organization).map_err(IdentityError::Invalid)?;
        let now = self.parts.env.now();
        Ok(UserRecord {
            id: UserId::new(self.parts.env.uuid()),
            organization: organization.id,
            email: parsed.email,
            password_hash: Some(self.parts.passwords.hash(&parsed.password).await?),
            first_name: parsed.first_name,
            last_name: parsed.last_name,
            phone: parsed.phone,
            language: new.language.unwrap_or(organization.language),
            role: new.role,
            active: true,
            availability: Availability::default(),
            capacity: Capacity::default(),
            skills: Skills::default(),
            created_at: now,
            updated_at: now,
            version: 1,
        })
    }

    fn created_by(&self, by: Authority<'_>, user: &UserRecord) -> AuditEntry {
        let (action, env) = ("user.created", self.parts.env.as_ref());
        let entry = match by {
            Authority::Operator(organization) => AuditEntry::by_operator(organization, action, env),
            Authority::Caller(caller) => AuditEntry::by(caller, action, env),
        };
        entry.on("user", user.id.uuid()).with("role", user.role.as_str())
    }

    async fn try_create_user(&self, by: Authority<'_>, mut user: UserRecord) -> Result<UserView, IdentityError> {
        let mut tx = self.parts.store.begin(user.organization).await?;
        self.become_guest_of_email(tx.as_mut(), &mut user).await?;
        self.create_user_in(tx, by, user).await
    }

    /// The call is claimed first: the same again must not meet its own e-mail as another's.
    async fn try_create_user_once(
        &self,
        caller: &Caller,
        mut user: UserRecord,
        call: &IdempotentCall,
    ) -> Result<Once<UserView>, IdentityError> {
        let mut tx = self.parts.store.begin(user.organization).await?;
        self.become_guest_of_email(tx.as_mut(), &mut user).await?;
        if let Some(repeat) = tx.calls().claim(call, user.id.uuid(), self.parts.env.now()).await?.repeat()? {
            return Ok(Once::Repeat(repeat));
        }
        Ok(Once::Done(self.create_user_in(tx, Authority::Caller(caller), user).await?))
    }

    async fn create_user_in(
        &self,
        mut tx: Box<dyn IdentityTx>,
        by: Authority<'_>,
        user: UserRecord,
    ) -> Result<UserView, IdentityError> {
        let user = User::create(user);
        let record = user.record();
        if tx.users().insert(&user).await? == Inserted::Taken {
            return Err(IdentityError::EmailTaken);
        }
        let happened = Happened::UserCreated { user: record.id, role: record.role };
        tx.outbox().append(&happened.event(record.organization, self.parts.env.as_ref())).await?;
        tx.audit().record(&self.created_by(by, record)).await?;
        tx.commit().await?;
        Ok(record.view())
    }
}
