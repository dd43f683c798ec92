//! Routing: rules, and what agents have to do.

use async_trait::async_trait;
use kernel::{
    AuditEntry, AuditLog, Claim, IdempotentCall, IdempotentCalls, OrganizationId, PortError, PortErrorKind,
    RoutingRuleId, SupportRequestId, Timestamp, UserId,
};
use sea_orm::QueryResult;
use serde::Serialize;
use support_request::{
    Category, Person, RoutableAgent, Routing, RoutingPlan, RoutingRule, RoutingStore, Traits, Unanswered,
};

use crate::{db::Queries, error, identity::skills, row::Columns, sql::Sql, store::SeaStore, tx::SeaTx};

const RULES: &str = "SELECT id, name, position, enabled, conditions, outcome FROM routing_rule
   WHERE organization_id = $1 ORDER BY position, id";

/// One round trip for each request that is opened: the setting comes with each rule, and once without any.
const PLAN: &str = "SELECT o.auto_assign, r.id, r.name, r.position, r.enabled, r.conditions, r.outcome
   FROM organization o LEFT JOIN routing_rule r ON r.organization_id = o.id AND r.enabled
   WHERE o.id = $1 ORDER BY r.position, r.id";

#[async_trait]
impl RoutingStore for SeaStore {
    async fn rules(&self, organization: OrganizationId) -> Result<Vec<RoutingRule>, PortError> {
        let rows = self.app(organization).await.all(Sql::new(RULES).uuid(organization.uuid())).await?;
        rows.iter().map(rule).collect()
    }

    async fn add(
        &self,
        organization: OrganizationId,
        rule: &RoutingRule,
        call: Option<&IdempotentCall>,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<Claim, PortError> {
        let mut tx = self.transaction(organization).await?;
        if let Some(call) = call {
            let claim = tx.claim(call, rule.id.uuid(), now).await?;
            if claim != Claim::New {
                return Ok(claim);
            }
        }
        tx.run(put(organization, rule)?).await?;
        tx.record(audit).await?;
        tx.commit_all().await?;
        Ok(Claim::New)
    }

    async fn put(&self, organization: OrganizationId, rule: &RoutingRule, audit: &AuditEntry) -> Result<(), PortError> {
        let mut tx = self.transaction(organization).await?;
        tx.run(put(organization, rule)?).await?;
        tx.record(audit).await?;
        tx.commit_all().await
    }

    async fn remove(
        &self,
        organization: OrganizationId,
        id: RoutingRuleId,
        audit: &AuditEntry,
    ) -> Result<bool, PortError> {
        let mut tx = self.transaction(organization).await?;
        let sql = Sql::new("DELETE FROM routing_rule WHERE organization_id = $1 AND id = $2");
        if tx.run(sql.uuid(organization.uuid()).uuid(id.uuid())).await? == 0 {
            return Ok(false);
        }
        tx.record(audit).await?;
        tx.commit_all().await?;
        Ok(true)
    }
}

#[async_trait]
impl Routing for SeaTx {
    async fn plan(&mut self) -> Result<RoutingPlan, PortError> {
        let rows = self.all(Sql::new(PLAN).uuid(self.organization.uuid())).await?;
        let Some(first) = rows.first() else { return Err(self.fail(PortErrorKind::Corrupt, "no such organisation")) };
        let auto_assign = first.get("auto_assign")?;
        let rules = rows.iter().filter(|row| row.maybe_uuid("id").is_ok_and(|id| id.is_some())).map(rule);
        Ok(RoutingPlan { auto_assign, rules: rules.collect::<Result<_, PortError>>()? })
    }

    /// Whoever decides holds the organisation's row, which nothing else holds for long. The agents are read by a
    /// statement of its own, which begins after the wait and so sees what was committed meanwhile.
    async fn lock_agents(&mut self) -> Result<Vec<RoutableAgent>, PortError> {
        let lock = Sql::new("SELECT id FROM organization WHERE id = $1 {lock}").uuid(self.organization.uuid());
        self.one(lock).await?;
        let rows = self.all(agents(self.organization)).await?;
        rows.iter().map(agent).collect()
    }

