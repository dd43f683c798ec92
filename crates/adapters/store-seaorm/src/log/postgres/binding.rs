//! Files that messages take along, on PostgreSQL.

use chat::{Append, AttachedFile};
use serde_json::Value;
use sqlx::{Postgres, Row as _, postgres::PgArguments, postgres::PgRow, query::Query};
use uuid::Uuid;

use super::super::files;

/// What is put into the statement of a batch, and where:
/// - `a` are the files that can be bound. It locks them, and so reads them as they are now. The conversations are
///   locked before, by whoever binds; who deletes a file or lets its time end locks nothing else.
/// - `b` is what each message carries of them.
const CHANGES: [(&str, &str); 5] = [
    (
        "), f AS MATERIALIZED (",
        "), a AS MATERIALIZED (
  SELECT g.ord AS of, g.n AS place, t.id, t.file_name, t.mime_type, t.size, t.sha256, t.uploaded_by, t.created_at
  FROM unnest($15::int4[], $16::int8[], $17::uuid[], $18::uuid[]) WITH ORDINALITY AS g(grp, ord, uploader, file, n)
  JOIN c ON c.n = g.grp
  JOIN attachment t ON t.organization_id = c.organization_id AND t.id = g.file
  WHERE t.conversation_id = c.id AND t.uploaded_by = g.uploader AND t.status = 'ready' AND t.message_id IS NULL
    AND t.deleted_at IS NULL
  ORDER BY t.id FOR NO KEY UPDATE OF t
), b AS MATERIALIZED (
  SELECT a.of, bool_and(a.mime_type LIKE 'image/%') AS pictures, jsonb_agg(jsonb_build_object(
           'id', a.id, 'file_name', a.file_name, 'mime_type', a.mime_type, 'size', a.size, 'sha256', a.sha256,
           'uploaded_by', a.uploaded_by, 'created_at', (extract(epoch FROM a.created_at) * 1000000)::bigint
         ) ORDER BY a.place) AS files
  FROM a GROUP BY a.of
), f AS MATERIALIZED (",
    ),
    (
        "           ELSE 0
         END AS outcome",
        "           WHEN (SELECT count(*) FROM a WHERE a.of = i.ord)
             <> (SELECT count(*) FROM unnest($16::int8[]) AS w(of) WHERE w.of = i.ord) THEN 12
           ELSE 0
         END AS outcome",
    ),
    ("content, in_reply_to, tx, tx_row)\n", "content, in_reply_to, tx, tx_row, attachments)\n"),
    (
        "         message_kind, at, content_hash, client_message_id, content, in_reply_to, tx, tx_row
  FROM k ORDER BY ord
)",
        "         coalesce((SELECT CASE WHEN b.pictures THEN 1 ELSE 2 END FROM b WHERE b.of = k.ord), message_kind), at,
         content_hash, client_message_id, content, in_reply_to, tx, tx_row,
         (SELECT b.files FROM b WHERE b.of = k.ord)
  FROM k ORDER BY ord
), bound AS (
  UPDATE attachment t SET message_id = k.id FROM a JOIN k ON k.ord = a.of
  WHERE t.organization_id = k.organization_id AND t.id = a.id
)",
    ),
    (
        "merged_into, dup_attachments,
       took_in
FROM j",
        "merged_into,
       CASE WHEN outcome = 0 THEN (SELECT b.files FROM b WHERE b.of = ord) ELSE dup_attachments END, took_in
FROM j",
    ),
];

/// The statement for a batch in which messages take files along.
pub(super) fn with_files(statement: &str) -> String {
    CHANGES.iter().fold(statement.to_owned(), |text, (from, to)| text.replacen(from, to, 1))
}

/// The files that a batch names: an array for each column.
#[derive(Default)]
pub(super) struct Named {
    group: Vec<i32>,
    of: Vec<i64>,
    uploader: Vec<Uuid>,
    file: Vec<Uuid>,
}

impl Named {
    /// Those of the message at a place of the batch, from 1.
    pub(super) fn add(&mut self, group: i32, of: usize, append: &Append) {
        for file in &append.attachments {
            self.group.push(group);
            self.of.push(i64::try_from(of).unwrap_or(i64::MAX));
            self.uploader.push(append.author.id.uuid());
            self.file.push(file.uuid());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.file.is_empty()
    }

    pub(super) fn bind<'q>(&'q self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query.bind(&self.group).bind(&self.of).bind(&self.uploader).bind(&self.file)
    }
}

/// The files in the last column of an answer.
pub(super) fn carried(row: &PgRow) -> Result<Vec<AttachedFile>, sqlx::Error> {
    decode(row.try_get(10)?)
}

/// The files that a row of the log carries.
pub(super) fn decode(column: Option<Value>) -> Result<Vec<AttachedFile>, sqlx::Error> {
    files::carried(column).map_err(|error| sqlx::Error::Decode(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_finds_its_place() {
        let mut text = super::super::COMMIT.to_owned();
        for (from, to) in CHANGES {
            assert_eq!(text.matches(from).count(), 1, "{from}");
            text = text.replacen(from, to, 1);
        }
    }
}
