//! Routing and settings, in memory.

use std::cmp::Reverse;

use async_trait::async_trait;
use kernel::{AuditEntry, Claim, IdempotentCall, OrganizationId, PortError, RoutingRuleId, Timestamp, UserId};

use super::{FakeStore, State, tx::FakeTx};
use crate::{
    RequestSettings, RoutableAgent, Routing, RoutingPlan, RoutingRule, RoutingStore, Settings, Snapshot, TimelineKind,
    Unanswered,
};

impl State {
    fn rules(&self, organization: OrganizationId) -> Vec<RoutingRule> {
        let own = self.rules.iter().filter(|((of, _), _)| *of == organization).map(|(_, rule)| rule.clone());
        let mut rules: Vec<_> = own.collect();
        rules.sort_by_key(|rule| (rule.position, rule.id));
        rules
    }

    fn of(&self, organization: OrganizationId) -> Result<RequestSettings, PortError> {
        self.settings.get(&organization).copied().ok_or_else(|| PortError::corrupt("no such organisation"))
    }

    fn requests_of(&self, organization: OrganizationId) -> impl Iterator<Item = &Snapshot> {
        self.requests.iter().filter(move |((of, _), _)| *of == organization).map(|(_, request)| request)
    }
}

#[async_trait]
impl Routing for FakeTx {
    async fn plan(&mut self) -> Result<RoutingPlan, PortError> {
        self.enter("routing.plan")?;
        let auto_assign = self.work.of(self.organization)?.auto_assign;
        let mut rules = self.work.rules(self.organization);
        rules.retain(|rule| rule.enabled);
        Ok(RoutingPlan { auto_assign, rules })
    }

    /// There is one transaction at a time.
    async fn lock_agents(&mut self) -> Result<Vec<RoutableAgent>, PortError> {
        self.enter("routing.lock_agents")?;
        let organization = self.organization;
        let agents = self.work.agents.iter().filter(|((of, _), _)| *of == organization);
        let loaded = |((_, id), agent): (&(OrganizationId, UserId), &RoutableAgent)| {
            let is_theirs = |request: &&Snapshot| {
                request.assignee == Some(*id) && !request.status.is_settled() && request.deleted_at.is_none()
            };
            let load = self.work.requests_of(organization).filter(is_theirs).count();
            RoutableAgent { load: u32::try_from(load).unwrap_or(u32::MAX), ..agent.clone() }
        };
        Ok(agents.map(loaded).collect())
    }

    async fn waiting(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Unanswered>, PortError> {
        self.enter("routing.waiting")?;
        let mut waiting: Vec<_> =
            self.work.requests_of(self.organization).filter(|request| request.waits_for_an_agent(now)).collect();
        waiting.sort_by_key(|request| (Reverse(request.priority), request.created_at, request.id));
        let given_back_by = |request: &Snapshot| {
            let mut entries =
                self.work.timeline.iter().rev().filter(|(of, on, _)| (*of, *on) == (self.organization, request.id));
            let last = entries.find(|(_, _, entry)| entry.kind == TimelineKind::AssigneeChanged);
            last.filter(|(_, _, entry)| entry.new.is_none()).and_then(|(_, _, entry)| entry.old.as_ref()?.parse().ok())
        };
        let one = |request: &Snapshot| Unanswered {
            id: request.id,
            traits: request.traits(),
            given_back_by: given_back_by(request),
        };
        Ok(waiting.into_iter().take(limit as usize).map(one).collect())
    }

    async fn note_routed(&mut self, agent: UserId, at: Timestamp) -> Result<(), PortError> {
        self.enter("routing.note_routed")?;
        if let Some(agent) = self.work.agents.get_mut(&(self.organization, agent)) {
            agent.routed_at = Some(at);
        }
        Ok(())
    }
}

#[async_trait]
impl RoutingStore for FakeStore {
    async fn rules(&self, organization: OrganizationId) -> Result<Vec<RoutingRule>, PortError> {
        Ok(self.state().rules(organization))
    }

    async fn add(
        &self,
        organization: OrganizationId,
        rule: &RoutingRule,
        call: Option<&IdempotentCall>,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<Claim, PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        let claim = call.map_or(Claim::New, |call| state.calls.claim(organization, call, rule.id.uuid(), now));
        if claim == Claim::New {
            state.rules.insert((organization, rule.id), rule.clone());
            state.audit.push(audit.clone());
        }
        Ok(claim)
    }

    async fn put(&self, organization: OrganizationId, rule: &RoutingRule, audit: &AuditEntry) -> Result<(), PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        state.rules.insert((organization, rule.id), rule.clone());
        state.audit.push(audit.clone());
        Ok(())
    }

    async fn remove(
        &self,
        organization: OrganizationId,
        id: RoutingRuleId,
        audit: &AuditEntry,
    ) -> Result<bool, PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        let is_removed = state.rules.remove(&(organization, id)).is_some();
        if is_removed {
            state.audit.push(audit.clone());
        }
        Ok(is_removed)
    }
}

#[async_trait]
impl Settings for FakeStore {
    async fn of(&self, organization: OrganizationId) -> Result<RequestSettings, PortError> {
        self.state().of(organization)
    }

    async fn all(&self) -> Result<Vec<(OrganizationId, RequestSettings)>, PortError> {
        Ok(self.state().settings.iter().map(|(id, settings)| (*id, *settings)).collect())
    }

    async fn set(
        &self,
        organization: OrganizationId,
        settings: &RequestSettings,
        audit: &AuditEntry,
    ) -> Result<(), PortError> {
        let _held = self.turn.take().await;
        let mut state = self.state();
        state.of(organization)?;
        state.settings.insert(organization, *settings);
        state.audit.push(audit.clone());
        Ok(())
    }
}
