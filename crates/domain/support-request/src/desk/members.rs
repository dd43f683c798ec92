//! Who takes part in a request beside those who ask and answer.

use kernel::{Audience, Caller, SupportRequestId, UserId};

use super::{Desk, Result, actor};
use crate::{By, Hand, Member, Outcome, Person, RequestTx, SupportRequest, SupportRequestError};

impl Desk {
    /// The agents who were added to a request, the longest there first.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` but for staff.
    pub async fn members(&self, caller: &Caller, id: SupportRequestId) -> Result<Vec<Member>> {
        self.view(caller, id).await?;
        caller.agent()?;
        Ok(self.views.members(caller.organization(), id).await?)
    }

    /// Adds an agent, who sees the request from then on, whoever answers it. One who was added before stays one.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` but for staff; `Invalid` when there is no such agent.
    pub async fn add_member(&self, caller: &Caller, id: SupportRequestId, agent: UserId) -> Result<Member> {
        // Who sees nothing here is not told which agents there are.
        self.view(caller, id).await?;
        caller.agent()?;
        let person = self.people.agent(caller.organization(), agent).await?;
        let person = [person.ok_or_else(|| kernel::FieldError::new("user_id", "unknown"))?];
        let (outcome, before) = self.again(|| self.try_add(caller, id, &person)).await?;
        self.tell_members(caller, id, "participant_added", before, outcome).await?;
        let all = self.views.members(caller.organization(), id).await?;
        // Nothing, when somebody else has taken them away in the meantime.
        all.into_iter().find(|member| member.id == agent).ok_or(SupportRequestError::NotFound)
    }

    /// Removes an agent, who sees the request from then on only if their role or their answering it lets them. One
    /// who does not take part is left alone.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` but for staff.
    pub async fn remove_member(&self, caller: &Caller, id: SupportRequestId, agent: UserId) -> Result<()> {
        let all = self.members(caller, id).await?;
        let Some(member) = all.into_iter().find(|member| member.id == agent) else { return Ok(()) };
        let person = Person { id: member.id, name: member.name };
        let (outcome, before) = self.again(|| self.try_remove(caller, id, &person)).await?;
        self.tell_members(caller, id, "participant_removed", before, outcome).await
    }

    /// Adds those who are no members yet, within a change of something else. The caller stores what it gives.
    pub(super) async fn join(
        &self,
        tx: &mut dyn RequestTx,
        request: &mut SupportRequest,
        before: &Audience,
        agents: &[Person],
        by: &By<'_>,
    ) -> Result<Outcome> {
        let is_new = |agent: &&Person| !before.members.contains(&agent.id.into());
        let new: Vec<Person> = agents.iter().filter(is_new).cloned().collect();
        let outcome = request.members_added(&new, by);
        for agent in &new {
            tx.members().add(request.snapshot().id, agent, self.env.now()).await?;
        }
        if outcome.changed {
            tx.requests().save(request).await?;
        }
        Ok(outcome)
    }

    /// Tells of those who were added or removed, if anybody was.
    pub(super) async fn tell_members(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        event: &'static str,
        before: Audience,
        outcome: Outcome,
    ) -> Result<()> {
        if outcome.changed {
            let view = self.seen(caller, id).await?;
            self.tell(event, Some(before), &view, outcome);
        }
        Ok(())
    }

    /// A request that the caller sees, locked, with who else does.
    pub(super) async fn locked(
        &self,
        tx: &mut dyn RequestTx,
        caller: &Caller,
        id: SupportRequestId,
    ) -> Result<(SupportRequest, Audience)> {
        let found = tx.requests().get(id).await?;
        let audience = tx.requests().audience(id).await?.filter(|audience| caller.scope().covers(audience));
        found.zip(audience).ok_or(SupportRequestError::NotFound)
    }

    async fn try_add(&self, caller: &Caller, id: SupportRequestId, agent: &[Person]) -> Result<(Outcome, Audience)> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let (mut request, before) = self.locked(&mut *tx, caller, id).await?;
        let (actor, terms) = (actor(caller), tx.requests().terms().await?);
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let outcome = self.join(&mut *tx, &mut request, &before, agent, &by).await?;
        self.store_changes(tx, &request, &outcome).await?;
        Ok((outcome, before))
    }

    async fn try_remove(&self, caller: &Caller, id: SupportRequestId, agent: &Person) -> Result<(Outcome, Audience)> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let (mut request, before) = self.locked(&mut *tx, caller, id).await?;
        if !before.members.contains(&agent.id.into()) {
            return Ok((Outcome::default(), before));
        }
        let (actor, terms) = (actor(caller), tx.requests().terms().await?);
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let outcome = request.member_removed(agent, &by);
        tx.members().remove(id, agent.id).await?;
        tx.requests().save(&request).await?;
        self.store_changes(tx, &request, &outcome).await?;
        Ok((outcome, before))
    }
}
