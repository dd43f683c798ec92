//! The keys that sign access tokens. They belong to no organisation. A partial unique index lets
//! only one key be without an end, so of two nodes that make one at once, one finds it taken.

use async_trait::async_trait;
use identity::{KeyMaterial, Sealed, SigningKey, SigningKeyStore};
use kernel::{OrganizationId, PortError, Timestamp};
use sea_orm::QueryResult;

use crate::{
    db::Queries,
    row::Columns,
    sql::Sql,
    store::{Base, SeaStore},
};

const COLUMNS: &str = "id, sealed_private, public, created_at, signs_from, verifies_until";

#[async_trait]
impl SigningKeyStore for SeaStore {
    async fn list(&self) -> Result<Vec<SigningKey>, PortError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} FROM signing_key ORDER BY created_at, signs_from, id"));
        self.gate().await.all(sql).await?.iter().map(signing_key).collect()
    }

    async fn insert_first(&self, key: &SigningKey) -> Result<bool, PortError> {
        let sql = format!(
            "INSERT INTO signing_key ({COLUMNS}) SELECT $1, $2, $3, $4, $5, $6
             WHERE NOT EXISTS (SELECT 1 FROM signing_key) ON CONFLICT DO NOTHING RETURNING id"
        );
        let sql = values(Sql::new(sql), key).maybe_time(key.verifies_until);
        Ok(self.gate_writes().await.one(sql).await?.is_some())
    }

    async fn replace(&self, old: &str, verifies_until: Timestamp, new: &SigningKey) -> Result<bool, PortError> {
        match &self.base {
            Base::Postgres(_) => {
                let sql = format!(
                    "WITH old AS (
                       UPDATE signing_key SET verifies_until = $6 WHERE id = $7 AND verifies_until IS NULL RETURNING id
                     )
                     INSERT INTO signing_key ({COLUMNS}) SELECT $1, $2, $3, $4, $5, NULL FROM old RETURNING id"
                );
                let sql = values(Sql::new(sql), new).time(verifies_until).text(old);
                Ok(self.gate_writes().await.one(sql).await?.is_some())
            }
            Base::Sqlite { .. } => self.replace_on_sqlite(old, verifies_until, new).await,
        }
    }
}

impl SeaStore {
    async fn replace_on_sqlite(&self, old: &str, until: Timestamp, new: &SigningKey) -> Result<bool, PortError> {
        let nobody = OrganizationId::new(uuid::Uuid::nil());
        let mut tx = self.transaction(nobody).await?;
        let sql = "UPDATE signing_key SET verifies_until = $1 WHERE id = $2 AND verifies_until IS NULL";
        if tx.run(Sql::new(sql).time(until).text(old)).await? == 0 {
            return Ok(false);
        }
        let sql = format!("INSERT INTO signing_key ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, NULL)");
        tx.run(values(Sql::new(sql), new)).await?;
        tx.commit_all().await.map(|()| true)
    }
}

/// The values `$1` to `$5`.
fn values(sql: Sql, key: &SigningKey) -> Sql {
    sql.text(&key.material.id)
        .text(key.material.sealed_private.as_str())
        .text(&key.material.public)
        .time(key.created_at)
        .time(key.signs_from)
}

fn signing_key(row: &QueryResult) -> Result<SigningKey, PortError> {
    Ok(SigningKey {
        material: KeyMaterial {
            id: row.text("id")?,
            sealed_private: Sealed::new(row.text("sealed_private")?),
            public: row.text("public")?,
        },
        created_at: row.time("created_at")?,
        signs_from: row.time("signs_from")?,
        verifies_until: row.maybe_time("verifies_until")?,
    })
}
