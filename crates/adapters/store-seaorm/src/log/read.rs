//! Reading the log by range: one indexed query each.

use std::collections::BTreeMap;

use chat::{Entry, Head, Message, Seq};
use kernel::{ConversationId, MessageId, OrganizationId, PortError};
use uuid::Uuid;

use super::message::{self, MESSAGE};
use crate::{db::Queries, row::Columns, sql::Sql};

pub(crate) async fn after(
    db: &mut impl Queries,
    organization: OrganizationId,
    conversation: ConversationId,
    after: Seq,
    limit: u32,
) -> Result<Vec<Entry>, PortError> {
    let sql = format!(
        "SELECT e.seq AS e_seq, e.change AS e_change, {MESSAGE}
         FROM entry e JOIN entry m ON m.conversation_id = e.conversation_id AND m.seq = coalesce(e.message_seq, e.seq)
         WHERE e.conversation_id = $1 AND e.organization_id = $2 AND e.seq > $3 ORDER BY e.seq LIMIT $4"
    );
    let sql = Sql::new(sql).uuid(conversation.uuid()).uuid(organization.uuid()).count(after.get()).count(limit.into());
    db.all(sql).await?.iter().map(message::entry).collect()
}

pub(crate) async fn before(
    db: &mut impl Queries,
    organization: OrganizationId,
    conversation: ConversationId,
    before: Option<Seq>,
    limit: u32,
) -> Result<Vec<Message>, PortError> {
    let sql = format!(
        "SELECT {MESSAGE} FROM entry m
         WHERE m.conversation_id = $1 AND m.organization_id = $2 AND m.change = 0 AND m.seq < $3
         ORDER BY m.seq DESC LIMIT $4"
    );
    let before = before.map_or(u64::MAX, Seq::get);
    let sql = Sql::new(sql).uuid(conversation.uuid()).uuid(organization.uuid()).count(before).count(limit.into());
    db.all(sql).await?.iter().rev().map(message::message).collect()
}

/// Each message stands at the entry that touched it last, so the log itself gives the order.
pub(crate) async fn changed(
    db: &mut impl Queries,
    organization: OrganizationId,
    conversation: ConversationId,
    after: Seq,
    limit: u32,
) -> Result<Vec<Message>, PortError> {
    let sql = format!(
        "SELECT {MESSAGE}
         FROM entry e JOIN entry m ON m.conversation_id = e.conversation_id AND m.seq = coalesce(e.message_seq, e.seq)
         WHERE e.conversation_id = $1 AND e.organization_id = $2 AND e.seq > $3 AND m.entry_seq = e.seq
         ORDER BY e.seq LIMIT $4"
    );
    let sql = Sql::new(sql).uuid(conversation.uuid()).uuid(organization.uuid()).count(after.get()).count(limit.into());
    db.all(sql).await?.iter().map(message::message).collect()
}

pub(crate) async fn message(
    db: &mut impl Queries,
    organization: OrganizationId,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<Message>, PortError> {
    let sql =
        format!("SELECT {MESSAGE} FROM entry m WHERE m.conversation_id = $1 AND m.id = $2 AND m.organization_id = $3");
    let sql = Sql::new(sql).uuid(conversation.uuid()).uuid(id.uuid()).uuid(organization.uuid());
    db.one(sql).await?.as_ref().map(message::message).transpose()
}

/// One query for each organisation among them.
pub(crate) async fn heads(
    db: &mut impl Queries,
    conversations: &[(OrganizationId, ConversationId)],
) -> Result<Vec<Head>, PortError> {
    let mut by_organization: BTreeMap<OrganizationId, Vec<Uuid>> = BTreeMap::new();
    for (organization, conversation) in conversations {
        by_organization.entry(*organization).or_default().push(conversation.uuid());
    }
    let mut heads = Vec::with_capacity(conversations.len());
    for (organization, ids) in by_organization {
        let sql = Sql::new(
            "SELECT id, last_seq FROM conversation
                            WHERE organization_id = $1 AND id {in $2} AND deleted_at IS NULL",
        );
        for row in db.all(sql.uuid(organization.uuid()).uuids(ids)).await? {
            let conversation = ConversationId::new(row.uuid("id")?);
            heads.push(Head { conversation, last_seq: Seq::new(row.count("last_seq")?) });
        }
    }
    Ok(heads)
}
