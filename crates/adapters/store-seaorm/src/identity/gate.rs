//! What is looked up before an organisation is known, and the removal of what has ended. On
//! PostgreSQL these statements, and those on signing keys, are all that runs under `guichet_gate`.

use async_trait::async_trait;
use identity::{ExpiredTokens, GuestToken, Organization, Revocation, Revocations, Revoked, TokenHash};
use kernel::{GuestId, GuestTokenId, OrganizationId, PortError, SessionId, Timestamp, UserId};
use sea_orm::QueryResult;

use super::{
    guests::{self, TOKEN},
    organizations::{self, ORGANIZATION},
};
use crate::{db::Queries, error, row::Columns, sql::Sql, store::SeaStore};

pub(super) async fn organization_named(db: &mut impl Queries, name: &str) -> Result<Option<Organization>, PortError> {
    let sql = format!("SELECT {ORGANIZATION} FROM organization o WHERE o.slug = $1 OR o.widget_key = $1");
    db.one(Sql::new(sql).text(name)).await?.as_ref().map(organizations::organization).transpose()
}

/// The oldest ones.
pub(super) async fn organizations(db: &mut impl Queries, limit: i64) -> Result<Vec<Organization>, PortError> {
    let sql = format!("SELECT {ORGANIZATION} FROM organization o ORDER BY o.created_at, o.id LIMIT $1");
    db.all(Sql::new(sql).int(limit)).await?.iter().map(organizations::organization).collect()
}

pub(super) async fn guest_token(db: &mut impl Queries, hash: &TokenHash) -> Result<Option<GuestToken>, PortError> {
    let sql = Sql::new(format!("SELECT {TOKEN} FROM guest_token t WHERE t.hash = $1")).text(hash.as_str());
    db.one(sql).await?.as_ref().map(guests::token).transpose()
}

#[async_trait]
impl Revocations for SeaStore {
    async fn since(&self, at: Timestamp) -> Result<Vec<Revocation>, PortError> {
        let sql = "SELECT organization_id, kind, target_id, person_id, at FROM revocation WHERE at >= $1
                   ORDER BY at, target_id";
        self.gate().await.all(Sql::new(sql).time(at)).await?.iter().map(revocation).collect()
    }
}

fn revocation(row: &QueryResult) -> Result<Revocation, PortError> {
    let (target, person) = (row.uuid("target_id")?, row.uuid("person_id")?);
    let what = match row.text("kind")?.as_str() {
        "session" => Revoked::Session { session: SessionId::new(target), user: UserId::new(person) },
        "guest_token" => Revoked::GuestToken { token: GuestTokenId::new(target), guest: GuestId::new(person) },
        other => return Err(error::corrupt(format!("unknown kind of revocation {other}"))),
    };
    Ok(Revocation { organization: OrganizationId::new(row.uuid("organization_id")?), what, at: row.time("at")? })
}

/// Each statement stands by itself: what one leaves behind the next purge takes.
const PURGES: [&str; 6] = [
    "DELETE FROM revocation WHERE at < $1 RETURNING 1 AS one",
    "DELETE FROM user_session WHERE coalesce(ended_at, expires_at) < $1 OR expires_at < $1 RETURNING 1 AS one",
    "DELETE FROM guest_token WHERE coalesce(revoked_at, expires_at) < $1 OR expires_at < $1 RETURNING 1 AS one",
    "DELETE FROM account_token WHERE coalesce(used_at, expires_at) < $1 OR expires_at < $1 RETURNING 1 AS one",
    "DELETE FROM letter WHERE coalesce(sent_at, given_up_at) < $1 RETURNING 1 AS one",
    "DELETE FROM signing_key WHERE verifies_until < $1 RETURNING 1 AS one",
];

#[async_trait]
impl ExpiredTokens for SeaStore {
    async fn purge(&self, before: Timestamp) -> Result<u64, PortError> {
        let mut count = 0;
        for purge in PURGES {
            count += self.gate_writes().await.all(Sql::new(purge).time(before)).await?.len() as u64;
        }
        Ok(count)
    }
}
