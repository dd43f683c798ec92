//! Those who ask, as far as requests tell of them: the fake knows of no accounts.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{OrganizationId, Page, PageRequest, ParticipantId, PortError};

use super::FakeStore;
use crate::{Customer, CustomerViews, Status};

impl FakeStore {
    fn those_who_ask(&self, organization: OrganizationId) -> Vec<Customer> {
        let state = self.state();
        let mut found: BTreeMap<ParticipantId, Customer> = BTreeMap::new();
        for ((_, _), request) in state.requests.iter().filter(|((of, _), _)| *of == organization) {
            if request.deleted_at.is_some() {
                continue;
            }
            let requester = &request.requester;
            let customer = found.entry(requester.id).or_insert_with(|| Customer {
                id: requester.id,
                is_guest: true,
                name: requester.name.clone(),
                email: requester.email.clone(),
                phone: requester.phone.clone(),
                requests: 0,
                open_requests: 0,
                last_request_at: None,
            });
            customer.requests += 1;
            customer.open_requests += u64::from(!matches!(request.status, Status::Resolved | Status::Closed));
            customer.last_request_at = customer.last_request_at.max(Some(request.created_at));
        }
        found.into_values().rev().collect()
    }
}

#[async_trait]
impl CustomerViews for FakeStore {
    async fn customers(
        &self,
        organization: OrganizationId,
        text: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Customer>, PortError> {
        let text = text.unwrap_or_default().trim().to_lowercase();
        let has = |field: Option<&str>| field.is_some_and(|field| field.to_lowercase().contains(&text));
        let mut found = self.those_who_ask(organization);
        found.retain(|one| has(Some(&one.name)) || has(one.email.as_deref()) || has(one.phone.as_deref()));
        let total = found.len() as u64;
        let (offset, limit) = (usize::try_from(page.offset()).unwrap_or(usize::MAX), page.limit() as usize);
        Ok(Page { items: found.into_iter().skip(offset).take(limit).collect(), request: page, total })
    }

    async fn customer(&self, organization: OrganizationId, id: ParticipantId) -> Result<Option<Customer>, PortError> {
        Ok(self.those_who_ask(organization).into_iter().find(|one| one.id == id))
    }
}
