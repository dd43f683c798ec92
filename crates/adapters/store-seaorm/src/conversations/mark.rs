//! Marks of what was received and read: they only move forward, in one statement.

use chat::{Mark, ReadMark, Receipt, SenderKind, Seq};
use kernel::{PortError, SupportRequestId};

use crate::{db::Queries, row::Columns, sql::Sql};

/// Both marks are capped at the end of the log, and reading delivers.
const FORWARD: &str = "
UPDATE participant AS p SET
  delivered_seq = {greatest}(p.delivered_seq, {least}({greatest}($4, $5), c.last_seq)),
  read_seq = {greatest}(p.read_seq, {least}($5, c.last_seq)),
  read_at = CASE WHEN {least}($5, c.last_seq) > p.read_seq THEN $6 ELSE p.read_at END
FROM conversation c
WHERE c.organization_id = $1 AND c.id = $2
  AND p.organization_id = $1 AND p.conversation_id = $2 AND p.participant_id = $3
  AND ({least}({greatest}($4, $5), c.last_seq) > p.delivered_seq OR {least}($5, c.last_seq) > p.read_seq)
RETURNING delivered_seq, read_seq, read_at, kind,
  (SELECT t.support_request_id FROM conversation t WHERE t.organization_id = $1 AND t.id = $2) AS support_request_id";

/// As above, and makes a member of staff who reads a participant. Two who come at once end as one.
const JOIN: &str = "
INSERT INTO participant AS p
  (organization_id, conversation_id, participant_id, delivered_seq, read_seq, read_at, kind, name, joined_at)
SELECT c.organization_id, c.id, $3, {least}({greatest}($4, $5), c.last_seq), {least}($5, c.last_seq), $6, $7, $8, $6
FROM conversation c WHERE c.organization_id = $1 AND c.id = $2 AND c.last_seq > 0
ON CONFLICT (organization_id, conversation_id, participant_id) DO UPDATE SET
  delivered_seq = {greatest}(p.delivered_seq, excluded.delivered_seq),
  read_seq = {greatest}(p.read_seq, excluded.read_seq),
  read_at = CASE WHEN excluded.read_seq > p.read_seq THEN excluded.read_at ELSE p.read_at END
WHERE excluded.delivered_seq > p.delivered_seq OR excluded.read_seq > p.read_seq
RETURNING delivered_seq, read_seq, read_at, kind,
  (SELECT t.support_request_id FROM conversation t WHERE t.organization_id = $1 AND t.id = $2) AS support_request_id";

pub(crate) async fn forward(db: &mut impl Queries, mark: Mark) -> Result<Option<Receipt>, PortError> {
    let joins = mark.kind == SenderKind::Agent && mark.read > Seq::START;
    let sql = Sql::new(if joins { JOIN } else { FORWARD })
        .uuid(mark.organization.uuid())
        .uuid(mark.conversation.uuid())
        .uuid(mark.participant.uuid())
        .count(mark.delivered.get())
        .count(mark.read.get())
        .time(mark.at);
    let sql = if joins { sql.int(mark.kind.as_number().into()).text(mark.name) } else { sql };
    let Some(row) = db.one(sql).await? else { return Ok(None) };
    Ok(Some(Receipt {
        organization: mark.organization,
        conversation: mark.conversation,
        support_request: SupportRequestId::new(row.uuid("support_request_id")?),
        participant: mark.participant,
        kind: row.number("kind", SenderKind::from_number)?,
        mark: ReadMark {
            delivered_seq: Seq::new(row.count("delivered_seq")?),
            read_seq: Seq::new(row.count("read_seq")?),
            read_at: row.maybe_time("read_at")?,
        },
    }))
}
