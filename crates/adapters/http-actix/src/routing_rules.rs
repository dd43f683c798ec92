//! Rules of how requests are routed.

use std::str::FromStr;

use actix_web::{delete, get, patch, post, web::Data};
use kernel::{Language, Once, Role, RoutingRuleId, UserId};
use serde::{Deserialize, Serialize};
use support_request::{Category, Conditions, Decision, Kind, Priority, RoutingRule, RuleChange};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, created, nothing, ok, replayed},
    checks::Checks,
    extract::{Id, Json, Key, Known},
    failure::Failure,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_rules).service(add_rule).service(change_rule).service(remove_rule);
}

/// The rules, in the order in which they are looked at.
#[derive(Serialize, ToSchema)]
struct Rules {
    items: Vec<Rule>,
}

/// A rule. The first enabled one that fits a request decides.
#[derive(Serialize, ToSchema)]
struct Rule {
    id: Uuid,
    #[schema(example = "Retours en anglais")]
    name: String,
    /// Where it stands among the others; of two at one place, the older comes first.
    position: u32,
    /// Whether it is looked at.
    enabled: bool,
    conditions: RuleConditions,
    then: RuleDecision,
}

/// Which requests a rule is for: those that fit all four lists. An empty one is fit by everything.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"category": ["returns"], "kind": [], "priority": [], "language": ["en"]}))]
struct RuleConditions {
    #[serde(default)]
    #[schema(required, max_items = 50)]
    category: Vec<String>,
    /// `chat`, `contact_form`, `claim`, `order_issue`, `product_issue`, `appointment`.
    #[serde(default)]
    #[schema(required)]
    kind: Vec<String>,
    /// `low`, `normal`, `high`, `urgent`, as the requester asked for.
    #[serde(default)]
    #[schema(required)]
    priority: Vec<String>,
    /// `fr`, `en`.
    #[serde(default)]
    #[schema(required)]
    language: Vec<String>,
}

/// What a rule decides; at least one thing. Nobody is given anything unless `auto_assign` is switched on for the
/// organisation; the priority is set in any case.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"skill": "english", "agent_id": null, "priority": "high"}))]
struct RuleDecision {
    /// Only agents with this word among the categories of their skills.
    #[schema(required)]
    skill: Option<String>,
    /// Only this member of staff.
    #[schema(required, value_type = Option<Uuid>)]
    agent_id: Option<String>,
    /// How urgent it is, whatever was asked for; set before deadlines are promised.
    #[schema(required)]
    priority: Option<String>,
}

impl From<RoutingRule> for Rule {
    fn from(rule: RoutingRule) -> Self {
        let RoutingRule { id, name, position, enabled, conditions, then } = rule;
        let conditions = RuleConditions {
            category: conditions.category.iter().map(|word| word.as_str().to_owned()).collect(),
            kind: conditions.kind.iter().map(|word| word.as_str().to_owned()).collect(),
            priority: conditions.priority.iter().map(|word| word.as_str().to_owned()).collect(),
            language: conditions.language.iter().map(|word| word.as_str().to_owned()).collect(),
        };
        let then = RuleDecision {
            skill: then.skill.map(|word| word.as_str().to_owned()),
            agent_id: then.agent_id.map(|agent| agent.to_string()),
            priority: then.priority.map(|word| word.as_str().to_owned()),
        };
        Self { id: id.uuid(), name, position, enabled, conditions, then }
    }
}

/// The rules by which requests are routed. For administrators.
#[utoipa::path(tag = "settings", security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = Rules)))]
#[get("/routing-rules")]
async fn list_rules(api: Data<Api>, Known(caller): Known) -> Answer {
    let rules = api.routing.list(&caller).await?;
    ok(&Rules { items: rules.into_iter().map(Rule::from).collect() })
}

/// A rule to be made, or what is to change of one; what is left out stays, of a new one as follows.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"name": "Retours en anglais", "conditions": {"category": ["returns"], "kind": [],
    "priority": [], "language": ["en"]}, "then": {"skill": "english", "agent_id": null, "priority": null}}))]
struct RuleToBe {
    /// 1 to 100 characters; a new rule needs one.
    name: Option<String>,
    /// Behind all others.
    #[schema(maximum = 10_000)]
    position: Option<u32>,
    /// `true`.
    enabled: Option<bool>,
    /// All requests.
    conditions: Option<RuleConditions>,
    /// A new rule needs something to decide.
    then: Option<RuleDecision>,
}

