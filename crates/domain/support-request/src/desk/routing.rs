//! Requests that are given to agents by themselves.

use std::collections::BTreeSet;

use kernel::{Audience, OrganizationId, ParticipantId, Scope, SupportRequestId, UserId};

use super::{Desk, Result};
use crate::{
    Actor, By, Hand, OpenRequest, Outcome, RequestTx, RoutableAgent, RoutingPlan, SlaTerms, SupportRequest,
    SupportRequestError, TimelineKind, Traits, Unanswered, telling::entry,
};

/// How many requests that wait are looked at, the most urgent and then the oldest first.
const LOOKED_AT: u32 = 1_000;

impl Desk {
    /// Gives requests of an organisation that nobody answers to agents who have a place for them, as long as there
    /// are both. How many. Nothing where assignment is not automatic. No request is given twice and no agent gets
    /// more than they take, on however many nodes this runs at once; what people give each other by hand counts from
    /// its commit. One that cannot be given does not hold up the others.
    ///
    /// # Errors
    /// When a part is down.
    pub async fn assign_waiting(&self, organization: OrganizationId) -> Result<usize> {
        let (mut given, mut passed) = (0, BTreeSet::new());
        loop {
            match self.again(|| self.try_assign_next(organization, &passed)).await? {
                Next::Nothing => return Ok(given),
                // Somebody took it by hand, or changed it: the next look knows.
                Next::Again => {}
                Next::Given(id, before, outcome) => {
                    given += 1;
                    self.tell_assigned(organization, id, before, outcome).await;
                }
                Next::Failed(id, error) => {
                    tracing::warn!(support_request_id = %id, %error, "a request could not be given to an agent");
                    passed.insert(id);
                }
            }
        }
    }

    async fn try_assign_next(&self, organization: OrganizationId, passed: &BTreeSet<SupportRequestId>) -> Result<Next> {
        let mut tx = self.store.begin(organization).await?;
        let plan = tx.routing().plan().await?;
        if !plan.auto_assign {
            return Ok(Next::Nothing);
        }
        let agents = tx.routing().lock_agents().await?;
        if !agents.iter().any(RoutableAgent::has_a_place) {
            return Ok(Next::Nothing);
        }
        let waiting = tx.routing().waiting(self.env.now(), LOOKED_AT).await?;
        let fits = |one: &Unanswered| {
            !passed.contains(&one.id) && plan.choose(&one.traits, one.given_back_by, &agents).is_some()
        };
        let Some(Unanswered { id, given_back_by, .. }) = waiting.into_iter().find(fits) else {
            return Ok(Next::Nothing);
        };
        match self.assign_next(tx, id, given_back_by, (&plan, &agents)).await {
            Ok(Some((before, outcome))) => Ok(Next::Given(id, before, outcome)),
            Ok(None) => Ok(Next::Again),
            Err(error) if error.is_conflict() => Err(error),
            Err(error) => Ok(Next::Failed(id, error)),
        }
    }

    async fn assign_next(
        &self,
        mut tx: Box<dyn RequestTx>,
        id: SupportRequestId,
        except: Option<UserId>,
        choices: (&RoutingPlan, &[RoutableAgent]),
    ) -> Result<Option<(Option<Audience>, Outcome)>> {
        let before = tx.requests().audience(id).await?;
        let Some(mut request) = tx.requests().get(id).await? else { return Ok(None) };
        let terms = tx.requests().terms().await?;
        let traits = request.snapshot().traits();
        let given = self.give(tx.as_mut(), &mut request, (&traits, except), choices, &terms).await?;
        let Some(outcome) = given else { return Ok(None) };
        tx.requests().save(&request).await?;
        let conversation = request.snapshot().conversation;
        tx.conversations().follow(conversation, &request.conversation_state()).await?;
        self.store_changes(tx, &request, &outcome).await?;
        Ok(Some((before, outcome)))
    }

    /// The priority that a rule sets for a new request, with what is to be told of that.
    pub(super) fn prioritise(&self, plan: &RoutingPlan, order: &mut OpenRequest, traits: &Traits) -> Outcome {
        let Some(rule) = plan.rule_for(traits) else { return Outcome::default() };
        let Some(priority) = rule.then.priority.filter(|priority| *priority != order.priority) else {
            return Outcome::default();
        };
        let (actor, terms) = (guichet(), SlaTerms::default());
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let mut told = entry(TimelineKind::PriorityChanged, &by);
        told.old = Some(order.priority.as_str().to_owned());
        told.new = Some(priority.as_str().to_owned());
        told.metadata.insert("rule".to_owned(), rule.name.clone().into());
        order.priority = priority;
        Outcome { timeline: vec![told], ..Outcome::default() }
    }

    /// Gives a new request to an agent, where that is automatic and somebody has a place.
    pub(super) async fn route_new(
        &self,
        tx: &mut dyn RequestTx,
        request: &mut SupportRequest,
        plan: &RoutingPlan,
        traits: &Traits,
        terms: &SlaTerms,
    ) -> Result<Option<Outcome>> {
        if !plan.auto_assign || !request.snapshot().waits_for_an_agent(self.env.now()) {
            return Ok(None);
        }
        let agents = tx.routing().lock_agents().await?;
        self.give(tx, request, (traits, None), (plan, &agents), terms).await
    }

    /// Under the lock on the agents.
    async fn give(
        &self,
        tx: &mut dyn RequestTx,
        request: &mut SupportRequest,
        (traits, except): (&Traits, Option<UserId>),
        (plan, agents): (&RoutingPlan, &[RoutableAgent]),
        terms: &SlaTerms,
    ) -> Result<Option<Outcome>> {
        let now = self.env.now();
        if !request.snapshot().waits_for_an_agent(now) {
            return Ok(None);
        }
        let Some((agent, rule)) = plan.choose(traits, except, agents) else { return Ok(None) };
        let actor = guichet();
        let by = By { actor: &actor, hand: Hand::To(&agent.person), env: &*self.env, terms };
        let outcome = request.given_to(&agent.person, rule.map(|rule| rule.name.as_str()), &by);
        tx.routing().note_routed(agent.person.id, now).await?;
        Ok(Some(outcome))
    }

    async fn tell_assigned(
        &self,
        organization: OrganizationId,
        id: SupportRequestId,
        before: Option<Audience>,
        outcome: Outcome,
    ) {
        match self.views.find(organization, Scope::All, ParticipantId::new(id.uuid()), id).await {
            Ok(Some(view)) => self.tell("assigned", before, &view, outcome),
            // It is stored; who watches is told by the next change, or fetches.
            Ok(None) => tracing::debug!(support_request_id = %id, "gone before it could be shown"),
            Err(error) => tracing::warn!(support_request_id = %id, %error, "an assignment could not be shown"),
        }
    }
}

/// What came of a look at those who wait.
enum Next {
    Nothing,
    Again,
    Given(SupportRequestId, Option<Audience>, Outcome),
    Failed(SupportRequestId, SupportRequestError),
}

fn guichet() -> Actor {
    Actor { id: None, name: "Guichet".to_owned() }
}
