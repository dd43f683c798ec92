//! Statements written once for both databases.
use uuid::Uuid;

use std::borrow::Cow;

use kernel::Timestamp;
use sea_orm::{DbBackend, Statement, Value, sea_query::ArrayType};
use sqlx::{Arguments, postgres::PgArguments};

/// What each word in braces stands for: on PostgreSQL, and on SQLite.
const WORDS: &[(&str, &str, &str)] = &[
    ("{greatest}", "greatest", "max"),
    ("{least}", "least", "min"),
    ("{strpos}", "strpos", "instr"),
    ("{lock}", "FOR NO KEY UPDATE", ""),
    // Read once, and then looked up in an index like any other list of values.
    ("{any of}", "= ANY(ARRAY(", "IN ("),
    ("{end}", "))", ")"),
    ("{true}", "true", "1"),
    ("{false}", "false", "0"),
];

#[derive(Debug, Clone)]
enum Arg {
    Uuid(Option<Uuid>),
    Text(Option<String>),
    Int(Option<i64>),
    Bool(bool),
    Time(Option<Timestamp>),
    Json(serde_json::Value),
    Uuids(Vec<Uuid>),
}

/// A statement with its arguments `$1`, `$2` … in order. Values never become part of its text.
#[derive(Debug, Clone)]
pub(crate) struct Sql {
    text: Cow<'static, str>,
    args: Vec<Arg>,
}

impl Sql {
    pub(crate) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), args: Vec::new() }
    }

    pub(crate) fn uuid(self, value: Uuid) -> Self {
        self.with(Arg::Uuid(Some(value)))
    }
    pub(crate) fn maybe_uuid(self, value: Option<Uuid>) -> Self {
        self.with(Arg::Uuid(value))
    }
    pub(crate) fn text(self, value: impl Into<String>) -> Self {
        self.with(Arg::Text(Some(value.into())))
    }
    pub(crate) fn maybe_text(self, value: Option<impl Into<String>>) -> Self {
        self.with(Arg::Text(value.map(Into::into)))
    }
    pub(crate) fn int(self, value: i64) -> Self {
        self.with(Arg::Int(Some(value)))
    }
    pub(crate) fn maybe_int(self, value: Option<i64>) -> Self {
        self.with(Arg::Int(value))
    }
    /// A count or a place, none of which comes near 2⁶³.
    pub(crate) fn count(self, value: u64) -> Self {
        self.int(i64::try_from(value).unwrap_or(i64::MAX))
    }
    pub(crate) fn bool(self, value: bool) -> Self {
        self.with(Arg::Bool(value))
    }
    pub(crate) fn time(self, value: Timestamp) -> Self {
        self.with(Arg::Time(Some(value)))
    }
    pub(crate) fn maybe_time(self, value: Option<Timestamp>) -> Self {
        self.with(Arg::Time(value))
    }
    pub(crate) fn json(self, value: serde_json::Value) -> Self {
        self.with(Arg::Json(value))
    }
    /// For `x {in $n}`.
    pub(crate) fn uuids(self, values: Vec<Uuid>) -> Self {
        self.with(Arg::Uuids(values))
    }

    /// Goes on with more text; `$` stands for the argument that is added next, `$1` for the first one.
    pub(crate) fn and(mut self, text: &str) -> Self {
        let next = self.args.len() + 1;
        let whole = self.text.to_mut();
        for (at, part) in text.split('$').enumerate() {
            if at > 0 {
                whole.push('$');
                if !part.starts_with(|c: char| c.is_ascii_digit()) {
                    whole.push_str(&next.to_string());
                }
            }
            whole.push_str(part);
        }
        self
    }

    /// The statement that tells how this one is done.
    #[cfg(test)]
    pub(crate) fn explained(mut self, explain: &str) -> Self {
        self.text.to_mut().insert_str(0, explain);
        self
    }

    fn with(mut self, arg: Arg) -> Self {
        self.args.push(arg);
        self
    }

    /// The text for one database.
    pub(crate) fn text_for(&self, backend: DbBackend) -> String {
        let postgres = backend == DbBackend::Postgres;
        let mut text = self.text.to_string();
        if text.contains('{') {
            for (word, on_postgres, on_sqlite) in WORDS {
                text = text.replace(word, if postgres { on_postgres } else { on_sqlite });
            }
            text = spell_out(&text, postgres);
        }
        text
    }

    /// For SeaORM.
    pub(crate) fn statement(self, backend: DbBackend) -> Statement {
        let text = self.text_for(backend);
        let values = self.args.into_iter().map(|arg| value(arg, backend));
        Statement::from_sql_and_values(backend, text, values)
    }

    /// For a connection of our own to PostgreSQL.
    pub(crate) fn arguments(&self) -> Result<PgArguments, sqlx::Error> {
        let mut arguments = PgArguments::default();
        for arg in &self.args {
            match arg {
                Arg::Uuid(value) => arguments.add(value),
                Arg::Text(value) => arguments.add(value),
                Arg::Int(value) => arguments.add(value),
                Arg::Bool(value) => arguments.add(value),
                Arg::Time(value) => arguments.add(value.map(Timestamp::to_datetime)),
                Arg::Json(value) => arguments.add(value),
                Arg::Uuids(values) => arguments.add(values),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }
}

/// `x {in $n}`: SQLite has no arrays, so it gets ids as a JSON array of hex.
fn spell_out(text: &str, postgres: bool) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (word, after) = after.split_once('}').unwrap_or((after, ""));
        let (word, parameter) = word.split_once(' ').unwrap_or((word, ""));
        let (head, tail) = match (word, postgres) {
            ("in", true) => ("= ANY(", ")"),
            ("in", false) => ("IN (SELECT unhex(value) FROM json_each(", "))"),
            _ => ("{", "}"),
        };
        out.extend([head, parameter, tail]);
        rest = after;
    }
    out + rest
}