    async fn waiting(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Unanswered>, PortError> {
        let rows = self.all(waiting(self.organization, now, limit)).await?;
        let one = |row: &QueryResult| {
            let traits = Traits {
                category: Category::stored(row.text("category")?),
                kind: row.word("kind")?,
                priority: row.word("priority")?,
                language: row.word("language")?,
            };
            let given_back_by = row.maybe_text("given_back_by")?.map(|id| id.parse::<UserId>());
            Ok(Unanswered {
                id: SupportRequestId::new(row.uuid("id")?),
                traits,
                given_back_by: given_back_by.transpose().map_err(PortError::corrupt)?,
            })
        };
        rows.iter().map(one).collect()
    }

    async fn note_routed(&mut self, agent: UserId, at: Timestamp) -> Result<(), PortError> {
        let sql = Sql::new("UPDATE user_account SET routed_at = $3 WHERE organization_id = $1 AND id = $2");
        self.run(sql.uuid(self.organization.uuid()).uuid(agent.uuid()).time(at)).await.map(drop)
    }
}

/// The words stand in the statement, because only then the partial indexes are known to fit.
pub(super) fn agents(organization: OrganizationId) -> Sql {
    let sql = "SELECT u.id, u.first_name, u.last_name, u.role, u.availability, u.capacity, u.skills, u.routed_at,
                 (SELECT count(*) FROM support_request r
                  WHERE r.organization_id = u.organization_id AND r.assignee_id = u.id
                    AND r.resolved_at IS NULL AND r.closed_at IS NULL AND r.deleted_at IS NULL
                 ) AS load
               FROM user_account u WHERE u.organization_id = $1 AND u.role <> 'customer' AND u.active
               ORDER BY u.id";
    Sql::new(sql).uuid(organization.uuid())
}

/// As [`agents`].
pub(super) fn waiting(organization: OrganizationId, now: Timestamp, limit: u32) -> Sql {
    let sql = "SELECT r.id, r.category, r.kind, r.priority, r.language,
                 (SELECT CASE WHEN t.new IS NULL THEN t.old END FROM timeline_entry t
                  WHERE t.organization_id = r.organization_id AND t.support_request_id = r.id
                    AND t.kind = 'assignee_changed' ORDER BY t.position DESC LIMIT 1) AS given_back_by
               FROM support_request r
               WHERE r.organization_id = $1 AND r.status = 'open' AND r.assignee_id IS NULL
                 AND r.deleted_at IS NULL AND (r.snoozed_until IS NULL OR r.snoozed_until <= $2)
               ORDER BY CASE r.priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END,
                 r.created_at, r.id LIMIT $3";
    Sql::new(sql).uuid(organization.uuid()).time(now).int(limit.into())
}

fn put(organization: OrganizationId, rule: &RoutingRule) -> Result<Sql, PortError> {
    let sql = "INSERT INTO routing_rule (organization_id, id, name, position, enabled, conditions, outcome)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organization_id, id)
               DO UPDATE SET name = excluded.name, position = excluded.position, enabled = excluded.enabled,
                 conditions = excluded.conditions, outcome = excluded.outcome";
    Ok(Sql::new(sql)
        .uuid(organization.uuid())
        .uuid(rule.id.uuid())
        .text(&rule.name)
        .int(rule.position.into())
        .bool(rule.enabled)
        .json(stored(&rule.conditions)?)
        .json(stored(&rule.then)?))
}

fn stored(part: &impl Serialize) -> Result<serde_json::Value, PortError> {
    serde_json::to_value(part).map_err(PortError::corrupt)
}

fn rule(row: &QueryResult) -> Result<RoutingRule, PortError> {
    Ok(RoutingRule {
        id: RoutingRuleId::new(row.uuid("id")?),
        name: row.text("name")?,
        position: number(row, "position")?,
        enabled: row.get("enabled")?,
        conditions: serde_json::from_value(row.json("conditions")?).map_err(PortError::corrupt)?,
        then: serde_json::from_value(row.json("outcome")?).map_err(PortError::corrupt)?,
    })
}

fn agent(row: &QueryResult) -> Result<RoutableAgent, PortError> {
    let skills = skills(row)?;
    let name = format!("{} {}", row.text("first_name")?, row.text("last_name")?);
    Ok(RoutableAgent {
        person: Person { id: UserId::new(row.uuid("id")?), name: name.trim().to_owned() },
        role: row.word("role")?,
        availability: row.word("availability")?,
        capacity: number(row, "capacity")?,
        load: number(row, "load")?,
        categories: skills.categories().iter().cloned().map(Category::stored).collect(),
        languages: skills.languages().to_vec(),
        routed_at: row.maybe_time("routed_at")?,
    })
}

fn number(row: &QueryResult, column: &str) -> Result<u32, PortError> {
    u32::try_from(row.int(column)?).map_err(|_| error::corrupt(format!("no count in {column}")))
}
