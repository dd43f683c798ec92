//! What is known of files.

use async_trait::async_trait;
use chat::{AttachedFile, Attachment, AttachmentStatus, Attachments, Begun, Checked, FileName, NewAttachment, Usage};
use kernel::{
    AttachmentId, ConversationId, Env, MessageId, OrganizationId, ParticipantId, PortError, SupportRequestId,
    SystemEnv, Timestamp,
};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::{db::Queries, row::Columns, sql::Sql, store::SeaStore};

const COLUMNS: &str = "a.organization_id, a.id, a.conversation_id, a.support_request_id, a.message_id, a.uploaded_by,
  a.file_name, a.mime_type, a.size, a.sha256, a.status, a.stored, a.created_at";

#[async_trait]
impl Attachments for SeaStore {
    async fn begin(&self, new: &NewAttachment) -> Result<Begun, PortError> {
        let mut tx = self.transaction(new.organization).await?;
        let insert = "INSERT INTO attachment (organization_id, id, conversation_id, support_request_id, uploaded_by,
                        upload_key, file_name, mime_type, status, created_at)
                      VALUES ($1, $2, $3, $4, $5, $6, $7, 'application/octet-stream', 'pending', $8)
                      ON CONFLICT (organization_id, conversation_id, uploaded_by, upload_key)
                        WHERE upload_key IS NOT NULL AND deleted_at IS NULL DO NOTHING
                      RETURNING id";
        let insert = Sql::new(insert)
            .uuid(new.organization.uuid())
            .uuid(new.id.uuid())
            .uuid(new.conversation.uuid())
            .uuid(new.support_request.uuid())
            .uuid(new.uploaded_by.uuid())
            .maybe_text(new.key.clone())
            .text(new.file_name.as_str())
            .time(new.at);
        if tx.one(insert).await?.is_some() {
            tx.commit_all().await?;
            return Ok(Begun::New);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM attachment a WHERE a.organization_id = $1 AND a.conversation_id = $2
             AND a.uploaded_by = $3 AND a.upload_key = $4 AND a.deleted_at IS NULL"
        );
        let sql = Sql::new(sql)
            .uuid(new.organization.uuid())
            .uuid(new.conversation.uuid())
            .uuid(new.uploaded_by.uuid())
            .maybe_text(new.key.clone());
        match tx.one(sql).await? {
            Some(row) => Ok(Begun::Before(Box::new(attachment(&row)?))),
            // It was deleted in between: the next attempt is the first again.
            None => Err(PortError::new(kernel::PortErrorKind::Conflict, "the earlier upload has just gone")),
        }
    }

    async fn finish(
        &self,
        organization: OrganizationId,
        id: AttachmentId,
        checked: &Checked,
    ) -> Result<Option<Attachment>, PortError> {
        let sql = "UPDATE attachment AS a SET mime_type = $1, size = $2, sha256 = $3, status = $4, stored = {true}
                   WHERE organization_id = $5 AND id = $6 AND status = 'pending' AND deleted_at IS NULL";
        let sql = Sql::new(sql)
            .text(checked.mime_type.as_str())
            .count(checked.size)
            .text(checked.sha256.as_str())
            .text(checked.status.as_str())
            .uuid(organization.uuid())
            .uuid(id.uuid());
        let mut tx = self.transaction(organization).await?;
        tx.all(sql).await?;
        let found = one(&mut tx, organization, id).await?;
        tx.commit_all().await?;
        Ok(found.filter(|found| found.status == checked.status && found.file.sha256 == checked.sha256))
    }

    async fn find(&self, organization: OrganizationId, id: AttachmentId) -> Result<Option<Attachment>, PortError> {
        one(&mut self.app(organization).await, organization, id).await
    }

    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
    ) -> Result<Vec<Attachment>, PortError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM attachment a WHERE a.organization_id = $1 AND a.conversation_id = $2
             AND a.deleted_at IS NULL ORDER BY a.created_at, a.id"
        );
        let sql = Sql::new(sql).uuid(organization.uuid()).uuid(conversation.uuid());
        self.app(organization).await.all(sql).await?.iter().map(attachment).collect()
    }

    async fn usage(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Usage, PortError> {
        let sql = "SELECT count(*) AS files, CAST(coalesce(sum(size), 0) AS bigint) AS bytes,
                          CAST(coalesce(sum(CASE WHEN stored THEN 0 ELSE 1 END), 0) AS bigint) AS unfinished
                   FROM attachment WHERE organization_id = $1 AND conversation_id = $2 AND deleted_at IS NULL";
        let sql = Sql::new(sql).uuid(organization.uuid()).uuid(conversation.uuid());
        let Some(row) = self.app(organization).await.one(sql).await? else { return Ok(Usage::default()) };
        Ok(Usage {
            bytes_of_conversation: row.count("bytes")?,
            files_of_conversation: row.count("files")?,
            unfinished_of_conversation: row.count("unfinished")?,
        })
    }

    async fn discard(&self, organization: OrganizationId, id: AttachmentId) -> Result<bool, PortError> {
        let sql = "UPDATE attachment SET deleted_at = $1
                   WHERE organization_id = $2 AND id = $3 AND message_id IS NULL AND deleted_at IS NULL RETURNING id";
        let sql = Sql::new(sql).time(SystemEnv.now()).uuid(organization.uuid()).uuid(id.uuid());
        let mut tx = self.transaction(organization).await?;
        let discarded = tx.one(sql).await?.is_some();
        tx.commit_all().await?;
        Ok(discarded)
    }

    async fn abandon(&self, organization: OrganizationId, id: AttachmentId) -> Result<bool, PortError> {
        let sql = "UPDATE attachment SET deleted_at = $1
                   WHERE organization_id = $2 AND id = $3 AND NOT stored AND deleted_at IS NULL RETURNING id";
        let sql = Sql::new(sql).time(SystemEnv.now()).uuid(organization.uuid()).uuid(id.uuid());
        let mut tx = self.transaction(organization).await?;
        let abandoned = tx.one(sql).await?.is_some();
        tx.commit_all().await?;
        Ok(abandoned)
    }

    async fn expire(&self, unbound: Timestamp, unfinished: Timestamp) -> Result<u64, PortError> {
        let sql = "UPDATE attachment SET deleted_at = $1
                   WHERE message_id IS NULL AND deleted_at IS NULL
                     AND (created_at < $2 OR (NOT stored AND created_at < $3)) RETURNING id";
        let sql = Sql::new(sql).time(SystemEnv.now()).time(unbound).time(unfinished);
        Ok(self.log_writes().await.all(sql).await?.len() as u64)
    }

    async fn deleted(&self, after: Option<AttachmentId>, limit: u32) -> Result<Vec<Attachment>, PortError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM attachment a WHERE a.deleted_at IS NOT NULL AND a.id > $1 ORDER BY a.id LIMIT $2"
        );
        let sql = Sql::new(sql).uuid(after.map_or(Uuid::nil(), AttachmentId::uuid)).count(limit.into());
        self.log_reads().await.all(sql).await?.iter().map(attachment).collect()
    }

    async fn forget(&self, organization: OrganizationId, id: AttachmentId) -> Result<(), PortError> {
        let sql = "DELETE FROM attachment WHERE organization_id = $1 AND id = $2 AND deleted_at IS NOT NULL";
        self.log_writes().await.all(Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid())).await.map(drop)
    }

    async fn unchecked(&self, limit: u32) -> Result<Vec<Attachment>, PortError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM attachment a WHERE a.message_id IS NULL AND a.deleted_at IS NULL
             AND a.status = 'pending' AND a.stored ORDER BY a.created_at LIMIT $1"
        );
        self.log_reads().await.all(Sql::new(sql).count(limit.into())).await?.iter().map(attachment).collect()
    }

    async fn known(&self, ids: &[AttachmentId]) -> Result<Vec<AttachmentId>, PortError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let sql = Sql::new("SELECT id FROM attachment WHERE id {in $1}").uuids(ids);
        let rows = self.log_reads().await.all(sql).await?;
        rows.iter().map(|row| row.uuid("id").map(AttachmentId::new)).collect()
    }
}

