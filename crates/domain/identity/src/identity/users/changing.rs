//! Changes of users, by an administrator or by themselves.

use std::sync::PoisonError;

use kernel::{AuditEntry, Availability, Caller, FieldError, Language, OrganizationId, PortError, Role, Secret, UserId};

use crate::{
    Capacity, Email, Identity, IdentityError, IdentityTx, Inserted, InvalidValue, Organization, Password, PasswordHash,
    PersonName, Phone, Revocation, SessionEnd, Skills, Standing, User, UserView, Verdict,
    events::{Happened, UserChanged},
    identity::{accounts::guest_of, persist, sessions::signed_in_user},
    user::{Amended, Amendment},
    values::Fields,
};

/// What an administrator changes of a user; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// Another role: ends the user's sessions.
    pub role: Option<Role>,
    /// Deactivated or active: deactivation ends the user's sessions.
    pub active: Option<bool>,
    /// Another e-mail.
    pub email: Option<String>,
    /// Another first name.
    pub first_name: Option<String>,
    /// Another last name.
    pub last_name: Option<String>,
    /// Another telephone; `Some(None)` takes it away.
    pub phone: Option<Option<String>>,
    /// Another language.
    pub language: Option<Language>,
    /// Another number of requests at a time.
    pub capacity: Option<u32>,
    /// Other skills: categories, and languages.
    pub skills: Option<(Vec<String>, Vec<Language>)>,
    /// Another password: ends the user's sessions.
    pub password: Option<Secret>,
}

/// What users change of themselves; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct OwnChange {
    /// Another first name.
    pub first_name: Option<String>,
    /// Another last name.
    pub last_name: Option<String>,
    /// Another telephone; `Some(None)` takes it away.
    pub phone: Option<Option<String>>,
    /// Another language.
    pub language: Option<Language>,
    /// Whether one wants to be asked from now on; of staff only.
    pub availability: Option<Availability>,
    /// Another password: ends all sessions, the one that asks too.
    pub password: Option<PasswordChange>,
}

/// A new password, with the present one as proof.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The present password.
    pub current: Secret,
    /// The new one.
    pub new: Secret,
}

impl UserChange {
    fn parse(self, organization: &Organization) -> Result<(Amendment, Option<Password>), Vec<FieldError>> {
        let mut fields = Fields::default();
        let parse_password = |text: Secret| Password::parse(&text, &organization.password_taboos());
        let email = fields.take("email", self.email.as_deref().map(Email::parse).transpose());
        let first_name = fields.take("first_name", self.first_name.as_deref().map(PersonName::parse).transpose());
        let last_name = fields.take("last_name", self.last_name.as_deref().map(PersonName::parse).transpose());
        let parse_phone = |phone: Option<String>| phone.as_deref().map(Phone::parse).transpose();
        let phone = fields.take("phone", self.phone.map(parse_phone).transpose());
        let capacity = fields.take("capacity", self.capacity.map(Capacity::parse).transpose());
        let parse_skills =
            |(categories, languages): (Vec<String>, Vec<Language>)| Skills::parse(&categories, &languages);
        let skills = fields.take("skills", self.skills.map(parse_skills).transpose());
        let password = fields.take("password", self.password.map(parse_password).transpose());
        let work = capacity.zip(skills);
        match (email, first_name, last_name, phone, work, password) {
            (Some(email), Some(first_name), Some(last_name), Some(phone), Some((capacity, skills)), Some(password)) => {
                let (role, active, language) = (self.role, self.active, self.language);
                let amendment =
                    Amendment { role, active, email, first_name, last_name, phone, language, ..Amendment::default() };
                Ok((Amendment { capacity, skills, ..amendment }, password))
            }
            _ => Err(fields.into_errors()),
        }
    }
}

impl Identity {
    /// Changes a user, by an administrator. The last active administrator can neither be deactivated
    /// nor given another role. What is already so is no change and tells nobody.
    pub async fn update_user(
        &self,
        caller: &Caller,
        id: UserId,
        change: UserChange,
    ) -> Result<UserView, IdentityError> {
        let organization = self.organization_by_id(caller.at_least(Role::Admin)?.organization()).await?;
        let (mut amendment, password) = change.parse(&organization).map_err(IdentityError::Invalid)?;
        if let Some(password) = password {
            amendment.password_hash = Some(self.parts.passwords.hash(&password).await?);
        }
        let audit = AuditEntry::by(caller, "user.changed", self.parts.env.as_ref()).on("user", id.uuid());
        persist(|| self.try_amend(organization.id, id, &amendment, None, Some(&audit))).await
    }

