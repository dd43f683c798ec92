//! Routing: rules that say how urgent a new request is and who is to answer it, and the choice among agents.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    AuditAction, AuditEntry, Availability, Caller, Claim, Env, FieldError, IdempotentCall, Language, Once,
    OrganizationId, PortError, Role, RoutingRuleId, SupportRequestId, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

use crate::{Category, Kind, People, Person, Priority, Snapshot, Status, SupportRequestError};

/// Where rules are kept. Each change is stored with the entry of the audit log, and where there is none, neither is.
#[async_trait]
pub trait RoutingStore: Send + Sync {
    /// All rules of an organisation, by position, then by id.
    async fn rules(&self, organization: OrganizationId) -> Result<Vec<RoutingRule>, PortError>;
    /// Stores a new rule, and remembers the call that asked for it in the same commit; what the claim says otherwise
    /// ([`kernel::IdempotentCalls`]), and nothing is stored then. Without a call it is always new.
    async fn add(
        &self,
        organization: OrganizationId,
        rule: &RoutingRule,
        call: Option<&IdempotentCall>,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<Claim, PortError>;
    /// Stores a new rule, or one in the place of that with its id.
    async fn put(&self, organization: OrganizationId, rule: &RoutingRule, audit: &AuditEntry) -> Result<(), PortError>;
    /// Removes a rule; `false` when there is none.
    async fn remove(
        &self,
        organization: OrganizationId,
        id: RoutingRuleId,
        audit: &AuditEntry,
    ) -> Result<bool, PortError>;
}

/// A rule. The first enabled one that fits a request decides; those after it are not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingRule {
    /// Its id.
    pub id: RoutingRuleId,
    /// What people call it: 1 to 100 characters.
    pub name: String,
    /// Where it stands among the others; of two at one place, the older comes first.
    pub position: u32,
    /// Whether it is looked at.
    pub enabled: bool,
    /// Which requests it is for.
    pub conditions: Conditions,
    /// What it decides.
    pub then: Decision,
}

/// Which requests a rule is for: those that fit all four. An empty list is fit by everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Conditions {
    /// Of one of these categories.
    pub category: Vec<Category>,
    /// Of one of these kinds.
    pub kind: Vec<Kind>,
    /// Of one of these priorities, as they were asked for.
    pub priority: Vec<Priority>,
    /// Of requesters of one of these languages.
    pub language: Vec<Language>,
}

/// What a rule decides; at least one thing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Decision {
    /// Only agents with this word among their categories, instead of the request's own category.
    pub skill: Option<Category>,
    /// Only this agent, for as long as they are an active member of staff.
    pub agent_id: Option<UserId>,
    /// How urgent it is, whatever was asked for.
    pub priority: Option<Priority>,
}

/// What rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traits {
    /// The category.
    pub category: Category,
    /// The kind.
    pub kind: Kind,
    /// The priority.
    pub priority: Priority,
    /// The requester's language.
    pub language: Language,
}

/// A request that waits for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// The request.
    pub id: SupportRequestId,
    /// What rules look at.
    pub traits: Traits,
    /// Who had it last, when it was taken from them or given back: it is not given to them again by itself.
    pub given_back_by: Option<UserId>,
}

/// How an organisation routes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoutingPlan {
    /// Whether requests are given to agents by themselves; rules set priorities in any case.
    pub auto_assign: bool,
    /// The rules that are enabled, in their order.
    pub rules: Vec<RoutingRule>,
}

/// An active member of staff, as far as it matters for what they are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutableAgent {
    /// Who.
    pub person: Person,
    /// Their role: only agents are given what no rule gives to somebody by name.
    pub role: Role,
    /// Whether they want to be asked.
    pub availability: Availability,
    /// How many requests they take at a time.
    pub capacity: u32,
    /// How many they have that are neither resolved nor closed.
    pub load: u32,
    /// What they know about; nothing in particular: any category, but no skill that a rule asks for.
    pub categories: Vec<Category>,
    /// What they speak; nothing in particular: any language.
    pub languages: Vec<Language>,
    /// When routing last gave them something.
    pub routed_at: Option<Timestamp>,
}

impl RoutingRule {
    /// The most characters of a name.
    pub const MAX_NAME_CHARS: usize = 100;
    /// The most rules of an organisation.
    pub const MAX: usize = 200;

