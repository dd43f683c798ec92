#![doc = include_str!("../README.md")]

mod ddl;
mod m0001_identity;
mod m0002_support_request;
mod m0003_chat;
mod m0004_outbox;
mod m0005_chat_session;
mod m0006_idempotency;
mod m0007_availability;
mod m0008_cluster;
mod m0009_feed_order;
mod m0010_attachment;
mod m0012_deadlines;
mod m0013_life;
mod m0018_letters;
mod m0019_life_indexes;
mod roles;

use sea_orm_migration::{
    MigrationStatus, MigrationTrait, MigratorTrait, async_trait,
    sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr},
};

pub use roles::{APP_ROLE, GATE_ROLE, LOG_ROLE, ROLES};

/// The schema, step by step, for both databases.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_identity::Migration),
            Box::new(m0002_support_request::Migration),
            Box::new(m0003_chat::Migration),
            Box::new(m0004_outbox::Migration),
            Box::new(m0005_chat_session::Migration),
            Box::new(m0006_idempotency::Migration),
            Box::new(m0007_availability::Migration),
            Box::new(m0008_cluster::Migration),
            Box::new(m0009_feed_order::Migration),
            Box::new(m0010_attachment::Migration),
            Box::new(m0012_deadlines::Migration),
            Box::new(m0013_life::Migration),
            Box::new(m0018_letters::Migration),
            Box::new(m0019_life_indexes::Migration),
        ]
    }
}

/// One step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// Brings the schema to the newest step, and returns the names of the steps that were missing.
/// On PostgreSQL it first makes the roles that the server works under.
///
/// `db` MUST hold one connection only: the lock against others belongs to it.
///
/// # Errors
/// What the database refuses; when the login may not make the roles, with the statements that a
/// superuser has to run.
pub async fn up(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    lock(db).await?;
    let done = apply(db).await;
    unlock(db).await;
    done
}

/// Takes the last `steps` steps back.
///
/// # Errors
/// What the database refuses.
pub async fn down(db: &DatabaseConnection, steps: u32) -> Result<(), DbErr> {
    lock(db).await?;
    let done = Migrator::down(db, Some(steps)).await;
    unlock(db).await;
    done
}

/// Every step in order, with whether it was applied. Changes nothing.
///
/// # Errors
/// What the database refuses, and a database that has steps this program does not know.
pub async fn status(db: &DatabaseConnection) -> Result<Vec<Step>, DbErr> {
    let steps = Migrator::get_migration_with_status_read_only(db).await?;
    let step = |one: &sea_orm_migration::Migration| Step {
        name: one.name().to_owned(),
        applied: one.status() == MigrationStatus::Applied,
    };
    Ok(steps.iter().map(step).collect())
}

/// Tells two sets of steps apart: tests name the template of their databases by it.
pub fn fingerprint() -> u64 {
    const SOURCES: [&str; 16] = [
        include_str!("ddl.rs"),
        include_str!("roles.rs"),
        include_str!("m0001_identity.rs"),
        include_str!("m0002_support_request.rs"),
        include_str!("m0003_chat.rs"),
        include_str!("m0004_outbox.rs"),
        include_str!("m0005_chat_session.rs"),
        include_str!("m0006_idempotency.rs"),
        include_str!("m0007_availability.rs"),
        include_str!("m0008_cluster.rs"),
        include_str!("m0009_feed_order.rs"),
        include_str!("m0010_attachment.rs"),
        include_str!("m0012_deadlines.rs"),
        include_str!("m0013_life.rs"),
        include_str!("m0018_letters.rs"),
        include_str!("m0019_life_indexes.rs"),
    ];
    SOURCES
        .iter()
        .flat_map(|source| source.bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

async fn apply(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if db.get_database_backend() == DbBackend::Postgres {
        roles::ensure(db).await?;
    }
    // SQLite has no lock that outlives a transaction: when another process was faster with a
    // step, ours fails, finds less to do, and goes on from there.
    let mut missing = pending(db).await?;
    let all = missing.clone();
    loop {
        match Migrator::up(db, None).await {
            Ok(()) => return Ok(all),
            Err(error) => {
                let now = pending(db).await?;
                if now.len() >= missing.len() {
                    return Err(error);
                }
                missing = now;
            }
        }
    }
}

async fn pending(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    Ok(status(db).await?.into_iter().filter(|step| !step.applied).map(|step| step.name).collect())
}

/// Any number will do, as long as all versions of this program use the same.
const LOCK: i64 = 0x0067_7569_6368_6574;

async fn lock(db: &DatabaseConnection) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
        // A step that waits for a busy table makes everybody behind it wait too: give up instead.
        db.execute_unprepared("SET lock_timeout = '10s'").await?;
    }
    Ok(())
}

/// The lock also ends with the connection, so a failure to release it early harms nobody.
async fn unlock(db: &DatabaseConnection) {
    if db.get_database_backend() == DbBackend::Postgres
        && let Err(error) = db.execute_unprepared(&format!("SELECT pg_advisory_unlock({LOCK})")).await
    {
        tracing::warn!(%error, "the lock of the migrations was not released");
    }
}
