//! The schema, for `guichet migrate`.

use std::time::Duration;

use kernel::{PortError, PortErrorKind};
use sea_orm::{DatabaseConnection, DbErr};

use crate::{connect, error};

pub use migrations::Step;

/// How often a migration that met another one is tried again, and after how long.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Brings the schema to the newest step; the names of the steps that were missing. Makes a SQLite
/// file when `mode=rwc` says so. Safe on several nodes at once.
///
/// # Errors
/// What the database refuses, in words meant for the operator.
pub async fn migrate_up(url: &str) -> Result<Vec<String>, PortError> {
    let mut tries = 0;
    loop {
        match try_up(url).await {
            // Of several processes that migrate one SQLite file, all but one may be told that it is locked,
            // without a wait; nothing of theirs was applied.
            Err(error) if error.kind() == PortErrorKind::Conflict && tries < TRIES => tries += 1,
            done => return done,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn try_up(url: &str) -> Result<Vec<String>, PortError> {
    let db = owner(url).await?;
    let done = migrations::up(&db).await.map_err(explain);
    close(db).await;
    done
}

/// Takes the last steps back, with all that they hold.
///
/// # Errors
/// What the database refuses.
pub async fn migrate_down(url: &str, steps: u32) -> Result<(), PortError> {
    let db = owner(url).await?;
    let done = migrations::down(&db, steps).await.map_err(explain);
    close(db).await;
    done
}

/// Every step, with whether it was applied. Changes nothing.
///
/// # Errors
/// What the database refuses.
pub async fn migrate_status(url: &str) -> Result<Vec<Step>, PortError> {
    let db = owner(url).await?;
    let done = migrations::status(&db).await.map_err(explain);
    close(db).await;
    done
}

/// One connection that may do everything.
pub(crate) async fn owner(url: &str) -> Result<DatabaseConnection, PortError> {
    if connect::is_postgres(url) {
        connect::postgres_owner(url).await
    } else {
        connect::sqlite(url, 1, false, Duration::from_secs(10)).await
    }
}

/// The text of a failed migration is the whole message, which an operator has to read.
fn explain(error: DbErr) -> PortError {
    PortError::new(error::trouble(&error).kind(), error)
}

pub(crate) async fn close(db: DatabaseConnection) {
    if let Err(error) = db.close().await {
        tracing::debug!(%error, "a connection did not close");
    }
}