    fn fits(&self, traits: &Traits) -> bool {
        fn among<T: PartialEq>(wanted: &[T], value: &T) -> bool {
            wanted.is_empty() || wanted.contains(value)
        }
        let Conditions { category, kind, priority, language } = &self.conditions;
        self.enabled
            && among(category, &traits.category)
            && among(kind, &traits.kind)
            && among(priority, &traits.priority)
            && among(language, &traits.language)
    }

    fn check(&self) -> Result<(), FieldError> {
        let chars = self.name.chars().count();
        if self.name.trim().is_empty() {
            Err(FieldError::new("name", "required"))
        } else if chars > Self::MAX_NAME_CHARS {
            Err(FieldError::new("name", "too_long"))
        } else if self.name.chars().any(char::is_control) {
            Err(FieldError::new("name", "invalid"))
        } else if self.then == Decision::default() {
            Err(FieldError::new("then", "required"))
        } else {
            Ok(())
        }
    }
}

impl RoutingPlan {
    /// The rule that decides over such a request.
    pub fn rule_for(&self, traits: &Traits) -> Option<&RoutingRule> {
        self.rules.iter().find(|rule| rule.fits(traits))
    }

    /// Who is to answer such a request, and the rule that had a say in it: of those who are online, have a free place
    /// and the skill, whoever has the least to do; of equals, whoever was given nothing for longest. Never `except`.
    pub fn choose<'a>(
        &'a self,
        traits: &Traits,
        except: Option<UserId>,
        agents: &'a [RoutableAgent],
    ) -> Option<(&'a RoutableAgent, Option<&'a RoutingRule>)> {
        let rule = self.rule_for(traits);
        let then = rule.map(|rule| &rule.then);
        let named = then.and_then(|then| then.agent_id).filter(|id| agents.iter().any(|agent| agent.person.id == *id));
        let skill = then.and_then(|then| then.skill.as_ref());
        let may = |agent: &&RoutableAgent| match named {
            Some(named) => agent.person.id == named,
            None => agent.role == Role::Agent && agent.is_able(traits, skill),
        };
        let free = agents.iter().filter(|agent| agent.has_a_place() && except != Some(agent.person.id)).filter(may);
        let agent = free.min_by_key(|agent| (agent.load, agent.routed_at, agent.person.id))?;
        Some((agent, rule.filter(|rule| named.is_some() || rule.then.skill.is_some())))
    }
}

impl RoutableAgent {
    /// Whether they can be given something now.
    pub fn has_a_place(&self) -> bool {
        self.availability == Availability::Online && self.load < self.capacity
    }

    fn is_able(&self, traits: &Traits, skill: Option<&Category>) -> bool {
        let knows = match skill {
            Some(skill) => self.categories.contains(skill),
            None => self.categories.is_empty() || self.categories.contains(&traits.category),
        };
        knows && (self.languages.is_empty() || self.languages.contains(&traits.language))
    }
}

impl Snapshot {
    /// What rules look at.
    pub fn traits(&self) -> Traits {
        let Self { category, kind, priority, language, .. } = self;
        Traits { category: category.clone(), kind: *kind, priority: *priority, language: *language }
    }

    /// Whether it waits for somebody to answer it, in everybody's sight.
    pub fn waits_for_an_agent(&self, now: Timestamp) -> bool {
        let is_snoozed = self.snoozed_until.is_some_and(|until| until > now);
        self.status == Status::Open && self.assignee.is_none() && !is_snoozed && self.deleted_at.is_none()
    }
}

/// The settings of routing. A change counts for what is routed from then on.
pub struct RoutingRules {
    store: Arc<dyn RoutingStore>,
    people: Arc<dyn People>,
    env: Arc<dyn Env>,
}

/// What is to become of a rule; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct RuleChange {
    /// Another name.
    pub name: Option<String>,
    /// Another place.
    pub position: Option<u32>,
    /// Looked at from now on, or not.
    pub enabled: Option<bool>,
    /// For other requests.
    pub conditions: Option<Conditions>,
    /// Another decision.
    pub then: Option<Decision>,
}

