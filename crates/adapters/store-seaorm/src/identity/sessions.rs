//! Sessions as rows.

use async_trait::async_trait;
use identity::{ClientInfo, Sealed, Session, SessionEnd, SessionRecord, Sessions};
use kernel::{OrganizationId, PortError, SessionId, UserId};
use sea_orm::QueryResult;

use crate::{db::Queries, error, row::Columns, sql::Sql, tx::SeaTx};

/// The columns of a session, from the row `s`.
pub(super) const SESSION: &str = "s.organization_id, s.id, s.user_id, s.seed, s.generation, s.rotated_at, s.expires_at,
  s.created_at, s.address, s.user_agent, s.browser, s.ended_at, s.ended_why";

#[async_trait]
impl Sessions for SeaTx {
    async fn insert(&mut self, session: &Session) -> Result<(), PortError> {
        let session = session.record();
        self.own(session.organization)?;
        let sql = "INSERT INTO user_session (organization_id, id, seed, generation, rotated_at, expires_at, address,
                     user_agent, browser, ended_at, ended_why, user_id, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let sql = written(Sql::new(sql), session).uuid(session.user.uuid()).time(session.created_at);
        self.run(sql).await.map(drop)
    }

    async fn lock(&mut self, id: SessionId) -> Result<Option<Session>, PortError> {
        let sql = format!("SELECT {SESSION} FROM user_session s WHERE s.organization_id = $1 AND s.id = $2 {{lock}}");
        let row = self.one(Sql::new(sql).uuid(self.organization.uuid()).uuid(id.uuid())).await?;
        row.map(|row| session(&row).map(Session::from_record)).transpose()
    }

    async fn lock_of(&mut self, user: UserId) -> Result<Vec<Session>, PortError> {
        let sql = format!(
            "SELECT {SESSION} FROM user_session s
             WHERE s.organization_id = $1 AND s.user_id = $2 AND s.ended_at IS NULL ORDER BY s.id {{lock}}"
        );
        let rows = self.all(Sql::new(sql).uuid(self.organization.uuid()).uuid(user.uuid())).await?;
        rows.iter().map(|row| session(row).map(Session::from_record)).collect()
    }

    async fn save(&mut self, session: &Session) -> Result<(), PortError> {
        let session = session.record();
        self.own(session.organization)?;
        let sql = "UPDATE user_session SET seed = $3, generation = $4, rotated_at = $5, expires_at = $6, address = $7,
                     user_agent = $8, browser = $9, ended_at = $10, ended_why = $11
                   WHERE organization_id = $1 AND id = $2";
        self.update_one(written(Sql::new(sql), session)).await
    }
}

/// The values `$1` to `$11`.
fn written(sql: Sql, session: &SessionRecord) -> Sql {
    sql.uuid(session.organization.uuid())
        .uuid(session.id.uuid())
        .text(session.seed.as_str())
        .int(session.generation)
        .time(session.rotated_at)
        .time(session.expires_at)
        .maybe_text(session.client.address.as_deref())
        .maybe_text(session.client.user_agent.as_deref())
        .bool(session.client.browser)
        .maybe_time(session.ended.map(|(at, _)| at))
        .maybe_text(session.ended.map(|(_, why)| why.as_str()))
}

/// Reads the columns of [`SESSION`].
pub(super) fn session(row: &QueryResult) -> Result<SessionRecord, PortError> {
    let why = row.maybe_text("ended_why")?;
    let ended = match row.maybe_time("ended_at")?.zip(why) {
        None => None,
        Some((at, why)) => {
            let why = SessionEnd::parse(&why).ok_or_else(|| error::corrupt("unknown end of a session"))?;
            Some((at, why))
        }
    };
    Ok(SessionRecord {
        id: SessionId::new(row.uuid("id")?),
        organization: OrganizationId::new(row.uuid("organization_id")?),
        user: UserId::new(row.uuid("user_id")?),
        seed: Sealed::new(row.text("seed")?),
        generation: row.int("generation")?,
        rotated_at: row.time("rotated_at")?,
        expires_at: row.time("expires_at")?,
        created_at: row.time("created_at")?,
        client: ClientInfo {
            address: row.maybe_text("address")?,
            user_agent: row.maybe_text("user_agent")?,
            browser: row.get("browser")?,
        },
        ended,
    })
}
