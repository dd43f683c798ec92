//! Reading past the aggregate, over the committed state.

use std::cmp::Ordering;

use async_trait::async_trait;
use kernel::{Order, OrganizationId, Page, PageRequest, ParticipantId, PortError, Scope, SupportRequestId, Timestamp};

use super::{FakeStore, State};
use crate::{LastMessage, RequestFilter, RequestSort, RequestView, RequestViews, Snapshot, TimelineEntry};

impl State {
    fn show(&self, request: &Snapshot, scope: Scope) -> Option<RequestView> {
        let members = self.members.get(&(request.organization, request.id)).cloned().unwrap_or_default();
        let audience = request.audience(members);
        let messages = self.messages.get(&(request.organization, request.conversation)).map_or(&[][..], Vec::as_slice);
        let last_message = messages.last().map(|(content, at)| LastMessage {
            sender_type: "customer".to_owned(),
            sender_name: request.requester.name.clone(),
            excerpt: Some(content.chars().take(140).collect()),
            created_at: *at,
            seq: messages.len() as u64,
            entry_seq: messages.len() as u64,
        });
        scope.covers(&audience).then(|| RequestView {
            assignee_name: request.assignee.and_then(|id| self.names.get(&(request.organization, id)).cloned()),
            unread_count: if matches!(scope, Scope::All | Scope::Agent(_)) { messages.len() as u64 } else { 0 },
            request: request.clone(),
            audience,
            last_message,
        })
    }
}

/// A view, with when its request was last active.
type Listed = (RequestView, Timestamp);

fn wanted(filter: &RequestFilter, (view, active_at): &Listed) -> bool {
    fn any<T: PartialEq>(list: &[T], value: &T) -> bool {
        list.is_empty() || list.contains(value)
    }
    fn same(wanted: Option<&String>, value: Option<&String>) -> bool {
        wanted.is_none() || wanted == value
    }
    let request = &view.request;
    let email = |email: &String| email.to_lowercase();
    any(&filter.status, &request.status)
        && any(&filter.priority, &request.priority)
        && any(&filter.kind, &request.kind)
        && any(&filter.source, &request.source)
        && filter.category.as_ref().is_none_or(|category| *category == request.category)
        && filter.assignee.is_none_or(|assignee| assignee == request.assignee)
        && filter.requester.is_none_or(|requester| requester == request.requester.id)
        && same(
            filter.requester_email.as_ref().map(email).as_ref(),
            request.requester.email.as_ref().map(email).as_ref(),
        )
        && filter.tag.as_ref().is_none_or(|tag| request.tags.as_slice().contains(tag))
        && filter.overdue_at.is_none_or(|at| request.is_overdue(at))
        && same(filter.order_id.as_ref(), request.references.order_id.as_ref())
        && same(filter.appointment_id.as_ref(), request.references.appointment_id.as_ref())
        && same(filter.warranty_id.as_ref(), request.references.warranty_id.as_ref())
        && same(filter.claim_id.as_ref(), request.references.claim_id.as_ref())
        && filter.created_from.is_none_or(|from| request.created_at >= from)
        && filter.created_to.is_none_or(|to| request.created_at < to)
        && filter.changed_since.is_none_or(|since| *active_at >= since)
        && filter.snoozed.is_none_or(|snoozed| request.snoozed_until.is_some() == snoozed)
        && filter.archived.is_none_or(|archived| request.archived_at.is_some() == archived)
        && filter.deleted == request.deleted_at.is_some()
}

fn compare(sort: RequestSort, (a, a_active): &Listed, (b, b_active): &Listed) -> Ordering {
    let by = match sort {
        RequestSort::CreatedAt => a.request.created_at.cmp(&b.request.created_at),
        RequestSort::UpdatedAt => a_active.cmp(b_active),
        RequestSort::Priority => a.request.priority.cmp(&b.request.priority),
        RequestSort::DueAt => a.request.sla.resolution_due_at.cmp(&b.request.sla.resolution_due_at),
        RequestSort::Number => a.request.number.as_str().cmp(b.request.number.as_str()),
    };
    by.then(a.request.id.cmp(&b.request.id))
}

#[async_trait]
impl RequestViews for FakeStore {
    async fn find(
        &self,
        organization: OrganizationId,
        scope: Scope,
        _viewer: ParticipantId,
        id: SupportRequestId,
    ) -> Result<Option<RequestView>, PortError> {
        self.read("views.find")?;
        let state = self.state();
        let found = state.requests.get(&(organization, id)).filter(|request| request.deleted_at.is_none());
        Ok(found.and_then(|request| state.show(request, scope)))
    }

    async fn snapshot(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
    ) -> Result<Option<Snapshot>, PortError> {
        self.read("views.snapshot")?;
        Ok(self.stored(organization, id))
    }

    async fn by_number(
        &self,
        organization: OrganizationId,
        number: &str,
    ) -> Result<Option<SupportRequestId>, PortError> {
        self.read("views.by_number")?;
        let state = self.state();
        let found = state
            .requests
            .iter()
            .find(|((of, _), one)| *of == organization && one.number.as_str() == number && one.deleted_at.is_none());
        Ok(found.map(|((_, id), _)| *id))
    }

    async fn list(
        &self,
        organization: OrganizationId,
        scope: Scope,
        _viewer: ParticipantId,
        filter: &RequestFilter,
        page: PageRequest,
    ) -> Result<Page<RequestView>, PortError> {
        self.read("views.list")?;
        let state = self.state();
        let own = state.requests.iter().filter(|((of, _), _)| *of == organization);
        let seen = own.filter_map(|(key, request)| {
            let noted = state.active.get(key).copied();
            state
                .show(request, scope)
                .map(|view| (view, noted.map_or(request.updated_at, |at| at.max(request.updated_at))))
        });
        let mut found: Vec<Listed> = seen.filter(|one| wanted(filter, one)).collect();
        found.sort_by(|a, b| compare(filter.sort, a, b));
        if filter.order == Order::Descending {
            found.reverse();
        }
        let total = found.len() as u64;
        let from = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        Ok(Page {
            items: found.into_iter().map(|(view, _)| view).skip(from).take(page.limit() as usize).collect(),
            request: page,
            total,
        })
    }

    async fn timeline(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
    ) -> Result<Vec<TimelineEntry>, PortError> {
        self.read("views.timeline")?;
        Ok(self.timeline_of(organization, id))
    }
}

impl FakeStore {
    fn read(&self, at: &str) -> Result<(), PortError> {
        match self.fault(at) {
            Some(kind) => Err(PortError::new(kind, "as the test wants it")),
            None => Ok(()),
        }
    }
}
