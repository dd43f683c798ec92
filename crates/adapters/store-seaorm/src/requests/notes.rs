//! Internal notes.

use async_trait::async_trait;
use kernel::{InternalNoteId, OrganizationId, PortError, PortErrorKind, SupportRequestId, UserId};
use sea_orm::QueryResult;
use serde_json::{Value, json};
use support_request::{InternalNote, NoteContent, Notes, Person};

use crate::{db::Queries, row::Columns, sql::Sql, tx::SeaTx};

const NOTE: &str =
    "id, support_request_id, author_id, author_name, content, mentions, created_at, edited_at, deleted_at";

/// Those of a request, oldest first.
pub(super) async fn all(
    db: &mut impl Queries,
    organization: OrganizationId,
    request: SupportRequestId,
) -> Result<Vec<InternalNote>, PortError> {
    let sql =
        format!("SELECT {NOTE} FROM internal_note WHERE organization_id = $1 AND support_request_id = $2 ORDER BY id");
    db.all(Sql::new(sql).uuid(organization.uuid()).uuid(request.uuid())).await?.iter().map(note).collect()
}

/// One of them.
pub(super) async fn one(
    db: &mut impl Queries,
    organization: OrganizationId,
    request: SupportRequestId,
    id: InternalNoteId,
) -> Result<Option<InternalNote>, PortError> {
    let sql =
        format!("SELECT {NOTE} FROM internal_note WHERE organization_id = $1 AND support_request_id = $2 AND id = $3");
    let row = db.one(Sql::new(sql).uuid(organization.uuid()).uuid(request.uuid()).uuid(id.uuid())).await?;
    row.as_ref().map(note).transpose()
}

#[async_trait]
impl Notes for SeaTx {
    async fn insert(&mut self, note: &InternalNote) -> Result<(), PortError> {
        let sql = "INSERT INTO internal_note (organization_id, support_request_id, id, author_id, author_name, content,
                     mentions, created_at, edited_at, deleted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let sql = Sql::new(sql)
            .uuid(self.organization.uuid())
            .uuid(note.support_request.uuid())
            .uuid(note.id.uuid())
            .uuid(note.author.id.uuid())
            .text(&note.author.name)
            .maybe_text(note.content.as_ref().map(NoteContent::as_str))
            .json(mentions(note))
            .time(note.created_at)
            .maybe_time(note.edited_at)
            .maybe_time(note.deleted_at);
        self.run(sql).await.map(drop)
    }

    /// Whoever changes a note holds the lock of its request.
    async fn get(&mut self, request: SupportRequestId, id: InternalNoteId) -> Result<Option<InternalNote>, PortError> {
        let organization = self.organization;
        one(self, organization, request, id).await
    }

    async fn save(&mut self, note: &InternalNote) -> Result<(), PortError> {
        let sql = "UPDATE internal_note SET content = $4, mentions = $5, edited_at = $6, deleted_at = $7
                   WHERE organization_id = $1 AND support_request_id = $2 AND id = $3";
        let sql = Sql::new(sql)
            .uuid(self.organization.uuid())
            .uuid(note.support_request.uuid())
            .uuid(note.id.uuid())
            .maybe_text(note.content.as_ref().map(NoteContent::as_str))
            .json(mentions(note))
            .maybe_time(note.edited_at)
            .maybe_time(note.deleted_at);
        if self.run(sql).await? == 1 {
            return Ok(());
        }
        Err(self.fail(PortErrorKind::Conflict, "the note is not there any more"))
    }
}

fn mentions(note: &InternalNote) -> Value {
    note.mentions.iter().map(|person| json!({ "id": person.id, "name": person.name })).collect::<Vec<_>>().into()
}

fn note(row: &QueryResult) -> Result<InternalNote, PortError> {
    let mentions: Vec<Person> = serde_json::from_value(row.json("mentions")?).map_err(PortError::corrupt)?;
    Ok(InternalNote {
        id: InternalNoteId::new(row.uuid("id")?),
        support_request: SupportRequestId::new(row.uuid("support_request_id")?),
        author: Person { id: UserId::new(row.uuid("author_id")?), name: row.text("author_name")? },
        content: row.maybe_text("content")?.map(NoteContent::stored),
        mentions,
        created_at: row.time("created_at")?,
        edited_at: row.maybe_time("edited_at")?,
        deleted_at: row.maybe_time("deleted_at")?,
    })
}
