//! Reading past the aggregate, over the committed state.

use std::{cmp::Ordering, collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use kernel::{
    InternalNoteId, Order, OrganizationId, Page, PageRequest, ParticipantId, PortError, Scope, SupportRequestId,
    Timestamp,
};

use super::{FakeStore, State};
use crate::{
    Asker, InternalNote, LastMessage, Member, RequestFilter, RequestSort, RequestView, RequestViews, Snapshot, Status,
    Tally, TimelineEntry,
};

impl State {
    fn show(&self, request: &Snapshot, scope: Scope) -> Option<RequestView> {
        let audience = request.audience(self.members_of((request.organization, request.id)));
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

impl State {
    /// What statistics are made of.
    fn counted(&self, organization: OrganizationId, scope: Scope, asker: Option<&Asker>) -> Vec<RequestView> {
        let own = self.requests.iter().filter(|((of, _), one)| *of == organization && one.deleted_at.is_none());
        let is_theirs = |one: &&Snapshot| match asker {
            None => true,
            Some(Asker::Id(id)) => one.requester.id == *id,
            Some(Asker::Email(email)) => {
                one.requester.email.as_ref().is_some_and(|own| own.to_lowercase() == email.to_lowercase())
            }
        };
        own.map(|(_, one)| one).filter(is_theirs).filter_map(|one| self.show(one, scope)).collect()
    }
}

fn tally(one: &Snapshot) -> Tally {
    let settled_at = one.resolved_at.or(one.closed_at);
    let since = |at: Option<Timestamp>| at.map_or(Duration::ZERO, |at| at.since(one.created_at));
    Tally {
        status: one.status,
        priority: one.priority,
        category: one.category.clone(),
        requests: 1,
        answered: one.first_response_at.is_some().into(),
        first_response: since(one.first_response_at),
        settled: settled_at.is_some().into(),
        resolution: since(settled_at),
        rated: one.rating.is_some().into(),
        points: one.rating.as_ref().map_or(0, |rating| rating.score.get().into()),
        escalated: one.escalated_at.is_some().into(),
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

    async fn tallies(
        &self,
        organization: OrganizationId,
        scope: Scope,
        asker: Option<&Asker>,
    ) -> Result<Vec<Tally>, PortError> {
        self.read("views.tallies")?;
        let mut found: BTreeMap<_, Tally> = BTreeMap::new();
        for view in self.state().counted(organization, scope, asker) {
            let one = tally(&view.request);
            let key = (one.status, one.priority, one.category.as_str().to_owned());
            let Some(sum) = found.get_mut(&key) else {
                found.insert(key, one);
                continue;
            };
            sum.requests += one.requests;
            sum.answered += one.answered;
            sum.first_response += one.first_response;
            sum.settled += one.settled;
            sum.resolution += one.resolution;
            sum.rated += one.rated;
            sum.points += one.points;
            sum.escalated += one.escalated;
        }
        Ok(found.into_values().collect())
    }

    async fn unread(
        &self,
        organization: OrganizationId,
        scope: Scope,
        _viewer: ParticipantId,
        asker: Option<&Asker>,
    ) -> Result<u64, PortError> {
        self.read("views.unread")?;
        let counted = self.state().counted(organization, scope, asker);
        let open = counted.iter().filter(|view| view.request.status != Status::Closed);
        Ok(open.map(|view| view.unread_count).sum())
    }

    async fn timeline(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
    ) -> Result<Vec<TimelineEntry>, PortError> {
        self.read("views.timeline")?;
        Ok(self.timeline_of(organization, id))
    }

    async fn notes(&self, organization: OrganizationId, id: SupportRequestId) -> Result<Vec<InternalNote>, PortError> {
        self.read("views.notes")?;
        Ok(self.notes_of(organization, id))
    }

    async fn note(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
        note: InternalNoteId,
    ) -> Result<Option<InternalNote>, PortError> {
        self.read("views.note")?;
        Ok(self.notes_of(organization, id).into_iter().find(|one| one.id == note))
    }

    async fn members(&self, organization: OrganizationId, id: SupportRequestId) -> Result<Vec<Member>, PortError> {
        self.read("views.members")?;
        Ok(self.members_shown(organization, id))
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
