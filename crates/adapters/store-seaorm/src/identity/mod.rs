//! Organisations, users, sessions, guests, and what is looked up before any of them is known.

mod account_tokens;
mod gate;
mod guests;
mod keys;
mod letters;
mod organizations;
mod sessions;
mod users;
mod views;

pub(crate) use users::skills;

use async_trait::async_trait;
use identity::{
    AccountTokens, GuestTokens, Guests, IdentityStore, IdentityTx, Letters, Organizations, Outbox, Revocation, Revoked,
    Sessions, Users,
};
use kernel::{AuditLog, Event, IdempotentCalls, OrganizationId, PortError, PortErrorKind};

use crate::{sql::Sql, store::SeaStore, tx::SeaTx};

#[async_trait]
impl IdentityStore for SeaStore {
    async fn begin(&self, organization: OrganizationId) -> Result<Box<dyn IdentityTx>, PortError> {
        Ok(Box::new(self.transaction(organization).await?))
    }
}

#[async_trait]
impl IdentityTx for SeaTx {
    fn organizations(&mut self) -> &mut dyn Organizations {
        self
    }
    fn users(&mut self) -> &mut dyn Users {
        self
    }
    fn sessions(&mut self) -> &mut dyn Sessions {
        self
    }
    fn guests(&mut self) -> &mut dyn Guests {
        self
    }
    fn guest_tokens(&mut self) -> &mut dyn GuestTokens {
        self
    }
    fn account_tokens(&mut self) -> &mut dyn AccountTokens {
        self
    }
    fn letters(&mut self) -> &mut dyn Letters {
        self
    }
    async fn revoke(&mut self, revocation: &Revocation) -> Result<(), PortError> {
        self.own(revocation.organization)?;
        let (kind, target, person) = match revocation.what {
            Revoked::Session { session, user } => ("session", session.uuid(), user.uuid()),
            Revoked::GuestToken { token, guest } => ("guest_token", token.uuid(), guest.uuid()),
        };
        let sql = "INSERT INTO revocation (organization_id, kind, target_id, person_id, at) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT DO NOTHING";
        let sql = Sql::new(sql).uuid(self.organization.uuid()).text(kind).uuid(target).uuid(person).time(revocation.at);
        self.run(sql).await.map(drop)
    }
    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }
    fn calls(&mut self) -> &mut dyn IdempotentCalls {
        self
    }
    fn audit(&mut self) -> &mut dyn AuditLog {
        self
    }
    async fn commit(self: Box<Self>) -> Result<(), PortError> {
        self.commit_all().await
    }
}

#[async_trait]
impl Outbox for SeaTx {
    async fn append(&mut self, event: &Event) -> Result<(), PortError> {
        self.tell(event).await
    }
}

impl SeaTx {
    /// Nothing of another organisation is written, whatever the database.
    fn own(&mut self, organization: OrganizationId) -> Result<(), PortError> {
        if organization == self.organization {
            return Ok(());
        }
        Err(self.fail(PortErrorKind::Corrupt, "a row of another organisation"))
    }

    /// Runs an update of a row that this transaction locked.
    async fn update_one(&mut self, sql: Sql) -> Result<(), PortError> {
        if self.run(sql).await? == 1 {
            return Ok(());
        }
        Err(self.fail(PortErrorKind::Corrupt, "a row that was locked is not there"))
    }
}
