//! Chat sessions. While one is active, its activity and its end are those of the conversation's log.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use chat::{ChatSession, ChatSessions, Seq, SessionFeed};
use kernel::{
    ChatSessionId, ConversationId, Env, OrganizationId, Page, PageRequest, ParticipantId, PortError, SystemEnv,
    Timestamp,
};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::{
    db::{Db, Queries},
    row::Columns,
    sql::Sql,
    store::SeaStore,
};

/// A session as it stands, of the row `s` and its conversation `c`.
const SHOWN: &str =
    "s.id AS s_id, s.organization_id AS s_organization_id, s.conversation_id AS s_conversation_id, s.status AS s_status,
     s.started_at AS s_started_at, s.ended_at AS s_ended_at, s.ended_by AS s_ended_by, s.first_seq AS s_first_seq,
     CASE WHEN s.status = 'active' THEN {greatest}(s.started_at, coalesce(c.last_message_at, s.started_at))
          ELSE s.last_activity_at END AS s_last_activity_at,
     CASE WHEN s.status = 'active' THEN c.last_seq ELSE s.last_seq END AS s_last_seq";

/// The conversation of a session that a statement changes.
const OWN: &str = "FROM conversation c WHERE c.organization_id = chat_session.organization_id
                     AND c.id = chat_session.conversation_id";

/// The columns of [`SHOWN`], of a session that is over.
const OVER: &str = "id AS s_id, organization_id AS s_organization_id, conversation_id AS s_conversation_id,
     status AS s_status, started_at AS s_started_at, ended_at AS s_ended_at, ended_by AS s_ended_by,
     first_seq AS s_first_seq, last_activity_at AS s_last_activity_at, last_seq AS s_last_seq";

/// Where a session of a conversation would begin, if there is one to open: where the customer has first written
/// since the last session, but not before $3; in a conversation that was opened since then and had no session, where
/// the next entry will be.
const BEGINS: &str = "coalesce(
     (SELECT min(e.seq) FROM entry e WHERE e.conversation_id = c.id AND e.change = 0
        AND e.sender_kind = 0 AND e.created_at > $3 AND e.seq > coalesce((
          SELECT max(p.last_seq) FROM chat_session p WHERE p.organization_id = c.organization_id
          AND p.conversation_id = c.id), 0)),
     CASE WHEN c.created_at > $3 AND NOT EXISTS (
       SELECT 1 FROM chat_session p WHERE p.organization_id = c.organization_id
       AND p.conversation_id = c.id) THEN c.last_seq + 1 END)";

#[async_trait]
impl ChatSessions for SeaStore {
    /// One read for all of an organisation; a write only where there is something to open: thousands of customers
    /// who come back at once mostly open nothing.
    async fn open(
        &self,
        conversations: &[(OrganizationId, ConversationId)],
        at: Timestamp,
        timeout: Duration,
        feed: &dyn SessionFeed,
    ) -> Result<Vec<ChatSession>, PortError> {
        let mut by_organization: BTreeMap<OrganizationId, Vec<Uuid>> = BTreeMap::new();
        for (organization, conversation) in conversations {
            by_organization.entry(*organization).or_default().push(conversation.uuid());
        }
        let mut opened = Vec::new();
        for (organization, ids) in by_organization {
            for id in due(&mut self.app(organization).await, organization, ids, at - timeout).await? {
                let Some(session) = self.open_one(organization, id, at, timeout).await? else { continue };
                feed.session(&session);
                opened.push(session);
            }
        }
        Ok(opened)
    }

    async fn end(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        by: Option<ParticipantId>,
        at: Timestamp,
    ) -> Result<Option<ChatSession>, PortError> {
        let sql = format!(
            "UPDATE chat_session SET status = 'closed', ended_at = $3, ended_by = $4,
               last_seq = (SELECT c.last_seq {OWN}),
               last_activity_at = {{greatest}}(started_at, coalesce((SELECT c.last_message_at {OWN}), started_at))
             WHERE organization_id = $1 AND conversation_id = $2 AND status = 'active' RETURNING {OVER}"
        );
        let sql = Sql::new(sql)
            .uuid(organization.uuid())
            .uuid(conversation.uuid())
            .time(at)
            .maybe_uuid(by.map(ParticipantId::uuid));
        let mut tx = self.transaction(organization).await?;
        let ended = tx.one(sql).await?;
        tx.commit_all().await?;
        ended.as_ref().map(session).transpose()
    }

    /// What the sweep finds alive is moved on in its index, so that each active session is looked at about once in
    /// the time after which it ends.
    async fn time_out(&self, before: Timestamp, at: Timestamp, limit: u32) -> Result<Vec<ChatSession>, PortError> {
        let mut db = self.log_writes().await;
        db.all(moved_on(before)).await?;
        db.all(idle(before, at, limit)).await?.iter().map(session).collect()
    }

    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<ChatSession>, PortError> {
        let db = &mut self.app(organization).await;
        let (organization, conversation) = (organization.uuid(), conversation.uuid());
        let own = "s.organization_id = $1 AND s.conversation_id = $2";
        let total = Sql::new(format!("SELECT count(*) AS total FROM chat_session s WHERE {own}"));
        let total = match db.one(total.uuid(organization).uuid(conversation)).await? {
            Some(row) => row.count("total")?,
            None => 0,
        };
        let items = Sql::new(format!(
            "SELECT {SHOWN} FROM chat_session s
             JOIN conversation c ON c.organization_id = s.organization_id AND c.id = s.conversation_id
             WHERE {own} ORDER BY s.started_at DESC, s.id DESC LIMIT $3 OFFSET $4"
        ));
        let items = items.uuid(organization).uuid(conversation).int(page.limit().into()).count(page.offset());
        let items = db.all(items).await?.iter().map(session).collect::<Result<_, _>>()?;
        Ok(Page { items, request: page, total })
    }
}

