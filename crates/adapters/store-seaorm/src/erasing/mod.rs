//! Erasures: what is noted of them, and what they take away.

mod blank;

use async_trait::async_trait;
use kernel::{
    ConversationId, Env, Event, EventId, MessageId, OrganizationId, ParticipantId, PortError, SupportRequestId,
    SystemEnv, Timestamp, UserId,
};
use privacy::{Erasure, ErasureStore, Extent};
use sea_orm::QueryResult;
use serde_json::json;
use uuid::Uuid;

use crate::{db::Queries, error, row::Columns, sql::Sql, store::SeaStore};

/// How many requests are gone through in one statement, and in one transaction: the whole of an organisation may have
/// to be, and nobody else is to wait for it.
const CHUNK: i64 = 500;

/// A request that an erasure has to go through.
pub(crate) struct Place {
    request: Uuid,
    conversation: Uuid,
    /// The person asked for it, or it is erased as a whole.
    is_own: bool,
}

#[async_trait]
impl ErasureStore for SeaStore {
    async fn people(
        &self,
        organization: OrganizationId,
        id: Option<UserId>,
        email: Option<&str>,
    ) -> Result<Vec<ParticipantId>, PortError> {
        let sql = "SELECT id FROM user_account WHERE organization_id = $1 AND (id = $2 OR email = $3)
                   UNION SELECT id FROM guest WHERE organization_id = $1 AND (id = $2 OR email = $3) ORDER BY id";
        let email = email.map(str::to_lowercase);
        let sql = Sql::new(sql).uuid(organization.uuid()).maybe_uuid(id.map(UserId::uuid)).maybe_text(email);
        let rows = self.app(organization).await.all(sql).await?;
        rows.iter().map(|row| row.uuid("id").map(ParticipantId::new)).collect()
    }

    async fn note(&self, erasure: &Erasure) -> Result<(), PortError> {
        let (person, request) = parts(erasure.extent);
        let sql = "INSERT INTO erasure (organization_id, id, person_id, support_request_id, requested_at)
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let sql = Sql::new(sql)
            .uuid(erasure.organization.uuid())
            .uuid(erasure.id)
            .maybe_uuid(person.map(ParticipantId::uuid))
            .maybe_uuid(request.map(SupportRequestId::uuid))
            .time(erasure.requested_at);
        let mut tx = self.transaction(erasure.organization).await?;
        tx.run(sql).await?;
        tx.commit_all().await
    }

    async fn messages(&self, erasure: &Erasure) -> Result<Vec<(ConversationId, MessageId)>, PortError> {
        let (person, _) = parts(erasure.extent);
        let mut found = Vec::new();
        let mut after = Uuid::nil();
        loop {
            let places = self.places(erasure, after).await?;
            let Some(last) = places.last() else { return Ok(found) };
            after = last.request;
            let sql = "SELECT conversation_id, id FROM entry WHERE organization_id = $1 AND conversation_id {in $2}
                         AND change = 0 AND deleted_at IS NULL";
            let sql = Sql::new(sql)
                .uuid(erasure.organization.uuid())
                .uuids(places.iter().map(|place| place.conversation).collect());
            let sql = match person {
                Some(person) => sql.and(" AND sender_id = $").uuid(person.uuid()),
                None => sql,
            };
            for row in self.app(erasure.organization).await.all(sql).await? {
                found.push((ConversationId::new(row.uuid("conversation_id")?), MessageId::new(row.uuid("id")?)));
            }
        }
    }

