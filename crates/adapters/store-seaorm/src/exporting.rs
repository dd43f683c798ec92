//! What is stored of a person, for them to take along.

use async_trait::async_trait;
use kernel::{AttachmentId, OrganizationId, ParticipantId, PortError, SupportRequestId, Timestamp};
use privacy::{OwnFile, PersonalData, PersonalDataStore};
use sea_orm::QueryResult;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    db::{Db, Queries},
    row::Columns,
    sql::Sql,
    store::SeaStore,
};

/// How many rows are read at a time.
const CHUNK: i64 = 1_000;

#[async_trait]
impl PersonalDataStore for SeaStore {
    async fn personal_data(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        support_request: Option<SupportRequestId>,
    ) -> Result<PersonalData, PortError> {
        let of = Of {
            store: self,
            organization,
            person: person.uuid(),
            request: support_request.map(SupportRequestId::uuid),
        };
        let (requests, conversations) = of.requests().await?;
        Ok(PersonalData {
            person: of.person().await?,
            sessions: of.sessions().await?,
            messages: of.messages(&conversations).await?,
            timeline: of.timeline(&requests).await?,
            files: of.files().await?,
            support_requests: requests,
        })
    }
}

/// Whose, and how much of it.
struct Of<'a> {
    store: &'a SeaStore,
    organization: OrganizationId,
    person: Uuid,
    request: Option<Uuid>,
}

impl<'a> Of<'a> {
    async fn db(&self) -> Db<'a> {
        self.store.app(self.organization).await
    }

    fn sql(&self, text: &'static str) -> Sql {
        Sql::new(text).uuid(self.organization.uuid()).uuid(self.person)
    }

    /// The account; else what a guest said of themselves, under a token for this request only what came with it.
    async fn person(&self) -> Result<Option<Value>, PortError> {
        let user = "SELECT email, first_name, last_name, phone, language, role, active, created_at FROM user_account
                    WHERE organization_id = $1 AND id = $2";
        if let Some(row) = self.db().await.one(self.sql(user)).await? {
            return Ok(Some(json!({
                "type": "user", "id": self.person, "email": row.text("email")?, "first_name": row.text("first_name")?,
                "last_name": row.text("last_name")?, "phone": row.maybe_text("phone")?,
                "language": row.text("language")?, "role": row.text("role")?, "active": row.get::<bool>("active")?,
                "created_at": row.time("created_at")?,
            })));
        }
        if let Some(request) = self.request {
            let guest = "SELECT requester_name AS name, requester_email AS email, requester_phone AS phone, language,
                           created_at FROM support_request WHERE organization_id = $1 AND requester_id = $2 AND id = $3";
            let row = self.db().await.one(self.sql(guest).uuid(request)).await?;
            return row.as_ref().map(|row| guest_of(row, self.person)).transpose();
        }
        let guest = "SELECT name, email, phone, language, created_at FROM guest WHERE organization_id = $1 AND id = $2";
        let row = self.db().await.one(self.sql(guest)).await?;
        row.as_ref().map(|row| guest_of(row, self.person)).transpose()
    }

    async fn sessions(&self) -> Result<Vec<Value>, PortError> {
        let sql = "SELECT id, created_at, rotated_at, expires_at, ended_at, address, user_agent FROM user_session
                   WHERE organization_id = $1 AND user_id = $2 ORDER BY id";
        let rows = self.db().await.all(self.sql(sql)).await?;
        let session = |row: &QueryResult| {
            Ok(json!({
                "id": row.uuid("id")?, "created_at": row.time("created_at")?, "last_used_at": row.time("rotated_at")?,
                "expires_at": row.time("expires_at")?, "ended_at": row.maybe_time("ended_at")?,
                "address": row.maybe_text("address")?, "user_agent": row.maybe_text("user_agent")?,
            }))
        };
        rows.iter().map(session).collect()
    }

    /// The requests, and the ids of their conversations.
    async fn requests(&self) -> Result<(Vec<Value>, Vec<Uuid>), PortError> {
        let sql = "SELECT id, number, kind, source, status, priority, category, subject, description, tags, metadata,
                     order_id, appointment_id, warranty_id, claim_id, requester_name, requester_email, requester_phone,
                     resolution, rating, rating_comment, conversation_id, created_at, resolved_at, closed_at
                   FROM support_request WHERE organization_id = $1 AND requester_id = $2";
        let sql = match self.request {
            Some(request) => self.sql(sql).and(" AND id = $").uuid(request),
            None => self.sql(sql),
        };
        let rows = self.db().await.all(sql.and(" ORDER BY id")).await?;
        let conversations = rows.iter().map(|row| row.uuid("conversation_id")).collect::<Result<_, _>>()?;
        Ok((rows.iter().map(request).collect::<Result<_, _>>()?, conversations))
    }

    /// What was said in the own conversations, without the names of those who answered beyond what was shown; and, of
    /// a user, what they said in others'.
    async fn messages(&self, own: &[Uuid]) -> Result<Vec<Value>, PortError> {
        let mut all = Vec::new();
        for chunk in own.chunks(200) {
            let sql =
                "SELECT id, conversation_id, seq, sender_id, sender_name, content, created_at, edited_at FROM entry
                       WHERE organization_id = $1 AND conversation_id {in $2} AND change = 0 AND deleted_at IS NULL
                       ORDER BY conversation_id, seq";
            let sql = Sql::new(sql).uuid(self.organization.uuid()).uuids(chunk.to_vec());
            for row in self.db().await.all(sql).await? {
                all.push(message(&row)?);
            }
        }
        if self.request.is_none() {
            self.messages_elsewhere(&mut all).await?;
        }
        Ok(all)
    }

    /// Conversation by conversation, as the index of the log has it; guests write in their own only.
    async fn messages_elsewhere(&self, all: &mut Vec<Value>) -> Result<(), PortError> {
        let mut after = Uuid::nil();
        loop {
            let sql = "SELECT c.id FROM conversation c WHERE c.organization_id = $1 AND c.requester_id <> $2
                         AND EXISTS (SELECT 1 FROM user_account u WHERE u.organization_id = $1 AND u.id = $2)
                         AND c.id > $3 ORDER BY c.id LIMIT $4";
            let rows = self.db().await.all(self.sql(sql).uuid(after).int(CHUNK)).await?;
            let chunk: Vec<Uuid> = rows.iter().map(|row| row.uuid("id")).collect::<Result<_, _>>()?;
            let Some(last) = chunk.last() else { return Ok(()) };
            after = *last;
            let sql =
                "SELECT id, conversation_id, seq, sender_id, sender_name, content, created_at, edited_at FROM entry
                       WHERE organization_id = $1 AND sender_id = $2 AND conversation_id {in $3} AND change = 0
                         AND deleted_at IS NULL ORDER BY conversation_id, seq";
            for row in self.db().await.all(self.sql(sql).uuids(chunk)).await? {
                all.push(message(&row)?);
            }
        }
    }

    /// What they did to their own requests; what was done to those for their eyes is a part of it.
    async fn timeline(&self, requests: &[Value]) -> Result<Vec<Value>, PortError> {
        let ids: Vec<Uuid> = requests.iter().filter_map(|one| one["id"].as_str()?.parse().ok()).collect();
        let mut all = Vec::new();
        for chunk in ids.chunks(200) {
            let sql = "SELECT support_request_id, kind, old, new, actor_id, reason, created_at FROM timeline_entry
                       WHERE organization_id = $1 AND actor_id = $2 AND support_request_id {in $3}
                       ORDER BY support_request_id, position";
            for row in self.db().await.all(self.sql(sql).uuids(chunk.to_vec())).await? {
                all.push(json!({
                    "support_request_id": row.uuid("support_request_id")?, "kind": row.text("kind")?,
                    "old": row.maybe_text("old")?, "new": row.maybe_text("new")?, "reason": row.maybe_text("reason")?,
                    "created_at": row.time("created_at")?,
                }));
            }
        }
        Ok(all)
    }

    async fn files(&self) -> Result<Vec<OwnFile>, PortError> {
        let sql = "SELECT id, file_name, mime_type, size, sha256, conversation_id, message_id, status, created_at
                   FROM attachment WHERE organization_id = $1 AND uploaded_by = $2 AND deleted_at IS NULL AND stored";
        let sql = match self.request {
            Some(request) => self.sql(sql).and(" AND support_request_id = $").uuid(request),
            None => self.sql(sql),
        };
        let rows = self.db().await.all(sql.and(" ORDER BY id")).await?;
        let file = |row: &QueryResult| {
            let id = row.uuid("id")?;
            let about = json!({
                "id": id, "file_name": row.text("file_name")?, "mime_type": row.text("mime_type")?,
                "size": row.int("size")?, "sha256": row.text("sha256")?, "conversation_id": row.uuid("conversation_id")?,
                "message_id": row.maybe_uuid("message_id")?, "status": row.text("status")?,
                "created_at": row.time("created_at")?,
            });
            Ok(OwnFile { id: AttachmentId::new(id), about })
        };
        rows.iter().map(file).collect()
    }
}

