//! What organisations promise, and the requests whose deadlines have news.

use std::time::Duration;

use async_trait::async_trait;
use kernel::{AuditEntry, AuditLog, OrganizationId, PortError, SupportRequestId, Timestamp};
use sea_orm::QueryResult;
use serde_json::{Value, json};
use support_request::{BusinessHours, Priority, PromiseStore, Promises, SlaPolicy, Stretch};

use crate::{db::Queries, error, row::Columns, sql::Sql, store::SeaStore};

const POLICIES: &str = "SELECT priority, first_response_s, resolution_s FROM sla_policy WHERE organization_id = $1";

const HOURS: &str = "SELECT o.time_zone AS own_zone, h.time_zone, h.week, h.holidays
   FROM organization o LEFT JOIN business_hours h ON h.organization_id = o.id WHERE o.id = $1";

/// Reads them over any connection, a transaction's too.
pub(super) async fn read(db: &mut impl Queries, organization: OrganizationId) -> Result<Promises, PortError> {
    let rows = db.all(Sql::new(POLICIES).uuid(organization.uuid())).await?;
    let policies = rows.iter().map(policy).collect::<Result<_, PortError>>()?;
    let row = db.one(Sql::new(HOURS).uuid(organization.uuid())).await?;
    let row = row.ok_or_else(|| error::corrupt("no such organisation".to_owned()))?;
    Ok(Promises { policies, hours: hours(&row)?, time_zone: row.text("own_zone")? })
}

/// The organisations and requests whose deadlines have news, over the role that serves them all.
pub(super) async fn passed(
    store: &SeaStore,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(OrganizationId, SupportRequestId)>, PortError> {
    let rows = store.log_reads().await.all(passed_sql(now, limit)).await?;
    let one = |row: &QueryResult| {
        Ok((OrganizationId::new(row.uuid("organization_id")?), SupportRequestId::new(row.uuid("id")?)))
    };
    rows.iter().map(one).collect()
}

pub(super) fn passed_sql(now: Timestamp, limit: u32) -> Sql {
    let sql = "SELECT organization_id, id FROM support_request
               WHERE sla_next_at IS NOT NULL AND sla_next_at <= $1
               ORDER BY sla_next_at, organization_id, id LIMIT $2";
    Sql::new(sql).time(now).int(limit.into())
}

#[async_trait]
impl PromiseStore for SeaStore {
    async fn promises(&self, organization: OrganizationId) -> Result<Promises, PortError> {
        read(&mut self.app(organization).await, organization).await
    }

    async fn set_policies(
        &self,
        organization: OrganizationId,
        policies: &[(Priority, SlaPolicy)],
        audit: &AuditEntry,
    ) -> Result<(), PortError> {
        let mut tx = self.transaction(organization).await?;
        for (priority, policy) in policies {
            let sql = "INSERT INTO sla_policy (organization_id, priority, first_response_s, resolution_s)
                       VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id, priority)
                       DO UPDATE SET first_response_s = excluded.first_response_s, resolution_s = excluded.resolution_s";
            let sql = Sql::new(sql)
                .uuid(organization.uuid())
                .text(priority.as_str())
                .count(policy.first_response.as_secs())
                .count(policy.resolution.as_secs());
            tx.run(sql).await?;
        }
        tx.record(audit).await?;
        tx.commit_all().await
    }

    async fn set_business_hours(
        &self,
        organization: OrganizationId,
        hours: Option<&BusinessHours>,
        audit: &AuditEntry,
    ) -> Result<(), PortError> {
        let mut tx = self.transaction(organization).await?;
        let sql = match hours {
            None => Sql::new("DELETE FROM business_hours WHERE organization_id = $1").uuid(organization.uuid()),
            Some(hours) => {
                let zone =
                    hours.zone().iana_name().ok_or_else(|| error::corrupt("a zone without a name".to_owned()))?;
                let stretches = |day: &Vec<Stretch>| day.iter().map(|one| json!([one.from, one.to])).collect();
                let week: Value = hours.week().iter().map(stretches).collect::<Vec<Value>>().into();
                let holidays: Value = hours.holidays().iter().map(ToString::to_string).collect::<Vec<_>>().into();
                let sql = "INSERT INTO business_hours (organization_id, time_zone, week, holidays)
                           VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id)
                           DO UPDATE SET time_zone = excluded.time_zone, week = excluded.week,
                             holidays = excluded.holidays";
                Sql::new(sql).uuid(organization.uuid()).text(zone).json(week).json(holidays)
            }
        };
        tx.run(sql).await?;
        tx.record(audit).await?;
        tx.commit_all().await
    }
}

fn policy(row: &QueryResult) -> Result<(Priority, SlaPolicy), PortError> {
    let seconds = |column| row.count(column).map(Duration::from_secs);
    let policy = SlaPolicy { first_response: seconds("first_response_s")?, resolution: seconds("resolution_s")? };
    Ok((row.word("priority")?, policy))
}

fn hours(row: &QueryResult) -> Result<Option<BusinessHours>, PortError> {
    let Some(zone) = row.maybe_text("time_zone")? else { return Ok(None) };
    let zone = jiff::tz::TimeZone::get(&zone).map_err(PortError::corrupt)?;
    let week: [Vec<(u16, u16)>; 7] = serde_json::from_value(row.json("week")?).map_err(PortError::corrupt)?;
    let holidays: Vec<String> = serde_json::from_value(row.json("holidays")?).map_err(PortError::corrupt)?;
    let holidays = holidays.iter().map(|day| day.parse().map_err(PortError::corrupt)).collect::<Result<_, _>>()?;
    let week = week.map(|day| day.into_iter().map(|(from, to)| Stretch { from, to }).collect());
    let hours = BusinessHours::new(zone, week, holidays);
    hours.map(Some).map_err(|field| error::corrupt(format!("business hours: {} {}", field.field, field.code)))
}
