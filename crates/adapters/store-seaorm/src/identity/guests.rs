//! Guests and their tokens as rows.

use async_trait::async_trait;
use identity::{Email, Guest, GuestToken, GuestTokens, Guests, PersonName, Phone, TokenHash};
use kernel::{GuestId, GuestTokenId, OrganizationId, PortError, PortErrorKind, SupportRequestId};
use sea_orm::QueryResult;

use crate::{db::Queries, error, row::Columns, sql::Sql, tx::SeaTx};

/// The columns of a guest, from the row `g`.
pub(super) const GUEST: &str = "g.organization_id, g.id, g.name, g.email, g.phone, g.language, g.created_at";

/// The columns of a guest's token, from the row `t`.
pub(super) const TOKEN: &str = "t.organization_id, t.id, t.guest_id, t.support_request_id, t.hash, t.name, t.language,
  t.created_at, t.expires_at, t.revoked_at";

#[async_trait]
impl Guests for SeaTx {
    /// The insert waits for another transaction with the same e-mail, and what it stored is found after it.
    async fn find_or_insert(&mut self, guest: &Guest) -> Result<Guest, PortError> {
        self.own(guest.organization)?;
        let email = guest.email.as_ref().map(Email::as_str);
        if self.insert_guest(guest).await? {
            return Ok(guest.clone());
        }
        let sql = Sql::new(format!("SELECT {GUEST} FROM guest g WHERE g.organization_id = $1 AND g.email = $2"));
        match self.one(sql.uuid(self.organization.uuid()).maybe_text(email)).await? {
            Some(row) => self::guest(&row),
            None => Err(self.fail(PortErrorKind::Conflict, "the guest with this e-mail was just removed")),
        }
    }

    async fn follow(&mut self, guest: &Guest) -> Result<(), PortError> {
        self.own(guest.organization)?;
        let email = guest.email.as_ref().map(Email::as_str);
        let sql = "UPDATE guest SET email = (SELECT CAST($3 AS text) WHERE NOT EXISTS (
                     SELECT 1 FROM guest o WHERE o.organization_id = $1 AND o.email = $3 AND o.id <> $2))
                   WHERE organization_id = $1 AND id = $2";
        let sql = Sql::new(sql).uuid(guest.organization.uuid()).uuid(guest.id.uuid()).maybe_text(email);
        if self.run(sql).await? == 0 && email.is_some() {
            self.insert_guest(guest).await?;
        }
        Ok(())
    }
}

impl SeaTx {
    /// Whether it was stored: not if there is one with this id, or with this e-mail.
    async fn insert_guest(&mut self, guest: &Guest) -> Result<bool, PortError> {
        let sql = "INSERT INTO guest (organization_id, id, name, email, phone, language, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        let sql = Sql::new(sql)
            .uuid(guest.organization.uuid())
            .uuid(guest.id.uuid())
            .text(guest.name.as_str())
            .maybe_text(guest.email.as_ref().map(Email::as_str))
            .maybe_text(guest.phone.as_ref().map(Phone::as_str))
            .text(guest.language.as_str())
            .time(guest.created_at);
        Ok(self.run(sql).await? == 1)
    }
}

#[async_trait]
impl GuestTokens for SeaTx {
    async fn insert(&mut self, token: &GuestToken) -> Result<(), PortError> {
        self.own(token.organization)?;
        let sql = "INSERT INTO guest_token (organization_id, id, guest_id, support_request_id, hash, name, language,
                     created_at, expires_at, revoked_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let sql = Sql::new(sql)
            .uuid(token.organization.uuid())
            .uuid(token.id.uuid())
            .uuid(token.guest.uuid())
            .uuid(token.support_request.uuid())
            .text(token.hash.as_str())
            .text(token.name.as_str())
            .text(token.language.as_str())
            .time(token.created_at)
            .time(token.expires_at)
            .maybe_time(token.revoked_at);
        self.run(sql).await.map(drop)
    }

    async fn lock(&mut self, id: GuestTokenId) -> Result<Option<GuestToken>, PortError> {
        let sql = format!("SELECT {TOKEN} FROM guest_token t WHERE t.organization_id = $1 AND t.id = $2 {{lock}}");
        let row = self.one(Sql::new(sql).uuid(self.organization.uuid()).uuid(id.uuid())).await?;
        row.as_ref().map(token).transpose()
    }

    async fn lock_of(&mut self, guest: GuestId) -> Result<Vec<GuestToken>, PortError> {
        let sql = format!(
            "SELECT {TOKEN} FROM guest_token t
             WHERE t.organization_id = $1 AND t.guest_id = $2 AND t.revoked_at IS NULL ORDER BY t.id {{lock}}"
        );
        let rows = self.all(Sql::new(sql).uuid(self.organization.uuid()).uuid(guest.uuid())).await?;
        rows.iter().map(token).collect()
    }

    async fn save(&mut self, token: &GuestToken) -> Result<(), PortError> {
        self.own(token.organization)?;
        let sql = "UPDATE guest_token SET revoked_at = $3 WHERE organization_id = $1 AND id = $2";
        let sql = Sql::new(sql).uuid(token.organization.uuid()).uuid(token.id.uuid()).maybe_time(token.revoked_at);
        self.update_one(sql).await
    }
}

/// Reads the columns of [`GUEST`].
pub(super) fn guest(row: &QueryResult) -> Result<Guest, PortError> {
    let wrong = |_| error::corrupt("a guest cannot be read");
    let (email, phone) = (row.maybe_text("email")?, row.maybe_text("phone")?);
    Ok(Guest {
        id: GuestId::new(row.uuid("id")?),
        organization: OrganizationId::new(row.uuid("organization_id")?),
        name: PersonName::parse(&row.text("name")?).map_err(wrong)?,
        email: email.map(|text| Email::parse(&text)).transpose().map_err(wrong)?,
        phone: phone.map(|text| Phone::parse(&text)).transpose().map_err(wrong)?,
        language: row.word("language")?,
        created_at: row.time("created_at")?,
    })
}

/// Reads the columns of [`TOKEN`].
pub(super) fn token(row: &QueryResult) -> Result<GuestToken, PortError> {
    let wrong = |_| error::corrupt("a guest's token cannot be read");
    Ok(GuestToken {
        id: GuestTokenId::new(row.uuid("id")?),
        organization: OrganizationId::new(row.uuid("organization_id")?),
        guest: GuestId::new(row.uuid("guest_id")?),
        support_request: SupportRequestId::new(row.uuid("support_request_id")?),
        hash: TokenHash::new(row.text("hash")?),
        name: PersonName::parse(&row.text("name")?).map_err(wrong)?,
        language: row.word("language")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        revoked_at: row.maybe_time("revoked_at")?,
    })
}
