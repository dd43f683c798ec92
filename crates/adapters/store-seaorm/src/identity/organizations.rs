//! Organisations as rows.

use async_trait::async_trait;
use identity::{Epoch, Inserted, Organization, Organizations, Origin, Slug, TicketPrefix, TimeZone, WidgetKey};
use kernel::{OrganizationId, PortError};
use sea_orm::QueryResult;

use crate::{db::Queries, error, row::Columns, sql::Sql, tx::SeaTx};

/// The columns of an organisation, from the row `o`.
pub(super) const ORGANIZATION: &str = "o.id, o.name, o.slug, o.widget_key, o.allowed_origins, o.language, o.time_zone,
  o.ticket_prefix, o.epoch, o.created_at";

#[async_trait]
impl Organizations for SeaTx {
    async fn insert(&mut self, organization: &Organization) -> Result<Inserted, PortError> {
        self.own(organization.id)?;
        let origins: Vec<&str> = organization.allowed_origins.iter().map(Origin::as_str).collect();
        let sql =
            "INSERT INTO organization (id, name, slug, widget_key, allowed_origins, language, time_zone, ticket_prefix,
                     epoch, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
        let sql = Sql::new(sql)
            .uuid(organization.id.uuid())
            .text(&organization.name)
            .text(organization.slug.as_str())
            .text(organization.widget_key.as_str())
            .json(origins.into())
            .text(organization.language.as_str())
            .text(organization.time_zone.as_str())
            .text(organization.ticket_prefix.as_str())
            .uuid(organization.epoch.uuid())
            .time(organization.created_at);
        Ok(if self.run(sql).await? == 1 { Inserted::Done } else { Inserted::Taken })
    }

    async fn find(&mut self) -> Result<Option<Organization>, PortError> {
        let sql = Sql::new(format!("SELECT {ORGANIZATION} FROM organization o WHERE o.id = $1"));
        self.one(sql.uuid(self.organization.uuid())).await?.as_ref().map(organization).transpose()
    }

    async fn lock(&mut self) -> Result<Option<Organization>, PortError> {
        let sql = Sql::new(format!("SELECT {ORGANIZATION} FROM organization o WHERE o.id = $1 {{lock}}"));
        self.one(sql.uuid(self.organization.uuid())).await?.as_ref().map(organization).transpose()
    }

    async fn save(&mut self, organization: &Organization) -> Result<(), PortError> {
        self.own(organization.id)?;
        let origins: Vec<&str> = organization.allowed_origins.iter().map(Origin::as_str).collect();
        let sql = "UPDATE organization SET name = $2, allowed_origins = $3, language = $4, time_zone = $5,
                     ticket_prefix = $6 WHERE id = $1";
        let sql = Sql::new(sql)
            .uuid(organization.id.uuid())
            .text(&organization.name)
            .json(origins.into())
            .text(organization.language.as_str())
            .text(organization.time_zone.as_str())
            .text(organization.ticket_prefix.as_str());
        self.update_one(sql).await
    }
}

/// Reads the columns of [`ORGANIZATION`].
pub(super) fn organization(row: &QueryResult) -> Result<Organization, PortError> {
    let origins: Vec<String> = serde_json::from_value(row.json("allowed_origins")?).map_err(PortError::corrupt)?;
    let wrong = |_| error::corrupt("an organisation's settings cannot be read");
    Ok(Organization {
        id: OrganizationId::new(row.uuid("id")?),
        name: row.text("name")?,
        slug: Slug::parse(&row.text("slug")?).map_err(wrong)?,
        widget_key: WidgetKey::new(row.text("widget_key")?),
        allowed_origins: origins.iter().map(|text| Origin::parse(text)).collect::<Result<_, _>>().map_err(wrong)?,
        language: row.word("language")?,
        time_zone: TimeZone::parse(&row.text("time_zone")?).map_err(wrong)?,
        ticket_prefix: TicketPrefix::parse(&row.text("ticket_prefix")?).map_err(wrong)?,
        epoch: Epoch::new(row.uuid("epoch")?),
        created_at: row.time("created_at")?,
    })
}
