//! The agents who were added to requests: rows of those who take part in the conversation, marked as members.

use async_trait::async_trait;
use chat::SenderKind;
use kernel::{OrganizationId, PortError, PortErrorKind, SupportRequestId, Timestamp, UserId};
use sea_orm::QueryResult;
use support_request::{Member, Members, Person};

use crate::{db::Queries, row::Columns, sql::Sql, tx::SeaTx};

/// Those of a request, the longest there first.
pub(super) async fn all(
    db: &mut impl Queries,
    organization: OrganizationId,
    request: SupportRequestId,
) -> Result<Vec<Member>, PortError> {
    let sql = "SELECT u.id, u.first_name, u.last_name, u.role, coalesce(p.added_at, p.joined_at) AS added_at
               FROM conversation c
               JOIN participant p ON p.organization_id = c.organization_id AND p.conversation_id = c.id AND p.member
               JOIN user_account u ON u.organization_id = p.organization_id AND u.id = p.participant_id
               WHERE c.organization_id = $1 AND c.support_request_id = $2 ORDER BY 5, u.id";
    let rows = db.all(Sql::new(sql).uuid(organization.uuid()).uuid(request.uuid())).await?;
    rows.iter().map(member).collect()
}

#[async_trait]
impl Members for SeaTx {
    async fn add(&mut self, request: SupportRequestId, agent: &Person, at: Timestamp) -> Result<(), PortError> {
        let sql = "INSERT INTO participant AS p (organization_id, conversation_id, participant_id, kind, name, member,
                     joined_at, added_at)
                   SELECT c.organization_id, c.id, $3, $4, $5, {true}, $6, $6 FROM conversation c
                   WHERE c.organization_id = $1 AND c.support_request_id = $2
                   ON CONFLICT (organization_id, conversation_id, participant_id)
                   DO UPDATE SET added_at = CASE WHEN p.member THEN p.added_at ELSE $6 END, member = {true}";
        let sql = Sql::new(sql)
            .uuid(self.organization.uuid())
            .uuid(request.uuid())
            .uuid(agent.id.uuid())
            .int(SenderKind::Agent.as_number().into())
            .text(&agent.name)
            .time(at);
        if self.run(sql).await? == 1 {
            return Ok(());
        }
        Err(self.fail(PortErrorKind::Corrupt, "a request without a conversation"))
    }

    async fn remove(&mut self, request: SupportRequestId, agent: UserId) -> Result<(), PortError> {
        let sql = "UPDATE participant SET member = {false}, added_at = NULL
                   WHERE organization_id = $1 AND participant_id = $3 AND conversation_id = (
                     SELECT c.id FROM conversation c WHERE c.organization_id = $1 AND c.support_request_id = $2)";
        let sql = Sql::new(sql).uuid(self.organization.uuid()).uuid(request.uuid()).uuid(agent.uuid());
        self.run(sql).await.map(drop)
    }
}

fn member(row: &QueryResult) -> Result<Member, PortError> {
    Ok(Member {
        id: UserId::new(row.uuid("id")?),
        name: format!("{} {}", row.text("first_name")?, row.text("last_name")?),
        role: row.word("role")?,
        added_at: row.time("added_at")?,
    })
}