    async fn addresses(&self, erasure: &Erasure) -> Result<Vec<String>, PortError> {
        let (person, request) = parts(erasure.extent);
        let sql = match (person, request) {
            (Some(person), None) => Sql::new(
                "SELECT lower(email) AS email FROM user_account WHERE organization_id = $1 AND id = $2
                 UNION SELECT lower(email) FROM guest WHERE organization_id = $1 AND id = $2 AND email IS NOT NULL
                 UNION SELECT lower(requester_email) FROM support_request
                   WHERE organization_id = $1 AND requester_id = $2 AND requester_email IS NOT NULL",
            )
            .uuid(erasure.organization.uuid())
            .uuid(person.uuid()),
            // Anybody can open a request under an address that is not theirs: it is forgotten only where nothing else
            // is known of it.
            (_, Some(request)) => Sql::new(
                "SELECT lower(r.requester_email) AS email FROM support_request r
                 WHERE r.organization_id = $1 AND r.id = $2 AND r.requester_email IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM support_request o WHERE o.organization_id = $1 AND o.id <> $2
                     AND o.requester_email_folded = lower(r.requester_email))
                   AND NOT EXISTS (SELECT 1 FROM user_account u WHERE u.organization_id = $1
                     AND (u.id = r.requester_id OR u.email = lower(r.requester_email)))",
            )
            .uuid(erasure.organization.uuid())
            .uuid(request.uuid()),
            (None, None) => return Ok(Vec::new()),
        };
        let rows = self.app(erasure.organization).await.all(sql).await?;
        rows.iter().map(|row| row.text("email")).collect()
    }

    async fn mark_files(&self, erasure: &Erasure) -> Result<(), PortError> {
        let sql = "UPDATE attachment SET deleted_at = $1 WHERE organization_id = $2 AND deleted_at IS NULL";
        let sql = Sql::new(sql).time(SystemEnv.now()).uuid(erasure.organization.uuid());
        let mut tx = self.transaction(erasure.organization).await?;
        tx.run(of_extent(sql, erasure.extent)).await?;
        tx.commit_all().await
    }

    async fn blank(&self, erasure: &Erasure, now: Timestamp) -> Result<Vec<SupportRequestId>, PortError> {
        let left =
            Sql::new("SELECT 1 AS one FROM attachment WHERE organization_id = $1").uuid(erasure.organization.uuid());
        let left = of_extent(left, erasure.extent).and(" LIMIT $").int(1);
        if self.app(erasure.organization).await.one(left).await?.is_some() {
            return Err(PortError::unavailable("the bytes of a file are still there"));
        }
        let (words, addresses) = (blank::Words::of(self, erasure).await?, self.addresses(erasure).await?);
        let mut changed = Vec::new();
        let mut after = Uuid::nil();
        // First what hangs on an address, which is gone from requests afterwards.
        blank::letters(self, erasure, &addresses).await?;
        loop {
            let places = self.places(erasure, after).await?;
            let Some(last) = places.last() else { break };
            after = last.request;
            changed.extend(blank::places(self, erasure, &places, &words, now).await?);
        }
        blank::person(self, erasure, &words).await?;
        self.scrub().await?;
        self.note_done(erasure, now).await?;
        Ok(changed)
    }

    async fn erasures(&self, only_open: bool) -> Result<Vec<Erasure>, PortError> {
        let condition = if only_open { "WHERE done_at IS NULL" } else { "" };
        let sql = format!(
            "SELECT organization_id, id, person_id, support_request_id, requested_at FROM erasure {condition}
             ORDER BY requested_at, id"
        );
        self.gate().await.all(Sql::new(sql)).await?.iter().map(erasure).collect()
    }

    async fn closed_before(
        &self,
        organization: OrganizationId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<SupportRequestId>, PortError> {
        let sql = "SELECT id FROM support_request WHERE organization_id = $1 AND closed_at < $2 AND status = 'closed'
                     AND erased_at IS NULL ORDER BY closed_at LIMIT $3";
        let sql = Sql::new(sql).uuid(organization.uuid()).time(before).int(limit.into());
        let rows = self.app(organization).await.all(sql).await?;
        rows.iter().map(|row| row.uuid("id").map(SupportRequestId::new)).collect()
    }
}

