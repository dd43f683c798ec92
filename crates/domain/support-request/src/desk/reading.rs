//! Reading requests: whatever a caller does not see does not exist for them.

use kernel::{Caller, OrganizationId, Page, PageRequest, SupportRequestId, UserId};

use super::{Desk, Result};
use crate::{RequestFilter, RequestView, Requester, Snapshot, SupportRequestError, TimelineEntry};

impl Desk {
    /// One request.
    pub async fn view(&self, caller: &Caller, id: SupportRequestId) -> Result<RequestView> {
        let found = self.views.find(caller.organization(), caller.scope(), caller.participant(), id).await?;
        found.ok_or(SupportRequestError::NotFound)
    }

    /// One request by its number; a guest's, within the token. A number of nothing is looked for as long as one of
    /// another's request, so that time does not tell them apart.
    pub async fn view_by_number(&self, caller: &Caller, number: &str) -> Result<RequestView> {
        let id = self.views.by_number(caller.organization(), number).await?;
        self.view(caller, id.unwrap_or_else(|| SupportRequestId::new(self.env.uuid()))).await
    }

    /// What is stored behind a number, whoever may see it: for Guichet itself, which must not tell it to whoever named
    /// the number. Nothing of what is deleted.
    pub async fn behind_number(&self, organization: OrganizationId, number: &str) -> Result<Option<Snapshot>> {
        let Some(id) = self.views.by_number(organization, number).await? else { return Ok(None) };
        let found = self.views.snapshot(organization, id).await?;
        Ok(found.filter(|request| request.deleted_at.is_none()))
    }

    /// A page of the requests in the caller's sight.
    ///
    /// # Errors
    /// `NotAllowed` when anybody but an admin asks for those that are deleted.
    pub async fn list(&self, caller: &Caller, filter: &RequestFilter, page: PageRequest) -> Result<Page<RequestView>> {
        if filter.deleted {
            caller.at_least(kernel::Role::Admin)?;
        }
        Ok(self.views.list(caller.organization(), caller.scope(), caller.participant(), filter, page).await?)
    }

    /// What happened to a request, oldest first; without what is for staff only, for others.
    pub async fn timeline(&self, caller: &Caller, id: SupportRequestId) -> Result<Vec<TimelineEntry>> {
        self.view(caller, id).await?;
        let entries = self.views.timeline(caller.organization(), id).await?;
        let staff = caller.is_staff();
        let shown = |entry: TimelineEntry| if staff { Some(entry) } else { entry.for_customer() };
        Ok(entries.into_iter().filter_map(shown).collect())
    }

    /// The user that a request is opened for, with how they are reached: the caller, or, for staff,
    /// anybody of the organisation. A guest's is known to whoever admitted the guest.
    ///
    /// # Errors
    /// `NotAllowed` for somebody else's; `Invalid` for an unknown user.
    pub async fn requester(&self, caller: &Caller, user: Option<UserId>) -> Result<Requester> {
        let own = caller.user().map(|caller| caller.id);
        if user.is_some() && user != own {
            caller.agent()?;
        }
        let user = user.or(own).ok_or(kernel::NotAllowed)?;
        let found = self.people.requester(caller.organization(), user).await?;
        found.ok_or_else(|| kernel::FieldError::new("requester", "unknown").into())
    }

    /// Whether an appointment has its request already, whoever may see it.
    pub(super) async fn has_appointment(&self, caller: &Caller, appointment: &str) -> Result<bool> {
        let (organization, viewer) = (caller.organization(), caller.participant());
        for deleted in [false, true] {
            let appointment_id = Some(appointment.to_owned());
            let filter = RequestFilter { appointment_id, deleted, ..RequestFilter::default() };
            let page = PageRequest::default();
            if self.views.list(organization, kernel::Scope::All, viewer, &filter, page).await?.total > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
