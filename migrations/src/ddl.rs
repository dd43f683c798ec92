//! Tables written once for both databases.

use sea_orm_migration::{
    SchemaManager,
    sea_orm::{ConnectionTrait, DbBackend, DbErr},
};

use crate::roles::{APP_ROLE, ERASER_ROLE, GATE_ROLE, LOG_ROLE};

/// What each word in braces stands for: on PostgreSQL, and on SQLite, whose tables are STRICT.
const WORDS: &[(&str, &str, &str)] = &[
    ("{uuid}", "uuid", "BLOB"),
    // Whole microseconds in both, because the finer one would not read back what it was given.
    ("{time}", "timestamptz", "INTEGER"),
    ("{bigint}", "bigint", "INTEGER"),
    ("{smallint}", "smallint", "INTEGER"),
    ("{bool}", "boolean", "INTEGER"),
    ("{true}", "true", "1"),
    ("{false}", "false", "0"),
    ("{json}", "jsonb", "TEXT"),
    // Compared byte by byte, so that both databases sort alike whatever the cluster's locale.
    ("{word}", "text COLLATE \"C\"", "TEXT"),
    ("{end}", ")", ") STRICT"),
];

/// Runs statements that are written for both.
pub(crate) async fn both(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let postgres = manager.get_database_backend() == DbBackend::Postgres;
    for statement in statements {
        let text = WORDS.iter().fold((*statement).to_owned(), |text, (word, on_postgres, on_sqlite)| {
            text.replace(word, if postgres { on_postgres } else { on_sqlite })
        });
        manager.get_connection().execute_unprepared(&text).await?;
    }
    Ok(())
}

/// Runs statements of one database only.
pub(crate) async fn only(manager: &SchemaManager<'_>, on: DbBackend, statements: &[&str]) -> Result<(), DbErr> {
    if manager.get_database_backend() == on {
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
    }
    Ok(())
}

/// What the roles may do with a table. Nothing is allowed that is not named.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Access {
    /// Under row-level security: the rows of the organisation of the session.
    pub(crate) app: &'static str,
    /// All rows: the batch of the log and the consumers of the log.
    pub(crate) log: &'static str,
    /// All rows: what is looked up before an organisation is known.
    pub(crate) gate: &'static str,
}

/// Puts the wall around a table of organisations' rows. `column` holds the organisation.
pub(crate) async fn guard(manager: &SchemaManager<'_>, table: &str, column: &str, access: Access) -> Result<(), DbErr> {
    let own = own(column);
    let mut statements = vec![
        format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
        format!("CREATE POLICY app ON {table} TO {APP_ROLE} USING ({own}) WITH CHECK ({own})"),
    ];
    for (role, rights) in [(LOG_ROLE, access.log), (GATE_ROLE, access.gate)] {
        if !rights.is_empty() {
            statements.push(format!("CREATE POLICY {role} ON {table} TO {role} USING (true) WITH CHECK (true)"));
        }
    }
    statements.extend(grants(table, access));
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    only(manager, DbBackend::Postgres, &statements).await
}

/// Lets the eraser at a guarded table, within the organisation of the session, with these rights: to be named for
/// every table in which a person can have left something.
pub(crate) async fn erasable(
    manager: &SchemaManager<'_>,
    table: &str,
    column: &str,
    rights: &str,
) -> Result<(), DbErr> {
    let own = own(column);
    let statements = [
        format!("CREATE POLICY {ERASER_ROLE} ON {table} TO {ERASER_ROLE} USING ({own}) WITH CHECK ({own})"),
        format!("GRANT {rights} ON {table} TO {ERASER_ROLE}"),
    ];
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    only(manager, DbBackend::Postgres, &statements).await
}

/// The rows of the organisation of the session. As a sub-select the setting is read once a statement, not once a row.
fn own(column: &str) -> String {
    format!("{column} = (SELECT nullif(current_setting('guichet.organization', true), '')::uuid)")
}

/// Opens a table that belongs to no organisation.
pub(crate) async fn open(manager: &SchemaManager<'_>, table: &str, access: Access) -> Result<(), DbErr> {
    let statements = grants(table, access);
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    only(manager, DbBackend::Postgres, &statements).await
}

fn grants(table: &str, access: Access) -> Vec<String> {
    [(APP_ROLE, access.app), (LOG_ROLE, access.log), (GATE_ROLE, access.gate)]
        .iter()
        .filter(|(_, rights)| !rights.is_empty())
        .map(|(role, rights)| format!("GRANT {rights} ON {table} TO {role}"))
        .collect()
}

/// Drops tables, the last made first.
pub(crate) async fn drop(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables.iter().rev() {
        manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
    }
    Ok(())
}