impl RoutingRules {
    /// Puts them together.
    pub fn new(store: Arc<dyn RoutingStore>, people: Arc<dyn People>, env: Arc<dyn Env>) -> Self {
        Self { store, people, env }
    }

    /// All rules, in their order, to administrators.
    ///
    /// # Errors
    /// `NotAllowed` for anybody else.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<RoutingRule>, SupportRequestError> {
        Ok(self.store.rules(caller.at_least(Role::Admin)?.organization()).await?)
    }

    /// Adds a rule, behind all others unless a place is given; for a call with a name, once.
    ///
    /// # Errors
    /// `NotAllowed` but for admins; `Invalid`; `Key` when the key came with another body, or the call is running;
    /// `NotFound` when what the call made is gone.
    pub async fn add(
        &self,
        caller: &Caller,
        new: RuleChange,
        call: Option<&IdempotentCall>,
    ) -> Result<Once<RoutingRule>, SupportRequestError> {
        let known = self.list(caller).await?;
        if known.len() >= RoutingRule::MAX {
            return Err(FieldError::new("name", "too_many").into());
        }
        let last = known.last().map_or(0, |rule| rule.position.saturating_add(1));
        let rule = RoutingRule {
            id: RoutingRuleId::new(self.env.uuid()),
            name: String::new(),
            position: last,
            enabled: true,
            conditions: Conditions::default(),
            then: Decision::default(),
        };
        let rule = self.changed(caller, rule, new).await?;
        let audit = self.audit(caller, "routing_rule.added", rule.id);
        match self.store.add(caller.organization(), &rule, call, self.env.now(), &audit).await?.repeat()? {
            None => Ok(Once::Done(rule)),
            Some(repeat) => Ok(Once::Repeat(repeat)),
        }
    }

    /// A rule, to administrators.
    ///
    /// # Errors
    /// `NotAllowed` for anybody else; `NotFound`.
    pub async fn find(&self, caller: &Caller, id: RoutingRuleId) -> Result<RoutingRule, SupportRequestError> {
        let known = self.list(caller).await?;
        known.into_iter().find(|rule| rule.id == id).ok_or(SupportRequestError::NotFound)
    }

    /// Changes a rule.
    ///
    /// # Errors
    /// `NotAllowed` but for admins; `NotFound`; `Invalid`.
    pub async fn change(
        &self,
        caller: &Caller,
        id: RoutingRuleId,
        change: RuleChange,
    ) -> Result<RoutingRule, SupportRequestError> {
        let rule = self.find(caller, id).await?;
        let rule = self.changed(caller, rule, change).await?;
        let audit = self.audit(caller, "routing_rule.changed", id);
        self.store.put(caller.organization(), &rule, &audit).await?;
        Ok(rule)
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// `NotAllowed` but for admins; `NotFound`.
    pub async fn remove(&self, caller: &Caller, id: RoutingRuleId) -> Result<(), SupportRequestError> {
        let organization = caller.at_least(Role::Admin)?.organization();
        let audit = self.audit(caller, "routing_rule.removed", id);
        if self.store.remove(organization, id, &audit).await? { Ok(()) } else { Err(SupportRequestError::NotFound) }
    }

    fn audit(&self, caller: &Caller, action: AuditAction, rule: RoutingRuleId) -> AuditEntry {
        AuditEntry::by(caller, action, &*self.env).on("routing_rule", rule.uuid())
    }

    async fn changed(
        &self,
        caller: &Caller,
        mut rule: RoutingRule,
        change: RuleChange,
    ) -> Result<RoutingRule, SupportRequestError> {
        let agent_before = rule.then.agent_id;
        rule.name = change.name.map_or(rule.name, |name| name.trim().to_owned());
        rule.position = change.position.unwrap_or(rule.position);
        rule.enabled = change.enabled.unwrap_or(rule.enabled);
        rule.conditions = change.conditions.unwrap_or(rule.conditions);
        rule.then = change.then.unwrap_or(rule.then);
        rule.check()?;
        if let Some(agent) = rule.then.agent_id.filter(|agent| agent_before != Some(*agent)) {
            let found = self.people.agent(caller.organization(), agent).await?;
            found.ok_or_else(|| FieldError::new("then.agent_id", "unknown"))?;
        }
        Ok(rule)
    }
}
