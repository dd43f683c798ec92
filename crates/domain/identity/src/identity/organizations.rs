//! Organisations: made by the operator, found by whoever calls.

use kernel::{OrganizationId, Secret};

use super::{Identity, persist};
use crate::{
    Epoch, IdentityError, Inserted, NewOrganization, Organization, OrganizationRef, WidgetKey, events::Happened,
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
