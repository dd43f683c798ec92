//! Tokens of links as rows.

use async_trait::async_trait;
use identity::{AccountToken, AccountTokenKind, AccountTokens, Email, Sealed, TokenHash};
use kernel::{AccountTokenId, OrganizationId, PortError, Timestamp, UserId};
use sea_orm::QueryResult;

use crate::{db::Queries, error, row::Columns, sql::Sql, tx::SeaTx};

const TOKEN: &str =
    "t.organization_id, t.id, t.kind, t.hash, t.email, t.user_id, t.pending, t.created_at, t.expires_at,
  t.used_at";

#[async_trait]
impl AccountTokens for SeaTx {
    async fn insert(&mut self, token: &AccountToken) -> Result<(), PortError> {
        self.own(token.organization)?;
        let sql = "INSERT INTO account_token (organization_id, id, kind, hash, email, user_id, pending, created_at,
                     expires_at, used_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let sql = Sql::new(sql)
            .uuid(token.organization.uuid())
            .uuid(token.id.uuid())
            .text(token.kind.as_str())
            .text(token.hash.as_str())
            .text(token.email.as_str())
            .maybe_uuid(token.user.map(UserId::uuid))
            .maybe_text(token.pending.as_ref().map(Sealed::as_str))
            .time(token.created_at)
            .time(token.expires_at)
            .maybe_time(token.used_at);
        self.run(sql).await.map(drop)
    }

    async fn lock(&mut self, hash: &TokenHash) -> Result<Option<AccountToken>, PortError> {
        let sql = format!("SELECT {TOKEN} FROM account_token t WHERE t.organization_id = $1 AND t.hash = $2 {{lock}}");
        let row = self.one(Sql::new(sql).uuid(self.organization.uuid()).text(hash.as_str())).await?;
        row.as_ref().map(token).transpose()
    }

    async fn newest(
        &mut self,
        kind: AccountTokenKind,
        email: &Email,
        now: Timestamp,
    ) -> Result<Option<AccountToken>, PortError> {
        let sql = format!(
            "SELECT {TOKEN} FROM account_token t
             WHERE t.organization_id = $1 AND t.email = $2 AND t.kind = $3 AND t.used_at IS NULL AND t.expires_at > $4
             ORDER BY t.created_at DESC, t.id DESC LIMIT 1"
        );
        let sql = Sql::new(sql).uuid(self.organization.uuid()).text(email.as_str()).text(kind.as_str()).time(now);
        let row = self.one(sql).await?;
        row.as_ref().map(token).transpose()
    }

    async fn use_up(&mut self, kind: AccountTokenKind, email: &Email, now: Timestamp) -> Result<(), PortError> {
        let sql = "UPDATE account_token SET used_at = $4
                   WHERE organization_id = $1 AND email = $2 AND kind = $3 AND used_at IS NULL";
        let sql = Sql::new(sql).uuid(self.organization.uuid()).text(email.as_str()).text(kind.as_str()).time(now);
        self.run(sql).await.map(drop)
    }
}

fn token(row: &QueryResult) -> Result<AccountToken, PortError> {
    Ok(AccountToken {
        id: AccountTokenId::new(row.uuid("id")?),
        organization: OrganizationId::new(row.uuid("organization_id")?),
        kind: row.word("kind")?,
        hash: TokenHash::new(row.text("hash")?),
        email: Email::parse(&row.text("email")?).map_err(|_| error::corrupt("an address that cannot be read"))?,
        user: row.maybe_uuid("user_id")?.map(UserId::new),
        pending: row.maybe_text("pending")?.map(Sealed::new),
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        used_at: row.maybe_time("used_at")?,
    })
}