async fn one(
    db: &mut impl Queries,
    organization: OrganizationId,
    id: AttachmentId,
) -> Result<Option<Attachment>, PortError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM attachment a WHERE a.organization_id = $1 AND a.id = $2 AND a.deleted_at IS NULL"
    );
    let sql = Sql::new(sql).uuid(organization.uuid()).uuid(id.uuid());
    db.one(sql).await?.as_ref().map(attachment).transpose()
}

fn attachment(row: &QueryResult) -> Result<Attachment, PortError> {
    Ok(Attachment {
        organization: OrganizationId::new(row.uuid("organization_id")?),
        conversation: ConversationId::new(row.uuid("conversation_id")?),
        support_request: SupportRequestId::new(row.uuid("support_request_id")?),
        file: attached_file(row)?,
        status: row.word::<AttachmentStatus>("status")?,
        stored: row.get("stored")?,
        message: row.maybe_uuid("message_id")?.map(MessageId::new),
    })
}

/// The columns of a file that a message carries.
pub(crate) fn attached_file(row: &QueryResult) -> Result<AttachedFile, PortError> {
    Ok(AttachedFile {
        id: AttachmentId::new(row.uuid("id")?),
        file_name: FileName::clean(&row.text("file_name")?),
        mime_type: row.text("mime_type")?,
        size: row.count("size")?,
        sha256: row.text("sha256")?,
        uploaded_by: ParticipantId::new(row.uuid("uploaded_by")?),
        created_at: row.time("created_at")?,
    })
}