/// Adds a rule; an organisation has at most 200. For administrators.
#[utoipa::path(tag = "settings", params(("Idempotency-Key" = Option<String>, Header)), request_body = RuleToBe,
    security(("bearer" = [])),
    responses((status = 201, description = "The rule.", body = Rule)))]
#[post("/routing-rules")]
async fn add_rule(api: Data<Api>, Known(caller): Known, key: Key, Json(body): Json<RuleToBe>) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    let call = key.call(&api, &caller, "add_rule", &body)?;
    match api.routing.add(&caller, body.parse()?, call.as_ref()).await? {
        Once::Done(rule) => created(&Rule::from(rule)),
        Once::Repeat(repeat) => {
            let rule = api.routing.find(&caller, RoutingRuleId::new(repeat.resource)).await?;
            replayed(created(&Rule::from(rule)))
        }
    }
}

/// Changes a rule. For administrators.
#[utoipa::path(tag = "settings", params(("id" = Uuid, Path, description = "The rule.")), request_body = RuleToBe,
    security(("bearer" = [])), responses((status = 200, description = "The rule as changed.", body = Rule)))]
#[patch("/routing-rules/{id}")]
async fn change_rule(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<RoutingRuleId>,
    Json(body): Json<RuleToBe>,
) -> Answer {
    caller.at_least(Role::Admin).map_err(crate::failure::not_allowed)?;
    ok(&Rule::from(api.routing.change(&caller, id, body.parse()?).await?))
}

/// Removes a rule. For administrators.
#[utoipa::path(tag = "settings", params(("id" = Uuid, Path, description = "The rule.")), security(("bearer" = [])),
    responses((status = 204, description = "It is gone.")))]
#[delete("/routing-rules/{id}")]
async fn remove_rule(api: Data<Api>, Known(caller): Known, Id(id): Id<RoutingRuleId>) -> Answer {
    api.routing.remove(&caller, id).await?;
    nothing()
}

impl RuleToBe {
    fn parse(self) -> Result<RuleChange, Failure> {
        let mut checks = Checks::default();
        if self.position.is_some_and(|position| position > 10_000) {
            checks.wrong("position", "out_of_range");
        }
        let conditions = self.conditions.map(|conditions| conditions.parse(&mut checks));
        let then = self.then.map(|then| then.parse(&mut checks));
        checks.done()?;
        Ok(RuleChange { name: self.name, position: self.position, enabled: self.enabled, conditions, then })
    }
}

/// The most values of a condition.
const MOST: usize = 50;

impl RuleConditions {
    fn parse(self, checks: &mut Checks) -> Conditions {
        for (list, field) in [
            (&self.category, "conditions.category"),
            (&self.kind, "conditions.kind"),
            (&self.priority, "conditions.priority"),
            (&self.language, "conditions.language"),
        ] {
            if list.len() > MOST {
                checks.wrong(field, "too_many");
            }
        }
        let mut category = Vec::new();
        for (at, word) in self.category.iter().take(MOST).enumerate() {
            match Category::parse(word) {
                Ok(word) => category.push(word),
                Err(error) => checks.wrong(format!("conditions.category.{at}"), error.code),
            }
        }
        Conditions {
            category,
            kind: words::<Kind>(checks, "kind", &self.kind),
            priority: words::<Priority>(checks, "priority", &self.priority),
            language: words::<Language>(checks, "language", &self.language),
        }
    }
}

impl RuleDecision {
    fn parse(self, checks: &mut Checks) -> Decision {
        let skill = self.skill.as_deref().and_then(|word| match Category::parse(word) {
            Ok(word) => Some(word),
            Err(error) => {
                checks.wrong("then.skill", error.code);
                None
            }
        });
        let agent_id = checks.parse::<UserId>("then.agent_id", "unknown", self.agent_id.as_deref());
        let priority = checks.parse::<Priority>("then.priority", "unknown", self.priority.as_deref());
        Decision { skill, agent_id, priority }
    }
}

fn words<T: FromStr>(checks: &mut Checks, list: &str, words: &[String]) -> Vec<T> {
    let mut parsed = Vec::new();
    for (at, word) in words.iter().take(MOST).enumerate() {
        match word.parse() {
            Ok(word) => parsed.push(word),
            Err(_) => checks.wrong(format!("conditions.{list}.{at}"), "unknown"),
        }
    }
    parsed
}
