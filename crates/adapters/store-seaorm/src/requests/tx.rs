//! The transaction of the desk.

use async_trait::async_trait;
use kernel::{
    Audience, AuditLog, Event, EventId, IdempotentCalls, PortError, PortErrorKind, SupportRequestId, Timestamp,
};
use support_request::{
    Category, Conversations, Inbox, Members, Notes, Outbox, RequestTx, Requests, Routing, SlaTerms, Snapshot,
    SupportRequest, Timeline, TimelineEntry,
};

use super::{
    categories, clock, promises, purging,
    row::{self, CHANGING, REQUEST},
};
use crate::{conversations, db::Queries, row::Columns, sql::Sql, tx::SeaTx};

#[async_trait]
impl RequestTx for SeaTx {
    fn requests(&mut self) -> &mut dyn Requests {
        self
    }
    fn timeline(&mut self) -> &mut dyn Timeline {
        self
    }
    fn notes(&mut self) -> &mut dyn Notes {
        self
    }
    fn members(&mut self) -> &mut dyn Members {
        self
    }
    fn conversations(&mut self) -> &mut dyn Conversations {
        self
    }
    fn routing(&mut self) -> &mut dyn Routing {
        self
    }
    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }
    fn inbox(&mut self) -> &mut dyn Inbox {
        self
    }
    fn audit(&mut self) -> &mut dyn AuditLog {
        self
    }
    fn calls(&mut self) -> &mut dyn IdempotentCalls {
        self
    }
    async fn commit(self: Box<Self>) -> Result<(), PortError> {
        self.commit_all().await
    }
}

#[async_trait]
impl Requests for SeaTx {
    async fn numbering(&mut self) -> Result<(String, String), PortError> {
        let sql = Sql::new("SELECT ticket_prefix, time_zone FROM organization WHERE id = $1");
        match self.one(sql.uuid(self.organization.uuid())).await? {
            Some(row) => Ok((row.text("ticket_prefix")?, row.text("time_zone")?)),
            None => Err(self.fail(PortErrorKind::Corrupt, "no such organisation")),
        }
    }

    async fn terms(&mut self) -> Result<SlaTerms, PortError> {
        let organization = self.organization;
        let terms = promises::read(self, organization).await?.terms();
        terms.map_err(|wrong| self.fail(PortErrorKind::Corrupt, wrong.code))
    }

    async fn takes_category(&mut self, category: &Category) -> Result<bool, PortError> {
        let organization = self.organization;
        let all = categories::read(self, organization).await?;
        Ok(all.iter().any(|one| one.id == *category && one.active))
    }

    async fn next_number(&mut self, day: u32) -> Result<u32, PortError> {
        let sql = "INSERT INTO request_number AS n (organization_id, day, last) VALUES ($1, $2, 1)
                   ON CONFLICT (organization_id, day) DO UPDATE SET last = n.last + 1 RETURNING last";
        match self.one(Sql::new(sql).uuid(self.organization.uuid()).int(day.into())).await? {
            Some(row) => u32::try_from(row.int("last")?).map_err(PortError::corrupt),
            None => Err(self.fail(PortErrorKind::Corrupt, "no number was given")),
        }
    }

    async fn insert(&mut self, request: &SupportRequest) -> Result<(), PortError> {
        let new = request.snapshot();
        if new.organization != self.organization {
            return Err(self.fail(PortErrorKind::Corrupt, "a request of another organisation"));
        }
        let Some((day, count)) = row::parts_of(&new.number) else {
            return Err(self.fail(PortErrorKind::Corrupt, "a number without day and counter"));
        };
        let fixed = "organization_id, id, number, number_day, number_count, kind, source, conversation_id,
                     follow_up_of, created_at, updated_at, active_at";
        let places: Vec<String> = (1..=12 + CHANGING.len()).map(|n| format!("${n}")).collect();
        let text =
            format!("INSERT INTO support_request ({fixed}, {}) VALUES ({})", CHANGING.join(", "), places.join(", "));
        let sql = Sql::new(text)
            .uuid(new.organization.uuid())
            .uuid(new.id.uuid())
            .text(new.number.as_str())
            .int(day)
            .int(count)
            .text(new.kind.as_str())
            .text(new.source.as_str())
            .uuid(new.conversation.uuid())
            .maybe_uuid(new.follow_up_of.map(SupportRequestId::uuid))
            .time(new.created_at)
            .time(new.updated_at)
            .time(new.updated_at);
        self.run(row::changing(sql, new)).await.map(drop)
    }

