//! When requests were last active, beside their own changes.

use kernel::PortError;
use serde_json::{Value, json};
use support_request::Activity;

use crate::{db::Queries, sql::Sql, store::SeaStore};

/// The rows are locked in the order of their ids, as two nodes may note at the same moment.
const ON_POSTGRES: &str = "
WITH a AS MATERIALIZED (
  SELECT (i.value ->> 0)::uuid AS organization_id, (i.value ->> 1)::uuid AS id, (i.value ->> 2)::timestamptz AS at
  FROM jsonb_array_elements($1) AS i
), l AS MATERIALIZED (
  SELECT r.organization_id, r.id, a.at FROM a
  JOIN support_request r ON r.organization_id = a.organization_id AND r.id = a.id
  WHERE r.active_at < a.at ORDER BY r.organization_id, r.id FOR NO KEY UPDATE OF r
)
UPDATE support_request r SET active_at = l.at
FROM l WHERE r.organization_id = l.organization_id AND r.id = l.id AND r.active_at < l.at";

const ON_SQLITE: &str = "
UPDATE support_request AS r SET active_at = a.at
FROM (SELECT unhex(value ->> 0) AS organization_id, unhex(value ->> 1) AS id, value ->> 2 AS at FROM json_each($1)) a
WHERE r.organization_id = a.organization_id AND r.id = a.id AND r.active_at < a.at";

/// One statement, which is its own commit. It runs under the role of the log, which serves all
/// organisations and may see and move nothing else of a request.
pub(super) async fn note(store: &SeaStore, activity: &[Activity]) -> Result<(), PortError> {
    if activity.is_empty() {
        return Ok(());
    }
    let postgres = store.is_postgres();
    let one = |one: &Activity| {
        let (organization, id) = (one.organization.uuid(), one.support_request.uuid());
        if postgres {
            json!([organization, id, one.at.to_string()])
        } else {
            json!([organization.simple().to_string(), id.simple().to_string(), one.at.as_micros()])
        }
    };
    let all = Value::Array(activity.iter().map(one).collect());
    let sql = Sql::new(if postgres { ON_POSTGRES } else { ON_SQLITE }).json(all);
    store.log_writes().await.all(sql).await.map(drop)
}
