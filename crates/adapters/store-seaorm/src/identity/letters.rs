//! Letters as rows. Those of all organisations are claimed under the role of the gate.

use async_trait::async_trait;
use identity::{Email, Letter, LetterQueue, Letters, Sealed, WaitingLetter};
use kernel::{LetterId, OrganizationId, PortError, Timestamp};
use sea_orm::QueryResult;

use crate::{db::Queries, error, row::Columns, sql::Sql, store::SeaStore, tx::SeaTx};

#[async_trait]
impl Letters for SeaTx {
    async fn insert(&mut self, letter: &Letter) -> Result<(), PortError> {
        self.own(letter.organization)?;
        let sql = "INSERT INTO letter (organization_id, id, email, language, content, attempts, created_at, next_at)
                   VALUES ($1, $2, $3, $4, $5, 0, $6, $6)";
        let sql = Sql::new(sql)
            .uuid(letter.organization.uuid())
            .uuid(letter.id.uuid())
            .text(letter.to.as_str())
            .text(letter.language.as_str())
            .text(letter.content.as_str())
            .time(letter.created_at);
        self.run(sql).await.map(drop)
    }
}

/// What others have locked is skipped on `PostgreSQL`, so that nodes do not wait for each other; `SQLite` has one
/// writer. Should the statement be run twice because its answer was lost, what it claimed the first time waits for the
/// end of that claim.
const CLAIM: &str = "UPDATE letter SET attempts = attempts + 1, next_at = $2
   WHERE (organization_id, id) IN (
     SELECT w.organization_id, w.id FROM letter w WHERE w.next_at IS NOT NULL AND w.next_at <= $1
     ORDER BY w.next_at, w.id LIMIT $3 {skip_locked})
   RETURNING organization_id, id, email, language, content, attempts, created_at";

#[async_trait]
impl LetterQueue for SeaStore {
    async fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<WaitingLetter>, PortError> {
        let sql = Sql::new(CLAIM).time(now).time(until).int(limit.into());
        let rows = self.gate_writes().await.all(sql).await?;
        rows.iter().map(waiting).collect()
    }

    async fn sent(&self, organization: OrganizationId, id: LetterId, at: Timestamp) -> Result<(), PortError> {
        let sql = "UPDATE letter SET next_at = NULL, content = '', sent_at = $3
                   WHERE organization_id = $1 AND id = $2 AND sent_at IS NULL";
        let mut tx = self.transaction(organization).await?;
        tx.run(Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid()).time(at)).await?;
        tx.commit_all().await
    }

    async fn failed(
        &self,
        organization: OrganizationId,
        id: LetterId,
        again: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<(), PortError> {
        let (own, mut tx) =
            (|sql| Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid()), self.transaction(organization).await?);
        let sql = match again {
            Some(again) => {
                own("UPDATE letter SET next_at = $3 WHERE organization_id = $1 AND id = $2 AND next_at IS NOT NULL")
                    .time(again)
            }
            None => own("UPDATE letter SET next_at = NULL, content = '', given_up_at = $3
                 WHERE organization_id = $1 AND id = $2 AND next_at IS NOT NULL")
            .time(at),
        };
        tx.run(sql).await?;
        tx.commit_all().await
    }
}

fn waiting(row: &QueryResult) -> Result<WaitingLetter, PortError> {
    Ok(WaitingLetter {
        letter: Letter {
            id: LetterId::new(row.uuid("id")?),
            organization: OrganizationId::new(row.uuid("organization_id")?),
            to: Email::parse(&row.text("email")?).map_err(|_| error::corrupt("an address that cannot be read"))?,
            language: row.word("language")?,
            content: Sealed::new(row.text("content")?),
            created_at: row.time("created_at")?,
        },
        attempts: u32::try_from(row.count("attempts")?).unwrap_or(u32::MAX),
    })
}
