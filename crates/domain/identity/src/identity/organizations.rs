//! Organisations: made by the operator, found by whoever calls.

use kernel::{AuditEntry, Caller, OrganizationId, Role, Secret};

use super::{Identity, persist};
use crate::{
    Epoch, IdentityError, Inserted, NewOrganization, Organization, OrganizationChange, OrganizationRef, WidgetKey,
    events::Happened, organization::ParsedChange,
};

impl Identity {
    /// Makes an organisation. For the operator's command line: no caller may.
    pub async fn create_organization(&self, new: NewOrganization) -> Result<Organization, IdentityError> {
        let key = Secret::new(format!("{}{}", WidgetKey::PREFIX, self.parts.secrets.token()?.expose()));
        let (id, epoch) = (OrganizationId::new(self.parts.env.uuid()), Epoch::new(self.parts.env.uuid()));
        let organization =
            new.parse(id, WidgetKey::new(key.expose()), epoch, self.now()).map_err(IdentityError::Invalid)?;
        persist(|| self.try_create_organization(&organization)).await?;
        Ok(organization)
    }

    /// The organisation that a call without an account means.
    pub async fn organization(&self, meant: &OrganizationRef) -> Result<Organization, IdentityError> {
        let found = match meant.given.as_deref() {
            Some(name) => self.parts.views.organization_named(name).await?,
            None => self.parts.views.only_organization().await?,
        };
        found.ok_or(IdentityError::OrganizationNotFound)
    }

    /// An organisation by its id.
    pub async fn organization_by_id(&self, id: OrganizationId) -> Result<Organization, IdentityError> {
        self.parts.views.organization(id).await?.ok_or(IdentityError::OrganizationNotFound)
    }

    /// All organisations, for the union of their origins and for the operator.
    pub async fn organizations(&self) -> Result<Vec<Organization>, IdentityError> {
        Ok(self.parts.views.organizations().await?)
    }

    /// The caller's own organisation, to staff.
    ///
    /// # Errors
    /// `NotAllowed` for anybody else; a port error.
    pub async fn own_organization(&self, caller: &Caller) -> Result<Organization, IdentityError> {
        self.organization_by_id(caller.agent()?.organization()).await
    }

    /// Changes the caller's organisation, by an administrator. Sites count within seconds, the prefix for the numbers
    /// of later requests.
    ///
    /// # Errors
    /// `NotAllowed` but for admins; `Invalid`; a port error.
    pub async fn update_organization(
        &self,
        caller: &Caller,
        change: &OrganizationChange,
    ) -> Result<Organization, IdentityError> {
        let id = caller.at_least(Role::Admin)?.organization();
        let change = change.parse().map_err(IdentityError::Invalid)?;
        let audit =
            AuditEntry::by(caller, "organization.changed", self.parts.env.as_ref()).on("organization", id.uuid());
        persist(|| self.try_update_organization(id, change.clone(), &audit)).await
    }

    async fn try_update_organization(
        &self,
        id: OrganizationId,
        change: ParsedChange,
        audit: &AuditEntry,
    ) -> Result<Organization, IdentityError> {
        let mut tx = self.parts.store.begin(id).await?;
        let before = tx.organizations().lock().await?.ok_or(IdentityError::OrganizationNotFound)?;
        let mut organization = before.clone();
        change.apply(&mut organization);
        if organization != before {
            tx.organizations().save(&organization).await?;
            tx.audit().record(&audit.clone().with("fields", differing(&organization, &before))).await?;
            tx.commit().await?;
        }
        Ok(organization)
    }

    async fn try_create_organization(&self, organization: &Organization) -> Result<(), IdentityError> {
        let mut tx = self.parts.store.begin(organization.id).await?;
        if tx.organizations().insert(organization).await? == Inserted::Taken {
            return Err(IdentityError::SlugTaken);
        }
        let event = Happened::OrganizationCreated.event(organization.id, self.parts.env.as_ref());
        tx.outbox().append(&event).await?;
        Ok(tx.commit().await?)
    }
}

/// The names of what is not the same in another.
fn differing(one: &Organization, other: &Organization) -> Vec<&'static str> {
    let same = [
        ("name", one.name == other.name),
        ("allowed_origins", one.allowed_origins == other.allowed_origins),
        ("language", one.language == other.language),
        ("time_zone", one.time_zone == other.time_zone),
        ("ticket_prefix", one.ticket_prefix == other.ticket_prefix),
    ];
    same.into_iter().filter(|(_, is_same)| !is_same).map(|(name, _)| name).collect()
}
