//! Categories, canned replies and saved views, in memory.

use async_trait::async_trait;
use kernel::{
    AuditEntry, CannedReplyId, Claim, IdempotentCall, OrganizationId, PortError, SavedViewId, Timestamp, UserId,
};
use uuid::Uuid;

use super::{FakeStore, State};
use crate::{
    CannedReply, CannedReplyStore, Category, CategoryStore, ListedCategory, Removal, SavedView, SavedViewStore, Stored,
};

impl State {
    pub(super) fn categories_of(&self, organization: OrganizationId) -> Vec<ListedCategory> {
        let mut all = self.categories.get(&organization).cloned().unwrap_or_else(ListedCategory::defaults);
        all.sort_by(|a, b| (a.position, a.id.as_str()).cmp(&(b.position, b.id.as_str())));
        all
    }

    /// The claim that keeps a call from being carried out, if one does.
    fn claimed(
        &mut self,
        organization: OrganizationId,
        call: Option<&IdempotentCall>,
        resource: Uuid,
        now: Timestamp,
    ) -> Option<Claim> {
        let claim = self.calls.claim(organization, call?, resource, now);
        (claim != Claim::New).then_some(claim)
    }

    fn has_shortcut(&self, organization: OrganizationId, new: &CannedReply) -> bool {
        self.canned_replies.iter().any(|(of, one)| {
            let among = one.draft.shared == new.draft.shared && (one.draft.shared || one.owner == new.owner);
            *of == organization && one.id != new.id && among && one.draft.shortcut == new.draft.shortcut
        })
    }
}

#[async_trait]
impl CategoryStore for FakeStore {
    async fn categories(&self, organization: OrganizationId) -> Result<Vec<ListedCategory>, PortError> {
        Ok(self.state().categories_of(organization))
    }

    async fn insert_category(
        &self,
        organization: OrganizationId,
        category: &ListedCategory,
        call: Option<&IdempotentCall>,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<Stored, PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        let mut all = state.categories_of(organization);
        // As in a transaction: what is taken is not claimed either.
        let before = state.calls.clone();
        if let Some(claim) = state.claimed(organization, call, organization.uuid(), now) {
            return Ok(Stored::Before(claim));
        }
        if all.iter().any(|one| one.id == category.id) {
            state.calls = before;
            return Ok(Stored::Taken);
        }
        all.push(category.clone());
        state.categories.insert(organization, all);
        state.audit.push(audit.clone());
        Ok(Stored::Done)
    }

    async fn update_category(
        &self,
        organization: OrganizationId,
        category: &ListedCategory,
        audit: &AuditEntry,
    ) -> Result<bool, PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        let mut all = state.categories_of(organization);
        let Some(stored) = all.iter_mut().find(|one| one.id == category.id) else { return Ok(false) };
        *stored = category.clone();
        state.categories.insert(organization, all);
        state.audit.push(audit.clone());
        Ok(true)
    }

    async fn remove_category(
        &self,
        organization: OrganizationId,
        category: &Category,
        audit: &AuditEntry,
    ) -> Result<Removal, PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        let mut all = state.categories_of(organization);
        let Some(at) = all.iter().position(|one| one.id == *category) else { return Ok(Removal::Missing) };
        if state.requests.iter().any(|((of, _), one)| *of == organization && one.category == *category) {
            return Ok(Removal::InUse);
        }
        all.remove(at);
        state.categories.insert(organization, all);
        state.audit.push(audit.clone());
        Ok(Removal::Done)
    }
}

#[async_trait]
impl CannedReplyStore for FakeStore {
    async fn canned_replies(&self, organization: OrganizationId, agent: UserId) -> Result<Vec<CannedReply>, PortError> {
        let state = self.state();
        let seen = |(of, one): &&(OrganizationId, CannedReply)| {
            *of == organization && (one.draft.shared || one.owner == agent)
        };
        let mut found: Vec<CannedReply> =
            state.canned_replies.iter().filter(seen).map(|(_, one)| one.clone()).collect();
        found.sort_by(|a, b| (a.draft.shortcut.as_str(), a.id).cmp(&(b.draft.shortcut.as_str(), b.id)));
        Ok(found)
    }

    async fn insert_canned_reply(
        &self,
        organization: OrganizationId,
        reply: &CannedReply,
        call: Option<&IdempotentCall>,
    ) -> Result<Stored, PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        let before = state.calls.clone();
        if let Some(claim) = state.claimed(organization, call, reply.id.uuid(), reply.created_at) {
            return Ok(Stored::Before(claim));
        }
        if state.has_shortcut(organization, reply) {
            state.calls = before;
            return Ok(Stored::Taken);
        }
        state.canned_replies.push((organization, reply.clone()));
        Ok(Stored::Done)
    }

    async fn update_canned_reply(
        &self,
        organization: OrganizationId,
        reply: &CannedReply,
    ) -> Result<Stored, PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        if state.has_shortcut(organization, reply) {
            return Ok(Stored::Taken);
        }
        let is = |(of, one): &&mut (OrganizationId, CannedReply)| (*of, one.id) == (organization, reply.id);
        if let Some((_, stored)) = state.canned_replies.iter_mut().find(is) {
            *stored = reply.clone();
        }
        Ok(Stored::Done)
    }

    async fn remove_canned_reply(&self, organization: OrganizationId, id: CannedReplyId) -> Result<(), PortError> {
        let _held = self.turn.take().await;
        self.state().canned_replies.retain(|(of, one)| (*of, one.id) != (organization, id));
        Ok(())
    }
}

#[async_trait]
impl SavedViewStore for FakeStore {
    async fn saved_views(&self, organization: OrganizationId, agent: UserId) -> Result<Vec<SavedView>, PortError> {
        let state = self.state();
        let seen =
            |(of, one): &&(OrganizationId, SavedView)| *of == organization && (one.draft.shared || one.owner == agent);
        let mut found: Vec<SavedView> = state.saved_views.iter().filter(seen).map(|(_, one)| one.clone()).collect();
        let key = |one: &SavedView| (one.draft.position, one.draft.name.as_str().to_owned(), one.id);
        found.sort_by_key(key);
        Ok(found)
    }

    async fn insert_saved_view(
        &self,
        organization: OrganizationId,
        view: &SavedView,
        call: Option<&IdempotentCall>,
    ) -> Result<Stored, PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        if let Some(claim) = state.claimed(organization, call, view.id.uuid(), view.created_at) {
            return Ok(Stored::Before(claim));
        }
        state.saved_views.push((organization, view.clone()));
        Ok(Stored::Done)
    }

    async fn update_saved_view(&self, organization: OrganizationId, view: &SavedView) -> Result<(), PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        let is = |(of, one): &&mut (OrganizationId, SavedView)| (*of, one.id) == (organization, view.id);
        if let Some((_, stored)) = state.saved_views.iter_mut().find(is) {
            *stored = view.clone();
        }
        Ok(())
    }

    async fn remove_saved_view(&self, organization: OrganizationId, id: SavedViewId) -> Result<(), PortError> {
        let _held = self.turn.take().await;
        self.state().saved_views.retain(|(of, one)| (*of, one.id) != (organization, id));
        Ok(())
    }
}