    async fn get(&mut self, id: SupportRequestId) -> Result<Option<SupportRequest>, PortError> {
        let sql =
            format!("SELECT {REQUEST} FROM support_request r WHERE r.organization_id = $1 AND r.id = $2 {{lock}}");
        let row = self.one(Sql::new(sql).uuid(self.organization.uuid()).uuid(id.uuid())).await?;
        row.map(|row| row::request(&row).map(SupportRequest::restore)).transpose()
    }

    async fn audience(&mut self, id: SupportRequestId) -> Result<Option<Audience>, PortError> {
        let organization = self.organization;
        let sql = format!("SELECT {REQUEST} FROM support_request r WHERE r.organization_id = $1 AND r.id = $2");
        let Some(row) = self.one(Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid())).await? else {
            return Ok(None);
        };
        let request: Snapshot = row::request(&row)?;
        let conversation = request.conversation.uuid();
        let mut members = conversations::members(self, organization, vec![conversation]).await?;
        Ok(Some(request.audience(members.remove(&conversation).unwrap_or_default())))
    }

    async fn save(&mut self, request: &SupportRequest) -> Result<(), PortError> {
        let new = request.snapshot();
        let columns: Vec<String> = CHANGING.iter().zip(5..).map(|(name, n)| format!("{name} = ${n}")).collect();
        let text = format!(
            "UPDATE support_request SET updated_at = $4, active_at = {{greatest}}(active_at, $4), {}
             WHERE organization_id = $1 AND id = $2 AND version = $3",
            columns.join(", ")
        );
        let sql = Sql::new(text)
            .uuid(self.organization.uuid())
            .uuid(new.id.uuid())
            .count(request.read_version())
            .time(new.updated_at);
        if self.run(row::changing(sql, new)).await? == 1 {
            return Ok(());
        }
        Err(self.fail(PortErrorKind::Conflict, "somebody else changed the request first"))
    }

    async fn last_activity(&mut self, id: SupportRequestId) -> Result<Option<Timestamp>, PortError> {
        clock::last_activity(self, id).await
    }

    async fn purge(&mut self, id: SupportRequestId) -> Result<bool, PortError> {
        purging::purge(self, id).await
    }
}

#[async_trait]
impl Timeline for SeaTx {
    /// Entries are numbered by request, so that those of one moment keep their order.
    async fn append(&mut self, request: SupportRequestId, entry: &TimelineEntry) -> Result<(), PortError> {
        let sql =
            "INSERT INTO timeline_entry (organization_id, support_request_id, position, id, kind, old, new, actor_id,
                     actor_name, reason, note, metadata, customer_told, customer_told_at, created_at)
                   SELECT $1, $2, coalesce(max(t.position), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
                   FROM timeline_entry t WHERE t.organization_id = $1 AND t.support_request_id = $2";
        let sql = Sql::new(sql)
            .uuid(self.organization.uuid())
            .uuid(request.uuid())
            .uuid(entry.id.uuid())
            .text(entry.kind.as_str())
            .maybe_text(entry.old.as_deref())
            .maybe_text(entry.new.as_deref())
            .maybe_uuid(entry.actor.id.map(kernel::ParticipantId::uuid))
            .text(&entry.actor.name)
            .maybe_text(entry.reason.as_deref())
            .maybe_text(entry.note.as_deref())
            .json(serde_json::Value::Object(entry.metadata.clone()))
            .bool(entry.customer_told)
            .maybe_time(entry.customer_told_at)
            .time(entry.created_at);
        self.run(sql).await.map(drop)
    }
}

#[async_trait]
impl Outbox for SeaTx {
    async fn append(&mut self, event: &Event) -> Result<(), PortError> {
        self.tell(event).await
    }
}

#[async_trait]
impl Inbox for SeaTx {
    async fn take(&mut self, consumer: &str, event: EventId) -> Result<bool, PortError> {
        self.take_event(consumer, event).await
    }
}