fn guest_of(row: &QueryResult, id: Uuid) -> Result<Value, PortError> {
    Ok(json!({
        "type": "guest", "id": id, "name": row.text("name")?, "email": row.maybe_text("email")?,
        "phone": row.maybe_text("phone")?, "language": row.text("language")?, "created_at": row.time("created_at")?,
    }))
}

fn request(row: &QueryResult) -> Result<Value, PortError> {
    let time = |column| -> Result<Option<Timestamp>, PortError> { row.maybe_time(column) };
    Ok(json!({
        "id": row.uuid("id")?, "number": row.text("number")?, "kind": row.text("kind")?, "source": row.text("source")?,
        "status": row.text("status")?, "priority": row.text("priority")?, "category": row.text("category")?,
        "subject": row.text("subject")?, "description": row.text("description")?, "metadata": row.json("metadata")?,
        "context": {
            "order_id": row.maybe_text("order_id")?, "appointment_id": row.maybe_text("appointment_id")?,
            "warranty_id": row.maybe_text("warranty_id")?, "claim_id": row.maybe_text("claim_id")?,
        },
        "requester": {
            "name": row.text("requester_name")?, "email": row.maybe_text("requester_email")?,
            "phone": row.maybe_text("requester_phone")?,
        },
        "resolution": row.maybe_text("resolution")?,
        "rating": { "score": row.get::<Option<i64>>("rating")?, "comment": row.maybe_text("rating_comment")? },
        "conversation_id": row.uuid("conversation_id")?, "created_at": row.time("created_at")?,
        "resolved_at": time("resolved_at")?, "closed_at": time("closed_at")?,
    }))
}

fn message(row: &QueryResult) -> Result<Value, PortError> {
    Ok(json!({
        "id": row.uuid("id")?, "conversation_id": row.uuid("conversation_id")?, "seq": row.int("seq")?,
        "sender": { "id": row.uuid("sender_id")?, "name": row.text("sender_name")? },
        "content": row.maybe_text("content")?, "created_at": row.time("created_at")?,
        "edited_at": row.maybe_time("edited_at")?,
    }))
}