impl SeaStore {
    /// A transaction for one statement: what it says must be known, so it is never run twice.
    async fn open_one(
        &self,
        organization: OrganizationId,
        conversation: Uuid,
        at: Timestamp,
        timeout: Duration,
    ) -> Result<Option<ChatSession>, PortError> {
        let sql = format!(
            "INSERT INTO chat_session (organization_id, id, conversation_id, status, started_at, last_activity_at,
               first_seq)
             SELECT o.organization_id, $5, o.id, 'active', $4, $4, o.first_seq FROM (
               SELECT c.organization_id, c.id, {BEGINS} AS first_seq
               FROM conversation c WHERE c.organization_id = $1 AND c.id = $2 AND NOT c.closed AND c.deleted_at IS NULL) o
             WHERE o.first_seq IS NOT NULL
             ON CONFLICT (organization_id, conversation_id) WHERE status = 'active' DO NOTHING RETURNING id"
        );
        let id = ChatSessionId::new(SystemEnv.uuid());
        let sql =
            Sql::new(sql).uuid(organization.uuid()).uuid(conversation).time(at - timeout).time(at).uuid(id.uuid());
        let mut tx = self.transaction(organization).await?;
        let opened = tx.one(sql).await?.is_some();
        let shown = if opened { last(&mut tx, organization, conversation).await? } else { None };
        tx.commit_all().await?;
        Ok(shown)
    }
}

/// The last session of a conversation.
async fn last(
    db: &mut impl Queries,
    organization: OrganizationId,
    conversation: Uuid,
) -> Result<Option<ChatSession>, PortError> {
    Ok(last_of(db, organization, vec![conversation]).await?.remove(&conversation))
}

/// The last session of each of these conversations.
pub(super) async fn last_of(
    db: &mut impl Queries,
    organization: OrganizationId,
    conversations: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, ChatSession>, PortError> {
    let sql = format!(
        "SELECT {SHOWN} FROM conversation c
         JOIN chat_session s ON s.organization_id = c.organization_id AND s.id = (
           SELECT l.id FROM chat_session l WHERE l.organization_id = c.organization_id AND l.conversation_id = c.id
           ORDER BY l.started_at DESC, l.id DESC LIMIT 1)
         WHERE c.organization_id = $1 AND c.id {{in $2}}"
    );
    let rows = db.all(Sql::new(sql).uuid(organization.uuid()).uuids(conversations)).await?;
    rows.iter().map(|row| session(row).map(|session| (session.conversation.uuid(), session))).collect()
}

/// Those of the conversations in which a session is to be opened.
async fn due(
    db: &mut Db<'_>,
    organization: OrganizationId,
    ids: Vec<Uuid>,
    since: Timestamp,
) -> Result<Vec<Uuid>, PortError> {
    let sql = format!(
        "SELECT c.id FROM conversation c WHERE c.organization_id = $1 AND c.id {{in $2}} AND NOT c.closed AND c.deleted_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM chat_session a WHERE a.organization_id = c.organization_id
             AND a.conversation_id = c.id AND a.status = 'active')
           AND {BEGINS} IS NOT NULL"
    );
    let rows = db.all(Sql::new(sql).uuid(organization.uuid()).uuids(ids).time(since)).await?;
    rows.iter().map(|row| row.uuid("id")).collect()
}

/// Sessions that look idle but whose conversation has moved.
pub(crate) fn moved_on(before: Timestamp) -> Sql {
    let sql = format!(
        "UPDATE chat_session SET last_activity_at = (SELECT c.last_message_at {OWN})
         WHERE status = 'active' AND last_activity_at < $1
           AND EXISTS (SELECT 1 {OWN} AND c.last_message_at >= $1)"
    );
    Sql::new(sql).time(before)
}

/// Sessions that are idle.
pub(crate) fn idle(before: Timestamp, at: Timestamp, limit: u32) -> Sql {
    let sql = format!(
        "UPDATE chat_session SET status = 'timeout', ended_at = $2, last_seq = (SELECT c.last_seq {OWN}),
           last_activity_at = {{greatest}}(started_at, coalesce((SELECT c.last_message_at {OWN}), started_at))
         WHERE status = 'active' AND (organization_id, id) IN (
             SELECT i.organization_id, i.id FROM chat_session i WHERE i.status = 'active' AND i.last_activity_at < $1
             ORDER BY i.last_activity_at LIMIT $3)
           AND NOT EXISTS (SELECT 1 {OWN} AND c.last_message_at >= $1) RETURNING {OVER}"
    );
    Sql::new(sql).time(before).time(at).int(limit.into())
}

fn session(row: &QueryResult) -> Result<ChatSession, PortError> {
    let first = Seq::new(row.count("s_first_seq")?);
    let last = Seq::new(row.count("s_last_seq")?);
    let is_empty = first > last;
    Ok(ChatSession {
        id: ChatSessionId::new(row.uuid("s_id")?),
        organization: OrganizationId::new(row.uuid("s_organization_id")?),
        conversation: ConversationId::new(row.uuid("s_conversation_id")?),
        status: row.word("s_status")?,
        started_at: row.time("s_started_at")?,
        last_activity_at: row.time("s_last_activity_at")?,
        ended_at: row.maybe_time("s_ended_at")?,
        ended_by: row.maybe_uuid("s_ended_by")?.map(ParticipantId::new),
        first_seq: (!is_empty).then_some(first),
        last_seq: (!is_empty).then_some(last),
    })
}