fn value(arg: Arg, backend: DbBackend) -> Value {
    let postgres = backend == DbBackend::Postgres;
    match arg {
        Arg::Uuid(value) => value.into(),
        Arg::Text(value) => value.into(),
        Arg::Int(value) => value.into(),
        Arg::Bool(value) => value.into(),
        Arg::Time(value) if postgres => value.map(Timestamp::to_datetime).into(),
        Arg::Time(value) => value.map(Timestamp::as_micros).into(),
        Arg::Json(value) if postgres => value.into(),
        Arg::Json(value) => value.to_string().into(),
        Arg::Uuids(values) if postgres => {
            Value::Array(ArrayType::Uuid, Some(Box::new(values.into_iter().map(Value::from).collect())))
        }
        Arg::Uuids(values) => hex_list(&values).into(),
    }
}

/// Ids as SQLite's `json_each` takes them.
pub(crate) fn hex_list(ids: &[Uuid]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", ids.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_serves_both_databases() {
        let sql = Sql::new("SELECT {greatest}(a, $1) FROM t WHERE id {in $2} AND b = $3").int(1).uuids(vec![]).int(2);
        assert_eq!(sql.text_for(DbBackend::Postgres), "SELECT greatest(a, $1) FROM t WHERE id = ANY($2) AND b = $3");
        assert_eq!(
            sql.text_for(DbBackend::Sqlite),
            "SELECT max(a, $1) FROM t WHERE id IN (SELECT unhex(value) FROM json_each($2)) AND b = $3"
        );
    }

    #[test]
    fn added_conditions_take_the_next_number() {
        let sql =
            Sql::new("SELECT 1 WHERE a = $1").int(1).and(" AND (b = $ OR c = $)").int(2).and(" AND d = $ + $1").int(3);
        assert_eq!(sql.text_for(DbBackend::Postgres), "SELECT 1 WHERE a = $1 AND (b = $2 OR c = $2) AND d = $3 + $1");
    }
}
