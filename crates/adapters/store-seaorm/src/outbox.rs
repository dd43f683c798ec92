//! The events that leave with a change.

use kernel::{Event, PortError, PortErrorKind};
use serde_json::json;

use crate::{sql::Sql, tx::SeaTx};

impl SeaTx {
    /// One row for each sink. Events of one key are numbered within their sink; two transactions
    /// that tell of the same key at once are a conflict for the second.
    pub(crate) async fn tell(&mut self, event: &Event) -> Result<(), PortError> {
        if event.organization != self.organization {
            return Err(self.fail(PortErrorKind::Corrupt, "an event of another organisation"));
        }
        let payload = json!({
            "id": event.id,
            "event": event.name,
            "timestamp": event.at,
            "organization_id": event.organization,
            "data": event.data,
        });
        let sql = "INSERT INTO outbox (organization_id, id, sink, name, key, key_seq, payload, created_at, next_at)
                   SELECT $1, $2, $3, $4, $5, coalesce(max(o.key_seq), 0) + 1, $6, $7, $7
                   FROM outbox o WHERE o.organization_id = $1 AND o.sink = $3 AND o.key = $5";
        for sink in self.sinks.clone().iter() {
            let sql = Sql::new(sql)
                .uuid(event.organization.uuid())
                .uuid(event.id.uuid())
                .text(sink)
                .text(event.name)
                .uuid(event.key)
                .json(payload.clone())
                .time(event.at);
            self.run(sql).await?;
        }
        Ok(())
    }
}