impl SeaStore {
    /// The requests to go through, in the order of their ids, after the one given: for a guest those they opened, for
    /// a user all, because there is no telling where somebody answered who once was staff.
    async fn places(&self, erasure: &Erasure, after: Uuid) -> Result<Vec<Place>, PortError> {
        let (person, request) = parts(erasure.extent);
        let sql = "SELECT r.id, r.conversation_id, r.requester_id FROM support_request r
                   WHERE r.organization_id = $1 AND r.id > $2";
        let sql = Sql::new(sql).uuid(erasure.organization.uuid()).uuid(after);
        let sql = match (request, person) {
            (Some(request), _) => sql.and(" AND r.id = $").uuid(request.uuid()),
            (None, Some(person)) => sql
                .and(
                    " AND (r.requester_id = $ OR EXISTS (SELECT 1 FROM user_account u
                         WHERE u.organization_id = r.organization_id AND u.id = $))",
                )
                .uuid(person.uuid()),
            (None, None) => return Ok(Vec::new()),
        };
        let sql = sql.and(" ORDER BY r.id LIMIT $").int(CHUNK);
        let rows = self.app(erasure.organization).await.all(sql).await?;
        let place = |row: &QueryResult| {
            let requester = row.uuid("requester_id")?;
            Ok(Place {
                request: row.uuid("id")?,
                conversation: row.uuid("conversation_id")?,
                is_own: person.is_none_or(|person| person.uuid() == requester),
            })
        };
        rows.iter().map(place).collect()
    }

    /// Noted once, and told once.
    async fn note_done(&self, erasure: &Erasure, now: Timestamp) -> Result<(), PortError> {
        let mut tx = self.transaction(erasure.organization).await?;
        tx.as_eraser().await?;
        let sql = "UPDATE erasure SET done_at = $3 WHERE organization_id = $1 AND id = $2 AND done_at IS NULL";
        let sql = Sql::new(sql).uuid(erasure.organization.uuid()).uuid(erasure.id).time(now);
        if tx.run(sql).await? == 1
            && let (Some(person), request) = parts(erasure.extent)
        {
            let event = Event {
                id: EventId::new(SystemEnv.uuid()),
                name: "contact.erased",
                organization: erasure.organization,
                at: now,
                key: person.uuid(),
                data: json!({ "contact_id": person, "ticket_id": request, "erasure_id": erasure.id }),
            };
            tx.tell(&event).await?;
        }
        tx.commit_all().await
    }

    /// Takes out of the files of SQLite what is in no row any more: its log of changes still has every page as it was.
    /// PostgreSQL does so by itself, when it vacuums.
    async fn scrub(&self) -> Result<(), PortError> {
        if self.is_postgres() {
            return Ok(());
        }
        for _ in 0..100 {
            let row = self.log_writes().await.one(Sql::new("PRAGMA wal_checkpoint(TRUNCATE)")).await?;
            let busy = row.map(|row| row.get::<i64>("busy")).transpose()?;
            if busy == Some(0) {
                return Ok(());
            }
            // Somebody reads what was there before.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Err(PortError::unavailable("the log of changes of SQLite is in use"))
    }
}

/// The person and the request of an extent.
fn parts(extent: Extent) -> (Option<ParticipantId>, Option<SupportRequestId>) {
    match extent {
        Extent::Person(person) => (Some(person), None),
        Extent::PersonIn(person, request) => (Some(person), Some(request)),
        Extent::Request(request) => (None, Some(request)),
    }
}

/// A statement on files, bounded to those of an extent.
fn of_extent(sql: Sql, extent: Extent) -> Sql {
    let (person, request) = parts(extent);
    let sql = match person {
        Some(person) => sql.and(" AND uploaded_by = $").uuid(person.uuid()),
        None => sql,
    };
    match request {
        // By way of the conversation, which there is an index of.
        Some(request) => sql
            .and(
                " AND conversation_id IN (SELECT c.id FROM conversation c
                     WHERE c.organization_id = attachment.organization_id AND c.support_request_id = $)",
            )
            .uuid(request.uuid()),
        None => sql,
    }
}

fn erasure(row: &QueryResult) -> Result<Erasure, PortError> {
    let person = row.maybe_uuid("person_id")?.map(ParticipantId::new);
    let request = row.maybe_uuid("support_request_id")?.map(SupportRequestId::new);
    let extent = match (person, request) {
        (Some(person), None) => Extent::Person(person),
        (Some(person), Some(request)) => Extent::PersonIn(person, request),
        (None, Some(request)) => Extent::Request(request),
        (None, None) => return Err(error::corrupt("an erasure of nothing")),
    };
    Ok(Erasure {
        id: row.uuid("id")?,
        organization: OrganizationId::new(row.uuid("organization_id")?),
        extent,
        requested_at: row.time("requested_at")?,
    })
}
