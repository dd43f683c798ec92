//! What organisations have Guichet do by itself: columns of theirs.

use async_trait::async_trait;
use kernel::{AuditEntry, AuditLog, OrganizationId, PortError};
use sea_orm::QueryResult;
use support_request::{RequestSettings, Settings};

use crate::{db::Queries, error, row::Columns, sql::Sql, store::SeaStore};

const SETTINGS: &str = "id, auto_assign, escalation_hours, auto_close_days, archive_days, retention_years, surveys";

#[async_trait]
impl Settings for SeaStore {
    async fn of(&self, organization: OrganizationId) -> Result<RequestSettings, PortError> {
        let sql = Sql::new(format!("SELECT {SETTINGS} FROM organization WHERE id = $1")).uuid(organization.uuid());
        let row = self.app(organization).await.one(sql).await?;
        settings(&row.ok_or_else(|| error::corrupt("no such organisation".to_owned()))?)
    }

    async fn all(&self) -> Result<Vec<(OrganizationId, RequestSettings)>, PortError> {
        let sql = Sql::new(format!("SELECT {SETTINGS} FROM organization ORDER BY created_at, id"));
        let rows = self.gate().await.all(sql).await?;
        rows.iter().map(|row| Ok((OrganizationId::new(row.uuid("id")?), settings(row)?))).collect()
    }

    async fn set(
        &self,
        organization: OrganizationId,
        settings: &RequestSettings,
        audit: &AuditEntry,
    ) -> Result<(), PortError> {
        let sql = "UPDATE organization SET auto_assign = $2, escalation_hours = $3, auto_close_days = $4,
                     archive_days = $5, retention_years = $6, surveys = $7 WHERE id = $1";
        let sql = Sql::new(sql)
            .uuid(organization.uuid())
            .bool(settings.auto_assign)
            .maybe_int(settings.escalation_hours.map(i64::from))
            .maybe_int(settings.auto_close_days.map(i64::from))
            .maybe_int(settings.archive_days.map(i64::from))
            .maybe_int(settings.retention_years.map(i64::from))
            .bool(settings.surveys);
        let mut tx = self.transaction(organization).await?;
        if tx.run(sql).await? == 0 {
            return Err(error::corrupt("no such organisation".to_owned()));
        }
        tx.record(audit).await?;
        tx.commit_all().await
    }
}

fn settings(row: &QueryResult) -> Result<RequestSettings, PortError> {
    let period = |column| -> Result<Option<u32>, PortError> {
        row.get::<Option<i64>>(column)?.map(u32::try_from).transpose().map_err(PortError::corrupt)
    };
    Ok(RequestSettings {
        auto_assign: row.get("auto_assign")?,
        escalation_hours: period("escalation_hours")?,
        auto_close_days: period("auto_close_days")?,
        archive_days: period("archive_days")?,
        retention_years: period("retention_years")?,
        surveys: row.get("surveys")?,
    })
}