    /// Changes oneself. A new password needs the present one, and ends all sessions.
    ///
    /// # Errors
    /// `NotAllowed` for the availability of somebody who is not staff; `Invalid`; a port error.
    pub async fn update_me(&self, caller: &Caller, change: OwnChange) -> Result<UserView, IdentityError> {
        let me = signed_in_user(caller)?;
        if change.availability.is_some() {
            caller.agent()?;
        }
        let availability = change.availability;
        let organization = self.organization_by_id(me.organization).await?;
        let (current, password) = change.password.map(|change| (change.current, change.new)).unzip();
        let (first_name, last_name, phone) = (change.first_name, change.last_name, change.phone);
        let change =
            UserChange { first_name, last_name, phone, language: change.language, password, ..UserChange::default() };
        let (mut amendment, password) = change.parse(&organization).map_err(IdentityError::Invalid)?;
        amendment.availability = availability;
        let proven = match current {
            Some(current) => Some(self.prove_password(me.organization, me.id, &current).await?),
            None => None,
        };
        if let Some(password) = password {
            amendment.password_hash = Some(self.parts.passwords.hash(&password).await?);
        }
        // Of what people change of themselves only the password is a right.
        let audit = AuditEntry::by(caller, "user.changed", self.parts.env.as_ref()).on("user", me.id.uuid());
        let audit = amendment.password_hash.is_some().then_some(&audit);
        persist(|| self.try_amend(me.organization, me.id, &amendment, proven.as_ref(), audit)).await
    }

    /// The hash that a password was proven against.
    async fn prove_password(
        &self,
        organization: OrganizationId,
        id: UserId,
        current: &Secret,
    ) -> Result<PasswordHash, IdentityError> {
        let user = self.parts.views.user(organization, id).await?.ok_or(IdentityError::UserNotFound)?;
        let found = self.parts.views.credentials(organization, &user.email).await?;
        let hash = found.and_then(|found| found.password_hash);
        match (self.parts.passwords.verify(current, hash.as_ref()).await?, hash) {
            (Verdict::Same | Verdict::SameButWeak, Some(hash)) => Ok(hash),
            _ => Err(InvalidValue::WRONG_PASSWORD.at("current_password").into()),
        }
    }

    /// Administrators are locked before the user, in the order of their ids, so that two who
    /// demote each other cannot both succeed.
    pub(in crate::identity) async fn try_amend(
        &self,
        organization: OrganizationId,
        id: UserId,
        amendment: &Amendment,
        proven: Option<&PasswordHash>,
        audit: Option<&AuditEntry>,
    ) -> Result<UserView, IdentityError> {
        let mut tx = self.parts.store.begin(organization).await?;
        let admins = if amendment.role.is_some() || amendment.active.is_some() {
            tx.users().lock_admins().await?
        } else {
            Vec::new()
        };
        let mut user = tx.users().lock(id).await?.ok_or(IdentityError::UserNotFound)?;
        if proven.is_some() && proven != user.record().password_hash.as_ref() {
            return Err(InvalidValue::WRONG_PASSWORD.at("current_password").into());
        }
        if user.stops_administrating(amendment) && admins.iter().all(|admin| *admin == id) {
            return Err(IdentityError::LastAdmin);
        }
        let amended = user.amend(amendment.clone(), self.parts.env.now());
        if !amended.anything {
            return Ok(user.record().view());
        }
        if tx.users().save(&user).await? == Inserted::Taken {
            return Err(IdentityError::EmailTaken);
        }
        if amended.email || amended.role_before.is_some() {
            tx.guests().follow(&guest_of(user.record())).await?;
        }
        let revocations =
            if amended.ends_sessions() { self.end_all_sessions(tx.as_mut(), id).await? } else { Vec::new() };
        self.tell(tx.as_mut(), &user, amended).await?;
        if let Some(audit) = audit {
            tx.audit().record(&told_of(audit.clone(), amended, user.record().role)).await?;
        }
        tx.commit().await?;
        self.watch.learn(&revocations);
        let view = UserView { version: user.record().version + 1, ..user.record().view() };
        if amended.availability.is_some() {
            self.tell_standing(view.standing());
        }
        Ok(view)
    }

    fn tell_standing(&self, standing: Standing) {
        let listeners = self.on_availability.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for listener in &listeners {
            listener.changed(standing);
        }
    }

    pub(in crate::identity) async fn end_all_sessions(
        &self,
        tx: &mut dyn IdentityTx,
        id: UserId,
    ) -> Result<Vec<Revocation>, IdentityError> {
        let mut revocations = Vec::new();
        for session in tx.sessions().lock_of(id).await? {
            revocations.extend(self.end_session_in(tx, session, SessionEnd::UserChanged).await?);
        }
        Ok(revocations)
    }

    pub(in crate::identity) async fn tell(
        &self,
        tx: &mut dyn IdentityTx,
        user: &User,
        amended: Amended,
    ) -> Result<(), PortError> {
        let record = user.record();
        let changed = UserChanged {
            user: record.id,
            old_role: amended.role_before,
            role: amended.role_before.map(|_| record.role),
            active: amended.active,
            availability: amended.availability,
            password_changed: amended.password,
        };
        let event = Happened::UserChanged(changed).event(record.organization, self.parts.env.as_ref());
        tx.outbox().append(&event).await
    }
}

/// What of a change is a change of rights.
fn told_of(mut audit: AuditEntry, amended: Amended, role: Role) -> AuditEntry {
    if let Some(before) = amended.role_before {
        audit = audit.with("old_role", before.as_str()).with("role", role.as_str());
    }
    if let Some(active) = amended.active {
        audit = audit.with("active", active);
    }
    if amended.password { audit.with("password_changed", true) } else { audit }
}
