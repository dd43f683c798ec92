//! Rows on their way into a database: `COPY` on PostgreSQL, many rows a statement on SQLite.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions,
};

use crate::rows::{Cell, Rows};

/// How long a statement for SQLite grows.
const STATEMENT_BYTES: usize = 200_000;

/// An open database.
pub(crate) enum Writer {
    /// As the owner of the tables, whom no policy hides rows from.
    Postgres(Box<PgConnection>),
    Sqlite(Box<SqliteConnection>),
}

impl Writer {
    pub(crate) async fn open(url: &str) -> Result<Self> {
        if store_seaorm::is_postgres(url) {
            return Ok(Self::Postgres(Box::new(PgConnection::connect(url).await?)));
        }
        let options: SqliteConnectOptions = url.parse()?;
        // Whoever is interrupted begins again with a new file: nothing waits for the disk.
        let options = options.foreign_keys(true).pragma("synchronous", "OFF").disable_statement_logging();
        Ok(Self::Sqlite(Box::new(options.connect().await?)))
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    pub(crate) async fn run(&mut self, statement: impl Into<String>) -> Result<()> {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.into()));
        match self {
            Self::Postgres(connection) => connection.execute(statement).await.map(drop)?,
            Self::Sqlite(connection) => connection.execute(statement).await.map(drop)?,
        }
        Ok(())
    }

    /// Whether a query gives any row.
    pub(crate) async fn finds(&mut self, query: &str) -> Result<bool> {
        let query = sqlx::raw_sql(AssertSqlSafe(query.to_owned()));
        Ok(match self {
            Self::Postgres(connection) => connection.fetch_optional(query).await?.is_some(),
            Self::Sqlite(connection) => connection.fetch_optional(query).await?.is_some(),
        })
    }

    /// Stores these rows in one transaction, table by table.
    pub(crate) async fn store(&mut self, tables: impl IntoIterator<Item = Rows>) -> Result<()> {
        self.run("BEGIN").await?;
        for rows in tables {
            self.insert(&rows).await.with_context(|| format!("rows of {}", rows.table))?;
        }
        self.run("COMMIT").await
    }

    async fn insert(&mut self, rows: &Rows) -> Result<()> {
        let Some(first) = rows.rows.first() else { return Ok(()) };
        let columns: Vec<&str> = first.iter().map(|(column, _)| *column).collect();
        let columns = columns.join(", ");
        match self {
            Self::Postgres(connection) => {
                let mut data = String::new();
                for row in &rows.rows {
                    for (at, (_, cell)) in row.iter().enumerate() {
                        data.push_str(if at == 0 { "" } else { "\t" });
                        copied(&mut data, cell);
                    }
                    data.push('\n');
                }
                let mut copy = connection.copy_in_raw(&format!("COPY {} ({columns}) FROM STDIN", rows.table)).await?;
                copy.send(data.into_bytes()).await?;
                copy.finish().await?;
            }
            Self::Sqlite(_) => {
                let head = format!("INSERT INTO {} ({columns}) VALUES ", rows.table);
                let mut statement = head.clone();
                for row in &rows.rows {
                    statement.push_str(if statement.len() == head.len() { "(" } else { ", (" });
                    for (at, (_, cell)) in row.iter().enumerate() {
                        statement.push_str(if at == 0 { "" } else { ", " });
                        written(&mut statement, cell);
                    }
                    statement.push(')');
                    if statement.len() > STATEMENT_BYTES {
                        self.run(std::mem::replace(&mut statement, head.clone())).await?;
                    }
                }
                if statement.len() > head.len() {
                    self.run(statement).await?;
                }
            }
        }
        Ok(())
    }
}

/// As `COPY` reads it.
fn copied(out: &mut String, cell: &Cell) {
    // Writing to a text cannot fail.
    let _ = match cell {
        Cell::Null => write!(out, "\\N"),
        Cell::Uuid(id) => write!(out, "{id}"),
        Cell::Int(number) => write!(out, "{number}"),
        Cell::Bool(yes) => write!(out, "{yes}"),
        Cell::Time(at) => write!(out, "{at}"),
        Cell::Text(text) | Cell::Json(text) => {
            for part in text.chars() {
                match part {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    other => out.push(other),
                }
            }
            Ok(())
        }
    };
}

/// As it stands in a statement for SQLite.
fn written(out: &mut String, cell: &Cell) {
    let _ = match cell {
        Cell::Null => write!(out, "NULL"),
        Cell::Uuid(id) => write!(out, "X'{}'", id.simple()),
        Cell::Int(number) => write!(out, "{number}"),
        Cell::Bool(yes) => write!(out, "{}", u8::from(*yes)),
        Cell::Time(at) => write!(out, "{}", at.as_micros()),
        Cell::Text(text) | Cell::Json(text) => write!(out, "'{}'", text.replace('\'', "''")),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_value_is_escaped() {
        let text = Cell::Text("l’un\tl'autre\\\n".to_owned());
        let mut out = String::new();
        copied(&mut out, &text);
        assert_eq!(out, "l’un\\tl'autre\\\\\\n");
        out.clear();
        written(&mut out, &text);
        assert_eq!(out, "'l’un\tl''autre\\\n'");
    }
}
