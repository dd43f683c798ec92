//! The roles that the server works under on PostgreSQL.

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

/// Everything that knows its organisation: behind row-level security.
pub const APP_ROLE: &str = "guichet_app";
/// The log's batches, range reads and consumers, which serve all organisations at once.
pub const LOG_ROLE: &str = "guichet_log";
/// What is looked up before an organisation is known: tokens, names, revocations, keys.
pub const GATE_ROLE: &str = "guichet_gate";
/// Takes away what a person said and left, in columns that nobody else may change; behind row-level security. Taken on
/// for one transaction at a time.
pub const ERASER_ROLE: &str = "guichet_eraser";
/// All of them.
pub const ROLES: [&str; 4] = [APP_ROLE, LOG_ROLE, GATE_ROLE, ERASER_ROLE];

/// Makes the roles where they are missing, and lets the login take them on.
///
/// Roles belong to the whole cluster, so another database's migration may make them at the same
/// moment: whoever comes second finds them made.
pub(crate) async fn ensure(db: &DatabaseConnection) -> Result<(), DbErr> {
    for role in ROLES {
        let make = format!(
            "DO $$ BEGIN
               IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN
                 CREATE ROLE {role} NOLOGIN;
               END IF;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
             END $$"
        );
        db.execute_unprepared(&make).await.map_err(|error| explain(&error))?;
        grant(db, role).await?;
    }
    let schema = "DO $$ BEGIN
                    EXECUTE format('GRANT USAGE ON SCHEMA %I TO guichet_app, guichet_log, guichet_gate, guichet_eraser', current_schema());
                  END $$";
    db.execute_unprepared(schema).await.map_err(|error| explain(&error))?;
    Ok(())
}

/// Since PostgreSQL 16 a member is not always one that may `SET ROLE`: trying tells.
async fn grant(db: &DatabaseConnection, role: &str) -> Result<(), DbErr> {
    let try_on = format!("SET ROLE {role}");
    let mut tries = 0;
    while db.execute_unprepared(&try_on).await.is_err() {
        // Two grants at the same moment trip over each other ("tuple concurrently updated").
        let granted = db.execute_unprepared(&format!("GRANT {role} TO CURRENT_USER")).await;
        tries += 1;
        if tries == 5 {
            granted.map_err(|error| explain(&error))?;
            return Err(explain(&DbErr::Migration(format!("the login may not take on the role {role}"))));
        }
    }
    db.execute_unprepared("RESET ROLE").await?;
    Ok(())
}

fn explain(error: &DbErr) -> DbErr {
    DbErr::Migration(format!(
        "{error}. A superuser has to run once, with the name of the server's login in place of LOGIN: {}",
        ROLES.map(|role| format!("CREATE ROLE {role} NOLOGIN; GRANT {role} TO LOGIN;")).join(" ")
    ))
}
